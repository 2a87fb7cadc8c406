//! `threshold-offset`: liquidation thresholds moved by a constant.

use super::{ASSETS, Part, Policy, whole};

/// Lower, so that accounts are liquidated with more collateral left.
const OFFSET_BPS: i64 = -200;

pub(super) const POLICY: Policy = Policy {
    name: "threshold-offset",
    about: "Liquidation thresholds are moved by a constant, for the borrowers as they are",
    part: Part::Threshold,
    keys: &[whole("offset_bps", OFFSET_BPS, (-9_999, 9_999)), ASSETS],
    apply: |spec, scenario| {
        let offset = spec.whole("offset_bps");
        for id in spec.assets(ASSETS.name) {
            let Some(asset) = scenario.assets.get_mut(usize::from(id.0)) else {
                continue;
            };
            let moved = i64::from(asset.liquidation_threshold_bps) + offset;
            let most = super::below_par(asset.liquidation_bonus_bps);
            let moved = u16::try_from(moved)
                .ok()
                .filter(|bps| (1..=most).contains(bps));
            let Some(moved) = moved else {
                let (symbol, now) = (&asset.symbol, asset.liquidation_threshold_bps);
                return Err(format!(
                    "offset_bps {offset} moves the threshold of {symbol} from {now} bps out of its bounds; \
                     allowed: a threshold from 1 to {most} bps"
                ));
            };
            asset.liquidation_threshold_bps = moved;
            asset.ltv_bps = asset.ltv_bps.min(moved);
        }
        Ok(())
    },
};
