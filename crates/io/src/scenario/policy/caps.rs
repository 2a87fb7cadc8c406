//! `caps`: caps that follow what the market can sell.

use super::super::GovernorKind;
use super::{
    INTERVAL, PAUSE, Part, Policy, REVERSAL, count, reach, share_of, step, whole, with_governor,
};

pub(super) const POLICY: Policy = Policy {
    name: "caps",
    about: "Caps on supply, borrowing and debt follow a multiple of what can be sold within 2 %",
    part: Part::Caps,
    keys: &[
        whole("multiple", 50, (1, 1_000_000)),
        INTERVAL,
        whole("keep_bps", 9_500, (0, 10_000)),
        step(2_000),
        PAUSE,
        REVERSAL,
        reach(9_500),
    ],
    apply: |spec, scenario| {
        let kind = GovernorKind::Caps {
            multiple: count(spec, "multiple"),
            interval_s: spec.seconds(INTERVAL.name),
            keep: share_of(spec, "keep_bps"),
        };
        with_governor(scenario, spec, kind)
    },
};
