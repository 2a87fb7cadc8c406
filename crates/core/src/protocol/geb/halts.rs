//! What the authorised accounts of a GEB system can hold back, while there are some.

use crate::guard::{Halts, Has, Operation, Switch};

/// Disabling the engine would be final.
const LIMIT: Has = Ok(
    Switch::of_protocol("LiquidationEngine.onAuctionSystemCoinLimit of 0")
        .leaving(&[Operation::Withdraw]),
);

/// Auctions are not started again, so [`Level::TakesOnly`](crate::guard::Level::TakesOnly) withholds
/// what begins.
pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_protocol("SAFEEngine.globalDebtCeiling of 0")),
    no_new_liquidations: LIMIT,
    takes_only: LIMIT,
    stopped: Err("purchases in a collateral auction have no switch"),
    limit: Ok(Switch::of_protocol(
        "LiquidationEngine.onAuctionSystemCoinLimit",
    )),
    exemption: Err("the limit excepts no safe"),
};
