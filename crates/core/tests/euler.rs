//! What must hold of an Euler v2 cluster through any script of actions, prices and times.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run must stop, and one that fails prints its script"
)]

mod dice;
#[path = "euler/draw.rs"]
mod draw;
#[path = "euler/laws.rs"]
mod laws;

use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Action, AmountCap, Cluster, ClusterSetup, Event, Ltv, Quotes, Rejection, VaultId, VaultState,
};
use backstop_core::units::{Amount, Bps, Timestamp, U256};
use dice::{Dice, Script};
use draw::{batch, block, setup};
use laws::{check_health, check_liquidation, check_offers, check_share_prices, check_sums};
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
