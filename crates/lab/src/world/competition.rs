//! Bids of liquidators that reckon with each other.

use super::World;
use super::liquidation::Attempt;
use crate::agents::{Competition, Exit, Plan, equilibrium_bid};
use crate::network::{Bid, Lane};
use backstop_core::protocol::{OfferKind, Protocol};
use std::collections::BTreeMap;

impl<P: Protocol> World<P> {
    /// Sets the bids on one account of those who play the priority game: each reckons with all who bid in the
    /// same block and lane for the same thing.
    pub(super) fn play_priority_game(&mut self, bids: &mut [Bid<Attempt>]) {
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
            let prize = self.contested_gwei(bid.what);
            let Some(liquidator) = self.crew.members.get_mut(bid.what.member) else {
                continue;
            };
            let rank = liquidator.rank();
            bid.gwei =
                self.network.gas_gwei() + prize * equilibrium_bid(n, spread, loser_pays, rank);
        }
    }

    /// What an attempt brings above its gas and risk, spread over its gas, gwei; zero where a higher price
    /// of gas gains nothing.
    fn contested_gwei(&mut self, attempt: Attempt) -> f64 {
        let going = self.network.gas_gwei();
        let gas_usd = self.gas_usd(going);
        let Some(plan) = self.plan_of(attempt).copied() else {
            return 0.0;
        };
        let profit = match plan.offer.kind {
            OfferKind::Start | OfferKind::Bid | OfferKind::Deliver => 0.0,
            _ => plan.gross_usd - gas_usd - self.risk_charge_usd(attempt.member, &plan),
        };
        if gas_usd > 0.0 {
            profit.max(0.0) / gas_usd * going
        } else {
            0.0
        }
    }

    /// What a member wants for the risk of keeping what a plan brings, USD; nothing for who sells at once.
    pub(super) fn risk_charge_usd(&self, member: usize, plan: &Plan) -> f64 {
        let group = self.group_of(member);
        let Some((risk, exit)) = group.and_then(|g| Some((g.inventory_risk?, g.exit))) else {
            return 0.0;
        };
        let Exit::Inventory { half_life_s } = exit else {
            return 0.0;
        };
        let asset = usize::from(plan.offer.collateral.0);
        let usd = self.market.outside_of(asset);
        let liquidator = self.crew.members.get(member);
        let held = liquidator.and_then(|l| l.inventory.get(asset)).copied();
        risk.charge_usd(held.unwrap_or(0.0) * usd, plan.seized * usd, half_life_s)
    }
}
