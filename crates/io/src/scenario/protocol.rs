//! Which rules a scenario asks for.

use super::ProtocolSpec;
use super::section::{Range, Section, number};
use std::collections::BTreeMap;

/// Families of protocols and their versions, as a scenario names them. A family of one version may be
/// named without it.
pub const FAMILIES: &[(&str, &[&str])] = &[
    ("aave", &["3.0.2", "3.3", "3.4", "3.5", "3.6", "3.7"]),
    ("aave-v4", &["1e8de86"]),
    ("comet", &["d5a30b0"]),
    ("compound-v2", &["2.6", "a3214f6"]),
    ("crvusd", &["v1"]),
    ("euler", &["5b98b42"]),
    ("geb", &["v1"]),
    ("liquity", &["v1", "v2"]),
    ("maker", &["1.0.3", "1.2", "2.0"]),
    ("morpho", &["1.0.0"]),
];

/// Values that a family's own parameter may have; the family says what it allows within.
const PARAMETER: Range = Range::Within(0.0, 1e15);

pub(super) fn protocol(section: Section<'_>) -> ProtocolSpec {
    let families: Vec<_> = FAMILIES.iter().map(|(name, _)| (*name, *name)).collect();
    let family = section.choice("family", &families);
    let known = FAMILIES.iter().find(|(name, _)| *name == family);
    let versions = known.map_or(&[][..], |(_, versions)| *versions);
    let choices: Vec<_> = versions
        .iter()
        .map(|version| (*version, *version))
        .collect();
    let version = match versions {
        // The family is unknown, which is told.
        [] => section.text("version"),
        [only] => section.choice_or("version", &choices, only).to_owned(),
        _ => section.choice("version", &choices).to_owned(),
    };
    let spec = ProtocolSpec {
        family: family.to_owned(),
        version,
        base_decimals: section.whole_or("base_decimals", 0, 18, 8),
        source: section.text_or_empty("source"),
        parameters: section
            .section_if("parameters")
            .map(parameters)
            .unwrap_or_default(),
    };
    section.finish();
    spec
}

/// Every key is a number; which ones there are, the family knows.
fn parameters(section: Section<'_>) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for (name, item) in section.entries() {
        match number(item, PARAMETER) {
            Ok(value) => {
                found.insert(name.clone(), value);
            }
            Err(allowed) => {
                section.refuse(name, format!("found {}; allowed: {allowed}", item.raw));
            }
        }
    }
    found
}
