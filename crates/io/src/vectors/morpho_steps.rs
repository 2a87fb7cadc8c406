//! Morpho Blue cases of several steps: every action of the contract on one market, by and for
//! several accounts, states as leaves by dotted path.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::leaves::{Leaves, leaves};
use super::morpho::read_totals;
use super::posts::{below, compare_step};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::morpho::{
    Action, Event, Events, Irm, Liquidation, Market, MarketSetup, MorphoVersion, Position,
    Quantity, Rejection,
};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp};
use serde_json::{Map, Value, json};

const ACTIONS: &str = "createMarket, accrueInterest, setFee, setFeeRecipient, setAuthorization, \
                       supply, withdraw, borrow, repay, supplyCollateral, withdrawCollateral, \
                       liquidate";

/// Runs one case.
pub(super) fn run(
    version: MorphoVersion,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let given = case.object("given")?;
    let mut world = World::read(version, &given)?;
    let mut before = world.leaves();
    compare_state(&given, &before, checker)?;
    for step in case.list("steps")? {
        checker.steps += 1;
        let (when, then) = (step.object("when")?, step.object("then")?);
        let action = world.action(&when)?;
        world.observe(&when)?;
        let outcome = world.market.apply(&action);
        let after = world.leaves();
        let answer = outcome.map(|events| world.told(&events));
        let answer = answer.map_err(Rejection::name);
        compare_step(&then, (&before, &after), answer, checker)?;
        before = after;
    }
    Ok(())
}

/// The machine starts from what the case tells, and from nothing else.
fn compare_state(
    given: &Fields<'_>,
    shown: &Leaves,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let mut told = Leaves::new();
    for part in ["market", "positions", "holdings", "authorized"] {
        told.extend(below(part, leaves(given.raw(part)?)));
    }
    told.insert(
        "feeRecipient".to_owned(),
        given.raw("feeRecipient")?.clone(),
    );
    let [told, shown] =
        [&told, shown].map(|state| Value::Object(state.clone().into_iter().collect()));
    checker.same("given", Some(&told), Some(&shown));
    Ok(())
}

/// A market and the names that the case gives to its accounts.
struct World {
    market: Market,
    names: Vec<String>,
}

fn account_id(at: usize) -> AccountId {
    AccountId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn read_irm(given: &Fields<'_>) -> Result<Irm, FieldError> {
    let irm = given.object("irm")?;
    match irm.text("model")? {
        "none" => Ok(Irm::None),
        "usage" => Ok(Irm::Usage),
        "fixed" => Ok(Irm::Fixed(Ratio(irm.wide("rate")?))),
        other => {
            let allowed = "\"none\", \"usage\", \"fixed\"";
            Err(irm.wrong("model", &format!("{other:?}"), allowed))
        }
    }
}

fn read_position(fields: &Fields<'_>) -> Result<Position, FieldError> {
    Ok(Position {
        supply_shares: Shares(fields.wide("supplyShares")?),
        borrow_shares: Shares(fields.wide("borrowShares")?),
        collateral: Amount(fields.wide("collateral")?),
    })
}

fn read_quantity(when: &Fields<'_>) -> Result<Quantity, FieldError> {
    Ok(Quantity {
        assets: Amount(when.wide("assets")?),
        shares: Shares(when.wide("shares")?),
    })
}

impl World {
    fn read(version: MorphoVersion, given: &Fields<'_>) -> Result<Self, FieldError> {
        let told = given.object("positions")?;
        let names: Vec<String> = told.members().map(|(name, _)| name.to_owned()).collect();
        let positions: Result<Vec<_>, _> = told.members().map(|(_, f)| read_position(&f)).collect();
        let setup = MarketSetup {
            version,
            threshold: Ratio(given.wide("lltv")?),
            irm: read_irm(given)?,
            price: Price(given.wide("price")?),
            now: Timestamp(given.u64("timestamp")?),
            totals: read_totals(&given.object("market")?)?,
            fee_recipient: find(&names, given, "feeRecipient", given.text("feeRecipient")?)?,
            positions: positions?,
        };
        let market = setup.build().map_err(|error| FieldError {
            field: format!("given.{}", error.field),
            problem: error.problem,
        })?;
        let mut world = Self { market, names };
        world.authorize(&given.object("authorized")?)?;
        Ok(world)
    }

    /// Gives the leaves to act that hold from the start.
    fn authorize(&mut self, told: &Fields<'_>) -> Result<(), FieldError> {
        for (owner, managers) in told.members() {
            let caller = find(&self.names, told, owner, owner)?;
            for (name, _) in managers.members() {
                let manager = find(&self.names, &managers, name, name)?;
                let allowed = managers.flag(name)?;
                let given = self.market.apply(&Action::SetAuthorization {
                    caller,
                    manager,
                    allowed,
                });
                given.map_err(|rejection| managers.wrong(name, rejection.name(), "true"))?;
            }
        }
        Ok(())
    }

    /// Moves to the step's time, with the price that holds from then on.
    fn observe(&mut self, when: &Fields<'_>) -> Result<(), FieldError> {
        let now = Timestamp(when.u64("timestamp")?);
        let price = if when.has("price") {
            Price(when.wide("price")?)
        } else {
            self.market.price()
        };
        let moved = self.market.observe(now, price);
        moved.map_err(|_| {
            let allowed = format!("{} or later", self.market.now().0);
            when.wrong("timestamp", &now.0.to_string(), &allowed)
        })
    }

    fn account(&self, when: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        find(&self.names, when, key, when.text(key)?)
    }

    fn action(&self, when: &Fields<'_>) -> Result<Action, FieldError> {
        match when.text("action")? {
            "createMarket" => Ok(Action::CreateMarket),
            "accrueInterest" => Ok(Action::AccrueInterest),
            "setFee" => Ok(Action::SetFee {
                fee: Ratio(when.wide("fee")?),
            }),
            "setFeeRecipient" => Ok(Action::SetFeeRecipient {
                recipient: self.account(when, "recipient")?,
            }),
            "setAuthorization" => Ok(Action::SetAuthorization {
                caller: self.account(when, "caller")?,
                manager: self.account(when, "manager")?,
                allowed: when.flag("allowed")?,
            }),
            "liquidate" => Ok(Action::Liquidate {
                borrower: self.account(when, "borrower")?,
                seized_assets: Amount(when.wide("seizedAssets")?),
                repaid_shares: Shares(when.wide("repaidShares")?),
            }),
            other => self.transfer(other, when),
        }
    }

    /// What moves tokens on behalf of an account.
    fn transfer(&self, action: &str, when: &Fields<'_>) -> Result<Action, FieldError> {
        let on_behalf = || self.account(when, "onBehalf");
        let caller = || self.account(when, "caller");
        match action {
            "supply" => Ok(Action::Supply {
                on_behalf: on_behalf()?,
                quantity: read_quantity(when)?,
            }),
            "withdraw" => Ok(Action::Withdraw {
                caller: caller()?,
                on_behalf: on_behalf()?,
                quantity: read_quantity(when)?,
            }),
            "borrow" => Ok(Action::Borrow {
                caller: caller()?,
                on_behalf: on_behalf()?,
                quantity: read_quantity(when)?,
            }),
            "repay" => Ok(Action::Repay {
                on_behalf: on_behalf()?,
                quantity: read_quantity(when)?,
            }),
            "supplyCollateral" => Ok(Action::SupplyCollateral {
                on_behalf: on_behalf()?,
                assets: Amount(when.wide("assets")?),
            }),
            "withdrawCollateral" => Ok(Action::WithdrawCollateral {
                caller: caller()?,
                on_behalf: on_behalf()?,
                assets: Amount(when.wide("assets")?),
            }),
            other => Err(when.wrong("action", &format!("{other:?}"), ACTIONS)),
        }
    }

    fn name(&self, id: AccountId) -> &str {
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.names.get(at).map_or("unknown", String::as_str)
    }

    /// Events under the contract's names.
    fn told(&self, events: &Events) -> Value {
        events.iter().map(|event| self.event(event)).collect()
    }

    fn event(&self, event: &Event) -> Value {
        let moved = |name: &str, account: AccountId, assets: Amount, shares: Shares| {
            json!({
                "event": name, "onBehalf": self.name(account),
                "assets": text(assets.0), "shares": text(shares.0),
            })
        };
        let collateral = |name: &str, account: AccountId, assets: Amount| json!({"event": name, "onBehalf": self.name(account), "assets": text(assets.0)});
        match *event {
            Event::Created => json!({"event": "CreateMarket"}),
            Event::Accrued(told) => json!({
                "event": "AccrueInterest", "prevBorrowRate": text(told.rate.0),
                "interest": text(told.interest.0), "feeShares": text(told.fee_shares.0),
            }),
            Event::FeeSet(fee) => json!({"event": "SetFee", "newFee": text(fee.0)}),
            Event::FeeRecipientSet(recipient) => {
                json!({"event": "SetFeeRecipient", "newFeeRecipient": self.name(recipient)})
            }
            Event::AuthorizationSet {
                owner,
                manager,
                allowed,
            } => json!({
                "event": "SetAuthorization", "authorizer": self.name(owner),
                "authorized": self.name(manager), "newIsAuthorized": allowed,
            }),
            Event::Supplied {
                account,
                assets,
                shares,
            } => moved("Supply", account, assets, shares),
            Event::Withdrawn {
                account,
                assets,
                shares,
            } => moved("Withdraw", account, assets, shares),
            Event::Borrowed {
                account,
                assets,
                shares,
            } => moved("Borrow", account, assets, shares),
            Event::Repaid {
                account,
                assets,
                shares,
            } => moved("Repay", account, assets, shares),
            Event::CollateralSupplied { account, assets } => {
                collateral("SupplyCollateral", account, assets)
            }
            Event::CollateralWithdrawn { account, assets } => {
                collateral("WithdrawCollateral", account, assets)
            }
            Event::Liquidated(told) => self.liquidation(&told),
        }
    }

    fn liquidation(&self, told: &Liquidation) -> Value {
        json!({
            "event": "Liquidate", "borrower": self.name(told.borrower),
            "repaidAssets": text(told.repaid_assets.0), "repaidShares": text(told.repaid_shares.0),
            "seizedAssets": text(told.seized_assets.0), "badDebtAssets": text(told.bad_debt_assets.0),
            "badDebtShares": text(told.bad_debt_shares.0),
        })
    }

    /// The whole state, by the paths of `given`.
    fn leaves(&self) -> Leaves {
        let market = &self.market;
        let (totals, held) = (market.totals(), market.holdings());
        leaves(&json!({
            "market": {
                "totalSupplyAssets": text(totals.supply_assets.0),
                "totalSupplyShares": text(totals.supply_shares.0),
                "totalBorrowAssets": text(totals.borrow_assets.0),
                "totalBorrowShares": text(totals.borrow_shares.0),
                "lastUpdate": totals.last_update.0.to_string(),
                "fee": text(totals.fee.0),
            },
            "positions": self.positions(),
            "holdings": {"loan": text(held.loan.0), "collateral": text(held.collateral.0)},
            "feeRecipient": self.name(market.fee_recipient()),
            "authorized": self.authorized(),
        }))
    }

    fn positions(&self) -> Value {
        let position = |(at, name): (usize, &String)| {
            let held = self.market.position(account_id(at)).copied();
            let held = held.unwrap_or_default();
            let told = json!({
                "supplyShares": text(held.supply_shares.0),
                "borrowShares": text(held.borrow_shares.0),
                "collateral": text(held.collateral.0),
            });
            (name.clone(), told)
        };
        Value::Object(self.names.iter().enumerate().map(position).collect())
    }

    /// Who may act for whom.
    fn authorized(&self) -> Value {
        let mut all = Map::new();
        for (owner, name) in self.names.iter().enumerate() {
            let leave = |manager: &usize| {
                self.market
                    .has_leave(account_id(owner), account_id(*manager))
            };
            let managers = (0..self.names.len()).filter(leave);
            let told = managers.map(|at| (self.name(account_id(at)).to_owned(), json!(true)));
            all.insert(name.clone(), Value::Object(told.collect()));
        }
        Value::Object(all)
    }
}

/// The account of a name.
fn find(
    names: &[String],
    fields: &Fields<'_>,
    key: &str,
    name: &str,
) -> Result<AccountId, FieldError> {
    let at = names.iter().position(|held| held == name);
    let at = at.ok_or_else(|| fields.wrong(key, &format!("{name:?}"), &names.join(", ")))?;
    Ok(account_id(at))
}
