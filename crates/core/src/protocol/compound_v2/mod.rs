//! Compound v2: pooled lending by cTokens, liquidated in parts at a fixed incentive.
//!
//! A [`Pool`] is one Comptroller with its markets. It is made by [`PoolSetup::build`] and moves by
//! [`Action`]s; time is the number of the block. The mechanism, the roundings and their sources are
//! in `docs/protocols/compound-v2.md`.

mod account;
mod action;
mod borrow;
mod draft;
mod halts;
mod hash;
mod ledger;
mod levers;
mod liquidate;
mod liquidity;
mod machine;
mod market;
mod math;
mod rejection;
mod setup;
mod supply;
mod version;

pub use account::{Account, Position};
pub use action::{Action, Event, Guarded};
pub use ledger::Guards;
pub use liquidate::LiquidationLimit;
pub use liquidity::Liquidity;
pub use machine::{Clock, Machine};
pub use market::{Market, MarketConfig, MarketState, RateModel};
pub use rejection::Rejection;
pub use setup::{MarketSetup, PoolSetup};
pub use version::{CompoundVersion, Deprecation, Rules};

use crate::protocol::{AccountId, Asset, AssetId, Prices};
use crate::units::{Amount, Ratio};
use draft::Draft;
use ledger::Ledger;
use liquidate::Call;
use math::Ruled;
use std::sync::Arc;
use supply::Redemption;

/// One Comptroller with its markets. A clone is a fork: it shares the book and copies what it
/// touches.
#[derive(Clone, Debug)]
pub struct Pool {
    ledger: Ledger,
}

impl Pool {
    /// Moves to a later block and takes new oracle answers, in the order of the markets; see
    /// [`Market::price`] for their scale. No market accrues by itself.
    ///
    /// # Errors
    /// [`Rejection::BlockBackward`].
    pub fn observe(&mut self, block: u64, prices: &Prices) -> Result<(), Rejection> {
        if block < self.ledger.block {
            return Err(Rejection::BlockBackward);
        }
        // Nothing below can fail.
        self.ledger.block = block;
        for (id, market) in (0..).zip(Arc::make_mut(&mut self.ledger.markets)) {
            market.price = prices.get(AssetId(id));
        }
        Ok(())
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Vec<Event>, Rejection> {
        let mut draft = Draft::new(&self.ledger);
        draft.run(action)?;
        let changes = draft.finish();
        Ok(changes.commit(&mut self.ledger))
    }

    /// Weighted collateral and debt by the ledgers as they stand, accrued or not: what the
    /// Comptroller answers.
    ///
    /// # Errors
    /// [`Rejection::PriceError`] where an entered market has no price, and refusals of arithmetic.
    pub fn liquidity(&self, account: AccountId) -> Result<Liquidity, Rejection> {
        Draft::new(&self.ledger).liquidity(account, None)
    }

    /// The same after every entered market has accrued up to the present block, which anybody may
    /// bring about.
    ///
    /// # Errors
    /// As [`Pool::liquidity`]; also where a market cannot accrue.
    pub fn liquidity_accrued(&self, account: AccountId) -> Result<Liquidity, Rejection> {
        let mut draft = Draft::new(&self.ledger);
        for market in self.ledger.account(account)?.entered() {
            draft.accrue(*market)?;
        }
        draft.liquidity(account, None)
    }

    /// The most that a liquidator may take of a pair of markets now. Both accrue first, the
    /// others count as they stand, as in a liquidation.
    ///
    /// # Errors
    /// What refuses any liquidation of the pair; [`Rejection::CloseAmountIsZero`] where the rules
    /// leave nothing to repay.
    pub fn liquidation_limit(
        &self,
        borrower: AccountId,
        debt: AssetId,
        collateral: AssetId,
    ) -> Result<LiquidationLimit, Rejection> {
        Draft::new(&self.ledger).limit(borrower, debt, collateral)
    }

    /// An account's debt in a market by the index as it stands.
    ///
    /// # Errors
    /// Where account or market are unknown, and refusals of arithmetic.
    pub fn debt(&self, account: AccountId, market: AssetId) -> Result<Amount, Rejection> {
        Draft::new(&self.ledger).debt(account, market)
    }

    /// Base units of the token that one base unit of a market's cToken is worth, in wad, by the
    /// ledger as it stands.
    ///
    /// # Errors
    /// Where the market is unknown, and refusals of arithmetic.
    pub fn exchange_rate(&self, market: AssetId) -> Result<Ratio, Rejection> {
        self.ledger.market(market)?.exchange_rate()
    }

    /// Rate that borrowers of a market pay a block, in wad.
    ///
    /// # Errors
    /// Where the market is unknown, and refusals of arithmetic.
    pub fn borrow_rate(&self, market: AssetId) -> Result<Ratio, Rejection> {
        self.ledger.market(market)?.borrow_rate()
    }

    /// Which rules hold.
    pub fn version(&self) -> CompoundVersion {
        self.ledger.version
    }

    /// The present block.
    pub fn block(&self) -> u64 {
        self.ledger.block
    }

    /// The assets, in the order of [`AssetId`]; a market has the number of its asset.
    pub fn assets(&self) -> &[Asset] {
        &self.ledger.assets
    }

    /// A market, or nothing where there is none of that number.
    pub fn market(&self, id: AssetId) -> Option<&Market> {
        self.ledger.market(id).ok()
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.ledger.book.len()
    }

    /// An account, or nothing where it is not in the book.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.ledger.account(id).ok()
    }

    /// What is paused in every market at once.
    pub fn guards(&self) -> Guards {
        self.ledger.guards
    }

    /// SHA-256 over the whole state, in the order of the fields and of the ids.
    pub fn state_hash(&self) -> [u8; 32] {
        hash::state_hash(&self.ledger)
    }
}

impl Draft<'_> {
    /// Runs one operation on the draft.
    fn run(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::AccrueInterest { market } => self.accrue(market),
            Action::Mint {
                minter,
                market,
                amount,
            } => self.mint(minter, market, amount),
            Action::Redeem {
                redeemer,
                market,
                tokens,
            } => self.redeem(redeemer, market, Redemption::Tokens(tokens)),
            Action::RedeemUnderlying {
                redeemer,
                market,
                amount,
            } => self.redeem(redeemer, market, Redemption::Underlying(amount)),
            Action::Borrow {
                borrower,
                market,
                amount,
            } => self.borrow(borrower, market, amount),
            Action::RepayBorrow {
                payer,
                borrower,
                market,
                amount,
            } => self.repay_borrow(payer, borrower, market, amount),
            Action::EnterMarket { account, market } => self.enter_market(account, market),
            Action::ExitMarket { account, market } => self.exit_market(account, market),
            Action::Transfer {
                from,
                to,
                market,
                tokens,
            } => self.transfer(from, to, market, tokens),
            Action::LiquidateBorrow {
                liquidator,
                borrower,
                borrow_market,
                collateral_market,
                repay_amount,
            } => self.liquidate(&Call {
                liquidator,
                borrower,
                debt: borrow_market,
                collateral: collateral_market,
                repay: repay_amount,
            }),
            Action::Fund {
                account,
                market,
                amount,
            } => self.fund(account, market, amount),
            Action::SetPaused { operation, paused } => self.set_paused(operation, paused),
        }
    }

    fn set_paused(&mut self, operation: Guarded, paused: bool) -> Ruled<()> {
        match operation {
            Guarded::Mint(market) => self.market_mut(market)?.config.mint_paused = paused,
            Guarded::Borrow(market) => self.market_mut(market)?.config.borrow_paused = paused,
            Guarded::Transfer => self.guards.transfer_paused = paused,
            Guarded::Seize => self.guards.seize_paused = paused,
        }
        self.events.push(Event::PauseSet { operation, paused });
        Ok(())
    }
}
