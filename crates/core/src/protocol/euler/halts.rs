//! What a vault's governor can hold back, while the vault has one: its hooked operations.

use crate::guard::{Halts, Has, Switch};

/// A target of the hook sees the caller, the account and the amount, and may refuse each by itself.
const TARGET: Has = Ok(Switch::of_asset(
    "setHookConfig of OP_LIQUIDATE with a target that counts",
));
const LIQUIDATE: Has = Ok(Switch::of_asset(
    "setHookConfig of OP_BORROW and OP_LIQUIDATE",
));

/// No auctions run, so [`Level::TakesOnly`](crate::guard::Level::TakesOnly) withholds what begins.
pub(super) const HALTS: Halts = Halts {
    no_borrowing: Ok(Switch::of_asset("setHookConfig of OP_BORROW")),
    no_new_liquidations: LIQUIDATE,
    takes_only: LIQUIDATE,
    stopped: Ok(Switch::of_asset("setHookConfig of all operations")),
    limit: TARGET,
    exemption: TARGET,
};
