//! Liquidators: the three kinds of the field, and what each owns.
//!
//! - **Private** ones have low latency and send straight to the builder: they come before public
//!   bids in a block and pay nothing when they fail.
//! - **Public** ones compete on the price of gas and pay for failed attempts.
//! - **Native** ones belong to the protocol: they act without looking at profit, at the going
//!   price of gas, as far as their capital reaches.
//!
//! Each may be out: at given times, or while gas is dearer than it pays.
//!
//! A bid offers the going price of gas plus a share of the profit that the plan expects after gas.
//! Each bid offers up to [`BID_NOISE`] less of that share, at random from the agent's own stream,
//! so that equals do not tie.

use super::game::{Competition, InventoryRisk};
use crate::error::{ConfigError, require, require_not_negative, require_share};
use crate::network::Lane;
use crate::random::{Purpose, stream};
use crate::record::{LiquidatorKind, LiquidatorRow};
use chacha20::ChaCha8Rng;
use rand::RngExt;

/// Largest random discount on the share of profit that a bid offers.
const BID_NOISE: f64 = 0.1;

/// How a liquidator turns collateral into the debt token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exit {
    /// Borrows the debt token and sells the collateral in the same transaction: needs no capital,
    /// and must come out ahead at once.
    FlashLoan {
        /// Fee as a share of the loan (0.0009 is 9 bps).
        fee: f64,
    },
    /// Pays from own capital, values the collateral at the outside price, and sells it down over
    /// time.
    Inventory {
        /// Seconds in which half of what is held is sold; 0 sells all by the next step.
        half_life_s: f64,
    },
}

/// How a liquidator chooses how much to repay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizing {
    /// All that the offer allows, or all that capital allows.
    Full,
    /// The most profitable of a few shares of the offer, given the venues' depth.
    Best,
}

/// What a liquidator bids in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidStyle {
    /// As much as it is worth to it.
    Worth,
    /// The least that the auction accepts, as long as that is no more than it is worth.
    Least,
}

/// How a liquidator bids in auctions. Only who pays from own capital can bid: what a bid wins comes
/// later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bidding {
    /// How much.
    pub style: BidStyle,
    /// What it wants to gain, as a share of the collateral's outside value (0.05 is 5 %).
    pub discount: f64,
}

/// When a liquidator does not act.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outages {
    /// From and until, seconds since 1970, ascending.
    pub windows: Vec<(u64, u64)>,
    /// Going price of gas above which its transactions do not get into a block, gwei: it does not
    /// raise its price. Nothing where it pays whatever gas costs.
    pub gas_gwei_max: Option<f64>,
}

impl Outages {
    fn check(&self, field: &str) -> Result<(), ConfigError> {
        for (i, (from, until)) in self.windows.iter().enumerate() {
            require(
                from < until,
                || format!("{field}.windows[{i}]"),
                || format!("must end after it begins, found {from} to {until}"),
            )?;
        }
        require(
            self.gas_gwei_max.is_none_or(|gwei| gwei >= 0.0),
            || format!("{field}.gas_gwei_max"),
            || {
                let found = self.gas_gwei_max.unwrap_or(f64::NAN);
                format!("must be at least 0, found {found}")
            },
        )
    }

    /// Whether it is out at a time, at a going price of gas.
    pub(crate) fn holds(&self, time: f64, gas_gwei: f64) -> bool {
        let within = |(from, until): &(u64, u64)| *from as f64 <= time && time < *until as f64;
        self.gas_gwei_max.is_some_and(|most| gas_gwei > most) || self.windows.iter().any(within)
    }
}

/// A group of equal liquidators.
#[derive(Clone, Debug, PartialEq)]
pub struct LiquidatorConfig {
    /// Name; members of a group of several are numbered.
    pub name: String,
    /// Kind.
    pub kind: LiquidatorKind,
    /// How many there are.
    pub count: u32,
    /// Capital of each, USD; limits inventory exits. May be infinite.
    pub capital_usd: f64,
    /// Seconds from the step in which an account breaches to the earliest block.
    pub latency_s: f64,
    /// Least profit after gas, USD; native ones ignore it.
    pub min_profit_usd: f64,
    /// Share of the expected profit offered for inclusion, 0 to 1.
    pub bid_share: f64,
    /// How collateral is turned into the debt token.
    pub exit: Exit,
    /// How much to repay.
    pub sizing: Sizing,
    /// How to bid in auctions.
    pub bidding: Bidding,
    /// When it does not act.
    pub outages: Outages,
    /// How its bid for inclusion depends on its competitors; replaces `bid_share`.
    pub competition: Competition,
    /// What it charges for the risk of keeping collateral; of inventory exits only.
    pub inventory_risk: Option<InventoryRisk>,
}

impl LiquidatorConfig {
    fn check(&self, field: &str) -> Result<(), ConfigError> {
        require(
            self.capital_usd >= 0.0,
            || format!("{field}.capital_usd"),
            || format!("must be at least 0, found {}", self.capital_usd),
        )?;
        require_not_negative(self.latency_s, || format!("{field}.latency_s"))?;
        require_not_negative(self.min_profit_usd, || format!("{field}.min_profit_usd"))?;
        require_share(self.bid_share, || format!("{field}.bid_share"))?;
        require_share(self.bidding.discount, || {
            format!("{field}.bidding.discount")
        })?;
        self.outages.check(&format!("{field}.outages"))?;
        self.competition.check(&format!("{field}.competition"))?;
        if let Some(risk) = &self.inventory_risk {
            risk.check(&format!("{field}.inventory_risk"))?;
        }
        match self.exit {
            Exit::FlashLoan { fee } => require_share(fee, || format!("{field}.exit.fee")),
            Exit::Inventory { half_life_s } => {
                require_not_negative(half_life_s, || format!("{field}.exit.half_life_s"))
            }
        }
    }

    /// Whether it acts without profit.
    pub(crate) fn is_native(&self) -> bool {
        self.kind == LiquidatorKind::Native
    }

    /// Which way its bids take.
    pub(crate) fn lane(&self) -> Lane {
        match self.kind {
            LiquidatorKind::Private => Lane::Private,
            LiquidatorKind::Public | LiquidatorKind::Native => Lane::Public,
        }
    }
}

/// One liquidator.
#[derive(Debug)]
pub(crate) struct Liquidator {
    /// Index of its group.
    pub(crate) group: usize,
    /// What it did and earned so far. `profit_usd` holds its cash flow until the path's end.
    pub(crate) row: LiquidatorRow,
    /// Capital that is free, USD.
    pub(crate) capital_usd: f64,
    /// Whole tokens held by asset.
    pub(crate) inventory: Vec<f64>,
    rng: ChaCha8Rng,
}

impl Liquidator {
    /// Price to bid, gwei: the going price and a share of the expected profit.
    pub(crate) fn bid_gwei(
        &mut self,
        bid_share: f64,
        going_gwei: f64,
        profit_in_gwei: f64,
    ) -> (f64, u64) {
        let discount = 1.0 - BID_NOISE * self.rng.random::<f64>();
        let tie = self.rng.random::<u64>();
        let extra = bid_share * discount * profit_in_gwei.max(0.0);
        (going_gwei + extra, tie)
    }

    /// Its rank among competitors, uniform in `[0, 1)`: of another draw each time.
    pub(crate) fn rank(&mut self) -> f64 {
        self.rng.random()
    }
}

/// All liquidators, in the order of their groups.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) groups: Vec<LiquidatorConfig>,
    pub(crate) members: Vec<Liquidator>,
}

impl Crew {
    pub(crate) fn new(
        groups: Vec<LiquidatorConfig>,
        assets: usize,
        seed: u64,
    ) -> Result<Self, ConfigError> {
        let mut crew = Self {
            groups: Vec::new(),
            members: Vec::new(),
        };
        for (group, config) in groups.into_iter().enumerate() {
            config.check(&format!("liquidators[{group}]"))?;
            crew.join(config, assets, seed);
        }
        Ok(crew)
    }

    /// Adds a group that was checked.
    pub(crate) fn join(&mut self, config: LiquidatorConfig, assets: usize, seed: u64) {
        for number in 1..=config.count {
            let index = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
            self.members.push(Liquidator {
                group: self.groups.len(),
                row: empty_row(&config, number),
                capital_usd: config.capital_usd,
                inventory: vec![0.0; assets],
                rng: stream(seed, Purpose::Liquidator(index)),
            });
        }
        self.groups.push(config);
    }
}

fn empty_row(config: &LiquidatorConfig, number: u32) -> LiquidatorRow {
    let name = match config.count {
        1 => config.name.clone(),
        _ => format!("{} {number}", config.name),
    };
    LiquidatorRow {
        name,
        kind: config.kind,
        won: 0,
        lost: 0,
        repaid_usd: 0.0,
        gas_usd: 0.0,
        slippage_usd: 0.0,
        loan_fee_usd: 0.0,
        profit_usd: 0.0,
        inventory_usd: 0.0,
    }
}

#[cfg(test)]
pub(crate) fn example(name: &str, kind: LiquidatorKind) -> LiquidatorConfig {
    LiquidatorConfig {
        name: name.to_owned(),
        kind,
        count: 1,
        capital_usd: f64::INFINITY,
        latency_s: 0.0,
        min_profit_usd: 0.0,
        bid_share: 0.5,
        exit: Exit::FlashLoan { fee: 0.0 },
        sizing: Sizing::Best,
        bidding: Bidding {
            style: BidStyle::Worth,
            discount: 0.05,
        },
        outages: Outages::default(),
        competition: Competition::None,
        inventory_risk: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_become_numbered_members() {
        let one = example("solo", LiquidatorKind::Private);
        let many = LiquidatorConfig {
            count: 2,
            ..example("bot", LiquidatorKind::Public)
        };
        let crew = Crew::new(vec![one, many], 3, 1).unwrap();
        let names: Vec<_> = crew.members.iter().map(|m| m.row.name.as_str()).collect();
        assert_eq!(names, ["solo", "bot 1", "bot 2"]);
        let groups: Vec<_> = crew.members.iter().map(|m| m.group).collect();
        assert_eq!(groups, [0, 1, 1]);
    }

    #[test]
    fn bids_offer_a_share_of_profit() {
        let config = example("bot", LiquidatorKind::Public);
        let mut crew = Crew::new(vec![config], 1, 1).unwrap();
        for (share, profit, low, high) in [
            (0.5, 100.0, 20.0 + 45.0, 20.0 + 50.0),
            (0.0, 100.0, 20.0, 20.0),
            (0.5, -100.0, 20.0, 20.0),
        ] {
            for _ in 0..20 {
                let (gwei, _) = crew.members[0].bid_gwei(share, 20.0, profit);
                assert!((low..=high).contains(&gwei), "{gwei}");
            }
        }
    }

    #[test]
    fn refuses_bad_settings() {
        let good = example("bot", LiquidatorKind::Public);
        for (config, want) in [
            (
                LiquidatorConfig {
                    capital_usd: f64::NAN,
                    ..good.clone()
                },
                "liquidators[0].capital_usd: must be at least 0, found NaN",
            ),
            (
                LiquidatorConfig {
                    bid_share: 1.1,
                    ..good.clone()
                },
                "liquidators[0].bid_share: must lie between 0 and 1, found 1.1",
            ),
            (
                LiquidatorConfig {
                    exit: Exit::FlashLoan { fee: -0.1 },
                    ..good.clone()
                },
                "liquidators[0].exit.fee: must lie between 0 and 1, found -0.1",
            ),
            (
                LiquidatorConfig {
                    exit: Exit::Inventory {
                        half_life_s: f64::INFINITY,
                    },
                    ..good
                },
                "liquidators[0].exit.half_life_s: must be a number of at least 0, found inf",
            ),
        ] {
            let got = Crew::new(vec![config], 1, 1).unwrap_err().to_string();
            assert_eq!(got, want);
        }
    }
}
