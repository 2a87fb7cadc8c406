//! Bringing and taking assets, handing on shares, giving out fees.

use super::action::Operation;
use super::cluster::VaultId;
use super::draft::Draft;
use super::event::Event;
use super::math::{Ruled, down, to_assets, to_shares};
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{Amount, BPS, Rounding, Shares};

impl Draft<'_> {
    pub(super) fn deposit(
        &mut self,
        vault: VaultId,
        amount: Amount,
        receiver: AccountId,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Deposit, None)?;
        let assets = to_assets(amount.0)?;
        if assets.is_zero() {
            return Ok(());
        }
        let rules = self.cluster.rules;
        let shares = self.vault(vault)?.shares(rules, assets, Rounding::Floor)?;
        if shares.is_zero() {
            return Err(Rejection::ZeroShares);
        }
        self.pull(vault, assets)?;
        self.give_shares(vault, receiver, assets, shares)
    }

    pub(super) fn mint_shares(
        &mut self,
        vault: VaultId,
        shares: Shares,
        receiver: AccountId,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Mint, None)?;
        let shares = to_shares(shares.0)?;
        if shares.is_zero() {
            return Ok(());
        }
        let rules = self.cluster.rules;
        let assets = self.vault(vault)?.assets(rules, shares, Rounding::Ceil)?;
        self.pull(vault, assets)?;
        self.give_shares(vault, receiver, assets, shares)
    }

    fn give_shares(
        &mut self,
        vault: VaultId,
        account: AccountId,
        assets: Amount,
        shares: Shares,
    ) -> Ruled<()> {
        self.mint(vault, account, shares)?;
        self.events.push(Event::Deposited {
            vault,
            account,
            assets,
            shares,
        });
        Ok(())
    }

    pub(super) fn withdraw(
        &mut self,
        vault: VaultId,
        amount: Amount,
        owner: AccountId,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Withdraw, Some(owner))?;
        let assets = to_assets(amount.0)?;
        if assets.is_zero() {
            return Ok(());
        }
        let rules = self.cluster.rules;
        let shares = self.vault(vault)?.shares(rules, assets, Rounding::Ceil)?;
        self.take_out(vault, owner, assets, shares)
    }

    pub(super) fn redeem(&mut self, vault: VaultId, shares: Shares, owner: AccountId) -> Ruled<()> {
        self.begin(vault, Operation::Redeem, Some(owner))?;
        let shares = match shares {
            Shares::MAX => self.holding(owner, vault)?.shares,
            shares => to_shares(shares.0)?,
        };
        if shares.is_zero() {
            return Ok(());
        }
        let rules = self.cluster.rules;
        let assets = self.vault(vault)?.assets(rules, shares, Rounding::Floor)?;
        if assets.is_zero() {
            return Err(Rejection::ZeroAssets);
        }
        self.take_out(vault, owner, assets, shares)
    }

    fn take_out(
        &mut self,
        vault: VaultId,
        account: AccountId,
        assets: Amount,
        shares: Shares,
    ) -> Ruled<()> {
        if self.vault(vault)?.cash < assets {
            return Err(Rejection::InsufficientCash);
        }
        self.burn(vault, account, shares)?;
        self.events.push(Event::Withdrawn {
            vault,
            account,
            assets,
            shares,
        });
        self.push(vault, assets)
    }

    pub(super) fn transfer(
        &mut self,
        vault: VaultId,
        from: AccountId,
        to: AccountId,
        shares: Shares,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Transfer, Some(from))?;
        let shares = to_shares(shares.0)?;
        if from == to {
            return Err(Rejection::SelfTransfer);
        }
        self.hand_on(vault, from, to, shares)?;
        self.events.push(Event::Transferred {
            vault,
            from,
            to,
            shares,
        });
        Ok(())
    }

    /// Fees become shares of their receivers; the governor's part is rounded down.
    pub(super) fn convert_fees(&mut self, vault: VaultId) -> Ruled<()> {
        self.begin(vault, Operation::ConvertFees, None)?;
        let fees = self.vault(vault)?.accumulated_fees;
        if fees.is_zero() {
            return Ok(());
        }
        let (settings, most) = (self.cluster.fees, self.cluster.rules.protocol_share_max);
        let (governor, protocol) = match self.config(vault)?.fee_receiver {
            None => (None, fees),
            Some(receiver) => {
                let share = settings.share.min(most).wide();
                let part = Shares(down(fees.0, BPS.saturating_sub(share), BPS)?);
                (Some((receiver, part)), fees.minus(part)?)
            }
        };
        self.change(vault, |state| {
            state.total_shares = state.total_shares.minus(fees)?;
            state.accumulated_fees = Shares::ZERO;
            Ok(())
        })?;
        let paid = governor.map_or(Shares::ZERO, |(_, part)| part);
        for (receiver, part) in governor.into_iter().chain([(settings.receiver, protocol)]) {
            if !part.is_zero() {
                self.give_shares(vault, receiver, Amount::ZERO, part)?;
            }
        }
        self.events.push(Event::FeesConverted {
            vault,
            protocol,
            governor: paid,
        });
        Ok(())
    }
}
