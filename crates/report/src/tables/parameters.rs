//! Table of parameters that governors moved.

use super::{Names, Rows, STEP, TIME};
use crate::parameters::{bounded_by, unit};
use backstop_core::protocol::Governed;
use backstop_io::table::Table;
use backstop_lab::record::{ParameterRow, PathRecord};

/// The table where it has rows: none without governors.
pub(super) fn table(record: &PathRecord) -> Option<Table> {
    let names = Names(record);
    let debt = |row: &ParameterRow| match row.governs {
        Governed::Pair { debt, .. } => Some(names.asset(debt)),
        Governed::All | Governed::Asset(_) => None,
    };
    let rows = Rows::of(&record.parameters)
        .u32("step", "", STEP, |p: &ParameterRow| p.step)
        .u64("time", "s", TIME, |p| p.time)
        .text("governor", "", "Policy that asked for it.", |p| {
            p.governor.to_owned()
        })
        .text("parameter", "", "Name of the parameter.", |p| {
            p.parameter.clone()
        })
        .optional_text(
            "asset",
            "",
            "Ticker of the asset that it governs, of a pair the collateral; null for the whole protocol.",
            |p| p.governs.asset().map(|asset| names.asset(asset)),
        )
        .optional_text(
            "debt",
            "",
            "Ticker of what is owed, where it governs a pair.",
            debt,
        )
        .text(
            "unit",
            "",
            "Unit of the settings: `bps`, `tokens` or `s`.",
            |p| unit(p.kind).to_owned(),
        )
        .text("from", "see `unit`", "Setting before, exact.", |p| {
            p.from.to_string()
        })
        .text("to", "see `unit`", "Setting from now on, exact.", |p| {
            p.to.to_string()
        })
        .text(
            "asked",
            "see `unit`",
            "Setting that the policy asked for, exact.",
            |p| p.wanted.to_string(),
        )
        .text(
            "bounded_by",
            "",
            "What shortened the move: `nothing`, `bounds`, `step`, or `healthy accounts` that it would have put in breach.",
            |p| bounded_by(p.cut).to_owned(),
        )
        .text("reason", "", "The figure behind it.", |p| {
            p.reason.to_string()
        })
        .u32(
            "put_in_breach",
            "",
            "Accounts that the moves of this moment put in breach, the same in each of its rows.",
            |p| p.decreed,
        );
    (!record.parameters.is_empty()).then(|| rows.table("parameter_changes"))
}
