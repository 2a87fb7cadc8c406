//! What the administrators of a hub set.

use super::SpokeId;
use super::hub::{HubAsset, HubSpokeConfig, NO_CAP};
use super::math::Ruled;
use super::rate::RateStrategy;
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{BPS, Bps, Shares, Timestamp};

impl HubAsset {
    /// Lists a spoke with its limits and switches.
    pub(super) fn list_spoke(&mut self, id: SpokeId, config: HubSpokeConfig) -> Ruled<()> {
        let spoke = self.spoke_mut(id)?;
        if spoke.listed {
            return Err(Rejection::SpokeAlreadyListed);
        }
        spoke.listed = true;
        spoke.config = config;
        Ok(())
    }

    /// Sets a listed spoke's limits and switches.
    pub(super) fn configure_spoke(&mut self, id: SpokeId, config: HubSpokeConfig) -> Ruled<()> {
        let spoke = self.spoke_mut(id)?;
        if !spoke.listed {
            return Err(Rejection::SpokeNotListed);
        }
        spoke.config = config;
        Ok(())
    }

    /// Turns counted fees into shares of the fee receiver, at the present index; tells the shares.
    pub(super) fn collect_fees(&mut self, now: Timestamp) -> Ruled<Shares> {
        self.accrue(now)?;
        let shares = self.mint_fee_shares(now)?;
        self.update_rate()?;
        Ok(shares)
    }

    /// Sets the fee and who handles the money. A new fee receiver must not be listed yet; the old
    /// one gets its fees and keeps its switches, without any limit above zero.
    pub(super) fn configure(
        &mut self,
        fee: Bps,
        receiver: SpokeId,
        controller: Option<AccountId>,
        now: Timestamp,
    ) -> Ruled<()> {
        self.accrue(now)?;
        if fee.wide() > BPS {
            return Err(Rejection::InvalidLiquidityFee);
        }
        if controller.is_none() && !self.state.swept.is_zero() {
            return Err(Rejection::InvalidReinvestmentController);
        }
        self.state.liquidity_fee = fee;
        self.reinvestment_controller = controller;
        if receiver != self.fee_receiver {
            self.mint_fee_shares(now)?;
            let old = self.fee_receiver;
            let old = self.spoke_mut(old)?;
            old.config = HubSpokeConfig {
                active: old.config.active,
                halted: old.config.halted,
                eliminates_deficit: old.config.eliminates_deficit,
                ..HubSpokeConfig::default()
            };
            self.fee_receiver = receiver;
            let role = self.spoke(receiver)?.config.eliminates_deficit;
            self.list_spoke(receiver, receiver_config(role))?;
        }
        self.update_rate()
    }

    /// Sets the rate curve.
    pub(super) fn set_strategy(&mut self, strategy: RateStrategy, now: Timestamp) -> Ruled<()> {
        self.accrue(now)?;
        strategy.check()?;
        self.strategy = strategy;
        self.update_rate()
    }
}

/// A fee receiver adds without limit and draws nothing.
fn receiver_config(eliminates_deficit: bool) -> HubSpokeConfig {
    HubSpokeConfig {
        add_cap: NO_CAP,
        active: true,
        eliminates_deficit,
        ..HubSpokeConfig::default()
    }
}
