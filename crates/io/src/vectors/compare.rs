//! Comparing what a case tells with what the machine did.

use serde_json::Value;

/// One difference between a contract's output and the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The case's id.
    pub case: String,
    /// Step within the case, from 0.
    pub step: u64,
    /// Dotted path of the field.
    pub field: String,
    /// What the contract answered; `absent` where it told nothing.
    pub expected: String,
    /// What the machine answered; `absent` where it has nothing.
    pub got: String,
}

/// Collects differences of one case.
#[derive(Debug)]
pub(super) struct Checker {
    case: String,
    pub(super) steps: u64,
    pub(super) rejected: u64,
    pub(super) checks: u64,
    pub(super) mismatches: Vec<Mismatch>,
}

impl Checker {
    pub(super) fn new(case: &str) -> Self {
        Self {
            case: case.to_owned(),
            steps: 0,
            rejected: 0,
            checks: 0,
            mismatches: Vec::new(),
        }
    }

    /// Compares one field that has to be the same.
    pub(super) fn same(&mut self, field: &str, expected: Option<&Value>, got: Option<&Value>) {
        match (expected, got) {
            (Some(Value::Object(expected)), Some(Value::Object(got))) => {
                for (key, value) in expected {
                    self.same(&format!("{field}.{key}"), Some(value), got.get(key));
                }
                for (key, value) in got.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                    self.same(&format!("{field}.{key}"), None, Some(value));
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(got))) => {
                for at in 0..expected.len().max(got.len()) {
                    self.same(&format!("{field}[{at}]"), expected.get(at), got.get(at));
                }
            }
            _ => self.leaf(field, expected, got),
        }
    }

    fn leaf(&mut self, field: &str, expected: Option<&Value>, got: Option<&Value>) {
        self.checks += 1;
        if expected == got {
            return;
        }
        let shown = |value: Option<&Value>| match value {
            None => "absent".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        self.mismatches.push(Mismatch {
            case: self.case.clone(),
            step: self.steps.saturating_sub(1),
            field: field.to_owned(),
            expected: shown(expected),
            got: shown(got),
        });
    }

    /// Compares a step that the contract rejected with what the machine did: its rejection, and
    /// whether everything stayed as it was.
    pub(super) fn rejection(&mut self, expected: &Value, got: Option<&str>, unchanged: bool) {
        self.rejected += 1;
        let got = Value::from(got.unwrap_or("accepted"));
        self.same("then.rejected", Some(expected), Some(&got));
        self.same(
            "unchanged after a rejection",
            Some(&Value::Bool(true)),
            Some(&Value::Bool(unchanged)),
        );
    }

    /// Records that the machine rejected a step that the contract accepted.
    pub(super) fn refused(&mut self, rejection: &str) {
        let accepted = Value::from("accepted");
        self.same("then", Some(&accepted), Some(&Value::from(rejection)));
    }

    /// Compares every member of `expected` but the ignored ones; what it does not name is not
    /// compared.
    pub(super) fn told(&mut self, field: &str, expected: &Value, got: &Value, ignored: &[&str]) {
        let members = expected.as_object().into_iter().flatten();
        for (key, value) in members.filter(|(key, _)| !ignored.contains(&key.as_str())) {
            self.same(&format!("{field}.{key}"), Some(value), got.get(key));
        }
    }
}
