//! Liquity cases: changed leaves by dotted path, views among them.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::leaves::changed;
use super::liquity_state::{self as state, Names};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Action, Change, Gains, Hints, LiquityVersion, Outcome, System,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256, WAD};
use serde_json::{Map, Value, json};

/// What the headers call the versions.
const VERSIONS: [(&str, LiquityVersion); 4] = [
    ("v1", LiquityVersion::V1),
    ("v1 (LUSD) mainnet deployment commit", LiquityVersion::V1),
    ("v2", LiquityVersion::V2),
    (
        "v2 (BOLD), single branch, no batch managers",
        LiquityVersion::V2,
    ),
];

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    VERSIONS.iter().map(|(name, _)| *name).collect()
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let known = VERSIONS.iter().find(|(name, _)| *name == version);
    let known = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    let given = case.object("given")?;
    let (system, names) = state::system(known.1, &given)?;
    let mut world = World { system, names };
    if given.has("view") {
        let view = Value::Object(state::view(&world.system, &world.names));
        checker.same("given.view", Some(given.raw("view")?), Some(&view));
    }
    if !case.has("steps") {
        return world.step(case, checker);
    }
    for step in case.list("steps")? {
        world.step(&step, checker)?;
    }
    Ok(())
}

/// A system and the names that the case uses.
struct World {
    system: System,
    names: Names,
}

/// What a step does.
enum Command {
    /// A new price, or nothing but time.
    Observe(Price),
    /// An operation of the contracts.
    Act(Action),
}

impl World {
    fn user(&self, when: &Fields<'_>, key: &str, name: &str) -> Result<AccountId, FieldError> {
        let found = self.names.find(name);
        found.ok_or_else(|| when.wrong(key, name, &self.names.listed()))
    }

    /// The caller; `liq` if left out.
    fn caller(&self, when: &Fields<'_>) -> Result<AccountId, FieldError> {
        let name = if when.has("caller") {
            when.text("caller")?
        } else {
            "liq"
        };
        self.user(when, "caller", name)
    }

    fn command(&self, when: &Fields<'_>) -> Result<Command, FieldError> {
        let kind = when.text("action")?;
        let amount = |key| Ok(Amount(when.wide(key)?));
        let action = match kind {
            "price" => return Ok(Command::Observe(Price(when.wide("price")?))),
            "wait" => return Ok(Command::Observe(self.system.price())),
            "open" => self.open(when)?,
            "addColl" => Action::Adjust {
                caller: self.caller(when)?,
                collateral: Change::Up(amount("coll")?),
                debt: Change::None,
                fee_max: U256::ZERO,
                hints: Hints::default(),
            },
            "provide" => Action::Provide {
                caller: self.caller(when)?,
                amount: amount("amount")?,
                gains: gains(when)?,
            },
            "withdraw" => Action::Withdraw {
                caller: self.caller(when)?,
                amount: amount("amount")?,
                gains: gains(when)?,
            },
            "liquidate" => Action::Liquidate {
                liquidator: self.caller(when)?,
                trove: self.user(when, "trove", when.text("trove")?)?,
            },
            "batch" => Action::LiquidateBatch {
                liquidator: self.caller(when)?,
                troves: self.troves(when)?,
            },
            "liquidateTroves" => Action::LiquidateSmallest {
                liquidator: self.caller(when)?,
                // More than there can be troves is all of them.
                count: u64::try_from(when.wide("n")?).unwrap_or(u64::MAX),
            },
            "claim" => Action::ClaimSurplus {
                caller: self.caller(when)?,
            },
            other => {
                let allowed = "price, wait, open, addColl, provide, withdraw, liquidate, batch, \
                               liquidateTroves, claim";
                return Err(when.wrong("action", &format!("{other:?}"), allowed));
            }
        };
        Ok(Command::Act(action))
    }

    fn open(&self, when: &Fields<'_>) -> Result<Action, FieldError> {
        let (stable, rate, fee_max) = match self.system.version() {
            LiquityVersion::V1 => (when.wide("lusd")?, U256::ZERO, WAD),
            LiquityVersion::V2 => (when.wide("bold")?, when.wide("rate")?, U256::MAX),
        };
        Ok(Action::Open {
            caller: self.caller(when)?,
            stable: Amount(stable),
            collateral: Amount(when.wide("coll")?),
            rate: Ratio(rate),
            fee_max,
            hints: Hints::default(),
        })
    }

    fn troves(&self, when: &Fields<'_>) -> Result<Vec<AccountId>, FieldError> {
        let names = when.texts("troves")?;
        names
            .into_iter()
            .map(|name| self.user(when, "troves", name))
            .collect()
    }

    fn step(&mut self, step: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
        checker.steps += 1;
        let when = step.object("when")?;
        let command = self.command(&when)?;
        let mut now = self.system.now();
        if when.has("at") {
            now = Timestamp(state::count(&when, "at")?);
        }
        let price = match &command {
            Command::Observe(price) => *price,
            Command::Act(_) => self.system.price(),
        };
        let mut moved = self.system.clone();
        if moved.observe(now, price).is_err() {
            let allowed = format!("{} or later", self.system.now().0);
            return Err(when.wrong("at", &now.0.to_string(), &allowed));
        }
        let mut after = moved.clone();
        let outcome = match &command {
            Command::Observe(_) => Ok(None),
            Command::Act(action) => after.apply(action).map(Some),
        };
        let leaves = |system: &System| state::state_leaves(system, &self.names);
        let then = step.object("then")?;
        if then.has("rejected") {
            let refusal = outcome.err().map(|rejection| rejection.name());
            let unchanged = leaves(&moved) == leaves(&after);
            checker.rejection(then.raw("rejected")?, refusal, unchanged);
            return Ok(());
        }
        let told = then.object("ok")?;
        match outcome {
            Err(rejection) => checker.refused(rejection.name()),
            Ok(outcome) => {
                let result = result(after.version(), &command, outcome);
                checker.same("then.ok.result", Some(told.raw("result")?), Some(&result));
                let post: Map<_, _> = changed(&leaves(&self.system), &leaves(&after))
                    .into_iter()
                    .collect();
                let post = Value::Object(post);
                checker.same("then.ok.post", Some(told.raw("post")?), Some(&post));
                self.system = after;
            }
        }
        Ok(())
    }
}

fn gains(when: &Fields<'_>) -> Result<Gains, FieldError> {
    if when.has("claim") && !when.flag("claim")? {
        return Ok(Gains::Kept);
    }
    Ok(Gains::Claimed)
}

/// What an operation returns or says in its event.
fn result(version: LiquityVersion, command: &Command, outcome: Option<Outcome>) -> Value {
    let told = |amount: Amount| text(amount.0);
    let v1 = version == LiquityVersion::V1;
    match outcome {
        None | Some(Outcome::Adjusted { .. } | Outcome::ShutDown) => json!({}),
        Some(Outcome::Opened { debt, fee }) => {
            let key = if v1 { "fee" } else { "upfrontFee" };
            json!({ "debt": told(debt), key: told(fee) })
        }
        Some(Outcome::Closed { repaid, collateral }) => {
            json!({ "repaid": told(repaid), "coll": told(collateral) })
        }
        Some(Outcome::Claimed { collateral }) => json!({ "claimed": told(collateral) }),
        Some(Outcome::Deposited {
            withdrawn,
            collateral,
            gained_yield,
        }) => {
            let mut members = Map::new();
            let key = if v1 { "ethGain" } else { "collSent" };
            members.insert(key.to_owned(), told(collateral));
            if !v1 {
                members.insert("yieldGain".to_owned(), told(gained_yield));
            }
            if matches!(command, Command::Act(Action::Withdraw { .. })) {
                members.insert("withdrawn".to_owned(), told(withdrawn));
            }
            Value::Object(members)
        }
        Some(Outcome::Liquidated(done)) if v1 => {
            let seized = done.collateral.minus_or_zero(done.compensation);
            json!({
                "liquidatedDebt": told(done.debt),
                "liquidatedColl": told(seized.minus_or_zero(done.surplus)),
                "collGasCompensation": told(done.compensation),
                "lusdGasCompensation": told(done.stable_compensation),
            })
        }
        Some(Outcome::Liquidated(done)) => json!({
            "debtOffsetBySP": told(done.offset_debt),
            "debtRedistributed": told(done.redistributed_debt),
            "ethGasCompensation": told(done.ether_compensation),
            "collGasCompensation": told(done.compensation),
            "collSentToSP": told(done.offset_collateral),
            "collRedistributed": told(done.redistributed_collateral),
            "collSurplus": told(done.surplus),
        }),
    }
}
