//! What Aave v3's administrators can hold back.

use super::version::{Rule, Rules};
use crate::guard::{Halts, Has, Operation, Switch};

/// Borrowing against an asset ends with a loan-to-value of zero, borrowing of it with its flag. A freeze
/// would end supplying too.
const NO_BORROWING: Has = Ok(Switch::of_asset(
    "setReserveBorrowing(false) of a debt, a loan-to-value of 0 of a collateral",
));
const GRACE: Has = Ok(Switch::of_asset(
    "a liquidation grace period of the reserve, with setReservePause(false, period)",
)
.leaving(&[Operation::Withdraw]));
const SENTINEL: Has = Ok(Switch::of_protocol(
    "PriceOracleSentinel.isLiquidationAllowed of the addresses provider",
)
.leaving(&[Operation::Withdraw]));

/// No auctions run, so [`Level::TakesOnly`](crate::guard::Level::TakesOnly) withholds what begins.
pub(super) fn halts(rules: &Rules) -> Halts {
    let withheld = if rules.grace == Rule::On {
        GRACE
    } else {
        SENTINEL
    };
    Halts {
        no_borrowing: NO_BORROWING,
        no_new_liquidations: withheld,
        takes_only: withheld,
        stopped: Ok(Switch::of_asset("setReservePause(true)")),
        limit: Err(
            "a liquidation is limited by health and close factor, nothing counts them over time",
        ),
        exemption: if rules.sentinel == Rule::On {
            SENTINEL
        } else {
            Err("the sentinel is gone since 3.7, and a reserve's grace period excepts no account")
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Scope;
    use crate::protocol::aave::AaveVersion;

    #[test]
    fn each_version_has_its_switches() {
        // The reach of what withholds liquidations, and whether an exception can be had.
        let cases = [
            (AaveVersion::V3_0_2, Scope::Protocol, true),
            (AaveVersion::V3_3, Scope::Asset, true),
            (AaveVersion::V3_6, Scope::Asset, true),
            (AaveVersion::V3_7, Scope::Asset, false),
        ];
        for (version, scope, excepts) in cases {
            let halts = halts(version.rules());
            let withheld = halts.no_new_liquidations.map(|switch| switch.scope);
            assert_eq!(withheld, Ok(scope), "{version:?}");
            assert_eq!(halts.exemption.is_ok(), excepts, "{version:?}");
            assert!(halts.limit.is_err() && halts.stopped.is_ok());
        }
    }
}
