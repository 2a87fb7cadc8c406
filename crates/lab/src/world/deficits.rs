//! Step 7: what collateral did not pay runs down the waterfall.

use super::World;
use crate::door;
use crate::record::{CoverageRow, PayerLoss};
use backstop_core::coverage::{Cause, Deficit, Loss, Payment};
use backstop_core::protocol::{AssetId, Prices, Protocol};
use backstop_core::units::{Amount, Rounding, Timestamp, Value, mul_div, pow10};

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
            losses: payment.losses.iter().map(|loss| told(loss, base)).collect(),
        });
    }

    /// Offers the protocol's part of a liquidation to layers that fill up from it, at the oracle's
    /// price, rounded down. What no layer keeps goes where it went before.
    pub(super) fn share_fee(&mut self, asset: AssetId, fee: Amount) {
        if fee.is_zero() {
            return;
        }
        let price = self.units.answers(&self.oracle).get(asset);
        let unit = pow10(self.units.decimals_of(asset));
        let worth = unit.and_then(|unit| mul_div(fee.0, price.0, unit, Rounding::Floor));
        match worth {
            Ok(worth) => {
                self.waterfall.receive(Value(worth));
            }
            Err(overflow) => self.refusals.count("waterfall", format!("{overflow:?}")),
        }
    }
}

fn told(loss: &Loss, base_decimals: u8) -> PayerLoss {
    let usd = |value| door::value_to_usd(value, base_decimals);
    PayerLoss {
        payer: loss.payer.to_string(),
        before_usd: loss.before.map(usd),
        paid_usd: usd(loss.paid),
        after_usd: loss.after.map(usd),
    }
}
