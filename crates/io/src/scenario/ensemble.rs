//! The table `[ensemble]`: how the paths of an ensemble are drawn.

use super::Names;
use super::section::{Range, Section};
use backstop_core::protocol::AssetId;

const SHOCKS: Range = Range::Within(-20.0, 20.0);
const JUMPS: Range = Range::Within(1e-6, 1e6);

/// How the paths of an ensemble are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TiltSpec {
    /// The asset that is to fall; the one whose price reports show where there is none.
    pub asset: Option<AssetId>,
    /// Standard deviations by which the sum of its main shocks is moved down.
    pub shocks: f64,
    /// Factor on the intensity of its jumps.
    pub jumps: f64,
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
    let tilt = section.section_if("tilt").map(|tilt| {
        let spec = TiltSpec {
            asset: tilt.optional("asset", |item| names.resolve(item)),
            shocks: tilt.number_or("shocks", SHOCKS, 0.0),
            jumps: tilt.number_or("jumps", JUMPS, 1.0),
        };
        tilt.finish();
        spec
    });
    if tilt.is_some() && draws != DrawsSpec::Plain {
        section.refuse(
            "tilt",
            "found beside other draws; allowed: draws = \"plain\"",
        );
    }
    section.finish();
    EnsembleSpec { draws, tilt }
}
