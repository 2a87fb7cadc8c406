//! The machine's face: time and prices, actions, and reading the state.

use super::action::Action;
use super::config::{CollateralConfig, Config};
use super::draft::Draft;
use super::event::{Event, Events};
use super::math::Ruled;
use super::rejection::Rejection;
use super::state::{Collateral, Comet, Paused, Position, Totals, offset};
use super::version::CometVersion;
use crate::protocol::{AccountId, AssetId, Prices};
use crate::units::{Amount, Price, Timestamp};

impl Action {
    /// Every account that the action names.
    pub(super) fn accounts(&self) -> Vec<AccountId> {
        match self {
            Self::Supply { payer, account, .. } => vec![*payer, *account],
            Self::Withdraw {
                account, recipient, ..
            } => vec![*account, *recipient],
            Self::Transfer {
                sender, recipient, ..
            } => vec![*sender, *recipient],
            Self::Absorb { accounts } => accounts.clone(),
            Self::BuyCollateral {
                buyer, recipient, ..
            } => vec![*buyer, *recipient],
            Self::WithdrawReserves { recipient, .. } => vec![*recipient],
            Self::AccrueAccount { account } | Self::Fund { account, .. } => vec![*account],
            Self::Pause { .. } => Vec::new(),
        }
    }
}

impl Draft<'_> {
    fn run(&mut self, action: &Action) -> Ruled<()> {
        for account in action.accounts() {
            self.comet.held(account)?;
        }
        match action {
            Action::Supply {
                payer,
                account,
                asset,
                amount,
            } => self.supply(*payer, *account, *asset, *amount),
            Action::Withdraw {
                account,
                recipient,
                asset,
                amount,
            } => self.withdraw(*account, *recipient, *asset, *amount),
            Action::Transfer {
                sender,
                recipient,
                asset,
                amount,
            } => self.transfer(*sender, *recipient, *asset, *amount),
            Action::Absorb { accounts } => self.absorb(accounts),
            Action::BuyCollateral {
                asset,
                min_amount,
                base_amount,
                buyer,
                recipient,
            } => self.buy_collateral(*asset, *min_amount, *base_amount, *buyer, *recipient),
            Action::WithdrawReserves { recipient, amount } => {
                self.withdraw_reserves(*recipient, *amount)
            }
            Action::AccrueAccount { account } => self.accrue_account(*account),
            Action::Pause { paused } => {
                self.paused = *paused;
                self.events.push(Event::PauseSet(*paused));
                Ok(())
            }
            Action::Fund {
                account,
                asset,
                amount,
            } => self.fund(*account, *asset, *amount),
        }
    }

    fn accrue_account(&mut self, account: AccountId) -> Ruled<()> {
        self.accrue()?;
        let principal = self.position(account)?.account.principal;
        self.set_principal(account, principal)
    }
}

impl Comet {
    /// Moves time forward and takes new oracle answers, in dollars with 8 decimals, the base asset
    /// first; zero is a bad feed. Interest is stored by later actions.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`] when `now` lies before the present time.
    pub fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        // Nothing below can fail.
        self.now = now;
        let ids = (0..).map(AssetId);
        for (asset, price) in ids.zip(&mut self.prices) {
            *price = prices.get(asset);
        }
        Ok(())
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let mut draft = Draft::new(self);
        draft.run(action)?;
        let changes = draft.finish();
        // Nothing below can fail.
        Ok(changes.commit(self))
    }

    /// As [`Comet::apply`], with the tokens that a payer needs for it coming from outside first.
    ///
    /// # Errors
    /// As [`Comet::apply`].
    pub(super) fn apply_funded(
        &mut self,
        (payer, asset, amount): (AccountId, AssetId, Amount),
        action: &Action,
    ) -> Result<Events, Rejection> {
        let mut draft = Draft::new(self);
        draft.fund(payer, asset, amount)?;
        draft.run(action)?;
        let changes = draft.finish();
        // Nothing below can fail.
        Ok(changes.commit(self))
    }

    /// What an action would do now, without doing it.
    ///
    /// # Errors
    /// As [`Comet::apply`].
    pub fn preview(&self, action: &Action) -> Result<Events, Rejection> {
        let mut draft = Draft::new(self);
        draft.run(action)?;
        Ok(draft.events)
    }

    /// Which rules hold.
    pub fn version(&self) -> CometVersion {
        self.version
    }

    /// Parameters, with rates a second.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The collateral assets as the contract keeps them, by offset.
    pub fn listed(&self) -> &[CollateralConfig] {
        &self.listed
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A feed's answer in dollars with 8 decimals; zero is a bad feed.
    pub fn price(&self, asset: AssetId) -> Option<Price> {
        self.prices.get(usize::from(asset.0)).copied()
    }

    /// Which operations are paused.
    pub fn paused(&self) -> Paused {
        self.paused
    }

    /// The totals as last stored, without interest since.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Base tokens held by the contract.
    pub fn base_held(&self) -> Amount {
        self.base_held
    }

    /// Collateral tokens of an asset, or nothing where it is not listed.
    pub fn collateral(&self, asset: AssetId) -> Option<&Collateral> {
        offset(asset).and_then(|at| self.collateral.get(at))
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.book.len()
    }

    /// An account's position, or nothing where it is not in the book.
    pub fn position(&self, id: AccountId) -> Option<&Position> {
        self.book.get(id)
    }

    /// Adds an account that has nothing.
    pub fn open_account(&mut self) -> AccountId {
        self.book.push(Position::default())
    }
}
