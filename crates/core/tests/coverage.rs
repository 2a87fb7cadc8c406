//! Waterfalls of random layers over random deficits: what holds after each.

#![allow(clippy::unwrap_used, reason = "a failed conversion fails the test")]

mod dice;
#[path = "coverage/plan.rs"]
mod plan;

use backstop_core::coverage::{Cause, Deficit, Layer, Payment, Socialised, Terms, Waterfall};
use backstop_core::protocol::AssetId;
use backstop_core::units::{Amount, Rounding, Timestamp, U256, Value, mul_div, pow10};
use dice::Dice;
use plan::{Kind, Plan, Seat};
use proptest::prelude::*;

/// Most asset units that money buys.
fn units(money: Value, deficit: &Deficit) -> Amount {
    let unit = pow10(deficit.decimals).unwrap();
    mul_div(money.0, unit, deficit.price.0, Rounding::Floor).map_or(Amount::MAX, Amount)
}

/// What a seat's layer held and could pay before a deficit, by the terms as the test counts them.
struct Before {
    left: Option<Value>,
    most: Option<Value>,
}

/// What each layer has paid for each asset, kept beside the waterfall.
type Paid = Vec<[Value; plan::ASSETS]>;

fn before(waterfall: &Waterfall, terms: &[Terms], paid: &Paid, deficit: &Deficit) -> Vec<Before> {
    let layers = waterfall.layers().zip(terms).zip(paid);
    layers
        .map(|((layer, terms), paid)| {
            let so_far = paid[usize::from(deficit.asset.0)];
            let asset = terms.asset_max.get(&deficit.asset);
            let asset = asset.map(|max| max.minus_or_zero(so_far));
            let limits = [layer.payable(), terms.event_max, asset];
            Before {
                left: layer.left(),
                most: limits.into_iter().flatten().min(),
            }
        })
        .collect()
}

/// INV-11, INV-35: amounts sum to the deficit, losses to the payment, and who paid has that less.
fn conserves(deficit: &Deficit, payments: &[Payment]) {
    let amounts = payments.iter().fold(Amount::ZERO, |sum, payment| {
        sum.plus(payment.amount).unwrap()
    });
    assert_eq!(amounts, deficit.amount, "INV-11");
    for payment in payments {
        let mut lost = Value::ZERO;
        for loss in &payment.losses {
            lost = lost.plus(loss.paid).unwrap();
            if let (Some(before), Some(after)) = (loss.before, loss.after) {
                assert_eq!(after.plus(loss.paid), Ok(before), "INV-35: {loss:?}");
            }
        }
        assert_eq!(lost, payment.value, "INV-35: {payment:?}");
        let unit = pow10(deficit.decimals).unwrap();
        let exact = mul_div(payment.amount.0, deficit.price.0, unit, Rounding::Ceil);
        assert_eq!(payment.value, exact.map_or(Value::MAX, Value), "INV-35");
    }
}

/// INV-36: nobody pays beyond what it holds or may, what is excluded takes nothing, and who comes
/// later pays only where all before it that cover the deficit cannot pay one more unit.
fn keeps_order(
    waterfall: &Waterfall,
    terms: &[Terms],
    before: &[Before],
    deficit: &Deficit,
    payments: &[Payment],
    paid: &mut Paid,
) {
    let mut rest = payments.iter().peekable();
    let seats = waterfall.layers().zip(terms).zip(before).zip(paid);
    for (((layer, terms), before), paid) in seats {
        let payment = rest.next_if(|payment| payment.layer == layer.name());
        let excluded = terms.excluded_assets.contains(&deficit.asset)
            || terms.excluded_causes.contains(&deficit.cause);
        let value = payment.map_or(Value::ZERO, |payment| payment.value);
        if excluded {
            assert!(payment.is_none(), "INV-36: {layer:?} covers {deficit:?}");
        }
        if let Some(most) = before.most {
            let room = most.minus(value).expect("INV-36: above a limit");
            if rest.peek().is_some() && !excluded {
                let more = units(room, deficit);
                assert!(more.is_zero(), "INV-36: {layer:?} could pay {more} more");
            }
        }
        if let (Some(had), Some(left)) = (before.left, layer.left()) {
            // Odd units of money move between who is limited by contracts and who by equity.
            let odd = payment.map_or(0, |payment| payment.losses.len() as u64);
            let odd = if layer.name() == "auto-deleveraging" {
                odd
            } else {
                0
            };
            let most = had.minus(value).unwrap().0 + U256::from(odd);
            assert!(left.0 <= most, "INV-36: {layer:?} has grown");
        }
        let sum = &mut paid[usize::from(deficit.asset.0)];
        *sum = Value(sum.0.saturating_add(value.0));
    }
    assert!(rest.next().is_none(), "INV-36: payments out of order");
}

/// INV-37: what layers keep of an income and what is passed on sums to it.
fn receives(waterfall: &mut Waterfall, income: Value) {
    let held = |waterfall: &Waterfall| {
        let left = waterfall.layers().filter_map(Layer::left);
        left.fold(Value::ZERO, |sum, left| Value(sum.0.saturating_add(left.0)))
    };
    let had = held(waterfall);
    let passed = waterfall.receive(income);
    let kept = income.minus(passed).expect("INV-37: more than came in");
    assert_eq!(held(waterfall).minus(had), Ok(kept), "INV-37");
}

fn run(plan: &Plan) {
    let mut waterfall = plan.waterfall();
    let mut terms: Vec<Terms> = plan.seats.iter().map(|seat| seat.terms.clone()).collect();
    terms.push(Terms::default());
    let mut paid: Paid = vec![[Value::ZERO; plan::ASSETS]; terms.len()];
    for deficit in &plan.deficits {
        if plan.announces {
            waterfall.announce(deficit);
            assert!(waterfall.gate().check(deficit.now).is_err() || deficit.amount.is_zero());
        }
        let before = before(&waterfall, &terms, &paid, deficit);
        let payments = waterfall.cover(deficit).unwrap();
        conserves(deficit, &payments);
        keeps_order(&waterfall, &terms, &before, deficit, &payments, &mut paid);
        if !plan.income.is_zero() {
            receives(&mut waterfall, plan.income);
        }
    }
}

/// A million deficits through twenty thousand stacks. A loop over seeds, because shrinking a
/// million cases would take longer than finding one.
#[test]
fn a_million_deficits_are_paid_to_the_unit() {
    const STACKS: u64 = 20_000;
    const DEFICITS: usize = 50;
    let mut covered = 0;
    for seed in 0..STACKS {
        let plan = Plan::draw(&mut Dice::new(seed), DEFICITS);
        covered += plan.deficits.len();
        let failed = std::panic::catch_unwind(|| run(&plan)).is_err();
        assert!(!failed, "seed {seed}: {plan:?}");
    }
    assert!(covered >= 1_000_000);
}

/// The random stacks reach what they are for: every layer pays and is drained, every limit binds.
#[test]
fn random_stacks_reach_every_layer() {
    let mut payments = std::collections::BTreeMap::<&str, [usize; 2]>::new();
    for seed in 0..600 {
        let plan = Plan::draw(&mut Dice::new(seed), 50);
        let mut waterfall = plan.waterfall();
        for deficit in &plan.deficits {
            for payment in waterfall.cover(deficit).unwrap() {
                let [paid, many] = payments.entry(payment.layer).or_default();
                *paid += 1;
                *many += usize::from(payment.losses.len() > 1);
            }
        }
    }
    let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.push(Socialised.name());
    for name in names {
        assert!(
            payments.get(name).is_some_and(|seen| seen[0] > 100),
            "{name}: {payments:?}"
        );
    }
    for split in [
        "supplier pool",
        "redistribution",
        "socialised by side",
        "auto-deleveraging",
    ] {
        assert!(payments[split][1] > 50, "{split}: {payments:?}");
    }
}

/// The page of the layers has a row for each, with the words of its rule.
#[test]
fn the_page_says_the_rules() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/policies/coverage.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").collect())
        .collect();
    let layers = Kind::ALL.map(|kind| (kind.name(), kind.rule()));
    for (name, rule) in layers
        .into_iter()
        .chain([(Socialised.name(), Socialised.rule())])
    {
        let rounding = match rule.rounding {
            Rounding::Floor => "down",
            Rounding::Ceil => "up",
            Rounding::HalfUp => "half up",
        };
        let want = [rule.payer, rule.unit, rounding, rule.owner];
        let row = rows.iter().find(|row| row.len() == 6 && row[0] == name);
        let row = row.unwrap_or_else(|| panic!("no row for {name}"));
        assert_eq!(row[2..], want, "{name}");
    }
}

fn terms() -> impl Strategy<Value = Terms> {
    let limit = prop::option::of(0u64..500);
    (limit.clone(), limit, 0u8..8, 0u8..8).prop_map(|(event, asset, assets, causes)| {
        let bit = |bits: u8, place: u16| bits >> place & 1 == 1;
        let asset = asset.map(|max| (AssetId(0), Value(U256::from(max))));
        Terms {
            event_max: event.map(|max| Value(U256::from(max))),
            asset_max: asset.into_iter().collect(),
            excluded_assets: (1..3).filter(|p| bit(assets, *p)).map(AssetId).collect(),
            excluded_causes: [Cause::Market, Cause::OracleFault, Cause::Depeg]
                .into_iter()
                .zip(0..)
                .filter(|(_, place)| bit(causes, *place))
                .map(|(cause, _)| cause)
                .collect(),
        }
    })
}

fn deficit() -> impl Strategy<Value = Deficit> {
    let cause = prop_oneof![
        Just(Cause::Market),
        Just(Cause::OracleFault),
        Just(Cause::Depeg)
    ];
    (0u16..3, 0u64..2_000, 0u64..300, 0u8..4, cause).prop_map(
        |(asset, amount, price, decimals, cause)| Deficit {
            asset: AssetId(asset),
            amount: Amount(U256::from(amount)),
            price: backstop_core::units::Price(U256::from(price)),
            decimals,
            cause,
            now: Timestamp(1_000),
        },
    )
}

fn plans() -> impl Strategy<Value = Plan> {
    let seat = (0..Kind::ALL.len(), 0u64..1_000, terms());
    let seats = prop::collection::btree_map(0..Kind::ALL.len(), seat, 0..6);
    let deficits = prop::collection::vec(deficit(), 1..12);
    (seats, deficits, any::<bool>(), 0u64..200).prop_map(|(seats, deficits, announces, income)| {
        let mut seats: Vec<_> = seats.into_iter().collect();
        // The kinds are distinct; another number gives their order.
        seats.sort_by_key(|(_, (order, _, _))| *order);
        Plan {
            seats: seats
                .into_iter()
                .map(|(kind, (_, size, terms))| Seat {
                    kind: Kind::ALL[kind],
                    size: size.into(),
                    terms,
                })
                .collect(),
            deficits,
            announces,
            income: Value(U256::from(income)),
        }
    })
}

proptest! {
    /// The same laws over small stacks, where a failure shrinks to its smallest case.
    #[test]
    fn order_caps_and_exclusions_hold(plan in plans()) {
        run(&plan);
    }
}
