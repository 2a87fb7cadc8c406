//! Results for people: self-contained pages, plots, tables, terminal text.
//!
//! Everything here reads a [`backstop_lab::record::PathRecord`], or the
//! [`backstop_lab::ensemble::Totals`] of many, and plain descriptions; nothing reaches into a
//! protocol or a market. The same input gives the same bytes.

mod ab;
mod answer;
mod backtest;
mod braille;
mod cascade;
mod compare;
mod context;
mod ensemble;
mod explain;
mod followed;
mod format;
mod html;
mod oracle_cost;
mod parameters;
mod plan;
mod plot;
mod results;
mod summary;
mod summary_head;
mod svg;
mod sweep;
mod tables;
mod terminal;
mod trace;

pub use ab::{AB_METRICS, AbReport, AbRow, AbRun, ab_text, write_ab};
pub use backtest::{BacktestReport, Trial, backtest_text, write_backtest};
pub use cascade::{
    BookCascade, BookPoint, CascadeMap, DepthPoint, MapReport, cascade_text, write_map_report,
};
pub use compare::{Comparison, Contender, comparison_text, write_comparison};
pub use context::{
    Input, InputKind, LiquidationMap, MapPoint, RunContext, SettingsTable, WaterfallLayer,
};
pub use ensemble::{Added, EnsembleReport, ensemble_text, estimate_text, write_ensemble};
pub use explain::{ExplainError, explain};
pub use format::setting;
pub use html::Report;
pub use oracle_cost::OracleCost;
pub use plan::{PlanReport, plan_text, write_plan};
pub use plot::{map_svg, map_table, map_terminal};
pub use results::write_results;
pub use summary::{Amplification, AssetSummary, Fall, LayerSummary, MissSummary, Paired, Summary};
pub use sweep::{
    DriverRow, DriverSide, DriversReport, SweepAxis, SweepReport, drivers_text, sweep_text,
    write_drivers, write_sweep,
};
pub use tables::{
    ab_tables, cascade_tables, comparison_tables, drivers_tables, ensemble_tables,
    next_generation_table, oracle_cost_table, sweep_tables, tables,
};
pub use terminal::{HealthRow, health_table, summary_text};
