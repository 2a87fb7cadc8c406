//! The one trait that every protocol implements, and the words it speaks.
//!
//! A protocol is a deterministic machine: time, prices and one action go in; events or one
//! numbered rejection come out. State changes in no other way.

pub mod aave;
pub mod aave_v4;
pub mod comet;
pub mod compound_v2;
pub mod crvusd;
pub mod euler;
mod event;
mod feed;
pub mod geb;
mod lever;
pub mod liquity;
pub mod maker;
pub mod morpho;
mod offer;
mod rejections;
mod scale;
mod setup_error;
mod trace;
mod versions;

pub use event::Event;
pub use lever::{Denied, Governed, Lever, LeverKind, LeverUnit, Safer};
pub use offer::{
    Adjustment, Drift, Offer, OfferBound, OfferKind, Payout, Receive, Settlement, Terms,
};
pub use setup_error::SetupError;
pub use trace::{NoTrace, Trace, TraceSink, TraceStep};

pub(crate) use lever::{chosen, in_bps, in_tokens, of_bps, of_tokens};
pub(crate) use rejections::{panics, rejections};
pub(crate) use versions::versions;

use crate::guard::Halts;
use crate::units::{Amount, Bps, Price, Ratio, Rounding, Timestamp, U256, Value, WAD, mul_div};
use std::fmt::Debug;

/// Position of an account in its book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

/// Position of an asset in its protocol's reserve list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetId(pub u16);

/// What a protocol lists: a symbol and the token's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asset {
    /// Ticker, unique within a protocol.
    pub symbol: String,
    /// Base units are 10^−decimals of a whole token.
    pub decimals: u8,
}

/// Oracle answers, one per asset, in the order of [`Protocol::assets`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(pub Vec<Price>);

impl Prices {
    /// The answer for an asset; zero where the list is too short.
    pub fn get(&self, asset: AssetId) -> Price {
        self.0
            .get(usize::from(asset.0))
            .copied()
            .unwrap_or(Price::ZERO)
    }

    /// What of these answers is new, over so many assets.
    pub(crate) fn events_since(&self, before: &Self, assets: usize) -> Events {
        let listed = (0..).map(AssetId).take(assets);
        let moved = listed.filter(|asset| self.get(*asset) != before.get(*asset));
        let told = moved.map(|asset| Event::PriceObserved {
            asset,
            price: self.get(asset),
        });
        told.collect()
    }
}

/// What may be owed over what is owed, rounded down; [`Ratio::MAX`] without debt and where it does not
/// fit.
pub(crate) fn health_factor(limit: U256, owed: U256) -> Ratio {
    if owed.is_zero() {
        return Ratio::MAX;
    }
    mul_div(limit, WAD, owed, Rounding::Floor).map_or(Ratio::MAX, Ratio)
}

/// How solvent an account is. Values are in the protocol's base currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Value of the enabled collateral.
    pub collateral: Value,
    /// Value of the debt.
    pub debt: Value,
    /// Average liquidation threshold over the collateral, in bps, rounded down.
    pub liquidation_threshold: Bps,
    /// Below 1 (10^18) the account can be liquidated, in Euler v2 at 1 too; [`Ratio::MAX`] without debt.
    pub factor: Ratio,
}

/// One asset of an account, in amounts at the protocol's current time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which asset.
    pub asset: AssetId,
    /// Supplied, interest included.
    pub collateral: Amount,
    /// Whether the supply counts as collateral.
    pub enabled: bool,
    /// Owed, interest included.
    pub debt: Amount,
}

/// Events of one call, in the order in which they happened.
pub type Events = Vec<Event>;

/// A lending or derivatives protocol as a deterministic machine.
pub trait Protocol: Clone + Debug {
    /// The contract's own operations.
    type Action: Clone + Debug;
    /// Numbered reasons to refuse, in the contract's order of precedence.
    type Rejection: Copy + Debug + Eq + Ord + std::fmt::Display;

    /// Moves time forward and takes new oracle answers; brings the breach index up to date.
    ///
    /// # Errors
    /// When `now` lies before the present time.
    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Self::Rejection>;

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    fn apply(&mut self, action: &Self::Action) -> Result<Events, Self::Rejection>;

    /// The assets, in the order of [`AssetId`].
    fn assets(&self) -> &[Asset];

    /// Decimals of the base currency in which prices and values are told (8 = a cent's millionth).
    fn base_decimals(&self) -> u8;

    /// The present time of the machine.
    fn now(&self) -> Timestamp;

    /// How many accounts the book holds; ids run from 0.
    fn accounts(&self) -> u32;

    /// Exact health of an account at the present time and prices.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    fn health(&self, account: AccountId) -> Result<Health, Self::Rejection>;

    /// The account's collateral and debt, asset by asset, ascending by asset.
    fn holdings(&self, account: AccountId) -> Vec<Holding>;

    /// Accounts with which anybody may do something right now, ascending: in breach, where the design's
    /// own rule lets them be liquidated (in most the health factor is below 1, in Euler v2 it may be
    /// exactly 1) and there is debt and collateral that a liquidation could seize; or under liquidation, with
    /// collateral in an auction that has not ended. A protocol that sells what it took from many has an
    /// account of its own for that. Never misses one and does not scan the book.
    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_;

    /// How many accounts are in breach right now.
    fn breached(&self) -> usize {
        self.breaches().count()
    }

    /// A number that stays while the accounts of [`Protocol::breaches`] do, in one machine over time;
    /// nothing where the machine does not count, and they have to be read.
    fn breaches_revision(&self) -> Option<u64> {
        None
    }

    /// Whether the discount of a liquidation grows while an account's health falls.
    fn discount_grows(&self) -> bool {
        false
    }

    /// What a liquidator could do now with one breached account, best terms that the rules allow.
    fn offers(&self, account: AccountId) -> Vec<Offer>;

    /// Adds what those offers can be at most, which costs a part of them; nothing where the family knows no
    /// such bounds.
    fn offer_bounds(&self, _account: AccountId, _bounds: &mut Vec<OfferBound>) {}

    /// Takes an offer on the given terms.
    ///
    /// # Errors
    /// As [`Protocol::apply`].
    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Self::Rejection>;

    /// As [`Protocol::accept`] without changing anything, with every number and rounding.
    ///
    /// # Errors
    /// As [`Protocol::apply`].
    fn explain(&self, offer: &Offer, terms: &Terms)
    -> Result<(Settlement, Trace), Self::Rejection>;

    /// A borrower's own move: more collateral or less debt, paid from outside.
    ///
    /// # Errors
    /// As [`Protocol::apply`].
    fn adjust(
        &mut self,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Result<Events, Self::Rejection>;

    /// The health that [`Protocol::adjust`] would bring; nothing changes. Does not look at anybody else.
    ///
    /// # Errors
    /// As [`Protocol::apply`], and as [`Protocol::health`].
    fn health_after(
        &self,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Result<Health, Self::Rejection> {
        let mut fork = self.fork();
        fork.adjust(account, adjustment)?;
        fork.health(account)
    }

    /// Whether accounts would have a health factor of 1 or more at other prices of the present moment, in the
    /// order given; nothing for one of which [`Protocol::health`] would refuse to tell. Nothing changes.
    fn healthy_at(&self, prices: &Prices, accounts: &[AccountId]) -> Vec<Option<bool>> {
        let mut fork = self.fork();
        let observed = fork.observe(fork.now(), prices).is_ok();
        let health = |id: &AccountId| fork.health(*id).ok().filter(|_| observed);
        let healthy = |id| health(id).map(|health| health.factor >= Ratio(WAD));
        accounts.iter().map(healthy).collect()
    }

    /// A borrower takes on more debt of an asset; the tokens leave to outside. `None` where the machine
    /// offers no such move.
    ///
    /// # Errors
    /// As [`Protocol::apply`].
    fn borrow(
        &mut self,
        _account: AccountId,
        _asset: AssetId,
        _amount: Amount,
    ) -> Option<Result<Events, Self::Rejection>> {
        None
    }

    /// Accounts of which a part of the collateral was ever exchanged without a liquidation, as between the
    /// bands of crvUSD: ascending. Does not scan the book.
    fn softened(&self) -> Vec<AccountId> {
        Vec::new()
    }

    /// Recorded deficits by asset, in asset units; empty where the design records none.
    fn deficits(&self) -> Vec<(AssetId, Amount)> {
        Vec::new()
    }

    /// Pays part of a recorded deficit from outside. Where the design records none, nothing is
    /// paid.
    ///
    /// # Errors
    /// As [`Protocol::apply`].
    fn cover_deficit(
        &mut self,
        _asset: AssetId,
        _amount: Amount,
    ) -> Result<Events, Self::Rejection> {
        Ok(Events::new())
    }

    /// Parameters that a governor may move, each with the bounds that hold now; empty where
    /// [`Protocol::fixed`] says why.
    fn levers(&self) -> Vec<Lever>;

    /// Why nobody can move a parameter; nothing where levers exist.
    fn fixed(&self) -> Option<&'static str> {
        None
    }

    /// Sets the lever of a name. Checks everything, then commits: the accounts in breach are those of the
    /// new setting at once, and [`Event::LeverSet`] is told. A value that the lever has already changes
    /// nothing and tells nothing; what a contract cannot keep to the last digit is rounded towards the
    /// present setting.
    ///
    /// # Errors
    /// The first of [`Denied`]; nothing has changed then.
    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Self::Rejection>>;

    /// Which of these accounts would be in breach under a setting of a lever, in the order given.
    ///
    /// # Errors
    /// As [`Protocol::set_lever`].
    fn breached_under(
        &self,
        name: &str,
        value: u128,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, Denied<Self::Rejection>> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let mut fork = self.fork();
        fork.set_lever(name, value)?;
        let breached: Vec<_> = fork.breaches().collect();
        let among = accounts.iter().copied();
        Ok(among
            .filter(|id| breached.binary_search(id).is_ok())
            .collect())
    }

    /// What the deployed contracts can hold back, and undo again.
    fn halts(&self) -> Halts {
        Halts::none("nothing is known of a switch")
    }

    /// A copy that shares the book: O(1) in the number of accounts.
    fn fork(&self) -> Self {
        self.clone()
    }

    /// SHA-256 over the whole state in a documented order.
    fn state_hash(&self) -> [u8; 32];
}
