//! Morpho Blue cases: one liquidation of one borrower in one market. Cases of several steps have a
//! layout of their own.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::morpho_steps;
use backstop_core::protocol::AccountId;
use backstop_core::protocol::morpho::{
    Action, Event, Irm, Liquidation, Market, MarketSetup, MorphoVersion, Position, Rejection,
    Totals,
};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp, U256};
use serde_json::{Map, Value, json};

const BORROWER: AccountId = AccountId(0);
const FEE_RECIPIENT: AccountId = AccountId(1);
/// Everybody else, who has what the totals tell beyond the two.
const OTHERS: AccountId = AccountId(2);

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    MorphoVersion::ALL
        .iter()
        .map(|version| version.number())
        .collect()
}

pub(super) fn read_totals(market: &Fields<'_>) -> Result<Totals, FieldError> {
    let last_update = market.wide("lastUpdate")?;
    let seconds = u64::try_from(last_update);
    let Ok(seconds) = seconds else {
        let found = last_update.to_string();
        return Err(market.wrong("lastUpdate", &found, "seconds below 2^64"));
    };
    Ok(Totals {
        supply_assets: Amount(market.wide("totalSupplyAssets")?),
        supply_shares: Shares(market.wide("totalSupplyShares")?),
        borrow_assets: Amount(market.wide("totalBorrowAssets")?),
        borrow_shares: Shares(market.wide("totalBorrowShares")?),
        last_update: Timestamp(seconds),
        fee: Ratio(market.wide("fee")?),
    })
}

fn irm(given: &Fields<'_>) -> Result<Irm, FieldError> {
    match given.text("irm")? {
        "none" => Ok(Irm::None),
        "IrmMock" => Ok(Irm::Usage),
        other => Err(given.wrong("irm", &format!("{other:?}"), "\"none\", \"IrmMock\"")),
    }
}

/// What the totals tell beyond the borrower and the fee recipient.
fn others(
    market: &Fields<'_>,
    totals: &Totals,
    told: &[Position; 2],
) -> Result<Position, FieldError> {
    let [borrower, recipient] = told;
    let rest = |key: &str, total: Shares, parts: [Shares; 2]| {
        let rest = total.minus(parts[0]).and_then(|rest| rest.minus(parts[1]));
        rest.map_err(|_| market.wrong(key, &total.to_string(), "at least what the accounts hold"))
    };
    Ok(Position {
        supply_shares: rest(
            "totalSupplyShares",
            totals.supply_shares,
            [borrower.supply_shares, recipient.supply_shares],
        )?,
        borrow_shares: rest(
            "totalBorrowShares",
            totals.borrow_shares,
            [borrower.borrow_shares, recipient.borrow_shares],
        )?,
        collateral: Amount::ZERO,
    })
}

fn read_market(version: MorphoVersion, given: &Fields<'_>) -> Result<Market, FieldError> {
    let before = given.object("marketBefore")?;
    let totals = read_totals(&before)?;
    let told = given.object("borrowerBefore")?;
    let borrower = Position {
        supply_shares: Shares(told.wide("supplyShares")?),
        borrow_shares: Shares(told.wide("borrowShares")?),
        collateral: Amount(told.wide("collateral")?),
    };
    let recipient = Position {
        supply_shares: Shares(given.wide("feeRecipientSupplySharesBefore")?),
        ..Position::default()
    };
    let others = others(&before, &totals, &[borrower, recipient])?;
    let setup = MarketSetup {
        version,
        threshold: Ratio(given.wide("lltv")?),
        irm: irm(given)?,
        price: Price(given.wide("collateralPrice")?),
        now: Timestamp(given.u64("blockTimestamp")?),
        totals,
        fee_recipient: FEE_RECIPIENT,
        positions: vec![borrower, recipient, others],
    };
    setup.build().map_err(|error| FieldError {
        field: format!("given.{}", error.field),
        problem: error.problem,
    })
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let known = MorphoVersion::parse(version);
    let version = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    if case.has("steps") {
        return morpho_steps::run(version, case, checker);
    }
    checker.steps += 1;
    let given = case.object("given")?;
    let before = read_market(version, &given)?;
    let rate = before.borrow_rate().map(Option::unwrap_or_default);
    checker.same(
        "given.borrowRatePerSecond",
        Some(given.raw("borrowRatePerSecond")?),
        Some(&rate.map_or_else(|r| json!(r.name()), |rate| text(rate.0))),
    );
    if case.has("check") {
        let told = case.object("check")?;
        checker.told(
            "check",
            told.value(),
            &json!({"healthy": healthy(&before)}),
            &[],
        );
    }
    let when = case.object("when")?;
    if when.text("action")? != "liquidate" {
        return Err(when.wrong("action", when.text("action")?, "liquidate"));
    }
    let action = Action::Liquidate {
        borrower: BORROWER,
        seized_assets: Amount(when.wide("seizedAssets")?),
        repaid_shares: Shares(when.wide("repaidShares")?),
    };
    let mut after = before.clone();
    let outcome = after.apply(&action);
    let then = case.object("then")?;
    if then.has("rejected") {
        checker.rejection(
            then.raw("rejected")?,
            outcome.err().map(Rejection::name),
            before.state_hash() == after.state_hash(),
        );
        return Ok(());
    }
    let told = then.object("ok")?;
    match outcome {
        Err(rejection) => checker.refused(rejection.name()),
        Ok(events) => {
            let mut got = results(&events);
            got.insert("healthy".to_owned(), healthy(&before));
            got.insert("healthyAfter".to_owned(), healthy_after(&after));
            states(&after, &mut got);
            checker.told("then.ok", told.value(), &Value::Object(got), &["gasUsed"]);
            let bystanders = |market: &Market| json!(format!("{:?}", market.position(OTHERS)));
            checker.same(
                "others",
                Some(&bystanders(&before)),
                Some(&bystanders(&after)),
            );
        }
    }
    Ok(())
}

/// Whether the borrower is healthy, as a liquidation would find; nothing at a price of zero, where
/// the contract cannot be asked.
fn healthy(market: &Market) -> Value {
    if market.price().is_zero() {
        return Value::Null;
    }
    match market.standing(BORROWER) {
        Ok(standing) => json!(standing.is_healthy()),
        Err(rejection) => json!(rejection.name()),
    }
}

/// The same after the liquidation; nothing where no debt is left.
fn healthy_after(market: &Market) -> Value {
    let owes = |position: &Position| !position.borrow_shares.is_zero();
    if market.position(BORROWER).is_some_and(owes) {
        healthy(market)
    } else {
        Value::Null
    }
}

/// What the events tell.
fn results(events: &[Event]) -> Map<String, Value> {
    let (mut interest, mut fee_shares) = (U256::ZERO, U256::ZERO);
    let mut got = Map::new();
    for event in events {
        match event {
            Event::Accrued(accrual) => {
                (interest, fee_shares) = (accrual.interest.0, accrual.fee_shares.0);
            }
            Event::Liquidated(told) => got.extend(liquidation(told)),
            _ => {}
        }
    }
    got.insert("interestAccrued".to_owned(), text(interest));
    got.insert("feeShares".to_owned(), text(fee_shares));
    got
}

fn liquidation(told: &Liquidation) -> Map<String, Value> {
    let mut got = Map::new();
    for (key, value) in [
        ("repaidAssets", told.repaid_assets.0),
        ("repaidShares", told.repaid_shares.0),
        ("seizedAssets", told.seized_assets.0),
        ("badDebtAssets", told.bad_debt_assets.0),
        ("badDebtShares", told.bad_debt_shares.0),
    ] {
        got.insert(key.to_owned(), text(value));
    }
    got
}

/// The whole state after.
fn states(market: &Market, got: &mut Map<String, Value>) {
    let totals = market.totals();
    let after = json!({
        "totalSupplyAssets": totals.supply_assets.to_string(),
        "totalSupplyShares": totals.supply_shares.to_string(),
        "totalBorrowAssets": totals.borrow_assets.to_string(),
        "totalBorrowShares": totals.borrow_shares.to_string(),
        "lastUpdate": totals.last_update.0.to_string(),
        "fee": totals.fee.to_string(),
    });
    got.insert("marketAfter".to_owned(), after);
    let position = |id| market.position(id).copied().unwrap_or_default();
    let borrower = position(BORROWER);
    let after = json!({
        "supplyShares": borrower.supply_shares.to_string(),
        "borrowShares": borrower.borrow_shares.to_string(),
        "collateral": borrower.collateral.to_string(),
    });
    got.insert("borrowerAfter".to_owned(), after);
    got.insert(
        "feeRecipientSupplySharesAfter".to_owned(),
        text(position(FEE_RECIPIENT).supply_shares.0),
    );
}
