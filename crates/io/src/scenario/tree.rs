//! A TOML document as a tree in which every value knows its place, with `--set` applied.

use crate::error::{Place, Problem};
use std::path::Path;
use time::{Date, Month, PrimitiveDateTime, UtcOffset};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    /// The value as it is written, for messages; `[…]` and `{…}` stand for longer ones.
    pub(super) raw: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bool,
    Whole(i128),
    Float(f64),
    Text(String),
    /// Seconds since 1970; `None` where the zone is missing or the time is before 1970.
    Time(Option<u64>),
    List(Vec<Item>),
    Table(Vec<(String, Item)>),
}

/// Parses a document; a document with errors gives all of them.
pub(super) fn parse(file: &Path, text: &str) -> Result<Item, Vec<Problem>> {
    let lines = Lines(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let kind = table(document.get_ref(), &Origin::File(&lines));
        let (place, raw) = (Place::File, "the document".to_owned());
        return Ok(Item { place, raw, kind });
    }
    let problem = |error: &toml::de::Error| Problem {
        file: file.display().to_string(),
        place: error
            .span()
            .map_or(Place::File, |span| lines.place(span.start)),
        key: String::new(),
        message: format!("not valid TOML: {}", error.message().replace('\n', "; ")),
    };
    Err(errors.iter().map(problem).collect())
}

/// Puts one `--set key=value` into the tree.
///
/// The value is read as TOML; what is not TOML is taken as text, so that quotes are not needed.
pub(super) fn set(root: &mut Item, key: &str, value: &str) -> Result<(), String> {
    let place = Place::Set(format!("{key}={value}"));
    let item = match DeValue::parse(value) {
        Ok(parsed) => convert(parsed.get_ref(), 0, value.to_owned(), &Origin::Set(&place)),
        Err(_) => Item {
            place: place.clone(),
            raw: format!("{value:?}"),
            kind: Kind::Text(value.to_owned()),
        },
    };
    let mut at = root;
    let mut walked = String::new();
    for part in key.split('.') {
        if part.is_empty() {
            return Err("a part of the key is empty; allowed: parts joined by points".to_owned());
        }
        at = step(at, part, &walked, &place)?;
        walked = if walked.is_empty() {
            part.to_owned()
        } else {
            format!("{walked}.{part}")
        };
    }
    *at = item;
    Ok(())
}

/// The child of a table (made where it is missing) or the element of a list.
fn step<'a>(
    at: &'a mut Item,
    part: &str,
    walked: &str,
    place: &Place,
) -> Result<&'a mut Item, String> {
    match &mut at.kind {
        Kind::Table(entries) => {
            let position = entries
                .iter()
                .position(|(name, _)| name == part)
                .unwrap_or(entries.len());
            if position == entries.len() {
                let empty = Item {
                    place: place.clone(),
                    raw: "{…}".to_owned(),
                    kind: Kind::Table(Vec::new()),
                };
                entries.push((part.to_owned(), empty));
            }
            Ok(&mut entries[position].1)
        }
        Kind::List(items) => {
            let length = items.len();
            part.parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
                .ok_or_else(|| {
                    format!("{walked} has {length} entries, counted from 0; found {part:?}")
                })
        }
        _ => Err(format!("{walked} is {}, which has no parts", at.raw)),
    }
}

enum Origin<'a> {
    File(&'a Lines<'a>),
    Set(&'a Place),
}

impl Origin<'_> {
    fn place(&self, offset: usize) -> Place {
        match self {
            Self::File(lines) => lines.place(offset),
            Self::Set(place) => (*place).clone(),
        }
    }
}

struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// Line and column of a byte, both from 1; columns count characters.
    fn place(&self, offset: usize) -> Place {
        let before = self.0.get(..offset).unwrap_or(self.0);
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        Place::Position {
            line: 1 + before.bytes().filter(|b| *b == b'\n').count() as u64,
            column: 1 + before[start..].chars().count() as u64,
        }
    }
}

fn table(entries: &DeTable<'_>, origin: &Origin<'_>) -> Kind {
    // The parser sorts by name; the file's order says which asset comes first.
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): &(&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        let raw = raw(value.get_ref());
        (
            name.to_string(),
            convert(value.get_ref(), value.span().start, raw, origin),
        )
    };
    Kind::Table(entries.iter().map(entry).collect())
}

fn convert(value: &DeValue<'_>, offset: usize, raw_text: String, origin: &Origin<'_>) -> Item {
    let kind = match value {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Boolean(_) => Kind::Bool,
        DeValue::Integer(n) => {
            i128::from_str_radix(n.as_str(), n.radix()).map_or(Kind::Float(f64::MAX), Kind::Whole)
        }
        DeValue::Float(x) => Kind::Float(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Datetime(stamp) => Kind::Time(seconds(stamp)),
        DeValue::Array(values) => {
            let item = |v: &Spanned<DeValue<'_>>| {
                convert(v.get_ref(), v.span().start, raw(v.get_ref()), origin)
            };
            Kind::List(values.iter().map(item).collect())
        }
        DeValue::Table(entries) => table(entries, origin),
    };
    Item {
        place: origin.place(offset),
        raw: raw_text,
        kind,
    }
}

fn raw(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => crate::error::excerpt(text),
        DeValue::Integer(n) => n.as_str().to_owned(),
        DeValue::Float(x) => x.as_str().to_owned(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Datetime(stamp) => stamp.to_string(),
        DeValue::Array(_) => "[…]".to_owned(),
        DeValue::Table(_) => "{…}".to_owned(),
    }
}

fn seconds(stamp: &toml::value::Datetime) -> Option<u64> {
    let (date, time, offset) = (stamp.date?, stamp.time?, stamp.offset?);
    let minutes = match offset {
        toml::value::Offset::Z => 0,
        toml::value::Offset::Custom { minutes } => i32::from(minutes),
    };
    let month = Month::try_from(date.month).ok()?;
    let date = Date::from_calendar_date(i32::from(date.year), month, date.day).ok()?;
    let time = time::Time::from_hms(time.hour, time.minute, time.second.unwrap_or(0)).ok()?;
    let offset = UtcOffset::from_whole_seconds(minutes * 60).ok()?;
    let stamp = PrimitiveDateTime::new(date, time).assume_offset(offset);
    u64::try_from(stamp.unix_timestamp()).ok()
}
