//! SHA-256 over the whole state.
//!
//! Order: version, parameters, collateral parameters by offset, prices, time, pauses, totals, base
//! tokens held, collateral tokens by offset, positions by account (principal, rewards, marks,
//! collateral by asset, wallet by asset; entries of nothing left out). Numbers of 256 bits are 32
//! bytes, those of up to 128 bits 16 bytes, big-endian.

use super::config::{Config, RateCurve};
use super::state::{Comet, Position};
use crate::protocol::AssetId;
use crate::units::{Amount, U256};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

struct Sink(Sha256);

impl Sink {
    fn wide(&mut self, n: U256) {
        self.0.update(n.to_be_bytes::<32>());
    }

    fn small(&mut self, n: impl Into<u128>) {
        let n: u128 = n.into();
        self.0.update(n.to_be_bytes());
    }

    fn curve(&mut self, curve: &RateCurve) {
        for n in [curve.kink, curve.base, curve.slope_low, curve.slope_high] {
            self.small(n);
        }
    }

    fn config(&mut self, config: &Config) {
        self.small(config.base.decimals);
        self.wide(config.base.borrow_min.0);
        self.wide(config.base.target_reserves.0);
        self.curve(&config.supply_curve);
        self.curve(&config.borrow_curve);
        self.wide(config.store_front_factor.0);
        self.small(config.tracking_scale);
        self.small(config.tracking_supply_speed);
        self.small(config.tracking_borrow_speed);
        self.small(config.rewards_min);
    }

    fn amounts(&mut self, amounts: &BTreeMap<AssetId, Amount>) {
        let some = amounts.iter().filter(|(_, amount)| !amount.is_zero());
        for (asset, amount) in some {
            self.small(asset.0);
            self.wide(amount.0);
        }
    }

    fn position(&mut self, position: &Position) {
        let account = &position.account;
        self.0.update(account.principal.to_be_bytes());
        self.small(account.base_tracking_index);
        self.small(account.base_tracking_accrued);
        self.small(account.assets_in.bits());
        self.amounts(&position.collateral);
        self.amounts(&position.wallet);
    }
}

impl Comet {
    /// SHA-256 over the whole state in a documented order.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink(Sha256::new());
        sink.0.update(self.version.number().as_bytes());
        sink.config(&self.config);
        for listed in self.listed.iter() {
            sink.small(listed.decimals);
            sink.wide(listed.borrow_factor.0);
            sink.wide(listed.liquidate_factor.0);
            sink.wide(listed.liquidation_factor.0);
            sink.wide(listed.supply_cap.0);
        }
        for price in &self.prices {
            sink.wide(price.0);
        }
        sink.small(self.now.0);
        let paused = &self.paused;
        for flag in [
            paused.supply,
            paused.transfer,
            paused.withdraw,
            paused.absorb,
            paused.buy,
        ] {
            sink.small(u8::from(flag));
        }
        self.hash_ledger(&mut sink);
        sink.0.finalize().into()
    }

    fn hash_ledger(&self, sink: &mut Sink) {
        let totals = &self.totals;
        for index in [
            totals.supply_index,
            totals.borrow_index,
            totals.tracking_supply_index,
            totals.tracking_borrow_index,
            totals.last_accrual.0,
        ] {
            sink.small(index);
        }
        sink.small(totals.supply);
        sink.small(totals.borrow);
        sink.wide(self.base_held.0);
        for tokens in &self.collateral {
            sink.wide(tokens.total_supply.0);
            sink.wide(tokens.held.0);
        }
        for (id, position) in self.book.iter() {
            sink.small(id.0);
            sink.position(position);
        }
    }
}
