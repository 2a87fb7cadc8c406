//! Bids of liquidators that reckon with each other.

use super::World;
use super::books::index;
use super::liquidation::Attempt;
use super::opportunities::Gas;
use crate::agents::{Competition, Exit, equilibrium_bid};
use crate::network::{Bid, Lane};
use backstop_core::protocol::{AssetId, Protocol};
use std::collections::BTreeMap;

impl<P: Protocol> World<P> {
    /// Sets the bids on one account of those who play the priority game: each reckons with all who bid in the
    /// same block and lane for the same thing.
    pub(super) fn play_priority_game(&mut self, bids: &mut [Bid<Attempt>], gas: Gas) {
        let groups = self.crew.groups.iter();
        if groups.clone().all(|g| g.competition == Competition::None) {
            return;
        }
        let key = |bid: &Bid<Attempt>| (bid.lane, bid.what.auction);
        let mut rivals = BTreeMap::new();
        for bid in &*bids {
            *rivals.entry(key(bid)).or_insert(0) += 1;
        }
        for bid in bids {
            let n = rivals.get(&key(bid)).copied().unwrap_or(0);
            let group = self.group_of(bid.what.member);
            let Some(Competition::PriorityGame { spread }) = group.map(|g| g.competition) else {
                continue;
            };
            let loser_pays = match bid.lane {
                Lane::Private => 0.0,
                Lane::Public => self.config.network.failed_gas_share,
            };
            let stake = self.stake(bid.what, gas);
            let prize = stake.map_or(0.0, |stake| stake.contested_gwei);
            let Some(liquidator) = self.crew.members.get_mut(bid.what.member) else {
                continue;
            };
            let rank = liquidator.rank();
            bid.gwei = gas.gwei + prize * equilibrium_bid(n, spread, loser_pays, rank);
        }
    }

    /// What a member wants for the risk of keeping what it would seize, whole tokens, in USD; nothing for who sells at once.
    pub(super) fn risk_charge_usd(&self, member: usize, collateral: AssetId, seized: f64) -> f64 {
        let group = self.group_of(member);
        let Some((risk, exit)) = group.and_then(|g| Some((g.inventory_risk?, g.exit))) else {
            return 0.0;
        };
        let Exit::Inventory { half_life_s } = exit else {
            return 0.0;
        };
        let asset = index(collateral);
        let usd = self.market.outside_of(asset);
        let liquidator = self.crew.members.get(member);
        let held = liquidator.and_then(|l| l.inventory.get(asset)).copied();
        risk.charge_usd(held.unwrap_or(0.0) * usd, seized * usd, half_life_s)
    }
}
