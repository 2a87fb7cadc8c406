//! How accounts would stand at the end had they not been liquidated.
//!
//! The ledger of the first moment is asked at the market's prices of the last step; where accounts made moves of
//! their own, a copy of it is told these prices, and they make them there. So the design's own rule for health
//! decides, exactly, and nobody else's liquidation is undone.

use super::World;
use crate::record::{AccountRow, LeveringRow, PathRecord, ReactionRow};
use backstop_core::protocol::{AccountId, Adjustment, Protocol};
use backstop_core::units::{Ratio, WAD};
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
    /// Fills [`AccountRow::solvent_spared`] of a path that is over.
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
            let healthy = self.opening.healthy_at(&answers, &accounts);
            for (row, healthy) in still.iter_mut().zip(healthy) {
                row.solvent_spared = healthy;
            }
        }
        if !moved.is_empty() {
            let mut ledger = self.opening.fork();
            let observed = ledger.observe(ledger.now(), &answers).is_ok();
            for row in moved.iter_mut().filter(|_| observed) {
                moves.make(&mut ledger, row.account);
                let health = ledger.health(row.account).ok();
                row.solvent_spared = health.map(|health| health.factor >= Ratio(WAD));
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
    use crate::record::{AccountRow, PathRecord};
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

    /// What an account would be without liquidation: its health at the start, times the fall of ether.
    fn want(row: &AccountRow, record: &PathRecord) -> f64 {
        let last = record.steps.last().unwrap().outside[0];
        door::ratio_to_f64(row.health_start) * last / 200.0
    }

    #[test]
    fn solvency_without_liquidation_follows_the_last_price() {
        let mut told = [0, 0];
        for end in [140.0, 170.0, 185.0, 200.0] {
            let record = record(end, Vec::new());
            let liquidated = record.accounts.iter().filter(|row| row.liquidations > 0);
            assert!(liquidated.clone().count() > 10);
            for row in liquidated {
                let want = want(row, &record);
                assert!((want - 1.0).abs() > 1e-6, "{want}");
                assert_eq!(row.solvent_spared, Some(want > 1.0));
                told[usize::from(want > 1.0)] += 1;
            }
            let others = record.accounts.iter().filter(|row| row.liquidations == 0);
            assert!(others.clone().count() > 10);
            assert!(others.into_iter().all(|row| row.solvent_spared.is_none()));
        }
        assert!(told.iter().all(|told| *told > 10), "{told:?}");
    }

    /// Whoever adds collateral or repays is better off for it, and nobody else is.
    #[test]
    fn own_moves_count() {
        let group = |reaction| BorrowerGroup {
            name: "all".to_owned(),
            share: 0.3,
            reaction,
            trigger: 1.05,
            target: 1.1,
            delay_s: 0,
            budget_share: 0.05,
        };
        let (mut lifted, mut as_it_was) = (0, 0);
        for end in [150.0, 160.0, 170.0, 180.0] {
            let record = record(end, vec![group(Reaction::TopUp), group(Reaction::Repay)]);
            for row in record.accounts.iter().filter(|row| row.liquidations > 0) {
                let solvent = want(row, &record) > 1.0;
                let reactions = &record.reactions;
                if reactions.iter().any(|own| own.account == row.account) {
                    assert!(row.solvent_spared.unwrap() >= solvent);
                    lifted += u32::from(row.solvent_spared.unwrap() != solvent);
                } else {
                    assert_eq!(row.solvent_spared, Some(solvent));
                    as_it_was += 1;
                }
            }
        }
        assert!(lifted > 5 && as_it_was > 5, "{lifted} {as_it_was}");
    }
}
