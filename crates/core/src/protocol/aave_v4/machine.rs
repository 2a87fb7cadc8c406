//! The market: time, prices and actions in, events or one rejection out.

use super::account::Account;
use super::action::Action;
use super::draft::Draft;
use super::event::{Event, Liquidation};
use super::hub::HubAsset;
use super::ledger::{AccountData, Ledger};
use super::liquidate::LiquidationCall;
use super::math::{AmountRay, Ruled};
use super::rejection::Rejection;
use super::spoke::{Reserve, Spoke};
use super::users::Call;
use super::version::AaveV4Version;
use super::{HubAssetId, SpokeId};
use crate::protocol::{AccountId, Asset, AssetId, Prices, Receive};
use crate::units::{Amount, Price, Timestamp};

/// An address outside every book, for asking what a liquidator could do.
const OUTSIDER: AccountId = AccountId(u32::MAX);

/// Hubs, spokes and accounts as one machine. A clone is a fork: it shares the book and copies what
/// it touches.
#[derive(Clone, Debug)]
pub struct Market {
    pub(super) ledger: Ledger,
}

impl Draft<'_> {
    /// Runs one operation on the draft. The functions that it calls for a group of operations
    /// ignore all others.
    fn run(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Supply { .. }
            | Action::Withdraw { .. }
            | Action::Borrow { .. }
            | Action::Repay { .. } => self.run_user(action),
            Action::SetUsingAsCollateral {
                caller,
                reserve,
                enabled,
                on_behalf_of,
            } => {
                let call = Call::new(caller, reserve, Amount::ZERO, on_behalf_of);
                self.set_collateral(&call, enabled)
            }
            Action::Liquidate {
                liquidator,
                borrower,
                collateral,
                debt,
                debt_to_cover,
                receive_shares,
            } => {
                let call = LiquidationCall {
                    liquidator,
                    borrower,
                    collateral,
                    debt,
                    debt_to_cover,
                    receive_shares,
                };
                self.liquidate(&call).map(drop)
            }
            Action::UpdateRiskPremium {
                caller,
                spoke,
                account,
            } => self.update_risk_premium(caller, account, spoke),
            Action::UpdateDynamicConfig {
                caller,
                spoke,
                account,
            } => self.update_dynamic_config(caller, account, spoke),
            Action::Fund {
                account,
                token,
                amount,
            } => self.fund(account, token, amount),
            Action::AddToHub { .. }
            | Action::RemoveFromHub { .. }
            | Action::EliminateDeficit { .. }
            | Action::MintFeeShares { .. }
            | Action::Sweep { .. }
            | Action::Reclaim { .. } => self.run_hub(action),
            Action::SetPositionManager { .. }
            | Action::UpdatePositionManager { .. }
            | Action::UpdateLiquidationConfig { .. }
            | Action::UpdateReserveConfig { .. }
            | Action::AddDynamicConfig { .. }
            | Action::UpdateDynamicReserveConfig { .. } => self.administer_spoke(action),
            Action::AddSpoke { .. }
            | Action::UpdateSpokeConfig { .. }
            | Action::UpdateAssetConfig { .. }
            | Action::SetInterestRateData { .. } => self.administer_hub(action),
        }
    }

    fn run_user(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Supply {
                caller,
                reserve,
                amount,
                on_behalf_of,
            } => self.supply(&Call::new(caller, reserve, amount, on_behalf_of)),
            Action::Withdraw {
                caller,
                reserve,
                amount,
                on_behalf_of,
            } => self.withdraw(&Call::new(caller, reserve, amount, on_behalf_of)),
            Action::Borrow {
                caller,
                reserve,
                amount,
                on_behalf_of,
            } => self.borrow(&Call::new(caller, reserve, amount, on_behalf_of)),
            Action::Repay {
                caller,
                reserve,
                amount,
                on_behalf_of,
            } => self.repay(&Call::new(caller, reserve, amount, on_behalf_of)),
            _ => Ok(()),
        }
    }

    fn run_hub(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::AddToHub {
                caller,
                spoke,
                asset,
                amount,
            } => self.add_to_hub(caller, spoke, asset, amount),
            Action::RemoveFromHub {
                caller,
                spoke,
                asset,
                amount,
            } => self.remove_from_hub(caller, spoke, asset, amount),
            Action::EliminateDeficit {
                caller,
                spoke,
                asset,
                amount,
                covered,
            } => self.eliminate_deficit(caller, spoke, asset, amount, covered),
            Action::MintFeeShares { asset } => self.mint_fee_shares(asset),
            Action::Sweep {
                caller,
                asset,
                amount,
            } => self.sweep(caller, asset, amount),
            Action::Reclaim {
                caller,
                asset,
                amount,
            } => self.reclaim(caller, asset, amount),
            _ => Ok(()),
        }
    }
}

impl Market {
    /// Moves time forward and takes new oracle answers, one a reserve. Interest needs no step of
    /// its own: an asset's index is a function of time until somebody acts on it.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`].
    pub fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Vec<Event>, Rejection> {
        if now < self.ledger.now {
            return Err(Rejection::TimeBackward);
        }
        // Nothing below can fail.
        self.ledger.now = now;
        let mut events = Vec::new();
        let mut answers = Vec::with_capacity(self.ledger.prices.len());
        for (at, held) in self.ledger.prices.iter().enumerate() {
            let reserve = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
            let price = prices.get(reserve);
            answers.push(price);
            if *held != price {
                events.push(Event::PriceObserved { reserve, price });
            }
        }
        if !events.is_empty() {
            self.ledger.prices = answers.into();
        }
        Ok(events)
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contracts' order.
    pub fn apply(&mut self, action: &Action) -> Result<Vec<Event>, Rejection> {
        let mut draft = Draft::new(&self.ledger, None);
        draft.run(action)?;
        let (ledger, events) = draft.finish();
        // Nothing below can fail.
        self.ledger = ledger;
        Ok(events)
    }

    /// The largest liquidation of a pair that is possible now, without changing anything. The
    /// liquidator pays from outside the book; to take shares it needs an account there.
    ///
    /// # Errors
    /// Why the pair cannot be liquidated.
    pub fn largest_liquidation(
        &self,
        liquidator: AccountId,
        borrower: AccountId,
        (collateral, debt): (AssetId, AssetId),
        receive: Receive,
    ) -> Result<Liquidation, Rejection> {
        let call = LiquidationCall {
            liquidator,
            borrower,
            collateral,
            debt,
            debt_to_cover: Amount::MAX,
            receive_shares: receive == Receive::Claim,
        };
        Draft::new(&self.ledger, Some(liquidator)).liquidate(&call)
    }

    /// The largest liquidation of each pair of an account, paid out in tokens to somebody outside
    /// the book; pairs that cannot be liquidated so are left out.
    pub fn liquidations(&self, borrower: AccountId) -> Vec<Liquidation> {
        let positions = self.account(borrower).map_or(&[][..], Account::positions);
        let mut found = Vec::new();
        for held in positions.iter().filter(|held| held.is_collateral) {
            let debts = positions.iter().filter(|p| p.is_borrowing);
            for owed in debts.filter(|owed| owed.spoke == held.spoke) {
                let pair = (held.reserve, owed.reserve);
                found.extend(self.largest_liquidation(OUTSIDER, borrower, pair, Receive::Tokens));
            }
        }
        found
    }

    /// An account's totals on a spoke at the present time and prices.
    ///
    /// # Errors
    /// Where the contracts' own computation would revert: a missing price, overflow.
    pub fn account_data(
        &self,
        account: AccountId,
        spoke: SpokeId,
    ) -> Result<AccountData, Rejection> {
        self.ledger.data(account, spoke)
    }

    /// Whether an account's health factor on a spoke is below the threshold.
    ///
    /// # Errors
    /// As [`Market::account_data`].
    pub fn is_unhealthy(&self, account: AccountId, spoke: SpokeId) -> Result<bool, Rejection> {
        let data = self.ledger.data(account, spoke)?;
        Ok(data.health.0 < self.ledger.rules.health_threshold)
    }

    /// Which rules hold.
    pub fn version(&self) -> AaveV4Version {
        self.ledger.version
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.ledger.now
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.ledger.book.len()
    }

    /// The tokens, in the order of [`super::TokenId`].
    pub fn tokens(&self) -> &[Asset] {
        &self.ledger.tokens
    }

    /// The hubs' assets, in the order of [`HubAssetId`].
    pub fn assets(&self) -> impl Iterator<Item = &HubAsset> + '_ {
        self.ledger.assets.iter().map(AsRef::as_ref)
    }

    /// One asset of a hub, or nothing where it is not listed.
    pub fn asset(&self, id: HubAssetId) -> Option<&HubAsset> {
        self.ledger.asset(id).ok()
    }

    /// The spokes, in the order of [`SpokeId`].
    pub fn spokes(&self) -> &[Spoke] {
        &self.ledger.spokes
    }

    /// The reserves, in the order of [`AssetId`].
    pub fn reserves(&self) -> impl Iterator<Item = &Reserve> + '_ {
        self.ledger.reserves.iter().map(AsRef::as_ref)
    }

    /// A reserve, or nothing where it is not listed.
    pub fn reserve(&self, id: AssetId) -> Option<&Reserve> {
        self.ledger.reserve(id).ok()
    }

    /// The oracle's answer for a reserve; zero where it is not listed.
    pub fn price(&self, reserve: AssetId) -> Price {
        let price = self.ledger.prices.get(usize::from(reserve.0));
        price.copied().unwrap_or(Price::ZERO)
    }

    /// An account, or nothing where it is not in the book.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.ledger.account(id).ok()
    }

    /// Deficits that were reported and not covered yet, by asset and by the spoke that reported.
    pub fn deficits(&self) -> Vec<(HubAssetId, SpokeId, AmountRay)> {
        let mut found = Vec::new();
        for (asset, hub) in (0u16..).zip(self.assets()) {
            for (spoke, part) in (0u16..).zip(&hub.spokes) {
                if !part.deficit.0.is_zero() {
                    found.push((HubAssetId(asset), SpokeId(spoke), part.deficit));
                }
            }
        }
        found
    }

    /// SHA-256 over the whole state.
    pub fn state_hash(&self) -> [u8; 32] {
        super::hash::state_hash(&self.ledger)
    }
}
