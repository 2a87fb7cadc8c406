//! Exact amounts as decimal strings: whole tokens in files, base units in memory.

use backstop_core::units::{Amount, U256};

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
    parse_amount(&tokens.to_string(), decimals)
        .or_else(|_| parse_amount(&format!("{tokens:.*}", usize::from(decimals)), decimals))
        .ok()
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

        #[test]
        fn no_text_panics(text: String, decimals: u8) {
            let _ = parse_amount(&text, decimals);
        }
    }
}
