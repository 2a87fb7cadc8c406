//! Reading JSON fields with errors that name them.

use backstop_core::units::U256;
use serde_json::{Map, Value};

/// A field that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldError {
    /// Dotted path.
    pub(super) field: String,
    /// What was found and what is allowed.
    pub(super) problem: String,
}

/// An object and the path to it.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    value: &'a Value,
    path: String,
}

/// A decimal string.
pub(super) fn text(n: U256) -> Value {
    Value::String(n.to_string())
}

/// A short form of a value for messages.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let head: String = text.chars().take(60).collect();
    format!("{head}…")
}

impl<'a> Fields<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The error of a field whose content is not allowed.
    pub(super) fn wrong(&self, key: &str, found: &str, allowed: &str) -> FieldError {
        FieldError {
            field: self.at(key),
            problem: format!("found {found}, allowed: {allowed}"),
        }
    }

    fn need(&self, key: &str) -> Result<&'a Value, FieldError> {
        self.value.get(key).ok_or_else(|| FieldError {
            field: self.at(key),
            problem: "is missing".to_owned(),
        })
    }

    fn typed<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, FieldError> {
        let value = self.need(key)?;
        read(value).ok_or_else(|| self.wrong(key, &shown(value), allowed))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn raw(&self, key: &str) -> Result<&'a Value, FieldError> {
        self.need(key)
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str, FieldError> {
        self.typed(key, "a text", Value::as_str)
    }

    pub(super) fn u64(&self, key: &str) -> Result<u64, FieldError> {
        self.typed(key, "a whole number from 0 to 2^64 − 1", Value::as_u64)
    }

    pub(super) fn u16(&self, key: &str) -> Result<u16, FieldError> {
        let read = |value: &Value| value.as_u64().and_then(|n| u16::try_from(n).ok());
        self.typed(key, "a whole number from 0 to 65535", read)
    }

    pub(super) fn u8(&self, key: &str) -> Result<u8, FieldError> {
        let read = |value: &Value| value.as_u64().and_then(|n| u8::try_from(n).ok());
        self.typed(key, "a whole number from 0 to 255", read)
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, FieldError> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A decimal string of up to 256 bits.
    pub(super) fn wide(&self, key: &str) -> Result<U256, FieldError> {
        let read = |value: &Value| wide(value.as_str()?);
        self.typed(key, "a decimal string from \"0\" to 2^256 − 1", read)
    }

    /// A decimal string of up to 128 bits.
    pub(super) fn narrow(&self, key: &str) -> Result<u128, FieldError> {
        let read = |value: &Value| u128::try_from(wide(value.as_str()?)?).ok();
        self.typed(key, "a decimal string from \"0\" to 2^128 − 1", read)
    }

    /// A hexadecimal string of up to 256 bits.
    pub(super) fn hex(&self, key: &str) -> Result<U256, FieldError> {
        let read = |value: &Value| {
            let digits = value.as_str()?.strip_prefix("0x")?;
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            valid.then(|| U256::from_str_radix(digits, 16).ok())?
        };
        self.typed(key, "a hexadecimal string such as \"0x1f\"", read)
    }

    pub(super) fn object(&self, key: &str) -> Result<Self, FieldError> {
        let value = self.typed(key, "an object", |v| v.is_object().then_some(v))?;
        Ok(Self {
            value,
            path: self.at(key),
        })
    }

    pub(super) fn list(&self, key: &str) -> Result<Vec<Self>, FieldError> {
        let values = self.typed(key, "a list", Value::as_array)?;
        let item = |(at, value)| Self {
            value,
            path: format!("{}[{at}]", self.at(key)),
        };
        Ok(values.iter().enumerate().map(item).collect())
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'a str>, FieldError> {
        let read = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect();
        self.typed(key, "a list of texts", read)
    }

    /// The members of this object.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Self)> + '_ {
        let map: Option<&'a Map<String, Value>> = self.value.as_object();
        map.into_iter().flatten().map(|(key, value)| {
            (
                key.as_str(),
                Self {
                    value,
                    path: self.at(key),
                },
            )
        })
    }
}

fn wide(text: &str) -> Option<U256> {
    let digits = !text.is_empty() && text.len() <= 78 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| U256::from_str_radix(text, 10).ok())?
}
