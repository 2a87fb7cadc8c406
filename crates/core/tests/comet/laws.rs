//! What holds after every action, computed from the accounts alone.

use crate::{INDEX, assets, ids, narrow, position};
use backstop_core::protocol::comet::{Absorption, Action, BASE, Balance, Comet, Event, Reserves};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, U256};

fn side(principal: i128) -> u128 {
    u128::try_from(principal).unwrap_or(0)
}

/// How far the sums of principals exceed what accounts have.
pub(crate) fn drift(comet: &Comet) -> (u128, u128) {
    let principals: Vec<_> = ids()
        .map(|id| position(comet, id).account.principal)
        .collect();
    let supply: u128 = principals.iter().map(|p| side(*p)).sum();
    let borrow: u128 = principals.iter().map(|p| side(-*p)).sum();
    let totals = comet.totals();
    let above = |total: u128, sum| total.checked_sub(sum).expect("a sum below the principals");
    (above(totals.supply, supply), above(totals.borrow, borrow))
}

/// Tokens in the contract and in wallets.
fn tokens(comet: &Comet, asset: AssetId) -> U256 {
    let held = match asset {
        BASE => comet.base_held(),
        _ => comet
            .collateral(asset)
            .map_or(Amount::ZERO, |tokens| tokens.held),
    };
    ids().fold(held.0, |sum, id| {
        sum + position(comet, id).in_wallet(asset).0
    })
}

/// Tokens and claims are conserved, marks are right, indexes do not fall.
pub(crate) fn check_sums(before: &Comet, after: &Comet, action: &Action) {
    for asset in assets(after).chain([BASE]) {
        let funded = match action {
            Action::Fund {
                asset: to, amount, ..
            } if *to == asset => amount.0,
            _ => U256::ZERO,
        };
        assert_eq!(
            tokens(before, asset) + funded,
            tokens(after, asset),
            "tokens"
        );
        if asset == BASE {
            continue;
        }
        let supplied = ids().map(|id| position(after, id).supplied(asset).0);
        let total = after.collateral(asset).unwrap().total_supply.0;
        assert_eq!(supplied.fold(U256::ZERO, |a, b| a + b), total, "collateral");
        for id in ids() {
            let held = position(after, id);
            let marked = held.account.assets_in.contains(asset);
            assert_eq!(marked, !held.supplied(asset).is_zero(), "marks");
        }
    }
    let (then, now) = (before.totals(), after.totals());
    assert!(then.supply_index <= now.supply_index && then.borrow_index <= now.borrow_index);
    assert!(then.tracking_supply_index <= now.tracking_supply_index);
    assert!(then.tracking_borrow_index <= now.tracking_borrow_index);
    let (old, new) = (drift(before), drift(after));
    assert!(old.0 <= new.0 && new.0 <= old.0 + 2, "drift of supplies");
    assert!(old.1 <= new.1 && new.1 <= old.1 + 2, "drift of debts");
}

fn signed(reserves: Reserves) -> i128 {
    let signed = |amount: Amount| i128::try_from(narrow(amount.0)).unwrap();
    match reserves {
        Reserves::Surplus(amount) => signed(amount),
        Reserves::Deficit(amount) => -signed(amount),
    }
}

/// Reserves change by what was paid out and in, and otherwise by rounding.
pub(crate) fn check_reserves(before: &Comet, after: &Comet, action: &Action, events: &[Event]) {
    let change = signed(after.reserves().unwrap()) - signed(before.reserves().unwrap());
    let signed = |amount: &Amount| i128::try_from(narrow(amount.0)).unwrap();
    let paid_out = events.iter().map(|event| match event {
        Event::DebtAbsorbed(told) => signed(&told.paid_out),
        Event::ReservesWithdrawn { amount, .. } => signed(amount),
        Event::CollateralBought { base_amount, .. } => -signed(base_amount),
        _ => 0,
    });
    let rounding = change + paid_out.sum::<i128>();
    let touched = match action {
        Action::Absorb { accounts } => accounts.len() as i128,
        Action::Supply { asset: BASE, .. }
        | Action::Withdraw { asset: BASE, .. }
        | Action::Transfer { asset: BASE, .. } => 2,
        _ => 0,
    };
    let totals = after.totals();
    let unit = i128::from(totals.supply_index.max(totals.borrow_index) / INDEX) + 2;
    assert!(
        rounding.abs() <= touched * unit,
        "reserves changed by {rounding} more"
    );
}

pub(crate) fn check_absorption(before: &Comet, after: &Comet, told: &Absorption) {
    let id = told.account;
    assert_eq!(before.is_absorbable(id), Ok(true), "absorbed in health");
    let left = position(after, id);
    assert!(left.account.assets_in.is_empty() && left.account.principal >= 0);
    assert!(left.collateral.values().all(|amount| amount.is_zero()));
    let Ok(Balance::Debt(owed)) = before.balance(id) else {
        panic!("absorbed without debt");
    };
    assert!(told.surplus.is_zero() || told.uncovered.is_zero());
    assert!(told.paid_out >= owed.plus(told.surplus).unwrap());
    assert_eq!(after.balance(id), Ok(Balance::Supply(told.surplus)));
}

fn named(action: &Action) -> Vec<AccountId> {
    match action {
        Action::Supply { payer, account, .. } => vec![*payer, *account],
        Action::Withdraw {
            account, recipient, ..
        } => vec![*account, *recipient],
        Action::Transfer {
            sender, recipient, ..
        } => vec![*sender, *recipient],
        Action::Absorb { accounts } => accounts.clone(),
        Action::BuyCollateral {
            buyer, recipient, ..
        } => vec![*buyer, *recipient],
        Action::WithdrawReserves { recipient, .. } => vec![*recipient],
        Action::AccrueAccount { account } | Action::Fund { account, .. } => vec![*account],
        Action::Pause { .. } => Vec::new(),
    }
}

pub(crate) fn check_bystanders(before: &Comet, after: &Comet, action: &Action) {
    let named = named(action);
    for id in ids().filter(|id| !named.contains(id)) {
        assert_eq!(
            position(before, id),
            position(after, id),
            "a bystander changed"
        );
    }
}

/// Whoever borrowed or took collateral may owe what he owes.
pub(crate) fn check_health(after: &Comet, action: &Action) {
    let who = match action {
        Action::Withdraw { account, .. } => *account,
        Action::Transfer { sender, .. } => *sender,
        _ => return,
    };
    assert_eq!(
        after.is_borrow_collateralized(who),
        Ok(true),
        "left owing too much"
    );
}

pub(crate) fn unchanged(before: &Comet, after: &Comet) {
    assert_eq!(before.totals(), after.totals());
    assert_eq!(before.base_held(), after.base_held());
    assert_eq!(before.paused(), after.paused());
    for asset in assets(before) {
        assert_eq!(before.collateral(asset), after.collateral(asset));
    }
    for id in ids() {
        assert_eq!(position(before, id), position(after, id));
    }
}
