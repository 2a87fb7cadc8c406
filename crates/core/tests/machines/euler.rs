//! Euler v2 with a drawn book: a lending vault for each debt asset, with its own collateral vaults.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower};
use backstop_core::protocol::euler::{
    Account, AmountCap, ClusterSetup, DONT_SOCIALIZE_DEBT, Debt, EvkVersion, Holding, LinearKink,
    Loan, Loans, Ltv, ProtocolFees, Purpose, Quotes, SecondRate, VaultConfig, VaultId, VaultSetup,
    VaultState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Bps, Index, Price, RAY, Shares, Timestamp, U256};
use std::collections::BTreeMap;

const LENDER: VaultId = VaultId(0);
/// Account of who lends.
const SUPPLIER: AccountId = AccountId(BORROWERS);

fn config(dice: &mut Dice, ltv: BTreeMap<VaultId, Ltv>) -> VaultConfig {
    let lends = !ltv.is_empty();
    VaultConfig {
        interest_fee: Bps(1_000),
        interest_rate_model: lends.then(|| LinearKink {
            base: U256::from(1_000_000_000_000_000_000u64),
            slope1: U256::from(dice.below(2_000_000_000)),
            slope2: U256::from(dice.below(40_000_000_000)),
            kink: u32::MAX / 2,
        }),
        max_liquidation_discount: Bps(dice.pick(&[0, 500, 1_500, 9_999])),
        liquidation_cool_off: dice.pick(&[0, 1]),
        flags: dice.pick(&[0, 0, DONT_SOCIALIZE_DEBT]),
        disabled: 0,
        supply_cap: AmountCap(0),
        borrow_cap: AmountCap(0),
        fee_receiver: None,
        has_oracle: lends,
        unit_is_asset: false,
        ltv,
    }
}

fn ltv() -> Ltv {
    Ltv {
        borrow: Bps(7_500),
        liquidation: Bps(8_000),
        initial_liquidation: Bps(8_000),
        target: Timestamp(START),
        ramp: 0,
    }
}

fn give(account: &mut Account, vault: VaultId, shares: U256, debt: u128) {
    let holding = Holding {
        shares: Shares(shares),
        debt: Debt(U256::from(debt) << 31),
        accumulator: Index(if debt == 0 { U256::ZERO } else { RAY }),
    };
    account.put(vault, holding);
}

/// A part of an amount by dollars.
fn share(amount: u128, of: u128, all: u128) -> u128 {
    amount / all.max(1) * of + amount % all.max(1) * of / all.max(1)
}

/// A borrower's sub-account for one of the two debt assets.
fn sub_account(held: &[(u128, u128); 4], debt: usize) -> Account {
    let dollars = |at: usize| held[at].1 / 10u128.pow(u32::from(LISTED[at].1));
    let all = dollars(2) + dollars(3);
    let mut account = Account::default();
    for (at, (pledged, _)) in held.iter().enumerate().take(2) {
        let vault = VaultId(u16::try_from(at + 1).unwrap());
        let part = share(*pledged, dollars(debt), all);
        if part > 0 {
            account.collaterals.push(vault);
            give(&mut account, vault, U256::from(part), 0);
        }
    }
    if held[debt].1 > 0 {
        account.controllers = vec![LENDER];
        give(&mut account, LENDER, U256::ZERO, held[debt].1);
    }
    account
}

fn loan(dice: &mut Dice, book: &[[(u128, u128); 4]], debt: usize) -> Loan {
    let mut accounts: Vec<_> = book.iter().map(|held| sub_account(held, debt)).collect();
    let mut lender = Account::default();
    let supply = U256::from(3_000_000) * U256::from(10).pow(U256::from(LISTED[debt].1));
    give(&mut lender, LENDER, supply, 0);
    accounts.push(lender);
    let mut vaults = Vec::new();
    for id in (0..3).map(VaultId) {
        let lends = id == LENDER;
        let shares: U256 = accounts.iter().map(|a| a.holding(id).shares.0).sum();
        let owed: U256 = accounts.iter().map(|a| a.holding(id).debt.0).sum();
        let assets = if lends {
            supply - (owed >> 31)
        } else {
            // A share may be worth another number than one, as after a gift to the vault.
            shares * U256::from(dice.pick(&[1_000, 1_000, 1_001, 1_337])) / U256::from(1_000)
        };
        let recognized = [(VaultId(1), ltv()), (VaultId(2), ltv())];
        let ltvs = recognized.into_iter().filter(|_| lends).collect();
        vaults.push(VaultSetup {
            config: config(dice, ltvs),
            state: VaultState {
                cash: Amount(assets),
                total_shares: Shares(shares),
                total_borrows: Debt(owed),
                interest_rate: SecondRate(U256::from(if lends { RAY_A_SECOND } else { 0 })),
                ..VaultState::fresh(Timestamp(START))
            },
            quotes: Quotes::default(),
        });
    }
    let setup = ClusterSetup {
        version: EvkVersion::Commit5b98b42,
        now: Timestamp(START),
        fees: ProtocolFees {
            receiver: SUPPLIER,
            share: Bps(0),
            interest_fee_min: Bps(0),
            interest_fee_max: Bps(10_000),
        },
        vaults,
        accounts,
    };
    Loan {
        asset: AssetId(u16::try_from(debt).unwrap()),
        secured_by: vec![AssetId(0), AssetId(1)],
        cluster: setup.build().unwrap(),
    }
}

/// About 3 % a year.
const RAY_A_SECOND: u64 = 1_000_000_000_000_000_000;

pub(crate) fn open(dice: &mut Dice) -> Case<Loans> {
    let assets = LISTED.map(|(symbol, decimals, _)| Asset {
        symbol: symbol.to_owned(),
        decimals,
    });
    let scale = PRICE * 10_000_000_000;
    let prices = LISTED.map(|(_, _, dollars)| Price::new(dollars * scale));
    let book: Vec<_> = (0..BORROWERS).map(|_| borrower(dice, 80)).collect();
    let loans = [2, 3].map(|debt| loan(dice, &book, debt));
    Case {
        machine: Loans::new(assets.to_vec(), Prices(prices.to_vec()), loans.to_vec()).unwrap(),
        breached,
    }
}

fn breached(machine: &Loans, id: AccountId) -> bool {
    machine.loans().any(|loan| {
        let cluster = &loan.cluster;
        let held = cluster.account(id).unwrap();
        let config = cluster.config(LENDER).unwrap();
        let seizable = held.collaterals.iter().any(|vault| {
            config.ltv(*vault).is_recognized() && !held.holding(*vault).shares.is_zero()
        });
        let liquidity = cluster.liquidity(LENDER, id, Purpose::Liquidation);
        seizable && liquidity.is_ok_and(|held| held.is_violation())
    })
}
