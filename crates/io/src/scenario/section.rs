//! Reading keys of a table: type, range and presence are checked, every problem is collected, and
//! keys that nobody asked for are problems too.

use super::tree::{Item, Kind};
use crate::error::{Place, Problem, excerpt, nearest};
use std::cell::RefCell;

/// Collects what is wrong with a file.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    list: RefCell<Vec<Problem>>,
}

impl Problems {
    pub(super) fn new(file: String) -> Self {
        let list = RefCell::new(Vec::new());
        Self { file, list }
    }

    pub(super) fn add(&self, place: &Place, key: &str, message: impl Into<String>) {
        self.list.borrow_mut().push(Problem {
            file: self.file.clone(),
            place: place.clone(),
            key: key.to_owned(),
            message: message.into(),
        });
    }

    /// All problems in the order of the file.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut list = self.list.into_inner();
        list.sort_by(|a, b| a.place.cmp(&b.place));
        list
    }
}

/// What a number may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Range {
    /// Both ends included.
    Within(f64, f64),
    /// Above the first, up to the second.
    Above(f64, f64),
}

impl Range {
    fn holds(self, x: f64) -> bool {
        match self {
            Self::Within(min, max) => (min..=max).contains(&x),
            Self::Above(min, max) => x > min && x <= max,
        }
    }

    fn allowed(self) -> String {
        match self {
            Self::Within(min, max) => format!("a number from {} to {}", plain(min), plain(max)),
            Self::Above(min, max) => {
                format!("a number above {}, at most {}", plain(min), plain(max))
            }
        }
    }
}

/// A bound as a person would write it.
fn plain(x: f64) -> String {
    if x.abs() >= 1e7 {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}

/// A table of the file while its keys are read.
pub(super) struct Section<'a> {
    pub(super) problems: &'a Problems,
    /// Dotted key of the table; empty for the document.
    pub(super) path: String,
    pub(super) place: &'a Place,
    entries: &'a [(String, Item)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// A table, or a problem where the item is none.
    pub(super) fn new(problems: &'a Problems, path: String, item: &'a Item) -> Option<Self> {
        let Kind::Table(entries) = &item.kind else {
            let message = format!("found {}; allowed: a table of keys", item.raw);
            problems.add(&item.place, &path, message);
            return None;
        };
        Some(Self {
            problems,
            path,
            place: &item.place,
            entries,
            asked: RefCell::new(Vec::new()),
        })
    }

    /// Dotted key of one of the section's keys.
    pub(super) fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Records a problem with one of the section's keys, at its place where it is there.
    pub(super) fn refuse(&self, name: &str, message: impl Into<String>) {
        let place = self.item(name).map_or(self.place, |item| &item.place);
        self.problems.add(place, &self.key(name), message);
    }

    /// The raw value of a key, without counting as asked for.
    pub(super) fn item(&self, name: &str) -> Option<&'a Item> {
        self.entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, item)| item)
    }

    /// Whether the key is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.item(name).is_some()
    }

    /// All keys and values: for tables whose keys are names, such as assets.
    pub(super) fn entries(&self) -> &'a [(String, Item)] {
        self.entries
    }

    /// Records keys that nobody asked for. To be called when all keys have been read.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (name, item) in self.entries {
            if asked.iter().any(|key| key == name) {
                continue;
            }
            let hint = nearest(name, &asked).map(|near| format!("; did you mean {near:?}?"));
            let message = format!(
                "unknown key; allowed: {}{}",
                asked.join(", "),
                hint.unwrap_or_default()
            );
            self.problems.add(&item.place, &self.key(name), message);
        }
    }

    /// Reads an optional key.
    pub(super) fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a Item) -> Result<T, String>,
    ) -> Option<T> {
        self.asked.borrow_mut().push(name);
        let item = self.item(name)?;
        match read(item) {
            Ok(value) => Some(value),
            Err(allowed) => {
                self.refuse(name, format!("found {}; allowed: {allowed}", item.raw));
                None
            }
        }
    }

    /// Reads a key that has to be there; a problem gives the default, which nobody will see.
    pub(super) fn required<T: Default>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a Item) -> Result<T, String>,
    ) -> T {
        if !self.has(name) {
            self.asked.borrow_mut().push(name);
            self.problems
                .add(self.place, &self.key(name), "the key is missing");
            return T::default();
        }
        self.optional(name, read).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &'static str, range: Range) -> f64 {
        self.required(name, |item| number(item, range))
    }

    pub(super) fn number_or(&self, name: &'static str, range: Range, default: f64) -> f64 {
        self.optional(name, |item| number(item, range))
            .unwrap_or(default)
    }

    pub(super) fn whole<T: TryFrom<i128> + Default>(
        &self,
        name: &'static str,
        min: u64,
        max: u64,
    ) -> T {
        self.required(name, |item| whole(item, min, max))
    }

    pub(super) fn whole_or<T: TryFrom<i128>>(
        &self,
        name: &'static str,
        min: u64,
        max: u64,
        default: T,
    ) -> T {
        self.optional(name, |item| whole(item, min, max))
            .unwrap_or(default)
    }

    /// A text that is not blank.
    pub(super) fn text(&self, name: &'static str) -> String {
        self.required(name, text)
    }

    pub(super) fn text_or_empty(&self, name: &'static str) -> String {
        self.optional(name, text).unwrap_or_default()
    }

    /// One of several words.
    pub(super) fn choice<T: Copy + Default>(&self, name: &'static str, choices: &[(&str, T)]) -> T {
        self.required(name, |item| choose(item, choices))
    }

    /// One of several words that decides which other keys have a meaning; `None`, with a problem,
    /// where it is none of them.
    pub(super) fn kind<T: Copy>(&self, name: &'static str, kinds: &[(&str, T)]) -> Option<T> {
        self.required(name, |item| choose(item, kinds).map(Some))
    }

    pub(super) fn choice_or<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> T {
        self.optional(name, |item| choose(item, choices))
            .unwrap_or(default)
    }

    /// A sub-table that may be missing.
    pub(super) fn section_if(&self, name: &'static str) -> Option<Self> {
        self.asked.borrow_mut().push(name);
        let item = self.item(name)?;
        Self::new(self.problems, self.key(name), item)
    }

    /// A sub-table that has to be there.
    pub(super) fn section(&self, name: &'static str) -> Option<Self> {
        if !self.has(name) {
            self.asked.borrow_mut().push(name);
            self.problems
                .add(self.place, &self.key(name), "the table is missing");
            return None;
        }
        self.section_if(name)
    }

    /// A list of tables; empty where it is missing.
    pub(super) fn sections(&self, name: &'static str) -> Vec<Self> {
        let items = self.optional(name, list).unwrap_or_default();
        let section = |(i, item)| Self::new(self.problems, format!("{}.{i}", self.key(name)), item);
        items.iter().enumerate().filter_map(section).collect()
    }
}

/// A number, whole or not.
pub(super) fn number(item: &Item, range: Range) -> Result<f64, String> {
    let found = match item.kind {
        Kind::Whole(n) => n as f64,
        Kind::Float(x) => x,
        _ => return Err(range.allowed()),
    };
    if range.holds(found) {
        Ok(found)
    } else {
        Err(range.allowed())
    }
}

/// A whole number between two bounds, both included.
pub(super) fn whole<T: TryFrom<i128>>(item: &Item, min: u64, max: u64) -> Result<T, String> {
    let allowed = || format!("a whole number from {min} to {max}");
    match item.kind {
        Kind::Whole(n) if n >= i128::from(min) && n <= i128::from(max) => {
            T::try_from(n).map_err(|_| allowed())
        }
        _ => Err(allowed()),
    }
}

/// A text that is not blank. An override that reads as something else, such as `3.5`, is taken as
/// it was typed.
pub(super) fn text(item: &Item) -> Result<String, String> {
    const CHARACTERS_MAX: usize = 10_000;
    let found = match (&item.kind, &item.place) {
        (Kind::Text(text), _) => text.as_str(),
        (Kind::Whole(_) | Kind::Float(_), Place::Set(_)) => item.raw.as_str(),
        _ => return Err("a text in quotes".to_owned()),
    };
    match found.chars().count() {
        0 => Err("a text that is not empty".to_owned()),
        n if n > CHARACTERS_MAX => Err(format!("at most {CHARACTERS_MAX} characters")),
        _ => Ok(found.to_owned()),
    }
}

/// A list.
pub(super) fn list(item: &Item) -> Result<&[Item], String> {
    match &item.kind {
        Kind::List(items) => Ok(items),
        _ => Err("a list".to_owned()),
    }
}

/// A date and time with a zone, or seconds since 1970.
pub(super) fn moment(item: &Item) -> Result<u64, String> {
    let allowed = "a date and time with a zone, such as 2020-03-12T00:00:00Z, from 1973 to 2286";
    let seconds = match item.kind {
        Kind::Time(Some(seconds)) => seconds,
        Kind::Whole(n) => u64::try_from(n).unwrap_or(0),
        _ => 0,
    };
    if (crate::TIME_MIN..crate::TIME_END).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(allowed.to_owned())
    }
}

/// A list of pairs, each read by two functions.
pub(super) fn pairs<A, B>(
    item: &Item,
    first: impl Fn(&Item) -> Result<A, String>,
    second: impl Fn(&Item) -> Result<B, String>,
) -> Result<Vec<(A, B)>, String> {
    let items = list(item).map_err(|_| "a list of pairs".to_owned())?;
    if items.is_empty() {
        return Err("a list of pairs that is not empty".to_owned());
    }
    let pair = |(i, item): (usize, &Item)| {
        let within = |side: &str, found: &Item, allowed| {
            format!(
                "pairs; pair {i} has {} as its {side} part, which may be {allowed}",
                found.raw
            )
        };
        match list(item) {
            Ok([a, b]) => Ok((
                first(a).map_err(|allowed| within("first", a, allowed))?,
                second(b).map_err(|allowed| within("second", b, allowed))?,
            )),
            _ => Err(format!("pairs; entry {i} is {}", item.raw)),
        }
    };
    items.iter().enumerate().map(pair).collect()
}

fn choose<T: Copy>(item: &Item, choices: &[(&str, T)]) -> Result<T, String> {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let allowed = || names.join(", ");
    let found = text(item).map_err(|_| allowed())?;
    let chosen = choices.iter().find(|(name, _)| *name == found);
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let hint = nearest(&found, &names).map(|near| format!("; did you mean {near:?}?"));
        format!("{}{}", allowed(), hint.unwrap_or_default())
    })
}

/// A word that stands for an asset or a layer: letters, digits and `+ - _`, at most 24.
pub(super) fn symbol(text: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
    if (1..=24).contains(&text.len()) && text.chars().all(fits) {
        Ok(())
    } else {
        Err(format!(
            "found {}; allowed: 1 to 24 letters, digits, + - _",
            excerpt(text)
        ))
    }
}
