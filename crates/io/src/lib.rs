//! Files of Backstop: scenarios, prices, books and results. Nothing here uses the network.
//!
//! Start at [`scenario::load`], which reads and validates a scenario, and [`inputs::read`], which
//! reads the prices, gas, reserves and the book that the scenario names. [`table::Table`] writes
//! results. `docs/formats.md` describes every format.
//!
//! Every reader returns a [`FileError`] that names the file, the place in it, what was found and
//! what is allowed; no content of a file makes a reader panic.

mod csv_rows;
mod decimal;
mod error;
mod instant;
mod numbers;
mod source;

pub mod book;
pub mod depth;
pub mod flow;
pub mod inputs;
pub mod price;
pub mod scenario;
pub mod table;
pub mod vectors;

pub use decimal::{amount_from_tokens, format_amount, parse_amount, tokens_from_amount};
pub use error::{FileError, Place, Problem, Retry};
pub use instant::{TIME_END, TIME_MIN, format_time, read_time};
pub use source::{open, read_text, write_atomic};
