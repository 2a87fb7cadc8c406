//! Why a Comet refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/comet.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the contract refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The operation is paused.
    Paused = 2 "Paused",
    /// Sender and recipient are the same.
    NoSelfTransfer = 3 "NoSelfTransfer",
    /// The present time does not fit 40 bits.
    TimestampTooLarge = 4 "TimestampTooLarge",
    /// Reserves have reached their target, so nothing is sold.
    NotForSale = 5 "NotForSale",
    /// The payer has too few tokens.
    TransferExceedsBalance = 6 "ERC20: transfer amount exceeds balance",
    /// The collateral is not listed.
    BadAsset = 7 "BadAsset",
    /// More of the collateral would be supplied than may be.
    SupplyCapExceeded = 8 "SupplyCapExceeded",
    /// The debt would be below the least that may be owed.
    BorrowTooSmall = 9 "BorrowTooSmall",
    /// A feed answered zero or less.
    BadPrice = 10 "BadPrice",
    /// The collateral does not allow the debt.
    NotCollateralized = 11 "NotCollateralized",
    /// The account is not under water.
    NotLiquidatable = 12 "NotLiquidatable",
    /// Less would be bought than the buyer wants at least.
    TooMuchSlippage = 13 "TooMuchSlippage",
    /// The protocol owns too little of it.
    InsufficientReserves = 14 "InsufficientReserves",
    /// Does not fit 64 bits.
    InvalidUInt64 = 15 "InvalidUInt64",
    /// Does not fit 104 bits.
    InvalidUInt104 = 16 "InvalidUInt104",
    /// Does not fit 104 bits with a sign.
    InvalidInt104 = 17 "InvalidInt104",
    /// Does not fit 128 bits.
    InvalidUInt128 = 18 "InvalidUInt128",
    /// Does not fit 256 bits with a sign.
    InvalidInt256 = 19 "InvalidInt256",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 20 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 21 "Panic(0x12)",
}

panics!(Rejection);
