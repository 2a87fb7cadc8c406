//! What must hold of a crvUSD market through any script of actions, prices and times.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on must stop, and tells how much it tried"
)]

mod dice;

use backstop_core::protocol::AccountId;
use backstop_core::protocol::crvusd::{
    Account, Action, Band, Limit, Liquidation, Loan, Market, MarketSetup, Measure, Outcome, Params,
    Rejection, Signed, Token, Wallet,
};
use backstop_core::units::{Amount, Price, Timestamp, U256};
use dice::{Dice, Script};
use std::collections::BTreeMap;

/// Scripts of one of the two tests that share them.
const SCRIPTS: u64 = 50_000;
const STEPS: usize = 4;
/// Markets with a history, from which scripts start.
const BASES: u64 = 96;
const OWNERS: u32 = 4;
/// Trades and liquidates.
const TRADER: AccountId = AccountId(4);
const NOBODY: AccountId = AccountId(99);
const WAD: u128 = 1_000_000_000_000_000_000;
const START: u64 = 1_700_000_000;

/// An action, and the time and price at which it comes.
type Step = (Timestamp, Price, Action);

/// What happened over all scripts.
#[derive(Default)]
struct Tally {
    tried: u64,
    accepted: u64,
    kinds: BTreeMap<&'static str, u64>,
    rejections: BTreeMap<Rejection, u64>,
    /// Hard liquidations by somebody else, and those that paid more than they took.
    forced: u64,
    excesses: u64,
}

fn wad(n: u128) -> U256 {
    U256::from(n)
}

fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

/// `n` percent of a number.
fn percent(of: U256, n: u128) -> U256 {
    of / U256::from(100) * U256::from(n) + of % U256::from(100) * U256::from(n) / U256::from(100)
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::CreateLoan { .. } => "CreateLoan",
        Action::AddCollateral { .. } => "AddCollateral",
        Action::RemoveCollateral { .. } => "RemoveCollateral",
        Action::BorrowMore { .. } => "BorrowMore",
        Action::Repay { .. } => "Repay",
        Action::Liquidate { .. } => "Liquidate",
        Action::Exchange { .. } => "Exchange",
        Action::Approve { .. } => "Approve",
        Action::SetExtraHealth { .. } => "SetExtraHealth",
        Action::SaveRate => "SaveRate",
        Action::CollectFees { .. } => "CollectFees",
        Action::SetFee { .. } => "SetFee",
        Action::SetDiscounts { .. } => "SetDiscounts",
        Action::Fund { .. } => "Fund",
    }
}

/// A market without loans; everybody has plenty of both tokens.
fn fresh(amplification: u16, decimals: u8, price: u128) -> MarketSetup {
    let price = Price::new(price);
    let params = Params::of_factory(amplification, price, 18, decimals).unwrap();
    let lendable = Amount::new(100_000_000 * WAD);
    let mut setup = MarketSetup::fresh(params, (Timestamp(START), price), lendable).unwrap();
    let wallet = Wallet {
        stable: Amount::new(1_000_000_000 * WAD),
        collateral: Amount::new(1_000_000 * 10u128.pow(u32::from(decimals))),
    };
    let account = Account {
        wallet,
        ..Account::default()
    };
    setup.accounts = vec![account; 5];
    setup
}

/// The unit of a market's collateral.
fn unit(market: &Market) -> u128 {
    WAD / narrow(market.params().collateral_precision.0)
}

/// A market with loans, trades and a rate, by a seed.
fn base(seed: u64) -> Market {
    let mut dice = Dice::new(seed | 1 << 40);
    let amplification = dice.pick(&[10, 30, 50, 100, 100, 200, 1_000]);
    let price = dice.pick(&[WAD / 100, WAD, 3_000 * WAD, 60_000 * WAD]);
    let mut setup = fresh(amplification, dice.pick(&[6, 8, 18]), price);
    setup.amm.fee = wad(dice.pick(&[1_000_000, WAD / 1_000, WAD / 100]));
    setup.amm.admin_fee = wad(dice.pick(&[0, WAD / 10, WAD / 2]));
    setup.policy_rate = wad(dice.pick(&[0, 1_000_000_000, 50_000_000_000]));
    let mut market = setup.build().unwrap();
    let mut tally = Tally::default();
    for owner in (0..3).map(AccountId) {
        let loan = loan(&mut dice, &market, owner);
        let _ = market.apply(&loan);
    }
    for _ in 0..dice.below(6) {
        step(&mut dice, &mut market, &mut tally, &mut Script::new(seed));
    }
    market
}

/// A loan that has a fair chance.
fn loan(dice: &mut Dice, market: &Market, owner: AccountId) -> Action {
    let bands = dice.pick(&[4, 4, 5, 6, 6, 9, 10, 50, 3, 51]);
    let collateral = Amount::new(match dice.below(20) {
        0 => dice.below(10_000),
        _ => unit(market) / 100 * (1 + dice.below(10_000)),
    });
    let most = market.max_borrowable((collateral, Amount::ZERO), bands, owner);
    let most = most.unwrap_or(Amount::new(WAD));
    let debt = Amount(percent(most.0, dice.pick(&[0, 20, 60, 95, 100, 100, 112])));
    Action::CreateLoan {
        caller: owner,
        owner,
        collateral,
        debt,
        bands,
    }
}

/// Either what goes in or what comes out, up to all there is.
fn exchange(dice: &mut Dice, market: &Market) -> Action {
    let pay = dice.pick(&[Token::Stable, Token::Stable, Token::Collateral]);
    let (worth, price) = (100 * unit(market), market.oracle_price().0);
    let precision = market.params().collateral_precision.0;
    let in_stable = narrow(wad(worth) * precision * price / wad(WAD));
    let [paid, received] = match pay {
        Token::Stable => [in_stable, worth],
        Token::Collateral => [worth, in_stable],
    };
    let limit = match dice.below(10) {
        0 => Limit::Received {
            amount: Amount::MAX,
            paid_max: Amount::MAX,
        },
        1 | 2 => Limit::Received {
            amount: Amount::new(dice.below(received / 1_000 + 2)),
            paid_max: Amount::MAX,
        },
        3 => Limit::Received {
            amount: Amount::new(dice.below(received)),
            paid_max: Amount::new(dice.below(paid)),
        },
        4 => Limit::Paid {
            amount: Amount::new(dice.below(paid)),
            received_min: Amount::new(dice.below(received)),
        },
        _ => Limit::Paid {
            amount: Amount::new(dice.part(paid)),
            received_min: Amount::ZERO,
        },
    };
    Action::Exchange {
        caller: TRADER,
        pay,
        limit,
    }
}

/// Of somebody who can be liquidated, as a rule.
fn liquidate(dice: &mut Dice, market: &Market, owner: AccountId) -> Action {
    let mut borrowers = market.borrowers();
    let weak = borrowers.find(|id| market.is_liquidatable(*id) == Ok(true));
    let borrower = weak.or_else(|| market.borrowers().next()).unwrap_or(owner);
    let itself = if weak.is_some() { 10 } else { 70 };
    Action::Liquidate {
        caller: if dice.percent(itself) {
            borrower
        } else {
            TRADER
        },
        owner: borrower,
        stable_min: Amount::new(if dice.percent(95) { 0 } else { WAD }),
        fraction: wad(dice.pick(&[WAD, WAD, WAD / 2, WAD - 1, WAD / 1_000, 2 * WAD, 0])),
    }
}

fn administration(dice: &mut Dice, market: &Market, owner: AccountId) -> Action {
    match dice.below(8) {
        0 => Action::SetFee {
            fee: wad(dice.pick(&[1_000_000, WAD / 1_000, WAD / 200, WAD])),
        },
        1 => Action::SetDiscounts {
            loan: wad(dice.pick(&[WAD / 10, WAD / 5])),
            liquidation: wad(dice.pick(&[WAD / 20, WAD / 8])),
        },
        2 => Action::CollectFees { receiver: TRADER },
        3 => Action::SetExtraHealth {
            caller: owner,
            value: wad(dice.pick(&[0, WAD / 50])),
        },
        4 => Action::Fund {
            account: owner,
            token: dice.pick(&[Token::Stable, Token::Collateral]),
            amount: Amount::new(dice.below(unit(market))),
        },
        5 => Action::SaveRate,
        _ => Action::Approve {
            caller: owner,
            spender: TRADER,
            allowed: dice.percent(70),
        },
    }
}

/// Draws an action that has a fair chance in this state.
fn action(dice: &mut Dice, market: &Market) -> Action {
    let owner = AccountId(u32::try_from(dice.below(u128::from(OWNERS))).unwrap());
    let caller = dice.pick(&[owner, owner, owner, TRADER]);
    let account = market.account(owner).unwrap();
    let owes = !account.loan.initial_debt.is_zero();
    let kind = match dice.below(100) {
        // What cannot succeed in this state is tried seldom.
        0..14 if owes && dice.percent(90) => 60,
        14..46 if !owes && dice.percent(90) => 0,
        kind => kind,
    };
    let held = market.holdings(owner).unwrap();
    let debt = narrow(market.debt(owner).unwrap_or_default().0);
    match kind {
        0..14 => loan(dice, market, owner),
        14..22 => Action::AddCollateral {
            caller: dice.pick(&[owner, owner, TRADER, NOBODY]),
            owner,
            amount: Amount::new(dice.part(unit(market))),
        },
        22..28 => Action::RemoveCollateral {
            caller,
            owner,
            amount: Amount::new(dice.part(narrow(held.collateral.0)) / 8),
        },
        28..34 => Action::BorrowMore {
            caller,
            owner,
            collateral: Amount::new(dice.part(unit(market))),
            debt: Amount::new(dice.part(debt) / 16),
        },
        34..46 => Action::Repay {
            caller,
            owner,
            amount: Amount::new(dice.part(debt)),
            active_band_max: dice.pick(&[i64::MAX, i64::MAX, 0]),
        },
        46..60 => liquidate(dice, market, owner),
        60..88 => exchange(dice, market),
        _ => administration(dice, market, owner),
    }
}

/// Time and price of the next block.
fn block(dice: &mut Dice, market: &Market) -> (Timestamp, Price) {
    let seconds = dice.pick(&[0, 1, 12, 60, 121, 3_600, 864_000]);
    let price = market.oracle_price().0;
    let price = match dice.below(12) {
        0 => percent(price, 70),
        1 => percent(price, 130),
        _ => percent(price, 92 + dice.below(16)),
    };
    let floor = U256::from(1u64 << 40);
    (Timestamp(market.now().0 + seconds), Price(price.max(floor)))
}

fn totals(market: &Market) -> [U256; 2] {
    let mut wallets = vec![market.amm_wallet(), market.controller_wallet()];
    wallets.extend(market.accounts().map(|(_, account)| account.wallet));
    let sum = |of: fn(&Wallet) -> U256| wallets.iter().map(of).fold(U256::ZERO, |a, b| a + b);
    [sum(|w| w.stable.0), sum(|w| w.collateral.0)]
}

/// Shares, tokens and the order of the bands, over the whole state.
fn check_state(market: &Market) {
    let mut shares: BTreeMap<i64, U256> = BTreeMap::new();
    for (_, account) in market.accounts() {
        let position = &account.position;
        for (number, held) in (position.first..).zip(position.shares.iter()) {
            *shares.entry(number).or_default() += U256::from(*held);
        }
    }
    let (amm, params) = (market.amm(), market.params());
    let [mut stable, mut collateral] = [U256::ZERO; 2];
    for (number, band) in market.bands() {
        let Band { shares: all, .. } = band;
        assert_eq!(shares.remove(&number), Some(all), "shares of band {number}");
        stable += band.stable;
        collateral += band.collateral;
        assert!(
            number >= amm.active_band || band.collateral.is_zero(),
            "collateral below the active band"
        );
        assert!(
            number <= amm.active_band || band.stable.is_zero(),
            "stablecoin above the active band"
        );
        let empty = band.stable.is_zero() && band.collateral.is_zero();
        let inside = (amm.min_band..=amm.max_band).contains(&number);
        assert!(empty || inside, "band {number} beyond the bounds");
    }
    assert!(shares.values().all(U256::is_zero), "shares of no band");
    let held = market.amm_wallet();
    let (x, y) = (params.stable_precision.0, params.collateral_precision.0);
    let fees = amm.admin_fees;
    assert!(
        held.stable.0 * x >= stable + fees.stable.0 * x,
        "stable of the bands"
    );
    assert!(
        held.collateral.0 * y >= collateral + fees.collateral.0 * y,
        "collateral"
    );
    check_loans(market);
}

/// The list of loans, and debts against their total.
fn check_loans(market: &Market) {
    let owing = market
        .accounts()
        .filter(|(_, a)| !a.loan.initial_debt.is_zero());
    let owing: Vec<AccountId> = owing.map(|(id, _)| id).collect();
    let mut listed: Vec<AccountId> = market.borrowers().collect();
    listed.sort_unstable();
    assert_eq!(owing, listed, "list of loans");
    let mut sum = U256::ZERO;
    for id in listed {
        sum += market.debt(id).unwrap().0;
        let health = [Measure::InBands, Measure::Full].map(|measure| market.health(id, measure));
        if let [Ok(in_bands), Ok(full)] = health {
            assert!(full >= in_bands, "{full} < {in_bands}");
        }
    }
    let total = market.total_debt().unwrap().0;
    // Each action rounds each of the two by a unit, and a repayment may find too small a total.
    assert!(sum.abs_diff(total) <= U256::from(64), "{sum} and {total}");
}

/// A forced liquidation needs bad health; every unit of any has a party.
fn check_liquidation(before: &Market, after: &Market, action: &Action, told: &Liquidation) {
    let Action::Liquidate {
        caller,
        owner,
        fraction,
        ..
    } = *action
    else {
        return;
    };
    let by_owner = caller == owner || before.is_approved(owner, caller);
    if !by_owner {
        assert_eq!(
            before.is_liquidatable(owner),
            Ok(true),
            "liquidated in health"
        );
        assert_eq!(before.liquidation(owner, fraction), Ok(*told));
    }
    let owed = before.debt(owner).unwrap();
    assert_eq!(told.debt.plus(told.debt_left), Ok(owed));
    assert_eq!(told.to_pay, told.debt.minus_or_zero(told.stable));
    let (had, has) = (
        before.account(caller).unwrap(),
        after.account(caller).unwrap(),
    );
    let gained = told.stable.minus_or_zero(told.debt);
    let stable = had.wallet.stable.minus(told.to_pay).unwrap().plus(gained);
    assert_eq!(stable, Ok(has.wallet.stable));
    assert_eq!(
        had.wallet.collateral.plus(told.collateral),
        Ok(has.wallet.collateral)
    );
    let repaid = before.controller_wallet().stable.plus(told.debt);
    assert_eq!(repaid, Ok(after.controller_wallet().stable));
    assert_eq!(
        after.account(owner).unwrap().loan.initial_debt,
        told.debt_left
    );
    if !by_owner && told.debt_left.is_zero() && fraction >= wad(WAD) {
        assert!(after.account(owner).unwrap().position.shares.is_empty());
    }
}

/// A quote is what is traded, and going back at once never pays.
fn check_exchange(before: &Market, after: &Market, action: &Action, traded: [Amount; 2]) {
    let Action::Exchange { pay, limit, .. } = *action else {
        return;
    };
    let [paid, received] = traded;
    assert_eq!(before.quote(pay, limit), Ok(traded), "quote");
    let back = match pay {
        Token::Stable => Token::Collateral,
        Token::Collateral => Token::Stable,
    };
    let all = Limit::Paid {
        amount: received,
        received_min: Amount::ZERO,
    };
    if let Ok([_, regained]) = after.quote(back, all) {
        assert!(regained <= paid, "{regained} back for {paid}");
    }
}

fn act(market: &mut Market, action: &Action, tally: &mut Tally) {
    let before = market.clone();
    let hash = tally.tried.is_multiple_of(16).then(|| before.state_hash());
    tally.tried += 1;
    match market.apply(action) {
        Err(rejection) => {
            *tally.rejections.entry(rejection).or_default() += 1;
            assert_eq!(before.amm(), market.amm());
            assert_eq!(before.controller(), market.controller());
            if let Some(hash) = hash {
                assert_eq!(
                    hash,
                    market.state_hash(),
                    "a rejected action changed something"
                );
            }
        }
        Ok(outcome) => {
            tally.accepted += 1;
            *tally.kinds.entry(kind(action)).or_default() += 1;
            if let Some(hash) = hash {
                assert_eq!(
                    hash,
                    before.state_hash(),
                    "an action changed the fork's parent"
                );
            }
            let [mut stable, mut collateral] = totals(&before);
            if let Action::Fund { token, amount, .. } = action {
                match token {
                    Token::Stable => stable += amount.0,
                    Token::Collateral => collateral += amount.0,
                }
            }
            assert_eq!(totals(market), [stable, collateral], "tokens");
            assert!(market.amm().rate_mul >= before.amm().rate_mul, "multiplier");
            match outcome {
                Outcome::Liquidated(told) => {
                    check_liquidation(&before, market, action, &told);
                    tally.forced += u64::from(matches!(
                        action, Action::Liquidate { caller, owner, .. } if caller != owner
                    ));
                    tally.excesses += u64::from(told.stable > told.debt);
                }
                Outcome::Exchanged { paid, received } if tally.tried.is_multiple_of(4) => {
                    check_exchange(&before, market, action, [paid, received]);
                }
                _ => {}
            }
        }
    }
}

fn step(dice: &mut Dice, market: &mut Market, tally: &mut Tally, script: &mut Script<Step>) {
    if dice.percent(40) {
        let (now, price) = block(dice, market);
        market.observe(now, price).unwrap();
    }
    let action = action(dice, market);
    script
        .steps
        .push((market.now(), market.oracle_price(), action));
    act(market, &action, tally);
}

fn run(bases: &[Market], seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let mut script = Script::new(seed);
    let mut market = bases[usize::try_from(seed % BASES).unwrap()].clone();
    for _ in 0..STEPS {
        step(&mut dice, &mut market, tally, &mut script);
    }
    check_state(&market);
}

fn run_all(seeds: std::ops::Range<u64>) {
    let bases: Vec<Market> = (0..BASES).map(base).collect();
    let hashes: Vec<_> = bases.iter().map(Market::state_hash).collect();
    let mut tally = Tally::default();
    for seed in seeds {
        run(&bases, seed, &mut tally);
    }
    let share = tally.accepted * 100 / tally.tried;
    println!("{share} % of {} accepted", tally.tried);
    println!("{:?}\n{:?}", tally.kinds, tally.rejections);
    println!("{} forced, {} with an excess", tally.forced, tally.excesses);
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 14, "a kind of action never succeeded");
    // The others have tests of their own: no script of these actions reaches them.
    let elsewhere = [
        Rejection::TimeBackward,
        Rejection::NoDeposits,
        Rejection::DepositBelowCurrentBand,
        Rejection::BandNotEmpty,
    ];
    for rejection in Rejection::ALL {
        let occurred = tally.rejections.contains_key(rejection);
        assert!(
            occurred || elsewhere.contains(rejection),
            "{rejection} never occurred"
        );
    }
    assert!(tally.forced > 100 && tally.excesses > 10);
    let after: Vec<_> = bases.iter().map(Market::state_hash).collect();
    assert_eq!(hashes, after, "a fork changed its parent");
}

#[test]
fn holds_through_any_script() {
    run_all(0..SCRIPTS);
}

#[test]
fn holds_through_any_other_script() {
    run_all(SCRIPTS..2 * SCRIPTS);
}

#[test]
fn time_does_not_go_backward() {
    let mut market = fresh(100, 18, WAD).build().unwrap();
    let earlier = market.observe(Timestamp(START - 1), Price::ZERO);
    assert_eq!(earlier, Err(Rejection::TimeBackward));
    assert_eq!(market.now(), Timestamp(START));
}

/// A market in which account 0 has a loan of the most it can borrow.
fn with_loan(amplification: u16, bands: u32) -> Market {
    let mut market = fresh(amplification, 18, 3_000 * WAD).build().unwrap();
    let collateral = Amount::new(10 * WAD);
    let owner = AccountId(0);
    let most = market.max_borrowable((collateral, Amount::ZERO), bands, owner);
    let action = Action::CreateLoan {
        caller: owner,
        owner,
        collateral,
        debt: most.unwrap(),
        bands,
    };
    market.apply(&action).unwrap();
    market
}

/// The most that can be borrowed is lent; a tenth more is not; the least collateral is enough.
#[test]
fn borrowing_limits_are_limits() {
    for (amplification, bands) in [(30, 4), (50, 10), (100, 4), (100, 50), (200, 20)] {
        let market = with_loan(amplification, bands);
        let owner = AccountId(1);
        let collateral = Amount::new(10 * WAD);
        let most = market
            .max_borrowable((collateral, Amount::ZERO), bands, owner)
            .unwrap();
        let loan = |collateral: Amount, debt: U256| Action::CreateLoan {
            caller: owner,
            owner,
            collateral,
            debt: Amount(debt),
            bands,
        };
        assert!(market.clone().apply(&loan(collateral, most.0)).is_ok());
        let more = market
            .clone()
            .apply(&loan(collateral, percent(most.0, 110)));
        assert_eq!(more, Err(Rejection::DebtTooHigh), "A = {amplification}");
        let least = market.min_collateral(most, bands, owner).unwrap();
        assert!(market.clone().apply(&loan(least, most.0)).is_ok());
        assert!(
            least.0.abs_diff(collateral.0) < percent(collateral.0, 1),
            "{least}"
        );
    }
}

/// Paying what the view tells moves the AMM to the price, both ways.
#[test]
fn the_amount_for_a_price_reaches_it() {
    for (hundredths, token) in [
        (97, Token::Stable),
        (103, Token::Stable),
        (94, Token::Stable),
    ] {
        let mut market = with_loan(100, 10);
        market
            .apply(&Action::SetFee {
                fee: wad(1_000_000),
            })
            .unwrap();
        let price = percent(
            market
                .upper_edge(market.account(AccountId(0)).unwrap().position.first)
                .unwrap()
                .0,
            hundredths,
        );
        market
            .observe(Timestamp(START + 1_000), Price(price))
            .unwrap();
        let present = market.amm_price().unwrap().0;
        if present >= price {
            continue;
        }
        for target in [price, percent(price, 98)] {
            let (amount, pay) = market.amount_for_price(Price(target)).unwrap();
            if target == price {
                assert_eq!(pay, token);
            }
            let limit = Limit::Paid {
                amount,
                received_min: Amount::ZERO,
            };
            let action = Action::Exchange {
                caller: TRADER,
                pay,
                limit,
            };
            market.apply(&action).unwrap();
            let reached = market.amm_price().unwrap().0;
            let off = reached.abs_diff(target);
            // The fee stays in the band and carries the price a little further.
            assert!(off * wad(100_000) < target, "{reached} for {target}");
        }
    }
}

/// Soft liquidation: prices fall through the bands slowly, are traded on the way, and what the
/// bands become is close to what was told at the start; coming back costs a little.
#[test]
fn a_slow_way_down_is_what_was_told() {
    let mut market = with_loan(100, 10);
    market
        .apply(&Action::SetFee {
            fee: wad(1_000_000),
        })
        .unwrap();
    let owner = AccountId(0);
    let told = market.stable_down(owner).unwrap();
    let start = market.oracle_price().0;
    let mut at = START;
    for permille in (750..1_000u128).rev() {
        at += 600;
        let price = start / U256::from(1_000) * U256::from(permille);
        market.observe(Timestamp(at), Price(price)).unwrap();
        let (amount, pay) = market.amount_for_price(Price(price)).unwrap();
        let limit = Limit::Paid {
            amount,
            received_min: Amount::ZERO,
        };
        let trade = Action::Exchange {
            caller: TRADER,
            pay,
            limit,
        };
        market.apply(&trade).unwrap();
    }
    let held = market.holdings(owner).unwrap();
    assert!(held.collateral < Amount::new(1_000), "{}", held.collateral);
    let off = held.stable.0.abs_diff(told.0);
    assert!(off * U256::from(300) < told.0, "{} for {told}", held.stable);
    assert!(market.health(owner, Measure::Full).unwrap() > Signed::ZERO);
}

/// A new first band more than 1024 bands above the active one cannot be reached, though nothing
/// stands in between.
#[test]
fn a_deposit_skips_so_many_bands_only() {
    let mut market = fresh(10_000, 18, 1_000 * WAD).build().unwrap();
    let higher = Price::new(1_200 * WAD);
    market.observe(Timestamp(START + 1_000), higher).unwrap();
    let action = |debt: u128| Action::CreateLoan {
        caller: AccountId(0),
        owner: AccountId(0),
        collateral: Amount::new(WAD),
        debt: Amount::new(debt * WAD),
        bands: 4,
    };
    let refused = market.apply(&action(1_085));
    assert_eq!(refused, Err(Rejection::DepositBelowCurrentBand));
    assert!(market.apply(&action(900)).is_ok());
}

/// A loan without anything in the bands, and a band above the active one with stablecoin: the
/// operations make neither, so both are set up.
#[test]
fn states_that_only_a_setup_makes() {
    let mut setup = fresh(100, 18, 3_000 * WAD);
    setup.accounts[0].loan = Loan {
        initial_debt: Amount::new(WAD),
        rate_mul: wad(WAD),
    };
    setup.bands.insert(
        4,
        Band {
            stable: wad(1),
            ..Band::EMPTY
        },
    );
    let mut market = setup.build().unwrap();
    let owner = AccountId(0);
    let liquidation = Action::Liquidate {
        caller: owner,
        owner,
        stable_min: Amount::ZERO,
        fraction: wad(WAD),
    };
    assert_eq!(market.apply(&liquidation), Err(Rejection::NoDeposits));
    let loan = Action::CreateLoan {
        caller: AccountId(1),
        owner: AccountId(1),
        collateral: Amount::new(WAD),
        debt: Amount::new(2_600 * WAD),
        bands: 4,
    };
    assert_eq!(market.apply(&loan), Err(Rejection::BandNotEmpty));
}
