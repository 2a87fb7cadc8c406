//! The table `[ensemble]`: how the paths of an ensemble are drawn.

use super::Names;
use super::section::{Range, Section, list, number};
use super::tree::Item;
use backstop_core::protocol::AssetId;

const SHOCKS: Range = Range::Within(-20.0, 20.0);
const JUMPS: Range = Range::Within(1e-6, 1e6);
/// Most assets of a tilt: each is on as many paths, so many assets leave few to each.
const ASSETS_MAX: usize = 16;

/// How the paths of an ensemble are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnsembleSpec {
    /// How main shocks are drawn.
    pub draws: DrawsSpec,
    /// Every other path from a law under which falls are frequent; not with other draws than plain.
    pub tilt: Option<TiltSpec>,
}

/// How main shocks are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DrawsSpec {
    /// Independent of each other.
    #[default]
    Plain,
    /// In pairs of opposite sign.
    Antithetic,
    /// From scrambled Sobol sequences.
    Sobol,
}

/// A tilt of the law of prices.
#[derive(Clone, Debug, PartialEq)]
pub enum TiltSpec {
    /// Prices fall, by shocks and jumps together.
    Fall {
        /// Standard deviations of an asset's log return over the run by which its mean is moved down.
        deviations: f64,
        /// The assets, one of which falls on each tilted path; empty for those that `[shock]` names.
        assets: Vec<AssetId>,
    },
    /// Each part of one asset's price as stated.
    Parts {
        /// The asset that is to fall; the one whose price reports show where there is none.
        asset: Option<AssetId>,
        /// Standard deviations by which the sum of its main shocks is moved down.
        shocks: f64,
        /// Factor on the intensity of its jumps.
        jumps: f64,
        /// Standard deviations by which the size of each of its jumps is moved down.
        sizes: f64,
    },
}

/// Reads the table, which may be missing.
pub(super) fn ensemble(root: &Section<'_>, names: &Names) -> EnsembleSpec {
    let Some(section) = root.section_if("ensemble") else {
        return EnsembleSpec::default();
    };
    let kinds = [
        ("plain", DrawsSpec::Plain),
        ("antithetic", DrawsSpec::Antithetic),
        ("sobol", DrawsSpec::Sobol),
    ];
    let draws = section.choice_or("draws", &kinds, DrawsSpec::Plain);
    let tilt = section
        .section_if("tilt")
        .map(|section| tilt(section, names));
    if tilt.is_some() && draws != DrawsSpec::Plain {
        section.refuse(
            "tilt",
            "found beside other draws; allowed: draws = \"plain\"",
        );
    }
    section.finish();
    EnsembleSpec { draws, tilt }
}

fn tilt(section: Section<'_>, names: &Names) -> TiltSpec {
    let fall = section.optional("fall", |item| number(item, SHOCKS));
    let assets = section.optional("assets", |item| assets(item, names));
    let parts = TiltSpec::Parts {
        asset: section.optional("asset", |item| names.resolve(item)),
        shocks: section.number_or("shocks", SHOCKS, 0.0),
        jumps: section.number_or("jumps", JUMPS, 1.0),
        sizes: section.number_or("sizes", SHOCKS, 0.0),
    };
    let with_fall = section.has("fall");
    for name in ["asset", "shocks", "jumps", "sizes"] {
        if with_fall && section.has(name) {
            section.refuse(name, "found beside fall; allowed: fall with assets only");
        }
    }
    if section.has("assets") && !with_fall {
        section.refuse("assets", "found without fall; allowed: beside fall");
    }
    section.finish();
    match fall {
        None => parts,
        Some(deviations) => TiltSpec::Fall {
            deviations,
            assets: assets.unwrap_or_default(),
        },
    }
}

fn assets(item: &Item, names: &Names) -> Result<Vec<AssetId>, String> {
    let wrong = || format!("a list of 1 to {ASSETS_MAX} assets, each once");
    let items = list(item).map_err(|_| wrong())?;
    let mut found: Vec<AssetId> = Vec::new();
    for item in items {
        let id = names.resolve(item)?;
        if found.contains(&id) {
            return Err(wrong());
        }
        found.push(id);
    }
    let fits = (1..=ASSETS_MAX).contains(&found.len());
    fits.then_some(found).ok_or_else(wrong)
}
