//! Cases of every rule, and what holds after any sequence.

use super::*;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Shares, Timestamp, U256};
use proptest::prelude::*;

const STAKE: StakeId = StakeId(0);
const SECOND: StakeId = StakeId(1);
const RESERVE: AssetId = AssetId(0);
const ALICE: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);
const MILLION: u128 = 1_000_000;
const START: u64 = 1_800_000_000;

fn umbrella() -> Umbrella {
    let reserve = |decimals| Reserve {
        decimals,
        price: Price::new(100),
        ..Reserve::default()
    };
    let stake = |decimals| {
        let mut stake = StakeToken::new(decimals, 1_000, 100, 3);
        stake.price = Price::new(50);
        stake
    };
    UmbrellaSetup {
        now: Timestamp(START),
        reserves: vec![reserve(6), reserve(6), reserve(18)],
        stakes: vec![stake(6), stake(6), stake(18)],
    }
    .build()
}

fn deposit(account: AccountId, assets: u128) -> Action {
    Action::Deposit {
        stake: STAKE,
        account,
        assets: Amount::new(assets),
    }
}

fn redeem(account: AccountId, shares: u128) -> Action {
    Action::Redeem {
        stake: STAKE,
        account,
        shares: Shares::new(shares),
    }
}

fn transfer(from: AccountId, to: AccountId, shares: u128) -> Action {
    Action::Transfer {
        stake: STAKE,
        from,
        to,
        shares: Shares::new(shares),
    }
}

fn cooldown(account: AccountId) -> Action {
    Action::Cooldown {
        stake: STAKE,
        account,
    }
}

fn paused(paused: bool) -> Action {
    Action::SetPaused {
        stake: STAKE,
        paused,
    }
}

fn cover(stake: StakeId, reserve: AssetId, fee_bps: u16) -> Action {
    Action::UpdateSlashingConfig {
        reserve,
        stake,
        fee_bps,
    }
}

fn offset(amount: u128) -> Action {
    Action::SetDeficitOffset {
        reserve: RESERVE,
        offset: Amount::new(amount),
    }
}

fn payment(amount: u128) -> Payment {
    Payment {
        reserve: RESERVE,
        amount: Amount::new(amount),
        received: Amount::MAX,
    }
}

const SLASH: Action = Action::Slash { reserve: RESERVE };

/// One line of a script.
#[derive(Clone, Debug)]
enum Line {
    Do(Action),
    Refused(Action, Rejection),
    Wait(u64),
    Deficit(u128),
    StakePrice(u128),
}

use Line::{Deficit, Do, Refused, StakePrice, Wait};

fn read(lines: &[Line]) -> Umbrella {
    let mut machine = umbrella();
    for (at, line) in lines.iter().enumerate() {
        match line {
            Do(action) => {
                let outcome = machine.apply(action);
                assert!(outcome.is_ok(), "line {at}, {action:?}: {outcome:?}");
            }
            Refused(action, rejection) => {
                let before = format!("{machine:?}");
                assert_eq!(machine.apply(action), Err(*rejection), "line {at}");
                assert_eq!(
                    before,
                    format!("{machine:?}"),
                    "line {at} changed something"
                );
            }
            Wait(seconds) => {
                let now = Timestamp(machine.now().0 + seconds);
                machine.observe(now).unwrap();
            }
            Deficit(amount) => {
                let amount = Amount::new(*amount);
                let observed = machine.observe_reserve(RESERVE, Price::new(100), amount);
                observed.unwrap();
            }
            StakePrice(price) => machine.observe_stake(STAKE, Price::new(*price)).unwrap(),
        }
    }
    machine
}

fn figures(machine: &Umbrella) -> [U256; 5] {
    let (reserve, stake) = (
        machine.reserve(RESERVE).unwrap(),
        machine.stake(STAKE).unwrap(),
    );
    [
        reserve.deficit.0,
        reserve.offset.0,
        reserve.pending.0,
        stake.assets.0,
        stake.slashed.0,
    ]
}

/// Deficit, offset, pending, staked and slashed at the end of a script.
fn check(lines: &[Line], want: [u128; 5]) {
    assert_eq!(figures(&read(lines)), want.map(U256::from), "{lines:?}");
}

#[test]
fn slashes_the_new_deficit_only() {
    let staked = Do(deposit(ALICE, 10 * MILLION));
    // The deficit of 300 at the time of configuration is not slashed for.
    let configured = |fee| [staked.clone(), Deficit(300), Do(cover(STAKE, RESERVE, fee))];
    let mut lines = configured(0).to_vec();
    lines.push(Refused(SLASH, Rejection::CannotSlash));
    check(&lines, [300, 300, 0, 10 * MILLION, 0]);
    // 1000 at 100 are 2000 at 50.
    lines.extend([
        Deficit(1_300),
        Do(SLASH),
        Refused(SLASH, Rejection::CannotSlash),
    ]);
    check(&lines, [1_300, 300, 1_000, 10 * MILLION - 2_000, 2_000]);
    // With a fee of 5 %, 2100; 1 with it is still 1.
    let mut lines = configured(500).to_vec();
    lines.extend([Deficit(1_300), Do(SLASH)]);
    check(&lines, [1_300, 300, 1_000, 10 * MILLION - 2_100, 2_100]);
    lines.extend([Deficit(1_301), Do(SLASH)]);
    check(&lines, [1_301, 300, 1_001, 10 * MILLION - 2_102, 2_102]);
    // A dear stake: 33 for 1000 is 3030.3 cut to 3030.
    let mut lines = configured(0).to_vec();
    lines.extend([StakePrice(33), Deficit(1_300), Do(SLASH)]);
    check(&lines, [1_300, 300, 1_000, 10 * MILLION - 3_030, 3_030]);
    lines.extend([StakePrice(101), Deficit(1_301)]);
    lines.push(Refused(SLASH, Rejection::ZeroAmountSlashing));
    lines.extend([StakePrice(0), Refused(SLASH, Rejection::Panic0x12)]);
    check(&lines, [1_301, 300, 1_000, 10 * MILLION - 3_030, 3_030]);
}

#[test]
fn slashes_what_is_there() {
    // Of 3 000 000 staked 2 000 000 can be taken, for half of the deficit, with half of the fee.
    let lines = [
        Do(cover(STAKE, RESERVE, 0)),
        Do(deposit(ALICE, 3 * MILLION)),
        Deficit(2 * MILLION + 1),
        Do(SLASH),
    ];
    check(&lines, [2 * MILLION + 1, 0, MILLION, MILLION, 2 * MILLION]);
    let mut machine = read(&lines[..3]);
    machine.apply(&cover(STAKE, RESERVE, 10_000)).unwrap();
    let event = machine.apply(&SLASH).unwrap();
    let part = Amount::new(MILLION / 2);
    let slashed = Event::Slashed {
        reserve: RESERVE,
        stake: STAKE,
        taken: Amount::new(2 * MILLION),
        covered: part,
        fee: part,
    };
    assert_eq!(event, slashed);
    assert_eq!(machine.apply(&SLASH), Err(Rejection::ZeroFundsAvailable));
    // Who stakes later can be slashed for the rest.
    machine.apply(&deposit(BOB, MILLION)).unwrap();
    assert!(machine.apply(&SLASH).is_ok());
    let lines = [
        Do(cover(STAKE, RESERVE, 0)),
        Do(deposit(ALICE, MILLION)),
        Deficit(5),
        Refused(SLASH, Rejection::ZeroFundsAvailable),
        Do(deposit(ALICE, 1)),
        Do(SLASH),
        Do(paused(true)),
        Refused(SLASH, Rejection::EnforcedPause),
    ];
    check(&lines, [5, 0, 0, MILLION, 1]);
}

#[test]
fn covers_offset_and_pending_apart() {
    let slashed = [
        Do(deposit(ALICE, 10 * MILLION)),
        Deficit(300),
        Do(cover(STAKE, RESERVE, 0)),
        Deficit(1_300),
        Do(SLASH),
    ];
    let after = |lines: &[Line], want: [u128; 3]| {
        let lines = [&slashed[..], lines].concat();
        let [deficit, offset, pending, ..] = figures(&read(&lines));
        assert_eq!(
            [deficit, offset, pending],
            want.map(U256::from),
            "{lines:?}"
        );
    };
    let pending = |n| Do(Action::CoverPendingDeficit(payment(n)));
    let first = |n| Do(Action::CoverDeficitOffset(payment(n)));
    after(&[pending(400)], [900, 300, 600]);
    after(&[pending(5_000)], [300, 300, 0]);
    after(&[first(5_000)], [1_000, 0, 1_000]);
    after(&[first(100), pending(5_000)], [200, 200, 0]);
    // A raised offset: only the part of it that the pool has.
    after(&[Do(offset(900)), first(5_000)], [1_000, 600, 1_000]);
    // A transfer that loses two units.
    let mut short = payment(400);
    short.received = Amount::new(398);
    after(&[Do(Action::CoverPendingDeficit(short))], [902, 300, 602]);
    short.received = Amount::ZERO;
    let nothing = Action::CoverPendingDeficit(short);
    after(
        &[Refused(nothing, Rejection::InvalidAmount)],
        [1_300, 300, 1_000],
    );
    for action in [
        Action::CoverPendingDeficit(payment(0)),
        Action::CoverDeficitOffset(payment(0)),
    ] {
        after(
            &[Refused(action, Rejection::ZeroDeficitToCover)],
            [1_300, 300, 1_000],
        );
    }
    let direct = Action::CoverReserveDeficit(payment(7));
    after(
        &[Refused(direct, Rejection::ReserveIsConfigured)],
        [1_300, 300, 1_000],
    );
    let low = Refused(offset(299), Rejection::TooMuchDeficitOffsetReduction);
    after(&[low, Do(offset(300))], [1_300, 300, 1_000]);
    // The pool's deficit vanished behind Umbrella's back.
    let first = Action::CoverDeficitOffset(payment(1));
    after(
        &[Deficit(999), Refused(first, Rejection::Panic0x11)],
        [999, 300, 1_000],
    );
    check(&[Deficit(9), Do(direct)], [2, 0, 0, 0, 0]);
}

#[test]
fn a_reserve_has_one_vault() {
    let remove = Action::RemoveSlashingConfig {
        reserve: RESERVE,
        stake: SECOND,
    };
    let zero = [0; 5];
    let refused = |action, rejection| check(&[Refused(action, rejection)], zero);
    refused(
        cover(STAKE, RESERVE, 10_001),
        Rejection::InvalidLiquidationFee,
    );
    refused(cover(StakeId(9), RESERVE, 0), Rejection::InvalidStakeToken);
    refused(
        cover(StakeId(2), RESERVE, 0),
        Rejection::InvalidNumberOfDecimals,
    );
    refused(cover(STAKE, AssetId(9), 0), Rejection::InvalidReserve);
    refused(offset(0), Rejection::ReserveCoverageNotSetup);
    let bad = Refused(cover(STAKE, RESERVE, 0), Rejection::InvalidOraclePrice);
    check(&[StakePrice(0), bad], zero);
    let elsewhere = Rejection::UmbrellaStakeAlreadySetForAnotherReserve;
    let lines = [
        Do(cover(STAKE, AssetId(1), 0)),
        Refused(cover(STAKE, RESERVE, 0), elsewhere),
    ];
    check(&lines, zero);
    let lines = [
        Do(deposit(ALICE, 2 * MILLION)),
        Do(cover(STAKE, RESERVE, 0)),
        Do(cover(SECOND, RESERVE, 0)),
        Deficit(10),
        Refused(SLASH, Rejection::CannotSlash),
        Do(remove),
        Do(remove),
        Do(SLASH),
    ];
    check(&lines, [10, 0, 10, 2 * MILLION - 20, 20]);
}

#[test]
fn leaves_after_the_wait_and_in_the_window() {
    let staked = [Do(deposit(ALICE, 5_000)), Do(cooldown(ALICE))];
    let early = Rejection::Erc4626ExceededMaxRedeem;
    let after = |lines: &[Line], left: u128| {
        let machine = read(&[&staked[..], lines].concat());
        let stake = machine.stake(STAKE).unwrap();
        assert_eq!(stake.staker(ALICE).shares, Shares::new(left), "{lines:?}");
    };
    after(&[Wait(999), Refused(redeem(ALICE, 1), early)], 5_000);
    after(&[Wait(1_000), Do(redeem(ALICE, 5_000))], 0);
    after(
        &[
            Wait(1_100),
            Do(redeem(ALICE, 4_000)),
            Do(redeem(ALICE, 1_000)),
        ],
        0,
    );
    after(&[Wait(1_101), Refused(redeem(ALICE, 1), early)], 5_000);
    // What is staked later stays.
    let later = Do(deposit(ALICE, 100));
    after(
        &[later, Wait(1_000), Refused(redeem(ALICE, 5_001), early)],
        5_100,
    );
    // What is handed on cannot leave, even when as much comes back.
    let there = Do(transfer(ALICE, BOB, 3_000));
    let back = Do(transfer(BOB, ALICE, 3_000));
    let lines = [
        there,
        back,
        Wait(1_000),
        Refused(redeem(ALICE, 2_001), early),
    ];
    after(&lines, 5_000);
    // A change of the wait does not touch a wish that is made.
    let slower = Action::SetCooldown {
        stake: STAKE,
        cooldown: 9_999,
        window: 1,
    };
    after(&[Do(slower), Wait(1_000), Do(redeem(ALICE, 5_000))], 0);
    after(
        &[
            Do(paused(true)),
            Wait(1_000),
            Refused(redeem(ALICE, 1), early),
        ],
        5_000,
    );
    let nothing = Refused(redeem(ALICE, 0), Rejection::EnforcedPause);
    after(&[Do(paused(true)), nothing], 5_000);
    after(
        &[Refused(transfer(ALICE, BOB, 5_001), Rejection::Panic0x11)],
        5_000,
    );
    let late = Rejection::Erc20InsufficientBalance;
    after(
        &[Wait(1_101), Refused(transfer(ALICE, BOB, 5_001), late)],
        5_000,
    );
    after(
        &[Refused(cooldown(BOB), Rejection::ZeroBalanceInStaking)],
        5_000,
    );
    let stranger = AccountId(3);
    after(
        &[Refused(deposit(stranger, 1), Rejection::AccountUnknown)],
        5_000,
    );
    let full = Rejection::Erc4626ExceededMaxDeposit;
    after(&[Do(paused(true)), Refused(deposit(BOB, 1), full)], 5_000);
}

#[test]
fn a_wish_to_leave_does_not_escape_a_slashing() {
    let lines = [
        Do(cover(STAKE, RESERVE, 0)),
        Do(deposit(ALICE, 2 * MILLION)),
        Do(deposit(BOB, 2 * MILLION)),
        Do(cooldown(ALICE)),
        Deficit(MILLION / 2),
        Do(SLASH),
        Wait(1_000),
    ];
    let mut machine = read(&lines);
    let event = machine.apply(&redeem(ALICE, 2 * MILLION)).unwrap();
    let unstaked = Event::Unstaked {
        stake: STAKE,
        account: ALICE,
        assets: Amount::new(3 * MILLION / 2),
        shares: Shares::new(2 * MILLION),
    };
    assert_eq!(event, unstaked);
}

#[test]
fn time_does_not_go_backward() {
    let mut machine = umbrella();
    let refused = machine.observe(Timestamp(START - 1));
    assert_eq!(refused, Err(Rejection::TimeBackward));
}

fn line() -> impl Strategy<Value = Line> {
    let account = || (0u32..3).prop_map(AccountId);
    let amount = || prop_oneof![0u128..5, 0..3 * MILLION];
    let assets = || amount().prop_map(Amount::new);
    let shares = || amount().prop_map(Shares::new);
    let pay = || amount().prop_map(payment);
    prop_oneof![
        6 => (account(), amount()).prop_map(|(id, n)| Do(deposit(id, n))),
        2 => (account(), shares()).prop_map(|(account, shares)| Do(Action::Mint {
            stake: STAKE,
            account,
            shares,
        })),
        3 => account().prop_map(|id| Do(cooldown(id))),
        4 => (account(), amount()).prop_map(|(id, n)| Do(redeem(id, n))),
        3 => (account(), assets()).prop_map(|(account, assets)| Do(Action::Withdraw {
            stake: STAKE,
            account,
            assets,
        })),
        2 => (account(), account(), amount()).prop_map(|(a, b, n)| Do(transfer(a, b, n))),
        1 => Just(Do(cover(SECOND, RESERVE, 0))),
        2 => (0u16..1_000).prop_map(|fee| Do(cover(STAKE, RESERVE, fee))),
        1 => Just(Do(Action::RemoveSlashingConfig { reserve: RESERVE, stake: SECOND })),
        1 => amount().prop_map(|n| Do(offset(n))),
        5 => Just(Do(SLASH)),
        2 => pay().prop_map(|pay| Do(Action::CoverPendingDeficit(pay))),
        1 => pay().prop_map(|pay| Do(Action::CoverDeficitOffset(pay))),
        1 => pay().prop_map(|pay| Do(Action::CoverReserveDeficit(pay))),
        4 => prop_oneof![Just(1u64), Just(1_000), Just(1_050)].prop_map(Wait),
        3 => amount().prop_map(Deficit),
        1 => (1u128..200).prop_map(StakePrice),
    ]
}

/// Worth of a share times a constant, compared without division.
fn compare(old: &StakeToken, new: &StakeToken) -> std::cmp::Ordering {
    let one = U256::ONE;
    let fair = (new.assets.0 + one) * (old.shares.0 + one);
    fair.cmp(&((old.assets.0 + one) * (new.shares.0 + one)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Shares are the stakers', a share loses worth by slashing only, nothing is slashed beyond
    /// the new deficit and its fee, and a deficit falls by payment only.
    #[test]
    fn any_sequence_keeps_the_books(lines in prop::collection::vec(line(), 1..60)) {
        let mut machine = umbrella();
        machine.apply(&cover(STAKE, RESERVE, 0)).unwrap();
        for line in lines {
            let before = machine.clone();
            match line {
                Do(action) | Refused(action, _) => {
                    let outcome = machine.apply(&action);
                    let [old, new] = [&before, &machine].map(|m| m.stake(STAKE).unwrap());
                    match outcome {
                        Ok(Event::Slashed { covered, .. }) => {
                            let most = before.reserve(RESERVE).unwrap().new_deficit().unwrap();
                            prop_assert!(covered <= most);
                            prop_assert!(new.assets >= Amount::new(MILLION));
                            prop_assert!(compare(old, new).is_lt());
                            prop_assert_eq!(new.shares, old.shares);
                        }
                        Ok(Event::Covered { amount, .. }) => {
                            let [old, new] = [&before, &machine].map(|m| *m.reserve(RESERVE).unwrap());
                            prop_assert!(new.deficit.plus(amount).unwrap() >= old.deficit);
                        }
                        Ok(_) => prop_assert!(compare(old, new).is_ge()),
                        Err(_) => prop_assert_eq!(format!("{before:?}"), format!("{machine:?}")),
                    }
                    let mut sum = U256::ZERO;
                    for id in 0..3 {
                        let staker = new.staker(AccountId(id));
                        sum += staker.shares.0;
                        prop_assert!(new.redeemable(AccountId(id), machine.now()) <= staker.shares);
                    }
                    prop_assert_eq!(sum, new.shares.0);
                }
                Wait(seconds) => {
                    let now = Timestamp(machine.now().0 + seconds);
                    machine.observe(now).unwrap();
                }
                Deficit(amount) => {
                    let amount = Amount::new(amount);
                    machine.observe_reserve(RESERVE, Price::new(100), amount).unwrap();
                }
                StakePrice(price) => machine.observe_stake(STAKE, Price::new(price)).unwrap(),
            }
        }
    }
}
