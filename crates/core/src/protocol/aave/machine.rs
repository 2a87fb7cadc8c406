//! The pool behind the [`Protocol`] trait.

use super::account::Account;
use super::action::Action;
use super::draft::{Changes, Draft};
use super::exposure::{TOGETHER, amounts};
use super::halts;
use super::ledger::{Source, Totals};
use super::liquidate::Call;
use super::math::Ruled;
use super::rejection::Rejection;
use super::{AccountData, Pool};
use crate::book::Look;
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, OfferBound, Prices, Protocol, Receive, Settlement, Terms, Trace, TraceSink, chosen,
};
use crate::units::{Amount, BPS, Timestamp, Value, checked_mul_div};
use std::sync::Arc;

/// An address outside every book, for asking what a liquidator could do.
const OUTSIDER: AccountId = AccountId(u32::MAX);

impl Draft<'_> {
    /// Takes an offer, all but for the events.
    fn settle(
        &mut self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<Settlement> {
        let mut settlement = self.liquidate(&Pool::call(offer, terms), trace)?;
        let mut after = Totals::default();
        after.read(self, self.account(offer.account)?)?;
        settlement.health_after = after.health_factor;
        Ok(settlement)
    }

    /// Runs one operation on the draft.
    fn run(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Supply {
                caller,
                asset,
                amount,
                on_behalf_of,
            } => self.supply(caller, asset, amount, on_behalf_of),
            Action::Withdraw {
                caller,
                asset,
                amount,
                to,
            } => self.withdraw(caller, asset, amount, to),
            Action::Borrow {
                caller,
                asset,
                amount,
            } => self.borrow(caller, asset, amount),
            Action::Repay {
                caller,
                asset,
                amount,
                on_behalf_of,
            } => self.repay(caller, asset, amount, on_behalf_of),
            Action::SetCollateral {
                caller,
                asset,
                enabled,
            } => self.set_collateral(caller, asset, enabled),
            Action::SetEMode { caller, category } => self.set_e_mode(caller, category),
            Action::Liquidate {
                liquidator,
                borrower,
                collateral,
                debt,
                debt_to_cover,
                receive_a_token,
            } => {
                let receive = if receive_a_token {
                    Receive::Claim
                } else {
                    Receive::Tokens
                };
                let call = Call {
                    liquidator,
                    borrower,
                    collateral,
                    debt,
                    debt_to_cover,
                    receive,
                };
                self.liquidate(&call, &mut NoTrace).map(drop)
            }
            Action::EliminateDeficit {
                caller,
                asset,
                amount,
            } => self.eliminate_deficit(caller, asset, amount),
            Action::Fund {
                account,
                asset,
                amount,
            } => self.fund(account, asset, amount),
            Action::SetPaused { asset, paused } => self.set_paused(asset, paused),
            Action::SetGrace { asset, until } => self.set_grace(asset, until),
        }
    }

    fn set_paused(&mut self, asset: AssetId, paused: bool) -> Ruled<()> {
        self.reserve_mut(asset)?.config.paused = paused;
        self.events.push(Event::PauseSet { asset, paused });
        Ok(())
    }

    fn set_grace(&mut self, asset: AssetId, until: Timestamp) -> Ruled<()> {
        if !self.rules().grace.on() {
            return Err(Rejection::NotInThisVersion);
        }
        self.reserve_mut(asset)?.config.grace_until = until;
        self.events.push(Event::GraceSet { asset, until });
        Ok(())
    }
}

impl Pool {
    /// Writes changes and brings the breach index up to date for the accounts they touch.
    fn commit(&mut self, changes: Changes) -> Events {
        let (events, indebted) = changes.commit(&mut self.ledger);
        for (id, ()) in indebted.into_iter() {
            self.index.set(id, self.ledger.look(id));
        }
        events
    }

    fn call(offer: &Offer, terms: &Terms) -> Call {
        Call {
            liquidator: terms.liquidator,
            borrower: offer.account,
            collateral: offer.collateral,
            debt: offer.debt,
            debt_to_cover: terms.repay,
            receive: terms.receive,
        }
    }

    fn adjusted(&self, id: AccountId, adjustment: &Adjustment) -> Ruled<Changes> {
        let mut draft = Draft::new(&self.ledger, Some(id));
        match *adjustment {
            Adjustment::TopUp { asset, amount } => draft.supply(id, asset, amount, id)?,
            Adjustment::Repay { asset, amount } => draft.repay(id, asset, amount, id)?,
        }
        Ok(draft.finish())
    }

    fn borrowed(&self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<Changes> {
        let mut draft = Draft::new(&self.ledger, None);
        draft.borrow(id, asset, amount)?;
        Ok(draft.finish())
    }

    fn covered(&self, asset: AssetId, amount: Amount) -> Ruled<Changes> {
        let payer = self.ledger.coverage;
        let mut draft = Draft::new(&self.ledger, Some(payer));
        // Minting rounds against the payer, so a few units more make the supply suffice.
        let spare = draft.reserve(asset)?.income_index()?;
        let spare = spare.0.checked_div(crate::units::RAY).unwrap_or_default();
        let supply = amount.plus(Amount(spare))?.plus(Amount::new(1))?;
        draft.supply(payer, asset, supply, payer)?;
        draft.eliminate_deficit(payer, asset, amount)?;
        Ok(draft.finish())
    }
}

impl Protocol for Pool {
    type Action = Action;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        if now < self.ledger.now {
            return Err(Rejection::TimeBackward);
        }
        // Nothing below can fail.
        let rules = self.ledger.rules;
        let mut events = Events::new();
        // Present indexes depend on the time alone: no action moves them (INV-09).
        let later = now > self.ledger.now;
        self.ledger.now = now;
        for (at, reserve) in Arc::make_mut(&mut self.ledger.reserves)
            .iter_mut()
            .enumerate()
        {
            let asset = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
            let price = prices.get(asset);
            if reserve.price != price {
                reserve.price = price;
                events.push(Event::PriceObserved { asset, price });
            }
            if later {
                reserve.look_ahead(rules, now);
            }
            reserve.measure();
        }
        let was_ordinary = self.ledger.ordinary;
        self.ledger.ordinary = self.ledger.is_ordinary();
        let ledger = &self.ledger;
        if was_ordinary && !ledger.ordinary {
            // The bounds of accounts in breach hold no longer.
            self.index
                .rebuild(ledger.effective_prices(), ledger.looks());
        } else {
            let due = self.index.due(ledger.effective_prices());
            for ids in due.chunks(TOGETHER) {
                for (id, account) in ids.iter().zip(ledger.fetched(ids)) {
                    let look = account.map_or(Look::Gone, |account| ledger.look_at(account));
                    self.index.set(*id, look);
                }
            }
        }
        Ok(events)
    }

    fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let mut draft = Draft::new(&self.ledger, None);
        draft.run(action)?;
        let changes = draft.finish();
        // Nothing below can fail.
        Ok(self.commit(changes))
    }

    fn assets(&self) -> &[Asset] {
        &self.ledger.assets
    }

    fn base_decimals(&self) -> u8 {
        self.ledger.base_decimals
    }

    fn now(&self) -> Timestamp {
        self.ledger.now
    }

    fn accounts(&self) -> u32 {
        self.ledger.book.len()
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let mut totals = Totals::default();
        totals.read(&self.ledger, self.ledger.account(account)?)?;
        Ok(totals.health())
    }

    /// Without the breach index at those prices: costs what the accounts asked for cost.
    fn healthy_at(&self, prices: &Prices, accounts: &[AccountId]) -> Vec<Option<bool>> {
        let mut ledger = self.ledger.clone();
        let reserves = Arc::make_mut(&mut ledger.reserves).iter_mut();
        for (asset, reserve) in (0..).map(AssetId).zip(reserves) {
            reserve.price = prices.get(asset);
            reserve.measure();
        }
        ledger.ordinary = ledger.is_ordinary();
        let some = accounts.chunks(TOGETHER);
        let accounts = some.flat_map(|ids| ledger.fetched(ids));
        let healthy = |account: Option<&Account>| ledger.is_healthy(account?).ok();
        accounts.map(healthy).collect()
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        self.ledger
            .account(account)
            .map(|held| amounts(&self.ledger, held))
            .unwrap_or_default()
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

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let Ok(held) = self.ledger.account(account) else {
            return Vec::new();
        };
        let mut data = Totals::default();
        if data.read(&self.ledger, held).is_err() {
            return Vec::new();
        }
        let terms = Terms::all(OUTSIDER);
        let mut offers = Vec::with_capacity(held.collateral().count());
        for collateral in held.collateral() {
            for debt in held.borrowed() {
                let bare = Offer {
                    account,
                    collateral,
                    debt,
                    ..Offer::default()
                };
                let call = Self::call(&bare, &terms);
                if let Ok((repay_max, seize_max)) = self.ledger.quote(&call, held, &data) {
                    offers.push(Offer {
                        repay_max,
                        seize_max,
                        ..bare
                    });
                }
            }
        }
        offers
    }

    fn offer_bounds(&self, account: AccountId, bounds: &mut Vec<OfferBound>) {
        let before = bounds.len();
        let account = self.ledger.account(account).ok();
        let told = account.and_then(|account| self.ledger.offer_bounds(account, bounds));
        if told.is_none() {
            bounds.truncate(before);
        }
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        // The liquidator pays from outside.
        let mut draft = Draft::new(&self.ledger, Some(terms.liquidator));
        let mut settlement = draft.settle(offer, terms, &mut NoTrace)?;
        let changes = draft.finish();
        // Nothing below can fail.
        settlement.events = self.commit(changes);
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let mut draft = Draft::new(&self.ledger, Some(terms.liquidator));
        let mut settlement = draft.settle(offer, terms, &mut trace)?;
        settlement.events = draft.finish().told();
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let changes = self.adjusted(account, adjustment)?;
        // Nothing below can fail.
        Ok(self.commit(changes))
    }

    fn borrow(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Option<Result<Events, Rejection>> {
        let borrowed = self.borrowed(account, asset, amount);
        // Nothing below can fail.
        Some(borrowed.map(|changes| self.commit(changes)))
    }

    fn deficits(&self) -> Vec<(AssetId, Amount)> {
        let reserves = self.ledger.reserves.iter().enumerate();
        reserves
            .filter(|(_, reserve)| !reserve.state.deficit.is_zero())
            .filter_map(|(at, r)| Some((AssetId(u16::try_from(at).ok()?), r.state.deficit)))
            .collect()
    }

    fn cover_deficit(&mut self, asset: AssetId, amount: Amount) -> Result<Events, Rejection> {
        let changes = self.covered(asset, amount)?;
        // Nothing below can fail.
        Ok(self.commit(changes))
    }

    fn levers(&self) -> Vec<Lever> {
        self.ledger.levers()
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let mut draft = Draft::new(&self.ledger, None);
        draft.turn(&lever, value)?;
        let changes = draft.finish();
        // Nothing below can fail.
        let mut events = self.commit(changes);
        if lever.kind.decides_liquidation() {
            // The bounds of every account with this collateral hold no longer.
            let ledger = &self.ledger;
            self.index
                .rebuild(ledger.effective_prices(), ledger.looks());
        }
        events.extend(lever.set_to(value));
        Ok(events)
    }

    /// Without an index of the other setting: costs what the accounts asked for cost.
    fn breached_under(
        &self,
        name: &str,
        value: u128,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, Denied<Rejection>> {
        let mut ledger = self.ledger.clone();
        if let Some(lever) = chosen(self.levers(), name, value)? {
            let mut draft = Draft::new(&self.ledger, None);
            draft.turn(&lever, value)?;
            draft.finish().commit(&mut ledger);
        }
        let breached =
            |id: &AccountId| matches!(ledger.look(*id), Look::Breached | Look::BreachedBy(_));
        Ok(accounts.iter().copied().filter(breached).collect())
    }

    fn halts(&self) -> Halts {
        halts::halts(self.ledger.rules)
    }

    fn state_hash(&self) -> [u8; 32] {
        super::hash::state_hash(&self.ledger)
    }
}

impl Pool {
    /// An account's totals at the present time, as the contract's own view tells them.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn account_data(&self, account: AccountId) -> Result<AccountData, Rejection> {
        Ok(Totals::new(&self.ledger, self.ledger.account(account)?)?.data())
    }

    /// What an account with these totals may still borrow, in the base currency; a view that no
    /// rule reads.
    ///
    /// # Errors
    /// On overflow.
    pub fn available_borrows(&self, data: &AccountData) -> Result<Value, Rejection> {
        let rounding = self.ledger.rules.available_borrows;
        let power = checked_mul_div(data.collateral.0, data.loan_to_value, BPS, rounding)?;
        Ok(Value(power).minus_or_zero(data.debt))
    }
}
