//! Governors of a path: when they look, what they are told, and who looks again after a move.
//!
//! A steward hears the signals of every step and reviews the levers at its own beat. What it knows of the book comes
//! from one survey, which is made anew only when a review asks for it, the last one is old enough, and since then
//! somebody acted or a price went by [`MOVED`]: a calm book is not read again, and none that no governor reads. After
//! a move whoever had found a liquidation not worth a look looks again, and where the move decides on health,
//! borrowers and the census are filed anew. Without governors nothing of this is done.

use super::World;
use super::config::GovernorsConfig;
use crate::agents::Plan;
use crate::door;
use crate::error::ConfigError;
use crate::record::ParameterRow;
use backstop_core::governor::{Costs, Entry, Outcome, Outlook, Refusal, Steward, Takes};
use backstop_core::guard::Operation;
use backstop_core::protocol::{AccountId, LeverKind, OfferKind, Protocol};
use backstop_core::signals::Signals;
use backstop_core::units::{Price, Value};
use std::collections::BTreeMap;

/// Relative move of a price after which the book is worth another look.
const MOVED: f64 = 0.01;

/// A steward, and what it is told at reviews.
#[derive(Clone, Debug)]
pub(super) struct Steering {
    steward: Steward,
    /// Entries of its log that were written down.
    told: usize,
    survey: Option<Survey>,
    /// Auctions by asset since the last review.
    takes: Vec<Takes>,
    /// When each open auction began.
    auctions: BTreeMap<(AccountId, u64), u64>,
}

/// A look at the whole book.
#[derive(Clone, Debug)]
struct Survey {
    outlook: Outlook,
    time: u64,
    /// Prices of that moment.
    prices: Vec<Price>,
    /// Moves of accounts until then.
    acts: usize,
}

impl Survey {
    fn is_stale(&self, config: &GovernorsConfig, signals: &Signals, acts: usize) -> bool {
        if signals.now.0.saturating_sub(self.time) < config.survey_s {
            return false;
        }
        let usd = |price: Price| door::price_to_usd(price, 0);
        let moved = |(signal, before): (Price, &Price)| {
            (usd(signal) - usd(*before)).abs() >= MOVED * usd(*before)
        };
        let now = signals.assets.iter().map(|signal| signal.price);
        acts > self.acts || now.zip(&self.prices).any(moved)
    }
}

impl Steering {
    /// Nothing where there are no governors.
    pub(super) fn new<P: Protocol>(
        config: &GovernorsConfig,
        protocol: &P,
    ) -> Result<Option<Box<Self>>, ConfigError> {
        if config.governors.is_empty() {
            return Ok(None);
        }
        let refuse = |problem: String| ConfigError {
            field: "governors".to_owned(),
            problem,
        };
        let rules = &config.rules;
        rules.check().map_err(|error| refuse(error.to_string()))?;
        let steward = Steward::new(protocol, config.governors.clone(), rules.clone());
        Ok(Some(Box::new(Self {
            steward: steward.map_err(|why| refuse(why.to_string()))?,
            told: 0,
            survey: None,
            takes: vec![Takes::default(); protocol.assets().len()],
            auctions: BTreeMap::new(),
        })))
    }

    /// Time of the last look at the whole book.
    #[cfg(test)]
    pub(super) fn survey_time(&self) -> Option<u64> {
        self.survey.as_ref().map(|survey| survey.time)
    }

    /// What governors know at a review; takes are counted from here on anew.
    fn outlook<P: Protocol>(
        (survey, takes): (&mut Option<Survey>, &mut [Takes]),
        (protocol, reads_book): (&P, bool),
        signals: &Signals,
        (config, costs, acts): (&GovernorsConfig, Costs, usize),
    ) -> Outlook {
        let fresh = survey
            .take()
            .filter(|last| !last.is_stale(config, signals, acts));
        let held = survey.insert(fresh.unwrap_or_else(|| Survey {
            outlook: match reads_book {
                true => Outlook::survey(protocol, config.fall, costs),
                false => Outlook::bare(protocol, costs),
            },
            time: signals.now.0,
            prices: signals.assets.iter().map(|signal| signal.price).collect(),
            acts,
        }));
        held.outlook.costs = costs;
        let exposures = held.outlook.assets.iter_mut();
        for (exposure, takes) in exposures.zip(takes) {
            exposure.takes = std::mem::take(takes);
        }
        held.outlook.clone()
    }
}

/// Whether a move may change what liquidators are offered.
fn changes_offers(kind: LeverKind) -> bool {
    !matches!(
        kind,
        LeverKind::LoanToValue
            | LeverKind::LoanDiscount
            | LeverKind::SupplyCap
            | LeverKind::BorrowCap
            | LeverKind::DebtCeiling
            | LeverKind::ReserveFactor
    )
}

impl<P: Protocol> World<P> {
    /// Lets governors look at the step and move levers.
    pub(super) fn steer(&mut self) {
        let (costs, acts) = match &self.steering {
            Some(_) => (self.costs(), self.acts()),
            None => return,
        };
        let (Some(steering), Some(signals)) = (&mut self.steering, &self.signals) else {
            return;
        };
        let Steering {
            steward,
            told,
            survey,
            takes,
            ..
        } = steering.as_mut();
        let context = (&self.config.governors, costs, acts);
        let mut before = Vec::new();
        let reads_book = steward.reads_book();
        let events = steward.tick(&mut self.protocol, signals, |protocol| {
            before = protocol.breaches().collect();
            Steering::outlook((survey, takes), (protocol, reads_book), signals, context)
        });
        let new = steward.log().get(*told..).unwrap_or_default().to_vec();
        *told = steward.log().len();
        let moved = |entry: &Entry| matches!(entry.outcome, Outcome::Moved { .. });
        if new.iter().any(moved) {
            let decreed = self.protocol.breaches();
            let decreed = decreed.filter(|id| before.binary_search(id).is_err());
            let decreed = u32::try_from(decreed.count()).unwrap_or(u32::MAX);
            self.write_moves(&new, decreed);
        }
        self.keep_events(events);
    }

    /// Writes moves down and wakes whom they concern.
    fn write_moves(&mut self, entries: &[Entry], decreed: u32) {
        let levers = self.protocol.levers();
        let (step, time) = (self.row.step, self.now);
        let (mut wakes, mut files) = (false, false);
        for entry in entries {
            let Outcome::Moved { before, after, cut } = entry.outcome else {
                continue;
            };
            let Some(lever) = levers.iter().find(|lever| lever.name == entry.lever) else {
                continue;
            };
            wakes |= changes_offers(lever.kind);
            files |= lever.kind.decides_liquidation();
            self.record.parameters.push(ParameterRow {
                step,
                time,
                governor: entry.policy,
                parameter: entry.lever.clone(),
                kind: lever.kind,
                governs: lever.governs,
                from: before,
                to: after,
                wanted: entry.wanted,
                cut,
                reason: entry.reason,
                decreed,
            });
        }
        if wakes {
            self.watch.wake_all();
        }
        if files {
            self.borrowers.file_anew(&self.protocol, &self.oracle);
            self.levered.file_anew(&self.protocol, &self.oracle);
            if let Some(census) = &mut self.census {
                census.file_all_anew(&self.protocol, &self.oracle);
            }
            self.watch_anew();
        }
    }

    /// What a liquidation costs whoever makes it, at the going price of gas.
    fn costs(&self) -> Costs {
        let base = self.units.base_decimals;
        let value = |usd| Value(door::price_to_oracle(usd, base).0);
        let gas_usd = self.gas_usd(self.network.gas_gwei());
        let config = &self.config.governors;
        Costs {
            gas: value(gas_usd),
            failed: value(gas_usd * self.config.network.failed_gas_share),
            rivals: u32::try_from(self.crew.members.len()).unwrap_or(u32::MAX),
            capital: config.capital,
            bound_s: config.bound_s,
        }
    }

    /// How often somebody acted on an account so far.
    fn acts(&self) -> usize {
        let record = &self.record;
        record.liquidations.len() + record.reactions.len() + record.leverings.len()
    }

    /// Tells governors of an auction's start or of a purchase in it.
    pub(super) fn tell_governors(&mut self, plan: &Plan) {
        let now = self.now;
        let Some(steering) = &mut self.steering else {
            return;
        };
        let offer = &plan.offer;
        let takes = steering.takes.get_mut(usize::from(offer.collateral.0));
        match Operation::of(offer) {
            Operation::Restart => {
                if let Some(takes) = takes {
                    takes.restarts = takes.restarts.saturating_add(1);
                }
                steering
                    .auctions
                    .insert((offer.account, offer.auction), now);
            }
            Operation::Start if offer.kind == OfferKind::Start => {
                let open = self.protocol.offers(offer.account).into_iter();
                for open in open.filter(|open| open.kind == OfferKind::Buy) {
                    let began = steering.auctions.entry((offer.account, open.auction));
                    // Without a number an account has one at a time.
                    let began = began.or_insert(now);
                    if open.auction == 0 {
                        *began = now;
                    }
                }
            }
            Operation::Take if offer.kind == OfferKind::Buy => {
                let began = steering.auctions.get(&(offer.account, offer.auction));
                if let (Some(began), Some(takes)) = (began, takes) {
                    takes.count = takes.count.saturating_add(1);
                    takes.age_s = takes.age_s.saturating_add(now.saturating_sub(*began));
                }
            }
            _ => {}
        }
    }

    /// Counts what a steward did not send, by reason.
    pub(super) fn count_refused_moves(&mut self) {
        let Some(steering) = &self.steering else {
            return;
        };
        for entry in steering.steward.log() {
            let Outcome::Refused(refusal) = &entry.outcome else {
                continue;
            };
            let why = match refusal {
                Refusal::NoSuchLever => "no such lever",
                Refusal::Grandfathered => "would put healthy accounts in breach",
                Refusal::TooFine => "too fine for the protocol",
                Refusal::Denied(why) => why,
            };
            let what = format!("{} of {}", entry.policy, entry.lever);
            for _ in 0..entry.times {
                self.refusals.count(&what, why);
            }
        }
    }
}
