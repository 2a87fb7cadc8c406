//! What one path leaves behind. Plain data: writers and reports read it, nothing computes in it.
//!
//! Money is in USD unless a name says otherwise. Exact ledger quantities are [`Amount`]s beside
//! their rounded `f64` values.

use backstop_core::governor::{self, Cut};
use backstop_core::guard::{Level, Operation, Reason};
use backstop_core::protocol::{AccountId, AssetId, Event, Governed, LeverKind, OfferKind, Trace};
use backstop_core::units::{Amount, Ratio};

/// Everything that one path produced.
#[derive(Clone, Debug, Default)]
pub struct PathRecord {
    /// Seed of the path.
    pub seed: u64,
    /// Symbols by [`AssetId`].
    pub symbols: Vec<String>,
    /// Token decimals by [`AssetId`].
    pub decimals: Vec<u8>,
    /// One row a step.
    pub steps: Vec<StepRow>,
    /// Ledger events in order.
    pub events: Vec<EventRow>,
    /// Liquidations in order, and the sales that carry them on. Bids are not told, what they won is.
    pub liquidations: Vec<LiquidationRow>,
    /// Liquidation attempts that did not go through, in order.
    pub misses: Vec<MissRow>,
    /// Borrowers' own moves, in order.
    pub reactions: Vec<ReactionRow>,
    /// Moves of borrowers that took on more leverage, in order.
    pub leverings: Vec<LeveringRow>,
    /// Attacks on the oracle's price, in order.
    pub attacks: Vec<AttackRow>,
    /// One row an account that had debt at the start, of those that are told.
    pub accounts: Vec<AccountRow>,
    /// Which accounts are told.
    pub accounts_told: AccountsTold,
    /// One row a liquidator.
    pub liquidators: Vec<LiquidatorRow>,
    /// Who paid which deficit, in the waterfall's order.
    pub coverage: Vec<CoverageRow>,
    /// Hash of the protocol's state at the end; zero where not all accounts' outcomes are recorded,
    /// because both look at the whole book.
    pub state_hash: [u8; 32],
    /// Whether the path was stopped before its end.
    pub interrupted: bool,
    /// Why the ledger could not go on, where that ended the path.
    pub stopped: Option<String>,
    /// The ledger's refusals of liquidations and borrowers' moves, by reason, with their number.
    pub refusals: Vec<(String, u32)>,
    /// Changes of what guards hold back, in order; empty without guards.
    pub guards: Vec<GuardRow>,
    /// What each guard has cost, in the order of the guards.
    pub guard_costs: Vec<GuardCostRow>,
    /// Moves of parameters by governors, in order; empty without governors.
    pub parameters: Vec<ParameterRow>,
    /// Over which time calls are counted for their velocity, seconds; nothing where nobody watched.
    pub call_window_s: Option<u64>,
    /// Margin calls, in order.
    pub calls: Vec<CallRow>,
    /// Bands of health as they stood at the start and when they changed, in order.
    pub bands: Vec<BandRow>,
}

/// The market and the ledger at the end of one step.
#[derive(Clone, Debug, Default)]
pub struct StepRow {
    /// Step number from 0.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Outside reference price by asset, USD.
    pub outside: Vec<f64>,
    /// Oracle's answer by asset, USD.
    pub oracle: Vec<f64>,
    /// Mid price of the venues by asset, USD.
    pub venue: Vec<f64>,
    /// Price of gas, gwei.
    pub gas_gwei: f64,
    /// Share of the block space that liquidations used, 0 to 1.
    pub block_use: f64,
    /// Accounts in breach after the step.
    pub breached: u32,
    /// Liquidations begun in the step.
    pub liquidations: u32,
    /// Debt repaid by liquidators in the step.
    pub repaid_usd: f64,
    /// Collateral that borrowers lost in the step, protocol fee included, at oracle prices; without
    /// exchanges between bands, which go both ways.
    pub seized_usd: f64,
    /// Liquidators' bonus in the step, at oracle prices: received less paid.
    pub bonus_usd: f64,
    /// Borrowers' loss in the step: collateral lost less debt cleared.
    pub penalty_usd: f64,
    /// What the protocol and its depositors kept in the step: penalty less bonus. Below zero where
    /// they paid more than they kept.
    pub fee_usd: f64,
    /// Gas paid by liquidators in the step, failed attempts included.
    pub gas_usd: f64,
    /// Deficit written off in the step.
    pub deficit_usd: f64,
    /// Accounts whose health fell below the margin-call level for the first time; nothing where no census
    /// was taken.
    pub margin_calls: Option<u32>,
    /// Collateral and debt of borrowers by their largest collateral asset at the start, USD at the
    /// oracle's prices; empty where no census was taken.
    pub by_collateral: Vec<[f64; 2]>,
}

/// One ledger event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Step of the event.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// What happened.
    pub event: Event,
}

/// One liquidation, or a sale that carries one on, from both worlds.
#[derive(Clone, Debug)]
pub struct LiquidationRow {
    /// Step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Whose position.
    pub account: AccountId,
    /// Index into [`PathRecord::liquidators`].
    pub liquidator: u32,
    /// What was done.
    pub kind: OfferKind,
    /// What was seized.
    pub collateral: AssetId,
    /// What was repaid.
    pub debt: AssetId,
    /// Paid by the liquidator, in debt units.
    pub repaid: Amount,
    /// Received by the liquidator, in collateral units.
    pub seized: Amount,
    /// Kept by the protocol, in collateral units.
    pub protocol_fee: Amount,
    /// Health factor before.
    pub health_before: Ratio,
    /// Health factor after.
    pub health_after: Ratio,
    /// Repaid, at the oracle's price.
    pub repaid_usd: f64,
    /// Received by the liquidator, at the oracle's price.
    pub seized_usd: f64,
    /// Protocol's fee, at the oracle's price.
    pub fee_usd: f64,
    /// Paid to the liquidator by the protocol besides, at the oracle's price.
    pub reward_usd: f64,
    /// What the account lost, at the oracle's prices.
    pub taken_usd: f64,
    /// What the account no longer owes because of it, without what was written off, at the oracle's
    /// price.
    pub cleared_usd: f64,
    /// Received for the collateral on the venues, less what the debt token cost there above its
    /// oracle value; the collateral's oracle value where it was kept.
    pub proceeds_usd: f64,
    /// Oracle's value less proceeds.
    pub slippage_usd: f64,
    /// Gas.
    pub gas_usd: f64,
    /// Flash-loan fee.
    pub loan_fee_usd: f64,
    /// Proceeds and reward less repaid, gas and loan fee.
    pub profit_usd: f64,
    /// Debt written off with it, at the oracle's price.
    pub deficit_usd: f64,
    /// Oracle price of the collateral, USD.
    pub collateral_price: f64,
    /// Every number of the ledger's computation; empty where traces were not asked for.
    pub trace: Trace,
}

impl LiquidationRow {
    /// Whether it begins the liquidation of an account.
    pub fn begins(&self) -> bool {
        self.kind.begins()
    }

    /// What the account lost above what it was freed of, USD.
    pub fn penalty_usd(&self) -> f64 {
        self.taken_usd - self.cleared_usd
    }

    /// What the liquidator received above what it paid, at oracle prices, USD.
    pub fn bonus_usd(&self) -> f64 {
        self.seized_usd + self.reward_usd - self.repaid_usd
    }
}

/// Why a liquidation that somebody wanted did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// Another liquidator was first: at the position, or at the depth that the exit needed.
    Outrun,
    /// It did not fit the block and had to wait; told once for a liquidator while the account stays
    /// in breach.
    BlockFull,
    /// The ledger refused it.
    Rejected,
    /// A guard held it back; told once for a bid in the step.
    Guarded,
}

/// A change of what one guard holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardRow {
    /// Step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Name of the guard.
    pub guard: &'static str,
    /// Of which asset; of all where none is named.
    pub asset: Option<AssetId>,
    /// Level before.
    pub from: Level,
    /// Level from now on.
    pub to: Level,
    /// Why.
    pub reason: Reason,
}

/// What one guard has cost over a path.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardCostRow {
    /// Name of the guard.
    pub guard: &'static str,
    /// Seconds at each level, in the order of [`Level::ALL`].
    pub seconds: [u64; 5],
    /// What it refused: which operation, how often, and its value in USD. Who asks again is counted again.
    pub refused: Vec<(Operation, u64, f64)>,
}

/// A move of one parameter by a governor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterRow {
    /// Step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Name of the governor.
    pub governor: &'static str,
    /// Name of the parameter, such as `WETH.liquidation_threshold`.
    pub parameter: String,
    /// What it does; tells the unit of its numbers.
    pub kind: LeverKind,
    /// What it governs.
    pub governs: Governed,
    /// Setting before.
    pub from: u128,
    /// Setting from now on.
    pub to: u128,
    /// What was asked for.
    pub wanted: u128,
    /// What shortened the move.
    pub cut: Cut,
    /// The figure behind it.
    pub reason: governor::Reason,
    /// Accounts that the moves of its review put in breach; the same in each of its rows.
    pub decreed: u32,
}

/// What brought an account below a level of health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallCause {
    /// Prices, interest or a moved parameter, told before anybody acts in the step.
    Market,
    /// A move of the borrower or a liquidation, told at the end of the step.
    Move,
}

/// One margin call: an account's health fell below a level at which it was not before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallRow {
    /// Step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Who is called.
    pub account: AccountId,
    /// The lowest level that it fell below.
    pub level: Ratio,
    /// Since when its health has been below the highest level without a break, seconds since 1970.
    pub since: u64,
    /// What brought it there.
    pub cause: CallCause,
    /// Health factor.
    pub health: Ratio,
    /// Fall of all its collateral together that makes it liquidatable, as a share; zero where it is.
    pub headroom: f64,
    /// Volatility of a day that the prediction reckons with, as a share: the largest of what it holds and owes.
    pub sigma: f64,
    /// Seconds until such a fall is to be expected; nothing where no price moves.
    pub breach_in_s: Option<u64>,
    /// The cheapest repayment that brings it to the target; nothing where none does.
    pub repay: Option<CureRow>,
    /// The cheapest addition of collateral that brings it to the target; nothing where none does.
    pub top_up: Option<CureRow>,
}

/// A move that cures a called account: one unit less does not, or is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CureRow {
    /// What is repaid or added.
    pub asset: AssetId,
    /// In asset units.
    pub amount: Amount,
    /// At the oracle's price.
    pub usd: f64,
}

/// Accounts with debt in one band of health, from a step on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandRow {
    /// Step at whose end it stood so for the first time; all bands are told with the first step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Least health factor of the band.
    pub from: Ratio,
    /// Health factor above the band; [`Ratio::MAX`] where it has no upper end.
    pub to: Ratio,
    /// How many accounts.
    pub accounts: u32,
    /// Their debt, each as it was when it was last looked at.
    pub debt_usd: f64,
}

/// One attempt that did not go through.
#[derive(Clone, Copy, Debug)]
pub struct MissRow {
    /// Step.
    pub step: u32,
    /// Whose position.
    pub account: AccountId,
    /// Index into [`PathRecord::liquidators`].
    pub liquidator: u32,
    /// Why.
    pub reason: Miss,
    /// Gas paid for nothing.
    pub gas_usd: f64,
}

/// A borrower's own move.
#[derive(Clone, Copy, Debug)]
pub struct ReactionRow {
    /// Step.
    pub step: u32,
    /// Who.
    pub account: AccountId,
    /// Which asset was added or repaid.
    pub asset: AssetId,
    /// True for a repayment, false for a top-up of collateral.
    pub repay: bool,
    /// In asset units.
    pub amount: Amount,
    /// At the oracle's price.
    pub usd: f64,
}

/// A borrower's move to more leverage: debt taken on, sold, and collateral bought with it.
#[derive(Clone, Copy, Debug)]
pub struct LeveringRow {
    /// Step.
    pub step: u32,
    /// Who.
    pub account: AccountId,
    /// What was bought and supplied.
    pub collateral: AssetId,
    /// What was borrowed.
    pub debt: AssetId,
    /// Supplied, in collateral units.
    pub supplied: Amount,
    /// Borrowed, in debt units.
    pub borrowed: Amount,
    /// Supplied, at the oracle's price.
    pub supplied_usd: f64,
    /// Borrowed, at the oracle's price.
    pub borrowed_usd: f64,
}

/// One attack on an oracle's price.
#[derive(Clone, Copy, Debug)]
pub struct AttackRow {
    /// Step in which it began.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Whose price was moved.
    pub asset: AssetId,
    /// Fall of the oracle's answer that was aimed at, as a share.
    pub fall: f64,
    /// Samples of the feed through which the venues were held down.
    pub samples: u32,
    /// What the attacker reckoned to earn, USD.
    pub expected_usd: f64,
    /// Received for what it sold on the venues to move the price.
    pub sold_usd: f64,
    /// Paid on the venues to buy that back.
    pub bought_usd: f64,
    /// What those trades lost against the outside price.
    pub cost_usd: f64,
    /// Liquidations that it did itself.
    pub liquidations: u32,
    /// What it earned in all; what it still held at the attack's end at the outside price.
    pub profit_usd: f64,
}

/// Of which accounts a record tells the outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountsTold {
    /// Of none.
    #[default]
    None,
    /// Of those that were liquidated or softened or are in breach at the end: costs what happened, not the
    /// size of the book.
    Touched,
    /// Of all; looks at the whole book.
    All,
}

/// What became of one account.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Which account.
    pub account: AccountId,
    /// Name from the book file, where it had one.
    pub name: Option<String>,
    /// Health factor at the start.
    pub health_start: Ratio,
    /// Health factor at the end.
    pub health_end: Ratio,
    /// Whether the account would have a health factor of 1 or more at the end without having been liquidated or
    /// softened: with what it held and owed at the start and its own moves, at the market's prices of the last
    /// step, interest left out. Nothing for accounts that were neither, and where the ledger does not take those
    /// prices.
    pub solvent_spared: Option<bool>,
    /// Collateral value at the start and at the end, each at its prices.
    pub collateral_usd: [f64; 2],
    /// Debt value at the start and at the end.
    pub debt_usd: [f64; 2],
    /// Liquidations begun.
    pub liquidations: u32,
    /// Whether a part of its collateral was exchanged without a liquidation.
    pub softened: bool,
    /// Debt cleared by liquidations.
    pub repaid_usd: f64,
    /// Collateral taken, protocol fee included.
    pub seized_usd: f64,
    /// Collateral taken less debt cleared.
    pub penalty_usd: f64,
    /// Debt written off.
    pub deficit_usd: f64,
    /// Debt above collateral at the end (not written off).
    pub shortfall_usd: f64,
    /// Most that the account, as it stood at the start and with its own moves but without liquidations,
    /// would have lacked to its debt at the oracle's prices of any step from its first liquidation on.
    /// Zero for accounts that were never liquidated. Interest is left out.
    pub lacking_usd: f64,
    /// Seconds, in whole steps, in which its debt was above its collateral.
    pub under_water_s: u64,
}

/// The three kinds of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiquidatorKind {
    /// Low latency, private order flow; outruns public bids.
    Private,
    /// Public executor that competes on gas price.
    Public,
    /// Run by the protocol or its treasury; acts without profit.
    Native,
}

/// What one liquidator did and earned.
#[derive(Clone, Debug)]
pub struct LiquidatorRow {
    /// Name from the scenario.
    pub name: String,
    /// Kind.
    pub kind: LiquidatorKind,
    /// Liquidations and sales won.
    pub won: u32,
    /// Attempts lost.
    pub lost: u32,
    /// Debt repaid.
    pub repaid_usd: f64,
    /// Gas paid, lost attempts included.
    pub gas_usd: f64,
    /// Slippage paid, against the oracle's price at liquidation, or the outside price at a later
    /// sale of what was kept.
    pub slippage_usd: f64,
    /// Flash-loan fees.
    pub loan_fee_usd: f64,
    /// Net of all of it, with collateral still held counted at the last outside price.
    pub profit_usd: f64,
    /// Collateral still held at the end, at the last outside price.
    pub inventory_usd: f64,
}

/// One payment of a deficit.
#[derive(Clone, Debug)]
pub struct CoverageRow {
    /// Step.
    pub step: u32,
    /// Seconds since 1970.
    pub time: u64,
    /// Layer that paid.
    pub layer: String,
    /// Which asset's deficit.
    pub asset: AssetId,
    /// In asset units.
    pub amount: Amount,
    /// At the oracle's price.
    pub usd: f64,
    /// Left in the layer afterwards; infinite layers say infinity.
    pub left_usd: f64,
    /// Whose money it was.
    pub losses: Vec<PayerLoss>,
}

/// What one payer lost by one payment, USD.
#[derive(Clone, Debug, PartialEq)]
pub struct PayerLoss {
    /// Who, in words.
    pub payer: String,
    /// Held before; `None` where nobody counts it.
    pub before_usd: Option<f64>,
    /// Lost.
    pub paid_usd: f64,
    /// Held after; `None` where nobody counts it.
    pub after_usd: Option<f64>,
}
