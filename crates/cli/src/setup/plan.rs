//! What an execution planner needs, from a scenario: venues, the liquidation map, the price and its volatility.

use super::cascades::triggers;
use super::maps::{Body, bodies, curve, price_usd};
use super::stage::RECORDING;
use super::{Loaded, world_config};
use crate::failure::Failure;
use backstop_core::book::AssetSet;
use backstop_core::protocol::AssetId;
use backstop_core::protocol::aave::Pool;
use backstop_io::parse_amount;
use backstop_lab::cascade::Triggers;
use backstop_lab::market::FeedbackMode;
use backstop_lab::plan::{Buyers, PlanConfig};
use backstop_lab::price::YEAR_S;
use backstop_lab::random::path_seed;
use backstop_lab::world::WorldConfig;

/// Paths over which the volatility of a scenario's prices is averaged.
const PATHS: u64 = 16;
const BPS: f64 = 10_000.0;

/// What is asked for, as the command line tells it.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) asset: &'a str,
    /// Whole tokens, in digits.
    pub(crate) amount: &'a str,
    pub(crate) over_s: u32,
    pub(crate) risk_aversion: f64,
    /// A year; that of the scenario's prices where it is not told.
    pub(crate) volatility: Option<f64>,
    pub(crate) buyers: Buyers,
}

/// What a plan is made with.
///
/// # Errors
/// When the asset is unknown or has no venue, the amount is not written as one, or a venue is badly set.
pub(crate) fn plan_config(
    loaded: &Loaded,
    pool: &Pool,
    follows: &[Option<AssetId>],
    asked: &Asked<'_>,
) -> Result<PlanConfig, Failure> {
    let world = world_config(loaded, FeedbackMode::On, RECORDING)?;
    let asset = asset_of(loaded, &world, asked.asset)?;
    let spec = &loaded.scenario.assets[asset];
    let amount = parse_amount(asked.amount, spec.decimals)
        .map_err(|problem| Failure::new(format!("--amount: {problem}")))?;
    let volatility = match asked.volatility {
        Some(volatility) => volatility,
        None => volatility(&world, asset, asked.over_s, loaded.scenario.seed)?,
    };
    let id = AssetId(u16::try_from(asset).unwrap_or(u16::MAX));
    let price = price_usd(pool, id);
    let map = curve(pool, body(pool, follows, id))
        .map_err(|overflow| Failure::new(format!("liquidation map: {overflow:?}")))?;
    let bonus = f64::from(spec.liquidation_bonus_bps) / BPS;
    Ok(PlanConfig {
        amount,
        decimals: spec.decimals,
        price,
        over_s: asked.over_s,
        risk_aversion: asked.risk_aversion,
        volatility,
        asset,
        impact: world.impact,
        venues: world.venues,
        time: loaded.scenario.time.start,
        triggers: Triggers::new(triggers(pool, id, &map, (price, bonus)))?,
        buyers: asked.buyers,
    })
}

/// Position of an asset that some venue trades.
fn asset_of(loaded: &Loaded, world: &WorldConfig, symbol: &str) -> Result<usize, Failure> {
    let assets = &loaded.scenario.assets;
    let traded = |at: usize| world.venues.iter().any(|venue| venue.base == at);
    let symbols = assets.iter().enumerate().filter(|(at, _)| traded(*at));
    let symbols: Vec<&str> = symbols.map(|(_, asset)| asset.symbol.as_str()).collect();
    let allowed = match symbols.as_slice() {
        [] => "the scenario has no venue".to_owned(),
        symbols => format!("allowed: {}", symbols.join(", ")),
    };
    match assets.iter().position(|asset| asset.symbol == symbol) {
        None => Err(Failure::new(format!(
            "--asset: found {symbol:?}, which is no asset of the scenario; {allowed}"
        ))),
        Some(at) if !traded(at) => Err(Failure::new(format!(
            "--asset: found {symbol:?}, which no venue of the scenario trades; {allowed}"
        ))),
        Some(at) => Ok(at),
    }
}

/// What falls when the asset is sold: a leader with its followers, or a follower alone.
fn body(pool: &Pool, follows: &[Option<AssetId>], asset: AssetId) -> Body {
    let mut leaders = bodies(pool, follows).into_iter();
    let own = leaders.find(|body| body.leader == asset);
    own.unwrap_or_else(|| Body {
        leader: asset,
        members: AssetSet::EMPTY.with(asset),
    })
}

/// Realised volatility of the asset's outside price over the scenario, a year: the root of the mean square return of some
/// of its paths. Returns are over as long as the plan takes, or a twelfth of the scenario where that is shorter: the swings
/// from step to step of a refined record are a bridge's, and mean little for it.
fn volatility(world: &WorldConfig, asset: usize, over_s: u32, seed: u64) -> Result<f64, Failure> {
    let plan = world.price_plan()?;
    let grid = plan.grid();
    let stride = (over_s / grid.step_s.max(1)).clamp(1, (grid.steps / 12).max(1));
    let (mut squares, mut count) = (0.0, 0.0);
    for path in 0..PATHS {
        let paths = plan.paths(path_seed(seed, path));
        let prices = paths.usd.get(asset).map_or(&[][..], Vec::as_slice);
        let told: Vec<f64> = prices.iter().copied().step_by(stride as usize).collect();
        let returns = told.windows(2).map(|pair| (pair[1] / pair[0]).ln());
        for square in returns.map(|r| r * r).filter(|square| square.is_finite()) {
            squares += square;
            count += 1.0;
        }
    }
    let years = f64::from(stride) * f64::from(grid.step_s) / YEAR_S;
    Ok(if count > 0.0 {
        (squares / count / years).sqrt()
    } else {
        0.0
    })
}
