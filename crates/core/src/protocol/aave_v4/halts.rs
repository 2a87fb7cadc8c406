//! What Aave v4's administrators can hold back.

use crate::guard::{Halts, Has, Switch};

const TOGETHER: Has = Err(
    "a reserve's pause ends liquidations and repaying together; no flag ends liquidations alone",
);

pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_asset("the reserve's flag borrowable")),
    no_new_liquidations: TOGETHER,
    takes_only: TOGETHER,
    stopped: Ok(Switch::of_asset("the reserve's flag paused")),
    limit: Err("a liquidation is sized by target health, nothing counts them over time"),
    exemption: Err("a pause excepts no account"),
};
