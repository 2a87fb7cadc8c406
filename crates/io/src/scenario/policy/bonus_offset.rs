//! `bonus-offset`: liquidation bonuses moved by a constant.

use super::{ASSETS, Part, Policy, whole};

/// Higher, so that liquidators still come when gas and slippage are dear.
const OFFSET_BPS: i64 = 200;

pub(super) const POLICY: Policy = Policy {
    name: "bonus-offset",
    about: "Liquidation bonuses are moved by a constant",
    part: Part::Bonus,
    keys: &[whole("offset_bps", OFFSET_BPS, (-9_999, 9_999)), ASSETS],
    apply: |spec, scenario| {
        let offset = spec.whole("offset_bps");
        for id in spec.assets(ASSETS.name) {
            let Some(asset) = scenario.assets.get_mut(usize::from(id.0)) else {
                continue;
            };
            let moved = i64::from(asset.liquidation_bonus_bps) + offset;
            let moved = u16::try_from(moved)
                .ok()
                .filter(|bonus| asset.liquidation_threshold_bps <= super::below_par(*bonus));
            let Some(moved) = moved else {
                let (symbol, now) = (&asset.symbol, asset.liquidation_bonus_bps);
                return Err(format!(
                    "offset_bps {offset} moves the bonus of {symbol} from {now} bps out of its bounds; allowed: \
                     at least 0 bps, and threshold × (1 + bonus) below 100 %"
                ));
            };
            asset.liquidation_bonus_bps = moved;
        }
        Ok(())
    },
};
