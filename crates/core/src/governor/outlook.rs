//! What governors know beside the signals of a tick: exposures, costs and takes, as plain data.

use crate::protocol::{AccountId, AssetId, Protocol};
use crate::units::{Amount, Bps, Ratio, Rounding, U256, Value, WAD, mul_div, pow10};

/// A look at the book and at liquidators' costs, made when levers are reviewed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// By asset, in the order of [`Protocol::assets`].
    pub assets: Vec<Exposure>,
    /// Smallest units of one of the base currency.
    pub one: U256,
    /// What liquidators pay.
    pub costs: Costs,
}

/// One asset of an outlook. Amounts are in asset units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Base units of a whole token.
    pub unit: U256,
    /// All that counts as collateral.
    pub supplied: Amount,
    /// All that is owed.
    pub borrowed: Amount,
    /// What is pledged by accounts that a moderate fall would put in breach.
    pub at_risk: Amount,
    /// Collateral of the largest account with debt.
    pub largest: Amount,
    /// Collateral that a usual liquidation takes.
    pub usual: Amount,
    /// Debt over collateral of the accounts that pledge it.
    pub leverage: Bps,
    /// Auctions of it since the last review.
    pub takes: Takes,
}

/// Auctions of one asset since the last review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// Purchases.
    pub count: u64,
    /// Seconds since their auctions' starts, summed.
    pub age_s: u64,
    /// Auctions that had to be started anew.
    pub restarts: u64,
}

/// What a liquidation costs whoever makes it, in the base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// A liquidation that is included, priority fee and all.
    pub gas: Value,
    /// An attempt that came too late.
    pub failed: Value,
    /// How many liquidators try for the same account.
    pub rivals: u32,
    /// What capital costs a year.
    pub capital: Bps,
    /// Seconds for which it is bound.
    pub bound_s: u64,
}

impl Outlook {
    /// An asset's part; nothing where the list is too short.
    pub fn asset(&self, asset: AssetId) -> Option<&Exposure> {
        self.assets.get(usize::from(asset.0))
    }

    /// Reads the whole book: what each asset has at stake, and what is pledged by accounts that are in breach
    /// after a common fall of collateral by `fall`. A usual liquidation takes half of the average account at
    /// risk, or of the average indebted one where there is none. Takes are left empty.
    pub fn survey<P: Protocol>(protocol: &P, fall: Bps, costs: Costs) -> Self {
        let bare = Self::bare(protocol, costs);
        let exposures = bare.assets.into_iter();
        let mut tallies: Vec<_> = exposures
            .map(|exposure| Tally {
                exposure,
                ..Tally::default()
            })
            .collect();
        for id in (0..protocol.accounts()).map(AccountId) {
            count(protocol, id, fall, &mut tallies);
        }
        Self {
            assets: tallies.into_iter().map(Tally::exposure).collect(),
            ..bare
        }
    }

    /// Units and costs alone, without a look at the book.
    pub fn bare<P: Protocol>(protocol: &P, costs: Costs) -> Self {
        let unit = |decimals| pow10(decimals).unwrap_or(U256::ONE);
        let exposure = |decimals| Exposure {
            unit: unit(decimals),
            ..Exposure::default()
        };
        let listed = protocol.assets().iter();
        Self {
            assets: listed.map(|asset| exposure(asset.decimals)).collect(),
            one: unit(protocol.base_decimals()),
            costs,
        }
    }
}

/// Sums of one asset on the way.
#[derive(Default)]
struct Tally {
    exposure: Exposure,
    pledged: U256,
    accounts: u64,
    at_risk: u64,
    /// Collateral and debt of those who pledge it, in the base currency.
    worth: U256,
    owed: U256,
}

impl Tally {
    fn exposure(self) -> Exposure {
        let (sum, accounts) = match self.at_risk {
            0 => (self.pledged, self.accounts),
            accounts => (self.exposure.at_risk.0, accounts),
        };
        let twice = U256::from(accounts).saturating_mul(U256::from(2));
        let share = |n: U256, d: U256, one: u64| {
            mul_div(n, U256::from(one), d, Rounding::Floor).unwrap_or(U256::ZERO)
        };
        let leverage = share(self.owed, self.worth, 10_000);
        Exposure {
            usual: Amount(share(sum, twice, 1)),
            leverage: Bps(u16::try_from(leverage).unwrap_or(u16::MAX)),
            ..self.exposure
        }
    }
}

fn count<P: Protocol>(protocol: &P, id: AccountId, fall: Bps, tallies: &mut [Tally]) {
    let holdings = protocol.holdings(id);
    let Ok(health) = protocol.health(id) else {
        return;
    };
    let left = 10_000u16.saturating_sub(fall.0);
    let fallen = mul_div(
        health.factor.0,
        U256::from(left),
        U256::from(10_000),
        Rounding::Floor,
    );
    let owes = !health.debt.is_zero();
    let risks = owes && health.factor != Ratio::MAX && fallen.is_ok_and(|factor| factor < WAD);
    for held in holdings {
        let Some(tally) = tallies.get_mut(usize::from(held.asset.0)) else {
            continue;
        };
        let exposure = &mut tally.exposure;
        let add = |sum: &mut Amount, more: Amount| *sum = Amount(sum.0.saturating_add(more.0));
        add(&mut exposure.borrowed, held.debt);
        if !held.enabled || held.collateral.is_zero() {
            continue;
        }
        add(&mut exposure.supplied, held.collateral);
        if !owes {
            continue;
        }
        exposure.largest = exposure.largest.max(held.collateral);
        tally.pledged = tally.pledged.saturating_add(held.collateral.0);
        tally.accounts = tally.accounts.saturating_add(1);
        tally.worth = tally.worth.saturating_add(health.collateral.0);
        tally.owed = tally.owed.saturating_add(health.debt.0);
        if risks {
            add(&mut exposure.at_risk, held.collateral);
            tally.at_risk = tally.at_risk.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_liquidation_takes_half_of_an_account_at_risk() {
        let tally = |at_risk: u64, sum_at_risk: u128| Tally {
            exposure: Exposure {
                at_risk: Amount::new(sum_at_risk),
                ..Exposure::default()
            },
            pledged: U256::from(1_000),
            accounts: 5,
            at_risk,
            worth: U256::from(8_000),
            owed: U256::from(2_000),
        };
        let calm = tally(0, 0).exposure();
        assert_eq!((calm.usual, calm.leverage), (Amount::new(100), Bps(2_500)));
        assert_eq!(tally(2, 600).exposure().usual, Amount::new(150));
        assert_eq!(Tally::default().exposure(), Exposure::default());
    }
}
