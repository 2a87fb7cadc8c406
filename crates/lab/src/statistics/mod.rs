//! Statistics that judge forecasts by what came.
//!
//! [`coverage`] tests whether a forecast of a quantile is exceeded as often as it says and without
//! clusters; [`walk_forward`] makes such forecasts of past returns, each from returns before it;
//! [`hindcast`] compares what a path did with what was recorded.

pub mod coverage;
pub mod hindcast;
pub mod walk_forward;
