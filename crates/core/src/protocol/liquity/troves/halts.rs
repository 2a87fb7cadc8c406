//! What can be held back in Liquity: nothing.

use crate::guard::Halts;
use crate::protocol::liquity::version::{Below, Rules};

/// A branch of v2 is shut down by its ratio or its oracle, not by anybody's choice, and for good.
pub(super) fn halts(rules: &Rules) -> Halts {
    Halts::none(match rules.below {
        Below::RecoveryMode => "Liquity v1's contracts are immutable and have no owner",
        Below::Restricted => {
            "Liquity v2's contracts are immutable; a branch is shut down by its ratio or its \
             oracle, and for good"
        }
    })
}
