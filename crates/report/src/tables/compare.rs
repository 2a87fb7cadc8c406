//! A comparison as tables.

use super::{Rows, STEP, TIME};
use crate::compare::{Comparison, Contender, Figures, figures};
use crate::summary::LayerSummary;
use backstop_io::table::Table;
use backstop_lab::metrics::METRICS;
use backstop_lab::record::StepRow;

/// The tables of a comparison, in a fixed order: figures, steps, payments.
pub fn comparison_tables(comparison: &Comparison<'_>) -> Vec<Table> {
    let figures = figures(comparison);
    vec![
        metrics(&figures),
        steps(comparison, &figures),
        coverage(&figures),
    ]
}

const CONTENDER: &str = "Short name of the design.";

fn metrics(figures: &[Figures<'_>]) -> Table {
    let mut rows = Rows::of(figures)
        .text("contender", "", CONTENDER, |f| f.contender.name.to_owned())
        .text("title", "", "Name of the design for people.", |f| {
            f.contender.title.to_owned()
        })
        .bool(
            "complete",
            "Whether the run went as far as the longest one.",
            |f| f.complete,
        )
        .u64("seed", "", "Seed of the path.", |f| f.summary.seed)
        .u64("steps", "", "Steps of the run.", |f| f.summary.steps)
        .u64(
            "accounts",
            "",
            "Accounts that had debt at the start.",
            |f| f.summary.accounts,
        );
    for metric in METRICS {
        rows = rows.optional_f64(metric.name, metric.unit, metric.doc, |f| {
            f.metric(metric.name)
        });
    }
    rows.table("compare")
}

/// One step of one design, with the sums up to it.
struct StepLine<'a> {
    contender: &'a str,
    asset: Option<&'a str>,
    oracle: Option<f64>,
    row: &'a StepRow,
    liquidations: u64,
    repaid: f64,
    seized: f64,
    deficit: f64,
    gas: f64,
}

fn step_lines<'a>(contender: &Contender<'a>, asset: Option<&'a str>) -> Vec<StepLine<'a>> {
    let at = asset.and_then(|symbol| contender.asset(symbol));
    let mut sums = (0, 0.0, 0.0, 0.0, 0.0);
    let one = |row: &'a StepRow| {
        sums.0 += u64::from(row.liquidations);
        sums.1 += row.repaid_usd;
        sums.2 += row.seized_usd;
        sums.3 += row.deficit_usd;
        sums.4 += row.gas_usd;
        let (liquidations, repaid, seized, deficit, gas) = sums;
        let oracle = at.and_then(|at| row.oracle.get(at).copied());
        StepLine {
            contender: contender.name,
            asset: at.and(asset),
            oracle: oracle.filter(|price| price.is_finite()),
            row,
            liquidations,
            repaid,
            seized,
            deficit,
            gas,
        }
    };
    contender.record.steps.iter().map(one).collect()
}

fn steps(comparison: &Comparison<'_>, figures: &[Figures<'_>]) -> Table {
    let asset = comparison.hardest_hit();
    let lines: Vec<_> = figures
        .iter()
        .flat_map(|f| step_lines(&f.contender, asset))
        .collect();
    Rows::of(&lines)
        .text("contender", "", CONTENDER, |l| l.contender.to_owned())
        .u32("step", "", STEP, |l| l.row.step)
        .u64("time", "s", TIME, |l| l.row.time)
        .optional_text(
            "asset",
            "",
            "Ticker of the asset that falls most without feedback.",
            |l| l.asset.map(str::to_owned),
        )
        .optional_f64(
            "oracle",
            "USD",
            "Oracle's answer for that asset at the end of the step.",
            |l| l.oracle,
        )
        .u32("breached", "", "Accounts in breach after the step.", |l| {
            l.row.breached
        })
        .u64("liquidations", "", "Liquidations up to here.", |l| {
            l.liquidations
        })
        .f64("repaid_usd", "USD", "Debt repaid up to here.", |l| l.repaid)
        .f64(
            "seized_usd",
            "USD",
            "Collateral seized up to here, protocol fee included.",
            |l| l.seized,
        )
        .f64("deficit_usd", "USD", "Debt written off up to here.", |l| {
            l.deficit
        })
        .f64("gas_usd", "USD", "Gas of liquidators up to here.", |l| {
            l.gas
        })
        .table("compare-steps")
}

fn coverage(figures: &[Figures<'_>]) -> Table {
    let rows: Vec<(&str, &LayerSummary)> = figures
        .iter()
        .flat_map(|f| f.summary.layers.iter().map(|l| (f.contender.name, l)))
        .collect();
    Rows::of(&rows)
        .text("contender", "", CONTENDER, |(name, _)| (*name).to_owned())
        .text(
            "layer",
            "",
            "Layer of the waterfall that paid.",
            |(_, l)| l.layer.clone(),
        )
        .u64("payments", "", "How often it paid.", |(_, l)| l.payments)
        .f64(
            "usd",
            "USD",
            "What it paid, at the oracle's prices.",
            |(_, l)| l.usd,
        )
        .optional_f64(
            "left_usd",
            "USD",
            "Left in the layer at the end; null for a layer without limit.",
            |(_, l)| l.left_usd,
        )
        .table("compare-coverage")
}
