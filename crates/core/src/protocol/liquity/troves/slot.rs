//! One branch with its breach index.
//!
//! A trove is in breach where `collateral · price < debt · limit`, with the limit of
//! [`System::liquidation_ratio`]. Redistributions, interest and the limit reach all troves at once, so
//! they are moves of effective prices like the oracle's:
//!
//! - *collateral* of an untouched trove grows with `1 + L`, where `L` is what a unit of stake has
//!   received: stakes are corrected so that they are the collateral over `1 + L`. Where roundings have
//!   led away from that by more than a share of 2^−21, the trove is asked about at every tick;
//! - *debt* of an untouched trove grows by `stake · ΔL`, which is no share of the debt. A trove that
//!   owes at least `k` a stake, redistributions since the start not counted, grows no faster than
//!   `k + L` does. The index knows this quantity for a few `k`, each a quarter of the one before; a
//!   trove uses the largest that it can, and one that owes less than the smallest counts as owing that.
//!   Interest is a factor that grows at the highest rate of the branch;
//! - of a trove in breach only is used that its debt does not fall.
//!
//! So a change of v1's mode moves the limit, and the index asks about the troves between the old and
//! the new one, and about few others.

use super::milestones::Milestones;
use super::passed::PassedOn;
use super::setup::Coin;
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Exposure, Look, Measure};
use crate::protocol::liquity::System;
use crate::protocol::liquity::branch::{Latest, YEAR_WAD};
use crate::protocol::liquity::draft::Changes;
use crate::protocol::liquity::math::{Ruled, part, scale, times};
use crate::protocol::liquity::rejection::Rejection;
use crate::protocol::{AccountId, AssetId, health_factor};
use crate::units::{Amount, Price, Ratio, Rounding, Timestamp, U256, Value, WAD, mul_div};
use std::sync::Arc;

/// Place of the collateral in a branch's effective prices.
const COLLATERAL: AssetId = AssetId(0);
/// Place of a debt that stays.
const DEBT: AssetId = AssetId(1);
/// Place of the first debt that grows.
const GROWING: u16 = 2;
/// How many kinds of growing debts there are.
const KINDS: usize = 8;
/// Each kind owes this share of the one before, in bits.
const KIND_BITS: usize = 2;
/// Largest distance of a stake from its collateral's share, in bits.
const CLOSE_BITS: usize = 21;

/// One branch.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What is pledged.
    pub(super) collateral: AssetId,
    /// The contracts.
    pub(super) system: System,
    /// What turns the oracle's price into the contracts'.
    pub(super) price_scale: U256,
    pub(super) milestones: Milestones,
    pub(super) passed_on: PassedOn,
    watch: Watch,
    index: BreachIndex,
}

/// What the bounds of a branch's troves depend on, besides its state.
#[derive(Clone, Debug)]
struct Watch {
    /// Debt a stake, in wad, descending.
    kinds: Arc<[U256]>,
    /// What a debt at the highest rate has grown to since the start, in wad.
    growth: U256,
    /// The highest rate a year, in wad.
    rate_max: Ratio,
}

impl Watch {
    fn new(system: &System) -> Self {
        let first = system.price.0.max(WAD);
        let kinds = (0..KINDS).map(|kind| {
            let bits = kind.saturating_mul(KIND_BITS);
            first.wrapping_shr(bits).max(U256::ONE)
        });
        let rates = system.book.iter().map(|(_, account)| account.trove.rate);
        Self {
            kinds: kinds.collect(),
            growth: WAD,
            rate_max: rates.max().unwrap_or_default(),
        }
    }

    /// Interest at the highest rate, rounded up.
    fn grow(&mut self, seconds: u64) {
        let rate = self.rate_max.0.saturating_mul(U256::from(seconds));
        let more = mul_div(self.growth, rate, YEAR_WAD, Rounding::Ceil);
        self.growth = self.growth.saturating_add(more.unwrap_or(U256::MAX));
    }

    fn prices(&self, system: &System) -> EffectivePrices {
        let reward = &system.branch.reward;
        let held = WAD.saturating_add(reward.collateral);
        let limit = system.liquidation_ratio().map_or(U256::MAX, |r| r.0);
        let growing = |kind: &U256| {
            let grown = kind.saturating_add(reward.debt);
            grown.saturating_mul(self.growth).saturating_mul(limit)
        };
        EffectivePrices {
            collateral: vec![system.price.0.saturating_mul(held)],
            debt: [U256::ZERO, limit]
                .into_iter()
                .chain(self.kinds.iter().map(growing))
                .collect(),
        }
    }

    /// What the exact rule says of a trove, with bounds.
    fn look(&self, system: &System, id: AccountId) -> Look {
        let trove = system.book.get(id).map(|account| &account.trove);
        if !trove.is_some_and(|trove| trove.status.is_open()) {
            return Look::Gone;
        }
        let unknown = Look::Healthy(Exposure {
            collateral_assets: AssetSet::EMPTY.with(COLLATERAL),
            debt_assets: AssetSet::EMPTY.with(DEBT),
            collateral: Value::ZERO,
            debt: Value::MAX,
            slack: Value::ZERO,
        });
        self.measured(system, id).unwrap_or(unknown)
    }

    fn measured(&self, system: &System, id: AccountId) -> Ruled<Look> {
        let account = system.book.get(id).ok_or(Rejection::AccountUnknown)?;
        let trove = &account.trove;
        let latest = system.branch.latest(trove, system.now)?;
        if latest.debt.is_zero() {
            return Ok(Look::Gone);
        }
        let limit = system.liquidation_ratio()?;
        let collateral = times(latest.collateral.0, system.price.0)?;
        let owed = times(latest.debt.0, limit.0)?;
        let breached = collateral < owed;
        let (debt_asset, debt) = if breached {
            (DEBT, latest.debt)
        } else {
            self.growing(system, trove.stake, latest.debt)?
        };
        let grain = if is_in_proportion(system, trove.stake, &latest)? {
            latest.collateral.0.min(latest.debt.0)
        } else {
            U256::ZERO
        };
        let measure = Measure {
            collateral_assets: AssetSet::EMPTY.with(COLLATERAL),
            debt_assets: AssetSet::EMPTY.with(debt_asset),
            collateral: Value(collateral),
            debt: Value(times(debt.0, limit.0)?),
            grain,
            dust: Value::ZERO,
        };
        Ok(measure.look(breached))
    }

    /// A growing debt that a trove's debt never exceeds, and the debt to count now, rounded up.
    fn growing(&self, system: &System, stake: Amount, debt: Amount) -> Ruled<(AssetId, Amount)> {
        let mut place = GROWING;
        let mut least = Amount::ZERO;
        for kind in self.kinds.iter() {
            let per_stake = kind.saturating_add(system.branch.reward.debt);
            least = Amount(scale(stake.0, per_stake, WAD, Rounding::Ceil)?);
            if least <= debt {
                return Ok((AssetId(place), debt));
            }
            place = place.saturating_add(1);
        }
        Ok((AssetId(place.saturating_sub(1)), least))
    }
}

/// Whether a trove's collateral is what its stake stands for, but for a small share.
fn is_in_proportion(system: &System, stake: Amount, latest: &Latest) -> Ruled<bool> {
    let held = WAD.saturating_add(system.branch.reward.collateral);
    let share = part(stake, held, WAD)?;
    let apart = share.0.abs_diff(latest.collateral.0);
    Ok(apart <= latest.collateral.0.wrapping_shr(CLOSE_BITS))
}

impl Slot {
    /// A branch whose bounds are taken now.
    pub(super) fn new(collateral: AssetId, system: System, price_scale: U256) -> Self {
        let (watch, milestones) = (Watch::new(&system), Milestones::new(&system));
        let passed_on = PassedOn::new(system.book.len());
        let ids = (0..system.book.len()).map(AccountId);
        let looks = ids.map(|id| (id, watch.look(&system, id)));
        let index = BreachIndex::build(watch.prices(&system), looks);
        Self {
            collateral,
            system,
            price_scale,
            milestones,
            passed_on,
            watch,
            index,
        }
    }

    /// Moves time forward and takes new answers of the oracle: the collateral's price and a coin's. A
    /// coin without a price leaves the contracts at their last one.
    pub(super) fn observe(&mut self, now: Timestamp, price: Price, coin: Coin) -> Ruled<()> {
        let seconds = now.seconds_since(self.system.now);
        let price = coin.price(price, self.price_scale);
        let price = price.unwrap_or(self.system.price);
        self.system.observe(now, price)?;
        self.watch.grow(seconds);
        self.refresh();
        Ok(())
    }

    /// Writes changes, of which these accounts' troves changed by themselves; of the debt that they
    /// passed to others so much is told.
    pub(super) fn commit(&mut self, changes: Changes, touched: &[AccountId], told: Amount) {
        let carried: Vec<_> = touched
            .iter()
            .map(|id| self.passed_on.to(&self.system, *id))
            .collect();
        changes.commit(&mut self.system);
        for (id, carried) in touched.iter().zip(carried) {
            let account = self.system.book.get(*id);
            let open = account.is_some_and(|account| account.trove.status.is_open());
            let kept = Some(carried).filter(|_| open);
            self.passed_on.mark(*id, kept.unwrap_or_default());
        }
        self.passed_on.hand_out(&self.system, told);
        for id in touched {
            let rate = self.system.book.get(*id).map(|account| account.trove.rate);
            self.watch.rate_max = self.watch.rate_max.max(rate.unwrap_or_default());
        }
        self.refresh();
        for id in touched {
            self.index.set(*id, self.watch.look(&self.system, *id));
        }
    }

    fn refresh(&mut self) {
        let (watch, system) = (&self.watch, &self.system);
        self.index
            .advance(watch.prices(system), |id| watch.look(system, id));
    }

    /// Troves that can be liquidated; a last one cannot.
    pub(super) fn breached(&self) -> impl Iterator<Item = AccountId> + '_ {
        let others = self.system.branch.troves > 1;
        self.index.breached().filter(move |_| others)
    }

    /// An open trove with everything accrued; nothing where there is none.
    pub(super) fn trove(&self, id: AccountId) -> Ruled<Option<Latest>> {
        let account = self.system.book.get(id);
        let trove = &account.ok_or(Rejection::AccountUnknown)?.trove;
        if !trove.status.is_open() {
            return Ok(None);
        }
        self.system.branch.latest(trove, self.system.now).map(Some)
    }

    /// The ratio of a trove over the one below which it can be liquidated, rounded down;
    /// [`Ratio::MAX`] without debt.
    pub(super) fn factor(&self, latest: &Latest) -> Ruled<Ratio> {
        let limit = self.system.liquidation_ratio()?;
        let worth = times(latest.collateral.0, self.system.price.0)?;
        let owed = times(latest.debt.0, limit.0)?;
        Ok(health_factor(worth, owed))
    }

    /// Whether a trove could be liquidated if somebody took all its debt.
    pub(super) fn is_breached(&self, latest: &Latest) -> Ruled<bool> {
        Ok(self.system.branch.troves > 1 && self.factor(latest)? < Ratio(WAD))
    }

    /// Stablecoin that the pool lacks to take a debt.
    pub(super) fn lack(&self, debt: Amount) -> Ruled<Amount> {
        let pool = &self.system.pool;
        let needed = debt.plus(pool.rules.left_min);
        let needed = needed.map_err(|_| Rejection::AdditionOverflow)?;
        Ok(needed.minus_or_zero(pool.deposits))
    }
}
