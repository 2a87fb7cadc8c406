//! A liquidation through the trait: the contract's own calls on one working copy of a branch.

use super::slot::Slot;
use super::{Seats, Troves};
use crate::protocol::liquity::action::{Gains, Liquidation, Outcome};
use crate::protocol::liquity::branch::Latest;
use crate::protocol::liquity::draft::{Changes, Draft};
use crate::protocol::liquity::math::{Ruled, minus, part, plus, ratio, scale};
use crate::protocol::liquity::rejection::Rejection;
use crate::protocol::{
    AccountId, AssetId, Event, Events, Offer, OfferKind, Payout, Settlement, Terms, TraceSink,
    TraceStep,
};
use crate::units::{Amount, Ratio, Rounding, U256, WAD, pow10};

/// A liquidation that was carried out on a working copy.
#[derive(Debug)]
struct Carried {
    parts: Liquidation,
    /// Stablecoin that the liquidator put into the pool.
    repaid: Amount,
    /// Collateral that it received.
    seized: Amount,
    /// Stablecoin that it received.
    received: Amount,
    /// Collateral that the pool's own depositors received.
    depositors: Amount,
}

/// A liquidation in the words of the trait, and what it changes in its branch.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) place: usize,
    pub(super) changes: Changes,
    /// How much is told of the debt that passed to others.
    pub(super) told: Amount,
    pub(super) settlement: Settlement,
}

/// Collateral and stablecoin in a wallet.
fn wallet(draft: &Draft<'_>, id: AccountId) -> Ruled<(Amount, Amount)> {
    let account = draft.account(id)?;
    Ok((account.collateral, account.stable))
}

/// Pays out what a depositor gained; nothing to somebody without a deposit.
fn claim(draft: &mut Draft<'_>, caller: AccountId) -> Ruled<()> {
    if !draft.account(caller)?.deposit.amount.is_zero() {
        draft.withdraw(caller, Amount::ZERO, Gains::Claimed)?;
    }
    Ok(())
}

impl Slot {
    /// Liquidates a trove on a working copy; `deposit` goes into the pool first.
    fn carry_out(
        &self,
        trove: AccountId,
        deposit: Option<Amount>,
        seats: Seats,
    ) -> Ruled<(Carried, Changes)> {
        let mut draft = Draft::new(&self.system);
        let carried = carry_out(&mut draft, trove, deposit, seats);
        Ok((self.system.told(carried)?, draft.finish()))
    }
}

fn carry_out(
    draft: &mut Draft<'_>,
    trove: AccountId,
    deposit: Option<Amount>,
    seats: Seats,
) -> Ruled<Carried> {
    let caller = seats.outside;
    if let Some(amount) = deposit {
        draft.provide(caller, amount, Gains::Claimed)?;
    }
    let before = wallet(draft, caller)?;
    let Outcome::Liquidated(parts) = draft.liquidate_batch(caller, &[trove])? else {
        return Err(Rejection::NothingLiquidated);
    };
    if deposit.is_some() {
        if parts.offset_debt.is_zero() {
            return Err(Rejection::NothingLiquidated);
        }
        claim(draft, caller)?;
    }
    let after = wallet(draft, caller)?;
    let (held, _) = wallet(draft, seats.depositors)?;
    claim(draft, seats.depositors)?;
    let (paid, _) = wallet(draft, seats.depositors)?;
    let collateral = minus(after.0, before.0)?;
    Ok(Carried {
        repaid: deposit.unwrap_or_default(),
        seized: minus(collateral, parts.ether_compensation)?,
        received: minus(after.1, before.1)?,
        depositors: minus(paid, held)?,
        parts: *parts,
    })
}

impl Troves {
    /// What could be done with an account, best for the liquidator first.
    pub(super) fn ways(&self, account: AccountId) -> Vec<Offer> {
        let mut found = Vec::new();
        for slot in &self.slots {
            let latest = slot.trove(account).ok().flatten();
            let Some(latest) = latest.filter(|l| slot.is_breached(l).unwrap_or(false)) else {
                continue;
            };
            let lack = slot.lack(latest.debt).unwrap_or_default();
            let lack = self.told_debt_up(lack);
            let deposit = Some(lack).filter(|lack| !lack.is_zero());
            for (kind, deposit) in [
                (OfferKind::Deposit, deposit),
                (OfferKind::Repay, Some(Amount::ZERO)),
            ] {
                let Some(amount) = deposit else { continue };
                found.extend(self.way(slot, account, kind, amount));
            }
        }
        let cost = |offer: &Offer| offer.repay_max.0;
        found.sort_by(|(one, a), (other, b)| {
            let (a, b) = (a.saturating_add(cost(other)), b.saturating_add(cost(one)));
            b.cmp(&a)
        });
        found.into_iter().map(|(offer, _)| offer).collect()
    }

    /// One way, and what it brings, in debt units.
    fn way(
        &self,
        slot: &Slot,
        account: AccountId,
        kind: OfferKind,
        repay_max: Amount,
    ) -> Option<(Offer, U256)> {
        let latest = slot.trove(account).ok().flatten()?;
        let deposit = self.deposit(slot, &latest, kind, repay_max).ok()?;
        let (carried, _) = slot.carry_out(account, deposit, self.seats).ok()?;
        let reward = self.reward(&carried).ok()?;
        let worth = part(carried.seized, slot.system.price.0, WAD).ok()?;
        let offer = Offer {
            account,
            kind,
            collateral: slot.collateral,
            debt: self.debt,
            repay_max,
            seize_max: carried.seized,
            reward,
            ..Offer::default()
        };
        Some((offer, worth.0.saturating_add(reward.0)))
    }

    /// What goes into the pool first: as much of an amount as the pool lacks.
    fn deposit(
        &self,
        slot: &Slot,
        latest: &Latest,
        kind: OfferKind,
        amount: Amount,
    ) -> Ruled<Option<Amount>> {
        match kind {
            OfferKind::Repay => Ok(None),
            OfferKind::Deposit => Ok(Some(self.own_debt(amount).min(slot.lack(latest.debt)?))),
            _ => Err(Rejection::NotInThisVersion),
        }
    }

    /// What the liquidator receives besides, in debt units: stablecoin, and ether at the oracle's
    /// prices, rounded down.
    fn reward(&self, carried: &Carried) -> Ruled<Amount> {
        let stable = self.told_debt_down(carried.received);
        let ether = self.ether(carried.parts.ether_compensation)?;
        if ether.is_zero() {
            return Ok(stable);
        }
        let (price, debt) = (self.prices.get(self.native), self.prices.get(self.debt));
        let dollars = scale(ether.0, price.0, self.unit(self.native)?, Rounding::Floor)?;
        let worth = scale(dollars, self.unit(self.debt)?, debt.0, Rounding::Floor)?;
        Ok(plus(stable, Amount(worth))?)
    }

    /// The contracts' ether in units of the asset, rounded down.
    pub(super) fn ether(&self, amount: Amount) -> Ruled<Amount> {
        let unit = self.unit(self.native)?;
        Ok(Amount(scale(amount.0, unit, WAD, Rounding::Floor)?))
    }

    /// The liquidation that an offer and its terms ask for.
    pub(super) fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<Settled> {
        let place = self.place(offer.collateral)?;
        let slot = self.slot(place)?;
        let account = offer.account;
        let latest = slot.trove(account)?.ok_or(self.no_trove())?;
        let deposit = self.deposit(slot, &latest, offer.kind, terms.repay)?;
        let (carried, changes) = slot.carry_out(account, deposit, self.seats)?;
        let worth = part(latest.collateral, slot.system.price.0, WAD)?;
        let short = latest.debt.minus_or_zero(worth);
        let before = slot.passed_on.to(&slot.system, account);
        let deficit = short.minus_or_zero(before);
        record(trace, slot, &latest, &carried.parts, [short, before])?;
        let told = part(short, carried.parts.redistributed_debt.0, latest.debt.0)?;
        let debt = self.told_debt_up(latest.debt);
        let short = self.told_debt_up(short);
        let deficit = self.told_debt_up(deficit);
        let (before, elsewhere) = (
            slot.factor(&latest)?,
            self.factor_elsewhere(account, place)?,
        );
        let mut settlement = Settlement {
            repaid: self.told_debt_up(carried.repaid),
            seized: carried.seized,
            reward: self.reward(&carried)?,
            cleared: minus(debt, short)?,
            taken: self.taken(slot.collateral, &carried.parts)?,
            health_before: before.min(elsewhere),
            health_after: elsewhere,
            ..Settlement::default()
        };
        if !carried.depositors.is_zero() {
            settlement.payouts.push(Payout {
                account: self.seats.depositors,
                asset: slot.collateral,
                amount: carried.depositors,
            });
        }
        if !deficit.is_zero() {
            settlement.deficit.push((self.debt, deficit));
        }
        settlement.events = self.told(offer, terms, &settlement);
        Ok(Settled {
            place,
            changes,
            told,
            settlement,
        })
    }

    /// What the account lost: collateral but for a surplus, and what it had set aside.
    fn taken(&self, collateral: AssetId, parts: &Liquidation) -> Ruled<Vec<(AssetId, Amount)>> {
        let mut taken = vec![(collateral, minus(parts.collateral, parts.surplus)?)];
        for (asset, reserve) in [
            (self.debt, self.told_debt_down(parts.stable_compensation)),
            (self.native, self.ether(parts.ether_compensation)?),
        ] {
            match taken.iter_mut().find(|(other, _)| *other == asset) {
                Some((_, amount)) => *amount = plus(*amount, reserve)?,
                None if reserve.is_zero() => {}
                None => taken.push((asset, reserve)),
            }
        }
        Ok(taken)
    }

    /// The worst standing in other branches.
    fn factor_elsewhere(&self, account: AccountId, place: usize) -> Ruled<Ratio> {
        let mut worst = Ratio::MAX;
        for (other, slot) in self.slots.iter().enumerate() {
            if other != place
                && let Some(latest) = slot.trove(account)?
            {
                worst = worst.min(slot.factor(&latest)?);
            }
        }
        Ok(worst)
    }

    fn told(&self, offer: &Offer, terms: &Terms, settlement: &Settlement) -> Events {
        let mut events = vec![Event::Liquidated {
            account: offer.account,
            liquidator: terms.liquidator,
            collateral: offer.collateral,
            debt: offer.debt,
            repaid: settlement.repaid,
            seized: settlement.seized,
            receive_claim: false,
        }];
        for (asset, amount) in &settlement.deficit {
            events.push(Event::DeficitCreated {
                account: offer.account,
                asset: *asset,
                amount: *amount,
            });
        }
        events
    }

    /// 10^decimals of an asset.
    pub(super) fn unit(&self, asset: AssetId) -> Ruled<U256> {
        let listed = self.assets.get(usize::from(asset.0));
        let decimals = listed.map_or(0, |asset| asset.decimals);
        pow10(decimals).map_err(|_| Rejection::MultiplicationOverflow)
    }
}

/// The numbers of a liquidation on their way.
fn record(
    trace: &mut impl TraceSink,
    slot: &Slot,
    latest: &Latest,
    parts: &Liquidation,
    [short, before]: [Amount; 2],
) -> Ruled<()> {
    let system = &slot.system;
    let ratio = ratio(latest.collateral, latest.debt, system.price)?;
    let limit = system.liquidation_ratio()?;
    trace.step(|| TraceStep {
        label: "ratio (10^18 = 100 %)",
        formula: "collateral · price / debt, below the limit",
        inputs: vec![
            ("collateral", latest.collateral.0),
            ("price", system.price.0),
            ("debt", latest.debt.0),
            ("limit", limit.0),
        ],
        result: ratio.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "debt repaid by the pool (units)",
        formula: "the smaller of the debt and what the pool can take",
        inputs: vec![
            ("debt", parts.debt.0),
            ("passed on to other troves", parts.redistributed_debt.0),
        ],
        result: parts.offset_debt.0,
        rounding: None,
    });
    trace.step(|| TraceStep {
        label: "collateral to the pool (units)",
        formula: "collateral less liquidator's, other troves' and owner's part",
        inputs: vec![
            ("collateral", parts.collateral.0),
            ("liquidator", parts.compensation.0),
            ("other troves", parts.redistributed_collateral.0),
            ("owner", parts.surplus.0),
        ],
        result: parts.offset_collateral.0,
        rounding: None,
    });
    trace.step(|| TraceStep {
        label: "debt above the collateral's worth (units)",
        formula: "debt − collateral · price / 10^18",
        inputs: vec![("debt", latest.debt.0)],
        result: short.0,
        rounding: Some(Rounding::Ceil),
    });
    trace.step(|| TraceStep {
        label: "deficit (units)",
        formula: "debt above the collateral's worth, less what was told when it was taken over",
        inputs: vec![("taken over", before.0)],
        result: short.minus_or_zero(before).0,
        rounding: None,
    });
    Ok(())
}
