//! Liquidation of a vault by Dutch auction (2.0).

use super::account::Holding;
use super::action::Liquidation;
use super::draft::Draft;
use super::lending::SIGNED_MAX;
use super::rejection::{Rejection, Ruled};
use super::state::{CollateralType, Sale};
use crate::auction::{AuctionId, DutchAuction};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, RAY, Rounding, Shares, U256, Value, WAD};
use crate::units::{checked_mul_div, div, mul};

/// Whether both fit a signed number.
pub(super) fn fits_signed(collateral: Amount, debt: Shares) -> bool {
    collateral.0 <= SIGNED_MAX && debt.0 <= SIGNED_MAX
}

/// A new sale and who is paid for starting it.
struct NewSale {
    target: Value,
    lot: Amount,
    owner: AccountId,
    keeper: AccountId,
}

impl Draft<'_> {
    /// Takes an unsafe vault, or a part of it, and offers its collateral at a falling price.
    pub(super) fn liquidate_dutch(
        &mut self,
        asset: AssetId,
        vault: AccountId,
        keeper: AccountId,
    ) -> Ruled<Liquidation> {
        if !self.core.liquidations.enabled {
            return Err(Rejection::DogNotLive);
        }
        let held = self.unsafe_vault(asset, vault, Rejection::DogNotUnsafe)?;
        let kind = *self.kind(asset)?;
        let debt = self.room_for(&kind, &held)?;
        let collateral = Amount(div(mul(held.locked.0, debt.0)?, held.debt.0)?);
        if collateral.is_zero() {
            return Err(Rejection::DogNullAuction);
        }
        if !fits_signed(collateral, debt) {
            return Err(Rejection::DogOverflow);
        }
        self.seize(asset, vault, kind.house, (collateral, debt))?;
        let due = Value(mul(debt.0, kind.debt_index.0)?);
        self.queue_debt(due)?;
        let target = Value(checked_mul_div(due.0, kind.penalty, WAD, Rounding::Floor)?);
        let liquidations = &mut self.core.liquidations;
        liquidations.in_auction = liquidations.in_auction.plus(target)?;
        let own = &mut self.type_mut(asset)?.in_auction;
        *own = own.plus(target)?;
        let sale = NewSale {
            target,
            lot: collateral,
            owner: vault,
            keeper,
        };
        let (auction, top, reward) = self.start_sale(asset, &sale).map_err(Rejection::nested)?;
        Ok(Liquidation {
            auction,
            collateral,
            debt,
            due,
            target,
            top: Some(top),
            reward: Some(reward),
        })
    }

    /// The debt that the limits on debt in auction have room for, all of it where the rest would be
    /// dust.
    fn room_for(&self, kind: &CollateralType, held: &Holding) -> Ruled<Shares> {
        let all = &self.core.liquidations;
        if all.limit <= all.in_auction || kind.limit <= kind.in_auction {
            return Err(Rejection::DogLimitHit);
        }
        let room = all.limit.minus(all.in_auction)?;
        let room = room.min(kind.limit.minus(kind.in_auction)?);
        let fitting = div(div(mul(room.0, WAD)?, kind.debt_index.0)?, kind.penalty)?;
        let debt = held.debt.min(Shares(fitting));
        if held.debt > debt {
            let rest = held.debt.minus(debt)?;
            if mul(rest.0, kind.debt_index.0)? < kind.debt_floor.0 {
                return Ok(held.debt);
            }
            if mul(debt.0, kind.debt_index.0)? < kind.debt_floor.0 {
                return Err(Rejection::DogDustyAuction);
            }
        }
        Ok(debt)
    }

    /// Opens a sale and pays its keeper with new money.
    fn start_sale(&mut self, asset: AssetId, new: &NewSale) -> Ruled<(AuctionId, Price, Value)> {
        self.unhalted(asset, 1)?;
        if new.target.is_zero() {
            return Err(Rejection::ClipperZeroTarget);
        }
        let house = &mut self.type_mut(asset)?.dutch;
        let started = house.started.checked_add(U256::ONE);
        house.started = started.ok_or(Rejection::ClipperOverflow)?;
        let id = AuctionId(house.started);
        let place = self.list_sale(asset, id);
        let feed = self.feed_price(asset)?;
        let top = self.first_price(asset, feed)?;
        let auction = DutchAuction {
            target: new.target,
            lot: new.lot,
            started: self.now(),
            top,
        };
        let owner = new.owner;
        let sale = Sale {
            auction,
            owner,
            place,
        };
        self.put_sale(asset, id, sale);
        let reward = match self.pays_keepers(asset)? {
            true => self.reward(asset, new.target, new.keeper)?,
            false => Value::ZERO,
        };
        Ok((id, top, reward))
    }

    /// Whether the breaker allows an operation of a level.
    pub(super) fn unhalted(&self, asset: AssetId, level: u64) -> Ruled<()> {
        if self.kind(asset)?.dutch.halted < U256::from(level) {
            Ok(())
        } else {
            Err(Rejection::ClipperStopped)
        }
    }

    /// The feed's price in stablecoins, in ray.
    pub(super) fn feed_price(&self, asset: AssetId) -> Ruled<Price> {
        let quote = self.kind(asset)?.feed.current();
        if !quote.valid {
            return Err(Rejection::ClipperInvalidPrice);
        }
        self.in_stablecoins(quote.value)
    }

    /// A price of a feed, in wad, as one in stablecoins, in ray.
    pub(super) fn in_stablecoins(&self, quote: U256) -> Ruled<Price> {
        let ray = mul(quote, BILLION)?;
        Ok(Price(div(mul(ray, RAY)?, self.core.target_price.0)?))
    }

    /// The price at which a sale starts.
    pub(super) fn first_price(&self, asset: AssetId, feed: Price) -> Ruled<Price> {
        let factor = self.kind(asset)?.dutch.start_factor;
        let top = Price(checked_mul_div(feed.0, factor.0, RAY, Rounding::Floor)?);
        if top.is_zero() {
            return Err(Rejection::ClipperZeroTopPrice);
        }
        Ok(top)
    }

    /// Whether there is any reward for starting a sale.
    pub(super) fn pays_keepers(&self, asset: AssetId) -> Ruled<bool> {
        let house = &self.kind(asset)?.dutch;
        Ok(!house.keeper_flat.is_zero() || !house.keeper_share.is_zero())
    }

    /// Pays a keeper with new money, against bad debt that does not wait in the queue.
    pub(super) fn reward(
        &mut self,
        asset: AssetId,
        target: Value,
        keeper: AccountId,
    ) -> Ruled<Value> {
        let house = &self.kind(asset)?.dutch;
        let share = checked_mul_div(target.0, house.keeper_share.0, WAD, Rounding::Floor)?;
        let reward = house.keeper_flat.plus(Value(share))?;
        self.issue(self.base.roles.treasury, keeper, reward)?;
        Ok(reward)
    }
}

/// From wad to ray.
const BILLION: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);
