//! Why the system refuses; the order of the checks of each operation is in `docs/protocols/geb.md`.

use crate::protocol::rejections;
use crate::units::Overflow;

rejections! {
    /// Why the system refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// A call reverts without a reason: a missing feed, or a power that leaves its range.
    NoReason = 2 "NO_REASON",
    /// A division by zero that nothing guards: an invalid opcode.
    Halt = 3 "HALT",
    /// A sum of liquidations above 256 bits.
    EngineAdd = 4 "LiquidationEngine/add-overflow",
    /// A difference of liquidations below zero.
    EngineSubtract = 5 "LiquidationEngine/sub-underflow",
    /// A product of liquidations above 256 bits.
    EngineMultiply = 6 "LiquidationEngine/mul-overflow",
    /// Liquidations are switched off.
    EngineNotEnabled = 7 "LiquidationEngine/contract-not-enabled",
    /// The safe is safe, or the price is unknown.
    EngineNotUnsafe = 8 "LiquidationEngine/safe-not-unsafe",
    /// The limit on debt in auction leaves less than the debt floor.
    EngineLimitHit = 9 "LiquidationEngine/liquidation-limit-hit",
    /// Nothing to raise.
    EngineNullAuction = 10 "LiquidationEngine/null-auction",
    /// The rest of the debt would be dust.
    EngineDustySafe = 11 "LiquidationEngine/dusty-safe",
    /// Nothing to sell.
    EngineNullCollateral = 12 "LiquidationEngine/null-collateral-to-sell",
    /// Does not fit a signed number.
    EngineOverflow = 13 "LiquidationEngine/collateral-or-debt-overflow",
    /// A lot above what the products allow.
    EngineQuantityOverflow = 14 "LiquidationEngine/liquidation-quantity-overflow",
    /// A balance above 256 bits.
    SafesAdd = 15 "SAFEEngine/add-uint-uint-overflow",
    /// A balance below zero.
    SafesSubtract = 16 "SAFEEngine/sub-uint-uint-underflow",
    /// A product of balances above 256 bits.
    SafesMultiply = 17 "SAFEEngine/multiply-uint-uint-overflow",
    /// A safe's balance below zero.
    SafesSignedAdd = 18 "SAFEEngine/add-uint-int-overflow",
    /// A balance that a confiscation would carry above 256 bits.
    SafesSignedSubtract = 19 "SAFEEngine/sub-uint-int-underflow",
    /// The debt index does not fit a signed number.
    SafesSignedNull = 20 "SAFEEngine/mul-uint-int-null-x",
    /// Confiscated debt does not fit a signed number.
    SafesSignedMultiply = 21 "SAFEEngine/mul-uint-int-overflow",
    /// Queued debt above 256 bits.
    AccountingAdd = 22 "AccountingEngine/add-overflow",
    /// The redemption price would be stored in the past.
    RelayerSubtract = 23 "OracleRelayer/sub-underflow",
    /// A product of prices above 256 bits.
    RelayerMultiply = 24 "OracleRelayer/mul-overflow",
    /// A price or ratio of zero.
    RelayerDivision = 25 "OracleRelayer/rdiv-by-zero",
    /// A parameter of zero.
    RelayerNullData = 26 "OracleRelayer/null-data",
    /// The redemption price must be stored first.
    RelayerNotUpdated = 27 "OracleRelayer/redemption-price-not-updated",
    /// A deadline beyond 48 bits.
    HouseAddTime = 28 "IncreasingDiscountCollateralAuctionHouse/add-uint48-overflow",
    /// A sum above 256 bits.
    HouseAdd = 29 "IncreasingDiscountCollateralAuctionHouse/add-uint256-overflow",
    /// A difference below zero.
    HouseSubtract = 30 "IncreasingDiscountCollateralAuctionHouse/sub-underflow",
    /// A product above 256 bits.
    HouseMultiply = 31 "IncreasingDiscountCollateralAuctionHouse/mul-overflow",
    /// A product of a discount above 256 bits.
    HouseMultiplyRay = 32 "IncreasingDiscountCollateralAuctionHouse/rmul-overflow",
    /// A coin without a price.
    HouseDivisionRay = 33 "IncreasingDiscountCollateralAuctionHouse/rdiv-by-zero",
    /// A collateral without a price.
    HouseDivision = 34 "IncreasingDiscountCollateralAuctionHouse/wdiv-by-zero",
    /// The number of auctions is used up.
    HouseOverflow = 35 "IncreasingDiscountCollateralAuctionHouse/overflow",
    /// Nothing to raise.
    HouseNothingToRaise = 36 "IncreasingDiscountCollateralAuctionHouse/nothing-to-raise",
    /// Hardly anything to raise.
    HouseDustyAuction = 37 "IncreasingDiscountCollateralAuctionHouse/dusty-auction",
    /// There is no such auction.
    HouseNoAuction = 38 "IncreasingDiscountCollateralAuctionHouse/inexistent-auction",
    /// The bid is zero or below the least one.
    HouseInvalidBid = 39 "IncreasingDiscountCollateralAuctionHouse/invalid-bid",
    /// The coin has no redemption price.
    HouseNoRedemptionPrice =
        40 "IncreasingDiscountCollateralAuctionHouse/invalid-redemption-price-provided",
    /// The delayed feed has no price.
    HouseNoPrice = 41 "IncreasingDiscountCollateralAuctionHouse/collateral-fsm-invalid-value",
    /// The bid buys nothing.
    HouseNothingBought = 42 "IncreasingDiscountCollateralAuctionHouse/null-bought-amount",
    /// Hardly anything would be left to be raised.
    HouseInvalidRest = 43 "IncreasingDiscountCollateralAuctionHouse/invalid-left-to-raise",
    /// A first discount below the last, or none.
    HouseInvalidFirst = 44 "IncreasingDiscountCollateralAuctionHouse/invalid-min-discount",
    /// A last discount above the first, or a price of zero.
    HouseInvalidLast = 45 "IncreasingDiscountCollateralAuctionHouse/invalid-max-discount",
    /// A rate above one.
    HouseInvalidRate = 46 "IncreasingDiscountCollateralAuctionHouse/invalid-discount-update-rate",
    /// No time, or a deadline beyond 48 bits.
    HouseInvalidTime = 47 "IncreasingDiscountCollateralAuctionHouse/invalid-update-rate-time",
    /// A bound above one.
    HouseInvalidCollateralLower =
        48 "IncreasingDiscountCollateralAuctionHouse/invalid-lower-collateral-median-deviation",
    /// A bound above one.
    HouseInvalidCollateralUpper =
        49 "IncreasingDiscountCollateralAuctionHouse/invalid-upper-collateral-median-deviation",
    /// A bound above one.
    HouseInvalidCoinLower =
        50 "IncreasingDiscountCollateralAuctionHouse/invalid-lower-system-coin-median-deviation",
    /// A bound above one.
    HouseInvalidCoinUpper =
        51 "IncreasingDiscountCollateralAuctionHouse/invalid-upper-system-coin-median-deviation",
    /// The rest of the debt would be dust.
    SafesDust = 52 "SAFEEngine/dust",
}

/// Only what no contract computes, such as a value in the base currency, comes this way.
impl From<Overflow> for Rejection {
    fn from(_: Overflow) -> Self {
        Self::NoReason
    }
}

/// The answer of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;
