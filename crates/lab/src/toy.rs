//! The smallest lender that has what a path needs: one collateral, one debt, no interest.

use backstop_core::guard::Halts;
use backstop_core::protocol::*;
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp, U256, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const WAD: u128 = 1_000_000_000_000_000_000;
/// Liquidation threshold and bonus at the start, in bps.
const THRESHOLD: u128 = 8_000;
const BONUS: u128 = 500;
/// The protocol's share of the bonus, in percent.
const FEE: u128 = 10;

pub(crate) const ETH: AssetId = AssetId(0);
pub(crate) const USD: AssetId = AssetId(1);

/// A lender of dollars (2 decimals) against ether (4 decimals), prices with 8 decimals.
#[derive(Clone, Debug)]
pub(crate) struct Toy {
    assets: Vec<Asset>,
    /// Collateral and debt by account.
    pub(crate) accounts: Vec<(u128, u128)>,
    prices: Prices,
    now: Timestamp,
    deficit: u128,
    /// In bps; both may be moved.
    threshold: u128,
    bonus: u128,
    /// Whether offers are bounded at a first look.
    pub(crate) bounded: bool,
    /// How often it was asked for offers, on all its forks.
    pub(crate) asked: Arc<AtomicU32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    TimeBackwards,
    Healthy,
    TooMuch,
    NotOffered,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

pub(crate) fn int(n: U256) -> u128 {
    n.to::<u128>()
}

/// Accounts below one, in order.
pub(crate) fn below_one(toy: &impl Protocol) -> impl Iterator<Item = AccountId> + '_ {
    let low = |id: &AccountId| toy.health(*id).is_ok_and(|h| h.factor < Ratio::new(WAD));
    (0..toy.accounts()).map(AccountId).filter(low)
}

impl Toy {
    /// Accounts in whole ether and whole dollars.
    pub(crate) fn new(accounts: &[(f64, f64)]) -> Self {
        let asset = |symbol: &str, decimals| Asset {
            symbol: symbol.to_owned(),
            decimals,
        };
        let whole = |(eth, usd): &(f64, f64)| ((eth * 1e4) as u128, (usd * 1e2) as u128);
        Self {
            assets: vec![asset("ETH", 4), asset("USD", 2)],
            accounts: accounts.iter().map(whole).collect(),
            prices: Prices(vec![Price::ZERO; 2]),
            now: Timestamp(0),
            deficit: 0,
            threshold: THRESHOLD,
            bonus: BONUS,
            bounded: false,
            asked: Arc::default(),
        }
    }

    pub(crate) fn price(&self, asset: AssetId) -> u128 {
        int(self.prices.get(asset).0)
    }

    /// Collateral and debt with 8 decimals.
    fn values(&self, account: AccountId) -> (u128, u128) {
        let (eth, usd) = self.accounts[account.0 as usize];
        (eth * self.price(ETH) / 10_000, usd * self.price(USD) / 100)
    }

    fn settle(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, (u128, u128)), Refusal> {
        let before = self.health(offer.account)?;
        if before.factor >= Ratio::new(WAD) {
            return Err(Refusal::Healthy);
        }
        let (eth, usd) = self.accounts[offer.account.0 as usize];
        let (repay_max, seize_max) = self.limit(offer.account);
        let repaid = int(terms.repay.0.min(U256::from(repay_max)));
        let seized = if repaid == repay_max {
            seize_max
        } else {
            self.seized_for(repaid).min(seize_max)
        };
        let fee = seized * self.bonus / (10_000 + self.bonus) * FEE / 100;
        let mut after = (eth - seized, usd - repaid);
        let written_off = if after.0 == 0 { after.1 } else { 0 };
        after.1 -= written_off;
        let mut then = self.clone();
        then.accounts[offer.account.0 as usize] = after;
        let seized = Amount::new(seized - fee);
        let mut events = vec![Event::Liquidated {
            account: offer.account,
            liquidator: terms.liquidator,
            collateral: ETH,
            debt: USD,
            repaid: Amount::new(repaid),
            seized,
            receive_claim: false,
        }];
        let deficit = vec![(USD, Amount::new(written_off))];
        if written_off > 0 {
            events.push(Event::DeficitCreated {
                account: offer.account,
                asset: USD,
                amount: Amount::new(written_off),
            });
        }
        let settlement = Settlement {
            deficit: deficit.into_iter().filter(|(_, a)| !a.is_zero()).collect(),
            health_before: before.factor,
            health_after: then.health(offer.account)?.factor,
            events,
            ..Settlement::at_once(ETH, Amount::new(repaid), seized, Amount::new(fee))
        };
        Ok((settlement, after))
    }

    fn seized_for(&self, repaid: u128) -> u128 {
        let value = repaid * self.price(USD) / 100 * (10_000 + self.bonus) / 10_000;
        value * 10_000 / self.price(ETH).max(1)
    }

    /// Most that can be repaid, and the collateral seized for it, fee included.
    fn limit(&self, account: AccountId) -> (u128, u128) {
        let (eth, usd) = self.accounts[account.0 as usize];
        let factor = self.health(account).map_or(Ratio::MAX, |h| h.factor);
        let half = factor > Ratio::new(WAD / 100 * 95);
        let wanted = if half { usd / 2 } else { usd };
        let part = 10_000 + self.bonus;
        let all = eth * self.price(ETH) / 10_000 * 10_000 / part * 100 / self.price(USD);
        let repay = wanted.min(all);
        let seized = if repay == all {
            eth
        } else {
            self.seized_for(repay).min(eth)
        };
        (repay, seized)
    }
}

impl Protocol for Toy {
    type Action = ();
    type Rejection = Refusal;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Refusal> {
        if now < self.now {
            return Err(Refusal::TimeBackwards);
        }
        self.now = now;
        self.prices = prices.clone();
        Ok(vec![Event::PriceObserved {
            asset: ETH,
            price: prices.get(ETH),
        }])
    }

    fn apply(&mut self, (): &()) -> Result<Events, Refusal> {
        Ok(Vec::new())
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        8
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        self.accounts.len() as u32
    }

    fn health(&self, account: AccountId) -> Result<Health, Refusal> {
        let (collateral, debt) = self.values(account);
        let factor = if debt == 0 {
            Ratio::MAX
        } else {
            let limit = collateral * self.threshold / 10_000;
            Ratio(U256::from(limit) * U256::from(WAD) / U256::from(debt))
        };
        Ok(Health {
            collateral: Value::new(collateral),
            debt: Value::new(debt),
            liquidation_threshold: Bps(self.threshold as u16),
            factor,
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let (eth, usd) = self.accounts[account.0 as usize];
        let holding = |asset, collateral, debt| Holding {
            asset,
            collateral: Amount::new(collateral),
            enabled: true,
            debt: Amount::new(debt),
        };
        vec![holding(ETH, eth, 0), holding(USD, 0, usd)]
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        below_one(self)
    }

    fn offer_bounds(&self, account: AccountId, bounds: &mut Vec<OfferBound>) {
        let bound = OfferBound {
            collateral: ETH,
            debt: USD,
            repay: Value::new(self.values(account).1),
            bonus: Bps(10_000 + self.bonus as u16),
        };
        bounds.extend(self.bounded.then_some(bound));
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let (repay, seized) = self.limit(account);
        let fee = seized * self.bonus / (10_000 + self.bonus) * FEE / 100;
        vec![Offer {
            account,
            collateral: ETH,
            debt: USD,
            repay_max: Amount::new(repay),
            seize_max: Amount::new(seized - fee),
            ..Offer::default()
        }]
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Refusal> {
        let (settlement, after) = self.settle(offer, terms)?;
        self.accounts[offer.account.0 as usize] = after;
        let written_off = settlement.deficit.iter().map(|(_, a)| int(a.0));
        self.deficit += written_off.sum::<u128>();
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Refusal> {
        let (settlement, _) = self.settle(offer, terms)?;
        let step = TraceStep {
            label: "repaid",
            formula: "min(terms, limit)",
            inputs: Vec::new(),
            result: settlement.repaid.0,
            rounding: None,
        };
        Ok((settlement, vec![step]))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Refusal> {
        let position = &mut self.accounts[account.0 as usize];
        match adjustment {
            Adjustment::TopUp { amount, .. } => position.0 += int(amount.0),
            Adjustment::Repay { amount, .. } => {
                let left = position.1.checked_sub(int(amount.0));
                position.1 = left.ok_or(Refusal::TooMuch)?;
            }
        }
        Ok(Vec::new())
    }

    fn borrow(
        &mut self,
        account: AccountId,
        _asset: AssetId,
        amount: Amount,
    ) -> Option<Result<Events, Refusal>> {
        let before = self.accounts[account.0 as usize];
        self.accounts[account.0 as usize].1 += int(amount.0);
        let low = self
            .health(account)
            .is_ok_and(|h| h.factor < Ratio::new(WAD));
        if low {
            self.accounts[account.0 as usize] = before;
            return Some(Err(Refusal::TooMuch));
        }
        Some(Ok(Vec::new()))
    }

    fn deficits(&self) -> Vec<(AssetId, Amount)> {
        vec![(USD, Amount::new(self.deficit))]
    }

    fn cover_deficit(&mut self, _asset: AssetId, amount: Amount) -> Result<Events, Refusal> {
        let left = self.deficit.checked_sub(int(amount.0));
        self.deficit = left.ok_or(Refusal::TooMuch)?;
        Ok(Vec::new())
    }

    fn levers(&self) -> Vec<Lever> {
        let lever = |name: &str, kind, value, (min, max)| Lever {
            name: name.to_owned(),
            kind,
            governs: Governed::Asset(ETH),
            value,
            min,
            max,
        };
        let bonus = 10_000 + self.bonus;
        vec![
            lever(
                "ETH.liquidation_threshold",
                LeverKind::LiquidationThreshold,
                self.threshold,
                (1, 9_000),
            ),
            lever(
                "ETH.liquidation_bonus",
                LeverKind::LiquidationBonus,
                bonus,
                (10_000, 12_000),
            ),
        ]
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Refusal>> {
        let levers = self.levers();
        let found = levers.into_iter().find(|lever| lever.name == name);
        let name = name.to_owned();
        let Some(lever) = found else {
            return Err(Denied::NoSuchLever { name });
        };
        let (min, max) = (lever.min, lever.max);
        if !(min..=max).contains(&value) {
            return Err(Denied::OutOfBounds {
                name,
                min,
                max,
                found: value,
            });
        }
        match lever.kind {
            LeverKind::LiquidationThreshold => self.threshold = value,
            _ => self.bonus = value - 10_000,
        }
        Ok(vec![Event::LeverSet {
            name,
            before: lever.value,
            after: value,
        }])
    }

    fn halts(&self) -> Halts {
        Halts::ALL
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = [0u8; 32];
        for (i, (eth, usd)) in self.accounts.iter().enumerate() {
            let mixed = (eth ^ usd.rotate_left(64)).wrapping_mul(i as u128 * 2 + 1);
            for (byte, h) in mixed.to_le_bytes().iter().zip(&mut hash[i % 16..]) {
                *h ^= byte;
            }
        }
        hash
    }
}
