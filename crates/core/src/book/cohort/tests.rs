use super::*;
use crate::protocol::AssetId;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Wide = ruint::Uint<640, 10>;

/// Assets of which the last three share a bit.
const ASSETS: [u16; 6] = [0, 1, 126, 127, 128, 200];

/// Coefficients over [`ASSETS`] and the slack: all that a contract's rule may do.
#[derive(Clone, Debug)]
struct Line {
    support: [u64; 6],
    burden: [u64; 6],
    slack: u64,
}

/// Small numbers, so that ties are frequent, and large ones, so that bits are lost.
fn price() -> impl Strategy<Value = U256> {
    prop_oneof![
        8 => (0u64..13).prop_map(U256::from),
        4 => (0u64..13, 0usize..240, 0u64..3)
            .prop_map(|(n, shift, more)| (U256::from(n) << shift) + U256::from(more)),
        2 => (1u64..13, 60usize..70, 0u64..3)
            .prop_map(|(n, shift, less)| (U256::from(n) << shift) - U256::from(less)),
        1 => (0usize..4).prop_map(|shift| U256::MAX >> shift),
    ]
}

/// Two lists of prices that the one account `a` · P against `b` · Q + slack ties at: the
/// anchor is any, the end is where both sides are equal to the unit.
#[derive(Clone, Debug)]
struct Tie {
    a: u64,
    b: u64,
    slack: u64,
    anchor: [U256; 2],
    end: [U256; 2],
}

fn tie() -> impl Strategy<Value = Tie> {
    let scaled = |most: u64, shifts: usize| {
        (1..=most, 0..=shifts, 0u64..4)
            .prop_map(|(n, shift, more)| (U256::from(n) << shift) + U256::from(more))
    };
    let coefficient = || prop_oneof![1u64..60, 1u64..100_000];
    let anchor = || prop_oneof![scaled(400, 0), scaled(400, 80), scaled(u64::MAX, 90)];
    let end = (
        prop_oneof![scaled(12, 0), scaled(12, 80), scaled(u64::MAX, 90)],
        0u64..4,
    );
    (coefficient(), coefficient(), anchor(), anchor(), end).prop_map(
        |(a, b, support, burden, (k, j))| Tie {
            a,
            b,
            slack: a * j,
            anchor: [support, burden],
            // a · (b·k + j) = b · (a·k) + a·j
            end: [U256::from(b) * k + U256::from(j), U256::from(a) * k],
        },
    )
}

fn line() -> impl Strategy<Value = Line> {
    let coefficients = || {
        let one = prop_oneof![3 => Just(0u64), 3 => 0u64..7, 1 => any::<u64>()];
        prop::array::uniform6(one)
    };
    let slack = prop_oneof![3 => Just(0u64), 1 => 0u64..9];
    (coefficients(), coefficients(), slack).prop_map(|(support, burden, slack)| Line {
        support,
        burden,
        slack,
    })
}

/// Prices by asset number; what is beyond the end of a list is left to the default.
fn listed(prices: [U256; 6], cut: bool) -> Vec<U256> {
    let mut list = vec![U256::from(5u64); 201];
    for (asset, price) in ASSETS.into_iter().zip(prices) {
        list[usize::from(asset)] = price;
    }
    list.truncate(if cut { 128 } else { 201 });
    list
}

fn at(list: &[U256], asset: u16, missing: U256) -> U256 {
    list.get(usize::from(asset)).copied().unwrap_or(missing)
}

/// Σ coefficient × price; `None` where a price that matters is unknown.
fn sum(coefficients: [u64; 6], list: &[U256], missing: U256) -> Option<Wide> {
    let items = ASSETS.into_iter().zip(coefficients).filter(|(_, c)| *c > 0);
    items
        .map(|(asset, c)| {
            let price = at(list, asset, missing);
            (missing.is_zero() || price != U256::MAX).then(|| Wide::from(price) * Wide::from(c))
        })
        .sum()
}

fn set(coefficients: [u64; 6]) -> AssetSet {
    let items = ASSETS.into_iter().zip(coefficients).filter(|(_, c)| *c > 0);
    items.map(|(asset, _)| AssetId(asset)).collect()
}

/// The tightest bounds that the contract of [`Exposure`] allows.
fn exposure(line: &Line, anchor: View<'_>) -> Exposure {
    let most = Wide::from(U256::MAX);
    let value = |sum: Wide| Value(U256::from_limbs_slice(&sum.min(most).into_limbs()[..4]));
    Exposure {
        collateral_assets: set(line.support),
        debt_assets: set(line.burden),
        collateral: sum(line.support, anchor.support, U256::ZERO).map_or(Value::ZERO, value),
        debt: sum(line.burden, anchor.burden, U256::MAX).map_or(Value::MAX, value),
        slack: Value(U256::from(line.slack)),
    }
}

/// Whether the contract lets the account be in breach.
fn may_breach(line: &Line, prices: View<'_>) -> bool {
    let support = sum(line.support, prices.support, U256::ZERO).expect("support is known");
    let burden = sum(line.burden, prices.burden, U256::MAX);
    burden.is_none_or(|burden| support <= burden + Wide::from(line.slack))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    /// Whatever the contract lets be in breach has been passed, at every later tick.
    #[test]
    fn passes_whatever_may_breach(
        lines in prop::collection::vec(line(), 1..4),
        path in prop::collection::vec(
            (prop::array::uniform6(price()), prop::array::uniform6(price()), any::<[bool; 2]>()),
            2..5,
        ),
        carries: [bool; 5],
    ) {
        let path: Vec<(Vec<U256>, Vec<U256>)> = path
            .into_iter()
            .map(|(support, burden, [a, b])| (listed(support, a), listed(burden, b)))
            .collect();
        let views = path.iter().map(|(support, burden)| View { support, burden });
        let views: Vec<View<'_>> = views.collect();
        let filed = |(id, line): (u32, &Line)| {
            Filed::new(id, u64::from(id), Entry::of_exposure(&exposure(line, views[0])))
        };
        let entries: Vec<Filed> = (0..).zip(&lines).map(filed).collect();
        let mut generation = Generation::new(views[0], &entries);
        let mut passed = BTreeSet::new();
        for (view, carry) in views.into_iter().zip(carries) {
            generation.pass(view, &mut Ratios::new(), |id, number| {
                assert_eq!(number, u64::from(id));
                assert!(passed.insert(id), "{id} passed twice");
            });
            for (id, line) in (0..).zip(&lines) {
                prop_assert!(passed.contains(&id) || !may_breach(line, view), "missed {line:?}");
            }
            prop_assert_eq!(generation.left(), lines.len() - passed.len());
            if carry {
                let mut carried = Vec::new();
                generation.carry(view, &mut Ratios::new(), |filed| {
                    let (Ok(held) | Err(held)) = filed;
                    assert_eq!(held.number, u64::from(held.id));
                    match filed {
                        Ok(filed) => carried.push(filed),
                        Err(held) => assert!(passed.insert(held.id), "{} given up after it was passed", held.id),
                    }
                });
                prop_assert!(carried.iter().all(|filed| !passed.contains(&filed.id)));
                prop_assert_eq!(carried.len(), lines.len() - passed.len());
                generation = Generation::new(view, &carried);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// At a tie of both sides every rounding must go the safe way.
    #[test]
    fn passes_ties(tie in tie()) {
        let side = |prices: [U256; 2]| (vec![prices[0]], vec![prices[1]]);
        let (anchor, end) = (side(tie.anchor), side(tie.end));
        let line = Line {
            support: [tie.a, 0, 0, 0, 0, 0],
            burden: [tie.b, 0, 0, 0, 0, 0],
            slack: tie.slack,
        };
        let anchor = View { support: &anchor.0, burden: &anchor.1 };
        let end = View { support: &end.0, burden: &end.1 };
        prop_assert!(may_breach(&line, end));
        let mut generation =
            Generation::new(anchor, &[Filed::new(0, 0, Entry::of_exposure(&exposure(&line, anchor)))]);
        let mut passed = false;
        generation.pass(end, &mut Ratios::new(), |_, _| passed = true);
        prop_assert!(passed);
    }
}

/// Whether one account is passed at the last of three prices of its support and burden, after its entry
/// was carried on at the second.
fn is_passed_after_carry(line: &Line, path: [(U256, U256); 3]) -> bool {
    let [anchor, middle, end] = path.map(|(support, burden)| (vec![support], vec![burden]));
    let view = |side: &(Vec<U256>, Vec<U256>)| {
        may_breach(
            line,
            View {
                support: &side.0,
                burden: &side.1,
            },
        )
    };
    assert!(view(&end), "breaches at the end");
    let [anchor, middle, end] =
        [&anchor, &middle, &end].map(|(support, burden)| View { support, burden });
    let entry = Entry::of_exposure(&exposure(line, anchor));
    let mut generation = Generation::new(anchor, &[Filed::new(0, 0, entry)]);
    let (mut passed, mut carried) = (false, Vec::new());
    generation.pass(middle, &mut Ratios::new(), |_, _| passed = true);
    generation.carry(middle, &mut Ratios::new(), |filed| carried.push(filed));
    if passed || carried.iter().any(Result::is_err) {
        return true;
    }
    let carried: Vec<Filed> = carried.into_iter().flatten().collect();
    let mut generation = Generation::new(middle, &carried);
    generation.pass(end, &mut Ratios::new(), |_, _| passed = true);
    passed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// At a tie after a carry, with ratios that are exact: only the key is rounded.
    #[test]
    fn passes_ties_after_a_carry(
        a in 1u64..60, b in 1u64..60, anchor in [0usize..12, 0usize..12],
        shift in [0usize..12, 0usize..12], times in [1u64..=16, 1u64..=16], k in 1u64..4,
    ) {
        // 720 720 is a multiple of every number up to 16.
        let k = k * 720_720;
        let line = Line {
            support: [a, 0, 0, 0, 0, 0],
            burden: [b, 0, 0, 0, 0, 0],
            slack: 0,
        };
        let one = U256::ONE;
        let path = [
            (one << anchor[0], one << anchor[1]),
            (U256::from(times[0]) << shift[0], U256::from(times[1]) << shift[1]),
            (U256::from(b * k), U256::from(a * k)),
        ];
        prop_assert!(is_passed_after_carry(&line, path));
    }
}

/// The slack alone lets an account be in breach that has lost 99 % before its entry was carried on and
/// 99 % after, while its debt has become worthless.
#[test]
fn a_carry_keeps_the_range_of_an_entry() {
    let line = Line {
        support: [1, 0, 0, 0, 0, 0],
        burden: [1, 0, 0, 0, 0, 0],
        slack: 100,
    };
    let path = [(1_000_000u64, 1_000u64), (10_000, 10), (100, 0)];
    let path = path.map(|(support, burden)| (U256::from(support), U256::from(burden)));
    assert!(is_passed_after_carry(&line, path));
}

/// A price near a simple multiple of the anchor, where a lost bit shows.
fn anchor_and_price() -> impl Strategy<Value = (U256, U256)> {
    let near = (
        price(),
        any::<u64>(),
        0usize..100,
        0u64..5,
        0u64..3,
        0u64..5,
    )
        .prop_map(|(small, n, shift, times, more, less)| {
            let anchor = small.max(U256::from(n) << shift);
            let price = anchor.saturating_mul(U256::from(times));
            let price = price.saturating_add(U256::from(more));
            (anchor, price.saturating_sub(U256::from(less)))
        });
    prop_oneof![2 => near, 1 => (price(), price())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// Ratios of prices are on the named side of the truth and close to it.
    #[test]
    fn ratios_round_as_named((anchor, price) in anchor_and_price()) {
        let one = Wide::from(1u64) << 48;
        let exact: Wide = Wide::from(price) * one;
        let anchor_wide = Wide::from(anchor);
        let floor = Scale::of_support(anchor).floor(price);
        let ceil = Scale::of_burden(anchor).ceil(price);
        if anchor.is_zero() {
            prop_assert_eq!(floor, u64::MAX);
            prop_assert_eq!(ceil, if price.is_zero() { 0 } else { u64::MAX });
            return Ok(());
        }
        // Off by one unit, by 2^-60 of the ratio and by the price's lost bits at most.
        let lost = one << anchor.bit_len().saturating_sub(63);
        let near = |ratio: u64| Wide::from(ratio) * anchor_wide / (one << 12) + lost;
        prop_assert!(Wide::from(floor) * anchor_wide <= exact);
        if floor < u64::MAX {
            let next = Wide::from(floor) * anchor_wide + anchor_wide;
            prop_assert!(next + near(floor) >= exact);
        } else {
            prop_assert!(exact >= anchor_wide << 63);
        }
        if price == U256::MAX {
            prop_assert_eq!(ceil, u64::MAX);
        } else if ceil < u64::MAX {
            prop_assert!(Wide::from(ceil) * anchor_wide >= exact);
            let less = exact + anchor_wide + near(ceil);
            prop_assert!(Wide::from(ceil) * anchor_wide <= less);
        } else {
            prop_assert!(exact >= anchor_wide << 63);
        }
    }
}

proptest! {
    #[test]
    fn prices_are_cut_where_told(limbs: [u64; 4], small in 0usize..256, shift in 0usize..256) {
        for price in [U256::from_limbs(limbs) >> small, U256::from(limbs[0]) << small] {
            let short = u128::try_from(price >> shift).unwrap_or(u128::MAX);
            let exact = price.is_zero() || price.trailing_zeros() >= shift;
            prop_assert_eq!(shorten(price, shift), (short, exact), "{} {}", price, shift);
        }
    }
}

/// A filter that passes everything would be sound too; this one is also tight.
#[test]
fn passes_little_else() {
    let side = |price: u64| vec![U256::from(price) * crate::units::RAY; 2];
    // Health 1.25: ends when support over burden has fallen to 0.8.
    let cases = [
        (1_000_000, 1_000_000, false),
        (800_001, 1_000_000, false),
        (800_000, 1_000_000, true),
        (1_000_000, 1_249_999, false),
        (1_000_000, 1_250_000, true),
        (500_000, 600_000, false),
        (500_000, 625_000, true),
        (5_000_000, 1_000_000, false),
        (4_000, 1_000, false),
        (3_000, 3_000, true),
    ];
    for (support, burden, want) in cases {
        let (start, end) = (
            (side(1_000_000), side(1_000_000)),
            (side(support), side(burden)),
        );
        let entry = Entry::of_exposure(&Exposure {
            collateral_assets: AssetSet::EMPTY.with(AssetId(0)),
            debt_assets: AssetSet::EMPTY.with(AssetId(1)),
            collateral: Value::new(1_250_000_000_000),
            debt: Value::new(1_000_000_000_000),
            slack: Value::new(1),
        });
        let view = |sides: &(Vec<U256>, Vec<U256>)| -> bool {
            let anchor = View {
                support: &start.0,
                burden: &start.1,
            };
            let mut generation = Generation::new(anchor, &[Filed::new(9, 0, entry)]);
            let mut passed = false;
            generation.pass(
                View {
                    support: &sides.0,
                    burden: &sides.1,
                },
                &mut Ratios::new(),
                |_, _| passed = true,
            );
            passed
        };
        assert_eq!(view(&end), want, "{support} over {burden}");
    }
}

/// The most frequent signatures get their own cohort, the rest share one under their union.
#[test]
fn rare_signatures_share_a_cohort() {
    let signature = |n: u16| Entry {
        assets: Signature {
            support: AssetSet::EMPTY.with(AssetId(n % 10)),
            burden: AssetSet::EMPTY.with(AssetId(n / 10)),
        },
        key: u64::from(n),
    };
    let filed = |id: u16, n: u16| Filed::new(u32::from(id), 0, signature(n));
    let mut entries: Vec<Filed> = (0..100).map(|n| filed(n, n)).collect();
    entries.extend((0..63).map(|n| filed(n + 100, n)));
    let (cohorts, of_entries) = signatures(&entries);
    assert_eq!(cohorts.len(), COHORTS_MAX);
    let told = entries.iter().zip(of_entries);
    let kept = told
        .clone()
        .filter(|(filed, at)| cohorts[*at] == filed.entry.assets);
    assert_eq!(kept.count(), 126);
    for (filed, at) in told {
        assert_eq!(cohorts[at].union(filed.entry.assets), cohorts[at]);
    }
}
