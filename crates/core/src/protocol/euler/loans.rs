//! Loans of several assets to the same accounts behind the [`Protocol`] trait.
//!
//! The connector lets one vault control an account, so whoever owes several assets has a sub-account
//! for each. Here each loan is a cluster of its own, and the same id in each is one borrower. The
//! first vault of a cluster lends; the others hold collateral, lend nothing and share nothing with
//! other clusters.

use super::action::Action;
use super::cluster::{Cluster, VaultId};
use super::draft::Draft;
use super::halts;
use super::liquidate::Call;
use super::liquidity::Purpose;
use super::loan::{LENDER, Loan, Slot, concerned, factor};
use super::math::{Ruled, down, sum};
use super::rejection::Rejection;
use super::takeover::{events_of, outcome, record};
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Events, Health, Holding, Lever, NoTrace, Offer,
    Prices, Protocol, Receive, Settlement, SetupError, Terms, Trace, TraceSink, chosen,
};
use crate::units::{Amount, Bps, Ratio, Timestamp, U256, Value, mul};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// One operation in one of the clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanAction {
    /// Place of the loan in the list.
    pub loan: usize,
    /// What is done.
    pub action: Action,
}

/// Loans over one list of assets and one list of accounts.
///
/// Prices and values have 18 decimals. In each cluster one more account, past the book's, acts for
/// everybody outside of it: in one batch it takes over debt and collateral shares, repays and
/// redeems. Health is that of the worst sub-account; at exactly 1 it is in breach, as in the
/// contract. Who was checked within the cool-off is in breach too, without offers until it is over.
#[derive(Clone, Debug)]
pub struct Loans {
    assets: Arc<[Asset]>,
    prices: Prices,
    now: Timestamp,
    slots: Vec<Slot>,
}

/// A loan that does not fit the others.
fn misfit(place: usize, name: &str, problem: &str) -> SetupError {
    SetupError {
        field: format!("loans[{place}].{name}"),
        problem: problem.to_owned(),
    }
}

fn check(place: usize, loan: &Loan, first: &Cluster) -> Result<(), SetupError> {
    let cluster = &loan.cluster;
    if cluster.accounts() != first.accounts() || cluster.now() != first.now() {
        let problem = "has other accounts or another time than the first";
        return Err(misfit(place, "cluster", problem));
    }
    if usize::from(cluster.vaults()) != loan.secured_by.len().saturating_add(1) {
        let problem = "needs as many assets as the cluster has vaults after the first";
        return Err(misfit(place, "secured_by", problem));
    }
    let mut rest = loan.secured_by.as_slice();
    while let [asset, after @ ..] = rest {
        if after.contains(asset) {
            return Err(misfit(place, "secured_by", "names an asset twice"));
        }
        rest = after;
    }
    let lends = |id: &VaultId| {
        let borrows = cluster.stored(*id).map(|state| state.total_borrows);
        borrows.is_some_and(|debt| !debt.is_zero())
            || cluster.config(*id).is_some_and(|config| config.has_oracle)
    };
    match (1..cluster.vaults()).map(VaultId).find(lends) {
        Some(_) => Err(misfit(place, "cluster", "has a second vault that lends")),
        None => Ok(()),
    }
}

impl Loans {
    /// Decimals of the unit of account, of which prices are told.
    pub const BASE_DECIMALS: u8 = 18;

    /// Loans at their present time. `prices` are those of the assets.
    ///
    /// # Errors
    /// The first loan that does not fit: other accounts or another time than the first, vaults
    /// without an asset, an asset lent twice, or a vault beside the first that could lend.
    pub fn new(assets: Vec<Asset>, prices: Prices, loans: Vec<Loan>) -> Result<Self, SetupError> {
        let Some(first) = loans.first().map(|loan| loan.cluster.clone()) else {
            return Err(misfit(0, "cluster", "is missing"));
        };
        let mut slots: Vec<Slot> = Vec::with_capacity(loans.len());
        for (place, mut loan) in loans.into_iter().enumerate() {
            check(place, &loan, &first)?;
            if slots.iter().any(|slot| slot.loan.asset == loan.asset) {
                return Err(misfit(place, "asset", "is lent twice"));
            }
            loan.cluster.open_account();
            let quotes = loan.quotes(&assets, &prices);
            let observed = loan.cluster.observe(first.now(), &quotes);
            observed.map_err(|rejection| misfit(place, "cluster", rejection.name()))?;
            slots.push(Slot::new(loan));
        }
        Ok(Self {
            assets: assets.into(),
            prices,
            now: first.now(),
            slots,
        })
    }

    /// The loans.
    pub fn loans(&self) -> impl Iterator<Item = &Loan> + '_ {
        self.slots.iter().map(|slot| &slot.loan)
    }

    fn loan(&self, place: usize) -> Ruled<&Loan> {
        let slot = self.slots.get(place);
        slot.map(|slot| &slot.loan).ok_or(Rejection::VaultUnknown)
    }

    /// Refuses who is not in the book.
    fn require_known(&self, account: AccountId) -> Ruled<()> {
        let known = account.0 < self.accounts();
        known.then_some(()).ok_or(Rejection::AccountUnknown)
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, usize, Cluster)> {
        self.require_known(offer.account)?;
        if terms.receive == Receive::Claim {
            self.require_known(terms.liquidator)?;
        }
        let place = self.loans().position(|loan| loan.asset == offer.debt);
        let place = place.ok_or(Rejection::VaultUnknown)?;
        let loan = self.loan(place)?;
        let collateral = loan.collateral(offer.collateral)?;
        let call = Call {
            vault: LENDER,
            liquidator: loan.outsider(),
            violator: offer.account,
            collateral,
            repay: loan.asked(offer.account, collateral, terms)?,
        };
        let draft = Draft::new(&loan.cluster);
        let plan = draft.plan(&call)?;
        let before = draft.liquidity(LENDER, call.violator, Purpose::Liquidation)?;
        let mut cluster = loan.cluster.clone();
        let told = cluster.apply_batch(&loan.batch(&call, plan.shares, terms))?;
        let after = cluster.liquidity(LENDER, call.violator, Purpose::Liquidation)?;
        let (repaid, deficit) = outcome(&told, &call);
        let seized = loan.cluster.convert_to_assets(collateral, plan.shares)?;
        let settlement = Settlement {
            deficit: deficit.map(|assets| (loan.asset, assets)).collect(),
            health_before: factor(&before),
            health_after: factor(&after),
            ..Settlement::at_once(offer.collateral, repaid, seized, Amount::ZERO)
        };
        record(trace, &draft, &before, (&plan, &settlement))?;
        let events = events_of(offer, terms, &settlement);
        Ok((
            Settlement {
                events,
                ..settlement
            },
            place,
            cluster,
        ))
    }

    /// An account's own move, in the loan where it stands worst.
    fn own_move(&self, account: AccountId, adjustment: &Adjustment) -> Ruled<(usize, Vec<Action>)> {
        let mut worst: Option<(Ratio, usize)> = None;
        for (place, loan) in self.loans().enumerate() {
            let concerns = match adjustment {
                Adjustment::TopUp { asset, .. } => loan.secured_by.contains(asset),
                Adjustment::Repay { asset, .. } => loan.asset == *asset,
            };
            if concerns && !loan.cluster.debt(LENDER, account)?.is_zero() {
                let held = loan
                    .cluster
                    .liquidity(LENDER, account, Purpose::Liquidation)?;
                let found = (factor(&held), place);
                worst = Some(worst.map_or(found, |worst| worst.min(found)));
            }
        }
        let (_, place) = worst.ok_or(Rejection::NoLiability)?;
        let loan = self.loan(place)?;
        let actions = match *adjustment {
            Adjustment::TopUp { asset, amount } => {
                let vault = loan.collateral(asset)?;
                let enabled = loan.cluster.held(account)?.collaterals.contains(&vault);
                let deposit = Action::Deposit {
                    vault,
                    amount,
                    receiver: account,
                };
                let enable = Action::EnableCollateral { account, vault };
                std::iter::once(deposit)
                    .chain((!enabled).then_some(enable))
                    .collect()
            }
            Adjustment::Repay { amount, .. } => {
                let owed = loan.cluster.debt(LENDER, account)?.assets_up();
                vec![Action::Repay {
                    vault: LENDER,
                    receiver: account,
                    amount: if amount >= owed { Amount::MAX } else { amount },
                }]
            }
        };
        Ok((place, actions))
    }
}

impl Protocol for Loans {
    type Action = LoanAction;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        let mut clusters = Vec::with_capacity(self.slots.len());
        for loan in self.loans() {
            let mut cluster = loan.cluster.clone();
            cluster.observe(now, &loan.quotes(&self.assets, prices))?;
            clusters.push(cluster);
        }
        // Nothing below can fail.
        for (slot, cluster) in self.slots.iter_mut().zip(clusters) {
            slot.advance(cluster);
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        self.now = now;
        self.prices = prices.clone();
        Ok(events)
    }

    fn apply(&mut self, action: &LoanAction) -> Result<Events, Rejection> {
        let accounts = concerned(&action.action);
        for account in accounts.iter().flatten() {
            self.require_known(*account)?;
        }
        let loan = self.loan(action.loan)?;
        let mut cluster = loan.cluster.clone();
        let told = cluster.apply(&action.action)?;
        let events = loan.events_of(&told)?;
        if let Some(slot) = self.slots.get_mut(action.loan) {
            match accounts {
                Some(accounts) => slot.commit(cluster, &accounts),
                None => {
                    let loan = slot.loan.clone();
                    *slot = Slot::new(Loan { cluster, ..loan });
                }
            }
        }
        Ok(events)
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        Self::BASE_DECIMALS
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        let outsiders = self.loans().map(|loan| loan.outsider().0);
        outsiders.min().unwrap_or(0)
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        self.require_known(account)?;
        let (mut collateral, mut debt, mut weighted) = (Value::ZERO, Value::ZERO, U256::ZERO);
        let mut worst = Ratio::MAX;
        for loan in self.loans() {
            let draft = Draft::new(&loan.cluster);
            let held = loan.cluster.held(account)?;
            for vault in &held.collaterals {
                let price = loan.cluster.quotes_of(*vault)?.mid;
                let worth = draft.shares_value(*vault, held.holding(*vault).shares, price)?;
                let ltv = loan.cluster.liquidation_ltv(LENDER, *vault)?;
                collateral = collateral.plus(worth)?;
                weighted = sum(weighted, mul(worth.0, ltv.wide())?)?;
            }
            let standing = draft.liquidity(LENDER, account, Purpose::Liquidation)?;
            debt = debt.plus(standing.liability)?;
            worst = worst.min(factor(&standing));
        }
        let threshold = match collateral.is_zero() {
            true => U256::ZERO,
            false => down(weighted, U256::ONE, collateral.0)?,
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
        let none = |asset| Holding {
            asset,
            collateral: Amount::ZERO,
            enabled: false,
            debt: Amount::ZERO,
        };
        let mut rows: Vec<Holding> = ids.map(none).collect();
        for loan in self.loans() {
            let cluster = &loan.cluster;
            let Some(held) = cluster.account(account) else {
                continue;
            };
            for (vault, holding) in held.holdings() {
                let Some(row) = rows.get_mut(usize::from(loan.asset_of(vault).0)) else {
                    continue;
                };
                let worth = cluster.convert_to_assets(vault, holding.shares);
                let owed = cluster.debt(vault, account).map(|debt| debt.assets_up());
                let more = |had: Amount, by: Amount| Amount(had.0.saturating_add(by.0));
                row.collateral = more(row.collateral, worth.unwrap_or(Amount::MAX));
                row.debt = more(row.debt, owed.unwrap_or(Amount::MAX));
                row.enabled |= !holding.shares.is_zero() && held.collaterals.contains(&vault);
            }
        }
        rows.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        rows
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let all = self.slots.iter().flat_map(|slot| slot.index.breached());
        let mut ids: Vec<AccountId> = all.collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
    }

    fn discount_grows(&self) -> bool {
        true
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let mut offers = Vec::new();
        for loan in self.loans() {
            let terms = Terms::all(loan.outsider());
            for quote in loan.cluster.liquidations(account) {
                let offer = Offer {
                    account,
                    collateral: loan.asset_of(quote.collateral),
                    debt: loan.asset,
                    ..Offer::default()
                };
                // Repayment and redemption round too, so the offer is what is settled.
                if let Ok((done, ..)) = self.settle(&offer, &terms, &mut NoTrace) {
                    offers.push(Offer {
                        repay_max: done.repaid,
                        seize_max: done.seized,
                        ..offer
                    });
                }
            }
        }
        offers
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, place, cluster) = self.settle(offer, terms, &mut NoTrace)?;
        if let Some(slot) = self.slots.get_mut(place) {
            let taker = (terms.receive == Receive::Claim).then_some(terms.liquidator);
            let accounts: Vec<_> = [offer.account].into_iter().chain(taker).collect();
            slot.commit(cluster, &accounts);
        }
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        self.require_known(account)?;
        let (place, actions) = self.own_move(account, adjustment)?;
        let loan = self.loan(place)?;
        let mut cluster = loan.cluster.clone();
        let told = cluster.apply_batch(&actions)?;
        let events = loan.events_of(&told)?;
        if let Some(slot) = self.slots.get_mut(place) {
            slot.commit(cluster, &[account]);
        }
        Ok(events)
    }

    fn levers(&self) -> Vec<Lever> {
        super::levers::levers(self, &self.assets)
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let call = super::levers::call(self, &self.assets, &lever, value)?;
        let mut next = self.clone();
        let mut events = next.apply(&call)?;
        // A cap may be kept with fewer digits than asked for, as it was before.
        let kept = next.levers().into_iter().find(|kept| kept.name == name);
        let after = kept.map_or(value, |kept| kept.value);
        if after == lever.value {
            return Ok(Events::new());
        }
        *self = next;
        events.extend(lever.set_to(after));
        Ok(events)
    }

    /// Each loan's assets, lent first, then its cluster.
    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for loan in self.loans() {
            for asset in loan.vault_assets() {
                hash.update(asset.0.to_be_bytes());
            }
            hash.update(loan.cluster.state_hash());
        }
        hash.finalize().into()
    }
}
