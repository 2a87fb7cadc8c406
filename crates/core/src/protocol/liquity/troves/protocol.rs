//! The trait's methods.

use super::halts;
use super::liquidation::Settled;
use super::slot::Slot;
use super::{BranchAction, Troves, touched};
use crate::guard::Halts;
use crate::protocol::liquity::account;
use crate::protocol::liquity::action::{Action, Change};
use crate::protocol::liquity::branch::Latest;
use crate::protocol::liquity::draft::{Changes, Draft};
use crate::protocol::liquity::math::{Ruled, plus, scale, times};
use crate::protocol::liquity::rejection::Rejection;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, Prices, Protocol, Settlement, Terms, Trace,
};
use crate::units::{Amount, BPS, Bps, Ratio, Rounding, Timestamp, U256, Value, WAD, mul_div};
use sha2::{Digest, Sha256};

/// Why nobody can move a parameter.
const FIXED: &str = "Liquity's contracts are immutable: ratios and penalties are constants";

/// What a borrower's own move leads to.
struct Moved {
    place: usize,
    changes: Changes,
    events: Events,
}

impl Troves {
    /// Worth of collateral at the oracle's price, rounded down.
    fn collateral_value(&self, asset: AssetId, amount: Amount) -> Ruled<Value> {
        let price = self.prices.get(asset).0;
        let worth = scale(amount.0, price, self.unit(asset)?, Rounding::Floor)?;
        Ok(Value(worth))
    }

    /// Worth of a debt as the contracts see it, rounded down.
    fn debt_value(&self, amount: Amount) -> Ruled<Value> {
        let coin = self.coin();
        let coins = times(WAD, coin.coins)?;
        let worth = scale(amount.0, coin.worth, coins, Rounding::Floor)?;
        Ok(Value(worth))
    }

    /// An account's troves with the places of their branches.
    fn troves_of(&self, account: AccountId) -> Ruled<Vec<(usize, Latest)>> {
        let mut found = Vec::new();
        for (place, slot) in self.slots.iter().enumerate() {
            found.extend(slot.trove(account)?.map(|latest| (place, latest)));
        }
        Ok(found)
    }

    /// A borrower's own call, for which tokens are brought from outside.
    fn own_call(
        &self,
        slot: &Slot,
        (stable, collateral): (Amount, Amount),
        action: &Action,
        account: AccountId,
    ) -> Ruled<Changes> {
        let mut draft = Draft::new(&slot.system);
        let outside = self.seats.outside;
        draft.take_stable(outside, stable, Rejection::TransferExceedsBalance)?;
        draft.give_stable(account, stable)?;
        draft.take_collateral(outside, collateral)?;
        draft.give_collateral(account, collateral)?;
        let called = draft.run(action);
        slot.system.told(called)?;
        Ok(draft.finish())
    }

    /// Adds collateral.
    fn topped_up(&self, account: AccountId, asset: AssetId, amount: Amount) -> Ruled<Moved> {
        let place = self.place(asset)?;
        let slot = self.slot(place)?;
        let latest = slot.trove(account)?.ok_or(self.no_trove())?;
        let after = plus(latest.collateral, amount)?;
        let adjust = Action::Adjust {
            caller: account,
            collateral: Change::Up(amount),
            debt: Change::None,
            fee_max: U256::ZERO,
            hints: slot.milestones.hints(&slot.system, after, latest.debt),
        };
        let supplied = Event::Supplied {
            payer: account,
            account,
            asset,
            amount,
        };
        Ok(Moved {
            place,
            changes: self.own_call(slot, (Amount::ZERO, amount), &adjust, account)?,
            events: vec![supplied],
        })
    }

    /// Repays where the account stands worst: all of it where that closes the trove, else as much as
    /// leaves the smallest debt.
    fn repaid(&self, account: AccountId, amount: Amount) -> Ruled<Moved> {
        let amount = self.own_debt(amount);
        let mut worst: Option<(Ratio, usize, Latest)> = None;
        for (place, latest) in self.troves_of(account)? {
            let factor = self.slot(place)?.factor(&latest)?;
            if worst.is_none_or(|(least, ..)| factor < least) {
                worst = Some((factor, place, latest));
            }
        }
        let (_, place, latest) = worst.ok_or(self.no_trove())?;
        let slot = self.slot(place)?;
        let rules = self.version.rules();
        let net = latest.debt.minus_or_zero(rules.stable_reserve);
        let part = amount.min(net.minus_or_zero(rules.debt_min));
        let close = (amount >= net).then_some((net, Action::Close { caller: account }));
        let after = latest.debt.minus_or_zero(part);
        let adjust = Action::Adjust {
            caller: account,
            collateral: Change::None,
            debt: Change::Down(part),
            fee_max: U256::ZERO,
            hints: slot
                .milestones
                .hints(&slot.system, latest.collateral, after),
        };
        let mut refused = self.no_trove();
        for (paid, action) in close.into_iter().chain([(part, adjust)]) {
            match self.own_call(slot, (paid, Amount::ZERO), &action, account) {
                Ok(changes) => {
                    let repaid = Event::Repaid {
                        payer: account,
                        account,
                        asset: self.debt,
                        amount: self.told_debt_up(paid),
                    };
                    return Ok(Moved {
                        place,
                        changes,
                        events: vec![repaid],
                    });
                }
                Err(rejection) => refused = rejection,
            }
        }
        Err(refused)
    }

    /// What an account holds in a branch besides its trove: a surplus, and ether set aside.
    fn add_holdings(&self, held: &mut [Holding], slot: &Slot, account: AccountId) {
        let record = slot.system.book.get(account);
        let account::Account {
            surplus, deposit, ..
        } = record.copied().unwrap_or_default();
        let rules = self.version.rules();
        let mut more = |asset: AssetId, collateral: Amount, debt: Amount| {
            if let Some(row) = held.get_mut(usize::from(asset.0)) {
                row.collateral = Amount(row.collateral.0.saturating_add(collateral.0));
                row.debt = Amount(row.debt.0.saturating_add(debt.0));
            }
        };
        more(slot.collateral, surplus, Amount::ZERO);
        let left = slot.system.pool.compounded(&deposit).unwrap_or_default();
        more(self.debt, self.told_debt_down(left), Amount::ZERO);
        let Ok(Some(latest)) = slot.trove(account) else {
            return;
        };
        more(slot.collateral, latest.collateral, Amount::ZERO);
        more(
            self.debt,
            self.told_debt_down(rules.stable_reserve),
            self.told_debt_up(latest.debt),
        );
        let ether = self.ether(rules.ether_reserve).unwrap_or_default();
        more(self.native, ether, Amount::ZERO);
        if let Some(row) = held.get_mut(usize::from(slot.collateral.0)) {
            row.enabled = true;
        }
    }
}

impl Protocol for Troves {
    type Action = BranchAction;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        if now < self.now || self.slots.iter().any(|slot| now < slot.system.now) {
            return Err(Rejection::TimeBackward);
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        self.now = now;
        self.prices = prices.clone();
        let coin = self.coin();
        for slot in &mut self.slots {
            slot.observe(now, prices.get(slot.collateral), coin)?;
        }
        Ok(events)
    }

    fn apply(&mut self, action: &BranchAction) -> Result<Events, Rejection> {
        let (outcome, changes) = self.slot(action.branch)?.system.computed(&action.action)?;
        let changed = touched(&action.action, &outcome);
        self.commit(action.branch, changes, &changed, Amount::ZERO);
        Ok(Events::new())
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

    /// The borrowers, and one for the pools' depositors.
    fn accounts(&self) -> u32 {
        self.seats.outside.0
    }

    /// The factor is the ratio of the trove that stands worst over the ratio below which it can be
    /// liquidated, which rises with v1's recovery mode.
    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        if account.0 >= self.accounts() {
            return Err(Rejection::AccountUnknown);
        }
        let (mut collateral, mut debt, mut weighted) = (U256::ZERO, Amount::ZERO, U256::ZERO);
        let mut worst = Ratio::MAX;
        for (place, latest) in self.troves_of(account)? {
            let slot = self.slot(place)?;
            let held = self.collateral_value(slot.collateral, latest.collateral)?;
            let limit = slot.system.liquidation_ratio()?;
            let threshold = scale(WAD, WAD, limit.0, Rounding::Floor)?;
            weighted = weighted.saturating_add(times(held.0, threshold)?);
            collateral = collateral.saturating_add(held.0);
            debt = plus(debt, latest.debt)?;
            worst = worst.min(slot.factor(&latest)?);
        }
        let of_one = mul_div(weighted, U256::ONE, collateral, Rounding::Floor);
        let threshold = mul_div(of_one.unwrap_or_default(), BPS, WAD, Rounding::Floor);
        let threshold = threshold.unwrap_or_default();
        Ok(Health {
            collateral: Value(collateral),
            debt: self.debt_value(debt)?,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: worst,
        })
    }

    /// Collateral counts with a surplus that waits for its owner and with what is set aside for a
    /// liquidator: stablecoin in v1, ether in v2.
    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        if account.0 >= self.accounts() {
            return Vec::new();
        }
        let ids = (0..).map(AssetId).take(self.assets.len());
        let mut held: Vec<Holding> = ids
            .map(|asset| Holding {
                asset,
                collateral: Amount::ZERO,
                enabled: false,
                debt: Amount::ZERO,
            })
            .collect();
        for slot in &self.slots {
            self.add_holdings(&mut held, slot, account);
        }
        held.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        held
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let all = self.slots.iter().flat_map(Slot::breached);
        let mut ids: Vec<AccountId> = all.collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        self.ways(account)
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let Settled {
            place,
            changes,
            told,
            settlement,
        } = self.settle(offer, terms, &mut NoTrace)?;
        self.commit(place, changes, &[offer.account], told);
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let settled = self.settle(offer, terms, &mut trace)?;
        Ok((settled.settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let moved = match *adjustment {
            Adjustment::TopUp { asset, amount } => self.topped_up(account, asset, amount)?,
            Adjustment::Repay { asset, amount } if asset == self.debt => {
                self.repaid(account, amount)?
            }
            Adjustment::Repay { .. } => return Err(self.no_trove()),
        };
        self.commit(moved.place, moved.changes, &[account], Amount::ZERO);
        Ok(moved.events)
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
        halts::halts(self.version.rules())
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for asset in [self.debt, self.native] {
            hash.update(asset.0.to_be_bytes());
        }
        for price in &self.prices.0 {
            hash.update(price.0.to_be_bytes::<32>());
        }
        for slot in &self.slots {
            hash.update(slot.collateral.0.to_be_bytes());
            hash.update(slot.system.state_hash());
            slot.passed_on.feed(&mut hash);
        }
        hash.finalize().into()
    }
}
