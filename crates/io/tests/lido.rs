//! The 1,309 real Aave v2 borrowers of June 2023: their mapped positions reproduce the stored
//! health factors. The data set lies in the shared data folder beside the repository; where that
//! folder is absent, the test says so and passes.

use backstop_core::protocol::AssetId;
use backstop_io::book::AssetTerms;
use backstop_io::book::aggregated::{AggregatedBook, AggregatedColumns, read};
use backstop_io::{format_amount, read_text};
use std::path::Path;

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/positions_aave_lido_2023-06-21"
);

fn assets() -> Vec<AssetTerms> {
    let asset = |symbol: &str, price_usd, liquidation_threshold_bps| AssetTerms {
        symbol: symbol.to_owned(),
        decimals: 18,
        price_usd,
        liquidation_threshold_bps,
    };
    vec![
        asset("WETH", 1723.48, 8600),
        asset("stETH", 1723.48 * 0.9997408501530325, 8300),
        asset("OTHER-HIGH", 1723.48, 9000),
        asset("OTHER-LOW", 1723.48, 3500),
        asset("OTHER-DEBT", 1.0, 0),
    ]
}

fn spec(path: &Path) -> AggregatedBook {
    AggregatedBook {
        file: path.to_owned(),
        columns: AggregatedColumns {
            account: "user".to_owned(),
            collateral_value: "collateral".to_owned(),
            debt_value: "debt".to_owned(),
            threshold_bps: "threshold".to_owned(),
            main_collateral: "amount".to_owned(),
            main_debt: "ethdebt".to_owned(),
        },
        value_asset: AssetId(0),
        main_collateral: AssetId(1),
        main_debt: AssetId(0),
        high_collateral: AssetId(2),
        low_collateral: AssetId(3),
        other_debt: AssetId(4),
    }
}

#[test]
fn stored_health_factors_are_reproduced() {
    let path = Path::new(FOLDER).join("steth_aave.csv.gz");
    if !path.exists() {
        eprintln!("skipped: no shared data folder beside the repository");
        return;
    }
    let assets = assets();
    let (book, notes) = read(&spec(&path), &assets).unwrap();
    eprintln!("{}", notes.join("\n"));
    let text = read_text(&path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name| header.iter().position(|c| *c == name).unwrap();
    let (user, stored) = (at("user"), at("healthf"));
    let mut worst: f64 = 0.0;
    for (line, account) in lines.zip(&book.accounts) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(account.name, cells[user]);
        let want: f64 = cells[stored].parse().unwrap();
        let (mut weighted, mut debt) = (0.0, 0.0);
        for position in &account.positions {
            let asset = &assets[usize::from(position.asset.0)];
            let tokens = |amount| {
                format_amount(amount, asset.decimals)
                    .parse::<f64>()
                    .unwrap()
            };
            let threshold = f64::from(asset.liquidation_threshold_bps) / 1e4;
            weighted += tokens(position.collateral) * asset.price_usd * threshold;
            debt += tokens(position.debt) * asset.price_usd;
        }
        worst = worst.max((weighted / debt / want - 1.0).abs());
    }
    eprintln!("largest relative difference: {worst:e}");
    assert_eq!(book.accounts.len(), 1_309);
    assert!(worst < 1e-10, "{worst:e}");
}
