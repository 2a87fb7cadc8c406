//! The oracle put together.

use super::median::{Vote, is_outlier, weight, weighted_median};
use super::publication::Publication;
use super::{
    Bounds, Deviation, Ema, MeanKind, Observation, OracleConfig, Purpose, Quality, Smoothing, Twap,
    Unusable, Validity,
};
use crate::protocol::SetupError;
use crate::units::{Price, Ratio, Timestamp};

/// A price, and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Price of one whole token; zero where there is none.
    pub price: Price,
    /// How good it is.
    pub quality: Quality,
    /// How far the sources that count lie apart, as a part of their median; zero where too few are usable.
    pub spread: Deviation,
    /// Seconds since a quorum of sources was last heard.
    pub age_s: u64,
    validity: Validity,
}

impl Trusted {
    /// Whether the price is good enough for a purpose.
    pub fn valid_for(&self, purpose: Purpose) -> bool {
        self.validity.allows(self.quality, purpose)
    }
}

/// Many sources to one price, step after step. Made from plain data; a clone goes on independently.
///
/// An update costs O(n log n) in the number of sources and, behind a TWAP, O(1) over time (a reading of
/// the mean looks at the oldest observations only).
#[derive(Clone, Debug)]
pub struct Oracle {
    config: OracleConfig,
    /// What each source was good for at the last update.
    seen: Vec<Result<Price, Unusable>>,
    /// The sources that count, kept to spare an allocation an update.
    votes: Vec<Vote>,
    smoother: Smoother,
    /// The last price before bounds and delay, and when a quorum gave it.
    last: Option<(Price, Timestamp)>,
    rate: Ratio,
    publication: Publication,
}

/// What the usable sources say together.
struct Reading {
    median: Price,
    spread: Deviation,
    quality: Quality,
}

impl Oracle {
    /// An oracle that has heard nothing yet.
    ///
    /// # Errors
    /// As [`OracleConfig::check`].
    pub fn new(config: OracleConfig) -> Result<Self, SetupError> {
        config.check()?;
        let rate = match &config.bounds {
            Bounds::RedemptionRate(cap) => cap.snapshot,
            Bounds::None | Bounds::Peg(_) => Ratio::ZERO,
        };
        Ok(Self {
            seen: vec![Err(Unusable::Silent); config.sources.len()],
            votes: Vec::with_capacity(config.sources.len()),
            smoother: Smoother::new(config.smoothing),
            last: None,
            rate,
            publication: Publication::new(config.delay_s),
            config,
        })
    }

    /// What it was made from.
    pub fn config(&self) -> &OracleConfig {
        &self.config
    }

    /// What each source was good for at the last update: its price, or why it did not count.
    pub fn sources(&self) -> &[Result<Price, Unusable>] {
        &self.seen
    }

    /// The price that will be told after the next delay; nothing without a delay.
    pub fn queued(&self) -> Option<Price> {
        self.publication.queued()
    }

    /// The rate of redemption that the asset's contract tells from now on; until then it is that of the
    /// cap's snapshot. Without such a cap it does nothing.
    pub fn set_rate(&mut self, rate: Ratio) {
        self.rate = rate;
    }

    /// Whether it is frozen.
    pub fn is_frozen(&self) -> bool {
        self.publication.is_frozen()
    }

    /// Tells nothing new until [`Oracle::resume`]; what was told last stays, as stale. It still listens.
    pub fn freeze(&mut self) {
        self.publication.freeze();
    }

    /// As [`Oracle::freeze`], and forgets what was told and what is queued.
    pub fn void(&mut self) {
        self.publication.void();
    }

    /// Ends a freeze.
    pub fn resume(&mut self) {
        self.publication.resume();
    }

    /// Takes what each source says now, in their order; a list too short leaves the others silent.
    ///
    /// Without a quorum nothing moves: the price told last is told again, as stale, and what is queued
    /// waits. Means over time take the last median for the price in between.
    pub fn update(&mut self, now: Timestamp, told: &[Option<Observation>]) -> Trusted {
        self.listen(now, told);
        let Some(reading) = self.read() else {
            return self.tell(now, Quality::Stale, Deviation::default());
        };
        let (smoothed, filled) = self.smoother.observe(now, reading.median);
        let mut quality = reading.quality.min(self.jump(reading.median)).min(filled);
        let held = self.hold(now, smoothed);
        if held != smoothed {
            quality = quality.min(Quality::Limited);
        }
        self.last = Some((held, now));
        let (price, bounded) = self.config.bounds.apply(now, held, self.rate);
        quality = quality.min(bounded);
        self.publication.take(now, price, quality);
        self.tell(now, quality, reading.spread)
    }

    /// Which sources are usable; fills the votes.
    fn listen(&mut self, now: Timestamp, told: &[Option<Observation>]) {
        self.votes.clear();
        let places = self.seen.iter_mut().zip(&self.config.sources).enumerate();
        for (source, (seen, rules)) in places {
            let said = told.get(source).and_then(Option::as_ref);
            *seen = rules.screen(now, said);
            if let Ok(price) = *seen {
                self.votes.push(Vote {
                    source,
                    price,
                    weight: rules.weight,
                });
            }
        }
    }

    /// The median of a quorum, without outliers. Where those that agree are no quorum, it is the median
    /// of all, and too uncertain.
    fn read(&mut self) -> Option<Reading> {
        if !self.is_quorum() {
            return None;
        }
        let first = weighted_median(&mut self.votes)?;
        self.drop_outliers(first);
        let agreed = self.is_quorum();
        let median = if agreed {
            weighted_median(&mut self.votes)?
        } else {
            first
        };
        let spread = self.spread(median);
        let widest = self
            .config
            .spread_max
            .map(|max| Deviation(u64::from(max.0)));
        let quality = if agreed && widest.is_none_or(|widest| spread <= widest) {
            Quality::Valid
        } else {
            Quality::TooUncertain
        };
        Some(Reading {
            median,
            spread,
            quality,
        })
    }

    fn is_quorum(&self) -> bool {
        let quorum = self.config.quorum;
        self.votes.len() >= usize::from(quorum.sources) && weight(&self.votes) >= quorum.weight
    }

    fn drop_outliers(&mut self, median: Price) {
        let Some(limit) = self.config.outlier else {
            return;
        };
        let seen = &mut self.seen;
        self.votes.retain(|vote| {
            let outlier = is_outlier(vote.price, median, limit);
            if outlier && let Some(seen) = seen.get_mut(vote.source) {
                *seen = Err(Unusable::Outlier);
            }
            !outlier
        });
    }

    /// From the lowest to the highest price that counts.
    fn spread(&self, median: Price) -> Deviation {
        let prices = || self.votes.iter().map(|vote| vote.price);
        let (Some(low), Some(high)) = (prices().min(), prices().max()) else {
            return Deviation(u64::MAX);
        };
        let apart = Price(high.minus_or_zero(low).0.saturating_add(median.0));
        Deviation::between(apart, median)
    }

    fn jump(&self, median: Price) -> Quality {
        let jumped = self
            .config
            .jump_max
            .zip(self.last)
            .is_some_and(|(max, last)| {
                Deviation::between(median, last.0) > Deviation(u64::from(max.0))
            });
        if jumped {
            Quality::TooVolatile
        } else {
            Quality::Valid
        }
    }

    fn hold(&self, now: Timestamp, wanted: Price) -> Price {
        match (self.config.speed, self.last) {
            (Some(speed), Some((last, at))) => speed.hold(last, wanted, now.seconds_since(at)),
            _ => wanted,
        }
    }

    fn tell(&self, now: Timestamp, quality: Quality, spread: Deviation) -> Trusted {
        let most = if self.is_frozen() {
            Quality::Stale
        } else {
            quality
        };
        let told = self.publication.told();
        let (price, quality) = told.map_or((Price::ZERO, Quality::NonPositive), |(price, told)| {
            (price, told.min(most))
        });
        Trusted {
            price,
            quality,
            spread,
            age_s: self.last.map_or(u64::MAX, |(_, at)| now.seconds_since(at)),
            validity: self.config.validity,
        }
    }
}

/// The state of a smoothing.
#[derive(Clone, Debug)]
enum Smoother {
    None,
    Twap(Twap, u64),
    Ema(Ema),
}

impl Smoother {
    fn new(smoothing: Smoothing) -> Self {
        let twap = |kind, window_s: u32, observations| {
            let window_s = u64::from(window_s);
            Self::Twap(Twap::new(kind, window_s, observations), window_s)
        };
        match smoothing {
            Smoothing::None => Self::None,
            Smoothing::ArithmeticTwap {
                window_s,
                observations,
            } => twap(MeanKind::Arithmetic, window_s, observations),
            Smoothing::GeometricTwap {
                window_s,
                observations,
            } => twap(MeanKind::Geometric, window_s, observations),
            Smoothing::Ema { half_life_s } => Self::Ema(Ema::new(half_life_s)),
        }
    }

    /// The smoothed price, and how good it is at best.
    fn observe(&mut self, now: Timestamp, price: Price) -> (Price, Quality) {
        match self {
            Self::None => (price, Quality::Valid),
            Self::Ema(ema) => (ema.observe(now, price), Quality::Valid),
            Self::Twap(twap, window_s) => {
                twap.observe(now, price);
                match twap.mean(now) {
                    Some(mean) if mean.seconds >= *window_s => (mean.price, Quality::Valid),
                    Some(mean) => (mean.price, Quality::Insufficient),
                    None => (price, Quality::Insufficient),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
