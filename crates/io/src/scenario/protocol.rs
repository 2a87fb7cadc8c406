//! Which rules a scenario asks for.

use super::ProtocolSpec;
use super::section::{Range, Section, number};
use backstop_core::protocol::aave::AaveVersion;
use backstop_core::protocol::aave_v4::AaveV4Version;
use backstop_core::protocol::comet::CometVersion;
use backstop_core::protocol::compound_v2::CompoundVersion;
use backstop_core::protocol::euler::EvkVersion;
use backstop_core::protocol::liquity::LiquityVersion;
use backstop_core::protocol::maker::MakerVersion;
use backstop_core::protocol::morpho::MorphoVersion;
use std::collections::BTreeMap;

/// Families of protocols and their versions, as a scenario names them. A family of one version may be
/// named without it.
pub fn families() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("aave", AaveVersion::ALL.map(AaveVersion::number).to_vec()),
        (
            "aave-v4",
            AaveV4Version::ALL.map(AaveV4Version::number).to_vec(),
        ),
        ("comet", vec![CometVersion::D5a30b0.number()]),
        (
            "compound-v2",
            CompoundVersion::ALL.map(CompoundVersion::number).to_vec(),
        ),
        ("crvusd", vec!["v1"]),
        ("euler", EvkVersion::ALL.map(EvkVersion::number).to_vec()),
        ("geb", vec!["v1"]),
        (
            "liquity",
            LiquityVersion::ALL.map(LiquityVersion::number).to_vec(),
        ),
        (
            "maker",
            MakerVersion::ALL.map(MakerVersion::number).to_vec(),
        ),
        (
            "morpho",
            MorphoVersion::ALL.map(MorphoVersion::number).to_vec(),
        ),
    ]
}

/// Values that a family's own parameter may have; the family says what it allows within.
const PARAMETER: Range = Range::Within(0.0, 1e15);

pub(super) fn protocol(section: Section<'_>) -> ProtocolSpec {
    let families = families();
    let names: Vec<_> = families.iter().map(|(name, _)| (*name, *name)).collect();
    let family = section.choice("family", &names);
    let known = families.iter().find(|(name, _)| *name == family);
    let versions = known.map_or(&[][..], |(_, versions)| versions.as_slice());
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
