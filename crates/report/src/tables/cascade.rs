//! The reproduction number and the depth of venues as tables.

use super::Rows;
use crate::cascade::{BookCascade, BookPoint, CascadeMap, DepthPoint};
use backstop_io::table::Table;
use backstop_lab::cascade::Reproduction;

/// The tables `reproduction` and `depth`, by asset.
pub fn cascade_tables(cascades: &[CascadeMap]) -> Vec<Table> {
    vec![reproduction(cascades), depth(cascades)]
}

fn reproduction(cascades: &[CascadeMap]) -> Table {
    let mut rows: Vec<(&CascadeMap, &Reproduction)> = Vec::new();
    for cascade in cascades {
        rows.extend(cascade.points.iter().map(|point| (cascade, point)));
    }
    type Row<'a> = (&'a CascadeMap, &'a Reproduction);
    Rows::of(&rows)
        .text("asset", "", "Ticker of the asset whose price falls.", |r: &Row<'_>| {
            r.0.symbol.clone()
        })
        .f64("price", "USD", "Price of the asset.", |r| r.1.price)
        .f64("window", "share", "Share of the price over which R is smoothed.", |r| r.0.window)
        .f64(
            "tokens",
            "tokens",
            "Collateral that becomes liquidatable between the price and the window's other end, as far as \
             liquidators can take it.",
            |r| r.1.tokens,
        )
        .f64(
            "fall",
            "share",
            "Fall of the oracle's price that selling it at once causes.",
            |r| r.1.fall,
        )
        .f64("r", "", "Reproduction number: that fall over the window.", |r| r.1.r)
        .table("reproduction")
}

/// The table `next-generation`: one row a pair of assets and fall.
pub fn next_generation_table(book: &BookCascade) -> Table {
    let mut rows: Vec<Pair<'_>> = Vec::new();
    for point in &book.points {
        for (sold, row) in book.symbols.iter().zip(&point.matrix) {
            for (falling, r) in book.symbols.iter().zip(row) {
                rows.push(Pair {
                    point,
                    falling,
                    sold,
                    r: *r,
                });
            }
        }
    }
    Rows::of(&rows)
        .f64(
            "fall",
            "share",
            "Fall of all prices together from the start.",
            |p| p.point.fall,
        )
        .text(
            "falling",
            "",
            "Ticker of the asset that falls further.",
            |p| p.falling.to_owned(),
        )
        .text(
            "sold",
            "",
            "Ticker of the asset that is sold because of it.",
            |p| p.sold.to_owned(),
        )
        .f64(
            "r",
            "",
            "How far that falls for each unit that the other falls.",
            |p| p.r,
        )
        .f64(
            "radius",
            "",
            "Spectral radius of the matrix at this fall: the reproduction number of the book.",
            |p| p.point.radius,
        )
        .table("next-generation")
}

/// An entry of a matrix.
struct Pair<'a> {
    point: &'a BookPoint,
    falling: &'a str,
    sold: &'a str,
    r: f64,
}

fn depth(cascades: &[CascadeMap]) -> Table {
    let mut rows: Vec<(&CascadeMap, &DepthPoint)> = Vec::new();
    for cascade in cascades {
        rows.extend(cascade.depth.iter().map(|point| (cascade, point)));
    }
    type Row<'a> = (&'a CascadeMap, &'a DepthPoint);
    Rows::of(&rows)
        .text(
            "asset",
            "",
            "Ticker of the asset that is sold.",
            |r: &Row<'_>| r.0.symbol.clone(),
        )
        .f64(
            "sale_usd",
            "USD",
            "Size of one sale at the start's outside price.",
            |r| r.1.usd,
        )
        .f64("loss", "share", "What fees and slippage take of it.", |r| {
            r.1.loss
        })
        .f64(
            "loss_paid",
            "share",
            "The loss that the liquidation bonus just pays for.",
            |r| r.0.loss_paid(),
        )
        .table("depth")
}
