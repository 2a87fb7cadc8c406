//! Points in time as files write them: seconds, milliseconds or microseconds since 1970, ISO 8601.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// Earliest point in time that the readers accept, 1973-03-03, in seconds since 1970.
///
/// The bounds keep the three numeric units apart: no number is a valid time in two of them.
pub const TIME_MIN: u64 = 100_000_000;
/// First second that the readers refuse, 2286-11-20.
pub const TIME_END: u64 = 10_000_000_000;

/// How a column of times is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Iso,
}

/// Reads one time, in whole seconds since 1970 (rounded down), and tells the unit it was in.
pub(crate) fn parse_time(text: &str) -> Option<(u64, TimeUnit)> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        // Some tools write timestamps as floating-point numbers. What is less than a millisecond
        // is dropped; a fraction of a second is not.
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (seconds, unit) = whole.parse().ok().and_then(from_number)?;
        let nothing = fraction.bytes().all(|b| b == b'0');
        let digits = fraction.bytes().all(|b| b.is_ascii_digit());
        let fine = nothing || (unit != TimeUnit::Seconds && digits);
        return fine.then_some((seconds, unit));
    }
    Some((parse_iso(text)?, TimeUnit::Iso))
}

/// Reads one time as a data file may write it, in seconds since 1970.
pub fn read_time(text: &str) -> Option<u64> {
    parse_time(text).map(|(seconds, _)| seconds)
}

/// The unit in which a number is a plausible time, and the seconds it stands for.
pub(crate) fn from_number(n: u64) -> Option<(u64, TimeUnit)> {
    [
        (TimeUnit::Seconds, 1),
        (TimeUnit::Milliseconds, 1_000),
        (TimeUnit::Microseconds, 1_000_000),
        (TimeUnit::Nanoseconds, 1_000_000_000),
    ]
    .into_iter()
    .map(|(unit, per_second)| (n / per_second, unit))
    .find(|(seconds, _)| (TIME_MIN..TIME_END).contains(seconds))
}

/// `2020-03-12T23:50:00Z`, with an offset in place of `Z`, with a blank in place of `T`, without
/// a zone (then UTC), or a date alone (its midnight).
fn parse_iso(text: &str) -> Option<u64> {
    let stamp = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(|| plain_iso(text))?;
    let seconds = u64::try_from(stamp.to_offset(UtcOffset::UTC).unix_timestamp()).ok()?;
    (TIME_MIN..TIME_END).contains(&seconds).then_some(seconds)
}

fn plain_iso(text: &str) -> Option<OffsetDateTime> {
    if let Ok(date) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Some(date.midnight().assume_utc());
    }
    let text = text.replacen(' ', "T", 1);
    let text = text.strip_suffix("+00:00").unwrap_or(&text);
    let text = text.strip_suffix('Z').unwrap_or(text);
    let seconds = text.split_once('.').map_or(text, |(whole, _)| whole);
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let short = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    PrimitiveDateTime::parse(seconds, format)
        .or_else(|_| PrimitiveDateTime::parse(seconds, short))
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

/// A time as `2020-03-12T23:50:00Z`.
pub fn format_time(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
        .and_then(|stamp| stamp.format(&Rfc3339).ok())
        .unwrap_or_else(|| seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_unit() {
        let want = 1_584_057_000;
        for text in [
            "1584057000",
            "1584057000.0",
            "1584057000000",
            "1584057000999",
            "1584057000000000",
            "1584057000000307.2",
            "2020-03-12T23:50:00Z",
            "2020-03-12 23:50:00",
            "2020-03-12 23:50:00+00:00",
            "2020-03-12T23:50:00.000Z",
            "2020-03-13T00:50:00+01:00",
            "2020-03-12T23:50",
        ] {
            assert_eq!(parse_time(text).map(|(t, _)| t), Some(want), "{text}");
        }
        assert_eq!(format_time(want), "2020-03-12T23:50:00Z");
        assert_eq!(
            parse_time("2020-03-12").map(|(t, _)| t),
            Some(1_583_971_200)
        );
        for text in [
            "",
            ".",
            "0",
            "-5",
            "NaN",
            "1e9",
            "20200312",
            "12/03/2020",
            "1584057000.5",
            "1584057000000.5.5",
            "99999999999999999999999",
            "2020-13-01",
            "9999-01-01",
            "1900-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
