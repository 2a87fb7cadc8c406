//! Guards around the protocol: what they hold back.
//!
//! A liquidation that guards refuse is a miss for which nobody pays gas, and its account is left alone for the rest of
//! the step. A limit cuts what can be cut. Without guards nothing of this is done.

use super::World;
use super::liquidation::Attempt;
use crate::agents::{Lever, Plan};
use crate::door;
use crate::error::ConfigError;
use crate::network::Bid;
use crate::record::{GuardCostRow, GuardRow};
use backstop_core::guard::{Guard, Guards, Meter, Operation, Request};
use backstop_core::protocol::{Adjustment, AssetId, Offer, OfferKind, Protocol, Settlement};
use backstop_core::units::{Amount, Ratio, Value};

/// Guards of a path.
#[derive(Clone, Debug)]
pub(super) struct Protection {
    guards: Guards,
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
        Ok(Some(Box::new(Self { guards })))
    }
}

impl<P: Protocol> World<P> {
    /// Tells the guards of the step so far, and writes down what they change.
    pub(super) fn ask_guards(&mut self) {
        let (Some(protection), Some(signals)) = (&mut self.protection, &self.signals) else {
            return;
        };
        protection.guards.look(signals);
        let (step, time) = (self.row.step, self.now);
        let rows = protection
            .guards
            .take_log()
            .into_iter()
            .map(|told| GuardRow {
                step,
                time,
                guard: told.guard,
                asset: told.asset,
                from: told.from,
                to: told.to,
                reason: told.reason,
            });
        self.record.guards.extend(rows);
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
        let amount = if offer.kind != OfferKind::Start {
            let decimals = self.units.decimals_of(offer.collateral);
            door::tokens_to_amount(plan.seized, decimals)
        } else if !offer.seize_max.is_zero() {
            offer.seize_max
        } else {
            let rows = self.protocol.holdings(offer.account).into_iter();
            let mut rows = rows.filter(|row| row.asset == offer.collateral);
            rows.next().map_or(Amount::ZERO, |row| row.collateral)
        };
        self.worth(offer.collateral, amount)
    }

    /// Tells guards what a liquidation began with.
    pub(super) fn tell_guards(&mut self, plan: &Plan, value: Value, settlement: &Settlement) {
        let offer = &plan.offer;
        if self.protection.is_none() || Operation::of(offer) != Operation::Start {
            return;
        }
        let seized = settlement.seized;
        let began = if is_whole(offer) || seized.is_zero() {
            value
        } else {
            self.worth(offer.collateral, seized)
        };
        if let Some(protection) = &mut self.protection {
            protection.guards.begun(offer.collateral, began);
        }
    }

    /// Whether guards let a borrower take on debt.
    pub(super) fn lets_borrow(&mut self, lever: &Lever, amount: Amount) -> bool {
        let id = |at: usize| AssetId(u16::try_from(at).unwrap_or(u16::MAX));
        let (collateral, debt) = (id(lever.collateral), id(lever.debt));
        let value = self.worth(debt, amount);
        let Some(protection) = &mut self.protection else {
            return true;
        };
        let request = Request {
            operation: Operation::Borrow,
            collateral,
            debt,
            health: Ratio::MAX,
            value,
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
        let value = self.worth(asset, amount);
        let Some(protection) = &mut self.protection else {
            return true;
        };
        let request = Request {
            operation,
            collateral: asset,
            debt: asset,
            health: Ratio::MAX,
            value,
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
