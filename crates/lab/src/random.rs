//! Seeded randomness: one independent stream per purpose.
//!
//! All streams of a path come from one seed. A ChaCha generator has 2^64 streams that never
//! overlap; the purpose selects the stream, so one more agent or one more draw for gas leaves the
//! prices as they were.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use rand::Rng;

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What only one asset's price knows of: refinement, jumps, variance; by asset.
    Price(u16),
    /// Background demand for block space.
    Gas,
    /// One liquidator's bids, by position in the list of liquidators.
    Liquidator(u32),
    /// Main shocks of one asset's price before they are correlated, by asset.
    Shock(u16),
    /// How heavy a step's shocks are, for all assets at once.
    Tail,
    /// Which part of the history a bootstrap draws next, by group of assets.
    Blocks(u16),
    /// Which parts of a record a bootstrap of estimates draws.
    Resample,
}

impl Purpose {
    fn stream(self) -> u64 {
        match self {
            Self::Price(asset) => 1 << 32 | u64::from(asset),
            Self::Gas => 2 << 32,
            Self::Liquidator(index) => 3 << 32 | u64::from(index),
            Self::Shock(asset) => 16 << 32 | u64::from(asset),
            Self::Tail => 17 << 32,
            Self::Blocks(group) => 18 << 32 | u64::from(group),
            Self::Resample => 40 << 32,
        }
    }
}

/// The generator of one purpose under one seed.
pub fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose.stream());
    rng
}

/// The seed of one path of an ensemble.
pub fn path_seed(seed: u64, path: u64) -> u64 {
    mix(mix(seed ^ PATHS).wrapping_add(path))
}

/// Sets the seeds of paths apart from other uses of the same seed.
const PATHS: u64 = 0x6261_636b_7374_6f70;

/// The streams of one seed, one after another: the same numbers as those of [`stream`], without the work on
/// the seed and in about two thirds of the time, since the generator of the crate `chacha20` makes several
/// blocks side by side.
pub(crate) struct Streams(chacha20::ChaCha8Rng);

impl Streams {
    pub(crate) fn of(seed: u64) -> Self {
        Self(chacha20::ChaCha8Rng::seed_from_u64(seed))
    }

    /// The beginning of a purpose's stream.
    pub(crate) fn begin(&mut self, purpose: Purpose) -> &mut impl Rng {
        self.0.set_stream(purpose.stream());
        &mut self.0
    }
}

/// A number in `[0, 1)` that depends on the seed and a key only: for choices that must not depend
/// on the order in which they are made.
pub fn hashed_unit(seed: u64, key: u64) -> f64 {
    let mixed = mix(mix(seed) ^ mix(key.wrapping_add(0x9e37_79b9_7f4a_7c15)));
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// A 64-bit finaliser: every input bit reaches every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn streams_differ_by_purpose_and_seed_only() {
        let first = |seed, purpose| stream(seed, purpose).random::<u64>();
        assert_eq!(first(7, Purpose::Gas), first(7, Purpose::Gas));
        assert_ne!(first(7, Purpose::Gas), first(8, Purpose::Gas));
        assert_ne!(first(7, Purpose::Price(0)), first(7, Purpose::Price(1)));
        assert_ne!(
            first(7, Purpose::Price(0)),
            first(7, Purpose::Liquidator(0))
        );
    }

    /// Whatever was drawn of the stream before, over several of the generator's blocks.
    #[test]
    fn streams_one_after_another_are_the_streams() {
        for seed in [0, 7, u64::MAX] {
            let mut streams = Streams::of(seed);
            for (purpose, draws) in [
                (Purpose::Shock(3), 5),
                (Purpose::Shock(u16::MAX), 100),
                (Purpose::Tail, 0),
                (Purpose::Shock(3), 301),
            ] {
                let (ours, mut want) = (streams.begin(purpose), stream(seed, purpose));
                for _ in 0..draws {
                    assert_eq!(ours.random::<u64>(), want.random::<u64>());
                }
            }
        }
    }

    #[test]
    fn hashed_units_fill_the_interval() {
        let n = 10_000u64;
        let mean = (0..n).map(|k| hashed_unit(3, k)).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!((0..n).all(|k| (0.0..1.0).contains(&hashed_unit(3, k))));
    }
}
