//! `penalty-by-size`: a penalty that grows with accounts against depth.

use super::super::GovernorKind;
use super::{PAUSE, Part, Policy, REVERSAL, reach, share_of, step, whole, with_governor};
use backstop_core::governor::Penalty;

pub(super) const POLICY: Policy = Policy {
    name: "penalty-by-size",
    about: "The penalty of a collateral grows with the slippage of selling its largest account",
    part: Part::Penalty,
    keys: &[
        whole("free_bps", 200, (0, 10_000)),
        whole("passed_on_bps", 5_000, (0, 10_000)),
        step(1_000),
        PAUSE,
        REVERSAL,
        reach(10_000),
    ],
    apply: |spec, scenario| {
        let kind = GovernorKind::Penalty(Penalty {
            free: share_of(spec, "free_bps"),
            passed_on: share_of(spec, "passed_on_bps"),
        });
        with_governor(scenario, spec, kind)
    },
};
