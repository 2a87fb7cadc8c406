//! The market around the pool.

use super::Loaded;
use super::monitor;
use super::oracles;
use super::prices::{dependence, points, price_model};
use super::venues::venues;
use super::waterfall::waterfall;
use crate::failure::Failure;
use backstop_core::governor::Governor;
use backstop_core::guard::Guard;
use backstop_core::protocol::{AssetId, SetupError};
use backstop_io::price::TimeSeries;
use backstop_io::scenario::{self as spec, ExitSpec, GasPriceSpec, GovernorKind, Scenario};
use backstop_lab::agents::{
    BidStyle, Bidding, BorrowerGroup, Competition, Exit, InventoryRisk, LeverageGroup,
    LiquidatorConfig, ManipulatorConfig, Outages, Reaction, Sizing,
};
use backstop_lab::feed::FeedConfig;
use backstop_lab::market::{FeedbackMode, Impact};
use backstop_lab::network::{BaseFee, GasModel, GasSeries, GasToken, NetworkConfig};
use backstop_lab::price::{Grid, Move, PriceModel, Shocks};
use backstop_lab::record::LiquidatorKind;
use backstop_lab::venue::Routing;
use backstop_lab::world::{AssetConfig, CensusConfig, GovernorsConfig, Recording, WorldConfig};

const BPS: f64 = 10_000.0;

/// The world of a scenario, with or without feedback of sales on the oracle's price.
///
/// # Errors
/// When a venue's asset has no price at the start, or correlations contradict each other.
pub(crate) fn world_config(
    loaded: &Loaded,
    mode: FeedbackMode,
    recording: Recording,
) -> Result<WorldConfig, Failure> {
    let scenario = &loaded.scenario;
    let prices = loaded.inputs.prices.iter().map(price_model);
    let shocked = scenario.shock.falling(&scenario.assets);
    let prices = (0..).map(AssetId).zip(prices).map(|(id, price)| {
        if shocked.contains(&id) {
            fallen(price, scenario)
        } else {
            price
        }
    });
    let assets = scenario
        .assets
        .iter()
        .zip(prices)
        .map(|(asset, price)| AssetConfig {
            price,
            feed: FeedConfig {
                deviation: asset.oracle.deviation_bps / BPS,
                heartbeat_s: asset.oracle.heartbeat_s,
                delay_s: asset.oracle.delay_s,
                twap_s: asset.oracle.twap_s,
            },
            sources: asset.sources.as_ref().map(oracles::sources),
        });
    Ok(WorldConfig {
        grid: Grid {
            start: scenario.time.start,
            step_s: scenario.time.step_s,
            steps: scenario.time.steps(),
        },
        assets: assets.collect(),
        dependence: dependence(loaded)?,
        venues: venues(loaded)?,
        impact: Impact {
            mode,
            venue_weight: scenario.impact.venue_weight,
            permanent_share: scenario.impact.permanent_share,
            routing: match scenario.impact.routing {
                spec::Routing::Best => Routing::Best,
                spec::Routing::Split => Routing::Split,
            },
        },
        network: network(loaded),
        liquidators: scenario.liquidators.iter().map(liquidator).collect(),
        borrowers: borrowers(scenario),
        levered: scenario.leverage.iter().map(leverage).collect(),
        manipulator: scenario.manipulator.as_ref().map(manipulator),
        census: scenario.census.map(|census| CensusConfig {
            margin_call: census.margin_call_health,
        }),
        monitor: monitor::config(scenario),
        coverage: waterfall(scenario)?,
        guards: guards(scenario)?,
        governors: governors(scenario)?,
        recording,
    })
}

/// The guards that policies switched on.
fn guards(scenario: &Scenario) -> Result<Vec<Box<dyn Guard>>, Failure> {
    let made = scenario.guards.iter().map(|spec| spec.guard());
    let made: Result<_, _> = made.collect();
    made.map_err(|error| Failure::new(error.to_string()))
}

/// The governors that policies switched on, under one steward.
fn governors(scenario: &Scenario) -> Result<GovernorsConfig, Failure> {
    let specs = &scenario.governors;
    let failed = |error: SetupError| Failure::new(error.to_string());
    let made: Result<Vec<Box<dyn Governor>>, _> =
        specs.iter().map(|spec| spec.governor()).collect();
    let usual = GovernorsConfig::default();
    let costs = specs.iter().find_map(|spec| match spec.kind {
        GovernorKind::Bonus(_, capital, bound_s) => Some((capital, bound_s)),
        _ => None,
    });
    let (capital, bound_s) = costs.unwrap_or((usual.capital, usual.bound_s));
    Ok(GovernorsConfig {
        governors: made.map_err(failed)?,
        rules: spec::steward_rules(specs).map_err(failed)?,
        capital,
        bound_s,
        ..usual
    })
}

/// A price with the scenario's shock on top, if there is one.
fn fallen(price: PriceModel, scenario: &Scenario) -> PriceModel {
    let (shock, time) = (&scenario.shock, &scenario.time);
    if shock.fall == 0.0 {
        return price;
    }
    let step = u64::from(time.step_s);
    let to_the_last = u64::from(time.steps().saturating_sub(1)) * step;
    let over_s = shock.over_s.unwrap_or(to_the_last);
    // What falls at once falls after the first prices, which books are made for.
    let wait = if over_s == 0 { step } else { 0 };
    PriceModel::Shocks(Shocks {
        on: Box::new(price),
        moves: vec![Move {
            time: time.start + wait,
            log_move: (1.0 - shock.fall).ln(),
            over_s,
        }],
    })
}

fn network(loaded: &Loaded) -> NetworkConfig {
    let gas = &loaded.scenario.gas;
    let native = usize::from(gas.native.0);
    let series = |series: &TimeSeries| {
        GasModel::Series(GasSeries {
            points: points(series),
        })
    };
    let model = match (&gas.price, &loaded.inputs.gas) {
        (GasPriceSpec::BaseFee(fee), _) => GasModel::BaseFee(BaseFee {
            initial_gwei: fee.initial_gwei,
            min_gwei: fee.min_gwei,
            priority_gwei: fee.priority_gwei,
            demand: fee.demand,
            elasticity: fee.elasticity,
            noise: fee.noise,
            stress: fee.stress,
            stress_asset: native,
            window_s: fee.window_s,
        }),
        (GasPriceSpec::Points(told), _) => series(told),
        (GasPriceSpec::Files(_), read) => series(&read.clone().unwrap_or_default()),
    };
    NetworkConfig {
        block_time_s: gas.block_time_s,
        block_gas_limit: gas.block_gas_limit,
        liquidation_share: 1.0 - gas.background_use,
        liquidation_gas: gas.gas_per_liquidation,
        failed_gas_share: gas.failed_gas_share,
        gas_token: GasToken::Asset(native),
        gas: model,
    }
}

fn liquidator(spec: &spec::LiquidatorSpec) -> LiquidatorConfig {
    LiquidatorConfig {
        name: spec.name.clone(),
        kind: match spec.kind {
            spec::LiquidatorKind::Private => LiquidatorKind::Private,
            spec::LiquidatorKind::Public => LiquidatorKind::Public,
            spec::LiquidatorKind::Native => LiquidatorKind::Native,
        },
        count: spec.count,
        capital_usd: spec.capital_usd,
        latency_s: spec.latency_s,
        min_profit_usd: spec.min_profit_usd,
        bid_share: spec.bid_share,
        exit: match spec.exit {
            ExitSpec::FlashLoan { loan_fee_bps } => Exit::FlashLoan {
                fee: loan_fee_bps / BPS,
            },
            ExitSpec::Inventory { half_life_s } => Exit::Inventory { half_life_s },
        },
        sizing: match spec.sizing {
            spec::Sizing::Best => Sizing::Best,
            spec::Sizing::Full => Sizing::Full,
        },
        bidding: Bidding {
            style: match spec.auction_bid {
                spec::AuctionBid::Worth => BidStyle::Worth,
                spec::AuctionBid::Least => BidStyle::Least,
            },
            discount: spec.auction_discount_bps / BPS,
        },
        outages: Outages {
            windows: spec.offline.clone(),
            gas_gwei_max: spec.gas_gwei_max,
        },
        competition: match spec.competition {
            spec::CompetitionSpec::None => Competition::None,
            spec::CompetitionSpec::PriorityGame { value_spread } => Competition::PriorityGame {
                spread: value_spread,
            },
        },
        inventory_risk: spec.inventory_risk.map(|risk| InventoryRisk {
            aversion: risk.aversion,
            volatility: risk.volatility,
        }),
    }
}

fn leverage(spec: &spec::LeverageSpec) -> LeverageGroup {
    let position = |asset: AssetId| usize::from(asset.0);
    let pair = |(collateral, debt)| (position(collateral), position(debt));
    LeverageGroup {
        name: spec.name.clone(),
        share: spec.share,
        pair: spec.pair.map(pair),
        trigger: spec.trigger_health,
        target: spec.target_health,
        after_calm_s: spec.after_calm_s,
        calm_fall: spec.calm_fall_bps / BPS,
    }
}

fn manipulator(spec: &spec::ManipulatorSpec) -> ManipulatorConfig {
    ManipulatorConfig {
        name: spec.name.clone(),
        asset: usize::from(spec.asset.0),
        capital_usd: spec.capital_usd,
        min_profit_usd: spec.min_profit_usd,
        exit_cost: spec.exit_cost_bps / BPS,
        look_every_s: spec.look_every_s,
        falls: spec.falls_bps.iter().map(|bps| bps / BPS).collect(),
    }
}

fn borrowers(scenario: &Scenario) -> Vec<BorrowerGroup> {
    let spec = &scenario.borrowers;
    [
        ("top up", spec.top_up, Reaction::TopUp),
        ("repay", spec.repay, Reaction::Repay),
    ]
    .into_iter()
    .filter(|(_, share, _)| *share > 0.0)
    .map(|(name, share, reaction)| BorrowerGroup {
        name: name.to_owned(),
        share,
        reaction,
        trigger: spec.trigger_health,
        target: spec.target_health,
        delay_s: spec.delay_s,
        budget_share: spec.budget_share,
    })
    .collect()
}
