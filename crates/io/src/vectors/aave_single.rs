//! The older layout of the 3.0.2 cases: one borrower's fields inside each reserve.

use super::aave::{account_leaves, reserve, reserve_leaves};
use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use backstop_core::protocol::aave::{
    AaveVersion, Account, Action, EMode, Pool, PoolSetup, Position, Rejection, ReserveSetup,
};
use backstop_core::protocol::{AccountId, AssetId, Event, Protocol};
use backstop_core::units::{Amount, Bps, Price, Shares, Timestamp, U256};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const BORROWER: AccountId = AccountId(0);
const LIQUIDATOR: AccountId = AccountId(1);
const TREASURY: AccountId = AccountId(2);
const COVERAGE: AccountId = AccountId(3);

/// The case's reserves and its borrower.
struct Given {
    symbols: Vec<String>,
    reserves: Vec<ReserveSetup>,
    positions: Vec<Position>,
}

fn read_reserves(given: &Fields<'_>) -> Result<Given, FieldError> {
    let mut told = Given {
        symbols: Vec::new(),
        reserves: Vec::new(),
        positions: Vec::new(),
    };
    for fields in given.list("reserves")? {
        told.positions.push(Position {
            asset: AssetId(u16::try_from(told.reserves.len()).unwrap_or(u16::MAX)),
            supply: fields.narrow("userScaledAToken")?,
            debt: fields.narrow("userScaledVariableDebt")?,
            is_collateral: fields.flag("isCollateral")?,
            is_borrowing: fields.flag("isBorrowing")?,
        });
        let reserve = reserve(&fields)?;
        told.symbols.push(reserve.asset.symbol.clone());
        told.reserves.push(reserve);
    }
    Ok(told)
}

/// The borrower's category and the categories.
fn read_category(given: &Fields<'_>) -> Result<(u8, BTreeMap<u8, EMode>), FieldError> {
    if !given.has("eMode") {
        return Ok((0, BTreeMap::new()));
    }
    let fields = given.object("eMode")?;
    let price = if fields.has("priceSourcePrice") {
        Some(Price(fields.wide("priceSourcePrice")?))
    } else {
        None
    };
    let mode = EMode {
        loan_to_value: Bps(fields.u16("ltv")?),
        liquidation_threshold: Bps(fields.u16("liquidationThreshold")?),
        liquidation_bonus: Bps(fields.u16("liquidationBonus")?),
        price,
        ..EMode::default()
    };
    Ok((
        fields.u8("userCategory")?,
        BTreeMap::from([(fields.u8("categoryId")?, mode)]),
    ))
}

fn read_pool(version: AaveVersion, given: &Fields<'_>) -> Result<(Pool, Vec<String>), FieldError> {
    let told = read_reserves(given)?;
    let (category, e_modes) = read_category(given)?;
    // The layout does not tell the liquidator's wallet; its stand-in never runs dry.
    let purse = Amount(U256::MAX >> 1);
    let places = 0..told.reserves.len();
    let wallet = |at: usize| {
        (
            LIQUIDATOR,
            AssetId(u16::try_from(at).unwrap_or(u16::MAX)),
            purse,
        )
    };
    let setup = PoolSetup {
        version,
        base_decimals: 8,
        now: Timestamp(given.u64("blockTimestamp")?),
        reserves: told.reserves,
        e_modes,
        sentinel: None,
        accounts: vec![
            Account::new(category, told.positions),
            Account::default(),
            Account::default(),
            Account::default(),
        ],
        wallets: places.map(wallet).collect(),
        treasury: TREASURY,
        coverage: COVERAGE,
    };
    let pool = setup.build().map_err(|error| FieldError {
        field: format!("given.{}", error.field),
        problem: error.problem,
    })?;
    Ok((pool, told.symbols))
}

/// Runs one case.
pub(super) fn run(
    version: AaveVersion,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    checker.steps += 1;
    let (mut pool, symbols) = read_pool(version, &case.object("given")?)?;
    let when = case.object("when")?;
    if when.text("action")? != "liquidate" {
        return Err(when.wrong("action", when.text("action")?, "liquidate"));
    }
    let pair = Sides::read(&when, &symbols)?;
    let action = pair.liquidation(&when)?;
    if case.has("check") {
        let told = case.object("check")?.object("accountBefore")?;
        let got = account_leaves(&pool, BORROWER).unwrap_or_else(|r| json!(r.name()));
        checker.same("check.accountBefore", Some(told.value()), Some(&got));
    }
    let before = pool.fork();
    let outcome = pool.apply(&action);
    let then = case.object("then")?;
    if then.has("rejected") {
        checker.rejected += 1;
        let got = outcome
            .as_ref()
            .map_or_else(|r| json!(spelled(*r)), |_| json!("accepted"));
        checker.same("then.rejected", Some(then.raw("rejected")?), Some(&got));
        let unchanged = json!(before.state_hash() == pool.state_hash());
        checker.same(
            "unchanged after a rejection",
            Some(&json!(true)),
            Some(&unchanged),
        );
        return Ok(());
    }
    let told = then.object("ok")?;
    match outcome {
        Err(rejection) => {
            checker.same(
                "then",
                Some(&json!("accepted")),
                Some(&json!(rejection.name())),
            );
        }
        Ok(events) => {
            let mut got = pair.outcome(&before, &pool, &events);
            if let Some(account) = got.get_mut("accountAfter").and_then(Value::as_object_mut) {
                let told = told.object("accountAfter")?;
                account.retain(|key, _| told.has(key));
            }
            checker.told("then.ok", told.value(), &got, &["gasUsed"]);
            let others = pair.others_unchanged(&before, &pool);
            checker.same(
                "other reserves unchanged",
                Some(&json!(true)),
                Some(&json!(others)),
            );
        }
    }
    Ok(())
}

/// This layout spells panics in its own way.
fn spelled(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::Panic0x11 => "Panic(0x11)",
        Rejection::Panic0x12 => "Panic(0x12)",
        other => other.name(),
    }
}

/// The two assets of a call.
struct Sides<'a> {
    symbols: &'a [String],
    collateral: AssetId,
    debt: AssetId,
}

/// `after − before` with its sign.
fn delta(before: U256, after: U256) -> Value {
    if after >= before {
        return text(after - before);
    }
    Value::String(format!("-{}", before - after))
}

impl<'a> Sides<'a> {
    fn read(when: &Fields<'_>, symbols: &'a [String]) -> Result<Self, FieldError> {
        let asset = |key: &str| -> Result<AssetId, FieldError> {
            let symbol = when.text(key)?;
            let place = symbols.iter().position(|held| held == symbol);
            let place = place.ok_or_else(|| when.wrong(key, symbol, &symbols.join(", ")))?;
            Ok(AssetId(u16::try_from(place).unwrap_or(u16::MAX)))
        };
        let (collateral, debt) = (asset("collateralAsset")?, asset("debtAsset")?);
        Ok(Self {
            symbols,
            collateral,
            debt,
        })
    }

    fn liquidation(&self, when: &Fields<'_>) -> Result<Action, FieldError> {
        Ok(Action::Liquidate {
            liquidator: LIQUIDATOR,
            borrower: BORROWER,
            collateral: self.collateral,
            debt: self.debt,
            debt_to_cover: Amount(when.wide("debtToCover")?),
            receive_a_token: when.flag("receiveAToken")?,
        })
    }
}

impl Sides<'_> {
    fn outcome(&self, before: &Pool, after: &Pool, events: &[Event]) -> Value {
        let mut got = Map::new();
        let mut put = |key: &str, value: Value| {
            got.insert(key.to_owned(), value);
        };
        let mut fee = (Amount::ZERO, Shares::ZERO);
        for event in events {
            match event {
                Event::Liquidated { repaid, seized, .. } => {
                    put("actualDebtRepaid", text(repaid.0));
                    put("collateralToLiquidator", text(seized.0));
                }
                Event::LiquidationFee { amount, shares, .. } => fee = (*amount, *shares),
                _ => {}
            }
        }
        put("protocolFee", text(fee.0.0));
        put("protocolFeeScaled", text(fee.1.0));
        let wallet = |pool: &Pool, asset| pool.wallet(LIQUIDATOR, asset).0;
        let claim = |pool: &Pool, owner| U256::from(position(pool, owner, self.collateral).supply);
        let paid = wallet(before, self.debt);
        let tokens = (
            wallet(before, self.collateral),
            wallet(after, self.collateral),
        );
        put(
            "liquidatorDebtTokenDelta",
            delta(paid, wallet(after, self.debt)),
        );
        put("liquidatorCollateralDelta", delta(tokens.0, tokens.1));
        put(
            "liquidatorScaledATokenDelta",
            delta(claim(before, LIQUIDATOR), claim(after, LIQUIDATOR)),
        );
        put(
            "treasuryScaledATokenDelta",
            delta(claim(before, TREASURY), claim(after, TREASURY)),
        );
        put(
            "accountAfter",
            account_leaves(after, BORROWER).unwrap_or_else(|r| json!(r.name())),
        );
        let flags = (
            position(after, BORROWER, self.collateral),
            position(after, BORROWER, self.debt),
        );
        put("collateralFlagAfter", json!(flags.0.is_collateral));
        put("borrowingFlagAfter", json!(flags.1.is_borrowing));
        let stranded = after.account_data(BORROWER).map(|data| {
            if data.collateral.is_zero() {
                data.debt.0
            } else {
                U256::ZERO
            }
        });
        put(
            "uncollateralizedDebtBase",
            text(stranded.unwrap_or(U256::ZERO)),
        );
        put("reservesAfter", self.reserves(after));
        Value::Object(got)
    }

    fn symbol(&self, asset: AssetId) -> String {
        self.symbols
            .get(usize::from(asset.0))
            .cloned()
            .unwrap_or_default()
    }

    fn reserves(&self, after: &Pool) -> Value {
        let mut told = Map::new();
        for asset in [self.collateral, self.debt] {
            let Some(reserve) = after.reserve(asset) else {
                continue;
            };
            let mut leaves = reserve_leaves(reserve);
            let held = position(after, BORROWER, asset);
            leaves.insert(
                "userScaledAToken".to_owned(),
                json!(held.supply.to_string()),
            );
            leaves.insert(
                "userScaledVariableDebt".to_owned(),
                json!(held.debt.to_string()),
            );
            told.insert(self.symbol(asset), Value::Object(leaves));
        }
        Value::Object(told)
    }

    fn others_unchanged(&self, before: &Pool, after: &Pool) -> bool {
        (0..self.symbols.len())
            .map(|at| AssetId(u16::try_from(at).unwrap_or(u16::MAX)))
            .filter(|asset| *asset != self.collateral && *asset != self.debt)
            .all(|asset| {
                before.reserve(asset) == after.reserve(asset)
                    && position(before, BORROWER, asset) == position(after, BORROWER, asset)
            })
    }
}

fn position(pool: &Pool, owner: AccountId, asset: AssetId) -> Position {
    pool.account(owner)
        .map(|account| account.position(asset))
        .unwrap_or_default()
}
