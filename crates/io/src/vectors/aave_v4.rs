//! Aave v4 cases: the steps of a liquidation's size, on the ledger of the collateral's hub.
//!
//! Every action is a view: it tells numbers and changes nothing. `then` is therefore compared
//! whole, and there is no state after it.

use super::compare::Checker;
use super::fields::{FieldError, Fields, text};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::aave_v4::{
    AaveV4Version, AmountRay, DebtToLiquidate, HubAsset, HubState, LiquidationCheck,
    LiquidationParams, RateStrategy, Rejection, Remainder, ReserveConfig, Rules, Signed, SpokeId,
    TokenId, ValueRay, leaves_deficit,
};
use backstop_core::units::{Amount, Bps, Index, Price, RAY, Rate, Ratio, Shares, Timestamp, U256};
use serde_json::{Value, json};

/// Versions in the headers of the files.
pub(super) fn versions() -> Vec<&'static str> {
    AaveV4Version::ALL
        .into_iter()
        .map(AaveV4Version::number)
        .collect()
}

/// Runs one case.
pub(super) fn run(
    version: &str,
    case: &Fields<'_>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    let version = AaveV4Version::parse(version).ok_or_else(|| FieldError {
        field: "version".to_owned(),
        problem: format!("found {version:?}, allowed: {}", versions().join(", ")),
    })?;
    let given = Given::read(version.rules(), &case.object("given")?)?;
    for step in case.list("steps")? {
        checker.steps += 1;
        let answer = given.answer(&step.object("when")?)?;
        compare(&step.object("then")?, answer, checker)?;
    }
    Ok(())
}

fn compare(
    then: &Fields<'_>,
    answer: Result<Value, Rejection>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    if then.has("rejected") {
        checker.rejected += 1;
        let got = answer.map_or_else(Rejection::name, |_| "accepted");
        checker.same(
            "then.rejected",
            Some(then.raw("rejected")?),
            Some(&json!(got)),
        );
        return Ok(());
    }
    let told = then.object("ok")?;
    match answer {
        Ok(got) => {
            // A check that passes tells nothing but that.
            let accepted = json!("accepted");
            checker.same("then", Some(&accepted), Some(&accepted));
            checker.same("then.ok", Some(told.value()), Some(&got));
        }
        Err(rejection) => checker.refused(rejection.name()),
    }
    Ok(())
}

/// What the steps of a case work on.
struct Given {
    rules: &'static Rules,
    now: Timestamp,
    hub: HubAsset,
    params: LiquidationParams,
}

impl Given {
    fn read(rules: &'static Rules, given: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            rules,
            now: Timestamp(number(given, "timestamp", u64::MAX)?),
            hub: hub(&given.object("hub")?)?,
            params: params(&given.object("params")?)?,
        })
    }

    fn answer(&self, when: &Fields<'_>) -> Result<Result<Value, Rejection>, FieldError> {
        let (hub, now) = (&self.hub, self.now);
        let action = when.text("action")?;
        Ok(match action {
            "hub.drawnIndex" => hub.drawn_index(now).map(|index| told("index", index.0)),
            "hub.addedAssets" => hub
                .total_added_assets(now)
                .map(|assets| told("assets", assets.0)),
            "hub.previewAddByAssets" => hub
                .preview_add_by_assets(Amount(when.wide("assets")?), now)
                .map(|shares| told("shares", shares.0)),
            "hub.previewAddByShares" => hub
                .preview_add_by_shares(Shares(when.wide("shares")?), now)
                .map(|assets| told("assets", assets.0)),
            "hub.previewRemoveByShares" => hub
                .preview_remove_by_shares(Shares(when.wide("shares")?), now)
                .map(|assets| told("assets", assets.0)),
            "validateLiquidationCall" => liquidation_check(when)?
                .check(self.rules)
                .map(|()| json!({})),
            "evaluateDeficit" => Ok(json!({ "deficit": deficit(when)? })),
            _ => return self.size(action, when),
        })
    }

    /// The functions that size a liquidation.
    fn size(
        &self,
        action: &str,
        when: &Fields<'_>,
    ) -> Result<Result<Value, Rejection>, FieldError> {
        let (rules, params) = (self.rules, &self.params);
        let bonus = params.bonus(rules);
        Ok(match action {
            "calculateLiquidationBonus" => bonus.map(|bonus| told("liquidationBonus", bonus)),
            "calculateDebtToTargetHealthFactor" => bonus
                .and_then(|bonus| params.debt_to_target(rules, bonus))
                .map(|debt| told("debtRay", debt.0)),
            "calculateDebtToLiquidate" => bonus
                .and_then(|bonus| params.debt_to_liquidate(rules, bonus))
                .map(|debt| debt_leaves(&debt)),
            "calculateCollateralToLiquidate" => {
                let debt = DebtToLiquidate {
                    drawn_shares: Shares(when.wide("drawnSharesToLiquidate")?),
                    premium: AmountRay(when.wide("premiumDebtRayToLiquidate")?),
                };
                let (hub, now) = (&self.hub, self.now);
                bonus
                    .and_then(|n| params.collateral_to_liquidate(rules, n, &debt, hub, now))
                    .map(|shares| told("collateralShares", shares.0))
            }
            "calculateLiquidationAmounts" => {
                params.amounts(rules, &self.hub, self.now).map(|amounts| {
                    let mut leaves = debt_leaves(&amounts.debt);
                    leaves["collateralSharesToLiquidate"] = text(amounts.collateral_shares.0);
                    leaves["collateralSharesToLiquidator"] = text(amounts.to_liquidator.0);
                    leaves
                })
            }
            other => {
                let allowed = "hub.drawnIndex, hub.addedAssets, hub.previewAddByAssets, \
                               hub.previewAddByShares, hub.previewRemoveByShares, \
                               validateLiquidationCall, evaluateDeficit, \
                               calculateLiquidationBonus, calculateDebtToTargetHealthFactor, \
                               calculateDebtToLiquidate, calculateCollateralToLiquidate, \
                               calculateLiquidationAmounts";
                return Err(when.wrong("action", &format!("{other:?}"), allowed));
            }
        })
    }
}

fn told(key: &str, n: U256) -> Value {
    json!({ key: n.to_string() })
}

fn debt_leaves(debt: &DebtToLiquidate) -> Value {
    json!({
        "drawnSharesToLiquidate": debt.drawn_shares.to_string(),
        "premiumDebtRayToLiquidate": debt.premium.0.to_string(),
    })
}

/// A decimal string up to a limit.
fn number<T: TryFrom<u128> + Into<u128> + Copy>(
    fields: &Fields<'_>,
    key: &str,
    most: T,
) -> Result<T, FieldError> {
    let found = fields.narrow(key)?;
    let fits = T::try_from(found).ok().filter(|_| found <= most.into());
    fits.ok_or_else(|| {
        let allowed = format!("a decimal string from \"0\" to \"{}\"", most.into());
        fields.wrong(key, &found.to_string(), &allowed)
    })
}

fn bps(fields: &Fields<'_>, key: &str) -> Result<Bps, FieldError> {
    number(fields, key, u16::MAX).map(Bps)
}

/// A decimal string of so many bits.
fn stored(fields: &Fields<'_>, key: &str, bits: usize) -> Result<U256, FieldError> {
    let found = fields.wide(key)?;
    if found.bit_len() > bits {
        let allowed = format!("a decimal string from \"0\" to 2^{bits} − 1");
        return Err(fields.wrong(key, &found.to_string(), &allowed));
    }
    Ok(found)
}

/// A decimal string with a sign, of 200 bits.
fn signed(fields: &Fields<'_>, key: &str) -> Result<Signed, FieldError> {
    let found = fields.text(key)?;
    let negative = found.starts_with('-');
    let digits = found.strip_prefix('-').unwrap_or(found);
    let read = || {
        let numeral = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let magnitude = numeral.then(|| U256::from_str_radix(digits, 10).ok())??;
        let edge = U256::ONE << 199;
        let fits = magnitude < edge || (negative && magnitude == edge);
        fits.then(|| Signed::new(magnitude, negative))
    };
    read().ok_or_else(|| {
        let allowed = "a decimal string from −2^199 to 2^199 − 1";
        fields.wrong(key, &format!("{found:?}"), allowed)
    })
}

/// The ledger of the collateral's hub. What the views do not read is left empty.
fn hub(fields: &Fields<'_>) -> Result<HubAsset, FieldError> {
    let amount = |key: &str| stored(fields, key, 120);
    let index = amount("drawnIndex")?;
    if index < RAY {
        return Err(fields.wrong("drawnIndex", &index.to_string(), "10^27 and more"));
    }
    let state = HubState {
        liquidity: Amount(amount("liquidity")?),
        swept: Amount(amount("swept")?),
        realized_fees: Amount(amount("realizedFees")?),
        added_shares: Shares(amount("addedShares")?),
        drawn_shares: Shares(amount("drawnShares")?),
        premium_shares: Shares(amount("premiumShares")?),
        premium_offset: signed(fields, "premiumOffsetRay")?,
        liquidity_fee: bps(fields, "liquidityFee")?,
        drawn_index: Index(index),
        drawn_rate: Rate(stored(fields, "drawnRate", 96)?),
        last_update: Timestamp(number(fields, "lastUpdate", (1u64 << 40) - 1)?),
        deficit: AmountRay(stored(fields, "deficitRay", 200)?),
    };
    Ok(HubAsset {
        token: TokenId(0),
        decimals: 18,
        fee_receiver: SpokeId(0),
        reinvestment_controller: None,
        strategy: RateStrategy {
            optimal_usage: Bps(100),
            base: 0,
            growth_before: 0,
            growth_after: 0,
        },
        state,
        spokes: Vec::new(),
    })
}

fn params(fields: &Fields<'_>) -> Result<LiquidationParams, FieldError> {
    let wide = |key: &str| fields.wide(key);
    Ok(LiquidationParams {
        supplied_shares: Shares(wide("suppliedShares")?),
        collateral_decimals: number(fields, "collateralAssetDecimals", 255)?,
        collateral_price: Price(wide("collateralAssetPrice")?),
        drawn_shares: Shares(wide("drawnShares")?),
        premium_debt: AmountRay(wide("premiumDebtRay")?),
        drawn_index: Index(wide("drawnIndex")?),
        total_debt: ValueRay(wide("totalDebtValueRay")?),
        debt_decimals: number(fields, "debtAssetDecimals", 255)?,
        debt_price: Price(wide("debtAssetPrice")?),
        debt_to_cover: Amount(wide("debtToCover")?),
        collateral_factor: bps(fields, "collateralFactor")?,
        health_for_max_bonus: Ratio(wide("healthFactorForMaxBonus")?),
        bonus_factor: bps(fields, "liquidationBonusFactor")?,
        max_bonus: number(fields, "maxLiquidationBonus", u32::MAX)?,
        target_health: Ratio(wide("targetHealthFactor")?),
        health: Ratio(wide("healthFactor")?),
        fee: bps(fields, "liquidationFee")?,
    })
}

fn reserve_config(flags: &Fields<'_>) -> Result<ReserveConfig, FieldError> {
    Ok(ReserveConfig {
        collateral_risk: 0,
        paused: flags.flag("paused")?,
        frozen: flags.flag("frozen")?,
        borrowable: flags.flag("borrowable")?,
        receive_shares: flags.flag("receiveSharesEnabled")?,
    })
}

fn liquidation_check(when: &Fields<'_>) -> Result<LiquidationCheck, FieldError> {
    let same = when.text("user")? == when.text("liquidator")?;
    Ok(LiquidationCheck {
        borrower: AccountId(0),
        liquidator: AccountId(u32::from(!same)),
        collateral: reserve_config(&when.object("collateralReserveFlags")?)?,
        debt: reserve_config(&when.object("debtReserveFlags")?)?,
        supplied_shares: Shares(when.wide("suppliedShares")?),
        drawn_shares: Shares(when.wide("drawnShares")?),
        debt_to_cover: Amount(when.wide("debtToCover")?),
        collateral_factor: bps(when, "collateralFactor")?,
        is_collateral: when.flag("isUsingAsCollateral")?,
        health: Ratio(when.wide("healthFactor")?),
        receive_shares: when.flag("receiveShares")?,
    })
}

fn deficit(when: &Fields<'_>) -> Result<bool, FieldError> {
    let remainder = |key: &str| {
        let empty = when.flag(key)?;
        Ok(if empty {
            Remainder::Nothing
        } else {
            Remainder::Something
        })
    };
    Ok(leaves_deficit(
        remainder("isCollateralPositionEmpty")?,
        remainder("isDebtPositionEmpty")?,
        number(when, "activeCollateralCount", u32::MAX)?,
        number(when, "borrowCount", u32::MAX)?,
    ))
}
