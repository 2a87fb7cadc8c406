//! Levers of every design: a move is seen by the breach index at once, a refused one changes nothing, and
//! where the contract spares whoever has a position, nobody is in breach by a move.

use crate::BORROWERS;
use crate::dice::{Dice, Script};
use crate::{
    Case, Step, Tally, aave, aave_v4, check, comet, compound_v2, crvusd, drawn_step, euler,
};
use crate::{geb, liquity, maker, morpho, run_step};
use backstop_core::protocol::{AccountId, Denied, Event, Lever, LeverKind, LeverUnit, Protocol};
use std::collections::BTreeSet;

const SEQUENCES: u64 = 100;
const LENGTH: u64 = 50;

/// What came of the moves.
#[derive(Debug, Default)]
struct Moves {
    made: u64,
    refused: u64,
    /// Borrowers in breach by a move alone.
    decreed: u64,
    kinds: BTreeSet<LeverKind>,
}

/// Whom a move may put in breach.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reach {
    /// Whoever has a position.
    Everybody,
    /// Nobody at once.
    Newcomers,
}

/// One entry of a script, which is printed where a sequence fails.
#[derive(Debug)]
#[allow(dead_code, reason = "read by its Debug only")]
enum Drawn {
    Step(Step),
    Set(String, u128),
}

/// A value that is mostly near the present one, now and then anything.
fn drawn_value(dice: &mut Dice, lever: &Lever) -> u128 {
    let Lever {
        value, min, max, ..
    } = *lever;
    match dice.below(8) {
        0 => min,
        1 => max,
        2 => max.saturating_add(1),
        3 => min.saturating_sub(1),
        4 => value,
        5 => min + dice.below(max - min + 1),
        _ => (value * (900 + dice.below(201)) / 1_000).clamp(min, max),
    }
}

fn found(levers: &[Lever], name: &str) -> Lever {
    let lever = levers.iter().find(|lever| lever.name == name);
    lever.unwrap().clone()
}

/// Moves a lever and judges what came of it.
fn set<P: Protocol>(case: &mut Case<P>, lever: &Lever, value: u128, moves: &mut Moves) {
    let machine = &mut case.machine;
    let before = machine.breaches().collect::<BTreeSet<_>>();
    let (fork, hash) = (machine.fork(), machine.state_hash());
    let everybody: Vec<_> = (0..machine.accounts()).map(AccountId).collect();
    let foretold = machine.breached_under(&lever.name, value, &everybody);
    match machine.set_lever(&lever.name, value) {
        Ok(events) => {
            let after = found(&machine.levers(), &lever.name);
            let told = Event::LeverSet {
                name: lever.name.clone(),
                before: lever.value,
                after: after.value,
            };
            let moved = after.value != lever.value;
            let between = lever.value.min(value)..=lever.value.max(value);
            let kept = after.value == value || lever.kind.unit() == LeverUnit::Tokens;
            assert!(kept && between.contains(&after.value), "{after:?}");
            assert_eq!(events.contains(&told), moved, "{lever:?} to {value}");
            assert_eq!(machine.state_hash() != hash, moved, "{lever:?} to {value}");
            assert_eq!(foretold.unwrap(), machine.breaches().collect::<Vec<_>>());
            moves.made += u64::from(moved);
            moves.kinds.insert(lever.kind);
        }
        Err(denied) => {
            assert_eq!(machine.state_hash(), hash, "{denied} changed something");
            assert_eq!(foretold.unwrap_err().to_string(), denied.to_string());
            let inside = (lever.min..=lever.max).contains(&value);
            let bounds = matches!(denied, Denied::OutOfBounds { .. });
            assert_eq!(bounds, !inside, "{lever:?} to {value}: {denied}");
            moves.refused += 1;
        }
    }
    assert_eq!(fork.state_hash(), hash, "a fork saw what came after it");
    // Accounts after the borrowers sell for the protocol.
    let borrowers = machine.breaches().filter(|id| id.0 < BORROWERS);
    let decreed = borrowers.filter(|id| !before.contains(id));
    moves.decreed += decreed.count() as u64;
    check(case);
}

fn hold<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>, reach: Reach, kinds: &[LeverKind]) {
    let (mut moves, mut tally) = (Moves::default(), Tally::default());
    for seed in 0..SEQUENCES {
        let mut dice = Dice::new(seed);
        let mut script = Script::new(seed);
        let mut case = open(&mut dice);
        for _ in 0..LENGTH {
            if dice.percent(50) {
                let step = drawn_step(&mut dice, &case.machine);
                run_step(&mut case.machine, &step, &mut tally);
                script.steps.push(Drawn::Step(step));
                check(&case);
                continue;
            }
            let levers = case.machine.levers();
            let names: BTreeSet<_> = levers.iter().map(|lever| &lever.name).collect();
            assert_eq!(names.len(), levers.len(), "a name is there twice");
            let place = dice.below(levers.len() as u128);
            let lever = &levers[usize::try_from(place).unwrap()];
            let value = drawn_value(&mut dice, lever);
            script.steps.push(Drawn::Set(lever.name.clone(), value));
            set(&mut case, lever, value, &mut moves);
        }
        let nobody = case.machine.set_lever("nobody's", 1).unwrap_err();
        assert!(matches!(nobody, Denied::NoSuchLever { .. }), "{nobody:?}");
    }
    assert!(moves.made > 500 && moves.refused > 50, "{moves:?}");
    assert_eq!(moves.decreed > 0, reach == Reach::Everybody, "{moves:?}");
    let moved: Vec<_> = moves.kinds.into_iter().collect();
    assert_eq!(moved, kinds);
}

#[test]
fn aave_obeys_its_configurator() {
    use LeverKind::*;
    let kinds = [
        LoanToValue,
        LiquidationThreshold,
        LiquidationBonus,
        ProtocolFee,
        ReserveFactor,
        SupplyCap,
        BorrowCap,
    ];
    hold(aave::open, Reach::Everybody, &kinds);
}

#[test]
fn aave_v4_spares_who_has_a_position() {
    use LeverKind::*;
    let kinds = [
        LiquidationThreshold,
        LiquidationBonus,
        ProtocolFee,
        ReserveFactor,
        TargetHealth,
        SupplyCap,
        BorrowCap,
    ];
    hold(aave_v4::open, Reach::Newcomers, &kinds);
}

#[test]
fn comet_obeys_its_constructor() {
    use LeverKind::*;
    let kinds = [
        LoanToValue,
        LiquidationThreshold,
        AbsorptionCredit,
        SaleDiscount,
        SupplyCap,
    ];
    hold(comet::open, Reach::Everybody, &kinds);
}

#[test]
fn compound_v2_obeys_its_comptroller() {
    use LeverKind::*;
    let kinds = [
        LiquidationThreshold,
        LiquidationBonus,
        ReserveFactor,
        CloseFactor,
        BorrowCap,
    ];
    hold(compound_v2::open, Reach::Everybody, &kinds);
}

#[test]
fn crvusd_spares_who_has_a_loan() {
    use LeverKind::*;
    let kinds = [LoanDiscount, LiquidationDiscount, ExchangeFee];
    hold(crvusd::open, Reach::Newcomers, &kinds);
}

#[test]
fn euler_lets_a_threshold_fall_slowly() {
    use LeverKind::*;
    let kinds = [
        LoanToValue,
        LiquidationThreshold,
        BonusDiscount,
        SupplyCap,
        BorrowCap,
    ];
    hold(euler::open, Reach::Newcomers, &kinds);
}

#[test]
fn geb_obeys_its_contracts() {
    use LeverKind::*;
    let kinds = [
        LiquidationRatio,
        BonusDiscount,
        LiquidationPenalty,
        AuctionLimit,
        AuctionDuration,
    ];
    hold(geb::open, Reach::Everybody, &kinds);
}

#[test]
fn maker_obeys_its_contracts() {
    use LeverKind::*;
    let english = [LiquidationRatio, LiquidationPenalty, DebtCeiling];
    hold(maker::open_1_2, Reach::Everybody, &english);
    let dutch = [
        LiquidationRatio,
        LiquidationPenalty,
        DebtCeiling,
        AuctionLimit,
        AuctionStart,
        AuctionTail,
        AuctionCusp,
        AuctionCut,
        AuctionStep,
    ];
    hold(maker::open_2_0, Reach::Everybody, &dutch);
}

/// An immutable design refuses any name with its reason.
fn refuses<P: Protocol>(mut case: Case<P>, reason: &str) {
    let machine = &mut case.machine;
    assert!(machine.levers().is_empty());
    let hash = machine.state_hash();
    let fixed = machine.fixed().unwrap();
    assert!(fixed.contains(reason), "{fixed}");
    let denied = machine.set_lever("WETH.liquidation_threshold", 8_000);
    assert_eq!(denied, Err(Denied::Immutable(fixed)));
    assert_eq!(machine.state_hash(), hash);
}

#[test]
fn immutable_designs_say_so() {
    let dice = || Dice::new(1);
    refuses(morpho::open(&mut dice()), "markets are immutable");
    refuses(liquity::open_v1(&mut dice()), "contracts are immutable");
    refuses(liquity::open_v2(&mut dice()), "contracts are immutable");
}
