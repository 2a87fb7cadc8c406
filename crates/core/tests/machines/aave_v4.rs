//! Aave v4 with a drawn book: one hub, one spoke, collateral that costs a premium.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower, check};
use backstop_core::protocol::aave_v4::{
    AaveV4Version, Action, DynamicConfig, LiquidationConfig, Listing, RateStrategy, SpokeMachine,
    SpokeSetup,
};
use backstop_core::protocol::{
    AccountId, Asset, AssetId, Event, Holding, Prices, Protocol, Receive, Terms,
};
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp, U256, WAD};

const ONE: u128 = 1_000_000_000_000_000_000;

fn holding(at: usize, collateral: u128, debt: u128, enabled: bool) -> Holding {
    Holding {
        asset: AssetId(u16::try_from(at).unwrap()),
        collateral: Amount::new(collateral),
        enabled,
        debt: Amount::new(debt),
    }
}

fn listing((symbol, decimals, dollars): (&str, u8, u128), collateral_risk: u32) -> Listing {
    Listing {
        asset: Asset {
            symbol: symbol.to_owned(),
            decimals,
        },
        price: Price::new(dollars * PRICE),
        strategy: RateStrategy {
            optimal_usage: Bps(8_000),
            base: 200,
            growth_before: 1_000,
            growth_after: 30_000,
        },
        liquidity_fee: Bps(1_000),
        collateral_risk,
        terms: DynamicConfig {
            collateral_factor: Bps(8_000),
            max_bonus: 10_800,
            fee: Bps(1_000),
        },
    }
}

fn setup(dice: &mut Dice) -> SpokeSetup {
    let mut accounts = Vec::new();
    for _ in 0..BORROWERS {
        let held = borrower(dice, 80);
        let rows = held.iter().enumerate();
        accounts.push(rows.map(|(at, (c, d))| holding(at, *c, *d, true)).collect());
    }
    let lent = |(at, (_, decimals, dollars)): (usize, &(&str, u8, u128))| {
        let amount = 3_000_000 * 10u128.pow((*decimals).into()) / dollars;
        holding(at, amount, 0, false)
    };
    accounts.push(LISTED.iter().enumerate().map(lent).collect());
    let risks = dice.pick(&[[0, 0, 0, 0], [500, 2_000, 0, 100], [0, 30_000, 0, 0]]);
    let listings = LISTED.iter().zip(risks);
    SpokeSetup {
        version: AaveV4Version::V1e8de86,
        now: Timestamp(START),
        liquidation: LiquidationConfig {
            target_health: Ratio::new(ONE * dice.pick(&[100, 105, 124]) / 100),
            health_for_max_bonus: Ratio::new(ONE * dice.pick(&[70, 90, 99]) / 100),
            bonus_factor: Bps(dice.pick(&[0, 2_000, 9_000, 10_000])),
        },
        listings: listings.map(|(row, risk)| listing(*row, risk)).collect(),
        accounts,
    }
}

pub(crate) fn open(dice: &mut Dice) -> Case<SpokeMachine> {
    Case {
        machine: setup(dice).open().unwrap(),
        breached,
    }
}

fn breached(machine: &SpokeMachine, id: AccountId) -> bool {
    let (market, spoke) = (machine.market(), machine.spoke());
    let data = market.account_data(id, spoke);
    let lost = data.is_ok_and(|data| {
        data.health < Ratio(WAD) && data.active_collaterals > 0 && data.borrows > 0
    });
    assert!(!lost || market.is_unhealthy(id, spoke) == Ok(true));
    lost
}

/// Liquidates whatever it can.
fn clear(machine: &mut SpokeMachine) -> Vec<(AssetId, Amount)> {
    let mut written_off = Vec::new();
    let terms = Terms {
        receive: Receive::Claim,
        ..Terms::all(AccountId(u32::MAX))
    };
    let breached: Vec<_> = machine.breaches().collect();
    for id in breached {
        while let Some(offer) = machine.offers(id).first() {
            let settled = machine.accept(offer, &terms).unwrap();
            let told = settled.events.iter().filter_map(|event| match event {
                Event::DeficitCreated { asset, amount, .. } => Some((*asset, *amount)),
                _ => None,
            });
            assert_eq!(told.map(|row| row.1.0).sum::<U256>(), {
                let rows = settled.deficit.iter();
                rows.map(|row| row.1.0).sum::<U256>()
            });
            written_off.extend(settled.deficit);
        }
    }
    written_off
}

/// What liquidations write off is what the hub records and what can be paid, to the last unit.
pub(crate) fn pays_its_deficits() {
    let mut paid_off = 0;
    for seed in 0..60 {
        let mut machine = setup(&mut Dice::new(seed)).open().unwrap();
        for (seconds, part) in [(40_000_000, 100), (50_000, 55), (700_000, 40), (1, 30)] {
            let price = |(at, (_, _, dollars)): (usize, &(&str, u8, u128))| {
                let part = if at < 2 { part } else { 100 };
                Price::new(dollars * PRICE * part / 100)
            };
            let prices = Prices(LISTED.iter().enumerate().map(price).collect());
            let now = Timestamp(machine.now().0 + seconds);
            machine.observe(now, &prices).unwrap();
            let before = machine.deficits();
            assert_eq!(before, []);
            let written_off = clear(&mut machine);
            for asset in (0..4).map(AssetId) {
                let of = |rows: &[(AssetId, Amount)]| -> U256 {
                    rows.iter().filter(|r| r.0 == asset).map(|r| r.1.0).sum()
                };
                assert_eq!(of(&machine.deficits()), of(&written_off));
            }
            for (asset, amount) in written_off {
                let events = machine.cover_deficit(asset, amount).unwrap();
                let covered = events.iter().find_map(|event| match event {
                    Event::DeficitCovered { amount, .. } => Some(*amount),
                    _ => None,
                });
                assert_eq!(covered, Some(amount));
                paid_off += 1;
            }
        }
    }
    assert!(paid_off > 100, "{paid_off}");
}

/// Debts that only interest and premium drive into breach are noticed in the step in which it
/// happens.
pub(crate) fn watches_premiums() {
    let mut sunk = 0;
    for seed in 0..60 {
        let mut case = open(&mut Dice::new(seed));
        let spoke = case.machine.spoke();
        for account in (0..BORROWERS).map(AccountId) {
            let refresh = Action::UpdateRiskPremium {
                caller: account,
                spoke,
                account,
            };
            case.machine.apply(&refresh).unwrap();
        }
        check(&case);
        let prices = LISTED.map(|(_, _, dollars)| Price::new(dollars * PRICE));
        for _ in 0..40 {
            let now = Timestamp(case.machine.now().0 + 1_000_000);
            case.machine.observe(now, &Prices(prices.to_vec())).unwrap();
            check(&case);
        }
        sunk += case.machine.breached();
    }
    assert!(sunk > 30, "{sunk}");
}
