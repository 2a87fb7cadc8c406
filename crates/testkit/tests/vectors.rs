//! The model against what the real contracts answered, every field of every case.
//!
//! The vector files live in the shared data folder beside the repository, where present.

use backstop_testkit::aave::{
    Account, EMode, Liquidation, LiquidationCall, Payout, Position, RateStrategy, Reserve,
    Sentinel, User, Version, World,
};
use flate2::read::GzDecoder;
use num_bigint::BigUint;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const FILES: [(&str, Version); 6] = [
    ("aave-3.0.2.jsonl.gz", Version::V302),
    ("aave-3.3.0.jsonl.gz", Version::V33),
    ("aave-3.4.0.jsonl.gz", Version::V34),
    ("aave-3.5.0.jsonl.gz", Version::V35),
    ("aave-3.6.0.jsonl.gz", Version::V36),
    ("aave-3.7.0.jsonl.gz", Version::V37),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors")
}

fn cases(file: &str) -> Option<Vec<Value>> {
    let file = File::open(folder().join(file)).ok()?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let cases = lines.skip(1).map(|line| {
        let line = line.expect("a readable line");
        serde_json::from_str(&line).expect("a JSON object")
    });
    Some(cases.collect())
}

#[test]
fn model_agrees_with_every_case() {
    let mut checked = 0;
    for (file, version) in FILES {
        let Some(cases) = cases(file) else {
            println!("skipped: {file} is not in the shared data folder");
            continue;
        };
        for case in &cases {
            let mismatches = match version {
                Version::V302 => old::check(case),
                _ => check(version, case),
            };
            let id = &case["id"];
            assert!(mismatches.is_empty(), "{id}:\n{}", mismatches.join("\n"));
            checked += 1;
        }
    }
    println!("{checked} cases agree");
}

/// A decimal string or a plain number; absent is zero.
fn big(value: &Value) -> BigUint {
    match value {
        Value::String(digits) => digits.parse().expect("a decimal string"),
        Value::Number(number) => number.as_u64().expect("not negative").into(),
        Value::Null => BigUint::ZERO,
        other => panic!("not a number: {other}"),
    }
}

fn small(value: &Value) -> u64 {
    u64::try_from(&big(value)).expect("a small number")
}

fn bps(value: &Value) -> u32 {
    u32::try_from(&big(value)).expect("a small number")
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn symbols(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(text).collect()
}

fn strategy(value: &Value) -> RateStrategy {
    RateStrategy {
        optimal_usage: big(&value["optimalUsageRatio"]),
        base: big(&value["baseVariableBorrowRate"]),
        slope1: big(&value["variableRateSlope1"]),
        slope2: big(&value["variableRateSlope2"]),
    }
}

fn reserve(value: &Value) -> Reserve {
    let mut reserve = Reserve {
        id: bps(&value["id"]),
        decimals: bps(&value["decimals"]),
        price: big(&value["price"]),
        ltv: bps(&value["ltv"]),
        liquidation_threshold: bps(&value["liquidationThreshold"]),
        liquidation_bonus: bps(&value["liquidationBonus"]),
        reserve_factor: bps(&value["reserveFactor"]),
        protocol_fee: bps(&value["liquidationProtocolFee"]),
        active: value["active"].as_bool().unwrap_or(true),
        frozen: flag(&value["frozen"]),
        paused: flag(&value["paused"]),
        debt_ceiling: big(&value["debtCeiling"]),
        emode_category: bps(&value["eModeCategory"]).try_into().expect("a category"),
        grace_until: small(&value["liquidationGracePeriodUntil"]),
        strategy: strategy(&value["rateStrategy"]),
        ..Reserve::default()
    };
    set_ledger(&mut reserve, value);
    reserve
}

/// The fields of a reserve that a transaction may change.
fn set_ledger(reserve: &mut Reserve, value: &Value) {
    reserve.liquidity_index = big(&value["liquidityIndex"]);
    reserve.borrow_index = big(&value["variableBorrowIndex"]);
    reserve.liquidity_rate = big(&value["currentLiquidityRate"]);
    reserve.borrow_rate = big(&value["currentVariableBorrowRate"]);
    reserve.last_update = small(&value["lastUpdateTimestamp"]);
    reserve.accrued_to_treasury = big(&value["accruedToTreasury"]);
    reserve.total_supply = big(&value["scaledATokenTotalSupply"]);
    reserve.total_debt = big(&value["scaledVariableDebtTotalSupply"]);
    reserve.virtual_balance = big(&value["virtualUnderlyingBalance"]);
    reserve.available = big(&value["availableLiquidity"]);
    reserve.deficit = big(&value["deficit"]);
    reserve.isolated_debt = big(&value["isolationModeTotalDebt"]);
}

fn position(value: &Value) -> Position {
    Position {
        supply: big(&value["scaledAToken"]),
        debt: big(&value["scaledVariableDebt"]),
        is_collateral: flag(&value["isCollateral"]),
        is_borrowing: flag(&value["isBorrowing"]),
        wallet: big(&value["underlyingBalance"]),
    }
}

fn set_positions(user: &mut User, value: &Value) {
    for (symbol, told) in value.as_object().expect("positions") {
        user.positions.insert(symbol.clone(), position(told));
    }
}

fn world(version: Version, given: &Value) -> World {
    let mut world = World::new(version);
    world.now = small(&given["timestamp"]);
    for told in given["reserves"].as_array().expect("reserves") {
        world.reserves.insert(text(&told["symbol"]), reserve(told));
    }
    for told in given["eModes"].as_array().expect("eModes") {
        let emode = EMode {
            ltv: bps(&told["ltv"]),
            liquidation_threshold: bps(&told["liquidationThreshold"]),
            liquidation_bonus: bps(&told["liquidationBonus"]),
            price: None,
            collateral: symbols(&told["collateralAssets"]),
            borrowable: symbols(&told["borrowableAssets"]),
            ltv_zero: by_bitmap(&world, &told["ltvzeroBitmap"]),
            isolated: flag(&told["isolated"]),
        };
        let category = u8::try_from(small(&told["id"])).expect("a category");
        world.emodes.insert(category, emode);
    }
    let told = &given["priceOracleSentinel"];
    world.sentinel = (!told.is_null()).then(|| Sentinel {
        answer: small(&told["sequencerAnswer"]),
        last_update: small(&told["sequencerLastUpdate"]),
        grace_period: small(&told["gracePeriod"]),
    });
    for (name, told) in given["users"].as_object().expect("users") {
        let mut user = User {
            emode: u8::try_from(small(&told["eMode"])).expect("a category"),
            ..User::default()
        };
        set_positions(&mut user, &told["positions"]);
        world.users.insert(name.clone(), user);
    }
    world
}

fn by_bitmap(world: &World, bitmap: &Value) -> BTreeSet<String> {
    let bitmap = big(bitmap);
    let listed = world.reserves.iter();
    let listed = listed.filter(|(_, reserve)| bitmap.bit(reserve.id.into()));
    listed.map(|(symbol, _)| symbol.clone()).collect()
}

fn call(when: &Value) -> LiquidationCall {
    LiquidationCall {
        liquidator: text(&when["liquidator"]),
        borrower: text(&when["borrower"]),
        collateral: text(&when["collateralAsset"]),
        debt: text(&when["debtAsset"]),
        debt_to_cover: big(&when["debtToCover"]),
        payout: if flag(&when["receiveAToken"]) {
            Payout::AToken
        } else {
            Payout::Underlying
        },
    }
}

/// Collects what differs.
#[derive(Default)]
struct Mismatches(Vec<String>);

impl Mismatches {
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, field: &str, expected: T, got: T) {
        if expected != got {
            self.0
                .push(format!("{field}: expected {expected:?}, got {got:?}"));
        }
    }

    fn account(&mut self, field: &str, world: &World, told: &Value, account: &Account) {
        let borrows = world.available_borrows(account).expect("a small account");
        let fields = [
            ("totalCollateralBase", &account.collateral),
            ("totalDebtBase", &account.debt),
            ("availableBorrowsBase", &borrows),
            (
                "currentLiquidationThreshold",
                &account.liquidation_threshold,
            ),
            ("ltv", &account.ltv),
            ("healthFactor", &account.health_factor),
        ];
        for (name, got) in fields {
            if !told[name].is_null() {
                self.equal(&format!("{field}.{name}"), &big(&told[name]), got);
            }
        }
    }
}

enum Told {
    Liquidated(Liquidation),
    Covered(BigUint),
}

fn check(version: Version, case: &Value) -> Vec<String> {
    let (when, then) = (&case["when"], &case["then"]);
    let before = world(version, &case["given"]);
    let mut after = before.clone();
    let mut mismatches = Mismatches::default();
    let (subject, result) = match when["action"].as_str() {
        Some("liquidate") => {
            let call = call(when);
            let result = after.liquidate(&call).map(Told::Liquidated);
            (call.borrower, result)
        }
        Some("eliminateDeficit") => {
            let caller = text(&when["caller"]);
            let (asset, amount) = (text(&when["asset"]), big(&when["amount"]));
            let result = after.eliminate_deficit(&caller, &asset, &amount);
            (caller, result.map(Told::Covered))
        }
        other => panic!("unknown action {other:?}"),
    };
    let told = &case["check"]["accountBefore"];
    let account = before.account(&subject).expect("an account");
    mismatches.account("accountBefore", &before, told, &account);
    match (&then["rejected"], result) {
        (Value::String(name), Err(refusal)) => {
            mismatches.equal("rejected", name.as_str(), refusal);
        }
        (Value::String(name), Ok(_)) => mismatches.equal("rejected", name.as_str(), "ok"),
        (_, Err(refusal)) => mismatches.equal("result", "ok", refusal),
        (_, Ok(result)) => {
            let ok = &then["ok"];
            match result {
                Told::Liquidated(liquidation) => compare(&mut mismatches, ok, &liquidation),
                Told::Covered(amount) => {
                    mismatches.equal("deficitCovered", big(&ok["deficitCovered"]), amount);
                }
            }
            let account = after.account(&subject).expect("an account");
            mismatches.account("accountAfter", &after, &ok["accountAfter"], &account);
            mismatches.equal(
                "healthFactorAfter",
                big(&ok["healthFactorAfter"]),
                account.health_factor,
            );
            compare_worlds(&mut mismatches, expected(&before, ok), &after);
        }
    }
    mismatches.0
}

fn compare(mismatches: &mut Mismatches, ok: &Value, got: &Liquidation) {
    mismatches.equal("debtRepaid", &big(&ok["debtRepaid"]), &got.debt_repaid);
    let seized = big(&ok["collateralSeized"]);
    mismatches.equal("collateralSeized", &seized, &got.collateral_seized);
    mismatches.equal("protocolFee", &big(&ok["protocolFee"]), &got.protocol_fee);
    let scaled = big(&ok["protocolFeeScaled"]);
    mismatches.equal("protocolFeeScaled", &scaled, &got.protocol_fee_scaled);
    let health = big(&ok["healthFactorBefore"]);
    mismatches.equal("healthFactorBefore", &health, &got.health_before);
    let deficits = ok["deficitCreated"].as_array().expect("deficits");
    let deficits: Vec<_> = deficits
        .iter()
        .map(|told| (text(&told["asset"]), big(&told["amount"])))
        .collect();
    mismatches.equal("deficitCreated", &deficits, &got.deficit_created);
}

/// The world that the case tells: what is named changed, everything else did not.
fn expected(before: &World, ok: &Value) -> World {
    let mut world = before.clone();
    for (symbol, told) in ok["reservesAfter"].as_object().expect("reserves") {
        let reserve = world.reserves.get_mut(symbol).expect("a known reserve");
        set_ledger(reserve, told);
    }
    for (name, told) in ok["usersAfter"].as_object().expect("users") {
        let user = world.users.get_mut(name).expect("a known user");
        set_positions(user, &told["positions"]);
    }
    world
}

fn compare_worlds(mismatches: &mut Mismatches, expected: World, got: &World) {
    for (symbol, reserve) in &expected.reserves {
        mismatches.equal(symbol, reserve, &got.reserves[symbol]);
    }
    for name in got.users.keys() {
        for symbol in got.reserves.keys() {
            let field = format!("{name}.{symbol}");
            let told = expected.position(name, symbol);
            mismatches.equal(&field, told, got.position(name, symbol));
        }
    }
}

/// The older layout of the 3.0.2 file: one borrower, whose figures stand beside the reserves.
mod old {
    use super::*;

    fn world(given: &Value, when: &Value) -> World {
        let mut world = World::new(Version::V302);
        world.now = small(&given["blockTimestamp"]);
        for told in given["reserves"].as_array().expect("reserves") {
            let symbol = text(&told["symbol"]);
            let held = Position {
                supply: big(&told["userScaledAToken"]),
                debt: big(&told["userScaledVariableDebt"]),
                is_collateral: flag(&told["isCollateral"]),
                is_borrowing: flag(&told["isBorrowing"]),
                wallet: BigUint::ZERO,
            };
            let borrower = world.users.entry("borrower".to_owned()).or_default();
            borrower.positions.insert(symbol.clone(), held);
            world.reserves.insert(symbol, reserve(told));
        }
        let told = &given["eMode"];
        if !told.is_null() {
            let source = &told["priceSourcePrice"];
            let emode = EMode {
                ltv: bps(&told["ltv"]),
                liquidation_threshold: bps(&told["liquidationThreshold"]),
                liquidation_bonus: bps(&told["liquidationBonus"]),
                price: (!source.is_null()).then(|| big(source)),
                ..EMode::default()
            };
            let category = u8::try_from(small(&told["categoryId"])).expect("a category");
            world.emodes.insert(category, emode);
            let borrower = world.users.entry("borrower".to_owned()).or_default();
            borrower.emode = u8::try_from(small(&told["userCategory"])).expect("a category");
        }
        let rich = BigUint::from(10u32).pow(40);
        world.fund(&text(&when["liquidator"]), &text(&when["debtAsset"]), &rich);
        world
    }

    /// A signed difference as a decimal string.
    fn delta(before: &BigUint, after: &BigUint) -> String {
        if after >= before {
            (after - before).to_string()
        } else {
            format!("-{}", before - after)
        }
    }

    pub(super) fn check(case: &Value) -> Vec<String> {
        let (when, then) = (&case["when"], &case["then"]);
        let before = world(&case["given"], when);
        let mut after = before.clone();
        let mut mismatches = Mismatches::default();
        let account = before.account("borrower").expect("an account");
        let told = &case["check"]["accountBefore"];
        mismatches.account("accountBefore", &before, told, &account);
        match (&then["rejected"], after.liquidate(&call(when))) {
            (Value::String(name), Err(refusal)) => {
                let name = match name.as_str() {
                    "Panic(0x11)" => "PANIC_0x11",
                    "Panic(0x12)" => "PANIC_0x12",
                    other => other,
                };
                mismatches.equal("rejected", name, refusal);
            }
            (Value::String(name), Ok(_)) => mismatches.equal("rejected", name.as_str(), "ok"),
            (_, Err(refusal)) => mismatches.equal("result", "ok", refusal),
            (_, Ok(told)) => compare(&mut mismatches, &then["ok"], &told, (&before, &after), when),
        }
        mismatches.0
    }

    fn compare(
        mismatches: &mut Mismatches,
        ok: &Value,
        told: &Liquidation,
        (before, after): (&World, &World),
        when: &Value,
    ) {
        let (collateral, debt) = (text(&when["collateralAsset"]), text(&when["debtAsset"]));
        let seized = big(&ok["collateralToLiquidator"]);
        mismatches.equal("debt", &big(&ok["actualDebtRepaid"]), &told.debt_repaid);
        mismatches.equal("seized", &seized, &told.collateral_seized);
        mismatches.equal("fee", &big(&ok["protocolFee"]), &told.protocol_fee);
        let scaled = big(&ok["protocolFeeScaled"]);
        mismatches.equal("scaled fee", &scaled, &told.protocol_fee_scaled);
        let wallet = |world: &World, asset: &str| world.position("liquidator", asset).wallet;
        let supply = |world: &World, user: &str| world.position(user, &collateral).supply;
        let deltas = [
            (
                "liquidatorScaledATokenDelta",
                supply(before, "liquidator"),
                supply(after, "liquidator"),
            ),
            (
                "treasuryScaledATokenDelta",
                supply(before, "treasury"),
                supply(after, "treasury"),
            ),
            (
                "liquidatorDebtTokenDelta",
                wallet(before, &debt),
                wallet(after, &debt),
            ),
            (
                "liquidatorCollateralDelta",
                wallet(before, &collateral),
                wallet(after, &collateral),
            ),
        ];
        for (name, before, after) in deltas {
            mismatches.equal(name, text(&ok[name]), delta(&before, &after));
        }
        compare_state(mismatches, ok, (before, after), (&collateral, &debt));
    }

    fn compare_state(
        mismatches: &mut Mismatches,
        ok: &Value,
        (before, after): (&World, &World),
        (collateral, debt): (&str, &str),
    ) {
        let account = after.account("borrower").expect("an account");
        mismatches.account("accountAfter", after, &ok["accountAfter"], &account);
        let bad = if account.collateral == BigUint::ZERO {
            account.debt.clone()
        } else {
            BigUint::ZERO
        };
        let told = big(&ok["uncollateralizedDebtBase"]);
        mismatches.equal("uncollateralizedDebtBase", told, bad);
        let marked = after.position("borrower", collateral).is_collateral;
        mismatches.equal("flag", flag(&ok["collateralFlagAfter"]), marked);
        let marked = after.position("borrower", debt).is_borrowing;
        mismatches.equal("flag", flag(&ok["borrowingFlagAfter"]), marked);
        let changed = ok["reservesAfter"].as_object().expect("reserves");
        for (symbol, reserve) in &before.reserves {
            let mut reserve = reserve.clone();
            let mut held = before.position("borrower", symbol);
            if let Some(told) = changed.get(symbol) {
                set_ledger(&mut reserve, told);
                held.supply = big(&told["userScaledAToken"]);
                held.debt = big(&told["userScaledVariableDebt"]);
            }
            let got = after.position("borrower", symbol);
            mismatches.equal(symbol, &reserve, &after.reserves[symbol]);
            mismatches.equal(symbol, (held.supply, held.debt), (got.supply, got.debt));
        }
    }
}
