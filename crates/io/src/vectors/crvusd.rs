//! crvUSD cases: several steps on one market, states as leaves by dotted path.

use super::compare::Checker;
use super::crvusd_state::{Names, State, read_market};
use super::fields::{FieldError, Fields, text};
use super::leaves::{changed, leaves};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::crvusd::{Action, Limit, Market, Outcome, Rejection, Token};
use backstop_core::units::{Amount, Price, Timestamp, U256, WAD};
use serde_json::{Value, json};

/// What a header calls the one version.
const VERSION: &str = "v1 branch (AMM.vy, Controller.vy, ControllerFactory.vy)";

const ACTIONS: &str = "price, wait, set_rate, create_loan, exchange, exchange_dy, liquidate, \
                       liquidate_extended, repay, add_collateral, remove_collateral, borrow_more";

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    vec![VERSION]
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    if version != VERSION {
        return Err(case.wrong("version", version, VERSION));
    }
    let given = case.object("given")?;
    let names = Names::read(&given)?;
    let market = read_market(&given, &names)?;
    let state = State::of(&market, &names);
    let [told, read] = [given.value(), &state.value()].map(|state| leaves(state).into_iter());
    checker.same("given", Some(&told.collect()), Some(&read.collect()));
    let mut world = World {
        market,
        names,
        state,
    };
    for step in case.list("steps")? {
        world.step(&step, checker)?;
    }
    Ok(())
}

/// What a step asks for beside new time and price.
enum Call {
    /// Nothing.
    Observe,
    /// Another rate of the policy, taken over at once.
    SetRate(U256),
    Act(Action),
}

/// A market, the names that a case gives to its accounts, and its state as leaves.
struct World {
    market: Market,
    names: Names,
    state: State,
}

fn amount(when: &Fields<'_>, key: &str) -> Result<Amount, FieldError> {
    when.wide(key).map(Amount)
}

/// A number of bands; more than any market allows where it does not fit.
fn bands(when: &Fields<'_>) -> Result<u32, FieldError> {
    Ok(u32::try_from(when.wide("N")?).unwrap_or(u32::MAX))
}

fn paid_token(when: &Fields<'_>) -> Result<Token, FieldError> {
    match when.text("i")? {
        "0" => Ok(Token::Stable),
        "1" => Ok(Token::Collateral),
        other => Err(when.wrong("i", &format!("{other:?}"), "\"0\", \"1\"")),
    }
}

/// When the step's block is made; the present time if left out.
fn moment(when: &Fields<'_>, now: Timestamp) -> Result<Timestamp, FieldError> {
    if !when.has("at") {
        return Ok(now);
    }
    let wide = when.wide("at")?;
    let at = u64::try_from(wide).ok().filter(|at| *at >= now.0);
    let allowed = format!("{} or later, below 2^64", now.0);
    let at = at.ok_or_else(|| when.wrong("at", &wide.to_string(), &allowed))?;
    Ok(Timestamp(at))
}

/// What a step returned, under the contracts' names.
fn result(action: &str, outcome: Outcome) -> Value {
    match outcome {
        Outcome::Placed { first, last } if action == "create_loan" => {
            json!({"n1": first.to_string(), "n2": last.to_string()})
        }
        Outcome::Exchanged { paid, received } => {
            json!({"in": text(paid.0), "out": text(received.0)})
        }
        Outcome::Liquidated(told) => json!({
            "x": text(told.stable.0),
            "y": text(told.collateral.0),
            "debt_repaid": text(told.debt.0),
            "debt_left": text(told.debt_left.0),
        }),
        _ => json!({}),
    }
}

impl World {
    fn step(&mut self, step: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
        checker.steps += 1;
        let (when, then) = (step.object("when")?, step.object("then")?);
        let action = when.text("action")?;
        let call = self.call(action, &when)?;
        let before = self.market.clone();
        self.observe(action, &when)?;
        let observed = self.market.state_hash();
        let outcome = self.perform(&call);
        if then.has("rejected") {
            let unchanged = self.market.state_hash() == observed;
            let got = outcome.err().map(Rejection::name);
            checker.rejection(then.raw("rejected")?, got, unchanged);
            // The time of a rejected step is no time that passed.
            self.market = before;
            return Ok(());
        }
        let told = then.object("ok")?;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(rejection) => {
                checker.refused(rejection.name());
                self.market = before;
                return Ok(());
            }
        };
        let state = State::of(&self.market, &self.names);
        let post = changed(&self.state.0, &state.0);
        let got = json!({"result": result(action, outcome), "post": post});
        checker.same("then.ok", Some(told.value()), Some(&got));
        self.state = state;
        Ok(())
    }

    /// Moves to the step's time, with the price that holds from then on.
    fn observe(&mut self, action: &str, when: &Fields<'_>) -> Result<(), FieldError> {
        let price = match action {
            "price" => Price(when.wide("price")?),
            _ => self.market.oracle_price(),
        };
        let now = moment(when, self.market.now())?;
        let moved = self.market.observe(now, price);
        moved.map_err(|rejection| when.wrong("at", rejection.name(), "a later time"))
    }

    fn perform(&mut self, call: &Call) -> Result<Outcome, Rejection> {
        match call {
            Call::Observe => Ok(Outcome::Done),
            Call::SetRate(rate) => {
                let before = self.market.policy_rate();
                self.market.set_policy_rate(*rate);
                let saved = self.market.apply(&Action::SaveRate);
                if saved.is_err() {
                    self.market.set_policy_rate(before);
                }
                saved
            }
            Call::Act(action) => self.market.apply(action),
        }
    }

    fn account(&self, when: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        self.names.find(when, key, when.text(key)?)
    }

    fn call(&self, action: &str, when: &Fields<'_>) -> Result<Call, FieldError> {
        match action {
            "price" | "wait" => return Ok(Call::Observe),
            "set_rate" => return when.wide("rate").map(Call::SetRate),
            _ => {}
        }
        let caller = self.account(when, "caller")?;
        let action = match action {
            "create_loan" => Action::CreateLoan {
                caller,
                owner: caller,
                collateral: amount(when, "collateral")?,
                debt: amount(when, "debt")?,
                bands: bands(when)?,
            },
            "exchange" | "exchange_dy" => Action::Exchange {
                caller,
                pay: paid_token(when)?,
                limit: limit(action, when)?,
            },
            "liquidate" | "liquidate_extended" => Action::Liquidate {
                caller,
                owner: self.account(when, "user")?,
                stable_min: amount(when, "min_x")?,
                fraction: match action {
                    "liquidate" => WAD,
                    _ => when.wide("frac")?,
                },
            },
            _ => self.loan_change(action, caller, when)?,
        };
        Ok(Call::Act(action))
    }

    /// What changes an open loan.
    fn loan_change(
        &self,
        action: &str,
        caller: AccountId,
        when: &Fields<'_>,
    ) -> Result<Action, FieldError> {
        let owner = || self.account(when, "user");
        match action {
            "repay" => Ok(Action::Repay {
                caller,
                owner: owner()?,
                amount: amount(when, "amount")?,
                active_band_max: i64::MAX,
            }),
            "add_collateral" => Ok(Action::AddCollateral {
                caller,
                owner: owner()?,
                amount: amount(when, "amount")?,
            }),
            "remove_collateral" => Ok(Action::RemoveCollateral {
                caller,
                owner: owner()?,
                amount: amount(when, "amount")?,
            }),
            "borrow_more" => Ok(Action::BorrowMore {
                caller,
                owner: owner()?,
                collateral: amount(when, "collateral")?,
                debt: amount(when, "debt")?,
            }),
            other => Err(when.wrong("action", &format!("{other:?}"), ACTIONS)),
        }
    }
}

fn limit(action: &str, when: &Fields<'_>) -> Result<Limit, FieldError> {
    let amount = amount(when, "amount")?;
    Ok(match action {
        "exchange" => Limit::Paid {
            amount,
            received_min: Amount(when.wide("min")?),
        },
        _ => Limit::Received {
            amount,
            paid_max: Amount(when.wide("max")?),
        },
    })
}
