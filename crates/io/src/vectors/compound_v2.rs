//! Compound v2 cases: several steps on one Comptroller with its markets, post-states as differences.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use backstop_core::protocol::compound_v2::{
    Account, Action, CompoundVersion, Event, Guards, MarketConfig, MarketSetup, MarketState, Pool,
    PoolSetup, Position, RateModel, Rejection,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Shares, U256};
use serde_json::{Map, Value, json};

const BORROWER: AccountId = AccountId(0);
const LIQUIDATOR: AccountId = AccountId(1);

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    let all = CompoundVersion::ALL.iter();
    all.map(|version| version.number()).collect()
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let known = CompoundVersion::parse(version);
    let version = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    let mut world = World::read(version, &case.object("given")?)?;
    for step in case.list("steps")? {
        world.step(&step, checker)?;
    }
    Ok(())
}

/// A pool and the names that a case gives to its markets.
struct World {
    pool: Pool,
    names: Vec<String>,
}

fn asset(at: usize) -> AssetId {
    AssetId(u16::try_from(at).unwrap_or(u16::MAX))
}

/// A block number, a decimal string.
fn block(fields: &Fields<'_>, key: &str) -> Result<u64, FieldError> {
    let wide = fields.wide(key)?;
    let allowed = "a decimal string from \"0\" to 2^64 − 1";
    u64::try_from(wide).map_err(|_| fields.wrong(key, &wide.to_string(), allowed))
}

fn ratio(fields: &Fields<'_>, key: &str) -> Result<Ratio, FieldError> {
    fields.wide(key).map(Ratio)
}

fn amount(fields: &Fields<'_>, key: &str) -> Result<Amount, FieldError> {
    fields.wide(key).map(Amount)
}

fn market_setup(fields: &Fields<'_>) -> Result<MarketSetup, FieldError> {
    let curve = fields.object("irm")?;
    Ok(MarketSetup {
        asset: Asset {
            symbol: fields.text("id")?.to_owned(),
            decimals: fields.u8("underlyingDecimals")?,
        },
        config: MarketConfig {
            listed: fields.flag("listed")?,
            collateral_factor: ratio(fields, "collateralFactor")?,
            reserve_factor: ratio(fields, "reserveFactor")?,
            mint_paused: false,
            borrow_paused: fields.flag("borrowPaused")?,
            borrow_cap: Amount::ZERO,
            initial_exchange_rate: ratio(fields, "initialExchangeRate")?,
            rate_model: RateModel {
                base: ratio(&curve, "baseRatePerBlock")?,
                multiplier: ratio(&curve, "multiplierPerBlock")?,
                jump_multiplier: ratio(&curve, "jumpMultiplierPerBlock")?,
                kink: ratio(&curve, "kink")?,
            },
        },
        price: Price(fields.wide("price")?),
        state: MarketState {
            accrual_block: block(fields, "accrualBlock")?,
            borrow_index: ratio(fields, "borrowIndex")?,
            total_borrows: amount(fields, "totalBorrows")?,
            total_reserves: amount(fields, "totalReserves")?,
            total_supply: Shares(fields.wide("totalSupply")?),
            cash: amount(fields, "cash")?,
        },
    })
}

/// Where a market stands in the list.
fn place(
    names: &[String],
    fields: &Fields<'_>,
    key: &str,
    name: &str,
) -> Result<usize, FieldError> {
    let found = names.iter().position(|held| held == name);
    found.ok_or_else(|| fields.wrong(key, &format!("{name:?}"), &names.join(", ")))
}

/// One of the objects that hold a user's numbers by market; left out, it is empty.
fn by_market<'a>(
    user: &Fields<'a>,
    key: &str,
    names: &[String],
    mut each: impl FnMut(usize, &Fields<'a>, &str) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    if !user.has(key) {
        return Ok(());
    }
    let object = user.object(key)?;
    for (name, _) in object.members() {
        each(place(names, &object, name, name)?, &object, name)?;
    }
    Ok(())
}

fn account(user: &Fields<'_>, names: &[String]) -> Result<Account, FieldError> {
    let mut positions: Vec<Position> = (0..names.len())
        .map(|at| Position {
            market: asset(at),
            ..Position::default()
        })
        .collect();
    by_market(user, "cTokens", names, |at, fields, name| {
        positions[at].c_tokens = Shares(fields.wide(name)?);
        Ok(())
    })?;
    by_market(user, "borrows", names, |at, fields, name| {
        let debt = fields.object(name)?;
        positions[at].principal = amount(&debt, "principal")?;
        positions[at].interest_index = ratio(&debt, "interestIndex")?;
        Ok(())
    })?;
    by_market(user, "underlying", names, |at, fields, name| {
        positions[at].wallet = amount(fields, name)?;
        Ok(())
    })?;
    let mut entered = Vec::new();
    if user.has("entered") {
        for name in user.texts("entered")? {
            entered.push(asset(place(names, user, "entered", name)?));
        }
    }
    Ok(Account::new(entered, positions))
}

impl World {
    fn read(version: CompoundVersion, given: &Fields<'_>) -> Result<Self, FieldError> {
        let mut markets = Vec::new();
        for fields in given.list("markets")? {
            markets.push(market_setup(&fields)?);
        }
        let names: Vec<String> = markets.iter().map(|m| m.asset.symbol.clone()).collect();
        let share = ratio(given, "protocolSeizeShare")?;
        let constant = version.rules().protocol_seize_share;
        if share != constant {
            let found = share.to_string();
            return Err(given.wrong("protocolSeizeShare", &found, &constant.to_string()));
        }
        let accounts = vec![
            account(&given.object("borrower")?, &names)?,
            account(&given.object("liquidator")?, &names)?,
        ];
        let setup = PoolSetup {
            version,
            block: 0,
            close_factor: ratio(given, "closeFactor")?,
            liquidation_incentive: ratio(given, "liquidationIncentive")?,
            guards: Guards {
                transfer_paused: false,
                seize_paused: given.flag("seizePaused")?,
            },
            markets,
            accounts,
        };
        let built = setup.build();
        let pool = built.map_err(|error| given.wrong(&error.field, &error.problem, "see above"))?;
        Ok(Self { pool, names })
    }

    fn market(&self, when: &Fields<'_>, key: &str) -> Result<AssetId, FieldError> {
        place(&self.names, when, key, when.text(key)?).map(asset)
    }

    fn user(when: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        match when.text(key)? {
            "borrower" => Ok(BORROWER),
            "liquidator" => Ok(LIQUIDATOR),
            other => Err(when.wrong(key, &format!("{other:?}"), "borrower, liquidator")),
        }
    }

    fn step(&mut self, step: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
        checker.steps += 1;
        let when = step.object("when")?;
        let then = step.object("then")?;
        let before = self.pool.clone();
        let outcome = match when.text("action")? {
            "accountLiquidity" => self.account_liquidity(&when)?,
            "accrueInterest" => self.accrue_interest(&when, &then, &before)?,
            "liquidateBorrow" => self.liquidate_borrow(&when, &then, &before)?,
            other => {
                let allowed = "accountLiquidity, accrueInterest, liquidateBorrow";
                return Err(when.wrong("action", &format!("{other:?}"), allowed));
            }
        };
        if then.has("rejected") {
            let mut rested = before;
            if when.has("block") {
                // A new block alone is no change.
                Self::advance(&mut rested, &when)?;
            }
            let unchanged = rested.state_hash() == self.pool.state_hash();
            let got = outcome.err().map(Rejection::name);
            checker.rejection(then.raw("rejected")?, got, unchanged);
            return Ok(());
        }
        let told = then.object("ok")?;
        match outcome {
            Ok(got) => checker.same("then.ok", Some(told.value()), Some(&got)),
            Err(rejection) => checker.refused(rejection.name()),
        }
        Ok(())
    }

    fn advance(pool: &mut Pool, when: &Fields<'_>) -> Result<(), FieldError> {
        let now = block(when, "block")?;
        let markets = u16::try_from(pool.assets().len()).unwrap_or(u16::MAX);
        let prices =
            (0..markets).map(|id| pool.market(AssetId(id)).map_or(Price::ZERO, |m| m.price));
        let prices = Prices(prices.collect());
        let allowed = format!("{} or later", pool.block());
        let moved = pool.observe(now, &prices);
        moved.map_err(|_| when.wrong("block", &now.to_string(), &allowed))
    }

    fn account_liquidity(&self, when: &Fields<'_>) -> Result<Result<Value, Rejection>, FieldError> {
        let answer = self.pool.liquidity(Self::user(when, "account")?);
        Ok(answer.map(|liquidity| {
            json!({
                "liquidity": text(liquidity.excess().0),
                "shortfall": text(liquidity.shortfall().0),
            })
        }))
    }

    fn accrue_interest(
        &mut self,
        when: &Fields<'_>,
        then: &Fields<'_>,
        before: &Pool,
    ) -> Result<Result<Value, Rejection>, FieldError> {
        Self::advance(&mut self.pool, when)?;
        let market = self.market(when, "market")?;
        let events = match self.pool.apply(&Action::AccrueInterest { market }) {
            Ok(events) => events,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let interest = events.iter().find_map(|event| match event {
            Event::InterestAccrued { interest, .. } => Some(*interest),
            _ => None,
        });
        let shown = |number: Result<Ratio, Rejection>| match number {
            Ok(number) => text(number.0),
            Err(rejection) => json!(rejection.name()),
        };
        let debt = self.pool.debt(BORROWER, market);
        Ok(Ok(json!({
            "borrowRatePerBlock": shown(before.borrow_rate(market)),
            "interestAccumulated": text(interest.unwrap_or_default().0),
            "exchangeRateBefore": shown(before.exchange_rate(market)),
            "exchangeRateAfter": shown(self.pool.exchange_rate(market)),
            "borrowerDebt": debt.map_or_else(|r| json!(r.name()), |debt| text(debt.0)),
            "post": self.post(then, before),
        })))
    }

    fn liquidate_borrow(
        &mut self,
        when: &Fields<'_>,
        then: &Fields<'_>,
        before: &Pool,
    ) -> Result<Result<Value, Rejection>, FieldError> {
        Self::advance(&mut self.pool, when)?;
        let borrow_market = self.market(when, "borrowMarket")?;
        let collateral_market = self.market(when, "collateralMarket")?;
        let borrower = Self::user(when, "borrower")?;
        let action = Action::LiquidateBorrow {
            liquidator: Self::user(when, "liquidator")?,
            borrower,
            borrow_market,
            collateral_market,
            repay_amount: amount(when, "repayAmount")?,
        };
        let events = match self.pool.apply(&action) {
            Ok(events) => events,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let mut got = self.liquidation_results(&events);
        let debt = self.pool.debt(borrower, borrow_market).unwrap_or_default();
        got.insert("debtAfter".to_owned(), text(debt.0));
        let rate = self
            .pool
            .exchange_rate(collateral_market)
            .unwrap_or_default();
        got.insert("collateralExchangeRateAfter".to_owned(), text(rate.0));
        got.insert("post".to_owned(), self.post(then, before));
        Ok(Ok(Value::Object(got)))
    }

    fn name(&self, market: AssetId) -> &str {
        let name = self.names.get(usize::from(market.0));
        name.map_or("", String::as_str)
    }

    fn liquidation_results(&self, events: &[Event]) -> Map<String, Value> {
        let (mut got, mut accrued) = (Map::new(), Map::new());
        for event in events {
            match event {
                Event::InterestAccrued {
                    market, interest, ..
                } => {
                    accrued.insert(self.name(*market).to_owned(), text(interest.0));
                }
                Event::ReservesAdded { amount, .. } => {
                    got.insert("reservesAdded".to_owned(), text(amount.0));
                }
                Event::Liquidated {
                    repaid,
                    seized,
                    to_liquidator,
                    to_protocol,
                    ..
                } => {
                    for (key, number) in [
                        ("repaid", repaid.0),
                        ("seizeTokens", seized.0),
                        ("liquidatorTokens", to_liquidator.0),
                        ("protocolTokens", to_protocol.0),
                    ] {
                        got.insert(key.to_owned(), text(number));
                    }
                }
                _ => {}
            }
        }
        got.insert("interestAccumulated".to_owned(), Value::Object(accrued));
        got
    }

    /// Changed leaves of the markets, and both users whole.
    fn post(&self, then: &Fields<'_>, before: &Pool) -> Value {
        let mut markets = Map::new();
        for (at, name) in self.names.iter().enumerate() {
            let (old, new) = (leaves(before, asset(at)), leaves(&self.pool, asset(at)));
            let changed = new
                .into_iter()
                .filter(|(key, now)| old.get(key) != Some(now));
            let changed: Map<String, Value> = changed.collect();
            if !changed.is_empty() {
                markets.insert(name.clone(), Value::Object(changed));
            }
        }
        let told = then.value().pointer("/ok/post").unwrap_or(&Value::Null);
        json!({
            "markets": markets,
            "borrower": {
                "cTokens": self.held(BORROWER, &told["borrower"]["cTokens"], c_tokens),
                "borrows": self.held(BORROWER, &told["borrower"]["borrows"], borrow),
            },
            "liquidator": {
                "cTokens": self.held(LIQUIDATOR, &told["liquidator"]["cTokens"], c_tokens),
                "underlying": self.held(LIQUIDATOR, &told["liquidator"]["underlying"], underlying),
            },
        })
    }

    /// A user's numbers by market: those that the case tells, and those that are not zero.
    fn held(
        &self,
        user: AccountId,
        told: &Value,
        read: impl Fn(&Position) -> (Value, Presence),
    ) -> Value {
        let mut held = Map::new();
        for (at, name) in self.names.iter().enumerate() {
            let account = self.pool.account(user);
            let position = account.map(|account| account.position(asset(at)));
            let (value, presence) = read(&position.unwrap_or_default());
            if presence == Presence::Something || told.get(name).is_some() {
                held.insert(name.clone(), value);
            }
        }
        Value::Object(held)
    }
}

/// Whether a number is zero.
#[derive(PartialEq)]
enum Presence {
    Nothing,
    Something,
}

fn presence(n: U256) -> Presence {
    if n.is_zero() {
        Presence::Nothing
    } else {
        Presence::Something
    }
}

fn c_tokens(position: &Position) -> (Value, Presence) {
    (text(position.c_tokens.0), presence(position.c_tokens.0))
}

fn underlying(position: &Position) -> (Value, Presence) {
    (text(position.wallet.0), presence(position.wallet.0))
}

fn borrow(position: &Position) -> (Value, Presence) {
    let told = json!({
        "principal": text(position.principal.0),
        "interestIndex": text(position.interest_index.0),
    });
    (told, presence(position.principal.0))
}

/// The ledger of a market as the case tells it.
fn leaves(pool: &Pool, id: AssetId) -> Map<String, Value> {
    let Some(market) = pool.market(id) else {
        return Map::new();
    };
    let state = &market.state;
    let leaf = |key: &str, value: Value| (key.to_owned(), value);
    Map::from_iter([
        leaf("accrualBlock", json!(state.accrual_block.to_string())),
        leaf("borrowIndex", text(state.borrow_index.0)),
        leaf("totalBorrows", text(state.total_borrows.0)),
        leaf("totalReserves", text(state.total_reserves.0)),
        leaf("totalSupply", text(state.total_supply.0)),
        leaf("cash", text(state.cash.0)),
    ])
}
