//! Maker's cases: price curves, Dutch and English collateral auctions, debt and surplus auctions.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::leaves::Leaves;
use super::maker_state::{Names, TYPE, curve, read, show};
use super::posts::{compare_given, compare_step, seconds, steps};
use backstop_core::auction::AuctionId;
use backstop_core::protocol::maker::{
    Action, BiddingParameter, CollateralParameter, House, Liquidation, Maker, Outcome, Parameter,
    Quote, Rejection, SystemParameter, check_curve,
};
use backstop_core::units::{Amount, Price, Timestamp, Value as Rad};
use serde_json::{Map, Value, json};

/// The headers' versions; where two are named, each case says which it is.
pub(super) fn versions() -> Vec<&'static str> {
    vec![
        CURVES,
        "liquidations-2.0 (Dog/Clipper)",
        "Cat+Flipper: 1.2 (dss HEAD) and 1.0.3; see given.version",
        "Vow+Flopper: dss HEAD and 1.0.3; see given.version",
        "Vow+Flapper: dss HEAD (lid/fill) and 1.0.3; see given.version",
    ]
}

const CURVES: &str = "abaci (Clipper price curves)";

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    if version == CURVES {
        return run_curve(case, checker);
    }
    let given = case.object("given")?;
    let steps = steps(case)?;
    let calls = steps.iter().map(|step| step.object("when"));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    let (mut maker, names) = read(&given, &calls)?;
    let mut before = show(&maker, &names);
    compare_told(&given, &before, checker)?;
    for (step, when) in steps.iter().zip(&calls) {
        checker.steps += 1;
        let then = step.object("then")?;
        let (after, answer) = call(&maker, when, &names)?;
        let shown = after
            .as_ref()
            .map_or_else(|| before.clone(), |after| show(after, &names));
        let answer = answer.map_err(Rejection::name);
        compare_step(&then, (&before, &shown), answer, checker)?;
        if let Some(after) = after {
            maker = after;
        }
        before = shown;
    }
    Ok(())
}

/// A case of a price curve: one price, or why there is none.
fn run_curve(case: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
    checker.steps += 1;
    let (given, when) = (case.object("given")?, case.object("when")?);
    let action = when.text("action")?;
    if action != "price" {
        return Err(when.wrong("action", action, "price"));
    }
    let curve = curve(&given, "curve")?;
    let (top, elapsed) = (Price(when.wide("top")?), when.wide("dur")?);
    let price = check_curve(&curve).and_then(|()| Ok(curve.price(top, elapsed)?));
    let then = case.object("then")?;
    match price {
        _ if then.has("rejected") => {
            let refusal = price.err().map(Rejection::name);
            checker.rejection(then.raw("rejected")?, refusal, true);
        }
        Ok(price) => {
            let got = json!({"price": text(price.0)});
            checker.same("then.ok", Some(then.raw("ok")?), Some(&got));
        }
        Err(rejection) => checker.refused(rejection.name()),
    }
    Ok(())
}

/// Everything that the case tells of its pre-state is in the machine; the list of running auctions
/// is one leaf.
fn compare_told(
    given: &Fields<'_>,
    shown: &Leaves,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let mut told = given.value().clone();
    if let Some(told) = told.as_object_mut() {
        told.remove("version");
    }
    if given.has("clip") {
        let active = Value::from(given.object("clip")?.texts("active")?);
        checker.same("given.clip.active", Some(&active), shown.get("clip.active"));
        told["clip"]["active"] = Value::Null;
    }
    compare_given(&told, shown, checker);
    Ok(())
}

/// The system after a call, unless it was rejected, and the call's answer.
fn call(
    maker: &Maker,
    when: &Fields<'_>,
    names: &Names,
) -> Result<(Option<Maker>, Result<Value, Rejection>), FieldError> {
    let mut next = maker.clone();
    let moved = match when.has("at") {
        true => next.advance(Timestamp(seconds(when, "at")?)),
        false => Ok(()),
    };
    let answer = if when.text("action")? == "status" {
        let id = auction_id(when)?;
        moved.and_then(|()| status(&next, id))
    } else {
        let action = action(when, names)?;
        let done = moved.and_then(|()| next.apply(&action));
        done.map(|outcome| result(&outcome))
    };
    Ok((answer.is_ok().then_some(next), answer))
}

fn auction_id(when: &Fields<'_>) -> Result<AuctionId, FieldError> {
    when.wide("id").map(AuctionId)
}

/// The answer to the question where a Dutch auction stands.
fn status(maker: &Maker, id: AuctionId) -> Result<Value, Rejection> {
    let status = maker.sale_status(TYPE, id)?;
    Ok(json!({
        "needsRedo": status.needs_reset,
        "price": text(status.price.0),
        "lot": text(status.lot.0),
        "tab": text(status.target.0),
    }))
}

/// What a call answers, by the contract's names.
fn result(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Done => json!({}),
        Outcome::Liquidated(taken) => liquidation(taken),
        Outcome::Bought(bought) => json!({
            "price": text(bought.price.0),
            "owe": text(bought.paid.0),
            "slice": text(bought.bought.0),
            "tab": text(bought.target.0),
            "lot": text(bought.lot.0),
        }),
        Outcome::Restarted { top, reward } => {
            json!({"top": text(top.0), "coin": text(reward.0)})
        }
        Outcome::Started(id) => json!({"id": text(id.0)}),
        Outcome::Poked(price) => json!({"spot": text(price.0)}),
    }
}

fn liquidation(taken: &Liquidation) -> Value {
    let mut shown = Map::new();
    let mut put = |key: &str, value| shown.insert(key.to_owned(), text(value));
    put("id", taken.auction.0);
    put("dink", taken.collateral.0);
    put("dart", taken.debt.0);
    put("due", taken.due.0);
    put("tab", taken.target.0);
    if let (Some(top), Some(reward)) = (taken.top, taken.reward) {
        put("top", top.0);
        put("coin", reward.0);
    }
    Value::Object(shown)
}

/// A call of a case as the machine's action.
fn action(when: &Fields<'_>, names: &Names) -> Result<Action, FieldError> {
    let name = when.text("action")?;
    if let Some((section, call)) = name.split_once('.') {
        let house = match section {
            "flip" => House::Collateral(TYPE),
            "flop" => House::Debt,
            "flap" => House::Surplus,
            _ if name == "vow.cage" => return Ok(Action::ShutDown),
            _ => return Err(when.wrong("action", name, ACTIONS)),
        };
        return bidding(when, names, house, call);
    }
    let asset = TYPE;
    Ok(match name {
        "bark" | "bite" => Action::Liquidate {
            asset,
            vault: names.id(when, "urn")?,
            keeper: match when.has("keeper") {
                true => names.id(when, "keeper")?,
                false => names.role("admin"),
            },
        },
        "take" => Action::Take {
            asset,
            auction: auction_id(when)?,
            amount: Amount(when.wide("amt")?),
            price_max: Price(when.wide("max")?),
            receiver: names.id(when, "who")?,
            caller: names.id(when, "caller")?,
        },
        "redo" => Action::Reset {
            asset,
            auction: auction_id(when)?,
            keeper: names.id(when, "keeper")?,
        },
        "yank" => Action::CancelSale {
            asset,
            auction: auction_id(when)?,
            caller: names.role("admin"),
        },
        "upchost" => Action::RefreshMinRest { asset },
        "poke" => Action::PokePrice { asset },
        "osm" => Action::SetSource {
            asset,
            quote: Quote {
                value: when.wide("value")?,
                valid: when.flag("valid")?,
            },
        },
        "set" => Action::Set {
            parameter: parameter(when)?,
            value: when.wide("value")?,
        },
        _ => return treasury(when, names, name),
    })
}

const ACTIONS: &str = "bark, bite, take, redo, status, yank, upchost, poke, osm, set, fess, suck, \
                       give, flog, heal, kiss, flop, flap, vow.cage, flip.…, flop.…, flap.…";

/// A call of the treasury.
fn treasury(when: &Fields<'_>, names: &Names, name: &str) -> Result<Action, FieldError> {
    let amount = || when.wide("rad").map(Rad);
    Ok(match name {
        "fess" => Action::QueueDebt {
            amount: amount()?,
            receiver: names.role("admin"),
        },
        "suck" => Action::Issue {
            amount: amount()?,
            receiver: names.id(when, "to")?,
        },
        "give" => Action::Move {
            from: names.role("admin"),
            to: names.id(when, "to")?,
            amount: amount()?,
        },
        "flog" => Action::Release {
            since: when.wide("era")?,
        },
        "heal" => Action::Heal { amount: amount()? },
        "kiss" => Action::HealAuctioned { amount: amount()? },
        "flop" => Action::StartDebtAuction,
        "flap" => Action::StartSurplusAuction,
        _ => return Err(when.wrong("action", name, ACTIONS)),
    })
}

/// A call of an English house.
fn bidding(
    when: &Fields<'_>,
    names: &Names,
    house: House,
    call: &str,
) -> Result<Action, FieldError> {
    let auction = auction_id(when)?;
    Ok(match call {
        "tend" => Action::Raise {
            house,
            auction,
            lot: when.wide("lot")?,
            bid: when.wide("bid")?,
            caller: names.id(when, "caller")?,
        },
        "dent" => Action::Lower {
            house,
            auction,
            lot: when.wide("lot")?,
            bid: when.wide("bid")?,
            caller: names.id(when, "caller")?,
        },
        "deal" => Action::Settle { house, auction },
        "tick" => Action::Extend { house, auction },
        "yank" => Action::CancelBid {
            house,
            auction,
            caller: names.role("admin"),
        },
        _ => return Err(when.wrong("action", call, ACTIONS)),
    })
}

/// The parameter at a dotted path.
fn parameter(when: &Fields<'_>) -> Result<Parameter, FieldError> {
    use BiddingParameter as B;
    use CollateralParameter as C;
    use SystemParameter as S;
    let path = when.text("key")?;
    let system = |parameter| Ok(Parameter::System(parameter));
    let own = |parameter| Ok(Parameter::Collateral(TYPE, parameter));
    match path {
        "dog.live" | "cat.live" => system(S::Liquidations),
        "dog.Hole" | "cat.box" => system(S::LiquidationLimit),
        "spotter.par" => system(S::TargetPrice),
        "vow.wait" => system(S::QueueDelay),
        "vow.dump" => system(S::DebtLot),
        "vow.sump" => system(S::DebtBid),
        "vow.bump" => system(S::SurplusLot),
        "vow.hump" => system(S::SurplusBuffer),
        "flop.pad" => system(S::DebtLotGrowth),
        "flap.lid" => system(S::SurplusLimit),
        "vat.ilk.spot" => own(C::SafePrice),
        "vat.ilk.dust" => own(C::DebtFloor),
        "spotter.mat" => own(C::LiquidationRatio),
        "dog.chop" | "cat.chop" => own(C::Penalty),
        "dog.hole" => own(C::LiquidationLimit),
        "cat.lump" | "cat.dunk" => own(C::LotMax),
        "clip.buf" => own(C::StartFactor),
        "clip.tail" => own(C::ResetAfter),
        "clip.cusp" => own(C::ResetBelow),
        "clip.chip" => own(C::KeeperShare),
        "clip.tip" => own(C::KeeperFlat),
        "clip.stopped" => own(C::Halted),
        "calc.tau" => own(C::CurveDuration),
        "calc.step" => own(C::CurveStep),
        "calc.cut" => own(C::CurveCut),
        _ => {
            let (section, key) = path.split_once('.').unwrap_or((path, ""));
            let house = match section {
                "flip" => House::Collateral(TYPE),
                "flop" => House::Debt,
                "flap" => House::Surplus,
                _ => return Err(when.wrong("key", path, "the path of a parameter")),
            };
            let parameter = match key {
                "beg" => B::MinStep,
                "ttl" => B::BidDuration,
                "tau" => B::Duration,
                _ => return Err(when.wrong("key", path, "the path of a parameter")),
            };
            Ok(Parameter::Bidding(house, parameter))
        }
    }
}
