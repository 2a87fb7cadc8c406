//! Events that arrive at random with a constant intensity.

use chacha20::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

/// A Poisson process, told step by step.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// Mean number of events a step.
    rate: f64,
    /// Steps until the next event.
    wait: f64,
}

impl Arrivals {
    pub(super) fn new(rate: f64, rng: &mut ChaCha8Rng) -> Self {
        let mut arrivals = Self { rate, wait: 0.0 };
        arrivals.wait = arrivals.gap(rng);
        arrivals
    }

    /// Goes one step on; `event` hears of each event and which share of the step is left after it.
    pub(super) fn step(
        &mut self,
        rng: &mut ChaCha8Rng,
        mut event: impl FnMut(f64, &mut ChaCha8Rng),
    ) {
        while self.wait < 1.0 {
            event(1.0 - self.wait, rng);
            self.wait += self.gap(rng);
        }
        self.wait -= 1.0;
    }

    fn gap(&self, rng: &mut ChaCha8Rng) -> f64 {
        if self.rate <= 0.0 {
            return f64::INFINITY;
        }
        let gap: f64 = Exp1.sample(rng);
        gap / self.rate
    }
}
