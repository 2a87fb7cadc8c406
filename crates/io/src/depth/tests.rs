use super::*;
use std::path::PathBuf;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/");

fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("backstop-depth-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}

const SAME: Orientation = Orientation {
    base_token: 0,
    decimals: [0, 0],
};

#[test]
fn both_layouts_tell_the_same_ranges() {
    let active = r#"[{"tick": -100, "activeLiquidity": 5, "price0": 1}, {"tick": 0, "activeLiquidity": 8.0},
        {"tick": "200", "activeLiquidity": "8"}]"#;
    let net = r#"[{"tickIdx": "-100", "liquidityNet": "5"}, {"tickIdx": "0", "liquidityNet": 3},
        {"tick": 200, "liquidityNet": "-8", "liquidityGross": "8"}]"#;
    let at = |tick: f64| 1.0001f64.powf(tick);
    for (i, text) in [active, net].into_iter().enumerate() {
        let path = file(&format!("same-{i}.json"), text);
        let ranges = read_ticks(&path, &SAME).unwrap();
        assert_eq!(ranges, [(at(-100.0), 5.0), (1.0, 8.0), (at(200.0), 0.0)]);
        // Seen from token 1, with 6 and 18 decimals: a price of token 0 in token 1 is 10^-12 of it.
        let other = Orientation {
            base_token: 1,
            decimals: [6, 18],
        };
        let ranges = read_ticks(&path, &other).unwrap();
        let want = [(at(-200.0), 8.0), (1.0, 5.0), (at(100.0), 0.0)];
        for ((price, liquidity), (wanted, l)) in ranges.iter().zip(want) {
            assert!((price / (wanted * 1e12) - 1.0).abs() < 1e-12, "{ranges:?}");
            assert!(
                (liquidity * 1e12 / l - 1.0).abs() < 1e-12 || l == 0.0,
                "{ranges:?}"
            );
        }
    }
}

#[test]
fn ticks_are_refused() {
    for (name, text, want) in [
        (
            "text",
            "hello",
            ":1:1: cannot read it as a list in JSON: expected value at line 1 column 1",
        ),
        (
            "cut",
            "[{\"tick\": 1, \"activeLiq",
            ":1:23: cannot read it as a list in JSON: EOF while parsing a string at line 1 column 23",
        ),
        (
            "one",
            "[{\"tick\": 1, \"activeLiquidity\": 1}]",
            ": found 1 ticks; allowed: at least two",
        ),
        (
            "order",
            "[{\"tick\": 1, \"activeLiquidity\": 1}, {\"tick\": 1, \"activeLiquidity\": 1}]",
            ", row 2: tick: found 1 after 1; allowed: ticks that rise",
        ),
        (
            "far",
            "[{\"tick\": -887273, \"activeLiquidity\": 1}, {\"tick\": 1, \"activeLiquidity\": 1}]",
            ", row 1: tick: found \"-887273\"; allowed: a whole number from -887272 to 887272",
        ),
        (
            "part",
            "[{\"tick\": 0.5, \"activeLiquidity\": 1}, {\"tick\": 1, \"activeLiquidity\": 1}]",
            ", row 1: tick: found \"0.5\"; allowed: a whole number from -887272 to 887272",
        ),
        (
            "negative",
            "[{\"tick\": 0, \"activeLiquidity\": -1}, {\"tick\": 1, \"activeLiquidity\": 1}]",
            ", row 1: activeLiquidity: found \"-1\"; allowed: a number from 0 to 1e40 (or liquidityNet)",
        ),
        (
            "missing",
            "[{\"tick\": 0}, {\"tick\": 1}]",
            ", row 1: activeLiquidity: found nothing; allowed: a number from 0 to 1e40 (or liquidityNet)",
        ),
        (
            "below",
            "[{\"tick\": 0, \"liquidityNet\": 1}, {\"tick\": 1, \"liquidityNet\": -2}]",
            ", row 2: liquidityNet: liquidity falls below 0 here; allowed: changes from the lowest tick on",
        ),
        (
            "rest",
            "[{\"tick\": 0, \"liquidityNet\": 2}, {\"tick\": 1, \"liquidityNet\": \"-1\"}]",
            ": liquidityNet: changes add up to 1 at the last tick; allowed: 0, as in a list that is not cut off",
        ),
        (
            "nothing",
            "[{\"tick\": 0, \"activeLiquidity\": 0}, {\"tick\": 1, \"activeLiquidity\": 9}]",
            ": found no liquidity between any two ticks; allowed: some",
        ),
    ] {
        let error = read_ticks(&file(&format!("{name}.json"), text), &SAME).unwrap_err();
        assert!(error.to_string().ends_with(want), "{name}: {error}");
    }
}

#[test]
fn books_of_both_kinds() {
    let csv = file(
        "book.csv",
        "side,price,qty\nbid,99,2\nask,101,3\nbid,98,1\nask,110,4\n",
    );
    let json = file(
        "book.json",
        r#"{"lastUpdateId": 1, "bids": [["99.0", "2"], ["98", "1.0"]], "asks": [["101", "3"], [110, 4]]}"#,
    );
    let want = BookLevels {
        bids: vec![(100.0, 2.0), (200.0, 1.0)],
        asks: vec![(100.0, 3.0), (1_000.0, 4.0)],
    };
    for path in [csv, json] {
        let read = read_order_book(&path).unwrap();
        let near = |a: &[(f64, f64)], b: &[(f64, f64)]| {
            a.iter()
                .zip(b)
                .all(|(a, b)| (a.0 - b.0).abs() < 1e-9 && a.1 == b.1)
        };
        assert!(
            near(&read.bids, &want.bids) && near(&read.asks, &want.asks),
            "{read:?}"
        );
    }
}

#[test]
fn books_are_refused() {
    for (name, text, want) in [
        ("e.csv", "", ": the file is empty"),
        (
            "h.csv",
            "side,price\n",
            ":1: qty: no such column; found the header \"side,price\"; allowed names: qty, quantity, amount",
        ),
        (
            "s.csv",
            "side,price,qty\nmid,1,1\n",
            ":2: side: found \"mid\"; allowed: bid, ask",
        ),
        (
            "n.csv",
            "side,price,qty\nbid,-1,1\n",
            ":2: bids: found a level without price or quantity; allowed: two numbers above 0 and below 1e15",
        ),
        (
            "w.csv",
            "side,price,qty\nbid,1\n",
            ":2: found 2 fields; allowed: 3, as in the other lines",
        ),
        (
            "o.csv",
            "side,price,qty\nbid,1,1\nbid,2,1\n",
            ":3: bids: found 2 after 1; allowed: prices of bids that fall",
        ),
        (
            "a.csv",
            "side,price,qty\nbid,1,1\n",
            ": side: found 1 bids and 0 asks; allowed: at least one of each",
        ),
        (
            "c.csv",
            "side,price,qty\nbid,2,1\nask,2,1\n",
            ": price: found best bid 2, best ask 2; allowed: a bid below the ask",
        ),
        (
            "l.json",
            "{\"bids\": []}",
            ": asks: found no such list; allowed: a list of [price, quantity]",
        ),
        (
            "q.json",
            "{\"bids\": [[1, \"x\"]], \"asks\": []}",
            ", row 1: bids: found a level without price or quantity; allowed: two numbers above 0 and below 1e15",
        ),
    ] {
        let error = read_order_book(&file(name, text)).unwrap_err();
        assert!(error.to_string().ends_with(want), "{name}: {error}");
    }
}

/// Of the recorded pool ETH/USDC: 658 ticks, the price inside, and depth of the right size: the ranges within
/// one percent of 4,317 USDC hold some million dollars and not some thousand or some billion.
#[test]
fn recorded_files_are_read() {
    let path = Path::new(SHARED).join("depth_uniswap_v3_ticks/eth-usdc_liquidity.json.gz");
    let book = Path::new(SHARED).join(
        "depth_binance_l2_hftbacktest/snapshot_spot_ethusdt_20240808_1723161254152322667.csv",
    );
    if !path.exists() || !book.exists() {
        eprintln!("skipped: no shared data folder beside the repository");
        return;
    }
    let orientation = Orientation {
        base_token: 0,
        decimals: [18, 6],
    };
    let ranges = read_ticks(&path, &orientation).unwrap();
    assert_eq!(ranges.len(), 658);
    let (low, high) = (4_317.5 * 0.99, 4_317.5);
    let dollars: f64 = ranges
        .windows(2)
        .map(|pair| {
            let (a, b) = (pair[0].0.clamp(low, high), pair[1].0.clamp(low, high));
            pair[0].1 * (b.sqrt() - a.sqrt())
        })
        .sum();
    assert!((1e5..1e8).contains(&dollars), "{dollars}");
    let levels = read_order_book(&book).unwrap();
    assert_eq!((levels.bids.len(), levels.asks.len()), (1_000, 1_000));
    // The mid is 2683.805, and the deepest bid, 2660.6, lies 86 bps below it.
    let deepest = levels.bids.last().unwrap().0;
    assert!(
        (deepest - (1.0 - 2_660.6 / 2_683.805) * 1e4).abs() < 1e-6,
        "{deepest}"
    );
    let within: f64 = levels
        .bids
        .iter()
        .filter(|l| l.0 <= 25.0)
        .map(|l| l.1)
        .sum();
    assert!(
        (within * 2_683.805 / 4_249_968.0 - 1.0).abs() < 0.01,
        "{within}"
    );
}
