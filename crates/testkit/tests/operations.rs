//! What the model does and refuses where no vector reaches: supplying, withdrawing, borrowing,
//! repaying, collateral flags, efficiency modes and isolation, version by version.

use backstop_testkit::aave::{EMode, RateStrategy, Reserve, Version, World};
use num_bigint::BigUint;
use std::collections::BTreeSet;

/// One call in a few words: `supply alice WETH 5`, amounts in whole tokens of 10^6 base units,
/// `max` for the largest number, a dot for a base unit: `.1` is one.
fn run(world: &mut World, call: &str) -> Result<(), &'static str> {
    let words: Vec<_> = call.split(' ').collect();
    let [name, user, asset, ref rest @ ..] = words[..] else {
        panic!("a call has a name, a user and an asset: {call}");
    };
    let amount = rest.first().map_or(BigUint::ZERO, |word| amount(word));
    let other = rest.get(1).copied().unwrap_or(user);
    match name {
        "fund" => {
            world.fund(user, asset, &amount);
            Ok(())
        }
        "supply" => world.supply(user, asset, &amount, other),
        "withdraw" => world.withdraw(user, asset, &amount, other).map(|_| ()),
        "borrow" => world.borrow(user, asset, &amount),
        "repay" => world.repay(user, asset, &amount, other).map(|_| ()),
        "enable" => world.set_collateral(user, asset, true),
        "disable" => world.set_collateral(user, asset, false),
        "emode" => world.set_emode(user, asset.parse().expect("a category")),
        "price" => {
            world.reserves.get_mut(asset).expect("listed").price = amount;
            Ok(())
        }
        other => panic!("unknown call {other}"),
    }
}

fn amount(word: &str) -> BigUint {
    match word.strip_prefix('.') {
        Some(units) => units.parse().expect("a number"),
        None if word == "max" => (BigUint::from(1u32) << 256u32) - 1u32,
        None => word.parse::<BigUint>().expect("a number") * 1_000_000u32,
    }
}

fn ray() -> BigUint {
    BigUint::from(10u32).pow(27)
}

fn listed(id: u32) -> Reserve {
    Reserve {
        id,
        decimals: 6,
        price: BigUint::from(100_000_000u32),
        ltv: 7_500,
        liquidation_threshold: 8_000,
        liquidation_bonus: 10_500,
        reserve_factor: 1_000,
        active: true,
        borrowing_enabled: true,
        strategy: RateStrategy {
            optimal_usage: ray() * 8u32 / 10u32,
            base: BigUint::ZERO,
            slope1: ray() * 4u32 / 100u32,
            slope2: ray() * 75u32 / 100u32,
        },
        liquidity_index: ray(),
        borrow_index: ray(),
        ..Reserve::default()
    }
}

/// COIN and USD are plain, ISLE is isolated with a ceiling of 100.00, ZERO has no loan-to-value.
/// Category 1 takes COIN as collateral and lends USD. A lender has supplied 1 000 of each.
fn world(version: Version) -> World {
    let mut world = World::new(version);
    world.reserves.insert("COIN".to_owned(), listed(0));
    world.reserves.insert("USD".to_owned(), listed(1));
    let mut isle = listed(2);
    isle.debt_ceiling = BigUint::from(10_000u32);
    world.reserves.insert("ISLE".to_owned(), isle);
    let mut zero = listed(3);
    zero.ltv = 0;
    world.reserves.insert("ZERO".to_owned(), zero);
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let emode = EMode {
        ltv: 9_000,
        liquidation_threshold: 9_300,
        liquidation_bonus: 10_100,
        collateral: set(&["COIN"]),
        borrowable: set(&["USD"]),
        ltv_zero: BTreeSet::new(),
        price: None,
        isolated: false,
    };
    world.emodes.insert(1, emode);
    for asset in ["COIN", "USD"] {
        world
            .reserves
            .get_mut(asset)
            .expect("listed")
            .emode_category = 1;
    }
    for asset in ["COIN", "USD", "ISLE", "ZERO"] {
        for user in ["lender", "alice", "bob"] {
            run(&mut world, &format!("fund {user} {asset} 1000")).expect("funded");
        }
        run(&mut world, &format!("supply lender {asset} 1000")).expect("supplied");
    }
    world
}

/// Runs all calls but the last, which must succeed, then the last, which must end as expected.
fn check(versions: &[Version], calls: &str, expected: &str) {
    for version in versions {
        let mut world = world(*version);
        let mut calls: Vec<_> = calls.split("; ").collect();
        let last = calls.pop().expect("a call");
        for call in calls {
            run(&mut world, call).unwrap_or_else(|why| panic!("{version:?}: {call}: {why}"));
        }
        let before = world.clone();
        let result = run(&mut world, last);
        assert_eq!(
            result.err().unwrap_or("ok"),
            expected,
            "{version:?}: {last}"
        );
        if expected != "ok" {
            assert_eq!(world, before, "{version:?}: a refusal changes nothing");
        }
    }
}

fn until(last: Version) -> Vec<Version> {
    let all = Version::ALL.into_iter();
    all.filter(|version| *version <= last).collect()
}

fn since(first: Version) -> Vec<Version> {
    let all = Version::ALL.into_iter();
    all.filter(|version| *version >= first).collect()
}

#[test]
fn supply_and_withdraw() {
    let all = &Version::ALL;
    check(all, "supply alice COIN 10", "ok");
    check(all, "supply alice COIN .0", "INVALID_AMOUNT");
    check(all, "supply alice COIN 1001", "ERC20_INSUFFICIENT_BALANCE");
    check(all, "supply alice COIN 10; withdraw alice COIN max", "ok");
    check(
        all,
        "supply alice COIN 10; withdraw alice COIN 11",
        "NOT_ENOUGH_AVAILABLE_USER_BALANCE",
    );
    check(all, "withdraw alice COIN max", "INVALID_AMOUNT");
    let indebted = "supply alice COIN 10; borrow alice USD 7; withdraw alice COIN";
    check(all, &format!("{indebted} 1"), "ok");
    check(
        all,
        &format!("{indebted} 2"),
        "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    );
}

#[test]
fn first_supply_becomes_collateral() {
    let check = |versions: &[Version], asset: &str, expected: bool| {
        for version in versions {
            let mut world = world(*version);
            run(&mut world, &format!("supply alice {asset} 10")).expect("supplied");
            let position = world.position("alice", asset);
            assert_eq!(position.is_collateral, expected, "{version:?} {asset}");
        }
    };
    check(&Version::ALL, "COIN", true);
    check(&Version::ALL, "ZERO", false);
    check(&until(Version::V36), "ISLE", false);
    check(&since(Version::V37), "ISLE", true);
}

#[test]
fn borrow_needs_collateral() {
    let all = &Version::ALL;
    check(all, "supply alice COIN 10; borrow alice USD .7500000", "ok");
    check(
        all,
        "supply alice COIN 10; borrow alice USD .7500100",
        "COLLATERAL_CANNOT_COVER_NEW_BORROW",
    );
    check(
        &until(Version::V34),
        "borrow alice USD 1",
        "COLLATERAL_BALANCE_IS_ZERO",
    );
    check(
        &since(Version::V35),
        "borrow alice USD 1",
        "LTV_VALIDATION_FAILED",
    );
    check(
        all,
        "supply alice COIN 10; borrow alice USD .0",
        "INVALID_AMOUNT",
    );
    check(
        &since(Version::V33),
        "supply alice COIN 10; borrow alice USD 1001",
        "INVALID_AMOUNT",
    );
    // At exactly one, the older rule refuses what the newer allows.
    let at_one = "supply alice COIN 10; borrow alice USD 7; price alice COIN .87500000; \
                  borrow alice USD";
    check(
        &until(Version::V34),
        &format!("{at_one} .1"),
        "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    );
    check(
        &since(Version::V35),
        &format!("{at_one} 1"),
        "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    );
}

#[test]
fn repay() {
    let all = &Version::ALL;
    let indebted = "supply alice COIN 10; borrow alice USD 7";
    check(all, &format!("{indebted}; repay alice USD max"), "ok");
    check(all, &format!("{indebted}; repay bob USD 9 alice"), "ok");
    check(
        all,
        &format!("{indebted}; repay bob USD max alice"),
        "NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF",
    );
    check(all, "repay alice USD 1", "NO_DEBT_OF_SELECTED_TYPE");
    check(
        all,
        &format!("{indebted}; repay alice USD .0"),
        "INVALID_AMOUNT",
    );
}

#[test]
fn collateral_flags() {
    let all = &Version::ALL;
    check(all, "enable alice COIN", "UNDERLYING_BALANCE_ZERO");
    check(
        &until(Version::V33),
        "disable alice COIN",
        "UNDERLYING_BALANCE_ZERO",
    );
    check(&since(Version::V34), "disable alice COIN", "ok");
    check(all, "supply alice COIN 10; disable alice COIN", "ok");
    check(
        all,
        "supply alice COIN 10; borrow alice USD 7; disable alice COIN",
        "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    );
    check(
        &until(Version::V36),
        "supply alice ZERO 10; enable alice ZERO",
        "USER_IN_ISOLATION_MODE_OR_LTV_ZERO",
    );
    check(
        &since(Version::V37),
        "supply alice ZERO 10; enable alice ZERO",
        "USER_HAS_ASSET_WITH_ZERO_LTV",
    );
}

#[test]
fn efficiency_modes() {
    let all = &Version::ALL;
    check(all, "emode alice 1", "ok");
    check(all, "emode alice 2", "INCONSISTENT_EMODE_CATEGORY");
    check(
        all,
        "supply alice COIN 10; emode alice 1; borrow alice USD 9",
        "ok",
    );
    let full = "supply alice COIN 10; emode alice 1; borrow alice USD 9";
    check(
        all,
        &format!("{full}; emode alice 0"),
        "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    );
    let other = "supply alice COIN 10; borrow alice ZERO 1; emode alice 1";
    check(&[Version::V302], other, "INCONSISTENT_EMODE_CATEGORY");
    check(
        &[Version::V33, Version::V34, Version::V35],
        other,
        "NOT_BORROWABLE_IN_EMODE",
    );
    check(&since(Version::V36), other, "INVALID_DEBT_IN_EMODE");
    let outside = "supply alice COIN 10; emode alice 1; borrow alice ZERO 1";
    check(&[Version::V302], outside, "INCONSISTENT_EMODE_CATEGORY");
    check(&since(Version::V33), outside, "NOT_BORROWABLE_IN_EMODE");
}

#[test]
fn isolation() {
    let isolated = "supply alice ISLE 500; enable alice ISLE; borrow alice USD";
    let old = until(Version::V36);
    check(
        &old,
        &format!("{isolated} 1"),
        "ASSET_NOT_BORROWABLE_IN_ISOLATION",
    );
    let ceiling = |versions: &[Version], amount: &str, expected: &str| {
        for version in versions {
            let mut world = world(*version);
            let usd = world.reserves.get_mut("USD").expect("listed");
            usd.borrowable_in_isolation = true;
            run(&mut world, "supply alice ISLE 500").expect("supplied");
            run(&mut world, "enable alice ISLE").expect("enabled");
            let result = run(&mut world, &format!("borrow alice USD {amount}"));
            assert_eq!(result.err().unwrap_or("ok"), expected, "{version:?}");
        }
    };
    ceiling(&old, "100", "ok");
    ceiling(&old, ".100009999", "ok");
    ceiling(&old, ".100010000", "DEBT_CEILING_EXCEEDED");
    ceiling(&since(Version::V37), "200", "ok");
    check(
        &old,
        "supply alice COIN 10; supply alice ISLE 10; enable alice ISLE",
        "USER_IN_ISOLATION_MODE_OR_LTV_ZERO",
    );
}

#[test]
fn gates() {
    let gate = |set: fn(&mut Reserve), call: &str, expected: &str| {
        for version in Version::ALL {
            let mut world = world(version);
            run(&mut world, "supply alice COIN 10").expect("supplied");
            run(&mut world, "borrow alice USD 1").expect("borrowed");
            for asset in ["COIN", "USD"] {
                set(world.reserves.get_mut(asset).expect("listed"));
            }
            let result = run(&mut world, call);
            assert_eq!(result.err().unwrap_or("ok"), expected, "{version:?} {call}");
        }
    };
    for call in [
        "supply alice COIN 1",
        "withdraw alice COIN 1",
        "borrow alice USD 1",
        "repay alice USD 1",
        "disable alice COIN",
    ] {
        gate(|reserve| reserve.paused = true, call, "RESERVE_PAUSED");
        gate(|reserve| reserve.active = false, call, "RESERVE_INACTIVE");
    }
    let freeze = |reserve: &mut Reserve| reserve.frozen = true;
    gate(freeze, "supply alice COIN 1", "RESERVE_FROZEN");
    gate(freeze, "borrow alice USD 1", "RESERVE_FROZEN");
    gate(freeze, "withdraw alice COIN 1", "ok");
    gate(freeze, "repay alice USD 1", "ok");
    let cap = |reserve: &mut Reserve| reserve.supply_cap = BigUint::from(1_011u32);
    gate(cap, "supply alice COIN 1", "ok");
    gate(cap, "supply alice COIN 2", "SUPPLY_CAP_EXCEEDED");
    let cap = |reserve: &mut Reserve| reserve.borrow_cap = BigUint::from(2u32);
    gate(cap, "borrow alice USD 1", "ok");
    gate(cap, "borrow alice USD 2", "BORROW_CAP_EXCEEDED");
    let silo = |reserve: &mut Reserve| reserve.siloed = reserve.id == 1;
    gate(silo, "borrow alice USD 1", "ok");
    let close = |reserve: &mut Reserve| reserve.borrowing_enabled = false;
    gate(close, "borrow alice USD 1", "BORROWING_NOT_ENABLED");
}

/// Interest for a year at 4 % a year leaves a debt that grows faster than the supply it pays.
#[test]
fn a_year_of_interest() {
    for version in Version::ALL {
        let mut world = world(version);
        for call in ["supply alice COIN 1000", "borrow alice USD 700"] {
            run(&mut world, call).expect("fine");
        }
        world.now += 31_536_000;
        let debt = world.debt_of("alice", "USD").expect("a debt");
        let supply = world.supply_of("lender", "USD").expect("a supply");
        // 70 % usage: 3.5 %, three terms of the series, and 90 % of it over all suppliers.
        assert!(
            debt > amount(".724932000") && debt < amount(".724934000"),
            "{version:?} {debt}"
        );
        assert_eq!(supply, amount(".1022050000"), "{version:?}");
    }
}
