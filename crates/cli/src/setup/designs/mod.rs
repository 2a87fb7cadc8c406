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
mod parameters;
mod split;

use super::{Loaded, walk, world_config};
use crate::failure::Failure;
use backstop_core::coverage::Waterfall;
use backstop_core::protocol::Protocol;
use backstop_core::protocol::aave::AaveVersion;
use backstop_core::protocol::aave_v4::AaveV4Version;
use backstop_core::protocol::compound_v2::CompoundVersion;
use backstop_core::protocol::liquity::LiquityVersion;
use backstop_core::protocol::maker::MakerVersion;
use backstop_lab::market::FeedbackMode;
use backstop_lab::record::PathRecord;
use backstop_lab::world::Recording;
use indicatif::ProgressBar;

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

    /// How borrowers and parameters were mapped onto the design, one sentence each.
    fn mapping(&self) -> &[String];
}

/// Who bears a deficit that the design records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Payer {
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

impl<P: Protocol + Send + Sync> Design for Opened<P> {
    fn walk(
        &self,
        loaded: &Loaded,
        mode: FeedbackMode,
        recording: Recording,
        bar: &ProgressBar,
    ) -> Result<PathRecord, Failure> {
        let mut config = world_config(loaded, mode, recording)?;
        if !self.payer.asks_the_waterfall() {
            config.coverage = Waterfall::new(Vec::new());
        }
        let (_, mut record) = walk(&self.protocol, config, loaded.scenario.seed, bar)?;
        for row in record
            .coverage
            .iter_mut()
            .filter(|row| row.layer == SOCIALISED)
        {
            self.payer.last().clone_into(&mut row.layer);
        }
        Ok(record)
    }

    fn mapping(&self) -> &[String] {
        &self.mapping
    }
}

/// Puts a scenario's borrowers into a design.
type Open = fn(&Loaded) -> Result<Box<dyn Design>, Failure>;

/// One design in one version.
pub(crate) struct Row {
    /// Name on the command line and in data.
    pub(crate) name: &'static str,
    /// Name for people.
    pub(crate) title: &'static str,
    /// Family and version in a scenario.
    pub(crate) rules: (&'static str, &'static str),
    /// Puts the scenario's borrowers into it.
    pub(crate) open: Open,
}

const fn row(
    name: &'static str,
    title: &'static str,
    rules: (&'static str, &'static str),
    open: Open,
) -> Row {
    Row {
        name,
        title,
        rules,
        open,
    }
}

/// All designs, in the order in which a comparison shows them.
pub(crate) const DESIGNS: &[Row] = &[
    row("aave-3.0.2", "Aave v3.0.2", ("aave", "3.0.2"), |loaded| {
        aave::open(loaded, AaveVersion::V3_0_2)
    }),
    row("aave-3.3", "Aave v3.3", ("aave", "3.3"), |loaded| {
        aave::open(loaded, AaveVersion::V3_3)
    }),
    row("aave-3.4", "Aave v3.4", ("aave", "3.4"), |loaded| {
        aave::open(loaded, AaveVersion::V3_4)
    }),
    row("aave-3.5", "Aave v3.5", ("aave", "3.5"), |loaded| {
        aave::open(loaded, AaveVersion::V3_5)
    }),
    row("aave-3.6", "Aave v3.6", ("aave", "3.6"), |loaded| {
        aave::open(loaded, AaveVersion::V3_6)
    }),
    row("aave-3.7", "Aave v3.7", ("aave", "3.7"), |loaded| {
        aave::open(loaded, AaveVersion::V3_7)
    }),
    row("aave-v4", "Aave v4", ("aave-v4", "1e8de86"), |loaded| {
        aave_v4::open(loaded, AaveV4Version::V1e8de86)
    }),
    row("morpho", "Morpho Blue", ("morpho", "1.0.0"), morpho::open),
    row("euler", "Euler v2", ("euler", "5b98b42"), euler::open),
    row(
        "compound-v2-2.6",
        "Compound v2.6",
        ("compound-v2", "2.6"),
        |loaded| compound_v2::open(loaded, CompoundVersion::V2_6),
    ),
    row(
        "compound-v2",
        "Compound v2",
        ("compound-v2", "a3214f6"),
        |loaded| compound_v2::open(loaded, CompoundVersion::A3214f6),
    ),
    row("comet", "Compound v3", ("comet", "d5a30b0"), comet::open),
    row("maker-1.0", "Maker 1.0", ("maker", "1.0.3"), |loaded| {
        maker::open(loaded, MakerVersion::V1_0)
    }),
    row("maker-1.2", "Maker 1.2", ("maker", "1.2"), |loaded| {
        maker::open(loaded, MakerVersion::V1_2)
    }),
    row("maker-2.0", "Maker 2.0", ("maker", "2.0"), |loaded| {
        maker::open(loaded, MakerVersion::V2_0)
    }),
    row("liquity-v1", "Liquity v1", ("liquity", "v1"), |loaded| {
        liquity::open(loaded, LiquityVersion::V1)
    }),
    row("liquity-v2", "Liquity v2", ("liquity", "v2"), |loaded| {
        liquity::open(loaded, LiquityVersion::V2)
    }),
    row("crvusd", "crvUSD", ("crvusd", "v1"), crvusd::open),
    row("geb", "GEB (RAI)", ("geb", "v1"), geb::open),
];

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
    use backstop_io::scenario::FAMILIES;

    /// What a scenario may name is what can be run.
    #[test]
    fn every_version_of_a_scenario_has_its_row() {
        let mut named: Vec<_> = FAMILIES
            .iter()
            .flat_map(|(family, versions)| versions.iter().map(|version| (*family, *version)))
            .collect();
        let mut rows: Vec<_> = DESIGNS.iter().map(|row| row.rules).collect();
        named.sort_unstable();
        rows.sort_unstable();
        assert_eq!(rows, named);
    }
}
