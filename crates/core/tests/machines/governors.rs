//! Governors and their steward on every design: never past bounds or speed, nobody in breach by decree,
//! back to the start after the stress, and no swinging.

use crate::dice::Dice;
use crate::{
    BORROWERS, Case, LISTED, aave, aave_v4, check, comet, compound_v2, crvusd, euler, geb,
};
use crate::{liquity, maker, morpho, scale};
use backstop_core::governor::{
    AuctionSpeed, Bonus, Caps, Costs, Cut, Dial, Ewma, Governor, Outcome, Outlook, Partial,
    Penalty, Proposal, Reason, Refusal, Steward, StewardRules, Takes, Threshold, ThresholdRules,
    policies,
};
use backstop_core::protocol::{Lever, LeverKind, LeverUnit, Prices, Protocol};
use backstop_core::signals::{AssetSignal, Signals};
use backstop_core::units::{Amount, Bps, Price, Timestamp, U256, Value};
use std::collections::{BTreeMap, BTreeSet};

const HOUR: u64 = 3_600;

fn thresholds() -> Vec<Box<dyn Governor>> {
    vec![
        Box::new(Threshold::ewma()),
        Box::new(Threshold::realised()),
        Box::new(Threshold::garch()),
        Box::new(Threshold::stress()),
    ]
}

/// The policies that find a lever, and those that say why not.
fn fitting<P: Protocol>(machine: &P) -> (Vec<Box<dyn Governor>>, Vec<String>) {
    let (mut fit, mut not) = (Vec::new(), Vec::new());
    for governor in policies() {
        match Steward::new(machine, vec![governor.clone()], StewardRules::default()) {
            Ok(_) => fit.push(governor),
            Err(unsupported) => not.push(unsupported.to_string()),
        }
    }
    (fit, not)
}

/// A tick: prices of the protocol, and depths in thousandths of what a market has in calm times.
fn signals<P: Protocol>(machine: &P, prices: &Prices, thousandths: u128) -> Signals {
    let depth = |(_, decimals, dollars): &(&str, u8, u128)| {
        let tokens = 2_000_000 * 10u128.pow((*decimals).into()) / dollars;
        Amount::new(tokens / 1_000 * thousandths)
    };
    let assets = LISTED
        .iter()
        .zip(&prices.0)
        .map(|(row, price)| AssetSignal {
            price: *price,
            mark: *price,
            depth: depth(row),
            ..AssetSignal::default()
        });
    Signals {
        now: machine.now(),
        assets: assets.collect(),
        ..Signals::default()
    }
}

fn outlook<P: Protocol>(machine: &P, dollars: u64, takes: Takes) -> Outlook {
    let costs = Costs {
        gas: Value(scale(machine) * U256::from(dollars)),
        failed: Value(scale(machine) * U256::from(dollars / 5)),
        rivals: 4,
        capital: Bps(1_000),
        bound_s: 600,
    };
    let mut seen = Outlook::survey(machine, Bps(1_000), costs);
    for exposure in &mut seen.assets {
        exposure.takes = takes;
    }
    seen
}

/// The listed prices, collateral times so many thousandths.
fn priced<P: Protocol>(machine: &P, thousandths: u128) -> Prices {
    let price = |(at, (_, _, dollars)): (usize, &(&str, u8, u128))| {
        let part = if at < 2 { thousandths } else { 1_000 };
        Price(U256::from(dollars * part) * scale(machine) / U256::from(1_000))
    };
    Prices(LISTED.iter().enumerate().map(price).collect())
}

/// One move of one lever, as an onlooker sees it.
struct Seen {
    at: Timestamp,
    rose: bool,
}

/// Judges the moves of a steward by what levers show before and after, without asking the steward.
struct Onlooker {
    rules: StewardRules,
    bases: BTreeMap<String, u128>,
    last: BTreeMap<String, Seen>,
    moves: u64,
    turns: u64,
}

impl Onlooker {
    fn new<P: Protocol>(machine: &P, rules: &StewardRules) -> Self {
        let levers = machine.levers().into_iter();
        Self {
            rules: rules.clone(),
            bases: levers.map(|lever| (lever.name, lever.value)).collect(),
            last: BTreeMap::new(),
            moves: 0,
            turns: 0,
        }
    }

    fn judge(&mut self, now: Timestamp, before: &[Lever], after: &[Lever]) {
        for (old, new) in before.iter().zip(after) {
            assert_eq!(old.name, new.name);
            if old.value == new.value {
                continue;
            }
            self.moves += 1;
            assert!(
                (new.min..=new.max).contains(&new.value),
                "outside its own bounds: {new:?}"
            );
            let limits = *self.rules.limits(new.kind);
            if new.kind.unit() == LeverUnit::Tokens && old.value == old.max {
                self.bases.insert(new.name.clone(), new.value);
            } else {
                let step = limits.step(new.kind, old.value);
                let gap = new.value.abs_diff(old.value);
                assert!(gap <= step, "{gap} is more than {step}: {old:?} {new:?}");
                let base = self.bases[&new.name];
                let (least, most) = limits.reach(new.kind, base, (0, u128::MAX));
                assert!(
                    (least..=most).contains(&new.value),
                    "{new:?} is beyond {least} to {most}"
                );
            }
            let rose = new.value > old.value;
            let seen = Seen { at: now, rose };
            if let Some(last) = self.last.insert(new.name.clone(), seen) {
                let pause = if last.rose == rose {
                    limits.pause_s
                } else {
                    self.turns += 1;
                    limits.reversal_s
                };
                let passed = now.seconds_since(last.at);
                assert!(passed >= pause, "{passed} s after the last: {new:?}");
            }
        }
    }
}

/// One tick of a steward, seen by the onlooker. Borrowers that it puts in breach are counted.
fn tick<P: Protocol>(
    case: &mut Case<P>,
    steward: &mut Steward,
    onlooker: &mut Onlooker,
    (signals, dollars, takes): (&Signals, u64, Takes),
) -> usize {
    let before: BTreeSet<_> = case.machine.breaches().collect();
    let levers = case.machine.levers();
    steward.tick(&mut case.machine, signals, |machine| {
        outlook(machine, dollars, takes)
    });
    onlooker.judge(signals.now, &levers, &case.machine.levers());
    let borrowers = case.machine.breaches().filter(|id| id.0 < BORROWERS);
    borrowers.filter(|id| !before.contains(id)).count()
}

/// What came of wild times.
#[derive(Debug, Default)]
struct Wild {
    moves: u64,
    turns: u64,
    decreed: usize,
    spared: usize,
    kinds: BTreeSet<LeverKind>,
}

/// A governor that wants anything of any lever, at every review something else.
#[derive(Clone, Debug)]
struct Whim(u64);

impl Whim {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }
}

impl Governor for Whim {
    fn name(&self) -> &'static str {
        "whim"
    }

    fn moves(&self) -> &'static [LeverKind] {
        &[
            LeverKind::LiquidationThreshold,
            LeverKind::LiquidationRatio,
            LeverKind::LiquidationDiscount,
        ]
    }

    fn propose(&mut self, _: &Signals, _: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let wish = |dial: &Dial| {
            let value = match self.next() % 4 {
                0 => 0,
                1 => u128::MAX,
                2 => dial.base,
                _ => u128::from(self.next()) % (2 * dial.lever.value + 2),
            };
            Proposal {
                lever: dial.lever.name.clone(),
                value,
                reason: WISHED,
            }
        };
        dials.iter().map(wish).collect()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

const WISHED: Reason = Reason {
    what: "wished",
    found: 1,
};

/// Any sequence of signals, on drawn books, with every policy that fits, or with whims alone.
fn wild<P: Protocol>(
    open: impl Fn(&mut Dice) -> Case<P>,
    rules: &StewardRules,
    whims: bool,
) -> Wild {
    let mut found = Wild::default();
    for seed in 0..25 {
        let mut dice = Dice::new(seed);
        let mut case = open(&mut dice);
        let governors: Vec<Box<dyn Governor>> = match whims {
            true => vec![Box::new(Whim(seed))],
            false => fitting(&case.machine).0,
        };
        let mut steward = Steward::new(&case.machine, governors, rules.clone()).unwrap();
        let mut onlooker = Onlooker::new(&case.machine, rules);
        for _ in 0..120 {
            let seconds = u64::try_from(dice.below(2 * u128::from(HOUR))).unwrap();
            let now = Timestamp(case.machine.now().0 + seconds);
            let part = 900 + dice.below(300);
            let prices = priced(&case.machine, part);
            case.machine.observe(now, &prices).unwrap();
            let depth = dice.pick(&[0, 1, 20, 300, 1_000, 5_000]);
            let signals = signals(&case.machine, &prices, depth);
            let takes = Takes {
                count: u64::try_from(dice.below(9)).unwrap(),
                age_s: u64::try_from(dice.below(40_000)).unwrap(),
                restarts: u64::try_from(dice.below(2)).unwrap(),
            };
            let dollars = u64::try_from(dice.below(500)).unwrap();
            let told = (&signals, dollars, takes);
            found.decreed += tick(&mut case, &mut steward, &mut onlooker, told);
            check(&case);
        }
        found.moves += onlooker.moves;
        found.turns += onlooker.turns;
        let log = steward.log().iter();
        let spared = |outcome: &Outcome| match outcome {
            Outcome::Moved { cut, .. } => *cut == Cut::Grandfathered,
            Outcome::Refused(refusal) => *refusal == Refusal::Grandfathered,
        };
        found.spared += log.filter(|entry| spared(&entry.outcome)).count();
        let levers = case.machine.levers();
        let moved = levers
            .iter()
            .filter(|l| onlooker.last.contains_key(&l.name));
        found.kinds.extend(moved.map(|lever| lever.kind));
    }
    found
}

/// No design lets a steward past its bounds or speed, or put somebody in breach.
fn tame<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> Wild {
    let found = wild(open, &StewardRules::default(), false);
    assert_eq!(found.decreed, 0, "{found:?}");
    assert!(found.moves > 100, "{found:?}");
    found
}

/// Nor does anything that a governor could want.
fn tame_whims<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> Wild {
    let found = wild(open, &StewardRules::default(), true);
    assert_eq!(found.decreed, 0, "{found:?}");
    assert!(found.moves > 1_000 && found.turns > 100, "{found:?}");
    found
}

#[test]
fn aave_is_governed_within_bounds_and_spares_accounts() {
    assert!(tame_whims(aave::open).spared > 0);
    let found = tame(aave::open);
    assert!(found.turns > 0 && found.spared > 0, "{found:?}");
    let kinds = [
        LeverKind::LoanToValue,
        LeverKind::LiquidationThreshold,
        LeverKind::LiquidationBonus,
        LeverKind::SupplyCap,
        LeverKind::BorrowCap,
    ];
    assert_eq!(found.kinds, kinds.into());
    let asked = StewardRules {
        may_liquidate: true,
        ..StewardRules::default()
    };
    let found = wild(aave::open, &asked, true);
    assert!(found.decreed > 0 && found.spared == 0, "{found:?}");
}

#[test]
fn maker_is_governed_within_bounds_and_spares_vaults() {
    assert!(tame_whims(maker::open_2_0).spared > 0);
    let found = tame(maker::open_2_0);
    assert!(found.turns > 0 && found.spared > 0, "{found:?}");
    let kinds = [
        LeverKind::LiquidationRatio,
        LeverKind::LiquidationPenalty,
        LeverKind::DebtCeiling,
        LeverKind::AuctionTail,
        LeverKind::AuctionCut,
        LeverKind::AuctionStep,
    ];
    assert!(found.kinds.is_subset(&kinds.into()), "{found:?}");
    assert!(found.kinds.contains(&LeverKind::AuctionStep), "{found:?}");
    tame(maker::open_1_2);
}

#[test]
fn other_designs_are_governed_within_bounds() {
    tame(aave_v4::open);
    tame(comet::open);
    tame(compound_v2::open);
    tame(crvusd::open);
    tame(euler::open);
    tame(geb::open);
}

#[test]
fn other_designs_withstand_whims() {
    tame_whims(aave_v4::open);
    tame_whims(comet::open);
    tame_whims(compound_v2::open);
    tame_whims(crvusd::open);
    tame_whims(euler::open);
    tame_whims(geb::open);
}

#[test]
fn designs_without_a_lever_say_why() {
    let not = |found: Vec<String>| found.join("\n");
    let dice = || Dice::new(1);
    let (fit, why) = fitting(&morpho::open(&mut dice()).machine);
    assert!(fit.is_empty() && why.len() == 9);
    assert!(
        why.iter().all(|why| why.contains("markets are immutable")),
        "{why:?}"
    );
    let (fit, why) = fitting(&liquity::open_v2(&mut dice()).machine);
    assert!(fit.is_empty() && why.len() == 9);
    assert!(
        why.iter()
            .all(|why| why.contains("contracts are immutable")),
        "{why:?}"
    );
    let (_, why) = fitting(&aave::open(&mut dice()).machine);
    expect_test::expect![[r#"
        partial-liquidation: the protocol has no lever of [CloseFactor, TargetHealth]
        penalty-by-size: the protocol has no lever of [LiquidationPenalty, AbsorptionCredit]
        auction-speed: the protocol has no lever of [AuctionTail, AuctionCut, AuctionStep, AuctionDuration]"#]]
    .assert_eq(&not(why));
    let (_, why) = fitting(&maker::open_2_0(&mut dice()).machine);
    expect_test::expect![[r#"
        bonus-equilibrium: the protocol has no lever of [LiquidationBonus, BonusDiscount]
        partial-liquidation: the protocol has no lever of [CloseFactor, TargetHealth]"#]]
    .assert_eq(&not(why));
}

/// Who does not read the book proposes the same without it.
fn proposes_without_the_book<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> usize {
    let mut proposed = 0;
    for seed in 0..10 {
        let case = open(&mut Dice::new(seed));
        let machine = &case.machine;
        let unread = policies().into_iter().filter(|policy| !policy.reads_book());
        let sold_nothing = ThresholdRules {
            sold: Bps(0),
            ..ThresholdRules::default()
        };
        let ewma = Threshold::new(Box::new(Ewma::default()), sold_nothing).unwrap();
        let dials = machine.levers().into_iter().map(|lever| Dial {
            base: lever.value,
            lever,
        });
        let dials: Vec<_> = dials.collect();
        for mut governor in unread.chain([Box::new(ewma) as Box<dyn Governor>]) {
            assert!(!governor.reads_book());
            let mut market = signals(machine, &priced(machine, 1_000), 300);
            governor.see(&market);
            market = signals(machine, &priced(machine, 800), 200);
            market.now = Timestamp(market.now.0 + 300);
            governor.see(&market);
            let full = outlook(machine, 50, Takes::default());
            let bare = Outlook::bare(machine, full.costs);
            let with = governor.copy().propose(&market, &full, &dials);
            assert_eq!(with, governor.propose(&market, &bare, &dials));
            proposed += with.len();
        }
    }
    proposed
}

#[test]
fn who_does_not_read_the_book_does_without() {
    assert!(proposes_without_the_book(aave::open) > 0);
    assert!(proposes_without_the_book(maker::open_2_0) > 0);
}

/// A market that is calm, stressed for some hours, and calm again; or that alternates.
struct Weather<F> {
    /// Whether an hour is stressed.
    stressed: F,
    hours: u64,
}

/// Runs a steward through some weather at five-minute ticks; tells the levers hour by hour.
fn run<P: Protocol>(
    mut case: Case<P>,
    governors: Vec<Box<dyn Governor>>,
    weather: &Weather<impl Fn(u64) -> bool>,
) -> (Vec<Vec<Lever>>, Onlooker) {
    let rules = StewardRules::default();
    let mut steward = Steward::new(&case.machine, governors, rules.clone()).unwrap();
    let mut onlooker = Onlooker::new(&case.machine, &rules);
    let mut hours = vec![case.machine.levers()];
    let start = case.machine.now().0;
    for n in 0..weather.hours * 12 {
        let stressed = (weather.stressed)(n / 12);
        let part = if stressed && n % 2 == 0 { 1_030 } else { 1_000 };
        let prices = priced(&case.machine, part);
        let now = Timestamp(start + (n + 1) * 300);
        case.machine.observe(now, &prices).unwrap();
        let signals = signals(&case.machine, &prices, if stressed { 1 } else { 1_000 });
        let takes = Takes {
            count: if stressed { 10 } else { 0 },
            age_s: 36_000,
            restarts: u64::from(stressed),
        };
        let dollars = if stressed { 900 } else { 1 };
        tick(
            &mut case,
            &mut steward,
            &mut onlooker,
            (&signals, dollars, takes),
        );
        if n % 12 == 11 {
            hours.push(case.machine.levers());
        }
    }
    (hours, onlooker)
}

/// Kinds and values that differ between two looks.
fn moved(before: &[Lever], after: &[Lever]) -> BTreeSet<LeverKind> {
    let pairs = before.iter().zip(after);
    let changed = pairs.filter(|(before, after)| before.value != after.value);
    changed.map(|(lever, _)| lever.kind).collect()
}

/// After a day of stress every lever that moved is where it was within four days of calm.
fn recovers<P: Protocol>(case: Case<P>, governors: Vec<Box<dyn Governor>>, kinds: &[LeverKind]) {
    let weather = Weather {
        stressed: |hour| (48..72).contains(&hour),
        hours: 168,
    };
    let (hours, _) = run(case, governors, &weather);
    let (calm, stressed, end) = (&hours[48], &hours[72], hours.last().unwrap());
    let during = moved(calm, stressed);
    assert_eq!(during, kinds.iter().copied().collect());
    assert_eq!(moved(calm, end), BTreeSet::new(), "{calm:?} {end:?}");
}

#[test]
fn levers_return_after_the_stress() {
    use LeverKind::*;
    let dice = || Dice::new(3);
    for threshold in thresholds() {
        // The realised window forgets a day at once, the others bit by bit.
        recovers(
            maker::open_2_0(&mut dice()),
            vec![threshold.clone()],
            &[LiquidationRatio],
        );
        recovers(
            aave_v4::open(&mut dice()),
            vec![threshold],
            &[LiquidationThreshold],
        );
    }
    let all = |extra: &[LeverKind]| extra.to_vec();
    recovers(
        aave::open(&mut dice()),
        vec![Box::new(Bonus::default())],
        &all(&[LiquidationBonus]),
    );
    recovers(
        compound_v2::open(&mut dice()),
        vec![Box::new(Partial::default())],
        &all(&[CloseFactor]),
    );
    recovers(
        maker::open_2_0(&mut dice()),
        vec![
            Box::new(Penalty::default()),
            Box::new(AuctionSpeed::default()),
        ],
        &all(&[LiquidationPenalty, AuctionTail, AuctionStep]),
    );
    recovers(
        aave::open(&mut dice()),
        vec![Box::new(Caps::default())],
        &all(&[SupplyCap, BorrowCap]),
    );
}

#[test]
fn alternating_signals_do_not_swing_levers() {
    let hours = 240;
    for period in [1, 2, 3, 5] {
        let weather = Weather {
            stressed: |hour| hour / period % 2 == 0,
            hours,
        };
        let case = aave::open(&mut Dice::new(5));
        let governors = thresholds().into_iter().chain(vec![
            Box::new(Bonus::default()) as Box<dyn Governor>,
            Box::new(Caps::default()),
        ]);
        let levers = case.machine.levers().len() as u64;
        let (_, onlooker) = run(case, governors.collect(), &weather);
        // A lever turns no more often than every four hours, whatever the weather does.
        let most = levers * (hours / 4);
        assert!(
            onlooker.moves > 0 && onlooker.turns <= most,
            "{}",
            onlooker.turns
        );
        let swings = levers * (hours / period);
        assert!(
            onlooker.turns * 4 < swings,
            "{} turns in {swings} swings of the market of period {period}",
            onlooker.turns
        );
    }
}

/// A governor that wants one thing of one lever.
#[derive(Clone, Debug)]
struct Wants(&'static str, &'static str, u128);

impl Governor for Wants {
    fn name(&self) -> &'static str {
        self.0
    }

    fn moves(&self) -> &'static [LeverKind] {
        &[LeverKind::LiquidationThreshold]
    }

    fn propose(&mut self, _: &Signals, _: &Outlook, _: &[Dial]) -> Vec<Proposal> {
        vec![Proposal {
            lever: self.1.to_owned(),
            value: self.2,
            reason: WISHED,
        }]
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

/// The log of some hours in which nothing happens but what governors want.
fn log_of(governors: Vec<Box<dyn Governor>>, hours: u64) -> String {
    let mut case = aave::open(&mut Dice::new(2));
    let mut steward = Steward::new(&case.machine, governors, StewardRules::default()).unwrap();
    let start = case.machine.now().0;
    for hour in 0..hours {
        let prices = priced(&case.machine, 1_000);
        let now = Timestamp(start + hour * HOUR);
        case.machine.observe(now, &prices).unwrap();
        let signals = Signals {
            now,
            ..Signals::default()
        };
        steward.tick(&mut case.machine, &signals, |_| Outlook::default());
    }
    let lines: Vec<_> = steward.log().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_most_cautious_counts_and_everything_is_logged() {
    let wants = |name, lever, value| Box::new(Wants(name, lever, value)) as Box<dyn Governor>;
    let threshold = "WBTC.liquidation_threshold";
    let log = log_of(
        vec![
            wants("bold", threshold, 7_990),
            wants("cautious", threshold, 7_700),
            wants("bolder", threshold, 9_000),
            wants("lost", "WBTC.nothing", 1),
        ],
        4,
    );
    expect_test::expect![[r#"
        1600000000 WBTC.liquidation_threshold (cautious, wished: 1): 8000 to 7760, 7700 wanted, cut to one step
        1600000000 WBTC.nothing (lost, wished: 1): 1 refused 4 times: no such lever
        1600003600 WBTC.liquidation_threshold (cautious, wished: 1): 7760 to 7700"#]]
    .assert_eq(&log);
}
