//! What must hold after every action.

use crate::{BORROWERS, LIQUIDATOR, VAULTS, VIRTUAL, ids};
use backstop_core::protocol::euler::{
    Action, Cluster, Event, Events, Liquidation, Purpose, Rejection, VaultState,
};
use backstop_core::units::U256;

/// Shares are what accounts and fees sum to; debts are what the borrows say, up to roundings.
pub(crate) fn check_sums(cluster: &Cluster) {
    for vault in VAULTS {
        let (stored, present) = (
            cluster.stored(vault).unwrap(),
            cluster.present(vault).unwrap(),
        );
        let mut shares = stored.accumulated_fees.0;
        let mut owed = U256::ZERO;
        for id in ids() {
            shares += cluster.account(id).unwrap().holding(vault).shares.0;
            owed += cluster.debt(vault, id).unwrap().0;
        }
        assert_eq!(shares, stored.total_shares.0, "shares of {vault:?}");
        let gap = owed.abs_diff(present.total_borrows.0);
        assert!(
            gap < U256::from(1u64 << 31),
            "borrows of {vault:?} are off by {gap}"
        );
    }
}

/// A share never loses worth but by debt written off, and the accumulator never falls.
pub(crate) fn check_share_prices(before: &Cluster, after: &Cluster, events: &Events) {
    for vault in VAULTS {
        let (was, is) = (
            before.present(vault).unwrap(),
            after.present(vault).unwrap(),
        );
        let lost = |event: &Event| matches!(event, Event::DebtSocialized { vault: of, .. } if *of == vault);
        let whole = |state: &VaultState| {
            (
                state.total_assets().0 + VIRTUAL,
                state.total_shares.0 + VIRTUAL,
            )
        };
        let ((a0, s0), (a1, s1)) = (whole(was), whole(is));
        let fell = a1 * s0 < a0 * s1;
        assert!(!fell || events.iter().any(lost), "shares of {vault:?} fell");
        assert!(is.interest_accumulator >= was.interest_accumulator);
    }
}

/// Who passed a check has more collateral than debt.
pub(crate) fn check_health(after: &Cluster, events: &Events) {
    for event in events {
        if let Event::AccountChecked {
            account,
            controller,
        } = event
        {
            let held = after.liquidity(*controller, *account, Purpose::Borrowing);
            // The check stops where it has seen enough, so a price that overflows may come later.
            let unhealthy = held.is_ok_and(|held| held.collateral <= held.liability);
            let owes = !after.debt(*controller, *account).unwrap().is_zero();
            assert!(!(unhealthy && owes), "{account:?} passed a check it fails");
        }
    }
}

/// Debt and shares go from one to the other; only what is written off disappears.
pub(crate) fn check_liquidation(
    before: &Cluster,
    after: &Cluster,
    done: &Liquidation,
    events: &Events,
) {
    let Liquidation {
        vault,
        violator,
        liquidator,
        collateral,
        ..
    } = *done;
    let seizes = !done.repay.is_zero() || !done.shares.is_zero();
    let held = before.liquidity(vault, violator, Purpose::Liquidation);
    let violation = held.is_ok_and(|held| held.is_violation());
    assert!(!seizes || violation, "a healthy account was liquidated");
    let most = before
        .check_liquidation(vault, liquidator, violator, collateral)
        .unwrap();
    assert!(done.repay <= most.repay_max);
    if !most.repay_max.is_zero() {
        let part = most.shares_max.0 * done.repay.0 / most.repay_max.0;
        assert_eq!(done.shares.0, part, "shares for {}", done.repay);
    }
    let shares = |cluster: &Cluster, id| cluster.account(id).unwrap().holding(collateral).shares;
    let paid = |id| shares(before, id).minus(done.shares) == Ok(shares(after, id));
    let got = shares(before, liquidator).plus(done.shares) == Ok(shares(after, liquidator));
    assert!(paid(violator) && got, "seized shares went astray");
    let debts = |cluster: &Cluster| {
        let owed = [violator, liquidator].map(|id| cluster.debt(vault, id).unwrap());
        (owed[0].0, owed[1].0)
    };
    let ((from, to), (left, taken)) = (debts(before), debts(after));
    let gap = (taken - to).abs_diff(done.repay.0 << 31);
    assert!(
        gap < U256::from(1u64 << 31),
        "took over {gap} too much or too little"
    );
    let written_off = events
        .iter()
        .any(|event| matches!(event, Event::DebtSocialized { .. }));
    if written_off {
        assert!(left.is_zero(), "a rest was written off in part");
        let config = before.config(vault).unwrap();
        let account = after.account(violator).unwrap();
        let mut enabled = account.collaterals.iter();
        let bare = enabled
            .all(|id| !config.ltv(*id).is_recognized() || account.holding(*id).shares.is_zero());
        assert!(bare, "written off with collateral left");
    } else {
        assert_eq!(from + to, left + taken, "debt appeared or disappeared");
    }
    for id in ids().filter(|id| *id != violator && *id != liquidator) {
        assert_eq!(before.account(id), after.account(id), "a bystander");
    }
}

/// What is offered is what a liquidation does, where the liquidator can bear the debt.
pub(crate) fn check_offers(cluster: &Cluster) {
    for violator in BORROWERS {
        for quote in cluster.liquidations(violator) {
            let outcome = cluster.clone().apply(&Action::Liquidate {
                vault: quote.vault,
                liquidator: LIQUIDATOR,
                violator,
                collateral: quote.collateral,
                repay: quote.repay_max,
                min_shares: quote.shares_max,
            });
            let told = outcome.iter().flatten().find_map(|event| match event {
                Event::Liquidated(done) => Some((done.repay, done.shares)),
                _ => None,
            });
            match outcome {
                Ok(_) => assert_eq!(told, Some((quote.repay_max, quote.shares_max))),
                Err(rejection) => assert!(
                    !matches!(
                        rejection,
                        Rejection::ExcessiveRepayAmount | Rejection::MinYield
                    ),
                    "an offer was refused: {rejection}"
                ),
            }
        }
    }
}
