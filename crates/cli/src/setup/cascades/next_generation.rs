//! The next-generation matrix of a scenario's book, for falls of all prices together.

use super::super::maps::{Body, bodies, price_usd};
use super::super::stage::RECORDING;
use super::super::{Loaded, world_config};
use super::{BPS, LOWEST};
use crate::failure::Failure;
use backstop_core::book::AssetSet;
use backstop_core::protocol::aave::Pool;
use backstop_core::protocol::{AccountId, AssetId, Protocol};
use backstop_core::units::{U256, Value};
use backstop_lab::cascade::{Depth, Holder, Sold, Stake, next_generation, spectral_radius};
use backstop_lab::door;
use backstop_lab::market::FeedbackMode;
use backstop_report::{BookCascade, BookPoint};

/// Falls at which the matrix is told.
const POINTS: u32 = 61;

/// The matrix over all assets that lead others or stand alone, are collateral and have a venue; nothing where these are
/// fewer than two.
///
/// # Errors
/// When a venue or the window is badly set.
pub(crate) fn book_cascade(
    loaded: &Loaded,
    pool: &Pool,
    follows: &[Option<AssetId>],
    window: f64,
) -> Result<Option<BookCascade>, Failure> {
    let config = world_config(loaded, FeedbackMode::On, RECORDING)?;
    let (mut members, mut assets, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
    for body in bodies(pool, follows) {
        let at = usize::from(body.leader.0);
        let Some(spec) = loaded.scenario.assets.get(at) else {
            continue;
        };
        let start = loaded.scenario.time.start;
        let depth = Depth::new(&config.venues, at, config.impact, start)?;
        if spec.liquidation_threshold_bps == 0 || !depth.has_venues() {
            continue;
        }
        members.push(body);
        symbols.push(spec.symbol.clone());
        assets.push(Sold {
            price_start: price_usd(pool, body.leader),
            bonus: f64::from(spec.liquidation_bonus_bps) / BPS,
            depth,
        });
    }
    if assets.len() < 2 {
        return Ok(None);
    }
    let accounts = (0..pool.accounts()).map(AccountId);
    let holders: Vec<Holder> = accounts
        .filter_map(|account| holder(pool, &members, account))
        .collect();
    let step = (1.0 - LOWEST) / f64::from(POINTS - 1);
    let mut points = Vec::new();
    for i in 0..POINTS {
        let fall = step * f64::from(i);
        let factors = vec![1.0 - fall; assets.len()];
        let matrix = next_generation(&holders, &assets, &factors, window)?;
        points.push(BookPoint {
            fall,
            radius: spectral_radius(&matrix),
            matrix,
        });
    }
    Ok(Some(BookCascade {
        symbols,
        window,
        points,
    }))
}

/// An account as the ledger's own solvency tells it; nothing without debt.
fn holder(pool: &Pool, members: &[Body], account: AccountId) -> Option<Holder> {
    let health = pool.health(account).ok()?;
    if health.debt.is_zero() {
        return None;
    }
    let base = pool.base_decimals();
    // Both lines of a solvency are in base units × bps.
    let usd = |line: U256| door::value_to_usd(Value(line), base) / BPS;
    let whole = pool.solvency(account, AssetSet::EMPTY).ok()?;
    let mut holder = Holder {
        stakes: Vec::new(),
        fixed_weighted_usd: usd(whole.fixed_collateral),
        fixed_debt_usd: usd(whole.fixed_debt),
    };
    let holdings = pool.holdings(account);
    for (at, body) in members.iter().enumerate() {
        let lines = pool.solvency(account, body.members).ok()?;
        let mut stake = Stake {
            asset: at,
            weighted_usd: usd(lines.collateral),
            debt_usd: usd(lines.debt),
            ..Stake::default()
        };
        for held in holdings
            .iter()
            .filter(|held| held.enabled && body.holds(held.asset))
        {
            let decimals = pool.assets().get(usize::from(held.asset.0))?.decimals;
            let tokens = door::amount_to_tokens(held.collateral, decimals);
            stake.collateral_usd += tokens * price_usd(pool, held.asset);
            // What follows is sold on venues of its own.
            if held.asset == body.leader {
                stake.tokens = tokens;
            }
        }
        if stake.collateral_usd > 0.0 || stake.debt_usd > 0.0 {
            holder.fixed_weighted_usd -= stake.weighted_usd;
            holder.fixed_debt_usd -= stake.debt_usd;
            holder.stakes.push(stake);
        }
    }
    Some(holder)
}
