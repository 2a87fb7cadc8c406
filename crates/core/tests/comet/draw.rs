//! Random Comets, and actions that have a fair chance in the state they meet.

use crate::dice::Dice;
use crate::{ACCOUNTS, DOLLAR, INDEX, PERCENT, START, ids, narrow, percent, position};
use backstop_core::protocol::comet::{
    Action, BASE, Balance, BaseConfig, Collateral, CollateralConfig, CollateralSetup, Comet,
    CometSetup, CometVersion, Config, Paused, Position, RateCurve, Reserves, Totals,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{Amount, Price, Timestamp, U256};

pub(crate) fn config(decimals: u8, target: u128) -> Config {
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

pub(crate) fn collateral(decimals: u8, dollars: u128) -> CollateralSetup {
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

pub(crate) fn setup(
    config: Config,
    base_price: u128,
    collateral: Vec<CollateralSetup>,
) -> CometSetup {
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
pub(crate) fn fill_wallets(setup: &mut CometSetup, one: u128) {
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

pub(crate) fn comet(dice: &mut Dice) -> Comet {
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
pub(crate) fn room(comet: &Comet, id: AccountId) -> Amount {
    let Ok(standing) = comet.standing(id) else {
        return Amount::new(1);
    };
    let dollars = standing.borrow_limit.minus_or_zero(standing.debt);
    let scale = U256::from(10).pow(U256::from(comet.config().base.decimals));
    let price = comet.price(BASE).unwrap().0.max(U256::ONE);
    Amount(dollars.0 * scale / price).min(comet.base_held())
}

/// Draws an action that has a fair chance in this state.
pub(crate) fn action(dice: &mut Dice, comet: &Comet) -> Action {
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

pub(crate) fn supply(
    payer: AccountId,
    account: AccountId,
    asset: AssetId,
    amount: Amount,
) -> Action {
    Action::Supply {
        payer,
        account,
        asset,
        amount,
    }
}

pub(crate) fn withdraw(
    account: AccountId,
    recipient: AccountId,
    asset: AssetId,
    amount: Amount,
) -> Action {
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
pub(crate) fn block(dice: &mut Dice, comet: &Comet) -> (Timestamp, Prices) {
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
