//! One asset of a hub: what is there, what is lent to which spoke, and the share price.
//!
//! The hub's own operations are in `hub_operations`.

use super::math::{AMOUNT_BITS, RATE_BITS, stored_sum};
use super::math::{
    AmountRay, Ruled, cast, difference, divide, from_ray_up, percent_mul, product, ray_div,
    ray_mul, sum, wide_div,
};
use super::rate::RateStrategy;
use super::rejection::Rejection;
use super::signed::Signed;
use super::{SpokeId, TokenId};
use crate::protocol::AccountId;
use crate::units::{Amount, Bps, Index, RAY, Rate, Rounding, Shares, Timestamp, U256, YEAR, mul};

/// Shares and assets that every conversion adds, against manipulation of a small share price.
pub(super) const VIRTUAL: U256 = U256::from_limbs([1_000_000, 0, 0, 0]);
/// A cap of this size is no cap.
pub const NO_CAP: u64 = 1_099_511_627_775;
/// A premium threshold of this size is no threshold.
pub const NO_THRESHOLD: u32 = 16_777_215;

/// What a spoke may do with an asset, and what it has and owes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubSpoke {
    /// Whether the hub lists the spoke for this asset.
    pub listed: bool,
    /// Limits and switches.
    pub config: HubSpokeConfig,
    /// Shares of the asset's pool.
    pub added_shares: Shares,
    /// Debt drawn, in units of the drawn index.
    pub drawn_shares: Shares,
    /// Debt on top that grows with the drawn index, in its units.
    pub premium_shares: Shares,
    /// What is not owed of the premium shares' worth.
    pub premium_offset: Signed,
    /// Debt written off and not yet covered.
    pub deficit: AmountRay,
}

/// Limits and switches of a spoke for one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HubSpokeConfig {
    /// Most that the spoke may add, in whole tokens; [`NO_CAP`] for no limit.
    pub add_cap: u64,
    /// Most that the spoke may owe, in whole tokens; [`NO_CAP`] for no limit.
    pub draw_cap: u64,
    /// Most premium shares for a drawn share, bps; [`NO_THRESHOLD`] for no limit.
    pub risk_premium_threshold: u32,
    /// Whether the spoke may do anything.
    pub active: bool,
    /// Whether movements of liquidity are stopped.
    pub halted: bool,
    /// Whether the spoke may cover deficits. In the contracts this is a role.
    pub eliminates_deficit: bool,
}

/// The ledger of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubState {
    /// At hand.
    pub liquidity: Amount,
    /// Lent out to the reinvestment controller.
    pub swept: Amount,
    /// Fees counted but not yet turned into shares.
    pub realized_fees: Amount,
    /// Shares of all spokes.
    pub added_shares: Shares,
    /// Drawn shares of all spokes.
    pub drawn_shares: Shares,
    /// Premium shares of all spokes.
    pub premium_shares: Shares,
    /// Premium offset of all spokes.
    pub premium_offset: Signed,
    /// The hub's part of the interest.
    pub liquidity_fee: Bps,
    /// Cumulated growth of a drawn share.
    pub drawn_index: Index,
    /// Yearly rate since the last update.
    pub drawn_rate: Rate,
    /// When the index was stored.
    pub last_update: Timestamp,
    /// Debt written off by all spokes and not yet covered.
    pub deficit: AmountRay,
}

impl HubState {
    /// The state of an asset just listed.
    pub fn fresh(now: Timestamp) -> Self {
        Self {
            liquidity: Amount::ZERO,
            swept: Amount::ZERO,
            realized_fees: Amount::ZERO,
            added_shares: Shares::ZERO,
            drawn_shares: Shares::ZERO,
            premium_shares: Shares::ZERO,
            premium_offset: Signed::ZERO,
            liquidity_fee: Bps(0),
            drawn_index: Index(RAY),
            drawn_rate: Rate::ZERO,
            last_update: now,
            deficit: AmountRay::default(),
        }
    }
}

/// One asset of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubAsset {
    /// The token.
    pub token: TokenId,
    /// The token's decimals.
    pub decimals: u8,
    /// Receives the hub's part of the interest and the liquidation fees.
    pub fee_receiver: SpokeId,
    /// May take liquidity out for a while.
    pub reinvestment_controller: Option<AccountId>,
    /// Rate curve.
    pub strategy: RateStrategy,
    /// The ledger.
    pub state: HubState,
    /// Every spoke's part, by [`SpokeId`].
    pub spokes: Vec<HubSpoke>,
}

/// Debt on top of the drawn debt: shares times index, less the offset.
pub(super) fn premium_ray(shares: U256, offset: Signed, index: Index) -> Ruled<U256> {
    let worth = Signed::from_unsigned(product(shares, index.0)?)?;
    worth.minus(offset)?.to_unsigned()
}

impl HubAsset {
    /// The drawn index at a time: linear interest since the last update, rounded up. It stands
    /// still while nothing is drawn.
    ///
    /// # Errors
    /// [`Rejection::EmptyRevert`] before the last update; on overflow.
    pub fn drawn_index(&self, now: Timestamp) -> Result<Index, Rejection> {
        let state = &self.state;
        let idle = state.drawn_shares.is_zero() && state.premium_shares.is_zero();
        if state.last_update == now || idle {
            return Ok(state.drawn_index);
        }
        let passed = now.0.checked_sub(state.last_update.0);
        let passed = passed.ok_or(Rejection::EmptyRevert)?;
        let interest = mul(state.drawn_rate.0, U256::from(passed))?;
        let growth = sum(divide(interest, YEAR, Rounding::Floor)?, RAY)?;
        Ok(Index(ray_mul(state.drawn_index.0, growth, Rounding::Ceil)?))
    }

    /// Everything owed to the pool at an index: drawn, premium and recorded deficit.
    fn owed_ray(&self, index: Index) -> Ruled<U256> {
        let state = &self.state;
        let premium = premium_ray(state.premium_shares.0, state.premium_offset, index)?;
        let drawn = product(state.drawn_shares.0, index.0)?;
        sum(sum(drawn, premium)?, state.deficit.0)
    }

    /// The hub's part of the interest from the stored index to this one.
    fn unrealized_fees(&self, index: Index) -> Ruled<U256> {
        let (before, fee) = (self.state.drawn_index, self.state.liquidity_fee);
        if before == index || fee.0 == 0 {
            return Ok(U256::ZERO);
        }
        let after = from_ray_up(self.owed_ray(index)?)?;
        let before = from_ray_up(self.owed_ray(before)?)?;
        percent_mul(difference(after, before)?, fee.wide(), Rounding::Floor)
    }

    /// What the shares of all spokes are worth together. A recorded deficit still counts, so
    /// suppliers lose nothing by it.
    ///
    /// # Errors
    /// On overflow, and where a part is negative.
    pub fn total_added_assets(&self, now: Timestamp) -> Result<Amount, Rejection> {
        let state = &self.state;
        let index = self.drawn_index(now)?;
        let owed = self.owed_ray(index)?;
        let there = stored_sum(state.liquidity.0, state.swept.0, AMOUNT_BITS)?;
        let all = sum(there, from_ray_up(owed)?)?;
        let net = difference(all, state.realized_fees.0)?;
        Ok(Amount(difference(net, self.unrealized_fees(index)?)?))
    }

    /// Shares that are worth an amount.
    pub(super) fn to_shares(
        &self,
        assets: Amount,
        now: Timestamp,
        rounding: Rounding,
    ) -> Ruled<Shares> {
        let worth = self.total_added_assets(now)?;
        let (all, worth) = (
            sum(self.state.added_shares.0, VIRTUAL)?,
            sum(worth.0, VIRTUAL)?,
        );
        Ok(Shares(wide_div(assets.0, all, worth, rounding)?))
    }

    /// The amount that shares are worth.
    pub(super) fn to_assets(
        &self,
        shares: Shares,
        now: Timestamp,
        rounding: Rounding,
    ) -> Ruled<Amount> {
        let worth = self.total_added_assets(now)?;
        let (worth, all) = (
            sum(worth.0, VIRTUAL)?,
            sum(self.state.added_shares.0, VIRTUAL)?,
        );
        Ok(Amount(wide_div(shares.0, worth, all, rounding)?))
    }

    /// Shares that adding an amount gives, rounded down.
    ///
    /// # Errors
    /// On overflow.
    pub fn preview_add_by_assets(&self, assets: Amount, now: Timestamp) -> Ruled<Shares> {
        self.to_shares(assets, now, Rounding::Floor)
    }

    /// The amount that gives so many shares, rounded up.
    ///
    /// # Errors
    /// On overflow.
    pub fn preview_add_by_shares(&self, shares: Shares, now: Timestamp) -> Ruled<Amount> {
        self.to_assets(shares, now, Rounding::Ceil)
    }

    /// The amount that giving up shares brings, rounded down.
    ///
    /// # Errors
    /// On overflow.
    pub fn preview_remove_by_shares(&self, shares: Shares, now: Timestamp) -> Ruled<Amount> {
        self.to_assets(shares, now, Rounding::Floor)
    }

    /// One spoke's part.
    ///
    /// # Errors
    /// [`Rejection::SpokeUnknown`].
    pub fn spoke(&self, id: SpokeId) -> Result<&HubSpoke, Rejection> {
        let part = self.spokes.get(usize::from(id.0));
        part.ok_or(Rejection::SpokeUnknown)
    }

    pub(super) fn spoke_mut(&mut self, id: SpokeId) -> Ruled<&mut HubSpoke> {
        let part = self.spokes.get_mut(usize::from(id.0));
        part.ok_or(Rejection::SpokeUnknown)
    }

    /// Drawn debt that so many shares are, rounded up.
    pub(super) fn drawn_assets(&self, shares: Shares, now: Timestamp) -> Ruled<Amount> {
        let index = self.drawn_index(now)?;
        Ok(Amount(ray_mul(shares.0, index.0, Rounding::Ceil)?))
    }

    /// Drawn shares that an amount is.
    pub(super) fn drawn_shares(
        &self,
        assets: Amount,
        now: Timestamp,
        rounding: Rounding,
    ) -> Ruled<Shares> {
        let index = self.drawn_index(now)?;
        Ok(Shares(ray_div(assets.0, index.0, rounding)?))
    }

    /// A spoke's premium debt.
    pub(super) fn spoke_premium(&self, id: SpokeId, now: Timestamp) -> Ruled<AmountRay> {
        let part = self.spoke(id)?;
        let index = self.drawn_index(now)?;
        let premium = premium_ray(part.premium_shares.0, part.premium_offset, index)?;
        Ok(AmountRay(premium))
    }

    /// Stores the index and the fees up to now.
    pub(super) fn accrue(&mut self, now: Timestamp) -> Ruled<()> {
        if self.state.last_update == now {
            return Ok(());
        }
        let index = self.drawn_index(now)?;
        let fees = self.unrealized_fees(index)?;
        let state = &mut self.state;
        state.realized_fees = Amount(stored_sum(state.realized_fees.0, fees, AMOUNT_BITS)?);
        state.drawn_index = Index(cast(index.0, AMOUNT_BITS)?);
        state.last_update = now;
        Ok(())
    }

    /// Sets the rate for what is there and drawn now. The index has to be stored already.
    pub(super) fn update_rate(&mut self) -> Ruled<()> {
        let state = &self.state;
        let drawn = ray_mul(state.drawn_shares.0, state.drawn_index.0, Rounding::Ceil)?;
        let rate = self
            .strategy
            .rate(state.liquidity, Amount(drawn), state.swept)?;
        self.state.drawn_rate = Rate(cast(rate.0, RATE_BITS)?);
        Ok(())
    }
}
