//! What the monitor says of every design, against the exact rule.

use crate::dice::Dice;
use crate::{BORROWERS, Case, drawn_prices};
use backstop_core::book::AssetSet;
use backstop_core::monitor::{
    Monitor, MonitorSettings, Remedy, SolvencyLine, cure, fall_to, headroom,
};
use backstop_core::protocol::{AccountId, Adjustment, AssetId, Prices, Protocol};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256, Value};

const BOOKS: u64 = 60;
const TICKS: u64 = 60;
const ONE: u128 = 1_000_000_000_000_000_000;

/// Opens a book and moves its prices once.
fn moved<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>, seed: u64) -> (P, Prices, Dice) {
    let mut dice = Dice::new(seed);
    let mut machine = open(&mut dice).machine;
    let prices = drawn_prices(&mut dice, &machine);
    let now = Timestamp(machine.now().0 + 60);
    machine.observe(now, &prices).unwrap();
    (machine, prices, dice)
}

fn adjusted<P: Protocol>(machine: &P, account: AccountId, move_: &Adjustment) -> Option<Ratio> {
    let mut fork = machine.fork();
    let foretold = machine.health_after(account, move_);
    let Ok(_) = fork.adjust(account, move_) else {
        assert!(foretold.is_err(), "{move_:?}: {foretold:?}");
        return None;
    };
    let health = fork.health(account).unwrap();
    assert_eq!(foretold.unwrap(), health, "{move_:?}");
    Some(health.factor)
}

/// The same move with one unit less.
fn less(adjustment: Adjustment) -> Adjustment {
    let one = |amount: Amount| Amount(amount.0 - U256::ONE);
    match adjustment {
        Adjustment::TopUp { asset, amount } => Adjustment::TopUp {
            asset,
            amount: one(amount),
        },
        Adjustment::Repay { asset, amount } => Adjustment::Repay {
            asset,
            amount: one(amount),
        },
    }
}

/// INV-44: a remedy cures, and one unit less does not or is refused.
fn is_least<P: Protocol>(machine: &P, account: AccountId, remedy: &Remedy, target: Ratio) {
    let cured = adjusted(machine, account, &remedy.adjustment);
    assert!(cured >= Some(target), "INV-44 {remedy:?}: {cured:?}");
    let short = adjusted(machine, account, &less(remedy.adjustment));
    assert!(
        short.is_none_or(|health| health < target),
        "INV-44 {remedy:?}: {short:?}"
    );
}

/// How many repayments and top-ups were found.
pub(crate) fn cures<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> [u32; 2] {
    let mut found = [0; 2];
    for seed in 0..BOOKS / 2 {
        let (machine, prices, mut dice) = moved(&open, seed);
        for account in (0..BORROWERS).map(AccountId) {
            let Ok(health) = machine.health(account) else {
                continue;
            };
            let target = Ratio::new(ONE + dice.below(ONE));
            let cure = cure(&machine, &prices, account, target);
            if health.factor >= target {
                assert_eq!(cure.cheapest(), None);
            }
            for (count, remedy) in found.iter_mut().zip([cure.repay, cure.top_up]) {
                if let Some(remedy) = remedy {
                    is_least(&machine, account, &remedy, target);
                    *count += 1;
                }
            }
            let cheapest = cure.cheapest().map(|remedy| remedy.value);
            let both = [cure.repay, cure.top_up].into_iter().flatten();
            assert_eq!(cheapest, both.map(|remedy| remedy.value).min());
        }
    }
    found
}

/// How many falls were found: at the price that is told the account is below the level, one unit above it
/// is not.
pub(crate) fn falls<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> u32 {
    let mut found = 0;
    let level = Ratio::new(ONE);
    for seed in 0..BOOKS / 2 {
        let (machine, prices, _) = moved(&open, seed);
        for account in (0..BORROWERS).map(AccountId) {
            let Some(fall) = fall_to(&machine, &prices, account, AssetId(0), level) else {
                continue;
            };
            let at = |price| {
                let mut fork = machine.fork();
                let mut moved = prices.clone();
                moved.0[0] = price;
                fork.observe(machine.now(), &moved).unwrap();
                fork.health(account).unwrap().factor
            };
            let above = Price(fall.to.0 + U256::ONE);
            assert!(at(fall.to) < level && at(above) >= level, "INV-44 {fall:?}");
            // All collateral falling together is never safer than one falling alone.
            let health = machine.health(account).unwrap();
            let together = headroom(&health, level);
            let rounding = Ratio::new(ONE / 1_000);
            assert!(
                together <= fall.share.plus(rounding).unwrap(),
                "{together} {fall:?}"
            );
            found += 1;
        }
    }
    found
}

/// A drawn move of a borrower's own.
fn drawn_move<P: Protocol>(dice: &mut Dice, machine: &P) -> (AccountId, Adjustment) {
    let account = AccountId(u32::try_from(dice.below(BORROWERS.into())).unwrap());
    let rows = machine.holdings(account);
    let row = rows.get(usize::try_from(dice.below(rows.len() as u128)).unwrap());
    let mut part =
        |amount: Amount| Amount(amount.0 * U256::from(dice.below(100)) / U256::from(100));
    let adjustment = match row {
        Some(row) if !row.debt.is_zero() => Adjustment::Repay {
            asset: row.asset,
            amount: part(row.debt),
        },
        Some(row) => Adjustment::TopUp {
            asset: row.asset,
            amount: part(row.collateral),
        },
        None => Adjustment::TopUp {
            asset: AssetId(0),
            amount: Amount::new(1),
        },
    };
    (account, adjustment)
}

/// Bands and alerts say after every tick what a scan says; returns how many calls there were.
pub(crate) fn bands<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> u64 {
    let mut calls = 0;
    for seed in 0..BOOKS / 3 {
        let (mut machine, mut prices, mut dice) = moved(&open, seed);
        let settings = MonitorSettings::default();
        let mut monitor = Monitor::new(settings.clone(), &machine, &prices).unwrap();
        for _ in 0..TICKS {
            match dice.below(10) {
                0..3 => prices = drawn_prices(&mut dice, &machine),
                // A walk, so that ticks within what was calm follow one another.
                3..9 => {
                    for price in &mut prices.0 {
                        let thousandths = U256::from(995 + dice.below(11));
                        *price = Price(price.0 * thousandths / U256::from(1_000));
                    }
                }
                _ => {}
            }
            let now = Timestamp(machine.now().0 + u64::try_from(dice.below(1_500)).unwrap());
            machine.observe(now, &prices).unwrap();
            calls += u64::try_from(monitor.look(&machine, &prices).len()).unwrap();
            as_a_scan(&monitor, &settings, &machine, &prices);
            if dice.percent(70) {
                continue;
            }
            let (account, adjustment) = drawn_move(&mut dice, &machine);
            if machine.adjust(account, &adjustment).is_ok() {
                monitor.changed(&machine, &prices, account);
                as_a_scan(&monitor, &settings, &machine, &prices);
            }
        }
    }
    calls
}

fn as_a_scan<P: Protocol>(
    monitor: &Monitor,
    settings: &MonitorSettings,
    machine: &P,
    prices: &Prices,
) {
    let mut counts = vec![0u32; settings.levels.len() + 1];
    let mut lowest = None;
    for account in (0..machine.accounts()).map(AccountId) {
        let health = machine.health(account).ok();
        let Some(health) = health.filter(|health| !health.debt.is_zero()) else {
            continue;
        };
        let band = settings
            .levels
            .iter()
            .filter(|level| **level <= health.factor);
        let band = band.count();
        counts[band] += 1;
        if band < settings.levels.len() {
            lowest = Some((account, settings.levels[band], health.factor));
        }
    }
    let told: Vec<_> = monitor.bands().iter().map(|band| band.accounts).collect();
    assert_eq!(told, counts, "INV-44 bands at {:?}", machine.now());
    if let Some((account, level, factor)) = lowest {
        let alert = monitor.alert(machine, prices, account).unwrap();
        assert_eq!((alert.level, alert.health), (level, factor), "INV-44");
        assert!(alert.since <= machine.now());
        // At two deviations of 5 %, a hundredth is 846 seconds away and a thousandth 9.
        let seconds = alert.breach_in_s;
        assert!(
            factor < Ratio::new(ONE + ONE / 100) || seconds > 840,
            "{alert:?}"
        );
        assert!(
            factor > Ratio::new(ONE + ONE / 1_000) || seconds < 10,
            "{alert:?}"
        );
    }
}

/// The solvency line at present prices is the sum over accounts, but for each account's roundings.
pub(crate) fn solvency<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) {
    for seed in 0..BOOKS {
        let (machine, prices, _) = moved(&open, seed);
        let both = AssetSet::EMPTY.with(AssetId(0)).with(AssetId(1));
        let line = SolvencyLine::of(&machine, &prices, both).unwrap();
        let found = line.at(Ratio::new(ONE));
        let mut want = Value::ZERO;
        if prices.0.contains(&Price::ZERO) {
            // Some contracts tell no health then.
            continue;
        }
        for account in (0..machine.accounts()).map(AccountId) {
            let health = machine.health(account).unwrap();
            want = want
                .plus(health.debt.minus_or_zero(health.collateral))
                .unwrap();
        }
        let off = found.shortfall.0.abs_diff(want.0);
        assert!(off < U256::from(100), "{found:?}, by accounts {want}");
        assert!(line.at(Ratio::ZERO).shortfall >= found.shortfall);
    }
}
