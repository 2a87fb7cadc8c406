//! What must hold of the engine alone, in every version, through the same random scripts.

use crate::draw::{ACCOUNTS, ASSETS, script};
use crate::pair::{Pair, Seen, account_id, asset_id};
use crate::runner;
use backstop_core::protocol::aave::{AaveVersion, Action, Pool};
use backstop_core::protocol::{AccountId, AssetId, Event, Offer, Protocol, Terms};
use backstop_core::units::{Amount, U256};
use backstop_testkit::aave::Version;

/// A liquidator who pays from outside the book.
const OUTSIDER: AccountId = AccountId(u32::MAX);

/// Scripts a version and property.
const CASES: u32 = 48;

const VERSIONS: [(AaveVersion, Version); 6] = [
    (AaveVersion::V3_0_2, Version::V302),
    (AaveVersion::V3_3, Version::V33),
    (AaveVersion::V3_4, Version::V34),
    (AaveVersion::V3_5, Version::V35),
    (AaveVersion::V3_6, Version::V36),
    (AaveVersion::V3_7, Version::V37),
];

/// Runs scripts in every version; `look` asserts something of each action.
fn check(look: impl Fn(Seen<'_>)) {
    for (engine, model) in VERSIONS {
        let result = runner(CASES).run(&script(), |script| {
            let mut pair = Pair::new(engine, model, &script.world);
            for step in &script.steps {
                pair.watch(step, &mut |seen| look(seen));
            }
            Ok(())
        });
        if let Err(failure) = result {
            panic!("{model:?}: {failure}");
        }
    }
}

fn assets() -> impl Iterator<Item = AssetId> {
    (0..ASSETS).map(asset_id)
}

fn accounts() -> impl Iterator<Item = AccountId> {
    (0..ACCOUNTS).map(account_id)
}

/// Tokens in all wallets and in the pool.
fn tokens(pool: &Pool, asset: AssetId) -> U256 {
    let wallets = accounts().map(|account| pool.wallet(account, asset).0);
    let held = pool.reserve(asset).expect("listed").state.available.0;
    wallets.fold(held, |sum, wallet| sum + wallet)
}

/// Scaled supply and scaled debt of one account.
fn claims(pool: &Pool, account: AccountId, asset: AssetId) -> (U256, U256) {
    let position = pool.account(account).expect("known").position(asset);
    (U256::from(position.supply), U256::from(position.debt))
}

#[test]
fn tokens_balance() {
    check(|seen| {
        for asset in assets() {
            let came = match seen.action {
                Action::Fund {
                    asset: funded,
                    amount,
                    ..
                } if *funded == asset && seen.done.is_ok() => amount.0,
                _ => U256::ZERO,
            };
            let (before, after) = (tokens(seen.before, asset), tokens(seen.after, asset));
            assert_eq!(before + came, after, "INV-01: {:?}", seen.action);
        }
    });
}

#[test]
fn positions_sum_to_totals() {
    check(|seen| {
        for asset in assets() {
            let state = &seen.after.reserve(asset).expect("listed").state;
            let (mut supply, mut debt) = (U256::ZERO, U256::ZERO);
            for account in accounts() {
                let held = claims(seen.after, account, asset);
                supply += held.0;
                debt += held.1;
            }
            assert_eq!(supply, state.total_supply.0, "INV-02: {:?}", seen.action);
            assert_eq!(debt, state.total_debt.0, "INV-02: {:?}", seen.action);
        }
    });
}

#[test]
fn rejected_actions_change_nothing() {
    check(|seen| {
        if seen.done.is_err() {
            let (before, after) = (seen.before.state_hash(), seen.after.state_hash());
            assert_eq!(before, after, "INV-03: {:?}", seen.action);
            let breaches = |pool: &Pool| pool.breaches().collect::<Vec<_>>();
            assert_eq!(breaches(seen.before), breaches(seen.after), "INV-03");
        }
    });
}

#[test]
fn borrowing_through_the_trait_is_the_contracts_own() {
    check(|seen| {
        if let Action::Borrow {
            caller,
            asset,
            amount,
        } = *seen.action
        {
            let mut pool = seen.before.fork();
            let told = pool.borrow(caller, asset, amount).unwrap();
            assert_eq!(&told, seen.done);
            assert_eq!(pool.state_hash(), seen.after.state_hash());
        }
    });
}

#[test]
fn withdrawing_never_raises_health() {
    check(|seen| {
        let (Action::Withdraw { caller, .. }, Ok(_)) = (seen.action, seen.done) else {
            return;
        };
        let health = |pool: &Pool| pool.health(*caller).expect("a health").factor;
        let (before, after) = (health(seen.before), health(seen.after));
        assert!(
            after <= before,
            "INV-04: {before} to {after}: {:?}",
            seen.action
        );
    });
}

/// Every pair of an account in breach is offered as it would settle, or not offered and refused.
#[test]
fn offers_are_what_settles() {
    check(|seen| {
        let pool = seen.after;
        for account in pool.breaches() {
            let offers = pool.offers(account);
            for (collateral, debt) in assets().flat_map(|a| assets().map(move |b| (a, b))) {
                let of = |offer: &&Offer| (offer.collateral, offer.debt) == (collateral, debt);
                let offer = offers.iter().find(of);
                let bare = Offer {
                    account,
                    collateral,
                    debt,
                    ..Offer::default()
                };
                let terms = Terms::all(OUTSIDER);
                let settled = pool.fork().accept(offer.unwrap_or(&bare), &terms).ok();
                assert_eq!(
                    offer.map(|offer| (offer.repay_max, offer.seize_max)),
                    settled.map(|told| (told.repaid, told.seized)),
                    "INV-23: {account:?} {collateral:?} {debt:?}"
                );
            }
        }
    });
}

/// Who has more or less than before, signed by the side of the pair.
fn change(before: U256, after: U256) -> (U256, U256) {
    (after.saturating_sub(before), before.saturating_sub(after))
}

#[test]
fn every_unit_of_a_liquidation_has_a_party() {
    check(|seen| {
        let Action::Liquidate {
            liquidator,
            borrower,
            collateral,
            debt,
            receive_a_token,
            ..
        } = *seen.action
        else {
            return;
        };
        let Ok(events) = seen.done else {
            return;
        };
        let (repaid, seized) = paid(events);
        let (fee, fee_shares) = fee(events);
        let treasury = account_id(0);
        let of = |pool: &Pool, account, asset| claims(pool, account, asset).0;
        let total = |pool: &Pool| {
            pool.reserve(collateral)
                .expect("listed")
                .state
                .total_supply
                .0
        };
        // Nobody but the three parties gains or loses a claim; what leaves the total was burned.
        for account in accounts() {
            if ![borrower, liquidator, treasury].contains(&account) {
                let (before, after) = (
                    of(seen.before, account, collateral),
                    of(seen.after, account, collateral),
                );
                assert_eq!(before, after, "INV-05: a bystander");
            }
        }
        let (minted, burned) = change(total(seen.before), total(seen.after));
        assert_eq!(minted, U256::ZERO, "INV-05: claims out of nothing");
        assert_eq!(
            burned == U256::ZERO,
            receive_a_token,
            "INV-05: what was burned"
        );
        // The treasury has its fee to the scaled unit, unless it is a party itself.
        if ![borrower, liquidator].contains(&treasury) {
            let before = of(seen.before, treasury, collateral);
            let after = of(seen.after, treasury, collateral);
            assert_eq!(before + fee_shares, after, "INV-05: the fee of {fee}");
        }
        // Tokens: the pool has what the liquidator paid and lacks what the liquidator got.
        let tokens_out = if receive_a_token { U256::ZERO } else { seized };
        let held = |pool: &Pool, asset| pool.reserve(asset).expect("listed").state.available.0;
        let expected = |asset| {
            let came = if asset == debt { repaid } else { U256::ZERO };
            let went = if asset == collateral {
                tokens_out
            } else {
                U256::ZERO
            };
            held(seen.before, asset) + came - went
        };
        for asset in [debt, collateral] {
            assert_eq!(expected(asset), held(seen.after, asset), "INV-05: tokens");
        }
    });
}

/// What a liquidation's event says was repaid and seized.
fn paid(events: &[Event]) -> (U256, U256) {
    let paid = events.iter().find_map(|event| match event {
        Event::Liquidated { repaid, seized, .. } => Some((repaid.0, seized.0)),
        _ => None,
    });
    paid.expect("a liquidation tells what it did")
}

/// The protocol's fee: amount and scaled units.
fn fee(events: &[Event]) -> (Amount, U256) {
    let fee = events.iter().find_map(|event| match event {
        Event::LiquidationFee { amount, shares, .. } => Some((*amount, shares.0)),
        _ => None,
    });
    fee.unwrap_or((Amount::ZERO, U256::ZERO))
}

#[test]
fn forks_are_independent() {
    check(|seen| {
        // `before` is a fork that the action must not have touched: doing the action on a fork
        // of the fork gives the same again, and leaves the fork as it was.
        let hash = seen.before.state_hash();
        let mut again = seen.before.fork();
        let done = again.apply(seen.action);
        assert_eq!(&done, seen.done, "INV-07: {:?}", seen.action);
        assert_eq!(again.state_hash(), seen.after.state_hash(), "INV-07");
        assert_eq!(seen.before.state_hash(), hash, "INV-07: {:?}", seen.action);
    });
}

#[test]
fn a_replay_gives_the_same_hash() {
    for (engine, model) in VERSIONS {
        let result = runner(CASES).run(&script(), |script| {
            let run = || {
                let mut pair = Pair::new(engine, model, &script.world);
                for step in &script.steps {
                    pair.watch(step, &mut |_| {});
                }
                pair.pool().state_hash()
            };
            assert_eq!(run(), run(), "INV-08");
            Ok(())
        });
        if let Err(failure) = result {
            panic!("{model:?}: {failure}");
        }
    }
}

#[test]
fn indexes_never_fall_and_deficits_follow_events() {
    check(|seen| {
        for asset in assets() {
            let before = &seen.before.reserve(asset).expect("listed").state;
            let after = &seen.after.reserve(asset).expect("listed").state;
            assert!(before.liquidity_index <= after.liquidity_index, "INV-09");
            assert!(before.borrow_index <= after.borrow_index, "INV-09");
            let (mut created, mut covered) = (U256::ZERO, U256::ZERO);
            for event in seen.done.iter().flatten() {
                match event {
                    Event::DeficitCreated {
                        asset: of, amount, ..
                    } if *of == asset => created += amount.0,
                    Event::DeficitCovered {
                        asset: of, amount, ..
                    } if *of == asset => covered += amount.0,
                    _ => {}
                }
            }
            let expected = before.deficit.0 + created - covered;
            assert_eq!(expected, after.deficit.0, "INV-10: {:?}", seen.action);
        }
    });
}
