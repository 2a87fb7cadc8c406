//! SHA-256 over the whole state.
//!
//! Order: version, time, reserves by asset (parameters, curve, price, ledger), categories,
//! sentinel, treasury and coverage account, accounts by id with their positions by asset, wallets
//! by account and asset (empty ones left out). Numbers of 256 bits are 32 bytes, big-endian;
//! smaller ones and flags are 8 bytes, big-endian.

use super::ledger::Ledger;
use super::reserve::Reserve;
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

    fn reserve(&mut self, reserve: &Reserve) {
        let (config, state) = (&reserve.config, &reserve.state);
        self.small(config.decimals);
        for bps in [
            config.loan_to_value,
            config.liquidation_threshold,
            config.liquidation_bonus,
            config.reserve_factor,
            config.protocol_fee,
        ] {
            self.small(bps.0);
        }
        for flag in [
            config.active,
            config.frozen,
            config.paused,
            config.borrowing_enabled,
            config.borrowable_in_isolation,
            config.siloed,
        ] {
            self.small(flag);
        }
        for amount in [config.debt_ceiling, config.supply_cap, config.borrow_cap] {
            self.wide(amount.0);
        }
        self.small(config.e_mode_category);
        self.small(config.grace_until.0);
        let curve = &reserve.strategy;
        for rate in [curve.optimal_usage, curve.base, curve.slope1, curve.slope2] {
            self.wide(rate.0);
        }
        self.wide(reserve.price.0);
        for number in [
            state.liquidity_index.0,
            state.borrow_index.0,
            state.liquidity_rate.0,
            state.borrow_rate.0,
            state.accrued_to_treasury.0,
            state.total_supply.0,
            state.total_debt.0,
            state.virtual_balance.0,
            state.available.0,
            state.deficit.0,
            state.isolated_debt.0,
        ] {
            self.wide(number);
        }
        self.small(state.last_update.0);
    }
}

/// The hash of a state.
pub(super) fn state_hash(ledger: &Ledger) -> [u8; 32] {
    let mut sink = Sink(Sha256::new());
    sink.0.update(ledger.version.number().as_bytes());
    sink.small(ledger.now.0);
    for reserve in ledger.reserves.iter() {
        sink.reserve(reserve);
    }
    for (id, mode) in ledger.e_modes.iter() {
        sink.small(*id);
        for bps in [
            mode.loan_to_value,
            mode.liquidation_threshold,
            mode.liquidation_bonus,
        ] {
            sink.small(bps.0);
        }
        sink.wide(mode.price.unwrap_or_default().0);
        for set in [&mode.collateral, &mode.borrowable, &mode.ltv_zero] {
            sink.small(u64::try_from(set.len()).unwrap_or(u64::MAX));
            set.iter().for_each(|asset| sink.small(asset.0));
        }
        sink.small(mode.isolated);
    }
    if let Some(sentinel) = &ledger.sentinel {
        sink.small(sentinel.up);
        sink.small(sentinel.last_update.0);
        sink.small(sentinel.grace_period);
    }
    sink.small(ledger.treasury.0);
    sink.small(ledger.coverage.0);
    for (id, account) in ledger.book.iter() {
        sink.small(id.0);
        sink.small(account.e_mode);
        for position in account.positions() {
            sink.small(position.asset.0);
            sink.wide(U256::from(position.supply));
            sink.wide(U256::from(position.debt));
            sink.small(position.is_collateral);
            sink.small(position.is_borrowing);
        }
    }
    for ((account, asset), amount) in ledger.wallets.iter().filter(|(_, a)| !a.is_zero()) {
        sink.small(account.0);
        sink.small(asset.0);
        sink.wide(amount.0);
    }
    sink.0.finalize().into()
}
