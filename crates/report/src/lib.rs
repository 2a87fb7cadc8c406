//! Results of a run for people: one self-contained page, plots, tables, terminal text.
//!
//! Everything here reads a [`backstop_lab::record::PathRecord`] and plain descriptions; nothing
//! reaches into a protocol or a market. The same input gives the same bytes.

mod context;

pub use context::{
    Input, InputKind, LiquidationMap, MapPoint, RunContext, SettingsTable, WaterfallLayer,
};
