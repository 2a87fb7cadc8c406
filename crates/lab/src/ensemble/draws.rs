//! How the paths of an ensemble are drawn, and what a path then counts.
//!
//! All but plain draws sort their paths into [`BATCHES`] batches that are independent of each other; what
//! the batches say apart tells how sure they are together (`estimate`). Paths that belong together are of
//! one batch: the two of an antithetic pair, the two laws of a tilt, the points of one scrambling.

use crate::error::{ConfigError, require, require_within};
use crate::price::{JUMPS_MAX, Law, MainShocks, PathDraw, PricePlan, SEQUENCE_LENGTH, Tilt};
use crate::random::path_seed;
use std::sync::Arc;

/// Number of batches.
pub const BATCHES: u16 = 16;
/// A weight of one, in the unit in which weights are kept.
pub(super) const ONE: u64 = 1 << 48;
/// Most standard deviations of a tilt.
const SHOCKS_MAX: f64 = 20.0;
/// Most standard deviations of a tilt of the sizes of jumps.
const SIZES_MAX: f64 = 20.0;
/// Sets the scramblings of a seed apart from its paths.
const SCRAMBLING: u64 = 0x7363_7261_6d62_6c65;

/// How paths are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Draws {
    /// Independent of each other.
    #[default]
    Plain,
    /// In pairs: path 2k + 1 takes the main shocks of path 2k with the sign turned.
    Antithetic,
    /// From Sobol sequences: path k is point k ÷ 16 of scrambling k mod 16.
    Sobol,
    /// Every other path from one of the tilts in turn, each with the weight 2 ÷ (1 + ratio), where the ratio
    /// is that of the density of the tilts' equal mixture to the model's. A weight is at most 2, whatever
    /// the tilts (a defensive mixture: Hesterberg, 1995; weighed as Veach and Guibas's balance heuristic
    /// does, 1995).
    Tilted(Arc<[Tilt]>),
}

impl Draws {
    /// Refuses draws that these prices cannot have.
    ///
    /// # Errors
    /// Names the key of the scenario and what is allowed.
    pub fn check(&self, prices: &PricePlan) -> Result<(), ConfigError> {
        let driven = || {
            require(
                prices.is_driven(),
                || "ensemble.draws".to_owned(),
                || {
                    "needs a price with random shocks (gbm, merton, heston, garch, regimes or peg), \
                     found none"
                        .to_owned()
                },
            )
        };
        match self {
            Self::Plain => Ok(()),
            Self::Antithetic | Self::Sobol => driven(),
            Self::Tilted(tilts) => {
                require(
                    !tilts.is_empty(),
                    || "ensemble.tilt.assets".to_owned(),
                    || "must name an asset".to_owned(),
                )?;
                tilts.iter().try_for_each(|tilt| check_tilt(tilt, prices))
            }
        }
    }

    /// Draws under which the log return of one of these assets is lower by so many of its standard
    /// deviations on average, by its shocks and jumps together or by its jumps alone
    /// ([`PricePlan::tilts_of_fall`]); each of these tilts on as many paths.
    ///
    /// # Errors
    /// When a price has no random shocks, or no tilt brings the fall.
    pub fn falling(
        prices: &PricePlan,
        assets: &[usize],
        deviations: f64,
    ) -> Result<Self, ConfigError> {
        let at = || "ensemble.tilt.fall".to_owned();
        require_within(deviations, (-SHOCKS_MAX, SHOCKS_MAX), at)?;
        let of = |asset: &usize| prices.tilts_of_fall(*asset, deviations);
        let tilts = assets.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::Tilted(tilts.concat().into()))
    }

    /// What makes a path of a seed, by its number.
    pub fn path(&self, seed: u64, path: u64) -> PathDraw {
        let own = path_seed(seed, path);
        let odd = path % 2 == 1;
        let shocks = match self {
            Self::Antithetic if odd => MainShocks::Mirrored {
                of: path_seed(seed, path - 1),
            },
            Self::Plain | Self::Antithetic => MainShocks::Own,
            Self::Sobol => {
                let (batch, index) = (path % u64::from(BATCHES), path / u64::from(BATCHES));
                let length = u64::from(SEQUENCE_LENGTH);
                let sequence = index / length * u64::from(BATCHES) + batch;
                MainShocks::Sobol {
                    // Both fit: the one is cut to its upper half, the other below the length.
                    sequence: (path_seed(seed ^ SCRAMBLING, sequence) >> 32) as u32,
                    point: (index % length) as u32,
                }
            }
            Self::Tilted(tilts) => MainShocks::Weighed {
                tilts: Arc::clone(tilts),
                law: if odd {
                    Law::Tilted(turn(path, tilts.len()))
                } else {
                    Law::Model
                },
            },
        };
        PathDraw { seed: own, shocks }
    }

    /// What a path counts, by its number and the logarithm of its ratio of densities.
    pub(super) fn place(&self, path: u64, log_ratio: f64) -> Option<Place> {
        let of_pair = (path / 2 % u64::from(BATCHES)) as u16;
        let of_point = (path % u64::from(BATCHES)) as u16;
        match self {
            Self::Plain => None,
            Self::Antithetic => Some(Place {
                batch: of_pair,
                weight: None,
            }),
            Self::Sobol => Some(Place {
                batch: of_point,
                weight: None,
            }),
            Self::Tilted(_) => {
                let weight = 2.0 / (1.0 + log_ratio.exp());
                Some(Place {
                    batch: of_pair,
                    weight: Some((weight * ONE as f64).round() as u64),
                })
            }
        }
    }
}

/// Which of so many tilts an odd path is drawn from: each batch takes them in turn.
fn turn(path: u64, tilts: usize) -> usize {
    let of_batch = path / 2 / u64::from(BATCHES);
    // Below the number of tilts, which is a usize.
    (of_batch % tilts.max(1) as u64) as usize
}

fn check_tilt(tilt: &Tilt, prices: &PricePlan) -> Result<(), ConfigError> {
    let at = |name: &str| format!("ensemble.tilt.{name}");
    require_within(tilt.shocks, (-SHOCKS_MAX, SHOCKS_MAX), || at("shocks"))?;
    require_within(tilt.jumps, (1e-6, JUMPS_MAX), || at("jumps"))?;
    require_within(tilt.sizes, (-SIZES_MAX, SIZES_MAX), || at("sizes"))?;
    prices.check_tilt(tilt)
}

/// What a path counts, and with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) batch: u16,
    /// In units of 2⁻⁴⁸; one where there is none.
    pub(super) weight: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted(assets: &[usize]) -> Draws {
        let tilt = |asset: &usize| Tilt {
            asset: *asset,
            shocks: 2.0,
            jumps: 1.0,
            sizes: 0.0,
        };
        Draws::Tilted(assets.iter().map(tilt).collect())
    }

    #[test]
    fn partners_are_of_one_batch() {
        for draws in [Draws::Antithetic, tilted(&[0])] {
            for path in [0, 1, 2, 31, 32, 33, 1_000_001] {
                let place = draws.place(path, 0.0).unwrap();
                let batch = u16::try_from(path / 2 % 16).unwrap();
                assert_eq!(place.batch, batch, "{path}");
            }
        }
        let MainShocks::Mirrored { of } = Draws::Antithetic.path(7, 5).shocks else {
            panic!("an odd path is mirrored");
        };
        assert_eq!(of, Draws::Antithetic.path(7, 4).seed);
        assert_eq!(Draws::Plain.place(3, 0.0), None);
    }

    /// Points of a scrambling follow each other; a sequence that is used up makes room for another.
    #[test]
    fn paths_are_points() {
        let point = |path| match Draws::Sobol.path(7, path).shocks {
            MainShocks::Sobol { sequence, point } => (sequence, point),
            _ => panic!("a point"),
        };
        assert_eq!((point(3).1, point(19).1), (0, 1));
        assert_eq!(point(3).0, point(19).0);
        assert_ne!(point(3).0, point(4).0);
        let next = 16 * u64::from(SEQUENCE_LENGTH) + 3;
        assert_eq!(point(next).1, 0);
        assert_ne!(point(next).0, point(3).0);
    }

    #[test]
    fn weights_are_at_most_two() {
        let draws = tilted(&[0]);
        for (ratio, want) in [
            (0.0, ONE),
            (-800.0, 2 * ONE),
            (800.0, 0),
            (f64::INFINITY, 0),
        ] {
            let place = draws.place(1, ratio).unwrap();
            assert_eq!(place.weight, Some(want), "{ratio}");
        }
    }

    /// Odd paths of a batch come from each tilt equally often; even ones from the model.
    #[test]
    fn tilts_take_turns_in_each_batch() {
        let draws = tilted(&[0, 1, 2]);
        let mut counts = [[0; 3]; BATCHES as usize];
        for path in 0..32 * 3 * 5 {
            let MainShocks::Weighed { law, .. } = draws.path(7, path).shocks else {
                panic!("a path with a weight");
            };
            match law {
                Law::Model => assert_eq!(path % 2, 0),
                Law::Tilted(at) => {
                    let batch = draws.place(path, 0.0).unwrap().batch;
                    counts[usize::from(batch)][at] += 1;
                }
            }
        }
        assert_eq!(counts, [[5; 3]; 16]);
    }
}
