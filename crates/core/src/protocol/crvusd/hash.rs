//! SHA-256 over the whole state.
//!
//! Order: version, parameters, time, oracle, policy, the AMM's variables, bands by number, the
//! controller's variables, wallets of the contracts, accounts by id, list of loans, approvals.
//! Numbers of 256 bits are 32 bytes, those of 128 bits 16, smaller ones 8, all big-endian.

use super::account::{Account, Loan, Wallet};
use super::market::Market;
use crate::units::U256;
use sha2::{Digest, Sha256};

struct Sink(Sha256);

impl Sink {
    fn wide(&mut self, numbers: &[U256]) {
        for n in numbers {
            self.0.update(n.to_be_bytes::<32>());
        }
    }

    fn small(&mut self, n: impl Into<u64>) {
        let n: u64 = n.into();
        self.0.update(n.to_be_bytes());
    }

    fn signed(&mut self, numbers: &[i64]) {
        for n in numbers {
            self.0.update(n.to_be_bytes());
        }
    }

    fn wallet(&mut self, wallet: &Wallet) {
        self.wide(&[wallet.stable.0, wallet.collateral.0]);
    }

    fn loan(&mut self, loan: &Loan) {
        self.wide(&[loan.initial_debt.0, loan.rate_mul]);
    }

    fn account(&mut self, account: &Account) {
        self.wallet(&account.wallet);
        self.loan(&account.loan);
        self.wide(&[account.liquidation_discount, account.extra_health]);
        self.small(account.place);
        let position = &account.position;
        self.signed(&[position.first, position.last]);
        self.small(u64::try_from(position.shares.len()).unwrap_or(u64::MAX));
        for shares in position.shares.iter() {
            self.0.update(shares.to_be_bytes());
        }
    }

    fn amm(&mut self, market: &Market) {
        let amm = market.amm();
        self.wide(&[amm.fee, amm.admin_fee, amm.rate, amm.rate_mul]);
        self.small(amm.rate_time.0);
        self.signed(&[amm.active_band, amm.min_band, amm.max_band]);
        self.wallet(&amm.admin_fees);
        self.wide(&[amm.old_price, amm.old_fee]);
        self.small(amm.old_time.0);
        for (number, band) in market.bands() {
            self.signed(&[number]);
            self.wide(&[band.stable, band.collateral, band.shares]);
        }
    }
}

impl Market {
    /// SHA-256 over the whole state in the order that the module `hash` documents.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink(Sha256::new());
        sink.0.update(self.version.name());
        let params = &self.params;
        sink.small(params.amplification);
        sink.small(params.log_ratio);
        sink.wide(&[
            params.base_price.0,
            params.sqrt_ratio,
            params.stable_precision.0,
            params.collateral_precision.0,
            self.oracle_price.0,
            self.policy_rate,
        ]);
        sink.small(self.now.0);
        sink.amm(self);
        let controller = &self.controller;
        sink.wide(&[
            controller.loan_discount,
            controller.liquidation_discount,
            controller.minted.0,
            controller.redeemed.0,
        ]);
        sink.loan(&controller.total_debt);
        sink.wallet(&self.amm_wallet);
        sink.wallet(&self.controller_wallet);
        for (_, account) in self.accounts.iter() {
            sink.account(account);
        }
        sink.small(controller.n_loans);
        for owner in self.borrowers() {
            sink.small(owner.0);
        }
        for (owner, spender) in self.approvals.iter() {
            sink.small(owner.0);
            sink.small(spender.0);
        }
        sink.0.finalize().into()
    }
}
