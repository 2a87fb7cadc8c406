//! The tables `[oracle.SYMBOL.sources]`: an oracle of several sources.

use super::section::{Range, Section, moment, number, pairs, text};
use super::{AssetSpec, VenueSpec};

const BPS: Range = Range::Within(0.0, 10_000.0);
const SECONDS_MAX: u64 = 100_000_000;
const SOURCES_MAX: usize = 64;

/// An oracle of several sources.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcesSpec {
    /// How they are trusted.
    pub trust: Trust,
    /// The sources, in order.
    pub list: Vec<SourceSpec>,
    /// Seconds after which what a source said is stale.
    pub max_age_s: u64,
    /// Widest confidence that is used, bps.
    pub confidence_max_bps: u16,
    /// Least number of sources; `None` for more than half of them and at least three.
    pub quorum: Option<u16>,
    /// Distance from the median from which a source is an outlier, bps.
    pub outlier_bps: u16,
    /// Spread of the sources above which their price is uncertain, bps.
    pub spread_max_bps: u16,
    /// Move from the last price above which a price is volatile, bps.
    pub jump_max_bps: u16,
    /// Seconds in which the distance of the mean to a steady price halves; 0 for no mean.
    pub half_life_s: u32,
    /// Largest move in one update, bps.
    pub per_update_bps: u16,
    /// Largest move per second, bps.
    pub per_second_bps: f64,
    /// What the asset is meant to be worth.
    pub peg: Option<PegBoundsSpec>,
}

/// How several sources are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The first alone, whatever it says.
    Naive,
    /// All, by the rules of the other keys.
    #[default]
    Robust,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSpec {
    /// What it reads.
    pub reads: ReadsSpec,
    /// Standard deviation of its error, bps.
    pub noise_bps: f64,
    /// Seconds by which it is late.
    pub lag_s: u64,
    /// What it counts.
    pub weight: u32,
}

/// What a source reads.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadsSpec {
    /// The outside price.
    Outside,
    /// The mid of a venue, by its position in the scenario's list.
    Venue(usize),
    /// A book of its own: times and prices in USD.
    Recorded(Vec<(u64, f64)>),
}

/// A peg and its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PegBoundsSpec {
    /// Target in USD.
    pub target: f64,
    /// How far below the price may be, bps.
    pub below_bps: u16,
    /// How far above, bps.
    pub above_bps: u16,
    /// Whether the bound is told beyond that; otherwise no price is.
    pub clamped: bool,
}

impl SourcesSpec {
    /// Sources that are trusted by the default rules.
    pub(super) fn with_defaults(list: Vec<SourceSpec>) -> Self {
        Self {
            trust: Trust::Robust,
            list,
            max_age_s: 3_600,
            confidence_max_bps: 200,
            quorum: None,
            outlier_bps: 500,
            spread_max_bps: 1_000,
            jump_max_bps: 5_000,
            half_life_s: 60,
            per_update_bps: 1_000,
            per_second_bps: 20.0,
            peg: None,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Outside,
    Venue,
    Recorded,
}

/// Gives assets the oracles that their sections tell of; the sections come with the assets' positions.
pub(super) fn read(
    sections: Vec<(usize, Section<'_>)>,
    assets: &mut [AssetSpec],
    venues: &[VenueSpec],
) {
    for (position, section) in sections {
        let listed = venues.iter().enumerate();
        let own = listed.filter(|(_, venue)| usize::from(venue.base.0) == position);
        let spec = sources(&section, &own.collect::<Vec<_>>());
        section.finish();
        if let Some(asset) = assets.get_mut(position) {
            asset.sources = Some(spec);
        }
    }
}

fn sources(section: &Section<'_>, venues: &[(usize, &VenueSpec)]) -> SourcesSpec {
    let trust = [("naive", Trust::Naive), ("robust", Trust::Robust)];
    let entries = section.sections("list");
    let count = entries.len();
    if !(1..=SOURCES_MAX).contains(&count) {
        let message = format!("found {count} sources; allowed: 1 to {SOURCES_MAX}");
        section.refuse("list", message);
    }
    let mut list = Vec::new();
    for entry in entries {
        list.extend(source(&entry, venues));
        entry.finish();
    }
    let most = count.clamp(1, SOURCES_MAX) as u64;
    let bps = |name, default| section.whole_or(name, 1, 10_000, default);
    let default = SourcesSpec::with_defaults(list);
    SourcesSpec {
        trust: section.choice_or("trust", &trust, default.trust),
        max_age_s: section.whole_or("max_age_s", 1, SECONDS_MAX, default.max_age_s),
        confidence_max_bps: bps("confidence_max_bps", default.confidence_max_bps),
        quorum: section.optional("quorum", |item| super::section::whole(item, 1, most)),
        outlier_bps: bps("outlier_bps", default.outlier_bps),
        spread_max_bps: bps("spread_max_bps", default.spread_max_bps),
        jump_max_bps: bps("jump_max_bps", default.jump_max_bps),
        half_life_s: section.whole_or("half_life_s", 0, SECONDS_MAX, default.half_life_s),
        per_update_bps: bps("per_update_bps", default.per_update_bps),
        per_second_bps: section.number_or(
            "per_second_bps",
            Range::Within(0.01, 10_000.0),
            default.per_second_bps,
        ),
        peg: section.section_if("peg").map(|peg| {
            let spec = self::peg(&peg);
            peg.finish();
            spec
        }),
        list: default.list,
    }
}

fn source(section: &Section<'_>, venues: &[(usize, &VenueSpec)]) -> Option<SourceSpec> {
    let kinds = [
        ("outside", Kind::Outside),
        ("venue", Kind::Venue),
        ("recorded", Kind::Recorded),
    ];
    let reads = match section.kind("kind", &kinds)? {
        Kind::Outside => ReadsSpec::Outside,
        Kind::Venue => ReadsSpec::Venue(section.required("venue", |item| {
            let found = text(item)?;
            let own = venues.iter().find(|(_, venue)| venue.name == found);
            own.map(|(position, _)| *position).ok_or_else(|| {
                let names: Vec<_> = venues
                    .iter()
                    .map(|(_, venue)| venue.name.as_str())
                    .collect();
                if names.is_empty() {
                    "another kind, since the asset has no venue".to_owned()
                } else {
                    format!("one of the asset's venues: {}", names.join(", "))
                }
            })
        })),
        Kind::Recorded => ReadsSpec::Recorded(section.required("points", |item| {
            let points = pairs(item, moment, |item| number(item, Range::Above(0.0, 1e12)))?;
            if points.is_sorted_by(|(a, _), (b, _)| a < b) {
                Ok(points)
            } else {
                Err("pairs of times that rise and prices".to_owned())
            }
        })),
    };
    Some(SourceSpec {
        reads,
        noise_bps: section.number_or("noise_bps", BPS, 0.0),
        lag_s: section.whole_or("lag_s", 0, SECONDS_MAX, 0),
        weight: section.whole_or("weight", 1, 1_000_000, 1),
    })
}

fn peg(section: &Section<'_>) -> PegBoundsSpec {
    PegBoundsSpec {
        target: section.number("target", Range::Above(0.0, 1e12)),
        below_bps: section.whole("below_bps", 0, 9_999),
        above_bps: section.whole("above_bps", 0, 10_000),
        clamped: section.choice_or("broken", &[("clamped", true), ("invalid", false)], true),
    }
}
