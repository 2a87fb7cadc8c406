//! What an Euler v2 case starts from: vaults, prices, a violator, a liquidator.

use super::fields::{FieldError, Fields};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Account, AmountCap, Cluster, ClusterSetup, DONT_SOCIALIZE_DEBT, Debt, EvkVersion, Holding,
    LinearKink, Ltv, Operation, ProtocolFees, Quotes, SecondRate, VaultConfig, VaultId, VaultSetup,
    VaultState,
};
use backstop_core::units::{Amount, Bps, Index, Price, Shares, Timestamp};
use std::collections::BTreeMap;

pub(super) const VIOLATOR: AccountId = AccountId(0);
pub(super) const LIQUIDATOR: AccountId = AccountId(1);
/// Everybody else, who has the shares that the case does not give to the two.
pub(super) const OTHERS: AccountId = AccountId(2);

/// A cluster and the names that the case uses.
#[derive(Debug)]
pub(super) struct World {
    pub(super) cluster: Cluster,
    /// Names of the vaults, in the order of their ids.
    pub(super) names: Vec<String>,
    /// The vault that lends.
    pub(super) lender: VaultId,
}

/// A decimal string that fits a smaller number.
pub(super) fn small<T: TryFrom<u64>>(fields: &Fields<'_>, key: &str) -> Result<T, FieldError> {
    let wide = fields.wide(key)?;
    let number = u64::try_from(wide).ok().and_then(|n| T::try_from(n).ok());
    number.ok_or_else(|| fields.wrong(key, &wide.to_string(), "a smaller number"))
}

pub(super) fn seconds(fields: &Fields<'_>, key: &str) -> Result<Timestamp, FieldError> {
    small(fields, key).map(Timestamp)
}

/// The vault of a name.
pub(super) fn vault(
    names: &[String],
    fields: &Fields<'_>,
    key: &str,
    name: &str,
) -> Result<VaultId, FieldError> {
    let place = names.iter().position(|known| known == name);
    let id = place.and_then(|at| u16::try_from(at).ok()).map(VaultId);
    id.ok_or_else(|| fields.wrong(key, &format!("{name:?}"), &names.join(", ")))
}

impl World {
    pub(super) fn read(version: EvkVersion, given: &Fields<'_>) -> Result<Self, FieldError> {
        let names = names(given)?;
        let lender = vault(
            &names,
            given,
            "liabilityVault",
            given.text("liabilityVault")?,
        )?;
        let state = given.object("state")?;
        let mut vaults = Vec::new();
        for name in &names {
            vaults.push(vault_setup(given, &state, name)?);
        }
        let ltv = ltvs(given, &names)?;
        if let Some(setup) = vaults.get_mut(usize::from(lender.0)) {
            lending(given, &mut setup.config, ltv)?;
        }
        let parties = [
            account(given, &state, "violator", &names, lender)?,
            account(given, &state, "liquidator", &names, lender)?,
        ];
        let others = others(&state, &vaults, &names, &parties)?;
        let now = vaults.iter().map(|setup| setup.state.last_update).max();
        let setup = ClusterSetup {
            version,
            now: now.unwrap_or_default(),
            fees: ProtocolFees {
                receiver: OTHERS,
                share: Bps(5_000),
                interest_fee_min: Bps(1_000),
                interest_fee_max: Bps(10_000),
            },
            vaults,
            accounts: parties.into_iter().chain([others]).collect(),
        };
        let cluster = setup.build().map_err(|error| FieldError {
            field: format!("given.{}", error.field),
            problem: error.problem,
        })?;
        Ok(Self {
            cluster,
            names,
            lender,
        })
    }
}

/// Vaults with a configuration, then those of which the case tells no more than that an account
/// lends itself to them.
fn names(given: &Fields<'_>) -> Result<Vec<String>, FieldError> {
    let configs = given.object("vaultConfig")?;
    let mut names: Vec<String> = configs.members().map(|(name, _)| name.to_owned()).collect();
    for party in ["violator", "liquidator"] {
        let party = given.object(party)?;
        let mut lent = party.texts("enabledCollaterals")?;
        if party.has("controller") {
            lent.push(party.text("controller")?);
        }
        for name in lent {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    Ok(names)
}

fn vault_setup(
    given: &Fields<'_>,
    state: &Fields<'_>,
    name: &str,
) -> Result<VaultSetup, FieldError> {
    let mut setup = VaultSetup {
        config: VaultConfig {
            interest_fee: Bps(0),
            interest_rate_model: None,
            max_liquidation_discount: Bps(0),
            liquidation_cool_off: 0,
            flags: 0,
            disabled: 0,
            supply_cap: AmountCap(0),
            borrow_cap: AmountCap(0),
            fee_receiver: None,
            has_oracle: true,
            unit_is_asset: false,
            ltv: BTreeMap::new(),
        },
        state: VaultState::fresh(Timestamp(0)),
        quotes: Quotes::default(),
    };
    let configs = given.object("vaultConfig")?;
    if !configs.has(name) {
        return Ok(setup);
    }
    let config = configs.object(name)?;
    setup.config.interest_fee = Bps(small(&config, "interestFee")?);
    if config.has("irm") {
        let model = config.object("irm")?;
        setup.config.interest_rate_model = Some(LinearKink {
            base: model.wide("baseRate")?,
            slope1: model.wide("slope1")?,
            slope2: model.wide("slope2")?,
            kink: small(&model, "kink")?,
        });
    }
    let prices = given.object("prices")?.object(name)?;
    setup.quotes = Quotes {
        mid: Price(prices.wide("mid")?),
        bid: Price(prices.wide("bid")?),
        ask: Price(prices.wide("ask")?),
    };
    setup.state = ledger(&state.object("vaults")?.object(name)?)?;
    Ok(setup)
}

fn ledger(fields: &Fields<'_>) -> Result<VaultState, FieldError> {
    Ok(VaultState {
        last_update: seconds(fields, "lastUpdate")?,
        cash: Amount(fields.wide("cash")?),
        total_shares: Shares(fields.wide("totalShares")?),
        total_borrows: Debt(fields.wide("totalBorrows")?),
        accumulated_fees: Shares(fields.wide("accumulatedFees")?),
        interest_accumulator: Index(fields.wide("interestAccumulator")?),
        interest_rate: SecondRate(fields.wide("interestRate")?),
    })
}

fn ltvs(given: &Fields<'_>, names: &[String]) -> Result<BTreeMap<VaultId, Ltv>, FieldError> {
    let mut ltvs = BTreeMap::new();
    let told = given.object("ltv")?;
    for (name, ltv) in told.members() {
        let set = Ltv {
            borrow: Bps(ltv.u16("borrowLTV")?),
            liquidation: Bps(ltv.u16("liquidationLTV")?),
            initial_liquidation: Bps(ltv.u16("initialLiquidationLTV")?),
            target: seconds(&ltv, "targetTimestamp")?,
            ramp: small(&ltv, "rampDuration")?,
        };
        ltvs.insert(vault(names, &told, name, name)?, set);
    }
    Ok(ltvs)
}

/// Settings of the vault that lends.
fn lending(
    given: &Fields<'_>,
    config: &mut VaultConfig,
    ltv: BTreeMap<VaultId, Ltv>,
) -> Result<(), FieldError> {
    config.ltv = ltv;
    config.unit_is_asset = given.flag("unitOfAccountIsAsset")?;
    config.max_liquidation_discount = Bps(small(given, "maxLiquidationDiscount")?);
    config.liquidation_cool_off = small(given, "liquidationCoolOffTime")?;
    if given.flag("dontSocializeDebt")? {
        config.flags = DONT_SOCIALIZE_DEBT;
    }
    if given.flag("liquidateDisabled")? {
        config.disabled = Operation::Liquidate.bit();
    }
    Ok(())
}

fn account(
    given: &Fields<'_>,
    state: &Fields<'_>,
    party: &str,
    names: &[String],
    lender: VaultId,
) -> Result<Account, FieldError> {
    let (told, held) = (given.object(party)?, state.object(party)?);
    let mut account = Account::default();
    for name in told.texts("enabledCollaterals")? {
        let enabled = vault(names, &told, "enabledCollaterals", name)?;
        account.collaterals.push(enabled);
    }
    if told.has("controller") {
        let name = told.text("controller")?;
        account
            .controllers
            .push(vault(names, &told, "controller", name)?);
    }
    if told.has("lastAccountStatusCheck") {
        account.last_check = seconds(&told, "lastAccountStatusCheck")?;
    }
    let collateral = held.object("collateral")?;
    for (name, _) in collateral.members() {
        let shares = Shares(collateral.wide(name)?);
        let holding = Holding {
            shares,
            ..Holding::default()
        };
        account.put(vault(names, &collateral, name, name)?, holding);
    }
    let debt = held.object("debt")?;
    let holding = Holding {
        debt: Debt(debt.wide("owed")?),
        accumulator: Index(debt.wide("interestAccumulator")?),
        ..account.holding(lender)
    };
    account.put(lender, holding);
    Ok(account)
}

/// The holder of all shares that are neither fees nor a party's.
fn others(
    state: &Fields<'_>,
    vaults: &[VaultSetup],
    names: &[String],
    parties: &[Account],
) -> Result<Account, FieldError> {
    let mut others = Account::default();
    for (at, (setup, name)) in vaults.iter().zip(names).enumerate() {
        let id = VaultId(u16::try_from(at).unwrap_or(u16::MAX));
        let state_of = &setup.state;
        let mut rest = state_of.total_shares.minus(state_of.accumulated_fees);
        for party in parties {
            rest = rest.and_then(|rest| rest.minus(party.holding(id).shares));
        }
        let Ok(shares) = rest else {
            let told = state.object("vaults")?.object(name)?;
            let found = state_of.total_shares.to_string();
            return Err(told.wrong("totalShares", &found, "at least fees and known holdings"));
        };
        let holding = Holding {
            shares,
            ..Holding::default()
        };
        others.put(id, holding);
    }
    Ok(others)
}
