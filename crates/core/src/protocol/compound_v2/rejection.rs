//! Why the contracts refuse, roughly in the order in which their checks come; the exact order of
//! each operation is in `docs/protocols/compound-v2.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the contracts refused. A text after a colon is the Comptroller's error that a cToken
    /// passes on.
    pub enum Rejection;

    /// The machine's block number would go backward.
    BlockBackward = 0 "BLOCK_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// There is no such market.
    MarketUnknown = 2 "MARKET_UNKNOWN",
    /// The rate curve answers more than 0.0005 % a block, so interest cannot accrue.
    BorrowRateAbsurdlyHigh = 3 "borrow rate is absurdly high",
    /// Minting is paused.
    MintIsPaused = 4 "mint is paused",
    /// Borrowing is paused.
    BorrowIsPaused = 5 "borrow is paused",
    /// Moving cTokens is paused.
    TransferIsPaused = 6 "transfer is paused",
    /// The market cannot be entered: it is not listed.
    MarketNotListed = 7 "MARKET_NOT_LISTED",
    /// An entered market has no price.
    PriceError = 8 "PRICE_ERROR",
    /// The market to mint in is not listed.
    MintMarketNotListed = 9 "MintComptrollerRejection:MARKET_NOT_LISTED",
    /// The market to redeem from is not listed.
    RedeemMarketNotListed = 10 "RedeemComptrollerRejection:MARKET_NOT_LISTED",
    /// An entered market has no price.
    RedeemPriceError = 11 "RedeemComptrollerRejection:PRICE_ERROR",
    /// The account would have a shortfall.
    RedeemInsufficientLiquidity = 12 "RedeemComptrollerRejection:INSUFFICIENT_LIQUIDITY",
    /// The market's cash does not suffice.
    RedeemTransferOutNotPossible = 13 "RedeemTransferOutNotPossible",
    /// The market to borrow from is not listed.
    BorrowMarketNotListed = 14 "BorrowComptrollerRejection:MARKET_NOT_LISTED",
    /// An entered market has no price.
    BorrowPriceError = 15 "BorrowComptrollerRejection:PRICE_ERROR",
    /// The market would owe its cap or more.
    MarketBorrowCapReached = 16 "market borrow cap reached",
    /// The account would have a shortfall.
    BorrowInsufficientLiquidity = 17 "BorrowComptrollerRejection:INSUFFICIENT_LIQUIDITY",
    /// The market's cash does not suffice.
    BorrowCashNotAvailable = 18 "BorrowCashNotAvailable",
    /// The market to repay in is not listed.
    RepayMarketNotListed = 19 "RepayBorrowComptrollerRejection:MARKET_NOT_LISTED",
    /// The market of the cTokens is not listed.
    TransferMarketNotListed = 20 "TransferComptrollerRejection:MARKET_NOT_LISTED",
    /// An entered market has no price.
    TransferPriceError = 21 "TransferComptrollerRejection:PRICE_ERROR",
    /// The account would have a shortfall.
    TransferInsufficientLiquidity = 22 "TransferComptrollerRejection:INSUFFICIENT_LIQUIDITY",
    /// An account may not send cTokens to itself.
    TransferNotAllowed = 23 "TransferNotAllowed",
    /// The account owes in the market.
    ExitBalanceOwed = 24 "EXIT_MARKET_BALANCE_OWED",
    /// The account needs the market's collateral, or its need cannot be told.
    ExitRejection = 25 "EXIT_MARKET_REJECTION",
    /// One of the two markets is not listed.
    LiquidateMarketNotListed = 26 "LiquidateComptrollerRejection:MARKET_NOT_LISTED",
    /// More than the debt, in a market that is wound up.
    RepayMoreThanBorrow = 27 "Can not repay more than the total borrow",
    /// An entered market has no price.
    LiquidatePriceError = 28 "LiquidateComptrollerRejection:PRICE_ERROR",
    /// The account has no shortfall.
    InsufficientShortfall = 29 "LiquidateComptrollerRejection:INSUFFICIENT_SHORTFALL",
    /// More than the close factor allows.
    TooMuchRepay = 30 "LiquidateComptrollerRejection:TOO_MUCH_REPAY",
    /// An account may not liquidate itself.
    LiquidatorIsBorrower = 31 "LiquidateLiquidatorIsBorrower",
    /// Nothing would be repaid.
    CloseAmountIsZero = 32 "LiquidateCloseAmountIsZero",
    /// "All" cannot be asked for.
    CloseAmountIsUintMax = 33 "LiquidateCloseAmountIsUintMax",
    /// A wallet holds too few tokens.
    Erc20ExceedsBalance = 34 "ERC20: transfer amount exceeds balance",
    /// One of the two prices is missing.
    CalculateSeizeFailed = 35 "LIQUIDATE_COMPTROLLER_CALCULATE_AMOUNT_SEIZE_FAILED",
    /// The borrower holds too few cTokens.
    SeizeTooMuch = 36 "LIQUIDATE_SEIZE_TOO_MUCH",
    /// Seizing is paused.
    SeizeIsPaused = 37 "seize is paused",
    /// Tokens would leave for no cToken.
    RedeemTokensZero = 38 "redeemTokens zero",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 39 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 40 "Panic(0x12)",
}

panics!(Rejection);
