//! Made-up designs on the same crash, for tests and the example.

use super::support::{self, Size, record};
use backstop_lab::record::PathRecord;
use backstop_report::{Contender, RunContext};

/// One design's runs and texts; [`Contender`] borrows them.
pub(crate) struct Design {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) mapping: Vec<String>,
    pub(crate) loud: PathRecord,
    pub(crate) quiet: PathRecord,
}

impl Design {
    pub(crate) fn contender(&self) -> Contender<'_> {
        Contender {
            name: &self.name,
            title: &self.title,
            mapping: &self.mapping,
            record: &self.loud,
            without_feedback: Some(&self.quiet),
        }
    }
}

const NAMES: [(&str, &str); 13] = [
    ("aave-3.7", "Aave v3.7"),
    ("liquity-v1", "Liquity v1"),
    ("maker-2.0", "Maker Liquidations 2.0"),
    ("aave-3.0.2", "Aave v3.0.2"),
    ("aave-v4", "Aave v4"),
    ("comet", "Compound v3"),
    ("compound-v2", "Compound v2"),
    ("morpho", "Morpho Blue"),
    ("euler", "Euler v2"),
    ("maker-1.2", "Maker 1.2"),
    ("liquity-v2", "Liquity v2"),
    ("crvusd", "crvUSD"),
    ("geb", "GEB"),
];

/// The first `n` designs: the second leaves no bad debt, the third takes more from borrowers and
/// has accounts in breach at the end; later ones repeat the three kinds.
pub(crate) fn designs(size: Size, n: usize) -> Vec<Design> {
    let one = |(i, (name, title)): (usize, &(&str, &str))| {
        let own = Size {
            liquidations: size.liquidations - size.liquidations * i as u32 / 20,
            ..size
        };
        let mut loud = record(own, [0.06, 0.02, 0.11][i % 3] + 0.003 * (i / 3) as f64);
        match i % 3 {
            1 => without_bad_debt(&mut loud),
            2 => dearer(&mut loud),
            _ => {}
        }
        Design {
            name: (*name).to_owned(),
            title: (*title).to_owned(),
            mapping: mapping(title),
            loud,
            quiet: record(own, 0.0),
        }
    };
    NAMES.iter().take(n).enumerate().map(one).collect()
}

fn mapping(title: &str) -> Vec<String> {
    vec![
        format!("Each borrower of the book becomes one position of {title} with the same collateral value and debt value."),
        "Positions with several collaterals keep the largest one, scaled to the same health factor.".into(),
        "Debt in USDC and DAI becomes debt in the design's own stablecoin at one to one.".into(),
    ]
}

fn without_bad_debt(record: &mut PathRecord) {
    record.coverage.clear();
    record.steps.iter_mut().for_each(|s| s.deficit_usd = 0.0);
    for account in &mut record.accounts {
        (account.deficit_usd, account.shortfall_usd) = (0.0, 0.0);
    }
}

fn dearer(record: &mut PathRecord) {
    for step in &mut record.steps {
        let more = 0.08 * step.repaid_usd;
        step.seized_usd += more;
        step.penalty_usd += more;
        step.fee_usd += more;
    }
    for account in &mut record.accounts {
        account.penalty_usd += 0.08 * account.repaid_usd;
    }
    if let Some(step) = record.steps.last_mut() {
        step.breached = 3;
    }
}

/// The description that goes with [`designs`].
pub(crate) fn context(designs: &[Design]) -> RunContext {
    let titles: Vec<&str> = designs.iter().map(|d| d.title.as_str()).collect();
    let names: Vec<&str> = designs.iter().map(|d| d.name.as_str()).collect();
    RunContext {
        question: "If ETH halves within a day while gas is twenty times dearer, which design leaves the least bad \
                   debt, and which costs its borrowers least?"
            .into(),
        protocol: titles.join(", "),
        command: format!("backstop compare sample --protocols {} --seed 7 --out results", names.join(",")),
        ..support::context()
    }
}
