//! How much of a prize competitors bid for inclusion: a symmetric auction among `n`.
//!
//! **Model.** `n` liquidators see the same opportunity of profit `V`, and each keeps a share of it for its
//! own costs of capital and risk, which the others do not know: its private value is
//! `v = V·(1 − w·(1 − x))` with `x` uniform in `[0, 1]`, where `w` is the *spread*. The highest bid takes
//! the opportunity and pays its bid; a bid that loses still pays the share `φ` of itself, as a
//! transaction that fails on chain does. In the symmetric equilibrium a competitor of rank `x` wins with
//! probability `G = x^(n−1)`, and by revenue equivalence (Myerson 1981; Riley and Samuelson 1981) expects to
//! pay the integral of `v` over `dG` whatever `φ` is. So it bids
//!
//! `b = V · ((1 − w)·G + w·(n−1)/n·x·G) / (G + φ·(1 − G))`.
//!
//! With `w = 1` this is the first-price auction `(n−1)/n·v` for `φ = 0` and the all-pay auction for `φ = 1`
//! (Krishna, *Auction Theory*, chapters 2 and 3). With `w = 0`, all values known and alike, it is the mixed
//! equilibrium of Baye, Kovenock and de Vries (1996) for `φ = 1`. All payments together come to
//!
//! `V · ((1 − w) + w·(n−1)/(n+1))` on average, and to nothing for `n = 1`.
//!
//! Gas auctions of this kind are described by Daian and others ("Flash Boys 2.0", 2020). Not modelled: that a
//! losing transaction pays its share of the going price too, which keeps weak competitors from entering; that
//! bids are raised in answer to others.

use crate::error::{ConfigError, require_not_negative, require_share};

/// How a liquidator's bid for inclusion depends on its competitors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Competition {
    /// Not at all: it bids its own share of the profit.
    #[default]
    None,
    /// By the equilibrium of a priority auction.
    PriorityGame {
        /// Spread of private values as a share of the profit, 0 to 1.
        spread: f64,
    },
}

impl Competition {
    pub(super) fn check(self, field: &str) -> Result<(), ConfigError> {
        match self {
            Self::None => Ok(()),
            Self::PriorityGame { spread } => require_share(spread, || format!("{field}.spread")),
        }
    }
}

/// How a liquidator that keeps collateral charges for its risk: the certainty equivalent of a trader with
/// constant absolute risk aversion, as in Stoll (1978).
///
/// Who holds `H` dollars of collateral and takes `S` more for a time `T` on average wants
/// `γ·σ²·T·S·(H + S/2)` dollars for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InventoryRisk {
    /// Risk aversion γ, per dollar.
    pub aversion: f64,
    /// Volatility σ of the collateral, a year.
    pub volatility: f64,
}

impl InventoryRisk {
    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        require_not_negative(self.aversion, || format!("{field}.aversion"))?;
        require_not_negative(self.volatility, || format!("{field}.volatility"))
    }

    /// The charge for taking `more` dollars beside `held` ones that are sold with a half-life, USD.
    pub(crate) fn charge_usd(&self, held: f64, more: f64, half_life_s: f64) -> f64 {
        const YEAR_S: f64 = 365.0 * 86_400.0;
        // What is sold with a half-life is held for that over ln 2 on average.
        let years = half_life_s / std::f64::consts::LN_2 / YEAR_S;
        self.aversion * self.volatility.powi(2) * years * more * (held + more / 2.0)
    }
}

/// What a competitor of rank `x` (uniform in `[0, 1]`) among `n` bids, as a share of the prize. `loser_pays`
/// is the share of a losing bid that is paid.
pub fn equilibrium_bid(n: usize, spread: f64, loser_pays: f64, x: f64) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let n = n as f64;
    let if_won = (1.0 - spread) + spread * (n - 1.0) / n * x;
    if loser_pays <= 0.0 {
        return if_won;
    }
    let wins = x.powf(n - 1.0);
    if_won * wins / (wins + loser_pays * (1.0 - wins))
}

/// What all `n` competitors pay together on average, as a share of the prize.
pub fn dissipated_share(n: usize, spread: f64) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let n = n as f64;
    (1.0 - spread) + spread * (n - 1.0) / (n + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};
    use rand::RngExt;

    /// Total payments of one auction, as a share of the prize.
    fn paid(n: usize, spread: f64, loser_pays: f64, rng: &mut impl rand::Rng) -> f64 {
        let bids: Vec<f64> = (0..n)
            .map(|_| equilibrium_bid(n, spread, loser_pays, rng.random::<f64>()))
            .collect();
        let highest = bids.iter().copied().fold(0.0, f64::max);
        let all: f64 = bids.iter().sum();
        highest + loser_pays * (all - highest)
    }

    #[test]
    fn payments_meet_the_closed_form_whoever_pays() {
        const AUCTIONS: usize = 20_000;
        let mut rng = stream(5, Purpose::Liquidator(0));
        for n in [1, 2, 3, 5, 10, 50] {
            for spread in [0.0, 0.3, 1.0] {
                for loser_pays in [0.0, 0.3, 1.0] {
                    let sums = (0..AUCTIONS).fold((0.0, 0.0), |(sum, squares), _| {
                        let share = paid(n, spread, loser_pays, &mut rng);
                        (sum + share, squares + share * share)
                    });
                    let count = AUCTIONS as f64;
                    let mean = sums.0 / count;
                    let error = ((sums.1 / count - mean * mean).max(0.0) / count).sqrt();
                    let want = dissipated_share(n, spread);
                    assert!(
                        (mean - want).abs() <= 4.5 * error + 1e-12,
                        "n {n} spread {spread} losers {loser_pays}: {mean} ± {error}, want {want}"
                    );
                }
            }
        }
    }

    /// No competitor gains by bidding as another rank would while the others play the equilibrium.
    #[test]
    fn nobody_gains_by_bidding_otherwise() {
        for n in [2, 4, 9] {
            for (spread, loser_pays) in [(1.0, 0.0), (1.0, 0.3), (0.4, 0.3), (0.4, 1.0)] {
                let gain = |own: f64, as_rank: f64| {
                    let wins = as_rank.powi(n as i32 - 1);
                    let value = 1.0 - spread * (1.0 - own);
                    let bid = equilibrium_bid(n, spread, loser_pays, as_rank);
                    wins * (value - bid) - (1.0 - wins) * loser_pays * bid
                };
                for own in [0.1, 0.5, 0.9] {
                    let honest = gain(own, own);
                    for other in 1..=100 {
                        let otherwise = gain(own, f64::from(other) / 100.0);
                        assert!(otherwise <= honest + 1e-12, "{n} {own} {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn known_auctions_are_special_cases() {
        for x in [0.2, 0.7, 1.0] {
            // First price, values uniform on [0, 1]: (n − 1)/n of the value.
            assert!((equilibrium_bid(4, 1.0, 0.0, x) - 0.75 * x).abs() < 1e-12);
            // All-pay, the same values: (n − 1)/n of its n-th power.
            assert!((equilibrium_bid(4, 1.0, 1.0, x) - 0.75 * x.powi(4)).abs() < 1e-12);
            // All-pay, values known: bids of two are uniform.
            assert!((equilibrium_bid(2, 0.0, 1.0, x) - x).abs() < 1e-12);
        }
        assert_eq!(equilibrium_bid(1, 1.0, 0.3, 0.5), 0.0);
        assert_eq!(equilibrium_bid(3, 0.0, 0.0, 0.0), 1.0);
        assert_eq!(equilibrium_bid(3, 1.0, 0.3, 0.0), 0.0);
    }

    #[test]
    fn the_charge_grows_with_what_is_held() {
        let risk = InventoryRisk {
            aversion: 1e-6,
            volatility: 0.8,
        };
        let year_s = 365.0 * 86_400.0 * std::f64::consts::LN_2;
        assert!((risk.charge_usd(0.0, 1_000.0, year_s) - 0.32).abs() < 1e-12);
        assert!((risk.charge_usd(1_000.0, 1_000.0, year_s) - 0.96).abs() < 1e-12);
        assert_eq!(risk.charge_usd(1_000.0, 1_000.0, 0.0), 0.0);
    }
}
