//! Liquity v1 and v2: troves whose liquidation is paid by a pool of deposits, and what the pool
//! cannot take by the other troves.
//!
//! A [`System`] is one market: v1 as a whole, or one branch of v2. It is made by
//! [`SystemSetup::build`] and moves by [`Action`]s. Versions are rows of the table in `version`; the
//! mechanism, the roundings and their sources are in `docs/protocols/liquity.md`.
//!
//! ```
//! use backstop_core::protocol::AccountId;
//! use backstop_core::protocol::liquity::{
//!     Action, Gains, Hints, LiquityVersion, Outcome, Parameters, SystemSetup,
//! };
//! use backstop_core::units::{Amount, Price, Ratio, Timestamp, WAD};
//!
//! let unit = |n: u128| Amount::new(n * 10u128.pow(18));
//! let price = |n: u128| Price::new(n * 10u128.pow(18));
//! let start = Timestamp(1_700_000_000);
//! let wallets = vec![(unit(0), unit(1_000)); 3];
//! let setup =
//!     SystemSetup::empty(LiquityVersion::V1, Parameters::v1(), start, price(200), wallets);
//! let mut system = setup.build().expect("nothing but wallets");
//! let (whale, small, liquidator) = (AccountId(0), AccountId(1), AccountId(2));
//! for (caller, stable, collateral) in [(whale, 10_000, 900), (small, 2_000, 13)] {
//!     system.apply(&Action::Open {
//!         caller,
//!         stable: unit(stable),
//!         collateral: unit(collateral),
//!         rate: Ratio::ZERO,
//!         fee_max: WAD,
//!         hints: Hints::default(),
//!     })?;
//! }
//! let amount = unit(5_000);
//! system.apply(&Action::Provide { caller: whale, amount, gains: Gains::Claimed })?;
//!
//! // The small trove owes 2 210 with fee and reserve; at 180 it is worth 2 340, less than 110 %.
//! assert!(!system.is_liquidatable(small)?);
//! system.observe(start, price(180))?;
//! assert!(system.is_liquidatable(small)?);
//! let outcome = system.apply(&Action::Liquidate { liquidator, trove: small })?;
//! let Outcome::Liquidated(done) = outcome else { unreachable!() };
//! assert_eq!((done.offset_debt, done.redistributed_debt), (unit(2_210), unit(0)));
//! assert_eq!(done.stable_compensation, unit(200));
//! # Ok::<(), backstop_core::protocol::liquity::Rejection>(())
//! ```

mod account;
mod action;
mod adjust;
mod branch;
mod deposit;
mod draft;
mod hash;
mod liquidate;
mod math;
mod open;
mod rejection;
mod setup;
mod sizing;
mod sorted;
mod troves;
mod version;

pub use account::{Account, Reward, Trove, TroveStatus};
pub use action::{Action, Change, Gains, Hints, Liquidation, Outcome};
pub use branch::{Branch, Holding, Latest};
pub use rejection::Rejection;
pub use setup::SystemSetup;
pub use troves::{BranchAction, BranchSetup, Peg, Stake, Troves, TrovesSetup};
pub use version::{
    Arithmetic, Below, Borrowing, Funding, LiquityVersion, NoStakes, Order, Parameters, Recording,
    Rules, Split,
};

use crate::book::Book;
use crate::coverage::stability_pool::StabilityPool;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, Timestamp};
use adjust::Adjustment;
use draft::{Changes, Draft};
use math::Ruled;
use open::Opening;

/// One market. A clone is a fork: it shares the book and copies what it touches.
#[derive(Clone, Debug)]
pub struct System {
    version: LiquityVersion,
    parameters: Parameters,
    now: Timestamp,
    price: Price,
    branch: Branch,
    pool: StabilityPool,
    book: Book<Account>,
}

impl System {
    /// Which rules hold.
    pub fn version(&self) -> LiquityVersion {
        self.version
    }

    /// The ratios.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The oracle's answer: stablecoin for 10^18 units of collateral, in wad.
    pub fn price(&self) -> Price {
        self.price
    }

    /// Totals over all troves.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The Stability Pool.
    pub fn pool(&self) -> &StabilityPool {
        &self.pool
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.book.len()
    }

    /// An account, or nothing where it is not in the book.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.book.get(id)
    }

    /// v1: the open troves from the largest to the smallest ratio.
    pub fn sorted(&self) -> impl Iterator<Item = AccountId> + '_ {
        let smaller = |id: &AccountId| self.book.get(*id)?.trove.smaller;
        std::iter::successors(self.branch.largest, smaller)
    }

    /// A trove with everything that accrued to it; nothing where it is closed.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], or where the contract's own computation would revert.
    pub fn latest(&self, id: AccountId) -> Result<Latest, Rejection> {
        self.told(Draft::new(self).latest(id))
    }

    /// A trove's collateral ratio; [`Ratio::MAX`] without debt.
    ///
    /// # Errors
    /// As [`System::latest`].
    pub fn ratio(&self, id: AccountId) -> Result<Ratio, Rejection> {
        self.told(Draft::new(self).ratio(id))
    }

    /// Debt of all troves, with interest up to now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn total_debt(&self) -> Result<Amount, Rejection> {
        self.told(self.branch.debt(self.now))
    }

    /// The system's collateral ratio; [`Ratio::MAX`] without debt.
    ///
    /// # Errors
    /// As [`System::total_debt`].
    pub fn total_ratio(&self) -> Result<Ratio, Rejection> {
        self.told(self.branch.ratio(self.now, self.price))
    }

    /// Whether the system is below its critical ratio: recovery mode in v1, restricted borrowing in
    /// v2.
    ///
    /// # Errors
    /// As [`System::total_debt`].
    pub fn is_critical(&self) -> Result<bool, Rejection> {
        let critical = self
            .branch
            .is_critical(&self.parameters, self.now, self.price);
        self.told(critical)
    }

    /// Whether a liquidation of this trove alone would succeed now.
    ///
    /// # Errors
    /// As [`System::latest`].
    pub fn is_liquidatable(&self, id: AccountId) -> Result<bool, Rejection> {
        Ok(self.liquidation(id)?.is_some())
    }

    /// What a liquidation of this trove alone would do now, or nothing where it would be refused.
    /// The liquidator brings nothing: pool and other troves pay, the liquidator is compensated.
    ///
    /// # Errors
    /// As [`System::latest`].
    pub fn liquidation(&self, id: AccountId) -> Result<Option<Liquidation>, Rejection> {
        if !self.is_candidate(id)? {
            return Ok(None);
        }
        // To whom the compensation goes changes nothing else.
        let mut draft = Draft::new(self);
        match self.told(draft.liquidate_batch(id, &[id])) {
            Ok(Outcome::Liquidated(done)) => Ok(Some(*done)),
            _ => Ok(None),
        }
    }

    /// Whether the ratio allows a liquidation, whatever pool and other troves can take.
    fn is_candidate(&self, id: AccountId) -> Result<bool, Rejection> {
        Ok(self.ratio(id)? < self.liquidation_ratio()?)
    }

    /// Below which ratio a trove can be liquidated now, if pool and other troves can take it: the
    /// minimum ratio, or in v1's recovery mode the system's ratio where that is more.
    ///
    /// # Errors
    /// As [`System::total_debt`].
    pub fn liquidation_ratio(&self) -> Result<Ratio, Rejection> {
        let minimum = self.parameters.minimum_ratio;
        let recovers = self.version.rules().below == Below::RecoveryMode;
        if recovers && self.is_critical()? {
            return Ok(self.total_ratio()?.max(minimum));
        }
        Ok(minimum)
    }

    /// Moves time forward and takes a new oracle answer.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`].
    pub fn observe(&mut self, now: Timestamp, price: Price) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        // Nothing below can fail.
        (self.now, self.price) = (now, price);
        Ok(())
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Outcome, Rejection> {
        let (outcome, changes) = self.computed(action)?;
        // Nothing below can fail.
        changes.commit(self);
        Ok(outcome)
    }

    /// What an action would do, without changing anything.
    ///
    /// # Errors
    /// As [`System::apply`].
    pub fn quote(&self, action: &Action) -> Result<Outcome, Rejection> {
        Ok(self.computed(action)?.0)
    }

    fn computed(&self, action: &Action) -> Result<(Outcome, Changes), Rejection> {
        let mut draft = Draft::new(self);
        let outcome = self.told(draft.run(action))?;
        Ok((outcome, draft.finish()))
    }

    /// Names a failed computation as the version does.
    fn told<T>(&self, result: Ruled<T>) -> Result<T, Rejection> {
        result.map_err(|rejection| match self.version.rules().arithmetic {
            Arithmetic::Named => rejection,
            Arithmetic::Checked => rejection.without_reason(),
        })
    }
}

impl Draft<'_> {
    /// Runs one operation on the draft.
    fn run(&mut self, action: &Action) -> Ruled<Outcome> {
        if !self.rules().knows(action) {
            return Err(Rejection::NotInThisVersion);
        }
        match *action {
            Action::Open {
                caller,
                stable,
                collateral,
                rate,
                fee_max,
                hints,
            } => self.open(&Opening {
                caller,
                stable,
                collateral,
                rate,
                fee_max,
                hints,
            }),
            Action::Adjust {
                caller,
                collateral,
                debt,
                fee_max,
                hints,
            } => self.adjust(Adjustment {
                caller,
                collateral,
                debt,
                fee_max,
                hints,
            }),
            Action::Close { caller } => self.close_own(caller),
            Action::ClaimSurplus { caller } => self.claim_surplus(caller),
            Action::Provide {
                caller,
                amount,
                gains,
            } => self.provide(caller, amount, gains),
            Action::Withdraw {
                caller,
                amount,
                gains,
            } => self.withdraw(caller, amount, gains),
            Action::GainToTrove { caller, hints } => self.gain_to_trove(caller, hints),
            Action::ClaimStashed { caller } => self.claim_stashed(caller),
            Action::Liquidate { liquidator, trove } => self.liquidate_one(liquidator, trove),
            Action::LiquidateBatch {
                liquidator,
                ref troves,
            } => self.liquidate_batch(liquidator, troves),
            Action::LiquidateSmallest { liquidator, count } => {
                self.liquidate_smallest(liquidator, count)
            }
            Action::ShutDown => self.shut_down(),
        }
    }
}

impl Rules {
    /// Whether the version has this operation.
    fn knows(&self, action: &Action) -> bool {
        match action {
            Action::Liquidate { .. }
            | Action::LiquidateSmallest { .. }
            | Action::GainToTrove { .. } => self.order == Order::ByNominalRatio,
            Action::ClaimStashed { .. } => !self.yield_share.is_zero(),
            Action::ShutDown => self.below == Below::Restricted,
            _ => true,
        }
    }
}
