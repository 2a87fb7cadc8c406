//! Both machines, made from one draw and moved by one script.

use crate::draw::{ACCOUNTS, ASSETS, Call, ModeDraw, Much, ReserveDraw, Step, WorldDraw};
use backstop_core::protocol::aave::{
    AaveVersion, Account, Action, EMode, Pool, PoolSetup, RateStrategy, Rejection, ReserveConfig,
    ReserveSetup, ReserveState, Sentinel,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Event, Prices, Protocol};
use backstop_core::units::{Amount, Bps, Index, Price, Rate, Timestamp, U256};
use backstop_testkit::BigUint;
use backstop_testkit::aave::{
    self as model, Liquidation, LiquidationCall, Payout, Refusal, Version, World,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

const START: u64 = 1_700_000_000;
const TREASURY: usize = 0;
const COVERAGE: usize = 1;
/// Supplies the first liquidity.
const LENDER: usize = 2;

/// The engine and the model.
pub(crate) struct Pair {
    pool: Pool,
    world: World,
    prices: Vec<u64>,
}

/// One action of the engine.
pub(crate) struct Seen<'a> {
    pub(crate) before: &'a Pool,
    pub(crate) action: &'a Action,
    pub(crate) done: &'a Result<Vec<Event>, Rejection>,
    pub(crate) after: &'a Pool,
}

fn wide(number: &BigUint) -> U256 {
    U256::try_from_le_slice(&number.to_bytes_le()).expect("at most 256 bits")
}

fn big(number: U256) -> BigUint {
    BigUint::from_bytes_le(&number.to_le_bytes::<32>())
}

fn symbol(asset: usize) -> String {
    format!("A{asset}")
}

fn name(account: usize) -> String {
    format!("user {account}")
}

pub(crate) fn asset_id(asset: usize) -> AssetId {
    AssetId(asset.try_into().expect("few assets"))
}

pub(crate) fn account_id(account: usize) -> AccountId {
    AccountId(account.try_into().expect("few accounts"))
}

fn ray() -> u128 {
    10u128.pow(27)
}

fn ray_of_bps(bps: u16) -> u128 {
    u128::from(bps) * 10u128.pow(23)
}

fn unit(decimals: u8) -> u128 {
    10u128.pow(decimals.into())
}

fn indexes(drawn: &ReserveDraw) -> (u128, u128) {
    let liquidity = ray() + drawn.indexes.0;
    (liquidity, liquidity + drawn.indexes.1)
}

fn engine_reserve(asset: usize, drawn: &ReserveDraw) -> ReserveSetup {
    let (optimal, base, slope1, slope2) = drawn.curve;
    let rate = |bps| Rate::new(ray_of_bps(bps));
    let (liquidity, borrow) = indexes(drawn);
    let now = Timestamp(START);
    ReserveSetup {
        asset: Asset {
            symbol: symbol(asset),
            decimals: drawn.decimals,
        },
        config: ReserveConfig {
            decimals: drawn.decimals,
            loan_to_value: Bps(drawn.ltv),
            liquidation_threshold: Bps(drawn.threshold),
            liquidation_bonus: Bps(drawn.bonus),
            reserve_factor: Bps(drawn.reserve_factor),
            protocol_fee: Bps(drawn.protocol_fee),
            active: !drawn.inactive,
            frozen: drawn.frozen,
            paused: false,
            borrowing_enabled: !drawn.closed,
            borrowable_in_isolation: !drawn.unborrowable_in_isolation,
            siloed: drawn.siloed,
            debt_ceiling: Amount::new(drawn.debt_ceiling.into()),
            supply_cap: Amount::new(drawn.supply_cap.into()),
            borrow_cap: Amount::new(drawn.borrow_cap.into()),
            e_mode_category: drawn.category,
            grace_until: Timestamp(0),
        },
        strategy: RateStrategy {
            optimal_usage: rate(optimal),
            base: rate(base),
            slope1: rate(slope1),
            slope2: rate(slope2),
        },
        price: Price::new(drawn.price.into()),
        state: ReserveState {
            liquidity_index: Index::new(liquidity),
            borrow_index: Index::new(borrow),
            ..ReserveState::fresh(now)
        },
    }
}

fn model_reserve(asset: usize, drawn: &ReserveDraw) -> model::Reserve {
    let (optimal, base, slope1, slope2) = drawn.curve;
    let rate = |bps| BigUint::from(ray_of_bps(bps));
    let (liquidity, borrow) = indexes(drawn);
    model::Reserve {
        id: asset.try_into().expect("few assets"),
        decimals: drawn.decimals.into(),
        price: drawn.price.into(),
        ltv: drawn.ltv.into(),
        liquidation_threshold: drawn.threshold.into(),
        liquidation_bonus: drawn.bonus.into(),
        reserve_factor: drawn.reserve_factor.into(),
        protocol_fee: drawn.protocol_fee.into(),
        active: !drawn.inactive,
        frozen: drawn.frozen,
        borrowing_enabled: !drawn.closed,
        borrowable_in_isolation: !drawn.unborrowable_in_isolation,
        siloed: drawn.siloed,
        debt_ceiling: drawn.debt_ceiling.into(),
        supply_cap: drawn.supply_cap.into(),
        borrow_cap: drawn.borrow_cap.into(),
        emode_category: drawn.category,
        strategy: model::RateStrategy {
            optimal_usage: rate(optimal),
            base: rate(base),
            slope1: rate(slope1),
            slope2: rate(slope2),
        },
        liquidity_index: liquidity.into(),
        borrow_index: borrow.into(),
        last_update: START,
        ..model::Reserve::default()
    }
}

fn members<T: Ord>(bits: u8, asset: fn(usize) -> T) -> BTreeSet<T> {
    let chosen = (0..ASSETS).filter(|at| bits & (1 << at) != 0);
    chosen.map(asset).collect()
}

fn engine_mode(drawn: &ModeDraw, version: AaveVersion) -> EMode {
    EMode {
        loan_to_value: Bps(drawn.ltv),
        liquidation_threshold: Bps(drawn.threshold),
        liquidation_bonus: Bps(drawn.bonus),
        price: drawn.price.map(|price| Price::new(price.into())),
        collateral: members(drawn.collateral, asset_id),
        borrowable: members(drawn.borrowable, asset_id),
        ltv_zero: members(drawn.ltv_zero & drawn.collateral, asset_id),
        isolated: drawn.isolated && version == AaveVersion::V3_7,
    }
}

fn model_mode(drawn: &ModeDraw) -> model::EMode {
    model::EMode {
        ltv: drawn.ltv.into(),
        liquidation_threshold: drawn.threshold.into(),
        liquidation_bonus: drawn.bonus.into(),
        price: drawn.price.map(BigUint::from),
        collateral: members(drawn.collateral, symbol),
        borrowable: members(drawn.borrowable, symbol),
        ltv_zero: members(drawn.ltv_zero & drawn.collateral, symbol),
        isolated: drawn.isolated,
    }
}

impl Pair {
    /// Both machines with empty books and funded wallets, then the first supplies.
    pub(crate) fn new(engine: AaveVersion, version: Version, drawn: &WorldDraw) -> Self {
        let mut world = World::new(version);
        world.now = START;
        world.treasury = name(TREASURY);
        world.coverage = name(COVERAGE);
        let mut setup = PoolSetup {
            version: engine,
            base_decimals: 8,
            now: Timestamp(START),
            reserves: Vec::new(),
            e_modes: BTreeMap::new(),
            sentinel: None,
            accounts: vec![Account::default(); ACCOUNTS],
            wallets: Vec::new(),
            treasury: account_id(TREASURY),
            coverage: account_id(COVERAGE),
        };
        for (asset, drawn) in drawn.reserves.iter().enumerate() {
            setup.reserves.push(engine_reserve(asset, drawn));
            world
                .reserves
                .insert(symbol(asset), model_reserve(asset, drawn));
            for account in 0..ACCOUNTS {
                let held = unit(drawn.decimals) * (1_000 << (2 * account));
                let place = (account_id(account), asset_id(asset), Amount::new(held));
                setup.wallets.push(place);
                world.fund(&name(account), &symbol(asset), &held.into());
            }
        }
        for (category, drawn) in (1..).zip(&drawn.modes) {
            setup.e_modes.insert(category, engine_mode(drawn, engine));
            world.emodes.insert(category, model_mode(drawn));
        }
        if let Some((up, ago)) = drawn.sentinel {
            let last_update = START - u64::from(ago);
            let grace_period = 3_600;
            setup.sentinel = Some(Sentinel {
                up,
                last_update: Timestamp(last_update),
                grace_period,
            });
            world.sentinel = Some(model::Sentinel {
                answer: u64::from(!up),
                last_update,
                grace_period,
            });
        }
        let mut pair = Self {
            pool: setup.build().expect("a sound setup"),
            world,
            prices: drawn.reserves.iter().map(|drawn| drawn.price).collect(),
        };
        pair.seed(drawn);
        pair
    }

    fn seed(&mut self, drawn: &WorldDraw) {
        for (asset, drawn) in drawn.reserves.iter().enumerate() {
            let amount = unit(drawn.decimals) * u128::from(drawn.seed);
            self.fund(LENDER, asset, &amount.into());
            let action = Action::Supply {
                caller: account_id(LENDER),
                asset: asset_id(asset),
                amount: Amount::new(amount),
                on_behalf_of: account_id(LENDER),
            };
            let engine = self.pool.apply(&action).is_ok();
            let told =
                self.world
                    .supply(&name(LENDER), &symbol(asset), &amount.into(), &name(LENDER));
            assert_eq!(engine, told.is_ok(), "the first supply of {asset}");
        }
    }

    fn fund(&mut self, account: usize, asset: usize, amount: &BigUint) {
        let action = Action::Fund {
            account: account_id(account),
            asset: asset_id(asset),
            amount: Amount(wide(amount)),
        };
        self.pool.apply(&action).expect("a funded wallet");
        self.world.fund(&name(account), &symbol(asset), amount);
    }

    /// Moves both and compares everything. Tells what happened in a word or two.
    pub(crate) fn step(&mut self, step: &Step) -> Result<&'static str, String> {
        let problem = |what: String| format!("{what}\nafter {step:?}");
        let happened = match step.call {
            Call::Time {
                seconds,
                asset,
                price,
            } => self.pass(seconds, asset, price),
            Call::Sink { account, health } => self.sink(account, health),
            _ => {
                let action = self.action(step);
                let told = self.apply_to_model(&action);
                let done = self.pool.apply(&action);
                compare_results(&done, &told)
                    .map_err(|what| problem(format!("{what} of {action:?}")))?;
                word(&action, &told)
            }
        };
        self.compare().map_err(problem)?;
        Ok(happened)
    }

    /// Moves both without comparing them, and shows the engine before and after an action.
    pub(crate) fn watch(&mut self, step: &Step, look: &mut impl FnMut(Seen<'_>)) {
        match step.call {
            Call::Time {
                seconds,
                asset,
                price,
            } => {
                self.pass(seconds, asset, price);
            }
            Call::Sink { account, health } => {
                self.sink(account, health);
            }
            _ => {
                let action = self.action(step);
                let before = self.pool.fork();
                let done = self.pool.apply(&action);
                // The model only keeps the steps apt here.
                drop(self.apply_to_model(&action));
                look(Seen {
                    before: &before,
                    action: &action,
                    done: &done,
                    after: &self.pool,
                });
            }
        }
    }

    /// The engine.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    fn pass(&mut self, seconds: u32, asset: usize, price: u32) -> &'static str {
        self.world.now += u64::from(seconds);
        let moved = u128::from(self.prices[asset]) * u128::from(price) / 1_000;
        self.observe(asset, moved);
        "time passed"
    }

    /// Moves the price of the first collateral of a borrower from `account` on.
    fn sink(&mut self, account: usize, health: u32) -> &'static str {
        let borrower = choose(ACCOUNTS, account, |account| {
            self.has(account, |position| position.is_borrowing)
        });
        let collateral = self.totals(borrower);
        let asset = choose(ASSETS, 0, |asset| self.of(borrower, asset).is_collateral);
        let now = collateral.health_factor / BigUint::from(10u32).pow(15);
        if self.has(borrower, |position| position.is_borrowing) && now > BigUint::from(health) {
            let moved = BigUint::from(self.prices[asset]) * health / now;
            self.observe(asset, moved.try_into().expect("a small price"));
        }
        "price sunk"
    }

    fn observe(&mut self, asset: usize, price: u128) {
        let price = price.min(u128::from(u64::MAX) / 1_000);
        self.prices[asset] = price.try_into().expect("a small price");
        let reserve = self.world.reserves.get_mut(&symbol(asset)).expect("listed");
        reserve.price = price.into();
        let prices = self.prices.iter().map(|price| Price::new((*price).into()));
        let prices = Prices(prices.collect());
        let now = Timestamp(self.world.now);
        self.pool.observe(now, &prices).expect("a later time");
    }

    fn totals(&self, account: usize) -> model::Account {
        self.world.account(&name(account)).expect("totals")
    }

    fn of(&self, account: usize, asset: usize) -> model::Position {
        self.world.position(&name(account), &symbol(asset))
    }

    /// Whether an account has such a position in any asset.
    fn has(&self, account: usize, fits: fn(&model::Position) -> bool) -> bool {
        (0..ASSETS).any(|asset| fits(&self.of(account, asset)))
    }

    /// The next account and asset with such a position, for an apt step.
    fn next(
        &self,
        apt: bool,
        (account, asset): (usize, usize),
        fits: fn(&model::Position) -> bool,
    ) -> (usize, usize) {
        if !apt {
            return (account, asset);
        }
        let account = choose(ACCOUNTS, account, |account| self.has(account, fits));
        let asset = choose(ASSETS, asset, |asset| fits(&self.of(account, asset)));
        (account, asset)
    }

    /// An amount in base units, by the model's books.
    fn much(&self, much: Much, account: usize, asset: usize) -> Amount {
        let share = |of: BigUint, thousandths: u16| of * thousandths / 1_000u32;
        let (user, symbol) = (name(account), symbol(asset));
        let amount = match much {
            Much::All => return Amount::MAX,
            Much::Units(units) => units.into(),
            Much::Wallet(part) => share(self.world.position(&user, &symbol).wallet, part),
            Much::Supply(part) => share(
                self.world.supply_of(&user, &symbol).expect("a supply"),
                part,
            ),
            Much::Debt(part) => share(self.world.debt_of(&user, &symbol).expect("a debt"), part),
            Much::Deficit(part) => share(self.world.reserves[&symbol].deficit.clone(), part),
            Much::Room(part) => share(self.room(&user, &symbol), part),
        };
        Amount(wide(&amount))
    }

    /// What a user can still borrow of an asset, at most what is there.
    fn room(&self, user: &str, symbol: &str) -> BigUint {
        let account = self.world.account(user).expect("totals");
        let value = self.world.available_borrows(&account).expect("room");
        let reserve = &self.world.reserves[symbol];
        if reserve.price == BigUint::ZERO {
            return reserve.available.clone();
        }
        let amount = value * BigUint::from(10u32).pow(reserve.decimals) / &reserve.price;
        amount.min(reserve.available.clone())
    }

    fn action(&self, step: &Step) -> Action {
        let apt = step.apt;
        let supplied = |position: &model::Position| position.supply != BigUint::ZERO;
        match step.call {
            Call::Time { .. } | Call::Sink { .. } => unreachable!("time is no action"),
            Call::Supply {
                caller,
                asset,
                much,
                account,
            } => self.supply(caller, asset, much, account),
            Call::Withdraw {
                caller,
                asset,
                much,
                to,
            } => {
                let (caller, asset) = self.next(apt, (caller, asset), supplied);
                Action::Withdraw {
                    caller: account_id(caller),
                    asset: asset_id(asset),
                    amount: self.much(much, caller, asset),
                    to: account_id(to),
                }
            }
            Call::Borrow {
                caller,
                asset,
                much,
            } => {
                let (caller, _) = self.next(apt, (caller, asset), |held| held.is_collateral);
                Action::Borrow {
                    caller: account_id(caller),
                    asset: asset_id(asset),
                    amount: self.much(much, caller, asset),
                }
            }
            Call::Repay {
                caller,
                asset,
                much,
                account,
            } => {
                let (account, asset) = self.next(apt, (account, asset), |held| held.is_borrowing);
                Action::Repay {
                    caller: account_id(caller.unwrap_or(account)),
                    asset: asset_id(asset),
                    amount: self.much(much, account, asset),
                    on_behalf_of: account_id(account),
                }
            }
            Call::SetCollateral {
                caller,
                asset,
                enabled,
            } => {
                let (caller, asset) = self.next(apt, (caller, asset), supplied);
                Action::SetCollateral {
                    caller: account_id(caller),
                    asset: asset_id(asset),
                    enabled,
                }
            }
            Call::SetEMode { caller, category } => Action::SetEMode {
                caller: account_id(caller),
                category,
            },
            Call::Liquidate { .. } => self.liquidation(step),
            Call::Eliminate {
                caller,
                asset,
                much,
            } => self.elimination(apt, caller, asset, much),
            Call::SetPaused { asset, paused } => Action::SetPaused {
                asset: asset_id(asset),
                paused,
            },
            Call::SetGrace { asset, seconds } => Action::SetGrace {
                asset: asset_id(asset),
                until: Timestamp(self.world.now + u64::from(seconds)),
            },
        }
    }

    fn supply(&self, caller: usize, asset: usize, much: Much, account: usize) -> Action {
        Action::Supply {
            caller: account_id(caller),
            asset: asset_id(asset),
            amount: self.much(much, caller, asset),
            on_behalf_of: account_id(account),
        }
    }

    /// An apt elimination looks for a deficit, and first supplies what it needs.
    fn elimination(&self, apt: bool, caller: usize, asset: usize, much: Much) -> Action {
        let deficit = |asset| &self.world.reserves[&symbol(asset)].deficit;
        let asset = if apt {
            choose(ASSETS, asset, |asset| *deficit(asset) != BigUint::ZERO)
        } else {
            asset
        };
        if apt && self.of(caller, asset).supply == BigUint::ZERO {
            return self.supply(caller, asset, Much::Wallet(900), caller);
        }
        Action::EliminateDeficit {
            caller: account_id(caller),
            asset: asset_id(asset),
            amount: self.much(much, caller, asset),
        }
    }

    fn liquidation(&self, step: &Step) -> Action {
        let Call::Liquidate {
            mut liquidator,
            mut borrower,
            mut collateral,
            mut debt,
            much,
            receive_a_token,
        } = step.call
        else {
            unreachable!("only for liquidations");
        };
        if step.apt {
            let one = BigUint::from(10u32).pow(18);
            let unhealthy = |account| {
                let totals = self.totals(account);
                totals.health_factor < one && self.has(account, |held| held.is_collateral)
            };
            borrower = choose(ACCOUNTS, borrower, unhealthy);
            collateral = choose(ASSETS, collateral, |asset| {
                self.of(borrower, asset).is_collateral
            });
            debt = choose(ASSETS, debt, |asset| self.of(borrower, asset).is_borrowing);
            liquidator = choose(ACCOUNTS, liquidator, |account| account != borrower);
        }
        Action::Liquidate {
            liquidator: account_id(liquidator),
            borrower: account_id(borrower),
            collateral: asset_id(collateral),
            debt: asset_id(debt),
            debt_to_cover: self.much(much, borrower, debt),
            receive_a_token,
        }
    }

    fn apply_to_model(&mut self, action: &Action) -> Result<Option<Liquidation>, Refusal> {
        let world = &mut self.world;
        let user = |id: &AccountId| name(id.0.try_into().expect("few accounts"));
        let asset = |id: &AssetId| symbol(id.0.into());
        let much = |amount: &Amount| big(amount.0);
        match action {
            Action::Supply {
                caller,
                asset: id,
                amount,
                on_behalf_of,
            } => world.supply(
                &user(caller),
                &asset(id),
                &much(amount),
                &user(on_behalf_of),
            )?,
            Action::Withdraw {
                caller,
                asset: id,
                amount,
                to,
            } => {
                world.withdraw(&user(caller), &asset(id), &much(amount), &user(to))?;
            }
            Action::Borrow {
                caller,
                asset: id,
                amount,
            } => world.borrow(&user(caller), &asset(id), &much(amount))?,
            Action::Repay {
                caller,
                asset: id,
                amount,
                on_behalf_of,
            } => {
                let payer = user(caller);
                world.repay(&payer, &asset(id), &much(amount), &user(on_behalf_of))?;
            }
            Action::SetCollateral {
                caller,
                asset: id,
                enabled,
            } => world.set_collateral(&user(caller), &asset(id), *enabled)?,
            Action::SetEMode { caller, category } => world.set_emode(&user(caller), *category)?,
            Action::Liquidate {
                liquidator,
                borrower,
                collateral,
                debt,
                debt_to_cover,
                receive_a_token,
            } => {
                let call = LiquidationCall {
                    liquidator: user(liquidator),
                    borrower: user(borrower),
                    collateral: asset(collateral),
                    debt: asset(debt),
                    debt_to_cover: much(debt_to_cover),
                    payout: if *receive_a_token {
                        Payout::AToken
                    } else {
                        Payout::Underlying
                    },
                };
                return world.liquidate(&call).map(Some);
            }
            Action::EliminateDeficit {
                caller,
                asset: id,
                amount,
            } => {
                world.eliminate_deficit(&user(caller), &asset(id), &much(amount))?;
            }
            Action::Fund {
                account,
                asset: id,
                amount,
            } => world.fund(&user(account), &asset(id), &much(amount)),
            Action::SetPaused { asset: id, paused } => {
                world.reserves.get_mut(&asset(id)).expect("listed").paused = *paused;
            }
            Action::SetGrace { asset: id, until } => {
                if world.version == Version::V302 {
                    return Err("NOT_IN_THIS_VERSION");
                }
                world
                    .reserves
                    .get_mut(&asset(id))
                    .expect("listed")
                    .grace_until = until.0;
            }
        }
        Ok(None)
    }

    fn compare(&self) -> Result<(), String> {
        for asset in 0..ASSETS {
            self.compare_reserve(asset)?;
        }
        let seizable = |held: &model::Position| held.is_collateral && !is_empty(held);
        let mut sick = Vec::new();
        for account in 0..ACCOUNTS {
            for asset in 0..ASSETS {
                self.compare_position(account, asset)?;
            }
            // Debt without any collateral cannot be liquidated, whatever its health.
            if self.compare_health(account)? && self.has(account, seizable) {
                sick.push(account_id(account));
            }
        }
        // A mark on an empty supply may stay: a liquidation would seize nothing, so whether such
        // an account is told makes no difference.
        let hollow = |held: &model::Position| held.is_collateral && is_empty(held);
        let moot = |account: &AccountId| {
            let account = account.0.try_into().expect("few accounts");
            self.has(account, hollow) && !self.has(account, seizable)
        };
        let breaches: Vec<_> = self.pool.breaches().filter(|id| !moot(id)).collect();
        equal("accounts in breach", &breaches, &sick).map_err(|what| {
            let differ = |id: &&AccountId| breaches.contains(id) != sick.contains(id);
            let known = breaches.iter().chain(&sick).filter(differ);
            let known = known.map(|id| format!("{id:?}: {:?}", self.pool.account_data(*id)));
            format!("{what}\n{}", known.collect::<Vec<_>>().join("\n"))
        })
    }

    fn compare_reserve(&self, asset: usize) -> Result<(), String> {
        let engine = self.pool.reserve(asset_id(asset)).expect("listed");
        let model = &self.world.reserves[&symbol(asset)];
        let state = &engine.state;
        let fields = [
            (
                "liquidity_index",
                state.liquidity_index.0,
                &model.liquidity_index,
            ),
            ("borrow_index", state.borrow_index.0, &model.borrow_index),
            (
                "liquidity_rate",
                state.liquidity_rate.0,
                &model.liquidity_rate,
            ),
            ("borrow_rate", state.borrow_rate.0, &model.borrow_rate),
            (
                "accrued_to_treasury",
                state.accrued_to_treasury.0,
                &model.accrued_to_treasury,
            ),
            ("total_supply", state.total_supply.0, &model.total_supply),
            ("total_debt", state.total_debt.0, &model.total_debt),
            ("available", state.available.0, &model.available),
            ("deficit", state.deficit.0, &model.deficit),
            ("isolated_debt", state.isolated_debt.0, &model.isolated_debt),
            ("price", engine.price.0, &model.price),
        ];
        for (field, engine, model) in fields {
            equal(
                &format!("{field} of {}", symbol(asset)),
                &big(engine),
                model,
            )?;
        }
        if self.world.version != Version::V302 {
            let counted = big(state.virtual_balance.0);
            equal("virtual_balance", &counted, &model.virtual_balance)?;
        }
        equal("last_update", &state.last_update.0, &model.last_update)?;
        equal("paused", &engine.config.paused, &model.paused)?;
        let grace = engine.config.grace_until.0;
        equal("grace_until", &grace, &model.grace_until)
    }

    fn compare_position(&self, account: usize, asset: usize) -> Result<(), String> {
        let holder = self.pool.account(account_id(account)).expect("known");
        let held = holder.position(asset_id(asset));
        let wallet = self.pool.wallet(account_id(account), asset_id(asset));
        let engine = model::Position {
            supply: held.supply.into(),
            debt: held.debt.into(),
            is_collateral: held.is_collateral,
            is_borrowing: held.is_borrowing,
            wallet: big(wallet.0),
        };
        let told = self.world.position(&name(account), &symbol(asset));
        let field = format!("{} in {}", name(account), symbol(asset));
        equal(&field, &engine, &told)?;
        let category = self.world.users.get(&name(account)).map_or(0, |u| u.emode);
        equal("category", &holder.e_mode, &category)
    }

    /// Tells whether the account can be liquidated.
    fn compare_health(&self, account: usize) -> Result<bool, String> {
        let engine = self.pool.account_data(account_id(account));
        let told = self.world.account(&name(account));
        let (data, told) = match (engine, told) {
            (Ok(data), Ok(told)) => (data, told),
            (Err(_), Err(_)) => return Ok(false),
            (engine, told) => return Err(format!("account: {engine:?} against {told:?}")),
        };
        let engine = model::Account {
            collateral: big(data.collateral.0),
            debt: big(data.debt.0),
            ltv: big(data.loan_to_value),
            liquidation_threshold: big(data.liquidation_threshold),
            health_factor: big(data.health_factor.0),
            has_zero_ltv: data.has_zero_ltv,
        };
        equal(&format!("account of {}", name(account)), &engine, &told)?;
        let health = self.pool.health(account_id(account)).expect("a health");
        let short = (big(health.collateral.0), big(health.factor.0));
        let expected = (told.collateral, told.health_factor.clone());
        equal("health", &short, &expected)?;
        Ok(told.health_factor < BigUint::from(10u32).pow(18))
    }
}

/// What happened, or why nothing did.
fn word(action: &Action, told: &Result<Option<Liquidation>, Refusal>) -> &'static str {
    match (action, told) {
        (_, Err(refusal)) => refusal,
        (_, Ok(Some(told))) if !told.deficit_created.is_empty() => "written off",
        (Action::Supply { .. }, _) => "supplied",
        (Action::Withdraw { .. }, _) => "withdrawn",
        (Action::Borrow { .. }, _) => "borrowed",
        (Action::Repay { .. }, _) => "repaid",
        (Action::SetCollateral { .. }, _) => "flag set",
        (Action::SetEMode { .. }, _) => "category set",
        (Action::Liquidate { .. }, _) => "liquidated",
        (Action::EliminateDeficit { .. }, _) => "covered",
        (Action::Fund { .. } | Action::SetPaused { .. } | Action::SetGrace { .. }, _) => "other",
    }
}

/// Whether nothing is supplied.
fn is_empty(held: &model::Position) -> bool {
    held.supply == BigUint::ZERO
}

/// The first of `count` from `start` on, around the end, that fits; `start` where none does.
fn choose(count: usize, start: usize, fits: impl Fn(usize) -> bool) -> usize {
    let mut around = (0..count).map(|step| (start + step) % count);
    around.find(|at| fits(*at)).unwrap_or(start)
}

fn equal<T: PartialEq + Debug>(what: &str, engine: &T, model: &T) -> Result<(), String> {
    if engine == model {
        return Ok(());
    }
    Err(format!("{what}:\n engine {engine:?}\n  model {model:?}"))
}

fn compare_results<R: Debug + std::fmt::Display>(
    done: &Result<Vec<Event>, R>,
    told: &Result<Option<Liquidation>, Refusal>,
) -> Result<(), String> {
    match (done, told) {
        (Ok(events), Ok(Some(told))) => compare_liquidation(events, told),
        (Ok(_), Ok(None)) => Ok(()),
        (Err(rejection), Err(refusal)) => {
            let rejection = rejection.to_string();
            equal("rejection", &in_class(&rejection), &in_class(refusal))
        }
        (done, told) => Err(format!("result:\n engine {done:?}\n  model {told:?}")),
    }
}

/// The contracts refuse a number out of range in three ways, by the library that meets it first;
/// for the outcome they are one.
fn in_class(name: &str) -> &str {
    match name {
        "EMPTY_REVERT" | "SAFE_CAST_OVERFLOW" => "PANIC_0x11",
        other => other,
    }
}

/// What the events tell against what the model tells.
fn compare_liquidation(events: &[Event], told: &Liquidation) -> Result<(), String> {
    let mut seen = Liquidation {
        health_before: told.health_before.clone(),
        ..Liquidation::default()
    };
    for event in events {
        match event {
            Event::Liquidated { repaid, seized, .. } => {
                seen.debt_repaid = big(repaid.0);
                seen.collateral_seized = big(seized.0);
            }
            Event::LiquidationFee { amount, shares, .. } => {
                seen.protocol_fee = big(amount.0);
                seen.protocol_fee_scaled = big(shares.0);
            }
            Event::DeficitCreated { asset, amount, .. } => {
                let written_off = (symbol(asset.0.into()), big(amount.0));
                seen.deficit_created.push(written_off);
            }
            _ => {}
        }
    }
    equal("liquidation", &seen, told)
}
