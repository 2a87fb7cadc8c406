//! `partial-liquidation`: one liquidation takes what the market takes.

use super::super::GovernorKind;
use super::{PAUSE, Part, Policy, REVERSAL, reach, share_of, step, whole, with_governor};
use backstop_core::governor::Partial;

pub(super) const POLICY: Policy = Policy {
    name: "partial-liquidation",
    about: "Close factor or target health let one liquidation sell no more than pays for its slippage",
    part: Part::LiquidationSize,
    keys: &[
        whole("least_bps", 1_000, (1, 10_000)),
        // Health at which an account is usually liquidated.
        whole("health_bps", 9_900, (1, 10_000)),
        step(1_000),
        PAUSE,
        REVERSAL,
        reach(10_000),
    ],
    apply: |spec, scenario| {
        let kind = GovernorKind::Partial(Partial {
            least: share_of(spec, "least_bps"),
            health: share_of(spec, "health_bps"),
        });
        with_governor(scenario, spec, kind)
    },
};
