//! How the shocks of one step hang together across assets.
//!
//! Every driven process gets one standard normal shock a step. The shocks of the assets are drawn
//! apart, each from its asset's own stream, and joined by the lower Cholesky factor of the
//! correlation matrix. An asset that no correlation names keeps its own draws, so one more asset at
//! the end of the list leaves the others as they were.
//!
//! **Correlation that rises in crashes.** With [`Tail::StudentT`] the joint shocks have Student's t
//! copula: the shocks of one step are divided by the same √(W/ν), where W is chi-square with ν
//! degrees of freedom, and brought back to normal shocks by x → Φ⁻¹(T_ν(x)), each for itself. So each
//! asset keeps its own law exactly, but extremes come together: given that one asset falls beyond
//! its q-quantile, the chance that another does tends to
//! λ = 2·T_{ν+1}(−√((ν+1)(1−ρ)/(1+ρ))) as q → 0 ([`tail_dependence`]), where it tends to 0 under
//! Gaussian shocks with ρ < 1. (Demarta and McNeil, "The t copula and related copulas", 2005.)
//! λ is above 0 for uncorrelated assets too. Steps are independent of each other, so over many
//! steps the sums of shocks come closer to Gaussian dependence.

use crate::error::{ConfigError, require, require_within};
use crate::random::{Purpose, stream};
use rand_distr::{ChiSquared, Distribution};
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use std::fmt;

/// Fewest and most degrees of freedom of a t copula.
const DEGREES: (f64, f64) = (1.0, 1_000.0);

/// The dependence of the assets' main shocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependence {
    /// Correlations; 0 for pairs that are not told.
    pub correlation: Vec<Correlation>,
    /// Whether extremes come together.
    pub tail: Tail,
}

/// Correlation of the shocks of two assets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// Positions of the assets in the protocol's list.
    pub assets: (usize, usize),
    /// Above −1 and below 1.
    pub value: f64,
}

/// How extreme shocks hang together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Tail {
    /// Extremes come alone, however high the correlation.
    #[default]
    Gaussian,
    /// Student's t copula: extremes come together, the more so the fewer the degrees of freedom.
    StudentT {
        /// Degrees of freedom, 1 to 1,000.
        degrees: f64,
    },
}

/// Correlations that no shocks can have together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contradiction {
    /// The two assets whose correlation does not fit the others.
    pub assets: (usize, usize),
    /// Their correlation.
    pub found: f64,
    /// What the correlations among the assets before them leave open, both ends excluded.
    pub allowed: (f64, f64),
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.allowed;
        write!(
            f,
            "must lie between {low:.4} and {high:.4}, both excluded, to fit the other correlations, \
             found {}",
            self.found
        )
    }
}

impl Dependence {
    /// The first pair of assets, in their order, whose correlation contradicts those before it.
    pub fn contradiction(&self, assets: usize) -> Option<Contradiction> {
        cholesky(&self.matrix(assets)).err()
    }

    fn matrix(&self, assets: usize) -> Vec<Vec<f64>> {
        let mut matrix = vec![vec![0.0; assets]; assets];
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] = 1.0;
        }
        for pair in &self.correlation {
            let (a, b) = pair.assets;
            matrix[a][b] = pair.value;
            matrix[b][a] = pair.value;
        }
        matrix
    }

    fn check(&self, driven: &[bool]) -> Result<(), ConfigError> {
        for (i, pair) in self.correlation.iter().enumerate() {
            let field = || format!("dependence.correlation[{i}]");
            let (a, b) = pair.assets;
            for asset in [a, b] {
                let shocks = driven.get(asset).copied();
                require(shocks.is_some(), field, || {
                    format!("names one of {} assets as {asset}", driven.len())
                })?;
                require(shocks == Some(true), field, || {
                    format!("the price of asset {asset} has no random shocks to correlate")
                })?;
            }
            require(a != b, field, || format!("names asset {a} twice"))?;
            require(pair.value.abs() < 1.0, field, || {
                format!("must lie above -1 and below 1, found {}", pair.value)
            })?;
            let same = |other: &Correlation| other.assets == (a, b) || other.assets == (b, a);
            require(!self.correlation[..i].iter().any(same), field, || {
                format!("tells assets {a} and {b} a second time")
            })?;
        }
        match self.tail {
            Tail::Gaussian => Ok(()),
            Tail::StudentT { degrees } => {
                require_within(degrees, DEGREES, || "dependence.degrees".to_owned())
            }
        }
    }
}

/// Lower Cholesky factor of a correlation matrix.
///
/// Row i is solved from left to right; what is left of its unit length after each entry says which
/// correlations are still possible, so the first pair that is not can be named.
fn cholesky(matrix: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Contradiction> {
    /// Least part of its variance that an asset has to itself.
    const LEFT_MIN: f64 = 1e-10;
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (i, correlations) in matrix.iter().enumerate() {
        let mut row = vec![0.0; i + 1];
        let mut left: f64 = 1.0;
        for (j, before) in factor.iter().enumerate() {
            let shared: f64 = before.iter().zip(&row).take(j).map(|(a, b)| a * b).sum();
            let entry = (correlations[j] - shared) / before[j];
            let reach = before[j] * left.sqrt();
            left -= entry * entry;
            if left < LEFT_MIN {
                return Err(Contradiction {
                    assets: (j, i),
                    found: correlations[j],
                    allowed: (shared - reach, shared + reach),
                });
            }
            row[j] = entry;
        }
        row[i] = left.sqrt();
        factor.push(row);
    }
    Ok(factor)
}

/// Coefficient λ of lower (and upper) tail dependence of a t copula.
pub fn tail_dependence(correlation: f64, degrees: f64) -> f64 {
    let reach = ((degrees + 1.0) * (1.0 - correlation) / (1.0 + correlation)).sqrt();
    StudentsT::new(0.0, 1.0, degrees + 1.0).map_or(f64::NAN, |t| 2.0 * t.cdf(-reach))
}

/// A dependence made ready: joins the shocks of all assets in place.
#[derive(Debug)]
pub(super) struct Joint {
    /// Those assets that take part of others' shocks, the last first.
    rows: Vec<Row>,
    driven: Vec<bool>,
    tail: Option<ToNormal>,
}

#[derive(Debug)]
struct Row {
    asset: usize,
    own: f64,
    /// Positions of earlier assets and their weights.
    others: Vec<(usize, f64)>,
}

impl Joint {
    pub(super) fn new(dependence: &Dependence, driven: &[bool]) -> Result<Self, ConfigError> {
        dependence.check(driven)?;
        let factor = cholesky(&dependence.matrix(driven.len())).map_err(|found| ConfigError {
            field: format!(
                "dependence.correlation of assets {} and {}",
                found.assets.0, found.assets.1
            ),
            problem: found.to_string(),
        })?;
        let row = |(asset, row): (usize, Vec<f64>)| Row {
            asset,
            own: row[asset],
            others: (0..asset)
                .map(|j| (j, row[j]))
                .filter(|(_, weight)| *weight != 0.0)
                .collect(),
        };
        let rows = factor.into_iter().enumerate().rev().map(row);
        Ok(Self {
            rows: rows.filter(|row| !row.others.is_empty()).collect(),
            driven: driven.to_vec(),
            tail: match dependence.tail {
                Tail::Gaussian => None,
                Tail::StudentT { degrees } => Some(ToNormal::new(degrees)?),
            },
        })
    }

    /// Weights of all assets' own shocks in that of one asset; their squares add up to 1.
    pub(super) fn weights(&self, asset: usize) -> Vec<(usize, f64)> {
        let Some(row) = self.rows.iter().find(|row| row.asset == asset) else {
            return vec![(asset, 1.0)];
        };
        let others = row.others.iter().copied();
        others.chain([(asset, row.own)]).collect()
    }

    /// Joins independent standard normal shocks, by asset and step; step 0 has none.
    pub(super) fn mix(&self, shocks: &mut [Vec<f64>], seed: u64) {
        // From the last asset to the first, so that the others' shocks are still their own.
        for row in &self.rows {
            let (before, rest) = shocks.split_at_mut(row.asset);
            let Some(joined) = rest.first_mut() else {
                continue;
            };
            row.join(joined, before);
        }
        if let Some(tail) = &self.tail {
            tail.apply(shocks, &self.driven, seed);
        }
    }
}

/// Steps that are joined at once, so that their sums stay in registers.
const BLOCK: usize = 8;

impl Row {
    /// Adds the weighted shocks of the assets before to the asset's own.
    fn join(&self, shocks: &mut [f64], before: &[Vec<f64>]) {
        let (blocks, rest) = shocks.as_chunks_mut::<BLOCK>();
        let whole = blocks.len() * BLOCK;
        for (at, block) in blocks.iter_mut().enumerate() {
            let mut sums = block.map(|shock| self.own * shock);
            for (other, weight) in &self.others {
                if let Some(others) = before[*other].as_chunks::<BLOCK>().0.get(at) {
                    let all = sums.iter_mut().zip(others);
                    all.for_each(|(sum, other)| *sum += weight * other);
                }
            }
            *block = sums;
        }
        for (step, shock) in (whole..).zip(rest) {
            let add = |sum, (other, weight): &(usize, f64)| sum + weight * before[*other][step];
            *shock = self.others.iter().fold(self.own * *shock, add);
        }
    }
}

/// Segments of the table in each doubling of 1 + |x|, as a power of two.
const SEGMENT_BITS: u32 = 5;
/// Doublings that the table covers at most; larger shocks are taken as the largest.
const DOUBLINGS: u32 = 40;
/// Chance below which the table ends.
const CHANCE_MIN: f64 = 1e-250;

/// The map x → Φ⁻¹(T_ν(x)) as cubic Hermite pieces, evenly spaced within each doubling of 1 + |x|.
struct ToNormal {
    degrees: f64,
    weight: ChiSquared<f64>,
    /// Coefficients of the pieces, by rising power.
    pieces: Vec<[f64; 4]>,
    /// Value beyond the last piece.
    last: f64,
}

impl fmt::Debug for ToNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToNormal")
            .field("degrees", &self.degrees)
            .field("pieces", &self.pieces.len())
            .finish_non_exhaustive()
    }
}

impl ToNormal {
    fn new(degrees: f64) -> Result<Self, ConfigError> {
        let failed = |why: String| ConfigError {
            field: "dependence.degrees".to_owned(),
            problem: format!("{degrees} has no distribution: {why}"),
        };
        let t = StudentsT::new(0.0, 1.0, degrees).map_err(|e| failed(e.to_string()))?;
        let weight = ChiSquared::new(degrees).map_err(|e| failed(e.to_string()))?;
        let normal = Normal::standard();
        // The value and slope of the map at a point that is not negative.
        let point = |x: f64| {
            let y = -normal.inverse_cdf(t.cdf(-x));
            (y, (t.ln_pdf(x) - normal.ln_pdf(y)).exp())
        };
        let (mut pieces, mut from, (mut value, mut slope)) = (Vec::new(), 0.0, point(0.0));
        for segment in 0..DOUBLINGS << SEGMENT_BITS {
            let to = start_of(segment + 1);
            if t.cdf(-to) < CHANCE_MIN {
                break;
            }
            let (next, next_slope) = point(to);
            let width = to - from;
            let (rise, out, into) = (next - value, slope * width, next_slope * width);
            pieces.push([
                value,
                out,
                3.0 * rise - 2.0 * out - into,
                out + into - 2.0 * rise,
            ]);
            (from, value, slope) = (to, next, next_slope);
        }
        Ok(Self {
            degrees,
            weight,
            pieces,
            last: value,
        })
    }

    /// Gives the shocks of each step a common weight and brings them back to normal shocks.
    fn apply(&self, shocks: &mut [Vec<f64>], driven: &[bool], seed: u64) {
        let mut rng = stream(seed, Purpose::Tail);
        let steps = shocks.iter().map(Vec::len).max().unwrap_or(0);
        for step in 1..steps {
            let weight = (self.degrees / self.weight.sample(&mut rng)).sqrt();
            for (path, driven) in shocks.iter_mut().zip(driven) {
                if *driven {
                    path[step] = self.at(path[step] * weight);
                }
            }
        }
    }

    fn at(&self, x: f64) -> f64 {
        // 1 + |x| is at least 1: its exponent is the doubling, its first bits are the segment, the
        // bits after them the place within.
        let bits = (1.0 + x.abs()).to_bits() - 1f64.to_bits();
        let shift = 52 - SEGMENT_BITS;
        let within = (bits & ((1 << shift) - 1)) as f64 / (1u64 << shift) as f64;
        let piece = usize::try_from(bits >> shift).map(|i| self.pieces.get(i));
        let y = match piece {
            Ok(Some([a, b, c, d])) => a + within * (b + within * (c + within * d)),
            _ => self.last,
        };
        y.copysign(x)
    }
}

/// |x| at which a segment begins.
fn start_of(segment: u32) -> f64 {
    let doubling = f64::from(1u32 << SEGMENT_BITS);
    let (whole, part) = (segment >> SEGMENT_BITS, segment % (1 << SEGMENT_BITS));
    2f64.powi(whole.cast_signed()) * (1.0 + f64::from(part) / doubling) - 1.0
}

#[cfg(test)]
mod tests;
