//! `ewma-threshold`: thresholds by exponentially weighted volatility.

use super::super::ForecastSpec;
use super::{
    DEVIATIONS, HORIZON, INTERVAL, MAY_LIQUIDATE, PAUSE, Part, Policy, REVERSAL, SOLD, reach,
    share_of, step, whole, with_threshold,
};

pub(super) const POLICY: Policy = Policy {
    name: "ewma-threshold",
    about: "Liquidation thresholds bear so many deviations of exponentially weighted volatility and the slippage of what is at risk",
    part: Part::MovingThreshold,
    keys: &[
        INTERVAL,
        // Half of the past is forgotten in 69 intervals.
        whole("keep_bps", 9_900, (0, 10_000)),
        HORIZON,
        DEVIATIONS,
        SOLD,
        step(300),
        PAUSE,
        REVERSAL,
        reach(2_500),
        MAY_LIQUIDATE,
    ],
    apply: |spec, scenario| {
        let interval_s = spec.seconds(INTERVAL.name);
        let forecast = ForecastSpec::Ewma {
            interval_s,
            keep: share_of(spec, "keep_bps"),
        };
        with_threshold(scenario, spec, forecast)
    },
};
