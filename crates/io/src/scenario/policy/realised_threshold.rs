//! `realised-threshold`: thresholds by the volatility of a window.

use super::super::ForecastSpec;
use super::{
    DEVIATIONS, HORIZON, INTERVAL, MAY_LIQUIDATE, PAUSE, Part, Policy, REVERSAL, SOLD, reach, step,
    whole, with_threshold,
};

pub(super) const POLICY: Policy = Policy {
    name: "realised-threshold",
    about: "Liquidation thresholds bear so many deviations of the volatility of a window and the slippage of what is at risk",
    part: Part::MovingThreshold,
    keys: &[
        INTERVAL,
        whole("window_s", 86_400, (1, 10_000_000)),
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
        let forecast = ForecastSpec::Realised {
            interval_s,
            window: usize::try_from(spec.seconds("window_s") / interval_s.max(1)).unwrap_or(1),
        };
        with_threshold(scenario, spec, forecast)
    },
};
