use super::synthetic::{Quantiles, SyntheticBook, generate};
use super::*;
use crate::decimal::tokens_from_amount;

fn assets() -> Vec<AssetUnit> {
    [("WETH", 18), ("USDC", 6)]
        .map(|(symbol, decimals)| AssetUnit {
            symbol: symbol.to_owned(),
            decimals,
        })
        .to_vec()
}

fn terms() -> Vec<AssetTerms> {
    [
        ("WETH", 18, 195.0, 8000),
        ("WBTC", 8, 7900.0, 7000),
        ("USDC", 6, 1.0, 8500),
        ("DAI", 18, 1.0, 8000),
    ]
    .map(
        |(symbol, decimals, price_usd, liquidation_threshold_bps)| AssetTerms {
            symbol: symbol.to_owned(),
            decimals,
            price_usd,
            liquidation_threshold_bps,
        },
    )
    .to_vec()
}

fn with_folder(name: &str, run: impl FnOnce(&Path)) {
    let folder = std::env::temp_dir().join(format!("backstop-book-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    run(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn sample() -> Book {
    let position = |asset, collateral: u128, debt: u128, enabled| BookPosition {
        asset: AssetId(asset),
        collateral: Amount::new(collateral),
        debt: Amount::new(debt),
        enabled,
    };
    let account = |name: &str, e_mode, positions| BookAccount {
        name: name.to_owned(),
        e_mode,
        positions,
    };
    Book {
        accounts: vec![
            account(
                "0xabc",
                0,
                vec![position(0, 1, 0, true), position(1, 0, 2_500_000, false)],
            ),
            account("a, \"b\" #ü", 7, vec![position(1, u128::MAX, 1, true)]),
        ],
    }
}

#[test]
fn every_format_reads_back_what_was_written() {
    with_folder("round", |folder| {
        for name in ["b.csv", "b.json", "b.parquet"] {
            let path = folder.join(name);
            write(&sample(), &assets(), &path).unwrap();
            assert_eq!(read(&path, &assets()).unwrap(), sample(), "{name}");
        }
        assert!(write(&sample(), &assets(), &folder.join("b.xlsx")).is_err());
    });
}

#[test]
fn csv_may_omit_what_has_a_default() {
    with_folder("defaults", |folder| {
        let path = folder.join("b.csv");
        let content =
            "\u{feff}# comment\r\nasset,account,debt,collateral\r\nWETH,x,,1.5\r\nUSDC,x,100,\r\n";
        std::fs::write(&path, content).unwrap();
        let book = read(&path, &assets()).unwrap();
        let position = |asset, collateral, debt| BookPosition {
            asset: AssetId(asset),
            collateral: Amount::new(collateral),
            debt: Amount::new(debt),
            enabled: true,
        };
        let want = vec![
            position(0, 1_500_000_000_000_000_000, 0),
            position(1, 0, 100_000_000),
        ];
        assert_eq!(book.accounts[0].positions, want);
    });
}

fn spec(accounts: u32) -> SyntheticBook {
    let quantiles = |pairs: &[(f64, f64)]| Quantiles::new(pairs.to_vec()).unwrap();
    SyntheticBook {
        accounts,
        total_debt_usd: Some(5e7),
        seed: None,
        collateral: vec![(AssetId(0), 0.8), (AssetId(1), 0.15), (AssetId(2), 0.05)],
        debt: vec![(AssetId(2), 0.6), (AssetId(3), 0.4)],
        debt_usd: quantiles(&[(0.0, 20.0), (0.5, 1500.0), (0.9, 20_000.0), (1.0, 2e6)]),
        health_factor: quantiles(&[(0.0, 1.02), (0.25, 1.3), (0.5, 1.8), (1.0, 50.0)]),
        multi_asset_share: 0.3,
    }
}

/// Debt in USD and health factor, in floating point, independently of the generator.
fn measure(account: &BookAccount) -> (f64, f64) {
    let terms = terms();
    let (mut weighted, mut debt) = (0.0, 0.0);
    for p in &account.positions {
        let asset = &terms[usize::from(p.asset.0)];
        let value = |amount| tokens_from_amount(amount, asset.decimals) * asset.price_usd;
        if p.enabled {
            weighted += value(p.collateral) * f64::from(asset.liquidation_threshold_bps) / 1e4;
        }
        debt += value(p.debt);
    }
    (debt, weighted / debt)
}

#[test]
fn synthetic_books_meet_their_quantiles() {
    let n = 5_000;
    let spec = spec(n);
    let book = generate(&spec, &terms(), 11).unwrap();
    let mut debts: Vec<f64> = book.accounts.iter().map(|a| measure(a).0).collect();
    let mut healths: Vec<f64> = book.accounts.iter().map(|a| measure(a).1).collect();
    debts.sort_by(f64::total_cmp);
    healths.sort_by(f64::total_cmp);
    assert!(healths[0] > 1.019, "{}", healths[0]);
    let total: f64 = debts.iter().sum();
    assert!((total / 5e7 - 1.0).abs() < 1e-4, "{total}");
    // Sizes keep their proportions; health factors are met as stated.
    let factor = debts[2_500] / spec.debt_usd.value(0.5);
    for k in [1, 10, 500, 1_250, 2_500, 4_000, 4_900] {
        let share = (k as f64 + 0.5) / f64::from(n);
        let (low, high) = (share - 1.0 / f64::from(n), share + 1.0 / f64::from(n));
        let h = healths[k];
        assert!(
            spec.health_factor.value(low) * 0.9999 < h
                && h < spec.health_factor.value(high) * 1.0001
        );
        let d = debts[k] / factor;
        assert!(
            spec.debt_usd.value(low) * 0.99 < d && d < spec.debt_usd.value(high) * 1.01,
            "{k} {d}"
        );
    }
    let several = book
        .accounts
        .iter()
        .filter(|a| a.positions.len() > 2)
        .count();
    assert!((1_000..1_700).contains(&several), "{several}");
    for account in &book.accounts {
        let mut ids: Vec<_> = account.positions.iter().map(|p| p.asset).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), account.positions.len(), "{account:?}");
    }
}

#[test]
fn synthetic_books_are_deterministic() {
    let book = |seed| generate(&spec(300), &terms(), seed).unwrap();
    assert_eq!(book(1), book(1));
    assert_ne!(book(1), book(2));
    let fixed = SyntheticBook {
        seed: Some(2),
        ..spec(300)
    };
    assert_eq!(generate(&fixed, &terms(), 1).unwrap(), book(2));
    expect_test::expect![[r#"
        account,asset,collateral,debt,enabled,e_mode
        synthetic-000000,WETH,67.09656074217949,0,true,0
        synthetic-000000,DAI,0,7073.21,false,0
        synthetic-000001,WETH,1.1258605709615386,0,true,0
        synthetic-000001,USDC,0,166.11,false,0
    "#]]
    .assert_eq(&first_lines(&book(1), 5));
}

fn first_lines(book: &Book, lines: usize) -> String {
    let units: Vec<AssetUnit> = terms()
        .into_iter()
        .map(|t| AssetUnit {
            symbol: t.symbol,
            decimals: t.decimals,
        })
        .collect();
    let mut text = String::new();
    with_folder("lines", |folder| {
        let path = folder.join("b.csv");
        write(book, &units, &path).unwrap();
        let all = std::fs::read_to_string(&path).unwrap();
        text = all
            .lines()
            .take(lines)
            .flat_map(|line| [line, "\n"])
            .collect();
    });
    text
}

#[test]
fn impossible_synthetic_books_are_refused() {
    let refuse = |change: &dyn Fn(&mut SyntheticBook, &mut Vec<AssetTerms>)| {
        let (mut spec, mut terms) = (spec(10), terms());
        change(&mut spec, &mut terms);
        generate(&spec, &terms, 1).unwrap_err()
    };
    let errors = [
        refuse(&|_, terms| terms[0].liquidation_threshold_bps = 0),
        refuse(&|_, terms| terms[3].price_usd = f64::NAN),
        refuse(&|spec, _| spec.debt = vec![(AssetId(0), 1.0)]),
        refuse(&|spec, _| spec.debt = vec![(AssetId(9), 1.0)]),
        refuse(&|_, terms| terms[2].price_usd = 1e12),
    ];
    expect_test::expect![[r#"
        WETH cannot be collateral: its threshold is 0
        DAI has no price at the start
        a collateral has no other asset to borrow against it
        asset 9 is not in the list
        62508.6697210112 USD is less than one base unit of USDC"#]]
    .assert_eq(&errors.join("\n"));
    for pairs in [
        vec![],
        vec![(0.0, 1.0)],
        vec![(0.0, 1.0), (0.5, 2.0)],
        vec![(0.1, 1.0), (1.0, 2.0)],
        vec![(0.0, 1.0), (0.5, f64::NAN), (1.0, 2.0)],
        vec![(0.0, 1.0), (f64::NAN, 1.5), (1.0, 2.0)],
        vec![(0.0, 0.0), (1.0, 2.0)],
        vec![(0.0, 3.0), (1.0, 2.0)],
    ] {
        assert!(Quantiles::new(pairs.clone()).is_err(), "{pairs:?}");
    }
}
