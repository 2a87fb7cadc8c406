//! `borrower-alerts`: borrowers are called earlier, and more of them act.

use super::{Part, Policy, real, whole};

pub(super) const POLICY: Policy = Policy {
    name: "borrower-alerts",
    about: "Borrowers are warned at a higher health factor, act sooner, and some act who would not have",
    part: Part::Borrowers,
    keys: &[
        real("trigger_health", 1.25, (1.0, 1_000.0)),
        real("target_health", 1.5, (1.0, 1_000.0)),
        whole("delay_s", 600, (0, 100_000_000)),
        // Of those who ignore their position, who acts once warned.
        real("share", 0.2, (0.0, 1.0)),
        real("budget_share", 0.3, (0.0, 1_000.0)),
    ],
    apply: |spec, scenario| {
        let borrowers = &mut scenario.borrowers;
        let acting = borrowers.top_up + borrowers.repay;
        let won = borrowers.ignore * spec.number("share");
        // In the proportion of those who act already; half and half where nobody does.
        let topping_up = match acting > 0.0 {
            true => borrowers.top_up / acting,
            false => 0.5,
        };
        borrowers.ignore -= won;
        borrowers.top_up += won * topping_up;
        borrowers.repay += won * (1.0 - topping_up);
        // A warning makes nobody act later, aim lower or bring less.
        let delay_s = spec.whole("delay_s").unsigned_abs();
        borrowers.delay_s = match acting > 0.0 {
            true => borrowers.delay_s.min(delay_s),
            false => delay_s,
        };
        borrowers.trigger_health = borrowers.trigger_health.max(spec.number("trigger_health"));
        borrowers.target_health = borrowers
            .target_health
            .max(spec.number("target_health"))
            .max(borrowers.trigger_health);
        borrowers.budget_share = borrowers.budget_share.max(spec.number("budget_share"));
        Ok(())
    },
};
