//! What the words of the page mean.

use maud::{Markup, html};

/// A word and its meaning.
pub(super) type Term = (&'static str, &'static str);

/// The words of a run's report.
pub(super) const TERMS: [Term; 17] = [
    (
        "Health factor",
        "Collateral value times its average liquidation threshold, divided by debt value, \
      all at the oracle's prices. Below 1 the account can be liquidated.",
    ),
    ("In breach", "With a health factor below 1."),
    (
        "Liquidation",
        "Somebody repays part of an account's debt and receives collateral of a higher value.",
    ),
    (
        "Repaid",
        "Debt that liquidators paid back on behalf of borrowers.",
    ),
    (
        "Seized",
        "Collateral taken from borrowers, the protocol's fee included, at the oracle's price.",
    ),
    (
        "Penalty",
        "What the borrower loses: seized less debt cleared. It is the liquidator's bonus and the protocol's fee.",
    ),
    (
        "Bonus",
        "What the liquidator receives above the debt repaid, at the oracle's price and before costs.",
    ),
    (
        "Slippage",
        "The oracle's value of seized collateral less what the venues paid for it.",
    ),
    (
        "Deficit",
        "Debt written off because the account has no collateral left.",
    ),
    (
        "Shortfall",
        "Debt above collateral in an account that is still open at the end.",
    ),
    ("Bad debt", "Deficit and shortfall together."),
    (
        "Waterfall",
        "The order in which reserves, funds and lenders pay for deficits.",
    ),
    (
        "Outside price",
        "The reference price of the wide market that the path is driven by.",
    ),
    (
        "Venue mid",
        "Middle between the best bid and ask of the venues on which collateral is sold.",
    ),
    (
        "Feedback",
        "Forced sales move the outside price and the venues, the oracle sees it, and more accounts breach.",
    ),
    (
        "Amplification",
        "Fall of the oracle's price with feedback divided by the fall without, same seed.",
    ),
    (
        "Liquidation map",
        "Collateral that is liquidatable at each price of one asset while all other prices stand still.",
    ),
];

/// Words with their meanings, in the order given.
pub(super) fn content(terms: impl Iterator<Item = Term>) -> Markup {
    html! {
        dl class="terms" { @for (term, meaning) in terms { div { dt { (term) } dd { (meaning) } } } }
    }
}
