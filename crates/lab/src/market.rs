//! Prices and venues together, and how forced sales come back as a lower oracle price.
//!
//! **Assumptions, modelled and not measured.** Three prices exist for each asset:
//!
//! - the *outside* price: the process's price times e^shift. The shift starts at 0. After a forced
//!   trade that moves the weighted mid of the asset's venues by Δ (in logarithm), the shift moves by
//!   s·Δ and stays; the rest of Δ fades with the venues' half-life. s is the venue's own permanent share,
//!   or else [`Impact::permanent_share`]; of a trade split over venues, their mean weighted by what each
//!   adds to the move of the weighted mid;
//! - the *venue* price: the weighted mean of the mids of the asset's venues;
//! - the *source* price, which the oracle's feed samples:
//!   (1 − [`Impact::venue_weight`])·outside + `venue_weight`·venue. The weight is the share of the
//!   oracle's sources that are, or follow at once, the venues on which liquidators sell.
//!
//! With [`FeedbackMode::Off`] the shift stays 0 and the source price is the process's price. Sales
//! still pay for the depth that they use and venues still recover, so a pair of runs with one seed
//! differs only in whether the selling moves the oracle.

use crate::error::{ConfigError, require_share};
use crate::price::{Grid, PathDraw, PricePaths, PricePlan};
use crate::venue::{Fill, Router, Routing, Side, Venue, VenueConfig};

/// Whether forced sales reach the oracle's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackMode {
    /// Sales pay slippage, and the oracle does not see them.
    Off,
    /// Sales move the price that the oracle sees.
    On,
}

/// How forced sales move the oracle's price. See the module's text for the formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impact {
    /// Whether they do at all.
    pub mode: FeedbackMode,
    /// Share of the oracle's sources that are the venues of this world, 0 to 1.
    pub venue_weight: f64,
    /// Share of a trade's impact that stays in the outside price for good, 0 to 1.
    pub permanent_share: f64,
    /// Where trades go.
    pub routing: Routing,
}

/// Prices and venues at one step.
#[derive(Clone, Debug)]
pub struct Market {
    paths: PricePaths,
    grid: Grid,
    impact: Impact,
    router: Router,
    step: u32,
    shift: Vec<f64>,
    outside: Vec<f64>,
}

impl Market {
    /// A market at step 0 of the paths that the plan draws.
    ///
    /// # Errors
    /// When a venue or the impact is badly set.
    pub fn new(
        prices: &PricePlan,
        venues: Vec<VenueConfig>,
        impact: Impact,
        draw: impl Into<PathDraw>,
    ) -> Result<Self, ConfigError> {
        require_share(impact.venue_weight, || "impact.venue_weight".to_owned())?;
        require_share(impact.permanent_share, || {
            "impact.permanent_share".to_owned()
        })?;
        let (grid, paths) = (prices.grid(), prices.paths(draw));
        let first = |path: &Vec<f64>| path.first().copied().unwrap_or(0.0);
        let outside: Vec<f64> = paths.usd.iter().map(first).collect();
        let venues = venues
            .into_iter()
            .enumerate()
            .map(|(i, config)| Venue::new(config, &outside, grid.start, &format!("venues[{i}]")))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            router: Router::new(venues, outside.len(), impact.routing),
            shift: vec![0.0; outside.len()],
            step: 0,
            paths,
            grid,
            impact,
            outside,
        })
    }

    /// Moves to a later step: the outside prices move and the venues recover toward them.
    pub fn advance(&mut self, step: u32) {
        let dt = f64::from(step.saturating_sub(self.step)) * f64::from(self.grid.step_s);
        self.step = step;
        self.refresh();
        self.router.step(&self.outside, dt, self.grid.time(step));
    }

    /// Logarithm of the density of a tilted law over the model's at these paths.
    pub fn log_ratio(&self) -> f64 {
        self.paths.log_ratio
    }

    /// Lets the venues recover for some seconds at the present outside prices.
    pub(crate) fn rest(&mut self, dt: f64) {
        let time = self.grid.time(self.step);
        self.router.step(&self.outside, dt, time);
    }

    /// Outside prices by asset, USD.
    pub fn outside(&self) -> &[f64] {
        &self.outside
    }

    /// Outside price of one asset, USD; 0 for an asset that does not exist.
    pub fn outside_of(&self, asset: usize) -> f64 {
        self.outside.get(asset).copied().unwrap_or(0.0)
    }

    /// Outside prices by asset at a step where nobody sold anything, USD.
    pub fn undisturbed(&self, step: u32) -> Vec<f64> {
        let at = |path: &Vec<f64>| path.get(step as usize).or(path.last()).copied();
        let paths = self.paths.usd.iter();
        paths.map(|path| at(path).unwrap_or(0.0)).collect()
    }

    /// Weighted mid of an asset's venues, USD; the outside price where it has none.
    pub fn venue_mid(&self, asset: usize) -> f64 {
        self.router.mid(asset, self.outside_of(asset))
    }

    /// Mid of one venue, USD; the outside price of an asset where there is no such venue, and without feedback.
    pub fn mid_of(&self, venue: usize, asset: usize) -> f64 {
        let outside = self.outside_of(asset);
        match self.impact.mode {
            FeedbackMode::Off => outside,
            FeedbackMode::On => self.router.mid_of(venue).unwrap_or(outside),
        }
    }

    /// Price that the oracle's feed samples, USD.
    pub fn source(&self, asset: usize) -> f64 {
        let outside = self.outside_of(asset);
        match self.impact.mode {
            FeedbackMode::Off => outside,
            FeedbackMode::On => {
                let weight = self.impact.venue_weight;
                (1.0 - weight) * outside + weight * self.venue_mid(asset)
            }
        }
    }

    /// Tokens that can be sold at once before the next one fetches less than the mid by this share; without a
    /// venue any number.
    pub fn sellable(&self, asset: usize, fall: f64) -> f64 {
        let price = self.venue_mid(asset) * (1.0 - fall);
        self.router.until(asset, Side::Sell, price)
    }

    /// What a trade would do.
    pub fn quote(&self, asset: usize, side: Side, base: f64) -> Fill {
        self.router.quote(asset, side, base, self.outside_of(asset))
    }

    /// Tokens of a trade by venue, in the order of the asset's venues; without a venue nothing.
    pub(crate) fn parts(&self, asset: usize, side: Side, base: f64) -> Vec<f64> {
        self.router.parts(asset, side, base)
    }

    /// A forced trade; its permanent part moves the outside price.
    pub fn trade(&mut self, asset: usize, side: Side, base: f64) -> Fill {
        let outside = self.outside_of(asset);
        let before = self.router.mid(asset, outside);
        let stays = self.impact.permanent_share;
        let (fill, stays) = self.router.trade(asset, side, base, (outside, stays));
        let moved = (self.router.mid(asset, outside) / before).ln() * stays;
        if self.impact.mode == FeedbackMode::On && moved != 0.0 && moved.is_finite() {
            if let Some(shift) = self.shift.get_mut(asset) {
                *shift += moved;
            }
            self.refresh();
            self.router.absorb(asset, self.outside_of(asset));
        }
        fill
    }

    /// Outside prices from the paths and the shifts, along the chains of followers.
    fn refresh(&mut self) {
        for asset in 0..self.outside.len() {
            let path = self.paths.usd.get(asset);
            let own = path.and_then(|p| p.get(self.step as usize).or(p.last()));
            let usd = own.copied().unwrap_or(0.0) * self.total_shift(asset).exp();
            if let Some(outside) = self.outside.get_mut(asset) {
                *outside = usd;
            }
        }
    }

    fn total_shift(&self, asset: usize) -> f64 {
        let parent = |a: &usize| self.paths.follows.get(*a).copied().flatten();
        std::iter::successors(Some(asset), parent)
            .filter_map(|a| self.shift.get(a))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Constant, Dependence, Follows, Historical, PriceModel, Refine};
    use crate::venue::{
        Concentrated, ConstantProduct, DepthConfig, Level, Linear, Liquidity, OrderBook, Range,
        SquareRoot, VolatilityRule, Withdrawal,
    };

    fn market(mode: FeedbackMode, venue_weight: f64, permanent_share: f64) -> Market {
        let prices = [
            PriceModel::Constant(Constant { usd: 200.0 }),
            PriceModel::Follows(Follows {
                asset: 0,
                ratio: 1.1,
            }),
        ];
        let venue = VenueConfig {
            name: "pool".to_owned(),
            base: 0,
            fee: 0.0,
            half_life_s: 60.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(ConstantProduct::fixed(1_000.0, 200_000.0)),
        };
        let impact = Impact {
            mode,
            venue_weight,
            permanent_share,
            routing: Routing::Best,
        };
        let grid = Grid {
            start: 0,
            step_s: 60,
            steps: 10,
        };
        let plan = PricePlan::new(&prices, &Dependence::default(), &grid).unwrap();
        Market::new(&plan, vec![venue], impact, 1).unwrap()
    }

    /// Selling 1,000 tokens takes the pool from 200 to 50: a move of −ln 4.
    #[test]
    fn a_sale_moves_the_source_as_documented() {
        use FeedbackMode::{Off, On};
        for (mode, weight, permanent, outside, source, later_source) in [
            (Off, 0.5, 0.5, 200.0, 200.0, 200.0),
            (On, 0.0, 0.0, 200.0, 200.0, 200.0),
            (On, 1.0, 0.0, 200.0, 50.0, 100.0),
            (On, 0.4, 0.0, 200.0, 140.0, 160.0),
            // Half of the move stays: outside 100; the venue goes on from 50 to it.
            (On, 0.0, 0.5, 100.0, 100.0, 100.0),
            (On, 1.0, 0.5, 100.0, 50.0, 100.0 / 2f64.sqrt()),
            (On, 1.0, 1.0, 50.0, 50.0, 50.0),
        ] {
            let mut market = market(mode, weight, permanent);
            let fill = market.trade(0, Side::Sell, 1_000.0);
            assert!((fill.usd - 100_000.0).abs() < 1e-6);
            market.advance(0);
            let got = [market.outside_of(0), market.source(0), {
                market.advance(1);
                market.source(0)
            }];
            let close = |(g, w): (&f64, f64)| (g - w).abs() < 1e-6;
            assert!(
                got.iter().zip([outside, source, later_source]).all(close),
                "{mode:?} {weight} {permanent}: {got:?}"
            );
            assert!((market.outside_of(1) - 1.1 * market.outside_of(0)).abs() < 1e-9);
        }
    }

    /// A pool of 1,000 tokens falls by 2 % when it holds √(1 ÷ 0.98) times as many.
    #[test]
    fn what_can_be_sold_is_told_by_the_venues() {
        let market = market(FeedbackMode::On, 1.0, 0.0);
        let want = 1_000.0 * ((1.0f64 / 0.98).sqrt() - 1.0);
        assert!((market.sellable(0, 0.02) - want).abs() < 1e-6);
        assert_eq!(market.sellable(1, 0.02), f64::INFINITY, "no venue");
    }

    /// Nobody is forced to sell: no venue of any kind moves the price, whatever depth does.
    #[test]
    fn no_trigger_no_move() {
        let points = vec![(0, 200.0), (300, 120.0), (600, 260.0)];
        let price = PriceModel::Historical(Historical::from_points(&points, Refine::Linear));
        let grid = Grid {
            start: 0,
            step_s: 60,
            steps: 10,
        };
        let plan = PricePlan::new(&[price], &Dependence::default(), &grid).unwrap();
        let range = |from, liquidity| Range { from, liquidity };
        let side = [Level {
            distance: 0.001,
            base: 5.0,
        }];
        let shapes = [
            Liquidity::ConstantProduct(ConstantProduct::fixed(1_000.0, 200_000.0)),
            Liquidity::Concentrated(Concentrated::new(vec![
                range(150.0, 1_000.0),
                range(210.0, 10.0),
                range(220.0, 0.0),
            ])),
            Liquidity::OrderBook(OrderBook::new(&side, &side)),
            Liquidity::SquareRoot(SquareRoot::new(1.0, 0.05, 1e6)),
            Liquidity::Linear(Linear::new(1e-4)),
        ];
        let depth = DepthConfig {
            window_s: 600.0,
            volatility: Some(VolatilityRule {
                normal: 0.1,
                sensitivity: 2.0,
            }),
            withdrawal: Some(Withdrawal {
                at_fall: 0.05,
                share: 0.5,
                return_half_life_s: 60.0,
            }),
            recorded: None,
        };
        let venue = |liquidity| VenueConfig {
            name: "venue".to_owned(),
            base: 0,
            fee: 0.003,
            half_life_s: 60.0,
            weight: 1.0,
            permanent_share: Some(0.5),
            depth: Some(depth.clone()),
            liquidity,
        };
        let impact = Impact {
            mode: FeedbackMode::On,
            venue_weight: 1.0,
            permanent_share: 0.5,
            routing: Routing::Split,
        };
        let venues = shapes.into_iter().map(venue).collect();
        let mut market = Market::new(&plan, venues, impact, 1).unwrap();
        for step in 0..10 {
            market.advance(step);
            let undisturbed = market.undisturbed(step)[0];
            assert_eq!(market.outside_of(0), undisturbed);
            assert!((market.source(0) / undisturbed - 1.0).abs() < 1e-12);
            // A quote is no trade.
            market.quote(0, Side::Sell, 100.0);
        }
    }
}
