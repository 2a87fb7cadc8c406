//! What became of called accounts.

use backstop_core::protocol::AccountId;
use backstop_core::units::Ratio;
use backstop_lab::record::{CallCause, PathRecord};
use std::collections::{BTreeMap, BTreeSet};

/// The name of a cause in data.
pub(crate) fn cause_word(cause: CallCause) -> &'static str {
    match cause {
        CallCause::Market => "market",
        CallCause::Move => "move",
    }
}

/// The calls of one level, and what followed them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Followed {
    pub(crate) level: Ratio,
    pub(crate) calls: u64,
    pub(crate) accounts: u64,
    /// Accounts of which a liquidation began after their first call of the level.
    pub(crate) liquidated: u64,
    /// Median time from that call to that liquidation, seconds.
    pub(crate) median_s: Option<u64>,
}

/// The calls by level, the highest level first.
pub(crate) fn followed(record: &PathRecord) -> Vec<Followed> {
    let begins = begins(record);
    let mut levels: BTreeSet<Ratio> = BTreeSet::new();
    levels.extend(record.calls.iter().map(|call| call.level));
    let level = |level: Ratio| {
        let calls = record.calls.iter().filter(|call| call.level == level);
        let mut first = BTreeMap::new();
        for call in calls.clone() {
            first.entry(call.account).or_insert(call);
        }
        let waits = first.values().filter_map(|call| {
            // What the market brings comes before the liquidations of its step, a move after them.
            let from = call.step + u32::from(call.cause == CallCause::Move);
            let steps = begins.get(&call.account)?;
            let (_, time) = steps.get(steps.partition_point(|(step, _)| *step < from))?;
            Some(time.saturating_sub(call.time))
        });
        let mut waits: Vec<u64> = waits.collect();
        waits.sort_unstable();
        Followed {
            level,
            calls: calls.count() as u64,
            accounts: first.len() as u64,
            liquidated: waits.len() as u64,
            median_s: waits.get(waits.len() / 2).copied(),
        }
    };
    levels.iter().rev().copied().map(level).collect()
}

/// Steps and times at which liquidations of an account began, in order.
fn begins(record: &PathRecord) -> BTreeMap<AccountId, Vec<(u32, u64)>> {
    let mut begins: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in record.liquidations.iter().filter(|row| row.begins()) {
        begins
            .entry(row.account)
            .or_default()
            .push((row.step, row.time));
    }
    begins
}
