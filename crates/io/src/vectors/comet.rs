//! Comet cases: views and operations on one contract, with the leaves of the state that change.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::leaves::{Leaves, changed, leaves};
use backstop_core::protocol::comet::{
    Account, Action, BASE, BaseConfig, Collateral, CollateralConfig, CollateralSetup, Comet,
    CometSetup, CometVersion, Config, Event, Paused, Position, RateCurve, Rejection, Reserves,
    Totals,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    CometVersion::ALL
        .iter()
        .map(|version| version.number())
        .collect()
}

/// A case's names: accounts in the order of their ids, then the buyer and who gets what is bought;
/// collateral by offset.
struct Names {
    accounts: Vec<String>,
    assets: Vec<String>,
    buyer: AccountId,
    recipient: AccountId,
}

fn place(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}

impl Names {
    fn read(given: &Fields<'_>) -> Result<Self, FieldError> {
        let state = given.object("state")?;
        let accounts: Vec<_> = state
            .object("accounts")?
            .members()
            .map(|(name, _)| name.to_owned())
            .collect();
        let mut assets = Vec::new();
        for asset in given.list("assets")? {
            assets.push(asset.text("id")?.to_owned());
        }
        let id = |at: usize| AccountId(u32::try_from(at).unwrap_or(u32::MAX));
        Ok(Self {
            buyer: id(accounts.len()),
            recipient: id(accounts.len() + 1),
            accounts,
            assets,
        })
    }

    fn account(&self, at: &Fields<'_>, key: &str, name: &str) -> Result<AccountId, FieldError> {
        let id = place(&self.accounts, name).and_then(|at| u32::try_from(at).ok());
        let allowed = || format!("an account of the state: {}", self.accounts.join(", "));
        id.map(AccountId)
            .ok_or_else(|| at.wrong(key, &format!("{name:?}"), &allowed()))
    }

    fn asset(&self, at: &Fields<'_>, key: &str, name: &str) -> Result<AssetId, FieldError> {
        let offset = place(&self.assets, name).and_then(|at| u16::try_from(at + 1).ok());
        let allowed = || format!("an asset: {}", self.assets.join(", "));
        offset
            .map(AssetId)
            .ok_or_else(|| at.wrong(key, &format!("{name:?}"), &allowed()))
    }

    fn account_name(&self, id: AccountId) -> Value {
        let at = usize::try_from(id.0).ok();
        json!(at.and_then(|at| self.accounts.get(at)))
    }

    fn asset_name(&self, id: AssetId) -> Value {
        let at = usize::from(id.0).checked_sub(1);
        json!(at.and_then(|at| self.assets.get(at)))
    }
}

/// A decimal string of up to 64 bits.
fn number(at: &Fields<'_>, key: &str) -> Result<u64, FieldError> {
    let found = at.wide(key)?;
    let allowed = "a decimal string from \"0\" to 2^64 − 1";
    u64::try_from(found).map_err(|_| at.wrong(key, &found.to_string(), allowed))
}

/// A decimal string with a sign.
fn signed(at: &Fields<'_>, key: &str) -> Result<i128, FieldError> {
    let found = at.text(key)?;
    let number = found.parse();
    number.map_err(|_| at.wrong(key, &format!("{found:?}"), "a decimal string of 127 bits"))
}

/// A feed's answer; below zero it is as bad as zero.
fn price(at: &Fields<'_>) -> Result<Price, FieldError> {
    if at.text("price")?.starts_with('-') {
        signed(at, "price")?;
        return Ok(Price::ZERO);
    }
    Ok(Price(at.wide("price")?))
}

fn curve(config: &Fields<'_>, side: &str) -> Result<RateCurve, FieldError> {
    let yearly = |name: &str| number(config, &format!("{side}PerYearInterestRate{name}"));
    Ok(RateCurve {
        kink: number(config, &format!("{side}Kink"))?,
        base: yearly("Base")?,
        slope_low: yearly("SlopeLow")?,
        slope_high: yearly("SlopeHigh")?,
    })
}

fn read_config(given: &Fields<'_>) -> Result<Config, FieldError> {
    let config = given.object("config")?;
    Ok(Config {
        base: BaseConfig {
            decimals: given.object("base")?.u8("decimals")?,
            borrow_min: Amount(config.wide("baseBorrowMin")?),
            target_reserves: Amount(config.wide("targetReserves")?),
        },
        supply_curve: curve(&config, "supply")?,
        borrow_curve: curve(&config, "borrow")?,
        store_front_factor: Ratio(config.wide("storeFrontPriceFactor")?),
        tracking_scale: number(&config, "trackingIndexScale")?,
        tracking_supply_speed: number(&config, "baseTrackingSupplySpeed")?,
        tracking_borrow_speed: number(&config, "baseTrackingBorrowSpeed")?,
        rewards_min: config.narrow("baseMinForRewards")?,
    })
}

fn read_collateral(given: &Fields<'_>) -> Result<Vec<CollateralSetup>, FieldError> {
    let state = given.object("state")?.object("collateral")?;
    let mut collateral = Vec::new();
    for asset in given.list("assets")? {
        let tokens = state.object(asset.text("id")?)?;
        let decimals = asset.u8("decimals")?;
        let scale = asset.wide("scale")?;
        if U256::from(10).checked_pow(U256::from(decimals)) != Some(scale) {
            return Err(asset.wrong("scale", &scale.to_string(), "10^decimals"));
        }
        collateral.push(CollateralSetup {
            config: CollateralConfig {
                decimals,
                borrow_factor: Ratio(asset.wide("borrowCollateralFactor")?),
                liquidate_factor: Ratio(asset.wide("liquidateCollateralFactor")?),
                liquidation_factor: Ratio(asset.wide("liquidationFactor")?),
                supply_cap: Amount::ZERO,
            },
            price: price(&asset)?,
            tokens: Collateral {
                total_supply: Amount(tokens.wide("totalSupplyAsset")?),
                held: Amount(tokens.wide("balance")?),
            },
        });
    }
    Ok(collateral)
}

fn read_totals(state: &Fields<'_>) -> Result<Totals, FieldError> {
    let totals = state.object("totals")?;
    Ok(Totals {
        supply_index: number(&totals, "baseSupplyIndex")?,
        borrow_index: number(&totals, "baseBorrowIndex")?,
        tracking_supply_index: number(&totals, "trackingSupplyIndex")?,
        tracking_borrow_index: number(&totals, "trackingBorrowIndex")?,
        supply: totals.narrow("totalSupplyBase")?,
        borrow: totals.narrow("totalBorrowBase")?,
        last_accrual: Timestamp(number(&totals, "lastAccrualTime")?),
    })
}

fn read_position(names: &Names, told: &Fields<'_>) -> Result<Position, FieldError> {
    let mut account = Account {
        principal: signed(told, "principal")?,
        base_tracking_index: number(told, "baseTrackingIndex")?,
        base_tracking_accrued: number(told, "baseTrackingAccrued")?,
        ..Account::default()
    };
    for name in told.texts("assetsIn")? {
        account
            .assets_in
            .insert(names.asset(told, "assetsIn", name)?);
    }
    let held = told.object("collateral")?;
    let mut collateral = BTreeMap::new();
    for (name, _) in held.members() {
        let asset = names.asset(&held, name, name)?;
        collateral.insert(asset, Amount(held.wide(name)?));
    }
    Ok(Position {
        account,
        collateral,
        wallet: BTreeMap::new(),
    })
}

fn read_comet(
    version: CometVersion,
    given: &Fields<'_>,
    names: &Names,
) -> Result<Comet, FieldError> {
    let state = given.object("state")?;
    let totals = read_totals(&state)?;
    let accounts = state.object("accounts")?;
    let mut positions = Vec::new();
    for (_, told) in accounts.members() {
        positions.push(read_position(names, &told)?);
    }
    let buyer = BTreeMap::from([(BASE, Amount(state.wide("buyerBase")?))]);
    positions.push(Position {
        wallet: buyer,
        ..Position::default()
    });
    positions.push(Position::default());
    let paused = given.object("paused")?;
    let setup = CometSetup {
        version,
        config: read_config(given)?,
        base_price: price(&given.object("base")?)?,
        base_held: Amount(state.wide("baseBalance")?),
        collateral: read_collateral(given)?,
        now: totals.last_accrual,
        paused: Paused {
            absorb: paused.flag("absorb")?,
            buy: paused.flag("buy")?,
            ..Paused::default()
        },
        totals,
        positions,
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
    let known = CometVersion::parse(version);
    let version = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    let given = case.object("given")?;
    let names = Names::read(&given)?;
    let mut comet = read_comet(version, &given, &names)?;
    for step in case.list("steps")? {
        checker.steps += 1;
        let (when, then) = (step.object("when")?, step.object("then")?);
        match view(&names, &comet, &when)? {
            Some(outcome) => compare_view(&then, outcome, checker)?,
            None => act(&names, &mut comet, &when, &then, checker)?,
        }
    }
    Ok(())
}

/// Moves a machine to the time of a step; the feeds stay as they are.
fn move_to(comet: &mut Comet, when: &Fields<'_>) -> Result<(), FieldError> {
    let now = number(when, "timestamp")?;
    let assets = (0..).map(AssetId);
    let prices = assets.map_while(|asset| comet.price(asset)).collect();
    comet
        .observe(Timestamp(now), &Prices(prices))
        .map_err(|_| when.wrong("timestamp", &now.to_string(), "no time before the last"))
}

/// The answer of a view; nothing for an operation.
fn view(
    names: &Names,
    comet: &Comet,
    when: &Fields<'_>,
) -> Result<Option<Result<Value, Rejection>>, FieldError> {
    let account = || names.account(when, "account", when.text("account")?);
    let told = |key: &str, value: Value| json!({ key: value });
    let number = |key: &'static str, n: Ratio| told(key, text(n.0));
    Ok(Some(match when.text("action")? {
        "isLiquidatable" => {
            let answer = comet.is_liquidatable(account()?);
            answer.map(|flag| told("liquidatable", json!(flag)))
        }
        "isBorrowCollateralized" => {
            let answer = comet.is_borrow_collateralized(account()?);
            answer.map(|flag| told("collateralized", json!(flag)))
        }
        "getUtilization" => comet.utilization().map(|n| number("utilization", n)),
        "getSupplyRate" => {
            let answer = comet.supply_rate(Ratio(when.wide("utilization")?));
            answer.map(|n| number("ratePerSecond", n))
        }
        "getBorrowRate" => {
            let answer = comet.borrow_rate(Ratio(when.wide("utilization")?));
            answer.map(|n| number("ratePerSecond", n))
        }
        "getReserves" => {
            let mut then = comet.clone();
            move_to(&mut then, when)?;
            then.reserves().map(|n| told("reserves", reserves(n)))
        }
        "quoteCollateral" => {
            let asset = names.asset(when, "asset", when.text("asset")?)?;
            let answer = comet.quote_collateral(asset, Amount(when.wide("baseAmount")?));
            answer.map(|n| told("collateralAmount", text(n.0)))
        }
        _ => return Ok(None),
    }))
}

fn reserves(reserves: Reserves) -> Value {
    match reserves {
        Reserves::Surplus(amount) => text(amount.0),
        Reserves::Deficit(amount) => json!(format!("-{amount}")),
    }
}

fn compare_view(
    then: &Fields<'_>,
    outcome: Result<Value, Rejection>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    if then.has("rejected") {
        let got = outcome.err().map(Rejection::name);
        checker.rejection(then.raw("rejected")?, got, true);
        return Ok(());
    }
    let told = then.object("ok")?;
    match outcome {
        Err(rejection) => checker.refused(rejection.name()),
        Ok(got) => checker.same("then.ok", Some(told.value()), Some(&got)),
    }
    Ok(())
}

fn read_action(names: &Names, when: &Fields<'_>) -> Result<Action, FieldError> {
    let account = |name: &str| names.account(when, "account", name);
    match when.text("action")? {
        "accrueAccount" => Ok(Action::AccrueAccount {
            account: account(when.text("account")?)?,
        }),
        "absorb" => {
            let accounts = when.texts("accounts")?.into_iter().map(account);
            Ok(Action::Absorb {
                accounts: accounts.collect::<Result<_, _>>()?,
            })
        }
        "buyCollateral" => {
            let buyer = when.text("buyer")?;
            if buyer != "buyer" {
                return Err(when.wrong("buyer", &format!("{buyer:?}"), "\"buyer\""));
            }
            Ok(Action::BuyCollateral {
                asset: names.asset(when, "asset", when.text("asset")?)?,
                min_amount: Amount(when.wide("minAmount")?),
                base_amount: Amount(when.wide("baseAmount")?),
                buyer: names.buyer,
                recipient: names.recipient,
            })
        }
        other => Err(when.wrong(
            "action",
            &format!("{other:?}"),
            "isLiquidatable, isBorrowCollateralized, getUtilization, getSupplyRate, \
             getBorrowRate, getReserves, quoteCollateral, accrueAccount, absorb, buyCollateral",
        )),
    }
}

fn act(
    names: &Names,
    comet: &mut Comet,
    when: &Fields<'_>,
    then: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let action = read_action(names, when)?;
    move_to(comet, when)?;
    let before = comet.clone();
    let outcome = comet.apply(&action);
    if then.has("rejected") {
        let unchanged = before.state_hash() == comet.state_hash();
        let got = outcome.err().map(Rejection::name);
        checker.rejection(then.raw("rejected")?, got, unchanged);
        return Ok(());
    }
    let told = then.object("ok")?;
    match outcome {
        Err(rejection) => checker.refused(rejection.name()),
        Ok(events) => {
            let got = results(names, &action, &events);
            for (key, expected) in told.members().filter(|(key, _)| *key != "post") {
                let field = format!("then.ok.{key}");
                checker.same(&field, Some(expected.value()), got.get(key));
            }
            let expected = told_leaves(told.raw("post")?);
            let got = changed(&state(names, &before), &state(names, comet));
            compare_leaves(&expected, &got, checker);
        }
    }
    Ok(())
}

fn compare_leaves(expected: &Leaves, got: &Leaves, checker: &mut Checker) {
    for (path, value) in expected {
        checker.same(&format!("then.ok.post.{path}"), Some(value), got.get(path));
    }
    for (path, value) in got.iter().filter(|(path, _)| !expected.contains_key(*path)) {
        checker.same(&format!("then.ok.post.{path}"), None, Some(value));
    }
}

/// A told change; the set of an account's assets is one leaf.
fn told_leaves(post: &Value) -> Leaves {
    let mut post = post.clone();
    let accounts = post.get_mut("accounts").and_then(Value::as_object_mut);
    for account in accounts.into_iter().flat_map(Map::values_mut) {
        if let Some(assets) = account.get_mut("assetsIn") {
            *assets = json!(assets.to_string());
        }
    }
    leaves(&post)
}

/// The state in the names of the cases, what the third party bought included.
fn state(names: &Names, comet: &Comet) -> Leaves {
    let totals = comet.totals();
    let number = |n: u64| json!(n.to_string());
    let mut state = json!({
        "totals": {
            "baseSupplyIndex": number(totals.supply_index),
            "baseBorrowIndex": number(totals.borrow_index),
            "trackingSupplyIndex": number(totals.tracking_supply_index),
            "trackingBorrowIndex": number(totals.tracking_borrow_index),
            "totalSupplyBase": totals.supply.to_string(),
            "totalBorrowBase": totals.borrow.to_string(),
            "lastAccrualTime": number(totals.last_accrual.0),
        },
        "baseBalance": comet.base_held().to_string(),
        "buyerBase": comet.position(names.buyer).map(|p| text(p.in_wallet(BASE).0)),
        "collateral": {},
        "accounts": {},
    });
    for (offset, name) in (1..).zip(&names.assets) {
        let tokens = comet
            .collateral(AssetId(offset))
            .copied()
            .unwrap_or_default();
        state["collateral"][name] = json!({
            "totalSupplyAsset": text(tokens.total_supply.0),
            "balance": text(tokens.held.0),
        });
    }
    for (id, name) in (0..).map(AccountId).zip(&names.accounts) {
        if let Some(position) = comet.position(id) {
            state["accounts"][name] = account(names, position);
        }
    }
    leaves(&state)
}

fn account(names: &Names, position: &Position) -> Value {
    let account = &position.account;
    let marks = account.assets_in.iter();
    let marks: Vec<_> = marks.map(|asset| names.asset_name(asset)).collect();
    let mut told = json!({
        "principal": account.principal.to_string(),
        "baseTrackingIndex": account.base_tracking_index.to_string(),
        "baseTrackingAccrued": account.base_tracking_accrued.to_string(),
        "assetsIn": Value::from(marks).to_string(),
        "collateral": {},
    });
    for (asset, amount) in &position.collateral {
        if let Some(name) = names.asset_name(*asset).as_str() {
            told["collateral"][name] = text(amount.0);
        }
    }
    told
}

/// What the events tell.
fn results(names: &Names, action: &Action, events: &[Event]) -> Value {
    let (mut debts, mut seized, mut minted) = (Vec::new(), Vec::new(), Vec::new());
    let mut got = json!({});
    for event in events {
        match event {
            Event::DebtAbsorbed(told) => {
                let account = names.account_name(told.account);
                debts.push(json!({
                    "account": account,
                    "basePaidOut": text(told.paid_out.0),
                    "usdValue": text(told.value.0),
                }));
                if !told.surplus.is_zero() {
                    minted.push(json!({"account": account, "amount": text(told.surplus.0)}));
                }
            }
            Event::CollateralAbsorbed {
                account,
                asset,
                amount,
                value,
            } => seized.push(json!({
                "account": names.account_name(*account),
                "asset": names.asset_name(*asset),
                "amount": text(amount.0),
                "usdValue": text(value.0),
            })),
            Event::CollateralBought {
                base_amount,
                collateral_amount,
                ..
            } => {
                got = json!({
                    "baseAmount": text(base_amount.0),
                    "collateralAmount": text(collateral_amount.0),
                });
            }
            _ => {}
        }
    }
    if let Action::Absorb { .. } = action {
        got = json!({
            "absorbDebt": debts,
            "absorbCollateral": seized,
            "mintedBase": minted,
        });
    }
    got
}
