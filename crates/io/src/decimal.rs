//! Exact amounts as decimal strings: whole tokens in files, base units in memory.

use backstop_core::units::{Amount, U256};
use std::cmp::Ordering;

/// Reads whole tokens, such as `12.5`, into base units of an asset with these decimals.
///
/// Digits, at most one point, nothing else; more digits after the point than the asset has are
/// refused unless they are zeros, so nothing is ever rounded.
///
/// # Errors
/// A sentence that says what was found and what is allowed.
pub fn parse_amount(text: &str, decimals: u8) -> Result<Amount, String> {
    let refuse = |why: &str| Err(format!("found {}; {why}", crate::error::excerpt(text)));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return refuse("allowed: digits with at most one point, such as 12.5, not negative");
    }
    let kept = fraction.trim_end_matches('0');
    if kept.len() > usize::from(decimals) {
        return refuse(&format!(
            "the asset has {decimals} decimals, so at most {decimals} digits after the point"
        ));
    }
    let zeros = std::iter::repeat_n(b'0', usize::from(decimals) - kept.len());
    let base_units = number(whole.bytes().chain(kept.bytes()).chain(zeros));
    match base_units {
        Some(n) if n < U256::MAX => Ok(Amount(n)),
        _ => refuse("it does not fit 256 bits"),
    }
}

/// Writes base units as whole tokens, exactly and without needless zeros.
pub fn format_amount(amount: Amount, decimals: u8) -> String {
    let digits = match u128::try_from(amount.0) {
        Ok(small) => small.to_string(),
        Err(_) => amount.0.to_string(),
    };
    let decimals = usize::from(decimals);
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// Base units of a floating-point number of whole tokens, read as the shortest decimal that
/// stands for it: 0.1 is a tenth exactly. Digits beyond the asset's decimals are rounded to the
/// nearest. `None` where the number is negative, not finite or too large.
pub fn amount_from_tokens(tokens: f64, decimals: u8) -> Option<Amount> {
    if !tokens.is_finite() || tokens.is_sign_negative() && tokens != 0.0 {
        return None;
    }
    let tokens = tokens.abs();
    let written = |text: String| parse_amount(&text, decimals).ok();
    plain_amount(tokens, decimals)
        .or_else(|| written(tokens.to_string()))
        .or_else(|| written(format!("{tokens:.*}", usize::from(decimals))))
}

/// The usual numbers, without a text; nothing where 128 bits do not suffice.
fn plain_amount(tokens: f64, decimals: u8) -> Option<Amount> {
    let (digits, exponent) = shortest(tokens)?;
    let amount = match u32::try_from(exponent + i32::from(decimals)) {
        Ok(zeros) => u128::from(digits).checked_mul(10u128.checked_pow(zeros)?)?,
        Err(_) => nearest(tokens, decimals)?,
    };
    Some(Amount::new(amount))
}

/// The shortest decimal that stands for a number, as digits times a power of ten.
fn shortest(tokens: f64) -> Option<(u64, i32)> {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(tokens);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = whole
        .bytes()
        .chain(fraction.bytes())
        .map(|b| u64::from(b - b'0'));
    let digits = digits.fold(0, |sum, digit| sum * 10 + digit);
    let exponent: i32 = exponent.parse().ok()?;
    Some((digits, exponent - i32::try_from(fraction.len()).ok()?))
}

/// The whole number nearest to `tokens · 10^decimals`; nothing where 128 bits do not suffice to tell, or half a
/// unit is left over.
fn nearest(tokens: f64, decimals: u8) -> Option<u128> {
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = tokens.to_bits();
    let (biased, fraction) = (bits >> FRACTION_BITS, bits & ((1 << FRACTION_BITS) - 1));
    // A number without its leading bit is far too small to be told here.
    let whole = (biased > 0).then_some(fraction | (1 << FRACTION_BITS))?;
    let scaled = u128::from(whole).checked_mul(10u128.checked_pow(u32::from(decimals))?)?;
    let shift = 1075u32.checked_sub(u32::try_from(biased).ok()?)?;
    let half = 1u128.checked_shl(shift.checked_sub(1)?)?;
    let rest = scaled & ((half - 1) | half);
    let floor = scaled.checked_shr(shift).unwrap_or(0);
    match rest.cmp(&half) {
        Ordering::Less => Some(floor),
        Ordering::Equal => None,
        Ordering::Greater => Some(floor + 1),
    }
}

/// Whole tokens nearest to an amount.
pub fn tokens_from_amount(amount: Amount, decimals: u8) -> f64 {
    format_amount(amount, decimals)
        .parse()
        .unwrap_or(f64::INFINITY)
}

/// The number that decimal digits write; zero for none, `None` where it needs over 256 bits.
fn number(digits: impl Iterator<Item = u8> + Clone) -> Option<U256> {
    const DIGITS_MAX: usize = 78;
    let digits = digits.skip_while(|digit| *digit == b'0');
    let value = |digit: u8| u128::from(digit - b'0');
    let small = digits.clone().try_fold(0_u128, |sum, digit| {
        sum.checked_mul(10)?.checked_add(value(digit))
    });
    if let Some(small) = small {
        return Some(U256::from(small));
    }
    if digits.clone().nth(DIGITS_MAX).is_some() {
        return None;
    }
    digits.map(value).try_fold(U256::ZERO, |sum, digit| {
        sum.checked_mul(U256::from(10))?
            .checked_add(U256::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_exactly_or_refuses() {
        for (text, decimals, want) in [
            ("0", 18, Some(0)),
            ("12.5", 6, Some(12_500_000)),
            ("12.", 6, Some(12_000_000)),
            (".5", 1, Some(5)),
            ("1.500000000", 6, Some(1_500_000)),
            ("1.0000001", 6, None),
            ("007", 0, Some(7)),
            ("7.5", 0, None),
            ("", 6, None),
            (".", 6, None),
            ("-1", 6, None),
            ("+1", 6, None),
            ("1e3", 6, None),
            ("1_000", 6, None),
            ("NaN", 6, None),
            ("1.2.3", 6, None),
        ] {
            assert_eq!(
                parse_amount(text, decimals).ok(),
                want.map(Amount::new),
                "{text}"
            );
        }
        let digits = "9".repeat(78);
        assert!(parse_amount(&digits, 0).is_err(), "over 256 bits");
        assert!(
            parse_amount(&"9".repeat(100_000), 18).is_err(),
            "absurdly long"
        );
    }

    #[test]
    fn floats_round_once() {
        for (tokens, decimals, want) in [
            (0.1, 18, Some(100_000_000_000_000_000)),
            (1.5, 0, Some(2)),
            (2.5, 0, Some(2)),
            (0.0, 6, Some(0)),
            (-0.0, 6, Some(0)),
            (-1.0, 6, None),
            (f64::NAN, 6, None),
            (f64::INFINITY, 6, None),
            (1e300, 18, None),
        ] {
            assert_eq!(
                amount_from_tokens(tokens, decimals),
                want.map(Amount::new),
                "{tokens}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn format_and_parse_are_inverse(limbs: [u64; 4], shift in 0usize..256, decimals in 0u8..=36) {
            let amount = Amount((U256::from_limbs(limbs) >> shift).min(U256::MAX - U256::ONE));
            assert_eq!(parse_amount(&format_amount(amount, decimals), decimals), Ok(amount));
        }

        /// As the library writes the number: all of its digits where there is room for them, else to the decimals.
        /// Of two shortest decimals that are as near either may be meant.
        #[test]
        fn floats_are_read_as_they_are_written(
            bits: u64, few in 0u32..=1_000_000_000, places in 0i32..12, decimals in 0u8..=40,
        ) {
            let plain = f64::from(few) / 10f64.powi(places);
            for tokens in [f64::from_bits(bits).abs(), plain, plain * 1.1, plain / 3.0, plain.sqrt()] {
                let got = amount_from_tokens(tokens, decimals);
                let want = match parse_amount(&tokens.to_string(), decimals) {
                    Ok(whole) => Some(whole),
                    Err(_) => parse_amount(&format!("{tokens:.*}", usize::from(decimals)), decimals).ok(),
                };
                let at_38 = |text: String| parse_amount(&text, 38).ok().map(|amount| amount.0);
                let at_38_of = |amount: Option<Amount>| at_38(format_amount(amount?, decimals));
                let exact = at_38(format!("{tokens:.38}"));
                let as_near = at_38_of(got).zip(at_38_of(want)).zip(exact);
                let as_near = as_near.is_some_and(|((got, want), exact)| got + want == exact + exact);
                proptest::prop_assert!(got == want || as_near, "{} {}: {:?} {:?}", tokens, decimals, got, want);
            }
        }

        #[test]
        fn no_text_panics(text: String, decimals: u8) {
            let _ = parse_amount(&text, decimals);
        }
    }
}
