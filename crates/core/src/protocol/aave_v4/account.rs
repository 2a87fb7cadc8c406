//! One account: its positions on every spoke, its risk premiums, its wallet.

use super::hub::premium_ray;
use super::hub_operations::PremiumDelta;
use super::math::{AmountRay, Ruled, difference, more_shares, percent_mul, product, shares, sum};
use super::signed::Signed;
use super::{SpokeId, TokenId};
use crate::protocol::AssetId;
use crate::units::{Amount, Index, Rounding, Shares, U256};

/// What an account has and owes in one reserve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Which reserve.
    pub reserve: AssetId,
    /// The reserve's spoke.
    pub spoke: SpokeId,
    /// Shares of the hub's pool.
    pub supplied: u128,
    /// Debt drawn, in units of the drawn index.
    pub drawn: u128,
    /// Debt on top that grows with the drawn index, in its units.
    pub premium: u128,
    /// What is not owed of the premium shares' worth.
    pub premium_offset: Signed,
    /// Which set of the reserve's parameters holds for the supply.
    pub config_key: u32,
    /// Whether the supply counts as collateral.
    pub is_collateral: bool,
    /// Whether there is debt.
    pub is_borrowing: bool,
}

impl Position {
    fn is_empty(&self) -> bool {
        let zero = self.supplied == 0 && self.drawn == 0 && self.premium == 0;
        zero && self.premium_offset == Signed::ZERO && !self.is_collateral && !self.is_borrowing
    }

    /// The supply as a quantity.
    pub fn supplied_shares(&self) -> Shares {
        Shares::new(self.supplied)
    }

    /// The drawn debt as a quantity.
    pub fn drawn_shares(&self) -> Shares {
        Shares::new(self.drawn)
    }

    /// The premium debt at an index.
    ///
    /// # Errors
    /// On overflow.
    pub fn premium_debt(&self, index: Index) -> Ruled<AmountRay> {
        let premium = premium_ray(U256::from(self.premium), self.premium_offset, index)?;
        Ok(AmountRay(premium))
    }

    /// Drawn and premium debt at an index.
    pub(super) fn debt_ray(&self, index: Index) -> Ruled<U256> {
        let drawn = product(U256::from(self.drawn), index.0)?;
        sum(drawn, self.premium_debt(index)?.0)
    }

    /// How the premium changes when drawn shares leave, premium is repaid and the account's risk
    /// premium is `risk` bps: the shares follow the drawn shares that stay, and the offset keeps
    /// what was owed.
    pub(super) fn premium_delta(
        &self,
        taken: Shares,
        index: Index,
        risk: U256,
        restored: AmountRay,
    ) -> Ruled<PremiumDelta> {
        let owed = self.premium_debt(index)?;
        let left = difference(U256::from(self.drawn), taken.0)?;
        let shares = percent_mul(left, risk, Rounding::Ceil)?;
        let worth = Signed::from_unsigned(product(shares, index.0)?)?;
        let rest = Signed::from_unsigned(difference(owed.0, restored.0)?)?;
        let offset = worth.minus(rest)?;
        let held = Signed::from_unsigned(U256::from(self.premium))?;
        Ok(PremiumDelta {
            shares: Signed::from_unsigned(shares)?.minus(held)?,
            offset: offset.minus(self.premium_offset)?,
            restored,
        })
    }

    /// Writes a change of the premium.
    pub(super) fn apply_premium(&mut self, delta: &PremiumDelta) -> Ruled<()> {
        self.premium = shares(delta.shares.added_to(U256::from(self.premium))?)?;
        self.premium_offset = self.premium_offset.plus(delta.offset)?.stored()?;
        Ok(())
    }

    /// Adds supplied shares.
    pub(super) fn supply(&mut self, more: Shares) -> Ruled<()> {
        self.supplied = more_shares(self.supplied, more.0)?;
        Ok(())
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    positions: Vec<Position>,
    /// Risk premium by spoke, bps; absent where it is zero.
    risks: Vec<(SpokeId, u32)>,
    wallet: Vec<(TokenId, Amount)>,
}

impl Account {
    /// An account with these positions, risk premiums in bps by spoke, and tokens.
    pub fn new(
        positions: impl IntoIterator<Item = Position>,
        risks: impl IntoIterator<Item = (SpokeId, u32)>,
        wallet: impl IntoIterator<Item = (TokenId, Amount)>,
    ) -> Self {
        let mut account = Self::default();
        for position in positions {
            account.put(position);
        }
        for (spoke, risk) in risks {
            account.set_risk(spoke, risk);
        }
        for (token, amount) in wallet {
            account.set_tokens(token, amount);
        }
        account
    }

    /// The positions, ascending by reserve.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// The position in a reserve, where there is one.
    pub fn position(&self, reserve: AssetId) -> Option<&Position> {
        let mut positions = self.positions.iter();
        positions.find(|position| position.reserve == reserve)
    }

    /// The positions on a spoke, descending by reserve, as the contracts walk them.
    pub(super) fn on(&self, spoke: SpokeId) -> impl Iterator<Item = &Position> + '_ {
        let on = move |position: &&Position| position.spoke == spoke;
        self.positions.iter().rev().filter(on)
    }

    /// Risk premium on a spoke, bps.
    pub fn risk_premium(&self, spoke: SpokeId) -> u32 {
        let mut risks = self.risks.iter();
        risks
            .find(|(held, _)| *held == spoke)
            .map_or(0, |(_, risk)| *risk)
    }

    /// Risk premiums by spoke, bps; absent where they are zero.
    pub fn risks(&self) -> &[(SpokeId, u32)] {
        &self.risks
    }

    /// Tokens in the wallet.
    pub fn tokens(&self, token: TokenId) -> Amount {
        let mut wallet = self.wallet.iter();
        wallet
            .find(|(held, _)| *held == token)
            .map_or(Amount::ZERO, |(_, amount)| *amount)
    }

    /// All tokens in the wallet.
    pub fn wallet(&self) -> &[(TokenId, Amount)] {
        &self.wallet
    }

    pub(super) fn set_tokens(&mut self, token: TokenId, amount: Amount) {
        self.wallet.retain(|(held, _)| *held != token);
        if !amount.is_zero() {
            let place = self.wallet.partition_point(|(held, _)| *held < token);
            self.wallet.insert(place, (token, amount));
        }
    }

    pub(super) fn set_risk(&mut self, spoke: SpokeId, risk: u32) {
        self.risks.retain(|(held, _)| *held != spoke);
        if risk != 0 {
            let place = self.risks.partition_point(|(held, _)| *held < spoke);
            self.risks.insert(place, (spoke, risk));
        }
    }

    /// Replaces the position in its reserve.
    pub(super) fn put(&mut self, position: Position) {
        let place = self
            .positions
            .partition_point(|held| held.reserve < position.reserve);
        let held = self
            .positions
            .get_mut(place)
            .filter(|held| held.reserve == position.reserve);
        match (held, position.is_empty()) {
            (Some(held), false) => *held = position,
            (Some(_), true) => drop(self.positions.remove(place)),
            (None, false) => self.positions.insert(place, position),
            (None, true) => {}
        }
    }
}
