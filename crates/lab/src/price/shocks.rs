//! Scripted moves on top of another process.

use super::fall::Jumps;
use super::plan::{Draw, Process};
use super::{Grid, PriceModel};
use crate::error::{ConfigError, require};

/// Largest scripted move of the log price.
const MOVE_MAX: f64 = 20.0;

/// A process whose price is multiplied by e^move from scripted times on.
#[derive(Clone, Debug)]
pub struct Shocks {
    /// The process beneath.
    pub on: Box<PriceModel>,
    /// The moves, in any order; where they overlap they add up.
    pub moves: Vec<Move>,
}

/// One scripted move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// When it begins, seconds since 1970.
    pub time: u64,
    /// Change of the log price; −0.5 is a fall by 39 %.
    pub log_move: f64,
    /// Seconds over which the log price moves in a straight line; 0 for at once.
    pub over_s: u64,
}

impl Move {
    /// Change of the log price up to a time.
    fn until(&self, time: u64) -> f64 {
        match time.checked_sub(self.time) {
            None => 0.0,
            Some(passed) if passed >= self.over_s => self.log_move,
            Some(passed) => self.log_move * passed as f64 / self.over_s as f64,
        }
    }
}

#[derive(Debug)]
struct Ready {
    on: Box<dyn Process>,
    /// By step.
    factors: Vec<f64>,
}

impl Shocks {
    pub(super) fn prepare(
        &self,
        all: &[PriceModel],
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        for (i, one) in self.moves.iter().enumerate() {
            require(
                one.log_move.abs() <= MOVE_MAX,
                || format!("{field}.moves[{i}].log_move"),
                || {
                    format!(
                        "must lie between -{MOVE_MAX} and {MOVE_MAX}, found {}",
                        one.log_move
                    )
                },
            )?;
        }
        let factor = |step| {
            let moves = self.moves.iter().map(|one| one.until(grid.time(step)));
            moves.sum::<f64>().exp()
        };
        Ok(Box::new(Ready {
            on: self.on.prepare(all, grid, field)?,
            factors: (0..grid.steps).map(factor).collect(),
        }))
    }
}

impl Process for Ready {
    fn driven(&self) -> bool {
        self.on.driven()
    }

    fn jumps(&self) -> Option<Jumps> {
        self.on.jumps()
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        self.on.draw(path, draw);
        path.iter_mut()
            .zip(&self.factors)
            .for_each(|(value, factor)| *value *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Constant, Dependence, Follows, Gbm, PricePlan, paths};

    const GRID: Grid = Grid {
        start: 1_000,
        step_s: 10,
        steps: 5,
    };

    fn shocked(on: PriceModel, moves: &[(u64, f64, u64)]) -> PriceModel {
        let one = |&(time, log_move, over_s): &(u64, f64, u64)| Move {
            time,
            log_move,
            over_s,
        };
        PriceModel::Shocks(Shocks {
            on: Box::new(on),
            moves: moves.iter().map(one).collect(),
        })
    }

    #[test]
    fn moves_are_tables() {
        for (moves, want) in [
            (vec![], [0.0; 5]),
            (vec![(1_010, -0.5, 0)], [0.0, -0.5, -0.5, -0.5, -0.5]),
            (vec![(1_011, -0.5, 0)], [0.0, 0.0, -0.5, -0.5, -0.5]),
            (vec![(1_010, -0.6, 20)], [0.0, 0.0, -0.3, -0.6, -0.6]),
            (vec![(990, -0.4, 40)], [-0.1, -0.2, -0.3, -0.4, -0.4]),
            (
                vec![(1_000, -0.4, 20), (1_020, 0.4, 20)],
                [0.0, -0.2, -0.4, -0.2, 0.0],
            ),
        ] {
            let model = shocked(PriceModel::Constant(Constant { usd: 100.0 }), &moves);
            let got = paths(&[model], &Dependence::default(), &GRID, 1).unwrap();
            for (usd, log) in got.usd[0].iter().zip(want) {
                let expected = 100.0 * f64::exp(log);
                assert!((usd - expected).abs() < 1e-9, "{moves:?}: {:?}", got.usd[0]);
            }
        }
    }

    #[test]
    fn the_process_beneath_keeps_its_draws_and_followers_feel_the_move() {
        let gbm = PriceModel::Gbm(Gbm {
            start: 100.0,
            volatility: 0.8,
            drift: 0.0,
        });
        let follower = PriceModel::Follows(Follows {
            asset: 0,
            ratio: 2.0,
        });
        let draw = |models: &[PriceModel]| {
            PricePlan::new(models, &Dependence::default(), &GRID)
                .unwrap()
                .paths(3)
        };
        let plain = draw(&[gbm.clone(), follower.clone()]);
        let moved = draw(&[shocked(gbm, &[(1_020, -0.5, 0)]), follower]);
        for asset in 0..2 {
            assert_eq!(plain.usd[asset][..2], moved.usd[asset][..2]);
            let want = plain.usd[asset][4] * f64::exp(-0.5);
            assert!((moved.usd[asset][4] / want - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_a_move_that_is_no_number() {
        let model = shocked(
            PriceModel::Constant(Constant { usd: 1.0 }),
            &[(0, f64::NAN, 0)],
        );
        let got = paths(&[model], &Dependence::default(), &GRID, 1).unwrap_err();
        let want = "assets[0].price.moves[0].log_move: must lie between -20 and 20, found NaN";
        assert_eq!(got.to_string(), want);
    }
}
