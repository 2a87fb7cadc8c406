//! Maker: vaults in one stablecoin, liquidated by auctions with bids (1.0, 1.2) or a falling price
//! (2.0).
//!
//! Defaults are those of the collateral type ETH-A, for every collateral asset:
//!
//! - 1.0, in force on 12 March 2020 before the changes of that day: lots of 50 ETH, a bid wins after
//!   10 minutes, an auction lasts 3 days ("before" values in the comments of the spell of 2020-03-12,
//!   makerdao/spells-mainnet); fee 8 % a year ("existing rate" in the spell of the next day); debt
//!   floor 20 DAI (until the executive vote of 14 August 2020); penalty 13 %, and bids that rise by
//!   3 %, for which only secondary sources were found.
//! - 1.2: lots of 50,000 DAI and 30 million DAI in auction at most (spell of 2020-08-28); a bid wins
//!   after 6 hours, an auction lasts 6 hours (spell of 2020-03-12); fee 0 % ("previous" value in the spell that raised it to 2.25 %); debt
//!   floor 100 DAI (executive vote of 14 August 2020).
//! - 2.0: 22 million DAI in auction at most, penalty 13 %, first price 130 % of the feed's, 1 % less
//!   every 90 seconds, a new start after 140 minutes or below 40 %, and a reward of 0.1 % (spell of
//!   2021-04-30); 300 DAI besides (spell of 2021-05-28); 100 million DAI over all types
//!   (forum.makerdao.com/t/8477); fee 5.5 % (spell with the rates proposal of 22 February 2021). The debt floor stays that of 1.2: the protocol's own of 2021, 2,000
//!   DAI and more, lies above most debts of a synthetic book, whose vaults could not even take more
//!   collateral then.

use super::parameters::{self, Parameter};
use super::scales::{ALL_BPS, coins, one_over, part, percent};
use super::split::{OneDebt, answers, listed, spec, start_prices};
use super::{Design, Opened, Payer};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::auction::{DutchTerms, EnglishTerms, PriceCurve, Ray};
use backstop_core::protocol::AssetId;
use backstop_core::protocol::maker::{
    MakerVersion, Pledge, SaleKind, Sizing, VaultType, VaultsSetup,
};
use backstop_core::units::{RAY, Ratio, Timestamp, U256, Value, WAD, YEAR};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use std::num::NonZeroU16;

/// Debt in one auction of 1.0 times penalty that the contract's product can hold, with a margin for
/// debts that grow and prices that rise.
const PRODUCT_MAX: f64 = 90_000.0;

/// The family's own parameters. Each version reads those of its design.
#[derive(Clone, Copy, Debug)]
struct Own {
    penalty_bps: f64,
    stability_fee_bps: f64,
    debt_floor: f64,
    oracle_delay_s: f64,
    /// ETH, or as much as is worth of another asset; 1.0.
    lump: f64,
    /// Coins with penalty; 1.2.
    dunk: f64,
    bid_increase_bps: f64,
    bid_duration_s: f64,
    auction_duration_s: f64,
    start_factor_bps: f64,
    step_s: f64,
    cut_bps: f64,
    tail_s: f64,
    cusp_bps: f64,
    tip: f64,
    chip_bps: f64,
    /// Coins with penalty in auction, a type; 2.0.
    hole: f64,
    /// Coins with penalty in auction, all types; 1.2 and 2.0.
    hole_total: f64,
}

impl Own {
    fn defaults(version: MakerVersion) -> Self {
        let first = Self {
            penalty_bps: 1_300.0,
            stability_fee_bps: 800.0,
            debt_floor: 20.0,
            oracle_delay_s: 3_600.0,
            lump: 50.0,
            dunk: 50_000.0,
            bid_increase_bps: 300.0,
            bid_duration_s: 600.0,
            auction_duration_s: 259_200.0,
            start_factor_bps: 13_000.0,
            step_s: 90.0,
            cut_bps: 9_900.0,
            tail_s: 8_400.0,
            cusp_bps: 4_000.0,
            tip: 300.0,
            chip_bps: 10.0,
            hole: 22e6,
            hole_total: 100e6,
        };
        match version {
            MakerVersion::V1_0 => first,
            MakerVersion::V1_2 => Self {
                stability_fee_bps: 0.0,
                debt_floor: 100.0,
                bid_duration_s: 21_600.0,
                auction_duration_s: 21_600.0,
                hole_total: 30e6,
                ..first
            },
            MakerVersion::V2_0 => Self {
                stability_fee_bps: 550.0,
                debt_floor: 100.0,
                ..first
            },
        }
    }

    fn of(loaded: &Loaded, version: MakerVersion) -> Result<Self, Failure> {
        let mut own = Self::defaults(version);
        let mut known = [
            Parameter::new("penalty_bps", &mut own.penalty_bps, 0.0, 10_000.0),
            Parameter::new("stability_fee_bps", &mut own.stability_fee_bps, 0.0, 1e5),
            Parameter::new("debt_floor", &mut own.debt_floor, 0.0, 1e9),
            Parameter::new("oracle_delay_s", &mut own.oracle_delay_s, 0.0, 65_535.0),
            Parameter::new("lump", &mut own.lump, 1e-6, 1e9),
            Parameter::new("dunk", &mut own.dunk, 1.0, 1e12),
            Parameter::new("bid_increase_bps", &mut own.bid_increase_bps, 0.0, 10_000.0),
            Parameter::new("bid_duration_s", &mut own.bid_duration_s, 1.0, 1e8),
            Parameter::new("auction_duration_s", &mut own.auction_duration_s, 1.0, 1e8),
            Parameter::new("start_factor_bps", &mut own.start_factor_bps, 1.0, 1e5),
            Parameter::new("step_s", &mut own.step_s, 1.0, 1e6),
            Parameter::new("cut_bps", &mut own.cut_bps, 1.0, 10_000.0),
            Parameter::new("tail_s", &mut own.tail_s, 1.0, 1e8),
            Parameter::new("cusp_bps", &mut own.cusp_bps, 0.0, 10_000.0),
            Parameter::new("tip", &mut own.tip, 0.0, 1e6),
            Parameter::new("chip_bps", &mut own.chip_bps, 0.0, 10_000.0),
            Parameter::new("hole", &mut own.hole, 1.0, 1e12),
            Parameter::new("hole_total", &mut own.hole_total, 1.0, 1e12),
        ];
        parameters::read(loaded, "maker", &mut known)?;
        Ok(own)
    }

    /// The parameters of a collateral type; `lot_max` is as the version counts it.
    fn vault_type(&self, asset: AssetId, spec: &AssetSpec, lot_max: U256) -> VaultType {
        VaultType {
            asset,
            liquidation_ratio: Ray(one_over(spec.liquidation_threshold_bps, RAY)),
            penalty: Ratio(part(WAD, ALL_BPS + self.penalty_bps)),
            growth: Ray(growth_a_second(self.stability_fee_bps)),
            debt_floor: coins(self.debt_floor),
            feed_delay: NonZeroU16::new(self.oracle_delay_s as u16),
            lot_max,
            limit: coins(self.hole),
            english: EnglishTerms {
                min_step: Ratio(part(WAD, ALL_BPS + self.bid_increase_bps)),
                bid_duration: self.bid_duration_s as u64,
                duration: self.auction_duration_s as u64,
            },
            dutch: DutchTerms {
                curve: PriceCurve::Stairstep {
                    cut: Ray(part(RAY, self.cut_bps)),
                    step: U256::from(self.step_s as u64),
                },
                reset_after: U256::from(self.tail_s as u64),
                reset_below: Ray(part(RAY, self.cusp_bps)),
                min_rest: Value::ZERO,
            },
            start_factor: Ray(part(RAY, self.start_factor_bps)),
            keeper_share: Ratio(part(WAD, self.chip_bps)),
            keeper_flat: coins(self.tip),
        }
    }

    /// Whole tokens of a lot of 1.0: ETH, or as much of another asset as is worth the same, and no
    /// more than the contract can liquidate at once. Where there is no ETH, whole tokens.
    fn lot_tokens(&self, scenario: &Scenario, usd: &[f64], at: usize) -> f64 {
        let price = |at: usize| usd.get(at).copied().filter(|usd| *usd > 0.0);
        let is_ether = |spec: &AssetSpec| matches!(spec.symbol.as_str(), "ETH" | "WETH");
        let ether = scenario.assets.iter().position(is_ether);
        let own = price(at).unwrap_or(1.0);
        let worth = self.lump * ether.and_then(price).unwrap_or(own);
        let spec = scenario.assets.get(at);
        let threshold = spec.map_or(ALL_BPS, |spec| f64::from(spec.liquidation_threshold_bps));
        let owed = worth * threshold.max(1.0) / ALL_BPS;
        let most = PRODUCT_MAX / (1.0 + self.penalty_bps / ALL_BPS);
        worth / own * (most / owed).min(1.0)
    }
}

/// Vaults with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or a parameter is not allowed.
pub(super) fn open(loaded: &Loaded, version: MakerVersion) -> Result<Box<dyn Design>, Failure> {
    let own = Own::of(loaded, version)?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = OneDebt::of(loaded, &usd);
    let mut types = Vec::new();
    let mut lots = Vec::new();
    for asset in book.collaterals() {
        let at = usize::from(asset.0);
        let Some(spec) = spec(scenario, asset) else {
            continue;
        };
        let tokens = own.lot_tokens(scenario, &usd, at);
        lots.push(format!("{tokens:.4} {}", spec.symbol));
        let lot_max = match version.rules().sizing {
            Sizing::ByCollateral => door::tokens_to_amount(tokens, 18).0,
            Sizing::ByDebt | Sizing::ByRoom => coins(own.dunk).0,
        };
        types.push(own.vault_type(asset, spec, lot_max));
    }
    let mut vaults = vec![Vec::new(); loaded.inputs.book.accounts.len()];
    for pledge in &book.pledges {
        if let Some(own) = vaults.get_mut(pledge.account) {
            own.push(Pledge {
                asset: pledge.collateral,
                collateral: pledge.amount,
                debt: pledge.debt,
            });
        }
    }
    let setup = VaultsSetup {
        version,
        assets: listed(scenario),
        base_decimals: scenario.protocol.base_decimals,
        prices: answers(loaded, &usd),
        now: Timestamp(scenario.time.start),
        debt: book.token,
        limit: coins(own.hole_total),
        types,
        vaults,
    };
    Ok(Box::new(Opened {
        protocol: setup.build()?,
        payer: Payer::WaterfallThen("debt auctions"),
        mapping: mapping(&book, scenario, &own, (version, &lots.join(", "))),
    }))
}

fn mapping(
    book: &OneDebt,
    scenario: &Scenario,
    own: &Own,
    (version, lots): (MakerVersion, &str),
) -> Vec<String> {
    let minutes = |seconds: f64| seconds / 60.0;
    let rules = version.rules();
    let size = match rules.sizing {
        Sizing::ByCollateral => format!(
            "One call takes a lot ({lots}), so a large vault has several auctions. On a chain a lot is 50 ETH; it is smaller here where the contract could not multiply its debt and penalty."
        ),
        Sizing::ByDebt => format!(
            "One call takes up to {} coins of debt with penalty, and at most {} are in auction.",
            own.dunk, own.hole_total
        ),
        Sizing::ByRoom => format!(
            "At most {} coins of debt with penalty are in auction, {} a collateral type.",
            own.hole_total, own.hole
        ),
    };
    let sale = match rules.sale {
        SaleKind::English => format!(
            "Bids rise by {} % up to the debt and {} % more, then the lot falls; a bid wins after {} minutes, an auction without one is started again after {}. Nobody is paid for starting one.",
            percent(own.bid_increase_bps),
            percent(own.penalty_bps),
            minutes(own.bid_duration_s),
            minutes(own.auction_duration_s)
        ),
        SaleKind::Dutch => format!(
            "The price starts at {} % of the feed's and falls by {} % every {} seconds until the debt and {} % more are paid; after {} minutes or below {} % it starts again. Whoever starts a sale gets {} coins and {} % of what it is to raise.",
            percent(own.start_factor_bps),
            percent(ALL_BPS - own.cut_bps),
            own.step_s,
            percent(own.penalty_bps),
            minutes(own.tail_s),
            percent(own.cusp_bps),
            own.tip,
            percent(own.chip_bps)
        ),
    };
    vec![
        book.mapping(scenario),
        "The liquidation ratio is one over the scenario's liquidation threshold, so that health is the same at the start. All other parameters are those of ETH-A, where the scenario does not say otherwise; the sources are in the family's page.".to_owned(),
        format!(
            "The price that decides what is unsafe is held back for {} minutes after the scenario's oracle; holdings are valued at the oracle's price. Whoever may poke a feed does so when it is due.",
            minutes(own.oracle_delay_s)
        ),
        format!(
            "Debts grow by {} % a year, which accrues in every step. A vault may not be left with a debt below {} coins, except by a liquidation.",
            percent(own.stability_fee_bps),
            own.debt_floor
        ),
        size,
        sale,
        "A deficit is what an auction leaves unpaid of a vault's debt when it ends. The scenario's waterfall stands for the treasury's surplus and its debt auctions.".to_owned(),
    ]
}

/// What a debt of one grows to in a second, from its growth in a year.
fn growth_a_second(yearly_bps: f64) -> U256 {
    let seconds = f64::from(u32::try_from(YEAR).unwrap_or(u32::MAX));
    let rate = ((yearly_bps / ALL_BPS).ln_1p() / seconds).exp_m1();
    RAY.saturating_add(door::tokens_to_amount(rate, 27).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol's own numbers for 4 % and 8 % a year, to the precision of a float.
    #[test]
    fn fees_are_those_of_the_protocol() {
        for (bps, want) in [
            (0.0, 0),
            (400.0, 1_243_680_656_318_820_312),
            (800.0, 2_440_418_608_258_400_030u64),
        ] {
            let got = growth_a_second(bps) - RAY;
            let off = got.abs_diff(U256::from(want));
            assert!(off < U256::from(10_000u64), "{bps}: {got}");
        }
    }
}
