//! A seeded book fitted to stated quantiles, for days whose real book is not available.
//!
//! Debt sizes and health factors follow piecewise log-linear inverse distribution functions
//! through the stated quantiles. Draws are stratified: account number k of a random order takes
//! its draw from the k-th of n equal slices, so the book's quantiles meet the stated ones to 1/n.
//! Size and health are independent, and so is the choice of assets.
//!
//! The same specification, prices and seed give the same bytes: the generator is ChaCha12, and
//! sizes are rounded to the cent and health factors to 10⁻⁶ before amounts are derived.

use super::{AssetTerms, Book, BookAccount, BookPosition};
use crate::decimal::amount_from_tokens;
use backstop_core::protocol::AssetId;
use backstop_core::units::Amount;
use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use smallvec::SmallVec;

/// Smallest health factor that a specification may ask for. It leaves room for the rounding of
/// the average threshold to whole basis points, so that every account is healthy at the start.
pub const HEALTH_FACTOR_MIN: f64 = 1.005;
/// Most accounts of a synthetic book.
pub const ACCOUNTS_MAX: u32 = 1_000_000;

/// What a synthetic book looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticBook {
    /// How many accounts, all of them with debt.
    pub accounts: u32,
    /// Sum of all debts in USD at the start; `None` leaves the sizes as the quantiles give them.
    /// Otherwise all sizes are multiplied by one factor, which keeps their proportions.
    pub total_debt_usd: Option<f64>,
    /// Seed; `None` takes the scenario's.
    pub seed: Option<u64>,
    /// Collateral assets and their weights: the chance of an account to use the asset.
    pub collateral: Vec<(AssetId, f64)>,
    /// Debt assets and their weights.
    pub debt: Vec<(AssetId, f64)>,
    /// Quantiles of an account's debt in USD, from 0 to 1.
    pub debt_usd: Quantiles,
    /// Quantiles of the health factor, from 0 to 1.
    pub health_factor: Quantiles,
    /// Share of accounts that hold two collaterals and two debts, where there are two to choose
    /// from; the smaller part is 20 to 50 %.
    pub multi_asset_share: f64,
}

/// A distribution by its quantiles: rising shares from 0 to 1 with values that do not fall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantiles(Vec<(f64, f64)>);

impl Quantiles {
    /// Checks and takes pairs of share and value.
    ///
    /// # Errors
    /// What is allowed, and what was found in its place.
    pub fn new(pairs: Vec<(f64, f64)>) -> Result<Self, String> {
        let ends =
            pairs.first().map(|p| p.0) == Some(0.0) && pairs.last().map(|p| p.0) == Some(1.0);
        if !ends || pairs.len() < 2 {
            return Err("at least two, the first with share 0, the last with share 1".into());
        }
        if let Some(bad) = pairs
            .iter()
            .find(|(_, value)| !(*value > 0.0 && value.is_finite()))
        {
            return Err(format!("values above 0, not {}", bad.1));
        }
        for pair in pairs.windows(2) {
            let ((share, value), (next_share, next_value)) = (pair[0], pair[1]);
            if next_share.is_nan() || next_share <= share || next_value < value {
                return Err(format!(
                    "shares that rise and values that do not fall, not [{next_share}, \
                     {next_value}] after [{share}, {value}]"
                ));
            }
        }
        Ok(Self(pairs))
    }

    /// The pairs of share and value.
    pub fn pairs(&self) -> &[(f64, f64)] {
        &self.0
    }

    /// The value at a share between 0 and 1, log-linear between the stated pairs.
    pub fn value(&self, share: f64) -> f64 {
        let after = self
            .0
            .partition_point(|(s, _)| *s <= share)
            .min(self.0.len() - 1)
            .max(1);
        let ((s0, v0), (s1, v1)) = (self.0[after - 1], self.0[after]);
        let position = ((share - s0) / (s1 - s0)).clamp(0.0, 1.0);
        (v0.ln() + (v1 / v0).ln() * position).exp().clamp(v0, v1)
    }
}

/// Builds the book.
///
/// # Errors
/// A sentence when the specification cannot be met with these assets: a collateral without
/// threshold or price, a collateral with no other asset to borrow, a debt below one base unit.
pub fn generate(
    spec: &SyntheticBook,
    assets: &[AssetTerms],
    scenario_seed: u64,
) -> Result<Book, String> {
    check(spec, assets)?;
    let mut rng = ChaCha12Rng::seed_from_u64(spec.seed.unwrap_or(scenario_seed));
    let sizes = sizes(spec, &mut rng);
    let healths = stratified(spec.accounts, &mut rng);
    let mut accounts = Vec::with_capacity(sizes.len());
    let mut rest = sizes.into_iter().zip(healths).enumerate();
    loop {
        // Mixes come one after the other from one stream; what follows from them does not depend on others.
        let some = rest.by_ref().take(TOGETHER);
        let drawn: Vec<_> = some.map(|one| (one, Mix::draw(spec, &mut rng))).collect();
        if drawn.is_empty() {
            return Ok(Book { accounts });
        }
        let account = |((i, (debt_usd, share)), mix): &((usize, (f64, f64)), Mix)| {
            let health = (spec.health_factor.value(*share) * 1e6).round() / 1e6;
            Ok(BookAccount {
                name: format!("synthetic-{i:06}"),
                e_mode: 0,
                positions: positions(mix, *debt_usd, health, assets)?,
            })
        };
        let made: Vec<Result<BookAccount, String>> = drawn.par_iter().map(account).collect();
        for account in made {
            accounts.push(account?);
        }
    }
}

fn check(spec: &SyntheticBook, assets: &[AssetTerms]) -> Result<(), String> {
    let of = |id: AssetId| assets.get(usize::from(id.0));
    for (id, _) in spec.collateral.iter().chain(&spec.debt) {
        match of(*id) {
            Some(asset) if asset.price_usd > 0.0 && asset.price_usd.is_finite() => {}
            Some(asset) => return Err(format!("{} has no price at the start", asset.symbol)),
            None => return Err(format!("asset {} is not in the list", id.0)),
        }
    }
    for (id, _) in &spec.collateral {
        let asset = of(*id).filter(|asset| asset.liquidation_threshold_bps == 0);
        if let Some(asset) = asset {
            return Err(format!(
                "{} cannot be collateral: its threshold is 0",
                asset.symbol
            ));
        }
        if spec.debt.iter().all(|(debt, _)| debt == id) {
            return Err("a collateral has no other asset to borrow against it".to_owned());
        }
    }
    Ok(())
}

/// One draw an account: uniform within slices of equal share, in random order.
fn stratified(accounts: u32, rng: &mut ChaCha12Rng) -> Vec<f64> {
    let n = f64::from(accounts);
    let mut draws: Vec<f64> = (0..accounts)
        .map(|k| (f64::from(k) + uniform(rng)) / n)
        .collect();
    for last in (1..draws.len()).rev() {
        let other = (uniform(rng) * (last + 1) as f64) as usize;
        draws.swap(last, other.min(last));
    }
    draws
}

/// Uniform in [0, 1) with 53 random bits.
fn uniform(rng: &mut ChaCha12Rng) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 53) as f64;
    (rng.next_u64() >> 11) as f64 * STEP
}

fn sizes(spec: &SyntheticBook, rng: &mut ChaCha12Rng) -> Vec<f64> {
    let shares = stratified(spec.accounts, rng);
    let sizes: Vec<f64> = shares.into_iter().map(|s| spec.debt_usd.value(s)).collect();
    let sum: f64 = sizes.iter().sum();
    let factor = spec.total_debt_usd.map_or(1.0, |total| total / sum);
    let cents = |size: f64| ((size * factor * 100.0).round() / 100.0).max(0.01);
    sizes.into_iter().map(cents).collect()
}

/// Accounts that are made at a time, by all threads.
const TOGETHER: usize = 16_384;

/// Assets of an account and the share of each.
struct Mix {
    collateral: Shares,
    debt: Shares,
}

/// One asset (all) or two.
type Shares = SmallVec<[(AssetId, f64); 2]>;
type Assets = SmallVec<[AssetId; 4]>;

impl Mix {
    fn draw(spec: &SyntheticBook, rng: &mut ChaCha12Rng) -> Self {
        let several = uniform(rng) < spec.multi_asset_share;
        let first = pick(&spec.collateral, &[], rng);
        let mut collateral: Assets = first.into_iter().collect();
        if several {
            let second = pick(&spec.collateral, &collateral, rng);
            collateral.extend(second.filter(|id| borrowable(spec, &[collateral[0], *id])));
        }
        let mut debt: Assets = pick(&spec.debt, &collateral, rng).into_iter().collect();
        if several {
            let taken: Assets = collateral.iter().chain(&debt).copied().collect();
            debt.extend(pick(&spec.debt, &taken, rng));
        }
        Self {
            collateral: split(collateral, rng),
            debt: split(debt, rng),
        }
    }
}

/// Whether some debt asset is none of these.
fn borrowable(spec: &SyntheticBook, collateral: &[AssetId]) -> bool {
    spec.debt
        .iter()
        .any(|(id, weight)| *weight > 0.0 && !collateral.contains(id))
}

/// An asset by weight, none of those taken; `None` where nothing is left.
fn pick(weights: &[(AssetId, f64)], taken: &[AssetId], rng: &mut ChaCha12Rng) -> Option<AssetId> {
    let free = || {
        weights
            .iter()
            .filter(|(id, w)| *w > 0.0 && !taken.contains(id))
    };
    let sum: f64 = free().map(|(_, weight)| weight).sum();
    let mut left = uniform(rng) * sum;
    let mut last = None;
    for (id, weight) in free() {
        last = Some(*id);
        left -= weight;
        if left < 0.0 {
            break;
        }
    }
    last
}

/// Shares of one asset (all) or of two (the second gets 20 to 50 %).
fn split(ids: Assets, rng: &mut ChaCha12Rng) -> Shares {
    let second = if ids.len() > 1 {
        0.2 + 0.3 * uniform(rng)
    } else {
        0.0
    };
    let shares = [1.0 - second, second];
    ids.into_iter().zip(shares).collect()
}

fn positions(
    mix: &Mix,
    debt_usd: f64,
    health: f64,
    assets: &[AssetTerms],
) -> Result<Vec<BookPosition>, String> {
    let of = |id: AssetId| &assets[usize::from(id.0)];
    let threshold = |(id, share): &(AssetId, f64)| {
        f64::from(of(*id).liquidation_threshold_bps) * share / 10_000.0
    };
    let average: f64 = mix.collateral.iter().map(threshold).sum();
    let collateral_usd = health * debt_usd / average;
    let tokens = |id: AssetId, usd: f64| {
        let asset = of(id);
        amount_from_tokens(usd / asset.price_usd, asset.decimals)
            .filter(|amount| !amount.is_zero())
            .ok_or_else(|| format!("{usd} USD is less than one base unit of {}", asset.symbol))
    };
    let mut positions = Vec::with_capacity(mix.collateral.len() + mix.debt.len());
    for (id, share) in &mix.collateral {
        positions.push(BookPosition {
            asset: *id,
            collateral: tokens(*id, collateral_usd * share)?,
            debt: Amount::ZERO,
            enabled: true,
        });
    }
    for (id, share) in &mix.debt {
        positions.push(BookPosition {
            asset: *id,
            collateral: Amount::ZERO,
            debt: tokens(*id, debt_usd * share)?,
            enabled: false,
        });
    }
    Ok(positions)
}
