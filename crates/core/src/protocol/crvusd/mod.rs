//! crvUSD: loans whose collateral lies in the bands of an AMM that sells it on the way down and
//! buys it back on the way up.
//!
//! A loan's collateral is spread over 4 to 50 bands of prices. While the oracle's price passes a
//! band, arbitrageurs convert what lies in it ([`Action::Exchange`]): that is soft liquidation,
//! and nobody calls it by name. A loan whose bands would not cover its debt on the way down is
//! liquidated hard ([`Action::Liquidate`]).
//!
//! - [`Market`] is the machine, [`MarketSetup`] what it starts from; [`Markets`] puts several
//!   behind the `Protocol` trait.
//! - `amm`, `curve`, `deposit`, `swap`, `value`, `target`: the AMM; `controller`, `loans`,
//!   `liquidate`: the controller; `bound`: which loans are below zero for sure; `standing`: how a loan stands, and what an arbitrageur gains;
//!   `watch`, `factor`: which loans may be in breach; `settle`: what is told of a liquidation; `math`: the contracts' arithmetic; `version`: their constants.
//!
//! Token amounts are in the tokens' own units ([`crate::units::Amount`]), what bands hold in 18
//! decimals; prices, rates, fees and fractions are in wad (10^18 = 1). Rules, roundings and the
//! names in the source are in `docs/protocols/crvusd.md`.

mod account;
mod action;
mod amm;
mod bands;
mod bound;
mod controller;
mod curve;
mod deposit;
mod draft;
mod factor;
mod halts;
mod hash;
mod levers;
mod liquidate;
mod loans;
mod market;
mod markets;
mod math;
mod params;
mod rejection;
mod settle;
mod signed;
mod standing;
mod swap;
mod target;
mod value;
mod version;
mod watch;

pub use account::{Account, Loan, Position, Token, Wallet};
pub use action::{Action, Limit, Liquidation, Outcome};
pub use amm::AmmState;
pub use bands::Band;
pub use controller::{ControllerState, Measure};
pub use market::{Market, MarketSetup, Visit};
pub use markets::{MarketAction, Markets, Pair};
pub use params::{Constants, Params};
pub use rejection::Rejection;
pub use signed::Signed;
pub use standing::{Arbitrage, Standing};
pub use version::Version;
