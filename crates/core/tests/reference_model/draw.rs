//! Random worlds and scripts, in words that fit both machines.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;

/// Reserves of a world.
pub(crate) const ASSETS: usize = 4;
/// Accounts: the treasury, the coverage account, and four users.
pub(crate) const ACCOUNTS: usize = 6;
/// Efficiency modes, numbered from 1.
pub(crate) const MODES: usize = 2;

/// One reserve; ratios in bps, prices and indexes in units of their last digits.
#[derive(Clone, Debug)]
pub(crate) struct ReserveDraw {
    pub(crate) decimals: u8,
    /// Base currency of 8 decimals per whole token.
    pub(crate) price: u64,
    pub(crate) ltv: u16,
    pub(crate) threshold: u16,
    pub(crate) bonus: u16,
    pub(crate) reserve_factor: u16,
    pub(crate) protocol_fee: u16,
    pub(crate) frozen: bool,
    pub(crate) inactive: bool,
    pub(crate) closed: bool,
    pub(crate) unborrowable_in_isolation: bool,
    pub(crate) siloed: bool,
    /// Hundredths of a whole token.
    pub(crate) debt_ceiling: u64,
    /// Whole tokens.
    pub(crate) supply_cap: u64,
    /// Whole tokens.
    pub(crate) borrow_cap: u64,
    pub(crate) category: u8,
    /// Bps: optimum, base, first and second slope.
    pub(crate) curve: (u16, u16, u16, u16),
    /// Above one, in 10^−27 of it: supply, and debt on top of that.
    pub(crate) indexes: (u128, u128),
    /// Whole tokens that the first user supplies at the start.
    pub(crate) seed: u32,
}

/// One efficiency mode; membership by bits of the asset's number.
#[derive(Clone, Debug)]
pub(crate) struct ModeDraw {
    pub(crate) ltv: u16,
    pub(crate) threshold: u16,
    pub(crate) bonus: u16,
    pub(crate) price: Option<u64>,
    pub(crate) collateral: u8,
    pub(crate) borrowable: u8,
    pub(crate) ltv_zero: u8,
    pub(crate) isolated: bool,
}

/// What the machines start from.
#[derive(Clone, Debug)]
pub(crate) struct WorldDraw {
    pub(crate) reserves: Vec<ReserveDraw>,
    pub(crate) modes: Vec<ModeDraw>,
    /// Whether the sequencer is up, and when it came back, in seconds before the start.
    pub(crate) sentinel: Option<(bool, u32)>,
}

/// How much, told by what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Much {
    /// 2^256 − 1.
    All,
    /// Base units.
    Units(u64),
    /// Thousandths of the wallet.
    Wallet(u16),
    /// Thousandths of the supply.
    Supply(u16),
    /// Thousandths of the debt.
    Debt(u16),
    /// Thousandths of what can still be borrowed.
    Room(u16),
    /// Thousandths of the recorded deficit.
    Deficit(u16),
}

/// One step of a script. An apt step looks, from the accounts and assets that it names, for the
/// next ones with which it makes sense; another takes them as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) apt: bool,
    pub(crate) call: Call,
}

/// What a step does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// Seconds pass and one price moves, in thousandths of itself.
    Time {
        seconds: u32,
        asset: usize,
        price: u32,
    },
    /// The price of a borrower's collateral falls until the health factor is about so many
    /// thousandths.
    Sink {
        account: usize,
        health: u32,
    },
    Supply {
        caller: usize,
        asset: usize,
        much: Much,
        account: usize,
    },
    Withdraw {
        caller: usize,
        asset: usize,
        much: Much,
        to: usize,
    },
    Borrow {
        caller: usize,
        asset: usize,
        much: Much,
    },
    Repay {
        caller: Option<usize>,
        asset: usize,
        much: Much,
        account: usize,
    },
    SetCollateral {
        caller: usize,
        asset: usize,
        enabled: bool,
    },
    SetEMode {
        caller: usize,
        category: u8,
    },
    Liquidate {
        liquidator: usize,
        borrower: usize,
        collateral: usize,
        debt: usize,
        much: Much,
        receive_a_token: bool,
    },
    Eliminate {
        caller: usize,
        asset: usize,
        much: Much,
    },
    SetPaused {
        asset: usize,
        paused: bool,
    },
    SetGrace {
        asset: usize,
        seconds: u32,
    },
}

/// A world and what happens in it.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) world: WorldDraw,
    pub(crate) steps: Vec<Step>,
}

/// Worlds in which users first open positions, then anything happens.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    let opening = vec(own().prop_map(|call| Step { apt: true, call }), 0..24);
    (world(), opening, vec(step(), 1..80)).prop_map(|(world, mut steps, rest)| {
        steps.extend(rest);
        Script { world, steps }
    })
}

fn world() -> impl Strategy<Value = WorldDraw> {
    let sentinel = weighted(0.2, (prop::bool::weighted(0.7), 0..7_200u32));
    (vec(reserve(), ASSETS), vec(mode(), MODES), sentinel).prop_map(
        |(reserves, modes, sentinel)| WorldDraw {
            reserves,
            modes,
            sentinel,
        },
    )
}

fn reserve() -> impl Strategy<Value = ReserveDraw> {
    let risk = (
        prop_oneof![8 => 1_000..9_000u16, 1 => Just(0u16)],
        100..900u16,
        10_000..11_500u16,
        prop_oneof![12 => Just(false), 1 => Just(true)],
    );
    let fees = (
        prop_oneof![Just(0u16), 0..5_000u16],
        prop_oneof![Just(0u16), 0..=10_000u16],
    );
    let token = (
        prop_oneof![Just(18u8), Just(6u8), Just(8u8), Just(2u8)],
        prop_oneof![4 => 1_000_000..10_000_000_000u64, 4 => Just(100_000_000u64),
            1 => 1..1_000_000_000_000u64],
    );
    let rare = || prop::bool::weighted(0.04);
    let switches = (rare(), rare(), rare(), prop::bool::weighted(0.4), rare());
    let caps = (
        prop_oneof![5 => Just(0u64), 2 => 1_000..100_000_000u64],
        prop_oneof![8 => Just(0u64), 1 => 1..10_000_000u64],
        prop_oneof![8 => Just(0u64), 1 => 1..1_000_000u64],
        0..=2u8,
    );
    let growth = prop_oneof![Just(0u128), 0..3_000_000_000_000_000_000_000_000_000u128];
    let ledger = (
        (100..=9_900u16, 0..500u16, 0..2_000u16, 0..30_000u16),
        (growth.clone(), growth),
        prop_oneof![1 => Just(0u32), 4 => 1_000..10_000_000u32],
    );
    (token, risk, fees, switches, caps, ledger).prop_map(
        |(token, risk, fees, switches, caps, ledger)| {
            let (ltv, above, bonus, without_threshold) = risk;
            // A reserve without a threshold has no loan-to-value and no bonus either.
            let plain = (ltv, ltv + above, bonus);
            let (ltv, threshold, bonus) = if without_threshold { (0, 0, 0) } else { plain };
            ReserveDraw {
                decimals: token.0,
                price: token.1,
                ltv,
                threshold,
                bonus,
                reserve_factor: fees.0,
                protocol_fee: fees.1,
                frozen: switches.0,
                inactive: switches.1,
                closed: switches.2,
                unborrowable_in_isolation: switches.3,
                siloed: switches.4,
                debt_ceiling: caps.0,
                supply_cap: caps.1,
                borrow_cap: caps.2,
                category: caps.3,
                curve: ledger.0,
                indexes: ledger.1,
                seed: ledger.2,
            }
        },
    )
}

fn mode() -> impl Strategy<Value = ModeDraw> {
    (
        prop_oneof![8 => 5_000..9_300u16, 1 => Just(0u16)],
        100..600u16,
        10_000..10_800u16,
        weighted(0.3, 1_000_000..10_000_000_000u64),
        any::<u8>(),
        any::<u8>(),
        prop_oneof![4 => Just(0u8), 1 => any::<u8>()],
        any::<bool>(),
    )
        .prop_map(|drawn| ModeDraw {
            ltv: drawn.0,
            threshold: drawn.0 + drawn.1,
            bonus: drawn.2,
            price: drawn.3,
            collateral: drawn.4,
            borrowable: drawn.5,
            ltv_zero: drawn.6,
            isolated: drawn.7,
        })
}

/// Any account, mostly a user.
fn account() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 2..ACCOUNTS, 1 => 0..2usize]
}

/// An amount around a natural measure, at times an edge.
fn much(measure: fn(u16) -> Much) -> impl Strategy<Value = Much> {
    prop_oneof![
        8 => (1..1_000u16).prop_map(measure),
        2 => Just(measure(1_000)),
        1 => (1_000..1_300u16).prop_map(measure),
        1 => Just(Much::All),
        1 => (0..4u64).prop_map(Much::Units),
    ]
}

fn seconds() -> impl Strategy<Value = u32> {
    prop_oneof![
        2 => 0..4u32,
        3 => 4..7_200u32,
        2 => 7_200..5_000_000u32,
        1 => 5_000_000..100_000_000u32,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    (prop::bool::weighted(0.85), call()).prop_map(|(apt, call)| Step { apt, call })
}

/// Calls of the market: time and administration.
fn outside() -> impl Strategy<Value = Call> {
    let asset = || 0..ASSETS;
    let price = prop_oneof![
        4 => Just(1_000u32), 6 => 700..1_000u32, 5 => 1_000..1_500u32, 1 => 0..700u32
    ];
    let health =
        prop_oneof![4 => 900..1_000u32, 2 => 950..952u32, 4 => 200..950u32, 1 => Just(0u32)];
    prop_oneof![
        8 => (seconds(), asset(), price)
            .prop_map(|(seconds, asset, price)| Call::Time { seconds, asset, price }),
        8 => (account(), health).prop_map(|(account, health)| Call::Sink { account, health }),
        1 => (asset(), prop::bool::weighted(0.2))
            .prop_map(|(asset, paused)| Call::SetPaused { asset, paused }),
        1 => (asset(), 0..3_600u32)
            .prop_map(|(asset, seconds)| Call::SetGrace { asset, seconds }),
    ]
}

/// Calls of users about their own positions.
fn own() -> impl Strategy<Value = Call> {
    let asset = || 0..ASSETS;
    prop_oneof![
        6 => (account(), asset(), much(Much::Wallet), weighted(0.1, account()))
            .prop_map(|(caller, asset, much, other)| Call::Supply {
                caller, asset, much, account: other.unwrap_or(caller),
            }),
        3 => (account(), asset(), much(Much::Supply), weighted(0.1, account()))
            .prop_map(|(caller, asset, much, other)| Call::Withdraw {
                caller, asset, much, to: other.unwrap_or(caller),
            }),
        9 => (account(), asset(), much(Much::Room))
            .prop_map(|(caller, asset, much)| Call::Borrow { caller, asset, much }),
        4 => (weighted(0.3, account()), asset(), much(Much::Debt), account())
            .prop_map(|(caller, asset, much, account)| Call::Repay {
                caller, asset, much, account,
            }),
        2 => (account(), asset(), prop::bool::weighted(0.6))
            .prop_map(|(caller, asset, enabled)| Call::SetCollateral { caller, asset, enabled }),
        2 => (account(), 0..=3u8)
            .prop_map(|(caller, category)| Call::SetEMode { caller, category }),
    ]
}

/// Calls about the positions of others.
fn others() -> impl Strategy<Value = Call> {
    let asset = || 0..ASSETS;
    prop_oneof![
        8 => (account(), account(), asset(), asset(), much(Much::Debt), any::<bool>())
            .prop_map(|drawn| Call::Liquidate {
                liquidator: drawn.0, borrower: drawn.1, collateral: drawn.2, debt: drawn.3,
                much: drawn.4, receive_a_token: drawn.5,
            }),
        2 => (prop_oneof![9 => Just(1usize), 1 => account()], asset(), much(Much::Deficit))
            .prop_map(|(caller, asset, much)| Call::Eliminate { caller, asset, much }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![4 => outside(), 5 => own(), 4 => others()]
}
