use super::super::Trust;
use super::super::tests::{problem, with};
use super::*;

#[test]
fn absent_is_off_and_every_key_has_a_default() {
    assert!(with(&[]).unwrap().policies.is_empty());
    for policy in POLICIES {
        let key = format!("policy.{}", policy.name);
        // A design that can have it.
        let designs = [
            ("aave", "3.3"),
            ("maker", "2.0"),
            ("compound-v2", "a3214f6"),
        ];
        let fits = |(family, _): &(&str, &str)| policy.refused_by(family).is_none();
        let (family, version) = designs.into_iter().find(fits).unwrap();
        let with = |overrides: &[(&str, &str)]| {
            let design = [("protocol.family", family), ("protocol.version", version)];
            with(&[&design, overrides].concat())
        };
        let on = with(&[(&key, "on")]).unwrap();
        let (spec, plain) = (&on.policies[0], with(&[]).unwrap());
        assert_eq!(on.policies.len(), 1, "{}", policy.name);
        assert_eq!(spec.values.len(), policy.keys.len(), "{}", policy.name);
        let without = Scenario {
            policies: Vec::new(),
            ..on.clone()
        };
        assert_ne!(without, plain, "{} changes nothing", policy.name);
        assert_eq!(with(&[(&key, "{}")]).unwrap(), on);
        assert_eq!(with(&[(&key, "on"), (&key, "off")]).unwrap(), plain);
    }
}

#[test]
fn names_are_kebab_case_and_unique() {
    for (i, policy) in POLICIES.iter().enumerate() {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(policy.name.chars().all(kebab), "{}", policy.name);
        assert!(POLICIES[..i].iter().all(|other| other.name != policy.name));
    }
}

/// The page names every policy with every key, and nothing else.
#[test]
fn the_page_lists_them_in_order() {
    let page = include_str!("../../../../../docs/policies/README.md");
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != "| policy | what it does | keys and defaults |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), POLICIES.len());
    for (row, policy) in rows.iter().zip(POLICIES) {
        assert!(row.starts_with(&format!("| `{}` |", policy.name)), "{row}");
        for key in policy.keys {
            assert!(
                row.contains(&format!("`{}`", key.name)),
                "{}: {row}",
                key.name
            );
        }
    }
}

/// Every policy has a page of its own, which names its keys and stands in the table of effects or says why not.
#[test]
fn each_has_a_page() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policies");
    let effects = std::fs::read_to_string(pages.join("effects.md")).unwrap();
    for policy in POLICIES {
        let page = std::fs::read_to_string(pages.join(format!("{}.md", policy.name)));
        let page = page.unwrap_or_else(|why| panic!("{}: {why}", policy.name));
        assert!(
            page.starts_with(&format!("# `{}`\n", policy.name)),
            "{}",
            policy.name
        );
        for key in policy.keys {
            let row = format!("| `{}` |", key.name);
            assert!(page.contains(&row), "{}: {row}", policy.name);
        }
        let named = format!("`{}`", policy.name);
        assert!(effects.contains(&named), "{}", policy.name);
    }
}

#[test]
fn keys_change_what_they_say() {
    let scenario = with(&[
        ("policy.oracle-twap.window_s", "600"),
        ("policy.oracle-delay.assets", "DAI"),
        ("policy.threshold-offset.offset_bps", "-500"),
        ("policy.bonus-offset.offset_bps", "100"),
        ("policy.insurance-fund.amount_usd", "5e6"),
        ("policy.treasury-reserve", "on"),
    ])
    .unwrap();
    let [weth, dai] = &scenario.assets[..] else {
        panic!("two assets");
    };
    assert_eq!((weth.oracle.twap_s, dai.oracle.twap_s), (600, 0));
    assert_eq!((weth.oracle.delay_s, dai.oracle.delay_s), (60, 3_600));
    assert_eq!(
        (weth.liquidation_threshold_bps, weth.book_threshold_bps),
        (7_500, 8_000)
    );
    assert_eq!((weth.ltv_bps, weth.liquidation_bonus_bps), (7_500, 600));
    let layers: Vec<_> = scenario.waterfall.iter().map(|l| l.amount_usd).collect();
    assert_eq!(layers, [2e6, 5e6]);
    // In the order of the registry, not of the file.
    let names: Vec<_> = scenario.policies.iter().map(|spec| spec.name).collect();
    let listed = POLICIES.iter().map(|policy| policy.name);
    let listed: Vec<_> = listed.filter(|name| names.contains(name)).collect();
    assert_eq!(names, listed);
}

#[test]
fn layers_stand_in_the_order_of_seniority_around_those_of_the_scenario() {
    let names = [
        "tranches",
        "debt-auction",
        "first-loss",
        "safety-module",
        "backstop-pool",
        "insurance-fund",
        "surplus-buffer",
        "treasury-reserve",
    ];
    let keys = names.map(|name| format!("policy.{name}"));
    let mut set: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "on")).collect();
    let layers = with(&set).unwrap().waterfall;
    let places: Vec<_> = layers.iter().map(|spec| spec.layer.seniority()).collect();
    assert_eq!(places, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(layers[7].amount_usd, 1e7);
    // A scenario's own order stays.
    let own = "[{ layer = \"insurance_fund\", amount_usd = 5 }, { layer = \"first_loss\", amount_usd = 7 }]";
    set.insert(0, ("waterfall", own));
    let amounts: Vec<_> = with(&set).unwrap().waterfall;
    let amounts: Vec<_> = amounts.iter().map(|spec| spec.amount_usd).collect();
    let million = 1e6;
    let want = [
        million,
        million,
        million + 5.0,
        million + 7.0,
        million,
        million,
        million,
        1e7,
    ];
    assert_eq!(amounts, want);
    let own = "[{ layer = \"tranches\", sizes_usd = [1, 2] }]";
    let found = problem(&[("waterfall", own), ("policy.tranches", "on")]);
    assert!(found.contains("tranches of its own"), "{found}");
}

#[test]
fn several_sources_keep_their_list_and_take_the_limits() {
    let scenario = with(&[
        ("policy.oracle-robust.sources", "7"),
        ("policy.oracle-robust.noise_bps", "25"),
        ("policy.oracle-robust.assets", "WETH"),
    ]);
    let scenario = scenario.unwrap();
    let made = scenario.assets[0].sources.as_ref().unwrap();
    assert_eq!((made.list.len(), made.list[6].noise_bps), (7, 25.0));
    assert!(scenario.assets[1].sources.is_none());
    let own = "{ trust = \"naive\", max_age_s = 77, list = [{ kind = \"outside\", lag_s = 9 }] }";
    let scenario = with(&[
        ("oracle.WETH.sources", own),
        ("policy.oracle-robust.outlier_bps", "300"),
    ]);
    let kept = scenario.unwrap().assets[0].sources.clone().unwrap();
    assert_eq!(
        (kept.trust, kept.max_age_s, kept.outlier_bps),
        (Trust::Robust, 77, 300)
    );
    assert_eq!((kept.list.len(), kept.list[0].lag_s), (1, 9));
}

#[test]
fn warned_borrowers_act_earlier_and_more_of_them() {
    let silent = with(&[("policy.borrower-alerts", "on")]).unwrap().borrowers;
    assert!((silent.top_up - 0.1).abs() < 1e-12 && (silent.repay - 0.1).abs() < 1e-12);
    assert!((silent.ignore - 0.8).abs() < 1e-12);
    assert_eq!((silent.trigger_health, silent.delay_s), (1.25, 600));
    let table = "{ ignore = 0.6, top_up = 0.3, repay = 0.1, trigger_health = 1.3, target_health = 1.4, \
                 delay_s = 60, budget_share = 0.5 }";
    let more = with(&[
        ("borrowers", table),
        ("policy.borrower-alerts.share", "0.5"),
    ]);
    let more = more.unwrap().borrowers;
    assert!((more.top_up - 0.525).abs() < 1e-12 && (more.repay - 0.175).abs() < 1e-12);
    assert_eq!((more.trigger_health, more.delay_s), (1.3, 60));
    assert_eq!((more.target_health, more.budget_share), (1.5, 0.5));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (key, value, parts) in [
        (
            "policy.oracle-twp",
            "on",
            &["unknown policy", "did you mean \"oracle-twap\"?"][..],
        ),
        (
            "policy.oracle-twap.windw_s",
            "1",
            &["unknown key; allowed: window_s, assets; did you mean \"window_s\"?"],
        ),
        (
            "policy.oracle-twap.window_s",
            "0",
            &["found 0; allowed: a whole number from 1 to"],
        ),
        (
            "policy.oracle-twap.assets",
            "[\"WETH\", \"WETH\"]",
            &["each once"],
        ),
        (
            "policy.oracle-twap.assets",
            "WBTC",
            &["one of the assets WETH, DAI"],
        ),
        (
            "policy.oracle-twap",
            "7",
            &["found 7; allowed: a table of keys, \"on\", \"off\""],
        ),
        (
            "policy.threshold-offset.offset_bps",
            "1_600",
            &["threshold of WETH from 8000 bps", "1 to 9523 bps"],
        ),
        (
            "policy.bonus-offset.offset_bps",
            "-600",
            &["bonus of WETH from 500 bps out of its bounds"],
        ),
    ] {
        let found = problem(&[(key, value)]);
        for part in parts {
            assert!(found.contains(part), "{part} is missing in {found}");
        }
    }
}

/// Every family says of every part whether it can be changed; a refusal names policy, family and reason.
#[test]
fn immutable_protocols_refuse_by_name() {
    for (family, version, policy, part) in [
        (
            "morpho",
            "1.0.0",
            "threshold-offset",
            "markets are immutable",
        ),
        (
            "morpho",
            "1.0.0",
            "insurance-fund",
            "suppliers bear bad debt",
        ),
        ("liquity", "v1", "oracle-twap", "nobody can change"),
        (
            "maker",
            "2.0",
            "bonus-offset",
            "its auctions find the price",
        ),
    ] {
        let key = format!("policy.{policy}");
        let set = [
            ("protocol.family", family),
            ("protocol.version", version),
            (key.as_str(), "on"),
        ];
        let found = problem(&set);
        let named = format!("{family} cannot have {policy}: ");
        assert!(
            found.contains(&named) && found.contains(part) && found.contains(&key),
            "{found}"
        );
    }
    let aave = with(&[("policy.threshold-offset", "on")]).unwrap();
    assert_eq!(aave.policies_refused_by("aave"), None);
    let why = aave.policies_refused_by("morpho").unwrap();
    assert!(why.contains("threshold-offset"), "{why}");
}
