//! Which rules a scenario asks for.

use super::section::{Range, Section, number};
use super::{Part, ProtocolSpec};
use backstop_core::protocol::aave::AaveVersion;
use backstop_core::protocol::aave_v4::{AaveV4Version, SpokeMachine};
use backstop_core::protocol::comet::{CometVersion, StoreFront};
use backstop_core::protocol::compound_v2::{CompoundVersion, Machine};
use backstop_core::protocol::euler::{EvkVersion, Loans};
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

/// What of a family nobody can change, and why. What is not listed can be changed, or be chosen when the protocol is
/// deployed.
const FIXED: &[(&str, Part, &str)] = &[
    (
        "aave",
        Part::Limits,
        "a liquidation is limited by health and close factor, nothing counts them over time",
    ),
    (
        "aave-v4",
        Part::Liquidations,
        "a reserve's pause ends liquidations and repaying together",
    ),
    (
        "aave-v4",
        Part::Limits,
        "a liquidation is sized by target health, nothing counts them over time",
    ),
    (
        "comet",
        Part::Limits,
        "an absorption takes all of an account, nothing counts them over time",
    ),
    (
        "compound-v2",
        Part::Limits,
        "a liquidation is limited by the close factor, nothing counts them over time",
    ),
    (
        "crvusd",
        Part::Liquidations,
        "liquidations and exchanges between bands have no switch",
    ),
    (
        "crvusd",
        Part::Limits,
        "liquidations and exchanges between bands have no switch",
    ),
    (
        "liquity",
        Part::Borrowing,
        "nothing can be paused in contracts that nobody can change",
    ),
    (
        "liquity",
        Part::Liquidations,
        "nothing can be paused in contracts that nobody can change",
    ),
    (
        "liquity",
        Part::Limits,
        "nothing can be paused in contracts that nobody can change",
    ),
    (
        "morpho",
        Part::Borrowing,
        "Morpho Blue's markets are immutable and have no pause",
    ),
    (
        "morpho",
        Part::Liquidations,
        "Morpho Blue's markets are immutable and have no pause",
    ),
    (
        "morpho",
        Part::Limits,
        "Morpho Blue's markets are immutable and have no pause",
    ),
    (
        "comet",
        Part::Bonus,
        "what a liquidation credits and the discount of its sales take the place of a bonus (protocol.parameters)",
    ),
    (
        "compound-v2",
        Part::Bonus,
        "it has one incentive for all assets, its own",
    ),
    (
        "crvusd",
        Part::Threshold,
        "a loan keeps the liquidation discount under which it was opened",
    ),
    (
        "crvusd",
        Part::Bonus,
        "bands are exchanged at the market's prices, without a bonus",
    ),
    (
        "euler",
        Part::Bonus,
        "its discount grows with the lack of health and is no setting of an asset",
    ),
    (
        "euler",
        Part::Waterfall,
        "a vault's suppliers bear bad debt at once",
    ),
    (
        "geb",
        Part::Bonus,
        "its auctions' discounts take the place of a bonus (protocol.parameters)",
    ),
    (
        "liquity",
        Part::Oracle,
        "the price feed is fixed in contracts that nobody can change",
    ),
    (
        "liquity",
        Part::Threshold,
        "the minimum ratio is fixed in contracts that nobody can change",
    ),
    (
        "liquity",
        Part::Bonus,
        "a liquidation's terms are fixed in contracts that nobody can change",
    ),
    (
        "liquity",
        Part::Waterfall,
        "depositors of its pool and the other troves bear losses at once",
    ),
    (
        "maker",
        Part::Bonus,
        "its auctions find the price, and its penalty is the protocol's (protocol.parameters)",
    ),
    (
        "morpho",
        Part::Threshold,
        "Morpho Blue's markets are immutable: a threshold is fixed when its market is created",
    ),
    (
        "morpho",
        Part::Bonus,
        "Morpho Blue's markets are immutable: the incentive follows from the threshold by formula",
    ),
    (
        "morpho",
        Part::Waterfall,
        "a market's suppliers bear bad debt at once",
    ),
    (
        "aave",
        Part::LiquidationSize,
        "the close factor is fixed in its code",
    ),
    (
        "aave",
        Part::Penalty,
        "what an account loses beyond its debt is the bonus",
    ),
    (
        "aave-v4",
        Part::Penalty,
        "what an account loses beyond its debt is the bonus",
    ),
    (
        "compound-v2",
        Part::Penalty,
        "what an account loses beyond its debt is the incentive",
    ),
    (
        "euler",
        Part::Penalty,
        "what an account loses beyond its debt is the discount",
    ),
    (
        "crvusd",
        Part::Penalty,
        "bands are exchanged at the market's prices, without a penalty",
    ),
    (
        "aave",
        Part::AuctionSpeed,
        "it liquidates at once, without auctions",
    ),
    (
        "aave-v4",
        Part::AuctionSpeed,
        "it liquidates at once, without auctions",
    ),
    (
        "compound-v2",
        Part::AuctionSpeed,
        "it liquidates at once, without auctions",
    ),
    (
        "euler",
        Part::AuctionSpeed,
        "it liquidates at once, without auctions",
    ),
    (
        "comet",
        Part::AuctionSpeed,
        "absorbed collateral is sold at a discount, without auctions",
    ),
    (
        "crvusd",
        Part::AuctionSpeed,
        "bands follow the price, without auctions",
    ),
    (
        "comet",
        Part::MovingBonus,
        "what a liquidation credits and the discount of its sales take the place of a bonus",
    ),
    (
        "comet",
        Part::LiquidationSize,
        "an absorption takes all of an account",
    ),
    (
        "crvusd",
        Part::MovingBonus,
        "bands are exchanged at the market's prices, without a bonus",
    ),
    (
        "crvusd",
        Part::LiquidationSize,
        "bands follow the price, and a hard liquidation takes all of a loan",
    ),
    (
        "crvusd",
        Part::Caps,
        "what a market may lend is the factory's matter",
    ),
    (
        "euler",
        Part::LiquidationSize,
        "a liquidation brings an account to health, which nobody can set",
    ),
    (
        "geb",
        Part::LiquidationSize,
        "an auction takes all of a position, up to a limit on each",
    ),
    ("geb", Part::Caps, "its ceilings are no lever here"),
    ("maker", Part::MovingBonus, "its auctions find the price"),
    (
        "maker",
        Part::LiquidationSize,
        "a liquidation takes all of a vault, as far as the limits on auctions allow",
    ),
    (
        "liquity",
        Part::MovingThreshold,
        "its contracts are immutable",
    ),
    ("liquity", Part::MovingBonus, "its contracts are immutable"),
    (
        "liquity",
        Part::LiquidationSize,
        "its contracts are immutable",
    ),
    ("liquity", Part::Penalty, "its contracts are immutable"),
    ("liquity", Part::Caps, "its contracts are immutable"),
    ("liquity", Part::AuctionSpeed, "its contracts are immutable"),
    (
        "morpho",
        Part::MovingThreshold,
        "Morpho Blue's markets are immutable",
    ),
    (
        "morpho",
        Part::MovingBonus,
        "Morpho Blue's markets are immutable",
    ),
    (
        "morpho",
        Part::LiquidationSize,
        "Morpho Blue's markets are immutable",
    ),
    (
        "morpho",
        Part::Penalty,
        "Morpho Blue's markets are immutable",
    ),
    ("morpho", Part::Caps, "Morpho Blue's markets are immutable"),
    (
        "morpho",
        Part::AuctionSpeed,
        "Morpho Blue's markets are immutable",
    ),
];

/// Why a part of a family cannot be changed; nothing where it can.
pub(super) fn fixed(family: &str, part: Part) -> Option<&'static str> {
    let rows = FIXED.iter();
    rows.copied()
        .find(|(name, fixed, _)| *name == family && *fixed == part)
        .map(|(_, _, why)| why)
}

/// Decimals of a family's prices where its contracts fix them, whatever a scenario says: it may be run by any family.
fn fixed_decimals(family: &str) -> Option<u8> {
    match family {
        "aave-v4" => Some(SpokeMachine::BASE_DECIMALS),
        "comet" => Some(StoreFront::BASE_DECIMALS),
        "compound-v2" => Some(Machine::BASE_DECIMALS),
        "euler" => Some(Loans::BASE_DECIMALS),
        _ => None,
    }
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
    let chosen = section.whole_or("base_decimals", 0, 18, 8);
    let spec = ProtocolSpec {
        family: family.to_owned(),
        version,
        base_decimals: fixed_decimals(family).unwrap_or(chosen),
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
