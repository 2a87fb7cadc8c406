//! Records made by hand and by a small generator, for tests and the example.

use backstop_core::protocol::{AccountId, AssetId, Event, OfferKind, TraceStep};
use backstop_core::units::{Amount, Price, Ratio, Rounding, U256};
use backstop_lab::record::{
    AccountRow, AccountsTold, CoverageRow, EventRow, LiquidationRow, LiquidatorKind, LiquidatorRow,
    Miss, MissRow, PathRecord, PayerLoss, ReactionRow, StepRow,
};
use backstop_report::{
    Input, InputKind, LiquidationMap, MapPoint, RunContext, SettingsTable, WaterfallLayer,
};

/// 12 March 2020 00:00 UTC.
pub(crate) const START: u64 = 1_583_971_200;
const WAD: f64 = 1e18;
const SYMBOLS: [&str; 5] = ["WETH", "USDC", "DAI", "WBTC", "LINK"];
const DECIMALS: [u8; 5] = [18, 6, 18, 8, 18];
const PRICES: [f64; 5] = [194.3, 1.0, 1.0, 7_910.0, 3.9];

/// How large a made-up record is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) steps: u32,
    pub(crate) liquidations: u32,
    pub(crate) accounts: u32,
    pub(crate) assets: usize,
}

/// A small seeded generator; statistics do not matter here.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Share of the starting price at `t` in 0..1: calm, a first crash, a bounce, a second crash.
fn crash(t: f64) -> f64 {
    let drop = |at: f64, depth: f64, width: f64| depth / (1.0 + ((at - t) / width).exp());
    1.0 - drop(0.22, 0.36, 0.012) + drop(0.40, 0.05, 0.03) - drop(0.54, 0.17, 0.008)
        + drop(0.68, 0.14, 0.04)
}

fn steps(size: Size, noise: &mut Noise, selling: f64) -> Vec<StepRow> {
    let mut wobble = vec![0.0; size.assets];
    let mut oracle = PRICES[..size.assets].to_vec();
    (0..size.steps)
        .map(|step| {
            let t = f64::from(step) / f64::from(size.steps.max(2) - 1);
            let mut row = StepRow {
                step,
                time: START + 60 * u64::from(step),
                gas_gwei: 12.0 + 220.0 * (-((t - 0.56) / 0.06).powi(2)).exp() + 6.0 * noise.next(),
                block_use: 0.2 * noise.next(),
                ..StepRow::default()
            };
            for asset in 0..size.assets {
                wobble[asset] = wobble[asset] * 0.98 + 0.004 * (noise.next() - 0.5);
                let stable = asset == 1 || asset == 2;
                let shape = if stable {
                    1.0 + wobble[asset] * 0.05
                } else {
                    crash(t) + wobble[asset]
                };
                let stress = (-((t - 0.55) / 0.02).powi(2)).exp();
                let pressure = if stable { 0.0 } else { selling * stress };
                let outside = PRICES[asset] * shape * (1.0 - 0.6 * pressure);
                if (outside / oracle[asset] - 1.0).abs() > 0.02 || step % 180 == 0 {
                    oracle[asset] = outside;
                }
                row.outside.push(outside);
                row.oracle.push(oracle[asset]);
                row.venue
                    .push(outside * (1.0 - pressure) * (1.0 + 0.001 * (noise.next() - 0.5)));
            }
            row
        })
        .collect()
}

fn trace(repaid: u128, price: u128) -> Vec<TraceStep> {
    let number = U256::from;
    vec![
        TraceStep {
            label: "debt to repay (debt units)",
            formula: "min(asked, debt · close factor / 10^4)",
            inputs: vec![
                ("asked", U256::MAX),
                ("debt", number(repaid * 2)),
                ("close factor", number(5_000u128)),
            ],
            result: number(repaid),
            rounding: Some(Rounding::HalfUp),
        },
        TraceStep {
            label: "collateral without bonus (collateral units)",
            formula: "debt price · debt to repay · 10^18 / (collateral price · 10^6)",
            inputs: vec![
                ("debt price", number(100_000_000u128)),
                ("debt to repay", number(repaid)),
                ("collateral price", number(price)),
            ],
            result: number(repaid * 1_000_000_000_000 / price.max(1) * 100_000_000),
            rounding: Some(Rounding::Floor),
        },
        TraceStep {
            label: "bonus (bps)",
            formula: "liquidation bonus − 10^4",
            inputs: vec![("liquidation bonus", number(10_500u128))],
            result: number(500u128),
            rounding: None,
        },
    ]
}

fn liquidation(i: u32, size: Size, steps: &mut [StepRow], noise: &mut Noise) -> LiquidationRow {
    let center = if noise.next() < 0.45 { 0.225 } else { 0.548 };
    let t = (center + 0.03 * (noise.next() + noise.next() - 1.0)).clamp(0.0, 1.0);
    let at = (t * f64::from(size.steps.saturating_sub(1))) as usize;
    let collateral = if size.assets > 3 && noise.next() < 0.3 {
        3
    } else {
        0
    };
    let debt = if size.assets > 1 {
        1 + usize::from(size.assets > 2 && noise.next() < 0.4)
    } else {
        0
    };
    let step = &mut steps[at];
    let repaid_usd = 400.0 * (7.0 * noise.next() * noise.next()).exp();
    let (seized_usd, fee_usd) = (repaid_usd * 1.045, repaid_usd * 0.005);
    let price = step.oracle[collateral];
    let deficit_usd = if i % 97 == 5 { repaid_usd * 0.2 } else { 0.0 };
    let gas_usd = step.gas_gwei * 0.06;
    let slippage_usd = seized_usd * 0.012;
    step.liquidations += 1;
    step.repaid_usd += repaid_usd;
    step.seized_usd += seized_usd + fee_usd;
    step.bonus_usd += seized_usd - repaid_usd;
    step.penalty_usd += seized_usd + fee_usd - repaid_usd;
    step.fee_usd += fee_usd;
    step.gas_usd += gas_usd;
    step.deficit_usd += deficit_usd;
    step.breached = step.breached.max(1 + (30.0 * noise.next()) as u32);
    let units = |usd: f64, price: f64, decimals: u8| {
        Amount::new((usd / price * 10f64.powi(i32::from(decimals))) as u128)
    };
    LiquidationRow {
        step: step.step,
        time: step.time,
        account: AccountId(i % size.accounts.max(1)),
        liquidator: i % 3,
        kind: OfferKind::Repay,
        collateral: AssetId(collateral as u16),
        debt: AssetId(debt as u16),
        repaid: units(repaid_usd, step.oracle[debt], DECIMALS[debt]),
        seized: units(seized_usd, price, DECIMALS[collateral]),
        protocol_fee: units(fee_usd, price, DECIMALS[collateral]),
        health_before: Ratio::new((WAD * (0.96 + 0.039 * noise.next())) as u128),
        health_after: Ratio::new((WAD * (1.0 + 0.1 * noise.next())) as u128),
        repaid_usd,
        seized_usd,
        fee_usd,
        reward_usd: 0.0,
        taken_usd: seized_usd + fee_usd,
        cleared_usd: repaid_usd,
        proceeds_usd: seized_usd - slippage_usd,
        slippage_usd,
        gas_usd,
        loan_fee_usd: repaid_usd * 0.0005,
        profit_usd: seized_usd - slippage_usd - repaid_usd * 1.0005 - gas_usd,
        deficit_usd,
        collateral_price: price,
        trace: trace((repaid_usd * 1e6) as u128, (price * 1e8) as u128),
    }
}

fn accounts(size: Size, liquidations: &[LiquidationRow], noise: &mut Noise) -> Vec<AccountRow> {
    (0..size.accounts)
        .map(|i| {
            let own: Vec<_> = liquidations
                .iter()
                .filter(|l| l.account == AccountId(i))
                .collect();
            let debt = 900.0 * (6.0 * noise.next() * noise.next()).exp();
            let start = 1.02 + 2.4 * noise.next() * noise.next();
            let repaid: f64 = own.iter().map(|l| l.repaid_usd).sum();
            let seized: f64 = own.iter().map(|l| l.seized_usd + l.fee_usd).sum();
            let end = if own.is_empty() {
                start * 0.72
            } else {
                1.0 + 0.3 * noise.next()
            };
            AccountRow {
                account: AccountId(i),
                name: (i % 2 == 0).then(|| {
                    format!(
                        "0x{:040x}",
                        u64::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    )
                }),
                health_start: Ratio::new((start * WAD) as u128),
                health_end: if i % 11 == 0 {
                    Ratio::MAX
                } else {
                    Ratio::new((end * WAD) as u128)
                },
                solvent_spared: None,
                collateral_usd: [debt * start / 0.8, debt * end / 0.8],
                debt_usd: [debt, if i % 11 == 0 { 0.0 } else { debt * 0.8 }],
                liquidations: own.len() as u32,
                softened: false,
                repaid_usd: repaid,
                seized_usd: seized,
                penalty_usd: seized - repaid,
                deficit_usd: own.iter().map(|l| l.deficit_usd).sum(),
                shortfall_usd: if i % 301 == 7 { 1_250.5 } else { 0.0 },
                lacking_usd: if i % 7 == 0 { 0.1 * debt } else { 0.0 },
                under_water_s: if i % 301 == 7 { 600 } else { 0 },
            }
        })
        .collect()
}

fn liquidators(liquidations: &[LiquidationRow], misses: &[MissRow]) -> Vec<LiquidatorRow> {
    let kinds = [
        ("fast desk", LiquidatorKind::Private),
        ("keeper network", LiquidatorKind::Public),
        ("treasury", LiquidatorKind::Native),
    ];
    kinds
        .into_iter()
        .enumerate()
        .map(|(i, (name, kind))| {
            let own: Vec<_> = liquidations
                .iter()
                .filter(|l| l.liquidator == i as u32)
                .collect();
            let sum = |of: fn(&LiquidationRow) -> f64| own.iter().map(|l| of(l)).sum::<f64>();
            LiquidatorRow {
                name: name.into(),
                kind,
                won: own.len() as u32,
                lost: misses.iter().filter(|m| m.liquidator == i as u32).count() as u32,
                repaid_usd: sum(|l| l.repaid_usd),
                gas_usd: sum(|l| l.gas_usd),
                slippage_usd: sum(|l| l.slippage_usd),
                loan_fee_usd: sum(|l| l.loan_fee_usd),
                profit_usd: sum(|l| l.profit_usd),
                inventory_usd: if i == 2 { 84_000.0 } else { 0.0 },
            }
        })
        .collect()
}

fn coverage(liquidations: &[LiquidationRow]) -> Vec<CoverageRow> {
    let mut left = 20_000.0;
    let mut rows = Vec::new();
    for l in liquidations.iter().filter(|l| l.deficit_usd > 0.0) {
        let first = l.deficit_usd.min(left);
        left -= first;
        for (layer, payer, usd, left_usd) in [
            ("treasury reserve", "the protocol's treasury", first, left),
            (
                "socialised",
                "all suppliers",
                l.deficit_usd - first,
                f64::INFINITY,
            ),
        ] {
            if usd > 0.0 {
                let amount = Amount::new((usd * 1e6) as u128);
                let (step, time, asset) = (l.step, l.time, l.debt);
                rows.push(CoverageRow {
                    step,
                    time,
                    layer: layer.into(),
                    asset,
                    amount,
                    usd,
                    left_usd,
                    losses: vec![PayerLoss {
                        payer: payer.into(),
                        before_usd: Some(left_usd + usd).filter(|held| held.is_finite()),
                        paid_usd: usd,
                        after_usd: Some(left_usd).filter(|held| held.is_finite()),
                    }],
                });
            }
        }
    }
    rows
}

/// A record that looks like a crash; `selling` is the depth of the selling's effect on venues.
pub(crate) fn record(size: Size, selling: f64) -> PathRecord {
    let mut noise = Noise::new();
    let mut steps = steps(size, &mut noise, selling);
    let mut liquidations: Vec<_> = match steps.is_empty() {
        true => Vec::new(),
        false => (0..size.liquidations)
            .map(|i| liquidation(i, size, &mut steps, &mut noise))
            .collect(),
    };
    liquidations.sort_by_key(|l| l.step);
    let misses: Vec<_> = liquidations
        .iter()
        .step_by(3)
        .map(|l| MissRow {
            step: l.step,
            account: l.account,
            liquidator: (l.liquidator + 1) % 3,
            reason: [Miss::Outrun, Miss::Outrun, Miss::BlockFull, Miss::Rejected]
                [l.account.0 as usize % 4],
            gas_usd: l.gas_usd * 0.4,
        })
        .collect();
    let events = liquidations
        .iter()
        .map(|l| EventRow {
            step: l.step,
            time: l.time,
            event: Event::PriceObserved {
                asset: l.collateral,
                price: Price::new((l.collateral_price * 1e8) as u128),
            },
        })
        .collect();
    let accounts = accounts(size, &liquidations, &mut noise);
    PathRecord {
        seed: 7,
        symbols: SYMBOLS[..size.assets]
            .iter()
            .map(|s| (*s).to_owned())
            .collect(),
        decimals: DECIMALS[..size.assets].to_vec(),
        liquidators: liquidators(&liquidations, &misses),
        coverage: coverage(&liquidations),
        reactions: accounts
            .iter()
            .step_by(40)
            .map(|a| ReactionRow {
                step: 0,
                account: a.account,
                asset: AssetId(0),
                repay: a.account.0 % 80 == 0,
                amount: Amount::new(1_500_000_000_000_000_000),
                usd: 291.45,
            })
            .collect(),
        steps,
        events,
        liquidations,
        misses,
        accounts,
        accounts_told: AccountsTold::All,
        state_hash: [0xab; 32],
        refusals: vec![("health factor is not below the threshold".into(), 57)],
        ..PathRecord::default()
    }
}

/// The description that goes with [`record`].
pub(crate) fn context() -> RunContext {
    let input = |what: &str, source: &str, dates, kind| Input {
        what: what.into(),
        source: source.into(),
        dates,
        kind,
    };
    let table = |title: &str, columns: &[&str], rows: &[&[&str]]| SettingsTable {
        title: title.into(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        rows: rows
            .iter()
            .map(|r| r.iter().map(|c| (*c).to_owned()).collect())
            .collect(),
    };
    RunContext {
        title: "A made-up crash, 12–13 March 2020".into(),
        question: "If ETH halves within a day while gas is twenty times dearer, who is liquidated, how much bad \
                   debt is left, and who pays it?"
            .into(),
        scenario: "sample".into(),
        scenario_version: "1".into(),
        protocol: "Aave v3.3".into(),
        start: START,
        end: START + 2 * 86_400,
        step_seconds: 60,
        inputs: vec![
            input("ETH price", "hourly closes of one exchange, refined to minutes", Some((START, START + 86_400)), InputKind::Observed),
            input("Price between the hours", "seeded bridge", Some((START, START + 86_400)), InputKind::Modelled),
            input("Book", "synthetic, fitted to quantiles", None, InputKind::Modelled),
            input("Depth of the venues", "scenario", None, InputKind::Chosen),
        ],
        notes: vec![
            "The book is synthetic: counts and sums show the mechanism, not the history of any account.".into(),
        ],
        settings: vec![
            table(
                "Parameters by asset",
                &["Asset", "LTV (%)", "Liquidation threshold (%)", "Bonus (%)", "Protocol's share of the bonus (%)"],
                &[&["WETH", "80", "82.5", "5", "10"], &["USDC", "77", "80", "5", "10"], &["DAI", "77"]],
            ),
            table(
                "Venues",
                &["Venue", "Model", "Depth (USD within 2 %)", "Recovery (half-life, min)"],
                &[&["pool", "constant product", "1,900,000", "10"]],
            ),
        ],
        waterfall: vec![
            WaterfallLayer {
                name: "treasury reserve".into(),
                pays: "the protocol's treasury".into(),
                capacity_usd: Some(20_000.0),
            },
            WaterfallLayer {
                name: "insurance fund".into(),
                pays: "stakers of the fund".into(),
                capacity_usd: Some(0.0),
            },
            WaterfallLayer { name: "socialised".into(), pays: "lenders, by their share".into(), capacity_usd: None },
        ],
        software: "backstop 0.1.0".into(),
        command: "backstop run sample --seed 7 --out results".into(),
    }
}

/// Maps that go with [`record`].
pub(crate) fn maps() -> Vec<LiquidationMap> {
    let curve = |scale: f64| -> Vec<MapPoint> {
        (1..=900)
            .map(|i| {
                let price = f64::from(i) * 0.25;
                let share = 1.0 / (1.0 + ((price - 120.0) / 18.0).exp());
                let collateral_usd = scale * share * 48e6;
                MapPoint {
                    price,
                    collateral_usd,
                    debt_usd: collateral_usd * 0.78,
                }
            })
            .collect()
    };
    vec![LiquidationMap {
        asset: AssetId(0),
        symbol: "WETH".into(),
        price_start: 194.3,
        price_low: Some(92.4),
        before: curve(1.0),
        after: curve(0.35),
    }]
}
