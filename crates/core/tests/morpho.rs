//! What must hold of a Morpho Blue market through any script of actions, prices and times.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run must stop, and a failure prints its script"
)]

mod dice;

use backstop_core::protocol::AccountId;
use backstop_core::protocol::morpho::{
    Action, Event, Irm, Liquidation, Market, MarketSetup, MorphoVersion, Position, Quantity,
    Rejection, Totals,
};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp, U256};
use dice::{Dice, Script};
use std::collections::BTreeMap;

const SCRIPTS: u64 = 100_000;
const ACCOUNTS: u32 = 4;
const WAD: u128 = 1_000_000_000_000_000_000;
const START: u64 = 1_700_000_000;

/// One step of a script.
#[derive(Clone, Debug)]
enum Step {
    #[expect(dead_code, reason = "printed when a script fails")]
    Observe(Timestamp, Price),
    #[expect(dead_code, reason = "printed when a script fails")]
    Act(Action),
}

/// What happened over all scripts.
#[derive(Default)]
struct Tally {
    tried: u64,
    accepted: u64,
    kinds: BTreeMap<&'static str, u64>,
    rejections: BTreeMap<Rejection, u64>,
    bad_debts: u64,
    excesses: u64,
}

fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn positions(market: &Market) -> Vec<Position> {
    let ids = (0..market.accounts()).map(AccountId);
    ids.map(|id| *market.position(id).unwrap()).collect()
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::CreateMarket => "CreateMarket",
        Action::AccrueInterest => "AccrueInterest",
        Action::SetFee { .. } => "SetFee",
        Action::SetFeeRecipient { .. } => "SetFeeRecipient",
        Action::SetAuthorization { .. } => "SetAuthorization",
        Action::Supply { .. } => "Supply",
        Action::Withdraw { .. } => "Withdraw",
        Action::Borrow { .. } => "Borrow",
        Action::Repay { .. } => "Repay",
        Action::SupplyCollateral { .. } => "SupplyCollateral",
        Action::WithdrawCollateral { .. } => "WithdrawCollateral",
        Action::Liquidate { .. } => "Liquidate",
    }
}

fn market(dice: &mut Dice) -> Market {
    let percent = |n: u128| Ratio::new(WAD / 100 * n);
    let rate = Ratio::new(dice.below(3_000_000_000_000));
    let setup = MarketSetup {
        version: MorphoVersion::V1_0_0,
        threshold: percent(dice.pick(&[0, 38, 62, 86, 98])),
        irm: dice.pick(&[Irm::None, Irm::Usage, Irm::Fixed(rate)]),
        price: Price(U256::from(10).pow(U256::from(33 + dice.below(6)))),
        now: Timestamp(START),
        totals: Totals {
            fee: percent(dice.pick(&[0, 10, 25])),
            last_update: Timestamp(if dice.percent(97) { START } else { 0 }),
            ..Totals::default()
        },
        fee_recipient: AccountId(3),
        positions: vec![Position::default(); 4],
    };
    setup.build().unwrap()
}

/// Assets or shares, each a part of what is there.
fn quantity(dice: &mut Dice, assets: u128, shares: u128) -> Quantity {
    match dice.below(40) {
        0 => Quantity::default(),
        1 => Quantity {
            assets: Amount::new(1),
            shares: Shares::new(1),
        },
        2 => Quantity::assets(Amount(U256::ONE << 128)),
        3..21 => Quantity::assets(Amount::new(dice.part(assets).max(1))),
        _ => Quantity::shares(Shares::new(dice.part(shares).max(1))),
    }
}

/// Draws an action that has a fair chance in this state.
fn action(dice: &mut Dice, market: &Market, unit: u128) -> Action {
    let who = AccountId(u32::try_from(dice.below(3)).unwrap());
    let on_behalf = if dice.percent(1) { AccountId(99) } else { who };
    let caller = if dice.percent(95) { who } else { AccountId(2) };
    let held = *market.position(who).unwrap();
    let totals = market.totals_now().unwrap();
    let lendable = narrow(totals.supply_assets.0).saturating_sub(narrow(totals.borrow_assets.0));
    match dice.below(100) {
        0 => Action::CreateMarket,
        1 | 2 => Action::AccrueInterest,
        3 => Action::SetFee {
            fee: Ratio::new(WAD / 100 * dice.pick(&[0, 5, 25, 26])),
        },
        4 => Action::SetFeeRecipient {
            recipient: dice.pick(&[AccountId(0), AccountId(3), AccountId(99)]),
        },
        5 | 6 => Action::SetAuthorization {
            caller: who,
            manager: AccountId(2),
            allowed: dice.percent(70),
        },
        7..22 => Action::Supply {
            on_behalf,
            quantity: quantity(dice, unit * 4, unit * 4_000_000),
        },
        22..32 => Action::Withdraw {
            caller,
            on_behalf,
            quantity: quantity(dice, lendable, narrow(held.supply_shares.0)),
        },
        32..47 => {
            let standing = market.standing(who).unwrap();
            let room = narrow(standing.borrow_limit.minus_or_zero(standing.borrowed).0);
            let most = room.min(lendable);
            Action::Borrow {
                caller,
                on_behalf,
                quantity: quantity(dice, most, most.saturating_mul(1_000_000)),
            }
        }
        47..59 => Action::Repay {
            on_behalf,
            quantity: quantity(dice, unit, narrow(held.borrow_shares.0)),
        },
        59..74 => Action::SupplyCollateral {
            on_behalf,
            assets: Amount::new(dice.part(unit)),
        },
        74..80 => Action::WithdrawCollateral {
            caller,
            on_behalf,
            assets: Amount::new(dice.part(narrow(held.collateral.0))),
        },
        _ => liquidation(dice, market, on_behalf, &held),
    }
}

/// Of the weakest account as a rule.
fn liquidation(dice: &mut Dice, market: &Market, who: AccountId, held: &Position) -> Action {
    let mut ids = (0..ACCOUNTS).map(AccountId);
    let weak = ids.find(|id| !market.standing(*id).unwrap().is_healthy());
    let borrower = weak.filter(|_| dice.percent(90)).unwrap_or(who);
    let held = weak.map_or(*held, |id| *market.position(id).unwrap());
    if dice.percent(40)
        && let Ok(quote) = market.quote(borrower)
    {
        return quote.action;
    }
    let by_shares = dice.percent(50);
    let both = dice.percent(2);
    Action::Liquidate {
        borrower,
        seized_assets: match by_shares && !both {
            true => Amount::ZERO,
            false => Amount::new(dice.part(narrow(held.collateral.0))),
        },
        repaid_shares: match by_shares || both {
            true => Shares::new(dice.part(narrow(held.borrow_shares.0))),
            false => Shares::ZERO,
        },
    }
}

/// Time and price of the next block.
fn block(dice: &mut Dice, market: &Market) -> (Timestamp, Price) {
    let seconds = dice.pick(&[0, 0, 1, 12, 3_600, 2_592_000]);
    let now = Timestamp(market.now().0 + seconds);
    let price = market.price().0.max(U256::from(1u64 << 32));
    let price = match dice.below(40) {
        0 => U256::ZERO,
        1 => price * U256::from(3),
        2..6 => price / U256::from(2),
        _ => price * U256::from(80 + dice.below(30)) / U256::from(100),
    };
    (now, Price(price))
}

/// Claims and tokens are what positions sum to.
fn check_sums(market: &Market) {
    let (totals, held) = (market.totals(), market.holdings());
    let mut sums = [U256::ZERO; 3];
    for position in positions(market) {
        sums[0] += position.supply_shares.0;
        sums[1] += position.borrow_shares.0;
        sums[2] += position.collateral.0;
    }
    assert_eq!(sums[0], totals.supply_shares.0, "supply shares");
    assert_eq!(sums[1], totals.borrow_shares.0, "borrow shares");
    assert_eq!(sums[2], held.collateral.0, "collateral");
    let owned = totals.supply_assets.0 + held.excess.0;
    assert_eq!(held.loan.0 + totals.borrow_assets.0, owned, "loan tokens");
    assert!(
        totals.borrow_assets <= totals.supply_assets,
        "lent too much"
    );
}

/// Whether assets for one share, virtual units included, fell from `before` to `after`.
fn fell(before: (Amount, Shares), after: (Amount, Shares)) -> bool {
    let whole = |(assets, shares): (Amount, Shares)| {
        (assets.0 + U256::ONE, shares.0 + U256::from(1_000_000))
    };
    let ((a0, s0), (a1, s1)) = (whole(before), whole(after));
    a1 * s0 < a0 * s1
}

/// A supply share never loses worth but by bad debt, a borrow share never gains but by interest.
fn check_share_prices(before: &Market, after: &Market, bad_debt: bool) {
    let (then, now) = (before.totals(), after.totals());
    let supply = |totals: &Totals| (totals.supply_assets, totals.supply_shares);
    let borrow = |totals: &Totals| (totals.borrow_assets, totals.borrow_shares);
    assert!(
        bad_debt || !fell(supply(&then), supply(&now)),
        "supply share"
    );
    let accrued = before.totals_now().unwrap();
    let clamped = now.borrow_assets.is_zero();
    let still = then == now;
    assert!(
        still || clamped || !fell(borrow(&now), borrow(&accrued)),
        "borrow share"
    );
}

/// Repayment, seizure and bad debt come off what they should, and nothing else does.
fn check_liquidation(before: &Market, after: &Market, told: &Liquidation) {
    let standing = before.standing(told.borrower).unwrap();
    assert!(!standing.is_healthy(), "liquidated in health");
    let (was, is) = (before.totals_now().unwrap(), after.totals());
    let position = |market: &Market| *market.position(told.borrower).unwrap();
    let (had, has) = (position(before), position(after));
    let paid = told.repaid_assets.min(was.borrow_assets);
    let cleared = paid.plus(told.bad_debt_assets).unwrap();
    assert_eq!(was.borrow_assets.minus(cleared), Ok(is.borrow_assets));
    let left = was.supply_assets.minus(told.bad_debt_assets);
    assert_eq!(
        left,
        Ok(is.supply_assets),
        "suppliers pay the bad debt alone"
    );
    let shares = told.repaid_shares.plus(told.bad_debt_shares).unwrap();
    assert_eq!(had.borrow_shares.minus(shares), Ok(has.borrow_shares));
    assert_eq!(had.collateral.minus(told.seized_assets), Ok(has.collateral));
    let flows = (before.holdings(), after.holdings());
    assert_eq!(flows.0.loan.plus(told.repaid_assets), Ok(flows.1.loan));
    let none_left = has.collateral.is_zero();
    assert!(
        !none_left || has.borrow_shares.is_zero(),
        "debt without collateral stays"
    );
    assert!(
        none_left || told.bad_debt_shares.is_zero(),
        "written off with collateral left"
    );
    // What the liquidator gains is at most the incentive, to the unit.
    let worth = told.seized_assets.0 * before.price().0 / U256::from(WAD).pow(U256::from(2));
    let most = (told.repaid_assets.0 + U256::ONE) * before.incentive_factor().unwrap().0;
    assert!(
        worth * U256::from(WAD) <= most,
        "seized {worth} for {}",
        told.repaid_assets
    );
}

/// Health, where the action must leave it.
fn check_health(after: &Market, action: &Action) {
    if let Action::Borrow { on_behalf, .. } | Action::WithdrawCollateral { on_behalf, .. } = action
    {
        let standing = after.standing(*on_behalf).unwrap();
        let owes = !after.position(*on_behalf).unwrap().borrow_shares.is_zero();
        assert!(!owes || standing.is_healthy(), "left unhealthy");
    }
}

/// A quote is what its action then does, and there is one for whoever is unhealthy.
fn check_quotes(market: &Market) {
    for id in (0..ACCOUNTS).map(AccountId) {
        let healthy = market.standing(id).unwrap().is_healthy();
        match market.quote(id) {
            Ok(quote) => {
                assert!(!healthy);
                let events = market.clone().apply(&quote.action).unwrap();
                assert_eq!(events.last(), Some(&Event::Liquidated(quote.result)));
            }
            Err(Rejection::HealthyPosition) => assert!(healthy),
            Err(Rejection::MarketNotCreated) => {}
            Err(other) => panic!("no quote for an unhealthy account: {other}"),
        }
    }
}

fn act(market: &mut Market, action: &Action, tally: &mut Tally) {
    let before = market.clone();
    tally.tried += 1;
    match market.apply(action) {
        Err(rejection) => {
            *tally.rejections.entry(rejection).or_default() += 1;
            assert_eq!(before.totals(), market.totals());
            assert_eq!(before.holdings(), market.holdings());
            assert_eq!(positions(&before), positions(market));
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.state_hash(), market.state_hash());
            }
        }
        Ok(events) => {
            tally.accepted += 1;
            *tally.kinds.entry(kind(action)).or_default() += 1;
            check_sums(market);
            let liquidated = match events.last() {
                Some(Event::Liquidated(told)) => Some(*told),
                _ => None,
            };
            let bad_debt = liquidated.is_some_and(|told| !told.bad_debt_assets.is_zero());
            check_share_prices(&before, market, bad_debt);
            if let Some(told) = liquidated {
                check_liquidation(&before, market, &told);
            }
            check_health(market, action);
            tally.bad_debts += u64::from(bad_debt);
            tally.excesses += u64::from(market.holdings().excess > before.holdings().excess);
        }
    }
}

fn run(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let mut script = Script::new(seed);
    let mut market = market(&mut dice);
    let unit = 10u128.pow(u32::try_from(dice.below(19)).unwrap());
    let funded = Quantity::assets(Amount::new(unit * 3));
    let opening = [
        Action::Supply {
            on_behalf: AccountId(0),
            quantity: funded,
        },
        Action::SupplyCollateral {
            on_behalf: AccountId(1),
            assets: Amount::new(unit),
        },
    ];
    for action in opening {
        script.steps.push(Step::Act(action));
        act(&mut market, &action, tally);
    }
    for _ in 0..8 {
        if dice.percent(40) {
            let (now, price) = block(&mut dice, &market);
            script.steps.push(Step::Observe(now, price));
            market.observe(now, price).unwrap();
        }
        let action = action(&mut dice, &market, unit);
        script.steps.push(Step::Act(action));
        act(&mut market, &action, tally);
    }
    if seed.is_multiple_of(8) {
        check_quotes(&market);
    }
}

#[test]
fn holds_through_any_script() {
    let mut tally = Tally::default();
    for seed in 0..SCRIPTS {
        run(seed, &mut tally);
    }
    let share = tally.accepted * 100 / tally.tried;
    println!("{share} % of {} accepted", tally.tried);
    println!("{:?}\n{:?}", tally.kinds, tally.rejections);
    println!("{} bad debts, {} excesses", tally.bad_debts, tally.excesses);
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 12, "a kind of action never succeeded");
    for rejection in Rejection::ALL {
        let elsewhere = *rejection == Rejection::TimeBackward;
        assert!(
            elsewhere || tally.rejections.contains_key(rejection),
            "{rejection} never occurred"
        );
    }
    assert!(tally.bad_debts > 100 && tally.excesses > 0);
}

#[test]
fn time_does_not_go_backward() {
    let mut market = market(&mut Dice::new(1));
    let earlier = market.observe(Timestamp(START - 1), Price::ZERO);
    assert_eq!(earlier, Err(Rejection::TimeBackward));
    assert_eq!(market.now(), Timestamp(START));
}
