//! One lending vault with its collateral, its breach index, and a liquidation from outside.

use super::account::Account;
use super::action::Action;
use super::cluster::{Cluster, Quotes, VaultId};
use super::debt::Debt;
use super::event::Event as Told;
use super::liquidate::Call;
use super::liquidity::{Liquidity, Purpose};
use super::math::Ruled;
use super::rejection::Rejection;
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::protocol::{
    AccountId, Asset, AssetId, Event, Events, Prices, Receive, Terms, health_factor,
};
use crate::units::{Amount, Price, Ratio, Rounding, Shares, U256, Value, WAD, mul, mul_div, pow10};

/// The vault that lends.
pub(super) const LENDER: VaultId = VaultId(0);
/// 2^144 − 1: at no higher quote could every amount of 112 bits be valued. Higher ones are held to
/// it.
const QUOTE_MAX: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0xffff, 0]);
/// 2^40, by which the worth of a share is scaled.
const SHARE_SCALE: U256 = U256::from_limbs([1 << 40, 0, 0, 0]);
/// What the roundings to whole units of a value sum to at most, see [`look`].
const DUST: u128 = 32;

/// What one vault lends, and against what.
#[derive(Clone, Debug)]
pub struct Loan {
    /// Asset of the cluster's first vault, which lends.
    pub asset: AssetId,
    /// Assets of its other vaults, in their order, which hold collateral.
    pub secured_by: Vec<AssetId>,
    /// The vaults. All clusters have the same accounts.
    pub cluster: Cluster,
}

#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) loan: Loan,
    pub(super) index: BreachIndex,
}

/// Worth of a collateral's share times its loan-to-value, and of a debt when the vault was made; a
/// ramp of the loan-to-value is a fall of the price.
fn effective_prices(cluster: &Cluster) -> EffectivePrices {
    let share = |vault| -> Ruled<U256> {
        let ltv = cluster.liquidation_ltv(LENDER, vault)?;
        let price = mul(cluster.quotes_of(vault)?.mid.0, ltv.wide())?;
        let (assets, shares) = cluster.cell(vault)?.present.totals(cluster.rules)?;
        down_wide(mul(price, SHARE_SCALE)?, assets, shares)
    };
    let debt = || -> Ruled<U256> {
        let Price(price) = match cluster.config_of(LENDER)?.unit_is_asset {
            true => Price(WAD),
            false => cluster.quotes_of(LENDER)?.mid,
        };
        Ok(mul(
            price,
            cluster.cell(LENDER)?.present.interest_accumulator.0,
        )?)
    };
    let vaults = (0..cluster.vaults()).map(VaultId);
    EffectivePrices {
        collateral: vaults.map(|id| share(id).unwrap_or(U256::MAX)).collect(),
        debt: vec![debt().unwrap_or(U256::MAX)],
    }
}

fn down_wide(x: U256, y: U256, d: U256) -> Ruled<U256> {
    Ok(mul_div(x, y, d, Rounding::Floor)?)
}

/// Whether there is debt, and collateral that a liquidation could seize.
fn at_stake(cluster: &Cluster, account: &Account) -> bool {
    let seizable = |vault: &VaultId| {
        let config = cluster.config_of(LENDER);
        config.is_ok_and(|config| config.ltv(*vault).is_recognized())
            && !account.holding(*vault).shares.is_zero()
    };
    account.controllers == [LENDER]
        && !account.holding(LENDER).debt.is_zero()
        && account.collaterals.iter().any(seizable)
}

/// What the exact rule says of a sub-account, with bounds.
///
/// With `P` and `Q` as in [`effective_prices`], a collateral counts `shares · P ÷ (10^22 · 2^40)`
/// and the debt `debt ÷ accumulator · Q ÷ (2^31 · 10^18)` before rounding. Then
///
/// - shares become whole assets: less than one asset. That is what [`grain`] stands for;
/// - the debt loses less than 2^−31 of an asset by its growth, and less than one asset is added when
///   it becomes whole: less than two grains;
/// - a collateral's value is rounded down to a whole unit, and again after its loan-to-value; `P`
///   is below its exact value by less than 1, with shares below 2^112 by less than 2^−1 units. Of at
///   most ten collaterals that is less than 30 units, and one of the debt's value: [`DUST`].
///
/// Quotes are held below what could overflow. A sub-account whose rule fails all the same is asked
/// at every tick.
fn look(cluster: &Cluster, id: AccountId) -> Look {
    let Some(account) = cluster.account(id).filter(|held| at_stake(cluster, held)) else {
        return Look::Gone;
    };
    let held = cluster.liquidity(LENDER, id, Purpose::Liquidation).ok();
    let collateral = account.collaterals.iter();
    let measure = Measure {
        collateral_assets: collateral.map(|vault| AssetId(vault.0)).collect(),
        debt_assets: AssetSet::EMPTY.with(AssetId(LENDER.0)),
        collateral: held.map_or(Value::ZERO, |held| held.collateral),
        debt: held.map_or(Value::MAX, |held| held.liability),
        grain: grain(cluster, id, account).unwrap_or(U256::ZERO),
        dust: Value::new(DUST),
    };
    measure.look(held.is_some_and(|held| held.is_violation()))
}

/// The smallest number of assets that is rounded. In a vault with as many shares as assets, which
/// lends nothing, every share is one asset for ever, and nothing is rounded; in another one that
/// lends nothing a share never loses worth. What is owed never shrinks by itself.
fn grain(cluster: &Cluster, id: AccountId, account: &Account) -> Ruled<U256> {
    let mut least = cluster.debt(LENDER, id)?.assets_up().0;
    for vault in &account.collaterals {
        let shares = account.holding(*vault).shares;
        let state = &cluster.cell(*vault)?.present;
        if !shares.is_zero() && state.total_assets().0 != state.total_shares.0 {
            least = least.min(cluster.convert_to_assets(*vault, shares)?.0);
        }
    }
    Ok(least)
}

impl Slot {
    pub(super) fn new(loan: Loan) -> Self {
        let cluster = &loan.cluster;
        let ids = (0..cluster.accounts()).map(AccountId);
        let looks = ids.map(|id| (id, look(cluster, id)));
        let index = BreachIndex::build(effective_prices(cluster), looks);
        Self { loan, index }
    }

    /// Takes the cluster at new times, prices or roundings of a share's worth.
    pub(super) fn advance(&mut self, cluster: Cluster) {
        self.loan.cluster = cluster;
        let cluster = &self.loan.cluster;
        let prices = effective_prices(cluster);
        if prices != *self.index.prices() {
            self.index.advance(prices, |id| look(cluster, id));
        }
    }

    /// Takes the cluster after an action that changed some accounts.
    pub(super) fn commit(&mut self, cluster: Cluster, accounts: &[AccountId]) {
        self.advance(cluster);
        for id in accounts {
            self.index.set(*id, look(&self.loan.cluster, *id));
        }
    }
}

impl Loan {
    /// Acts for everybody outside the book.
    pub(super) fn outsider(&self) -> AccountId {
        AccountId(self.cluster.accounts().saturating_sub(1))
    }

    /// Assets of the vaults, in their order.
    pub(super) fn vault_assets(&self) -> impl Iterator<Item = AssetId> + '_ {
        std::iter::once(self.asset).chain(self.secured_by.iter().copied())
    }

    pub(super) fn asset_of(&self, vault: VaultId) -> AssetId {
        let found = self.vault_assets().nth(usize::from(vault.0));
        found.unwrap_or(self.asset)
    }

    /// The vault that holds an asset as collateral.
    pub(super) fn collateral(&self, asset: AssetId) -> Ruled<VaultId> {
        let vaults = (0..).map(VaultId).zip(self.vault_assets());
        let mut vaults = vaults.skip(1);
        let found = vaults.find(|(_, held)| *held == asset);
        found.map(|(id, _)| id).ok_or(Rejection::VaultUnknown)
    }

    pub(super) fn quotes(&self, assets: &[Asset], prices: &Prices) -> Vec<Quotes> {
        let quote = |id: AssetId| {
            let listed = assets.get(usize::from(id.0));
            let unit = pow10(listed.map_or(0, |asset| asset.decimals)).unwrap_or(U256::MAX);
            let told = mul_div(prices.get(id).0, WAD, unit, Rounding::Floor);
            Quotes::flat(Price(told.unwrap_or(QUOTE_MAX).min(QUOTE_MAX)))
        };
        self.vault_assets().map(quote).collect()
    }

    /// Debt to take over so that no more is paid than the terms allow.
    pub(super) fn asked(
        &self,
        violator: AccountId,
        collateral: VaultId,
        terms: &Terms,
    ) -> Ruled<Amount> {
        let cluster = &self.cluster;
        let most = cluster.check_liquidation(LENDER, self.outsider(), violator, collateral)?;
        let owed = cluster.debt(LENDER, violator)?;
        if terms.repay >= paid(owed, most.repay_max)? {
            return Ok(Amount::MAX);
        }
        let more = paid(owed, terms.repay)? > terms.repay;
        Ok(match more {
            true => terms.repay.minus_or_zero(Amount::new(1)),
            false => terms.repay,
        })
    }

    /// Takes over debt and shares, repays, and redeems the shares or hands them on; and leaves
    /// nothing behind.
    pub(super) fn batch(&self, call: &Call, shares: Shares, terms: &Terms) -> [Action; 7] {
        let (account, vault) = (call.liquidator, call.collateral);
        [
            Action::EnableController {
                account,
                vault: LENDER,
            },
            Action::EnableCollateral { account, vault },
            Action::Liquidate {
                vault: LENDER,
                liquidator: account,
                violator: call.violator,
                collateral: vault,
                repay: call.repay,
                // Who liquidates for nothing is refused.
                min_shares: Shares::new(1),
            },
            Action::Repay {
                vault: LENDER,
                receiver: account,
                amount: Amount::MAX,
            },
            match terms.receive {
                Receive::Tokens => Action::Redeem {
                    vault,
                    shares,
                    owner: account,
                },
                Receive::Claim => Action::Transfer {
                    vault,
                    from: account,
                    to: terms.liquidator,
                    shares,
                },
            },
            Action::DisableController {
                account,
                vault: LENDER,
            },
            Action::DisableCollateral { account, vault },
        ]
    }

    /// What has a word common to all families, by the book's accounts.
    pub(super) fn events_of(&self, told: &[Told]) -> Ruled<Events> {
        let mut events = Events::new();
        for event in told {
            match *event {
                Told::Deposited {
                    vault,
                    account,
                    assets,
                    ..
                } if !assets.is_zero() => events.push(Event::Supplied {
                    payer: account,
                    account,
                    asset: self.asset_of(vault),
                    amount: assets,
                }),
                Told::Repaid {
                    vault,
                    account,
                    assets,
                } => events.push(Event::Repaid {
                    payer: account,
                    account,
                    asset: self.asset_of(vault),
                    amount: assets,
                }),
                Told::CollateralSet {
                    account,
                    vault,
                    enabled,
                } => events.push(Event::CollateralEnabled {
                    account,
                    asset: self.asset_of(vault),
                    enabled,
                }),
                Told::Liquidated(done) => events.push(Event::Liquidated {
                    account: done.violator,
                    liquidator: done.liquidator,
                    collateral: self.asset_of(done.collateral),
                    debt: self.asset,
                    repaid: done.repay,
                    seized: self
                        .cluster
                        .convert_to_assets(done.collateral, done.shares)?,
                    receive_claim: true,
                }),
                Told::DebtSocialized {
                    account, assets, ..
                } => events.push(Event::DeficitCreated {
                    account,
                    asset: self.asset,
                    amount: assets,
                }),
                _ => {}
            }
        }
        Ok(events)
    }
}

/// What a liquidator owes who takes over so much of a debt, in whole assets: what differs from all
/// of it by less than one unit is all of it.
fn paid(owed: Debt, repay: Amount) -> Ruled<Amount> {
    let asked = Debt::of(repay)?;
    let gap = asked.max(owed).minus(asked.min(owed))?;
    Ok(match !repay.is_zero() && gap.is_dust() {
        true => owed.assets_up(),
        false => repay,
    })
}

/// Weighted collateral over debt, rounded down.
pub(super) fn factor(held: &Liquidity) -> Ratio {
    health_factor(held.collateral.0, held.liability.0)
}

/// Accounts that an action may change; nothing where that may be any.
pub(super) fn concerned(action: &Action) -> Option<Vec<AccountId>> {
    Some(match *action {
        Action::Govern { .. } | Action::ConvertFees { .. } => return None,
        Action::Touch { .. } => vec![],
        Action::EnableCollateral { account, .. }
        | Action::DisableCollateral { account, .. }
        | Action::ReorderCollaterals { account, .. }
        | Action::EnableController { account, .. }
        | Action::DisableController { account, .. }
        | Action::Borrow { account, .. } => vec![account],
        Action::Deposit { receiver, .. }
        | Action::Mint { receiver, .. }
        | Action::Repay { receiver, .. } => vec![receiver],
        Action::Withdraw { owner, .. } | Action::Redeem { owner, .. } => vec![owner],
        Action::Transfer { from, to, .. } => vec![from, to],
        Action::RepayWithShares {
            account, receiver, ..
        } => vec![account, receiver],
        Action::PullDebt { account, from, .. } => vec![account, from],
        Action::Liquidate {
            liquidator,
            violator,
            ..
        } => vec![liquidator, violator],
    })
}
