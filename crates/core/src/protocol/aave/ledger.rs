//! The pool's whole state but for the breach index, and what can be read off it.

use super::account::Account;
use super::math::{Ruled, fixed, quotient};
use super::rejection::Rejection;
use super::reserve::{Reserve, to_amount};
use super::version::{AaveVersion, Isolation, LoanToValue, Membership, Rules, Threshold};
use crate::book::Book;
use crate::protocol::{AccountId, Asset, AssetId, Health};
use crate::units::{Amount, BPS, Bps, Price, Ratio, Rounding, Timestamp, U256, Value, WAD};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An efficiency mode: other limits for assets that move together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EMode {
    /// Borrowing power of member collateral.
    pub loan_to_value: Bps,
    /// Weight of member collateral in the health factor.
    pub liquidation_threshold: Bps,
    /// 10 000 plus the bonus, for member collateral.
    pub liquidation_bonus: Bps,
    /// Price of the category's own source (3.0.2 only); zero or none is no source.
    pub price: Option<Price>,
    /// Member collateral; not read where reserves name their category.
    pub collateral: BTreeSet<AssetId>,
    /// What an account in the category may borrow.
    pub borrowable: BTreeSet<AssetId>,
    /// Member collateral without borrowing power.
    pub ltv_zero: BTreeSet<AssetId>,
    /// Whether other collateral has no borrowing power.
    pub isolated: bool,
}

/// The check on a rollup's sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentinel {
    /// Whether the sequencer is up.
    pub up: bool,
    /// When that last changed.
    pub last_update: Timestamp,
    /// Seconds after a restart in which liquidations of nearly healthy accounts are refused.
    pub grace_period: u64,
}

/// Tokens in wallets, outside the pool.
pub(super) type Wallets = BTreeMap<(AccountId, AssetId), Amount>;

/// The state.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) version: AaveVersion,
    pub(super) rules: &'static Rules,
    pub(super) base_decimals: u8,
    pub(super) now: Timestamp,
    pub(super) assets: Arc<[Asset]>,
    pub(super) reserves: Arc<Vec<Reserve>>,
    pub(super) e_modes: Arc<BTreeMap<u8, EMode>>,
    pub(super) sentinel: Option<Sentinel>,
    pub(super) book: Book<Account>,
    pub(super) wallets: Arc<Wallets>,
    pub(super) treasury: AccountId,
    pub(super) coverage: AccountId,
}

/// Where reserves and accounts come from: the ledger, or a working copy over it.
pub(super) trait Source {
    fn ledger(&self) -> &Ledger;
    fn reserve(&self, asset: AssetId) -> Ruled<&Reserve>;
    fn account(&self, id: AccountId) -> Ruled<&Account>;
}

impl Source for Ledger {
    fn ledger(&self) -> &Ledger {
        self
    }

    fn reserve(&self, asset: AssetId) -> Ruled<&Reserve> {
        self.reserves
            .get(usize::from(asset.0))
            .ok_or(Rejection::AssetNotListed)
    }

    fn account(&self, id: AccountId) -> Ruled<&Account> {
        self.book.get(id).ok_or(Rejection::AccountUnknown)
    }
}

/// An account's totals at the present time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountData {
    /// Base currency.
    pub collateral: Value,
    /// Base currency.
    pub debt: Value,
    /// Average over the collateral, bps, rounded down.
    pub loan_to_value: U256,
    /// Average over the collateral, bps, rounded down.
    pub liquidation_threshold: U256,
    /// Below 1 the account can be liquidated; [`Ratio::MAX`] without debt.
    pub health_factor: Ratio,
    /// Whether some collateral has no borrowing power.
    pub has_zero_ltv: bool,
}

impl AccountData {
    /// The part that all protocols share.
    pub(super) fn health(&self) -> Health {
        Health {
            collateral: self.collateral,
            debt: self.debt,
            liquidation_threshold: Bps(
                u16::try_from(self.liquidation_threshold).unwrap_or(u16::MAX)
            ),
            factor: self.health_factor,
        }
    }
}

/// Whether the asset is collateral of the category.
pub(super) fn is_member<S: Source>(source: &S, category: u8, asset: AssetId) -> Ruled<bool> {
    if category == 0 {
        return Ok(false);
    }
    let ledger = source.ledger();
    match ledger.rules.membership {
        Membership::ByReserve => Ok(source.reserve(asset)?.config.e_mode_category == category),
        Membership::ByCategory => Ok(ledger
            .e_modes
            .get(&category)
            .is_some_and(|mode| mode.collateral.contains(&asset))),
    }
}

/// Whether an account in the category may borrow the asset.
pub(super) fn is_borrowable<S: Source>(source: &S, category: u8, asset: AssetId) -> Ruled<bool> {
    let ledger = source.ledger();
    match ledger.rules.membership {
        Membership::ByReserve => Ok(source.reserve(asset)?.config.e_mode_category == category),
        Membership::ByCategory => Ok(ledger
            .e_modes
            .get(&category)
            .is_some_and(|mode| mode.borrowable.contains(&asset))),
    }
}

/// The price at which an account's asset counts: a category may have its own source.
pub(super) fn price_for<S: Source>(source: &S, category: u8, asset: AssetId) -> Ruled<Price> {
    let own = source.reserve(asset)?.price;
    if category == 0 || source.ledger().rules.membership != Membership::ByReserve {
        return Ok(own);
    }
    let mode = source
        .ledger()
        .e_modes
        .get(&category)
        .and_then(|mode| mode.price);
    match mode.filter(|price| !price.is_zero()) {
        Some(price) if is_member(source, category, asset)? => Ok(price),
        _ => Ok(own),
    }
}

/// Borrowing power of an asset as collateral; nothing where a rule denies it.
pub(super) fn ltv_for<S: Source>(source: &S, category: u8, asset: AssetId) -> Ruled<Option<Bps>> {
    let own = source.reserve(asset)?.config.loan_to_value;
    let none = EMode::default();
    let mode = source.ledger().e_modes.get(&category).unwrap_or(&none);
    let member = is_member(source, category, asset)?;
    let rules = source.ledger().rules;
    match rules.loan_to_value {
        LoanToValue::ReserveFirst if own.0 == 0 => Ok(None),
        LoanToValue::ReserveFirst => Ok(Some(if member { mode.loan_to_value } else { own })),
        LoanToValue::CategoryFirst => {
            let ltv = match member {
                true if mode.ltv_zero.contains(&asset) => Bps(0),
                true => mode.loan_to_value,
                false if category != 0 && isolates(rules, mode) => Bps(0),
                false => own,
            };
            Ok(Some(ltv).filter(|ltv| ltv.0 != 0))
        }
    }
}

/// Whether other collateral has no borrowing power in this category. The flag came with the version
/// that dropped isolation by reserve; before it is not read.
fn isolates(rules: &Rules, mode: &EMode) -> bool {
    rules.isolation == Isolation::Absent && mode.isolated
}

/// Liquidation threshold of an asset as collateral.
pub(super) fn threshold_for<S: Source>(source: &S, category: u8, asset: AssetId) -> Ruled<Bps> {
    let own = source.reserve(asset)?.config.liquidation_threshold;
    if !is_member(source, category, asset)? {
        return Ok(own);
    }
    let mode = source.ledger().e_modes.get(&category);
    Ok(mode.map_or(Bps(0), |mode| mode.liquidation_threshold))
}

/// Whether a collateral of this reserve counts at all.
pub(super) fn counts(rules: &Rules, reserve: &Reserve) -> bool {
    rules.zero_threshold.on() || reserve.config.liquidation_threshold.0 != 0
}

/// Sums on the way to an account's totals.
#[derive(Default)]
struct Sums {
    collateral: Value,
    debt: Value,
    ltv: U256,
    threshold: U256,
    has_zero_ltv: bool,
}

fn weighted(value: Value, weight: Bps) -> Ruled<U256> {
    value
        .0
        .checked_mul(weight.wide())
        .ok_or(Rejection::Panic0x11)
}

/// An account's totals at the present time.
pub(super) fn account_data<S: Source>(source: &S, account: &Account) -> Ruled<AccountData> {
    let rules = source.ledger().rules;
    let mut sums = Sums::default();
    for position in account.positions() {
        if !position.is_collateral && !position.is_borrowing {
            continue;
        }
        let reserve = source.reserve(position.asset)?;
        let price = price_for(source, account.e_mode, position.asset)?;
        if position.is_collateral && counts(rules, reserve) {
            let held = to_amount(
                position.supply_shares(),
                reserve.income_index()?,
                rules.supply_balance,
            )?;
            let value = reserve.value(held, price, Rounding::Floor)?;
            let ltv = ltv_for(source, account.e_mode, position.asset)?;
            let threshold = threshold_for(source, account.e_mode, position.asset)?;
            sums.has_zero_ltv |= ltv.is_none();
            let ltv = weighted(value, ltv.unwrap_or_default())?;
            sums.ltv = sums.ltv.checked_add(ltv).ok_or(Rejection::Panic0x11)?;
            let threshold = weighted(value, threshold)?;
            sums.threshold = sums
                .threshold
                .checked_add(threshold)
                .ok_or(Rejection::Panic0x11)?;
            sums.collateral = sums.collateral.plus(value)?;
        }
        if position.is_borrowing {
            let owed = to_amount(
                position.debt_shares(),
                reserve.debt_index()?,
                rules.debt_balance,
            )?;
            sums.debt = sums
                .debt
                .plus(reserve.value(owed, price, rules.debt_value)?)?;
        }
    }
    totals(rules, &sums)
}

fn totals(rules: &Rules, sums: &Sums) -> Ruled<AccountData> {
    let average = |sum: U256| quotient(sum, sums.collateral.0).unwrap_or(U256::ZERO);
    let liquidation_threshold = average(sums.threshold);
    let health_factor = match rules.threshold {
        _ if sums.debt.is_zero() => Ratio::MAX,
        Threshold::TruncatedAverage => {
            let collateral = sums.collateral.0;
            let power = fixed(collateral, liquidation_threshold, BPS, Rounding::HalfUp)?;
            Ratio(fixed(power, WAD, sums.debt.0, Rounding::HalfUp)?)
        }
        Threshold::WeightedSum => {
            let in_bps = fixed(sums.threshold, WAD, sums.debt.0, Rounding::HalfUp)?;
            Ratio(quotient(in_bps, BPS)?)
        }
    };
    Ok(AccountData {
        collateral: sums.collateral,
        debt: sums.debt,
        loan_to_value: average(sums.ltv),
        liquidation_threshold,
        health_factor,
        has_zero_ltv: sums.has_zero_ltv,
    })
}

/// The collateral that puts an account in isolation.
pub(super) fn isolated_collateral<S: Source>(
    source: &S,
    account: &Account,
) -> Ruled<Option<AssetId>> {
    if source.ledger().rules.isolation == Isolation::Absent {
        return Ok(None);
    }
    let mut collateral = account.collateral();
    match (collateral.next(), collateral.next()) {
        (Some(only), None) if !source.reserve(only)?.config.debt_ceiling.is_zero() => {
            Ok(Some(only))
        }
        _ => Ok(None),
    }
}

impl Ledger {
    /// Whether the sequencer has been up for long enough.
    pub(super) fn sentinel_allows(&self) -> bool {
        match self.sentinel {
            Some(sentinel) if self.rules.sentinel.on() => {
                let up_for = self.now.seconds_since(sentinel.last_update);
                sentinel.up && up_for > sentinel.grace_period
            }
            _ => true,
        }
    }

    /// Tokens in a wallet.
    pub(super) fn wallet(&self, account: AccountId, asset: AssetId) -> Amount {
        self.wallets
            .get(&(account, asset))
            .copied()
            .unwrap_or(Amount::ZERO)
    }
}
