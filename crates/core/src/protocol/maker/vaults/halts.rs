//! What Maker's governance can hold back at once.

use crate::guard::{Halts, Has, Operation, Switch};
use crate::protocol::maker::version::{Rules, Sizing};

const NO_BORROWING: Has = Ok(Switch::of_asset("Vat.line of 0 for the collateral type"));
const NO_EXEMPTION: Has = Err("a stopped sale excepts no vault");

/// The first contracts have no more than an end for good.
const FIRST: Halts = Halts {
    no_borrowing: NO_BORROWING,
    ..Halts::none("Cat.cage ends liquidations for good, and running auctions have no switch")
};

const ENGLISH_OPEN: Has = Err("bids and restarts of running auctions have no switch");

/// A limit on debt in auction, of all collateral types together.
const BOX: Halts = Halts {
    no_borrowing: NO_BORROWING,
    no_new_liquidations: Ok(Switch::of_protocol("Cat.box of 0").leaving(&[Operation::Withdraw])),
    takes_only: ENGLISH_OPEN,
    stopped: ENGLISH_OPEN,
    limit: Ok(Switch::of_protocol("Cat.box")),
    exemption: NO_EXEMPTION,
};

const DUTCH: Halts = Halts {
    no_borrowing: NO_BORROWING,
    no_new_liquidations: stopped("Clipper.stopped of 1", &[Operation::Withdraw]),
    takes_only: stopped("Clipper.stopped of 2", &[Operation::Withdraw]),
    stopped: stopped(
        "Clipper.stopped of 3",
        &[Operation::Withdraw, Operation::TopUp, Operation::Repay],
    ),
    limit: Ok(Switch::of_asset(
        "Dog.hole of the collateral type and Dog.Hole of all",
    )),
    exemption: NO_EXEMPTION,
};

const fn stopped(what: &'static str, leaves: &'static [Operation]) -> Has {
    Ok(Switch::of_asset(what).leaving(leaves))
}

pub(super) fn halts(rules: &Rules) -> Halts {
    match rules.sizing {
        Sizing::ByCollateral => FIRST,
        Sizing::ByDebt => BOX,
        Sizing::ByRoom => DUTCH,
    }
}
