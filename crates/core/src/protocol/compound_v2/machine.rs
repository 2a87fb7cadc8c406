//! The pool behind the [`Protocol`] trait.
//!
//! Time is a number of blocks here: a [`Clock`] tells which block a moment belongs to. Every market
//! accrues in every observed block, as anybody may bring about, so no ledger is read un-accrued.

use super::account::Account;
use super::action::{Action, Event as Told};
use super::halts;
use super::math::{Ruled, fraction, part};
use super::rejection::Rejection;
use super::{Liquidity, Pool};
use crate::book::{BreachIndex, EffectivePrices, Look, Measure};
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, Prices, Protocol, Receive, Settlement, Terms, Trace, TraceSink, TraceStep, chosen,
    health_factor,
};
use crate::units::{
    Amount, BPS, Bps, Price, Ratio, Rounding, Shares, Timestamp, U256, Value, div, mul, pow10,
};

/// Which block a moment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Moment of the pool's first block.
    pub start: Timestamp,
    /// Seconds from a block to the next; zero counts as one.
    pub seconds_a_block: u64,
}

impl Clock {
    fn blocks(&self, now: Timestamp) -> u64 {
        let seconds = now.seconds_since(self.start);
        seconds.checked_div(self.seconds_a_block).unwrap_or(seconds)
    }
}

/// A [`Pool`] with a clock and a breach index.
///
/// Prices and values have 18 decimals, as in the contracts. The last account of the pool's book
/// acts for everybody outside it: what it brings comes from outside, what it receives stays in its
/// wallet. [`Protocol::accounts`] does not count it.
#[derive(Clone, Debug)]
pub struct Machine {
    pool: Pool,
    clock: Clock,
    first_block: u64,
    now: Timestamp,
    index: BreachIndex,
}

impl Machine {
    /// Decimals of prices, which the contract fixes.
    pub const BASE_DECIMALS: u8 = 18;

    /// A pool at the present moment. Its last account must be empty: it becomes the outsider.
    pub fn new(pool: Pool, clock: Clock) -> Self {
        let index = BreachIndex::build(effective_prices(&pool), looks(&pool));
        Self {
            first_block: pool.block(),
            now: clock.start,
            pool,
            clock,
            index,
        }
    }

    /// The contracts' own state.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    fn outsider(&self) -> AccountId {
        AccountId(self.accounts())
    }

    /// Applies actions to a copy; all or nothing.
    fn applied(&self, actions: &[Action]) -> Ruled<(Pool, Vec<Told>)> {
        let mut pool = self.pool.clone();
        let mut told = Vec::new();
        for action in actions {
            told.extend(pool.apply(action)?);
        }
        Ok((pool, told))
    }

    fn refresh(&mut self) {
        let pool = &self.pool;
        self.index
            .advance(effective_prices(pool), |id| look(pool, id));
    }

    /// Takes a new state in which these accounts changed.
    fn commit(&mut self, pool: Pool, touched: &[AccountId]) {
        self.pool = pool;
        // Roundings and reserves move what a cToken is worth.
        self.refresh();
        let outsider = self.outsider();
        for id in touched.iter().filter(|id| **id != outsider) {
            self.index.set(*id, look(&self.pool, *id));
        }
    }

    /// The pool after a borrower's own move, and what was told.
    fn adjusted(&self, account: AccountId, adjustment: &Adjustment) -> Ruled<(Pool, Vec<Told>)> {
        let actions = match *adjustment {
            Adjustment::TopUp { asset, amount } => [
                Action::Fund {
                    account,
                    market: asset,
                    amount,
                },
                Action::Mint {
                    minter: account,
                    market: asset,
                    amount,
                },
            ],
            Adjustment::Repay { asset, amount } => {
                let amount = amount.min(self.pool.debt(account, asset)?);
                [
                    Action::Fund {
                        account,
                        market: asset,
                        amount,
                    },
                    Action::RepayBorrow {
                        payer: account,
                        borrower: account,
                        market: asset,
                        amount,
                    },
                ]
            }
        };
        self.applied(&actions)
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Pool)> {
        let payer = self.outsider();
        let limit = self
            .pool
            .liquidation_limit(offer.account, offer.debt, offer.collateral)?;
        let repay = terms.repay.min(limit.repay_max);
        let (market, collateral) = (offer.debt, offer.collateral);
        let (mut pool, told) = self.applied(&[
            Action::Fund {
                account: payer,
                market,
                amount: repay,
            },
            Action::LiquidateBorrow {
                liquidator: payer,
                borrower: offer.account,
                borrow_market: market,
                collateral_market: collateral,
                repay_amount: repay,
            },
        ])?;
        let (received, kept) = shares_of(&told);
        let rate = pool.exchange_rate(collateral)?;
        let seized = Amount(part(rate, received.0)?);
        if terms.receive == Receive::Tokens && !received.is_zero() {
            pool.apply(&Action::Redeem {
                redeemer: payer,
                market: collateral,
                tokens: received,
            })?;
        }
        let before = factor(self.pool.liquidity(offer.account)?);
        trace.step(|| TraceStep {
            label: "cTokens to the liquidator",
            formula: "seized − protocol's part",
            inputs: vec![("repaid", repay.0), ("protocol's part", kept.0)],
            result: received.0,
            rounding: None,
        });
        trace.step(|| TraceStep {
            label: "collateral received (units)",
            formula: "cTokens to the liquidator · exchange rate / 10^18",
            inputs: vec![
                ("cTokens to the liquidator", received.0),
                ("exchange rate", rate.0),
            ],
            result: seized.0,
            rounding: Some(Rounding::Floor),
        });
        let settlement = Settlement {
            health_before: before,
            health_after: factor(pool.liquidity(offer.account)?),
            events: events_of(&told, &pool),
            ..Settlement::at_once(offer.collateral, repay, seized, Amount(part(rate, kept.0)?))
        };
        Ok((settlement, pool))
    }
}

/// Weighted collateral over debt, rounded down.
fn factor(liquidity: Liquidity) -> Ratio {
    health_factor(liquidity.collateral.0, liquidity.debt.0)
}

/// cTokens of the one liquidation told: the liquidator's and the protocol's.
fn shares_of(told: &[Told]) -> (Shares, Shares) {
    let found = told.iter().find_map(|event| match event {
        Told::Liquidated {
            to_liquidator,
            to_protocol,
            ..
        } => Some((*to_liquidator, *to_protocol)),
        _ => None,
    });
    found.unwrap_or_default()
}

/// What has a word common to all families; stored interest and moved cTokens have none.
fn events_of(told: &[Told], pool: &Pool) -> Events {
    told.iter()
        .filter_map(|event| match *event {
            Told::Minted {
                account,
                market,
                amount,
                ..
            } => Some(Event::Supplied {
                payer: account,
                account,
                asset: market,
                amount,
            }),
            Told::Redeemed {
                account,
                market,
                amount,
                ..
            } => Some(Event::Withdrawn {
                account,
                receiver: account,
                asset: market,
                amount,
            }),
            Told::Repaid {
                payer,
                account,
                market,
                amount,
                ..
            } => Some(Event::Repaid {
                payer,
                account,
                asset: market,
                amount,
            }),
            Told::Liquidated {
                liquidator,
                account,
                borrow_market,
                collateral_market,
                repaid,
                to_liquidator,
                ..
            } => {
                let rate = pool.exchange_rate(collateral_market).ok()?;
                Some(Event::Liquidated {
                    account,
                    liquidator,
                    collateral: collateral_market,
                    debt: borrow_market,
                    repaid,
                    seized: Amount(part(rate, to_liquidator.0).ok()?),
                    receive_claim: false,
                })
            }
            _ => None,
        })
        .collect()
}

/// The oracle's scale: worth of 10^18 base units, from the worth of a whole token.
fn scaled(price: Price, asset: &Asset) -> Price {
    let answer = match 18u8.checked_sub(asset.decimals) {
        Some(digits) => pow10(digits).and_then(|scale| mul(price.0, scale)),
        None => pow10(asset.decimals.saturating_sub(18)).and_then(|scale| div(price.0, scale)),
    };
    Price(answer.unwrap_or(U256::MAX))
}

/// Whether the oracle answers for every market.
fn is_priced(pool: &Pool) -> bool {
    let mut markets = (0..).map(AssetId).map_while(|id| pool.market(id));
    markets.all(|market| !market.price.is_zero())
}

/// Exchange rate × price and borrow index × price.
fn effective_prices(pool: &Pool) -> EffectivePrices {
    let mut prices = EffectivePrices::default();
    for id in (0..).map(AssetId).take(pool.assets().len()) {
        let market = pool.market(id);
        let worth = |unit: Option<Ratio>| {
            let (price, unit) = (market?.price, unit?);
            mul(price.0, unit.0).ok()
        };
        let collateral = worth(pool.exchange_rate(id).ok());
        prices.collateral.push(collateral.unwrap_or(U256::ZERO));
        let debt = worth(market.map(|market| market.state.borrow_index));
        prices.debt.push(debt.unwrap_or(U256::MAX));
    }
    prices
}

fn looks(pool: &Pool) -> impl Iterator<Item = (AccountId, Look)> + '_ {
    let ids = (0..pool.accounts().saturating_sub(1)).map(AccountId);
    ids.map(|id| (id, look(pool, id)))
}

/// What the exact rule says of an account, with bounds.
fn look(pool: &Pool, id: AccountId) -> Look {
    let Some(account) = pool.account(id) else {
        return Look::Gone;
    };
    let owes = |id: &AssetId| !account.position(*id).principal.is_zero();
    if !account.entered().iter().any(owes) {
        return Look::Gone;
    }
    let liquidity = pool.liquidity(id).ok();
    let seizable = account
        .positions()
        .iter()
        .any(|held| !held.c_tokens.is_zero());
    let breached = seizable && liquidity.is_some_and(|sum| !sum.shortfall().is_zero());
    let sums = liquidity.unwrap_or(Liquidity {
        collateral: Value::ZERO,
        debt: Value::MAX,
    });
    measure(pool, account, sums).look(breached)
}

/// Each market's worth is cut to whole units twice for its weight, once for its cTokens, and twice
/// for its debt.
fn measure(pool: &Pool, account: &Account, sums: Liquidity) -> Measure {
    let mut measure = Measure {
        collateral_assets: Default::default(),
        debt_assets: Default::default(),
        collateral: sums.collateral,
        debt: sums.debt,
        grain: U256::MAX,
        dust: Value::ZERO,
    };
    for id in account.entered() {
        let position = account.position(*id);
        let Some(market) = pool.market(*id) else {
            continue;
        };
        measure.dust = Value(measure.dust.0.saturating_add(U256::from(4)));
        if !position.c_tokens.is_zero() && !market.config.collateral_factor.is_zero() {
            measure.collateral_assets.insert(*id);
            let weight = pool
                .exchange_rate(*id)
                .and_then(|rate| part(market.config.collateral_factor, rate.0))
                .and_then(|weight| part(Ratio(weight), market.price.0));
            let weight = weight.unwrap_or(U256::ZERO);
            measure.grain = measure.grain.min(position.c_tokens.0).min(weight);
        }
        if !position.principal.is_zero() {
            measure.debt_assets.insert(*id);
            measure.grain = measure.grain.min(position.principal.0);
        }
    }
    measure
}

impl Protocol for Machine {
    type Action = Action;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        if now < self.now {
            return Err(Rejection::BlockBackward);
        }
        let block = self.first_block.saturating_add(self.clock.blocks(now));
        let listed = self.pool.assets().iter().enumerate();
        let mut events = Events::new();
        let scaled = listed.map(|(at, asset)| {
            let id = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
            let (price, answer) = (prices.get(id), scaled(prices.get(id), asset));
            if self.pool.market(id).is_some_and(|m| m.price != answer) {
                events.push(Event::PriceObserved { asset: id, price });
            }
            answer
        });
        let scaled = Prices(scaled.collect());
        let was_priced = is_priced(&self.pool);
        self.pool.observe(block, &scaled)?;
        // Nothing below can fail: a market that cannot accrue stays as it is.
        self.now = now;
        for market in (0..).map(AssetId).take(self.pool.assets().len()) {
            self.pool.apply(&Action::AccrueInterest { market }).ok();
        }
        if was_priced && is_priced(&self.pool) {
            self.refresh();
        } else {
            // Without a price nobody can be liquidated: no bound holds across that.
            self.index
                .rebuild(effective_prices(&self.pool), looks(&self.pool));
        }
        Ok(events)
    }

    fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let (pool, told) = self.applied(std::slice::from_ref(action))?;
        let touched: Vec<_> = match *action {
            Action::Mint { minter: id, .. }
            | Action::Redeem { redeemer: id, .. }
            | Action::RedeemUnderlying { redeemer: id, .. }
            | Action::Borrow { borrower: id, .. }
            | Action::RepayBorrow { borrower: id, .. }
            | Action::EnterMarket { account: id, .. }
            | Action::ExitMarket { account: id, .. } => vec![id],
            Action::Transfer { from, to, .. } => vec![from, to],
            Action::LiquidateBorrow {
                liquidator,
                borrower,
                ..
            } => vec![liquidator, borrower],
            Action::AccrueInterest { .. } | Action::Fund { .. } | Action::SetPaused { .. } => {
                Vec::new()
            }
        };
        let events = events_of(&told, &pool);
        self.commit(pool, &touched);
        Ok(events)
    }

    fn assets(&self) -> &[Asset] {
        self.pool.assets()
    }

    fn base_decimals(&self) -> u8 {
        Self::BASE_DECIMALS
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        self.pool.accounts().saturating_sub(1)
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let sums = self.pool.liquidity(account)?;
        let mut collateral = Value::ZERO;
        for id in self.pool.account(account).map_or(&[][..], Account::entered) {
            let held = self.pool.account(account).map(|held| held.position(*id));
            let (Some(held), Some(market)) = (held, self.pool.market(*id)) else {
                continue;
            };
            let amount = part(self.pool.exchange_rate(*id)?, held.c_tokens.0)?;
            collateral = collateral.plus(Value(part(Ratio(market.price.0), amount)?))?;
        }
        let threshold = if collateral.is_zero() {
            U256::ZERO
        } else {
            fraction(sums.collateral.0, BPS, collateral.0)?
        };
        Ok(Health {
            collateral,
            debt: sums.debt,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: factor(sums),
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let Some(held) = self.pool.account(account) else {
            return Vec::new();
        };
        let holding = |position: &super::Position| {
            let rate = self.pool.exchange_rate(position.market).ok()?;
            Some(Holding {
                asset: position.market,
                collateral: Amount(part(rate, position.c_tokens.0).ok()?),
                enabled: held.has_entered(position.market),
                debt: self.pool.debt(account, position.market).ok()?,
            })
        };
        held.positions().iter().filter_map(holding).collect()
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.index.breached()
    }

    fn breached(&self) -> usize {
        self.index.breached_len()
    }

    fn breaches_revision(&self) -> Option<u64> {
        Some(self.index.revision())
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let Some(held) = self.pool.account(account) else {
            return Vec::new();
        };
        let owed = held.positions().iter().filter(|p| !p.principal.is_zero());
        owed.flat_map(|debt| {
            let seizable = held.positions().iter().filter(|p| !p.c_tokens.is_zero());
            seizable.filter_map(|collateral| {
                let bare = Offer {
                    account,
                    collateral: collateral.market,
                    debt: debt.market,
                    ..Offer::default()
                };
                // The exchange rate at which the liquidator redeems is that after the seizure.
                let (settled, _) = self
                    .settle(&bare, &Terms::all(AccountId(u32::MAX)), &mut NoTrace)
                    .ok()?;
                Some(Offer {
                    repay_max: settled.repaid,
                    seize_max: settled.seized,
                    ..bare
                })
            })
        })
        .collect()
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, pool) = self.settle(offer, terms, &mut NoTrace)?;
        self.commit(pool, &[offer.account]);
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let (pool, told) = self.adjusted(account, adjustment)?;
        let events = events_of(&told, &pool);
        self.commit(pool, &[account]);
        Ok(events)
    }

    fn health_after(
        &self,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Result<Health, Rejection> {
        let mut after = self.clone();
        // Health does not read the index, which an action would bring up to date for everybody.
        after.pool = self.adjusted(account, adjustment)?.0;
        after.health(account)
    }

    fn levers(&self) -> Vec<Lever> {
        self.pool.levers()
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let mut pool = self.pool.clone();
        pool.turn(&lever, value)?;
        // Nothing below can fail.
        self.pool = pool;
        // A weight is part of the bounds of every account, and a reserve factor of what a cToken is worth.
        self.index
            .rebuild(effective_prices(&self.pool), looks(&self.pool));
        Ok(lever.set_to(value))
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        self.pool.state_hash()
    }
}
