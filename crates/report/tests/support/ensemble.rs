//! Ensembles made by hand and by a small generator, for tests and the example.

use super::support;
use backstop_core::protocol::{AccountId, AssetId};
use backstop_lab::ensemble::{AccountFigures, FALL, Figures, Totals};
use backstop_lab::metrics::METRICS;
use backstop_lab::world::CollateralAtRisk;
use backstop_report::{Added, EnsembleReport, RunContext};

/// What adds the drivers.
pub(crate) const DRIVERS_COMMAND: &str = "backstop stress sample.toml --resume --drivers";

/// An ensemble and its texts; [`EnsembleReport`] borrows them.
pub(crate) struct Ensemble {
    pub(crate) context: RunContext,
    pub(crate) totals: Totals,
    pub(crate) symbols: Vec<String>,
    pub(crate) instant: Vec<CollateralAtRisk>,
    pub(crate) asked: u64,
    pub(crate) name: fn(u32) -> Option<String>,
}

impl Ensemble {
    /// Paths over two assets.
    pub(crate) fn of(paths: &[Figures]) -> Self {
        let mut totals = Totals::new(2);
        paths.iter().for_each(|path| totals.add(path));
        Self {
            context: RunContext {
                title: "A made-up day".into(),
                question: "How much bad debt does a day leave, and which accounts drive it?".into(),
                command: format!("backstop stress sample.toml --paths {}", paths.len()),
                ..support::context()
            },
            totals,
            symbols: vec!["WETH".into(), "USDC".into()],
            instant: instant_falls(),
            asked: paths.len() as u64,
            name: |number| {
                (number == 3).then(|| "0x00000000000000000000000000000000000000a3".into())
            },
        }
    }

    pub(crate) fn report(&self) -> EnsembleReport<'_> {
        EnsembleReport {
            context: &self.context,
            totals: &self.totals,
            symbols: &self.symbols,
            lead: 0,
            seed: 7,
            asked: self.asked,
            horizon_s: 86_400,
            instant: &self.instant,
            drivers: Added::Command(DRIVERS_COMMAND),
            heat_map: Added::Command(""),
            draws: None,
            account_name: &self.name,
            path_command: &|path| format!("backstop run sample.toml --seed 7 --path {path}"),
        }
    }
}

/// What two falls of the first asset bring into breach.
fn instant_falls() -> Vec<CollateralAtRisk> {
    let fallen = |(fall, usd): (f64, f64)| CollateralAtRisk {
        asset: AssetId(0),
        fall,
        by_asset: vec![usd, 0.0],
        shares: vec![Some(usd / 4e6), None],
        by_account: (0..(usd / 1e5) as u32)
            .map(|a| (AccountId(a), 1e5))
            .collect(),
    };
    [(0.1, 3e5), (0.3, 2e6)].map(fallen).to_vec()
}

/// A path from its figures by name; what is not named is not told.
pub(crate) fn path(number: u64, told: &[(&str, f64)]) -> Figures {
    let value = |name: &str| {
        told.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| *value)
    };
    let metrics = METRICS.iter().chain(std::iter::once(&FALL));
    Figures {
        path: number,
        values: metrics.map(|metric| value(metric.name)).collect(),
        taken_usd: vec![value("seized").unwrap_or(0.0), 0.0],
        at_risk_usd: vec![0.0; 2],
        accounts: Vec::new(),
        fan: Vec::new(),
        stopped: false,
        place: None,
    }
}

/// A path on which nothing happens but a fall.
pub(crate) fn quiet(number: u64, fall: f64) -> Figures {
    let zero = [
        "bad_debt",
        "seized",
        "liquidations",
        "penalty",
        "bonus",
        "gas",
        "slippage",
        "largest_cascade",
        "collateral_at_risk",
    ];
    let mut told: Vec<(&str, f64)> = zero.map(|name| (name, 0.0)).to_vec();
    told.extend([
        ("amplification", 1.0),
        ("price_impact", 0.0),
        (FALL.name, fall),
    ]);
    Figures {
        fan: vec![[1.0; 2], [1.0 - fall; 2], [1.0 - fall / 2.0; 2]],
        ..path(number, &told)
    }
}

/// What an account of these ensembles has at the start, USD.
fn held(account: u32) -> f64 {
    100_000.0 + 25_000.0 * f64::from(account % 7)
}

/// A path on which so much is taken, a tenth of which is left as bad debt by the accounts told.
pub(crate) fn loud(number: u64, fall: f64, taken: f64, bad_debt: f64, accounts: &[u32]) -> Figures {
    let at_risk: f64 = accounts.iter().map(|account| held(*account)).sum();
    let told = [
        ("bad_debt", bad_debt),
        ("seized", taken),
        ("liquidations", accounts.len() as f64),
        ("penalty", taken * 0.07),
        ("bonus", taken * 0.06),
        ("gas", 40.0 * accounts.len() as f64),
        ("slippage", taken * 0.01),
        ("amplification", 1.0 + fall / 2.0),
        ("price_impact", fall / 4.0),
        ("time_to_clear", 60.0 * (1.0 + (fall * 40.0).floor())),
        ("toxic_share", (fall - 0.2).max(0.0)),
        ("largest_cascade", taken * 0.9),
        ("collateral_at_risk", at_risk),
        (FALL.name, fall),
    ];
    // Each account loses twice as much as the next.
    let parts: f64 = (0..accounts.len()).map(|i| 0.5f64.powi(i as i32)).sum();
    let each = |(i, account): (usize, &u32)| {
        let share = 0.5f64.powi(i as i32) / parts;
        AccountFigures {
            account: *account,
            taken: taken * share,
            bad_debt: bad_debt * share,
            at_risk: Some(held(*account)),
        }
    };
    let low = 1.0 - fall;
    Figures {
        taken_usd: vec![taken * 0.8, taken * 0.2],
        at_risk_usd: vec![at_risk * 0.9, at_risk * 0.1],
        accounts: accounts.iter().enumerate().map(each).collect(),
        fan: vec![[1.0; 2], [low * 0.98, low], [low * 1.04, low * 1.05]],
        ..path(number, &told)
    }
}

/// Twenty paths: eight quiet ones, seven without and five with bad debt.
pub(crate) fn twenty() -> Vec<Figures> {
    let one = |k: u64| {
        let size = k as f64;
        match k % 20 {
            0..8 => quiet(k, 0.01 + 0.004 * size),
            8..15 => loud(
                k,
                0.02 * (size - 2.0),
                20_000.0 * (size - 7.0),
                0.0,
                &[3, 1],
            ),
            _ => loud(
                k,
                0.03 * (size - 6.0),
                40_000.0 * (size - 9.0),
                3_000.0 * (size - 14.0),
                &[1, 3, 0],
            ),
        }
    };
    (0..20).map(one).collect()
}

/// As many paths as asked, drawn from a heavy tail.
pub(crate) fn drawn(paths: u64) -> Vec<Figures> {
    let mut noise = support::Noise::new();
    let steps = 24;
    let one = |k: u64| {
        let size = noise.next();
        let fall = (0.02 + 0.045 * -(1.0 - size).ln()).min(0.95);
        let taken = if fall > 0.05 {
            4e7 * (fall - 0.05).powf(1.5) * (0.5 + noise.next())
        } else {
            0.0
        };
        let bad_debt = if fall > 0.11 {
            taken * 0.4 * (fall - 0.11) * noise.next()
        } else {
            0.0
        };
        let accounts: Vec<u32> = (0..(fall * 60.0) as u32)
            .map(|_| (40.0 * noise.next() * noise.next()) as u32)
            .collect();
        let mut accounts = accounts;
        accounts.sort_unstable();
        accounts.dedup();
        let mut path = match taken > 0.0 {
            true => loud(k, fall, taken, bad_debt, &accounts),
            false => quiet(k, fall),
        };
        let mut price = 1.0;
        let drift = (1.0 - fall).ln() / f64::from(steps);
        path.fan = (0..steps)
            .map(|step| {
                price *= (drift + 0.012 * (noise.next() - 0.4)).exp();
                let selling = 0.3 * fall * f64::from(step) / f64::from(steps);
                [price * (1.0 - selling), price]
            })
            .collect();
        path
    };
    (0..paths).map(one).collect()
}
