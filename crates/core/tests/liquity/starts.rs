//! Systems that scripts start from: calm, stressed, nearly alone, with a worn-out pool, shut down.

use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Action, Gains, Hints, LiquityVersion, Parameters, System, SystemSetup,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};

/// Accounts of every system.
pub(crate) const ACCOUNTS: u32 = 8;
/// 10^18.
pub(crate) const UNIT: u128 = 1_000_000_000_000_000_000;
const START: Timestamp = Timestamp(1_740_000_000);
const PRICE: u128 = 200;

/// Troves by account: stablecoin, and collateral over it in percent at the first price.
type Troves = &'static [(u128, u128)];

/// Small ones beside one that holds the system.
const CALM: Troves = &[
    (20_000, 400),
    (2_500, 130),
    (3_000, 135),
    (4_000, 150),
    (2_600, 170),
    (2_200, 220),
];
/// All alike: a fall in price makes the system critical before the troves are worthless.
const EVEN: Troves = &[
    (4_000, 205),
    (3_000, 175),
    (2_800, 172),
    (2_500, 170),
    (2_300, 168),
];

fn units(n: u128) -> Amount {
    Amount::new(n * UNIT)
}

pub(crate) fn parameters(version: LiquityVersion) -> Parameters {
    let percent = |n: u128| Ratio::new(n * UNIT / 100);
    match version {
        LiquityVersion::V1 => Parameters::v1(),
        LiquityVersion::V2 => Parameters {
            critical_ratio: percent(150),
            minimum_ratio: percent(110),
            shutdown_ratio: percent(110),
            pool_penalty: percent(5),
            redistribution_penalty: percent(10),
        },
    }
}

pub(crate) fn fee_limit(version: LiquityVersion) -> U256 {
    match version {
        LiquityVersion::V1 => U256::from(UNIT),
        LiquityVersion::V2 => U256::MAX,
    }
}

/// Troves at the first price; the pool's product is one this many times smaller than at the start.
fn opened(version: LiquityVersion, troves: Troves, worn: u128) -> System {
    let wallets = vec![(units(3_000), units(10_000)); ACCOUNTS as usize];
    let price = Price::new(PRICE * UNIT);
    let mut setup = SystemSetup::empty(version, parameters(version), START, price, wallets);
    setup.pool.product /= U256::from(worn);
    let mut system = setup.build().unwrap();
    for (caller, (stable, percent)) in (0..).map(AccountId).zip(troves) {
        // The reserve of v1 is owed too.
        let owed = match version {
            LiquityVersion::V1 => stable + 200,
            LiquityVersion::V2 => *stable,
        };
        let collateral = owed * UNIT * percent / 100 / PRICE;
        let open = Action::Open {
            caller,
            stable: units(*stable),
            collateral: Amount::new(collateral),
            rate: Ratio::new(UNIT / 20 * (1 + u128::from(caller.0))),
            fee_max: fee_limit(version),
            hints: Hints::default(),
        };
        system.apply(&open).unwrap();
    }
    system
}

fn provide(system: &mut System, caller: u32, stable: u128) {
    let action = Action::Provide {
        caller: AccountId(caller),
        amount: units(stable),
        gains: Gains::Claimed,
    };
    system.apply(&action).unwrap();
}

fn at_price(mut system: System, price: u128) -> System {
    let now = Timestamp(system.now().0 + 3_600);
    system.observe(now, Price::new(price * UNIT)).unwrap();
    system
}

fn liquidated(mut system: System, trove: u32) -> System {
    let action = Action::LiquidateBatch {
        liquidator: AccountId(7),
        troves: vec![AccountId(trove)],
    };
    system.apply(&action).unwrap();
    system
}

fn withdraw_all(mut system: System, caller: u32, gains: Gains) -> System {
    let action = Action::Withdraw {
        caller: AccountId(caller),
        amount: Amount::MAX,
        gains,
    };
    system.apply(&action).unwrap();
    system
}

/// Two depositors.
fn covered(version: LiquityVersion, troves: Troves, worn: u128) -> System {
    let mut system = opened(version, troves, worn);
    provide(&mut system, 0, 4_000);
    provide(&mut system, 6, 2_000);
    system
}

/// v2: an account whose gain waits in the pool without a deposit.
fn stashed() -> System {
    let mut system = covered(LiquityVersion::V2, CALM, 1);
    for caller in [0, 6] {
        let action = Action::Withdraw {
            caller: AccountId(caller),
            amount: Amount::ZERO,
            gains: Gains::Claimed,
        };
        system.apply(&action).unwrap();
    }
    system
        .observe(system.now(), Price::new(155 * UNIT))
        .unwrap();
    withdraw_all(liquidated(system, 1), 6, Gains::Kept)
}

fn shut_down() -> System {
    let mut system = at_price(covered(LiquityVersion::V2, EVEN, 1), 112);
    system.apply(&Action::ShutDown).unwrap();
    system
}

/// Every start of a version.
pub(crate) fn all(version: LiquityVersion) -> Vec<System> {
    // Where an offset of half the pool changes its scale.
    let worn = 700_000_000;
    let mut starts = vec![
        covered(version, CALM, 1),
        at_price(covered(version, CALM, worn), 150),
        at_price(covered(version, EVEN, 1), 150),
        at_price(covered(version, EVEN, worn), 150),
        opened(version, &CALM[..2], 1),
        covered(version, &CALM[..1], 1),
        liquidated(at_price(opened(version, CALM, 1), 160), 1),
    ];
    if version == LiquityVersion::V2 {
        starts.extend([stashed(), shut_down()]);
    }
    starts
}
