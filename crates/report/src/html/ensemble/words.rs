//! What the words of the page mean.

use super::super::terms::{TERMS, Term};

/// The words of the run's report that appear here, and those that only an ensemble needs.
pub(super) fn words() -> impl Iterator<Item = Term> {
    let elsewhere = ["Liquidation map", "Venue mid", "Waterfall", "Outside price"];
    let shared = TERMS
        .into_iter()
        .filter(move |(word, _)| !elsewhere.contains(word));
    WORDS.into_iter().chain(shared)
}

const WORDS: [Term; 11] = [
    (
        "Path",
        "One drawn future: prices, gas and delays from the start to the horizon, with everything that the \
         liquidators and the ledger do on it.",
    ),
    (
        "Value at risk (VaR)",
        "The quantile at a level: at 99 % it is exceeded in one path of a hundred.",
    ),
    (
        "Expected shortfall",
        "The mean of the paths from the value at risk up: how bad it is when it is bad.",
    ),
    (
        "Liquidations at risk",
        "Value at risk of the collateral that is taken from borrowers.",
    ),
    (
        "Collateral at risk",
        "All collateral that an account had at the start, at the prices then, on the paths on which it is liquidated or \
         softened or ends in breach. What is taken of it is less.",
    ),
    (
        "Cascade",
        "A run of consecutive steps in each of which a liquidation is begun. It tells nothing of causes: steps may share \
         a fall of the outside price.",
    ),
    (
        "Tail index",
        "Far out, the chance of more than x falls about like x to the power of minus the index: the smaller, the heavier \
         the tail. Hill's estimate from the largest terms.",
    ),
    (
        "Interval",
        "Other seeds give other paths; an interval holds the true value of the model in 95 of 100 such ensembles.",
    ),
    (
        "Largest fall",
        "Largest fall of an oracle's price from its first value, without feedback, of the asset that falls most.",
    ),
    (
        "Time to clear",
        "From the first step that ends with an account in breach to the first after which none is in breach \
         any more.",
    ),
    (
        "Toxic liquidation",
        "One at a fixed discount that leaves the account with a lower health factor than before.",
    ),
];
