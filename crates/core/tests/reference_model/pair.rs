//! Both machines, made from one draw and moved by one script.

mod compare;
mod worlds;

use crate::draw::{ACCOUNTS, ASSETS, Call, Much, Step, WorldDraw};
use backstop_core::protocol::aave::{
    AaveVersion, Account, Action, Pool, PoolSetup, Rejection, Sentinel,
};
use backstop_core::protocol::{AccountId, AssetId, Event, Prices, Protocol};
use backstop_core::units::{Amount, Price, Timestamp, U256};
use backstop_testkit::BigUint;
use backstop_testkit::aave::{
    self as model, Liquidation, LiquidationCall, Payout, Refusal, Version, World,
};
use compare::compare_results;
use std::collections::BTreeMap;
use worlds::{engine_mode, engine_reserve, model_mode, model_reserve};

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

fn unit(decimals: u8) -> u128 {
    10u128.pow(decimals.into())
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

/// The first of `count` from `start` on, around the end, that fits; `start` where none does.
fn choose(count: usize, start: usize, fits: impl Fn(usize) -> bool) -> usize {
    let mut around = (0..count).map(|step| (start + step) % count);
    around.find(|at| fits(*at)).unwrap_or(start)
}
