//! How much more an exit brings in deeper venues.
//!
//! Taken from two paths of one seed (common random numbers) that differ in depth alone, not from quotes:
//! the pair holds everything that depth changes on the way, such as who is liquidated and by how much.

use crate::record::PathRecord;

/// Elasticity of what liquidators receive for a dollar of collateral to the depth of the venues:
/// `ln(y₂ ÷ y₁) ÷ ln(depth_ratio)`, where `y` is the proceeds of a path over the oracle's value of what
/// was sold in it and `depth_ratio` the depth of `deeper` over that of `path`. Zero where depth does not
/// matter. None where one of the two sold nothing, or the depths are equal.
pub fn exit_liquidity_sensitivity(
    path: &PathRecord,
    deeper: &PathRecord,
    depth_ratio: f64,
) -> Option<f64> {
    let change = (proceeds_share(deeper)? / proceeds_share(path)?).ln();
    let sensitivity = change / depth_ratio.ln();
    sensitivity.is_finite().then_some(sensitivity)
}

/// Proceeds over the oracle's value of the collateral that liquidators received.
fn proceeds_share(path: &PathRecord) -> Option<f64> {
    let rows = path.liquidations.iter();
    let (proceeds, value) = rows.fold((0.0, 0.0), |(proceeds, value), row| {
        (proceeds + row.proceeds_usd, value + row.seized_usd)
    });
    (value > 0.0 && proceeds > 0.0).then(|| proceeds / value)
}
