//! Policies compared over the same paths, as a table.

use super::Rows;
use super::ensemble::end;
use crate::ab::{AbReport, Compared, Effect, Measure, command_of};
use backstop_io::table::Table;

/// The table of what each policy does to each figure.
pub fn ab_tables(report: &AbReport<'_>) -> Vec<Table> {
    vec![ab_table(&Compared::new(*report))]
}

struct Row<'a> {
    policy: &'a str,
    set: &'a [String],
    measure: &'static Measure,
    effect: Option<Effect>,
}

pub(crate) fn ab_table(compared: &Compared<'_>) -> Table {
    let policies = compared.report.rows.iter().enumerate();
    let rows: Vec<Row<'_>> = policies
        .flat_map(|(at, row)| {
            let effects = compared.effects(at);
            effects.map(move |(measure, effect)| Row {
                policy: row.label,
                set: row.set,
                measure,
                effect,
            })
        })
        .collect();
    Rows::of(&rows)
        .text(
            "policy",
            "",
            "Policy, or set of policies, that was compared.",
            |r: &Row<'_>| r.policy.to_owned(),
        )
        .text(
            "overrides",
            "",
            "What switches it, as other commands take it.",
            |r| command_of(r.set),
        )
        .text("figure", "", "Figure; less of each is better.", |r| {
            r.measure.name.to_owned()
        })
        .text("unit", "", "Its unit.", |r| r.measure.unit.to_owned())
        .u64(
            "paths",
            "",
            "Paths that tell the figure on both sides.",
            |r| r.effect.map_or(0, |effect| effect.paths),
        )
        .optional_f64("before", "", "As the scenario stands, of these paths.", |r| {
            r.effect.map(|effect| effect.before)
        })
        .optional_f64("after", "", "With the policy.", |r| {
            r.effect.map(|effect| effect.after())
        })
        .optional_f64("change", "", "After less before, paired by path.", |r| {
            r.effect.map(|effect| effect.change.value)
        })
        .optional_f64("change_low", "", "Lower end of its interval.", |r| {
            end(r.effect.map(|effect| effect.change.low))
        })
        .optional_f64("change_high", "", "Upper end of its interval.", |r| {
            end(r.effect.map(|effect| effect.change.high))
        })
        .text(
            "verdict",
            "",
            "`better`, `worse`, `no effect shown` where the interval holds 0, `too few paths` where there is none.",
            |r| r.effect.map_or("", |effect| effect.verdict(r.measure.unit).word()).to_owned(),
        )
        .table("policies")
}
