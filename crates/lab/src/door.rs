//! The door between the two worlds: the only place where `f64` and ledger integers become each
//! other.
//!
//! Assumption: the protocol's base currency is the US dollar, so a ledger price of
//! 10^`base_decimals` is one dollar. Integers become `f64` by rounding to 53 significant bits
//! (relative error below 10^−15). `f64` becomes an integer by rounding down for amounts and to the
//! nearest for prices; what is negative or not a number becomes 0, and what is too large becomes
//! the largest value. Nothing here fails.

use backstop_core::units::{Amount, Bps, Price, Ratio, U256, Value};

/// Health factors and other ratios have 18 decimals.
const RATIO_DECIMALS: u8 = 18;

/// An oracle answer from a market price in USD, to the nearest unit of the oracle.
pub fn price_to_oracle(usd: f64, base_decimals: u8) -> Price {
    Price(to_integer((usd * ten_to(base_decimals)).round()))
}

/// A market price in USD from an oracle answer.
pub fn price_to_usd(price: Price, base_decimals: u8) -> f64 {
    to_float(price.0) / ten_to(base_decimals)
}

/// A sum in USD from a ledger value.
pub fn value_to_usd(value: Value, base_decimals: u8) -> f64 {
    to_float(value.0) / ten_to(base_decimals)
}

/// Whole tokens from an amount in the token's smallest unit.
pub fn amount_to_tokens(amount: Amount, decimals: u8) -> f64 {
    to_float(amount.0) / ten_to(decimals)
}

/// An amount in the token's smallest unit from whole tokens, rounded down.
pub fn tokens_to_amount(tokens: f64, decimals: u8) -> Amount {
    Amount(to_integer((tokens * ten_to(decimals)).floor()))
}

/// A share of an amount, rounded down; never more than the amount. `share` is taken into `[0, 1]`.
pub fn share_of(amount: Amount, share: f64) -> Amount {
    if share >= 1.0 {
        return amount;
    }
    Amount(to_integer((to_float(amount.0) * share).floor()).min(amount.0))
}

/// A ratio such as a health factor; [`Ratio::MAX`] (no debt) becomes infinity.
pub fn ratio_to_f64(ratio: Ratio) -> f64 {
    if ratio == Ratio::MAX {
        return f64::INFINITY;
    }
    to_float(ratio.0) / ten_to(RATIO_DECIMALS)
}

/// A ratio such as a level of health, to the nearest billionth.
pub fn ratio_of(x: f64) -> Ratio {
    let billionths = to_integer((x * 1e9).round());
    Ratio(billionths.saturating_mul(to_integer(1e9)))
}

/// Basis points of a number, to the nearest; at most [`u16::MAX`] of them.
pub fn bps_of(x: f64) -> Bps {
    let bps = to_integer((x * 10_000.0).round());
    Bps(u16::try_from(bps).unwrap_or(u16::MAX))
}

/// A share from basis points: 10 000 is 1.
pub fn bps_to_share(bps: Bps) -> f64 {
    f64::from(bps.0) / 10_000.0
}

/// Powers of ten that `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// 10^`decimals`; infinity above 10^308.
fn ten_to(decimals: u8) -> f64 {
    let beyond = || (0..decimals).fold(1.0, |power, _| power * 10.0);
    let exact = POWERS.get(usize::from(decimals));
    exact.copied().unwrap_or_else(beyond)
}

fn to_float(n: U256) -> f64 {
    const LIMB: f64 = 18_446_744_073_709_551_616.0;
    let [a, b, c, d] = n.into_limbs();
    // Leading zeros add nothing.
    let high = if c | d == 0 {
        0.0
    } else {
        (d as f64 * LIMB + c as f64) * LIMB
    };
    (high + b as f64) * LIMB + a as f64
}

/// The integer part of a number that is not negative; see the module's text for the rest.
fn to_integer(x: f64) -> U256 {
    if x.is_nan() || x < 1.0 {
        return U256::ZERO;
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52) & 0x7ff;
    let mantissa = U256::from((bits & ((1 << 52) - 1)) | (1 << 52));
    match exponent {
        0..1075 => mantissa >> (1075 - exponent) as usize,
        1075..=1278 => mantissa << (exponent - 1075) as usize,
        _ => U256::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_amounts_cross_both_ways() {
        for (usd, decimals, want) in [
            (0.0, 8, 0u128),
            (1.0, 8, 100_000_000),
            (195.21, 8, 19_521_000_000),
            (1e-9, 8, 0),
            (6e-9, 8, 1),
            (-4.0, 8, 0),
            (f64::NAN, 8, 0),
        ] {
            assert_eq!(price_to_oracle(usd, decimals), Price::new(want), "{usd}");
        }
        for (tokens, decimals, want) in [
            (1.5, 18, 1_500_000_000_000_000_000u128),
            (0.999_999_9, 6, 999_999),
            (-1.0, 6, 0),
        ] {
            assert_eq!(tokens_to_amount(tokens, decimals), Amount::new(want));
        }
        assert_eq!(amount_to_tokens(Amount::new(1_500_000), 6), 1.5);
        assert_eq!(price_to_usd(Price::new(250_000_000), 8), 2.5);
        for (x, billionths) in [(1.1, 1_100_000_000), (1.05, 1_050_000_000), (-1.0, 0)] {
            assert_eq!(ratio_of(x), Ratio::new(billionths * 1_000_000_000), "{x}");
        }
        assert_eq!(
            [2.0, 0.1, 7.0, -1.0].map(bps_of),
            [20_000, 1_000, 65_535, 0].map(Bps)
        );
        assert_eq!(value_to_usd(Value::new(250_000_000), 8), 2.5);
    }

    #[test]
    fn extremes_saturate() {
        assert_eq!(price_to_oracle(f64::INFINITY, 8), Price::MAX);
        assert_eq!(tokens_to_amount(1e300, 18), Amount::MAX);
        assert_eq!(tokens_to_amount(1.0, 255), Amount(to_integer(ten_to(255))));
        assert_eq!(to_integer(2f64.powi(255)), U256::ONE << 255);
        assert_eq!(to_integer(2f64.powi(256)), U256::MAX);
        assert_eq!(ratio_to_f64(Ratio::MAX), f64::INFINITY);
        assert_eq!(ratio_to_f64(Ratio::new(1_500_000_000_000_000_000)), 1.5);
        assert!(amount_to_tokens(Amount::MAX, 0) > 1e77);
    }

    #[test]
    fn a_share_never_exceeds_the_whole() {
        let all = Amount(U256::from(u128::MAX));
        assert_eq!(share_of(all, 1.0), all);
        assert_eq!(share_of(all, 7.0), all);
        assert_eq!(share_of(all, -1.0), Amount::ZERO);
        assert_eq!(share_of(Amount::new(101), 0.5), Amount::new(50));
        assert!(share_of(all, 1.0 - 1e-17) <= all);
    }

    proptest::proptest! {
        #[test]
        fn integers_survive_up_to_53_bits(n in 0u64..(1 << 53)) {
            proptest::prop_assert_eq!(to_integer(to_float(U256::from(n))), U256::from(n));
        }

        #[test]
        fn larger_integers_keep_15_digits(n: [u64; 4], shift in 0usize..256) {
            let n = U256::from_limbs(n) >> shift;
            let back = to_integer(to_float(n));
            let off = back.abs_diff(n);
            proptest::prop_assert!(off <= (n >> 49), "{n} {back}");
        }
    }
}
