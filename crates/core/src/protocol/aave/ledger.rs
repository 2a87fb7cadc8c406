//! The pool's whole state but for the breach index, and what can be read off it.

use super::account::Account;
use super::math::{Ruled, bps_mul, fixed, product, quotient, sum};
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
    /// Whether prices and indexes are far from what overflows, now; see [`Ledger::is_ordinary`].
    pub(super) ordinary: bool,
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

/// A reserve as it counts for the accounts of one category: everything is looked up once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing<'a> {
    pub(super) reserve: &'a Reserve,
    pub(super) rules: &'static Rules,
    /// The category; nothing for category 0 and for one that nobody set up.
    pub(super) mode: Option<&'a EMode>,
    /// Whether the asset is collateral of the category.
    pub(super) member: bool,
}

impl<'a> Listing<'a> {
    /// Inlined, as most of it is not asked for at most places.
    #[inline(always)]
    pub(super) fn new<S: Source>(source: &'a S, category: u8, asset: AssetId) -> Ruled<Self> {
        let (ledger, reserve) = (source.ledger(), source.reserve(asset)?);
        let rules = ledger.rules;
        let mut listing = Self {
            reserve,
            rules,
            mode: None,
            member: false,
        };
        if category != 0 {
            listing.mode = ledger.e_modes.get(&category);
            listing.member = match rules.membership {
                Membership::ByReserve => reserve.config.e_mode_category == category,
                Membership::ByCategory => listing
                    .mode
                    .is_some_and(|mode| mode.collateral.contains(&asset)),
            };
        }
        Ok(listing)
    }

    /// The price at which the asset counts: a category may have its own source.
    pub(super) fn price(&self) -> Price {
        let own_source = self.member && self.rules.membership == Membership::ByReserve;
        let source = self.mode.and_then(|mode| mode.price);
        let sourced = source.filter(|price| own_source && !price.is_zero());
        sourced.unwrap_or(self.reserve.price)
    }

    /// Borrowing power of the asset as collateral; nothing where a rule denies it.
    pub(super) fn loan_to_value(&self, asset: AssetId) -> Option<Bps> {
        let own = self.reserve.config.loan_to_value;
        let of_mode = self.mode.map_or(Bps(0), |mode| mode.loan_to_value);
        match self.rules.loan_to_value {
            LoanToValue::ReserveFirst if own.0 == 0 => None,
            LoanToValue::ReserveFirst => Some(if self.member { of_mode } else { own }),
            LoanToValue::CategoryFirst => {
                let without = |mode: &EMode| mode.ltv_zero.contains(&asset);
                let ltv = match self.member {
                    true if self.mode.is_some_and(without) => Bps(0),
                    true => of_mode,
                    false if self.isolates() => Bps(0),
                    false => own,
                };
                Some(ltv).filter(|ltv| ltv.0 != 0)
            }
        }
    }

    /// Whether other collateral has no borrowing power in the category. The flag came with the
    /// version that dropped isolation by reserve; before it is not read.
    fn isolates(&self) -> bool {
        let isolated = self.mode.is_some_and(|mode| mode.isolated);
        self.rules.isolation == Isolation::Absent && isolated
    }

    /// Liquidation threshold of the asset as collateral.
    pub(super) fn threshold(&self) -> Bps {
        if self.member {
            self.mode.map_or(Bps(0), |mode| mode.liquidation_threshold)
        } else {
            self.reserve.config.liquidation_threshold
        }
    }

    /// 10 000 plus the bonus for who seizes the asset.
    pub(super) fn bonus(&self) -> Bps {
        match self.mode {
            Some(mode) if self.member => mode.liquidation_bonus,
            _ => self.reserve.config.liquidation_bonus,
        }
    }

    /// Whether the asset counts as collateral at all.
    pub(super) fn counts(&self) -> bool {
        self.rules.zero_threshold.on() || self.reserve.config.liquidation_threshold.0 != 0
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

/// An account's totals at the present time, before the averages that only views and borrowing
/// ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) collateral: Value,
    pub(super) debt: Value,
    /// Sum of collateral · loan-to-value, bps.
    by_ltv: U256,
    /// Sum of collateral · threshold, bps.
    by_threshold: U256,
    /// The average threshold where it is known: of a single collateral, or once the health factor has asked.
    threshold: Option<U256>,
    pub(super) health_factor: Ratio,
    pub(super) has_zero_ltv: bool,
    /// The last collateral and the last debt that were counted, and how many there are of each.
    held: (Amount, u8),
    owed: (Amount, u8),
}

impl Totals {
    /// Of an account at the present time.
    #[inline(always)]
    pub(super) fn new<S: Source>(source: &S, account: &Account) -> Ruled<Self> {
        let mut totals = Self::default();
        totals.read(source, account)?;
        Ok(totals)
    }

    /// Sums in place: a result of this size would be moved twice on its way to the caller.
    pub(super) fn read<S: Source>(&mut self, source: &S, account: &Account) -> Ruled<()> {
        let rules = source.ledger().rules;
        for position in account.positions() {
            if !position.is_collateral && !position.is_borrowing {
                continue;
            }
            let listing = Listing::new(source, account.e_mode, position.asset)?;
            let (reserve, price) = (listing.reserve, listing.price());
            if position.is_collateral && listing.counts() {
                let (shares, index) = (position.supply_shares(), reserve.income_index()?);
                let held = to_amount(shares, index, rules.supply_balance)?;
                let value = reserve.value(held, price, Rounding::Floor)?;
                self.held = (held, self.held.1.saturating_add(1));
                let ltv = listing.loan_to_value(position.asset);
                self.has_zero_ltv |= ltv.is_none();
                self.add_collateral(value, ltv.unwrap_or_default(), listing.threshold())?;
            }
            if position.is_borrowing {
                let (shares, index) = (position.debt_shares(), reserve.debt_index()?);
                let owed = to_amount(shares, index, rules.debt_balance)?;
                let value = reserve.value(owed, price, rules.debt_value)?;
                self.owed = (owed, self.owed.1.saturating_add(1));
                self.debt = self.debt.plus(value)?;
            }
        }
        self.health_factor = self.ratio(rules)?;
        Ok(())
    }

    /// Amounts of the collateral and the debt of an account that has one of each: what the totals are worth.
    pub(super) fn only_pair(&self) -> Option<(Amount, Amount)> {
        let ((held, collateral), (owed, debts)) = (self.held, self.owed);
        (collateral == 1 && debts == 1).then_some((held, owed))
    }

    fn add_collateral(&mut self, value: Value, ltv: Bps, threshold: Bps) -> Ruled<()> {
        if !value.is_zero() {
            let only = self.collateral.is_zero();
            self.threshold = only.then(|| threshold.wide());
        }
        self.by_ltv = sum(self.by_ltv, product(value.0, ltv.wide())?)?;
        self.by_threshold = sum(self.by_threshold, product(value.0, threshold.wide())?)?;
        self.collateral = self.collateral.plus(value)?;
        Ok(())
    }

    fn ratio(&mut self, rules: &Rules) -> Ruled<Ratio> {
        if self.debt.is_zero() {
            return Ok(Ratio::MAX);
        }
        let debt = self.debt.0;
        Ok(Ratio(match rules.threshold {
            Threshold::TruncatedAverage => {
                let average = self.liquidation_threshold();
                self.threshold = Some(average);
                let power = bps_mul(self.collateral.0, average, Rounding::HalfUp)?;
                fixed(power, WAD, debt, Rounding::HalfUp)?
            }
            Threshold::WeightedSum => {
                let in_bps = fixed(self.by_threshold, WAD, debt, Rounding::HalfUp)?;
                quotient(in_bps, BPS)?
            }
        }))
    }

    /// Average over the collateral, bps, rounded down; zero without collateral.
    pub(super) fn liquidation_threshold(&self) -> U256 {
        self.threshold
            .unwrap_or_else(|| self.average(self.by_threshold))
    }

    fn average(&self, weighted: U256) -> U256 {
        if self.collateral.is_zero() {
            return U256::ZERO;
        }
        quotient(weighted, self.collateral.0).unwrap_or(U256::ZERO)
    }

    /// With all averages.
    pub(super) fn data(&self) -> AccountData {
        AccountData {
            collateral: self.collateral,
            debt: self.debt,
            loan_to_value: self.average(self.by_ltv),
            liquidation_threshold: self.liquidation_threshold(),
            health_factor: self.health_factor,
            has_zero_ltv: self.has_zero_ltv,
        }
    }

    /// The part that all protocols share.
    pub(super) fn health(&self) -> Health {
        let threshold = self.liquidation_threshold();
        Health {
            collateral: self.collateral,
            debt: self.debt,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: self.health_factor,
        }
    }
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
