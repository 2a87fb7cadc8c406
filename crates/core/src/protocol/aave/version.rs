//! The versions of Aave v3 as rows of one table.
//!
//! Code branches on a field of the row, never on a version number. Each field says which rule it
//! switches; the sources are in `docs/protocols/aave.md`.

use crate::protocol::versions;
use crate::units::Rounding::{self, Ceil, Floor, HalfUp};

/// Which polynomial approximates compound interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compounding {
    /// Three terms of the binomial series, by powers of the rate a second.
    Binomial,
    /// Three terms of the exponential series, by powers of rate · time.
    Exponential,
}

/// How the treasury's interest is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreasuryInterest {
    /// Rounded balance after less rounded balance before.
    BalanceDifference,
    /// Scaled debt times the growth of the index.
    IndexDifference,
}

/// What the rate curve takes for the pool's cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cash {
    /// Tokens that the pool really holds.
    Real,
    /// The pool's own count.
    Virtual,
}

/// How thresholds enter the health factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// By their average, cut to whole basis points.
    TruncatedAverage,
    /// By the weighted sum itself.
    WeightedSum,
}

/// What the close factor of 50 % refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseFactor {
    /// The debt in the reserve that is repaid.
    Reserve,
    /// The account's whole debt; small positions may be closed at once.
    Position,
}

/// When a liquidator who takes the claim has it switched on as collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimEnables {
    /// When the balance before was zero, rounded.
    EmptyBalance,
    /// When the scaled balance before was zero.
    EmptyShares,
    /// Never.
    Never,
}

/// How debt against isolated collateral is counted down by a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// When the account is still in isolation after flags were cleared.
    ByAccount,
    /// When the seized reserve has a debt ceiling.
    ByReserve,
    /// Isolation does not exist.
    Absent,
}

/// How used-up collateral is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumption {
    /// By amounts.
    Amounts,
    /// By scaled units, rounded up.
    Shares,
}

/// When the mark "has debt here" is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebtMark {
    /// When the amount repaid is the amount owed.
    Amounts,
    /// When no scaled debt is left.
    Shares,
}

/// When a borrow is checked against the collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BorrowCheck {
    /// Before it, on the account as it stands.
    Before,
    /// After it, on the account as it became.
    After,
}

/// Which loan-to-value holds in an efficiency mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanToValue {
    /// A reserve without its own has none; otherwise the category's.
    ReserveFirst,
    /// The category's, whatever the reserve's own.
    CategoryFirst,
}

/// Who belongs to an efficiency mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// A reserve names its one category, which may have a price source of its own.
    ByReserve,
    /// A category lists its collateral and what it may borrow.
    ByCategory,
}

/// Whether the treasury's share is counted twice where one asset is collateral and debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameAsset {
    /// Once.
    Once,
    /// Twice, a fault of the contracts.
    Twice,
}

/// When the seized reserve's interest is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollateralAccrual {
    /// Only where tokens leave the pool.
    OnBurn,
    /// Always.
    Always,
}

/// A rule that a version has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Not in force.
    Off,
    /// In force.
    On,
}

impl Rule {
    /// Whether it is in force.
    pub fn on(self) -> bool {
        self == Self::On
    }
}

/// Everything in which versions differ.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Amount to scaled supply: supplying, treasury.
    pub supply_mint: Rounding,
    /// Amount to scaled supply: withdrawing, seizing, moving.
    pub supply_burn: Rounding,
    /// Scaled supply to amount.
    pub supply_balance: Rounding,
    /// Amount to scaled debt: borrowing.
    pub debt_mint: Rounding,
    /// Amount to scaled debt: repaying.
    pub debt_burn: Rounding,
    /// Scaled debt to amount.
    pub debt_balance: Rounding,
    /// Debt amount to base currency.
    pub debt_value: Rounding,
    /// Collateral without bonus to collateral with bonus.
    pub bonus: Rounding,
    /// Collateral with bonus back to collateral without, for the fee.
    pub bonus_base: Rounding,
    /// The protocol's share of the bonus.
    pub protocol_fee: Rounding,
    /// Debt that a short collateral pays for.
    pub debt_needed: Rounding,
    /// Collateral times loan-to-value, in the view of what may still be borrowed.
    pub available_borrows: Rounding,
    /// Width of a scaled balance in storage.
    pub balance_bits: usize,
    /// Compound interest.
    pub compounding: Compounding,
    /// The treasury's interest.
    pub treasury_interest: TreasuryInterest,
    /// The rate curve's cash.
    pub cash: Cash,
    /// The suppliers' rate passes through an average over two kinds of debt.
    pub averaged_rate: Rule,
    /// Thresholds in the health factor.
    pub threshold: Threshold,
    /// Collateral with a threshold of zero counts and can be seized.
    pub zero_threshold: Rule,
    /// The close factor.
    pub close_factor: CloseFactor,
    /// Both sides keep nothing or something of worth.
    pub leftover: Rule,
    /// Debt without collateral is written off and recorded.
    pub deficit: Rule,
    /// The sequencer check.
    pub sentinel: Rule,
    /// Liquidations may be withheld after a pause.
    pub grace: Rule,
    /// An account may liquidate itself.
    pub self_liquidation: Rule,
    /// Self-liquidation that empties the position switches the collateral on again.
    pub self_reenables: Rule,
    /// A claim taken by a liquidator.
    pub claim_enables: ClaimEnables,
    /// Isolation in a liquidation.
    pub isolation: Isolation,
    /// Whether debts under a ceiling are checked while the borrow is checked (`Before`) or after
    /// the debt was minted (`After`).
    pub isolation_check: BorrowCheck,
    /// Used-up collateral.
    pub consumption: Consumption,
    /// The mark of a debt after a liquidation or a write-off without a rest.
    pub debt_mark: DebtMark,
    /// A liquidation that writes off clears the mark whatever is left in scaled units.
    pub write_off_clears_mark: Rule,
    /// Treasury's share of one asset on both sides.
    pub same_asset: SameAsset,
    /// Interest of the seized reserve.
    pub collateral_accrual: CollateralAccrual,
    /// Limits and balances are compared in scaled units.
    pub compares_shares: Rule,
    /// A borrow against the collateral.
    pub borrow_check: BorrowCheck,
    /// Nobody borrows more than was supplied.
    pub supplied_limit: Rule,
    /// A siloed asset is an account's single debt.
    pub silo: Rule,
    /// Loan-to-value in a category.
    pub loan_to_value: LoanToValue,
    /// Members of a category.
    pub membership: Membership,
    /// A category must fit every debt and collateral, also when it is left.
    pub strict_category: Rule,
    /// The collateral flag asks for the rounded balance before anything else.
    pub flag_needs_balance: Rule,
    /// A new reserve factor stores the interest so far, and the rates follow at once.
    pub factor_stores_interest: Rule,
}

versions! {
    /// A version of the contracts, oldest first.
    pub enum AaveVersion: Rules;

    /// 3.0.2
    V3_0_2 = "3.0.2" => Rules {
        supply_mint: HalfUp,
        supply_burn: HalfUp,
        supply_balance: HalfUp,
        debt_mint: HalfUp,
        debt_burn: HalfUp,
        debt_balance: HalfUp,
        debt_value: Floor,
        bonus: HalfUp,
        bonus_base: HalfUp,
        protocol_fee: HalfUp,
        debt_needed: HalfUp,
        available_borrows: HalfUp,
        balance_bits: 128,
        compounding: Compounding::Binomial,
        treasury_interest: TreasuryInterest::BalanceDifference,
        cash: Cash::Real,
        averaged_rate: Rule::On,
        threshold: Threshold::TruncatedAverage,
        zero_threshold: Rule::Off,
        close_factor: CloseFactor::Reserve,
        leftover: Rule::Off,
        deficit: Rule::Off,
        sentinel: Rule::On,
        grace: Rule::Off,
        self_liquidation: Rule::On,
        self_reenables: Rule::Off,
        claim_enables: ClaimEnables::EmptyBalance,
        isolation: Isolation::ByAccount,
        isolation_check: BorrowCheck::Before,
        consumption: Consumption::Amounts,
        debt_mark: DebtMark::Amounts,
        write_off_clears_mark: Rule::Off,
        same_asset: SameAsset::Once,
        collateral_accrual: CollateralAccrual::OnBurn,
        compares_shares: Rule::Off,
        borrow_check: BorrowCheck::Before,
        supplied_limit: Rule::Off,
        silo: Rule::On,
        loan_to_value: LoanToValue::ReserveFirst,
        membership: Membership::ByReserve,
        strict_category: Rule::Off,
        flag_needs_balance: Rule::On,
        factor_stores_interest: Rule::Off,
    },

    /// 3.3
    V3_3 = "3.3" => Rules {
        cash: Cash::Virtual,
        averaged_rate: Rule::Off,
        close_factor: CloseFactor::Position,
        leftover: Rule::On,
        deficit: Rule::On,
        grace: Rule::On,
        self_reenables: Rule::On,
        isolation: Isolation::ByReserve,
        write_off_clears_mark: Rule::On,
        supplied_limit: Rule::On,
        membership: Membership::ByCategory,
        factor_stores_interest: Rule::On,
        ..V3_0_2
    },

    /// 3.4
    V3_4 = "3.4" => Rules {
        balance_bits: 120,
        compounding: Compounding::Exponential,
        self_liquidation: Rule::Off,
        self_reenables: Rule::Off,
        claim_enables: ClaimEnables::EmptyShares,
        isolation_check: BorrowCheck::After,
        debt_mark: DebtMark::Shares,
        write_off_clears_mark: Rule::Off,
        flag_needs_balance: Rule::Off,
        ..V3_3
    },

    /// 3.5
    V3_5 = "3.5" => Rules {
        supply_mint: Floor,
        supply_burn: Ceil,
        supply_balance: Floor,
        debt_mint: Ceil,
        debt_burn: Floor,
        debt_balance: Ceil,
        debt_value: Ceil,
        debt_needed: Ceil,
        available_borrows: Floor,
        treasury_interest: TreasuryInterest::IndexDifference,
        threshold: Threshold::WeightedSum,
        same_asset: SameAsset::Twice,
        collateral_accrual: CollateralAccrual::Always,
        compares_shares: Rule::On,
        borrow_check: BorrowCheck::After,
        ..V3_4
    },

    /// 3.6
    V3_6 = "3.6" => Rules {
        zero_threshold: Rule::On,
        claim_enables: ClaimEnables::Never,
        loan_to_value: LoanToValue::CategoryFirst,
        strict_category: Rule::On,
        ..V3_5
    },

    /// 3.7
    V3_7 = "3.7" => Rules {
        bonus: Floor,
        bonus_base: Floor,
        protocol_fee: Ceil,
        sentinel: Rule::Off,
        isolation: Isolation::Absent,
        consumption: Consumption::Shares,
        same_asset: SameAsset::Once,
        silo: Rule::Off,
        ..V3_6
    },
}
