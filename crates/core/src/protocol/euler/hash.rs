//! SHA-256 over the whole state.
//!
//! Order: version, time, fees of the protocol, then each vault (settings, ledger, prices), then each
//! account. Numbers of 256 bits are 32 bytes, big-endian; smaller ones are 8 bytes, big-endian.
//! Lists are preceded by their length, what may be missing by 0 or 1.

use super::account::Account;
use super::cluster::{Cluster, Quotes};
use super::vault::{VaultConfig, VaultState};
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

    fn len(&mut self, n: usize) {
        self.small(u64::try_from(n).unwrap_or(u64::MAX));
    }

    fn config(&mut self, config: &VaultConfig) {
        self.small(config.interest_fee.0);
        match &config.interest_rate_model {
            None => self.small(0u8),
            Some(model) => {
                self.small(1u8);
                self.wide(model.base);
                self.wide(model.slope1);
                self.wide(model.slope2);
                self.small(model.kink);
            }
        }
        self.small(config.max_liquidation_discount.0);
        self.small(config.liquidation_cool_off);
        self.small(config.flags);
        self.small(config.disabled);
        self.small(config.supply_cap.0);
        self.small(config.borrow_cap.0);
        match config.fee_receiver {
            None => self.small(0u8),
            Some(receiver) => {
                self.small(1u8);
                self.small(receiver.0);
            }
        }
        self.small(u8::from(config.has_oracle));
        self.small(u8::from(config.unit_is_asset));
        self.len(config.ltv.len());
        for (collateral, ltv) in &config.ltv {
            self.small(collateral.0);
            self.small(ltv.borrow.0);
            self.small(ltv.liquidation.0);
            self.small(ltv.initial_liquidation.0);
            self.small(ltv.target.0);
            self.small(ltv.ramp);
        }
    }

    fn state(&mut self, state: &VaultState) {
        self.small(state.last_update.0);
        for number in [
            state.cash.0,
            state.total_shares.0,
            state.total_borrows.0,
            state.accumulated_fees.0,
            state.interest_accumulator.0,
            state.interest_rate.0,
        ] {
            self.wide(number);
        }
    }

    fn quotes(&mut self, quotes: &Quotes) {
        self.wide(quotes.mid.0);
        self.wide(quotes.bid.0);
        self.wide(quotes.ask.0);
    }

    fn account(&mut self, account: &Account) {
        for list in [&account.collaterals, &account.controllers] {
            self.len(list.len());
            for vault in list {
                self.small(vault.0);
            }
        }
        self.small(account.last_check.0);
        self.len(account.holdings().count());
        for (vault, holding) in account.holdings() {
            self.small(vault.0);
            self.wide(holding.shares.0);
            self.wide(holding.debt.0);
            self.wide(holding.accumulator.0);
        }
    }
}

impl Cluster {
    /// SHA-256 over the whole state in a documented order.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink(Sha256::new());
        sink.0.update(self.version.number().as_bytes());
        sink.small(self.now.0);
        sink.small(self.fees.receiver.0);
        sink.small(self.fees.share.0);
        sink.small(self.fees.interest_fee_min.0);
        sink.small(self.fees.interest_fee_max.0);
        sink.len(self.cells.len());
        let vaults = self.configs.iter().zip(self.cells.iter());
        for ((config, cell), quotes) in vaults.zip(self.quotes.iter()) {
            sink.config(config);
            sink.state(&cell.stored);
            sink.quotes(quotes);
        }
        for (id, account) in self.book.iter() {
            sink.small(id.0);
            sink.account(account);
        }
        sink.0.finalize().into()
    }
}
