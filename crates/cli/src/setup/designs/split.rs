//! A scenario's assets and prices as protocols list them, and how an account with several collateral
//! and debt assets is shared out over isolated positions.

use super::super::{Loaded, start_price};
use crate::failure::Failure;
use backstop_core::protocol::{Asset, AssetId, Prices};
use backstop_core::units::{Amount, U256};
use backstop_io::book::{BookAccount, BookPosition};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;

/// What an account pledges and owes in a pair.
pub(super) type Stake = (Amount, Amount);
/// Collateral and loan token.
pub(super) type Tokens = (AssetId, AssetId);

/// Prices in USD at the scenario's start, by asset.
///
/// # Errors
/// When an asset has no price at the start.
pub(super) fn start_prices(loaded: &Loaded) -> Result<Vec<f64>, Failure> {
    let ids = (0..).map(AssetId).take(loaded.scenario.assets.len());
    ids.map(|id| start_price(loaded, id)).collect()
}

/// The same as a ledger's oracle answers them.
pub(super) fn answers(loaded: &Loaded, usd: &[f64]) -> Prices {
    let base_decimals = loaded.scenario.protocol.base_decimals;
    let answer = |usd: &f64| door::price_to_oracle(*usd, base_decimals);
    Prices(usd.iter().map(answer).collect())
}

/// What the scenario says of an asset.
pub(super) fn spec(scenario: &Scenario, id: AssetId) -> Option<&AssetSpec> {
    scenario.assets.get(usize::from(id.0))
}

/// An asset as a protocol lists it.
pub(super) fn as_listed(spec: &AssetSpec) -> Asset {
    Asset {
        symbol: spec.symbol.clone(),
        decimals: spec.decimals,
    }
}

/// The scenario's assets as a protocol lists them.
pub(super) fn listed(scenario: &Scenario) -> Vec<Asset> {
    scenario.assets.iter().map(as_listed).collect()
}

/// Worth of an amount in USD.
fn worth(scenario: &Scenario, usd: &[f64], id: AssetId, amount: Amount) -> f64 {
    let decimals = spec(scenario, id).map(|spec| spec.decimals);
    let price = usd.get(usize::from(id.0)).copied().unwrap_or(0.0);
    decimals.map_or(0.0, |d| door::amount_to_tokens(amount, d) * price)
}

/// An account's stake in each pair: collateral in proportion to the worth of the debts, debt in
/// proportion to what each collateral lets it owe. Health is the same in each. Debt against
/// collateral in the same asset is left out.
pub(super) fn split(
    account: &BookAccount,
    scenario: &Scenario,
    usd: &[f64],
) -> Vec<(Tokens, Stake)> {
    let power = |held: &BookPosition| {
        let threshold = spec(scenario, held.asset).map_or(0, |s| s.liquidation_threshold_bps);
        worth(scenario, usd, held.asset, held.collateral) * f64::from(threshold)
    };
    let pledged: Vec<_> = account
        .positions
        .iter()
        .filter(|held| held.enabled && power(held) > 0.0)
        .collect();
    let owed: Vec<_> = account
        .positions
        .iter()
        .filter(|held| !held.debt.is_zero())
        .collect();
    let owes = |held: &BookPosition| worth(scenario, usd, held.asset, held.debt);
    let all_power: f64 = pledged.iter().map(|held| power(held)).sum();
    let all_debt: f64 = owed.iter().map(|held| owes(held)).sum();
    let mut stakes = Vec::new();
    for collateral in &pledged {
        for debt in owed.iter().filter(|debt| debt.asset != collateral.asset) {
            let pledge = owes(debt) / all_debt;
            let burden = power(collateral) / all_power;
            let stake = (
                door::share_of(collateral.collateral, pledge),
                door::share_of(debt.debt, burden),
            );
            stakes.push(((collateral.asset, debt.asset), stake));
        }
    }
    stakes
}

/// What an account pledges of one collateral asset, and owes against it in the one debt token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pledge {
    /// Position of the account in the book.
    pub(super) account: usize,
    /// What is pledged.
    pub(super) collateral: AssetId,
    /// How much of it.
    pub(super) amount: Amount,
    /// Owed against it, in units of the debt token.
    pub(super) debt: Amount,
}

/// A book in a design with one debt token.
#[derive(Clone, Debug)]
pub(super) struct OneDebt {
    /// The debt token: the asset that the book owes most of, by worth at the start.
    pub(super) token: AssetId,
    /// By account, then by collateral.
    pub(super) pledges: Vec<Pledge>,
    /// Accounts that owe something else too.
    pub(super) converted: usize,
}

impl OneDebt {
    /// All debts of the book in one token, of the same worth at the start; several collateral assets
    /// as several positions with the same health.
    pub(super) fn of(loaded: &Loaded, usd: &[f64]) -> Self {
        let scenario = &loaded.scenario;
        let book = &loaded.inputs.book.accounts;
        let token = token(loaded, usd);
        let decimals = spec(scenario, token).map_or(0, |spec| spec.decimals);
        let price = usd.get(usize::from(token.0)).copied().unwrap_or(1.0);
        let in_token = |(id, owed): (AssetId, Amount)| {
            if id == token {
                return owed;
            }
            door::tokens_to_amount(worth(scenario, usd, id, owed) / price, decimals)
        };
        let (mut pledges, mut converted) = (Vec::new(), 0);
        for (at, account) in book.iter().enumerate() {
            let first = pledges.len();
            let mut other = false;
            for ((collateral, owed_in), (amount, owed)) in split(account, scenario, usd) {
                let debt = in_token((owed_in, owed));
                other |= owed_in != token;
                if collateral == token {
                    continue;
                }
                let own = pledges.get_mut(first..).unwrap_or_default();
                let same = own
                    .iter_mut()
                    .find(|p: &&mut Pledge| p.collateral == collateral);
                match same {
                    Some(pledge) => {
                        pledge.amount = sum(pledge.amount, amount);
                        pledge.debt = sum(pledge.debt, debt);
                    }
                    None => pledges.push(Pledge {
                        account: at,
                        collateral,
                        amount,
                        debt,
                    }),
                }
            }
            converted += usize::from(other);
        }
        Self {
            token,
            pledges,
            converted,
        }
    }

    /// The collateral assets, ascending.
    pub(super) fn collaterals(&self) -> Vec<AssetId> {
        let mut found: Vec<_> = self
            .pledges
            .iter()
            .map(|pledge| pledge.collateral)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How the debts were mapped, in a sentence.
    pub(super) fn mapping(&self, scenario: &Scenario) -> String {
        let symbol = spec(scenario, self.token).map_or("", |spec| spec.symbol.as_str());
        format!(
            "The design lends one token, here {symbol}: {} accounts that owe others too owe {symbol} of the same worth at the start. A borrower with several collateral assets has a position in each, with the same health.",
            self.converted
        )
    }
}

fn sum(a: Amount, b: Amount) -> Amount {
    Amount(a.0.saturating_add(b.0))
}

/// The asset that the book owes most of.
fn token(loaded: &Loaded, usd: &[f64]) -> AssetId {
    let scenario = &loaded.scenario;
    let mut sums = vec![U256::ZERO; scenario.assets.len()];
    for account in &loaded.inputs.book.accounts {
        for held in &account.positions {
            if let Some(place) = sums.get_mut(usize::from(held.asset.0)) {
                *place = place.saturating_add(held.debt.0);
            }
        }
    }
    let owed = (0..).map(AssetId).zip(sums);
    let worths = owed.map(|(id, amount)| (worth(scenario, usd, id, Amount(amount)), id));
    let most = worths.fold(
        (0.0, AssetId(0)),
        |most, next| {
            if next.0 > most.0 { next } else { most }
        },
    );
    most.1
}
