//! The venues of a scenario.

use super::Loaded;
use super::prices::points;
use crate::failure::Failure;
use backstop_io::inputs::{RecordedReserves, RecordedShape};
use backstop_io::price::TimeSeries;
use backstop_io::scenario::{DepthSpec, LiquiditySpec, VenueSpec};
use backstop_lab::venue::{
    Concentrated, ConstantProduct, DepthConfig, Level, Linear, Liquidity, OrderBook, Range,
    RecordedDepth, Reserves, SquareRoot, VenueConfig, VolatilityRule, Withdrawal,
};

const BPS: f64 = 10_000.0;

/// The venues, in the order of the scenario.
///
/// # Errors
/// When a venue's asset has no price at the start, or its ticks no liquidity there.
pub(super) fn venues(loaded: &Loaded) -> Result<Vec<VenueConfig>, Failure> {
    let scenario = &loaded.scenario;
    let inputs = &loaded.inputs;
    let read = inputs.reserves.iter().zip(&inputs.shapes);
    let read = read.zip(&inputs.depths);
    scenario
        .venues
        .iter()
        .zip(read)
        .map(|(venue, ((reserves, shape), recorded_depth))| {
            let start = loaded.inputs.price_at(venue.base, scenario.time.start);
            let start = start.ok_or_else(|| {
                Failure::new(format!("venues.{}.base: no price at the start", venue.name))
            })?;
            let scale = (start, scenario.impact.depth);
            Ok(VenueConfig {
                name: venue.name.clone(),
                base: usize::from(venue.base.0),
                fee: venue.fee_bps / BPS,
                half_life_s: venue.recovery_half_life_s,
                weight: venue.weight,
                permanent_share: venue.permanent_share,
                depth: venue
                    .depth
                    .as_ref()
                    .map(|spec| depth(spec, recorded_depth.as_ref())),
                liquidity: match shape {
                    Some(shape) => recorded(venue, shape, scale)?,
                    None => liquidity(&venue.liquidity, reserves.as_ref(), scale),
                },
            })
        })
        .collect()
}

fn depth(spec: &DepthSpec, recorded: Option<&TimeSeries>) -> DepthConfig {
    DepthConfig {
        window_s: spec.window_s,
        volatility: spec.volatility.map(|(normal, sensitivity)| VolatilityRule {
            normal,
            sensitivity,
        }),
        withdrawal: spec.withdrawal.map(|rule| Withdrawal {
            at_fall: rule.at_fall,
            share: rule.share,
            return_half_life_s: rule.return_half_life_s,
        }),
        recorded: recorded.map(|series| RecordedDepth::new(points(series))),
    }
}

fn levels(levels: &[(f64, f64)], depth: f64) -> Vec<Level> {
    let level = |(bps, base): &(f64, f64)| Level {
        distance: bps / BPS,
        base: base * depth,
    };
    levels.iter().map(level).collect()
}

fn ranges(told: &[(f64, f64)], (moved, depth): (f64, f64)) -> Vec<Range> {
    // Where prices are multiplied by r, the dollars between two boundaries stay with L over √r.
    let range = |(from, liquidity): &(f64, f64)| Range {
        from: from * moved,
        liquidity: liquidity * depth / moved.sqrt(),
    };
    told.iter().map(range).collect()
}

/// What a file tells of a venue, from the price of its base in USD at the start and the depth of all venues
/// over what they state.
fn recorded(
    venue: &VenueSpec,
    shape: &RecordedShape,
    (start, depth): (f64, f64),
) -> Result<Liquidity, Failure> {
    let told = match shape {
        RecordedShape::Book(book) => {
            let (bids, asks) = (levels(&book.bids, depth), levels(&book.asks, depth));
            return Ok(Liquidity::OrderBook(OrderBook::new(&bids, &asks)));
        }
        RecordedShape::Ticks(told) => told,
    };
    let recorded = match &venue.liquidity {
        LiquiditySpec::Ticks(ticks) => ticks.recorded_price,
        _ => None,
    };
    let at = recorded.unwrap_or(start);
    let here = told.partition_point(|(from, _)| *from <= at);
    let liquid = here.checked_sub(1).and_then(|i| told.get(i));
    if liquid.is_none_or(|(_, liquidity)| *liquidity <= 0.0) {
        let price = |range: Option<&(f64, f64)>| range.map_or(f64::NAN, |(from, _)| *from);
        let key = if recorded.is_some() {
            "recorded_price"
        } else {
            "ticks"
        };
        return Err(Failure::new(format!(
            "venues.{}.{key}: there is no liquidity at {at} USD; the ticks reach from {:.4e} to {:.4e} (base_token \
             and decimals say how they are read)",
            venue.name,
            price(told.first()),
            price(told.last()),
        )));
    }
    let moved = start / at;
    Ok(Liquidity::Concentrated(Concentrated::new(ranges(
        told,
        (moved, depth),
    ))))
}

/// The shape that the scenario itself states.
fn liquidity(
    spec: &LiquiditySpec,
    reserves: Option<&RecordedReserves>,
    (start, depth): (f64, f64),
) -> Liquidity {
    match spec {
        LiquiditySpec::ConstantProduct {
            base_reserve,
            quote_reserve,
        } => Liquidity::ConstantProduct(ConstantProduct::fixed(
            base_reserve * depth,
            quote_reserve * depth,
        )),
        LiquiditySpec::RecordedReserves { .. } => {
            let rows = reserves.map(|series| {
                let quotes = series.quote.values.iter();
                let rows = points(&series.base).into_iter().zip(quotes);
                rows.map(|((time, base), quote)| Reserves {
                    time,
                    base: base * depth,
                    quote_usd: quote * depth,
                })
                .collect()
            });
            Liquidity::ConstantProduct(ConstantProduct::series(rows.unwrap_or_default()))
        }
        LiquiditySpec::OrderBook { bids, asks } => {
            Liquidity::OrderBook(OrderBook::new(&levels(bids, depth), &levels(asks, depth)))
        }
        LiquiditySpec::Ranges(told) => {
            Liquidity::Concentrated(Concentrated::new(ranges(told, (1.0, depth))))
        }
        // A file's shape comes from what was read.
        LiquiditySpec::BookFile { .. } => Liquidity::OrderBook(OrderBook::new(&[], &[])),
        LiquiditySpec::Ticks(_) => Liquidity::Concentrated(Concentrated::new(Vec::new())),
        LiquiditySpec::Linear { tokens_per_percent } => {
            Liquidity::Linear(Linear::new(0.01 / (tokens_per_percent * depth)))
        }
        LiquiditySpec::SquareRoot {
            daily_volume,
            daily_volatility,
            impact_coefficient,
        } => {
            let volume_usd = daily_volume * depth * start;
            let law = SquareRoot::new(*impact_coefficient, *daily_volatility, volume_usd);
            Liquidity::SquareRoot(law)
        }
    }
}
