//! Branches from plain data, checked.

use super::{Seats, Slot, Troves};
use crate::protocol::liquity::account::{Account, Trove, TroveStatus};
use crate::protocol::liquity::math::nominal_ratio;
use crate::protocol::liquity::version::{LiquityVersion, Order, Parameters};
use crate::protocol::liquity::{System, SystemSetup};
use crate::protocol::scale::Scale;
use crate::protocol::{AccountId, Asset, AssetId, Prices, SetupError};
use crate::units::{Amount, Price, Ratio, Rounding, Timestamp, U256, mul_div, pow10};
use std::cmp::Reverse;

/// Digits of the contracts' price and of its unit of collateral, together.
const PRICE_DIGITS: u8 = 36;
/// Decimals of the stablecoin in the contracts.
const DECIMALS: u8 = 18;
/// What whoever comes from outside has in its wallets; never spent.
const WALLET: u128 = u128::MAX;

/// What an account pledges and owes in a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// In collateral units.
    pub collateral: Amount,
    /// In units of the debt asset, in v1 with the reserve of 200 coins; zero is no trove.
    pub debt: Amount,
}

/// What a coin of the contracts stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Peg {
    /// A token of the debt asset, which counts as a dollar whatever it trades at, as in the contracts.
    #[default]
    Dollar,
    /// A share of a token of the debt asset at the oracle's price, as in a deployment whose oracle tells
    /// prices in another currency.
    Share {
        /// Coins of a token, at least 1; about a token's dollars at the start, so that the contracts'
        /// fixed sums of coins are worth what they were meant to be.
        coins: u32,
    },
}

impl Peg {
    /// Coins of a token of the debt asset.
    fn coins(self) -> U256 {
        match self {
            Self::Dollar => U256::ONE,
            Self::Share { coins } => U256::from(coins),
        }
    }

    /// What a token counts for in the oracle's currency.
    fn worth(self, prices: &Prices, debt: AssetId, dollar: U256) -> U256 {
        match self {
            Self::Dollar => dollar,
            Self::Share { .. } => prices.get(debt).0,
        }
    }

    /// What some coins count for, in the oracle's currency: so much for so many.
    pub(super) fn coin(self, prices: &Prices, debt: AssetId, dollar: U256) -> Coin {
        Coin {
            worth: self.worth(prices, debt, dollar),
            coins: self.coins(),
        }
    }
}

/// What coins count for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coin {
    /// In the oracle's currency,
    pub(super) worth: U256,
    /// of so many.
    pub(super) coins: U256,
}

impl Coin {
    /// The contracts' price: that of the collateral over that of a coin, rounded down; nothing where
    /// the coin has none.
    pub(super) fn price(self, collateral: Price, scale: U256) -> Option<Price> {
        let coins = scale.saturating_mul(self.coins);
        let quotient = mul_div(collateral.0, coins, self.worth, Rounding::Floor);
        quotient.ok().map(Price)
    }
}

/// One branch at the start.
#[derive(Clone, Debug)]
pub struct BranchSetup {
    /// What is pledged; each asset has one branch at most.
    pub collateral: AssetId,
    /// The ratios.
    pub parameters: Parameters,
    /// v2: every trove's interest a year, in wad; zero in v1.
    pub rate: Ratio,
    /// One for each account.
    pub troves: Vec<Stake>,
    /// What the depositors have in the pool, in units of the debt asset.
    pub deposits: Amount,
}

/// Everything that a design starts from.
#[derive(Clone, Debug)]
pub struct TrovesSetup {
    /// Which rules hold.
    pub version: LiquityVersion,
    /// All assets, also those without a branch.
    pub assets: Vec<Asset>,
    /// Decimals of the oracle's currency, the dollar.
    pub base_decimals: u8,
    /// The oracle's answers at the start.
    pub prices: Prices,
    /// The time of the start.
    pub now: Timestamp,
    /// The stablecoin. In the contracts it has 18 decimals; where the asset has less, or is worth
    /// several coins, what is told of it is rounded to its units.
    pub debt: AssetId,
    /// What a coin stands for.
    pub peg: Peg,
    /// Ether, which v2 sets aside for each trove.
    pub native: AssetId,
    /// How many borrowers there are.
    pub borrowers: u32,
    /// The branches.
    pub branches: Vec<BranchSetup>,
}

fn refuse<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, SetupError> {
    Err(SetupError {
        field: field.into(),
        problem: problem.into(),
    })
}

impl TrovesSetup {
    /// The branches, with their breach indexes.
    ///
    /// # Errors
    /// The first field that is inconsistent.
    pub fn build(self) -> Result<Troves, SetupError> {
        let decimals = self.decimals("debt", self.debt)?;
        let Some(token_scale) = Scale::new(decimals, DECIMALS) else {
            return refuse("debt", "more than 18 decimals");
        };
        self.decimals("native", self.native)?;
        let Ok(dollar) = pow10(self.base_decimals) else {
            return refuse("base_decimals", "too many");
        };
        let coin = self.peg.coin(&self.prices, self.debt, dollar);
        let debt_scale = token_scale.times(coin.coins);
        let Some(debt_scale) = debt_scale.filter(|_| !coin.worth.is_zero()) else {
            return refuse("peg", "a coin is worth nothing, or everything");
        };
        let Some(outside) = self.borrowers.checked_add(1) else {
            return refuse("borrowers", "too many");
        };
        let seats = Seats {
            depositors: AccountId(self.borrowers),
            outside: AccountId(outside),
        };
        let mut slots: Vec<Slot> = Vec::with_capacity(self.branches.len());
        for (at, branch) in self.branches.iter().enumerate() {
            let field = |name: &str| format!("branches.{at}.{name}");
            if slots
                .iter()
                .any(|slot| slot.collateral == branch.collateral)
            {
                return refuse(field("collateral"), "has a branch already");
            }
            let scale = self.price_scale(&field("collateral"), branch.collateral)?;
            let price = coin.price(self.prices.get(branch.collateral), scale);
            let price = price.unwrap_or(Price::MAX);
            let system = self.system(&field("troves"), branch, price, debt_scale)?;
            slots.push(Slot::new(branch.collateral, system, scale));
        }
        Ok(Troves {
            version: self.version,
            assets: self.assets.into(),
            base_decimals: self.base_decimals,
            prices: self.prices,
            now: self.now,
            debt: self.debt,
            debt_scale,
            dollar,
            peg: self.peg,
            native: self.native,
            seats,
            slots,
        })
    }

    fn decimals(&self, field: &str, id: AssetId) -> Result<u8, SetupError> {
        match self.assets.get(usize::from(id.0)) {
            None => refuse(field, format!("asset {} is not in the list", id.0)),
            Some(asset) => Ok(asset.decimals),
        }
    }

    /// From the oracle's price of a whole token, in whole coins, to that of 10^18 units in wad.
    fn price_scale(&self, field: &str, id: AssetId) -> Result<U256, SetupError> {
        let decimals = self.decimals(field, id)?;
        match PRICE_DIGITS.checked_sub(decimals).map(pow10) {
            Some(Ok(scale)) => Ok(scale),
            _ => refuse(field, "too many decimals"),
        }
    }

    fn system(
        &self,
        field: &str,
        branch: &BranchSetup,
        price: Price,
        debt_scale: Scale,
    ) -> Result<System, SetupError> {
        let found = branch.troves.len();
        if u32::try_from(found) != Ok(self.borrowers) {
            let problem = format!("{found} found, must be {}", self.borrowers);
            return refuse(field, problem);
        }
        let mut setup =
            SystemSetup::empty(self.version, branch.parameters, self.now, price, Vec::new());
        for stake in &branch.troves {
            let account = self.account(stake, branch.rate, debt_scale);
            add(&mut setup, &account.trove);
            setup.accounts.push(account);
        }
        let deposits = Amount(debt_scale.inward_or_most(branch.deposits.0));
        let entered = setup.pool.enter(deposits);
        let Ok(deposit) = entered else {
            return refuse(field, "too large deposits");
        };
        setup.accounts.push(Account {
            deposit,
            ..Account::default()
        });
        setup.accounts.push(Account {
            stable: Amount::new(WALLET),
            collateral: Amount::new(WALLET),
            ..Account::default()
        });
        if self.version.rules().order == Order::ByNominalRatio {
            setup.sorted = sorted(&setup.accounts);
        }
        setup.build()
    }

    fn account(&self, stake: &Stake, rate: Ratio, debt_scale: Scale) -> Account {
        if stake.debt.is_zero() {
            return Account::default();
        }
        Account {
            trove: Trove {
                status: TroveStatus::Active,
                collateral: stake.collateral,
                debt: Amount(debt_scale.inward_or_most(stake.debt.0)),
                stake: stake.collateral,
                rate,
                updated: self.now,
                ..Trove::default()
            },
            ..Account::default()
        }
    }
}

/// Counts a trove in the totals.
fn add(setup: &mut SystemSetup, trove: &Trove) {
    let branch = &mut setup.branch;
    let more = |total: &mut Amount, by: Amount| *total = Amount(total.0.saturating_add(by.0));
    more(&mut branch.active.collateral, trove.collateral);
    more(&mut branch.active.debt, trove.debt);
    more(&mut branch.stakes, trove.stake);
    let weighted = trove.debt.0.saturating_mul(trove.rate.0);
    branch.weighted_debt = branch.weighted_debt.saturating_add(weighted);
    branch.troves = branch
        .troves
        .saturating_add(u64::from(trove.status.is_open()));
}

/// The open troves from the largest to the smallest ratio.
fn sorted(accounts: &[Account]) -> Vec<AccountId> {
    let nominal = |trove: &Trove| nominal_ratio(trove.collateral, trove.debt).unwrap_or(U256::MAX);
    let open = (0..).map(AccountId).zip(accounts);
    let open = open.filter(|(_, account)| account.trove.status.is_open());
    let mut ids: Vec<_> = open
        .map(|(id, account)| (Reverse(nominal(&account.trove)), id))
        .collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, id)| id).collect()
}
