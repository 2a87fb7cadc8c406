//! What the breach index needs: effective prices of each asset and linear bounds of an account.
//!
//! The bounds hold at any later prices and indexes; `docs/breach-index.md` says what they must
//! satisfy. Weights are in base currency × 10 000 (bps).

use super::account::Account;
use super::ledger::{Ledger, Listing, Source, Totals};
use super::math::Ruled;
use super::reserve::Reserve;
use super::version::{Membership, Threshold};
use crate::book::{EffectivePrices, Exposure, Look, Shortfall};
use crate::protocol::{AccountId, AssetId, OfferBound};
use crate::units::{
    Amount, BPS, Bps, Index, Price, RAY, Ratio, Rounding, U256, Value, WAD, mul, mul_div,
};
use smallvec::SmallVec;

/// Bits of a price and of an index, and an account's tokens, up to which no sum of the contract overflows;
/// see [`Ledger::is_ordinary`].
const PRICE_BITS: usize = 96;
const INDEX_BITS: usize = 110;
const TOKENS_MAX: u64 = 1u64.wrapping_shl(56);
/// Accounts that are fetched from memory at a time.
pub(super) const TOGETHER: usize = 16;
/// 10 000 basis points.
const WHOLE: Bps = Bps(10_000);

impl Ledger {
    /// Price × index of each asset, both sides; behind the assets, one place for each pair of a
    /// category with its own price source and a member.
    pub(super) fn effective_prices(&self) -> EffectivePrices {
        let places = self.reserves.len();
        let mut prices = EffectivePrices {
            collateral: Vec::with_capacity(places),
            debt: Vec::with_capacity(places),
        };
        let own = self.reserves.iter().map(|reserve| (reserve, reserve.price));
        let sourced = self
            .sourced()
            .map(|(_, _, reserve, price)| (reserve, price));
        for (reserve, price) in own.chain(sourced) {
            let collateral = effective(price, reserve.income);
            prices.collateral.push(collateral.unwrap_or(U256::ZERO));
            let debt = effective(price, reserve.owing);
            prices.debt.push(debt.unwrap_or(U256::MAX));
        }
        prices
    }

    /// Members of categories with their own price source, in a fixed order.
    fn sourced(&self) -> impl Iterator<Item = (u8, AssetId, &Reserve, Price)> + '_ {
        let by_reserve = self.rules.membership == Membership::ByReserve;
        let modes = self.e_modes.iter().filter(move |_| by_reserve);
        modes
            .filter_map(|(id, mode)| Some((*id, mode.price.filter(|price| !price.is_zero())?)))
            .flat_map(|(id, price)| {
                let assets = self.reserves.iter().enumerate();
                let members = assets.filter(move |(_, r)| r.config.e_mode_category == id);
                members.filter_map(move |(at, reserve)| {
                    Some((id, AssetId(u16::try_from(at).ok()?), reserve, price))
                })
            })
    }

    /// Where an account's asset stands in the effective prices.
    fn slot(&self, category: u8, asset: AssetId) -> AssetId {
        if category == 0 || self.rules.membership != Membership::ByReserve {
            return asset;
        }
        let behind = self
            .sourced()
            .position(|(mode, of, _, _)| (mode, of) == (category, asset));
        let slot = behind.and_then(|behind| behind.checked_add(self.reserves.len()));
        slot.and_then(|slot| u16::try_from(slot).ok())
            .map_or(asset, AssetId)
    }

    /// What the exact rule says of one account.
    pub(super) fn look(&self, id: AccountId) -> Look {
        match self.account(id) {
            Ok(account) => self.look_at(account),
            Err(_) => Look::Gone,
        }
    }

    /// Accounts that are about to be looked at, none for one that there is not. The processor fetches all of
    /// them at once, and so waits once.
    pub(super) fn fetched(&self, ids: &[AccountId]) -> SmallVec<[Option<&Account>; TOGETHER]> {
        let found: SmallVec<[Option<&Account>; TOGETHER]> =
            ids.iter().map(|id| self.book.get(*id)).collect();
        for account in found.iter().copied().flatten() {
            std::hint::black_box(account.positions().first().map(|position| position.asset));
        }
        found
    }

    pub(super) fn look_at(&self, account: &Account) -> Look {
        // The bounds hold at the present prices too, and cost a part of the exact rule.
        let Some(exposure) = self.exposure(account) else {
            return Look::Gone;
        };
        if suffices(&exposure) {
            return Look::Healthy(exposure);
        }
        let shortfall = self.shortfall(account);
        if let Some(shortfall) = shortfall.filter(lacks) {
            return Look::BreachedBy(shortfall);
        }
        match Totals::new(self, account) {
            Ok(totals) if totals.health_factor < Ratio(WAD) => match shortfall {
                Some(shortfall) => Look::BreachedBy(shortfall),
                None => Look::Breached,
            },
            // Where the contract's own sum overflows nobody can liquidate; look again later.
            _ => Look::Healthy(exposure),
        }
    }

    /// Whether the health factor is at least 1, by the bounds where they tell and nothing overflows.
    pub(super) fn is_healthy(&self, account: &Account) -> Ruled<bool> {
        if let (Some(exposure), Some(shortfall)) = (self.exposure(account), self.shortfall(account))
        {
            if suffices(&exposure) {
                return Ok(true);
            }
            if lacks(&shortfall) {
                return Ok(false);
            }
        }
        Ok(Totals::new(self, account)?.health_factor >= Ratio(WAD))
    }

    /// Linear bounds of a healthy account: what must be so at any effective prices P and Q at
    /// which it is in breach.
    ///
    /// Let x = scaled · index ÷ 10^27, which is the balance before it is rounded to a wei. As
    /// indexes are at least 1, one scaled unit more or less moves x by at least one wei.
    ///
    /// Collateral, from below. The balance is above x − 1, rounded down or to the nearest, so it
    /// is worth at least one scaled unit less than x; its value is rounded down to a base unit.
    /// Hence value · threshold > (scaled − 1) · threshold · P − threshold: `threshold` goes into
    /// the slack. Where thresholds are averaged and cut, the average loses less than 1, so
    /// collateral · average is above Σ value · (threshold − 1); it is then rounded to the nearest
    /// base unit, which is another 5 000 (half of 10 000) of slack. A threshold of zero would
    /// need the weight −1, which no bound can have: such an account is looked at always.
    ///
    /// Debt, from above. The balance is below x + 1, rounded up or to the nearest: one scaled
    /// unit more. Where its value is rounded up, by less than a base unit, 10 000 go into the
    /// slack; where it is rounded down, nothing.
    ///
    /// In breach the health factor is below 10^18. It is rounded to the nearest or down; either
    /// way the weighted collateral is then below debt · 10 000.
    ///
    /// Nothing without a marked debt or without collateral that a liquidation could seize.
    #[inline(always)]
    fn exposure(&self, account: &Account) -> Option<Exposure> {
        let mut exposure = Exposure::default();
        let (mut owes, mut seizable) = (false, false);
        let truncated = self.rules.threshold == Threshold::TruncatedAverage;
        if truncated {
            exposure.slack = Value::from(5_000);
        }
        for position in account.positions() {
            let Ok(listing) = Listing::new(self, account.e_mode, position.asset) else {
                continue;
            };
            let slot = self.slot(account.e_mode, position.asset);
            if position.is_collateral && listing.counts() {
                seizable |= position.supply != 0;
                let threshold = listing.threshold();
                if truncated && threshold.0 == 0 {
                    exposure.debt = Value::MAX;
                }
                let weight = Bps(threshold.0.saturating_sub(u16::from(truncated)));
                let shares = Some(position.supply.saturating_sub(1));
                let worth = listing.weigh(Side::Supply, shares, weight, Rounding::Floor);
                exposure.collateral = saturating(exposure.collateral, worth.unwrap_or(U256::ZERO));
                exposure.collateral_assets.insert(slot);
                exposure.slack = saturating(exposure.slack, threshold.wide());
            }
            if position.is_borrowing {
                owes |= position.debt != 0;
                let shares = position.debt.checked_add(1);
                let worth = listing.weigh(Side::Debt, shares, WHOLE, Rounding::Ceil);
                exposure.debt = saturating(exposure.debt, worth.unwrap_or(U256::MAX));
                exposure.debt_assets.insert(slot);
                if self.rules.debt_value == Rounding::Ceil {
                    exposure.slack = saturating(exposure.slack, BPS);
                }
            }
        }
        (owes && seizable).then_some(exposure)
    }

    /// Adds bounds of what a liquidation of an account could move. A debt's value is bounded as in
    /// [`Ledger::exposure`], with a base unit more for its own rounding; nothing where one cannot be told, and
    /// where a category's own price stands beside the reserves'.
    pub(super) fn offer_bounds(
        &self,
        account: &Account,
        bounds: &mut Vec<OfferBound>,
    ) -> Option<()> {
        let mode = self.e_modes.get(&account.e_mode);
        let own_price = mode.is_some_and(|mode| mode.price.is_some());
        if own_price && self.rules.membership == Membership::ByReserve {
            return None;
        }
        for position in account.positions().iter().filter(|p| p.is_borrowing) {
            let listing = Listing::new(self, account.e_mode, position.asset).ok()?;
            let shares = position.debt.checked_add(1);
            let repay = listing.weigh(Side::Debt, shares, Bps(1), Rounding::Ceil)?;
            for collateral in account.collateral() {
                bounds.push(OfferBound {
                    collateral,
                    debt: position.asset,
                    repay: Value(repay.checked_add(U256::ONE)?),
                    bonus: Listing::new(self, account.e_mode, collateral).ok()?.bonus(),
                });
            }
        }
        Some(())
    }

    /// Linear bounds of an account in breach: what must be so at any effective prices P and Q at
    /// which it is not. Nothing where such bounds cannot be relied on.
    ///
    /// An account is also out of breach where one of the contract's own sums overflows, which no
    /// line can tell. So there are bounds only while the ledger is ordinary and the account
    /// holds fewer than 2^56 tokens; [`Ledger::is_ordinary`] says why nothing overflows then. The
    /// pool builds its index anew when the ledger ceases to be ordinary.
    ///
    /// With x as in [`Ledger::exposure`]: collateral, from above. The balance is at most x where
    /// it is rounded down, and at most x + ½ where it is rounded to the nearest: one scaled unit
    /// more. The value is rounded down, and so is the average threshold where there is one: no
    /// slack. Collateral · average is then rounded to the nearest base unit: 5 000.
    ///
    /// Debt, from below. The balance is at least x where it is rounded up, and at least x − ½
    /// where it is rounded to the nearest: one scaled unit less. Where the value is rounded down,
    /// by less than a base unit, 10 000 go into the slack.
    ///
    /// Not in breach the health factor is at least 10^18, after a rounding to the nearest: the
    /// weighted collateral w has w · 10^18 ≥ (10^18 − ½) · debt · 10 000, or there is no debt.
    /// So w is at least debt · 10 000 · (1 − 10^−18), which `cut` takes off the debt.
    #[inline(always)]
    fn shortfall(&self, account: &Account) -> Option<Shortfall> {
        if !self.ordinary {
            return None;
        }
        let rules = self.rules;
        let more = u128::from(rules.supply_balance != Rounding::Floor);
        let less = u128::from(rules.debt_balance != Rounding::Ceil);
        let mut shortfall = Shortfall::default();
        if rules.threshold == Threshold::TruncatedAverage {
            shortfall.slack = Value::from(5_000);
        }
        let mut tokens = 0u64;
        for position in account.positions() {
            let listing = Listing::new(self, account.e_mode, position.asset).ok()?;
            let slot = self.slot(account.e_mode, position.asset);
            // A number of n bits over one of m is below 2^(n − m + 1).
            let scaled = position.supply.max(position.debt);
            let bits = bits_of(scaled).saturating_add(1);
            let most = bits.saturating_sub(listing.reserve.unit.bit_len());
            tokens = tokens.saturating_add(1u64.checked_shl(u32::try_from(most).ok()?)?);
            if position.is_collateral && listing.counts() {
                let shares = position.supply.checked_add(more);
                let worth =
                    listing.weigh(Side::Supply, shares, listing.threshold(), Rounding::Ceil)?;
                shortfall.collateral = saturating(shortfall.collateral, worth);
                shortfall.collateral_assets.insert(slot);
            }
            if position.is_borrowing {
                let shares = Some(position.debt.saturating_sub(less));
                let worth = listing.weigh(Side::Debt, shares, WHOLE, Rounding::Floor)?;
                shortfall.debt = saturating(shortfall.debt, cut(worth));
                shortfall.debt_assets.insert(slot);
                if rules.debt_value != Rounding::Ceil {
                    shortfall.slack = saturating(shortfall.slack, BPS);
                }
            }
        }
        (tokens <= TOKENS_MAX).then_some(shortfall)
    }

    /// Whether every index is known and below 2^110 and every price below 2^96.
    ///
    /// Then no sum on the way to the health factor of an account with fewer than 2^56 tokens
    /// overflows: scaled units have 128 bits, so scaled · index has at most 238 bits, the balance
    /// 149 and balance · price 245. With scaled ÷ unit below 2^56, all values together have at
    /// most 56 + 110 + 96 − 89 = 173 bits (10^27 has more than 89), times a threshold of 16 bits
    /// and 10^18 of 60 bits 249.
    pub(super) fn is_ordinary(&self) -> bool {
        let price = |price: Price| price.0.bit_len() <= PRICE_BITS;
        let index = |index: Option<Index>| index.is_some_and(|i| i.0.bit_len() <= INDEX_BITS);
        let reserve = |r: &Reserve| price(r.price) && index(r.income) && index(r.owing);
        let source = |mode: &super::EMode| mode.price.is_none_or(price);
        self.reserves.iter().all(reserve) && self.e_modes.values().all(source)
    }

    /// Everything that the breach index is built from.
    pub(super) fn looks(&self) -> impl Iterator<Item = (AccountId, Look)> + '_ {
        self.book
            .iter()
            .map(|(id, account)| (id, self.look_at(account)))
    }
}

/// Whether an account is healthy for certain.
fn suffices(exposure: &Exposure) -> bool {
    exposure.collateral > saturating(exposure.debt, exposure.slack.0)
}

/// Whether an account is in breach for certain.
fn lacks(shortfall: &Shortfall) -> bool {
    shortfall.debt > saturating(shortfall.collateral, shortfall.slack.0)
}

fn saturating(sum: Value, more: U256) -> Value {
    Value(sum.0.saturating_add(more))
}

/// At most `worth` · (1 − 10^−18): 2^59 is below 10^18, so this part is at least as large, and what its
/// rounding leaves is below a unit.
fn cut(worth: U256) -> U256 {
    let part = worth.wrapping_shr(59);
    worth.saturating_sub(part).saturating_sub(U256::ONE)
}

fn bits_of(n: u128) -> usize {
    usize::try_from(u128::BITS.saturating_sub(n.leading_zeros())).unwrap_or(usize::MAX)
}

/// Price × index; nothing where that overflows.
fn effective(price: Price, index: Option<Index>) -> Option<U256> {
    mul(price.0, index?.0).ok()
}

/// A side of a reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Supply,
    Debt,
}

impl Listing<'_> {
    /// A bound of `shares · weight · index · price ÷ (10^27 · 10^decimals)`, below it or above it as the
    /// rounding goes; nothing where it overflows or where the effective price does, and for shares
    /// above 2^128.
    ///
    /// By the worth of a scaled unit where that is known. Else in two divisions, as no number of an
    /// ordinary ledger then exceeds 128 bits; what the first one rounds is less than a wei · bps,
    /// and stays on the same side.
    #[inline(always)]
    fn weigh(
        &self,
        side: Side,
        shares: Option<u128>,
        weight: Bps,
        rounding: Rounding,
    ) -> Option<U256> {
        let (reserve, shares) = (self.reserve, shares?);
        let (worth, index) = match side {
            Side::Supply => (reserve.supply_worth, reserve.income),
            Side::Debt => (reserve.debt_worth, reserve.owing),
        };
        let bound = worth
            .filter(|_| self.mode.is_none() || self.price() == reserve.price)
            .and_then(|worth| match rounding {
                Rounding::Floor => worth.floor(shares, weight.0),
                _ => worth.ceil(shares, weight.0),
            });
        if bound.is_some() {
            return bound;
        }
        let price = self.price();
        effective(price, index)?;
        let weighted = mul(U256::from(shares), weight.wide()).ok()?;
        let amount = mul_div(weighted, index?.0, RAY, rounding).ok()?;
        mul_div(amount, price.0, reserve.unit, rounding).ok()
    }
}

/// The whole supply and debt of an account as amounts, for views.
pub(super) fn amounts(ledger: &Ledger, account: &Account) -> Vec<crate::protocol::Holding> {
    let rules = ledger.rules;
    let amount = |shares, index: Option<_>, rounding| {
        index.and_then(|index| super::reserve::to_amount(shares, index, rounding).ok())
    };
    let holding = |position: &super::Position| {
        let reserve = ledger.reserve(position.asset).ok()?;
        Some(crate::protocol::Holding {
            asset: position.asset,
            collateral: amount(
                position.supply_shares(),
                reserve.income,
                rules.supply_balance,
            )
            .unwrap_or(Amount::MAX),
            enabled: position.is_collateral,
            debt: amount(position.debt_shares(), reserve.owing, rules.debt_balance)
                .unwrap_or(Amount::MAX),
        })
    };
    account.positions().iter().filter_map(holding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::aave::{
        AaveVersion, EMode, Pool, PoolSetup, Position, RateStrategy, ReserveConfig, ReserveSetup,
        ReserveState,
    };
    use crate::protocol::{Asset, Prices, Protocol};
    use crate::units::{Bps, Rate, Shares, Timestamp};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const RESERVES: usize = 3;

    /// Whether there is collateral that a liquidation could seize.
    fn has_seizable(ledger: &Ledger, account: &Account) -> bool {
        account.positions().iter().any(|position| {
            let listing = Listing::new(ledger, account.e_mode, position.asset);
            let counts = listing.is_ok_and(|listing| listing.counts());
            position.is_collateral && position.supply != 0 && counts
        })
    }

    /// One reserve: decimals, price, threshold, growth of both indexes in 2^−10, yearly rates in %.
    type ReserveDraw = (u8, u64, u16, (u64, u64), (u64, u64));
    /// One account: category, and what it supplies and owes in each asset.
    type AccountDraw = (u8, [(Much, Much); RESERVES]);
    /// One tick: seconds, and what happens to which price.
    type TickDraw = (u64, usize, Move);

    #[derive(Clone, Copy, Debug)]
    enum Move {
        /// Times so many 4 096ths.
        Parts(u64),
        /// Up or down by so many base units.
        Units(i8),
        /// To exactly this.
        To(u128),
    }

    fn reserve() -> impl Strategy<Value = ReserveDraw> {
        let price = prop_oneof![1..20u64, 1..100_000u64, 1..1_000_000_000_000u64];
        let threshold = prop_oneof![6 => 1..=10_000u16, 1 => Just(0u16), 1 => 1..4u16];
        let growth = || prop_oneof![Just(0u64), 0..4_096u64];
        let rate = || prop_oneof![Just(0u64), 0..50u64, 0..5_000u64];
        let decimals = prop_oneof![Just(0u8), Just(2), Just(6), Just(18), Just(27)];
        let (growths, rates) = ((growth(), growth()), (rate(), rate()));
        (decimals, price, threshold, growths, rates)
    }

    #[derive(Clone, Copy, Debug)]
    enum Much {
        /// Scaled units.
        Scaled(u128),
        /// Thousandths of a base unit's worth: where the rounding of values is all that matters.
        Worth(u64),
        /// As a debt: so many 10 000ths of what the supplies up to this asset can bear.
        Borne(u16),
    }

    fn much() -> impl Strategy<Value = Much> {
        prop_oneof![
            3 => Just(Much::Scaled(0)),
            1 => (1..20u128).prop_map(Much::Scaled),
            2 => (1..1_000u128, 0..70u32).prop_map(|(digits, shift)| Much::Scaled(digits << shift)),
            1 => (0..128u32).prop_map(|bits| Much::Scaled(u128::MAX >> bits)),
            4 => (1..40_000u64).prop_map(Much::Worth),
            2 => (1..10_000_000u64).prop_map(Much::Worth),
            6 => (9_900..10_100u16).prop_map(Much::Borne),
        ]
    }

    fn tick() -> impl Strategy<Value = TickDraw> {
        let seconds = prop_oneof![3 => Just(0u64), 2 => 1..100u64, 2 => 1..10_000_000u64];
        let change = prop_oneof![
            8 => (4_000..4_200u64).prop_map(Move::Parts),
            4 => (0..3 * 4_096u64).prop_map(Move::Parts),
            6 => (-3i8..=3).prop_map(Move::Units),
            1 => prop_oneof![Just(0u128), 1..40u128, Just(1 << 95), Just(1 << 97), Just(u128::MAX)]
                .prop_map(Move::To),
        ];
        (seconds, 0..RESERVES, change)
    }

    fn setup(number: usize, draw: &ReserveDraw) -> ReserveSetup {
        let (decimals, price, threshold, growth, rates) = *draw;
        let index = |grown: u64| Index(RAY + RAY * U256::from(grown) / U256::from(1_024));
        let percent = |n: u64| Rate(RAY * U256::from(n) / U256::from(100));
        let most = Shares(U256::ONE << 140);
        ReserveSetup {
            asset: Asset {
                symbol: format!("A{number}"),
                decimals,
            },
            config: ReserveConfig {
                decimals,
                loan_to_value: Bps(threshold / 2),
                liquidation_threshold: Bps(threshold),
                liquidation_bonus: Bps(10_500),
                reserve_factor: Bps(0),
                protocol_fee: Bps(0),
                active: true,
                frozen: false,
                paused: false,
                borrowing_enabled: true,
                borrowable_in_isolation: false,
                siloed: false,
                debt_ceiling: Amount::ZERO,
                supply_cap: Amount::ZERO,
                borrow_cap: Amount::ZERO,
                e_mode_category: u8::from(number != 0),
                grace_until: Timestamp(0),
            },
            strategy: RateStrategy::default(),
            price: Price::new(u128::from(price)),
            state: ReserveState {
                liquidity_index: index(growth.0),
                borrow_index: index(growth.1),
                liquidity_rate: percent(rates.0),
                borrow_rate: percent(rates.1),
                total_supply: most,
                total_debt: most,
                ..ReserveState::fresh(Timestamp(0))
            },
        }
    }

    fn account((category, muches): &AccountDraw, reserves: &[ReserveDraw]) -> Account {
        let mut borne = 0u128;
        let position = |((at, much), draw): ((usize, &(Much, Much)), &ReserveDraw)| {
            let (decimals, price, threshold, growth, _) = *draw;
            // Scaled units worth so many thousandths of a base unit.
            let scaled = |worth: u128, growth: u64| {
                let thousandths = 10u128.pow(u32::from(decimals)).saturating_mul(worth) / 1_000;
                (thousandths / u128::from(price)).saturating_mul(1_024) / u128::from(1_024 + growth)
            };
            let units = |much: Much, growth: u64, borne: u128| match much {
                Much::Scaled(units) => units,
                Much::Worth(worth) => scaled(u128::from(worth), growth),
                Much::Borne(parts) => scaled(borne.saturating_mul(parts.into()) / 10_000, growth),
            };
            let supply = units(much.0, growth.0, 0);
            let (unit, price) = (U256::from(10).pow(U256::from(decimals)), U256::from(price));
            let grown = U256::from(supply) * price * U256::from(1_024 + growth.0);
            let worth = grown * U256::from(threshold) / unit / U256::from(10_240);
            borne = borne.saturating_add(worth.saturating_to());
            let debt = units(much.1, growth.1, borne);
            Position {
                asset: AssetId(at as u16),
                supply,
                debt,
                is_collateral: supply != 0,
                is_borrowing: debt != 0,
            }
        };
        Account::new(
            *category,
            muches.iter().enumerate().zip(reserves).map(position),
        )
    }

    fn pool(
        version: AaveVersion,
        reserves: &[ReserveDraw],
        mode: (u16, Option<u64>),
        accounts: &[AccountDraw],
    ) -> Pool {
        let mode = EMode {
            loan_to_value: Bps(mode.0 / 2),
            liquidation_threshold: Bps(mode.0),
            liquidation_bonus: Bps(10_100),
            price: mode.1.map(|price| Price::new(u128::from(price))),
            collateral: [AssetId(1)].into(),
            ..EMode::default()
        };
        let pool = PoolSetup {
            version,
            base_decimals: 8,
            now: Timestamp(0),
            reserves: reserves
                .iter()
                .enumerate()
                .map(|(n, r)| setup(n, r))
                .collect(),
            e_modes: BTreeMap::from([(1, mode)]),
            sentinel: None,
            accounts: accounts
                .iter()
                .map(|drawn| account(drawn, reserves))
                .collect(),
            wallets: Vec::new(),
            treasury: AccountId(0),
            coverage: AccountId(0),
        };
        pool.build().unwrap()
    }

    /// Accounts in breach by the exact rule.
    fn scan(pool: &Pool) -> Vec<AccountId> {
        let ledger = &pool.ledger;
        let sick = |(id, account): (AccountId, &Account)| {
            let below = Totals::new(ledger, account).is_ok_and(|t| t.health_factor < Ratio(WAD));
            (below && account.owes() && has_seizable(ledger, account)).then_some(id)
        };
        ledger.book.iter().filter_map(sick).collect()
    }

    fn check(pool: &mut Pool, ticks: &[TickDraw]) {
        let prices = |pool: &Pool| -> Vec<Price> {
            pool.ledger
                .reserves
                .iter()
                .map(|reserve| reserve.price)
                .collect()
        };
        assert_eq!(
            pool.breaches().collect::<Vec<_>>(),
            scan(pool),
            "at the start"
        );
        let mut now = 0;
        for (number, (seconds, asset, change)) in ticks.iter().enumerate() {
            now += seconds;
            let mut prices = prices(pool);
            let price = prices[*asset].0;
            prices[*asset] = Price(match *change {
                Move::Parts(parts) => price.saturating_mul(U256::from(parts)) >> 12,
                Move::Units(units) if units < 0 => {
                    price.saturating_sub(U256::from(units.unsigned_abs()))
                }
                Move::Units(units) => price.saturating_add(U256::from(units.unsigned_abs())),
                Move::To(price) => U256::from(price),
            });
            pool.observe(Timestamp(now), &Prices(prices)).unwrap();
            assert_eq!(
                pool.breaches().collect::<Vec<_>>(),
                scan(pool),
                "after tick {number}"
            );
        }
    }

    proptest! {
        /// Neither a breach nor a recovery is ever missed, in any version: with dust, with tokens
        /// of no decimals, with thresholds of nothing, at prices of nothing and beyond all measure.
        #[test]
        fn index_agrees_with_a_scan(
            reserves in vec(reserve(), RESERVES),
            mode in (prop_oneof![Just(0u16), 1..10_000u16], prop::option::of(0..1_000_000u64)),
            accounts in vec((0..2u8, [(much(), much()), (much(), much()), (much(), much())]), 1..12),
            ticks in vec(tick(), 1..60),
        ) {
            for version in AaveVersion::ALL {
                check(&mut pool(version, &reserves, mode, &accounts), &ticks);
            }
        }
    }
}
