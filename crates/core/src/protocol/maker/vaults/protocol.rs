//! The trait.

use super::super::action::Action;
use super::super::lending::{Change, VaultChange};
use super::super::rejection::{Rejection, Ruled};
use super::Vaults;
use super::halts;
use super::setup::told;
use crate::guard::Halts;
use crate::oracle::Quote;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, Prices, Protocol, Settlement, Terms, Trace, chosen, health_factor,
};
use crate::units::{
    Amount, BPS, Bps, RAY, Ratio, Rounding, Timestamp, U256, Value, div, mul, mul_div, pow10,
};

/// What an account holds of one type, auctions included.
struct Position {
    kind: AssetId,
    /// Locked or in an auction, in wad.
    collateral: Amount,
    /// Not locked, in wad.
    free: Amount,
    /// In units of the debt token.
    debt: Amount,
}

impl Vaults {
    fn value(&self, asset: AssetId, amount: Amount) -> Ruled<Value> {
        let listed = self.assets.get(usize::from(asset.0));
        let unit = pow10(listed.map_or(0, |asset| asset.decimals))?;
        let price = self.prices.get(asset).0;
        Ok(Value(mul_div(amount.0, price, unit, Rounding::Floor)?))
    }

    fn position(&self, kind: AssetId, account: AccountId) -> Ruled<Position> {
        let held = self.maker.known(account)?.holding(kind);
        let (_, mut debt) = self.vault(kind, account)?;
        let mut collateral = held.locked;
        for key in self.running_of(account) {
            if key.0 == kind {
                collateral = collateral.plus(self.lot(*key))?;
                debt = debt.plus(self.still_due(&self.auction(*key)?))?;
            }
        }
        Ok(Position {
            kind,
            collateral,
            free: held.free,
            debt,
        })
    }

    fn positions(&self, account: AccountId) -> Ruled<Vec<Position>> {
        let kinds = self.kinds();
        kinds
            .map(|(kind, _)| self.position(kind, account))
            .collect()
    }

    /// One over the liquidation ratio in basis points, rounded down.
    fn threshold(&self, kind: AssetId) -> Ruled<U256> {
        let ratio = self.maker.kind(kind)?.liquidation_ratio.0;
        Ok(div(mul(BPS, RAY)?, ratio)?)
    }

    /// The vault that a borrower repays: the one that stands worst.
    fn worst_vault(&self, account: AccountId) -> Ruled<AssetId> {
        let mut worst: Option<(Ratio, AssetId)> = None;
        for (kind, _) in self.kinds() {
            let (health, owed) = self.vault(kind, account)?;
            let this = (health_factor(health.supported.0, health.owed.0), kind);
            if !owed.is_zero() && worst.is_none_or(|found| this < found) {
                worst = Some(this);
            }
        }
        let (_, kind) = worst.ok_or(Rejection::CollateralUnknown)?;
        Ok(kind)
    }

    /// Coins in the vault that pay all of a debt or the part that a sum pays for.
    fn repayment(&self, kind: AssetId, account: AccountId, amount: Amount) -> Ruled<U256> {
        let (_, owed) = self.vault(kind, account)?;
        let debt = self.maker.known(account)?.holding(kind).debt.0;
        if amount >= owed {
            return Ok(debt);
        }
        let index = self.maker.kind(kind)?.debt_index.0;
        Ok(div(self.money(amount).0, index)?.min(debt))
    }

    fn own_move(&mut self, account: AccountId, kind: AssetId, change: &VaultChange) -> Ruled<()> {
        let joined = match change.collateral {
            Change::More(amount) => Amount(amount),
            Change::Less(_) => Amount::ZERO,
        };
        let ((), changes) = self.maker.draft(|draft| {
            draft.join(kind, account, joined)?;
            draft.adjust_vault(kind, change)
        })?;
        // Nothing below can fail.
        self.maker.commit(changes);
        self.look_at(kind, account);
        Ok(())
    }
}

impl Protocol for Vaults {
    type Action = Action;
    type Rejection = Rejection;

    /// Each feed takes its source's answer and is poked when it is due, safe prices follow, and
    /// every type's fee accrues.
    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        let quotes: Vec<Quote> = self
            .kinds()
            .map(|(_, asset)| told(prices.get(asset), self.base_decimals))
            .collect();
        let mut maker = self.maker.clone();
        maker.observe(now, &quotes)?;
        for (asset, _) in self.kinds() {
            maker.apply(&Action::Accrue { asset })?;
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        // Nothing below can fail.
        self.maker = maker;
        self.prices = prices.clone();
        self.refresh();
        Ok(events)
    }

    /// A call of the system. Bidders are its addresses here.
    fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let outcome = self.maker.preview(action)?;
        let caller = match *action {
            Action::Raise { caller, .. } | Action::Lower { caller, .. } => caller,
            _ => self.outside,
        };
        let update = self.update(action, &outcome, caller);
        self.maker.apply(action)?;
        if let Some(update) = update.filter(|update| update.owner.0 < self.borrowers) {
            self.record(&update);
        }
        match *action {
            Action::Liquidate { asset, vault, .. } | Action::Adjust { asset, vault, .. } => {
                self.look_at(asset, vault);
            }
            _ => self.refresh(),
        }
        Ok(Events::new())
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        self.base_decimals
    }

    fn now(&self) -> Timestamp {
        self.maker.now()
    }

    fn accounts(&self) -> u32 {
        self.borrowers
    }

    /// Values at the observed prices, with what is in auctions; the factor is that of the vaults at the
    /// safe prices, as the contract has it, and just below one where only auctions are left.
    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let (mut collateral, mut weighted) = (Value::ZERO, U256::ZERO);
        let mut debt = Amount::ZERO;
        for position in self.positions(account)? {
            let kind = position.kind;
            let tokens = self.tokens_down(kind, position.collateral);
            let held = self.value(self.token(kind)?.asset, tokens)?;
            let part = mul(held.0, self.threshold(kind)?)?;
            weighted = weighted.checked_add(part).ok_or(Rejection::NoReason)?;
            collateral = collateral.plus(held)?;
            debt = debt.plus(position.debt)?;
        }
        let threshold = if collateral.is_zero() {
            U256::ZERO
        } else {
            div(weighted, collateral.0)?
        };
        Ok(Health {
            collateral,
            debt: self.value(self.debt, debt)?,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: self.factor(account)?,
        })
    }

    /// What came back from auctions has a row of its own: not enabled, and only the borrower's to
    /// lock again.
    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let mut rows = Vec::new();
        let mut debt = Amount::ZERO;
        for position in self.positions(account).unwrap_or_default() {
            let Ok(token) = self.token(position.kind) else {
                continue;
            };
            debt = Amount(debt.0.saturating_add(position.debt.0));
            for (amount, enabled) in [(position.collateral, true), (position.free, false)] {
                rows.push(Holding {
                    asset: token.asset,
                    collateral: self.tokens_down(position.kind, amount),
                    enabled,
                    debt: Amount::ZERO,
                });
            }
        }
        rows.push(Holding {
            asset: self.debt,
            collateral: Amount::ZERO,
            enabled: false,
            debt,
        });
        rows.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        rows.sort_by_key(|row| row.asset);
        rows
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let indexed = self.indexes.iter().flat_map(|index| index.breached());
        let mut ids: Vec<AccountId> = indexed.chain(self.running.keys().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        self.offers_of(account)
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, step) = self.settle(offer, terms, &mut NoTrace)?;
        // Nothing below can fail.
        self.maker.commit(step.changes);
        if let Some(update) = &step.update {
            self.record(update);
        }
        if let Some(kind) = step.vault {
            self.look_at(kind, offer.account);
        }
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    /// Collateral is brought and locked in one call. A repayment that would leave a debt below the
    /// floor is refused, as on chain.
    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        if account.0 >= self.borrowers {
            return Err(Rejection::AccountUnknown);
        }
        let none = VaultChange {
            vault: account,
            source: account,
            purse: self.outside,
            collateral: Change::NONE,
            debt: Change::NONE,
        };
        match *adjustment {
            Adjustment::TopUp { asset, amount } => {
                let kind = self.kind_of(asset)?;
                let collateral = Change::More(self.wad(kind, amount)?.0);
                self.own_move(account, kind, &VaultChange { collateral, ..none })?;
                Ok(vec![Event::Supplied {
                    payer: account,
                    account,
                    asset,
                    amount,
                }])
            }
            Adjustment::Repay { asset, .. } if asset != self.debt => {
                Err(Rejection::CollateralUnknown)
            }
            Adjustment::Repay { asset, amount } => {
                let kind = self.worst_vault(account)?;
                let less = self.repayment(kind, account, amount)?;
                let debt = Change::Less(less);
                self.own_move(account, kind, &VaultChange { debt, ..none })?;
                let money = mul(less, self.maker.kind(kind)?.debt_index.0)?;
                Ok(vec![Event::Repaid {
                    payer: account,
                    account,
                    asset,
                    amount: self.units_up(Value(money)),
                }])
            }
        }
    }

    fn levers(&self) -> Vec<Lever> {
        self.all_levers()
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        self.turn(&lever, value)?;
        Ok(lever.set_to(value))
    }

    fn halts(&self) -> Halts {
        halts::halts(self.maker.version().rules())
    }

    fn state_hash(&self) -> [u8; 32] {
        self.hash()
    }
}
