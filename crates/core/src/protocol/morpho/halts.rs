//! What can be held back in Morpho Blue: nothing.

use crate::guard::Halts;

pub(super) const HALTS: Halts =
    Halts::none("Morpho Blue's markets are immutable and have no pause");
