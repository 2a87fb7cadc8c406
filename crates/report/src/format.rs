//! Numbers and times as people read them.
//!
//! Values that are not finite become [`MISSING`]: the page never shows a broken number.

use backstop_core::units::{Amount, Ratio, U256};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Stands where there is no number.
pub(crate) const MISSING: &str = "n/a";
const MINUS: &str = "\u{2212}";

/// A whole number with thousands separators.
pub(crate) fn count(n: u64) -> String {
    group(&n.to_string())
}

/// A setting as its author wrote it, with thousands separators; an infinite one is `no limit`.
pub fn setting(value: f64) -> String {
    if value.is_infinite() {
        return "no limit".to_owned();
    }
    let text = value.to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |digits| (MINUS, digits));
    format!("{sign}{}", group(digits))
}

/// Money in a sentence or a tile: three significant digits and a suffix, such as `$12.3M`.
pub(crate) fn money(usd: f64) -> String {
    if !usd.is_finite() {
        return MISSING.to_owned();
    }
    format!("{}${}", sign(usd, 0.005), short(usd.abs()))
}

/// Money in a table whose header names the unit: `1,234,567`, cents below 1,000.
pub(crate) fn usd(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let size = value.abs();
    match size {
        s if s < 0.005 => "0".to_owned(),
        s if s < 999.995 => format!("{}{size:.2}", sign(value, 0.005)),
        s if s < 1e15 => format!("{}{}", sign(value, 0.5), group(&format!("{size:.0}"))),
        _ => format!("{}{size:.3e}", sign(value, 0.5)),
    }
}

/// A price: two decimals from 10 on, five significant digits below.
pub(crate) fn price(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let size = value.abs();
    if size >= 1e15 {
        format!("{}{size:.4e}", sign(value, 0.0))
    } else if size >= 10.0 {
        let text = format!("{size:.2}");
        format!("{}{}", sign(value, 0.0), group(&text))
    } else if size == 0.0 {
        "0".to_owned()
    } else {
        format!("{}{}", sign(value, 0.0), significant(size, 5))
    }
}

/// A share of one as per cent, one decimal, such as `57.3 %`; two where it is near nothing or near all.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return MISSING.to_owned();
    }
    let value = share * 100.0;
    let digits = match value.abs() {
        0.0 => 1,
        size if size < 0.1 || (99.95..99.995).contains(&size) => 2,
        _ => 1,
    };
    let text = group(&format!("{:.digits$}", value.abs()));
    format!("{}{text}\u{a0}%", sign(value, 0.005))
}

/// A pure number with two decimals and thousands separators.
pub(crate) fn decimal(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    format!(
        "{}{}",
        sign(value, 0.005),
        group(&format!("{:.2}", value.abs()))
    )
}

/// A health factor, cut (not rounded) to four decimals so that 0.99999 never reads as 1.
pub(crate) fn health(factor: Ratio) -> String {
    if factor == Ratio::MAX {
        return "no debt".to_owned();
    }
    let text = units(Amount(factor.0), 18);
    match text.split_once('.') {
        _ if factor.0 >= U256::from(10u64).pow(U256::from(24u64)) => "> 1,000,000".to_owned(),
        Some((whole, part)) => {
            let part = part.get(..4).unwrap_or(part);
            format!("{whole}.{part:0<4}")
        }
        None => format!("{text}.0000"),
    }
}

/// An exact amount in whole tokens, with thousands separators and without trailing zeros.
pub(crate) fn units(amount: Amount, decimals: u8) -> String {
    let text = amount.to_string();
    let decimals = usize::from(decimals);
    let padded = format!("{text:0>width$}", width = decimals + 1);
    let (whole, part) = padded.split_at(padded.len() - decimals);
    let part = part.trim_end_matches('0');
    if part.is_empty() {
        group(whole)
    } else {
        format!("{}.{part}", group(whole))
    }
}

/// An integer with thousands separators; the largest one, which means "all" or "no limit", by name.
pub(crate) fn integer(n: U256) -> String {
    if n == U256::MAX {
        return "2^256 − 1".to_owned();
    }
    group(&n.to_string())
}

/// The ticks of one axis: one suffix and as few digits for all as tell them apart.
pub(crate) fn ticks(values: &[f64]) -> Vec<String> {
    let largest = values.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    let (scale, suffix) = suffix(largest);
    let step = match values {
        [a, b, ..] => (b - a).abs(),
        _ => largest,
    };
    let exact = |digits: &usize| {
        let unit = 10f64.powi(-i32::try_from(*digits).unwrap_or(0)) * scale;
        values
            .iter()
            .all(|v| ((v / unit).round() * unit - v).abs() <= step * 1e-3)
    };
    let digits = (0..12).find(exact).unwrap_or(12);
    let one = |value: &f64| {
        let text = group(&format!("{:.digits$}", value.abs() / scale));
        let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
        match (zero, *value < 0.0) {
            (true, _) => "0".to_owned(),
            (false, true) => format!("{MINUS}{text}{suffix}"),
            (false, false) => format!("{text}{suffix}"),
        }
    };
    values.iter().map(one).collect()
}

/// A moment: `13 Mar 2020 02:14 UTC`.
pub(crate) fn moment(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] =
        format_description!("[day padding:none] [month repr:short] [year] [hour]:[minute] UTC");
    stamp(seconds, SHAPE)
}

/// A moment without its year: `13 Mar 02:14`.
pub(crate) fn moment_short(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] =
        format_description!("[day padding:none] [month repr:short] [hour]:[minute]");
    stamp(seconds, SHAPE)
}

/// A time of day: `02:14`.
pub(crate) fn clock(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");
    stamp(seconds, SHAPE)
}

/// A time of day with seconds: `02:14:05`.
pub(crate) fn clock_seconds(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
    stamp(seconds, SHAPE)
}

/// A day: `13 Mar`.
pub(crate) fn day(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] =
        format_description!("[day padding:none] [month repr:short]");
    stamp(seconds, SHAPE)
}

/// A moment for machines: `2020-03-13T02:14:00Z`.
pub(crate) fn moment_iso(seconds: u64) -> String {
    const SHAPE: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    stamp(seconds, SHAPE)
}

fn stamp(seconds: u64, shape: &[BorrowedFormatItem<'_>]) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
        .and_then(|t| t.format(shape).ok())
        .unwrap_or_else(|| format!("second {}", count(seconds)))
}

/// A duration in its largest sensible unit, such as `48 h` or `90 s`.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        s if s >= 2 * 86_400 && s.is_multiple_of(86_400) => format!("{} d", count(s / 86_400)),
        s if s >= 3_600 && s.is_multiple_of(3_600) => format!("{} h", count(s / 3_600)),
        s if s >= 3_600 => format!("{} h {} min", count(s / 3_600), s % 3_600 / 60),
        s if s >= 60 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s if s >= 60 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{s} s"),
    }
}

/// A duration in at most seven letters, such as `12.6 h`.
pub(crate) fn duration_short(seconds: u64) -> String {
    // Exact enough: a run is far shorter than 2^53 seconds.
    let in_units = |unit: u64| seconds as f64 / unit as f64;
    match seconds {
        s if s >= 3 * 86_400 => format!("{:.1} d", in_units(86_400)),
        s if s >= 2 * 3_600 => format!("{:.1} h", in_units(3_600)),
        s if s >= 120 => format!("{:.0} min", in_units(60)),
        s => format!("{s} s"),
    }
}

/// A duration in words, to the hour from two hours on, such as `25 hours`.
pub(crate) fn duration_words(seconds: u64) -> String {
    match seconds {
        s if s >= 3 * 86_400 => plural((s + 43_200) / 86_400, "day", "days"),
        s if s >= 2 * 3_600 => plural((s + 1_800) / 3_600, "hour", "hours"),
        s if s >= 120 => plural((s + 30) / 60, "minute", "minutes"),
        s => plural(s, "second", "seconds"),
    }
}

/// `one` or `many` after a number.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", count(n), if n == 1 { one } else { many })
}

/// Text from a file on one line and without control characters, which could steer the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn sign(value: f64, smallest: f64) -> &'static str {
    if value < 0.0 && value.abs() >= smallest {
        MINUS
    } else {
        ""
    }
}

fn suffix(size: f64) -> (f64, &'static str) {
    match size {
        s if s >= 1e15 => (1e15, "Q"),
        s if s >= 1e12 => (1e12, "T"),
        s if s >= 1e9 => (1e9, "B"),
        s if s >= 1e6 => (1e6, "M"),
        s if s >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    }
}

fn short(size: f64) -> String {
    // The suffix is chosen after rounding to three digits, so that 999,999 reads as 1M.
    let (scale, suffix) = suffix(size * 1.000_5);
    let scaled = size / scale;
    match scaled {
        s if s >= 1e6 => format!("{s:.2e}{suffix}"),
        s if s >= 999.5 => format!("{}{suffix}", group(&format!("{s:.0}"))),
        s if s >= 99.95 => format!("{s:.0}{suffix}"),
        s if s >= 9.995 && !suffix.is_empty() => format!("{s:.1}{suffix}"),
        s if s < 0.005 => "0".to_owned(),
        s => format!("{s:.2}{suffix}"),
    }
}

fn significant(size: f64, digits: i32) -> String {
    let magnitude = size.log10().floor();
    let decimals = (f64::from(digits) - 1.0 - magnitude).clamp(0.0, 20.0) as usize;
    let text = format!("{size:.decimals$}");
    match text.split_once('.') {
        // Two decimals at least: prices read as money.
        Some((whole, part)) => {
            let kept = part.trim_end_matches('0').len().max(2).min(part.len());
            format!("{whole}.{}", &part[..kept])
        }
        None => text,
    }
}

fn group(digits: &str) -> String {
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (digits, None),
    };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(show: impl Fn(f64) -> String, cases: &[(f64, &str)]) {
        for (value, want) in cases {
            assert_eq!(show(*value), *want, "{value}");
        }
    }

    #[test]
    fn settings_keep_their_digits() {
        check(
            setting,
            &[
                (0.3, "0.3"),
                (3_810_000.0, "3,810,000"),
                (3_904.25, "3,904.25"),
                (-12_345.5, "−12,345.5"),
                (f64::INFINITY, "no limit"),
            ],
        );
    }

    #[test]
    fn money_has_three_digits() {
        check(
            money,
            &[
                (0.0, "$0"),
                (0.001, "$0"),
                (0.126, "$0.13"),
                (12.345, "$12.35"),
                (999.0, "$999"),
                (1_234.5, "$1,234"),
                (9_999.9, "$10.0k"),
                (12_345.0, "$12.3k"),
                (999_999.0, "$1.00M"),
                (-12_345_678.0, "−$12.3M"),
                (1.5e9, "$1.50B"),
                (2.5e22, "$2.50e7Q"),
                (f64::NAN, "n/a"),
                (f64::INFINITY, "n/a"),
            ],
        );
    }

    #[test]
    fn tables_show_whole_dollars() {
        check(
            usd,
            &[
                (0.001, "0"),
                (-0.5, "−0.50"),
                (999.999, "1,000"),
                (1_234_567.8, "1,234,568"),
                (1e20, "1.000e20"),
                (f64::NEG_INFINITY, "n/a"),
            ],
        );
        check(
            price,
            &[
                (194.27, "194.27"),
                (12_345.678, "12,345.68"),
                (1.0, "1.00"),
                (0.998_7, "0.9987"),
                (0.000_012_345_67, "0.000012346"),
                (0.0, "0"),
                (f64::NAN, "n/a"),
            ],
        );
        check(
            percent,
            &[
                (0.573_4, "57.3\u{a0}%"),
                (-0.1, "−10.0\u{a0}%"),
                (0.000_3, "0.03\u{a0}%"),
                (0.0, "0.0\u{a0}%"),
            ],
        );
    }

    #[test]
    fn ticks_of_an_axis_share_their_digits() {
        let cases: [(&[f64], &str); 6] = [
            (&[-50.0, 0.0, 50.0], "−50 0 50"),
            (&[0.0, 2.5e6, 5e6], "0 2.5M 5.0M"),
            (&[0.9, 0.95, 1.0], "0.90 0.95 1.00"),
            (&[0.0, 5_000.0, 10_000.0], "0 5k 10k"),
            (&[1e-9, 2e-9], "0.000000001 0.000000002"),
            (&[], ""),
        ];
        for (values, want) in cases {
            assert_eq!(ticks(values).join(" "), want);
        }
    }

    #[test]
    fn exact_amounts_keep_every_digit() {
        let cases = [
            (0u128, 18, "0"),
            (1, 18, "0.000000000000000001"),
            (1_234_567_500_000, 6, "1,234,567.5"),
            (42, 0, "42"),
        ];
        for (amount, decimals, want) in cases {
            assert_eq!(units(Amount::new(amount), decimals), want);
        }
        let cases = [
            (999_999_999_999_999_999u128, "0.9999"),
            (1_000_000_000_000_000_000, "1.0000"),
            (1_234_000_000_000_000_000_000, "1,234.0000"),
            (10u128.pow(25), "> 1,000,000"),
        ];
        for (factor, want) in cases {
            assert_eq!(health(Ratio::new(factor)), want);
        }
        assert_eq!(health(Ratio::MAX), "no debt");
    }

    #[test]
    fn short_durations() {
        let cases = [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7_199, "120 min"),
            (45_300, "12.6 h"),
            (400_000, "4.6 d"),
        ];
        for (seconds, want) in cases {
            assert_eq!(duration_short(seconds), want);
        }
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(moment(1_584_065_640), "13 Mar 2020 02:14 UTC");
        assert_eq!(moment_iso(1_584_065_640), "2020-03-13T02:14:00Z");
        assert_eq!(moment(u64::MAX), "second 18,446,744,073,709,551,615");
        let cases = [
            (172_800, "2 d"),
            (86_400, "24 h"),
            (5_400, "1 h 30 min"),
            (60, "1 min"),
            (45, "45 s"),
        ];
        for (seconds, want) in cases {
            assert_eq!(duration(seconds), want);
        }
    }
}
