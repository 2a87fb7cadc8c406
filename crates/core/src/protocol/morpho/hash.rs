//! SHA-256 over the whole state.
//!
//! Order: version, threshold, rate model, price, time, totals, tokens held, fee recipient,
//! positions by account, leaves to act by owner and manager. Numbers of 256 bits are 32 bytes,
//! big-endian; smaller ones are 8 bytes, big-endian.

use super::interest::Irm;
use super::state::Market;
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

    fn irm(&mut self, irm: Irm) {
        match irm {
            Irm::None => self.small(0u8),
            Irm::Usage => self.small(1u8),
            Irm::Fixed(rate) => {
                self.small(2u8);
                self.wide(rate.0);
            }
        }
    }
}

impl Market {
    /// SHA-256 over the whole state in a documented order.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink(Sha256::new());
        sink.0.update(self.version.number().as_bytes());
        sink.wide(self.threshold.0);
        sink.irm(self.irm);
        sink.wide(self.price.0);
        sink.small(self.now.0);
        let (totals, held) = (&self.totals, &self.holdings);
        for number in [
            totals.supply_assets.0,
            totals.supply_shares.0,
            totals.borrow_assets.0,
            totals.borrow_shares.0,
            totals.fee.0,
            held.loan.0,
            held.collateral.0,
            held.excess.0,
        ] {
            sink.wide(number);
        }
        sink.small(totals.last_update.0);
        sink.small(self.fee_recipient.0);
        for (id, position) in self.book.iter() {
            sink.small(id.0);
            sink.wide(position.supply_shares.0);
            sink.wide(position.borrow_shares.0);
            sink.wide(position.collateral.0);
        }
        for (owner, manager) in self.managers.iter() {
            sink.small(owner.0);
            sink.small(manager.0);
        }
        sink.0.finalize().into()
    }
}
