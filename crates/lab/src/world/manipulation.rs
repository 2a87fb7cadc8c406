//! Steps 2 and 4: somebody moves the oracle's price, liquidates, and undoes its trades.
//!
//! The trades come before the feeds sample, the liquidations after the protocol has taken the answer and before
//! any other liquidator, and the purchase right after the last sample that the attack needs.

use super::World;
use super::liquidation::Attempt;
use super::opportunities::ledger_id;
use crate::agents::{
    Attack, BidStyle, Bidding, Competition, Exit, LiquidatorConfig, ManipulatorConfig, Outages,
    Plan, Sizing,
};
use crate::feed::sources::Seen;
use crate::feed::{Feed, FeedConfig};
use crate::market::{FeedbackMode, Market};
use crate::network::{Bid, Lane};
use crate::record::{AttackRow, LiquidatorKind};
use crate::venue::Side;
use backstop_core::protocol::{AccountId, AssetId, Offer, OfferKind, Protocol, Trace};
use backstop_core::units::{Amount, Timestamp};

/// Most accounts that it looks at in one step.
const ACCOUNTS_MAX: usize = 1_000;
/// Lowest that it pushes the venues, as a share of the outside price.
const LOWEST_MID: f64 = 0.05;
/// How near the target the venues' mid has to come, as a share of it.
const REACHED: f64 = 1e-6;
/// Halvings when it searches for the amount that moves the venues.
const HALVINGS: u32 = 40;

/// For how many samples it considers holding the venues down against an oracle of several sources.
const HELD: [u32; 3] = [1, 5, 20];
/// By how much deeper each of the pushes is that it considers against such an oracle.
const DEEPER: f64 = 1.15;

/// How the manipulator appears among the liquidators: it never bids for inclusion with them.
pub(super) fn as_liquidator(config: &ManipulatorConfig) -> LiquidatorConfig {
    LiquidatorConfig {
        name: config.name.clone(),
        kind: LiquidatorKind::Private,
        count: 1,
        capital_usd: config.capital_usd,
        latency_s: 0.0,
        min_profit_usd: f64::MAX,
        bid_share: 0.0,
        exit: Exit::Inventory { half_life_s: 0.0 },
        sizing: Sizing::Full,
        bidding: Bidding {
            style: BidStyle::Worth,
            discount: 0.0,
        },
        outages: Outages {
            windows: vec![(0, u64::MAX)],
            gas_gwei_max: None,
        },
        competition: Competition::None,
        inventory_risk: None,
    }
}

/// An attack that was played through.
#[derive(Clone, Copy)]
struct Idea {
    fall: f64,
    mid_share: f64,
    samples: u32,
    profit_usd: f64,
}

/// What is earned at the oracle's moved price.
#[derive(Clone, Copy, Default)]
struct Loot {
    /// Seized of the attacked asset, whole tokens.
    same: f64,
    /// Seized of others, at outside prices, USD.
    other_seized_usd: f64,
    /// Rewards less everything repaid and gas, at outside prices, USD.
    cash_usd: f64,
}

impl<P: Protocol> World<P> {
    /// How many of the liquidators bid for inclusion: all but the manipulator, who is the last.
    pub(super) fn bidders(&self) -> usize {
        let others = usize::from(self.manipulator.is_some());
        self.crew.members.len().saturating_sub(others)
    }

    /// Before the feeds sample: decides on an attack, and holds the venues down during one.
    pub(super) fn push_price(&mut self) {
        if self.config.impact.mode == FeedbackMode::Off {
            return;
        }
        let Some(mut manipulator) = self.manipulator.take() else {
            return;
        };
        if manipulator.attack.is_none() && self.now >= manipulator.next_look {
            manipulator.next_look = self.now.saturating_add(manipulator.config.look_every_s);
            let idea = self.best_idea(&manipulator.config, manipulator.member);
            manipulator.attack = idea.map(|idea| self.begin_attack(&idea, &manipulator.config));
        }
        if let Some(attack) = manipulator.attack.as_mut().filter(|a| a.samples_left > 0) {
            let asset = manipulator.config.asset;
            let target = self.market.outside_of(asset) * attack.mid_share;
            let (sold, usd) = push(&mut self.market, asset, target);
            let outside = self.market.outside_of(asset);
            attack.short += sold;
            attack.samples_left -= 1;
            if let Some(row) = self.record.attacks.get_mut(attack.row) {
                row.sold_usd += usd;
                row.cost_usd += sold * outside - usd;
            }
            self.receive(manipulator.member, asset, -sold, usd);
        }
        self.manipulator = Some(manipulator);
    }

    /// After the protocol has taken the answers: liquidates what pays, and buys back.
    pub(super) fn strike(&mut self) {
        let Some(mut manipulator) = self.manipulator.take() else {
            return;
        };
        if let Some(attack) = &mut manipulator.attack {
            let (member, asset) = (manipulator.member, manipulator.config.asset);
            let struck = self.liquidate_for(member);
            if let Some(row) = self.record.attacks.get_mut(attack.row) {
                row.liquidations += struck;
            }
            if attack.samples_left == 0 && attack.short > 0.0 {
                self.buy_back(attack, member, asset);
            }
            self.sell_outside(member, manipulator.config.exit_cost);
        }
        self.manipulator = Some(manipulator);
    }

    /// At the end of a step: tells what an attack earned that is over.
    pub(super) fn conclude_attack(&mut self) {
        let Some(mut manipulator) = self.manipulator.take() else {
            return;
        };
        if let Some(attack) = manipulator.attack {
            let profit = self.worth_of(manipulator.member) - attack.profit_before_usd;
            if let Some(row) = self.record.attacks.get_mut(attack.row) {
                row.profit_usd = profit;
            }
            let bought_back = attack.short <= 0.0;
            if attack.samples_left == 0 && bought_back && self.now >= attack.until {
                manipulator.attack = None;
            }
        }
        self.manipulator = Some(manipulator);
    }

    fn begin_attack(&mut self, idea: &Idea, config: &ManipulatorConfig) -> Attack {
        let feed = self.config.assets.get(config.asset).map(|a| a.feed);
        let step_s = u64::from(self.config.grid.step_s);
        let held_s = step_s.saturating_mul(u64::from(idea.samples.saturating_sub(1)));
        let delay_s = feed.map_or(0, |feed| feed.delay_s);
        let row = self.record.attacks.len();
        self.record.attacks.push(AttackRow {
            step: self.row.step,
            time: self.now,
            asset: AssetId(u16::try_from(config.asset).unwrap_or(u16::MAX)),
            fall: idea.fall,
            samples: idea.samples,
            expected_usd: idea.profit_usd,
            sold_usd: 0.0,
            bought_usd: 0.0,
            cost_usd: 0.0,
            liquidations: 0,
            profit_usd: 0.0,
        });
        let member = self.crew.members.len().saturating_sub(1);
        Attack {
            mid_share: idea.mid_share,
            samples_left: idea.samples,
            until: self.now.saturating_add(held_s).saturating_add(delay_s),
            row,
            short: 0.0,
            profit_before_usd: self.worth_of(member),
        }
    }

    /// What a liquidator has earned so far, with what it holds at outside prices, USD.
    fn worth_of(&self, member: usize) -> f64 {
        self.crew.members.get(member).map_or(0.0, |liquidator| {
            let held = liquidator.inventory.iter().zip(self.market.outside());
            held.fold(liquidator.row.profit_usd, |sum, (tokens, usd)| {
                sum + tokens * usd
            })
        })
    }

    /// Books a trade of the manipulator's own: tokens and dollars that came in.
    fn receive(&mut self, member: usize, asset: usize, tokens: f64, usd: f64) {
        if let Some(liquidator) = self.crew.members.get_mut(member) {
            liquidator.row.profit_usd += usd;
            liquidator.capital_usd += usd;
            if let Some(held) = liquidator.inventory.get_mut(asset) {
                *held += tokens;
            }
        }
    }

    /// Buys what was sold and not seized since.
    fn buy_back(&mut self, attack: &mut Attack, member: usize, asset: usize) {
        let liquidator = self.crew.members.get(member);
        let held = liquidator.and_then(|l| l.inventory.get(asset)).copied();
        let lacking = (-held.unwrap_or(0.0)).max(0.0);
        let outside = self.market.outside_of(asset);
        let fill = self.market.trade(asset, Side::Buy, lacking);
        self.receive(member, asset, fill.base, -fill.usd);
        let rest = lacking - fill.base;
        // Where the depth ends, the rest is bought in later steps; rounding is no rest.
        attack.short = if rest > lacking * 1e-9 { rest } else { 0.0 };
        if let Some(row) = self.record.attacks.get_mut(attack.row) {
            row.bought_usd += fill.usd;
            row.cost_usd += fill.usd - fill.base * outside;
        }
    }

    /// Sells what it holds of any asset beyond what it owes.
    fn sell_outside(&mut self, member: usize, cost: f64) {
        let Some(liquidator) = self.crew.members.get_mut(member) else {
            return;
        };
        for (held, outside) in liquidator.inventory.iter_mut().zip(self.market.outside()) {
            if *held > 0.0 {
                let worth = *held * outside;
                let usd = worth * (1.0 - cost);
                *held = 0.0;
                liquidator.row.profit_usd += usd;
                liquidator.row.slippage_usd += worth - usd;
                liquidator.capital_usd += usd;
            }
        }
    }

    /// Liquidates every account in breach that pays at outside prices.
    fn liquidate_for(&mut self, member: usize) -> u32 {
        let gas_usd = self.gas_usd(self.network.gas_gwei());
        let accounts: Vec<AccountId> = self.protocol.breaches().take(ACCOUNTS_MAX).collect();
        let mut struck = 0;
        for account in accounts {
            let capital_usd = self.crew.members.get(member).map_or(0.0, |m| m.capital_usd);
            let offers = self.protocol.offers(account);
            let Some((offer, repaid_usd)) = self.best_offer(&offers, gas_usd) else {
                continue;
            };
            if repaid_usd + gas_usd > capital_usd {
                continue;
            }
            struck += u32::from(self.take(&offer, member));
        }
        struck
    }

    /// Takes an offer whole; whether the ledger agreed.
    fn take(&mut self, offer: &Offer, member: usize) -> bool {
        let plan = Plan {
            offer: *offer,
            repay: offer.repay_max,
            asked: Amount::MAX,
            seized: self.units.tokens(offer.collateral, offer.seize_max),
            repaid: self.units.tokens(offer.debt, offer.repay_max),
            gross_usd: 0.0,
        };
        let terms = plan.terms(ledger_id(&self.protocol, member));
        match self.protocol.accept(offer, &terms) {
            Err(rejection) => {
                self.refusals.count("liquidation", rejection);
                false
            }
            Ok(settlement) => {
                let bid = Bid {
                    lane: Lane::Private,
                    gwei: self.network.gas_gwei(),
                    tie: 0,
                    what: Attempt {
                        account: offer.account,
                        auction: offer.auction,
                        seat: usize::MAX,
                        member,
                    },
                };
                self.settle(&bid, &plan, &terms, settlement, Trace::new());
                true
            }
        }
    }

    /// The offer that earns most at outside prices, above gas, and what it costs to repay, USD.
    fn best_offer(&self, offers: &[Offer], gas_usd: f64) -> Option<(Offer, f64)> {
        let at_once = |offer: &&Offer| {
            matches!(
                offer.kind,
                OfferKind::Repay | OfferKind::Absorb | OfferKind::Buy
            )
        };
        let usd = |asset, amount| self.units.usd(asset, amount, self.market.outside());
        let gain = |offer: &Offer| {
            let reward = usd(offer.debt, offer.reward);
            usd(offer.collateral, offer.seize_max) + reward - usd(offer.debt, offer.repay_max)
        };
        let best = offers
            .iter()
            .filter(at_once)
            .max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
        (gain(best) > gas_usd).then(|| (*best, usd(best.debt, best.repay_max)))
    }

    /// The attack that earns most, of those that earn enough.
    fn best_idea(&self, config: &ManipulatorConfig, member: usize) -> Option<Idea> {
        let feed = self.config.assets.get(config.asset)?.feed;
        let ideas = config.falls.iter().flat_map(|fall| {
            let whole = samples_of(&feed, self.config.grid.step_s);
            let mut counts = if self.feeds.get(config.asset).is_some_and(Feed::has_sources) {
                HELD.to_vec()
            } else {
                vec![1, whole]
            };
            counts.dedup();
            let idea = move |samples| self.idea(*fall, (samples, whole), &feed, config, member);
            counts.into_iter().filter_map(idea)
        });
        ideas
            .filter(|idea| idea.profit_usd > config.min_profit_usd)
            .max_by(|a, b| a.profit_usd.total_cmp(&b.profit_usd))
    }

    /// Plays an attack through that holds the venues down for some of the samples of the feed's window.
    fn idea(
        &self,
        fall: f64,
        (samples, whole): (u32, u32),
        feed: &FeedConfig,
        config: &ManipulatorConfig,
        member: usize,
    ) -> Option<Idea> {
        let (asset, weight) = (config.asset, self.config.impact.venue_weight);
        let outside = self.market.outside_of(asset);
        let source_fall = fall * f64::from(whole) / f64::from(samples);
        let mid_share = if self.feeds.get(asset)?.has_sources() {
            self.mid_against_sources(asset, fall, samples)?
        } else {
            1.0 - source_fall / weight
        };
        // A feed that waits for a larger move says nothing of this one.
        if mid_share.is_nan() || mid_share < LOWEST_MID || fall < feed.deviation || outside <= 0.0 {
            return None;
        }
        let loot = self.loot(asset, fall, self.crew.members.get(member)?.capital_usd)?;
        let mut market = self.market.clone();
        let (mut short, mut cash) = (0.0, 0.0);
        for sample in 0..samples {
            if sample > 0 {
                market.rest(f64::from(self.config.grid.step_s));
            }
            let (sold, usd) = push(&mut market, asset, outside * mid_share);
            // Where the depth ends or there is no venue, no sale moves the price so far.
            if market.venue_mid(asset) > outside * mid_share * (1.0 + REACHED) {
                return None;
            }
            short += sold;
            cash += usd;
        }
        // What arrives later is not there to be given back.
        let seized_now = if feed.delay_s == 0 { loot.same } else { 0.0 };
        let lacking = (short - seized_now).max(0.0);
        let fill = market.trade(asset, Side::Buy, lacking);
        let traded = -fill.usd - (lacking - fill.base).max(0.0) * outside;
        let surplus = (loot.same - (short - lacking)) * outside + loot.other_seized_usd;
        let within = short * outside <= config.capital_usd;
        within.then_some(Idea {
            fall,
            mid_share,
            samples,
            profit_usd: cash + traded + surplus * (1.0 - config.exit_cost) + loot.cash_usd,
        })
    }

    /// How far the venues have to be pushed, as a share of the outside price, so that an oracle of several
    /// sources has fallen so far at the last of some samples; nothing where no push does it. The oracle is
    /// played through with every venue at that mid.
    fn mid_against_sources(&self, asset: usize, fall: f64, samples: u32) -> Option<f64> {
        let feed = self.feeds.get(asset)?;
        let outside = self.market.outside_of(asset);
        let wanted = feed.answer() * (1.0 - fall) * (1.0 + REACHED);
        let step_s = u64::from(self.config.grid.step_s);
        let reaches = |mid_share: &f64| {
            let mut feed = feed.clone();
            let mid = |_| outside * mid_share;
            let seen = Seen {
                outside,
                blended: outside * mid_share,
                mid: &mid,
            };
            let times = (0..u64::from(samples)).map(|sample| self.now + sample * step_s);
            let told = times.map(|time| feed.look(&seen, time)).last();
            told.is_some_and(|told| told <= wanted)
        };
        let deeper = std::iter::successors(Some(fall), |push| Some(push * DEEPER));
        let mut shares = deeper.map(|push| 1.0 - push);
        shares
            .by_ref()
            .take_while(|share| *share >= LOWEST_MID)
            .find(reaches)
    }

    /// What can be liquidated with profit when the oracle's answer for an asset has fallen; nothing where
    /// nobody comes into breach by it.
    fn loot(&self, asset: usize, fall: f64, capital_usd: f64) -> Option<Loot> {
        let answers = self.feed_answers();
        let moved = |(at, usd): (usize, &f64)| {
            let share = if at == asset { 1.0 - fall } else { 1.0 };
            usd * share
        };
        let moved: Vec<f64> = answers.iter().enumerate().map(moved).collect();
        let mut protocol = self.protocol.fork();
        let told = self.units.answers(&moved);
        protocol.observe(Timestamp(self.now), &told).ok()?;
        let gas_usd = self.gas_usd(self.network.gas_gwei());
        let (mut loot, mut left_usd) = (Loot::default(), capital_usd);
        let accounts: Vec<AccountId> = protocol.breaches().take(ACCOUNTS_MAX).collect();
        for account in accounts {
            let offers = protocol.offers(account);
            let Some((offer, repaid_usd)) = self.best_offer(&offers, gas_usd) else {
                continue;
            };
            if repaid_usd + gas_usd > left_usd {
                continue;
            }
            left_usd -= repaid_usd + gas_usd;
            loot.cash_usd -= repaid_usd + gas_usd;
            let tokens = self.units.tokens(offer.collateral, offer.seize_max);
            if usize::from(offer.collateral.0) == asset {
                loot.same += tokens;
            } else {
                let outside = self.market.outside_of(usize::from(offer.collateral.0));
                loot.other_seized_usd += tokens * outside;
            }
            let reward = self.units.tokens(offer.debt, offer.reward);
            loot.cash_usd += reward * self.market.outside_of(usize::from(offer.debt.0));
        }
        (left_usd < capital_usd).then_some(loot)
    }
}

/// Samples that fill a feed's window.
fn samples_of(feed: &FeedConfig, step_s: u32) -> u32 {
    let samples = feed.twap_s.div_ceil(u64::from(step_s.max(1))).max(1);
    u32::try_from(samples).unwrap_or(u32::MAX)
}

/// Sells until the venues' mid is at a target: tokens sold and dollars received. Sells nothing where it is
/// there already, or where no amount moves it so far.
fn push(market: &mut Market, asset: usize, target: f64) -> (f64, f64) {
    let reaches = |tokens: f64| {
        let mut trial = market.clone();
        let fill = trial.trade(asset, Side::Sell, tokens);
        trial.venue_mid(asset) <= target || fill.base < tokens
    };
    if market.venue_mid(asset) <= target {
        return (0.0, 0.0);
    }
    let mut most = 1.0;
    while !reaches(most) && most < 1e15 {
        most *= 4.0;
    }
    let mut least = 0.0;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (least + most);
        if reaches(middle) {
            most = middle;
        } else {
            least = middle;
        }
    }
    let fill = market.trade(asset, Side::Sell, most);
    (fill.base, fill.usd)
}
