//! What the world outside can do with an account in breach, in terms common to all designs.

use super::{AccountId, AssetId, Events};
use crate::units::{Amount, Bps, Ratio, Value};

/// What taking an offer means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfferKind {
    /// Pay debt and receive the account's collateral at once. [`Offer::repay_max`] is zero where others
    /// pay, as the depositors of a stability pool do.
    #[default]
    Repay,
    /// Let the protocol take the account over, and buy of what it took in the same call.
    Absorb,
    /// Pay into a stability pool what it lacks for the account, and receive the share of collateral
    /// that comes of it in the same call.
    Deposit,
    /// Set a liquidation in motion that others finish, or start it again. Nothing is paid;
    /// [`Offer::reward`] is received. [`Offer::repay_max`] and [`Offer::seize_max`] tell the best
    /// terms of the sale that it opens; both are zero where it opens none.
    Start,
    /// Pay and receive at once in a sale that was started before: of an auction with a falling price,
    /// or of a store-front.
    Buy,
    /// Bid in an auction: paid now, received at its end unless somebody bids more.
    Bid,
    /// End an auction: its highest bidder receives what was bid for.
    Deliver,
    /// Trade against the bands of an automated market maker that holds collateral.
    Exchange,
}

impl OfferKind {
    /// Its name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repay => "repay",
            Self::Absorb => "absorb",
            Self::Deposit => "deposit",
            Self::Start => "start",
            Self::Buy => "buy",
            Self::Bid => "bid",
            Self::Deliver => "deliver",
            Self::Exchange => "exchange",
        }
    }

    /// Whether this begins the liquidation of an account, rather than carrying one on.
    pub fn begins(self) -> bool {
        match self {
            Self::Repay | Self::Absorb | Self::Deposit | Self::Start => true,
            Self::Buy | Self::Bid | Self::Deliver | Self::Exchange => false,
        }
    }
}

/// How the terms of an offer change while nobody acts and prices stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Drift {
    /// They stay.
    #[default]
    None,
    /// They move with time.
    Moving,
}

/// One thing that anybody may do with an account in breach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Whose position.
    pub account: AccountId,
    /// What taking it means.
    pub kind: OfferKind,
    /// Which of the account's auctions; 0 where there is no auction.
    pub auction: u64,
    /// What is received.
    pub collateral: AssetId,
    /// What is paid.
    pub debt: AssetId,
    /// Least that may be paid, in debt units: the lowest bid. Equal to `repay_max` in a bid for less
    /// collateral at a fixed sum.
    pub repay_min: Amount,
    /// Most that may be paid now, in debt units.
    pub repay_max: Amount,
    /// Received for `repay_max`, in collateral units, after the protocol's fee.
    pub seize_max: Amount,
    /// Received from the protocol besides, in debt units.
    pub reward: Amount,
    /// The highest bidder of an auction.
    pub bidder: Option<AccountId>,
    /// How the terms change while nobody acts.
    pub drift: Drift,
}

/// What offers for a pair of assets can be at most, at a first look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferBound {
    /// What is received.
    pub collateral: AssetId,
    /// What is paid.
    pub debt: AssetId,
    /// Most that may be paid, in the base currency.
    pub repay: Value,
    /// Most that is received for what is paid, rewards included and roundings not: 10 000 plus the bonus.
    pub bonus: Bps,
}

/// How the liquidator is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// The collateral's tokens leave the pool.
    Tokens,
    /// The liquidator takes the borrower's claim on the pool (an aToken at Aave).
    Claim,
}

/// A liquidator's answer to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who repays and receives. Debt tokens are brought from outside.
    pub liquidator: AccountId,
    /// How much to pay at most, in debt units; [`Amount::MAX`] for all that the rules allow. In a bid
    /// exactly so much. To take a whole offer, name no limit: where its collateral caps it, as much as
    /// [`Offer::repay_max`] may pay for a unit less than all of it, and some rules refuse such a rest.
    pub repay: Amount,
    /// Collateral asked for in a bid at a fixed sum, in collateral units; [`Amount::MAX`] for all
    /// that may be asked for. Other offers do not read it.
    pub seize: Amount,
    /// How to be paid.
    pub receive: Receive,
}

impl Terms {
    /// All that an offer allows, paid in tokens.
    pub fn all(liquidator: AccountId) -> Self {
        Self {
            liquidator,
            repay: Amount::MAX,
            seize: Amount::MAX,
            receive: Receive::Tokens,
        }
    }
}

/// Something that somebody else than the liquidator received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Who.
    pub account: AccountId,
    /// Which asset.
    pub asset: AssetId,
    /// In asset units.
    pub amount: Amount,
}

/// What a liquidation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Paid by the liquidator, in debt units.
    pub repaid: Amount,
    /// Received by the liquidator, in collateral units, after the protocol's fee.
    pub seized: Amount,
    /// Kept by the protocol of what was seized, in collateral units.
    pub protocol_fee: Amount,
    /// Received by the liquidator from the protocol besides, in debt units.
    pub reward: Amount,
    /// What the account no longer owes because of it, in debt units, without what was written off.
    pub cleared: Amount,
    /// What the account lost, by asset.
    pub taken: Vec<(AssetId, Amount)>,
    /// What others than the liquidator and the account received: refunds of bids, what was won in an
    /// auction that the liquidator ended, the depositors' collateral.
    pub payouts: Vec<Payout>,
    /// Debt written off because no collateral was left, by asset.
    pub deficit: Vec<(AssetId, Amount)>,
    /// Health factor before.
    pub health_before: Ratio,
    /// Health factor after; [`Ratio::MAX`] without debt. Below 1 while there is more to do with the
    /// account.
    pub health_after: Ratio,
    /// Everything that happened, in order.
    pub events: Events,
}

impl Settlement {
    /// A liquidation in which the liquidator paid all that was cleared, and the account lost what the
    /// liquidator received and the protocol kept.
    pub fn at_once(collateral: AssetId, repaid: Amount, seized: Amount, fee: Amount) -> Self {
        Self {
            repaid,
            seized,
            protocol_fee: fee,
            cleared: repaid,
            taken: vec![(collateral, Amount(seized.0.saturating_add(fee.0)))],
            ..Self::default()
        }
    }
}

/// A borrower's own move, paid from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// More collateral.
    TopUp {
        /// Which asset.
        asset: AssetId,
        /// How much, in asset units.
        amount: Amount,
    },
    /// Less debt.
    Repay {
        /// Which asset.
        asset: AssetId,
        /// How much at most, in asset units.
        amount: Amount,
    },
}
