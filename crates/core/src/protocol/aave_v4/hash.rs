//! SHA-256 over the whole state.
//!
//! Order: version, time, tokens' decimals, hub assets (parameters, ledger, spokes' parts), spokes
//! (parameters, managers), reserves (parameters, sets), prices, accounts by id with positions,
//! risk premiums and wallet. Numbers of 256 bits are 32 bytes, big-endian; smaller ones and flags
//! are 8 bytes, big-endian; every list is preceded by its length.

use super::account::Account;
use super::hub::{HubAsset, HubSpoke};
use super::ledger::Ledger;
use super::signed::Signed;
use super::spoke::{Reserve, Spoke};
use crate::protocol::AccountId;
use crate::units::U256;
use sha2::{Digest, Sha256};

struct Sink(Sha256);

impl Sink {
    fn wide(&mut self, n: U256) {
        self.0.update(n.to_be_bytes::<32>());
    }

    fn small(&mut self, n: impl Into<u64>) {
        let n: u64 = n.into();
        self.0.update(n.to_be_bytes());
    }

    fn signed(&mut self, n: Signed) {
        self.small(n.is_negative());
        self.wide(n.magnitude());
    }

    fn len(&mut self, n: usize) {
        self.small(u64::try_from(n).unwrap_or(u64::MAX));
    }

    fn maybe(&mut self, id: Option<AccountId>) {
        self.small(id.is_some());
        self.small(id.unwrap_or_default().0);
    }

    fn asset(&mut self, asset: &HubAsset) {
        self.small(asset.token.0);
        self.small(asset.decimals);
        self.small(asset.fee_receiver.0);
        self.maybe(asset.reinvestment_controller);
        let curve = &asset.strategy;
        self.small(curve.optimal_usage.0);
        for rate in [curve.base, curve.growth_before, curve.growth_after] {
            self.small(rate);
        }
        let state = &asset.state;
        for number in [
            state.liquidity.0,
            state.swept.0,
            state.realized_fees.0,
            state.added_shares.0,
            state.drawn_shares.0,
            state.premium_shares.0,
            state.drawn_index.0,
            state.drawn_rate.0,
            state.deficit.0,
        ] {
            self.wide(number);
        }
        self.signed(state.premium_offset);
        self.small(state.liquidity_fee.0);
        self.small(state.last_update.0);
        self.len(asset.spokes.len());
        for spoke in &asset.spokes {
            self.part(spoke);
        }
    }

    fn part(&mut self, part: &HubSpoke) {
        let config = &part.config;
        self.small(config.add_cap);
        self.small(config.draw_cap);
        self.small(config.risk_premium_threshold);
        for flag in [
            part.listed,
            config.active,
            config.halted,
            config.eliminates_deficit,
        ] {
            self.small(flag);
        }
        for number in [
            part.added_shares.0,
            part.drawn_shares.0,
            part.premium_shares.0,
            part.deficit.0,
        ] {
            self.wide(number);
        }
        self.signed(part.premium_offset);
    }

    fn spoke(&mut self, spoke: &Spoke) {
        self.wide(spoke.liquidation.target_health.0);
        self.wide(spoke.liquidation.health_for_max_bonus.0);
        self.small(spoke.liquidation.bonus_factor.0);
        self.small(spoke.max_user_reserves);
        self.maybe(spoke.updater);
        self.maybe(spoke.owner);
        self.len(spoke.managers.len());
        for (id, manager) in &spoke.managers {
            self.small(id.0);
            self.small(manager.active);
            self.len(manager.approvals.len());
            for id in &manager.approvals {
                self.small(id.0);
            }
        }
    }

    fn reserve(&mut self, reserve: &Reserve) {
        self.small(reserve.spoke.0);
        self.small(reserve.asset.0);
        self.small(reserve.decimals);
        let config = &reserve.config;
        self.small(config.collateral_risk);
        for flag in [
            config.paused,
            config.frozen,
            config.borrowable,
            config.receive_shares,
        ] {
            self.small(flag);
        }
        self.len(reserve.dynamic.len());
        for set in &reserve.dynamic {
            self.small(set.collateral_factor.0);
            self.small(set.max_bonus);
            self.small(set.fee.0);
        }
    }

    fn account(&mut self, account: &Account) {
        self.len(account.positions().len());
        for position in account.positions() {
            self.small(position.reserve.0);
            for number in [position.supplied, position.drawn, position.premium] {
                self.wide(U256::from(number));
            }
            self.signed(position.premium_offset);
            self.small(position.config_key);
            self.small(position.is_collateral);
            self.small(position.is_borrowing);
        }
        self.len(account.risks().len());
        for (spoke, risk) in account.risks() {
            self.small(spoke.0);
            self.small(*risk);
        }
        self.len(account.wallet().len());
        for (token, amount) in account.wallet() {
            self.small(token.0);
            self.wide(amount.0);
        }
    }
}

/// The hash of a state.
pub(super) fn state_hash(ledger: &Ledger) -> [u8; 32] {
    let mut sink = Sink(Sha256::new());
    sink.0.update(ledger.version.number().as_bytes());
    sink.small(ledger.now.0);
    sink.len(ledger.tokens.len());
    for token in ledger.tokens.iter() {
        sink.small(token.decimals);
    }
    sink.len(ledger.assets.len());
    for asset in ledger.assets.iter() {
        sink.asset(asset);
    }
    sink.len(ledger.spokes.len());
    for spoke in ledger.spokes.iter() {
        sink.spoke(spoke);
    }
    sink.len(ledger.reserves.len());
    for reserve in ledger.reserves.iter() {
        sink.reserve(reserve);
    }
    for price in ledger.prices.iter() {
        sink.wide(price.0);
    }
    sink.small(ledger.book.len());
    for (_, account) in ledger.book.iter() {
        sink.account(account);
    }
    sink.0.finalize().into()
}
