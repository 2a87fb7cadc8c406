//! Vaults from their parts.

use super::super::Maker;
use super::super::account::{Account, Holding};
use super::super::action::Action;
use super::super::setup::MakerSetup;
use super::super::state::{
    Breaker, CollateralType, Core, DebtHouse, DutchHouse, EnglishHouse, Lending, Liquidations,
    Roles, SurplusHouse, Treasury,
};
use super::super::version::MakerVersion;
use super::{Token, Vaults, effective_prices, look};
use crate::auction::{DutchTerms, EnglishTerms, Ray};
use crate::book::BreachIndex;
use crate::oracle::Quote;
use crate::protocol::feed::PriceFeed;
use crate::protocol::scale::Scale;
use crate::protocol::{AccountId, Asset, AssetId, Prices, SetupError};
use crate::units::{
    Amount, Index, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256, Value, WAD, mul_div, pow10,
};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

/// Digits of collateral and of debt before interest.
const WAD_DIGITS: u8 = 18;
/// Digits of money.
const RAD_DIGITS: u8 = 45;
/// What the world outside has besides what vaults of this book drew: 10^12 whole coins, in rad.
const ELSEWHERE_DIGITS: u8 = 57;

/// Collateral types, borrowers and what they hold.
#[derive(Clone, Debug)]
pub struct VaultsSetup {
    /// Which contracts.
    pub version: MakerVersion,
    /// Every asset, also those that are neither collateral nor debt here.
    pub assets: Vec<Asset>,
    /// Decimals of the base currency.
    pub base_decimals: u8,
    /// Prices of the assets; the feeds have told them for a while.
    pub prices: Prices,
    /// The present time.
    pub now: Timestamp,
    /// The asset that is the system's stablecoin.
    pub debt: AssetId,
    /// Most debt with penalties in auction over all types, in rad; not read in 1.0.
    pub limit: Value,
    /// The collateral types, each of another asset.
    pub types: Vec<VaultType>,
    /// Each borrower's vaults.
    pub vaults: Vec<Vec<Pledge>>,
}

/// The parameters of a collateral type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultType {
    /// The asset that it is made of.
    pub asset: AssetId,
    /// Least value of the collateral for one of debt.
    pub liquidation_ratio: Ray,
    /// What is raised for one of debt, in wad.
    pub penalty: Ratio,
    /// What a debt of one grows to in a second.
    pub growth: Ray,
    /// Least debt of a vault that has any, in rad.
    pub debt_floor: Value,
    /// Seconds that its feed holds a price back; nothing where it tells at once.
    pub feed_delay: Option<NonZeroU16>,
    /// Most that one liquidation takes: collateral in wad in 1.0, debt with penalty in rad in 1.2.
    pub lot_max: U256,
    /// Most debt with penalty in auction, in rad; read in 2.0.
    pub limit: Value,
    /// The terms of its English auctions.
    pub english: EnglishTerms,
    /// The terms of its Dutch auctions; the least rest becomes the debt floor with the penalty.
    pub dutch: DutchTerms,
    /// First price ÷ the feed's price.
    pub start_factor: Ray,
    /// Share of the target that whoever starts a Dutch auction gets, in wad.
    pub keeper_share: Ratio,
    /// Money that whoever starts a Dutch auction gets, in rad.
    pub keeper_flat: Value,
}

/// One vault, in base units of the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pledge {
    /// What is locked.
    pub asset: AssetId,
    /// How much of it.
    pub collateral: Amount,
    /// How much is owed.
    pub debt: Amount,
}

/// The addresses that follow the borrowers.
struct Addresses {
    roles: Roles,
    first_house: u32,
    outside: AccountId,
}

fn refused(field: impl Into<String>, problem: impl std::fmt::Display) -> SetupError {
    SetupError {
        field: field.into(),
        problem: problem.to_string(),
    }
}

/// What a feed tells of an oracle's answer; a price that wad does not hold is none.
pub(super) fn told(price: Price, base_decimals: u8) -> Quote {
    Quote::told(price, base_decimals).unwrap_or_default()
}

impl VaultsSetup {
    /// The vaults, at their present time and prices.
    ///
    /// # Errors
    /// [`SetupError`] names an asset, a type or a vault that does not fit.
    pub fn build(self) -> Result<Vaults, SetupError> {
        let tokens = self.tokens()?;
        let debt_scale = self.scale("debt", self.debt, RAD_DIGITS)?;
        let addresses = self.addresses()?;
        let maker = self.system(&tokens, &addresses)?;
        let borrowers = addresses.roles.treasury.0;
        let ids = || (0..borrowers).map(AccountId);
        let kinds = (0..).map(AssetId).take(tokens.len());
        let indexes = kinds.map(|kind| {
            let looks = ids().map(|id| (id, look(&maker, kind, id)));
            BreachIndex::build(effective_prices(&maker, kind), looks)
        });
        let indexes = indexes.collect();
        Ok(Vaults {
            assets: self.assets.into(),
            base_decimals: self.base_decimals,
            prices: self.prices,
            borrowers,
            debt: self.debt,
            debt_scale,
            outside: addresses.outside,
            maker,
            tokens: tokens.into(),
            indexes,
            auctions: Arc::default(),
            running: Arc::default(),
        })
    }

    fn scale(&self, field: &str, asset: AssetId, digits: u8) -> Result<Scale, SetupError> {
        let listed = self.assets.get(usize::from(asset.0));
        let decimals = listed.map(|asset| asset.decimals);
        let fits = decimals.filter(|decimals| *decimals <= WAD_DIGITS);
        let scale = fits.and_then(|decimals| Scale::new(decimals, digits));
        scale.ok_or_else(|| {
            refused(
                field,
                format!("asset {} is not listed with up to 18 decimals", asset.0),
            )
        })
    }

    fn tokens(&self) -> Result<Vec<Token>, SetupError> {
        let mut tokens: Vec<Token> = Vec::with_capacity(self.types.len());
        for (at, kind) in self.types.iter().enumerate() {
            let field = format!("types[{at}].asset");
            let scale = self.scale(&field, kind.asset, WAD_DIGITS)?;
            if tokens.iter().any(|token| token.asset == kind.asset) {
                return Err(refused(field, "there is a type of this asset already"));
            }
            tokens.push(Token {
                asset: kind.asset,
                scale,
            });
        }
        Ok(tokens)
    }

    fn addresses(&self) -> Result<Addresses, SetupError> {
        let count = self.vaults.len().saturating_add(self.types.len());
        let fits = u32::try_from(count).ok().and_then(|n| n.checked_add(4));
        fits.ok_or_else(|| refused("vaults", "there are more than 2^32 addresses"))?;
        let first = u32::try_from(self.vaults.len()).unwrap_or(u32::MAX);
        let types = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        let after = |n: u32| AccountId(first.saturating_add(n));
        Ok(Addresses {
            roles: Roles {
                treasury: after(0),
                liquidator: after(1),
                surplus_house: after(2),
            },
            first_house: after(3).0,
            outside: after(types.saturating_add(3)),
        })
    }

    fn system(&self, tokens: &[Token], addresses: &Addresses) -> Result<Maker, SetupError> {
        let houses = (addresses.first_house..).map(AccountId);
        let rows = self.types.iter().zip(houses);
        let kinds: Result<Vec<_>, _> = rows.map(|(kind, house)| self.kind(kind, house)).collect();
        let mut kinds = kinds?;
        let debt_scale = self.scale("debt", self.debt, WAD_DIGITS)?;
        let mut accounts = Vec::with_capacity(self.vaults.len());
        for (at, pledges) in self.vaults.iter().enumerate() {
            let field = || format!("vaults[{at}]");
            accounts.push(
                opened(pledges, tokens, debt_scale, &mut kinds)
                    .map_err(|problem| refused(field(), problem))?,
            );
        }
        let drawn: Option<U256> = kinds.iter().try_fold(U256::ZERO, |sum, kind| {
            sum.checked_add(kind.debt.0.checked_mul(RAY)?)
        });
        let elsewhere = pow10(ELSEWHERE_DIGITS).unwrap_or(U256::MAX);
        let issued = drawn.and_then(|drawn| drawn.checked_add(elsewhere));
        let issued = Value(issued.ok_or_else(|| refused("vaults", "the debt exceeds 256 bits"))?);
        let own = 3usize.saturating_add(kinds.len());
        accounts.resize(accounts.len().saturating_add(own), Account::default());
        let mut outside = Account::default();
        outside.coins = issued;
        outside.bad_debt = Value(elsewhere);
        accounts.push(outside);
        let types = (0..).map(AssetId).take(kinds.len());
        let setup = MakerSetup {
            version: self.version,
            core: self.core(issued, Value(elsewhere)),
            roles: addresses.roles,
            kinds,
            accounts,
            queue: BTreeMap::new(),
            sales: BTreeMap::new(),
            bids: BTreeMap::new(),
        };
        let mut maker = setup.build()?;
        for asset in types {
            let poked = maker.apply(&Action::PokePrice { asset });
            poked.map_err(|rejection| refused("prices", rejection))?;
        }
        Ok(maker)
    }

    /// Nothing is sold for governance tokens, and nothing is drawn beyond what is drawn.
    fn core(&self, issued: Value, elsewhere: Value) -> Core {
        Core {
            now: self.now,
            issued,
            unbacked: elsewhere,
            tokens: Amount::ZERO,
            debt_ceiling: issued,
            target_price: Ray::ONE,
            liquidations: Liquidations {
                enabled: true,
                limit: self.limit,
                in_auction: Value::ZERO,
            },
            treasury: Treasury {
                enabled: true,
                ..Treasury::default()
            },
            debt_house: DebtHouse::default(),
            surplus_house: SurplusHouse::default(),
        }
    }

    fn kind(&self, kind: &VaultType, house: AccountId) -> Result<CollateralType, SetupError> {
        let quote = told(self.prices.get(kind.asset), self.base_decimals);
        if !quote.valid {
            return Err(refused(
                "prices",
                format!("asset {} has no price", kind.asset.0),
            ));
        }
        let one = self.version.rules().penalty_one;
        let penalty = mul_div(kind.penalty.0, one, WAD, Rounding::Floor);
        let rest = mul_div(kind.debt_floor.0, kind.penalty.0, WAD, Rounding::Floor);
        let fit = |number: Result<U256, _>| number.map_err(|_| refused("penalty", "too large"));
        Ok(CollateralType {
            house,
            debt: Shares::ZERO,
            debt_index: Index(RAY),
            safe_price: Price::ZERO,
            debt_floor: kind.debt_floor,
            liquidation_ratio: kind.liquidation_ratio,
            feed: PriceFeed::settled(quote, kind.feed_delay, self.now),
            penalty: fit(penalty)?,
            limit: kind.limit,
            in_auction: Value::ZERO,
            lot_max: kind.lot_max,
            dutch: DutchHouse {
                terms: DutchTerms {
                    min_rest: Value(fit(rest)?),
                    ..kind.dutch
                },
                start_factor: kind.start_factor,
                keeper_share: kind.keeper_share,
                keeper_flat: kind.keeper_flat,
                halted: U256::ZERO,
                started: U256::ZERO,
            },
            english: EnglishHouse {
                terms: kind.english,
                started: U256::ZERO,
            },
            breaker: Breaker::default(),
            lending: Lending {
                ceiling: Value::ZERO,
                growth: kind.growth,
                accrued: self.now,
            },
        })
    }
}

/// A borrower with its vaults, whose debts join those of their types.
fn opened(
    pledges: &[Pledge],
    tokens: &[Token],
    debt_scale: Scale,
    kinds: &mut [CollateralType],
) -> Result<Account, &'static str> {
    let mut account = Account::default();
    for pledge in pledges {
        let rows = (0..).map(AssetId).zip(tokens).zip(kinds.iter_mut());
        let found = rows
            .into_iter()
            .find(|((_, token), _)| token.asset == pledge.asset);
        let ((asset, token), kind) = found.ok_or("there is no type of this asset")?;
        let large = "an amount exceeds 256 bits";
        let held = account.holding(asset);
        let locked = token.scale.inward(pledge.collateral.0).map_err(|_| large)?;
        let debt = Shares(debt_scale.inward(pledge.debt.0).map_err(|_| large)?);
        account.put(Holding {
            locked: held.locked.plus(Amount(locked)).map_err(|_| large)?,
            debt: held.debt.plus(debt).map_err(|_| large)?,
            ..held
        });
        kind.debt = kind.debt.plus(debt).map_err(|_| large)?;
    }
    Ok(account)
}
