//! A set of guards: the highest level counts.

use super::halts::{GuardError, Halts, Scope};
use super::latch::{Latch, Transition};
use super::level::{Level, Operation};
use super::reading::{Reading, Readings, Reason};
use super::{Guard, Need};
use crate::protocol::{Asset, AssetId};
use crate::signals::Signals;
use crate::units::{Ratio, Timestamp, U256, Value, pow10};
use std::fmt;

/// A guard's No.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the guard.
    pub guard: &'static str,
    /// At which level it holds the asset; [`Level::Open`] where a limit is spent.
    pub level: Level,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.guard, self.level, self.reason)
    }
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub operation: Operation,
    /// The collateral.
    pub collateral: AssetId,
    /// The debt.
    pub debt: AssetId,
    /// Health factor of the account that is to be liquidated.
    pub health: Ratio,
    /// What it is worth in the base currency: the collateral of a liquidation, the debt of a loan.
    pub value: Value,
    /// Whether it is done whole or not at all.
    pub whole: bool,
}

/// What one guard has cost so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Name of the guard.
    pub guard: &'static str,
    /// Seconds at each level, in the order of [`Level::ALL`]; of several assets the highest counts.
    pub seconds: [u64; 5],
    /// What was refused, in the order of [`Operation::ALL`].
    pub refused: [Refused; 7],
}

/// Refusals of one operation. Whoever asks again is counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// Their value in the base currency, a cut for a limit included; saturates.
    pub value: Value,
}

impl Meter {
    fn new(guard: &'static str) -> Self {
        Self {
            guard,
            seconds: [0; 5],
            refused: [Refused::default(); 7],
        }
    }

    fn pass(&mut self, level: Level, seconds: u64) {
        let rows = Level::ALL.iter().zip(&mut self.seconds);
        for (_, held) in rows.filter(|(at, _)| **at == level) {
            *held = held.saturating_add(seconds);
        }
    }

    fn refuse(&mut self, operation: Operation, value: Value) {
        let rows = Operation::ALL.iter().zip(&mut self.refused);
        for (_, refused) in rows.filter(|(at, _)| **at == operation) {
            refused.count = refused.count.saturating_add(1);
            refused.value = Value(refused.value.0.saturating_add(value.0));
        }
    }

    /// What was refused of an operation.
    pub fn refused(&self, operation: Operation) -> Refused {
        let mut rows = Operation::ALL.iter().zip(self.refused);
        let row = rows.find(|(at, _)| **at == operation);
        row.map_or_else(Refused::default, |(_, refused)| refused)
    }

    /// Seconds at a level.
    pub fn seconds(&self, level: Level) -> u64 {
        let mut rows = Level::ALL.iter().zip(self.seconds);
        rows.find(|(at, _)| **at == level)
            .map_or(0, |(_, seconds)| seconds)
    }
}

/// A guard and what it holds back.
#[derive(Clone, Debug)]
struct Member {
    guard: Box<dyn Guard>,
    overall: Latch,
    assets: Vec<Latch>,
    /// Highest level of its latches.
    highest: Level,
    meter: Meter,
}

/// Guards in the order in which they are asked, over one protocol.
///
/// ```
/// use backstop_core::guard::{Guards, Halts, Level, Operation, PriceBreaker, PriceBreakerSettings};
/// use backstop_core::protocol::{Asset, AssetId};
/// use backstop_core::signals::{AssetSignal, Signals};
/// use backstop_core::units::{Price, Timestamp};
///
/// let breaker = PriceBreaker::new(PriceBreakerSettings::default())?;
/// let asset = Asset { symbol: "WETH".into(), decimals: 18 };
/// let mut guards = Guards::new(vec![Box::new(breaker)], Halts::ALL, &[asset])?;
///
/// let tick = |now, price| Signals {
///     now: Timestamp(now),
///     assets: vec![AssetSignal { price: Price::new(price), ..AssetSignal::default() }],
///     ..Signals::default()
/// };
/// guards.look(&tick(0, 2_000));
/// assert_eq!(guards.level(AssetId(0)), Level::Open);
///
/// // A fall by a fifth within a minute.
/// guards.look(&tick(60, 1_600));
/// assert!(guards.permits(Operation::Borrow, AssetId(0)).is_err());
/// assert!(guards.permits(Operation::Repay, AssetId(0)).is_ok());
/// assert_eq!(guards.log().len(), 1);
/// # Ok::<(), backstop_core::guard::GuardError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guards {
    members: Vec<Member>,
    halts: Halts,
    readings: Readings,
    /// Highest level of all members, for all assets and by asset.
    overall: Level,
    assets: Vec<Level>,
    now: Option<Timestamp>,
    log: Vec<Transition>,
}

impl Guards {
    /// Guards over a protocol that can be halted so, and lists these assets.
    ///
    /// # Errors
    /// [`GuardError::Unsupported`] where the protocol lacks what a guard needs;
    /// [`GuardError::Decimals`] for an asset with more than 77.
    pub fn new(
        guards: Vec<Box<dyn Guard>>,
        halts: Halts,
        listed: &[Asset],
    ) -> Result<Self, GuardError> {
        let unit = |asset: &Asset| {
            pow10(asset.decimals).map_err(|_| GuardError::Decimals {
                symbol: asset.symbol.clone(),
                found: asset.decimals,
            })
        };
        let units: Vec<U256> = listed.iter().map(unit).collect::<Result<_, _>>()?;
        for guard in &guards {
            guard.needs().into_iter().try_for_each(|need: Need| {
                let met = need.met_by(&halts).map(|_| ());
                met.map_err(|reason| GuardError::Unsupported {
                    guard: guard.name(),
                    need,
                    reason,
                })
            })?;
        }
        let member = |mut guard: Box<dyn Guard>| {
            guard.list(&units);
            Member {
                meter: Meter::new(guard.name()),
                overall: Latch::default(),
                assets: vec![Latch::default(); units.len()],
                highest: Level::Open,
                guard,
            }
        };
        Ok(Self {
            members: guards.into_iter().map(member).collect(),
            halts,
            readings: Readings::new(units.len()),
            overall: Level::Open,
            assets: vec![Level::Open; units.len()],
            now: None,
            log: Vec::new(),
        })
    }

    /// Reads one tick. A time before the last one counts as the last one.
    pub fn look(&mut self, signals: &Signals) {
        let last = self.now.unwrap_or(signals.now);
        let now = last.max(signals.now);
        let seconds = now.seconds_since(last);
        let mut changed = false;
        for member in &mut self.members {
            member.meter.pass(member.highest, seconds);
            self.readings.clear();
            member.guard.look(signals, &mut self.readings);
            if self.readings.told() || member.highest != Level::Open {
                changed |= member.settle(now, &self.readings, &self.halts, &mut self.log);
            }
        }
        self.now = Some(now);
        if changed {
            self.sum_up();
        }
    }

    /// The highest levels of all members.
    fn sum_up(&mut self) {
        let overall = self.members.iter().map(|member| member.overall.level);
        self.overall = overall.max().unwrap_or_default();
        self.assets.fill(self.overall);
        for member in &self.members {
            for (level, latch) in self.assets.iter_mut().zip(&member.assets) {
                *level = latch.level.max(*level);
            }
        }
    }

    /// The level of the whole protocol: that of each asset is at least as high.
    pub fn overall(&self) -> Level {
        self.overall
    }

    /// The level of an asset; that of the protocol where it is not listed.
    pub fn level(&self, asset: AssetId) -> Level {
        let level = self.assets.get(usize::from(asset.0));
        level.copied().unwrap_or(self.overall)
    }

    /// Whether an operation with an asset goes on; liquidations as of an account that no guard excepts.
    ///
    /// # Errors
    /// The [`Refusal`] of the guard that holds it back furthest, the first of several.
    pub fn permits(&self, operation: Operation, asset: AssetId) -> Result<(), Refusal> {
        self.permits_at(operation, asset, Ratio::MAX)
    }

    /// As [`Guards::permits`], of an account with this health factor.
    ///
    /// # Errors
    /// As [`Guards::permits`].
    pub fn permits_at(
        &self,
        operation: Operation,
        asset: AssetId,
        health: Ratio,
    ) -> Result<(), Refusal> {
        self.refuser(operation, asset, health)
            .map_or(Ok(()), |(_, refusal)| Err(refusal))
    }

    /// The member that refuses, and its answer.
    fn refuser(
        &self,
        operation: Operation,
        asset: AssetId,
        health: Ratio,
    ) -> Option<(usize, Refusal)> {
        if self.level(asset) <= operation.highest() {
            return None;
        }
        let mut found: Option<(usize, Refusal)> = None;
        for (at, member) in self.members.iter().enumerate() {
            let latch = member.latch(asset);
            let excepted = operation == Operation::Start && member.guard.exempts(health);
            let higher = found.is_none_or(|(_, refusal)| latch.level > refusal.level);
            if higher && !excepted && !self.halts.leaves(latch.level, operation) {
                let refusal = Refusal {
                    guard: member.guard.name(),
                    level: latch.level,
                    reason: latch.reason,
                };
                found = Some((at, refusal));
            }
        }
        found
    }

    /// How much collateral of an asset liquidations may begin with now, in the base currency;
    /// [`Value::MAX`] without a limit. Levels are not asked.
    pub fn allowance(&self, asset: AssetId) -> Value {
        let rooms = self.members.iter();
        let rooms = rooms.map(|member| member.guard.room(asset, Value::MAX, false));
        rooms.min().unwrap_or(Value::MAX)
    }

    /// Whether something may be done, and how much of it: all of [`Request::value`], or less where a limit
    /// cuts a liquidation. Counts what is refused.
    ///
    /// # Errors
    /// As [`Guards::permits`], for either asset; [`Reason::Spent`] where nothing is left of a limit.
    pub fn admit(&mut self, request: &Request) -> Result<Value, Refusal> {
        let Request {
            operation, health, ..
        } = *request;
        for asset in [request.collateral, request.debt] {
            if let Some((at, refusal)) = self.refuser(operation, asset, health) {
                return Err(self.refuse(at, request, refusal, request.value));
            }
        }
        if operation != Operation::Start {
            return Ok(request.value);
        }
        let mut room = request.value;
        let mut tightest = None;
        for (at, member) in self.members.iter().enumerate() {
            let (asset, whole) = (request.collateral, request.whole);
            let left = member.guard.room(asset, request.value, whole);
            if left < room {
                room = left;
                tightest = Some(at);
            }
        }
        let Some(at) = tightest else {
            return Ok(room);
        };
        let cut = request.value.minus_or_zero(room);
        let name = self
            .members
            .get(at)
            .map_or("", |member| member.guard.name());
        let refusal = Refusal {
            guard: name,
            level: Level::Open,
            reason: Reason::Spent {
                left: room,
                asked: request.value,
            },
        };
        self.refuse(at, request, refusal, cut);
        if room.is_zero() {
            Err(refusal)
        } else {
            Ok(room)
        }
    }

    fn refuse(&mut self, at: usize, request: &Request, refusal: Refusal, value: Value) -> Refusal {
        if let Some(member) = self.members.get_mut(at) {
            member.meter.refuse(request.operation, value);
        }
        refusal
    }

    /// Hears that a liquidation began with so much collateral, in the base currency.
    pub fn begun(&mut self, asset: AssetId, value: Value) {
        for member in &mut self.members {
            member.guard.begun(asset, value);
        }
    }

    /// What each guard has cost so far.
    pub fn meters(&self) -> impl Iterator<Item = &Meter> {
        self.members.iter().map(|member| &member.meter)
    }

    /// The guards, in order.
    pub fn guards(&self) -> impl Iterator<Item = &dyn Guard> {
        self.members.iter().map(|member| member.guard.as_ref())
    }

    /// All changes since the log was last taken.
    pub fn log(&self) -> &[Transition] {
        &self.log
    }

    /// Takes the log away.
    pub fn take_log(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.log)
    }
}

impl Member {
    /// The higher of what it holds an asset and all assets at.
    fn latch(&self, asset: AssetId) -> Latch {
        let own = self.assets.get(usize::from(asset.0)).copied();
        let own = own.unwrap_or_default();
        if own.level > self.overall.level {
            own
        } else {
            self.overall
        }
    }

    /// Takes readings; whether a level changed.
    fn settle(
        &mut self,
        now: Timestamp,
        readings: &Readings,
        halts: &Halts,
        log: &mut Vec<Transition>,
    ) -> bool {
        let (name, least_s) = (self.guard.name(), self.guard.least_s());
        let before = log.len();
        let mut settle = |latch: &mut Latch, reading, asset| {
            if let Some(from) = latch.settle(now, reading, least_s) {
                log.push(Transition {
                    time: now,
                    guard: name,
                    asset,
                    from,
                    to: latch.level,
                    reason: latch.reason,
                });
            }
        };
        let mut overall = readings.overall();
        for ((asset, latch), reading) in (0..)
            .map(AssetId)
            .zip(&mut self.assets)
            .zip(readings.assets())
        {
            let wide = reaches_all(*reading, halts);
            if wide || *reading == Reading::Between {
                overall = overall.or(*reading);
            }
            // What all assets are held back for does not let go of one of them.
            let own = if wide { Reading::Between } else { *reading };
            settle(latch, own, Some(asset));
        }
        settle(&mut self.overall, overall, None);
        let own = self.assets.iter().map(|latch| latch.level).max();
        self.highest = own.unwrap_or_default().max(self.overall.level);
        log.len() > before
    }
}

/// Whether the protocol can only hold all assets back where a reading asks for one.
fn reaches_all(reading: Reading, halts: &Halts) -> bool {
    let Reading::Tripped(level, _) = reading else {
        return false;
    };
    halts
        .at(level)
        .is_ok_and(|switch| switch.scope == Scope::Protocol)
}
