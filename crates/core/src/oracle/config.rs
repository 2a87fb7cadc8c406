//! What an oracle is put together from, and what of it cannot work.

use super::source::is_price;
use super::{Bounds, Quality, SourceRules, SpeedLimit, Validity};
use crate::protocol::SetupError;
use crate::units::{Bps, Ratio, WAD};
use std::fmt;
use std::num::NonZeroU16;

/// Wad of one part in a thousand.
const THOUSANDTH: u128 = 1_000_000_000_000_000;

/// How many sources have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quorum {
    /// The least number of sources.
    pub sources: u16,
    /// Their least weight together.
    pub weight: u64,
}

/// How the median of the sources is smoothed over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Smoothing {
    /// Not at all.
    None,
    /// By the mean over a window.
    ArithmeticTwap {
        /// Seconds of the window.
        window_s: u32,
        /// Most observations that are kept.
        observations: u16,
    },
    /// By the geometric mean over a window.
    GeometricTwap {
        /// Seconds of the window.
        window_s: u32,
        /// Most observations that are kept.
        observations: u16,
    },
    /// By an exponential mean.
    Ema {
        /// Seconds in which the distance to a steady price halves.
        half_life_s: u32,
    },
}

/// An oracle as data: sources → usable → median → mean → speed limit → bounds → delay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OracleConfig {
    /// What is asked of each source.
    pub sources: Vec<SourceRules>,
    /// How many have to be usable, and to agree where there are outliers.
    pub quorum: Quorum,
    /// Sources farther than this from the median are left out of a second one.
    pub outlier: Option<Bps>,
    /// Where the prices that count lie farther apart than this part of their median, they are
    /// [`Quality::TooUncertain`].
    pub spread_max: Option<Bps>,
    /// Where the median is farther than this from the last price, it is [`Quality::TooVolatile`].
    pub jump_max: Option<Bps>,
    /// How the median is smoothed.
    pub smoothing: Smoothing,
    /// How fast the price may change.
    pub speed: Option<SpeedLimit>,
    /// What the class of the asset says.
    pub bounds: Bounds,
    /// Seconds for which a price is queued before it is told.
    pub delay_s: Option<NonZeroU16>,
    /// What a price is good for.
    pub validity: Validity,
}

impl OracleConfig {
    /// One source, believed whatever it says and however old it is, at once and for every purpose.
    pub fn naive() -> Self {
        Self {
            sources: vec![SourceRules {
                weight: 1,
                max_age_s: u64::MAX,
                confidence_max: Bps(u16::MAX),
            }],
            quorum: Quorum {
                sources: 1,
                weight: 1,
            },
            outlier: None,
            spread_max: None,
            jump_max: None,
            smoothing: Smoothing::None,
            speed: None,
            bounds: Bounds::None,
            delay_s: None,
            validity: Validity::ANY,
        }
    }

    /// So many sources of the same weight, each at most an hour old and 2 % uncertain; more than half of
    /// them, and at least three where there are three, have to be usable and to agree within 5 % of
    /// their median; flagged where they spread over more than 10 % or jump by more than 50 %; smoothed
    /// with a half-life of a minute; moving by at most 0.2 % a second and 10 % an update; good for
    /// purposes by [`Validity::LADDER`].
    ///
    /// From three sources on the quorum outweighs twice any one of them, so that one alone can't carry
    /// the price beyond the others'.
    pub fn robust(sources: u16) -> Self {
        let half = sources.checked_div(2).unwrap_or(0);
        let least = half.saturating_add(1).max(3).min(sources.max(1));
        let rules = SourceRules {
            weight: 1,
            max_age_s: 3_600,
            confidence_max: Bps(200),
        };
        Self {
            sources: vec![rules; usize::from(sources)],
            quorum: Quorum {
                sources: least,
                weight: u64::from(least),
            },
            outlier: Some(Bps(500)),
            spread_max: Some(Bps(1_000)),
            jump_max: Some(Bps(5_000)),
            smoothing: Smoothing::Ema { half_life_s: 60 },
            speed: Some(SpeedLimit {
                per_update: Bps(1_000),
                per_second: Ratio::new(2 * THOUSANDTH),
            }),
            bounds: Bounds::None,
            delay_s: None,
            validity: Validity::LADDER,
        }
    }

    /// Refuses settings that cannot work.
    ///
    /// # Errors
    /// The first field that is out of range, with what was found and what is allowed.
    pub fn check(&self) -> Result<(), SetupError> {
        self.check_sources()?;
        self.check_limits()?;
        self.check_smoothing()?;
        self.check_bounds()?;
        self.check_validity()
    }

    fn check_sources(&self) -> Result<(), SetupError> {
        let count = self.sources.len();
        require(
            (1..=usize::from(u16::MAX)).contains(&count),
            "sources",
            "must have from 1 to 65535 entries",
            count,
        )?;
        for (i, source) in self.sources.iter().enumerate() {
            let field = format!("sources[{i}].weight");
            require(source.weight > 0, &field, "must be above 0", source.weight)?;
        }
        require(
            (1..=count).contains(&usize::from(self.quorum.sources)),
            "quorum.sources",
            &format!("must be from 1 to the number of sources, {count}"),
            self.quorum.sources,
        )?;
        let weights = self.sources.iter().map(|source| u64::from(source.weight));
        let whole = weights.fold(0, u64::saturating_add);
        require(
            (1..=whole).contains(&self.quorum.weight),
            "quorum.weight",
            &format!("must be from 1 to the weight of all sources, {whole}"),
            self.quorum.weight,
        )
    }

    fn check_limits(&self) -> Result<(), SetupError> {
        for (field, limit) in [
            ("outlier", self.outlier),
            ("spread_max", self.spread_max),
            ("jump_max", self.jump_max),
        ] {
            let limit = limit.unwrap_or(Bps(1));
            require(limit.0 > 0, field, "must be above 0 bps", limit.0)?;
        }
        let Some(speed) = &self.speed else {
            return Ok(());
        };
        require(
            (1..=10_000).contains(&speed.per_update.0),
            "speed.per_update",
            "must be from 1 to 10000 bps",
            speed.per_update.0,
        )?;
        require(
            !speed.per_second.is_zero() && speed.per_second.0 <= WAD,
            "speed.per_second",
            "must be above 0 and at most 10^18",
            speed.per_second,
        )
    }

    fn check_smoothing(&self) -> Result<(), SetupError> {
        match self.smoothing {
            Smoothing::None => Ok(()),
            Smoothing::ArithmeticTwap {
                window_s,
                observations,
            }
            | Smoothing::GeometricTwap {
                window_s,
                observations,
            } => {
                let at = "smoothing.window_s";
                require(window_s > 0, at, "must be above 0 seconds", window_s)?;
                let at = "smoothing.observations";
                require(observations > 1, at, "must be at least 2", observations)
            }
            Smoothing::Ema { half_life_s } => {
                let at = "smoothing.half_life_s";
                require(half_life_s > 0, at, "must be above 0 seconds", half_life_s)
            }
        }
    }

    fn check_bounds(&self) -> Result<(), SetupError> {
        match &self.bounds {
            Bounds::None => Ok(()),
            Bounds::Peg(peg) => {
                let at = "bounds.target";
                let allowed = "must be above 0 and below 2^128";
                require(is_price(peg.target), at, allowed, peg.target)?;
                let at = "bounds.below";
                let allowed = "must be below 10000 bps";
                require(peg.below.0 < 10_000, at, allowed, peg.below.0)
            }
            Bounds::RedemptionRate(cap) => {
                let at = "bounds.snapshot";
                let is_rate = !cap.snapshot.is_zero();
                require(is_rate, at, "must be above 0", cap.snapshot)
            }
        }
    }

    fn check_validity(&self) -> Result<(), SetupError> {
        for (field, least) in [
            ("validity.borrow", self.validity.borrow),
            ("validity.withdraw", self.validity.withdraw),
            ("validity.liquidate", self.validity.liquidate),
            ("validity.settle", self.validity.settle),
        ] {
            let allowed = "must be a quality above the absence of a price";
            let is_price = least > Quality::NonPositive;
            require(is_price, field, allowed, format!("{least:?}"))?;
        }
        Ok(())
    }
}

fn require(
    holds: bool,
    field: &str,
    allowed: &str,
    found: impl fmt::Display,
) -> Result<(), SetupError> {
    if holds {
        return Ok(());
    }
    Err(SetupError {
        field: field.to_owned(),
        problem: format!("{allowed}, found {found}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{BrokenPeg, Peg, RateCap};
    use crate::units::{Price, Timestamp};

    #[test]
    fn constructors_pass() {
        assert_eq!(OracleConfig::naive().check(), Ok(()));
        for (sources, least) in [(1, 1), (2, 2), (3, 3), (4, 3), (5, 3), (6, 4), (9, 5)] {
            let config = OracleConfig::robust(sources);
            assert_eq!(config.check(), Ok(()), "{sources}");
            assert_eq!(config.quorum.sources, least, "{sources}");
        }
    }

    /// Each row breaks one field of a robust oracle.
    #[test]
    fn errors_name_the_field() {
        type Break = fn(&mut OracleConfig);
        let rows: [(Break, &str); 17] = [
            (
                |c| c.sources.clear(),
                "sources: must have from 1 to 65535 entries, found 0",
            ),
            (
                |c| c.sources[2].weight = 0,
                "sources[2].weight: must be above 0, found 0",
            ),
            (
                |c| c.quorum.sources = 6,
                "quorum.sources: must be from 1 to the number of sources, 5, found 6",
            ),
            (
                |c| c.quorum.sources = 0,
                "quorum.sources: must be from 1 to the number of sources, 5, found 0",
            ),
            (
                |c| c.quorum.weight = 6,
                "quorum.weight: must be from 1 to the weight of all sources, 5, found 6",
            ),
            (
                |c| c.outlier = Some(Bps(0)),
                "outlier: must be above 0 bps, found 0",
            ),
            (
                |c| c.spread_max = Some(Bps(0)),
                "spread_max: must be above 0 bps, found 0",
            ),
            (
                |c| c.jump_max = Some(Bps(0)),
                "jump_max: must be above 0 bps, found 0",
            ),
            (
                |c| c.speed = Some(speed(0, 1)),
                "speed.per_update: must be from 1 to 10000 bps, found 0",
            ),
            (
                |c| c.speed = Some(speed(1, 0)),
                "speed.per_second: must be above 0 and at most 10^18, found 0",
            ),
            (
                |c| c.smoothing = Smoothing::Ema { half_life_s: 0 },
                "smoothing.half_life_s: must be above 0 seconds, found 0",
            ),
            (
                |c| c.smoothing = twap(0, 2),
                "smoothing.window_s: must be above 0 seconds, found 0",
            ),
            (
                |c| c.smoothing = twap(1, 1),
                "smoothing.observations: must be at least 2, found 1",
            ),
            (
                |c| c.bounds = peg(0, 1),
                "bounds.target: must be above 0 and below 2^128, found 0",
            ),
            (
                |c| c.bounds = peg(1, 10_000),
                "bounds.below: must be below 10000 bps, found 10000",
            ),
            (
                |c| c.bounds = rate(Ratio::ZERO),
                "bounds.snapshot: must be above 0, found 0",
            ),
            (
                |c| c.validity.settle = Quality::NonPositive,
                "validity.settle: must be a quality above the absence of a price, found NonPositive",
            ),
        ];
        for (break_it, want) in rows {
            let mut config = OracleConfig::robust(5);
            break_it(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), want);
        }
    }

    fn speed(per_update: u16, per_second: u128) -> SpeedLimit {
        SpeedLimit {
            per_update: Bps(per_update),
            per_second: Ratio::new(per_second),
        }
    }

    fn twap(window_s: u32, observations: u16) -> Smoothing {
        Smoothing::GeometricTwap {
            window_s,
            observations,
        }
    }

    fn peg(target: u128, below: u16) -> Bounds {
        Bounds::Peg(Peg {
            target: Price::new(target),
            below: Bps(below),
            above: Bps(1),
            broken: BrokenPeg::Clamped,
        })
    }

    fn rate(snapshot: Ratio) -> Bounds {
        Bounds::RedemptionRate(RateCap {
            snapshot,
            at: Timestamp(0),
            growth_per_year: Bps(1),
        })
    }
}
