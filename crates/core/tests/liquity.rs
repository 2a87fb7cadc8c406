//! Liquity v1 and v2: what holds after every action of any script.
//!
//! Scripts are drawn from a seed and start from a handful of prepared systems. A failure prints
//! seed and script; the seed decides the start too.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what fails here fails the test, which then says what it did"
)]

mod dice;
#[path = "liquity/draw.rs"]
mod draw;
#[path = "liquity/laws.rs"]
mod laws;
#[path = "liquity/starts.rs"]
mod starts;

use backstop_core::protocol::liquity::{Action, LiquityVersion, Rejection, System};
use dice::Script;
use draw::{Draw, Step};
use laws::Slack;
use std::collections::{BTreeMap, BTreeSet};

/// Scripts of each version.
const SCRIPTS: u64 = 52_000;
/// Steps of a script, prices included.
const STEPS: u64 = 7;

/// What the scripts met.
#[derive(Default)]
struct Met {
    actions: BTreeMap<&'static str, (u64, u64)>,
    rejections: BTreeSet<Rejection>,
    changes_of_scale: u64,
    changes_of_epoch: u64,
}

impl Met {
    fn act(&mut self, system: &mut System, action: &Action, slack: &mut Slack) {
        let was = system.clone();
        let result = system.apply(action);
        let kind = self.actions.entry(draw::kind(action)).or_default();
        match result {
            Ok(outcome) => {
                kind.0 += 1;
                slack.grow(&was, &outcome);
                laws::after_success(&was, system, action, &outcome);
                let (old, new) = (was.pool(), system.pool());
                self.changes_of_scale += u64::from(old.scale < new.scale);
                self.changes_of_epoch += u64::from(old.epoch < new.epoch);
            }
            Err(rejection) => {
                kind.1 += 1;
                self.rejections.insert(rejection);
                laws::unchanged(&was, system);
            }
        }
    }
}

fn run(version: LiquityVersion) -> Met {
    let starts = starts::all(version);
    let mut met = Met::default();
    for seed in 0..SCRIPTS {
        let mut draw = Draw::new(seed);
        let start = &starts[draw.below(starts.len() as u64) as usize];
        let mut system = start.clone();
        let before = laws::Books::of(&system);
        let mut slack = Slack::of(start);
        let mut script = Script::new(seed);
        for _ in 0..STEPS {
            let step = draw.step(&system);
            script.steps.push(step.clone());
            match step {
                Step::Observe(now, price) => system.observe(now, price).unwrap(),
                Step::Act(action) => {
                    met.act(&mut system, &action, &mut slack);
                }
            }
            laws::hold(&before, &system, &slack);
        }
    }
    met
}

fn check(version: LiquityVersion, kinds: &[&str], rejections: &[Rejection]) {
    let met = run(version);
    let (accepted, rejected) = met
        .actions
        .values()
        .fold((0, 0), |sum, kind| (sum.0 + kind.0, sum.1 + kind.1));
    let share = 100 * accepted / (accepted + rejected);
    println!(
        "{version:?}: {SCRIPTS} scripts, {} actions, {share} % accepted, {} changes of scale, {} of \
         epoch: {:#?}\n{:?}",
        accepted + rejected,
        met.changes_of_scale,
        met.changes_of_epoch,
        met.actions,
        met.rejections
    );
    assert!(share >= 30, "only {share} % of the actions were accepted");
    for kind in kinds {
        let done = met.actions.get(kind).map_or(0, |(accepted, _)| *accepted);
        assert!(done >= 20, "{kind} was accepted {done} times only");
    }
    let missing: Vec<_> = rejections
        .iter()
        .filter(|rejection| !met.rejections.contains(rejection))
        .collect();
    assert!(missing.is_empty(), "never met: {missing:?}");
    assert!(
        met.changes_of_scale >= 20,
        "the product hardly changed scale"
    );
    if version == LiquityVersion::V1 {
        assert!(met.changes_of_epoch >= 20, "the pool was hardly emptied");
    }
}

#[test]
fn v1_keeps_its_books() {
    use Rejection as R;
    check(
        LiquityVersion::V1,
        &[
            "open",
            "adjust",
            "close",
            "claim surplus",
            "provide",
            "withdraw",
            "gain to trove",
            "liquidate",
            "liquidate batch",
            "liquidate smallest",
        ],
        &[
            R::NotInThisVersion,
            R::AccountUnknown,
            R::MaxFeeOutOfRange,
            R::MaxFeeAboveAll,
            R::TroveIsActive,
            R::TroveAbsent,
            R::NoDebtChange,
            R::NoChange,
            R::NetDebtBelowMin,
            R::NotInRecoveryMode,
            R::NoWithdrawalInRecovery,
            R::TroveBelowCritical,
            R::RatioDecreased,
            R::TroveBelowMinimum,
            R::SystemBelowCritical,
            R::RepaymentUnfunded,
            R::OnlyOneTrove,
            R::TroveNotLiquidatable,
            R::ListEmpty,
            R::NothingLiquidated,
            R::WithdrawalLocked,
            R::NoTroveForGain,
            R::NoGain,
            R::AmountZero,
            R::DepositAbsent,
            R::NoSurplus,
            R::TransferExceedsBalance,
            R::SubtractionOverflow,
        ],
    );
}

#[test]
fn v2_keeps_its_books() {
    use Rejection as R;
    check(
        LiquityVersion::V2,
        &[
            "open",
            "adjust",
            "close",
            "claim surplus",
            "provide",
            "withdraw",
            "claim stashed",
            "liquidate batch",
            "shut down",
        ],
        &[
            R::NotInThisVersion,
            R::AccountUnknown,
            R::InterestRateTooLow,
            R::InterestRateTooHigh,
            R::IsShutDown,
            R::TcrNotBelowScr,
            R::TroveExists,
            R::TroveNotActive,
            R::NoOwner,
            R::NotEnoughBoldBalance,
            R::ZeroAdjustment,
            R::CollWithdrawalTooHigh,
            R::UpfrontFeeTooHigh,
            R::DebtBelowMin,
            R::IcrBelowMcr,
            R::TcrBelowCcr,
            R::RepaymentNotMatching,
            R::EmptyData,
            R::NothingToLiquidate,
            R::OnlyOneTroveLeft,
            R::PoolBelowMin,
            R::DepositExists,
            R::AmountZero,
            R::DepositAbsent,
            R::NoSurplus,
            R::TransferExceedsBalance,
        ],
    );
}
