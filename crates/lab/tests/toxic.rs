//! A liquidation at a fixed discount worsens an account exactly where its loan to value lies above
//! 1 ÷ (1 + bonus); through Aave's rules and the whole loop, and as the metric counts it.

#[path = "../../core/tests/pool/mod.rs"]
mod pool_of;

use backstop_core::coverage::Waterfall;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_lab::agents::{
    BidStyle, Bidding, Competition, Exit, LiquidatorConfig, Outages, Sizing,
};
use backstop_lab::feed::FeedConfig;
use backstop_lab::market::{FeedbackMode, Impact};
use backstop_lab::metrics::{Evidence, METRICS};
use backstop_lab::network::{GasModel, GasSeries, GasToken, NetworkConfig};
use backstop_lab::price::{Constant, Dependence, Grid, PriceModel};
use backstop_lab::record::{AccountsTold, LiquidatorKind, PathRecord};
use backstop_lab::venue::{ConstantProduct, Liquidity, Routing, VenueConfig};
use backstop_lab::world::{AssetConfig, GovernorsConfig, Recording, World, WorldConfig};
use pool_of::{Listed, START, position};
use std::ops::ControlFlow;

/// Loan to value at which an account is in breach.
const THRESHOLD: f64 = 0.95;

#[test]
fn a_liquidation_is_toxic_exactly_above_the_boundary() {
    let (mut toxic, mut others) = (0, 0);
    for bonus_bps in [300u16, 500] {
        let boundary = 1.0 / (1.0 + f64::from(bonus_bps) / 1e4);
        for step in 0..60 {
            let ltv = 0.9501 + 0.001_37 * f64::from(step);
            let record = liquidated(ltv, bonus_bps);
            assert!(!record.liquidations.is_empty(), "{ltv}");
            let mut worse = 0;
            for row in &record.liquidations {
                let before = THRESHOLD * 1e18 / f64::from(row.health_before.0);
                // Half a millionth beside the boundary rounding decides.
                if (before - boundary).abs() > 5e-7 {
                    let is_worse = row.health_after < row.health_before;
                    assert_eq!(is_worse, before > boundary, "{before} at {boundary}");
                }
                worse += usize::from(before > boundary);
            }
            let metric = METRICS.iter().find(|metric| metric.name == "toxic_share");
            let share = (metric.unwrap().compute)(&Evidence::of(&record)).unwrap();
            let all = record.liquidations.len();
            assert!((share - worse as f64 / all as f64).abs() < 1e-12, "{ltv}");
            toxic += worse;
            others += all - worse;
        }
    }
    assert!(toxic > 20 && others > 2, "{toxic} {others}");
}

/// What happens to one account that owes this share of its collateral.
fn liquidated(ltv: f64, bonus_bps: u16) -> PathRecord {
    let mut world = World::new(pool(ltv, bonus_bps), config(), 1).expect("a world");
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn config() -> WorldConfig {
    let asset = |usd| AssetConfig {
        price: PriceModel::Constant(Constant { usd }),
        feed: FeedConfig {
            deviation: 0.0,
            heartbeat_s: 3_600,
            delay_s: 0,
            twap_s: 0,
        },
        sources: None,
    };
    WorldConfig {
        grid: Grid {
            start: START,
            step_s: 60,
            steps: 3,
        },
        assets: vec![asset(2_000.0), asset(1.0)],
        dependence: Dependence::default(),
        venues: vec![VenueConfig {
            name: "pool".to_owned(),
            base: 0,
            fee: 0.0,
            half_life_s: 0.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(ConstantProduct::fixed(1e7, 2e10)),
        }],
        impact: Impact {
            mode: FeedbackMode::Off,
            venue_weight: 0.0,
            permanent_share: 0.0,
            routing: Routing::Best,
        },
        network: NetworkConfig {
            block_time_s: 12.0,
            block_gas_limit: 30_000_000,
            liquidation_share: 0.5,
            liquidation_gas: 400_000,
            failed_gas_share: 0.3,
            gas_token: GasToken::Asset(0),
            gas: GasModel::Series(GasSeries {
                points: vec![(START, 1.0)],
            }),
        },
        liquidators: vec![LiquidatorConfig {
            name: "keeper".to_owned(),
            kind: LiquidatorKind::Native,
            count: 1,
            capital_usd: 1e12,
            latency_s: 1.0,
            min_profit_usd: 0.0,
            bid_share: 0.0,
            exit: Exit::FlashLoan { fee: 0.0 },
            sizing: Sizing::Full,
            bidding: Bidding {
                style: BidStyle::Worth,
                discount: 0.0,
            },
            outages: Outages::default(),
            competition: Competition::None,
            inventory_risk: None,
        }],
        borrowers: Vec::new(),
        levered: Vec::new(),
        manipulator: None,
        census: None,
        monitor: None,
        coverage: Waterfall::default(),
        guards: Vec::new(),
        governors: GovernorsConfig::default(),
        recording: Recording {
            traces: false,
            events: false,
            accounts: AccountsTold::All,
            calls: false,
        },
    }
}

/// One borrower of dollars against ten ether, and a lender.
fn pool(ltv: f64, bonus: u16) -> Pool {
    let listed = |symbol, decimals, usd| Listed {
        symbol,
        decimals,
        usd,
        loan_to_value: 9_000,
        threshold: 9_500,
        bonus,
        treasury: 1_000,
        slopes: [4, 60],
    };
    let assets = [listed("WETH", 18, 2_000.0), listed("USDC", 6, 1.0)];
    let borrower = [
        position(&assets, 0, 10.0, 0.0),
        position(&assets, 1, 0.0, 20_000.0 * ltv),
    ];
    let lender = [
        position(&assets, 0, 0.0, 0.0),
        position(&assets, 1, 1e9, 0.0),
    ];
    let accounts = vec![Account::new(0, borrower), Account::new(0, lender)];
    pool_of::pool(AaveVersion::V3_0_2, &assets, accounts)
}
