//! Aave v3 cases: whole objects before and after, one step or several.

use super::aave_single;
use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use backstop_core::protocol::aave::{
    AaveVersion, Account, Action, EMode, Pool, PoolSetup, Position, RateStrategy, Rejection,
    Reserve, ReserveConfig, ReserveSetup, ReserveState, Sentinel,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Event, Prices, Protocol};
use backstop_core::units::{Amount, Bps, Index, Price, Rate, Ratio, Shares, Timestamp, U256};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The versions that a header may name.
pub(super) fn versions() -> Vec<&'static str> {
    AaveVersion::ALL
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
    let known = AaveVersion::parse(version);
    let version = known.ok_or_else(|| case.wrong("version", version, &versions().join(", ")))?;
    let given = case.object("given")?;
    if given.has("blockTimestamp") {
        return aave_single::run(version, case, checker);
    }
    let mut world = World::read(version, &given)?;
    if !case.has("steps") {
        world.step(case, checker)?;
        return Ok(());
    }
    for step in case.list("steps")? {
        world.step(&step, checker)?;
    }
    Ok(())
}

/// A pool and the names that the case uses.
#[derive(Debug)]
struct World {
    pool: Pool,
    symbols: Vec<String>,
    users: Vec<String>,
    /// Users whose wallets the case tells.
    wallets: BTreeSet<AccountId>,
}

fn id(at: usize) -> AssetId {
    AssetId(u16::try_from(at).unwrap_or(u16::MAX))
}

fn account_id(at: usize) -> AccountId {
    AccountId(u32::try_from(at).unwrap_or(u32::MAX))
}

/// Bits `from..from + len` of a configuration word.
fn bits(word: U256, from: usize, len: usize) -> U256 {
    (word >> from) & ((U256::ONE << len) - U256::ONE)
}

fn bps(word: U256, from: usize) -> Bps {
    Bps(u16::try_from(bits(word, from, 16)).unwrap_or(u16::MAX))
}

/// Parameters from the contract's bitmap, compared with what the case tells beside it.
pub(super) fn config(reserve: &Fields<'_>) -> Result<ReserveConfig, FieldError> {
    let word = reserve.hex("configuration")?;
    let flag = |at: usize| word.bit(at);
    let grace = if reserve.has("liquidationGracePeriodUntil") {
        reserve.u64("liquidationGracePeriodUntil")?
    } else {
        0
    };
    let config = ReserveConfig {
        decimals: u8::try_from(bits(word, 48, 8)).unwrap_or(u8::MAX),
        loan_to_value: bps(word, 0),
        liquidation_threshold: bps(word, 16),
        liquidation_bonus: bps(word, 32),
        reserve_factor: bps(word, 64),
        protocol_fee: bps(word, 152),
        active: flag(56),
        frozen: flag(57),
        paused: flag(60),
        borrowing_enabled: flag(58),
        borrowable_in_isolation: flag(61),
        siloed: flag(62),
        debt_ceiling: Amount(bits(word, 212, 40)),
        supply_cap: Amount(bits(word, 116, 36)),
        borrow_cap: Amount(bits(word, 80, 36)),
        e_mode_category: u8::try_from(bits(word, 168, 8)).unwrap_or(u8::MAX),
        grace_until: Timestamp(grace),
    };
    for (key, value) in [
        ("ltv", config.loan_to_value),
        ("liquidationThreshold", config.liquidation_threshold),
        ("liquidationBonus", config.liquidation_bonus),
        ("reserveFactor", config.reserve_factor),
        ("liquidationProtocolFee", config.protocol_fee),
    ] {
        let told = reserve.u16(key)?;
        if told != value.0 {
            return Err(reserve.wrong(
                key,
                &told.to_string(),
                &format!("{}, as in configuration", value.0),
            ));
        }
    }
    if reserve.u8("decimals")? != config.decimals {
        let allowed = format!("{}, as in configuration", config.decimals);
        return Err(reserve.wrong("decimals", &reserve.u8("decimals")?.to_string(), &allowed));
    }
    Ok(config)
}

pub(super) fn strategy(reserve: &Fields<'_>) -> Result<RateStrategy, FieldError> {
    let curve = reserve.object("rateStrategy")?;
    Ok(RateStrategy {
        optimal_usage: Rate(curve.wide("optimalUsageRatio")?),
        base: Rate(curve.wide("baseVariableBorrowRate")?),
        slope1: Rate(curve.wide("variableRateSlope1")?),
        slope2: Rate(curve.wide("variableRateSlope2")?),
    })
}

/// The ledger of a reserve; fields of later versions may be missing.
pub(super) fn state(reserve: &Fields<'_>) -> Result<ReserveState, FieldError> {
    let available = Amount(reserve.wide("availableLiquidity")?);
    let later = |key: &str, otherwise: U256| {
        if reserve.has(key) {
            reserve.wide(key)
        } else {
            Ok(otherwise)
        }
    };
    Ok(ReserveState {
        liquidity_index: Index(reserve.wide("liquidityIndex")?),
        borrow_index: Index(reserve.wide("variableBorrowIndex")?),
        liquidity_rate: Rate(reserve.wide("currentLiquidityRate")?),
        borrow_rate: Rate(reserve.wide("currentVariableBorrowRate")?),
        last_update: Timestamp(reserve.u64("lastUpdateTimestamp")?),
        accrued_to_treasury: Shares(reserve.wide("accruedToTreasury")?),
        total_supply: Shares(reserve.wide("scaledATokenTotalSupply")?),
        total_debt: Shares(reserve.wide("scaledVariableDebtTotalSupply")?),
        virtual_balance: Amount(later("virtualUnderlyingBalance", available.0)?),
        available,
        deficit: Amount(later("deficit", U256::ZERO)?),
        isolated_debt: Amount(later("isolationModeTotalDebt", U256::ZERO)?),
    })
}

pub(super) fn reserve(fields: &Fields<'_>) -> Result<ReserveSetup, FieldError> {
    let config = config(fields)?;
    Ok(ReserveSetup {
        asset: Asset {
            symbol: fields.text("symbol")?.to_owned(),
            decimals: config.decimals,
        },
        config,
        strategy: strategy(fields)?,
        price: Price(fields.wide("price")?),
        state: state(fields)?,
    })
}

/// A category; its bitmaps speak of places in the reserve list, `places` maps them.
fn e_mode(fields: &Fields<'_>, places: &BTreeMap<u64, AssetId>) -> Result<EMode, FieldError> {
    let members = |key: &str| -> Result<BTreeSet<AssetId>, FieldError> {
        if !fields.has(key) {
            return Ok(BTreeSet::new());
        }
        let word = fields.wide(key)?;
        let set = |place: u64| usize::try_from(place).is_ok_and(|place| word.bit(place));
        Ok(places
            .iter()
            .filter(|(place, _)| set(**place))
            .map(|(_, id)| *id)
            .collect())
    };
    let price = if fields.has("priceSourcePrice") {
        Some(Price(fields.wide("priceSourcePrice")?))
    } else {
        None
    };
    Ok(EMode {
        loan_to_value: Bps(fields.u16("ltv")?),
        liquidation_threshold: Bps(fields.u16("liquidationThreshold")?),
        liquidation_bonus: Bps(fields.u16("liquidationBonus")?),
        price,
        collateral: members("collateralBitmap")?,
        borrowable: members("borrowableBitmap")?,
        ltv_zero: members("ltvzeroBitmap")?,
        isolated: fields.has("isolated") && fields.flag("isolated")?,
    })
}

fn sentinel(given: &Fields<'_>) -> Result<Option<Sentinel>, FieldError> {
    if !given.has("priceOracleSentinel") {
        return Ok(None);
    }
    let fields = given.object("priceOracleSentinel")?;
    Ok(Some(Sentinel {
        up: fields.u64("sequencerAnswer")? == 0,
        last_update: Timestamp(fields.u64("sequencerLastUpdate")?),
        grace_period: fields.u64("gracePeriod")?,
    }))
}

/// A reserve's ledger as the case tells it.
pub(super) fn reserve_leaves(reserve: &Reserve) -> Map<String, Value> {
    let state = &reserve.state;
    let mut leaves = Map::new();
    for (key, value) in [
        ("liquidityIndex", state.liquidity_index.0),
        ("variableBorrowIndex", state.borrow_index.0),
        ("currentLiquidityRate", state.liquidity_rate.0),
        ("currentVariableBorrowRate", state.borrow_rate.0),
        ("accruedToTreasury", state.accrued_to_treasury.0),
        ("scaledATokenTotalSupply", state.total_supply.0),
        ("scaledVariableDebtTotalSupply", state.total_debt.0),
        ("availableLiquidity", state.available.0),
    ] {
        leaves.insert(key.to_owned(), text(value));
    }
    leaves.insert("lastUpdateTimestamp".to_owned(), json!(state.last_update.0));
    leaves
}

fn later_leaves(reserve: &Reserve, version: AaveVersion) -> Value {
    let mut leaves = reserve_leaves(reserve);
    let state = &reserve.state;
    if version > AaveVersion::V3_0_2 {
        leaves.insert(
            "virtualUnderlyingBalance".to_owned(),
            text(state.virtual_balance.0),
        );
        leaves.insert("deficit".to_owned(), text(state.deficit.0));
    }
    leaves.insert(
        "isolationModeTotalDebt".to_owned(),
        text(state.isolated_debt.0),
    );
    Value::Object(leaves)
}

/// An account's totals as the contract's view tells them.
pub(super) fn account_leaves(pool: &Pool, id: AccountId) -> Result<Value, Rejection> {
    let data = pool.account_data(id)?;
    Ok(json!({
        "totalCollateralBase": data.collateral.to_string(),
        "totalDebtBase": data.debt.to_string(),
        "availableBorrowsBase": pool.available_borrows(&data)?.to_string(),
        "currentLiquidationThreshold": data.liquidation_threshold.to_string(),
        "ltv": data.loan_to_value.to_string(),
        "healthFactor": data.health_factor.to_string(),
    }))
}

fn health(pool: &Pool, id: AccountId) -> Value {
    let factor = pool
        .account_data(id)
        .map_or(Ratio::ZERO, |data| data.health_factor);
    text(factor.0)
}

impl World {
    fn read(version: AaveVersion, given: &Fields<'_>) -> Result<Self, FieldError> {
        let mut reserves = Vec::new();
        let mut places = BTreeMap::new();
        for fields in given.list("reserves")? {
            places.insert(fields.u64("id")?, id(reserves.len()));
            reserves.push(reserve(&fields)?);
        }
        let symbols: Vec<String> = reserves.iter().map(|r| r.asset.symbol.clone()).collect();
        let mut e_modes = BTreeMap::new();
        for fields in given.list("eModes")? {
            e_modes.insert(fields.u8("id")?, e_mode(&fields, &places)?);
        }
        let (mut users, mut accounts, mut wallets) = (Vec::new(), Vec::new(), Vec::new());
        for (name, user) in given.object("users")?.members() {
            let positions = user.object("positions")?;
            let owner = account_id(users.len());
            users.push(name.to_owned());
            accounts.push(account(&user, &positions, &symbols, owner, &mut wallets)?);
        }
        let told = wallets.iter().map(|(owner, _, _)| *owner).collect();
        let mut named = |name: &str| match users.iter().position(|user| user == name) {
            Some(at) => account_id(at),
            None => {
                users.push(name.to_owned());
                accounts.push(Account::default());
                account_id(users.len() - 1)
            }
        };
        let (treasury, coverage) = (named("treasury"), named("umbrella"));
        let setup = PoolSetup {
            version,
            base_decimals: 8,
            now: Timestamp(given.u64("timestamp")?),
            reserves,
            e_modes,
            sentinel: sentinel(given)?,
            accounts,
            wallets,
            treasury,
            coverage,
        };
        let pool = setup.build().map_err(|error| FieldError {
            field: format!("given.{}", error.field),
            problem: error.problem,
        })?;
        Ok(Self {
            pool,
            symbols,
            users,
            wallets: told,
        })
    }

    fn asset(&self, when: &Fields<'_>, key: &str) -> Result<AssetId, FieldError> {
        let symbol = when.text(key)?;
        let place = self.symbols.iter().position(|held| held == symbol);
        place
            .map(id)
            .ok_or_else(|| when.wrong(key, symbol, &self.symbols.join(", ")))
    }

    fn user(&self, when: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        let name = when.text(key)?;
        let place = self.users.iter().position(|held| held == name);
        place
            .map(account_id)
            .ok_or_else(|| when.wrong(key, name, &self.users.join(", ")))
    }

    fn user_or(
        &self,
        when: &Fields<'_>,
        key: &str,
        or: AccountId,
    ) -> Result<AccountId, FieldError> {
        if when.has(key) {
            self.user(when, key)
        } else {
            Ok(or)
        }
    }

    fn action(&self, when: &Fields<'_>) -> Result<(AccountId, Action), FieldError> {
        let amount = |key| Ok(Amount(when.wide(key)?));
        let kind = when.text("action")?;
        if kind == "liquidate" {
            return self.liquidation(when);
        }
        let caller = self.user(when, "caller")?;
        if kind == "setEMode" {
            return Ok((
                caller,
                Action::SetEMode {
                    caller,
                    category: when.u8("category")?,
                },
            ));
        }
        let asset = self.asset(when, "asset")?;
        let action = match kind {
            "supply" => Action::Supply {
                caller,
                asset,
                amount: amount("amount")?,
                on_behalf_of: self.user_or(when, "onBehalfOf", caller)?,
            },
            "withdraw" => Action::Withdraw {
                caller,
                asset,
                amount: amount("amount")?,
                to: self.user_or(when, "to", caller)?,
            },
            "borrow" => Action::Borrow {
                caller,
                asset,
                amount: amount("amount")?,
            },
            "repay" => Action::Repay {
                caller,
                asset,
                amount: amount("amount")?,
                on_behalf_of: self.user_or(when, "onBehalfOf", caller)?,
            },
            "setCollateral" => Action::SetCollateral {
                caller,
                asset,
                enabled: when.flag("enabled")?,
            },
            "eliminateDeficit" => Action::EliminateDeficit {
                caller,
                asset,
                amount: amount("amount")?,
            },
            "fund" => Action::Fund {
                account: caller,
                asset,
                amount: amount("amount")?,
            },
            other => {
                let allowed = "liquidate, supply, withdraw, borrow, repay, setCollateral, \
                               setEMode, eliminateDeficit, fund";
                return Err(when.wrong("action", &format!("{other:?}"), allowed));
            }
        };
        Ok((caller, action))
    }

    fn liquidation(&self, when: &Fields<'_>) -> Result<(AccountId, Action), FieldError> {
        let borrower = self.user(when, "borrower")?;
        let action = Action::Liquidate {
            liquidator: self.user(when, "liquidator")?,
            borrower,
            collateral: self.asset(when, "collateralAsset")?,
            debt: self.asset(when, "debtAsset")?,
            debt_to_cover: Amount(when.wide("debtToCover")?),
            receive_a_token: when.flag("receiveAToken")?,
        };
        Ok((borrower, action))
    }

    /// Time and prices of a step, where it tells them.
    fn advance(&mut self, when: &Fields<'_>) -> Result<(), FieldError> {
        if !when.has("timestamp") && !when.has("prices") {
            return Ok(());
        }
        let now = if when.has("timestamp") {
            Timestamp(when.u64("timestamp")?)
        } else {
            self.pool.now()
        };
        let mut prices: Vec<Price> = (0..self.symbols.len())
            .map(|at| {
                self.pool
                    .reserve(id(at))
                    .map_or(Price::ZERO, |reserve| reserve.price)
            })
            .collect();
        if when.has("prices") {
            let told = when.object("prices")?;
            for (symbol, _) in told.members() {
                let place = self.symbols.iter().position(|held| held == symbol);
                let place = place.and_then(|at| prices.get_mut(at));
                let unknown = || told.wrong(symbol, "an unknown asset", &self.symbols.join(", "));
                *place.ok_or_else(unknown)? = Price(told.wide(symbol)?);
            }
        }
        let observed = self.pool.observe(now, &Prices(prices));
        observed.map(drop).map_err(|rejection| {
            let allowed = format!("{} or later", self.pool.now().0);
            when.wrong("timestamp", &format!("{} ({rejection})", now.0), &allowed)
        })
    }

    fn step(&mut self, step: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError> {
        checker.steps += 1;
        let when = step.object("when")?;
        self.advance(&when)?;
        let (subject, action) = self.action(&when)?;
        if step.has("check") && step.object("check")?.has("accountBefore") {
            let told = step.object("check")?.object("accountBefore")?;
            let got = account_leaves(&self.pool, subject).unwrap_or_else(|r| json!(r.name()));
            checker.same("check.accountBefore", Some(told.value()), Some(&got));
        }
        let then = step.object("then")?;
        let before = self.pool.fork();
        let outcome = self.pool.apply(&action);
        if then.has("rejected") {
            checker.rejected += 1;
            let expected = then.raw("rejected")?;
            let got = outcome
                .as_ref()
                .map_or_else(|r| json!(r.name()), |_| json!("accepted"));
            checker.same("then.rejected", Some(expected), Some(&got));
            let unchanged = before.state_hash() == self.pool.state_hash();
            checker.same(
                "state after a rejection",
                Some(&json!("unchanged")),
                Some(&json!(if unchanged { "unchanged" } else { "changed" })),
            );
            return Ok(());
        }
        let told = then.object("ok")?;
        match outcome {
            Err(rejection) => {
                let got = json!(rejection.name());
                checker.same("then", Some(&json!("accepted")), Some(&got));
            }
            Ok(events) => {
                let got = self.outcome(&before, subject, &events);
                checker.told("then.ok", told.value(), &got, &["gasUsed"]);
            }
        }
        Ok(())
    }

    /// Everything that a `then.ok` may tell.
    fn outcome(&self, before: &Pool, subject: AccountId, events: &[Event]) -> Value {
        let mut got = Map::new();
        got.insert("healthFactorBefore".to_owned(), health(before, subject));
        got.insert("healthFactorAfter".to_owned(), health(&self.pool, subject));
        let after = account_leaves(&self.pool, subject).unwrap_or_else(|r| json!(r.name()));
        got.insert("accountAfter".to_owned(), after);
        got.insert("reservesAfter".to_owned(), self.changed_reserves(before));
        got.insert("usersAfter".to_owned(), self.changed_users(before));
        self.results(events, &mut got);
        Value::Object(got)
    }

    fn symbol(&self, asset: AssetId) -> &str {
        self.symbols
            .get(usize::from(asset.0))
            .map_or("", String::as_str)
    }

    fn name(&self, account: AccountId) -> &str {
        let at = usize::try_from(account.0).unwrap_or(usize::MAX);
        self.users.get(at).map_or("", String::as_str)
    }

    fn changed_reserves(&self, before: &Pool) -> Value {
        let mut changed = Map::new();
        for (at, symbol) in self.symbols.iter().enumerate() {
            let (Some(old), Some(new)) = (before.reserve(id(at)), self.pool.reserve(id(at))) else {
                continue;
            };
            if old.state != new.state {
                changed.insert(symbol.clone(), later_leaves(new, self.pool.version()));
            }
        }
        Value::Object(changed)
    }

    fn changed_users(&self, before: &Pool) -> Value {
        let mut changed = Map::new();
        for (at, name) in self.users.iter().enumerate() {
            let owner = account_id(at);
            let mut positions = Map::new();
            for (place, symbol) in self.symbols.iter().enumerate() {
                let (old, new) = (
                    self.leaves(before, owner, id(place)),
                    self.leaves(&self.pool, owner, id(place)),
                );
                if old != new {
                    positions.insert(symbol.clone(), new);
                }
            }
            let mode = |pool: &Pool| pool.account(owner).map_or(0, |account| account.e_mode);
            let mut user = Map::new();
            if mode(before) != mode(&self.pool) {
                user.insert("eMode".to_owned(), json!(mode(&self.pool)));
            }
            if !positions.is_empty() {
                user.insert("positions".to_owned(), Value::Object(positions));
            }
            if !user.is_empty() {
                changed.insert(name.clone(), Value::Object(user));
            }
        }
        Value::Object(changed)
    }

    /// A user's position as the case tells it.
    fn leaves(&self, pool: &Pool, owner: AccountId, asset: AssetId) -> Value {
        let position = pool
            .account(owner)
            .map(|account| account.position(asset))
            .unwrap_or_default();
        let mut leaves = Map::new();
        leaves.insert(
            "scaledAToken".to_owned(),
            json!(position.supply.to_string()),
        );
        leaves.insert(
            "scaledVariableDebt".to_owned(),
            json!(position.debt.to_string()),
        );
        leaves.insert("isCollateral".to_owned(), json!(position.is_collateral));
        leaves.insert("isBorrowing".to_owned(), json!(position.is_borrowing));
        if self.wallets.contains(&owner) {
            leaves.insert(
                "underlyingBalance".to_owned(),
                text(pool.wallet(owner, asset).0),
            );
        }
        Value::Object(leaves)
    }

    /// Results and events as the contract logs them.
    fn results(&self, events: &[Event], got: &mut Map<String, Value>) {
        let (mut logged, mut deficits) = (Vec::new(), Vec::new());
        let mut fee = (Amount::ZERO, Shares::ZERO);
        for event in events {
            match event {
                Event::Liquidated { repaid, seized, .. } => {
                    got.insert("debtRepaid".to_owned(), text(repaid.0));
                    got.insert("collateralSeized".to_owned(), text(seized.0));
                }
                Event::LiquidationFee { amount, shares, .. } => fee = (*amount, *shares),
                Event::DeficitCreated { asset, amount, .. } => {
                    deficits
                        .push(json!({"asset": self.symbol(*asset), "amount": amount.to_string()}));
                }
                Event::DeficitCovered { amount, .. } => {
                    got.insert("deficitCovered".to_owned(), text(amount.0));
                }
                Event::Withdrawn { amount, .. } | Event::Repaid { amount, .. } => {
                    got.insert("amount".to_owned(), text(amount.0));
                }
                _ => {}
            }
            logged.extend(self.logged(event));
        }
        got.insert("protocolFee".to_owned(), text(fee.0.0));
        got.insert("protocolFeeScaled".to_owned(), text(fee.1.0));
        got.insert("deficitCreated".to_owned(), Value::Array(deficits));
        got.insert("events".to_owned(), Value::Array(logged));
    }

    /// An event as the pool logs it; nothing for what it does not log itself.
    fn logged(&self, event: &Event) -> Option<Value> {
        Some(match event {
            Event::ReserveUpdated {
                asset,
                liquidity_rate,
                borrow_rate,
                liquidity_index,
                borrow_index,
            } => json!({
                "event": "ReserveDataUpdated",
                "reserve": self.symbol(*asset),
                "liquidityRate": liquidity_rate.to_string(),
                "variableBorrowRate": borrow_rate.to_string(),
                "liquidityIndex": liquidity_index.to_string(),
                "variableBorrowIndex": borrow_index.to_string(),
            }),
            Event::CollateralEnabled {
                account,
                asset,
                enabled,
            } => json!({
                "event": if *enabled {
                    "ReserveUsedAsCollateralEnabled"
                } else {
                    "ReserveUsedAsCollateralDisabled"
                },
                "reserve": self.symbol(*asset),
                "user": self.name(*account),
            }),
            Event::Liquidated {
                collateral,
                debt,
                repaid,
                seized,
                receive_claim,
                ..
            } => json!({
                "event": "LiquidationCall",
                "collateralAsset": self.symbol(*collateral),
                "debtAsset": self.symbol(*debt),
                "debtToCover": repaid.to_string(),
                "liquidatedCollateralAmount": seized.to_string(),
                "receiveAToken": receive_claim,
            }),
            Event::DeficitCreated { asset, amount, .. } => json!({
                "event": "DeficitCreated",
                "debtAsset": self.symbol(*asset),
                "amountCreated": amount.to_string(),
            }),
            Event::DeficitCovered { asset, amount, .. } => json!({
                "event": "DeficitCovered",
                "reserve": self.symbol(*asset),
                "amountCovered": amount.to_string(),
            }),
            Event::IsolatedDebtUpdated { asset, total } => json!({
                "event": "IsolationModeTotalDebtUpdated",
                "asset": self.symbol(*asset),
                "totalDebt": total.to_string(),
            }),
            _ => return None,
        })
    }
}

/// A user's account; what is in the wallet goes to `wallets`.
fn account(
    user: &Fields<'_>,
    positions: &Fields<'_>,
    symbols: &[String],
    owner: AccountId,
    wallets: &mut Vec<(AccountId, AssetId, Amount)>,
) -> Result<Account, FieldError> {
    let mut held = Vec::new();
    for (symbol, fields) in positions.members() {
        let place = symbols.iter().position(|listed| listed == symbol);
        let unknown = || positions.wrong(symbol, "an unknown asset", &symbols.join(", "));
        let asset = id(place.ok_or_else(unknown)?);
        held.push(Position {
            asset,
            supply: fields.narrow("scaledAToken")?,
            debt: fields.narrow("scaledVariableDebt")?,
            is_collateral: fields.flag("isCollateral")?,
            is_borrowing: fields.flag("isBorrowing")?,
        });
        if fields.has("underlyingBalance") {
            wallets.push((owner, asset, Amount(fields.wide("underlyingBalance")?)));
        }
    }
    Ok(Account::new(user.u8("eMode")?, held))
}
