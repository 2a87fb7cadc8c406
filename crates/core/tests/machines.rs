//! What every design behind the `Protocol` trait keeps, under random prices, times, liquidations
//! and borrowers' moves: the breach index says what the exact rule says of every account, an offer is
//! what its liquidation settles, a refused call changes nothing, and forks are independent.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, with the seed of its sequence"
)]

#[path = "machines/aave.rs"]
mod aave;
#[path = "machines/aave_v4.rs"]
mod aave_v4;
#[path = "machines/comet.rs"]
mod comet;
#[path = "machines/compound_v2.rs"]
mod compound_v2;
#[path = "machines/crvusd.rs"]
mod crvusd;
mod dice;
#[path = "machines/euler.rs"]
mod euler;
#[path = "machines/geb.rs"]
mod geb;
#[path = "machines/governors.rs"]
mod governors;
#[path = "machines/levers.rs"]
mod levers;
#[path = "machines/liquity.rs"]
mod liquity;
#[path = "machines/maker.rs"]
mod maker;
#[path = "machines/morpho.rs"]
mod morpho;
mod pool;
#[path = "machines/watched.rs"]
mod watched;

use backstop_core::protocol::{
    AccountId, Adjustment, AssetId, Offer, OfferKind, Prices, Protocol, Settlement, Terms,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use dice::{Dice, Script};
use std::collections::BTreeMap;

/// Accounts of borrowers in a drawn book.
const BORROWERS: u32 = 12;
/// Decimals of prices in the drawn worlds.
const PRICE: u128 = 100_000_000;
const START: u64 = 1_700_000_000;
const SEQUENCES: u64 = 400;
const LENGTH: u64 = 60;

/// Decimals and dollars of the assets; the first two are collateral.
const LISTED: [(&str, u8, u128); 4] = [
    ("WETH", 18, 2_000),
    ("WBTC", 8, 30_000),
    ("USDC", 6, 1),
    ("DAI", 18, 1),
];

/// A design with a drawn book, and its exact rule.
struct Case<P> {
    machine: P,
    breached: fn(&P, AccountId) -> bool,
}

#[derive(Debug)]
enum Step {
    Observe { seconds: u64, prices: Prices },
    Liquidate { account: AccountId, share: u128 },
    Adjust(AccountId, Adjustment),
}

/// One account: collateral and debt by asset, in base units. Health is drawn around 1.3.
fn borrower(dice: &mut Dice, threshold: u128) -> [(u128, u128); 4] {
    let mut held = [(0, 0); 4];
    let mut power = 0;
    for (at, row) in held.iter_mut().enumerate().take(2) {
        if at == 0 || dice.percent(30) {
            let dollars = 10 + dice.below(100_000);
            let (_, decimals, price) = LISTED[at];
            row.0 = dollars * 10u128.pow(decimals.into()) / price;
            power += dollars * threshold / 100;
        }
    }
    let owed = power * 100 / (101 + dice.below(60));
    let first = if dice.percent(30) {
        dice.below(owed + 1)
    } else {
        owed
    };
    held[2].1 = first * 1_000_000;
    held[3].1 = (owed - first) * 10u128.pow(18);
    held
}

fn scale<P: Protocol>(machine: &P) -> U256 {
    U256::from(10).pow(U256::from(machine.base_decimals()))
}

/// The listed prices moved by a common fall and a little each; now and then far.
fn drawn_prices<P: Protocol>(dice: &mut Dice, machine: &P) -> Prices {
    let fall = match dice.below(20) {
        0 => dice.below(100),
        1 => 0,
        _ => 600 + dice.below(500),
    };
    let price = |(at, (_, _, dollars)): (usize, &(&str, u8, u128))| {
        let own = if at < 2 { fall } else { 1_000 };
        let wobble = 980 + dice.below(41);
        Price(U256::from(dollars * own * wobble) * scale(machine) / U256::from(1_000_000))
    };
    Prices(LISTED.iter().enumerate().map(price).collect())
}

fn drawn_step<P: Protocol>(dice: &mut Dice, machine: &P) -> Step {
    let breached: Vec<_> = machine.breaches().collect();
    match dice.below(10) {
        0..=3 if !breached.is_empty() => Step::Liquidate {
            account: dice.pick(&breached),
            share: dice.below(1_300),
        },
        4 | 5 => {
            let account = AccountId(u32::try_from(dice.below(BORROWERS.into())).unwrap());
            let asset = AssetId(u16::try_from(dice.below(4)).unwrap());
            let (_, decimals, dollars) = LISTED[usize::from(asset.0)];
            let unit = 10u128.pow(decimals.into());
            let amount = Amount::new(dice.below(5_000) * unit / dollars + dice.below(3));
            Step::Adjust(
                account,
                if asset.0 < 2 {
                    Adjustment::TopUp { asset, amount }
                } else {
                    Adjustment::Repay { asset, amount }
                },
            )
        }
        _ => Step::Observe {
            seconds: u64::try_from(dice.below(4_000)).unwrap(),
            prices: drawn_prices(dice, machine),
        },
    }
}

/// What came of a sequence.
#[derive(Debug, Default)]
struct Tally {
    liquidated: u64,
    adjusted: u64,
    refused: u64,
    healthy_again: u64,
    kinds: BTreeMap<OfferKind, u64>,
}

fn terms<P: Protocol>(machine: &P, repay: Amount) -> Terms {
    Terms {
        repay,
        ..Terms::all(AccountId(machine.accounts() + 7))
    }
}

/// Takes all of an offer; whoever ends an auction is its highest bidder.
fn whole_terms<P: Protocol>(machine: &P, offer: &Offer) -> Terms {
    match offer.kind {
        OfferKind::Bid => terms(machine, offer.repay_max),
        OfferKind::Deliver => Terms::all(offer.bidder.unwrap()),
        _ => terms(machine, Amount::MAX),
    }
}

/// What is settled is what was offered.
fn as_offered(offer: &Offer, settled: &Settlement) {
    let (repaid, seized) = match offer.kind {
        OfferKind::Start => (Amount::ZERO, Amount::ZERO),
        OfferKind::Bid => (offer.repay_max, Amount::ZERO),
        _ => (offer.repay_max, offer.seize_max),
    };
    assert_eq!(settled.repaid, repaid, "{offer:?}");
    assert_eq!(settled.seized, seized, "{offer:?}");
    assert_eq!(settled.reward, offer.reward, "{offer:?}");
}

fn liquidate<P: Protocol>(machine: &mut P, account: AccountId, share: u128, tally: &mut Tally) {
    let offers = machine.offers(account);
    for offer in &offers {
        assert_eq!(offer.account, account);
        let whole = whole_terms(machine, offer);
        let settled = machine.fork().accept(offer, &whole);
        let settled = settled.unwrap_or_else(|r| panic!("{offer:?} is refused: {r}"));
        as_offered(offer, &settled);
        let (explained, _) = machine.explain(offer, &whole).unwrap();
        assert_eq!(explained, settled);
    }
    let Some(offer) = offers.get(usize::try_from(share).unwrap() % offers.len().max(1)) else {
        return;
    };
    let repay = Amount(offer.repay_max.0 * U256::from(share) / U256::from(1_000));
    let part = terms(machine, repay.max(offer.repay_min));
    let before = machine.state_hash();
    match machine.accept(offer, &part) {
        Ok(settled) => {
            tally.liquidated += 1;
            assert!(settled.repaid <= offer.repay_max);
            *tally.kinds.entry(offer.kind).or_default() += 1;
            let healed = settled.health_after >= Ratio::new(10u128.pow(18));
            tally.healthy_again += u64::from(healed);
        }
        Err(_) => {
            tally.refused += 1;
            assert_eq!(machine.state_hash(), before, "a refused liquidation");
        }
    }
}

/// The health at other prices is the one that an observation of them would bring.
fn foretells_health<P: Protocol>(machine: &P, prices: &Prices) {
    let everybody: Vec<_> = (0..machine.accounts()).map(AccountId).collect();
    let before = machine.state_hash();
    let told = machine.healthy_at(prices, &everybody);
    assert_eq!(machine.state_hash(), before, "a question");
    let mut there = machine.fork();
    there.observe(there.now(), prices).unwrap();
    let one = Ratio::new(10u128.pow(18));
    let health = everybody.iter().map(|id| there.health(*id).ok());
    let healthy = health.map(|health| Some(health?.factor >= one));
    assert!(told.into_iter().eq(healthy));
}

fn run_step<P: Protocol>(machine: &mut P, step: &Step, tally: &mut Tally) {
    match step {
        Step::Observe { seconds, prices } => {
            foretells_health(machine, prices);
            let now = Timestamp(machine.now().0 + seconds);
            machine.observe(now, prices).unwrap();
        }
        Step::Liquidate { account, share } => liquidate(machine, *account, *share, tally),
        Step::Adjust(account, adjustment) => {
            let before = machine.state_hash();
            match machine.adjust(*account, adjustment) {
                Ok(_) => tally.adjusted += 1,
                Err(_) => {
                    tally.refused += 1;
                    assert_eq!(machine.state_hash(), before, "a refused move");
                }
            }
        }
    }
}

fn check<P: Protocol>(case: &Case<P>) {
    let machine = &case.machine;
    let exact: Vec<_> = (0..machine.accounts())
        .map(AccountId)
        .filter(|id| (case.breached)(machine, *id))
        .collect();
    assert_eq!(
        machine.breaches().collect::<Vec<_>>(),
        exact,
        "accounts in breach"
    );
    assert_eq!(machine.breached(), exact.len());
}

/// Runs sequences over drawn books; each of the kinds of offers is taken.
fn hold<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>, kinds: &[OfferKind]) {
    let mut tally = Tally::default();
    for seed in 0..SEQUENCES {
        let mut dice = Dice::new(seed);
        let mut script = Script::new(seed);
        let mut case = open(&mut dice);
        check(&case);
        for _ in 0..LENGTH {
            let step = drawn_step(&mut dice, &case.machine);
            let (fork, hash) = (case.machine.fork(), case.machine.state_hash());
            script.steps.push(step);
            run_step(&mut case.machine, script.steps.last().unwrap(), &mut tally);
            check(&case);
            assert_eq!(fork.state_hash(), hash, "a fork saw what came after it");
        }
    }
    let least = SEQUENCES * LENGTH / 50;
    assert!(
        tally.liquidated > least && tally.adjusted > least,
        "{tally:?}"
    );
    assert!(tally.healthy_again > 0, "{tally:?}");
    let taken: Vec<_> = tally.kinds.keys().copied().collect();
    assert_eq!(taken, kinds, "{tally:?}");
}

/// Which of no borrowing, no new liquidations, takes only, stopped, a limit and an exception a design
/// has a switch for.
fn switches<P: Protocol>(open: impl Fn(&mut Dice) -> Case<P>) -> [bool; 6] {
    let halts = open(&mut Dice::new(0)).machine.halts();
    let levels = [
        halts.no_borrowing,
        halts.no_new_liquidations,
        halts.takes_only,
        halts.stopped,
        halts.limit,
        halts.exemption,
    ];
    levels.map(|has| has.is_ok())
}

/// One row a design, as its page in the rules says.
#[test]
fn switches_are_those_of_the_contracts() {
    let rows = [
        ("aave v4", switches(aave_v4::open), "y..y.."),
        ("comet", switches(comet::open), "yyyy.."),
        ("compound v2", switches(compound_v2::open), "yyy..."),
        ("crvusd", switches(crvusd::open), "y....."),
        ("euler", switches(euler::open), "yyyyyy"),
        ("geb", switches(geb::open), "yyy.y."),
        ("liquity v1", switches(liquity::open_v1), "......"),
        ("liquity v2", switches(liquity::open_v2), "......"),
        ("maker 1.0", switches(maker::open_1_0), "y....."),
        ("maker 1.2", switches(maker::open_1_2), "yy..y."),
        ("maker 2.0", switches(maker::open_2_0), "yyyyy."),
        ("morpho", switches(morpho::open), "......"),
    ];
    for (design, found, want) in rows {
        let found = found.map(|has| if has { 'y' } else { '.' });
        assert_eq!(String::from_iter(found), want, "{design}");
    }
}

#[test]
fn aave_v4_keeps_its_word() {
    hold(aave_v4::open, &[OfferKind::Repay]);
}

#[test]
fn aave_v4_pays_its_deficits() {
    aave_v4::pays_its_deficits();
}

#[test]
fn aave_v4_watches_premiums() {
    aave_v4::watches_premiums();
}

#[test]
fn comet_keeps_its_word() {
    hold(comet::open, &[OfferKind::Absorb, OfferKind::Buy]);
}

#[test]
fn comet_pays_from_its_reserves() {
    comet::reserves_pay();
}

#[test]
fn compound_v2_keeps_its_word() {
    hold(compound_v2::open, &[OfferKind::Repay]);
}

#[test]
fn crvusd_keeps_its_word() {
    hold(crvusd::open, &[OfferKind::Repay, OfferKind::Exchange]);
}

#[test]
fn crvusd_tells_what_it_does() {
    crvusd::tells_what_it_does();
}

#[test]
fn crvusd_is_watched_closely() {
    crvusd::is_watched_closely();
}

#[test]
fn euler_keeps_its_word() {
    hold(euler::open, &[OfferKind::Repay]);
}

#[test]
fn geb_keeps_its_word() {
    hold(geb::open, &geb::KINDS);
}

#[test]
fn geb_refuses_what_does_not_fit() {
    geb::refuses_what_does_not_fit();
}

#[test]
fn geb_adds_up() {
    geb::adds_up();
}

#[test]
fn maker_1_0_keeps_its_word() {
    hold(maker::open_1_0, &maker::ENGLISH);
}

#[test]
fn maker_1_2_keeps_its_word() {
    hold(maker::open_1_2, &maker::ENGLISH);
}

#[test]
fn maker_2_0_keeps_its_word() {
    hold(maker::open_2_0, &maker::DUTCH);
}

#[test]
fn maker_tells_each_unit_once() {
    maker::tells_each_unit_once();
}

#[test]
fn maker_pays_bidders_and_owners() {
    maker::pays_bidders_and_owners();
}

#[test]
fn maker_hears_prices_late_and_charges_fees() {
    maker::hears_prices_late_and_charges_fees();
}

#[test]
fn liquity_v1_keeps_its_word() {
    hold(liquity::open_v1, &[OfferKind::Repay, OfferKind::Deposit]);
}

#[test]
fn liquity_v2_keeps_its_word() {
    hold(liquity::open_v2, &[OfferKind::Repay, OfferKind::Deposit]);
}

#[test]
fn liquity_accounts_for_everything() {
    liquity::accounts_for_everything();
}

#[test]
fn liquity_tells_a_deficit_once() {
    liquity::tells_a_deficit_once();
}

#[test]
fn liquity_follows_the_mode() {
    liquity::follows_the_mode();
}

#[test]
fn morpho_keeps_its_word() {
    hold(morpho::open, &[OfferKind::Repay]);
}

/// INV-44 on every design: repayments and top-ups are found where the design has them.
#[test]
fn cures_are_the_least() {
    let found = [
        ("aave 3.7", watched::cures(aave::open)),
        ("aave v4", watched::cures(aave_v4::open)),
        ("comet", watched::cures(comet::open)),
        ("compound v2", watched::cures(compound_v2::open)),
        ("crvusd", watched::cures(crvusd::open)),
        ("euler", watched::cures(euler::open)),
        ("geb", watched::cures(geb::open)),
        ("liquity v1", watched::cures(liquity::open_v1)),
        ("liquity v2", watched::cures(liquity::open_v2)),
        ("maker 1.0", watched::cures(maker::open_1_0)),
        ("maker 2.0", watched::cures(maker::open_2_0)),
        ("morpho", watched::cures(morpho::open)),
    ];
    for (design, counts) in found {
        assert!(
            counts.iter().all(|count| *count > 20),
            "{design}: {counts:?}"
        );
    }
}

#[test]
fn falls_are_found_to_the_unit() {
    let found = [
        watched::falls(aave::open),
        watched::falls(aave_v4::open),
        watched::falls(comet::open),
        watched::falls(liquity::open_v2),
        watched::falls(morpho::open),
    ];
    assert!(found.iter().all(|count| *count > 20), "{found:?}");
}

#[test]
fn bands_are_those_of_a_scan() {
    let calls = [
        watched::bands(aave::open),
        watched::bands(aave_v4::open),
        watched::bands(comet::open),
        watched::bands(compound_v2::open),
        watched::bands(euler::open),
        watched::bands(liquity::open_v2),
        watched::bands(morpho::open),
    ];
    assert!(calls.iter().all(|count| *count > 20), "{calls:?}");
}

#[test]
fn the_solvency_line_is_the_sum_over_accounts() {
    watched::solvency(aave::open);
    watched::solvency(compound_v2::open);
}
