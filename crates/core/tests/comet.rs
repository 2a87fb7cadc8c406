//! Compound v3: what holds through any sequence of actions, and the order of checks.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run must stop, and a failure prints its script"
)]

mod dice;
#[path = "comet/draw.rs"]
mod draw;
#[path = "comet/laws.rs"]
mod laws;

use backstop_core::protocol::comet::{
    Action, BASE, Comet, CometSetup, CometVersion, Event, Paused, Position, Rejection,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use dice::{Dice, Script};
use draw::{action, block, collateral, comet, config, fill_wallets, room, setup, supply, withdraw};
use laws::{
    check_absorption, check_bystanders, check_health, check_reserves, check_sums, drift, unchanged,
};
use std::collections::BTreeMap;

const SCRIPTS: u64 = 100_000;
const ACCOUNTS: u32 = 4;
const START: u64 = 1_700_000_000;
const INDEX: u64 = 1_000_000_000_000_000;
const PERCENT: u64 = 10_000_000_000_000_000;
const DOLLAR: u128 = 100_000_000;

/// One step of a script.
#[derive(Clone, Debug)]
enum Step {
    #[expect(dead_code, reason = "printed when a script fails")]
    Observe(Timestamp, Prices),
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
    surpluses: u64,
    uncovered: u64,
    drifts: u64,
}

fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn ids() -> impl Iterator<Item = AccountId> {
    (0..ACCOUNTS).map(AccountId)
}

fn assets(comet: &Comet) -> impl Iterator<Item = AssetId> + use<> {
    (1..=u16::try_from(comet.listed().len()).unwrap()).map(AssetId)
}

fn position(comet: &Comet, id: AccountId) -> &Position {
    comet.position(id).unwrap()
}

fn percent(n: u64) -> Ratio {
    Ratio::new(u128::from(n * PERCENT))
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Supply { asset: BASE, .. } => "Supply, base",
        Action::Supply { .. } => "Supply, collateral",
        Action::Withdraw { asset: BASE, .. } => "Withdraw, base",
        Action::Withdraw { .. } => "Withdraw, collateral",
        Action::Transfer { asset: BASE, .. } => "Transfer, base",
        Action::Transfer { .. } => "Transfer, collateral",
        Action::Absorb { .. } => "Absorb",
        Action::BuyCollateral { .. } => "BuyCollateral",
        Action::WithdrawReserves { .. } => "WithdrawReserves",
        Action::AccrueAccount { .. } => "AccrueAccount",
        Action::Pause { .. } => "Pause",
        Action::Fund { .. } => "Fund",
    }
}

fn act(comet: &mut Comet, action: &Action, tally: &mut Tally) {
    let before = comet.clone();
    tally.tried += 1;
    match comet.apply(action) {
        Err(rejection) => {
            *tally.rejections.entry(rejection).or_default() += 1;
            unchanged(&before, comet);
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.state_hash(), comet.state_hash());
                assert_eq!(before.preview(action), Err(rejection));
            }
        }
        Ok(events) => {
            tally.accepted += 1;
            *tally.kinds.entry(kind(action)).or_default() += 1;
            check_sums(&before, comet, action);
            check_reserves(&before, comet, action, &events);
            check_bystanders(&before, comet, action);
            check_health(comet, action);
            for event in &events {
                if let Event::DebtAbsorbed(told) = event {
                    check_absorption(&before, comet, told);
                    tally.surpluses += u64::from(!told.surplus.is_zero());
                    tally.uncovered += u64::from(!told.uncovered.is_zero());
                }
            }
            tally.drifts += u64::from(drift(&before) != drift(comet));
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.preview(action), Ok(events));
            }
        }
    }
}

fn run(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let mut script = Script::new(seed);
    let mut comet = comet(&mut dice);
    let half =
        |comet: &Comet, id, asset| Amount::new(narrow(position(comet, id).in_wallet(asset).0) / 2);
    let (lender, borrower) = (AccountId(0), AccountId(1));
    let lent = half(&comet, lender, BASE);
    let brought = half(&comet, borrower, AssetId(1));
    let mut opening = vec![
        supply(lender, lender, BASE, lent),
        supply(borrower, borrower, AssetId(1), brought),
    ];
    opening.reverse();
    for step in 0..10 {
        if step > 2 && dice.percent(40) {
            let (now, prices) = block(&mut dice, &comet);
            script.steps.push(Step::Observe(now, prices.clone()));
            comet.observe(now, &prices).unwrap();
        }
        let action = match step {
            2 => withdraw(borrower, borrower, BASE, room(&comet, borrower)),
            _ => opening.pop().unwrap_or_else(|| action(&mut dice, &comet)),
        };
        script.steps.push(Step::Act(action.clone()));
        act(&mut comet, &action, tally);
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
    println!(
        "{} surpluses, {} uncovered",
        tally.surpluses, tally.uncovered
    );
    println!("{} drifts", tally.drifts);
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 12, "a kind of action never succeeded");
    let elsewhere = [
        Rejection::TimeBackward,
        Rejection::TimestampTooLarge,
        Rejection::InvalidUInt64,
        Rejection::InvalidInt104,
        Rejection::Panic0x12,
    ];
    for rejection in Rejection::ALL {
        assert!(
            elsewhere.contains(rejection) || tally.rejections.contains_key(rejection),
            "{rejection} never occurred"
        );
    }
    assert!(tally.surpluses > 100 && tally.uncovered > 100 && tally.drifts > 0);
}

/// A Comet of 6 decimals with one collateral of 18 decimals at 2 000 dollars: account 0 has lent
/// 100 000, account 1 owes 10 000 against 10 tokens, account 2 has 10 tokens and owes nothing.
fn example() -> Comet {
    let one = 1_000_000;
    let mut setup = setup(
        config(6, one * 1_000_000),
        DOLLAR,
        vec![collateral(18, 2_000)],
    );
    fill_wallets(&mut setup, one);
    let mut comet = setup.build().unwrap();
    let tokens = Amount::new(10_000_000_000_000_000_000);
    for action in [
        supply(AccountId(0), AccountId(0), BASE, Amount::new(one * 100_000)),
        supply(AccountId(1), AccountId(1), AssetId(1), tokens),
        supply(AccountId(2), AccountId(2), AssetId(1), tokens),
        withdraw(AccountId(1), AccountId(1), BASE, Amount::new(one * 10_000)),
    ] {
        comet.apply(&action).unwrap();
    }
    comet
}

fn priced(comet: &mut Comet, base: u128, collateral: u128) {
    let prices = Prices(vec![
        Price::new(base * DOLLAR),
        Price::new(collateral * DOLLAR),
    ]);
    comet.observe(comet.now(), &prices).unwrap();
}

/// The example with account 1 absorbed at 1 150 dollars.
fn absorbed() -> Comet {
    let mut comet = example();
    priced(&mut comet, 1, 1_150);
    let accounts = vec![AccountId(1)];
    comet.apply(&Action::Absorb { accounts }).unwrap();
    comet
}

#[test]
fn the_limit_is_the_limit() {
    for dollars in [1, 7, 999, 123_456_789] {
        let mut comet = absorbed();
        priced(&mut comet, 1, dollars);
        let sale = comet.sale_limit(AssetId(1)).unwrap();
        let owner = AccountId(3);
        let amount = sale.base_amount.0 + U256::from(1_000_000);
        let fund = Action::Fund {
            account: owner,
            asset: BASE,
            amount: Amount(amount),
        };
        comet.apply(&fund).unwrap();
        let buy = |base_amount: Amount, min_amount: Amount| Action::BuyCollateral {
            asset: AssetId(1),
            min_amount,
            base_amount,
            buyer: owner,
            recipient: owner,
        };
        let (paid, most, one) = (sale.base_amount, sale.collateral_amount, Amount::new(1));
        let less = comet.preview(&buy(paid.minus(one).unwrap(), most));
        assert_eq!(less, Err(Rejection::TooMuchSlippage));
        let more = comet.preview(&buy(paid, most.plus(one).unwrap()));
        assert_eq!(more, Err(Rejection::TooMuchSlippage));
        let all = comet.collateral_reserves(AssetId(1)).unwrap();
        let beyond = comet
            .quote_collateral(AssetId(1), paid.plus(one).unwrap())
            .unwrap();
        assert!(beyond > all || beyond == most, "more could be bought");
        let sold = comet.apply(&buy(paid, most)).unwrap();
        let bought = |event: &Event| match event {
            Event::CollateralBought {
                collateral_amount, ..
            } => *collateral_amount == most,
            _ => false,
        };
        assert!(sold.iter().any(bought));
    }
}

/// Applies actions to a state in turn; each must be refused with what stands beside it.
fn check(name: &str, comet: &Comet, refusals: &[(Action, Rejection)]) {
    for (at, (action, rejection)) in refusals.iter().enumerate() {
        let mut after = comet.clone();
        let got = after.apply(action).err();
        assert_eq!(got, Some(*rejection), "{name}, row {at}: {action:?}");
        assert_eq!(comet.state_hash(), after.state_hash());
    }
}

fn paused(comet: &Comet) -> Comet {
    let mut comet = comet.clone();
    let paused = Paused {
        supply: true,
        transfer: true,
        withdraw: true,
        absorb: true,
        buy: true,
    };
    comet.apply(&Action::Pause { paused }).unwrap();
    comet
}

fn wide(bits: usize) -> Amount {
    Amount(U256::ONE << bits)
}

#[test]
fn supplies_are_refused_in_order() {
    let comet = example();
    let (owner, stranger, unlisted) = (AccountId(3), AccountId(9), AssetId(2));
    let own = |asset, amount| supply(owner, owner, asset, amount);
    check(
        "paused",
        &paused(&comet),
        &[
            (own(BASE, wide(200)), Rejection::Paused),
            (own(unlisted, wide(200)), Rejection::Paused),
            (
                supply(stranger, owner, BASE, Amount::ZERO),
                Rejection::AccountUnknown,
            ),
        ],
    );
    check(
        "open",
        &comet,
        &[
            (own(BASE, wide(200)), Rejection::TransferExceedsBalance),
            (own(unlisted, wide(128)), Rejection::InvalidUInt128),
            (
                own(unlisted, Amount::new(1)),
                Rejection::TransferExceedsBalance,
            ),
            (own(unlisted, Amount::ZERO), Rejection::BadAsset),
            (own(AssetId(1), Amount::MAX), Rejection::InvalidUInt128),
        ],
    );
    let mut rich = comet;
    for (asset, bits) in [(BASE, 255), (AssetId(1), 120)] {
        let fund = Action::Fund {
            account: owner,
            asset,
            amount: wide(bits),
        };
        rich.apply(&fund).unwrap();
    }
    check(
        "rich",
        &rich,
        &[
            (own(AssetId(1), wide(100)), Rejection::SupplyCapExceeded),
            (own(BASE, wide(255)), Rejection::InvalidInt256),
            (own(BASE, wide(254)), Rejection::Panic0x11),
            (own(BASE, wide(150)), Rejection::InvalidUInt104),
            (
                own(BASE, Amount::new((1 << 104) - 1)),
                Rejection::InvalidInt104,
            ),
        ],
    );
    rich.observe(Timestamp(1 << 40), &Prices::default())
        .unwrap();
    check(
        "late",
        &rich,
        &[
            (own(BASE, Amount::MAX), Rejection::TimestampTooLarge),
            (own(BASE, wide(200)), Rejection::TimestampTooLarge),
        ],
    );
}

#[test]
fn withdrawals_are_refused_in_order() {
    let comet = example();
    let (lender, borrower, fresh) = (AccountId(0), AccountId(1), AccountId(2));
    let own = |id, asset, amount| withdraw(id, id, asset, amount);
    let tokens = |n: u128| Amount::new(n * 1_000_000_000_000_000_000);
    let dollars = |n: u128| Amount::new(n * 1_000_000);
    check(
        "paused",
        &paused(&comet),
        &[(own(lender, BASE, wide(255)), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (own(lender, BASE, wide(255)), Rejection::InvalidInt256),
            (own(lender, BASE, wide(254)), Rejection::Panic0x11),
            (own(lender, BASE, wide(150)), Rejection::InvalidUInt104),
            (
                own(fresh, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (
                own(fresh, BASE, dollars(16_001)),
                Rejection::NotCollateralized,
            ),
            (
                own(lender, BASE, dollars(95_000)),
                Rejection::TransferExceedsBalance,
            ),
            (
                own(borrower, AssetId(1), wide(128)),
                Rejection::InvalidUInt128,
            ),
            (own(borrower, AssetId(1), tokens(11)), Rejection::Panic0x11),
            (own(borrower, AssetId(2), Amount::ZERO), Rejection::BadAsset),
            (
                own(borrower, AssetId(1), tokens(10)),
                Rejection::NotCollateralized,
            ),
        ],
    );
    let mut dark = comet;
    priced(&mut dark, 1, 0);
    check(
        "bad feed",
        &dark,
        &[
            (
                own(fresh, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (own(fresh, BASE, dollars(16_001)), Rejection::BadPrice),
            (own(borrower, AssetId(1), tokens(1)), Rejection::BadPrice),
        ],
    );
    // Who owes nothing needs no feed.
    dark.apply(&own(fresh, AssetId(1), tokens(10))).unwrap();
}

#[test]
fn transfers_are_refused_in_order() {
    let comet = example();
    let (lender, borrower, fresh) = (AccountId(0), AccountId(1), AccountId(2));
    let send = |sender, recipient, asset, amount| Action::Transfer {
        sender,
        recipient,
        asset,
        amount,
    };
    let tokens = |n: u128| Amount::new(n * 1_000_000_000_000_000_000);
    check(
        "paused",
        &paused(&comet),
        &[(send(lender, lender, BASE, Amount::ZERO), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (
                send(lender, lender, BASE, wide(255)),
                Rejection::NoSelfTransfer,
            ),
            (
                send(lender, fresh, BASE, wide(255)),
                Rejection::InvalidInt256,
            ),
            (
                send(fresh, lender, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (
                send(fresh, lender, BASE, Amount::new(16_001_000_000)),
                Rejection::NotCollateralized,
            ),
            (
                send(borrower, fresh, AssetId(2), wide(128)),
                Rejection::InvalidUInt128,
            ),
            (
                send(borrower, fresh, AssetId(2), Amount::new(1)),
                Rejection::Panic0x11,
            ),
            (
                send(borrower, fresh, AssetId(2), Amount::ZERO),
                Rejection::BadAsset,
            ),
            (
                send(borrower, fresh, AssetId(1), tokens(10)),
                Rejection::NotCollateralized,
            ),
        ],
    );
}

#[test]
fn absorptions_are_refused_in_order() {
    let absorb = |ids: &[u32]| Action::Absorb {
        accounts: ids.iter().copied().map(AccountId).collect(),
    };
    let mut comet = example();
    check(
        "healthy",
        &comet,
        &[(absorb(&[1]), Rejection::NotLiquidatable)],
    );
    priced(&mut comet, 1, 1_150);
    check(
        "paused",
        &paused(&comet),
        &[(absorb(&[0]), Rejection::Paused)],
    );
    check(
        "batches",
        &comet,
        &[
            (absorb(&[0, 1]), Rejection::NotLiquidatable),
            (absorb(&[1, 0]), Rejection::NotLiquidatable),
            (absorb(&[1, 1]), Rejection::NotLiquidatable),
            (absorb(&[1, 9]), Rejection::AccountUnknown),
        ],
    );
    for (base, collateral) in [(0, 1_150), (1, 0)] {
        let mut dark = comet.clone();
        priced(&mut dark, base, collateral);
        check(
            "bad feed",
            &dark,
            &[
                (absorb(&[1]), Rejection::BadPrice),
                (absorb(&[0]), Rejection::NotLiquidatable),
            ],
        );
    }
    let mut late = comet.clone();
    let prices = Prices(vec![Price::new(DOLLAR), Price::new(DOLLAR)]);
    late.observe(Timestamp(1 << 40), &prices).unwrap();
    check(
        "late",
        &late,
        &[(absorb(&[1]), Rejection::TimestampTooLarge)],
    );
    late = comet;
    late.observe(Timestamp((1 << 40) - 1), &prices).unwrap();
    check(
        "overgrown",
        &late,
        &[(absorb(&[1]), Rejection::InvalidUInt64)],
    );
}

#[test]
fn purchases_are_refused_in_order() {
    let buy = |asset: u16, min: u128, base: u128| Action::BuyCollateral {
        asset: AssetId(asset),
        min_amount: Amount::new(min),
        base_amount: Amount::new(base),
        buyer: AccountId(3),
        recipient: AccountId(3),
    };
    let poor = 10u128.pow(30);
    let mut comet = absorbed();
    check(
        "paused",
        &paused(&comet),
        &[(buy(9, 0, poor), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (buy(9, 0, poor), Rejection::TransferExceedsBalance),
            (buy(9, 0, 1), Rejection::BadAsset),
            (buy(0, 0, 1), Rejection::BadAsset),
            (buy(1, poor, 100_000_000_000), Rejection::TooMuchSlippage),
            (buy(1, 0, 100_000_000_000), Rejection::InsufficientReserves),
        ],
    );
    for (base, collateral) in [(0, 1_150), (1, 0)] {
        priced(&mut comet, base, collateral);
        check(
            "bad feed",
            &comet,
            &[
                (buy(9, 0, 1), Rejection::BadAsset),
                (buy(1, poor, 1), Rejection::BadPrice),
            ],
        );
    }
    // One hundred-millionth of a dollar, less the discount, is nothing.
    let prices = Prices(vec![Price::new(DOLLAR), Price::new(1)]);
    comet.observe(comet.now(), &prices).unwrap();
    check("worthless", &comet, &[(buy(1, 0, 1), Rejection::Panic0x12)]);
    let one = 1_000_000;
    let mut setup = setup(config(6, 0), DOLLAR, vec![collateral(18, 2_000)]);
    fill_wallets(&mut setup, one);
    let rich = setup.build().unwrap();
    check(
        "at the target",
        &rich,
        &[(buy(9, 0, poor), Rejection::NotForSale)],
    );
    let pay = |n| Action::WithdrawReserves {
        recipient: AccountId(3),
        amount: Amount::new(n),
    };
    check(
        "payout",
        &rich,
        &[(pay(1), Rejection::InsufficientReserves)],
    );
}

#[test]
fn time_does_not_go_backward() {
    let mut comet = example();
    let earlier = comet.observe(Timestamp(START - 1), &Prices::default());
    assert_eq!(earlier, Err(Rejection::TimeBackward));
    assert_eq!(comet.now(), Timestamp(START));
}

#[test]
fn the_compact_version_lists_fewer_assets() {
    for (version, most) in [(CometVersion::Compact, 15), (CometVersion::D5a30b0, 24)] {
        for (count, fits) in [(most, true), (most + 1, false)] {
            let listed = vec![collateral(18, 1); count];
            let setup = CometSetup {
                version,
                ..setup(config(6, 0), DOLLAR, listed)
            };
            assert_eq!(setup.build().is_ok(), fits, "{count} assets");
        }
    }
}

#[test]
fn rewards_begin_at_the_least_sum() {
    let least = 1_000_000;
    for (supply, earns) in [(least - 1, false), (least, true)] {
        let mut setup = setup(config(6, 0), DOLLAR, Vec::new());
        setup.totals.supply = supply;
        setup.now = Timestamp(START + 100);
        let index = setup.build().unwrap().totals_now().unwrap();
        // A hundredth a second for a hundred seconds, for one whole token.
        let want = if earns { INDEX } else { 0 };
        assert_eq!(index.tracking_supply_index, want, "{supply} supplied");
        assert_eq!(index.tracking_borrow_index, 0);
    }
}
