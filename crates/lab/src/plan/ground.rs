//! The market in which a sale is tried out: venues at rest, and accounts that a fall brings into breach.
//!
//! On the mean path the outside price moves by what stays of the sales' own impact and by nothing else. After each sale
//! the accounts whose thresholds the oracle's price has passed sell, at once and as far as liquidators can take them;
//! when that lowers the price further the next ones follow, until no threshold is passed. So a cluster of accounts
//! is seen wherever it lies on the way down. An account sells once.

use super::divide::divide;
use super::{Alternative, Expected, PlanConfig, Slice, Terms};
use crate::cascade::Triggers;
use crate::error::ConfigError;
use crate::market::{FeedbackMode, Impact, Market};
use crate::price::{Constant, Dependence, Grid, PriceModel, PricePlan, years};
use crate::venue::{Routing, Side, VenueConfig};

/// Equal intervals of the time at whose ends a course is told, beside its sales.
const TOLD: u32 = 48;
/// Share of a sale that may find no buyer by rounding.
const ROUNDING: f64 = 1e-9;

/// A sale to try out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sale {
    /// Seconds since the one before; for the first since now.
    pub(super) wait_s: f64,
    /// Tokens.
    pub(super) tokens: f64,
}

/// The market after a sale and what it forced, or at a moment between sales.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Seconds from now.
    pub at_s: f64,
    /// Tokens of the block left afterwards.
    pub left: f64,
    /// Dollars that venues paid for the sale; of an auction's lot for what its buyer resold.
    pub usd: f64,
    /// Outside price before the sale, USD.
    pub outside: f64,
    /// Price that the oracle samples afterwards, USD.
    pub price: f64,
    /// Tokens of other accounts that came into breach.
    pub triggered: f64,
}

/// What became of a list of sales.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried {
    pub(super) points: Vec<Point>,
    /// Tokens of each sale by venue.
    pub(super) parts: Vec<Vec<f64>>,
    pub(super) sold_usd: f64,
    /// Whether all found buyers.
    pub(super) whole: bool,
    pub(super) triggered_tokens: f64,
    pub(super) triggered_usd: f64,
    pub(super) lowest_price: f64,
}

/// Where sales are tried out.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) config: &'a PlanConfig,
    pub(super) tokens: f64,
    market: Market,
}

impl<'a> Ground<'a> {
    pub(super) fn new(config: &'a PlanConfig) -> Result<Self, ConfigError> {
        let price = PriceModel::Constant(Constant { usd: config.price });
        let grid = Grid {
            start: config.time,
            step_s: 1,
            steps: 2,
        };
        let plan = PricePlan::new(&[price], &Dependence::default(), &grid)?;
        let own = config.venues.iter().filter(|v| v.base == config.asset);
        let venues = own.map(|venue| VenueConfig {
            base: 0,
            ..venue.clone()
        });
        let impact = Impact {
            mode: FeedbackMode::On,
            routing: Routing::Split,
            ..config.impact
        };
        Ok(Self {
            market: Market::new(&plan, venues.collect(), impact, 0)?,
            tokens: config.tokens(),
            config,
        })
    }

    /// Sells at the times told; the depth stays that of now.
    pub(super) fn try_out(&self, sales: &[Sale]) -> Tried {
        let mut market = self.market.clone();
        let mut tried = Tried {
            whole: true,
            lowest_price: market.source(0),
            ..Tried::default()
        };
        let mut left: f64 = sales.iter().map(|sale| sale.tokens).sum();
        let mut at_s = 0.0;
        for sale in sales {
            at_s += sale.wait_s;
            market.rest(sale.wait_s);
            let outside = market.outside_of(0);
            tried.parts.push(market.parts(0, Side::Sell, sale.tokens));
            let fill = market.trade(0, Side::Sell, sale.tokens);
            tried.whole &= fill.base >= sale.tokens * (1.0 - ROUNDING);
            tried.sold_usd += fill.usd;
            left = (left - sale.tokens).max(0.0);
            let triggered = tried.cascade(&mut market, &self.config.triggers);
            tried.points.push(Point {
                at_s,
                left,
                usd: fill.usd,
                outside,
                price: market.source(0),
                triggered,
            });
        }
        tried
    }

    /// The course of sales by time and tokens, told also between them: there nothing is sold and venues have recovered.
    pub(super) fn course(&self, sales: impl IntoIterator<Item = (f64, f64)>) -> Vec<Point> {
        let interval_s = f64::from(self.config.over_s) / f64::from(TOLD);
        let told = (0..=TOLD).map(|i| (interval_s * f64::from(i), 0.0));
        let mut all: Vec<(f64, f64)> = told.chain(sales).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut before = 0.0;
        let sale = |(at_s, tokens): (f64, f64)| {
            let wait_s = at_s - before;
            before = at_s;
            Sale { wait_s, tokens }
        };
        self.try_out(&all.into_iter().map(sale).collect::<Vec<_>>())
            .points
    }

    /// η̃ of Almgren and Chriss, USD for the square of a token, as sales of this size see it from rest: half of the
    /// price's move a token, less half of what stays of it. Fees are in proportion and not in it.
    pub(super) fn impact(&self, tokens: f64) -> f64 {
        let brings = |tokens: f64| self.market.quote(0, Side::Sell, tokens).usd;
        let bent = (2.0 * brings(tokens) - brings(2.0 * tokens)) / 2.0;
        let mut market = self.market.clone();
        market.trade(0, Side::Sell, tokens);
        let stays = self.config.price - market.outside_of(0);
        (bent - stays * tokens / 2.0) / (tokens * tokens)
    }

    /// Price that the oracle samples now, and after one sale at once that forces nobody.
    pub(super) fn fall(&self, tokens: f64) -> (f64, f64) {
        let mut market = self.market.clone();
        let before = market.source(0);
        market.trade(0, Side::Sell, tokens);
        (before, market.source(0))
    }

    /// Tokens of the block that the venues take at once.
    pub(super) fn taken_at_once(&self) -> f64 {
        self.market.quote(0, Side::Sell, self.tokens).base
    }

    /// Variance of a token's price after a time, USD².
    pub(super) fn price_variance(&self, seconds: f64) -> f64 {
        (self.config.volatility * self.config.price).powi(2) * years(seconds)
    }

    /// What sales do that bring these proceeds, with this variance.
    pub(super) fn expected(&self, tried: &Tried, proceeds_usd: f64, variance: f64) -> Expected {
        let price = self.config.price;
        let slippage_usd = self.tokens * price - proceeds_usd;
        let triggered_loss_usd = tried.triggered_tokens * price - tried.triggered_usd;
        let risk_charge_usd = self.config.risk_aversion * variance;
        Expected {
            proceeds_usd,
            slippage_usd,
            timing_risk_usd: variance.sqrt(),
            risk_charge_usd,
            triggered_tokens: tried.triggered_tokens,
            triggered_loss_usd,
            lowest_price: tried.lowest_price,
            cost_usd: slippage_usd + triggered_loss_usd + risk_charge_usd,
        }
    }

    /// A way to sell on the venues themselves: its pieces are the sales that were tried, of these tokens.
    pub(super) fn alternative(
        &self,
        terms: Terms,
        (sales, tried): (&[Sale], &Tried),
        expected: Expected,
    ) -> Alternative {
        let weights: Vec<f64> = sales.iter().map(|sale| sale.tokens).collect();
        let amounts = divide(self.config.amount, &weights);
        let pieces = tried.points.iter().zip(&tried.parts).zip(amounts);
        let slice = |((point, parts), amount): ((&Point, &Vec<f64>), _)| Slice {
            at_s: point.at_s,
            amount,
            venues: divide(amount, parts),
        };
        let times = tried.points.iter().map(|point| point.at_s);
        Alternative {
            terms,
            expected,
            slices: pieces.map(slice).collect(),
            course: self.course(times.zip(weights)),
        }
    }
}

impl Tried {
    /// What is triggered, and the lowest price, in the mean of this course and another that has a chance.
    pub(super) fn mixed(&self, other: &Self, chance: f64) -> Self {
        let mean = |own: f64, other: f64| own * (1.0 - chance) + other * chance;
        Self {
            triggered_tokens: mean(self.triggered_tokens, other.triggered_tokens),
            triggered_usd: mean(self.triggered_usd, other.triggered_usd),
            lowest_price: mean(self.lowest_price, other.lowest_price),
            ..Self::default()
        }
    }

    /// Lets all accounts sell that the lowest price so far brings into breach; how many tokens they sold.
    fn cascade(&mut self, market: &mut Market, triggers: &Triggers) -> f64 {
        let mut sum = 0.0;
        loop {
            let price = market.source(0);
            if price >= self.lowest_price {
                break;
            }
            let tokens = triggers.between(self.lowest_price, price);
            self.lowest_price = price;
            if tokens <= 0.0 {
                break;
            }
            // What finds no buyer is lost.
            self.triggered_usd += market.trade(0, Side::Sell, tokens).usd;
            sum += tokens;
        }
        self.triggered_tokens += sum;
        sum
    }
}
