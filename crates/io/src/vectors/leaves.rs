//! States as leaves by dotted path.

use serde_json::Value;
use std::collections::BTreeMap;

/// Leaves of a state by dotted path; list members by number.
pub(super) type Leaves = BTreeMap<String, Value>;

/// The leaves of a state. An empty object or list has none.
pub(super) fn leaves(state: &Value) -> Leaves {
    let mut found = Leaves::new();
    collect(state, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut Leaves) {
    let below = |key: &str| match path.as_str() {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                collect(value, below(key), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                collect(value, below(&at.to_string()), found);
            }
        }
        _ => {
            found.insert(path, value.clone());
        }
    }
}

/// What changed between two states: the new leaf, or null where it is gone.
pub(super) fn changed(before: &Leaves, after: &Leaves) -> Leaves {
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let new = after
        .iter()
        .filter(|(path, value)| before.get(*path) != Some(value));
    gone.map(|path| (path.clone(), Value::Null))
        .chain(new.map(|(path, value)| (path.clone(), value.clone())))
        .collect()
}
