//! The designs that a scenario's borrowers can be put into, for side-by-side runs.
//!
//! A new design is its file with an opening function, and one row in [`DESIGNS`].

mod aave;
mod aave_v4;
mod comet;
mod compound_v2;
mod crvusd;
mod euler;
mod geb;
mod liquity;
mod maker;
mod morpho;
pub(super) mod parameters;
mod scales;
mod split;

use super::{Loaded, Stage, stage, walk, world_config};
use crate::failure::Failure;
use backstop_core::coverage::Waterfall;
use backstop_core::protocol::Protocol;
use backstop_core::protocol::aave::AaveVersion;
use backstop_core::protocol::aave_v4::AaveV4Version;
use backstop_core::protocol::comet::CometVersion;
use backstop_core::protocol::compound_v2::CompoundVersion;
use backstop_core::protocol::euler::EvkVersion;
use backstop_core::protocol::liquity::LiquityVersion;
use backstop_core::protocol::maker::MakerVersion;
use backstop_core::protocol::morpho::MorphoVersion;
use backstop_lab::market::FeedbackMode;
use backstop_lab::record::PathRecord;
use backstop_lab::world::{Recording, WorldConfig};
use backstop_report::WaterfallLayer;
use indicatif::ProgressBar;
use std::sync::LazyLock;

/// A design with the scenario's borrowers in it.
pub(crate) trait Design: Send + Sync {
    /// Runs one path, as [`walk`] does.
    ///
    /// # Errors
    /// As [`walk`].
    fn walk(
        &self,
        loaded: &Loaded,
        mode: FeedbackMode,
        recording: Recording,
        bar: &ProgressBar,
    ) -> Result<PathRecord, Failure>;

    /// The start of many paths.
    ///
    /// # Errors
    /// When the market cannot work.
    fn stage(&self, loaded: &Loaded) -> Result<Box<dyn Stage>, Failure>;

    /// Who bears deficits.
    fn payer(&self) -> Payer;

    /// How borrowers and parameters were mapped onto the design, one sentence each.
    fn mapping(&self) -> &[String];
}

/// Who bears a deficit that the design records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payer {
    /// The layers of the scenario's waterfall.
    Waterfall,
    /// The same, and what they leave is borne by these.
    WaterfallThen(&'static str),
    /// The suppliers, at once.
    Suppliers,
    /// These, at once.
    AtOnce(&'static str),
}

impl Payer {
    /// Whether the scenario's waterfall is asked.
    fn asks_the_waterfall(self) -> bool {
        match self {
            Self::Waterfall | Self::WaterfallThen(_) => true,
            Self::Suppliers | Self::AtOnce(_) => false,
        }
    }

    /// Says so in a report's list of layers, whose last one is the scenario's.
    pub(crate) fn tell(self, layers: &mut Vec<WaterfallLayer>) {
        let mut last = layers.pop();
        if !self.asks_the_waterfall() {
            layers.clear();
        }
        if let Some(last) = &mut last {
            self.last().clone_into(&mut last.name);
            if self != Self::Waterfall {
                "Who bears in this design what nobody else pays.".clone_into(&mut last.pays);
            }
        }
        layers.extend(last);
    }

    /// Who bears what no layer pays.
    fn last(self) -> &'static str {
        match self {
            Self::Waterfall => SOCIALISED,
            Self::Suppliers => "suppliers",
            Self::WaterfallThen(name) | Self::AtOnce(name) => name,
        }
    }
}

/// The last layer's name in the core.
const SOCIALISED: &str = "socialised";

/// A protocol at the scenario's start.
struct Opened<P> {
    protocol: P,
    payer: Payer,
    mapping: Vec<String>,
}

impl<P: Protocol> Opened<P> {
    fn config(
        &self,
        loaded: &Loaded,
        mode: FeedbackMode,
        recording: Recording,
    ) -> Result<WorldConfig, Failure> {
        let mut config = world_config(loaded, mode, recording)?;
        if !self.payer.asks_the_waterfall() {
            config.coverage = Waterfall::new(Vec::new());
        }
        Ok(config)
    }
}

impl<P: Protocol + Send + Sync + 'static> Design for Opened<P> {
    fn walk(
        &self,
        loaded: &Loaded,
        mode: FeedbackMode,
        recording: Recording,
        bar: &ProgressBar,
    ) -> Result<PathRecord, Failure> {
        let config = self.config(loaded, mode, recording)?;
        let (_, mut record) = walk(&self.protocol, config, loaded, bar)?;
        for row in record
            .coverage
            .iter_mut()
            .filter(|row| row.layer == SOCIALISED)
        {
            self.payer.last().clone_into(&mut row.layer);
            if self.payer != Payer::Waterfall {
                for loss in &mut row.losses {
                    self.payer.last().clone_into(&mut loss.payer);
                }
            }
        }
        Ok(record)
    }

    fn stage(&self, loaded: &Loaded) -> Result<Box<dyn Stage>, Failure> {
        let config = self.config(loaded, FeedbackMode::On, stage::RECORDING)?;
        stage::open(self.protocol.fork(), config, loaded)
    }

    fn payer(&self) -> Payer {
        self.payer
    }

    fn mapping(&self) -> &[String] {
        &self.mapping
    }
}

/// Puts a scenario's borrowers into a design.
type Open = Box<dyn Fn(&Loaded) -> Result<Box<dyn Design>, Failure> + Send + Sync>;

/// One design in one version.
pub(crate) struct Row {
    /// Name on the command line and in data.
    pub(crate) name: String,
    /// Name for people.
    pub(crate) title: String,
    /// Family and version in a scenario.
    pub(crate) rules: (&'static str, &'static str),
    /// Puts the scenario's borrowers into it.
    pub(crate) open: Open,
}

fn row(
    name: impl Into<String>,
    title: impl Into<String>,
    rules: (&'static str, &'static str),
    open: impl Fn(&Loaded) -> Result<Box<dyn Design>, Failure> + Send + Sync + 'static,
) -> Row {
    Row {
        name: name.into(),
        title: title.into(),
        rules,
        open: Box::new(open),
    }
}

/// All designs, in the order in which a comparison shows them. A family with several versions has a
/// row for each of them.
pub(crate) static DESIGNS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    rows.extend(AaveVersion::ALL.map(|version| {
        let number = version.number();
        let (name, title) = (format!("aave-{number}"), format!("Aave v{number}"));
        row(name, title, ("aave", number), move |l| {
            aave::open(l, version)
        })
    }));
    rows.extend(AaveV4Version::ALL.map(|version| {
        let rules = ("aave-v4", version.number());
        row("aave-v4", "Aave v4", rules, move |l| {
            aave_v4::open(l, version)
        })
    }));
    let morpho_rules = ("morpho", MorphoVersion::V1_0_0.number());
    rows.push(row("morpho", "Morpho Blue", morpho_rules, morpho::open));
    let euler_rules = ("euler", EvkVersion::Commit5b98b42.number());
    rows.push(row("euler", "Euler v2", euler_rules, euler::open));
    rows.extend(CompoundVersion::ALL.map(|version| {
        let number = version.number();
        let last = version == CompoundVersion::A3214f6;
        let (name, title) = match last {
            true => ("compound-v2".to_owned(), "Compound v2".to_owned()),
            false => (
                format!("compound-v2-{number}"),
                format!("Compound v{number}"),
            ),
        };
        let open = move |l: &Loaded| compound_v2::open(l, version);
        row(name, title, ("compound-v2", number), open)
    }));
    let comet_rules = ("comet", CometVersion::D5a30b0.number());
    rows.push(row("comet", "Compound v3", comet_rules, comet::open));
    rows.extend(MakerVersion::ALL.map(|version| {
        let number = version.number();
        let (name, title) = (format!("maker-{number}"), format!("Maker {number}"));
        row(name, title, ("maker", number), move |l| {
            maker::open(l, version)
        })
    }));
    rows.extend(LiquityVersion::ALL.map(|version| {
        let number = version.number();
        let (name, title) = (format!("liquity-{number}"), format!("Liquity {number}"));
        row(name, title, ("liquity", number), move |l| {
            liquity::open(l, version)
        })
    }));
    rows.push(row("crvusd", "crvUSD", ("crvusd", "v1"), crvusd::open));
    rows.push(row("geb", "GEB (RAI)", ("geb", "v1"), geb::open));
    rows
});

/// The design that a scenario names.
///
/// # Errors
/// When there is none.
pub(crate) fn design_of(loaded: &Loaded) -> Result<&'static Row, Failure> {
    let protocol = &loaded.scenario.protocol;
    let asked = (protocol.family.as_str(), protocol.version.as_str());
    let found = DESIGNS.iter().find(|row| row.rules == asked);
    found.ok_or_else(|| {
        let file = loaded.scenario.path.display();
        let (family, version) = asked;
        Failure::new(format!(
            "{file}: protocol: {family} {version} cannot be run"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::DESIGNS;
    use crate::setup::{Loaded, load};
    use backstop_io::scenario::{GovernorSpec, POLICIES, families};
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// March 2020 with a small book, under some overrides.
    fn march(set: &[String]) -> Option<Loaded> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let small = ["book.synthetic.accounts=200".to_owned()];
        load(
            &root.join("scenarios/march-2020.toml"),
            &[&small, set].concat(),
        )
        .ok()
    }

    /// Governors by the name of their policy, of any design that can have it.
    fn governors() -> BTreeMap<&'static str, Vec<GovernorSpec>> {
        let mut found = BTreeMap::new();
        for policy in POLICIES {
            for row in DESIGNS.iter() {
                let set = [
                    format!("protocol.family={}", row.rules.0),
                    format!("protocol.version={}", row.rules.1),
                    format!("policy.{}=on", policy.name),
                ];
                let governors = march(&set).map(|loaded| loaded.scenario.governors);
                let governors = governors.filter(|governors| !governors.is_empty());
                if let Some(governors) = governors {
                    found.insert(policy.name, governors);
                    break;
                }
            }
        }
        found
    }

    /// The table of what a family cannot have says of governors what its levers say: where a policy is refused no
    /// version has a lever for it, and elsewhere the newest has one.
    #[test]
    fn a_family_is_refused_the_governors_that_find_no_lever() {
        let governors = governors();
        assert_eq!(governors.len(), 9, "{governors:?}");
        let mut runs: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for row in DESIGNS.iter() {
            let (family, version) = row.rules;
            let set = [
                format!("protocol.family={family}"),
                format!("protocol.version={version}"),
            ];
            let mut loaded = march(&set).expect("a scenario of any family");
            let design = (row.open)(&loaded).expect("a ledger");
            for (policy, specs) in &governors {
                loaded.scenario.governors.clone_from(specs);
                match design.stage(&loaded) {
                    Ok(_) => drop(runs.entry((*policy, family)).or_default().insert(version)),
                    Err(why) => assert!(why.to_string().contains(*policy), "{why}"),
                }
            }
        }
        for (family, versions) in families() {
            for policy in POLICIES.iter().filter(|p| governors.contains_key(p.name)) {
                let with = runs.get(&(policy.name, family));
                let refused = policy.refused_by(family);
                assert_eq!(with.is_none(), refused.is_some(), "{refused:?} {with:?}");
                let newest = versions.last().expect("a version");
                assert!(
                    with.is_none_or(|with| with.contains(newest)),
                    "{family} {with:?}"
                );
            }
        }
    }

    /// What a scenario may name is what can be run.
    #[test]
    fn every_version_of_a_scenario_has_its_row() {
        let mut named: Vec<_> = families()
            .into_iter()
            .flat_map(|(family, versions)| versions.into_iter().map(move |v| (family, v)))
            .collect();
        let mut rows: Vec<_> = DESIGNS.iter().map(|row| row.rules).collect();
        named.sort_unstable();
        rows.sort_unstable();
        assert_eq!(rows, named);
    }
}
