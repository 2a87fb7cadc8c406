//! Compound v2 as a machine: what must hold after any sequence of actions, and the order in which
//! the contracts refuse what no vector covers.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, with the seed of its sequence"
)]

mod dice;
#[path = "compound_v2/draw.rs"]
mod draw;
#[path = "compound_v2/laws.rs"]
mod laws;

use backstop_core::protocol::compound_v2::{
    Account, Action, CompoundVersion, Event, Pool, PoolSetup, Position, Rejection,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Shares, U256, WAD};
use dice::Script;
use draw::{Draw, action, all_markets, observe, pools, position, price, setup, whole};
use laws::{check, everything};
use std::collections::BTreeMap;

const SEQUENCES: u64 = 100_000;
const LENGTH: u64 = 5;
const ACCOUNTS: u32 = 4;
const MARKETS: u16 = 3;
const DECIMALS: [u32; 3] = [18, 6, 8];
/// A wad, and the tenth of a percent of it.
const ONE: u128 = 1_000_000_000_000_000_000;
const MILLE: u128 = ONE / 1_000;

/// What the sequences did.
#[derive(Default)]
struct Tally {
    actions: u64,
    accepted: u64,
    kinds: BTreeMap<&'static str, u64>,
    rejections: BTreeMap<Rejection, u64>,
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::AccrueInterest { .. } => "accrue",
        Action::Mint { .. } => "mint",
        Action::Redeem { .. } => "redeem",
        Action::RedeemUnderlying { .. } => "redeem underlying",
        Action::Borrow { .. } => "borrow",
        Action::RepayBorrow { .. } => "repay",
        Action::EnterMarket { .. } => "enter",
        Action::ExitMarket { .. } => "exit",
        Action::Transfer { .. } => "transfer",
        Action::LiquidateBorrow { .. } => "liquidate",
        Action::Fund { .. } => "fund",
        Action::SetPaused { .. } => "pause",
    }
}

fn held(pool: &Pool, account: AccountId, market: AssetId) -> Position {
    pool.account(account).unwrap().position(market)
}

fn run(pool: &mut Pool, seed: u64, tally: &mut Tally) {
    let (mut draw, mut script) = (Draw::new(seed), Script::new(seed));
    for _ in 0..LENGTH {
        observe(pool, &mut draw);
        let action = action(pool, &mut draw);
        script.steps.push((pool.block(), action.clone()));
        let before = pool.clone();
        tally.actions += 1;
        match pool.apply(&action) {
            Ok(events) => {
                tally.accepted += 1;
                *tally.kinds.entry(kind(&action)).or_default() += 1;
                check(&before, pool, &action, &events);
            }
            Err(rejection) => {
                *tally.rejections.entry(rejection).or_default() += 1;
                assert_eq!(everything(&before), everything(pool), "{rejection}");
            }
        }
    }
}

#[test]
fn holds_over_any_sequence() {
    let pools = pools();
    let mut tally = Tally::default();
    for seed in 0..SEQUENCES {
        let start = usize::try_from(seed).unwrap() % pools.len();
        run(&mut pools[start].clone(), seed, &mut tally);
    }
    let share = tally.accepted * 100 / tally.actions;
    println!("{} actions, {share} % accepted", tally.actions);
    println!("{:?} {:?}", tally.kinds, tally.rejections);
    assert!(share >= 30, "{share} % accepted");
    assert_eq!(tally.kinds.len(), 12, "{:?}", tally.kinds);
    for common in [
        Rejection::MintIsPaused,
        Rejection::BorrowIsPaused,
        Rejection::TransferIsPaused,
        Rejection::RedeemPriceError,
        Rejection::RedeemInsufficientLiquidity,
        Rejection::BorrowPriceError,
        Rejection::BorrowInsufficientLiquidity,
        Rejection::TransferPriceError,
        Rejection::TransferInsufficientLiquidity,
        Rejection::TransferNotAllowed,
        Rejection::ExitBalanceOwed,
        Rejection::ExitRejection,
        Rejection::LiquidatePriceError,
        Rejection::InsufficientShortfall,
        Rejection::TooMuchRepay,
        Rejection::LiquidatorIsBorrower,
        Rejection::CloseAmountIsZero,
        Rejection::Erc20ExceedsBalance,
        Rejection::SeizeTooMuch,
        Rejection::SeizeIsPaused,
        Rejection::Panic0x11,
    ] {
        assert!(tally.rejections.contains_key(&common), "never {common}");
    }
}

/// The stated limit is accepted, one unit more is not.
#[test]
fn the_limit_is_the_limit() {
    let mut found = 0;
    for seed in 0..4_000 {
        let mut draw = Draw::new(seed);
        let version = CompoundVersion::ALL[usize::from(draw.one_in(2))];
        let mut pool = setup(version, &mut draw).build().unwrap();
        for _ in 0..3 {
            observe(&mut pool, &mut draw);
        }
        let borrower = AccountId(1 + u32::from(draw.one_in(2)));
        let (borrow_market, collateral_market) = (draw.market(), draw.market());
        let call = |repay_amount| Action::LiquidateBorrow {
            liquidator: AccountId(3),
            borrower,
            borrow_market,
            collateral_market,
            repay_amount,
        };
        let limit = pool.liquidation_limit(borrower, borrow_market, collateral_market);
        let Ok(limit) = limit else {
            let refused = pool.clone().apply(&call(Amount::new(1)));
            assert!(refused.is_err(), "seed {seed}: {limit:?}");
            continue;
        };
        found += 1;
        let events = pool.clone().apply(&call(limit.repay_max)).unwrap();
        let Some(Event::Liquidated {
            seized,
            to_liquidator,
            ..
        }) = events.last()
        else {
            panic!("seed {seed}: {events:?}");
        };
        assert_eq!((*seized, *to_liquidator), (limit.seized, limit.received));
        let more = limit.repay_max.plus(Amount::new(1)).unwrap();
        assert!(pool.clone().apply(&call(more)).is_err(), "seed {seed}");
    }
    assert!(found > 400, "{found} limits");
}

/// Debts sum to the market's total but for the roundings of accruals and repayments.
#[test]
fn debts_stay_near_their_sum() {
    for seed in 0..300 {
        let mut draw = Draw::new(seed);
        let mut pool = setup(CompoundVersion::A3214f6, &mut draw).build().unwrap();
        // What was lost while the market owed the most is still missing when it owes nothing.
        let mut most = [U256::ZERO; 3];
        for step in 1..=40u64 {
            observe(&mut pool, &mut draw);
            let action = action(&pool, &mut draw);
            pool.apply(&action).unwrap_or_default();
            for (id, most) in all_markets().into_iter().zip(&mut most) {
                let total = pool.market(id).unwrap().state.total_borrows.0;
                *most = total.max(*most);
                let debts = (0..ACCOUNTS).map(|who| pool.debt(AccountId(who), id).unwrap().0);
                let sum: U256 = debts.fold(U256::ZERO, |sum, debt| sum + debt);
                let rest = total.max(sum) - total.min(sum);
                let bound = U256::from(4 * (step + 4)) * (U256::ONE + *most / WAD);
                assert!(rest <= bound, "seed {seed}: {total} and {sum}");
            }
        }
    }
}

/// What the contracts refuse, in the order of their checks: each row breaks one rule more than the
/// row below it.
#[test]
fn refuses_in_the_order_of_the_checks() {
    let (lender, debtor, empty) = (AccountId(0), AccountId(1), AccountId(3));
    let market = AssetId(0);
    let all = Amount::new(300_000 * ONE);
    let mint = |amount| Action::Mint {
        minter: lender,
        market,
        amount,
    };
    let redeem = |redeemer, amount| Action::RedeemUnderlying {
        redeemer,
        market,
        amount,
    };
    let borrow = |borrower, amount| Action::Borrow {
        borrower,
        market,
        amount,
    };
    let exit = |account, market| Action::ExitMarket { account, market };
    let transfer = |from, to, tokens| Action::Transfer {
        from,
        to,
        market,
        tokens: Shares::new(tokens),
    };
    let none: Break = |_| ();
    let unlisted: Break = |setup| setup.markets[0].config.listed = false;
    let unpriced: Break = |setup| setup.markets[0].price = Price::ZERO;
    let capped: Break = |setup| setup.markets[0].config.borrow_cap = Amount::new(1);
    let frozen: Break = |setup| setup.markets[0].config.rate_model.base = Ratio(WAD);
    let paused: Break = |setup| {
        setup.markets[0].config.mint_paused = true;
        setup.markets[0].config.borrow_paused = true;
        setup.markets[0].config.listed = false;
        setup.guards.transfer_paused = true;
    };
    let rich: Break = |setup| setup.markets[0].state.cash = Amount::ZERO;
    let rows: &[Row<'_>] = &[
        ("mint", frozen, mint(all), Rejection::BorrowRateAbsurdlyHigh),
        ("mint", paused, mint(all), Rejection::MintIsPaused),
        ("mint", unlisted, mint(all), Rejection::MintMarketNotListed),
        ("mint", none, mint(all), Rejection::Erc20ExceedsBalance),
        (
            "redeem",
            unlisted,
            redeem(lender, all),
            Rejection::RedeemMarketNotListed,
        ),
        (
            "redeem",
            unpriced,
            redeem(lender, all),
            Rejection::RedeemPriceError,
        ),
        (
            "redeem",
            none,
            redeem(debtor, all),
            Rejection::RedeemInsufficientLiquidity,
        ),
        (
            "redeem",
            rich,
            redeem(empty, all),
            Rejection::RedeemTransferOutNotPossible,
        ),
        (
            "redeem",
            none,
            redeem(empty, Amount::new(ONE)),
            Rejection::Panic0x11,
        ),
        (
            "redeem",
            none,
            redeem(lender, Amount::new(1)),
            Rejection::RedeemTokensZero,
        ),
        (
            "borrow",
            paused,
            borrow(empty, all),
            Rejection::BorrowIsPaused,
        ),
        (
            "borrow",
            unlisted,
            borrow(empty, all),
            Rejection::BorrowMarketNotListed,
        ),
        (
            "borrow",
            unpriced,
            borrow(empty, all),
            Rejection::BorrowPriceError,
        ),
        (
            "borrow",
            capped,
            borrow(empty, all),
            Rejection::MarketBorrowCapReached,
        ),
        (
            "borrow",
            none,
            borrow(empty, all),
            Rejection::BorrowInsufficientLiquidity,
        ),
        (
            "borrow",
            rich,
            borrow(lender, Amount::new(1)),
            Rejection::BorrowCashNotAvailable,
        ),
        (
            "exit",
            unlisted,
            exit(debtor, market),
            Rejection::ExitBalanceOwed,
        ),
        (
            "exit",
            unlisted,
            exit(lender, market),
            Rejection::ExitRejection,
        ),
        (
            "exit",
            none,
            exit(debtor, AssetId(1)),
            Rejection::ExitRejection,
        ),
        (
            "transfer",
            paused,
            transfer(lender, lender, 1),
            Rejection::TransferIsPaused,
        ),
        (
            "transfer",
            unlisted,
            transfer(lender, lender, 1),
            Rejection::TransferMarketNotListed,
        ),
        (
            "transfer",
            unpriced,
            transfer(lender, lender, 1),
            Rejection::TransferPriceError,
        ),
        (
            "transfer",
            none,
            transfer(lender, lender, 1),
            Rejection::TransferNotAllowed,
        ),
        (
            "transfer",
            none,
            transfer(empty, lender, 1),
            Rejection::Panic0x11,
        ),
    ];
    check_rows(rows);
}

/// The same for liquidations: a paused seizure is told last of all.
#[test]
fn refuses_liquidations_in_the_order_of_the_checks() {
    let (debtor, empty) = (AccountId(1), AccountId(3));
    let liquidate = |liquidator, repay_amount| Action::LiquidateBorrow {
        liquidator,
        borrower: debtor,
        borrow_market: AssetId(0),
        collateral_market: AssetId(1),
        repay_amount,
    };
    let (all, one, nothing) = (Amount::MAX, Amount::new(ONE), Amount::ZERO);
    let unlisted: Break = |setup| {
        setup.markets[0].price = Price::ZERO;
        setup.markets[1].config.listed = false;
    };
    let unpriced: Break = |setup| setup.markets[0].price = Price::ZERO;
    let none: Break = |_| ();
    let fallen: Break = |setup| {
        setup.markets[1].price = price(1, 700_000);
        setup.guards.seize_paused = true;
    };
    // The collateral that is asked for is not entered, has no price and there is none of it.
    let outside: Break = |setup| {
        setup.markets[1].price = Price::ZERO;
        setup.guards.seize_paused = true;
        setup.accounts[1] = Account::new([AssetId(0)], [position(0, 0, 70_000)]);
    };
    let bare: Break = |setup| {
        setup.guards.seize_paused = true;
        setup.accounts[1] = Account::new([AssetId(0)], [position(0, 0, 70_000)]);
    };
    let poor: Break = |setup| {
        setup.markets[1].price = Price::ZERO;
        setup.accounts[1] = Account::new([AssetId(0)], [position(0, 0, 70_000)]);
        setup.accounts[3] = Account::default();
    };
    check_rows(&[
        (
            "listed",
            unlisted,
            liquidate(debtor, all),
            Rejection::LiquidateMarketNotListed,
        ),
        (
            "price",
            unpriced,
            liquidate(debtor, all),
            Rejection::LiquidatePriceError,
        ),
        (
            "shortfall",
            none,
            liquidate(debtor, all),
            Rejection::InsufficientShortfall,
        ),
        (
            "close factor",
            fallen,
            liquidate(debtor, all),
            Rejection::TooMuchRepay,
        ),
        (
            "self",
            fallen,
            liquidate(debtor, nothing),
            Rejection::LiquidatorIsBorrower,
        ),
        (
            "zero",
            poor,
            liquidate(empty, nothing),
            Rejection::CloseAmountIsZero,
        ),
        (
            "wallet",
            poor,
            liquidate(empty, one),
            Rejection::Erc20ExceedsBalance,
        ),
        (
            "both prices",
            outside,
            liquidate(empty, one),
            Rejection::CalculateSeizeFailed,
        ),
        (
            "cTokens",
            bare,
            liquidate(empty, one),
            Rejection::SeizeTooMuch,
        ),
        (
            "pause",
            fallen,
            liquidate(empty, one),
            Rejection::SeizeIsPaused,
        ),
    ]);
}

/// Breaks rules in a set-up.
type Break = fn(&mut PoolSetup);

/// Name, what is broken, an action, and what refuses it.
type Row<'a> = (&'a str, Break, Action, Rejection);

fn check_rows(rows: &[Row<'_>]) {
    for (name, breaks, action, rejection) in rows {
        let mut setup = setup(CompoundVersion::A3214f6, &mut Draw::new(1));
        breaks(&mut setup);
        setup.block += 1;
        let mut pool = setup.build().unwrap();
        let before = pool.state_hash();
        assert_eq!(pool.apply(action), Err(*rejection), "{name}: {action:?}");
        assert_eq!(pool.state_hash(), before, "{name}: {rejection}");
    }
}

/// A market that is wound up can have its debts called in, whole, also "all" where all is the
/// largest number there is; before that rule existed it could not.
#[test]
fn deprecated_markets_call_debts_in() {
    let call = |repay_amount| Action::LiquidateBorrow {
        liquidator: AccountId(3),
        borrower: AccountId(1),
        borrow_market: AssetId(2),
        collateral_market: AssetId(1),
        repay_amount,
    };
    let wound_up = |version, principal: Amount, index: Ratio| {
        let mut setup = setup(version, &mut Draw::new(1));
        let market = &mut setup.markets[2];
        market.config.collateral_factor = Ratio::ZERO;
        market.config.borrow_paused = true;
        market.config.reserve_factor = Ratio(WAD);
        market.state.borrow_index = index;
        let mut debt = position(2, 100, 0);
        (debt.principal, debt.interest_index) = (principal, index);
        let rest = [position(0, 0, 0), position(1, 100, 0), debt];
        setup.accounts[1] = Account::new(all_markets(), rest);
        setup.build().unwrap()
    };
    let debt = Amount::new(200 * whole(2));
    let more = debt.plus(Amount::new(1)).unwrap();
    let now = || wound_up(CompoundVersion::A3214f6, debt, Ratio(WAD));
    assert!(now().apply(&call(debt)).is_ok());
    assert_eq!(
        now().apply(&call(more)),
        Err(Rejection::RepayMoreThanBorrow)
    );
    let mut then = wound_up(CompoundVersion::V2_6, debt, Ratio(WAD));
    assert_eq!(
        then.apply(&call(debt)),
        Err(Rejection::InsufficientShortfall)
    );
    let mut endless = wound_up(CompoundVersion::A3214f6, Amount::MAX, Ratio::new(1));
    let all = endless.apply(&call(Amount::MAX));
    assert_eq!(all, Err(Rejection::CloseAmountIsUintMax));
}

/// Without the protocol's share the liquidator has all that is seized, and the products of factors
/// are rounded half up.
#[test]
fn the_version_of_2020_has_no_protocol_share() {
    for (version, to_protocol) in [
        (CompoundVersion::V2_6, false),
        (CompoundVersion::A3214f6, true),
    ] {
        let mut pool = setup(version, &mut Draw::new(3)).build().unwrap();
        let prices = vec![price(0, 1_000), price(1, 700_000), price(2, 30_000)];
        pool.observe(200, &Prices(prices)).unwrap();
        let limit = pool.liquidation_limit(AccountId(1), AssetId(0), AssetId(1));
        let limit = limit.unwrap();
        assert_eq!(limit.received < limit.seized, to_protocol, "{version:?}");
    }
    // 0.825 · 200 000 000.000…01 and the like: half a unit decides.
    let weighed = |version| {
        let mut setup = setup(version, &mut Draw::new(1));
        setup.markets[1].config.collateral_factor = Ratio(WAD / U256::from(2));
        setup.markets[1].price = Price::new(3);
        setup.markets[1].config.initial_exchange_rate = Ratio(WAD);
        let position = Position {
            c_tokens: Shares(WAD),
            ..position(1, 0, 0)
        };
        setup.accounts = vec![Account::new([AssetId(1)], [position])];
        setup.markets[1].state.total_supply = Shares::ZERO;
        setup
            .build()
            .unwrap()
            .liquidity(AccountId(0))
            .unwrap()
            .collateral
            .0
    };
    assert_eq!(weighed(CompoundVersion::A3214f6), U256::from(1));
    assert_eq!(weighed(CompoundVersion::V2_6), U256::from(2));
}

/// Prices of a unit make a product of one and a half: whole in 2020 it is two, later one.
#[test]
fn seizures_round_their_products_by_version() {
    for (version, seized) in [(CompoundVersion::V2_6, 4), (CompoundVersion::A3214f6, 2)] {
        let mut setup = setup(version, &mut Draw::new(1));
        setup.liquidation_incentive = Ratio::new(1_500 * MILLE);
        for market in &mut setup.markets[..2] {
            market.price = Price::new(1);
            market.config.initial_exchange_rate = Ratio(WAD);
            market.state.total_supply = Shares::ZERO;
        }
        let debt = Position {
            principal: Amount::new(4 * ONE),
            ..position(0, 0, 0)
        };
        let collateral = Position {
            c_tokens: Shares::new(10 * ONE),
            ..position(1, 0, 0)
        };
        setup.accounts[1] = Account::new([AssetId(0)], [debt, collateral]);
        let pool = setup.build().unwrap();
        let limit = pool.liquidation_limit(AccountId(1), AssetId(0), AssetId(1));
        let limit = limit.unwrap();
        assert_eq!(limit.repay_max, Amount::new(2 * ONE));
        assert_eq!(limit.seized, Shares::new(seized * ONE), "{version:?}");
    }
}
