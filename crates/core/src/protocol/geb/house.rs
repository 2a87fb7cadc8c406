//! The auction house: collateral at a discount that grows, at once and in parts.

use super::action::Purchase;
use super::draft::Draft;
use super::math::{ENGINE, HOUSE};
use super::rejection::{Rejection, Ruled};
use super::relayer::BILLION;
use super::state::Bid;
use crate::auction::{AuctionId, power};
use crate::protocol::AccountId;
use crate::units::{Amount, Price, RAY, Ratio, Timestamp, U256, Value, WAD};

/// Deadlines are stored in 48 bits.
const TIME_MASK: u64 = (1 << 48) - 1;

/// A purchase before anything is paid.
pub(super) struct Priced {
    pub(super) purchase: Purchase,
    /// The auction after it.
    left: Bid,
    /// What leaves the sum of debt in auction.
    settled: Value,
}

impl Draft<'_> {
    /// Opens an auction and takes its collateral into the house.
    pub(super) fn start_auction(
        &mut self,
        owner: AccountId,
        target: Value,
        lot: Amount,
    ) -> Ruled<AuctionId> {
        let roles = self.base.roles;
        let now = self.core.now;
        let house = &mut self.core.house;
        let started = house.started.checked_add(U256::ONE);
        let started = started.ok_or(Rejection::HouseOverflow)?;
        if target.is_zero() {
            return Err(Rejection::HouseNothingToRaise);
        }
        if target.0 < RAY {
            return Err(Rejection::HouseDustyAuction);
        }
        house.started = started;
        let mask = U256::from(TIME_MASK);
        let sum = U256::from(now.0 & TIME_MASK).checked_add(house.discount_duration & mask);
        let fits = sum.filter(|sum| *sum <= mask);
        let deadline = fits.and_then(|sum| u64::try_from(sum).ok());
        let bid = Bid {
            lot,
            target,
            discount: house.first_discount,
            last_discount: house.last_discount,
            discount_rate: house.discount_rate,
            updated: now,
            deadline: Timestamp(deadline.ok_or(Rejection::HouseAddTime)?),
            owner,
            recipient: roles.treasury,
        };
        let mut account = self.account(roles.house)?;
        let free = account.free.0.checked_add(lot.0);
        account.free = Amount(free.ok_or(Rejection::SafesAdd)?);
        self.put(roles.house, account);
        let id = AuctionId(started);
        self.put_bid(id, Some(bid));
        Ok(id)
    }

    /// An auction that sells something.
    fn running(&self, id: AuctionId) -> Ruled<Bid> {
        let found = self.base.bids.get(&id).copied();
        found
            .filter(|bid| !bid.lot.is_zero() && !bid.target.is_zero())
            .ok_or(Rejection::HouseNoAuction)
    }

    /// Sells collateral for up to `amount` coins.
    pub(super) fn buy(
        &mut self,
        id: AuctionId,
        amount: Amount,
        caller: AccountId,
    ) -> Ruled<Purchase> {
        let Priced {
            purchase,
            left,
            settled,
        } = self.priced(id, amount)?;
        let paid = HOUSE.multiply(purchase.paid.0, RAY)?;
        self.pay(caller, left.recipient, Value(paid))?;
        let house = self.base.roles.house;
        self.deliver(house, caller, purchase.bought)?;
        let in_auction = self.core.engine.in_auction.0;
        self.core.engine.in_auction = Value(ENGINE.subtract(in_auction, settled.0)?);
        if left.lot.is_zero() || left.target.is_zero() {
            self.deliver(house, left.owner, left.lot)?;
            self.put_bid(id, None);
        } else {
            self.put_bid(id, Some(left));
        }
        Ok(purchase)
    }

    /// What `amount` coins buy. More coins than the rest to be raised are cut to that rest in whole
    /// wei and one more, so the buyer pays up to a wei too much; what they buy rounds down.
    pub(super) fn priced(&mut self, id: AuctionId, amount: Amount) -> Ruled<Priced> {
        let mut bid = self.running(id)?;
        if amount.is_zero() || amount < self.core.house.bid_min {
            return Err(Rejection::HouseInvalidBid);
        }
        let offered = HOUSE.multiply(amount.0, RAY)?;
        let paid = if offered > bid.target.0 {
            HOUSE.add(HOUSE.divide(bid.target.0, RAY)?, U256::ONE)?
        } else {
            amount.0
        };
        let redemption = self.redemption_price()?;
        self.core.house.last_redemption_price = redemption;
        let (delayed, coin) = self.final_prices(redemption)?;
        bid.discount = next_discount(&bid, self.core.now)?;
        bid.updated = self.core.now;
        let price = self.discounted_price(delayed, coin, bid.discount)?;
        if price.is_zero() {
            return Err(Rejection::HouseDivision);
        }
        let fitting = HOUSE.divide(HOUSE.multiply(paid, WAD)?, price)?;
        let bought = bid.lot.min(Amount(fitting));
        if bought.is_zero() {
            return Err(Rejection::HouseNothingBought);
        }
        bid.lot = Amount(HOUSE.subtract(bid.lot.0, bought.0)?);
        let paid_rad = HOUSE.multiply(paid, RAY)?;
        let rest = bid.target.0.saturating_sub(paid_rad);
        if !rest.is_zero() && rest < RAY {
            return Err(Rejection::HouseInvalidRest);
        }
        let settled = if rest.is_zero() || bid.lot.is_zero() {
            bid.target
        } else {
            Value(paid_rad)
        };
        bid.target = Value(rest);
        Ok(Priced {
            purchase: Purchase {
                paid: Amount(paid),
                bought,
            },
            left: bid,
            settled,
        })
    }

    /// The price of collateral in an auction, or in a new one, and at the largest discount of new ones.
    pub(super) fn auction_prices(&mut self, id: Option<AuctionId>) -> Ruled<(Price, Price)> {
        let redemption = self.redemption_price()?;
        let (delayed, coin) = self.final_prices(redemption)?;
        let discount = match id {
            Some(id) => next_discount(&self.running(id)?, self.core.now)?,
            None => self.core.house.first_discount,
        };
        let last = self.core.house.last_discount;
        let now = self.discounted_price(delayed, coin, discount)?;
        Ok((
            Price(now),
            Price(self.discounted_price(delayed, coin, last)?),
        ))
    }

    /// The delayed price of the collateral, in wad, and the coin's price, in ray: the redemption
    /// price, or the market's within bounds around it.
    fn final_prices(&self, redemption: Price) -> Ruled<(U256, U256)> {
        if redemption.is_zero() {
            return Err(Rejection::HouseNoRedemptionPrice);
        }
        let delayed = self.core.feeds.delayed;
        if !delayed.connected {
            return Err(Rejection::NoReason);
        }
        if !delayed.valid {
            return Err(Rejection::HouseNoPrice);
        }
        // The contract does not look whether this product fits.
        let market = self.core.feeds.coin.price().wrapping_mul(BILLION);
        let mut coin = redemption.0;
        if !market.is_zero() {
            let (floor, ceiling) = self.coin_bounds(redemption)?;
            coin = if market < redemption.0 {
                market.max(floor)
            } else {
                market.min(ceiling)
            };
        }
        if delayed.value.is_zero() {
            return Err(Rejection::HouseNoPrice);
        }
        Ok((delayed.value, coin))
    }

    /// How far the coin's market price counts. A bound that is nearer to the redemption price than
    /// a least distance is none: the redemption price takes its place.
    fn coin_bounds(&self, redemption: Price) -> Ruled<(U256, U256)> {
        let (house, own) = (&self.core.house, redemption.0);
        let least = HOUSE.share(own, house.coin_min.0)?;
        let floor = HOUSE.share(own, house.coin_lower.0)?;
        let floor = if floor <= least { floor } else { own };
        let most = HOUSE.share(own, HOUSE.mirrored(house.coin_min.0)?)?;
        let ceiling = HOUSE.share(own, HOUSE.mirrored(house.coin_upper.0)?)?;
        let ceiling = if ceiling >= most { ceiling } else { own };
        Ok((floor, ceiling))
    }

    /// The collateral's price in coins, in wad: the present price within bounds around the delayed
    /// one, divided by the coin's, times the discount; each step rounds down.
    fn discounted_price(&self, delayed: U256, coin: U256, discount: Ratio) -> Ruled<U256> {
        let house = &self.core.house;
        let floor = HOUSE.share(delayed, house.collateral_lower.0)?;
        let mirrored = HOUSE.mirrored(house.collateral_upper.0)?;
        let ceiling = HOUSE.share(delayed, mirrored)?;
        let median = self.core.feeds.median.price();
        let present = if median.is_zero() { delayed } else { median };
        let base = if present < delayed {
            present.max(floor)
        } else {
            present.min(ceiling)
        };
        HOUSE.share(HOUSE.quotient(base, coin)?, discount.0)
    }

    /// Ends an auction; the caller gets the lot and pays nothing.
    pub(super) fn terminate(&mut self, id: AuctionId, caller: AccountId) -> Ruled<()> {
        let bid = self.running(id)?;
        let in_auction = self.core.engine.in_auction.0;
        self.core.engine.in_auction = Value(ENGINE.subtract(in_auction, bid.target.0)?);
        self.deliver(self.base.roles.house, caller, bid.lot)?;
        self.put_bid(id, None);
        Ok(())
    }
}

/// The discount now: it grows from the last purchase on, in whole seconds, until the deadline; from
/// then on it is the largest. Because each purchase rounds it, it depends on the purchases.
fn next_discount(bid: &Bid, now: Timestamp) -> Ruled<Ratio> {
    let running = now.0 & TIME_MASK < bid.deadline.0;
    if !running {
        return Ok(bid.last_discount);
    }
    if bid.discount <= bid.last_discount {
        let nothing = bid.discount.is_zero() && !bid.last_discount.is_zero();
        return Ok(if nothing {
            bid.last_discount
        } else {
            bid.discount
        });
    }
    let seconds = U256::from(now.0).checked_sub(U256::from(bid.updated.0));
    let seconds = seconds.ok_or(Rejection::HouseSubtract)?;
    let factor = power(bid.discount_rate.0, seconds, RAY).map_err(|_| Rejection::NoReason)?;
    let product = factor.checked_mul(bid.discount.0);
    let product = product.ok_or(Rejection::HouseMultiplyRay)?;
    let next = HOUSE.divide(product, RAY)?;
    Ok(Ratio(next).max(bid.last_discount))
}
