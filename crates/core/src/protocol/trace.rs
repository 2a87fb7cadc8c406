//! Every number on the way to a result, for people who check.

use crate::units::{Rounding, U256};

/// One computed number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// What the number is, in plain words with its unit, such as `collateral value (base)`.
    pub label: &'static str,
    /// How it came about, in the names of earlier labels, such as `balance · price / 10^decimals`.
    pub formula: &'static str,
    /// The operands, in the order of the formula.
    pub inputs: Vec<(&'static str, U256)>,
    /// The number.
    pub result: U256,
    /// The direction of the division, where there is one.
    pub rounding: Option<Rounding>,
}

/// All steps of one computation, in order.
pub type Trace = Vec<TraceStep>;

/// Where a computation reports its steps. One code path computes with and without a trace.
pub trait TraceSink {
    /// Takes one step; `step` runs only where steps are kept.
    fn step(&mut self, step: impl FnOnce() -> TraceStep);
}

/// Keeps nothing and costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrace;

impl TraceSink for NoTrace {
    fn step(&mut self, _step: impl FnOnce() -> TraceStep) {}
}

impl TraceSink for Trace {
    fn step(&mut self, step: impl FnOnce() -> TraceStep) {
        self.push(step());
    }
}
