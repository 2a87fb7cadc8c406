//! Between assets and shares, with the virtual units of both.

use super::math::{Ruled, down, sum, up};
use super::version::Rules;
use crate::units::{Amount, Shares, U256};

/// A pool of assets and the shares in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pot {
    pub(super) rules: &'static Rules,
    pub(super) assets: Amount,
    pub(super) shares: Shares,
}

impl Pot {
    pub(super) fn shares_down(&self, assets: Amount) -> Ruled<Shares> {
        let (all_shares, all_assets) = self.whole()?;
        Ok(Shares(down(assets.0, all_shares, all_assets)?))
    }

    pub(super) fn shares_up(&self, assets: Amount) -> Ruled<Shares> {
        let (all_shares, all_assets) = self.whole()?;
        Ok(Shares(up(assets.0, all_shares, all_assets)?))
    }

    pub(super) fn assets_down(&self, shares: Shares) -> Ruled<Amount> {
        let (all_shares, all_assets) = self.whole()?;
        Ok(Amount(down(shares.0, all_assets, all_shares)?))
    }

    pub(super) fn assets_up(&self, shares: Shares) -> Ruled<Amount> {
        let (all_shares, all_assets) = self.whole()?;
        Ok(Amount(up(shares.0, all_assets, all_shares)?))
    }

    /// Shares and assets with the virtual ones.
    fn whole(&self) -> Ruled<(U256, U256)> {
        let shares = sum(self.shares.0, self.rules.virtual_shares)?;
        Ok((shares, sum(self.assets.0, self.rules.virtual_assets)?))
    }
}
