//! What has to hold after every action.

use crate::aave_v4_world::EVERYBODY;
use crate::draw::amounts;
use backstop_core::protocol::aave_v4::{Action, Event, HubAsset, Liquidation, Market, Rejection};
use backstop_core::protocol::{AccountId, AssetId, Receive};
use backstop_core::units::{Amount, U256};

/// The least and the most that a comparison of share prices needs.
fn share_price(asset: &HubAsset, market: &Market) -> (U256, U256, U256) {
    let million = U256::from(1_000_000);
    let worth = asset.total_added_assets(market.now()).unwrap().0 + million;
    let shares = asset.state.added_shares.0 + million;
    (worth, shares, asset.drawn_index(market.now()).unwrap().0)
}

/// Neither the worth of a share nor the drawn index falls, whatever happens.
pub(crate) fn assert_growth(before: &Market, after: &Market) {
    for (old, new) in before.assets().zip(after.assets()) {
        let (old_worth, old_shares, old_index) = share_price(old, before);
        let (worth, shares, index) = share_price(new, after);
        assert!(old_index <= index, "the drawn index fell");
        assert!(
            old_worth * shares <= worth * old_shares,
            "a share lost worth"
        );
    }
}

/// Tokens in wallets and hubs.
pub(crate) fn tokens(market: &Market) -> [U256; 3] {
    let mut sums = [U256::ZERO; 3];
    for asset in market.assets() {
        sums[usize::from(asset.token.0)] += asset.state.liquidity.0;
    }
    for id in 0..EVERYBODY {
        for (token, amount) in market.account(AccountId(id)).unwrap().wallet() {
            sums[usize::from(token.0)] += amount.0;
        }
    }
    sums
}

/// Positions sum to the spokes' parts, and parts to the whole.
pub(crate) fn assert_sums(market: &Market) {
    for (at, reserve) in market.reserves().enumerate() {
        let id = AssetId(u16::try_from(at).unwrap());
        let part = market
            .asset(reserve.asset)
            .unwrap()
            .spoke(reserve.spoke)
            .unwrap();
        let (mut supplied, mut drawn, mut premium) = (U256::ZERO, U256::ZERO, U256::ZERO);
        for account in (0..EVERYBODY).filter_map(|id| market.account(AccountId(id))) {
            let Some(position) = account.position(id) else {
                continue;
            };
            supplied += position.supplied_shares().0;
            drawn += position.drawn_shares().0;
            premium += U256::from(position.premium);
            assert_eq!(position.is_borrowing, position.drawn > 0, "borrowing mark");
            let index = market
                .asset(reserve.asset)
                .unwrap()
                .drawn_index(market.now());
            assert!(
                position.premium_debt(index.unwrap()).is_ok(),
                "premium below zero"
            );
        }
        assert!(
            supplied <= part.added_shares.0,
            "reserve {at}: supplies exceed the spoke's"
        );
        assert_eq!(drawn, part.drawn_shares.0, "reserve {at}: drawn shares");
        assert_eq!(
            premium, part.premium_shares.0,
            "reserve {at}: premium shares"
        );
    }
    for asset in market.assets() {
        let total = |of: fn(&backstop_core::protocol::aave_v4::HubSpoke) -> U256| {
            asset
                .spokes
                .iter()
                .map(of)
                .fold(U256::ZERO, |sum, n| sum + n)
        };
        assert_eq!(
            total(|part| part.added_shares.0),
            asset.state.added_shares.0
        );
        assert_eq!(
            total(|part| part.drawn_shares.0),
            asset.state.drawn_shares.0
        );
        assert_eq!(total(|part| part.deficit.0), asset.state.deficit.0);
    }
}

/// Dollars times 10^53.
fn worth_ray(market: &Market, reserve: AssetId, amount_ray: U256) -> U256 {
    let decimals = market.reserve(reserve).unwrap().decimals;
    let unit = U256::from(10).pow(U256::from(18 - decimals));
    amount_ray * market.price(reserve).0 * unit
}

fn assert_liquidation(before: &Market, after: &Market, cover: Amount, done: &Liquidation) {
    let ray = backstop_core::units::RAY;
    let spoke = before.reserve(done.collateral).unwrap().spoke;
    assert!(
        before.is_unhealthy(done.borrower, spoke).unwrap(),
        "was healthy"
    );
    assert!(done.repaid <= cover, "paid more than offered");
    let held = |market: &Market, reserve| {
        let account = market.account(done.borrower).unwrap();
        account.position(reserve).copied().unwrap_or_default()
    };
    let (old, new) = (held(before, done.collateral), held(after, done.collateral));
    let taken = old.supplied_shares().0 - new.supplied_shares().0;
    assert_eq!(taken, done.amounts.collateral_shares.0, "seized shares");
    // The bonus is the limit: roundings go against the liquidator.
    let set = before
        .reserve(done.collateral)
        .unwrap()
        .dynamic(old.config_key);
    let seized = worth_ray(before, done.collateral, done.seized.0 * ray);
    let paid = worth_ray(before, done.debt, done.repaid.0 * ray);
    let most = paid * U256::from(set.max_bonus);
    assert!(seized * U256::from(10_000) <= most, "more than the bonus");
    // The protocol's part.
    let asset = before.reserve(done.collateral).unwrap().asset;
    let (hub_before, hub_after) = (before.asset(asset).unwrap(), after.asset(asset).unwrap());
    let receiver = hub_before.fee_receiver;
    let fee = hub_after.spoke(receiver).unwrap().added_shares.0
        - hub_before.spoke(receiver).unwrap().added_shares.0;
    let kept = done.amounts.to_liquidator.0 + fee;
    assert_eq!(kept, taken, "liquidator and protocol get all of it");
    let owed = held(after, done.debt);
    if done.leaves_deficit {
        let borrows = after.account_data(done.borrower, spoke).unwrap().borrows;
        assert_eq!(borrows, 0, "debt is left after a write-off");
        let account = after.account(done.borrower).unwrap();
        assert_eq!(account.risk_premium(spoke), 0, "a risk premium is left");
        return;
    }
    // No dust on either side unless the other is used up.
    if new.supplied > 0 && owed.drawn > 0 {
        let dust = U256::from(1_000) * U256::from(10).pow(U256::from(26));
        let (rest, _) = amounts(after, done.borrower, done.collateral);
        let index = after
            .asset(after.reserve(done.debt).unwrap().asset)
            .unwrap();
        let index = index.drawn_index(after.now()).unwrap();
        let debt = owed.drawn_shares().0 * index.0 + owed.premium_debt(index).unwrap().0;
        let rest = worth_ray(after, done.collateral, U256::from(rest));
        assert!(rest >= dust, "collateral dust");
        assert!(worth_ray(after, done.debt, debt) >= dust * ray, "debt dust");
    }
}

pub(crate) fn assert_outcome(before: &Market, after: &Market, action: &Action, events: &[Event]) {
    let healthy = |id: AccountId, reserve: AssetId| {
        let spoke = after.reserve(reserve).unwrap().spoke;
        assert!(!after.is_unhealthy(id, spoke).unwrap(), "left unhealthy");
    };
    match *action {
        Action::Borrow {
            reserve,
            on_behalf_of,
            ..
        } => healthy(on_behalf_of, reserve),
        Action::SetUsingAsCollateral {
            reserve,
            on_behalf_of,
            ..
        } => {
            let marked = |market: &Market| {
                let account = market.account(on_behalf_of).unwrap();
                account.position(reserve).is_some_and(|p| p.is_collateral)
            };
            if marked(before) && !marked(after) {
                healthy(on_behalf_of, reserve);
            }
        }
        Action::Liquidate { debt_to_cover, .. } => {
            for event in events {
                if let Event::Liquidated(done) = event {
                    assert_liquidation(before, after, debt_to_cover, done);
                }
            }
        }
        _ => {}
    }
    let written_off = events.iter().filter_map(|event| match event {
        Event::DeficitReported { deficit, .. } => Some((deficit.0, U256::ZERO)),
        Event::DeficitEliminated { deficit, .. } => Some((U256::ZERO, deficit.0)),
        _ => None,
    });
    let (more, less) = written_off.fold((U256::ZERO, U256::ZERO), |(more, less), (a, b)| {
        (more + a, less + b)
    });
    let total = |market: &Market| {
        market
            .assets()
            .fold(U256::ZERO, |n, a| n + a.state.deficit.0)
    };
    assert_eq!(total(before) + more, total(after) + less, "deficits");
}

/// What a quote without limit says is what a call without limit does.
pub(crate) fn assert_quote(
    market: &Market,
    action: &Action,
    outcome: &Result<Vec<Event>, Rejection>,
) {
    let Action::Liquidate {
        liquidator,
        borrower,
        collateral,
        debt,
        receive_shares,
        ..
    } = *action
    else {
        return;
    };
    let receive = if receive_shares {
        Receive::Claim
    } else {
        Receive::Tokens
    };
    let quote = market.largest_liquidation(liquidator, borrower, (collateral, debt), receive);
    let limitless = Action::Liquidate {
        liquidator,
        borrower,
        collateral,
        debt,
        debt_to_cover: Amount::MAX,
        receive_shares,
    };
    if *action == limitless && !matches!(outcome, Err(Rejection::Erc20InsufficientBalance)) {
        let done = outcome.as_ref().map(|events| {
            let done = events.iter().find_map(|event| match event {
                Event::Liquidated(done) => Some(*done),
                _ => None,
            });
            done.expect("a liquidation")
        });
        assert_eq!(done.map_err(|rejection| *rejection), quote, "quote");
    }
}
