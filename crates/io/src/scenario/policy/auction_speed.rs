//! `auction-speed`: auctions as fast as buyers come.

use super::super::GovernorKind;
use super::{PAUSE, Part, Policy, REVERSAL, reach, step, whole, with_governor};
use backstop_core::governor::AuctionSpeed;

pub(super) const POLICY: Policy = Policy {
    name: "auction-speed",
    about: "Falling prices of auctions are slowed or quickened so that they are taken at an age",
    part: Part::AuctionSpeed,
    keys: &[
        whole("aim_s", 1_800, (1, 604_800)),
        // Fewer takes between two reviews tell nothing.
        whole("takes_min", 3, (1, 1_000_000)),
        step(1_000),
        PAUSE,
        REVERSAL,
        reach(10_000),
    ],
    apply: |spec, scenario| {
        let kind = GovernorKind::AuctionSpeed(AuctionSpeed {
            aim_s: spec.seconds("aim_s"),
            takes_min: spec.seconds("takes_min"),
        });
        with_governor(scenario, spec, kind)
    },
};
