//! Random pools, and actions that have a fair chance in the state they meet.

use crate::dice::Dice;
use crate::{ACCOUNTS, DECIMALS, MARKETS, MILLE, ONE, held};
use backstop_core::protocol::compound_v2::{
    Account, Action, CompoundVersion, Guarded, Guards, MarketConfig, MarketSetup, MarketState,
    Pool, PoolSetup, Position, RateModel,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Shares, U256, WAD};

/// The seeded dice, with what these scripts draw.
pub(crate) struct Draw(Dice);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    fn below(&mut self, bound: u64) -> u64 {
        u64::try_from(self.0.below(u128::from(bound))).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn account(&mut self) -> AccountId {
        AccountId(u32::try_from(self.below(u64::from(ACCOUNTS))).unwrap())
    }

    pub(crate) fn market(&mut self) -> AssetId {
        AssetId(u16::try_from(self.below(u64::from(MARKETS))).unwrap())
    }

    /// Up to `most`, often at its edges.
    fn part(&mut self, most: U256) -> U256 {
        match self.below(12) {
            0 => U256::ZERO,
            1 => U256::ONE,
            2 => most,
            3 => most.saturating_add(U256::ONE),
            _ => most * U256::from(self.below(1_000)) / U256::from(1_000),
        }
    }
}

pub(crate) fn whole(market: usize) -> u128 {
    10u128.pow(DECIMALS[market])
}

/// A price in thousandths of a dollar, in the oracle's scale.
pub(crate) fn price(market: usize, mille: u128) -> Price {
    Price(U256::from(mille * MILLE) * U256::from(10).pow(U256::from(18 - DECIMALS[market])))
}

fn market(at: usize) -> MarketSetup {
    let per_block = |n: u128| Ratio::new(n * 1_000_000_000);
    MarketSetup {
        asset: Asset {
            symbol: format!("M{at}"),
            decimals: u8::try_from(DECIMALS[at]).unwrap(),
        },
        config: MarketConfig {
            listed: true,
            collateral_factor: Ratio::new([825, 750, 600][at] * MILLE),
            reserve_factor: Ratio::new([50, 100, 200][at] * MILLE),
            mint_paused: false,
            borrow_paused: false,
            borrow_cap: Amount::ZERO,
            // 50 cTokens of 8 decimals for a whole token.
            initial_exchange_rate: Ratio(U256::from(whole(at)) * U256::from(200_000_000u64)),
            rate_model: RateModel {
                base: per_block(10),
                multiplier: per_block(20),
                jump_multiplier: per_block(1_000),
                kink: Ratio::new(800 * MILLE),
            },
        },
        price: price(at, [1_000, 1_000_000, 30_000][at]),
        state: MarketState {
            accrual_block: 0,
            borrow_index: Ratio(WAD),
            total_borrows: Amount::ZERO,
            total_reserves: Amount::ZERO,
            total_supply: Shares::ZERO,
            cash: Amount::ZERO,
        },
    }
}

/// A position: cTokens and debt in whole tokens, and a full wallet.
pub(crate) fn position(at: usize, supplied: u128, owed: u128) -> Position {
    Position {
        market: AssetId(u16::try_from(at).unwrap()),
        c_tokens: Shares::new(supplied * 5_000_000_000),
        principal: Amount::new(owed * whole(at)),
        interest_index: Ratio(WAD),
        wallet: Amount::new(100_000 * whole(at)),
    }
}

pub(crate) fn all_markets() -> [AssetId; 3] {
    [AssetId(0), AssetId(1), AssetId(2)]
}

/// Account 0 lends, 1 and 2 owe, 3 has only its wallet.
pub(crate) fn setup(version: CompoundVersion, draw: &mut Draw) -> PoolSetup {
    let mut near = |most: u64| u128::from(draw.below(most));
    let accounts = vec![
        Account::new(
            all_markets(),
            [
                position(0, 200_000 + near(9), 0),
                position(1, 500, 0),
                position(2, 4_000, 0),
            ],
        ),
        Account::new(
            all_markets(),
            [
                position(0, 0, 70_000 + near(9_000)),
                position(1, 100 + near(9), 0),
                position(2, 100, 200),
            ],
        ),
        Account::new(
            [AssetId(2), AssetId(0)],
            [
                position(0, 5_000, 0),
                position(1, 1, 0),
                position(2, 500, 280 + near(30)),
            ],
        ),
        Account::new(
            [],
            [position(0, 0, 0), position(1, 0, 0), position(2, 0, 0)],
        ),
    ];
    PoolSetup {
        version,
        block: 100,
        close_factor: Ratio::new(500 * MILLE),
        liquidation_incentive: Ratio::new(1_080 * MILLE),
        guards: Guards::default(),
        markets: (0..3).map(market).collect(),
        accounts,
    }
    .open()
    .unwrap()
}

pub(crate) fn pools() -> Vec<Pool> {
    let mut pools = Vec::new();
    for seed in 0..16 {
        for version in CompoundVersion::ALL {
            pools.push(setup(version, &mut Draw::new(seed)).build().unwrap());
        }
    }
    pools
}

/// A liquidation of a pair of markets in which the borrower owes and holds, by the rules' limit.
fn liquidation(pool: &Pool, draw: &mut Draw) -> Action {
    let borrower = AccountId(1 + u32::from(draw.one_in(2)));
    let (borrow_market, collateral_market) = (draw.market(), draw.market());
    let limit = pool.liquidation_limit(borrower, borrow_market, collateral_market);
    let most = limit.map_or(U256::from(1_000), |limit| limit.repay_max.0);
    let liquidator = if draw.one_in(20) {
        borrower
    } else {
        AccountId(3)
    };
    Action::LiquidateBorrow {
        liquidator,
        borrower,
        borrow_market,
        collateral_market,
        repay_amount: Amount(draw.part(most)),
    }
}

fn guarded(draw: &mut Draw) -> Guarded {
    match draw.below(4) {
        0 => Guarded::Mint(draw.market()),
        1 => Guarded::Borrow(draw.market()),
        2 => Guarded::Transfer,
        _ => Guarded::Seize,
    }
}

pub(crate) fn action(pool: &Pool, draw: &mut Draw) -> Action {
    let (account, market) = (draw.account(), draw.market());
    let here = held(pool, account, market);
    match draw.below(26) {
        0 => Action::AccrueInterest { market },
        1 | 2 => Action::Mint {
            minter: account,
            market,
            amount: Amount(draw.part(here.wallet.0)),
        },
        3 | 4 => Action::Redeem {
            redeemer: account,
            market,
            tokens: Shares(draw.part(here.c_tokens.0)),
        },
        5 => Action::RedeemUnderlying {
            redeemer: account,
            market,
            amount: Amount(draw.part(here.c_tokens.0 * U256::from(200_000_000u64))),
        },
        6..=9 => {
            let room = pool.liquidity(account).unwrap_or_default().excess();
            let price = pool.market(market).unwrap().price.0.max(U256::ONE);
            Action::Borrow {
                borrower: account,
                market,
                amount: Amount(draw.part(room.0 * WAD / price)),
            }
        }
        10..=12 => Action::RepayBorrow {
            payer: draw.account(),
            borrower: account,
            market,
            amount: if draw.one_in(4) {
                Amount::MAX
            } else {
                Amount(draw.part(here.principal.0))
            },
        },
        13 => Action::EnterMarket { account, market },
        14 => Action::ExitMarket { account, market },
        15 | 16 => Action::Transfer {
            from: account,
            to: draw.account(),
            market,
            tokens: Shares(draw.part(here.c_tokens.0)),
        },
        17 => Action::Fund {
            account,
            market,
            amount: Amount(draw.part(U256::from(ONE))),
        },
        18 => Action::SetPaused {
            operation: guarded(draw),
            paused: draw.one_in(3),
        },
        _ => liquidation(pool, draw),
    }
}

/// Later blocks and other prices, now and then.
pub(crate) fn observe(pool: &mut Pool, draw: &mut Draw) {
    if draw.one_in(3) {
        return;
    }
    let later = pool.block() + draw.below(3) * draw.below(20_000);
    let moved = |at: usize, mille: u128, draw: &mut Draw| match draw.below(60) {
        0 => Price::ZERO,
        _ => price(at, mille * (700 + u128::from(draw.below(500))) / 1_000),
    };
    let prices = vec![
        moved(0, 1_000, draw),
        moved(1, 1_000_000, draw),
        moved(2, 30_000, draw),
    ];
    pool.observe(later, &Prices(prices)).unwrap();
}
