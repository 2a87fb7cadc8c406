//! What Comet's governor and pause guardian can hold back: five flags for the whole market.

use crate::guard::{Halts, Switch};

pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_protocol(
        "pause(withdraw), because a loan is a withdrawal of the base asset; it ends withdrawals too",
    )),
    no_new_liquidations: Ok(Switch::of_protocol("pause(withdraw, absorb)")),
    takes_only: Ok(Switch::of_protocol(
        "pause(withdraw, absorb), with buying open",
    )),
    stopped: Ok(Switch::of_protocol(
        "pause(supply, transfer, withdraw, absorb, buy)",
    )),
    limit: Err("an absorption takes all of an account, nothing counts them over time"),
    exemption: Err("a paused absorption excepts no account"),
};
