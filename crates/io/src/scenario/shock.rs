//! The table `[shock]`: one number for how far prices fall on top of what they do by themselves.

use super::section::{Range, Section, list};
use super::{AssetSpec, Names, PriceSpec, RandomSpec};
use backstop_core::protocol::AssetId;

/// Largest fall; what falls to nothing has no price.
const FALL: Range = Range::Within(0.0, 0.99);
const SECONDS_MAX: u64 = 100_000_000;

/// A fall on top of what prices do by themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShockSpec {
    /// Share of the price that is lost at the end of the fall; 0 for no shock.
    pub fall: f64,
    /// Seconds from the start over which the logarithm falls in a straight line; `None` to the last
    /// step.
    pub over_s: Option<u64>,
    /// Whose prices fall, each with what follows it; empty for the first collateral whose price
    /// moves by itself.
    pub assets: Vec<AssetId>,
}

impl ShockSpec {
    /// Whose prices fall, in a scenario of these assets.
    pub fn falling(&self, assets: &[AssetSpec]) -> Vec<AssetId> {
        if !self.assets.is_empty() {
            return self.assets.clone();
        }
        let moves = |asset: &AssetSpec| {
            let constant = matches!(asset.price, PriceSpec::Constant(_));
            asset.liquidation_threshold_bps > 0 && !constant && !follows(&asset.price)
        };
        let first = assets.iter().position(moves);
        let id = first.and_then(|at| u16::try_from(at).ok());
        id.map(AssetId).into_iter().collect()
    }
}

/// Whether a price is a multiple of another asset's.
fn follows(price: &PriceSpec) -> bool {
    match price {
        PriceSpec::Follows { .. } => true,
        PriceSpec::Random(RandomSpec::Peg(peg)) => peg.to.is_some(),
        PriceSpec::Shocks { on, .. } => follows(on),
        _ => false,
    }
}

pub(super) fn read(root: &Section<'_>, names: &Names, assets: &[AssetSpec]) -> ShockSpec {
    let mut spec = ShockSpec::default();
    let Some(section) = root.section_if("shock") else {
        return spec;
    };
    spec.fall = section.number_or("fall", FALL, 0.0);
    spec.over_s = section.optional("over_s", |item| super::section::whole(item, 0, SECONDS_MAX));
    spec.assets = section
        .optional("assets", |item| {
            let items = list(item).map_err(|_| "a list of assets".to_owned())?;
            let mut found: Vec<AssetId> = Vec::new();
            for item in items {
                let id = names.resolve(item)?;
                let asset = assets.get(usize::from(id.0));
                if asset.is_some_and(|asset| follows(&asset.price)) {
                    return Err(
                        "assets with a price of their own; what follows one of them \
                                falls with it"
                            .to_owned(),
                    );
                }
                if found.contains(&id) {
                    return Err("each asset once".to_owned());
                }
                found.push(id);
            }
            Ok(found)
        })
        .unwrap_or_default();
    if spec.fall > 0.0 && spec.falling(assets).is_empty() {
        section.refuse(
            "fall",
            "no collateral has a price that moves by itself; allowed: with the key assets",
        );
    }
    section.finish();
    spec
}
