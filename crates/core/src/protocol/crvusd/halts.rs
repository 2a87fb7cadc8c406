//! What crvUSD's administrators can hold back.

use crate::guard::{Halts, Has, Switch};

const OPEN: Has = Err("liquidations and exchanges between bands have no switch");

pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_asset(
        "a debt ceiling of 0 for the market's controller",
    )),
    no_new_liquidations: OPEN,
    takes_only: OPEN,
    stopped: OPEN,
    limit: OPEN,
    exemption: OPEN,
};
