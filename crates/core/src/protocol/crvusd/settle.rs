//! Liquidations and trades by somebody from outside, and what is told of them.

use super::account::{Token, Wallet};
use super::action::{Action, Limit, Liquidation, Outcome};
use super::market::{Market, Visit};
use super::markets::Pair;
use super::math::Ruled;
use super::rejection::Rejection;
use super::standing::{Arbitrage, Standing};
use crate::protocol::{AccountId, AssetId, Event, Events, Settlement, Terms, TraceSink, TraceStep};
use crate::units::{Amount, Ratio, Rounding, U256, WAD};

/// The stablecoin, and the account that acts for everybody outside.
type Parties = (AssetId, AccountId);

/// A settlement that is not committed yet.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) settlement: Settlement,
    /// The market after it.
    pub(super) market: Market,
    /// Bands that it wrote.
    pub(super) bands: Vec<i64>,
}

/// What is paid and what is received.
pub(super) fn sides(pair: &Pair, stable: AssetId, pay: Token) -> [AssetId; 2] {
    match pay {
        Token::Stable => [stable, pair.collateral],
        Token::Collateral => [pair.collateral, stable],
    }
}

fn some(taken: [(AssetId, Amount); 2]) -> Vec<(AssetId, Amount)> {
    let mut taken = taken.to_vec();
    taken.retain(|(_, amount)| !amount.is_zero());
    taken
}

/// Liquidates hard, whole or for so much as the liquidator wants to pay.
pub(super) fn liquidation(
    pair: &Pair,
    (stable, outsider): Parties,
    owner: AccountId,
    standing: &Standing,
    terms: &Terms,
) -> Ruled<Settled> {
    let costs = standing.debt.minus_or_zero(standing.held.stable);
    let fraction = if terms.repay >= costs {
        WAD
    } else {
        pair.market.part_for(standing, terms.repay)?
    };
    let action = Action::Liquidate {
        caller: outsider,
        owner,
        stable_min: Amount::ZERO,
        fraction,
    };
    let brought = Wallet {
        stable: costs.min(terms.repay),
        collateral: Amount::ZERO,
    };
    let mut market = pair.market.clone();
    let Visit { outcome, bands, .. } = market.visit(outsider, brought, &action)?;
    let Outcome::Liquidated(done) = outcome else {
        return Err(Rejection::NoReason);
    };
    let after = market.standing(owner)?;
    let settlement = Settlement {
        repaid: done.to_pay,
        seized: done.collateral,
        reward: done.stable.minus_or_zero(done.debt),
        cleared: done.debt,
        taken: some([(pair.collateral, done.collateral), (stable, done.stable)]),
        health_before: standing.factor(),
        health_after: after.map_or(Ratio::MAX, |after| after.factor()),
        events: vec![liquidated(pair, stable, (owner, terms.liquidator), &done)],
        ..Settlement::default()
    };
    Ok(Settled {
        settlement,
        market,
        bands,
    })
}

fn liquidated(
    pair: &Pair,
    stable: AssetId,
    (account, liquidator): (AccountId, AccountId),
    done: &Liquidation,
) -> Event {
    Event::Liquidated {
        account,
        liquidator,
        collateral: pair.collateral,
        debt: stable,
        repaid: done.to_pay,
        seized: done.collateral,
        receive_claim: false,
    }
}

/// Trades with the bands, all that gains or for so much as the trader wants to pay.
pub(super) fn exchange(
    pair: &Pair,
    (stable, outsider): Parties,
    sale: &Arbitrage,
    terms: &Terms,
) -> Ruled<Settled> {
    let [_, received_in] = sides(pair, stable, sale.pay);
    let amount = if terms.repay >= sale.paid {
        sale.amount
    } else {
        terms.repay
    };
    let brought = match sale.pay {
        Token::Stable => Wallet {
            stable: amount,
            collateral: Amount::ZERO,
        },
        Token::Collateral => Wallet {
            stable: Amount::ZERO,
            collateral: amount,
        },
    };
    let action = Action::Exchange {
        caller: outsider,
        pay: sale.pay,
        limit: Limit::Paid {
            amount,
            received_min: Amount::new(1),
        },
    };
    let mut market = pair.market.clone();
    let Visit { outcome, bands, .. } = market.visit(outsider, brought, &action)?;
    let Outcome::Exchanged { paid, received } = outcome else {
        return Err(Rejection::NoReason);
    };
    if paid.is_zero() || received.is_zero() {
        return Err(Rejection::Slippage);
    }
    let set_apart = |market: &Market| match sale.pay {
        Token::Stable => market.amm().admin_fees.stable,
        Token::Collateral => market.amm().admin_fees.collateral,
    };
    let fee = set_apart(&market).minus(set_apart(&pair.market))?;
    let settlement = Settlement {
        // What is set apart leaves the bands.
        cleared: paid.minus(fee)?,
        health_before: Ratio::ZERO,
        health_after: Ratio::MAX,
        ..Settlement::at_once(received_in, paid, received, Amount::ZERO)
    };
    Ok(Settled {
        settlement,
        market,
        bands,
    })
}

/// What has a word common to all families.
pub(super) fn events(pair: &Pair, stable: AssetId, action: &Action, outcome: &Outcome) -> Events {
    match (*action, *outcome) {
        (
            Action::AddCollateral {
                caller,
                owner,
                amount,
            },
            Outcome::Placed { .. },
        ) => vec![Event::Supplied {
            payer: caller,
            account: owner,
            asset: pair.collateral,
            amount,
        }],
        (Action::Repay { caller, owner, .. }, Outcome::Repaid { debt, .. }) => {
            vec![Event::Repaid {
                payer: caller,
                account: owner,
                asset: stable,
                amount: debt,
            }]
        }
        (Action::Liquidate { caller, owner, .. }, Outcome::Liquidated(done)) => {
            vec![liquidated(pair, stable, (owner, caller), &done)]
        }
        _ => Events::new(),
    }
}

/// The numbers of a liquidation on their way.
pub(super) fn record_liquidation(
    trace: &mut impl TraceSink,
    standing: &Standing,
    settled: &Settlement,
) {
    trace.step(|| TraceStep {
        label: "health and one (wad)",
        formula: "x_down · (1 − discount) / debt, and what the price exceeds the bands by",
        inputs: vec![
            ("x_down", standing.stable_down.0),
            ("discount", standing.discount),
            ("debt", standing.debt.0),
        ],
        result: standing.factor().0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "paid by the liquidator (units)",
        formula: "part of the debt less the stablecoin in that part of the bands",
        inputs: vec![
            ("debt", settled.cleared.0),
            ("stablecoin in the bands", standing.held.stable.0),
        ],
        result: settled.repaid.0,
        rounding: Some(Rounding::Ceil),
    });
    trace.step(|| TraceStep {
        label: "collateral received (units)",
        formula: "what that part of the bands holds",
        inputs: vec![("collateral in the bands", standing.held.collateral.0)],
        result: settled.seized.0,
        rounding: Some(Rounding::Floor),
    });
}

/// The numbers of a trade on their way.
pub(super) fn record_exchange(trace: &mut impl TraceSink, pair: &Pair, sale: &Arbitrage) {
    let told = |price: Ruled<crate::units::Price>| price.map_or(U256::ZERO, |price| price.0);
    trace.step(|| TraceStep {
        label: "received for all that gains (units)",
        formula: "along the bands' curves, from the AMM's price toward the oracle's",
        inputs: vec![
            ("paid", sale.paid.0),
            ("AMM's price", told(pair.market.amm_price())),
            ("oracle's price", pair.market.oracle_price().0),
            ("fee", pair.market.dynamic_fee().unwrap_or(U256::ZERO)),
        ],
        result: sale.received.0,
        rounding: Some(Rounding::Floor),
    });
}
