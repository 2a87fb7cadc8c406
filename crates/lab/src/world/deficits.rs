//! Step 7: what collateral did not pay runs down the waterfall.

use super::World;
use crate::door;
use crate::record::CoverageRow;
use backstop_core::coverage::{Cause, Deficit, Payment};
use backstop_core::protocol::{AssetId, Prices, Protocol};
use backstop_core::units::{Amount, Timestamp};

impl<P: Protocol> World<P> {
    /// Pays the deficits of this step: layers with capital pay the protocol; what the last layer
    /// bears stays recorded there as a deficit.
    pub(super) fn cover_deficits(&mut self) {
        let answers = self.units.answers(&self.oracle);
        for (asset, amount) in std::mem::take(&mut self.deficits) {
            self.cover(asset, amount, &answers);
        }
    }

    fn cover(&mut self, asset: AssetId, amount: Amount, answers: &Prices) {
        let deficit = Deficit {
            asset,
            amount,
            price: answers.get(asset),
            decimals: self.units.decimals_of(asset),
            cause: Cause::Market,
            now: Timestamp(self.now),
        };
        match self.waterfall.cover(&deficit) {
            Ok(payments) => {
                for payment in payments {
                    self.pay(&payment);
                }
            }
            Err(overflow) => self.refusals.count("waterfall", format!("{overflow:?}")),
        }
    }

    fn pay(&mut self, payment: &Payment) {
        if payment.left.is_some() {
            match self.protocol.cover_deficit(payment.asset, payment.amount) {
                Ok(events) => self.keep_events(events),
                Err(rejection) => self.refusals.count("coverage of a deficit", rejection),
            }
        }
        let base = self.units.base_decimals;
        let left = payment.left;
        self.record.coverage.push(CoverageRow {
            step: self.row.step,
            time: self.now,
            layer: payment.layer.to_owned(),
            asset: payment.asset,
            amount: payment.amount,
            usd: self.units.usd(payment.asset, payment.amount, &self.oracle),
            left_usd: left.map_or(f64::INFINITY, |value| door::value_to_usd(value, base)),
        });
    }
}
