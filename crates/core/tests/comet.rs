//! Compound v3: what holds through any sequence of actions, and the order of checks.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run must stop, and a failure prints its script"
)]

mod dice;

use backstop_core::protocol::comet::{
    Absorption, Action, BASE, Balance, BaseConfig, Collateral, CollateralConfig, CollateralSetup,
    Comet, CometSetup, CometVersion, Config, Event, Paused, Position, RateCurve, Rejection,
    Reserves, Totals,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use dice::{Dice, Script};
use std::collections::BTreeMap;

const SCRIPTS: u64 = 100_000;
const ACCOUNTS: u32 = 4;
const START: u64 = 1_700_000_000;
const INDEX: u64 = 1_000_000_000_000_000;
const PERCENT: u64 = 10_000_000_000_000_000;
const DOLLAR: u128 = 100_000_000;

/// One step of a script.
#[derive(Clone, Debug)]
enum Step {
    #[expect(dead_code, reason = "printed when a script fails")]
    Observe(Timestamp, Prices),
    #[expect(dead_code, reason = "printed when a script fails")]
    Act(Action),
}

/// What happened over all scripts.
#[derive(Default)]
struct Tally {
    tried: u64,
    accepted: u64,
    kinds: BTreeMap<&'static str, u64>,
    rejections: BTreeMap<Rejection, u64>,
    surpluses: u64,
    uncovered: u64,
    drifts: u64,
}

fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn ids() -> impl Iterator<Item = AccountId> {
    (0..ACCOUNTS).map(AccountId)
}

fn assets(comet: &Comet) -> impl Iterator<Item = AssetId> + use<> {
    (1..=u16::try_from(comet.listed().len()).unwrap()).map(AssetId)
}

fn position(comet: &Comet, id: AccountId) -> &Position {
    comet.position(id).unwrap()
}

fn percent(n: u64) -> Ratio {
    Ratio::new(u128::from(n * PERCENT))
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Supply { asset: BASE, .. } => "Supply, base",
        Action::Supply { .. } => "Supply, collateral",
        Action::Withdraw { asset: BASE, .. } => "Withdraw, base",
        Action::Withdraw { .. } => "Withdraw, collateral",
        Action::Transfer { asset: BASE, .. } => "Transfer, base",
        Action::Transfer { .. } => "Transfer, collateral",
        Action::Absorb { .. } => "Absorb",
        Action::BuyCollateral { .. } => "BuyCollateral",
        Action::WithdrawReserves { .. } => "WithdrawReserves",
        Action::AccrueAccount { .. } => "AccrueAccount",
        Action::Pause { .. } => "Pause",
        Action::Fund { .. } => "Fund",
    }
}

fn config(decimals: u8, target: u128) -> Config {
    let one = 10u128.pow(decimals.into());
    let curve = |base| RateCurve {
        kink: 80 * PERCENT,
        base: base * PERCENT,
        slope_low: 4 * PERCENT,
        slope_high: 200 * PERCENT,
    };
    Config {
        base: BaseConfig {
            decimals,
            borrow_min: Amount::new(one / 1_000),
            target_reserves: Amount::new(target),
        },
        supply_curve: curve(0),
        borrow_curve: curve(2),
        store_front_factor: percent(60),
        tracking_scale: INDEX,
        tracking_supply_speed: INDEX / 100,
        tracking_borrow_speed: INDEX / 50,
        rewards_min: one,
    }
}

fn collateral(decimals: u8, dollars: u128) -> CollateralSetup {
    CollateralSetup {
        config: CollateralConfig {
            decimals,
            borrow_factor: percent(80),
            liquidate_factor: percent(85),
            liquidation_factor: percent(93),
            supply_cap: Amount::new(10u128.pow(decimals.into()) * 1_000_000),
        },
        price: Price::new(dollars * DOLLAR),
        tokens: Collateral::default(),
    }
}

fn setup(config: Config, base_price: u128, collateral: Vec<CollateralSetup>) -> CometSetup {
    CometSetup {
        version: CometVersion::D5a30b0,
        config,
        base_price: Price::new(base_price),
        base_held: Amount::ZERO,
        collateral,
        now: Timestamp(START),
        paused: Paused::default(),
        totals: Totals {
            supply_index: INDEX / 100 * 103,
            borrow_index: INDEX / 100 * 107,
            last_accrual: Timestamp(START),
            ..Totals::default()
        },
        positions: vec![Position::default(); 4],
    }
}

/// Wallets worth about a million dollars an asset.
fn fill_wallets(setup: &mut CometSetup, one: u128) {
    let base = Amount::new(one * 1_000_000 * DOLLAR / narrow(setup.base_price.0));
    for position in &mut setup.positions {
        position.wallet.insert(BASE, base);
        for (id, asset) in (1..).map(AssetId).zip(&setup.collateral) {
            let unit = 10u128.pow(asset.config.decimals.into());
            let dollars = narrow(asset.price.0) / DOLLAR;
            position
                .wallet
                .insert(id, Amount::new(unit * 1_000_000 / dollars));
        }
    }
}

fn comet(dice: &mut Dice) -> Comet {
    let decimals = dice.pick(&[6, 8, 18]);
    let one = 10u128.pow(decimals.into());
    let count = if dice.percent(2) {
        24
    } else {
        1 + dice.below(3)
    };
    let listed = (0..count).map(|_| {
        let mut asset = collateral(dice.pick(&[2, 6, 8, 18]), dice.pick(&[1, 20, 2_000]));
        if dice.percent(10) {
            asset.config.supply_cap = Amount::new(10u128.pow(asset.config.decimals.into()) * 400);
        }
        asset
    });
    let listed = listed.collect();
    let target = dice.pick(&[0, one * 1_000, one * 1_000_000_000]);
    let base_price = dice.pick(&[DOLLAR, DOLLAR - 200_000, DOLLAR * 2_500]);
    let mut setup = setup(config(decimals, target), base_price, listed);
    setup.base_held = Amount::new(dice.pick(&[0, one * 100, one * 5_000]));
    fill_wallets(&mut setup, one);
    setup.build().unwrap()
}

fn some_account(dice: &mut Dice) -> AccountId {
    AccountId(u32::try_from(dice.below(u128::from(ACCOUNTS))).unwrap())
}

fn some_asset(dice: &mut Dice, comet: &Comet) -> AssetId {
    let count = comet.listed().len() as u128;
    let beyond = u128::from(dice.percent(2));
    AssetId(u16::try_from(1 + dice.below(count + beyond)).unwrap())
}

/// Part of what is there; now and then all, however much, or too much for the contract.
fn amount(dice: &mut Dice, of: Amount) -> Amount {
    match dice.below(60) {
        0 => Amount::ZERO,
        1..4 => Amount::MAX,
        4 => Amount(U256::ONE << 200),
        5 => Amount(U256::ONE << 255),
        _ => Amount::new(dice.part(narrow(of.0))),
    }
}

/// What an account could borrow at most, in base token units.
fn room(comet: &Comet, id: AccountId) -> Amount {
    let Ok(standing) = comet.standing(id) else {
        return Amount::new(1);
    };
    let dollars = standing.borrow_limit.minus_or_zero(standing.debt);
    let scale = U256::from(10).pow(U256::from(comet.config().base.decimals));
    let price = comet.price(BASE).unwrap().0.max(U256::ONE);
    Amount(dollars.0 * scale / price).min(comet.base_held())
}

/// Draws an action that has a fair chance in this state.
fn action(dice: &mut Dice, comet: &Comet) -> Action {
    let who = some_account(dice);
    let other = if dice.percent(1) {
        AccountId(99)
    } else {
        some_account(dice)
    };
    let asset = some_asset(dice, comet);
    let held = position(comet, who);
    match dice.below(100) {
        0..12 => supply(who, other, BASE, amount(dice, held.in_wallet(BASE))),
        12..26 => supply(who, who, asset, amount(dice, held.in_wallet(asset))),
        26..46 => {
            let most = match comet.balance(who) {
                Ok(Balance::Supply(supply)) if !supply.is_zero() => supply.min(comet.base_held()),
                _ => room(comet, who),
            };
            withdraw(who, other, BASE, amount(dice, most))
        }
        46..52 => withdraw(who, other, asset, amount(dice, held.supplied(asset))),
        52..57 => Action::Transfer {
            sender: who,
            recipient: other,
            asset: BASE,
            amount: amount(dice, room(comet, who)),
        },
        57..62 => Action::Transfer {
            sender: who,
            recipient: other,
            asset,
            amount: amount(dice, held.supplied(asset)),
        },
        62..78 => absorption(dice, comet, who),
        78..90 => purchase(dice, comet, asset, who, other),
        90..92 => {
            let most = match comet.reserves() {
                Ok(Reserves::Surplus(surplus)) => surplus.min(comet.base_held()),
                _ => Amount::new(1),
            };
            Action::WithdrawReserves {
                recipient: other,
                amount: amount(dice, most),
            }
        }
        92..96 => Action::AccrueAccount { account: other },
        96 => Action::Pause {
            paused: pauses(dice),
        },
        _ => Action::Fund {
            account: other,
            asset,
            amount: Amount::new(dice.below(1_000_000)),
        },
    }
}

fn pauses(dice: &mut Dice) -> Paused {
    let mut flag = || dice.percent(30);
    Paused {
        supply: flag(),
        transfer: flag(),
        withdraw: flag(),
        absorb: flag(),
        buy: flag(),
    }
}

fn supply(payer: AccountId, account: AccountId, asset: AssetId, amount: Amount) -> Action {
    Action::Supply {
        payer,
        account,
        asset,
        amount,
    }
}

fn withdraw(account: AccountId, recipient: AccountId, asset: AssetId, amount: Amount) -> Action {
    Action::Withdraw {
        account,
        recipient,
        asset,
        amount,
    }
}

/// Of whoever is under water as a rule.
fn absorption(dice: &mut Dice, comet: &Comet, who: AccountId) -> Action {
    let weak = ids().filter(|id| comet.is_absorbable(*id) == Ok(true));
    let mut accounts: Vec<_> = weak.collect();
    if accounts.is_empty() || dice.percent(5) {
        accounts.push(who);
    }
    Action::Absorb { accounts }
}

/// Within the limit as a rule.
fn purchase(
    dice: &mut Dice,
    comet: &Comet,
    asset: AssetId,
    buyer: AccountId,
    recipient: AccountId,
) -> Action {
    let limit = comet.sale_limit(asset).map(|sale| sale.base_amount);
    let base_amount = amount(dice, limit.unwrap_or(Amount::new(1_000)));
    let quoted = comet
        .quote_collateral(asset, base_amount)
        .unwrap_or_default();
    let more = u128::from(dice.percent(10));
    Action::BuyCollateral {
        asset,
        min_amount: quoted.plus(Amount::new(more)).unwrap_or(Amount::MAX),
        base_amount,
        buyer,
        recipient,
    }
}

/// Time and prices of the next block.
fn block(dice: &mut Dice, comet: &Comet) -> (Timestamp, Prices) {
    let seconds = dice.pick(&[0, 0, 1, 12, 3_600, 2_592_000]);
    let prices = (0..).map(AssetId).map_while(|asset| comet.price(asset));
    let mut prices: Vec<_> = prices.collect();
    let fallback = Price::new(DOLLAR);
    for (at, price) in prices.iter_mut().enumerate() {
        let held = if price.is_zero() { fallback } else { *price };
        let move_to = if at == 0 {
            98 + dice.below(5)
        } else {
            65 + dice.below(45)
        };
        *price = Price(held.0 * U256::from(move_to) / U256::from(100));
        if dice.percent(1) {
            *price = Price::ZERO;
        }
    }
    (Timestamp(comet.now().0 + seconds), Prices(prices))
}

fn side(principal: i128) -> u128 {
    u128::try_from(principal).unwrap_or(0)
}

/// How far the sums of principals exceed what accounts have.
fn drift(comet: &Comet) -> (u128, u128) {
    let principals: Vec<_> = ids()
        .map(|id| position(comet, id).account.principal)
        .collect();
    let supply: u128 = principals.iter().map(|p| side(*p)).sum();
    let borrow: u128 = principals.iter().map(|p| side(-*p)).sum();
    let totals = comet.totals();
    let above = |total: u128, sum| total.checked_sub(sum).expect("a sum below the principals");
    (above(totals.supply, supply), above(totals.borrow, borrow))
}

/// Tokens in the contract and in wallets.
fn tokens(comet: &Comet, asset: AssetId) -> U256 {
    let held = match asset {
        BASE => comet.base_held(),
        _ => comet
            .collateral(asset)
            .map_or(Amount::ZERO, |tokens| tokens.held),
    };
    ids().fold(held.0, |sum, id| {
        sum + position(comet, id).in_wallet(asset).0
    })
}

/// Tokens and claims are conserved, marks are right, indexes do not fall.
fn check_sums(before: &Comet, after: &Comet, action: &Action) {
    for asset in assets(after).chain([BASE]) {
        let funded = match action {
            Action::Fund {
                asset: to, amount, ..
            } if *to == asset => amount.0,
            _ => U256::ZERO,
        };
        assert_eq!(
            tokens(before, asset) + funded,
            tokens(after, asset),
            "tokens"
        );
        if asset == BASE {
            continue;
        }
        let supplied = ids().map(|id| position(after, id).supplied(asset).0);
        let total = after.collateral(asset).unwrap().total_supply.0;
        assert_eq!(supplied.fold(U256::ZERO, |a, b| a + b), total, "collateral");
        for id in ids() {
            let held = position(after, id);
            let marked = held.account.assets_in.contains(asset);
            assert_eq!(marked, !held.supplied(asset).is_zero(), "marks");
        }
    }
    let (then, now) = (before.totals(), after.totals());
    assert!(then.supply_index <= now.supply_index && then.borrow_index <= now.borrow_index);
    assert!(then.tracking_supply_index <= now.tracking_supply_index);
    assert!(then.tracking_borrow_index <= now.tracking_borrow_index);
    let (old, new) = (drift(before), drift(after));
    assert!(old.0 <= new.0 && new.0 <= old.0 + 2, "drift of supplies");
    assert!(old.1 <= new.1 && new.1 <= old.1 + 2, "drift of debts");
}

fn signed(reserves: Reserves) -> i128 {
    let signed = |amount: Amount| i128::try_from(narrow(amount.0)).unwrap();
    match reserves {
        Reserves::Surplus(amount) => signed(amount),
        Reserves::Deficit(amount) => -signed(amount),
    }
}

/// Reserves change by what was paid out and in, and otherwise by rounding.
fn check_reserves(before: &Comet, after: &Comet, action: &Action, events: &[Event]) {
    let change = signed(after.reserves().unwrap()) - signed(before.reserves().unwrap());
    let signed = |amount: &Amount| i128::try_from(narrow(amount.0)).unwrap();
    let paid_out = events.iter().map(|event| match event {
        Event::DebtAbsorbed(told) => signed(&told.paid_out),
        Event::ReservesWithdrawn { amount, .. } => signed(amount),
        Event::CollateralBought { base_amount, .. } => -signed(base_amount),
        _ => 0,
    });
    let rounding = change + paid_out.sum::<i128>();
    let touched = match action {
        Action::Absorb { accounts } => accounts.len() as i128,
        Action::Supply { asset: BASE, .. }
        | Action::Withdraw { asset: BASE, .. }
        | Action::Transfer { asset: BASE, .. } => 2,
        _ => 0,
    };
    let totals = after.totals();
    let unit = i128::from(totals.supply_index.max(totals.borrow_index) / INDEX) + 2;
    assert!(
        rounding.abs() <= touched * unit,
        "reserves changed by {rounding} more"
    );
}

fn check_absorption(before: &Comet, after: &Comet, told: &Absorption) {
    let id = told.account;
    assert_eq!(before.is_absorbable(id), Ok(true), "absorbed in health");
    let left = position(after, id);
    assert!(left.account.assets_in.is_empty() && left.account.principal >= 0);
    assert!(left.collateral.values().all(|amount| amount.is_zero()));
    let Ok(Balance::Debt(owed)) = before.balance(id) else {
        panic!("absorbed without debt");
    };
    assert!(told.surplus.is_zero() || told.uncovered.is_zero());
    assert!(told.paid_out >= owed.plus(told.surplus).unwrap());
    assert_eq!(after.balance(id), Ok(Balance::Supply(told.surplus)));
}

fn named(action: &Action) -> Vec<AccountId> {
    match action {
        Action::Supply { payer, account, .. } => vec![*payer, *account],
        Action::Withdraw {
            account, recipient, ..
        } => vec![*account, *recipient],
        Action::Transfer {
            sender, recipient, ..
        } => vec![*sender, *recipient],
        Action::Absorb { accounts } => accounts.clone(),
        Action::BuyCollateral {
            buyer, recipient, ..
        } => vec![*buyer, *recipient],
        Action::WithdrawReserves { recipient, .. } => vec![*recipient],
        Action::AccrueAccount { account } | Action::Fund { account, .. } => vec![*account],
        Action::Pause { .. } => Vec::new(),
    }
}

fn check_bystanders(before: &Comet, after: &Comet, action: &Action) {
    let named = named(action);
    for id in ids().filter(|id| !named.contains(id)) {
        assert_eq!(
            position(before, id),
            position(after, id),
            "a bystander changed"
        );
    }
}

/// Whoever borrowed or took collateral may owe what he owes.
fn check_health(after: &Comet, action: &Action) {
    let who = match action {
        Action::Withdraw { account, .. } => *account,
        Action::Transfer { sender, .. } => *sender,
        _ => return,
    };
    assert_eq!(
        after.is_borrow_collateralized(who),
        Ok(true),
        "left owing too much"
    );
}

fn unchanged(before: &Comet, after: &Comet) {
    assert_eq!(before.totals(), after.totals());
    assert_eq!(before.base_held(), after.base_held());
    assert_eq!(before.paused(), after.paused());
    for asset in assets(before) {
        assert_eq!(before.collateral(asset), after.collateral(asset));
    }
    for id in ids() {
        assert_eq!(position(before, id), position(after, id));
    }
}

fn act(comet: &mut Comet, action: &Action, tally: &mut Tally) {
    let before = comet.clone();
    tally.tried += 1;
    match comet.apply(action) {
        Err(rejection) => {
            *tally.rejections.entry(rejection).or_default() += 1;
            unchanged(&before, comet);
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.state_hash(), comet.state_hash());
                assert_eq!(before.preview(action), Err(rejection));
            }
        }
        Ok(events) => {
            tally.accepted += 1;
            *tally.kinds.entry(kind(action)).or_default() += 1;
            check_sums(&before, comet, action);
            check_reserves(&before, comet, action, &events);
            check_bystanders(&before, comet, action);
            check_health(comet, action);
            for event in &events {
                if let Event::DebtAbsorbed(told) = event {
                    check_absorption(&before, comet, told);
                    tally.surpluses += u64::from(!told.surplus.is_zero());
                    tally.uncovered += u64::from(!told.uncovered.is_zero());
                }
            }
            tally.drifts += u64::from(drift(&before) != drift(comet));
            if tally.tried.is_multiple_of(64) {
                assert_eq!(before.preview(action), Ok(events));
            }
        }
    }
}

fn run(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let mut script = Script::new(seed);
    let mut comet = comet(&mut dice);
    let half =
        |comet: &Comet, id, asset| Amount::new(narrow(position(comet, id).in_wallet(asset).0) / 2);
    let (lender, borrower) = (AccountId(0), AccountId(1));
    let lent = half(&comet, lender, BASE);
    let brought = half(&comet, borrower, AssetId(1));
    let mut opening = vec![
        supply(lender, lender, BASE, lent),
        supply(borrower, borrower, AssetId(1), brought),
    ];
    opening.reverse();
    for step in 0..10 {
        if step > 2 && dice.percent(40) {
            let (now, prices) = block(&mut dice, &comet);
            script.steps.push(Step::Observe(now, prices.clone()));
            comet.observe(now, &prices).unwrap();
        }
        let action = match step {
            2 => withdraw(borrower, borrower, BASE, room(&comet, borrower)),
            _ => opening.pop().unwrap_or_else(|| action(&mut dice, &comet)),
        };
        script.steps.push(Step::Act(action.clone()));
        act(&mut comet, &action, tally);
    }
}

#[test]
fn holds_through_any_script() {
    let mut tally = Tally::default();
    for seed in 0..SCRIPTS {
        run(seed, &mut tally);
    }
    let share = tally.accepted * 100 / tally.tried;
    println!("{share} % of {} accepted", tally.tried);
    println!("{:?}\n{:?}", tally.kinds, tally.rejections);
    println!(
        "{} surpluses, {} uncovered",
        tally.surpluses, tally.uncovered
    );
    println!("{} drifts", tally.drifts);
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 12, "a kind of action never succeeded");
    let elsewhere = [
        Rejection::TimeBackward,
        Rejection::TimestampTooLarge,
        Rejection::InvalidUInt64,
        Rejection::InvalidInt104,
        Rejection::Panic0x12,
    ];
    for rejection in Rejection::ALL {
        assert!(
            elsewhere.contains(rejection) || tally.rejections.contains_key(rejection),
            "{rejection} never occurred"
        );
    }
    assert!(tally.surpluses > 100 && tally.uncovered > 100 && tally.drifts > 0);
}

/// A Comet of 6 decimals with one collateral of 18 decimals at 2 000 dollars: account 0 has lent
/// 100 000, account 1 owes 10 000 against 10 tokens, account 2 has 10 tokens and owes nothing.
fn example() -> Comet {
    let one = 1_000_000;
    let mut setup = setup(
        config(6, one * 1_000_000),
        DOLLAR,
        vec![collateral(18, 2_000)],
    );
    fill_wallets(&mut setup, one);
    let mut comet = setup.build().unwrap();
    let tokens = Amount::new(10_000_000_000_000_000_000);
    for action in [
        supply(AccountId(0), AccountId(0), BASE, Amount::new(one * 100_000)),
        supply(AccountId(1), AccountId(1), AssetId(1), tokens),
        supply(AccountId(2), AccountId(2), AssetId(1), tokens),
        withdraw(AccountId(1), AccountId(1), BASE, Amount::new(one * 10_000)),
    ] {
        comet.apply(&action).unwrap();
    }
    comet
}

fn priced(comet: &mut Comet, base: u128, collateral: u128) {
    let prices = Prices(vec![
        Price::new(base * DOLLAR),
        Price::new(collateral * DOLLAR),
    ]);
    comet.observe(comet.now(), &prices).unwrap();
}

/// The example with account 1 absorbed at 1 150 dollars.
fn absorbed() -> Comet {
    let mut comet = example();
    priced(&mut comet, 1, 1_150);
    let accounts = vec![AccountId(1)];
    comet.apply(&Action::Absorb { accounts }).unwrap();
    comet
}

#[test]
fn the_limit_is_the_limit() {
    for dollars in [1, 7, 999, 123_456_789] {
        let mut comet = absorbed();
        priced(&mut comet, 1, dollars);
        let sale = comet.sale_limit(AssetId(1)).unwrap();
        let owner = AccountId(3);
        let amount = sale.base_amount.0 + U256::from(1_000_000);
        let fund = Action::Fund {
            account: owner,
            asset: BASE,
            amount: Amount(amount),
        };
        comet.apply(&fund).unwrap();
        let buy = |base_amount: Amount, min_amount: Amount| Action::BuyCollateral {
            asset: AssetId(1),
            min_amount,
            base_amount,
            buyer: owner,
            recipient: owner,
        };
        let (paid, most, one) = (sale.base_amount, sale.collateral_amount, Amount::new(1));
        let less = comet.preview(&buy(paid.minus(one).unwrap(), most));
        assert_eq!(less, Err(Rejection::TooMuchSlippage));
        let more = comet.preview(&buy(paid, most.plus(one).unwrap()));
        assert_eq!(more, Err(Rejection::TooMuchSlippage));
        let all = comet.collateral_reserves(AssetId(1)).unwrap();
        let beyond = comet
            .quote_collateral(AssetId(1), paid.plus(one).unwrap())
            .unwrap();
        assert!(beyond > all || beyond == most, "more could be bought");
        let sold = comet.apply(&buy(paid, most)).unwrap();
        let bought = |event: &Event| match event {
            Event::CollateralBought {
                collateral_amount, ..
            } => *collateral_amount == most,
            _ => false,
        };
        assert!(sold.iter().any(bought));
    }
}

/// Applies actions to a state in turn; each must be refused with what stands beside it.
fn check(name: &str, comet: &Comet, refusals: &[(Action, Rejection)]) {
    for (at, (action, rejection)) in refusals.iter().enumerate() {
        let mut after = comet.clone();
        let got = after.apply(action).err();
        assert_eq!(got, Some(*rejection), "{name}, row {at}: {action:?}");
        assert_eq!(comet.state_hash(), after.state_hash());
    }
}

fn paused(comet: &Comet) -> Comet {
    let mut comet = comet.clone();
    let paused = Paused {
        supply: true,
        transfer: true,
        withdraw: true,
        absorb: true,
        buy: true,
    };
    comet.apply(&Action::Pause { paused }).unwrap();
    comet
}

fn wide(bits: usize) -> Amount {
    Amount(U256::ONE << bits)
}

#[test]
fn supplies_are_refused_in_order() {
    let comet = example();
    let (owner, stranger, unlisted) = (AccountId(3), AccountId(9), AssetId(2));
    let own = |asset, amount| supply(owner, owner, asset, amount);
    check(
        "paused",
        &paused(&comet),
        &[
            (own(BASE, wide(200)), Rejection::Paused),
            (own(unlisted, wide(200)), Rejection::Paused),
            (
                supply(stranger, owner, BASE, Amount::ZERO),
                Rejection::AccountUnknown,
            ),
        ],
    );
    check(
        "open",
        &comet,
        &[
            (own(BASE, wide(200)), Rejection::TransferExceedsBalance),
            (own(unlisted, wide(128)), Rejection::InvalidUInt128),
            (
                own(unlisted, Amount::new(1)),
                Rejection::TransferExceedsBalance,
            ),
            (own(unlisted, Amount::ZERO), Rejection::BadAsset),
            (own(AssetId(1), Amount::MAX), Rejection::InvalidUInt128),
        ],
    );
    let mut rich = comet;
    for (asset, bits) in [(BASE, 255), (AssetId(1), 120)] {
        let fund = Action::Fund {
            account: owner,
            asset,
            amount: wide(bits),
        };
        rich.apply(&fund).unwrap();
    }
    check(
        "rich",
        &rich,
        &[
            (own(AssetId(1), wide(100)), Rejection::SupplyCapExceeded),
            (own(BASE, wide(255)), Rejection::InvalidInt256),
            (own(BASE, wide(254)), Rejection::Panic0x11),
            (own(BASE, wide(150)), Rejection::InvalidUInt104),
            (
                own(BASE, Amount::new((1 << 104) - 1)),
                Rejection::InvalidInt104,
            ),
        ],
    );
    rich.observe(Timestamp(1 << 40), &Prices::default())
        .unwrap();
    check(
        "late",
        &rich,
        &[
            (own(BASE, Amount::MAX), Rejection::TimestampTooLarge),
            (own(BASE, wide(200)), Rejection::TimestampTooLarge),
        ],
    );
}

#[test]
fn withdrawals_are_refused_in_order() {
    let comet = example();
    let (lender, borrower, fresh) = (AccountId(0), AccountId(1), AccountId(2));
    let own = |id, asset, amount| withdraw(id, id, asset, amount);
    let tokens = |n: u128| Amount::new(n * 1_000_000_000_000_000_000);
    let dollars = |n: u128| Amount::new(n * 1_000_000);
    check(
        "paused",
        &paused(&comet),
        &[(own(lender, BASE, wide(255)), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (own(lender, BASE, wide(255)), Rejection::InvalidInt256),
            (own(lender, BASE, wide(254)), Rejection::Panic0x11),
            (own(lender, BASE, wide(150)), Rejection::InvalidUInt104),
            (
                own(fresh, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (
                own(fresh, BASE, dollars(16_001)),
                Rejection::NotCollateralized,
            ),
            (
                own(lender, BASE, dollars(95_000)),
                Rejection::TransferExceedsBalance,
            ),
            (
                own(borrower, AssetId(1), wide(128)),
                Rejection::InvalidUInt128,
            ),
            (own(borrower, AssetId(1), tokens(11)), Rejection::Panic0x11),
            (own(borrower, AssetId(2), Amount::ZERO), Rejection::BadAsset),
            (
                own(borrower, AssetId(1), tokens(10)),
                Rejection::NotCollateralized,
            ),
        ],
    );
    let mut dark = comet;
    priced(&mut dark, 1, 0);
    check(
        "bad feed",
        &dark,
        &[
            (
                own(fresh, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (own(fresh, BASE, dollars(16_001)), Rejection::BadPrice),
            (own(borrower, AssetId(1), tokens(1)), Rejection::BadPrice),
        ],
    );
    // Who owes nothing needs no feed.
    dark.apply(&own(fresh, AssetId(1), tokens(10))).unwrap();
}

#[test]
fn transfers_are_refused_in_order() {
    let comet = example();
    let (lender, borrower, fresh) = (AccountId(0), AccountId(1), AccountId(2));
    let send = |sender, recipient, asset, amount| Action::Transfer {
        sender,
        recipient,
        asset,
        amount,
    };
    let tokens = |n: u128| Amount::new(n * 1_000_000_000_000_000_000);
    check(
        "paused",
        &paused(&comet),
        &[(send(lender, lender, BASE, Amount::ZERO), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (
                send(lender, lender, BASE, wide(255)),
                Rejection::NoSelfTransfer,
            ),
            (
                send(lender, fresh, BASE, wide(255)),
                Rejection::InvalidInt256,
            ),
            (
                send(fresh, lender, BASE, Amount::new(999)),
                Rejection::BorrowTooSmall,
            ),
            (
                send(fresh, lender, BASE, Amount::new(16_001_000_000)),
                Rejection::NotCollateralized,
            ),
            (
                send(borrower, fresh, AssetId(2), wide(128)),
                Rejection::InvalidUInt128,
            ),
            (
                send(borrower, fresh, AssetId(2), Amount::new(1)),
                Rejection::Panic0x11,
            ),
            (
                send(borrower, fresh, AssetId(2), Amount::ZERO),
                Rejection::BadAsset,
            ),
            (
                send(borrower, fresh, AssetId(1), tokens(10)),
                Rejection::NotCollateralized,
            ),
        ],
    );
}

#[test]
fn absorptions_are_refused_in_order() {
    let absorb = |ids: &[u32]| Action::Absorb {
        accounts: ids.iter().copied().map(AccountId).collect(),
    };
    let mut comet = example();
    check(
        "healthy",
        &comet,
        &[(absorb(&[1]), Rejection::NotLiquidatable)],
    );
    priced(&mut comet, 1, 1_150);
    check(
        "paused",
        &paused(&comet),
        &[(absorb(&[0]), Rejection::Paused)],
    );
    check(
        "batches",
        &comet,
        &[
            (absorb(&[0, 1]), Rejection::NotLiquidatable),
            (absorb(&[1, 0]), Rejection::NotLiquidatable),
            (absorb(&[1, 1]), Rejection::NotLiquidatable),
            (absorb(&[1, 9]), Rejection::AccountUnknown),
        ],
    );
    for (base, collateral) in [(0, 1_150), (1, 0)] {
        let mut dark = comet.clone();
        priced(&mut dark, base, collateral);
        check(
            "bad feed",
            &dark,
            &[
                (absorb(&[1]), Rejection::BadPrice),
                (absorb(&[0]), Rejection::NotLiquidatable),
            ],
        );
    }
    let mut late = comet.clone();
    let prices = Prices(vec![Price::new(DOLLAR), Price::new(DOLLAR)]);
    late.observe(Timestamp(1 << 40), &prices).unwrap();
    check(
        "late",
        &late,
        &[(absorb(&[1]), Rejection::TimestampTooLarge)],
    );
    late = comet;
    late.observe(Timestamp((1 << 40) - 1), &prices).unwrap();
    check(
        "overgrown",
        &late,
        &[(absorb(&[1]), Rejection::InvalidUInt64)],
    );
}

#[test]
fn purchases_are_refused_in_order() {
    let buy = |asset: u16, min: u128, base: u128| Action::BuyCollateral {
        asset: AssetId(asset),
        min_amount: Amount::new(min),
        base_amount: Amount::new(base),
        buyer: AccountId(3),
        recipient: AccountId(3),
    };
    let poor = 10u128.pow(30);
    let mut comet = absorbed();
    check(
        "paused",
        &paused(&comet),
        &[(buy(9, 0, poor), Rejection::Paused)],
    );
    check(
        "open",
        &comet,
        &[
            (buy(9, 0, poor), Rejection::TransferExceedsBalance),
            (buy(9, 0, 1), Rejection::BadAsset),
            (buy(0, 0, 1), Rejection::BadAsset),
            (buy(1, poor, 100_000_000_000), Rejection::TooMuchSlippage),
            (buy(1, 0, 100_000_000_000), Rejection::InsufficientReserves),
        ],
    );
    for (base, collateral) in [(0, 1_150), (1, 0)] {
        priced(&mut comet, base, collateral);
        check(
            "bad feed",
            &comet,
            &[
                (buy(9, 0, 1), Rejection::BadAsset),
                (buy(1, poor, 1), Rejection::BadPrice),
            ],
        );
    }
    // One hundred-millionth of a dollar, less the discount, is nothing.
    let prices = Prices(vec![Price::new(DOLLAR), Price::new(1)]);
    comet.observe(comet.now(), &prices).unwrap();
    check("worthless", &comet, &[(buy(1, 0, 1), Rejection::Panic0x12)]);
    let one = 1_000_000;
    let mut setup = setup(config(6, 0), DOLLAR, vec![collateral(18, 2_000)]);
    fill_wallets(&mut setup, one);
    let rich = setup.build().unwrap();
    check(
        "at the target",
        &rich,
        &[(buy(9, 0, poor), Rejection::NotForSale)],
    );
    let pay = |n| Action::WithdrawReserves {
        recipient: AccountId(3),
        amount: Amount::new(n),
    };
    check(
        "payout",
        &rich,
        &[(pay(1), Rejection::InsufficientReserves)],
    );
}

#[test]
fn time_does_not_go_backward() {
    let mut comet = example();
    let earlier = comet.observe(Timestamp(START - 1), &Prices::default());
    assert_eq!(earlier, Err(Rejection::TimeBackward));
    assert_eq!(comet.now(), Timestamp(START));
}

#[test]
fn the_compact_version_lists_fewer_assets() {
    for (version, most) in [(CometVersion::Compact, 15), (CometVersion::D5a30b0, 24)] {
        for (count, fits) in [(most, true), (most + 1, false)] {
            let listed = vec![collateral(18, 1); count];
            let setup = CometSetup {
                version,
                ..setup(config(6, 0), DOLLAR, listed)
            };
            assert_eq!(setup.build().is_ok(), fits, "{count} assets");
        }
    }
}

#[test]
fn rewards_begin_at_the_least_sum() {
    let least = 1_000_000;
    for (supply, earns) in [(least - 1, false), (least, true)] {
        let mut setup = setup(config(6, 0), DOLLAR, Vec::new());
        setup.totals.supply = supply;
        setup.now = Timestamp(START + 100);
        let index = setup.build().unwrap().totals_now().unwrap();
        // A hundredth a second for a hundred seconds, for one whole token.
        let want = if earns { INDEX } else { 0 };
        assert_eq!(index.tracking_supply_index, want, "{supply} supplied");
        assert_eq!(index.tracking_borrow_index, 0);
    }
}
