//! Oracles: sources to one trusted price.
