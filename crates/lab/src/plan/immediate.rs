//! All at once.

use super::ground::{Ground, Sale};
use super::{Alternative, Method, Terms};

/// Sells the block in one trade, now: the most slippage and no timing risk.
pub(super) struct Immediate;

impl Method for Immediate {
    fn best(&self, ground: &Ground<'_>) -> Option<Alternative> {
        let sales = [Sale {
            wait_s: 0.0,
            tokens: ground.tokens,
        }];
        let tried = ground.try_out(&sales);
        if !tried.whole {
            return None;
        }
        let expected = ground.expected(&tried, tried.sold_usd, 0.0);
        Some(ground.alternative(Terms::Immediate, (&sales, &tried), expected))
    }
}
