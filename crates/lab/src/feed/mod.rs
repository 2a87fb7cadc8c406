//! How market prices become oracle answers, after the manner of Chainlink's push feeds.
//!
//! A round starts when the sampled price is at least the deviation away from the last round's, or
//! when the heartbeat has passed since then; its answer arrives after the delay. Rounds in flight
//! do not hold up later ones. The feed samples once a step, so a threshold crossed and recrossed
//! inside a step is not seen, and an answer is usable from the first step at or after its arrival.
//!
//! What it samples is the market's source price, or what an oracle of several [`sources`] says.

pub mod sources;

use crate::error::{ConfigError, require, require_not_negative};
use sources::{Seen, Sources};
use std::collections::VecDeque;

/// One asset's feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedConfig {
    /// Relative move that starts a round (0.005 is 0.5 %); 0 starts one every step.
    pub deviation: f64,
    /// Seconds after which a round starts in any case.
    pub heartbeat_s: u64,
    /// Seconds from the start of a round to its answer.
    pub delay_s: u64,
    /// Seconds over which the sampled prices are averaged (an arithmetic mean over time); 0 for the price of
    /// the moment.
    pub twap_s: u64,
}

impl FeedConfig {
    /// Refuses settings that cannot work; `field` is the path to name.
    ///
    /// # Errors
    /// When the deviation is negative or not a number, or the heartbeat is 0.
    pub fn check(&self, field: &str) -> Result<(), ConfigError> {
        require_not_negative(self.deviation, || format!("{field}.deviation"))?;
        require(
            self.heartbeat_s > 0,
            || format!("{field}.heartbeat_s"),
            || "must be above 0".to_owned(),
        )
    }
}

/// State of one feed.
#[derive(Clone, Debug)]
pub struct Feed {
    config: FeedConfig,
    answer: f64,
    /// When the answer that holds now was sampled.
    confirmed: u64,
    /// Price and time of the last round that was started.
    last: (f64, u64),
    /// Arrival times and prices, in order.
    in_flight: VecDeque<(u64, f64)>,
    window: Window,
    sources: Option<Sources>,
}

/// Samples of the last seconds, each of which holds until the next.
#[derive(Clone, Debug, Default)]
struct Window {
    /// Since when, and price.
    samples: VecDeque<(u64, f64)>,
}

impl Window {
    /// Takes a sample, and returns the mean over the seconds until `time`: the new price holds from the
    /// sample before it on, as a pool's accumulator counts it when it is read right after the trade.
    fn mean(&mut self, usd: f64, time: u64, seconds: u64) -> f64 {
        self.samples.push_back((time, usd));
        let oldest = time.saturating_sub(seconds);
        while self
            .samples
            .get(1)
            .is_some_and(|(until, _)| *until <= oldest)
        {
            self.samples.pop_front();
        }
        let (mut sum, mut length) = (0.0, 0.0);
        let mut from = self.samples.front().map_or(time, |first| first.0);
        for (until, price) in self.samples.iter().skip(1) {
            let held = until.saturating_sub(from.max(oldest)) as f64;
            sum += held * price;
            length += held;
            from = *until;
        }
        if length > 0.0 { sum / length } else { usd }
    }
}

impl Feed {
    /// A feed that has just answered `usd`.
    pub fn new(config: FeedConfig, usd: f64, time: u64) -> Self {
        Self {
            config,
            answer: usd,
            confirmed: time,
            last: (usd, time),
            in_flight: VecDeque::new(),
            window: Window {
                samples: VecDeque::from([(time, usd)]),
            },
            sources: None,
        }
    }

    /// The feed with several sources behind it.
    pub(crate) fn with_sources(self, sources: Option<Sources>) -> Self {
        Self { sources, ..self }
    }

    /// Whether an oracle of several sources is behind it.
    pub(crate) fn has_sources(&self) -> bool {
        self.sources.is_some()
    }

    /// Samples what the market shows and returns the answer that holds now, USD. Where an oracle of several
    /// sources has no price that is good enough to liquidate at, no round starts.
    pub(crate) fn look(&mut self, seen: &Seen<'_>, time: u64) -> f64 {
        let usd = match &mut self.sources {
            Some(sources) => sources.ask(seen, time).unwrap_or(f64::NAN),
            None => seen.blended,
        };
        self.sample(usd, time)
    }

    /// Samples the source price and returns the answer that holds now, USD.
    pub fn sample(&mut self, usd: f64, time: u64) -> f64 {
        let usd = if self.config.twap_s > 0 && usd.is_finite() && usd > 0.0 {
            self.window.mean(usd, time, self.config.twap_s)
        } else {
            usd
        };
        if self.starts_round(usd, time) {
            self.last = (usd, time);
            let arrival = time.saturating_add(self.config.delay_s);
            self.in_flight.push_back((arrival, usd));
        }
        while let Some(&(arrival, price)) = self.in_flight.front() {
            if arrival > time {
                break;
            }
            self.answer = price;
            self.confirmed = arrival.saturating_sub(self.config.delay_s);
            self.in_flight.pop_front();
        }
        self.answer
    }

    /// The answer that holds now, USD.
    pub fn answer(&self) -> f64 {
        self.answer
    }

    /// Seconds since the answer that holds was sampled.
    pub fn age_s(&self, time: u64) -> u64 {
        time.saturating_sub(self.confirmed)
    }

    fn starts_round(&self, usd: f64, time: u64) -> bool {
        let (price, since) = self.last;
        let due = time.saturating_sub(since) >= self.config.heartbeat_s;
        let moved = (usd / price - 1.0).abs() >= self.config.deviation;
        usd.is_finite() && usd > 0.0 && (due || moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples every 60 s from time 60 on.
    fn answers(config: FeedConfig, prices: &[f64]) -> Vec<f64> {
        let mut feed = Feed::new(config, 100.0, 0);
        let times = (1u64..).map(|k| 60 * k);
        prices
            .iter()
            .zip(times)
            .map(|(p, t)| feed.sample(*p, t))
            .collect()
    }

    #[test]
    fn answers_are_tables() {
        let config = |deviation, heartbeat_s, delay_s| FeedConfig {
            deviation,
            heartbeat_s,
            delay_s,
            twap_s: 0,
        };
        let falling = [99.9, 99.6, 99.4, 99.0, 98.9, 98.8];
        for (config, want) in [
            // Every step.
            (config(0.0, 3_600, 0), falling),
            // At 99.4 (0.6 % below 100), then at 98.9 (0.503 % below 99.4).
            (
                config(0.005, 3_600, 0),
                [100.0, 100.0, 99.4, 99.4, 98.9, 98.9],
            ),
            // The same rounds, each two steps later.
            (
                config(0.005, 3_600, 120),
                [100.0, 100.0, 100.0, 100.0, 99.4, 99.4],
            ),
            // A delay that is no multiple of the step waits for the next one.
            (
                config(0.005, 3_600, 61),
                [100.0, 100.0, 100.0, 100.0, 99.4, 99.4],
            ),
            // By heartbeat only.
            (config(0.5, 120, 0), [100.0, 99.6, 99.6, 99.0, 99.0, 98.8]),
            // A round in flight does not hold up the next.
            (
                config(0.0, 3_600, 60),
                [100.0, 99.9, 99.6, 99.4, 99.0, 98.9],
            ),
        ] {
            assert_eq!(answers(config, &falling), want, "{config:?}");
        }
    }

    #[test]
    fn answers_age_until_the_next_arrives() {
        let config = FeedConfig {
            deviation: 0.5,
            heartbeat_s: 120,
            delay_s: 60,
            twap_s: 0,
        };
        let mut feed = Feed::new(config, 100.0, 0);
        // Sampled at 120 and 240, heard at 180 and 300.
        let ages = (1u64..=5).map(|k| {
            feed.sample(100.0, 60 * k);
            feed.age_s(60 * k)
        });
        assert_eq!(ages.collect::<Vec<_>>(), [60, 120, 60, 120, 60]);
    }

    #[test]
    fn a_price_that_is_none_keeps_the_answer() {
        let config = FeedConfig {
            deviation: 0.0,
            heartbeat_s: 1,
            delay_s: 0,
            twap_s: 0,
        };
        let got = answers(config, &[0.0, f64::NAN, f64::INFINITY, 50.0]);
        assert_eq!(got, [100.0, 100.0, 100.0, 50.0]);
    }

    #[test]
    fn a_mean_over_time_follows_slowly() {
        let config = FeedConfig {
            deviation: 0.0,
            heartbeat_s: 1,
            delay_s: 0,
            twap_s: 180,
        };
        // The first sample is all there is of the window; then the new price fills it by thirds.
        let got = answers(config, &[100.0, 100.0, 70.0, 70.0, 70.0, 70.0]);
        assert_eq!(got, [100.0, 100.0, 90.0, 80.0, 70.0, 70.0]);
    }

    #[test]
    fn refuses_bad_settings() {
        for (deviation, heartbeat_s, want) in [
            (
                -0.1,
                1,
                "f.deviation: must be a number of at least 0, found -0.1",
            ),
            (0.1, 0, "f.heartbeat_s: must be above 0"),
        ] {
            let config = FeedConfig {
                deviation,
                heartbeat_s,
                delay_s: 0,
                twap_s: 0,
            };
            assert_eq!(config.check("f").unwrap_err().to_string(), want);
        }
    }
}
