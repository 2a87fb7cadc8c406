//! What a liquidation and other actions on the lending spoke are told as, in words common to all
//! families.

use super::HubAssetId;
use super::event::{Event as Told, Liquidation};
use super::ledger::{AccountData, Ledger};
use super::machine::Market;
use super::math::{Ruled, from_ray_up};
use super::sizing::liquidation_bonus;
use super::spoke_machine::borrowers;
use super::spoke_setup::LENDING;
use crate::protocol::{AccountId, AssetId, Event, Events, TraceSink, TraceStep};
use crate::units::{Amount, Rate, Rounding, Shares, U256};

/// The numbers of a liquidation on their way.
pub(super) fn record(
    ledger: &Ledger,
    trace: &mut impl TraceSink,
    before: &AccountData,
    done: &Liquidation,
) -> Ruled<()> {
    let how = ledger.spoke(LENDING)?.liquidation;
    let held = ledger.position(done.borrower, done.collateral)?;
    let set = ledger.reserve(done.collateral)?.dynamic(held.config_key);
    let (limit, least) = (how.health_for_max_bonus, how.bonus_factor);
    let bonus = liquidation_bonus(ledger.rules, limit, least, before.health, set.max_bonus)?;
    let hub = ledger.asset(ledger.reserve(done.debt)?.asset)?;
    let index = hub.drawn_index(ledger.now)?;
    trace.step(|| TraceStep {
        label: "health factor (wad)",
        formula: "collateral value · average factor · 10^27 / debt value",
        inputs: vec![
            ("collateral value", before.collateral.0),
            ("average factor", before.collateral_factor.0),
            ("debt value", before.debt.0),
        ],
        result: before.health.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "bonus (bps, with 10 000)",
        formula: "straight from the smallest at health 1 to the largest at its limit",
        inputs: vec![
            ("health factor", before.health.0),
            ("largest bonus", U256::from(set.max_bonus)),
            ("health for the largest bonus", limit.0),
            ("smallest as a share of the largest", least.wide()),
        ],
        result: bonus,
        rounding: Some(ledger.rules.bonus),
    });
    trace.step(|| TraceStep {
        label: "repaid (debt units)",
        formula: "drawn shares · drawn index / 10^27 + premium / 10^27",
        inputs: vec![
            ("drawn shares", done.amounts.debt.drawn_shares.0),
            ("drawn index", index.0),
            ("premium", done.amounts.debt.premium.0),
            ("target health factor", how.target_health.0),
        ],
        result: done.repaid.0,
        rounding: Some(Rounding::Ceil),
    });
    trace.step(|| TraceStep {
        label: "shares to the liquidator",
        formula: "seized shares · (1 − fee · (bonus − 10 000) / (bonus · 10 000))",
        inputs: vec![
            ("seized shares", done.amounts.collateral_shares.0),
            ("fee", set.fee.wide()),
            ("bonus", bonus),
        ],
        result: done.amounts.to_liquidator.0,
        rounding: Some(Rounding::Floor),
    });
    Ok(())
}

fn worth(market: &Market, reserve: AssetId, shares: Shares) -> Ruled<Amount> {
    let ledger = &market.ledger;
    let hub = ledger.asset(ledger.reserve(reserve)?.asset)?;
    hub.preview_remove_by_shares(shares, ledger.now)
}

/// Collateral for the liquidator and for the protocol.
pub(super) fn received(market: &Market, done: &Liquidation) -> Ruled<(Amount, Amount)> {
    let own = done.amounts.to_liquidator;
    let seized = if done.paid_out.is_zero() {
        worth(market, done.collateral, own)?
    } else {
        done.paid_out
    };
    let kept = done.amounts.collateral_shares.minus(own)?;
    Ok((seized, worth(market, done.collateral, kept)?))
}

/// Recorded deficits in whole units, rounded up.
pub(super) fn recorded(market: &Market) -> impl Iterator<Item = (AssetId, Amount)> + '_ {
    (0..).map(AssetId).zip(market.assets()).map(|(id, hub)| {
        let units = from_ray_up(hub.state.deficit.0).unwrap_or(U256::ZERO);
        (id, Amount(units))
    })
}

/// What was recorded between two states. Differences of the rounded totals, so that the parts sum to
/// the whole.
pub(super) fn written_off(before: &Market, after: &Market) -> Vec<(AssetId, Amount)> {
    let rows = recorded(before).zip(recorded(after));
    rows.map(|((id, before), (_, after))| (id, after.minus_or_zero(before)))
        .filter(|(_, amount)| !amount.is_zero())
        .collect()
}

/// What has a word common to all families; premiums and parameter sets have none.
pub(super) fn events_of(
    told: &[Told],
    market: &Market,
    deficits: &[(AssetId, Amount)],
    liquidator: AccountId,
) -> Events {
    let mut events = Events::new();
    for event in told {
        match event {
            Told::Liquidated(done) => {
                events.extend(liquidated(done, market, liquidator));
            }
            Told::DeficitReported {
                reserve, account, ..
            } => {
                let row = deficits.iter().find(|(asset, _)| asset == reserve);
                events.extend(row.map(|(asset, amount)| Event::DeficitCreated {
                    account: *account,
                    asset: *asset,
                    amount: *amount,
                }));
            }
            _ => events.extend(event_of(event, market)),
        }
    }
    events
}

fn liquidated(done: &Liquidation, market: &Market, liquidator: AccountId) -> Events {
    let (seized, fee) = received(market, done).unwrap_or_default();
    let own = done.amounts.to_liquidator;
    let mut events = vec![Event::Liquidated {
        account: done.borrower,
        liquidator,
        collateral: done.collateral,
        debt: done.debt,
        repaid: done.repaid,
        seized,
        receive_claim: done.paid_out.is_zero() && !own.is_zero(),
    }];
    let kept = done.amounts.collateral_shares.minus_or_zero(own);
    if !kept.is_zero() {
        events.push(Event::LiquidationFee {
            account: done.borrower,
            asset: done.collateral,
            amount: fee,
            shares: kept,
        });
    }
    events
}

pub(super) fn event_of(event: &Told, market: &Market) -> Option<Event> {
    moved(event, market).or_else(|| {
        Some(match *event {
            Told::PriceObserved { reserve, price } => Event::PriceObserved {
                asset: reserve,
                price,
            },
            Told::CollateralSet {
                reserve,
                account,
                enabled,
            } => Event::CollateralEnabled {
                account,
                asset: reserve,
                enabled,
            },
            Told::DeficitEliminated { asset, deficit, .. } => Event::DeficitCovered {
                asset: AssetId(asset.0),
                payer: AccountId(borrowers(market)),
                amount: Amount(from_ray_up(deficit.0).ok()?),
            },
            _ => return None,
        })
    })
}

/// Tokens that came in or went out.
fn moved(event: &Told, market: &Market) -> Option<Event> {
    Some(match *event {
        Told::Supplied {
            reserve,
            payer,
            account,
            amount,
            ..
        } => Event::Supplied {
            payer,
            account,
            asset: reserve,
            amount,
        },
        Told::Withdrawn {
            reserve,
            receiver,
            account,
            amount,
            ..
        } => Event::Withdrawn {
            account,
            receiver,
            asset: reserve,
            amount,
        },
        Told::Borrowed {
            reserve,
            receiver,
            account,
            amount,
            ..
        } => Event::Borrowed {
            account,
            receiver,
            asset: reserve,
            amount,
            rate: market
                .asset(HubAssetId(reserve.0))
                .map_or(Rate::ZERO, |hub| hub.state.drawn_rate),
        },
        Told::Repaid {
            reserve,
            payer,
            account,
            amount,
            ..
        } => Event::Repaid {
            payer,
            account,
            asset: reserve,
            amount,
        },
        _ => return None,
    })
}
