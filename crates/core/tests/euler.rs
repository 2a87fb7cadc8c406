//! What must hold of an Euler v2 cluster through any script of actions, prices and times.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run must stop, and one that fails prints its script"
)]

mod dice;

use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Account, Action, AmountCap, Cluster, ClusterSetup, DONT_SOCIALIZE_DEBT, Debt, Event, Events,
    EvkVersion, Holding, LinearKink, Liquidation, Ltv, Operation, ProtocolFees, Purpose, Quotes,
    Rejection, SecondRate, Setting, VaultConfig, VaultId, VaultSetup, VaultState,
};
use backstop_core::units::{Amount, Bps, Index, Price, RAY, Shares, Timestamp, U256, WAD};
use dice::{Dice, Script};
use std::collections::{BTreeMap, BTreeSet};

const SCRIPTS: u64 = 100_000;
const START: u64 = 1_700_000_000;
const VAULTS: [VaultId; 3] = [VaultId(0), VaultId(1), VaultId(2)];
const LENDER: VaultId = VAULTS[0];
const SUPPLIER: AccountId = AccountId(0);
const BORROWERS: [AccountId; 2] = [AccountId(1), AccountId(2)];
const LIQUIDATOR: AccountId = AccountId(3);
const TREASURY: AccountId = AccountId(4);
const ACCOUNTS: u32 = 5;
/// Every conversion counts a million of each beside the real assets and shares.
const VIRTUAL: U256 = U256::from_limbs([1_000_000, 0, 0, 0]);

/// One step of a script.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "read where a failing script is printed")]
enum Step {
    Start(Box<ClusterSetup>),
    Observe(Timestamp, Vec<Quotes>),
    Act(Vec<Action>),
}

/// What happened over all scripts.
#[derive(Default)]
struct Tally {
    tried: u64,
    accepted: u64,
    kinds: BTreeSet<String>,
    rejections: BTreeMap<Rejection, u64>,
    seizures: u64,
    written_off: u64,
    fees: u64,
}

fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn ids() -> impl Iterator<Item = AccountId> {
    (0..ACCOUNTS).map(AccountId)
}

fn name(action: &Action) -> String {
    let text = match action {
        Action::Govern { setting, .. } => format!("{setting:?}"),
        other => format!("{other:?}"),
    };
    let end = text.find(['(', ' ']).unwrap_or(text.len());
    text[..end].to_owned()
}

fn ltv(dice: &mut Dice) -> Ltv {
    let liquidation = dice.pick(&[0, 5_000, 8_000, 9_500]);
    let ramping = dice.percent(20);
    Ltv {
        borrow: Bps(liquidation / 10 * 9),
        liquidation: Bps(liquidation),
        initial_liquidation: Bps(if ramping { 9_600 } else { liquidation }),
        target: Timestamp(if ramping { START + 3_600 } else { START }),
        ramp: if ramping { 7_200 } else { 0 },
    }
}

fn model(dice: &mut Dice) -> LinearKink {
    LinearKink {
        base: U256::from(dice.below(1_000_000_000_000_000_000)),
        slope1: U256::from(dice.below(20_000_000_000)),
        slope2: U256::from(dice.below(400_000_000_000)),
        kink: dice.pick(&[0, 1 << 31, u32::MAX]),
    }
}

fn config(dice: &mut Dice, unit: u128) -> VaultConfig {
    // A mantissa of hundredths and a power of ten.
    let cap = |dice: &mut Dice, percent| match dice.percent(percent) {
        true => AmountCap(u16::try_from(unit.ilog10()).unwrap() | (300 << 6)),
        false => AmountCap(0),
    };
    VaultConfig {
        interest_fee: Bps(dice.pick(&[0, 1_000, 10_000])),
        interest_rate_model: dice.percent(80).then(|| model(dice)),
        max_liquidation_discount: Bps(dice.pick(&[0, 1_500, 9_999])),
        liquidation_cool_off: dice.pick(&[0, 0, 1, 60]),
        flags: if dice.percent(20) {
            DONT_SOCIALIZE_DEBT
        } else {
            0
        },
        disabled: 0,
        supply_cap: cap(dice, 15),
        borrow_cap: cap(dice, 15),
        fee_receiver: dice.percent(50).then_some(SUPPLIER),
        has_oracle: true,
        unit_is_asset: false,
        ltv: BTreeMap::new(),
    }
}

/// Gives shares and debt to an account.
fn give(account: &mut Account, vault: VaultId, shares: u128, debt: u128) {
    let holding = Holding {
        shares: Shares::new(shares),
        debt: Debt(U256::from(debt)),
        accumulator: Index(if debt == 0 { U256::ZERO } else { RAY }),
    };
    account.put(vault, holding);
}

/// A lender, two vaults whose shares are collateral, two borrowers somewhere about the edge, and a
/// liquidator who can afford both.
fn setup(dice: &mut Dice, unit: u128) -> ClusterSetup {
    let mut accounts = vec![Account::default(); ACCOUNTS as usize];
    for vault in VAULTS {
        give(&mut accounts[0], vault, dice.below(unit * 4), 0);
    }
    let mut owed = 0;
    for BorrowerPlan {
        at,
        collaterals,
        debt,
    } in borrowers(dice, unit)
    {
        let account = &mut accounts[at];
        account.controllers = vec![LENDER];
        for (vault, shares) in collaterals {
            account.collaterals.push(vault);
            give(account, vault, shares, 0);
        }
        give(account, LENDER, 0, debt);
        owed += debt;
    }
    let taker = &mut accounts[3];
    if dice.percent(95) {
        taker.controllers = vec![LENDER];
    }
    taker.collaterals = vec![VAULTS[2], VAULTS[1]];
    give(taker, VAULTS[2], unit * 20, 0);
    let mut vaults = Vec::new();
    for vault in VAULTS {
        let mut config = config(dice, unit);
        if vault == LENDER {
            config.ltv = BTreeMap::from([(VAULTS[1], ltv(dice)), (VAULTS[2], ltv(dice))]);
            config.unit_is_asset = dice.percent(30);
        }
        config.has_oracle = vault == LENDER || dice.percent(70);
        let shares: U256 = accounts.iter().map(|a| a.holding(vault).shares.0).sum();
        let lent = if vault == LENDER { owed } else { 0 };
        let assets = shares * U256::from(80 + dice.below(40)) / U256::from(100);
        let state = VaultState {
            cash: Amount(assets.saturating_sub(U256::from(lent >> 31))),
            total_shares: Shares(shares),
            total_borrows: Debt(U256::from(lent)),
            interest_rate: SecondRate(U256::from(dice.below(1_000_000_000_000_000_000))),
            ..VaultState::fresh(Timestamp(START))
        };
        vaults.push(VaultSetup {
            config,
            state,
            quotes: Quotes::flat(Price(WAD)),
        });
    }
    ClusterSetup {
        version: EvkVersion::Commit5b98b42,
        now: Timestamp(START),
        fees: ProtocolFees {
            receiver: TREASURY,
            share: Bps(dice.pick(&[0, 2_500, 10_000])),
            interest_fee_min: Bps(500),
            interest_fee_max: Bps(10_000),
        },
        vaults,
        accounts,
    }
}

struct BorrowerPlan {
    at: usize,
    collaterals: Vec<(VaultId, u128)>,
    debt: u128,
}

fn borrowers(dice: &mut Dice, unit: u128) -> [BorrowerPlan; 2] {
    [1, 2].map(|at| {
        let second = dice.percent(40);
        let mut collaterals = vec![(VAULTS[1], dice.below(unit) + 1)];
        if second {
            collaterals.push((VAULTS[2], dice.below(unit / 4 + 1)));
        }
        let all: u128 = collaterals.iter().map(|(_, shares)| shares).sum();
        let fraction = dice.below(1 << 31);
        let debt = (all * dice.pick(&[30, 60, 78, 90, 97, 120]) / 100) << 31 | fraction;
        BorrowerPlan {
            at,
            collaterals,
            debt,
        }
    })
}

fn account(dice: &mut Dice) -> AccountId {
    let known = AccountId(u32::try_from(dice.below(ACCOUNTS.into())).unwrap());
    if dice.below(200) == 0 {
        AccountId(99)
    } else {
        known
    }
}

fn vault(dice: &mut Dice) -> VaultId {
    match dice.below(200) {
        0 => VaultId(9),
        1..120 => LENDER,
        _ => dice.pick(&VAULTS),
    }
}

/// Some of it, all, or far too much.
fn amount(dice: &mut Dice, of: u128) -> Amount {
    match dice.below(40) {
        0 => Amount::MAX,
        1 => Amount(U256::ONE << 112),
        _ => Amount::new(dice.part(of)),
    }
}

fn action(dice: &mut Dice, cluster: &Cluster, unit: u128) -> Action {
    let (vault, who) = (vault(dice), account(dice));
    let known = cluster.account(who).cloned().unwrap_or_default();
    let shares_held = narrow(known.holding(vault).shares.0);
    let cash = cluster
        .present(vault)
        .map_or(0, |state| narrow(state.cash.0));
    let owes = |id| {
        cluster
            .debt(vault, id)
            .map_or(0, |debt| narrow(debt.assets_up().0))
    };
    let borrower = dice.pick(&BORROWERS);
    match dice.below(100) {
        0..4 => Action::EnableCollateral {
            account: who,
            vault,
        },
        4..6 => Action::DisableCollateral {
            account: who,
            vault,
        },
        6..8 => Action::ReorderCollaterals {
            account: borrower,
            first: u8::from(dice.percent(20)),
            second: 1,
        },
        8..10 => Action::EnableController {
            account: who,
            vault,
        },
        10..12 => Action::DisableController {
            account: who,
            vault,
        },
        12..20 => Action::Deposit {
            vault,
            amount: amount(dice, unit),
            receiver: who,
        },
        20..24 => Action::Mint {
            vault,
            shares: Shares(amount(dice, unit).0),
            receiver: who,
        },
        24..28 => Action::Withdraw {
            vault,
            amount: amount(dice, shares_held.min(cash)),
            owner: who,
        },
        28..32 => Action::Redeem {
            vault,
            shares: Shares(amount(dice, shares_held).0),
            owner: who,
        },
        32..36 => Action::Transfer {
            vault,
            from: who,
            to: account(dice),
            shares: Shares::new(dice.part(shares_held)),
        },
        36..42 => Action::Borrow {
            vault: LENDER,
            account: dice.pick(&[LIQUIDATOR, borrower, who]),
            amount: amount(dice, cash.min(unit / 8)),
        },
        42..48 => Action::Repay {
            vault,
            receiver: borrower,
            amount: amount(dice, owes(borrower)),
        },
        48..51 => Action::RepayWithShares {
            vault: LENDER,
            account: SUPPLIER,
            receiver: borrower,
            amount: amount(dice, owes(borrower).saturating_mul(2)),
        },
        51..55 => Action::PullDebt {
            vault: LENDER,
            account: LIQUIDATOR,
            from: dice.pick(&[borrower, LIQUIDATOR]),
            amount: amount(dice, owes(borrower)),
        },
        55..58 => Action::Touch { vault },
        58..62 => Action::ConvertFees { vault },
        62..68 => Action::Govern {
            vault,
            setting: setting(dice),
        },
        _ => liquidation(dice, cluster),
    }
}

fn setting(dice: &mut Dice) -> Setting {
    let bps = Bps(dice.pick(&[0, 4_000, 8_000, 9_500, 10_000, 10_001]));
    match dice.below(9) {
        0 => Setting::Ltv {
            collateral: dice.pick(&VAULTS),
            borrow: Bps(dice.pick(&[0, 4_000, 8_000])),
            liquidation: bps,
            ramp: dice.pick(&[0, 600]),
        },
        1 => Setting::MaxLiquidationDiscount(bps),
        2 => Setting::LiquidationCoolOff(dice.pick(&[0, 30])),
        3 => Setting::InterestRateModel(dice.percent(70).then(|| model(dice))),
        4 => {
            let operations = [
                Operation::Liquidate,
                Operation::Touch,
                Operation::VaultStatusCheck,
            ];
            let bit = dice.pick(&operations).bit();
            Setting::Disabled(dice.pick(&[0, 0, 0, bit, 1 << 15]))
        }
        5 => Setting::Flags(dice.pick(&[0, DONT_SOCIALIZE_DEBT, 4])),
        6 => Setting::Caps {
            supply: AmountCap(dice.pick(&[0, 1_023 << 6 | 40, 500 << 6 | 18])),
            borrow: AmountCap(dice.pick(&[0, 1_023 << 6 | 40, 100 << 6 | 12])),
        },
        7 => Setting::InterestFee(Bps(dice.pick(&[0, 700, 1_000, 10_000, 10_001]))),
        _ => Setting::FeeReceiver(dice.percent(50).then_some(SUPPLIER)),
    }
}

/// Of a weak account as a rule.
fn liquidation(dice: &mut Dice, cluster: &Cluster) -> Action {
    let weak = BORROWERS
        .into_iter()
        .find(|id| !cluster.liquidations(*id).is_empty());
    let violator = weak
        .filter(|_| dice.percent(95))
        .unwrap_or_else(|| dice.pick(&[BORROWERS[1], LIQUIDATOR, SUPPLIER]));
    let quotes = cluster.liquidations(violator);
    let quote = quotes.last();
    let most = quote.map_or(0, |quote| narrow(quote.repay_max.0));
    let collateral = quote.map_or(VAULTS[1], |quote| quote.collateral);
    let asks = dice.percent(5);
    Action::Liquidate {
        vault: LENDER,
        liquidator: if dice.percent(98) {
            LIQUIDATOR
        } else {
            account(dice)
        },
        violator,
        collateral: if dice.percent(95) {
            collateral
        } else {
            dice.pick(&VAULTS)
        },
        repay: match dice.percent(50) {
            true => Amount::MAX,
            false => Amount::new(dice.part(most)),
        },
        min_shares: match asks {
            true => quote.map_or(Shares::new(1), |quote| quote.shares_max),
            false => Shares::ZERO,
        },
    }
}

/// Several operations with one check at the end now and then.
fn batch(dice: &mut Dice, cluster: &Cluster, unit: u128) -> Vec<Action> {
    let mut actions = vec![action(dice, cluster, unit)];
    while dice.percent(12) && actions.len() < 4 {
        actions.push(action(dice, cluster, unit));
    }
    if dice.percent(2) {
        // A borrower is touched, and liquidated in the same batch.
        let touched = Action::EnableCollateral {
            account: dice.pick(&BORROWERS),
            vault: VAULTS[1],
        };
        let controller = Action::EnableController {
            account: dice.pick(&BORROWERS),
            vault: VAULTS[1],
        };
        let first = dice.pick(&[touched, controller]);
        actions = vec![first, liquidation(dice, cluster)];
    }
    actions
}

/// Time and prices of the next block. Prices rarely become absurd.
fn block(dice: &mut Dice, cluster: &Cluster) -> (Timestamp, Vec<Quotes>) {
    let seconds = dice.pick(&[0, 1, 12, 60, 3_600, 2_592_000]);
    let now = Timestamp(cluster.now().0 + seconds);
    let mut quotes = cluster.quotes().to_vec();
    for quote in &mut quotes {
        let mid = quote
            .mid
            .0
            .clamp(U256::from(1_000_000u64), WAD * U256::from(1_000));
        let mid = match dice.below(100) {
            0 => U256::ZERO,
            1 => U256::ONE << 250,
            2..6 => mid / U256::from(2),
            _ => mid * U256::from(85 + dice.below(25)) / U256::from(100),
        };
        let spread = mid / U256::from(100);
        let wide = dice.percent(30);
        *quote = Quotes {
            mid: Price(mid),
            bid: Price(if wide { mid - spread } else { mid }),
            ask: Price(if wide {
                mid.saturating_add(spread)
            } else {
                mid
            }),
        };
    }
    (now, quotes)
}

/// Shares are what accounts and fees sum to; debts are what the borrows say, up to roundings.
fn check_sums(cluster: &Cluster) {
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
fn check_share_prices(before: &Cluster, after: &Cluster, events: &Events) {
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
fn check_health(after: &Cluster, events: &Events) {
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
fn check_liquidation(before: &Cluster, after: &Cluster, done: &Liquidation, events: &Events) {
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
fn check_offers(cluster: &Cluster) {
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

fn act(cluster: &mut Cluster, actions: &[Action], tally: &mut Tally) {
    let before = cluster.clone();
    tally.tried += 1;
    let events = match cluster.apply_batch(actions) {
        Ok(events) => events,
        Err(rejection) => {
            *tally.rejections.entry(rejection).or_default() += 1;
            let same = |vault| before.stored(vault) == cluster.stored(vault);
            assert!(
                VAULTS.into_iter().all(same),
                "a rejected action changed a vault"
            );
            let same = |id| before.account(id) == cluster.account(id);
            assert!(ids().all(same), "a rejected action changed an account");
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.state_hash(), cluster.state_hash());
            }
            return;
        }
    };
    tally.accepted += 1;
    if tally.kinds.len() < 26 {
        tally.kinds.extend(actions.iter().map(name));
    }
    check_sums(cluster);
    check_share_prices(&before, cluster, &events);
    check_health(cluster, &events);
    for event in &events {
        match event {
            Event::Liquidated(done) => {
                tally.seizures += u64::from(!done.shares.is_zero());
                if actions.len() == 1 {
                    check_liquidation(&before, cluster, done, &events);
                }
            }
            Event::DebtSocialized { .. } => tally.written_off += 1,
            Event::FeesConverted { .. } => tally.fees += 1,
            _ => {}
        }
    }
}

fn run(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let unit = 10u128.pow(3 + u32::try_from(dice.below(16)).unwrap());
    let setup = setup(&mut dice, unit);
    let mut script = Script::new(seed);
    script.steps.push(Step::Start(Box::new(setup.clone())));
    let mut cluster = setup.build().unwrap();
    for _ in 0..6 {
        if dice.percent(40) {
            let (now, quotes) = block(&mut dice, &cluster);
            script.steps.push(Step::Observe(now, quotes.clone()));
            cluster.observe(now, &quotes).unwrap();
        }
        let actions = batch(&mut dice, &cluster, unit);
        script.steps.push(Step::Act(actions.clone()));
        act(&mut cluster, &actions, tally);
    }
    if seed.is_multiple_of(8) {
        check_offers(&cluster);
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
    let Tally {
        seizures,
        written_off,
        fees,
        ..
    } = tally;
    println!("{seizures} seizures, {written_off} written off, {fees} fees converted");
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 26, "a kind of action never succeeded");
    for rejection in Rejection::ALL {
        let elsewhere = [
            Rejection::TimeBackward,
            Rejection::TooManyElements,
            Rejection::DebtAmountTooLargeToEncode,
            Rejection::Panic0x12,
        ];
        assert!(
            elsewhere.contains(rejection) || tally.rejections.contains_key(rejection),
            "{rejection} never occurred"
        );
    }
    assert!(seizures > 10_000 && written_off > 1_000 && fees > 1_000);
}

#[test]
fn time_and_prices_are_checked() {
    let mut cluster = setup(&mut Dice::new(1), 1_000_000).build().unwrap();
    let quotes = cluster.quotes().to_vec();
    let earlier = cluster.observe(Timestamp(START - 1), &quotes);
    assert_eq!(earlier, Err(Rejection::TimeBackward));
    let short = cluster.observe(Timestamp(START + 1), &quotes[1..]);
    assert_eq!(short, Err(Rejection::VaultUnknown));
    assert_eq!(cluster.now(), Timestamp(START));
}

/// The connector's sets hold ten members.
#[test]
fn sets_are_bounded() {
    let mut setup = setup(&mut Dice::new(2), 1_000_000);
    let mut spare = setup.vaults[1].clone();
    spare.state = VaultState::fresh(Timestamp(START));
    setup.vaults.resize(12, spare);
    let mut cluster = setup.build().unwrap();
    let enable = |vault| Action::EnableCollateral {
        account: TREASURY,
        vault: VaultId(vault),
    };
    for vault in 0..10 {
        cluster.apply(&enable(vault)).unwrap();
    }
    assert_eq!(cluster.apply(&enable(10)), Err(Rejection::TooManyElements));
    assert!(
        cluster.apply(&enable(9)).is_ok(),
        "a member may be named again"
    );
    let touch = |vault| Action::Touch {
        vault: VaultId(vault),
    };
    let ten: Vec<_> = (0..10).map(touch).collect();
    assert!(cluster.apply_batch(&ten).is_ok());
    let eleven: Vec<_> = (0..11).map(touch).collect();
    assert_eq!(
        cluster.apply_batch(&eleven),
        Err(Rejection::TooManyElements)
    );
    // The last member takes the place of one that leaves.
    cluster
        .apply(&Action::DisableCollateral {
            account: TREASURY,
            vault: VaultId(2),
        })
        .unwrap();
    let left = cluster.account(TREASURY).unwrap().collaterals.iter();
    let left: Vec<u16> = left.map(|vault| vault.0).collect();
    assert_eq!(left, [0, 1, 9, 3, 4, 5, 6, 7, 8]);
}

/// A batch may borrow first and bring the collateral afterwards; alone the borrow is refused.
#[test]
fn checks_wait_for_the_end_of_a_batch() {
    let mut dice = Dice::new(3);
    let mut setup = setup(&mut dice, 1_000_000);
    let full = Ltv {
        borrow: Bps(8_000),
        liquidation: Bps(9_000),
        initial_liquidation: Bps(0),
        target: Timestamp(1),
        ramp: 0,
    };
    let config = &mut setup.vaults[0].config;
    config.ltv.insert(VAULTS[1], full);
    config.borrow_cap = AmountCap(0);
    setup.vaults[0].state.cash = Amount::new(10_000);
    setup.vaults[1].config.supply_cap = AmountCap(0);
    let mut cluster = setup.build().unwrap();
    let borrow = Action::Borrow {
        vault: LENDER,
        account: TREASURY,
        amount: Amount::new(1_000),
    };
    let bring = [
        Action::EnableCollateral {
            account: TREASURY,
            vault: VAULTS[1],
        },
        Action::Deposit {
            vault: VAULTS[1],
            amount: Amount::new(5_000),
            receiver: TREASURY,
        },
    ];
    let control = Action::EnableController {
        account: TREASURY,
        vault: LENDER,
    };
    let check = |actions: &[Action], cluster: &mut Cluster| cluster.apply_batch(actions).map(drop);
    assert_eq!(
        check(&[borrow], &mut cluster),
        Err(Rejection::ControllerDisabled)
    );
    let bare = [control, borrow];
    assert_eq!(check(&bare, &mut cluster), Err(Rejection::AccountLiquidity));
    let whole = [control, borrow, bring[0], bring[1]];
    assert_eq!(check(&whole, &mut cluster), Ok(()));
    assert_eq!(
        cluster.debt(LENDER, TREASURY).unwrap().assets_up(),
        Amount::new(1_000)
    );
}
