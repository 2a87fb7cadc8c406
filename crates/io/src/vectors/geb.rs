//! GEB's cases: liquidations and auctions whose discount grows.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use super::leaves::{Leaves, leaves};
use super::posts::{below, compare_given, compare_step, key_number, number, seconds, steps};
use backstop_core::auction::{AuctionId, Ray};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::geb::{
    Account, Action, Bid, Core, Feed, FeedName, Feeds, Geb, GebSetup, House, LiquidationEngine,
    Outcome, Rejection, Relayer, Roles, SafeEngine,
};
use backstop_core::units::{
    Amount, Index, Price, RAY, Ratio, Shares, Timestamp, U256, Value as Rad, WAD,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The header's version.
pub(super) fn versions() -> Vec<&'static str> {
    vec!["IncreasingDiscountCollateralAuctionHouse + LiquidationEngine (src/single)"]
}

const TREASURY: &str = "accounting";
const HOUSE: &str = "house";

/// Addresses by name; ids follow the alphabet.
struct Names(Vec<String>);

impl Names {
    fn collect(given: &Fields<'_>, calls: &[Fields<'_>]) -> Result<Self, FieldError> {
        let mut found: BTreeSet<&str> = BTreeSet::from([TREASURY, HOUSE]);
        let safes = given.object("safeEngine")?;
        for map in ["safes", "coinBalance", "debtBalance", "tokenCollateral"] {
            let names = safes.object(map)?;
            found.extend(names.members().map(|(name, _)| name));
        }
        for when in calls {
            for key in ["safe", "caller"] {
                if when.has(key) {
                    found.insert(when.text(key)?);
                }
            }
        }
        Ok(Self(found.into_iter().map(str::to_owned).collect()))
    }

    fn find(&self, name: &str) -> Option<AccountId> {
        let at = self.0.iter().position(|known| known == name)?;
        u32::try_from(at).ok().map(AccountId)
    }

    fn id(&self, fields: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        let name = fields.text(key)?;
        self.find(name)
            .ok_or_else(|| fields.wrong(key, name, &self.0.join(", ")))
    }

    fn name(&self, AccountId(id): AccountId) -> Value {
        let found = usize::try_from(id).ok().and_then(|id| self.0.get(id));
        found.map_or(Value::Null, |name| Value::from(name.as_str()))
    }
}

/// Runs one case.
pub(super) fn run(
    _version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let given = case.object("given")?;
    let steps = steps(case)?;
    let calls = steps.iter().map(|step| step.object("when"));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    let names = Names::collect(&given, &calls)?;
    let mut geb = read(&given, &names)?;
    let mut before = show(&geb, &names);
    compare_given(given.value(), &before, checker);
    for (step, when) in steps.iter().zip(&calls) {
        checker.steps += 1;
        let mut next = geb.clone();
        let answer = call(&mut next, when, &names)?.map_err(Rejection::name);
        if answer.is_ok() {
            geb = next;
        }
        let after = show(&geb, &names);
        compare_step(&step.object("then")?, (&before, &after), answer, checker)?;
        before = after;
    }
    Ok(())
}

fn read(given: &Fields<'_>, names: &Names) -> Result<Geb, FieldError> {
    let safes = given.object("safeEngine")?;
    let setup = GebSetup {
        core: Core {
            now: Timestamp(seconds(given, "now")?),
            safes: SafeEngine {
                debt_index: Index(safes.wide("rate")?),
                liquidation_price: Price(safes.wide("liquidationPrice")?),
                debt_floor: Rad(safes.wide("debtFloor")?),
            },
            engine: engine(&given.object("engine")?)?,
            relayer: relayer(&given.object("relayer")?)?,
            feeds: feeds(&given.object("feeds")?)?,
            house: house(&given.object("house")?)?,
            queued: Rad(given.object("accounting")?.wide("totalQueuedDebt")?),
        },
        roles: Roles {
            treasury: names.find(TREASURY).unwrap_or_default(),
            house: names.find(HOUSE).unwrap_or_default(),
        },
        accounts: accounts(&safes, names)?,
        bids: bids(&given.object("house")?, names)?,
    };
    setup.build().map_err(|error| FieldError {
        field: format!("given: {}", error.field),
        problem: error.problem,
    })
}

fn engine(fields: &Fields<'_>) -> Result<LiquidationEngine, FieldError> {
    Ok(LiquidationEngine {
        enabled: true,
        limit: Rad(fields.wide("limit")?),
        in_auction: Rad(fields.wide("onAuction")?),
        penalty: Ratio(fields.wide("penalty")?),
        lot_max: Rad(fields.wide("quantity")?),
    })
}

/// The bounds of the rate are those of a new contract; no case tells them.
fn relayer(fields: &Fields<'_>) -> Result<Relayer, FieldError> {
    Ok(Relayer {
        price: Price(fields.wide("redemptionPrice")?),
        rate: Ray(fields.wide("redemptionRate")?),
        rate_min: Ray(U256::ONE),
        rate_max: Ray(RAY.wrapping_mul(WAD)),
        updated: Timestamp(seconds(fields, "updateTime")?),
        liquidation_ratio: Ray(fields.wide("liquidationCRatio")?),
    })
}

fn feeds(fields: &Fields<'_>) -> Result<Feeds, FieldError> {
    let mut feeds = Feeds::default();
    for (key, name) in FEEDS {
        let told = fields.object(key)?;
        *feeds.feed_mut(name) = Feed {
            value: told.wide("value")?,
            valid: told.flag("valid")?,
            connected: told.flag("set")?,
        };
    }
    Ok(feeds)
}

const FEEDS: [(&str, FeedName); 3] = [
    ("fsm", FeedName::Delayed),
    ("median", FeedName::Median),
    ("coin", FeedName::Coin),
];

fn house(fields: &Fields<'_>) -> Result<House, FieldError> {
    let ratio = |key: &str| fields.wide(key).map(Ratio);
    Ok(House {
        bid_min: Amount(fields.wide("minimumBid")?),
        first_discount: ratio("minDiscount")?,
        last_discount: ratio("maxDiscount")?,
        discount_rate: Ray(fields.wide("perSecondDiscountUpdateRate")?),
        discount_duration: fields.wide("maxDiscountUpdateRateTimeline")?,
        collateral_lower: ratio("lowerCollateralMedianDeviation")?,
        collateral_upper: ratio("upperCollateralMedianDeviation")?,
        coin_lower: ratio("lowerSystemCoinMedianDeviation")?,
        coin_upper: ratio("upperSystemCoinMedianDeviation")?,
        coin_min: ratio("minSystemCoinMedianDeviation")?,
        last_redemption_price: Price(fields.wide("lastReadRedemptionPrice")?),
        started: fields.wide("auctionsStarted")?,
    })
}

fn accounts(safes: &Fields<'_>, names: &Names) -> Result<Vec<Account>, FieldError> {
    let told = safes.object("safes")?;
    let part = |key| safes.object(key).map(Some);
    let (coins, debts) = (part("coinBalance")?, part("debtBalance")?);
    let free = part("tokenCollateral")?;
    let mut accounts = Vec::with_capacity(names.0.len());
    for name in &names.0 {
        let safe = match told.has(name) {
            true => Some(told.object(name)?),
            false => None,
        };
        accounts.push(Account {
            coins: Rad(number(coins.as_ref(), name)?),
            bad_debt: Rad(number(debts.as_ref(), name)?),
            free: Amount(number(free.as_ref(), name)?),
            locked: Amount(number(safe.as_ref(), "collateral")?),
            debt: Shares(number(safe.as_ref(), "debt")?),
        });
    }
    Ok(accounts)
}

fn bids(house: &Fields<'_>, names: &Names) -> Result<BTreeMap<AuctionId, Bid>, FieldError> {
    let told = house.object("bids")?;
    let mut bids = BTreeMap::new();
    for (key, fields) in told.members() {
        let bid = Bid {
            lot: Amount(fields.wide("amountToSell")?),
            target: Rad(fields.wide("amountToRaise")?),
            discount: Ratio(fields.wide("currentDiscount")?),
            last_discount: Ratio(fields.wide("maxDiscount")?),
            discount_rate: Ray(fields.wide("rate")?),
            updated: Timestamp(seconds(&fields, "updated")?),
            deadline: Timestamp(seconds(&fields, "deadline")?),
            owner: names.id(&fields, "receiver")?,
            recipient: names.id(&fields, "income")?,
        };
        bids.insert(AuctionId(key_number(&told, key)?), bid);
    }
    Ok(bids)
}

/// Moves time where the call says so, then calls.
fn call(
    geb: &mut Geb,
    when: &Fields<'_>,
    names: &Names,
) -> Result<Result<Value, Rejection>, FieldError> {
    let action = action(geb, when, names)?;
    if when.has("at")
        && let Err(rejection) = geb.advance(Timestamp(seconds(when, "at")?))
    {
        return Ok(Err(rejection));
    }
    Ok(geb.apply(&action).map(|outcome| result(&outcome)))
}

fn result(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Done => json!({}),
        Outcome::Liquidated(taken) => json!({
            "id": text(taken.auction.0),
            "collateral": text(taken.collateral.0),
            "debt": text(taken.debt.0),
            "amountToRaise": text(taken.target.0),
        }),
        Outcome::Bought(purchase) => json!({
            "paid": text(purchase.paid.0),
            "bought": text(purchase.bought.0),
        }),
    }
}

fn action(geb: &Geb, when: &Fields<'_>, names: &Names) -> Result<Action, FieldError> {
    Ok(match when.text("action")? {
        "liquidateSAFE" => Action::Liquidate {
            safe: names.id(when, "safe")?,
        },
        "buy" => Action::Buy {
            auction: AuctionId(when.wide("id")?),
            amount: Amount(when.wide("wad")?),
            caller: names.id(when, "caller")?,
        },
        "feed" => {
            let feed = feed_name(when)?;
            let mut feeds = geb.core().feeds;
            let answer = Feed {
                value: when.wide("value")?,
                valid: when.flag("valid")?,
                ..*feeds.feed_mut(feed)
            };
            Action::SetFeed { feed, answer }
        }
        "updateCollateralPrice" => Action::UpdatePrice,
        "redemptionRate" => Action::SetRedemptionRate {
            rate: when.wide("value")?,
        },
        other => {
            let known = "liquidateSAFE, buy, feed, updateCollateralPrice, redemptionRate";
            return Err(when.wrong("action", other, known));
        }
    })
}

fn feed_name(when: &Fields<'_>) -> Result<FeedName, FieldError> {
    let told = when.text("feed")?;
    let found = FEEDS.iter().find(|(key, _)| *key == told);
    found
        .map(|(_, name)| *name)
        .ok_or_else(|| when.wrong("feed", told, "fsm, median, coin"))
}

/// Every leaf that the state of a case can have, whether or not the case tells it.
fn show(geb: &Geb, names: &Names) -> Leaves {
    let core = geb.core();
    let mut shown = leaves(&json!({
        "now": text(U256::from(core.now.0)),
        "safeEngine": {
            "rate": text(core.safes.debt_index.0),
            "liquidationPrice": text(core.safes.liquidation_price.0),
            "debtFloor": text(core.safes.debt_floor.0),
        },
        "engine": {
            "limit": text(core.engine.limit.0),
            "onAuction": text(core.engine.in_auction.0),
            "penalty": text(core.engine.penalty.0),
            "quantity": text(core.engine.lot_max.0),
        },
        "relayer": {
            "redemptionPrice": text(core.relayer.price.0),
            "redemptionRate": text(core.relayer.rate.0),
            "updateTime": text(U256::from(core.relayer.updated.0)),
            "liquidationCRatio": text(core.relayer.liquidation_ratio.0),
        },
        "accounting": {"totalQueuedDebt": text(core.queued.0)},
        "house": show_house(&core.house),
    }));
    let mut put = |path: String, value: Value| shown.extend(below(&path, leaves(&value)));
    let mut feeds = core.feeds;
    for (key, name) in FEEDS {
        let feed = feeds.feed_mut(name);
        let told = json!({
            "value": text(feed.value),
            "valid": feed.valid,
            "set": feed.connected,
        });
        put(format!("feeds.{key}"), told);
    }
    for (id, name) in (0..).map(AccountId).zip(&names.0) {
        if let Some(account) = geb.account(id) {
            let engine = |map: &str| format!("safeEngine.{map}.{name}");
            let safe = json!({
                "collateral": text(account.locked.0),
                "debt": text(account.debt.0),
            });
            put(engine("safes"), safe);
            put(engine("coinBalance"), text(account.coins.0));
            put(engine("debtBalance"), text(account.bad_debt.0));
            put(engine("tokenCollateral"), text(account.free.0));
        }
    }
    for (id, bid) in geb.bids() {
        put(format!("house.bids.{id}"), show_bid(bid, names));
    }
    shown
}

fn show_house(house: &House) -> Value {
    json!({
        "minimumBid": text(house.bid_min.0),
        "minDiscount": text(house.first_discount.0),
        "maxDiscount": text(house.last_discount.0),
        "perSecondDiscountUpdateRate": text(house.discount_rate.0),
        "maxDiscountUpdateRateTimeline": text(house.discount_duration),
        "lowerCollateralMedianDeviation": text(house.collateral_lower.0),
        "upperCollateralMedianDeviation": text(house.collateral_upper.0),
        "lowerSystemCoinMedianDeviation": text(house.coin_lower.0),
        "upperSystemCoinMedianDeviation": text(house.coin_upper.0),
        "minSystemCoinMedianDeviation": text(house.coin_min.0),
        "lastReadRedemptionPrice": text(house.last_redemption_price.0),
        "auctionsStarted": text(house.started),
    })
}

fn show_bid(bid: &Bid, names: &Names) -> Value {
    json!({
        "amountToSell": text(bid.lot.0),
        "amountToRaise": text(bid.target.0),
        "currentDiscount": text(bid.discount.0),
        "maxDiscount": text(bid.last_discount.0),
        "rate": text(bid.discount_rate.0),
        "updated": text(U256::from(bid.updated.0)),
        "deadline": text(U256::from(bid.deadline.0)),
        "receiver": names.name(bid.owner),
        "income": names.name(bid.recipient),
    })
}
