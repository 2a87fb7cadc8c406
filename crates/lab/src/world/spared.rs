//! How accounts would stand at the end had they not been liquidated.
//!
//! A copy of the ledger of the first moment is told the market's prices of the last step, and the accounts make their
//! own moves of the path there: so the design's own rule for health decides, exactly, and nobody else's
//! liquidation is undone.

use super::World;
use crate::record::{AccountRow, LeveringRow, PathRecord, ReactionRow};
use backstop_core::protocol::{AccountId, Adjustment, Protocol};
use std::collections::BTreeMap;

/// What accounts did themselves, by account and then in order.
#[derive(Default)]
struct OwnMoves<'a> {
    reactions: BTreeMap<AccountId, Vec<&'a ReactionRow>>,
    leverings: BTreeMap<AccountId, Vec<&'a LeveringRow>>,
}

impl<'a> OwnMoves<'a> {
    fn of(record: &'a PathRecord) -> Self {
        let mut moves = Self::default();
        for row in &record.reactions {
            moves.reactions.entry(row.account).or_default().push(row);
        }
        for row in &record.leverings {
            moves.leverings.entry(row.account).or_default().push(row);
        }
        moves
    }

    fn has(&self, account: AccountId) -> bool {
        self.reactions.contains_key(&account) || self.leverings.contains_key(&account)
    }

    /// Makes an account's moves. What the ledger refuses at the first moment's book does not happen.
    fn make<P: Protocol>(&self, ledger: &mut P, account: AccountId) {
        for row in self.leverings.get(&account).into_iter().flatten() {
            let (asset, amount) = (row.collateral, row.supplied);
            let added = ledger.adjust(account, &Adjustment::TopUp { asset, amount });
            if added.is_ok() {
                ledger.borrow(account, row.debt, row.borrowed);
            }
        }
        for row in self.reactions.get(&account).into_iter().flatten() {
            let (asset, amount) = (row.asset, row.amount);
            let own = match row.repay {
                true => Adjustment::Repay { asset, amount },
                false => Adjustment::TopUp { asset, amount },
            };
            // A refused move leaves the account as it is, which is what is asked for.
            drop(ledger.adjust(account, &own));
        }
    }
}

impl<P: Protocol> World<P> {
    /// Fills [`AccountRow::health_spared`] of a path that is over.
    pub(super) fn tell_spared(&self, record: &mut PathRecord) {
        let mut rows = std::mem::take(&mut record.accounts);
        let moves = OwnMoves::of(record);
        let touched = |row: &&mut AccountRow| row.liquidations > 0 || row.softened;
        let (mut moved, mut still): (Vec<_>, Vec<_>) = rows
            .iter_mut()
            .filter(touched)
            .partition(|row| moves.has(row.account));
        let answers = self.units.answers(self.market.outside());
        if !still.is_empty() {
            let accounts: Vec<AccountId> = still.iter().map(|row| row.account).collect();
            let healths = self.opening.healths_at(&answers, &accounts);
            for (row, health) in still.iter_mut().zip(healths) {
                row.health_spared = health.map(|health| health.factor);
            }
        }
        if !moved.is_empty() {
            let mut ledger = self.opening.fork();
            let observed = ledger.observe(ledger.now(), &answers).is_ok();
            for row in moved.iter_mut().filter(|_| observed) {
                moves.make(&mut ledger, row.account);
                let health = ledger.health(row.account).ok();
                row.health_spared = health.map(|health| health.factor);
            }
        }
        record.accounts = rows;
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::{BorrowerGroup, Reaction};
    use crate::door;
    use crate::market::FeedbackMode;
    use crate::price::{Historical, PriceModel, Refine};
    use crate::record::PathRecord;
    use crate::world::World;
    use crate::world::tests::{book, config};
    use std::ops::ControlFlow;

    /// Ether falls from 200 to 140 in the first hour and ends at `end` after the second.
    fn record(end: f64, borrowers: Vec<BorrowerGroup>) -> PathRecord {
        let points = [(0, 200.0), (3_600, 140.0), (7_200, end)];
        let price = PriceModel::Historical(Historical::from_points(&points, Refine::Linear));
        let mut config = config(price);
        config.impact.mode = FeedbackMode::Off;
        config.borrowers = borrowers;
        let mut world = World::new(book(), config, 7).unwrap();
        world.run(&mut |_| ControlFlow::Continue(()))
    }

    #[test]
    fn health_without_liquidation_follows_the_last_price() {
        for end in [140.0, 170.0, 200.0] {
            let record = record(end, Vec::new());
            let last = record.steps.last().unwrap().outside[0];
            let liquidated = record.accounts.iter().filter(|row| row.liquidations > 0);
            assert!(liquidated.clone().count() > 10);
            for row in liquidated {
                let want = door::ratio_to_f64(row.health_start) * last / 200.0;
                let got = door::ratio_to_f64(row.health_spared.unwrap());
                assert!((got / want - 1.0).abs() < 1e-6, "{got} for {want}");
            }
            let others = record.accounts.iter().filter(|row| row.liquidations == 0);
            assert!(others.clone().count() > 10);
            assert!(others.into_iter().all(|row| row.health_spared.is_none()));
        }
    }

    #[test]
    fn own_moves_count() {
        let group = |reaction| BorrowerGroup {
            name: "all".to_owned(),
            share: 0.5,
            reaction,
            trigger: 1.05,
            target: 1.1,
            delay_s: 0,
            budget_share: 0.02,
        };
        let record = record(140.0, vec![group(Reaction::TopUp), group(Reaction::Repay)]);
        let last = record.steps.last().unwrap().outside[0];
        let mut moved = 0;
        for row in record.accounts.iter().filter(|row| row.liquidations > 0) {
            let start = door::ratio_to_f64(row.health_start) * last / 200.0;
            let got = door::ratio_to_f64(row.health_spared.unwrap());
            let own = record
                .reactions
                .iter()
                .any(|own| own.account == row.account);
            assert!(if own {
                got > start * 1.001
            } else {
                got < start * 1.001
            });
            moved += u32::from(own);
        }
        assert!(moved > 10, "{moved}");
    }
}
