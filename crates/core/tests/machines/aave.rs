//! Aave v3 with a drawn book, under any of its versions: one pool of all assets.

use crate::dice::Dice;
use crate::pool::{Listed, pool, position};
use crate::{BORROWERS, Case, LISTED, borrower};
use backstop_core::protocol::Protocol;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_core::units::Ratio;

pub(crate) fn open(dice: &mut Dice) -> Case<Pool> {
    let assets = LISTED.map(|(symbol, decimals, dollars)| Listed {
        symbol,
        decimals,
        usd: dollars as f64,
        loan_to_value: 7_500,
        threshold: 8_000,
        bonus: 500,
        treasury: 1_000,
        slopes: [4, 60],
    });
    let tokens = |at: usize, units: u128| units as f64 / 10f64.powi(LISTED[at].1.into());
    let mut accounts = Vec::new();
    for _ in 0..BORROWERS {
        let held = borrower(dice, 80).into_iter().enumerate();
        let held = held.filter(|(_, row)| *row != (0, 0));
        let rows =
            held.map(|(at, (has, owes))| position(&assets, at, tokens(at, has), tokens(at, owes)));
        accounts.push(Account::new(0, rows));
    }
    let lent = [2, 3].map(|at| position(&assets, at, 1e9, 0.0));
    accounts.push(Account::new(0, lent));
    Case {
        machine: pool(dice.pick(&AaveVersion::ALL), &assets, accounts),
        breached: |pool, id| {
            let health = pool.health(id).unwrap();
            health.factor < Ratio::new(1_000_000_000_000_000_000)
        },
    }
}
