//! `bonus-equilibrium`: a bonus at which the marginal liquidator just comes.

use super::super::GovernorKind;
use super::{PAUSE, Part, Policy, REVERSAL, reach, share_of, step, whole, with_governor};
use backstop_core::governor::Bonus;

pub(super) const POLICY: Policy = Policy {
    name: "bonus-equilibrium",
    about: "The bonus is what a usual liquidation costs: gas, attempts that came too late, slippage, capital and a profit",
    part: Part::MovingBonus,
    keys: &[
        whole("profit_bps", 10, (0, 10_000)),
        whole("least_bps", 100, (0, 10_000)),
        whole("most_bps", 2_000, (0, 10_000)),
        // What capital costs a year, and for how long it is bound.
        whole("capital_bps", 1_000, (0, 60_000)),
        whole("bound_s", 600, (0, 31_536_000)),
        step(1_000),
        PAUSE,
        REVERSAL,
        reach(10_000),
    ],
    apply: |spec, scenario| {
        let bonus = Bonus {
            profit: share_of(spec, "profit_bps"),
            least: share_of(spec, "least_bps"),
            most: share_of(spec, "most_bps"),
        };
        let capital = share_of(spec, "capital_bps");
        let kind = GovernorKind::Bonus(bonus, capital, spec.seconds("bound_s"));
        with_governor(scenario, spec, kind)
    },
};
