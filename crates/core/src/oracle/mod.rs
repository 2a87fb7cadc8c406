//! Many sources, one trusted price.
//!
//! An [`Oracle`] is put together from data ([`OracleConfig`]) out of small rules, each in a file of its
//! own, in this order:
//!
//! 1. each source's [`Observation`] is usable or not, with the reason ([`SourceRules`], [`Unusable`]);
//! 2. a quorum of them gives a [weighted median](weighted_median), a second time without outliers;
//! 3. the median is smoothed over time: a [`Twap`], an [`Ema`], or not at all;
//! 4. a [`SpeedLimit`] holds the price;
//! 5. the asset's class bounds it ([`Bounds`]: a peg, a redemption rate);
//! 6. it is told at once or after a delay ([`DelayedFeed`]), unless the oracle is frozen;
//! 7. what is told says how good it is ([`Quality`]) and what for ([`Purpose`], [`Validity`]).
//!
//! Assumption: an attacker may choose what a source says and when, but sources that hold less than half
//! of the weight behind every quorum. Everything is integers; no input panics.

mod bounds;
mod config;
mod delay;
mod deviation;
mod ema;
mod median;
mod pipeline;
mod publication;
mod quality;
mod source;
mod speed;
mod tick;
mod twap;

pub use bounds::{Bounds, BrokenPeg, Peg, RateCap};
pub use config::{OracleConfig, Quorum, Smoothing};
pub use delay::{DelayedFeed, Quote};
pub use deviation::Deviation;
pub use ema::Ema;
pub use median::{Vote, weighted_median};
pub use pipeline::{Oracle, Trusted};
pub use quality::{Purpose, Quality, Validity};
pub use source::{Observation, SourceRules, Unusable};
pub use speed::SpeedLimit;
pub use tick::Tick;
pub use twap::{Mean, MeanKind, Twap};

pub(crate) use delay::PokeRefused;
