//! What guards and governors hear each step, gathered once for all of them.
//!
//! Signals are what the world saw since the last step: the oracle's answers and their age, the venues' mid and depth,
//! collateral that liquidations took (exchanges between bands go both ways and are left out), deficits. Where
//! nobody listens nothing is gathered.

use super::World;
use super::books::index;
use crate::agents::Plan;
use crate::door;
use backstop_core::protocol::{AssetId, OfferKind, Prices, Protocol, Settlement};
use backstop_core::signals::{AssetSignal, Signals};
use backstop_core::units::{Amount, Price, Rounding, Value, mul_div, pow10};

/// The fall of a price up to which depth is told.
const DEPTH_FALL: f64 = 0.02;

/// Signals of which nothing was heard yet.
pub(super) fn silent(assets: usize) -> Box<Signals> {
    Box::new(Signals {
        assets: vec![AssetSignal::default(); assets],
        ..Signals::default()
    })
}

impl<P: Protocol> World<P> {
    /// Gathers the step so far.
    pub(super) fn listen(&mut self, answers: &Prices) {
        let Some(signals) = &mut self.signals else {
            return;
        };
        signals.now = self.protocol.now();
        for (asset, signal) in signals.assets.iter_mut().enumerate() {
            let decimals = self.units.decimals.get(asset).copied().unwrap_or(0);
            let mid = self.market.venue_mid(asset);
            signal.price = answers.0.get(asset).copied().unwrap_or_default();
            signal.mark = door::price_to_oracle(mid, self.units.base_decimals);
            let sellable = self.market.sellable(asset, DEPTH_FALL);
            signal.depth = door::tokens_to_amount(sellable, decimals);
            let age = self.feeds.get(asset).map(|feed| feed.age_s(self.now));
            signal.age_s = age.unwrap_or(0);
        }
    }

    /// Forgets what liquidations did until now, once everybody has heard it.
    pub(super) fn heard(&mut self) {
        if let Some(signals) = &mut self.signals {
            signals.deficit = Value::ZERO;
            for signal in &mut signals.assets {
                signal.seized = Amount::ZERO;
            }
        }
    }

    /// Adds what a liquidation took and left.
    pub(super) fn tell_signals(&mut self, plan: &Plan, settlement: &Settlement) {
        if self.signals.is_none() {
            return;
        }
        let deficits = settlement.deficit.iter();
        let worth = deficits.map(|(asset, amount)| self.worth(*asset, *amount));
        let deficit = worth.fold(Value::ZERO, |sum, value| {
            Value(sum.0.saturating_add(value.0))
        });
        let Some(signals) = &mut self.signals else {
            return;
        };
        signals.deficit = Value(signals.deficit.0.saturating_add(deficit.0));
        if plan.offer.kind == OfferKind::Exchange {
            return;
        }
        for (asset, amount) in &settlement.taken {
            if let Some(signal) = signals.assets.get_mut(index(*asset)) {
                signal.seized = Amount(signal.seized.0.saturating_add(amount.0));
            }
        }
    }

    /// What an amount is worth at the step's answers, rounded down; nothing where nobody listens.
    pub(super) fn worth(&self, asset: AssetId, amount: Amount) -> Value {
        let Some(signals) = &self.signals else {
            return Value::ZERO;
        };
        let signal = signals.asset(asset);
        let price = signal.map_or(Price::ZERO, |signal| signal.price);
        let unit = pow10(self.units.decimals_of(asset)).unwrap_or_default();
        let value = mul_div(amount.0, price.0, unit, Rounding::Floor);
        value.map_or(Value::MAX, Value)
    }
}
