//! What the engine holds and answers against what the model does.

use super::{Pair, account_id, asset_id, big, name, symbol};
use crate::draw::{ACCOUNTS, ASSETS};
use backstop_core::protocol::{AccountId, Event, Protocol};
use backstop_testkit::BigUint;
use backstop_testkit::aave::{self as model, Liquidation, Refusal, Version};
use std::fmt::Debug;

impl Pair {
    /// Everything that both hold is equal.
    pub(super) fn compare(&self) -> Result<(), String> {
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

/// Whether nothing is supplied.
fn is_empty(held: &model::Position) -> bool {
    held.supply == BigUint::ZERO
}

fn equal<T: PartialEq + Debug>(what: &str, engine: &T, model: &T) -> Result<(), String> {
    if engine == model {
        return Ok(());
    }
    Err(format!("{what}:\n engine {engine:?}\n  model {model:?}"))
}

/// What both answered to one action is equal.
pub(super) fn compare_results<R: Debug + std::fmt::Display>(
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
