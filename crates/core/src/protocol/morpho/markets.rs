//! Several markets with the same accounts behind the [`Protocol`] trait.
//!
//! Each market keeps its own positions and its own breach index; an account is in breach where it is
//! in any of them. A lister in the contract is permissionless: which pairs there are is the caller's
//! choice.

use super::action::{Action, Quantity};
use super::event::{Event as Told, Liquidation};
use super::halts;
use super::math::{Ruled, down};
use super::rejection::Rejection;
use super::state::{Market, Standing};
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, Prices, Protocol, Settlement, Terms, Trace, TraceSink, TraceStep, health_factor,
};
use crate::units::{
    Amount, BPS, Bps, Price, Ratio, Rounding, Timestamp, U256, Value, WAD, mul, mul_div, pow10,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Why nobody can move a parameter.
const FIXED: &str =
    "Morpho Blue's markets are immutable: threshold and bonus are part of a market's identity";

/// Places of the two sides in a market's own effective prices.
const COLLATERAL: AssetId = AssetId(0);
const DEBT: AssetId = AssetId(1);
/// Digits by which the worth of a borrow share is scaled: 10^42, as a share is about a millionth
/// of an asset.
const SHARE_DIGITS: u8 = 42;
/// Digits of the oracle's price.
const PRICE_DIGITS: u8 = 36;
/// Most that the roundings of a limit, or of a debt, lose in loan base units.
const DUST: u128 = 2;

/// A market and its two tokens.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What is pledged.
    pub collateral: AssetId,
    /// What is lent.
    pub loan: AssetId,
    /// The market. All markets have the same number of accounts.
    pub market: Market,
}

#[derive(Clone, Debug)]
struct Slot {
    pair: Pair,
    index: BreachIndex,
}

/// One operation on one of the markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketAction {
    /// Place of the market in the list.
    pub market: usize,
    /// What is done.
    pub action: Action,
}

/// Markets over one list of assets and one list of accounts.
///
/// The oracle's price of a pair is that of the collateral over that of the loan token, rounded down.
/// Where the loan token has no price the feed would revert: the pair keeps its last price.
#[derive(Clone, Debug)]
pub struct Markets {
    assets: Arc<[Asset]>,
    base_decimals: u8,
    prices: Prices,
    now: Timestamp,
    slots: Vec<Slot>,
}

impl Slot {
    fn new(pair: Pair) -> Self {
        let market = &pair.market;
        let ids = (0..market.accounts()).map(AccountId);
        let looks = ids.map(|id| (id, look(market, id)));
        let index = BreachIndex::build(effective_prices(market), looks);
        Self { pair, index }
    }

    fn refresh(&mut self) {
        let market = &self.pair.market;
        self.index
            .advance(effective_prices(market), |id| look(market, id));
    }

    /// Writes a new state in which one account changed.
    fn commit(&mut self, market: Market, account: Option<AccountId>) {
        self.pair.market = market;
        // Rounding in an action moves the worth of a share.
        self.refresh();
        if let Some(id) = account {
            self.index.set(id, look(&self.pair.market, id));
        }
    }
}

/// The price of a pair and the worth of a borrow share, interest included.
fn effective_prices(market: &Market) -> EffectivePrices {
    let share = market.totals_now().ok().and_then(|totals| {
        let rules = market.rules;
        let assets = totals.borrow_assets.0.checked_add(rules.virtual_assets)?;
        let shares = totals.borrow_shares.0.checked_add(rules.virtual_shares)?;
        let scale = pow10(SHARE_DIGITS).ok()?;
        mul_div(assets, scale, shares, Rounding::Floor).ok()
    });
    EffectivePrices {
        collateral: vec![market.price().0, U256::ZERO],
        debt: vec![U256::ZERO, share.unwrap_or(U256::MAX)],
    }
}

/// What the exact rule says of a position, with bounds. Every rounding on the way is to whole loan
/// base units, so the bounds are off by no share of a price.
fn look(market: &Market, id: AccountId) -> Look {
    let Some(position) = market.position(id) else {
        return Look::Gone;
    };
    if position.borrow_shares.is_zero() || position.collateral.is_zero() {
        return Look::Gone;
    }
    let standing = market.standing(id).ok();
    let measure = Measure {
        collateral_assets: AssetSet::EMPTY.with(COLLATERAL),
        debt_assets: AssetSet::EMPTY.with(DEBT),
        collateral: standing.map_or(Value::ZERO, |s| Value(s.borrow_limit.0)),
        debt: standing.map_or(Value::MAX, |s| Value(s.borrowed.0)),
        grain: U256::MAX,
        dust: Value::new(DUST),
    };
    measure.look(standing.is_some_and(|s| !s.is_healthy()))
}

impl Markets {
    /// Markets at their present time and prices. `prices` are those of the assets, in a base
    /// currency of `base_decimals` decimals.
    pub fn new(
        assets: Vec<Asset>,
        base_decimals: u8,
        prices: Prices,
        now: Timestamp,
        pairs: Vec<Pair>,
    ) -> Self {
        Self {
            assets: assets.into(),
            base_decimals,
            prices,
            now,
            slots: pairs.into_iter().map(Slot::new).collect(),
        }
    }

    /// The markets.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> + '_ {
        self.slots.iter().map(|slot| &slot.pair)
    }

    /// The oracle's price of a pair; nothing where the loan token has none.
    pub fn pair_price(
        assets: &[Asset],
        prices: &Prices,
        collateral: AssetId,
        loan: AssetId,
    ) -> Option<Price> {
        let decimals = |id: AssetId| assets.get(usize::from(id.0)).map(|a| a.decimals);
        let up = PRICE_DIGITS.checked_add(decimals(loan)?)?;
        let scale = pow10(up.checked_sub(decimals(collateral)?)?).ok()?;
        let (above, below) = (prices.get(collateral), prices.get(loan));
        let quotient = mul_div(above.0, scale, below.0, Rounding::Floor);
        quotient.ok().map(Price)
    }

    fn value(&self, asset: AssetId, amount: Amount) -> Ruled<Value> {
        let listed = self.assets.get(usize::from(asset.0));
        let unit = pow10(listed.map_or(0, |asset| asset.decimals))?;
        Ok(Value(down(amount.0, self.prices.get(asset).0, unit)?))
    }

    /// Places of an account's markets with debt, and how it stands there.
    fn standings(&self, account: AccountId) -> Ruled<Vec<(usize, Standing)>> {
        let mut found = Vec::new();
        for (place, slot) in self.slots.iter().enumerate() {
            let standing = slot.pair.market.standing(account)?;
            if !standing.borrowed.is_zero() {
                found.push((place, standing));
            }
        }
        Ok(found)
    }

    fn slot(&self, place: usize) -> Ruled<&Slot> {
        self.slots.get(place).ok_or(Rejection::MarketNotCreated)
    }

    fn commit(&mut self, place: usize, market: Market, account: Option<AccountId>) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.commit(market, account);
        }
    }

    fn place(&self, collateral: AssetId, loan: AssetId) -> Ruled<usize> {
        let found = self
            .slots
            .iter()
            .position(|slot| (slot.pair.collateral, slot.pair.loan) == (collateral, loan));
        found.ok_or(Rejection::MarketNotCreated)
    }

    /// The liquidation that an offer and its terms ask for.
    fn asked(&self, slot: &Slot, offer: &Offer, terms: &Terms) -> Ruled<Action> {
        let market = &slot.pair.market;
        let quote = market.quote(offer.account)?;
        if terms.repay >= quote.result.repaid_assets {
            return Ok(quote.action);
        }
        let pot = market.totals_now()?.borrow(market.rules);
        Ok(Action::Liquidate {
            borrower: offer.account,
            seized_assets: Amount::ZERO,
            repaid_shares: pot.shares_down(terms.repay)?,
        })
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, usize, Market)> {
        let place = self.place(offer.collateral, offer.debt)?;
        let slot = self.slot(place)?;
        let mut market = slot.pair.market.clone();
        let before = market.standing(offer.account)?;
        let told = market.apply(&self.asked(slot, offer, terms)?)?;
        let done = told.iter().find_map(|event| match event {
            Told::Liquidated(done) => Some(*done),
            _ => None,
        });
        let done = done.ok_or(Rejection::InconsistentInput)?;
        record(trace, &market, &before, &done)?;
        let after = market.standing(offer.account)?;
        let written_off = Some((offer.debt, done.bad_debt_assets));
        let settlement = Settlement {
            deficit: written_off
                .filter(|(_, amount)| !amount.is_zero())
                .into_iter()
                .collect(),
            health_before: factor(&before),
            health_after: factor(&after),
            events: events_of(&slot.pair, terms.liquidator, &told),
            ..Settlement::at_once(
                offer.collateral,
                done.repaid_assets,
                done.seized_assets,
                Amount::ZERO,
            )
        };
        Ok((settlement, place, market))
    }

    /// The market in which an account's own move does most: where it owes and stands worst.
    fn own_move(&self, account: AccountId, adjustment: &Adjustment) -> Ruled<(usize, Action)> {
        let concerns = |slot: &Slot| match adjustment {
            Adjustment::TopUp { asset, .. } => slot.pair.collateral == *asset,
            Adjustment::Repay { asset, .. } => slot.pair.loan == *asset,
        };
        let mut owed = self.standings(account)?;
        owed.retain(|(place, _)| self.slots.get(*place).is_some_and(concerns));
        let worst = owed.iter().min_by_key(|(_, standing)| factor(standing));
        let (place, standing) = worst.ok_or(Rejection::MarketNotCreated)?;
        let action = match *adjustment {
            Adjustment::TopUp { amount, .. } => Action::SupplyCollateral {
                on_behalf: account,
                assets: amount,
            },
            Adjustment::Repay { amount, .. } => {
                let market = &self.slot(*place)?.pair.market;
                let all = market.position(account).map(|held| held.borrow_shares);
                Action::Repay {
                    on_behalf: account,
                    quantity: if amount >= standing.borrowed {
                        Quantity::shares(all.unwrap_or_default())
                    } else {
                        Quantity::assets(amount)
                    },
                }
            }
        };
        Ok((*place, action))
    }
}

/// Most that may be owed over what is owed, rounded down.
fn factor(standing: &Standing) -> Ratio {
    health_factor(standing.borrow_limit.0, standing.borrowed.0)
}

/// The numbers of a liquidation on their way.
fn record(
    trace: &mut impl TraceSink,
    market: &Market,
    before: &Standing,
    done: &Liquidation,
) -> Ruled<()> {
    let incentive = market.incentive_factor()?;
    trace.step(|| TraceStep {
        label: "borrow limit (loan units)",
        formula: "collateral value · threshold / 10^18",
        inputs: vec![
            ("collateral value", before.collateral_value.0),
            ("threshold", market.threshold().0),
        ],
        result: before.borrow_limit.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "collateral received (units)",
        formula: "repaid · incentive factor / price",
        inputs: vec![
            ("repaid", done.repaid_assets.0),
            ("incentive factor", incentive.0),
            ("price", market.price().0),
        ],
        result: done.seized_assets.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "written off (loan units)",
        formula: "rest of the debt where no collateral is left",
        inputs: vec![("borrow shares", done.bad_debt_shares.0)],
        result: done.bad_debt_assets.0,
        rounding: Some(Rounding::Ceil),
    });
    Ok(())
}

/// What has a word common to all families.
fn events_of(pair: &Pair, actor: AccountId, told: &[Told]) -> Events {
    let mut events = Events::new();
    for event in told {
        match *event {
            Told::Supplied {
                account, assets, ..
            } => events.push(Event::Supplied {
                payer: account,
                account,
                asset: pair.loan,
                amount: assets,
            }),
            Told::CollateralSupplied { account, assets } => events.push(Event::Supplied {
                payer: account,
                account,
                asset: pair.collateral,
                amount: assets,
            }),
            Told::Repaid {
                account, assets, ..
            } => events.push(Event::Repaid {
                payer: account,
                account,
                asset: pair.loan,
                amount: assets,
            }),
            Told::Liquidated(done) => {
                events.push(Event::Liquidated {
                    account: done.borrower,
                    liquidator: actor,
                    collateral: pair.collateral,
                    debt: pair.loan,
                    repaid: done.repaid_assets,
                    seized: done.seized_assets,
                    receive_claim: false,
                });
                if !done.bad_debt_assets.is_zero() {
                    events.push(Event::DeficitCreated {
                        account: done.borrower,
                        asset: pair.loan,
                        amount: done.bad_debt_assets,
                    });
                }
            }
            _ => {}
        }
    }
    events
}

impl Protocol for Markets {
    type Action = MarketAction;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        let late = |slot: &Slot| now < slot.pair.market.now();
        if now < self.now || self.slots.iter().any(late) {
            return Err(Rejection::TimeBackward);
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        self.now = now;
        self.prices = prices.clone();
        for slot in &mut self.slots {
            let pair = &mut slot.pair;
            let price = Self::pair_price(&self.assets, prices, pair.collateral, pair.loan);
            pair.market
                .observe(now, price.unwrap_or(pair.market.price()))?;
            slot.refresh();
        }
        Ok(events)
    }

    fn apply(&mut self, action: &MarketAction) -> Result<Events, Rejection> {
        let MarketAction {
            market: place,
            action,
        } = *action;
        let pair = &self.slot(place)?.pair;
        let mut market = pair.market.clone();
        let told = market.apply(&action)?;
        let (account, actor) = match action {
            Action::Borrow {
                on_behalf, caller, ..
            }
            | Action::Withdraw {
                on_behalf, caller, ..
            }
            | Action::WithdrawCollateral {
                on_behalf, caller, ..
            } => (Some(on_behalf), caller),
            Action::Supply { on_behalf, .. }
            | Action::Repay { on_behalf, .. }
            | Action::SupplyCollateral { on_behalf, .. } => (Some(on_behalf), on_behalf),
            // Whoever liquidates stays outside the book.
            Action::Liquidate { borrower, .. } => (Some(borrower), AccountId(u32::MAX)),
            _ => (None, AccountId(u32::MAX)),
        };
        let events = events_of(pair, actor, &told);
        self.commit(place, market, account);
        Ok(events)
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        self.base_decimals
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        let counts = self.slots.iter().map(|slot| slot.pair.market.accounts());
        counts.min().unwrap_or(0)
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let (mut collateral, mut debt, mut weighted) = (Value::ZERO, Value::ZERO, U256::ZERO);
        let mut worst = Ratio::MAX;
        for slot in &self.slots {
            let pair = &slot.pair;
            let Some(position) = pair.market.position(account) else {
                return Err(Rejection::AccountUnknown);
            };
            let standing = pair.market.standing(account)?;
            let held = self.value(pair.collateral, position.collateral)?;
            let part = mul(held.0, pair.market.threshold().0)?;
            weighted = weighted.checked_add(part).ok_or(Rejection::Panic0x11)?;
            collateral = collateral.plus(held)?;
            debt = debt.plus(self.value(pair.loan, standing.borrowed)?)?;
            worst = worst.min(factor(&standing));
        }
        let threshold = if collateral.is_zero() {
            U256::ZERO
        } else {
            down(down(weighted, U256::ONE, collateral.0)?, BPS, WAD)?
        };
        Ok(Health {
            collateral,
            debt,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: worst,
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let ids = (0..).map(AssetId).take(self.assets.len());
        let mut held: Vec<Holding> = ids
            .map(|asset| Holding {
                asset,
                collateral: Amount::ZERO,
                enabled: false,
                debt: Amount::ZERO,
            })
            .collect();
        let more = |amount: &mut Amount, by: Amount| {
            *amount = Amount(amount.0.saturating_add(by.0));
        };
        for pair in self.pairs() {
            let Some(position) = pair.market.position(account) else {
                continue;
            };
            if let Some(row) = held.get_mut(usize::from(pair.collateral.0)) {
                more(&mut row.collateral, position.collateral);
                row.enabled |= !position.collateral.is_zero();
            }
            let owed = pair.market.standing(account).map(|s| s.borrowed);
            if let Some(row) = held.get_mut(usize::from(pair.loan.0)) {
                more(&mut row.debt, owed.unwrap_or(Amount::MAX));
            }
        }
        held.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        held
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let all = self.slots.iter().flat_map(|slot| slot.index.breached());
        let mut ids: Vec<AccountId> = all.collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let offer = |pair: &Pair| {
            let quote = pair.market.quote(account).ok()?;
            Some(Offer {
                account,
                collateral: pair.collateral,
                debt: pair.loan,
                repay_max: quote.result.repaid_assets,
                seize_max: quote.result.seized_assets,
                ..Offer::default()
            })
        };
        self.pairs().filter_map(offer).collect()
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, place, market) = self.settle(offer, terms, &mut NoTrace)?;
        self.commit(place, market, Some(offer.account));
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let (place, action) = self.own_move(account, adjustment)?;
        self.apply(&MarketAction {
            market: place,
            action,
        })
    }

    fn health_after(
        &self,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Result<Health, Rejection> {
        let (place, action) = self.own_move(account, adjustment)?;
        let mut after = self.clone();
        if let Some(slot) = after.slots.get_mut(place) {
            // Health does not read the index, which an action would bring up to date for everybody.
            slot.pair.market.apply(&action)?;
        }
        after.health(account)
    }

    /// None: see [`Protocol::fixed`].
    fn levers(&self) -> Vec<Lever> {
        Vec::new()
    }

    fn fixed(&self) -> Option<&'static str> {
        Some(FIXED)
    }

    fn set_lever(&mut self, _name: &str, _value: u128) -> Result<Events, Denied<Rejection>> {
        Err(Denied::Immutable(FIXED))
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for pair in self.pairs() {
            hash.update(pair.collateral.0.to_be_bytes());
            hash.update(pair.loan.0.to_be_bytes());
            hash.update(pair.market.state_hash());
        }
        hash.finalize().into()
    }
}
