//! Several sources of one price, asked by the oracle of the core.
//!
//! A source reads the outside price (an exchange elsewhere), the mid of one of this world's venues, or a
//! recorded price of a book of its own. What it tells is late by its lag and off by its noise, a normal error of
//! the logarithm that is drawn anew at every sample and that it states as its confidence. The observations pass
//! the [door] as integers of 10^−[`DECIMALS`] dollars, and the core's [`Oracle`] makes one price
//! of them.

use crate::door;
use crate::error::{ConfigError, require, require_not_negative};
use crate::random::{hashed_unit, path_seed};
use backstop_core::oracle::{Observation, Oracle, OracleConfig, Purpose};
use backstop_core::units::Timestamp;
use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::Arc;

/// Decimals of a dollar in which the oracle counts.
pub const DECIMALS: u8 = 12;

/// Sets the seeds of sources' errors apart from other uses of the same seed.
const ERRORS: u64 = 0x736f_7572_6365_7321;

/// An oracle and what its sources read, in the oracle's order.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcesConfig {
    /// What each source reads.
    pub sources: Vec<Source>,
    /// What is made of them.
    pub oracle: OracleConfig,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it reads.
    pub reads: Reads,
    /// Standard deviation of its error, as a share of the price.
    pub noise: f64,
    /// Seconds by which it is late.
    pub lag_s: u64,
}

/// What a source reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Reads {
    /// The outside price.
    Outside,
    /// The mid of a venue, by its position in the world's list.
    Venue(usize),
    /// A book of its own: times and prices in USD, each until the next; nothing before the first.
    Recorded(Vec<(u64, f64)>),
}

impl SourcesConfig {
    /// Refuses settings that cannot work; `field` is the path to name.
    ///
    /// # Errors
    /// When the oracle refuses its own, the numbers of sources differ, a noise is not a number of at least 0, a
    /// venue is not there, or a recorded book is empty.
    pub fn check(&self, venues: usize, field: &str) -> Result<(), ConfigError> {
        self.oracle.check().map_err(|error| ConfigError {
            field: format!("{field}.oracle.{}", error.field),
            problem: error.problem,
        })?;
        let (asked, told) = (self.oracle.sources.len(), self.sources.len());
        require(
            asked == told,
            || format!("{field}.sources"),
            || format!("must be as many as the oracle asks, {asked}, found {told}"),
        )?;
        for (i, source) in self.sources.iter().enumerate() {
            let at = |name: &str| format!("{field}.sources[{i}].{name}");
            require_not_negative(source.noise, || at("noise"))?;
            let there = match &source.reads {
                Reads::Outside => true,
                Reads::Venue(venue) => *venue < venues,
                Reads::Recorded(points) => !points.is_empty(),
            };
            require(
                there,
                || at("reads"),
                || format!("must be one of the {venues} venues or a record with points"),
            )?;
        }
        Ok(())
    }
}

/// What the market shows at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Outside price, USD.
    pub(crate) outside: f64,
    /// What a feed without sources samples, USD.
    pub(crate) blended: f64,
    /// Mid of each venue, USD.
    pub(crate) mid: &'a dyn Fn(usize) -> f64,
}

/// The oracle of one asset on one path.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    config: Arc<SourcesConfig>,
    oracle: Oracle,
    /// By source: what it read and has not told yet, and the seed of its errors.
    listening: Vec<(VecDeque<(u64, f64)>, u64)>,
}

impl Sources {
    /// Of a configuration that was checked.
    pub(crate) fn new(config: SourcesConfig, asset: usize, seed: u64) -> Result<Self, ConfigError> {
        let oracle = Oracle::new(config.oracle.clone()).map_err(|error| ConfigError {
            field: error.field,
            problem: error.problem,
        })?;
        let own = path_seed(seed ^ ERRORS, asset as u64);
        let sources = 0..config.sources.len() as u64;
        let listen = |source| (VecDeque::new(), path_seed(own, source));
        Ok(Self {
            listening: sources.map(listen).collect(),
            config: Arc::new(config),
            oracle,
        })
    }

    /// What the oracle says now, USD; nothing where that is too poor to liquidate at.
    pub(crate) fn ask(&mut self, seen: &Seen<'_>, time: u64) -> Option<f64> {
        let sources = self.config.sources.iter().zip(&mut self.listening);
        let told: Vec<_> = sources
            .map(|(source, listening)| source.tell(listening, seen, time))
            .collect();
        let trusted = self.oracle.update(Timestamp(time), &told);
        let usable = trusted.valid_for(Purpose::Liquidate);
        usable.then(|| door::price_to_usd(trusted.price, DECIMALS))
    }
}

impl Source {
    /// Reads the market, and tells what it read its lag ago.
    fn tell(
        &self,
        (queue, seed): &mut (VecDeque<(u64, f64)>, u64),
        seen: &Seen<'_>,
        time: u64,
    ) -> Option<Observation> {
        let read = match &self.reads {
            Reads::Outside => Some(seen.outside),
            Reads::Venue(venue) => Some((seen.mid)(*venue)),
            Reads::Recorded(points) => {
                let now = points.partition_point(|(from, _)| *from <= time);
                now.checked_sub(1).and_then(|i| points.get(i)).map(|p| p.1)
            }
        };
        if let Some(usd) = read {
            let error = self.noise * normal(*seed, time);
            queue.push_back((time, usd * error.exp()));
        }
        let until = time.saturating_sub(self.lag_s);
        while queue.get(1).is_some_and(|(at, _)| *at <= until) {
            queue.pop_front();
        }
        let (at, usd) = queue.front().copied().filter(|(at, _)| *at <= until)?;
        Some(Observation {
            price: door::price_to_oracle(usd, DECIMALS),
            confidence: door::price_to_oracle(usd * self.noise, DECIMALS),
            at: Timestamp(at),
        })
    }
}

/// A normal number that depends on the seed and the time only (Box and Muller's method), so that what is played
/// through ahead of time sees the errors that will come.
fn normal(seed: u64, time: u64) -> f64 {
    let [first, second] = [0, 1].map(|part| hashed_unit(seed, time << 1 | part));
    (-2.0 * (1.0 - first).ln()).sqrt() * (TAU * second).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(reads: Reads, noise: f64, lag_s: u64) -> Source {
        Source {
            reads,
            noise,
            lag_s,
        }
    }

    /// Asks every minute, with a venue whose mid is half of the outside price.
    fn asked(sources: Vec<Source>, oracle: OracleConfig, outside: &[f64]) -> Vec<Option<f64>> {
        let config = SourcesConfig { sources, oracle };
        config.check(1, "f").unwrap();
        let mut sources = Sources::new(config, 0, 7).unwrap();
        let minutes = outside.iter().zip((100..).map(|minute| 60 * minute));
        let ask = |(usd, time): (&f64, u64)| {
            let seen = Seen {
                outside: *usd,
                blended: f64::NAN,
                mid: &|_| usd / 2.0,
            };
            sources.ask(&seen, time)
        };
        minutes.map(ask).collect()
    }

    #[test]
    fn a_source_tells_what_it_reads() {
        let recorded = Reads::Recorded(vec![(6_060, 5.0), (6_120, 6.0)]);
        for (reads, lag_s, want) in [
            (Reads::Outside, 0, [Some(10.0), Some(12.0), Some(14.0)]),
            (Reads::Venue(0), 0, [Some(5.0), Some(6.0), Some(7.0)]),
            (recorded, 0, [None, Some(5.0), Some(6.0)]),
            // What was read a minute ago, and nothing before there is any.
            (Reads::Outside, 60, [None, Some(10.0), Some(12.0)]),
            (Reads::Outside, 61, [None, None, Some(10.0)]),
        ] {
            let naive = OracleConfig::naive();
            let got = asked(vec![source(reads, 0.0, lag_s)], naive, &[10.0, 12.0, 14.0]);
            assert_eq!(got, want);
        }
    }

    #[test]
    fn a_moved_venue_is_one_source_of_three() {
        let outside = source(Reads::Outside, 0.0, 0);
        let venue = source(Reads::Venue(0), 0.0, 0);
        let mut trusting = OracleConfig::robust(4);
        trusting.quorum.sources = 3;
        let sources = vec![venue, outside.clone(), outside.clone(), outside];
        let got = asked(sources, trusting, &[10.0; 3]);
        assert_eq!(got, [Some(10.0); 3]);
    }

    #[test]
    fn noise_is_seeded_and_small() {
        let noisy = || vec![source(Reads::Outside, 0.001, 0)];
        let (naive, prices) = (OracleConfig::naive(), [100.0; 50]);
        let got = asked(noisy(), naive.clone(), &prices);
        assert_eq!(got, asked(noisy(), naive, &prices));
        let off = |price: &Option<f64>| (price.unwrap() / 100.0 - 1.0).abs();
        let largest = got.iter().map(off).fold(0.0, f64::max);
        assert!(largest > 0.0005 && largest < 0.006, "{largest}");
    }

    #[test]
    fn refuses_bad_settings() {
        type Break = fn(&mut SourcesConfig);
        let rows: [(Break, &str); 5] = [
            (
                |c| c.oracle.quorum.sources = 2,
                "f.oracle.quorum.sources: must be from 1 to the number of sources, 1, found 2",
            ),
            (
                |c| c.sources.clear(),
                "f.sources: must be as many as the oracle asks, 1, found 0",
            ),
            (
                |c| c.sources[0].noise = -1.0,
                "f.sources[0].noise: must be a number of at least 0, found -1",
            ),
            (
                |c| c.sources[0].reads = Reads::Venue(3),
                "f.sources[0].reads: must be one of the 3 venues or a record with points",
            ),
            (
                |c| c.sources[0].reads = Reads::Recorded(Vec::new()),
                "f.sources[0].reads: must be one of the 3 venues or a record with points",
            ),
        ];
        for (break_it, want) in rows {
            let mut config = SourcesConfig {
                sources: vec![source(Reads::Outside, 0.0, 0)],
                oracle: OracleConfig::naive(),
            };
            break_it(&mut config);
            assert_eq!(config.check(3, "f").unwrap_err().to_string(), want);
        }
    }
}
