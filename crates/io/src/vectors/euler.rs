//! Euler v2 cases: one lending vault, its collaterals, a violator and a liquidator; steps on one
//! state, each telling what it changed.

use super::compare::Checker;
use super::euler_given::{LIQUIDATOR, OTHERS, VIOLATOR, World, seconds, vault};
use super::fields::{FieldError, Fields, text};
use super::leaves::{changed, leaves};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Account, Action, Cluster, Event, EvkVersion, Liquidation, Purpose, Rejection, VaultId,
    VaultState,
};
use backstop_core::units::{Amount, Shares};
use serde_json::{Map, Value, json};

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    EvkVersion::ALL
        .iter()
        .map(|version| version.number())
        .collect()
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let known = EvkVersion::parse(version);
    let version = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    let mut world = World::read(version, &case.object("given")?)?;
    for step in case.list("steps")? {
        world.step(&step, checker)?;
    }
    Ok(())
}

/// What a step asks for.
enum Asked {
    /// Something that changes the state.
    Call(Action),
    /// Something that only looks, with what the machine answers.
    View(Result<Value, Rejection>),
}

fn account(when: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
    match when.text(key)? {
        "violator" => Ok(VIOLATOR),
        "liquidator" => Ok(LIQUIDATOR),
        other => Err(when.wrong(key, &format!("{other:?}"), "violator, liquidator")),
    }
}

impl World {
    fn step(&mut self, step: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
        checker.steps += 1;
        let when = step.object("when")?;
        let now = seconds(&when, "timestamp")?;
        let quotes = self.cluster.quotes().to_vec();
        self.cluster.observe(now, &quotes).map_err(|rejection| {
            let allowed = format!("{} or later", self.cluster.now().0);
            when.wrong("timestamp", &format!("{} ({rejection})", now.0), &allowed)
        })?;
        let asked = self.asked(&when)?;
        let before = self.cluster.clone();
        let outcome = match asked {
            Asked::View(answer) => answer,
            Asked::Call(action) => self.call(&before, &action),
        };
        let then = step.object("then")?;
        if then.has("rejected") {
            let got = outcome.err().map(Rejection::name);
            let unchanged = before.state_hash() == self.cluster.state_hash();
            checker.rejection(then.raw("rejected")?, got, unchanged);
            return Ok(());
        }
        let told = then.raw("ok")?;
        match outcome {
            Ok(got) => checker.same("then.ok", Some(&flat(told)), Some(&got)),
            Err(rejection) => checker.refused(rejection.name()),
        }
        Ok(())
    }

    fn vault(&self, when: &Fields<'_>, key: &str) -> Result<VaultId, FieldError> {
        vault(&self.names, when, key, when.text(key)?)
    }

    fn asked(&self, when: &Fields<'_>) -> Result<Asked, FieldError> {
        let action = match when.text("action")? {
            "touch" => Action::Touch {
                vault: self.vault(when, "vault")?,
            },
            "liquidate" => Action::Liquidate {
                vault: self.lender,
                liquidator: account(when, "liquidator")?,
                violator: account(when, "violator")?,
                collateral: self.vault(when, "collateral")?,
                repay: Amount(when.wide("repayAssets")?),
                min_shares: Shares(when.wide("minYieldBalance")?),
            },
            _ => return self.view(when).map(Asked::View),
        };
        Ok(Asked::Call(action))
    }

    fn view(&self, when: &Fields<'_>) -> Result<Result<Value, Rejection>, FieldError> {
        let (cluster, lender) = (&self.cluster, self.lender);
        let assets = |assets: Amount| json!({"assets": text(assets.0)});
        Ok(match when.text("action")? {
            "convertToAssets" => {
                let shares = Shares(when.wide("shares")?);
                let worth = cluster.convert_to_assets(self.vault(when, "vault")?, shares);
                worth.map(assets)
            }
            "totalAssets" => {
                let state = cluster.present(self.vault(when, "vault")?);
                let total = state.map(VaultState::total_assets);
                total.map(assets).ok_or(Rejection::VaultUnknown)
            }
            "debtOf" => {
                let debt = cluster.debt(self.vault(when, "vault")?, account(when, "account")?);
                debt.map(|debt| assets(debt.assets_up()))
            }
            "ltvLiquidation" => {
                let ltv = cluster.liquidation_ltv(lender, self.vault(when, "collateral")?);
                ltv.map(|bps| json!({"ltv": bps.0.to_string()}))
            }
            "accountLiquidity" => {
                let purpose = match when.flag("liquidation")? {
                    true => Purpose::Liquidation,
                    false => Purpose::Borrowing,
                };
                let held = cluster.liquidity(lender, account(when, "account")?, purpose);
                held.map(|held| {
                    json!({
                        "collateralValue": text(held.collateral.0),
                        "liabilityValue": text(held.liability.0),
                    })
                })
            }
            "checkLiquidation" => {
                let (liquidator, violator) =
                    (account(when, "liquidator")?, account(when, "violator")?);
                let collateral = self.vault(when, "collateral")?;
                let quote = cluster.check_liquidation(lender, liquidator, violator, collateral);
                quote.map(|quote| {
                    json!({
                        "maxRepay": text(quote.repay_max.0),
                        "maxYield": text(quote.shares_max.0),
                    })
                })
            }
            other => {
                let allowed = "touch, liquidate, convertToAssets, totalAssets, debtOf, \
                               ltvLiquidation, accountLiquidity, checkLiquidation";
                return Err(when.wrong("action", &format!("{other:?}"), allowed));
            }
        })
    }

    /// Runs a call; tells its results and every leaf that it changed.
    fn call(&mut self, before: &Cluster, action: &Action) -> Result<Value, Rejection> {
        let events = self.cluster.apply(action)?;
        let mut got = Map::new();
        for event in &events {
            if let Event::Liquidated(done) = event {
                got.extend(results(done, &events));
            }
        }
        let was = leaves(&self.state(before));
        let is = leaves(&self.state(&self.cluster));
        let post = changed(&was, &is).into_iter().collect();
        got.insert("post".to_owned(), Value::Object(post));
        Ok(Value::Object(got))
    }

    /// Everything that a case may tell, and what everybody else has.
    fn state(&self, cluster: &Cluster) -> Value {
        let named = |leaf: &dyn Fn(VaultId) -> Option<Value>| -> Value {
            let ids = (0..cluster.vaults()).map(VaultId);
            let leaves = self.names.iter().zip(ids);
            leaves
                .filter_map(|(name, id)| Some((name.clone(), leaf(id)?)))
                .collect::<Map<_, _>>()
                .into()
        };
        let party = |id: AccountId| {
            let held = cluster.account(id).cloned().unwrap_or_default();
            let debt = held.holding(self.lender);
            json!({
                "collateral": named(&|vault| Some(text(held.holding(vault).shares.0))),
                "debt": {
                    "owed": text(debt.debt.0),
                    "interestAccumulator": text(debt.accumulator.0),
                },
            })
        };
        let lists = [VIOLATOR, LIQUIDATOR].map(|id| lists(cluster.account(id)));
        json!({
            "vaults": named(&|vault| cluster.stored(vault).map(ledger)),
            "violator": party(VIOLATOR),
            "liquidator": party(LIQUIDATOR),
            "others": format!("{:?}", cluster.account(OTHERS)),
            "lists": lists,
        })
    }
}

/// What a case never tells as changed: which collaterals and controllers an account has.
fn lists(account: Option<&Account>) -> String {
    let lists = account.map(|account| (&account.collaterals, &account.controllers));
    format!("{lists:?}")
}

fn ledger(state: &VaultState) -> Value {
    json!({
        "lastUpdate": state.last_update.0.to_string(),
        "cash": text(state.cash.0),
        "totalShares": text(state.total_shares.0),
        "totalBorrows": text(state.total_borrows.0),
        "accumulatedFees": text(state.accumulated_fees.0),
        "interestAccumulator": text(state.interest_accumulator.0),
        "interestRate": text(state.interest_rate.0),
    })
}

/// What a liquidation tells beside the state.
fn results(done: &Liquidation, events: &[Event]) -> Map<String, Value> {
    let written_off = events.iter().find_map(|event| match event {
        Event::DebtSocialized { assets, .. } => Some(text(assets.0)),
        _ => None,
    });
    let mut told = Map::new();
    told.insert("repayAssets".to_owned(), text(done.repay.0));
    told.insert("yieldBalance".to_owned(), text(done.shares.0));
    told.insert(
        "socializedAssets".to_owned(),
        written_off.unwrap_or(Value::Null),
    );
    told
}

/// An answer with its `post` as leaves by dotted path.
fn flat(told: &Value) -> Value {
    let mut told = told.clone();
    if let Some(post) = told.get_mut("post") {
        let flat = leaves(post).into_iter().collect();
        *post = Value::Object(flat);
    }
    told
}
