//! What a liquidation from outside did: payment, write-off, events, and the numbers on their way.

use super::draft::Draft;
use super::event::Event as Told;
use super::liquidate::{Call, Plan};
use super::liquidity::Liquidity;
use super::loan::LENDER;
use super::math::Ruled;
use crate::protocol::{Event, Events, Offer, Receive, Settlement, Terms, TraceSink, TraceStep};
use crate::units::{Amount, Rounding};

/// What the liquidator paid, and what was written off.
pub(super) fn outcome(told: &[Told], call: &Call) -> (Amount, std::option::IntoIter<Amount>) {
    let repaid = told.iter().find_map(|event| match event {
        Told::Repaid {
            account, assets, ..
        } if *account == call.liquidator => Some(*assets),
        _ => None,
    });
    let written_off = told.iter().find_map(|event| match event {
        Told::DebtSocialized { assets, .. } => Some(*assets),
        _ => None,
    });
    (repaid.unwrap_or(Amount::ZERO), written_off.into_iter())
}

pub(super) fn events_of(offer: &Offer, terms: &Terms, settlement: &Settlement) -> Events {
    let liquidated = Event::Liquidated {
        account: offer.account,
        liquidator: terms.liquidator,
        collateral: offer.collateral,
        debt: offer.debt,
        repaid: settlement.repaid,
        seized: settlement.seized,
        receive_claim: terms.receive == Receive::Claim,
    };
    let written_off = settlement.deficit.iter();
    let deficits = written_off.map(|(asset, amount)| Event::DeficitCreated {
        account: offer.account,
        asset: *asset,
        amount: *amount,
    });
    std::iter::once(liquidated).chain(deficits).collect()
}

/// The numbers of a liquidation on their way.
pub(super) fn record(
    trace: &mut impl TraceSink,
    draft: &Draft<'_>,
    before: &Liquidity,
    (plan, done): (&Plan, &Settlement),
) -> Ruled<()> {
    let cost = draft.discount_factor(LENDER, before)?;
    let most = draft.config(LENDER)?.max_liquidation_discount.wide();
    trace.step(|| TraceStep {
        label: "health",
        formula: "weighted collateral value · 10^18 / debt value",
        inputs: vec![
            ("weighted collateral value", before.collateral.0),
            ("debt value", before.liability.0),
        ],
        result: done.health_before.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "price of seized value",
        formula: "max(health, 1 − largest discount)",
        inputs: vec![
            ("health", done.health_before.0),
            ("largest discount (bps)", most),
        ],
        result: cost,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "repaid (debt units)",
        formula: "debt taken over, whole",
        inputs: vec![("debt taken over", plan.repay.0)],
        result: done.repaid.0,
        rounding: Some(Rounding::Ceil),
    });
    trace.step(|| TraceStep {
        label: "collateral received (units)",
        formula: "shares seized · assets / shares of the vault",
        inputs: vec![("shares seized", plan.shares.0)],
        result: done.seized.0,
        rounding: Some(Rounding::Floor),
    });
    for (_, assets) in &done.deficit {
        trace.step(|| TraceStep {
            label: "written off (debt units)",
            formula: "rest of the debt where no collateral is left",
            inputs: vec![("debt taken over", plan.repay.0)],
            result: assets.0,
            rounding: Some(Rounding::Ceil),
        });
    }
    Ok(())
}
