//! Recorded forced sales, replayed on a market of stated depth.
//!
//! At each step the recorded price moves by its own return and the displacement of the market from
//! it recovers. Recorded forced sales join a queue; the market takes from its head what it can take
//! in a window of steps, and each sale displaces the price. What waits in the queue has lost by as
//! much as the price has fallen since it joined: the largest such fall is what a liquidation bonus
//! has to cover.
//!
//! The response of the price is either a venue of the lab or the [`Response::Factor`] of Risk DAO's
//! simulation of January 2021: the price is multiplied by (x / (x + q))² for a sale of q tokens, as in
//! a pool with x tokens that is filled again at once, and what is missing of the factor from 1 halves
//! at a constant rate a step.
//!
//! Recorded flow follows recorded prices. That a lower price would have brought more forced sales is
//! [`ReplayConfig::followers`]: each new low of the displacement by a further 1 % of the logarithm
//! brings a hundredth of so many tokens into the queue at the next step. Off by default.

use super::ForcedFlow;
use crate::error::{ConfigError, require, require_not_negative, require_positive, require_within};
use crate::venue::{Venue, VenueConfig};
use std::collections::VecDeque;

/// How sales move the price.
#[derive(Clone, Debug)]
pub enum Response {
    /// A factor on the recorded price.
    Factor {
        /// Tokens x in (x / (x + q))².
        reserve: f64,
        /// Steps in which half of what is missing from 1 is recovered.
        half_life_steps: f64,
    },
    /// A venue whose outside price is the recorded one. Its asset is the first.
    Venue(Box<VenueConfig>),
}

/// What is replayed, and on what.
#[derive(Clone, Debug)]
pub struct ReplayConfig {
    /// Recorded returns, times this.
    pub amplify: f64,
    /// Recorded forced sales, times this.
    pub flow: f64,
    /// Tokens that the market takes in a window; infinite for all that it can.
    pub capacity: f64,
    /// Steps of that window before the present one.
    pub window: usize,
    /// Tokens sold by force for each 1 of a new low of the displacement's logarithm.
    pub followers: f64,
    /// Tokens closed without a sale at each step at which something waits. 0 unless another program
    /// is to be met that does so.
    pub rounding: f64,
    /// How sales move the price.
    pub response: Response,
}

/// One step, before its sale moves the price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds since 1970.
    pub time: u64,
    /// Price with the displacement so far, USD.
    pub price: f64,
    /// Tokens that joined the queue.
    pub joined: f64,
    /// Tokens in the queue.
    pub open: f64,
    /// Tokens that the market could take.
    pub capacity: f64,
    /// Tokens sold.
    pub sold: f64,
    /// Largest fall so far of what waited, as a share.
    pub fall_max: f64,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Steps.
    pub steps: usize,
    /// Tokens sold by force in the record, times [`ReplayConfig::flow`].
    pub recorded: f64,
    /// Tokens that followed.
    pub followed: f64,
    /// Tokens sold.
    pub sold: f64,
    /// Tokens left in the queue at the end.
    pub open: f64,
    /// Largest fall of the price while a sale waited, as a share.
    pub fall_max: f64,
    /// Price at that fall, USD.
    pub price_at_fall_max: f64,
    /// Tokens in the queue at that fall.
    pub open_at_fall_max: f64,
    /// Lowest displacement, as a share of the recorded price.
    pub displacement_min: f64,
    /// Most tokens that joined within one day of universal time.
    pub day_max: f64,
    /// What sales brought less than the recorded price, USD.
    pub shortfall_usd: f64,
}

/// Replays a record and shows each step.
///
/// # Errors
/// When a field of the configuration is out of range or the record's lists differ in length.
pub fn replay(
    flow: &ForcedFlow,
    config: &ReplayConfig,
    mut each: impl FnMut(&Step),
) -> Result<Outcome, ConfigError> {
    check(flow, config)?;
    let (first, start) = (flow.price[0], flow.times[0]);
    let mut state = State::new(config, first, start)?;
    let (mut outside, mut before, mut time_before) = (first, first, start);
    let rows = flow.times.iter().zip(&flow.price).zip(&flow.sold);
    for ((&time, &price), &sold) in rows {
        outside += outside * (price / before - 1.0) * config.amplify;
        let dt = (time - time_before) as f64;
        each(&state.step((time, dt), outside, sold * config.flow));
        (before, time_before) = (price, time);
    }
    Ok(Outcome {
        open: state.queue.open,
        day_max: state.outcome.day_max.max(state.day_sum),
        ..state.outcome
    })
}

fn check(flow: &ForcedFlow, config: &ReplayConfig) -> Result<(), ConfigError> {
    let rows = flow.times.len();
    require(
        rows > 0 && flow.price.len() == rows && flow.sold.len() == rows,
        || "flow".to_owned(),
        || "must have as many prices and sales as times, at least one".to_owned(),
    )?;
    let rise = flow.times.windows(2).all(|pair| pair[0] < pair[1]);
    require(rise, || "flow.times".to_owned(), || "must rise".to_owned())?;
    for (i, (price, sold)) in flow.price.iter().zip(&flow.sold).enumerate() {
        require_positive(*price, || format!("flow.price[{i}]"))?;
        require_not_negative(*sold, || format!("flow.sold[{i}]"))?;
    }
    require_within(config.amplify, (0.0, 10.0), || "amplify".to_owned())?;
    require_not_negative(config.flow, || "flow".to_owned())?;
    require(
        config.capacity > 0.0,
        || "capacity".to_owned(),
        || format!("must be above 0, found {}", config.capacity),
    )?;
    require_not_negative(config.followers, || "followers".to_owned())?;
    require_not_negative(config.rounding, || "rounding".to_owned())
}

/// Share of a forced sale below which what is left of it is rounding.
const DUST: f64 = 1e-9;

/// First in, first out; knows the highest price at which anything in it joined.
#[derive(Debug, Default)]
struct Queue {
    /// Tokens of each forced sale that are left.
    waiting: VecDeque<f64>,
    /// Prices that no later entry exceeds, from the highest; with how many entries each stands for.
    peaks: VecDeque<(f64, usize)>,
    open: f64,
}

impl Queue {
    fn join(&mut self, tokens: f64, price: f64) {
        self.waiting.push_back(tokens);
        self.open += tokens;
        let mut count = 1;
        while let Some((_, below)) = self.peaks.pop_back_if(|(peak, _)| *peak <= price) {
            count += below;
        }
        self.peaks.push_back((price, count));
    }

    fn peak(&self) -> Option<f64> {
        self.peaks.front().map(|(price, _)| *price)
    }

    /// Closes so many tokens from the head on.
    fn close(&mut self, mut tokens: f64) {
        while let Some(head) = self.waiting.front_mut() {
            if *head * (1.0 - DUST) > tokens {
                *head -= tokens;
                self.open -= tokens;
                return;
            }
            tokens = (tokens - *head).max(0.0);
            self.open -= *head;
            self.waiting.pop_front();
            if let Some((_, count)) = self.peaks.front_mut() {
                *count -= 1;
                if *count == 0 {
                    self.peaks.pop_front();
                }
            }
        }
        // Sums of what came and went leave the last digits behind.
        self.open = 0.0;
    }
}

/// What the market took in the last steps.
#[derive(Debug)]
struct Window {
    taken: Vec<f64>,
    at: usize,
    sum: f64,
}

impl Window {
    fn push(&mut self, sold: f64) {
        if let Some(oldest) = self.taken.get_mut(self.at) {
            self.sum += sold - *oldest;
            *oldest = sold;
            self.at += 1;
        }
        if self.at == self.taken.len() {
            self.at = 0;
            // Once a round, so that the running sum does not drift.
            self.sum = self.taken.iter().sum();
        }
    }
}

#[derive(Debug)]
enum Market {
    Factor {
        reserve: f64,
        keep: f64,
        factor: f64,
    },
    Venue(Box<Venue>),
}

impl Market {
    fn advance(&mut self, outside: f64, dt: f64, time: u64) -> f64 {
        match self {
            Self::Factor { keep, factor, .. } => {
                *factor = 1.0 - (1.0 - *factor) * *keep;
                outside * *factor
            }
            Self::Venue(venue) => {
                venue.step(outside, dt, time);
                venue.mid()
            }
        }
    }

    /// Tokens sold, what they brought, and the displacement as a share of the outside price.
    fn sell(&mut self, tokens: f64, outside: f64) -> (f64, f64, f64) {
        match self {
            Self::Factor {
                reserve, factor, ..
            } => {
                let root = *reserve / (*reserve + tokens);
                let usd = outside * *factor * tokens * root;
                *factor *= root * root;
                (tokens, usd, *factor - 1.0)
            }
            Self::Venue(venue) => {
                let fill = venue.sell(tokens);
                (fill.base, fill.usd, fill.mid_after / outside - 1.0)
            }
        }
    }
}

#[derive(Debug)]
struct State<'a> {
    config: &'a ReplayConfig,
    market: Market,
    queue: Queue,
    window: Window,
    outcome: Outcome,
    /// Lowest logarithm of the displacement so far, and what its last fall brings.
    low: f64,
    following: f64,
    day: u64,
    day_sum: f64,
}

impl<'a> State<'a> {
    fn new(config: &'a ReplayConfig, price: f64, time: u64) -> Result<Self, ConfigError> {
        let market = match &config.response {
            Response::Factor {
                reserve,
                half_life_steps,
            } => {
                require_positive(*reserve, || "response.reserve".to_owned())?;
                require_positive(*half_life_steps, || "response.half_life_steps".to_owned())?;
                Market::Factor {
                    reserve: *reserve,
                    keep: (-half_life_steps.recip()).exp2(),
                    factor: 1.0,
                }
            }
            Response::Venue(venue) => {
                let venue = Venue::new(VenueConfig::clone(venue), &[price], time, "response")?;
                Market::Venue(Box::new(venue))
            }
        };
        Ok(Self {
            config,
            market,
            queue: Queue::default(),
            window: Window {
                taken: vec![0.0; config.window],
                at: 0,
                sum: 0.0,
            },
            outcome: Outcome::default(),
            low: 0.0,
            following: 0.0,
            day: 0,
            day_sum: 0.0,
        })
    }

    fn step(&mut self, (time, dt): (u64, f64), outside: f64, recorded: f64) -> Step {
        let price = self.market.advance(outside, dt, time);
        let joined = recorded + std::mem::take(&mut self.following);
        self.count(time, recorded, joined);
        if joined > 0.0 {
            self.queue.join(joined, price);
        }
        let open = self.queue.open;
        if let Some(peak) = self.queue.peak() {
            let fall = (peak - price) / peak;
            if fall > self.outcome.fall_max {
                self.outcome.fall_max = fall;
                self.outcome.price_at_fall_max = price;
                self.outcome.open_at_fall_max = open;
            }
        }
        let capacity = (self.config.capacity - self.window.sum).max(0.0);
        let sold = if open > 0.0 && capacity > 0.0 {
            self.sell(open.min(capacity), outside)
        } else {
            0.0
        };
        self.queue.close(sold + self.config.rounding);
        self.window.push(sold);
        Step {
            time,
            price,
            joined,
            open,
            capacity,
            sold,
            fall_max: self.outcome.fall_max,
        }
    }

    fn sell(&mut self, tokens: f64, outside: f64) -> f64 {
        let (sold, usd, displacement) = self.market.sell(tokens, outside);
        let outcome = &mut self.outcome;
        outcome.sold += sold;
        outcome.shortfall_usd += sold * outside - usd;
        outcome.displacement_min = outcome.displacement_min.min(displacement);
        if self.config.followers > 0.0 {
            let log = displacement.ln_1p();
            let fall = self.low - log;
            if fall > 0.0 && fall.is_finite() {
                self.following += self.config.followers * fall;
                self.low = log;
            }
        }
        sold
    }

    fn count(&mut self, time: u64, recorded: f64, joined: f64) {
        let day = time / 86_400;
        if day != self.day {
            self.outcome.day_max = self.outcome.day_max.max(self.day_sum);
            (self.day, self.day_sum) = (day, 0.0);
        }
        self.day_sum += joined;
        self.outcome.steps += 1;
        self.outcome.recorded += recorded;
        self.outcome.followed += joined - recorded;
    }
}

#[cfg(test)]
mod tests;
