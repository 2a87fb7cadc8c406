//! Two regimes of volatility with one drift (Hamilton 1989): the chance of each regime is carried from
//! return to return. A regime is taken to last for whole returns, with the chances of switching of a
//! chain in continuous time: P(switch from 1 to 2) = q₁/(q₁+q₂)·(1 − e^{−(q₁+q₂)·step}), q = 1/stay.

use super::likelihood::{Likelihood, Wanted, maximise, normal_cdf, share};
use super::{Family, Fitted, Sample};
use crate::price::{PriceModel, Regime, Regimes, YEAR_S};

/// Regimes.
const COUNT: usize = 2;
/// Longest mean stay as a multiple of the sample.
const STAY_MAX: f64 = 10.0;

struct Process<'a> {
    sample: &'a Sample,
    mean: f64,
    deviation: f64,
}

/// Parameters of one return; the calmer regime comes first.
struct OneStep {
    deviation: [f64; COUNT],
    /// Mean stays in returns.
    stay: [f64; COUNT],
    mean: f64,
}

pub(super) fn fit(sample: &Sample) -> Fitted {
    let (mean, variance) = sample.moments();
    let process = Process {
        sample,
        mean,
        deviation: variance.sqrt(),
    };
    maximise(sample, &process)
}

impl Process<'_> {
    /// Free: log of the calm deviation over the sample's, how much wilder the other is, both stays
    /// between half a return and ten samples, mean in its standard errors.
    ///
    /// Neither deviation falls below a hundredth of the sample's.
    fn one_step(&self, free: &[f64]) -> OneStep {
        let n = self.sample.returns.len() as f64;
        let calm = self.deviation * (0.01 + free[0].exp());
        let stay = |free: f64| 0.5 * (share(free) * (2.0 * STAY_MAX * n).ln()).exp();
        OneStep {
            deviation: [calm, calm * (1.0 + free[1].exp())],
            stay: [stay(free[2]), stay(free[3])],
            mean: self.mean + free[4] * self.deviation / n.sqrt(),
        }
    }
}

impl OneStep {
    /// Chances of switching out of each regime within a return.
    fn switches(&self) -> [f64; COUNT] {
        let rates = self.stay.map(f64::recip);
        let total = rates[0] + rates[1];
        let moved = -(-total).exp_m1();
        rates.map(|rate| rate / total * moved)
    }
}

impl Likelihood for Process<'_> {
    fn family(&self) -> Family {
        Family::Regimes
    }

    fn names(&self) -> &'static [&'static str] {
        &[
            "volatility of the calm",
            "volatility of the wild",
            "mean_stay_s of the calm",
            "mean_stay_s of the wild",
            "drift of the log price",
        ]
    }

    fn natural(&self, free: &[f64]) -> Vec<f64> {
        let (one, step) = (self.one_step(free), self.sample.step());
        let seconds = f64::from(self.sample.step_s);
        vec![
            one.deviation[0] / step.sqrt(),
            one.deviation[1] / step.sqrt(),
            one.stay[0] * seconds,
            one.stay[1] * seconds,
            one.mean / step,
        ]
    }

    fn walk(&self, free: &[f64], wanted: Wanted, each: &mut dyn FnMut(f64, f64)) {
        let one = self.one_step(free);
        let switch = one.switches();
        let scale = (2.0 * std::f64::consts::PI).sqrt().recip();
        let inverse = one.deviation.map(f64::recip);
        // Chance of the first regime before a return is seen: at first that of the long run.
        let mut calm = one.stay[0] / (one.stay[0] + one.stay[1]);
        for r in &self.sample.returns {
            let z = inverse.map(|inverse| (r - one.mean) * inverse);
            let weights = [calm, 1.0 - calm];
            let part = |i: usize| weights[i] * inverse[i] * (-0.5 * z[i] * z[i]).exp();
            let parts = [part(0), part(1)];
            let density = parts[0] + parts[1];
            let chance = match wanted {
                Wanted::Densities => 0.0,
                Wanted::Chances => weights[0] * normal_cdf(z[0]) + weights[1] * normal_cdf(z[1]),
            };
            each((density * scale).ln(), chance);
            let seen = parts[0] / density;
            calm = seen * (1.0 - switch[0]) + (1.0 - seen) * switch[1];
        }
    }

    fn starts(&self) -> Vec<Vec<f64>> {
        let mut starts = Vec::new();
        for calm in [0.5f64, 0.8] {
            for wild in [0.5f64, 2.0] {
                for stay in [-0.5, 0.5] {
                    starts.push(vec![calm.ln(), wild.ln(), stay, stay - 0.5, 0.0]);
                }
            }
        }
        starts
    }

    fn model(&self, free: &[f64]) -> PriceModel {
        let natural = self.natural(free);
        let regime = |i: usize| Regime {
            volatility: natural[i],
            drift: natural[4] + natural[i].powi(2) / 2.0,
            mean_stay_s: natural[2 + i].clamp(1.0, 1_000.0 * YEAR_S),
            next: Vec::new(),
        };
        PriceModel::Regimes(Regimes {
            start: self.sample.last,
            regimes: vec![regime(0), regime(1)],
            first: None,
        })
    }
}
