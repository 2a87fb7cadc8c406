//! Cases whose post-state is told as the leaves that changed, by dotted path; numbers, times and
//! ids are decimal texts.

use super::compare::Checker;
use super::fields::{FieldError, Fields};
use super::leaves::{Leaves, changed, leaves};
use backstop_core::units::U256;
use serde_json::Value;

/// An object of the state; nothing where the case has no such part.
pub(super) fn part<'a>(fields: &Fields<'a>, key: &str) -> Result<Option<Fields<'a>>, FieldError> {
    if fields.has(key) {
        fields.object(key).map(Some)
    } else {
        Ok(None)
    }
}

/// A number; zero where the case does not have it.
pub(super) fn number(fields: Option<&Fields<'_>>, key: &str) -> Result<U256, FieldError> {
    match fields {
        Some(fields) if fields.has(key) => fields.wide(key),
        _ => Ok(U256::ZERO),
    }
}

/// A number of up to 64 bits.
pub(super) fn seconds(fields: &Fields<'_>, key: &str) -> Result<u64, FieldError> {
    let told = fields.wide(key)?;
    u64::try_from(told)
        .map_err(|_| fields.wrong(key, &told.to_string(), "a whole number below 2^64"))
}

/// The number that is an object's key.
pub(super) fn key_number(fields: &Fields<'_>, key: &str) -> Result<U256, FieldError> {
    let digits = !key.is_empty() && key.len() <= 78 && key.bytes().all(|b| b.is_ascii_digit());
    let parsed = digits.then(|| U256::from_str_radix(key, 10).ok()).flatten();
    parsed.ok_or_else(|| fields.wrong(key, &format!("the key {key:?}"), "a decimal number"))
}

/// Leaves of a part under the part's own path.
pub(super) fn below(path: &str, part: Leaves) -> impl Iterator<Item = (String, Value)> {
    part.into_iter().map(move |(key, value)| {
        let joined = match (path, key.as_str()) {
            ("", _) => key,
            (_, "") => path.to_owned(),
            _ => format!("{path}.{key}"),
        };
        (joined, value)
    })
}

/// The steps of a case; one of a single step is its own.
pub(super) fn steps<'a>(case: &Fields<'a>) -> Result<Vec<Fields<'a>>, FieldError> {
    if case.has("steps") {
        case.list("steps")
    } else {
        Ok(vec![case.clone()])
    }
}

/// Everything that a pre-state tells is in the machine. Null is not compared.
pub(super) fn compare_given(told: &Value, shown: &Leaves, checker: &mut Checker) {
    let members = leaves(told).into_iter();
    for (path, value) in members.filter(|(_, value)| !value.is_null()) {
        checker.same(&format!("given.{path}"), Some(&value), shown.get(&path));
    }
}

/// Compares a step's answer, or its rejection by name, and every leaf that changed.
pub(super) fn compare_step(
    then: &Fields<'_>,
    (before, after): (&Leaves, &Leaves),
    answer: Result<Value, &'static str>,
    checker: &mut Checker,
) -> Result<(), FieldError> {
    if then.has("rejected") {
        let refusal = answer.err();
        checker.rejection(then.raw("rejected")?, refusal, before == after);
        return Ok(());
    }
    let ok = then.object("ok")?;
    match answer {
        Err(rejection) => checker.refused(rejection),
        Ok(result) => {
            checker.same("result", Some(ok.raw("result")?), Some(&result));
            let changes = Value::Object(changed(before, after).into_iter().collect());
            checker.same("post", Some(ok.raw("post")?), Some(&changes));
        }
    }
    Ok(())
}
