//! Random clusters, and actions that have a fair chance in the state they meet.

use crate::dice::Dice;
use crate::{ACCOUNTS, BORROWERS, LENDER, LIQUIDATOR, START, SUPPLIER, TREASURY, VAULTS, narrow};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Account, Action, AmountCap, Cluster, ClusterSetup, DONT_SOCIALIZE_DEBT, Debt, EvkVersion,
    Holding, LinearKink, Ltv, Operation, ProtocolFees, Quotes, SecondRate, Setting, VaultConfig,
    VaultId, VaultSetup, VaultState,
};
use backstop_core::units::{Amount, Bps, Index, Price, RAY, Shares, Timestamp, U256, WAD};
use std::collections::BTreeMap;

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
pub(crate) fn setup(dice: &mut Dice, unit: u128) -> ClusterSetup {
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
pub(crate) fn batch(dice: &mut Dice, cluster: &Cluster, unit: u128) -> Vec<Action> {
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
pub(crate) fn block(dice: &mut Dice, cluster: &Cluster) -> (Timestamp, Vec<Quotes>) {
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
