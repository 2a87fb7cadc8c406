//! Euler v2: a lending vault for each debt asset, against escrow vaults of the collateral.

use super::scales::{ALL_BPS_WHOLE, part};
use super::split::{listed, spec, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::euler::{
    Account, Action, AmountCap, ClusterSetup, Debt, EvkVersion, Holding, LinearKink, Loan, Loans,
    Ltv, ProtocolFees, Quotes, VaultConfig, VaultId, VaultSetup, VaultState,
};
use backstop_core::protocol::{AccountId, AssetId, Prices};
use backstop_core::units::{
    Amount, Bps, Index, RAY, Rounding, Shares, Timestamp, U256, YEAR, mul_div,
};
use backstop_io::book::{BookAccount, BookPosition};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use std::collections::BTreeMap;

/// The vault of a cluster that lends.
const LENDER: VaultId = VaultId(0);
/// Largest discount, as the protocol's own deployment scripts set it.
const MAX_DISCOUNT: Bps = Bps(1_500);
/// Seconds after a check, as those scripts set them.
const COOL_OFF_S: u16 = 1;
/// Decimals of the unit of account.
const UNIT_DECIMALS: u8 = 18;
/// Part of a debt's 2^−31 in a whole unit.
const DEBT_BITS: usize = 31;

/// Vaults with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, nothing is borrowed, or a vault cannot be made.
pub(super) fn open(loaded: &Loaded) -> Result<Box<dyn Design>, Failure> {
    parameters::read(loaded, "euler", &mut [])?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = &loaded.inputs.book.accounts;
    let owed = |id: AssetId| {
        let positions = book.iter().flat_map(|account| &account.positions);
        positions
            .into_iter()
            .any(|held| held.asset == id && !held.debt.is_zero())
    };
    let mut loans = Vec::new();
    for asset in ids(scenario).filter(|id| owed(*id)) {
        loans.push(loan(scenario, book, &usd, asset)?);
    }
    let count = loans.len();
    let prices = usd
        .iter()
        .map(|usd| door::price_to_oracle(*usd, UNIT_DECIMALS));
    Ok(Box::new(Opened {
        protocol: Loans::new(listed(scenario), Prices(prices.collect()), loans)?,
        payer: Payer::Suppliers,
        mapping: mapping(count),
    }))
}

fn mapping(loans: usize) -> Vec<String> {
    vec![
        format!(
            "Each debt asset has a vault that lends it ({loans} here), against escrow vaults of all collateral assets. A borrower with several debts has a sub-account for each, as the connector allows one controller an account; collateral is split by the worth of the debts, so that health is the same in each. Supply of those who owe nothing, or that is no collateral, is left out."
        ),
        "The loan-to-value of liquidation is the scenario's liquidation threshold, so that health is the same; that of borrowing is the scenario's LTV.".to_owned(),
        "The discount grows with the lack of health, up to 15 %; the scenario's bonus is not used. The cool-off is 1 second. Both are what the protocol's deployment scripts set. There are no caps.".to_owned(),
        "A liquidator takes over debt and collateral, repays and redeems in one batch.".to_owned(),
        "Rate curves are the scenario's, by the second, set at each operation of a vault; the interest fee is the scenario's reserve factor and stays in the vault. Lenders' supply is the scenario's, and no less than is owed.".to_owned(),
        "Bad debt falls on a vault's depositors at once, as the contract does it; the scenario's waterfall is not asked.".to_owned(),
    ]
}

fn ids(scenario: &Scenario) -> impl Iterator<Item = AssetId> + use<> {
    (0..).map(AssetId).take(scenario.assets.len())
}

/// The part of an account's collateral that secures its debt in an asset, by the worth of its debts.
fn securing(account: &BookAccount, scenario: &Scenario, usd: &[f64], asset: AssetId) -> f64 {
    let worth = |held: &BookPosition| {
        let price = usd.get(usize::from(held.asset.0)).copied().unwrap_or(0.0);
        let decimals = spec(scenario, held.asset).map_or(0, |asset| asset.decimals);
        door::amount_to_tokens(held.debt, decimals) * price
    };
    let owed = |held: &&BookPosition| !held.debt.is_zero();
    let (mut own, mut all, mut others) = (0.0, 0.0, false);
    for held in account.positions.iter().filter(owed) {
        all += worth(held);
        if held.asset == asset {
            own += worth(held);
        } else {
            others = true;
        }
    }
    if others { own / all } else { 1.0 }
}

/// An account's sub-account for its debt in an asset.
fn sub_account(
    account: &BookAccount,
    share: f64,
    asset: AssetId,
    secured_by: &[AssetId],
) -> Account {
    let mut held = Account::default();
    let debts = account.positions.iter().filter(|held| held.asset == asset);
    let debt = debts.fold(U256::ZERO, |all, held| all.saturating_add(held.debt.0));
    if debt.is_zero() {
        return held;
    }
    held.controllers = vec![LENDER];
    held.put(
        LENDER,
        Holding {
            shares: Shares::ZERO,
            debt: Debt(debt << DEBT_BITS),
            accumulator: Index(RAY),
        },
    );
    for (vault, collateral) in (1..).map(VaultId).zip(secured_by) {
        let mut positions = account.positions.iter();
        let pledged = positions.find(|held| held.asset == *collateral && held.enabled);
        let shares = pledged.map_or(Amount::ZERO, |held| door::share_of(held.collateral, share));
        if !shares.is_zero() {
            held.collaterals.push(vault);
            held.put(
                vault,
                Holding {
                    shares: Shares(shares.0),
                    ..Holding::default()
                },
            );
        }
    }
    held
}

fn loan(
    scenario: &Scenario,
    book: &[BookAccount],
    usd: &[f64],
    asset: AssetId,
) -> Result<Loan, Failure> {
    let counts =
        |id: &AssetId| spec(scenario, *id).is_some_and(|a| a.liquidation_threshold_bps > 0);
    let secured_by: Vec<AssetId> = ids(scenario).filter(counts).collect();
    let mut accounts = Vec::with_capacity(book.len() + 1);
    for account in book {
        let share = securing(account, scenario, usd, asset);
        accounts.push(sub_account(account, share, asset, &secured_by));
    }
    let lent = accounts.iter().fold(U256::ZERO, |all, account| {
        all.saturating_add(account.holding(LENDER).debt.0 >> DEBT_BITS)
    });
    let supplier = AccountId(u32::try_from(book.len()).unwrap_or(u32::MAX));
    accounts.push(deposit(scenario, asset, lent));
    let setup = ClusterSetup {
        version: EvkVersion::Commit5b98b42,
        now: Timestamp(scenario.time.start),
        fees: ProtocolFees {
            receiver: supplier,
            share: Bps(0),
            interest_fee_min: Bps(0),
            interest_fee_max: Bps(10_000),
        },
        vaults: vaults(scenario, asset, &secured_by, &accounts, lent),
        accounts,
    };
    let mut cluster = setup.build()?;
    // Sets the rate of the start.
    let touched = cluster.apply(&Action::Touch { vault: LENDER });
    touched
        .map_err(|rejection| Failure::new(format!("an Euler vault cannot start: {rejection}")))?;
    Ok(Loan {
        asset,
        secured_by,
        cluster,
    })
}

/// The lenders' account: their supply, and no less than is lent.
fn deposit(scenario: &Scenario, asset: AssetId, lent: U256) -> Account {
    let lenders = spec(scenario, asset).map_or(U256::ZERO, |asset| {
        door::tokens_to_amount(asset.lenders, asset.decimals).0
    });
    let mut account = Account::default();
    account.put(
        LENDER,
        Holding {
            shares: Shares(lenders.max(lent)),
            ..Holding::default()
        },
    );
    account
}

/// The vault that lends and the escrow vaults, opened with what the accounts hold.
fn vaults(
    scenario: &Scenario,
    asset: AssetId,
    secured_by: &[AssetId],
    accounts: &[Account],
    lent: U256,
) -> Vec<VaultSetup> {
    let now = Timestamp(scenario.time.start);
    let state = |vault: VaultId, lent: U256| {
        let held = accounts
            .iter()
            .map(|account| account.holding(vault).shares.0);
        let shares = held.fold(U256::ZERO, U256::saturating_add);
        VaultState {
            cash: Amount(shares.saturating_sub(lent)),
            total_shares: Shares(shares),
            total_borrows: Debt(lent << DEBT_BITS),
            ..VaultState::fresh(now)
        }
    };
    let mut vaults = vec![VaultSetup {
        config: lender(scenario, asset, secured_by),
        state: state(LENDER, lent),
        quotes: Quotes::default(),
    }];
    for (vault, _) in (1..).map(VaultId).zip(secured_by) {
        vaults.push(VaultSetup {
            config: settings(),
            state: state(vault, U256::ZERO),
            quotes: Quotes::default(),
        });
    }
    vaults
}

/// An escrow vault: it holds and does not lend.
fn settings() -> VaultConfig {
    VaultConfig {
        interest_fee: Bps(0),
        interest_rate_model: None,
        max_liquidation_discount: Bps(0),
        liquidation_cool_off: 0,
        flags: 0,
        disabled: 0,
        supply_cap: AmountCap(0),
        borrow_cap: AmountCap(0),
        fee_receiver: None,
        has_oracle: false,
        unit_is_asset: false,
        ltv: BTreeMap::new(),
    }
}

fn lender(scenario: &Scenario, asset: AssetId, secured_by: &[AssetId]) -> VaultConfig {
    let ltv = |id: &AssetId| {
        let (borrow, liquidation) = spec(scenario, *id).map_or((0, 0), |asset| {
            (asset.ltv_bps, asset.liquidation_threshold_bps)
        });
        Ltv {
            borrow: Bps(borrow.min(liquidation)),
            liquidation: Bps(liquidation),
            initial_liquidation: Bps(liquidation),
            // Any time but 0 says that the collateral is recognised.
            target: Timestamp(scenario.time.start.max(1)),
            ramp: 0,
        }
    };
    let lent = spec(scenario, asset);
    VaultConfig {
        interest_fee: Bps(lent.map_or(0, |asset| asset.reserve_factor_bps)),
        interest_rate_model: lent.map(curve),
        max_liquidation_discount: MAX_DISCOUNT,
        liquidation_cool_off: COOL_OFF_S,
        has_oracle: true,
        ltv: (1..).map(VaultId).zip(secured_by.iter().map(ltv)).collect(),
        ..settings()
    }
}

/// The scenario's curve, a second.
fn curve(asset: &AssetSpec) -> LinearKink {
    let rates = &asset.rates;
    let share = u64::from(rates.optimal_usage_bps) * u64::from(u32::MAX) / u64::from(ALL_BPS_WHOLE);
    let kink = u32::try_from(share)
        .unwrap_or(u32::MAX)
        .clamp(1, u32::MAX - 1);
    let a_second = |yearly: u32, over: u32| {
        let years = YEAR * U256::from(over);
        mul_div(part(RAY, yearly.into()), U256::ONE, years, Rounding::Floor).unwrap_or(U256::ZERO)
    };
    LinearKink {
        base: a_second(rates.base_bps, 1),
        slope1: a_second(rates.slope1_bps, kink),
        slope2: a_second(rates.slope2_bps, u32::MAX - kink),
        kink,
    }
}
