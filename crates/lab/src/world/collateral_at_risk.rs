//! Which collateral a fall of one price would bring into breach, of a book as it stands before any path; and
//! what an account's collateral consisted of at the start, for the accounts that a path brings into trouble.

use super::World;
use super::books::index;
use backstop_core::protocol::{AccountId, AssetId, Protocol};

/// What a fall of one asset's price brings into breach.
#[derive(Clone, Debug, PartialEq)]
pub struct CollateralAtRisk {
    /// Whose price falls, all others staying as they are.
    pub asset: AssetId,
    /// By what share.
    pub fall: f64,
    /// Collateral of the accounts in breach, by asset, USD at the prices before the fall.
    pub by_asset: Vec<f64>,
    /// The same as a share of the collateral that was there, by asset; nothing where no account has any.
    pub shares: Vec<Option<f64>>,
    /// The same by account, the largest first.
    pub by_account: Vec<(AccountId, f64)>,
}

impl<P: Protocol> World<P> {
    /// Collateral at risk under falls of an asset's oracle price, exact by the design's own rule for breach:
    /// a copy of the ledger is told the fallen price. Costs the accounts in breach and one look at the book for
    /// the shares. Of a world that has not run.
    ///
    /// # Errors
    /// Where the ledger does not take the price.
    pub fn collateral_at_risk(
        &self,
        asset: AssetId,
        falls: &[f64],
    ) -> Result<Vec<CollateralAtRisk>, P::Rejection> {
        let mut all = vec![0.0; self.oracle.len()];
        for account in 0..self.opening.accounts() {
            self.add_collateral_of(AccountId(account), &mut all);
        }
        let at = |fall: &f64| {
            let mut usd = self.oracle.clone();
            if let Some(price) = usd.get_mut(index(asset)) {
                *price *= 1.0 - fall.clamp(0.0, 1.0);
            }
            let mut protocol = self.opening.fork();
            protocol.observe(protocol.now(), &self.units.answers(&usd))?;
            let (by_asset, by_account) = self.collateral_of(protocol.breaches());
            let pairs = by_asset.iter().zip(&all);
            let shares = pairs.map(|(part, whole)| (*whole > 0.0).then(|| part / whole));
            Ok(CollateralAtRisk {
                asset,
                fall: *fall,
                shares: shares.collect(),
                by_asset,
                by_account,
            })
        };
        falls.iter().map(at).collect()
    }

    /// Adds an account's collateral at the start to sums by asset, USD at the oracle's prices of that moment.
    /// An account without debt adds nothing. The account is looked at once for all paths.
    pub(crate) fn add_collateral_at_start(&self, account: AccountId, by_asset: &mut [f64]) {
        let Some(opening) = self.openings.of(&self.opening, &self.units, account) else {
            return;
        };
        let held = opening.held.collateral_by_asset(self.openings.oracle());
        for (sum, usd) in by_asset.iter_mut().zip(held) {
            *sum += usd;
        }
    }

    /// Collateral of borrowers among accounts by asset, and by account the largest first.
    fn collateral_of(
        &self,
        accounts: impl Iterator<Item = AccountId>,
    ) -> (Vec<f64>, Vec<(AccountId, f64)>) {
        let mut by_asset = vec![0.0; self.oracle.len()];
        let mut by_account = Vec::new();
        for account in accounts {
            if let Some(own) = self.add_collateral_of(account, &mut by_asset) {
                by_account.push((account, own));
            }
        }
        by_account.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        (by_asset, by_account)
    }

    /// Adds a borrower's collateral to sums by asset; all of it, and nothing for who has no debt.
    fn add_collateral_of(&self, account: AccountId, by_asset: &mut [f64]) -> Option<f64> {
        let holdings = self.opening.holdings(account);
        if holdings.iter().all(|held| held.debt.is_zero()) {
            return None;
        }
        let mut own = 0.0;
        for held in holdings.iter().filter(|held| held.enabled) {
            let usd = self.units.usd(held.asset, held.collateral, &self.oracle);
            own += usd;
            if let Some(sum) = by_asset.get_mut(index(held.asset)) {
                *sum += usd;
            }
        }
        Some(own)
    }
}
