//! crvUSD with a drawn book: a market for each collateral, debts together in the stablecoin.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, Tally, borrower, drawn_step, run_step};
use backstop_core::protocol::crvusd::{
    Account, Action, Limit, Market, MarketAction, MarketSetup, Markets, Measure, Pair, Params,
    Token, Wallet,
};
use backstop_core::protocol::{
    AccountId, Asset, AssetId, Holding, OfferKind, Prices, Protocol, Settlement, Terms,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};

const ONE: u128 = 1_000_000_000_000_000_000;
const STABLE: AssetId = AssetId(3);

fn market(dice: &mut Dice, collateral: usize) -> Market {
    let (_, decimals, dollars) = LISTED[collateral];
    let price = Price::new(dollars * ONE);
    let params = Params::of_factory(dice.pick(&[50, 100, 200]), price, 18, decimals).unwrap();
    let lendable = Amount::new(1_000_000_000 * ONE);
    let mut setup = MarketSetup::fresh(params, (Timestamp(START), price), lendable).unwrap();
    setup.policy_rate = U256::from(dice.pick(&[0u64, 1_000_000_000, 40_000_000_000]));
    setup.amm.admin_fee = U256::from(dice.pick(&[0, ONE / 2]));
    setup.accounts = vec![Account::default(); BORROWERS as usize + 1];
    setup.build().unwrap()
}

/// Opens a loan over as many bands as are allowed, up to a drawn number.
fn open_loan(dice: &mut Dice, market: &mut Market, owner: AccountId, collateral: u128, debt: u128) {
    let most = dice.pick(&[4, 10, 10, 30]);
    let (collateral, debt) = (Amount::new(collateral), Amount::new(debt));
    let brought = Wallet {
        stable: Amount::ZERO,
        collateral,
    };
    for bands in (4..=most).rev() {
        let loan = Action::CreateLoan {
            caller: owner,
            owner,
            collateral,
            debt,
            bands,
        };
        if market.visit(owner, brought, &loan).is_ok() {
            return;
        }
    }
}

/// Debt against each collateral, by its worth.
fn stakes(held: &[(u128, u128); 4]) -> [(u128, u128); 2] {
    let owed = held[2].1 * 10u128.pow(12) + held[3].1;
    let worth = |at: usize| {
        let (_, decimals, dollars) = LISTED[at];
        held[at].0 * dollars / 10u128.pow(u32::from(decimals).saturating_sub(6))
    };
    let all = worth(0) + worth(1) * 100;
    let [first, second] = [worth(0), worth(1) * 100].map(|part| owed / all.max(1) * part);
    [(held[0].0, first), (held[1].0, second)]
}

pub(crate) fn open(dice: &mut Dice) -> Case<Markets> {
    let assets: Vec<Asset> = LISTED
        .iter()
        .map(|(symbol, decimals, _)| Asset {
            symbol: (*symbol).to_owned(),
            decimals: *decimals,
        })
        .collect();
    let prices = LISTED.iter().map(|(_, _, d)| Price::new(d * PRICE));
    let prices = Prices(prices.collect());
    let mut markets = [market(dice, 0), market(dice, 1)];
    for owner in (0..BORROWERS).map(AccountId) {
        let held = borrower(dice, 80);
        for (market, (collateral, debt)) in markets.iter_mut().zip(stakes(&held)) {
            if debt > 0 {
                open_loan(dice, market, owner, collateral, debt);
            }
        }
    }
    let pairs = (0..).map(AssetId).zip(markets);
    let pairs = pairs.map(|(collateral, market)| Pair { collateral, market });
    let now = Timestamp(START);
    let machine = Markets::new(assets, (8, prices), now, STABLE, pairs.collect());
    Case {
        machine: machine.unwrap(),
        breached,
    }
}

/// Health below zero and something to seize; a seller's market, where a trade gains.
fn breached(machine: &Markets, id: AccountId) -> bool {
    if let Some(place) = id.0.checked_sub(BORROWERS) {
        let pair = machine.pairs().nth(place as usize).unwrap();
        return pair.market.arbitrage().is_ok_and(|trade| trade.is_some());
    }
    machine.pairs().any(|pair| {
        let health = pair.market.health(id, Measure::Full);
        let held = pair.market.holdings(id).unwrap();
        let debt = pair.market.debt(id).unwrap();
        let seizable = !held.collateral.is_zero() || held.stable > debt;
        health.is_ok_and(|health| health.is_negative()) && seizable
    })
}

fn held(machine: &Markets, asset: AssetId, part: impl Fn(&Holding) -> Amount) -> U256 {
    let ids = (0..BORROWERS).map(AccountId);
    let rows = ids.flat_map(|id| machine.holdings(id));
    let rows = rows.filter(|row| row.asset == asset);
    rows.fold(U256::ZERO, |all, row| all + part(&row).0)
}

fn near(a: U256, b: U256, dust: u128) -> bool {
    a.abs_diff(b) <= U256::from(dust)
}

/// What borrowers have before and after is what the settlement tells.
fn is_told(before: &Markets, after: &Markets, kind: OfferKind, told: &Settlement) {
    let collateral = |row: &Holding| row.collateral;
    // Some of what lies in a band belongs to its dead shares.
    for (asset, dust) in [
        (AssetId(0), 10_000_000_000),
        (AssetId(1), 100),
        (STABLE, 10_000_000_000),
    ] {
        let of = |list: &[(AssetId, Amount)]| {
            let rows = list.iter().filter(|(id, _)| *id == asset);
            rows.fold(U256::ZERO, |all, (_, amount)| all + amount.0)
        };
        let lost = of(&told.taken);
        let had = held(before, asset, collateral);
        let has = held(after, asset, collateral);
        // What came in is in the bands of one of the markets.
        let paid = kind == OfferKind::Exchange && lost.is_zero() && has > had;
        let won = if paid { told.cleared.0 } else { U256::ZERO };
        assert!(
            near(had + won, has + lost, dust),
            "{asset:?}: {had} {won} {has} {lost}"
        );
    }
    let owed = |machine| held(machine, STABLE, |row| row.debt);
    let cleared = match kind {
        OfferKind::Repay => told.cleared.0,
        _ => U256::ZERO,
    };
    assert!(near(owed(before), owed(after) + cleared, 100), "{told:?}");
    assert!(told.deficit.is_empty());
}

/// Tokens and debts before and after each liquidation and trade; nobody from outside leaves a
/// token behind; health below 1 is the contract's below 0; softened is what was reached.
pub(crate) fn tells_what_it_does() {
    let mut trades = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let mut machine = open(&mut dice).machine;
        let mut reached = vec![false; BORROWERS as usize];
        for _ in 0..40 {
            let step = drawn_step(&mut dice, &machine);
            run_step(&mut machine, &step, &mut Tally::default());
            for account in machine.breaches().collect::<Vec<_>>() {
                for offer in machine.offers(account) {
                    let mut after = machine.fork();
                    let share = U256::from(dice.pick(&[1u64, 500, 1_000]));
                    let terms = Terms {
                        repay: Amount(offer.repay_max.0 * share / U256::from(1_000)),
                        ..Terms::all(AccountId(u32::MAX))
                    };
                    let Ok(told) = after.accept(&offer, &terms) else {
                        continue;
                    };
                    assert!(told.repaid <= terms.repay);
                    is_told(&machine, &after, offer.kind, &told);
                    trades += 1;
                }
            }
            for pair in machine.pairs() {
                let outsider = pair.market.account(AccountId(BORROWERS)).unwrap();
                assert_eq!(*outsider, Account::default());
                for (id, account) in pair.market.accounts() {
                    let owes = !account.loan.initial_debt.is_zero();
                    let at = account.position.first <= pair.market.amm().active_band;
                    if owes && at {
                        reached[id.0 as usize] = true;
                    }
                }
            }
            let softened = machine.softened();
            for id in (0..BORROWERS).map(AccountId) {
                let is_softened = softened.binary_search(&id).is_ok();
                assert!(is_softened || !reached[id.0 as usize], "{id:?}");
                let below = machine.pairs().any(|pair| {
                    let health = pair.market.health(id, Measure::Full);
                    health.is_ok_and(|health| health.is_negative())
                });
                let factor = machine.health(id).map(|health| health.factor);
                let told = factor.is_ok_and(|factor| factor < Ratio::new(ONE));
                assert_eq!(told, below, "{id:?}");
            }
        }
    }
    assert!(trades > 1_200, "{trades}");
}

/// A trade of a random size at any price, also one that loses, paid by an account's own wallet.
fn blunder(dice: &mut Dice, machine: &mut Markets) {
    let market = usize::from(dice.percent(50));
    let (_, decimals, dollars) = LISTED[market];
    let unit = 10u128.pow(u32::from(decimals));
    let (pay, amount) = if dice.percent(60) {
        (Token::Stable, dice.below(30_000 * ONE))
    } else {
        (Token::Collateral, dice.below(30_000 * unit / dollars))
    };
    let (caller, amount) = (AccountId(0), Amount::new(amount));
    let limit = Limit::Paid {
        amount,
        received_min: Amount::ZERO,
    };
    let fund = Action::Fund {
        account: caller,
        token: pay,
        amount,
    };
    for action in [fund, Action::Exchange { caller, pay, limit }] {
        machine.apply(&MarketAction { market, action }).unwrap();
    }
}

/// Prices that creep, so that loans lie in their bands for long: the index says what the exact rule
/// says of every account, whoever trades how much.
pub(crate) fn is_watched_closely() {
    let (mut in_bands, mut breached) = (0, 0);
    for seed in 0..100 {
        let mut dice = Dice::new(seed | 1 << 50);
        let mut case = open(&mut dice);
        let mut level = 700_000 + dice.below(300_000);
        for _ in 0..80 {
            let trend = dice.pick(&[990_000, 997_000, 1_000_000, 1_004_000]);
            level = level * (trend + dice.below(6_000)) / 1_003_000;
            let price = |(at, (_, _, dollars)): (usize, &(&str, u8, u128))| {
                let level = if at < 2 { level } else { 1_000_000 };
                Price::new(dollars * level * PRICE / 1_000_000)
            };
            let prices = Prices(LISTED.iter().enumerate().map(price).collect());
            let seconds = dice.pick(&[0, 12, 60, 600, 90_000]);
            let now = Timestamp(case.machine.now().0 + seconds);
            case.machine.observe(now, &prices).unwrap();
            crate::check(&case);
            if dice.percent(5) {
                blunder(&mut dice, &mut case.machine);
                crate::check(&case);
            }
            let offers: Vec<_> = case.machine.breaches().collect();
            for account in offers {
                breached += u64::from(account.0 < BORROWERS);
                let takes = if account.0 < BORROWERS { 10 } else { 50 };
                let offers = case.machine.offers(account);
                if let Some(offer) = offers.first().filter(|_| dice.percent(takes)) {
                    let part = U256::from(dice.pick(&[30u64, 100, 1_000]));
                    let terms = Terms {
                        repay: Amount(offer.repay_max.0 * part / U256::from(1_000)),
                        ..Terms::all(AccountId(u32::MAX))
                    };
                    let _ = case.machine.accept(offer, &terms);
                    crate::check(&case);
                }
            }
            in_bands += case.machine.softened().len() as u64;
        }
    }
    assert!(
        in_bands > 15_000 && breached > 4_000,
        "{in_bands} {breached}"
    );
}
