//! One hub and one spoke, from a list of assets and a book.
//!
//! Beside the lending spoke the hub lists two without reserves: a treasury, which receives fees, and
//! one that covers deficits for whoever pays from outside.

use super::account::{Account, Position};
use super::hub::{HubAsset, HubSpoke, HubSpokeConfig, HubState, NO_CAP, NO_THRESHOLD};
use super::rate::RateStrategy;
use super::setup::MarketSetup;
use super::spoke::{DynamicConfig, LiquidationConfig, Reserve, ReserveConfig, Spoke};
use super::spoke_machine::SpokeMachine;
use super::version::AaveV4Version;
use super::{HubAssetId, SpokeId, TokenId};
use crate::protocol::{AccountId, Asset, Holding, SetupError};
use crate::units::{Amount, Bps, Price, Timestamp};
use std::collections::BTreeMap;

/// The spoke that lends.
pub(super) const LENDING: SpokeId = SpokeId(0);
/// The spoke that receives fees.
const TREASURY: SpokeId = SpokeId(1);
/// The spoke that covers deficits.
pub(super) const COVERAGE: SpokeId = SpokeId(2);
/// A spoke without a limit of reserves for an account.
const NO_LIMIT: u16 = u16::MAX;

/// An asset as the hub and the spoke list it. Assets, tokens and reserves have the same numbers.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Ticker, and from 6 to 18 decimals.
    pub asset: Asset,
    /// The oracle's answer, with 8 decimals.
    pub price: Price,
    /// Rate curve.
    pub strategy: RateStrategy,
    /// The hub's part of the interest.
    pub liquidity_fee: Bps,
    /// How much a debt against this collateral costs on top of the drawn rate, bps of it.
    pub collateral_risk: u32,
    /// Collateral factor, largest bonus and liquidation fee.
    pub terms: DynamicConfig,
}

/// What a [`SpokeMachine`] starts from.
#[derive(Clone, Debug)]
pub struct SpokeSetup {
    /// Which rules hold.
    pub version: AaveV4Version,
    /// The present time.
    pub now: Timestamp,
    /// How the spoke liquidates.
    pub liquidation: LiquidationConfig,
    /// The assets.
    pub listings: Vec<Listing>,
    /// What each account has and owes, lenders included; ids run from 0 in this order.
    pub accounts: Vec<Vec<Holding>>,
}

impl SpokeSetup {
    /// The machine at its opening: a share is worth one base unit, indexes are 1, nobody owes a
    /// premium, and liquidity is what was supplied and not borrowed.
    ///
    /// # Errors
    /// The first field that is out of range; when more of an asset is borrowed than supplied.
    pub fn open(self) -> Result<SpokeMachine, SetupError> {
        let mut accounts = Vec::with_capacity(self.accounts.len().saturating_add(1));
        for (at, held) in self.accounts.iter().enumerate() {
            accounts.push(account(at, held)?);
        }
        let outsider = AccountId(u32::try_from(accounts.len()).unwrap_or(u32::MAX));
        accounts.push(Account::default());
        let spoke = |owner| Spoke {
            liquidation: self.liquidation,
            max_user_reserves: NO_LIMIT,
            updater: None,
            owner,
            managers: BTreeMap::new(),
        };
        let numbered = || (0u16..).zip(&self.listings);
        let setup = MarketSetup {
            version: self.version,
            now: self.now,
            tokens: self.listings.iter().map(|l| l.asset.clone()).collect(),
            assets: numbered()
                .map(|(at, listing)| hub_asset(TokenId(at), listing, self.now))
                .collect(),
            spokes: vec![spoke(None), spoke(None), spoke(Some(outsider))],
            reserves: numbered()
                .map(|(at, listing)| reserve(HubAssetId(at), listing))
                .collect(),
            prices: self.listings.iter().map(|listing| listing.price).collect(),
            accounts,
        };
        Ok(SpokeMachine::new(setup.open()?.build()?))
    }
}

fn account(at: usize, held: &[Holding]) -> Result<Account, SetupError> {
    let mut positions = Vec::with_capacity(held.len());
    for holding in held {
        let shares = |name: &str, amount: Amount| {
            u128::try_from(amount.0).map_err(|_| SetupError {
                field: format!("accounts.{at}.{}.{name}", holding.asset.0),
                problem: format!("{amount} found, at most 2^120 − 1"),
            })
        };
        positions.push(Position {
            reserve: holding.asset,
            spoke: LENDING,
            supplied: shares("collateral", holding.collateral)?,
            drawn: shares("debt", holding.debt)?,
            is_collateral: holding.enabled && !holding.collateral.is_zero(),
            is_borrowing: !holding.debt.is_zero(),
            ..Position::default()
        });
    }
    Ok(Account::new(positions, [], []))
}

fn hub_asset(token: TokenId, listing: &Listing, now: Timestamp) -> HubAsset {
    let part = |spoke: SpokeId| HubSpoke {
        listed: true,
        config: HubSpokeConfig {
            add_cap: NO_CAP,
            draw_cap: NO_CAP,
            risk_premium_threshold: NO_THRESHOLD,
            active: true,
            halted: false,
            eliminates_deficit: spoke == COVERAGE,
        },
        ..HubSpoke::default()
    };
    HubAsset {
        token,
        decimals: listing.asset.decimals,
        fee_receiver: TREASURY,
        reinvestment_controller: None,
        strategy: listing.strategy,
        state: HubState {
            liquidity_fee: listing.liquidity_fee,
            ..HubState::fresh(now)
        },
        spokes: [LENDING, TREASURY, COVERAGE].map(part).into(),
    }
}

fn reserve(asset: HubAssetId, listing: &Listing) -> Reserve {
    Reserve {
        spoke: LENDING,
        asset,
        decimals: listing.asset.decimals,
        config: ReserveConfig {
            collateral_risk: listing.collateral_risk,
            paused: false,
            frozen: false,
            borrowable: true,
            receive_shares: true,
        },
        dynamic: vec![listing.terms],
    }
}
