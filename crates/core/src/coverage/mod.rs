//! Who pays a deficit.
//!
//! A [`Waterfall`] is a list of layers with their [`Terms`]. Each pays what it has and may before
//! the next one is asked; the last, [`Socialised`], takes the rest and never runs out. Layers hold
//! money in the base currency and pay a deficit that is counted in an asset. Every payment tells
//! whose money it was ([`Loss`]); a [`Ledger`] sums losses by payer.
//!
//! [`umbrella`] and [`stability_pool`] are contracts' own machines; the layers of a waterfall are
//! the rules behind such contracts as parts that work on every design.
//!
//! A new layer is a file with a [`Layer`] and a line below.

mod auto_deleveraging;
mod backstop_pool;
mod debt_auction;
mod first_loss;
mod gate;
mod insurance_fund;
mod ledger;
mod members;
mod pro_rata;
mod redistribution;
mod safety_module;
mod sizing;
mod socialised;
pub mod stability_pool;
mod supplier_pool;
mod surplus_buffer;
mod terms;
mod tranches;
mod treasury_reserve;
mod two_sides;
pub mod umbrella;
mod waterfall;

pub use auto_deleveraging::{
    AutoDeleveraging, Budget, BudgetSum, Contracts, Policy, Position, Side, queue,
};
pub use backstop_pool::BackstopPool;
pub use debt_auction::DebtAuction;
pub use first_loss::FirstLoss;
pub use gate::{Refusal, WithdrawalGate};
pub use insurance_fund::{InsuranceFund, Refill};
pub use ledger::{Ledger, Loss, Payer};
pub use pro_rata::{capped_pro_rata, pro_rata};
pub use redistribution::{Redistribution, Trove};
pub use safety_module::{SafetyModule, Staking};
pub use sizing::{fund_for_pareto, fund_for_sample};
pub use socialised::Socialised;
pub use supplier_pool::SupplierPool;
pub use surplus_buffer::{SurplusAuction, SurplusBuffer};
pub use terms::{Cause, Rule, Terms};
pub use tranches::Tranches;
pub use treasury_reserve::TreasuryReserve;
pub use two_sides::{Bearers, TwoSides};
pub use waterfall::{Deficit, Payment, Waterfall};

use crate::protocol::AccountId;
use crate::units::{Shares, Timestamp, Value};
use std::fmt::Debug;

/// One payer of deficits, or a group of payers under one rule.
pub trait Layer: Debug + Send + Sync {
    /// Name for reports, in lower case.
    fn name(&self) -> &'static str;

    /// Who pays, in what, and who has the rounding.
    fn rule(&self) -> Rule;

    /// What it holds, in the base currency; `None` where it never runs out.
    fn left(&self) -> Option<Value>;

    /// The most that it pays for one deficit; at most [`Layer::left`].
    fn payable(&self) -> Option<Value> {
        self.left()
    }

    /// Pays; `value` is at most [`Layer::payable`]. The losses sum to it.
    fn pay(&mut self, value: Value) -> Vec<Loss>;

    /// Keeps a part of an income, such as a liquidation penalty; tells how much. Most keep none.
    fn receive(&mut self, _income: Value) -> Value {
        Value::ZERO
    }

    /// Hears of a deficit that will be covered later.
    fn announce(&mut self, _deficit: &Deficit) {}

    /// Hears that a deficit is covered, by whatever layers.
    fn settle(&mut self, _deficit: &Deficit) {}

    /// Notes a holder's wish to leave.
    ///
    /// # Errors
    /// [`Refusal::NotStaked`] where the layer has no stakes.
    fn start_exit(&mut self, _holder: AccountId, _now: Timestamp) -> Result<(), Refusal> {
        Err(Refusal::NotStaked)
    }

    /// Pays a holder out for shares; tells how much.
    ///
    /// # Errors
    /// The first [`Refusal`] in the order of the enum. Nothing is changed then.
    fn exit(
        &mut self,
        _holder: AccountId,
        _shares: Shares,
        _now: Timestamp,
    ) -> Result<Value, Refusal> {
        Err(Refusal::NotStaked)
    }

    /// A copy behind its own box.
    fn boxed(&self) -> Box<dyn Layer>;
}
