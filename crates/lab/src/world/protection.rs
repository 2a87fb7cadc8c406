//! Guards around the protocol: what they hear each step, and what they hold back.
//!
//! Signals are what the world saw since the guards looked last: the oracle's answers and their age, the venues' mid
//! and depth, collateral that liquidations took (exchanges between bands go both ways and are left out), deficits. A
//! liquidation that guards refuse is a miss for which nobody pays gas, and its account is left alone for the rest of
//! the step. A limit cuts what can be cut. Without guards nothing of this is done.

use super::World;
use super::books::index;
use super::liquidation::Attempt;
use crate::agents::{Lever, Plan};
use crate::door;
use crate::error::ConfigError;
use crate::network::Bid;
use crate::record::{GuardCostRow, GuardRow};
use backstop_core::guard::{Guard, Guards, Meter, Operation, Request};
use backstop_core::protocol::{
    Adjustment, AssetId, Offer, OfferKind, Prices, Protocol, Settlement,
};
use backstop_core::signals::{AssetSignal, Signals};
use backstop_core::units::{Amount, Price, Ratio, Rounding, Value, mul_div, pow10};

/// The fall of a price up to which depth is told.
const DEPTH_FALL: f64 = 0.02;

/// Guards, and what they hear next.
#[derive(Clone, Debug)]
pub(super) struct Protection {
    guards: Guards,
    signals: Signals,
}

/// A plan that guards let through, and the collateral that it begins with, in the base currency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub(super) plan: Plan,
    pub(super) value: Value,
}

impl Protection {
    /// Nothing where there are no guards.
    pub(super) fn new<P: Protocol>(
        guards: &[Box<dyn Guard>],
        protocol: &P,
    ) -> Result<Option<Box<Self>>, ConfigError> {
        if guards.is_empty() {
            return Ok(None);
        }
        let listed = protocol.assets();
        let made = Guards::new(guards.to_vec(), protocol.halts(), listed);
        let guards = made.map_err(|error| ConfigError {
            field: "guards".to_owned(),
            problem: error.to_string(),
        })?;
        let signals = Signals {
            assets: vec![AssetSignal::default(); listed.len()],
            ..Signals::default()
        };
        Ok(Some(Box::new(Self { guards, signals })))
    }

    fn price(&self, asset: AssetId) -> Price {
        self.signals
            .asset(asset)
            .map_or_else(Default::default, |signal| signal.price)
    }

    /// What an amount is worth at the present answers, rounded down.
    fn worth(&self, asset: AssetId, amount: Amount, decimals: u8) -> Value {
        let unit = pow10(decimals).unwrap_or_default();
        let value = mul_div(amount.0, self.price(asset).0, unit, Rounding::Floor);
        value.map_or(Value::MAX, Value)
    }

    /// Forgets what liquidations did until now.
    fn begin(&mut self) {
        self.signals.deficit = Value::ZERO;
        for signal in &mut self.signals.assets {
            signal.seized = Amount::ZERO;
        }
    }
}

impl<P: Protocol> World<P> {
    /// Tells the guards of the step so far, and writes down what they change.
    pub(super) fn ask_guards(&mut self, answers: &Prices) {
        let Some(protection) = &mut self.protection else {
            return;
        };
        let Protection { guards, signals } = protection.as_mut();
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
        guards.look(signals);
        let (step, time) = (self.row.step, self.now);
        let rows = guards.take_log().into_iter().map(|told| GuardRow {
            step,
            time,
            guard: told.guard,
            asset: told.asset,
            from: told.from,
            to: told.to,
            reason: told.reason,
        });
        self.record.guards.extend(rows);
        protection.begin();
    }

    /// What guards let through of a plan: all of it, or as much as a limit leaves; nothing where they refuse, or
    /// where what they leave does not pay.
    pub(super) fn admitted(&mut self, bid: &Bid<Attempt>, plan: Plan) -> Option<Admitted> {
        if self.protection.is_none() {
            return Some(Admitted {
                plan,
                value: Value::ZERO,
            });
        }
        let offer = plan.offer;
        let health = self.protocol.health(offer.account).ok();
        let value = self.begins_with(&plan);
        let request = Request {
            operation: Operation::of(&offer),
            collateral: offer.collateral,
            debt: offer.debt,
            health: health.map_or(Ratio::MAX, |health| health.factor),
            value,
            whole: is_whole(&offer),
        };
        let protection = self.protection.as_mut()?;
        match protection.guards.admit(&request) {
            Err(refusal) => {
                self.refusals.count("guard", refusal.guard);
                None
            }
            Ok(room) if room >= value => Some(Admitted { plan, value }),
            Ok(room) => {
                let base = self.units.base_decimals;
                let share = door::value_to_usd(room, base) / door::value_to_usd(value, base);
                let plan = cut(plan, share);
                let native = self.group_of(bid.what.member)?.is_native();
                let pays = native || plan.gross_usd > self.gas_usd(bid.gwei);
                let fits = plan.repay >= offer.repay_min && !plan.repay.is_zero();
                (pays && fits).then_some(Admitted { plan, value: room })
            }
        }
    }

    /// The collateral that a plan begins with, in the base currency. An auction without a best price to come begins
    /// with all that the account has of it.
    fn begins_with(&self, plan: &Plan) -> Value {
        let offer = &plan.offer;
        let decimals = self.units.decimals_of(offer.collateral);
        let amount = if offer.kind != OfferKind::Start {
            door::tokens_to_amount(plan.seized, decimals)
        } else if !offer.seize_max.is_zero() {
            offer.seize_max
        } else {
            let rows = self.protocol.holdings(offer.account).into_iter();
            let mut rows = rows.filter(|row| row.asset == offer.collateral);
            rows.next().map_or(Amount::ZERO, |row| row.collateral)
        };
        let protection = self.protection.as_ref();
        protection.map_or(Value::ZERO, |p| p.worth(offer.collateral, amount, decimals))
    }

    /// Tells guards what a liquidation began with and took.
    pub(super) fn tell_guards(&mut self, plan: &Plan, value: Value, settlement: &Settlement) {
        let decimals = |asset| self.units.decimals_of(asset);
        let Some(protection) = &mut self.protection else {
            return;
        };
        let offer = &plan.offer;
        if Operation::of(offer) == Operation::Start {
            let seized = settlement.seized;
            let began = if is_whole(offer) || seized.is_zero() {
                value
            } else {
                protection.worth(offer.collateral, seized, decimals(offer.collateral))
            };
            protection.guards.begun(offer.collateral, began);
        }
        for (asset, amount) in &settlement.deficit {
            let value = protection.worth(*asset, *amount, decimals(*asset));
            let sum = protection.signals.deficit.0.saturating_add(value.0);
            protection.signals.deficit = Value(sum);
        }
        if offer.kind == OfferKind::Exchange {
            return;
        }
        for (asset, amount) in &settlement.taken {
            if let Some(signal) = protection.signals.assets.get_mut(index(*asset)) {
                signal.seized = Amount(signal.seized.0.saturating_add(amount.0));
            }
        }
    }

    /// Whether guards let a borrower take on debt.
    pub(super) fn lets_borrow(&mut self, lever: &Lever, amount: Amount) -> bool {
        let id = |at: usize| AssetId(u16::try_from(at).unwrap_or(u16::MAX));
        let (collateral, debt) = (id(lever.collateral), id(lever.debt));
        let decimals = self.units.decimals_of(debt);
        let Some(protection) = &mut self.protection else {
            return true;
        };
        let request = Request {
            operation: Operation::Borrow,
            collateral,
            debt,
            health: Ratio::MAX,
            value: protection.worth(debt, amount, decimals),
            whole: true,
        };
        let answer = protection.guards.admit(&request);
        if let Err(refusal) = &answer {
            self.refusals.count("guard", refusal.guard);
        }
        answer.is_ok()
    }

    /// Whether guards let a borrower make its position safer.
    pub(super) fn lets_adjust(&mut self, adjustment: &Adjustment) -> bool {
        let (operation, asset, amount) = match *adjustment {
            Adjustment::TopUp { asset, amount } => (Operation::TopUp, asset, amount),
            Adjustment::Repay { asset, amount } => (Operation::Repay, asset, amount),
        };
        let decimals = self.units.decimals_of(asset);
        let Some(protection) = &mut self.protection else {
            return true;
        };
        let request = Request {
            operation,
            collateral: asset,
            debt: asset,
            health: Ratio::MAX,
            value: protection.worth(asset, amount, decimals),
            whole: true,
        };
        let answer = protection.guards.admit(&request);
        if let Err(refusal) = &answer {
            self.refusals.count("guard", refusal.guard);
        }
        answer.is_ok()
    }

    /// What each guard has cost.
    pub(super) fn guard_costs(&self) -> Vec<GuardCostRow> {
        let base = self.units.base_decimals;
        let meters = self.protection.iter().flat_map(|p| p.guards.meters());
        let row = |meter: &Meter| {
            let refused = Operation::ALL.map(|operation| (operation, meter.refused(operation)));
            let told = refused.into_iter().filter(|(_, refused)| refused.count > 0);
            GuardCostRow {
                guard: meter.guard,
                seconds: meter.seconds,
                refused: told
                    .map(|(operation, refused)| {
                        let usd = door::value_to_usd(refused.value, base);
                        (operation, refused.count, usd)
                    })
                    .collect(),
            }
        };
        meters.map(row).collect()
    }
}

/// Whether taking an offer cannot be done in parts.
fn is_whole(offer: &Offer) -> bool {
    matches!(
        offer.kind,
        OfferKind::Start | OfferKind::Absorb | OfferKind::Deposit
    )
}

/// A share of a plan.
fn cut(plan: Plan, share: f64) -> Plan {
    let repay = plan.repay.min(plan.offer.repay_max);
    Plan {
        repay: door::share_of(repay, share),
        seized: plan.seized * share,
        repaid: plan.repaid * share,
        gross_usd: plan.gross_usd * share,
        ..plan
    }
}
