//! What administrators, and the owners of spokes without reserves, do.

use super::draft::Draft;
use super::event::Event;
use super::math::Ruled;
use super::rejection::Rejection;
use super::spoke::PositionManager;
use super::{Action, HubAssetId, SpokeId};
use crate::protocol::AccountId;
use crate::units::Amount;

impl Draft<'_> {
    /// Sets who may act for others, or a parameter of a spoke.
    pub(super) fn administer_spoke(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::SetPositionManager {
                account,
                spoke,
                manager,
                approve,
            } => {
                let held = self.manager(spoke, manager)?;
                if approve {
                    held.approvals.insert(account);
                } else {
                    held.approvals.remove(&account);
                }
            }
            Action::UpdatePositionManager {
                spoke,
                manager,
                active,
            } => self.manager(spoke, manager)?.active = active,
            Action::UpdateLiquidationConfig { spoke, config } => {
                config.check()?;
                self.spoke_mut(spoke)?.liquidation = config;
            }
            Action::UpdateReserveConfig { reserve, config } => {
                let held = self.reserve_mut(reserve)?;
                config.check()?;
                held.config = config;
            }
            Action::AddDynamicConfig { reserve, config } => {
                self.reserve_mut(reserve)?.add_dynamic(config)?;
            }
            Action::UpdateDynamicReserveConfig {
                reserve,
                key,
                config,
            } => self.reserve_mut(reserve)?.update_dynamic(key, config)?,
            _ => {}
        }
        self.events.push(Event::Configured);
        Ok(())
    }

    fn manager(&mut self, spoke: SpokeId, id: AccountId) -> Ruled<&mut PositionManager> {
        let spoke = self.spoke_mut(spoke)?;
        Ok(spoke.managers.entry(id).or_default())
    }

    /// Sets a parameter of a hub.
    pub(super) fn administer_hub(&mut self, action: &Action) -> Ruled<()> {
        let now = self.ledger.now;
        match *action {
            Action::AddSpoke {
                asset,
                spoke,
                config,
            } => self.asset_mut(asset)?.list_spoke(spoke, config)?,
            Action::UpdateSpokeConfig {
                asset,
                spoke,
                config,
            } => self.asset_mut(asset)?.configure_spoke(spoke, config)?,
            Action::UpdateAssetConfig {
                asset,
                liquidity_fee,
                fee_receiver,
                reinvestment_controller,
            } => self.asset_mut(asset)?.configure(
                liquidity_fee,
                fee_receiver,
                reinvestment_controller,
                now,
            )?,
            Action::SetInterestRateData { asset, strategy } => {
                self.asset_mut(asset)?.set_strategy(strategy, now)?;
            }
            _ => {}
        }
        self.events.push(Event::Configured);
        Ok(())
    }

    fn require_owner(&self, caller: AccountId, spoke: SpokeId) -> Ruled<()> {
        if self.ledger.spoke(spoke)?.owner != Some(caller) {
            return Err(Rejection::OwnableUnauthorizedAccount);
        }
        Ok(())
    }

    pub(super) fn add_to_hub(
        &mut self,
        caller: AccountId,
        spoke: SpokeId,
        asset: HubAssetId,
        amount: Amount,
    ) -> Ruled<()> {
        self.require_owner(caller, spoke)?;
        let now = self.ledger.now;
        self.pull(caller, asset, amount)?;
        let shares = self.asset_mut(asset)?.add(spoke, amount, now)?;
        self.events.push(Event::HubAdded {
            asset,
            spoke,
            shares,
            amount,
        });
        Ok(())
    }

    pub(super) fn remove_from_hub(
        &mut self,
        caller: AccountId,
        spoke: SpokeId,
        asset: HubAssetId,
        amount: Amount,
    ) -> Ruled<()> {
        self.require_owner(caller, spoke)?;
        let now = self.ledger.now;
        let hub = self.asset_mut(asset)?;
        let held = hub.spoke(spoke)?.added_shares;
        let amount = amount.min(hub.preview_remove_by_shares(held, now)?);
        let shares = hub.remove(spoke, amount, now)?;
        self.push(caller, asset, amount)?;
        self.events.push(Event::HubRemoved {
            asset,
            spoke,
            shares,
            amount,
        });
        Ok(())
    }

    pub(super) fn eliminate_deficit(
        &mut self,
        caller: AccountId,
        payer: SpokeId,
        asset: HubAssetId,
        amount: Amount,
        covered: SpokeId,
    ) -> Ruled<()> {
        self.require_owner(caller, payer)?;
        let now = self.ledger.now;
        let hub = self.asset_mut(asset)?;
        let (shares, deficit) = hub.eliminate_deficit(payer, amount, covered, now)?;
        self.events.push(Event::DeficitEliminated {
            asset,
            payer,
            covered,
            shares,
            deficit,
        });
        Ok(())
    }

    pub(super) fn mint_fee_shares(&mut self, asset: HubAssetId) -> Ruled<()> {
        let now = self.ledger.now;
        let hub = self.asset_mut(asset)?;
        let (shares, receiver) = (hub.collect_fees(now)?, hub.fee_receiver);
        self.events.push(Event::FeeSharesMinted {
            asset,
            receiver,
            shares,
        });
        Ok(())
    }

    pub(super) fn sweep(
        &mut self,
        caller: AccountId,
        asset: HubAssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let now = self.ledger.now;
        self.asset_mut(asset)?.sweep(caller, amount, now)?;
        self.push(caller, asset, amount)?;
        self.events.push(Event::Swept { asset, amount });
        Ok(())
    }

    pub(super) fn reclaim(
        &mut self,
        caller: AccountId,
        asset: HubAssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let now = self.ledger.now;
        self.asset_mut(asset)?.reclaim(caller, amount, now)?;
        self.pull(caller, asset, amount)?;
        self.events.push(Event::Reclaimed { asset, amount });
        Ok(())
    }
}
