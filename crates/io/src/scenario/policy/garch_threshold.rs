//! `garch-threshold`: thresholds by volatility that comes in clusters.

use super::super::ForecastSpec;
use super::{
    DEVIATIONS, HORIZON, INTERVAL, MAY_LIQUIDATE, PAUSE, Part, Policy, REVERSAL, SOLD, count,
    reach, share_of, step, whole, with_threshold,
};

pub(super) const POLICY: Policy = Policy {
    name: "garch-threshold",
    about: "Liquidation thresholds bear so many deviations that GARCH(1,1) foresees and the slippage of what is at risk",
    part: Part::MovingThreshold,
    keys: &[
        INTERVAL,
        whole("alpha_bps", 1_000, (0, 9_999)),
        whole("beta_bps", 8_800, (0, 9_999)),
        // Deviation of an interval in the long run: about 2.5 % a day.
        whole("long_run_ppm", 1_500, (0, 1_000_000)),
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
        let forecast = ForecastSpec::Garch {
            interval_s,
            alpha: share_of(spec, "alpha_bps"),
            beta: share_of(spec, "beta_bps"),
            long_run: count(spec, "long_run_ppm"),
        };
        with_threshold(scenario, spec, forecast)
    },
};
