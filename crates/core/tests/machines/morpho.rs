//! Morpho Blue with a drawn book: a market for each pair of collateral and loan token.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower};
use backstop_core::protocol::morpho::{
    Irm, MarketSetup, Markets, MorphoVersion, Pair, Position, Totals,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp};

const ONE: u128 = 1_000_000_000_000_000_000;

fn share(amount: u128, of: u128, all: u128) -> u128 {
    amount / all.max(1) * of + amount % all.max(1) * of / all.max(1)
}

/// What an account has in the market of a pair: collateral by the debts' dollars, debt by the
/// collaterals'.
fn stake(held: &[(u128, u128); 4], collateral: usize, loan: usize) -> Position {
    let dollars = |at: usize, amount: u128| {
        let (_, decimals, price) = LISTED[at];
        amount / 10u128.pow(u32::from(decimals).saturating_sub(6)) * price
            / 10u128.pow(u32::from(decimals).min(6))
    };
    let debts: u128 = (2..4).map(|at| dollars(at, held[at].1)).sum();
    let pledges: u128 = (0..2).map(|at| dollars(at, held[at].0)).sum();
    let pledged = share(held[collateral].0, dollars(loan, held[loan].1), debts);
    let owed = share(
        held[loan].1,
        dollars(collateral, held[collateral].0),
        pledges,
    );
    Position {
        supply_shares: Shares::ZERO,
        borrow_shares: Shares::new(owed * 1_000_000),
        collateral: Amount::new(pledged),
    }
}

pub(crate) fn open(dice: &mut Dice) -> Case<Markets> {
    let assets: Vec<Asset> = LISTED
        .iter()
        .map(|(symbol, decimals, _)| Asset {
            symbol: (*symbol).to_owned(),
            decimals: *decimals,
        })
        .collect();
    let prices = Prices(
        LISTED
            .iter()
            .map(|(_, _, d)| Price::new(d * PRICE))
            .collect(),
    );
    let book: Vec<_> = (0..BORROWERS).map(|_| borrower(dice, 80)).collect();
    let mut pairs = Vec::new();
    for (collateral, loan) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
        let mut positions: Vec<_> = book
            .iter()
            .map(|held| stake(held, collateral, loan))
            .collect();
        let (_, decimals, _) = LISTED[loan];
        positions.push(Position {
            supply_shares: Shares::new(3_000_000_000_000 * 10u128.pow(decimals.into())),
            ..Position::default()
        });
        let tokens = (
            AssetId(u16::try_from(collateral).unwrap()),
            AssetId(u16::try_from(loan).unwrap()),
        );
        let setup = MarketSetup {
            version: MorphoVersion::V1_0_0,
            threshold: Ratio::new(ONE * 80 / 100),
            irm: dice.pick(&[Irm::None, Irm::Usage, Irm::Fixed(Ratio::new(3_000_000_000))]),
            price: Markets::pair_price(&assets, &prices, tokens.0, tokens.1).unwrap(),
            now: Timestamp(START),
            totals: Totals::default(),
            fee_recipient: AccountId(BORROWERS),
            positions,
        };
        pairs.push(Pair {
            collateral: tokens.0,
            loan: tokens.1,
            market: setup.open().unwrap().build().unwrap(),
        });
    }
    Case {
        machine: Markets::new(assets, 8, prices, Timestamp(START), pairs),
        breached,
    }
}

fn breached(machine: &Markets, id: AccountId) -> bool {
    machine.pairs().any(|pair| {
        let held = pair.market.position(id).unwrap();
        let short = pair.market.standing(id).is_ok_and(|s| !s.is_healthy());
        !held.borrow_shares.is_zero() && !held.collateral.is_zero() && short
    })
}
