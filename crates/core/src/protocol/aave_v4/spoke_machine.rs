//! One hub and one spoke behind the [`Protocol`] trait.
//!
//! Whoever acts from outside the book pays and is paid outside it. Reserves, hub assets and tokens
//! have the same numbers here, which [`super::SpokeSetup`] sees to.

use super::SpokeId;
use super::action::Action;
use super::draft::Draft;
use super::event::{Event as Told, Liquidation};
use super::halts;
use super::liquidate::LiquidationCall;
use super::machine::Market;
use super::math::{Ruled, divide, from_ray_up, ray_mul, sum};
use super::rejection::Rejection;
use super::spoke_bounds::{breach_index, effective_prices, is_sound, look};
use super::spoke_setup::{COVERAGE, LENDING};
use super::spoke_told::{event_of, events_of, received, record, recorded, written_off};
use super::users::Call;
use super::{HubAssetId, Position};
use crate::book::BreachIndex;
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Events, Health, Holding, Lever, NoTrace, Offer,
    Prices, Protocol, Receive, Settlement, Terms, Trace, TraceSink, chosen,
};
use crate::units::{Amount, BPS, Bps, Rounding, Timestamp, U256, Value};

/// One unit of a price in the scale of values: 10^26 is one dollar there.
const VALUE_UNIT: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// A wad's part of one basis point.
const BPS_IN_WAD: U256 = U256::from_limbs([100_000_000_000_000, 0, 0, 0]);

/// A [`Market`] of one hub and one lending spoke, with a breach index.
///
/// Prices have 8 decimals. The last account of the market's book acts for everybody outside it: it
/// owns the spoke that covers deficits, and claims that a liquidator takes are its supplies.
/// [`Protocol::accounts`] does not count it.
#[derive(Clone, Debug)]
pub struct SpokeMachine {
    market: Market,
    index: BreachIndex,
    /// Whether the index was made, or brought up to date, in a sound state.
    sound: bool,
}

impl SpokeMachine {
    /// Decimals of prices, which the contract fixes.
    pub const BASE_DECIMALS: u8 = 8;

    /// A market whose last account is empty, and whose spokes are those of the set-up.
    pub(super) fn new(market: Market) -> Self {
        Self {
            index: breach_index(&market, borrowers(&market)),
            sound: is_sound(&market),
            market,
        }
    }

    /// The contracts' own state.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// The spoke that lends.
    pub fn spoke(&self) -> SpokeId {
        LENDING
    }

    fn outsider(&self) -> AccountId {
        AccountId(borrowers(&self.market))
    }

    fn rebuild(&mut self) {
        self.index = breach_index(&self.market, borrowers(&self.market));
    }

    /// Brings the index to the present prices. Its bounds hold from one sound state to the next.
    fn refresh(&mut self) {
        let was_sound = std::mem::replace(&mut self.sound, is_sound(&self.market));
        if was_sound && self.sound {
            let market = &self.market;
            self.index
                .advance(effective_prices(market), |id| look(market, id));
        } else {
            self.rebuild();
        }
    }

    /// Takes a new state in which these accounts changed.
    fn commit(&mut self, market: Market, touched: &[AccountId]) {
        self.market = market;
        // Roundings move what a share is worth.
        self.refresh();
        let outsider = self.outsider();
        for id in touched.iter().filter(|id| **id != outsider) {
            self.index.set(*id, look(&self.market, *id));
        }
    }

    /// Computes on a copy in which `outside` pays and is paid outside the book.
    fn drafted<T>(
        &self,
        outside: AccountId,
        change: impl FnOnce(&mut Draft<'_>) -> Ruled<T>,
    ) -> Ruled<(T, Market, Vec<Told>)> {
        let mut draft = Draft::new(&self.market.ledger, Some(outside));
        let told = change(&mut draft)?;
        let (ledger, events) = draft.finish();
        Ok((told, Market { ledger }, events))
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Market)> {
        let call = LiquidationCall {
            liquidator: self.outsider(),
            borrower: offer.account,
            collateral: offer.collateral,
            debt: offer.debt,
            debt_to_cover: terms.repay,
            receive_shares: terms.receive == Receive::Claim,
        };
        let before = self.market.account_data(offer.account, LENDING)?;
        let (done, market, told) = self.drafted(call.liquidator, |draft| draft.liquidate(&call))?;
        record(&self.market.ledger, trace, &before, &done)?;
        let (seized, protocol_fee) = received(&market, &done)?;
        let deficit = written_off(&self.market, &market);
        Ok((
            Settlement {
                events: events_of(&told, &market, &deficit, terms.liquidator),
                deficit,
                health_before: before.health,
                health_after: market.account_data(offer.account, LENDING)?.health,
                ..Settlement::at_once(offer.collateral, done.repaid, seized, protocol_fee)
            },
            market,
        ))
    }

    fn holding(&self, position: &Position) -> Ruled<Holding> {
        let ledger = &self.market.ledger;
        let hub = ledger.asset(ledger.reserve(position.reserve)?.asset)?;
        let index = hub.drawn_index(ledger.now)?;
        let drawn = ray_mul(position.drawn_shares().0, index.0, Rounding::Ceil)?;
        let premium = from_ray_up(position.premium_debt(index)?.0)?;
        Ok(Holding {
            asset: position.reserve,
            collateral: hub.preview_remove_by_shares(position.supplied_shares(), ledger.now)?,
            enabled: position.is_collateral,
            debt: Amount(sum(drawn, premium)?),
        })
    }
}

/// Accounts without the outsider.
pub(super) fn borrowers(market: &Market) -> u32 {
    market.accounts().saturating_sub(1)
}

/// Accounts whose positions an action may change.
fn touched(action: &Action) -> Vec<AccountId> {
    match *action {
        Action::Supply { on_behalf_of, .. }
        | Action::Withdraw { on_behalf_of, .. }
        | Action::Borrow { on_behalf_of, .. }
        | Action::Repay { on_behalf_of, .. }
        | Action::SetUsingAsCollateral { on_behalf_of, .. } => vec![on_behalf_of],
        Action::UpdateRiskPremium { account, .. } | Action::UpdateDynamicConfig { account, .. } => {
            vec![account]
        }
        Action::Liquidate {
            liquidator,
            borrower,
            ..
        } => vec![liquidator, borrower],
        _ => Vec::new(),
    }
}

impl Protocol for SpokeMachine {
    type Action = Action;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        let told = self.market.observe(now, prices)?;
        self.refresh();
        let events = told
            .iter()
            .filter_map(|event| event_of(event, &self.market));
        Ok(events.collect())
    }

    fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let mut market = self.market.clone();
        let told = market.apply(action)?;
        let deficits = written_off(&self.market, &market);
        let actor = match action {
            Action::Liquidate { liquidator, .. } => *liquidator,
            _ => self.outsider(),
        };
        let events = events_of(&told, &market, &deficits, actor);
        self.commit(market, &touched(action));
        if matches!(action, Action::UpdateDynamicReserveConfig { .. }) {
            // A set in use changed, for all who have it.
            self.rebuild();
        }
        Ok(events)
    }

    fn assets(&self) -> &[Asset] {
        self.market.tokens()
    }

    fn base_decimals(&self) -> u8 {
        Self::BASE_DECIMALS
    }

    fn now(&self) -> Timestamp {
        self.market.now()
    }

    fn accounts(&self) -> u32 {
        borrowers(&self.market)
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let data = self.market.account_data(account, LENDING)?;
        let factor = divide(data.collateral_factor.0, BPS_IN_WAD, Rounding::Floor)?;
        let debt = from_ray_up(data.debt.0)?;
        Ok(Health {
            collateral: Value(divide(data.collateral.0, VALUE_UNIT, Rounding::Floor)?),
            debt: Value(divide(debt, VALUE_UNIT, Rounding::Ceil)?),
            liquidation_threshold: Bps(u16::try_from(factor.min(BPS)).unwrap_or(u16::MAX)),
            factor: data.health,
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let held = self.market.account(account);
        let positions = held.map_or(&[][..], super::Account::positions);
        let holdings = positions.iter();
        holdings.filter_map(|p| self.holding(p).ok()).collect()
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.index.breached()
    }

    fn breached(&self) -> usize {
        self.index.breached_len()
    }

    fn breaches_revision(&self) -> Option<u64> {
        Some(self.index.revision())
    }

    fn discount_grows(&self) -> bool {
        true
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let largest = self.market.liquidations(account);
        let offer = |done: &Liquidation| Offer {
            account,
            collateral: done.collateral,
            debt: done.debt,
            repay_max: done.repaid,
            seize_max: done.paid_out,
            ..Offer::default()
        };
        largest.iter().map(offer).collect()
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, market) = self.settle(offer, terms, &mut NoTrace)?;
        self.commit(market, &[offer.account]);
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let call = |asset, amount| Call::new(account, asset, amount, account);
        let ((), market, told) = self.drafted(account, |draft| match *adjustment {
            Adjustment::TopUp { asset, amount } => {
                draft.supply(&call(asset, amount))?;
                draft.set_collateral(&call(asset, amount), true)
            }
            Adjustment::Repay { asset, amount } => draft.repay(&call(asset, amount)),
        })?;
        let events = events_of(&told, &market, &[], account);
        self.commit(market, &[account]);
        Ok(events)
    }

    fn deficits(&self) -> Vec<(AssetId, Amount)> {
        let rows = recorded(&self.market);
        rows.filter(|(_, amount)| !amount.is_zero()).collect()
    }

    fn cover_deficit(&mut self, asset: AssetId, amount: Amount) -> Result<Events, Rejection> {
        let (payer, hub) = (self.outsider(), HubAssetId(asset.0));
        let ledger = &self.market.ledger;
        let held = ledger.asset(hub)?;
        let amount = amount.min(Amount(from_ray_up(held.state.deficit.0)?));
        // Enough to buy the shares that the deficit costs; adding never makes them dearer to buy.
        let shares = held.to_shares(amount, ledger.now, Rounding::Ceil)?;
        let paid = held.preview_add_by_shares(shares, ledger.now)?;
        let ((), market, told) = self.drafted(payer, |draft| {
            draft.add_to_hub(payer, COVERAGE, hub, paid)?;
            draft.eliminate_deficit(payer, COVERAGE, hub, amount, LENDING)
        })?;
        let events = events_of(&told, &market, &[], payer);
        self.commit(market, &[]);
        Ok(events)
    }

    fn levers(&self) -> Vec<Lever> {
        super::levers::levers(&self.market)
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let call = super::levers::call(&self.market, &lever, value)?;
        let mut events = self.apply(&call)?;
        events.extend(lever.set_to(value));
        Ok(events)
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        self.market.state_hash()
    }
}
