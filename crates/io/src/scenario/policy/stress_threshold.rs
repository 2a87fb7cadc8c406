//! `stress-threshold`: thresholds by depth and leverage.

use super::super::{ForecastSpec, GovernorKind};
use super::{
    INTERVAL, MAY_LIQUIDATE, PAUSE, Part, Policy, REVERSAL, hundredths, reach, real, share_of,
    step, whole, with_governor,
};
use backstop_core::governor::ThresholdRules;
use backstop_core::units::Bps;

pub(super) const POLICY: Policy = Policy {
    name: "stress-threshold",
    about: "Liquidation thresholds bear the fall that the sale of what is at risk would bring, times one plus leverage",
    part: Part::MovingThreshold,
    keys: &[
        INTERVAL,
        whole("keep_bps", 9_000, (0, 10_000)),
        // Of the fall that is reckoned with.
        real("multiple", 1.0, (0.0, 100.0)),
        step(300),
        PAUSE,
        REVERSAL,
        reach(2_500),
        MAY_LIQUIDATE,
    ],
    apply: |spec, scenario| {
        let forecast = ForecastSpec::Stress {
            interval_s: spec.seconds(INTERVAL.name),
            keep: share_of(spec, "keep_bps"),
        };
        // The score is the whole fall: it knows no horizon, and depth is in it.
        let rules = ThresholdRules {
            deviations: hundredths(spec.number("multiple")),
            sold: Bps(0),
            ..ThresholdRules::default()
        };
        with_governor(scenario, spec, GovernorKind::Threshold(forecast, rules))
    },
};
