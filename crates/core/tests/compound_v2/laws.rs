//! What must hold after every action.

use crate::draw::all_markets;
use crate::{ACCOUNTS, held};
use backstop_core::protocol::compound_v2::{Account, Action, Event, Pool, Rejection};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, U256, WAD};

pub(crate) fn everything(pool: &Pool) -> impl PartialEq + std::fmt::Debug {
    let markets: Vec<_> = all_markets().map(|id| *pool.market(id).unwrap()).into();
    let accounts: Vec<Account> = (0..ACCOUNTS)
        .map(|id| pool.account(AccountId(id)).unwrap().clone())
        .collect();
    (markets, accounts, pool.guards())
}

/// Tokens and cTokens of a market, over all accounts.
fn sums(pool: &Pool, market: AssetId) -> (U256, U256) {
    let mut sums = (U256::ZERO, U256::ZERO);
    for id in 0..ACCOUNTS {
        let position = held(pool, AccountId(id), market);
        sums = (sums.0 + position.wallet.0, sums.1 + position.c_tokens.0);
    }
    sums
}

/// The accounts that an action may change.
fn parties(action: &Action) -> Vec<AccountId> {
    match *action {
        Action::AccrueInterest { .. } | Action::SetPaused { .. } => vec![],
        Action::Mint { minter: id, .. }
        | Action::Redeem { redeemer: id, .. }
        | Action::RedeemUnderlying { redeemer: id, .. }
        | Action::Borrow { borrower: id, .. }
        | Action::EnterMarket { account: id, .. }
        | Action::ExitMarket { account: id, .. }
        | Action::Fund { account: id, .. } => vec![id],
        Action::RepayBorrow {
            payer, borrower, ..
        } => vec![payer, borrower],
        Action::Transfer { from, to, .. } => vec![from, to],
        Action::LiquidateBorrow {
            liquidator,
            borrower,
            ..
        } => vec![liquidator, borrower],
    }
}

/// Everything that must hold of one accepted action.
pub(crate) fn check(before: &Pool, after: &Pool, action: &Action, events: &[Event]) {
    for id in all_markets() {
        let (old, new) = (before.market(id).unwrap(), after.market(id).unwrap());
        let (sums_old, sums_new) = (sums(before, id), sums(after, id));
        let funded = match action {
            Action::Fund { market, amount, .. } if *market == id => amount.0,
            _ => U256::ZERO,
        };
        assert_eq!(
            sums_old.0 + old.state.cash.0 + funded,
            sums_new.0 + new.state.cash.0,
            "tokens of {id:?}"
        );
        assert_eq!(sums_new.1, new.state.total_supply.0, "cTokens of {id:?}");
        assert!(new.state.borrow_index >= old.state.borrow_index);
        assert!(new.state.accrual_block >= old.state.accrual_block);
        assert!(new.state.total_reserves >= old.state.total_reserves);
        // Redeeming an amount of tokens rounds the cTokens given for it down: the others pay.
        let redeems = matches!(action, Action::RedeemUnderlying { .. });
        if !redeems && !old.state.total_supply.is_zero() && !new.state.total_supply.is_zero() {
            let (was, now) = (before.exchange_rate(id), after.exchange_rate(id));
            assert!(now >= was, "exchange rate of {id:?}: {was:?} to {now:?}");
        }
    }
    let parties = parties(action);
    for id in (0..ACCOUNTS).map(AccountId) {
        if !parties.contains(&id) {
            assert_eq!(before.account(id), after.account(id), "bystander {id:?}");
        }
    }
    for event in events {
        if let Event::Liquidated { .. } = event {
            check_liquidation(before, after, event);
        }
    }
}

/// Every cToken of a seizure has a party, and the liquidator pays what the debt loses.
fn check_liquidation(before: &Pool, after: &Pool, event: &Event) {
    let &Event::Liquidated {
        liquidator,
        account,
        borrow_market,
        collateral_market,
        repaid,
        seized,
        to_liquidator,
        to_protocol,
    } = event
    else {
        return;
    };
    assert_eq!(to_liquidator.plus(to_protocol), Ok(seized));
    let share = after.version().rules().protocol_seize_share.0;
    assert_eq!(to_protocol.0, seized.0 * share / WAD);
    let tokens = |pool: &Pool, who| held(pool, who, collateral_market).c_tokens;
    let lost = tokens(before, account).minus(tokens(after, account));
    assert_eq!(lost, Ok(seized));
    let won = tokens(after, liquidator).minus(tokens(before, liquidator));
    assert_eq!(won, Ok(to_liquidator));
    let purse = |pool: &Pool| held(pool, liquidator, borrow_market).wallet;
    assert_eq!(purse(before).minus(purse(after)), Ok(repaid));
    let mut accrued = before.clone();
    let accrue = Action::AccrueInterest {
        market: borrow_market,
    };
    accrued.apply(&accrue).unwrap();
    let owed = accrued.debt(account, borrow_market).unwrap();
    assert_eq!(
        after.debt(account, borrow_market),
        owed.minus(repaid).map_err(Rejection::from)
    );
    let close = Amount(owed.0 / U256::from(2));
    assert!(repaid <= close, "{repaid} of {owed}");
}
