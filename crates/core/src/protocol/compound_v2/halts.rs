//! What Compound v2's pause guardian can hold back.

use crate::guard::{Halts, Has, Operation, Switch};

/// One flag for all markets.
const SEIZE: Has =
    Ok(Switch::of_protocol("Comptroller.seizeGuardianPaused").leaving(&[Operation::Withdraw]));

/// No auctions run, so [`Level::TakesOnly`](crate::guard::Level::TakesOnly) withholds what begins.
pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_asset(
        "Comptroller.borrowGuardianPaused of the market",
    )),
    no_new_liquidations: SEIZE,
    takes_only: SEIZE,
    stopped: Err("redeeming and repaying have no pause"),
    limit: Err("a liquidation is limited by the close factor, nothing counts them over time"),
    exemption: Err("a paused seize excepts no account"),
};
