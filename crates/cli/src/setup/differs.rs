//! What is drawn anew on each path of a scenario.

use super::Loaded;
use backstop_io::scenario::{GasPriceSpec, PriceSpec, Refine};

/// One phrase for each thing that differs from path to path; empty where every path is the same.
pub(crate) fn differs(loaded: &Loaded) -> Vec<String> {
    let scenario = &loaded.scenario;
    let mut phrases: Vec<String> = Vec::new();
    let assets = scenario.assets.iter();
    phrases.extend(assets.filter_map(|asset| {
        let what = of_price(&asset.price)?;
        Some(format!("{what} of {}", asset.symbol))
    }));
    if let GasPriceSpec::BaseFee(fee) = &scenario.gas.price
        && fee.noise > 0.0
    {
        phrases.push("the demand for block space".to_owned());
    }
    if !scenario.liquidators.is_empty() {
        phrases.push("what each liquidator bids for inclusion, and who wins a tie".to_owned());
    }
    phrases
}

fn of_price(price: &PriceSpec) -> Option<&'static str> {
    match price {
        PriceSpec::Constant(_) | PriceSpec::Follows { .. } => None,
        PriceSpec::Points { refine, .. } => {
            (*refine == Refine::Bridge).then_some("the way between the given prices")
        }
        PriceSpec::Files { refine, .. } => (*refine == Refine::Bridge)
            .then_some("the way between the recorded prices (within the range of each candle)"),
        PriceSpec::Bootstrap { .. } => Some("which parts of the past make the price"),
        PriceSpec::Random(_) => Some("the whole price"),
        PriceSpec::Shocks { on, .. } => of_price(on),
    }
}
