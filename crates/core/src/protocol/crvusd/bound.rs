//! Whether a loan is below zero for sure, from a bound that costs a few multiplications a band.
//!
//! A hard liquidation asks for the sign of full health only, but the exact number takes five
//! divisions a band. This bounds what the bands become on the way down from above. Where even the
//! bound does not cover the debt, the exact number cannot either; elsewhere, and wherever the exact
//! computation might be refused, the exact rule decides.
//!
//! Write e for the upper edge of a position's band 0, r for A ÷ (A − 1), p for the oracle's price,
//! and w for what the position's share of a band's tokens is: at most what the withdrawal takes
//! out, and a unit. Edge k is ⌊edge(k−1) ÷ r⌋, so it is at most e ÷ r^k. Each floor takes less
//! than a unit off, so it is more than e ÷ r^k − k, and thus more than e′ ÷ r^k, where e′ is e
//! less k · r^k. The bands:
//!
//! | band k | the exact rule | at most |
//! |---|---|---|
//! | collateral, p below it | collateral · ⌊⌊p² ÷ edge(k+1)⌋ · p ÷ edge(k)⌋ | w · p³ ÷ e′² · r^(2k+1) |
//! | collateral, p above it | collateral · edge(k) ÷ √r | w · e ÷ r^k ÷ √r |
//! | stablecoin, p below it | the stablecoin | w |
//! | any other | as it is | itself |
//!
//! All powers are rounded up, and so is every sum.
//!
//! Where this answers, the exact rule is not refused: p and e are below 2^85 and no edge is zero,
//! so that no cube overflows; a band of less than 2^96 becomes less than 2^128, and shares have 128
//! bits; the withdrawal has added the dead shares already; the other bands are computed as they are.

use super::account::{Position, Token};
use super::amm::AmmDraft;
use super::bands::Band;
use super::draft::Draft;
use super::math::{product, quotient};
use super::value::share;
use crate::units::{Amount, Rounding, U256, WAD, mul_div};

/// Powers are below 2^8 in units of 2^−56, in one word.
const BITS: usize = 56;
/// Most bands of a position here, so that their number times a power is at most [`FLOORS`].
const BANDS_MAX: usize = 63;
/// At least k · r^k of every edge.
const FLOORS: u64 = 1 << 14;
/// Prices are below 2^85, so that no cube overflows.
const PRICE_BITS: usize = 85;
/// Holdings of a band are below 2^96, so that no value of a band exceeds 128 bits.
const HELD_BITS: usize = 96;
/// p³ ÷ e′² is kept in units of 2^−40.
const FINE_BITS: usize = 40;

impl Draft<'_> {
    /// Whether full health is below zero by the bound already, given the AMM after all of the
    /// owner's position was withdrawn. Where this says so, [`Draft::health`] tells the same; where
    /// not, it decides.
    pub(super) fn is_surely_unhealthy(
        &self,
        held: &Position,
        (debt, discount): (Amount, U256),
        emptied: &AmmDraft<'_>,
    ) -> bool {
        let covered = || {
            let most = self.amm.stable_down_most(held, emptied)?;
            product(most.0, WAD.checked_sub(discount)?).ok()
        };
        // Health multiplies as signed numbers do.
        let owed = product(debt.0, WAD).ok().filter(|owed| !owed.bit(255));
        covered()
            .zip(owed)
            .is_some_and(|(covered, owed)| covered < owed)
    }
}

impl AmmDraft<'_> {
    /// At least what [`AmmDraft::stable_down`] tells, given the AMM after all of the position was
    /// withdrawn from this one. Nothing where that may be refused, where the price lies above a
    /// position that it would count for, and where the numbers are out of the ordinary.
    pub(super) fn stable_down_most(
        &self,
        held: &Position,
        emptied: &AmmDraft<'_>,
    ) -> Option<Amount> {
        if held.shares.len() > BANDS_MAX || !self.bands.is_untouched() {
            return None;
        }
        let mut bound = Bound::new(self, held.first)?;
        if held.first > self.state.active_band && bound.price > bound.first {
            return None;
        }
        for ((number, shares), (before, after)) in held.bands().zip(emptied.bands.changes()) {
            bound.add((number, shares), before, after)?;
        }
        Some(self.native(Token::Stable, bound.total()?))
    }
}

/// A walk down the bands.
#[derive(Debug)]
struct Bound<'a> {
    amm: &'a AmmDraft<'a>,
    price: U256,
    /// Upper edge of the first band.
    first: U256,
    /// What every edge is at least, times the power at it.
    least: U256,
    /// A ÷ (A − 1) and its inverse, up.
    steps: [u64; 2],
    /// The price lies below an edge where r^k is below the one, and above it where r^−k is below
    /// the other.
    limits: [u64; 2],
    /// r^k and r^−k of the next band's upper edge, up.
    powers: [u64; 2],
    /// Number and upper edge of a band that the exact rule was asked about, for the next one.
    exact: (i64, U256),
    /// Collateral below which the price is, each times its power.
    fallen: u128,
    /// Collateral above which the price is, each times its power.
    risen: u128,
    /// Stablecoin, and what the exact rule told.
    stable: U256,
}

/// A product of powers, up.
fn times(a: u64, b: u64) -> Option<u64> {
    let product = u128::from(a).wrapping_mul(u128::from(b)) >> BITS;
    u64::try_from(product.wrapping_add(1)).ok()
}

/// `a · b ÷ d`, up.
fn scaled_up(a: U256, b: U256, d: U256) -> Option<U256> {
    mul_div(a, b, d, Rounding::Ceil).ok()
}

/// `a ÷ b` as a power, down; the largest where it is none.
fn limit(a: U256, b: U256) -> Option<u64> {
    let limit = quotient(a.wrapping_shl(BITS), b).ok()?;
    Some(u64::try_from(limit).unwrap_or(u64::MAX))
}

fn is_below(n: U256, bits: usize) -> bool {
    n.wrapping_shr(bits).is_zero()
}

impl<'a> Bound<'a> {
    fn new(amm: &'a AmmDraft<'a>, number: i64) -> Option<Self> {
        let price = amm.oracle().ok()?.price;
        let first = amm.upper_edge(number).ok()?;
        let least = first.checked_sub(U256::from(FLOORS))?;
        let ordinary = is_below(price, PRICE_BITS)
            && is_below(first, PRICE_BITS)
            && amm.constants.sqrt_ratio >= WAD;
        if !ordinary {
            return None;
        }
        let (upper, lower) = (amm.constants.upper, amm.constants.lower);
        let one = U256::ONE.wrapping_shl(BITS);
        let step = |a: U256, b: U256| u64::try_from(scaled_up(one, a, b)?).ok();
        Some(Self {
            amm,
            price,
            first,
            least,
            steps: [step(upper, lower)?, step(lower, upper)?],
            limits: [limit(least, price)?, limit(price, first)?],
            powers: [1 << BITS; 2],
            exact: (number, first),
            fallen: 0,
            risen: 0,
            stable: U256::ZERO,
        })
    }

    /// The next band, as it was before the withdrawal and after it.
    fn add(&mut self, (number, shares): (i64, U256), before: &Band, after: &Band) -> Option<()> {
        let ([up, down], [rise, fall]) = (self.steps, self.powers);
        let next = times(rise, up)?;
        self.powers = [next, times(fall, down)?];
        if shares.is_zero() {
            return Some(());
        }
        let active = self.amm.state.active_band;
        let stable = number <= active && !before.stable.is_zero();
        let collateral = number >= active && !before.collateral.is_zero();
        let [below, above] = self.limits;
        if collateral && !stable && next < below {
            let part = taken(before.collateral, after.collateral)?;
            let part = weighed(part, times(rise, next)?);
            self.fallen = self.fallen.wrapping_add(part);
        } else if collateral && !stable && fall < above {
            let part = taken(before.collateral, after.collateral)?;
            self.risen = self.risen.wrapping_add(weighed(part, fall));
        } else if stable && !collateral && next < below {
            let part = taken(before.stable, after.stable)?;
            self.stable = self.stable.wrapping_add(U256::from(part));
        } else if stable || collateral {
            let part = self.exactly(number, shares)?;
            self.stable = self.stable.wrapping_add(part);
        }
        Some(())
    }

    /// What the exact rule tells of a band, which comes later than any it was asked about.
    fn exactly(&mut self, number: i64, shares: U256) -> Option<U256> {
        let (mut last, mut edge) = self.exact;
        while last < number {
            edge = self.amm.down(edge).ok()?;
            last = last.saturating_add(1);
        }
        self.exact = (number, edge);
        let low = self.amm.down(edge).ok()?;
        let whole = self
            .amm
            .whole(number, [edge, low], self.price, Token::Stable);
        match whole.ok()? {
            Some(whole) => share(whole, shares).ok(),
            None => Some(U256::ZERO),
        }
    }

    /// All of it in units of 18 decimals of stablecoin.
    fn total(&self) -> Option<U256> {
        let mut total = self.stable;
        if self.fallen != 0 {
            let fine = self.price.wrapping_shl(FINE_BITS);
            let square = scaled_up(fine, self.price, self.least)?;
            let middle = scaled_up(square, self.price, self.least)?;
            let unit = WAD.wrapping_shl(FINE_BITS);
            total = total.checked_add(scaled_up(U256::from(self.fallen), middle, unit)?)?;
        }
        if self.risen != 0 {
            let root = self.amm.constants.sqrt_ratio;
            let worth = scaled_up(U256::from(self.risen), self.first, root)?;
            total = total.checked_add(worth)?;
        }
        Some(total)
    }
}

/// What a withdrawal took of a token, and a unit; nothing where the band held too much.
fn taken(before: U256, after: U256) -> Option<u128> {
    let taken = before.wrapping_sub(after).wrapping_add(U256::ONE);
    let taken = u128::try_from(taken).ok();
    taken.filter(|_| is_below(before, HELD_BITS))
}

/// An amount of up to 2^96 times a power, up.
fn weighed(amount: u128, power: u64) -> u128 {
    let power = u128::from(power);
    let high = (amount >> 64).wrapping_mul(power) << (64 - BITS);
    let low = (amount & u128::from(u64::MAX)).wrapping_mul(power) >> BITS;
    high.wrapping_add(low).wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::super::account::{Account, Loan};
    use super::super::controller::Measure;
    use super::super::market::{Market, MarketSetup};
    use super::super::params::Params;
    use super::super::rejection::Rejection;
    use super::super::signed::Signed;
    use super::*;
    use crate::protocol::AccountId;
    use crate::units::{Price, Timestamp};
    use proptest::prelude::*;

    const OWNER: AccountId = AccountId(0);

    /// A market of one loan.
    #[derive(Clone, Debug)]
    struct Case {
        amplification: u16,
        base_price: u128,
        /// First band, in steps of about a fiftieth of the price.
        first: i64,
        /// Active band, from the first one on.
        active: i64,
        /// Stablecoin, collateral, shares of the loan, shares of others.
        bands: Vec<[u128; 4]>,
        /// The price: a band from the first one on, how deep in it by the thousand, and units.
        price: (i64, u64, i8),
        discount: u64,
        decimals: [u8; 2],
    }

    /// Any size, beyond what is bounded, dust and nothing too.
    fn number(bits: u32) -> impl Strategy<Value = u128> {
        let sized = move |(n, short): (u128, u32)| n >> (128 - bits) >> short;
        let usual = (any::<u128>(), 0..48u32).prop_map(sized);
        let any = (any::<u128>(), 2..=128u32).prop_map(|(n, short)| n.unbounded_shr(short));
        prop_oneof![4 => usual, 1 => any, 1 => Just(0)]
    }

    fn case() -> impl Strategy<Value = Case> {
        let amplification = prop_oneof![2..19u16, 19..400u16, 400..=10_000u16];
        let band = [number(95), number(95), number(110), number(110)];
        let bands = prop::collection::vec(band, 1..=50);
        let price = (-4..54i64, 0..=1_000u64, -2..=2i8);
        let base_price = (any::<u128>(), 43..76u32).prop_map(|(n, short)| n >> short | 1);
        let places = (-40..40i64, -3..54i64);
        let decimals = prop_oneof![Just([18, 18]), Just([18, 8]), Just([6, 18])];
        let params = (amplification, base_price, 0..500u64, decimals);
        (params, places, bands, price).prop_map(|(params, (first, active), bands, price)| {
            let (amplification, base_price, discount, decimals) = params;
            Case {
                amplification,
                base_price,
                first: first * i64::from(1 + amplification / 50),
                active,
                bands,
                price,
                discount: discount * 1_000_000_000_000_000,
                decimals,
            }
        })
    }

    impl Case {
        fn position(&self) -> Position {
            let last = self.first + i64::try_from(self.bands.len()).unwrap() - 1;
            let shares = self.bands.iter().map(|[_, _, own, _]| *own).collect();
            Position {
                first: self.first,
                last,
                shares,
            }
        }

        /// The market; nothing where there is no such price.
        fn market(&self) -> Option<Market> {
            let base_price = Price::new(self.base_price);
            let [stable, collateral] = self.decimals;
            let params =
                Params::of_factory(self.amplification, base_price, stable, collateral).unwrap();
            let most = Amount::new(u128::MAX);
            let mut setup = MarketSetup::fresh(params, (Timestamp(9), base_price), most).unwrap();
            let active = self.first + self.active;
            for (number, [stable, collateral, own, others]) in (self.first..).zip(&self.bands) {
                let held = |n: u128, counts: bool| U256::from(if counts { n } else { 0 });
                let band = Band {
                    stable: held(*stable, number <= active),
                    collateral: held(*collateral, number >= active),
                    shares: U256::from(own + others),
                };
                setup.bands.insert(number, band);
            }
            setup.amm.active_band = active;
            let borrower = Account {
                liquidation_discount: U256::from(self.discount),
                position: self.position(),
                ..Account::default()
            };
            setup.accounts = vec![borrower];
            let mut market = setup.build().unwrap();
            let (band, depth, units) = self.price;
            let edge = market.upper_edge(self.first + band).ok()?.0;
            let parts = 1_000 * u64::from(self.amplification);
            let price = edge / U256::from(parts) * U256::from(parts - depth);
            let price = price.saturating_add(U256::from(2 + units));
            market.oracle_price = Price(price);
            market.amm.old_price = price;
            Some(market)
        }
    }

    /// The bound is off by 10^−11 and so much at most: a unit of each token in each band, a unit
    /// of its prices, and what is left over where all shares go.
    fn dust(case: &Case, market: &Market, top: U256) -> U256 {
        let price = market.oracle_price.0.max(top) / WAD + U256::ONE;
        let dead = U256::from(1_000);
        let bands = case.bands.iter();
        let left = bands.map(|[stable, collateral, own, _]| {
            let left = |n: u128| U256::from(n) * dead / (U256::from(*own) + dead) + U256::from(3);
            let floors = U256::from(*collateral) * U256::from(2) / WAD;
            left(*collateral) * price + left(*stable) + floors + U256::from(2)
        });
        left.fold(U256::ZERO, |all, left| all + left)
    }

    /// What the bound tells, where all of a position can be withdrawn.
    fn most(market: &Market, held: &Position) -> Option<Amount> {
        let amm = market.amm_draft();
        let mut emptied = amm.clone();
        emptied.withdraw(held, WAD).ok()?;
        amm.stable_down_most(held, &emptied)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn bounds_what_the_exact_rule_tells(case in case()) {
            let Some(market) = case.market() else {
                return Ok(());
            };
            let (held, exact) = (case.position(), market.amm_draft().stable_down(&case.position()));
            let top = market.upper_edge(case.first).unwrap().0;
            let Some(most) = most(&market, &held) else {
                let price = market.oracle_price.0;
                let usual = case.amplification >= 19
                    && market.amm.active_band >= case.first
                    && [top, price].iter().all(|n| (16..=85).contains(&n.bit_len()))
                    && case.bands.iter().all(|[x, y, ..]| (x | y) >> HELD_BITS == 0);
                prop_assert!(!usual || held.is_empty() || exact.is_err());
                return Ok(());
            };
            let exact = exact.expect("whatever is bounded is not refused").0;
            prop_assert!(most.0 >= exact, "{} < {exact}", most.0);
            let near = exact / U256::from(100_000_000_000u64) + dust(&case, &market, top);
            prop_assert!(top.bit_len() < 53 || most.0 - exact <= near, "{} > {exact}", most.0);
        }

        /// Debts of which health is a little above zero, a little below, and far below.
        #[test]
        fn decides_as_the_exact_rule_does(case in case(), units in 0..6u64, parts in 0..60usize) {
            let Some(mut market) = case.market() else {
                return Ok(());
            };
            let Ok(down) = market.amm_draft().stable_down(&case.position()) else {
                return Ok(());
            };
            let even = down.0 * (WAD - U256::from(case.discount)) / WAD;
            let debt = (even + (even >> parts) + U256::from(units)).saturating_sub(U256::from(3));
            let mut account = market.account(OWNER).unwrap().clone();
            account.loan = Loan { initial_debt: Amount(debt), rate_mul: WAD };
            market.accounts.set(OWNER, account);
            market.controller.n_loans = 1;
            let health = market.health(OWNER, Measure::Full);
            let told = market.liquidation(OWNER, WAD).map(|told| told.debt);
            match health {
                Ok(health) if health >= Signed::ZERO && case.discount > 0 => {
                    prop_assert_eq!(told, Err(Rejection::NotEnoughRekt));
                }
                Ok(_) => prop_assert!(told != Err(Rejection::NotEnoughRekt)),
                Err(why) if case.discount > 0 => prop_assert_eq!(told, Err(why)),
                Err(_) => {}
            }
        }
    }
}
