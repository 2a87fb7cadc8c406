//! Why the system refuses; the order of the checks of each operation is in
//! `docs/protocols/maker.md`.

use crate::auction::{DutchRefusal, EnglishRefusal};
use crate::oracle::PokeRefused;
use crate::protocol::rejections;
use crate::units::Overflow;

rejections! {
    /// Why the system refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The operation does not exist in this version or in this house.
    NoSuchOperation = 1 "NO_SUCH_OPERATION",
    /// The account is not in the book.
    AccountUnknown = 2 "ACCOUNT_UNKNOWN",
    /// The collateral type does not exist.
    CollateralUnknown = 3 "COLLATERAL_UNKNOWN",
    /// A checked sum, difference or product left its range: the contract reverts without a reason.
    NoReason = 4 "NO_REASON",
    /// A division by zero in the called contract itself: an invalid opcode.
    Halt = 5 "HALT",
    /// Too few governance tokens.
    TokenInsufficientBalance = 6 "ds-token-insufficient-balance",
    /// More governance tokens than 256 bits hold.
    TokenAddOverflow = 7 "ds-math-add-overflow",
    /// The factor of a stairstep curve is above one.
    StairstepCutAboveOne = 8 "StairstepExponentialDecrease/cut-gt-RAY",
    /// The factor of an exponential curve is above one.
    ExponentialCutAboveOne = 9 "ExponentialDecrease/cut-gt-RAY",
    /// Dutch liquidations are switched off.
    DogNotLive = 10 "Dog/not-live",
    /// The vault is safe, or the price is unknown.
    DogNotUnsafe = 11 "Dog/not-unsafe",
    /// A limit on debt in auction is reached.
    DogLimitHit = 12 "Dog/liquidation-limit-hit",
    /// What the limits leave would be dust.
    DogDustyAuction = 13 "Dog/dusty-auction-from-partial-liquidation",
    /// Nothing to sell.
    DogNullAuction = 14 "Dog/null-auction",
    /// Does not fit a signed number.
    DogOverflow = 15 "Dog/overflow",
    /// The penalty is below one.
    DogPenaltyBelowOne = 16 "Dog/file-chop-lt-WAD",
    /// The breaker forbids it.
    ClipperStopped = 17 "Clipper/stopped-incorrect",
    /// Nothing to raise.
    ClipperZeroTarget = 18 "Clipper/zero-tab",
    /// Nothing to sell.
    ClipperZeroLot = 19 "Clipper/zero-lot",
    /// The number of auctions is used up.
    ClipperOverflow = 20 "Clipper/overflow",
    /// The feed has no price.
    ClipperInvalidPrice = 21 "Clipper/invalid-price",
    /// The first price would be zero.
    ClipperZeroTopPrice = 22 "Clipper/zero-top-price",
    /// There is no such auction.
    ClipperNotRunning = 23 "Clipper/not-running-auction",
    /// The auction needs no new start.
    ClipperCannotReset = 24 "Clipper/cannot-reset",
    /// The auction needs a new start.
    ClipperNeedsReset = 25 "Clipper/needs-reset",
    /// The price is above the buyer's limit.
    ClipperTooExpensive = 26 "Clipper/too-expensive",
    /// The rest is sold whole or not at all.
    ClipperNoPartialPurchase = 27 "Clipper/no-partial-purchase",
    /// There is no such level.
    BreakerNoSuchLevel = 28 "ClipperMom/nonexistent-level",
    /// A tolerance above one.
    BreakerTolerance = 29 "ClipperMom/tolerance-out-of-bounds",
    /// The breaker is tripped already.
    BreakerAlreadyStopped = 30 "ClipperMom/clipper-already-stopped",
    /// Governance set the breaker a short while ago.
    BreakerLocked = 31 "ClipperMom/temporary-locked",
    /// The feed has no present price.
    BreakerInvalidCurrent = 32 "ClipperMom/invalid-cur-price",
    /// The feed has no next price.
    BreakerInvalidNext = 33 "ClipperMom/invalid-nxt-price",
    /// The next price is not low enough to trip the breaker.
    BreakerWithinBounds = 34 "ClipperMom/price-within-bounds",
    /// The delayed feed is stopped.
    FeedStopped = 35 "OSM/is-stopped",
    /// The delay has not passed.
    FeedNotPassed = 36 "OSM/not-passed",
    /// A delay of zero.
    FeedZeroDelay = 37 "OSM/ts-is-zero",
    /// English liquidations are switched off.
    CatNotLive = 38 "Cat/not-live",
    /// The vault is safe, or the price is unknown.
    CatNotUnsafe = 39 "Cat/not-unsafe",
    /// The limit on debt in auction leaves nothing worth selling.
    CatLimitHit = 40 "Cat/liquidation-limit-hit",
    /// Nothing to sell.
    CatNullAuction = 41 "Cat/null-auction",
    /// Does not fit a signed number.
    CatOverflow = 42 "Cat/overflow",
    /// The number of auctions is used up.
    FlipperOverflow = 43 "Flipper/overflow",
    /// There is no such auction.
    FlipperNoAuction = 44 "Flipper/guy-not-set",
    /// The last bid has won.
    FlipperBidExpired = 45 "Flipper/already-finished-tic",
    /// Bidding has ended.
    FlipperEnded = 46 "Flipper/already-finished-end",
    /// Another lot than the present one.
    FlipperLotDiffers = 47 "Flipper/lot-not-matching",
    /// More than the target.
    FlipperAboveTarget = 48 "Flipper/higher-than-tab",
    /// No higher than the last bid.
    FlipperBidNotHigher = 49 "Flipper/bid-not-higher",
    /// Too little more.
    FlipperIncreaseTooSmall = 50 "Flipper/insufficient-increase",
    /// Another sum than the present one.
    FlipperBidDiffers = 51 "Flipper/not-matching-bid",
    /// The target has not been bid yet.
    FlipperTargetNotReached = 52 "Flipper/tend-not-finished",
    /// No smaller than the last lot.
    FlipperLotNotLower = 53 "Flipper/lot-not-lower",
    /// Too little less.
    FlipperDecreaseTooSmall = 54 "Flipper/insufficient-decrease",
    /// Bidding goes on.
    FlipperNotFinished = 55 "Flipper/not-finished",
    /// There is a bid.
    FlipperBidPlaced = 56 "Flipper/bid-already-placed",
    /// The target has been bid.
    FlipperAlreadyLowering = 57 "Flipper/already-dent-phase",
    /// The delay of queued debt has not passed.
    VowWaitNotFinished = 58 "Vow/wait-not-finished",
    /// Too little surplus.
    VowInsufficientSurplus = 59 "Vow/insufficient-surplus",
    /// Too little debt that is neither queued nor in auction.
    VowInsufficientDebt = 60 "Vow/insufficient-debt",
    /// Too little debt in auction.
    VowNotEnoughAuctioned = 61 "Vow/not-enough-ash",
    /// There is surplus; it cancels debt first.
    VowSurplusNotZero = 62 "Vow/surplus-not-zero",
    /// There is debt that is neither queued nor in auction; surplus cancels it first.
    VowDebtNotZero = 63 "Vow/debt-not-zero",
    /// The treasury is shut down.
    VowNotLive = 64 "Vow/not-live",
    /// The debt house is shut down.
    FlopperNotLive = 65 "Flopper/not-live",
    /// The debt house is not shut down.
    FlopperStillLive = 66 "Flopper/still-live",
    /// The number of auctions is used up.
    FlopperOverflow = 67 "Flopper/overflow",
    /// There is no such auction.
    FlopperNoAuction = 68 "Flopper/guy-not-set",
    /// The last bid has won.
    FlopperBidExpired = 69 "Flopper/already-finished-tic",
    /// Bidding has ended.
    FlopperEnded = 70 "Flopper/already-finished-end",
    /// Another sum than the present one.
    FlopperBidDiffers = 71 "Flopper/not-matching-bid",
    /// No smaller than the last lot.
    FlopperLotNotLower = 72 "Flopper/lot-not-lower",
    /// Too little less.
    FlopperDecreaseTooSmall = 73 "Flopper/insufficient-decrease",
    /// Bidding goes on.
    FlopperNotFinished = 74 "Flopper/not-finished",
    /// There is a bid.
    FlopperBidPlaced = 75 "Flopper/bid-already-placed",
    /// The surplus house is shut down.
    FlapperNotLive = 76 "Flapper/not-live",
    /// The surplus house is not shut down.
    FlapperStillLive = 77 "Flapper/still-live",
    /// The number of auctions is used up.
    FlapperOverflow = 78 "Flapper/overflow",
    /// The limit on surplus in auction.
    FlapperOverLimit = 79 "Flapper/over-lid",
    /// There is no such auction.
    FlapperNoAuction = 80 "Flapper/guy-not-set",
    /// The last bid has won.
    FlapperBidExpired = 81 "Flapper/already-finished-tic",
    /// Bidding has ended.
    FlapperEnded = 82 "Flapper/already-finished-end",
    /// Another lot than the present one.
    FlapperLotDiffers = 83 "Flapper/lot-not-matching",
    /// No higher than the last bid.
    FlapperBidNotHigher = 84 "Flapper/bid-not-higher",
    /// Too little more.
    FlapperIncreaseTooSmall = 85 "Flapper/insufficient-increase",
    /// Bidding goes on.
    FlapperNotFinished = 86 "Flapper/not-finished",
    /// There is a bid.
    FlapperBidPlaced = 87 "Flapper/bid-already-placed",
    /// The collateral type has no debt index yet.
    VatTypeNotStarted = 88 "Vat/ilk-not-init",
    /// A debt grows beyond a ceiling.
    VatCeilingExceeded = 89 "Vat/ceiling-exceeded",
    /// The vault would be riskier, and unsafe.
    VatNotSafe = 90 "Vat/not-safe",
    /// The vault would owe less than the debt floor, but something.
    VatDust = 91 "Vat/dust",
    /// The last accrual lies in the future.
    JugInvalidNow = 92 "Jug/invalid-now",
    /// More collateral than a signed number holds.
    JoinOverflow = 93 "GemJoin/overflow",
}

/// The answer of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

impl Rejection {
    /// What the caller of another contract sees: an invalid opcode there leaves no reason.
    pub(super) fn nested(self) -> Self {
        if self == Self::Halt {
            Self::NoReason
        } else {
            self
        }
    }
}

impl From<PokeRefused> for Rejection {
    fn from(refused: PokeRefused) -> Self {
        match refused {
            PokeRefused::Stopped => Self::FeedStopped,
            PokeRefused::NotPassed => Self::FeedNotPassed,
        }
    }
}

impl From<Overflow> for Rejection {
    fn from(overflow: Overflow) -> Self {
        match overflow {
            Overflow::Arithmetic => Self::NoReason,
            Overflow::DivisionByZero => Self::Halt,
        }
    }
}

impl From<DutchRefusal> for Rejection {
    fn from(refusal: DutchRefusal) -> Self {
        match refusal {
            DutchRefusal::Curve(overflow) => Self::from(overflow).nested(),
            DutchRefusal::Arithmetic(overflow) => overflow.into(),
            DutchRefusal::NeedsReset => Self::ClipperNeedsReset,
            DutchRefusal::TooExpensive => Self::ClipperTooExpensive,
            DutchRefusal::NoPartialPurchase => Self::ClipperNoPartialPurchase,
        }
    }
}

/// What a collateral house calls a refusal.
pub(super) fn in_collateral_house(refusal: EnglishRefusal) -> Rejection {
    match refusal {
        EnglishRefusal::NoAuction => Rejection::FlipperNoAuction,
        EnglishRefusal::BidExpired => Rejection::FlipperBidExpired,
        EnglishRefusal::Ended => Rejection::FlipperEnded,
        EnglishRefusal::LotDiffers => Rejection::FlipperLotDiffers,
        EnglishRefusal::AboveTarget => Rejection::FlipperAboveTarget,
        EnglishRefusal::BidNotHigher => Rejection::FlipperBidNotHigher,
        EnglishRefusal::IncreaseTooSmall => Rejection::FlipperIncreaseTooSmall,
        EnglishRefusal::BidDiffers => Rejection::FlipperBidDiffers,
        EnglishRefusal::TargetNotReached => Rejection::FlipperTargetNotReached,
        EnglishRefusal::LotNotLower => Rejection::FlipperLotNotLower,
        EnglishRefusal::DecreaseTooSmall => Rejection::FlipperDecreaseTooSmall,
        EnglishRefusal::NotFinished => Rejection::FlipperNotFinished,
        EnglishRefusal::BidPlaced => Rejection::FlipperBidPlaced,
        EnglishRefusal::Arithmetic => Rejection::NoReason,
    }
}

/// What the debt house calls a refusal; it has no target and bids never rise in it.
pub(super) fn in_debt_house(refusal: EnglishRefusal) -> Rejection {
    match refusal {
        EnglishRefusal::NoAuction => Rejection::FlopperNoAuction,
        EnglishRefusal::BidExpired => Rejection::FlopperBidExpired,
        EnglishRefusal::Ended => Rejection::FlopperEnded,
        EnglishRefusal::BidDiffers => Rejection::FlopperBidDiffers,
        EnglishRefusal::LotNotLower => Rejection::FlopperLotNotLower,
        EnglishRefusal::DecreaseTooSmall => Rejection::FlopperDecreaseTooSmall,
        EnglishRefusal::NotFinished => Rejection::FlopperNotFinished,
        EnglishRefusal::BidPlaced => Rejection::FlopperBidPlaced,
        EnglishRefusal::LotDiffers
        | EnglishRefusal::AboveTarget
        | EnglishRefusal::BidNotHigher
        | EnglishRefusal::IncreaseTooSmall
        | EnglishRefusal::TargetNotReached
        | EnglishRefusal::Arithmetic => Rejection::NoReason,
    }
}

/// What the surplus house calls a refusal; it has no target and lots never fall in it.
pub(super) fn in_surplus_house(refusal: EnglishRefusal) -> Rejection {
    match refusal {
        EnglishRefusal::NoAuction => Rejection::FlapperNoAuction,
        EnglishRefusal::BidExpired => Rejection::FlapperBidExpired,
        EnglishRefusal::Ended => Rejection::FlapperEnded,
        EnglishRefusal::LotDiffers => Rejection::FlapperLotDiffers,
        EnglishRefusal::BidNotHigher => Rejection::FlapperBidNotHigher,
        EnglishRefusal::IncreaseTooSmall => Rejection::FlapperIncreaseTooSmall,
        EnglishRefusal::NotFinished => Rejection::FlapperNotFinished,
        EnglishRefusal::BidPlaced => Rejection::FlapperBidPlaced,
        EnglishRefusal::AboveTarget
        | EnglishRefusal::BidDiffers
        | EnglishRefusal::TargetNotReached
        | EnglishRefusal::LotNotLower
        | EnglishRefusal::DecreaseTooSmall
        | EnglishRefusal::Arithmetic => Rejection::NoReason,
    }
}
