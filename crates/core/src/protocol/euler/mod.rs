//! Euler v2: credit vaults (EVK) bound together by one connector (EVC).
//!
//! A [`Cluster`] is made by [`ClusterSetup::build`] and moves by [`Action`]s, single or in a batch
//! whose checks come at the end. Versions are rows of the table in `version`; the mechanism, the
//! roundings and their sources are in `docs/protocols/euler.md`.

mod account;
mod action;
mod borrow;
mod cluster;
mod connector;
mod debt;
mod draft;
mod event;
mod govern;
mod halts;
mod hash;
mod lend;
mod levers;
mod liquidate;
mod liquidity;
mod loan;
mod loans;
mod machine;
mod math;
mod rejection;
mod setup;
mod takeover;
mod vault;
mod version;

pub use account::{Account, Holding};
pub use action::{Action, Operation, Setting};
pub use cluster::{Cluster, ProtocolFees, Quotes, VaultId};
pub use debt::Debt;
pub use event::{Event, Events, Liquidation};
pub use liquidate::Quote;
pub use liquidity::{Liquidity, Purpose};
pub use loan::Loan;
pub use loans::{LoanAction, Loans};
pub use rejection::Rejection;
pub use setup::{ClusterSetup, VaultSetup};
pub use vault::{
    AmountCap, DONT_SOCIALIZE_DEBT, LinearKink, Ltv, SecondRate, VaultConfig, VaultState,
};
pub use version::{EvkVersion, Rules};
