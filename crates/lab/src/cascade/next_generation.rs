//! The reproduction number of a book whose accounts hold several assets.
//!
//! A fall of one asset can bring accounts into breach that sell another. With prices at some level and a window
//! w (a share of each price), for two assets i and j:
//!
//! - T_ij = tokens of i that are sold when j alone falls by w: of all accounts that this brings into breach;
//! - F_i(T) = the fall of i, as a share, that selling T tokens of it causes ([`Depth::fall`]);
//! - **R_ij = F_i(T_ij) ÷ w**: how far i falls for each unit that j falls.
//!
//! This is the next-generation matrix of a branching process with several types; its spectral radius is the
//! reproduction number of the whole book (Diekmann, Heesterbeek, Metz, "On the definition and the computation of the
//! basic reproduction ratio", 1990). Below 1 falls s (one a price) end at (1 − R)⁻¹·s ([`settled`]); from 1 on
//! some mixture of falls grows from round to round. With one asset it is [`reproduction`](super::reproduction).
//!
//! **What an account sells.** At the prices at which it breaches its debt with the bonus, of the collateral that is
//! worth most, or all of that: a liquidator who may take all of a debt earns most so. If that leaves it in breach it
//! sells the next one too; else it may breach again as the fall goes on. Accounts that are in breach at the level
//! itself have been sold before and do not count. Everything else is assumed as for one asset.

use super::Depth;
use crate::error::{ConfigError, require, require_positive};

/// Squarings of a matrix; what they leave of an error of a factor c is about ln c ÷ 2^60.
const SQUARINGS: u32 = 60;
/// Rounds of falls that are added up at most.
const ROUNDS: u32 = 1_000_000;

/// What one account has in one asset, at the prices of the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stake {
    /// Which asset, by position.
    pub asset: usize,
    /// Whole tokens of collateral.
    pub tokens: f64,
    /// Collateral, USD.
    pub collateral_usd: f64,
    /// Collateral times its liquidation threshold, USD.
    pub weighted_usd: f64,
    /// Debt, USD.
    pub debt_usd: f64,
}

/// One account at the prices of the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holder {
    /// One entry an asset whose price moves.
    pub stakes: Vec<Stake>,
    /// Weighted collateral whose price stays, USD.
    pub fixed_weighted_usd: f64,
    /// Debt whose price stays, USD.
    pub fixed_debt_usd: f64,
}

/// An asset whose price moves.
#[derive(Clone, Debug)]
pub struct Sold {
    /// Price at the start, USD.
    pub price_start: f64,
    /// What a liquidator receives on top of par, as a share.
    pub bonus: f64,
    /// Where it is sold.
    pub depth: Depth,
}

/// R_ij, row by row: how far i falls for each unit that j falls.
pub type Matrix = Vec<Vec<f64>>;

/// The next-generation matrix where each price stands at `factors` times that of the start.
///
/// # Errors
/// When the window does not lie between 0 and 1, a factor or a price is not above 0, there is not one factor an asset,
/// or an account names an asset that is not there.
pub fn next_generation(
    holders: &[Holder],
    assets: &[Sold],
    factors: &[f64],
    window: f64,
) -> Result<Matrix, ConfigError> {
    require(
        window > 0.0 && window < 1.0,
        || "window".to_owned(),
        || format!("must lie between 0 and 1, found {window}"),
    )?;
    require(
        factors.len() == assets.len(),
        || "factors".to_owned(),
        || format!("must be {} numbers, found {}", assets.len(), factors.len()),
    )?;
    for (i, factor) in factors.iter().enumerate() {
        require_positive(*factor, || format!("factors[{i}]"))?;
    }
    // By falling asset, tokens by asset sold.
    let mut tokens = vec![vec![0.0; assets.len()]; assets.len()];
    for (i, holder) in holders.iter().enumerate() {
        let known = holder.stakes.iter().all(|stake| stake.asset < assets.len());
        require(
            known,
            || format!("holders[{i}].stakes"),
            || format!("must name one of {} assets", assets.len()),
        )?;
        holder.add_sales(assets, factors, window, &mut tokens);
    }
    let mut matrix = vec![vec![0.0; assets.len()]; assets.len()];
    for (sold, (asset, factor)) in assets.iter().zip(factors).enumerate() {
        for (falling, tokens) in tokens.iter().enumerate() {
            let amount = tokens.get(sold).copied().unwrap_or(0.0);
            let fall = asset.depth.fall(asset.price_start * factor, amount)?;
            if let Some(place) = matrix.get_mut(sold).and_then(|row| row.get_mut(falling)) {
                // Where nothing is sold, rounding may leave less than nothing.
                *place = fall.max(0.0) / window;
            }
        }
    }
    Ok(matrix)
}

impl Holder {
    /// Adds what the account sells when each asset alone falls by the window.
    fn add_sales(&self, assets: &[Sold], factors: &[f64], window: f64, tokens: &mut [Vec<f64>]) {
        let margin = self.margin(factors);
        if margin.is_nan() || margin < 0.0 {
            return;
        }
        for falling in &self.stakes {
            let within = margin < falling.slope(factors) * window;
            if let Some(tokens) = tokens.get_mut(falling.asset).filter(|_| within) {
                self.clone()
                    .sell_in_fall(falling.asset, assets, factors, window, tokens);
            }
        }
    }

    /// Weighted collateral less debt, USD.
    fn margin(&self, levels: &[f64]) -> f64 {
        let fixed = self.fixed_weighted_usd - self.fixed_debt_usd;
        let stakes = self.stakes.iter();
        stakes.fold(fixed, |sum, stake| sum + stake.slope(levels))
    }

    /// Adds what the account sells while one asset falls by the window: at each breach one collateral, until it
    /// is out of breach.
    fn sell_in_fall(
        mut self,
        falling: usize,
        assets: &[Sold],
        factors: &[f64],
        window: f64,
        tokens: &mut [f64],
    ) {
        let mut levels = factors.to_vec();
        let start = factors.get(falling).copied().unwrap_or(0.0);
        for _ in 0..self.stakes.len() {
            let margin = self.margin(&levels);
            if margin >= 0.0 {
                let of_falling = self.stakes.iter().filter(|stake| stake.asset == falling);
                let slope: f64 = of_falling.map(Stake::net_usd).sum();
                let Some(level) = levels.get_mut(falling) else {
                    return;
                };
                *level -= margin / slope;
                // Written so that what is not a number ends it too.
                let within = slope > 0.0 && *level > start * (1.0 - window);
                if !within {
                    return;
                }
            }
            if !self.sell_one(assets, &levels, tokens) {
                return;
            }
        }
    }

    /// Sells of the collateral that is worth most what pays all debt, or all of it; whether debt is left.
    fn sell_one(&mut self, assets: &[Sold], levels: &[f64], tokens: &mut [f64]) -> bool {
        let debts = self.stakes.iter();
        let debt = debts.fold(self.fixed_debt_usd, |sum, stake| {
            sum + stake.debt_usd * stake.level(levels)
        });
        let worth = |stake: &Stake| stake.collateral_usd * stake.level(levels);
        let largest = self
            .stakes
            .iter_mut()
            .reduce(|a, b| if worth(b) > worth(a) { b } else { a });
        let Some(stake) = largest.filter(|stake| worth(stake) > 0.0) else {
            return false;
        };
        let value = worth(stake);
        let par = 1.0 + assets.get(stake.asset).map_or(0.0, |asset| asset.bonus);
        let share = (debt * par / value).min(1.0);
        if let Some(sum) = tokens.get_mut(stake.asset) {
            *sum += stake.tokens * share;
        }
        stake.tokens -= stake.tokens * share;
        stake.collateral_usd -= stake.collateral_usd * share;
        stake.weighted_usd -= stake.weighted_usd * share;
        self.fixed_debt_usd -= share * value / par;
        share >= 1.0
    }
}

impl Stake {
    /// Weighted collateral less debt at the prices of the start, USD.
    fn net_usd(&self) -> f64 {
        self.weighted_usd - self.debt_usd
    }

    fn level(&self, levels: &[f64]) -> f64 {
        levels.get(self.asset).copied().unwrap_or(0.0)
    }

    /// Weighted collateral less debt, USD.
    fn slope(&self, levels: &[f64]) -> f64 {
        self.net_usd() * self.level(levels)
    }
}

/// The spectral radius of a square matrix without negative entries: how much falls grow from round to round in the
/// end. By Gelfand's formula, the limit of ‖Aⁿ‖^(1÷n), for n = 2, 4, 8, … by squaring; this holds for every matrix,
/// also where rounds alternate or some assets move none of the others.
pub fn spectral_radius(matrix: &[Vec<f64>]) -> f64 {
    let mut power: Matrix = matrix.to_vec();
    let (mut logarithm, mut weight) = (0.0, 1.0);
    for _ in 0..SQUARINGS {
        let rows = power.iter().map(|row| row.iter().sum::<f64>());
        let norm = rows.fold(0.0, f64::max);
        if norm <= 0.0 || !norm.is_finite() {
            return norm.max(0.0);
        }
        logarithm += weight * norm.ln();
        weight /= 2.0;
        for entry in power.iter_mut().flatten() {
            *entry /= norm;
        }
        power = squared(&power);
    }
    logarithm.exp()
}

fn squared(matrix: &[Vec<f64>]) -> Matrix {
    let column = |j: usize| {
        matrix
            .iter()
            .map(move |row| row.get(j).copied().unwrap_or(0.0))
    };
    let entry = |row: &[f64], j: usize| row.iter().zip(column(j)).map(|(a, b)| a * b).sum();
    matrix
        .iter()
        .map(|row| (0..matrix.len()).map(|j| entry(row, j)).collect())
        .collect()
}

/// Where falls end that each cause further ones: s + R·s + R²·s + …; nothing where the spectral radius is not below 1.
pub fn settled(matrix: &[Vec<f64>], falls: &[f64]) -> Option<Vec<f64>> {
    if falls.len() != matrix.len() || spectral_radius(matrix) >= 1.0 {
        return None;
    }
    let (mut sum, mut round) = (falls.to_vec(), falls.to_vec());
    for _ in 0..ROUNDS {
        round = matrix
            .iter()
            .map(|row| row.iter().zip(&round).map(|(r, fall)| r * fall).sum())
            .collect();
        let mut moved = false;
        for (sum, more) in sum.iter_mut().zip(&round) {
            moved |= *sum + more > *sum;
            *sum += more;
        }
        if !moved {
            return Some(sum);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::{Trigger, Triggers, reproduction};
    use crate::market::{FeedbackMode, Impact};
    use crate::venue::{ConstantProduct, Liquidity, Routing, VenueConfig};
    use proptest::prelude::*;

    fn sold(price: f64, tokens: f64) -> Sold {
        let pool = ConstantProduct::fixed(tokens, tokens * price);
        let venue = VenueConfig {
            name: "venue".to_owned(),
            base: 0,
            fee: 0.0,
            half_life_s: 600.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(pool),
        };
        let impact = Impact {
            mode: FeedbackMode::On,
            venue_weight: 1.0,
            permanent_share: 0.0,
            routing: Routing::Best,
        };
        Sold {
            price_start: price,
            bonus: 0.05,
            depth: Depth::new(&[venue], 0, impact, 0).unwrap(),
        }
    }

    fn stake(asset: usize, tokens: f64, price: f64) -> Stake {
        Stake {
            asset,
            tokens,
            collateral_usd: tokens * price,
            weighted_usd: 0.8 * tokens * price,
            debt_usd: 0.0,
        }
    }

    fn holder(stakes: Vec<Stake>, health: f64) -> Holder {
        let weighted: f64 = stakes.iter().map(|stake| stake.weighted_usd).sum();
        Holder {
            stakes,
            fixed_debt_usd: weighted / health,
            ..Holder::default()
        }
    }

    /// One asset: the same number as from the thresholds, at every price.
    #[test]
    fn one_asset_is_the_reproduction_number() {
        let asset = sold(100.0, 10_000.0);
        let holders: Vec<Holder> = (0..500)
            .map(|i| holder(vec![stake(0, 4.0, 100.0)], 1.001 + 0.002 * f64::from(i)))
            .collect();
        let triggers = Triggers::new(holders.iter().map(|holder| {
            let held = holder.stakes[0];
            let factor = holder.fixed_debt_usd / held.weighted_usd;
            let taken = holder.fixed_debt_usd * 1.05 / (held.collateral_usd * factor);
            Trigger {
                price: 100.0 * factor,
                tokens: held.tokens * taken.min(1.0),
            }
        }))
        .unwrap();
        for factor in [1.0, 0.9, 0.7, 0.55] {
            let want = reproduction(&triggers, &asset.depth, 0.02, &[100.0 * factor]).unwrap()[0].r;
            let assets = [asset.clone()];
            let got = next_generation(&holders, &assets, &[factor], 0.02).unwrap();
            assert!((got[0][0] - want).abs() < 1e-9, "{factor}: {got:?} {want}");
            assert!((spectral_radius(&got) - want).abs() < 1e-9);
        }
    }

    /// What is worth most is sold first; the other only where that does not end the breach.
    #[test]
    fn an_account_sells_until_it_is_out_of_breach() {
        let assets = [sold(100.0, 10_000.0), sold(50.0, 10_000.0)];
        // 600 dollars of the first and 1,000 of the second, of which a part counts, 1 % more than the debt.
        let with = |weight: f64| {
            let mut stakes = vec![stake(0, 6.0, 100.0), stake(1, 20.0, 50.0)];
            for stake in &mut stakes {
                stake.weighted_usd = weight * stake.collateral_usd;
            }
            [holder(stakes, 1.01)]
        };
        let tokens = |weight: f64, window: f64, falling: usize| {
            let holders = with(weight);
            let mut tokens = vec![vec![0.0; 2]; 2];
            holders[0].add_sales(&assets, &[1.0, 1.0], window, &mut tokens);
            tokens[falling].clone()
        };
        // With 80 % the margin is 12.7 dollars, and the second falls by 8 or by 16.
        assert_eq!(tokens(0.8, 0.01, 1), [0.0, 0.0]);
        assert_eq!(tokens(0.8, 0.02, 1), [0.0, 20.0]);
        // With 96 % the sale of the second leaves 583 dollars of debt against 576: the first goes too.
        assert_eq!(tokens(0.96, 0.02, 1), [6.0, 20.0]);
        // With 90 % the sale heals the account; it breaches again where the first falls on to 555 dollars.
        let debt = 1_600.0 * 0.9 / 1.01;
        let healed = debt - 1_000.0 / 1.05;
        let again = 1.0 - healed / (0.9 * 600.0);
        assert_eq!(tokens(0.9, again - 1e-6, 0), [0.0, 20.0]);
        let got = tokens(0.9, again + 1e-6, 0);
        let all = 6.0 * healed * 1.05 / (600.0 * (1.0 - again));
        assert!((got[0] - all).abs() < 1e-9, "{got:?} {all}");
        let matrix = next_generation(&with(0.8), &assets, &[1.0, 1.0], 0.02).unwrap();
        let want = assets[1].depth.fall(50.0, 20.0).unwrap() / 0.02;
        assert_eq!(matrix[0], [0.0, 0.0]);
        assert!((matrix[1][1] / want - 1.0).abs() < 1e-9, "{matrix:?}");
    }

    #[test]
    fn spectral_radii_are_those_of_known_matrices() {
        let radius = |rows: &[&[f64]]| {
            let rows: Matrix = rows.iter().map(|row| row.to_vec()).collect();
            spectral_radius(&rows)
        };
        for (rows, want) in [
            (&[&[0.7][..]][..], 0.7),
            (&[&[0.0][..]], 0.0),
            (&[], 0.0),
            // Rounds that alternate: √(4 · 9).
            (&[&[0.0, 4.0][..], &[9.0, 0.0]], 6.0),
            // Trace 0.5, determinant 0.02.
            (
                &[&[0.2, 0.1][..], &[0.4, 0.3]],
                (0.5 + 0.17f64.sqrt()) / 2.0,
            ),
            // One asset moves the other and not the reverse; twice the same eigenvalue.
            (&[&[0.5, 9.0][..], &[0.0, 0.5]], 0.5),
            (&[&[0.0, 3.0][..], &[0.0, 0.0]], 0.0),
            (
                &[&[1.0, 1.0, 1.0][..], &[1.0, 1.0, 1.0], &[1.0, 1.0, 1.0]],
                3.0,
            ),
        ] {
            let got = radius(rows);
            assert!((got - want).abs() < 1e-9, "{rows:?}: {got} {want}");
        }
    }

    #[test]
    fn falls_settle_below_one_only() {
        let matrix = vec![vec![0.2, 0.1], vec![0.4, 0.3]];
        // (1 − R)⁻¹ = [[0.7, 0.1], [0.4, 0.8]] ÷ 0.52.
        let got = settled(&matrix, &[1.0, 0.0]).unwrap();
        for (got, want) in got.iter().zip([0.7 / 0.52, 0.4 / 0.52]) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert_eq!(settled(&[vec![1.0]], &[1.0]), None);
        assert_eq!(settled(&matrix, &[1.0]), None);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let assets = [sold(100.0, 10.0)];
        let fails = |holders: &[Holder], factors: &[f64], window: f64, field: &str| {
            let error = next_generation(holders, &assets, factors, window).unwrap_err();
            assert_eq!(error.field, field);
        };
        let astray = [holder(vec![stake(1, 1.0, 1.0)], 1.5)];
        fails(&[], &[1.0], f64::NAN, "window");
        fails(&[], &[1.0], 1.0, "window");
        fails(&[], &[], 0.1, "factors");
        fails(&[], &[f64::NAN], 0.1, "factors[0]");
        fails(&astray, &[1.0], 0.1, "holders[0].stakes");
    }

    proptest! {
        /// Between the smallest and the largest sum of a row, and that of the transpose.
        #[test]
        fn radii_lie_between_the_sums_of_rows(
            entries in proptest::collection::vec(0.01..10.0f64, 9),
        ) {
            let matrix: Matrix = entries.chunks(3).map(<[f64]>::to_vec).collect();
            let sums: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
            let radius = spectral_radius(&matrix);
            let (low, high) = (
                sums.iter().copied().fold(f64::INFINITY, f64::min),
                sums.iter().copied().fold(0.0, f64::max),
            );
            prop_assert!(low * (1.0 - 1e-9) <= radius && radius <= high * (1.0 + 1e-9));
            let turned: Matrix = (0..3).map(|j| matrix.iter().map(|row| row[j]).collect()).collect();
            prop_assert!((spectral_radius(&turned) / radius - 1.0).abs() < 1e-9);
        }
    }
}
