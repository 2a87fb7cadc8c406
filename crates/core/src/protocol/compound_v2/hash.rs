//! SHA-256 over the whole state.
//!
//! Order: version, block, close factor, incentive, pauses, markets by number (parameters, curve,
//! price, ledger), accounts by id (entered markets in their order, positions by market). Numbers of
//! 256 bits are 32 bytes, big-endian; smaller ones and flags are 8 bytes, big-endian.

use super::ledger::Ledger;
use super::market::Market;
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

    fn market(&mut self, market: &Market) {
        let (config, state) = (&market.config, &market.state);
        for flag in [config.listed, config.mint_paused, config.borrow_paused] {
            self.small(flag);
        }
        let curve = &config.rate_model;
        for number in [
            config.collateral_factor.0,
            config.reserve_factor.0,
            config.borrow_cap.0,
            config.initial_exchange_rate.0,
            curve.base.0,
            curve.multiplier.0,
            curve.jump_multiplier.0,
            curve.kink.0,
            market.price.0,
            state.borrow_index.0,
            state.total_borrows.0,
            state.total_reserves.0,
            state.total_supply.0,
            state.cash.0,
        ] {
            self.wide(number);
        }
        self.small(state.accrual_block);
    }
}

/// The hash of a state.
pub(super) fn state_hash(ledger: &Ledger) -> [u8; 32] {
    let mut sink = Sink(Sha256::new());
    sink.0.update(ledger.version.number().as_bytes());
    sink.small(ledger.block);
    sink.wide(ledger.close_factor.0);
    sink.wide(ledger.liquidation_incentive.0);
    sink.small(ledger.guards.transfer_paused);
    sink.small(ledger.guards.seize_paused);
    for market in ledger.markets.iter() {
        sink.market(market);
    }
    for (id, account) in ledger.book.iter() {
        sink.small(id.0);
        sink.small(u64::try_from(account.entered().len()).unwrap_or(u64::MAX));
        for market in account.entered() {
            sink.small(market.0);
        }
        for position in account.positions() {
            sink.small(position.market.0);
            for number in [
                position.c_tokens.0,
                position.principal.0,
                position.interest_index.0,
                position.wallet.0,
            ] {
                sink.wide(number);
            }
        }
    }
    sink.0.finalize().into()
}
