//! What it costs to move an oracle of several sources, and what that would bring.
//!
//! An attacker pushes the venues behind some of the sources down by the same share, holds them there while
//! traders pull them back, and buys back at the end. How deep the push must be is found by playing it through
//! the core's [`Oracle`], so that median, outliers, means over time, limits and delay all count; what a push
//! costs is found by trading on copies of the venues. The set of sources is the one whose push loses least.
//!
//! Assumptions: the outside price stands still; a source that no venue is told for cannot be moved; what is
//! sold is borrowed without a fee; at the end the attacker buys on each venue until its mid is back at the
//! outside price, and what it still owes at the outside price. The profit is an upper bound: every account that the
//! moved price makes liquidatable is liquidated whole, or as far as its debt goes, without gas or slippage.

use crate::door;
use crate::feed::sources::DECIMALS;
use crate::venue::{Side, Venue};
use backstop_core::book::{LiquidationMap, Totals};
use backstop_core::oracle::{Observation, Oracle, OracleConfig, Purpose};
use backstop_core::units::{Price, Timestamp};

/// Most sources of which every set is tried.
const SOURCES_MAX: usize = 12;
/// By how much deeper each push is than the one tried before.
const DEEPER: f64 = 1.1;
/// Lowest that a venue is pushed, as a share of the outside price.
const LOWEST_MID: f64 = 0.02;
/// Halvings when the amount is searched that moves a venue.
const HALVINGS: u32 = 50;
/// Seconds for which the oracle has heard the outside price before the attack.
const BEFORE_S: u64 = 86_400;

/// An oracle and the markets behind it.
#[derive(Debug)]
pub struct Target<'a> {
    /// The oracle.
    pub oracle: &'a OracleConfig,
    /// By source, the venue at rest whose mid it reads; nothing where it can't be moved.
    pub venues: &'a [Option<Venue>],
    /// Price outside, USD.
    pub outside_usd: f64,
    /// Seconds between the oracle's updates.
    pub step_s: u32,
}

/// The cheapest way to move the trusted price.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Positions of the sources that are moved.
    pub sources: Vec<usize>,
    /// By which share they are pushed down.
    pub push: f64,
    /// Most that is borrowed at a time, at the outside price, USD.
    pub capital_usd: f64,
    /// What selling and buying back loses against the outside price, fees and what others took while it held
    /// included, USD.
    pub loss_usd: f64,
}

/// One point of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Fall of the trusted price, as a share.
    pub fall: f64,
    /// Seconds for which the sources are held before it has to be reached.
    pub held_s: u64,
    /// What it costs; nothing where no push of any sources moves the price so far in that time.
    pub cost: Option<Cost>,
    /// What liquidating at the moved price brings at most, USD.
    pub profit_usd: f64,
}

impl Figure {
    /// Profit less loss, USD; nothing where the price can't be moved.
    pub fn gain_usd(&self) -> Option<f64> {
        self.cost
            .as_ref()
            .map(|cost| self.profit_usd - cost.loss_usd)
    }
}

/// Cost and profit for every fall and time; `profit_usd` tells what a fall brings.
pub fn grid(
    target: &Target<'_>,
    falls: &[f64],
    held_s: &[u64],
    profit_usd: impl Fn(f64) -> f64,
) -> Vec<Figure> {
    let points = falls
        .iter()
        .flat_map(|fall| held_s.iter().map(|held| (*fall, *held)));
    let figure = |(fall, held_s)| Figure {
        fall,
        held_s,
        cost: target.cost(fall, held_s),
        profit_usd: profit_usd(fall),
    };
    points.map(figure).collect()
}

/// What a liquidation of all that becomes liquidatable between a price and its fall brings at most, USD: what is
/// seized, at the outside price, less what is repaid, with a bonus on top of par as a share.
pub fn profit_usd(
    map: &LiquidationMap,
    price: Price,
    base_decimals: u8,
    fall: f64,
    bonus: f64,
) -> f64 {
    let usd = door::price_to_usd(price, base_decimals);
    let low = door::price_to_oracle(usd * (1.0 - fall), base_decimals);
    let Totals { value, debt, .. } = map.falling().between(price, low);
    let worth = door::value_to_usd(value, base_decimals);
    let owed = door::value_to_usd(debt, base_decimals);
    // A dollar repaid takes 1 + bonus dollars at the oracle's price, which are worth more outside.
    let taken_per_dollar = (1.0 + bonus) / (1.0 - fall);
    let repaid = owed.min(worth / taken_per_dollar);
    repaid * (taken_per_dollar - 1.0)
}

impl Target<'_> {
    /// The set of sources and the push that lose least, of those that bring the trusted price down by `fall`
    /// at the end of `held_s` seconds; nothing where none does, or where there are more than 12 sources.
    pub fn cost(&self, fall: f64, held_s: u64) -> Option<Cost> {
        let count = self.venues.len();
        if count > SOURCES_MAX || !(fall > 0.0 && fall < 1.0) {
            return None;
        }
        let sets = (1u32..1 << count).map(|set| {
            let member = |source: &usize| set >> source & 1 == 1;
            (0..count).filter(member).collect::<Vec<_>>()
        });
        let movable = |set: &Vec<usize>| set.iter().all(|source| self.venue(*source).is_some());
        let costs = sets.filter(movable).filter_map(|sources| {
            let push = self.push(&sources, fall, held_s)?;
            self.cost_of(sources, push, held_s)
        });
        costs.min_by(|a, b| a.loss_usd.total_cmp(&b.loss_usd))
    }

    fn venue(&self, source: usize) -> Option<&Venue> {
        self.venues.get(source)?.as_ref()
    }

    /// The least push of some sources that brings the oracle down so far.
    fn push(&self, sources: &[usize], fall: f64, held_s: u64) -> Option<f64> {
        let pushes = std::iter::successors(Some(fall), |push| Some(push * DEEPER));
        pushes
            .take_while(|push| 1.0 - push >= LOWEST_MID)
            .find(|push| self.told_after(sources, *push, held_s) <= (1.0 - fall) * (1.0 + 1e-6))
    }

    /// What the oracle tells at the end of a push, as a share of the outside price; 1 where that is too poor to
    /// liquidate at.
    fn told_after(&self, sources: &[usize], push: f64, held_s: u64) -> f64 {
        let Ok(mut oracle) = Oracle::new(self.oracle.clone()) else {
            return 1.0;
        };
        let mut ask = |time: u64, push: f64| {
            let told = (0..self.venues.len()).map(|source| {
                let moved = if sources.contains(&source) { push } else { 0.0 };
                Some(Observation {
                    price: door::price_to_oracle(self.outside_usd * (1.0 - moved), DECIMALS),
                    confidence: Price::ZERO,
                    at: Timestamp(time),
                })
            });
            oracle.update(Timestamp(time), &told.collect::<Vec<_>>())
        };
        ask(0, 0.0);
        ask(BEFORE_S, 0.0);
        let step_s = u64::from(self.step_s.max(1));
        let mut trusted = ask(BEFORE_S, push);
        for passed in (step_s..=held_s).step_by(usize::try_from(step_s).unwrap_or(usize::MAX)) {
            trusted = ask(BEFORE_S + passed, push);
        }
        if trusted.valid_for(Purpose::Liquidate) {
            door::price_to_usd(trusted.price, DECIMALS) / self.outside_usd
        } else {
            1.0
        }
    }

    /// What it costs to hold the venues of some sources down; nothing where their depth ends before.
    fn cost_of(&self, sources: Vec<usize>, push: f64, held_s: u64) -> Option<Cost> {
        let (mut capital_usd, mut loss_usd) = (0.0, 0.0);
        for source in &sources {
            let (sold, loss) = self.hold(self.venue(*source)?.clone(), push, held_s)?;
            capital_usd += sold * self.outside_usd;
            loss_usd += loss;
        }
        Some(Cost {
            sources,
            push,
            capital_usd,
            loss_usd,
        })
    }

    /// Tokens sold on one venue until the end, and what that loses, USD.
    fn hold(&self, mut venue: Venue, push: f64, held_s: u64) -> Option<(f64, f64)> {
        let target = self.outside_usd * (1.0 - push);
        let (mut sold, mut cash) = sell_to(&mut venue, target)?;
        let steps = held_s / u64::from(self.step_s.max(1));
        for _ in 0..steps {
            venue.step(self.outside_usd, f64::from(self.step_s), 0);
            let (tokens, usd) = sell_to(&mut venue, target)?;
            sold += tokens;
            cash += usd;
        }
        let back = amount(|tokens| venue.quote(Side::Buy, tokens).mid_after >= self.outside_usd);
        let fill = venue.trade(Side::Buy, back.min(sold));
        let rest = sold - fill.base;
        Some((sold, rest * self.outside_usd + fill.usd - cash))
    }
}

/// Sells until the mid is at a target: tokens and dollars; nothing where the depth ends before.
fn sell_to(venue: &mut Venue, target: f64) -> Option<(f64, f64)> {
    if venue.mid() <= target {
        return Some((0.0, 0.0));
    }
    let tokens = amount(|tokens| venue.quote(Side::Sell, tokens).mid_after <= target);
    let fill = venue.trade(Side::Sell, tokens);
    (venue.mid() <= target * (1.0 + 1e-6)).then_some((fill.base, fill.usd))
}

/// The least amount, to a relative 2^−50 of the first power of four that suffices, at which something holds.
fn amount(holds: impl Fn(f64) -> bool) -> f64 {
    let mut most = 1.0;
    while !holds(most) && most < 1e15 {
        most *= 4.0;
    }
    let mut least = 0.0;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (least + most);
        if holds(middle) {
            most = middle;
        } else {
            least = middle;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{ConstantProduct, Liquidity, VenueConfig};
    use backstop_core::book::{Position, Threshold};
    use backstop_core::oracle::Smoothing;
    use backstop_core::protocol::AccountId;
    use backstop_core::units::{Amount, Value};

    const OUTSIDE: f64 = 10.0;

    /// A pool of so many dollars on each side, without fees, that is half back after `half_life_s`.
    fn pool(usd: f64, half_life_s: f64) -> Option<Venue> {
        let config = VenueConfig {
            name: "pool".to_owned(),
            base: 0,
            fee: 0.0,
            half_life_s,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(ConstantProduct::fixed(usd / OUTSIDE, usd)),
        };
        Some(Venue::new(config, &[OUTSIDE], 0, "pool").unwrap())
    }

    fn cost(
        oracle: &OracleConfig,
        venues: &[Option<Venue>],
        fall: f64,
        held_s: u64,
    ) -> Option<Cost> {
        let target = Target {
            oracle,
            venues,
            outside_usd: OUTSIDE,
            step_s: 12,
        };
        target.cost(fall, held_s)
    }

    /// A pool of x·y = k at 10 dollars has to lose 1 − 0.81^½ of its dollars to fall to 8.1.
    #[test]
    fn one_pool_for_a_moment_costs_nothing_but_capital() {
        let cost = cost(&OracleConfig::naive(), &[pool(1e6, 60.0)], 0.19, 0).unwrap();
        assert_eq!((cost.sources, cost.push), (vec![0], 0.19));
        let capital = 1e6 * (1.0 / 0.9 - 1.0);
        assert!((cost.capital_usd / capital - 1.0).abs() < 1e-6);
        assert!(cost.loss_usd.abs() < 1.0, "{}", cost.loss_usd);
    }

    #[test]
    fn holding_costs_by_the_time() {
        let held = |held_s| {
            let cost = cost(&OracleConfig::naive(), &[pool(1e6, 60.0)], 0.19, held_s);
            cost.unwrap().loss_usd
        };
        let (short, long) = (held(120), held(240));
        // Every step sells what came back since, at about 1.9 dollars below the outside price.
        assert!(
            short > 10_000.0 && (long / short - 2.0).abs() < 0.1,
            "{short} {long}"
        );
    }

    #[test]
    fn a_median_takes_more_than_half_and_the_cheapest() {
        let venues = [1e7, 1e6, 2e6, 5e7, 3e6].map(|usd| pool(usd, 60.0));
        let mut robust = OracleConfig::robust(5);
        robust.smoothing = Smoothing::None;
        robust.speed = None;
        // Held for a step, so that it loses by the size of the pools.
        let cost = |venues: &[Option<Venue>], fall| cost(&robust, venues, fall, 12);
        let got = cost(&venues, 0.1).unwrap();
        assert_eq!(got.sources, [1, 2, 4]);
        let first_push = 6e6 * (1.0 / 0.9f64.sqrt() - 1.0);
        let more = got.capital_usd / first_push;
        assert!((1.1..1.2).contains(&more), "{more}");
        // Two sources that can be moved do not suffice.
        let mut two = venues;
        two[1] = None;
        two[2] = None;
        two[4] = None;
        assert_eq!(cost(&two, 0.1), None);
    }

    /// A mean over a window falls by the push times the share of the window.
    #[test]
    fn a_mean_over_time_takes_depth_or_time() {
        let mut oracle = OracleConfig::naive();
        oracle.smoothing = Smoothing::ArithmeticTwap {
            window_s: 600,
            observations: 100,
        };
        for (held_s, least) in [(600, 0.1), (300, 0.2), (120, 0.5)] {
            let push = cost(&oracle, &[pool(1e6, 60.0)], 0.1, held_s).unwrap().push;
            assert!(
                push >= least && push < least * DEEPER * 1.001,
                "{held_s}: {push}"
            );
        }
        assert_eq!(cost(&oracle, &[pool(1e6, 60.0)], 0.1, 60), None);
    }

    /// Ten accounts of 100 dollars at 10 dollars a token, each owing 80, liquidatable below 9.
    #[test]
    fn the_grid_holds_cost_against_profit() {
        let position = |account| Position {
            account: AccountId(account),
            threshold: Threshold::Below(Price::new(900_000_000)),
            collateral: Amount::new(10),
            value: Value::new(10_000_000_000),
            debt: Value::new(8_000_000_000),
        };
        let map = LiquidationMap::new((0..10).map(position)).unwrap();
        let profit = |fall| profit_usd(&map, Price::new(1_000_000_000), 8, fall, 0.05);
        assert_eq!(profit(0.05), 0.0);
        // At 8 dollars each dollar repaid takes 1.3125 dollars; all the collateral is taken for 761.90.
        assert!((profit(0.2) - (1_000.0 - 1_000.0 / 1.3125)).abs() < 1e-6);
        let naive = OracleConfig::naive();
        let target = Target {
            oracle: &naive,
            venues: &[pool(10_000.0, 60.0)],
            outside_usd: OUTSIDE,
            step_s: 12,
        };
        let figures = grid(&target, &[0.05, 0.2], &[0, 600], profit);
        assert_eq!(figures.len(), 4);
        let gains: Vec<f64> = figures.iter().map(|f| f.gain_usd().unwrap()).collect();
        // It pays at once and deep, and not where the push has to be held for ten minutes.
        assert!(
            gains[2] > 200.0 && gains[1] < 0.0 && gains[3] < 0.0,
            "{gains:?}"
        );
    }

    /// A thin pool of 2 million dollars and four markets of 50 million each, without fees, against 20 million
    /// dollars of debt that fails within a fall of 31 %. Believed alone the pool pays at once. Of five sources no
    /// fall of 10 % or more pays, and one of 5 % brings less than a hundredth of what the pool alone does.
    #[test]
    fn the_robust_oracle_takes_the_profit_from_an_attack() {
        let position = |account: u32| Position {
            account: AccountId(account),
            threshold: Threshold::Below(Price::new(990_000_000 - 3_000_000 * u128::from(account))),
            collateral: Amount::new(1),
            value: Value::new(40_000_000_000_000),
            debt: Value::new(20_000_000_000_000),
        };
        let map = LiquidationMap::new((0..100).map(position)).unwrap();
        let profit = |fall| profit_usd(&map, Price::new(1_000_000_000), 8, fall, 0.1);
        let venues = [2e6, 5e7, 5e7, 5e7, 5e7].map(|usd| pool(usd, 60.0));
        let figures = |oracle: &OracleConfig, venues: &[Option<Venue>]| {
            let target = Target {
                oracle,
                venues,
                outside_usd: OUTSIDE,
                step_s: 12,
            };
            grid(
                &target,
                &[0.05, 0.1, 0.2, 0.3],
                &[0, 120, 600, 1_800],
                profit,
            )
        };
        let naive = figures(&OracleConfig::naive(), &venues[..1]);
        let best = |figures: &[Figure], least: f64| {
            let gains = figures.iter().filter(|figure| figure.fall >= least);
            gains.filter_map(Figure::gain_usd).fold(f64::MIN, f64::max)
        };
        let robust = figures(&OracleConfig::robust(5), &venues);
        assert!(best(&naive, 0.3) > 1e7, "{naive:#?}");
        assert!(best(&robust, 0.1) < 0.0, "{robust:#?}");
        assert!(best(&robust, 0.0) < 0.01 * best(&naive, 0.0), "{robust:#?}");
        // Nobody moves it at once, and three sources have to be moved.
        for figure in &robust {
            let sources = figure.cost.as_ref().map(|cost| cost.sources.len());
            let want = (figure.held_s >= 120).then_some(3);
            assert!(sources == want || figure.held_s == 120, "{figure:?}");
        }
    }
}
