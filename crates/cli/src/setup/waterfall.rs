//! The layers that pay deficits: as the core's, and in words for the report.

use crate::failure::Failure;
use backstop_core::coverage::{
    BackstopPool, DebtAuction, FirstLoss, InsuranceFund, Layer, Refill, SafetyModule, Staking,
    SurplusBuffer, Terms, Tranches, TreasuryReserve, Waterfall, WithdrawalGate,
};
use backstop_core::protocol::AccountId;
use backstop_core::units::{Amount, BPS, Bps, Overflow, Price, Rounding, Value, mul_div};
use backstop_io::scenario::{LayerKind, LayerSpec, Scenario};
use backstop_lab::door;
use backstop_report::{WaterfallLayer, setting};

/// Depositors and stakers of a layer are one account: a scenario tells no more of them.
const HOLDER: AccountId = AccountId(0);

/// The layers of a scenario, and the last one after them.
///
/// # Errors
/// When a layer's sums do not fit the core's.
pub(super) fn waterfall(scenario: &Scenario) -> Result<Waterfall, Failure> {
    let decimals = scenario.protocol.base_decimals;
    // One dollar a unit of the base currency: a price and a value have the same scale.
    let money = |usd| Value(door::price_to_oracle(usd, decimals).0);
    let mut layers = Vec::new();
    for spec in &scenario.waterfall {
        let layer = layer(spec, decimals, money).map_err(|overflow| {
            let (name, _) = words(&spec.layer);
            Failure::new(format!("waterfall: the {name} is too large ({overflow:?})"))
        })?;
        let terms = Terms {
            event_max: spec.event_max_usd.map(money),
            asset_max: spec
                .asset_max_usd
                .iter()
                .map(|(asset, usd)| (*asset, money(*usd)))
                .collect(),
            excluded_assets: spec.excluded_assets.iter().copied().collect(),
            ..Terms::default()
        };
        layers.push((layer, terms));
    }
    Ok(Waterfall::with_terms(layers, WithdrawalGate::default()))
}

fn layer(
    spec: &LayerSpec,
    decimals: u8,
    money: impl Fn(f64) -> Value,
) -> Result<Box<dyn Layer>, Overflow> {
    let amount = money(spec.amount_usd);
    Ok(match &spec.layer {
        LayerKind::TreasuryReserve => Box::new(TreasuryReserve::new(amount)),
        LayerKind::SurplusBuffer { penalty_share_bps } => {
            Box::new(SurplusBuffer::new(amount, Bps(*penalty_share_bps), None))
        }
        LayerKind::FirstLoss => Box::new(FirstLoss::new(amount)),
        LayerKind::InsuranceFund {
            penalty_share_bps,
            target_usd,
        } => {
            let refill = Refill {
                share: Bps(*penalty_share_bps),
                target: money(*target_usd),
            };
            Box::new(InsuranceFund::with_refill(amount, refill))
        }
        LayerKind::BackstopPool => Box::new(BackstopPool::new(&[(HOLDER, amount)])?),
        LayerKind::SafetyModule { slash_max_bps } => {
            let rules = Staking {
                slash_max: Bps(*slash_max_bps),
                cooldown_s: 0,
                window_s: 0,
                hold_s: 0,
            };
            Box::new(SafetyModule::new(rules, &[(HOLDER, amount)])?)
        }
        LayerKind::DebtAuction {
            supply_usd,
            discount_bps,
        } => Box::new(auction(
            amount,
            money(*supply_usd),
            Bps(*discount_bps),
            money(1.0),
            decimals,
        )?),
        LayerKind::Tranches { sizes_usd } => {
            let sizes: Vec<Value> = sizes_usd.iter().map(|usd| money(*usd)).collect();
            Box::new(Tranches::new(&sizes)?)
        }
    })
}

/// An auction of tokens of a dollar each, with the decimals of the base currency, that may mint what
/// raises the amount.
fn auction(
    amount: Value,
    supply: Value,
    discount: Bps,
    dollar: Value,
    decimals: u8,
) -> Result<DebtAuction, Overflow> {
    let paid = BPS.saturating_sub(discount.wide());
    let mint = mul_div(amount.0, BPS, paid, Rounding::Ceil)?;
    let price = Price(dollar.0);
    DebtAuction::new(Amount(supply.0), Amount(mint), price, discount, decimals)
}

/// The layers in words, by the names that payments carry.
pub(super) fn told(scenario: &Scenario) -> Vec<WaterfallLayer> {
    let symbols: Vec<&str> = scenario.assets.iter().map(|a| a.symbol.as_str()).collect();
    let finite = scenario.waterfall.iter().map(|spec| {
        let (name, pays) = words(&spec.layer);
        WaterfallLayer {
            name: name.to_owned(),
            pays: format!("{pays}{}", limits(spec, &symbols)),
            capacity_usd: Some(spec.amount_usd),
        }
    });
    let last = WaterfallLayer {
        name: "socialised".to_owned(),
        pays: "All suppliers of the asset.".to_owned(),
        capacity_usd: None,
    };
    finite.chain([last]).collect()
}

/// A layer's name in the core, and who loses when it pays.
fn words(layer: &LayerKind) -> (&'static str, &'static str) {
    match layer {
        LayerKind::TreasuryReserve => (
            "treasury reserve",
            "The protocol's treasury, and so its token holders.",
        ),
        LayerKind::SurplusBuffer { .. } => (
            "surplus buffer",
            "The protocol, of the penalties that it kept.",
        ),
        LayerKind::FirstLoss => (
            "first-loss offset",
            "The organisation that promised to bear a first loss.",
        ),
        LayerKind::InsuranceFund { .. } => ("insurance fund", "Stakers who take the risk for pay."),
        LayerKind::BackstopPool => (
            "backstop pool",
            "Depositors who wait to absorb deficits, by their deposits.",
        ),
        LayerKind::SafetyModule { .. } => {
            ("safety module", "Stakers, who are slashed by their shares.")
        }
        LayerKind::DebtAuction { .. } => (
            "debt auction",
            "Holders of the protocol's token, whom new tokens dilute.",
        ),
        LayerKind::Tranches { .. } => ("tranches", "Suppliers by tranche, the most junior first."),
    }
}

/// The limits of a layer, a sentence each.
fn limits(spec: &LayerSpec, symbols: &[&str]) -> String {
    let mut told = String::new();
    let symbol = |asset: usize| symbols.get(asset).copied().unwrap_or("?");
    if let LayerKind::SafetyModule { slash_max_bps } = spec.layer {
        let percent = setting(f64::from(slash_max_bps) / 100.0);
        told += &format!(" At most {percent} % of the stakes for one deficit.");
    }
    if let Some(usd) = spec.event_max_usd {
        told += &format!(" At most {} USD for one deficit.", setting(usd));
    }
    for (asset, usd) in &spec.asset_max_usd {
        let symbol = symbol(usize::from(asset.0));
        told += &format!(" At most {} USD in {symbol}.", setting(*usd));
    }
    if !spec.excluded_assets.is_empty() {
        let excluded = spec.excluded_assets.iter();
        let names: Vec<&str> = excluded.map(|asset| symbol(usize::from(asset.0))).collect();
        told += &format!(" Nothing for deficits in {}.", names.join(", "));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_core::coverage::{Deficit, Payment};
    use backstop_core::protocol::AssetId;

    fn spec(layer: LayerKind) -> LayerSpec {
        LayerSpec {
            layer,
            amount_usd: 100.0,
            ..LayerSpec::default()
        }
    }

    fn every() -> Vec<LayerSpec> {
        [
            LayerKind::TreasuryReserve,
            LayerKind::SurplusBuffer {
                penalty_share_bps: 10_000,
            },
            LayerKind::FirstLoss,
            LayerKind::InsuranceFund {
                penalty_share_bps: 5_000,
                target_usd: 200.0,
            },
            LayerKind::BackstopPool,
            LayerKind::SafetyModule {
                slash_max_bps: 3_000,
            },
            LayerKind::DebtAuction {
                supply_usd: 1_000.0,
                discount_bps: 2_000,
            },
            LayerKind::Tranches {
                sizes_usd: vec![40.0, 60.0],
            },
        ]
        .into_iter()
        .map(spec)
        .collect()
    }

    #[test]
    fn every_layer_pays_under_the_name_that_the_report_tells() {
        let money = |usd: f64| Value::new((usd * 1e8) as u128);
        for spec in every() {
            let layer = layer(&spec, 8, money).unwrap();
            let want = match spec.layer {
                LayerKind::SafetyModule { .. } => 30.0,
                _ => 100.0,
            };
            let (name, _) = words(&spec.layer);
            assert_eq!(layer.name(), name);
            let mut waterfall = Waterfall::new(vec![layer]);
            let deficit = Deficit {
                amount: Amount::new(1_000_000_000),
                price: Price::new(100_000_000),
                decimals: 6,
                ..Deficit::default()
            };
            let paid: Vec<Payment> = waterfall.cover(&deficit).unwrap();
            assert_eq!(paid[0].layer, name);
            let usd = door::value_to_usd(paid[0].value, 8);
            // A pool keeps its last unit, and money that buys no unit of the asset stays.
            assert!((want - 2e-6..=want).contains(&usd), "{name}: {usd}");
        }
    }

    #[test]
    fn limits_are_told() {
        let spec = LayerSpec {
            event_max_usd: Some(5_000.0),
            asset_max_usd: vec![(AssetId(1), 7.5)],
            excluded_assets: vec![AssetId(0)],
            ..spec(LayerKind::SafetyModule {
                slash_max_bps: 3_000,
            })
        };
        assert_eq!(
            limits(&spec, &["DAI", "WETH"]),
            " At most 30 % of the stakes for one deficit. At most 5,000 USD for one deficit. \
             At most 7.5 USD in WETH. Nothing for deficits in DAI."
        );
    }
}
