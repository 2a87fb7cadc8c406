//! The contract's checked arithmetic and its casts.

use super::rejection::Rejection;
use crate::units::{Rounding, U256, WAD, checked_mul_div, div, mul};

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// Scale of the base asset's indexes, 10^15.
pub(super) const INDEX_SCALE: u64 = 1_000_000_000_000_000;

/// `x · y ÷ d`, rounded down. The product is refused before the divisor.
pub(super) fn down(x: U256, y: U256, d: U256) -> Ruled<U256> {
    if d.is_zero() {
        return Ok(div(mul(x, y)?, d)?);
    }
    Ok(checked_mul_div(x, y, d, Rounding::Floor)?)
}

/// `n · factor ÷ 10^18`, rounded down.
pub(super) fn by_factor(n: U256, factor: U256) -> Ruled<U256> {
    down(n, factor, WAD)
}

/// A checked sum.
pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A checked difference.
pub(super) fn difference(a: U256, b: U256) -> Ruled<U256> {
    a.checked_sub(b).ok_or(Rejection::Panic0x11)
}

/// A cast to 64 bits.
pub(super) fn to_u64(n: U256) -> Ruled<u64> {
    u64::try_from(n).map_err(|_| Rejection::InvalidUInt64)
}

/// A cast to 128 bits.
pub(super) fn to_u128(n: U256) -> Ruled<U256> {
    let fits = n.bit_len() <= 128;
    fits.then_some(n).ok_or(Rejection::InvalidUInt128)
}

/// A cast to a signed number of 104 bits, by way of an unsigned one.
pub(super) fn to_i104(n: U256) -> Ruled<i128> {
    if n.bit_len() > 104 {
        return Err(Rejection::InvalidUInt104);
    }
    if n.bit_len() > 103 {
        return Err(Rejection::InvalidInt104);
    }
    i128::try_from(n).map_err(|_| Rejection::InvalidInt104)
}

/// A cast to a signed number of 256 bits.
pub(super) fn to_i256(n: U256) -> Ruled<U256> {
    let fits = n.bit_len() <= 255;
    fits.then_some(n).ok_or(Rejection::InvalidInt256)
}

/// What a computation in signed numbers of 256 bits keeps.
pub(super) fn signed_range(n: U256) -> Ruled<U256> {
    let fits = n.bit_len() <= 255;
    fits.then_some(n).ok_or(Rejection::Panic0x11)
}

/// A sum of 64 bits.
pub(super) fn sum64(a: u64, b: u64) -> Ruled<u64> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A sum in a storage field of 104 bits.
pub(super) fn sum104(held: u128, more: u128) -> Ruled<u128> {
    let total = held.checked_add(more).ok_or(Rejection::Panic0x11)?;
    let fits = U256::from(total).bit_len() <= 104;
    fits.then_some(total).ok_or(Rejection::Panic0x11)
}

/// A difference in a storage field.
pub(super) fn rest104(held: u128, less: u128) -> Ruled<u128> {
    held.checked_sub(less).ok_or(Rejection::Panic0x11)
}

/// A sum in a storage field of 128 bits.
pub(super) fn sum128(held: U256, more: U256) -> Ruled<U256> {
    let total = sum(held, more)?;
    let fits = total.bit_len() <= 128;
    fits.then_some(total).ok_or(Rejection::Panic0x11)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit(n: usize) -> U256 {
        U256::ONE << n
    }

    #[test]
    fn refuses_as_the_contract_does() {
        let (zero, one, max) = (U256::ZERO, U256::ONE, U256::MAX);
        assert_eq!(down(max, max, zero), Err(Rejection::Panic0x11));
        assert_eq!(down(one, one, zero), Err(Rejection::Panic0x12));
        assert_eq!(down(max, max, one), Err(Rejection::Panic0x11));
        assert_eq!(to_u64(bit(64)), Err(Rejection::InvalidUInt64));
        assert_eq!(to_u128(bit(128)), Err(Rejection::InvalidUInt128));
        assert_eq!(to_i104(bit(104)), Err(Rejection::InvalidUInt104));
        assert_eq!(to_i104(bit(103)), Err(Rejection::InvalidInt104));
        assert_eq!(to_i104(bit(103) - one), Ok((1 << 103) - 1));
        assert_eq!(to_i256(bit(255)), Err(Rejection::InvalidInt256));
        assert_eq!(signed_range(bit(255)), Err(Rejection::Panic0x11));
        assert_eq!(sum64(u64::MAX, 1), Err(Rejection::Panic0x11));
        assert_eq!(sum104((1 << 104) - 1, 1), Err(Rejection::Panic0x11));
        assert_eq!(rest104(0, 1), Err(Rejection::Panic0x11));
        assert_eq!(sum128(bit(128) - one, one), Err(Rejection::Panic0x11));
        assert_eq!(difference(zero, one), Err(Rejection::Panic0x11));
    }
}
