//! The layers that pay deficits, and their limits.

use super::Names;
use super::section::{Range, Section, list, number};
use super::tree::Item;
use backstop_core::protocol::AssetId;
use std::mem::discriminant;

const USD: Range = Range::Within(0.0, 1e15);

/// Basis points of a whole.
const WHOLE_BPS: u64 = 10_000;

/// Most tranches of one layer.
const TRANCHES_MAX: usize = 16;

/// A layer of the waterfall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerSpec {
    /// Kind, with what only this kind has.
    pub layer: LayerKind,
    /// What it can pay in all, USD.
    pub amount_usd: f64,
    /// Most that it pays for one deficit, USD.
    pub event_max_usd: Option<f64>,
    /// Most that it ever pays for deficits of these assets, USD.
    pub asset_max_usd: Vec<(AssetId, f64)>,
    /// Assets whose deficits it does not cover.
    pub excluded_assets: Vec<AssetId>,
}

/// Kinds of layers that pay before a deficit is socialised.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LayerKind {
    /// The protocol's treasury.
    #[default]
    TreasuryReserve,
    /// Penalties that the protocol keeps as a buffer.
    SurplusBuffer {
        /// Part of the protocol's fee of each liquidation that flows in.
        penalty_share_bps: u16,
    },
    /// A first loss that an organisation has promised to bear.
    FirstLoss,
    /// A fund of stakers who take the risk for pay.
    InsuranceFund {
        /// Part of the protocol's fee of each liquidation that flows in.
        penalty_share_bps: u16,
        /// Up to which it fills, USD.
        target_usd: f64,
    },
    /// Deposits that wait to absorb deficits.
    BackstopPool,
    /// Stakes that are slashed.
    SafetyModule {
        /// Most that one deficit slashes, of what is staked then.
        slash_max_bps: u16,
    },
    /// New tokens, sold below their price.
    DebtAuction {
        /// What the tokens are worth before, USD.
        supply_usd: f64,
        /// How far below their price new ones are sold.
        discount_bps: u16,
    },
    /// Suppliers in tranches.
    Tranches {
        /// Most junior first, USD.
        sizes_usd: Vec<f64>,
    },
}

impl LayerKind {
    /// The place at which a layer of this kind commonly pays: what belongs to the protocol, then what others
    /// have put up for it, then holders of its token, then its suppliers.
    pub(super) fn seniority(&self) -> u8 {
        match self {
            Self::TreasuryReserve => 0,
            Self::SurplusBuffer { .. } => 1,
            Self::FirstLoss => 2,
            Self::InsuranceFund { .. } => 3,
            Self::BackstopPool => 4,
            Self::SafetyModule { .. } => 5,
            Self::DebtAuction { .. } => 6,
            Self::Tranches { .. } => 7,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Treasury,
    Surplus,
    FirstLoss,
    Insurance,
    Backstop,
    Safety,
    DebtAuction,
    Tranches,
    Socialised,
}

const KINDS: [(&str, Kind); 9] = [
    ("treasury_reserve", Kind::Treasury),
    ("surplus_buffer", Kind::Surplus),
    ("first_loss", Kind::FirstLoss),
    ("insurance_fund", Kind::Insurance),
    ("backstop_pool", Kind::Backstop),
    ("safety_module", Kind::Safety),
    ("debt_auction", Kind::DebtAuction),
    ("tranches", Kind::Tranches),
    ("socialised", Kind::Socialised),
];

/// The layers that pay; `socialised` may close the list, and closes it in any case.
pub(super) fn read(root: &Section<'_>, names: &Names) -> Vec<LayerSpec> {
    let mut layers: Vec<LayerSpec> = Vec::new();
    let last = root
        .item("waterfall")
        .and_then(|item| list(item).ok())
        .map_or(0, <[_]>::len);
    for (i, section) in root.sections("waterfall").into_iter().enumerate() {
        match section.kind("layer", &KINDS) {
            None => continue,
            Some(Kind::Socialised) if i + 1 != last => {
                section.refuse(
                    "layer",
                    "socialised takes the rest; allowed: as the last layer",
                );
            }
            Some(Kind::Socialised) => {}
            Some(kind) => {
                let layer = layer(&section, kind, names);
                let same =
                    |other: &LayerSpec| discriminant(&other.layer) == discriminant(&layer.layer);
                if layers.iter().any(same) {
                    section.refuse("layer", "the layer is there twice; allowed: each once");
                }
                layers.push(layer);
            }
        }
        section.finish();
    }
    layers
}

fn layer(section: &Section<'_>, kind: Kind, names: &Names) -> LayerSpec {
    let (layer, amount_usd) = if let Kind::Tranches = kind {
        let sizes_usd = section.required("sizes_usd", sizes);
        let amount_usd = sizes_usd.iter().sum();
        (LayerKind::Tranches { sizes_usd }, amount_usd)
    } else {
        let amount_usd = section.number("amount_usd", USD);
        (holding(section, kind, amount_usd), amount_usd)
    };
    LayerSpec {
        layer,
        amount_usd,
        event_max_usd: section.optional("event_max_usd", |item| number(item, USD)),
        asset_max_usd: asset_limits(section, names),
        excluded_assets: section
            .optional("excluded_assets", |item| excluded(item, names))
            .unwrap_or_default(),
    }
}

/// A layer that holds one sum, with the keys that only its kind has.
fn holding(section: &Section<'_>, kind: Kind, amount_usd: f64) -> LayerKind {
    let share = |default| section.whole_or("penalty_share_bps", 0, WHOLE_BPS, default);
    match kind {
        Kind::Surplus => LayerKind::SurplusBuffer {
            penalty_share_bps: share(10_000),
        },
        Kind::Insurance => LayerKind::InsuranceFund {
            penalty_share_bps: share(0),
            target_usd: section.number_or("target_usd", USD, amount_usd),
        },
        Kind::Safety => LayerKind::SafetyModule {
            slash_max_bps: section.whole("slash_max_bps", 0, WHOLE_BPS),
        },
        Kind::DebtAuction => LayerKind::DebtAuction {
            supply_usd: section.number("supply_usd", USD),
            // A discount of all would raise nothing.
            discount_bps: section.whole_or("discount_bps", 0, WHOLE_BPS - 1, 0),
        },
        Kind::FirstLoss => LayerKind::FirstLoss,
        Kind::Backstop => LayerKind::BackstopPool,
        Kind::Treasury | Kind::Tranches | Kind::Socialised => LayerKind::TreasuryReserve,
    }
}

fn sizes(item: &Item) -> Result<Vec<f64>, String> {
    let allowed = || format!("a list of 1 to {TRANCHES_MAX} sums, the most junior first");
    let items = list(item).map_err(|_| allowed())?;
    if items.is_empty() || items.len() > TRANCHES_MAX {
        return Err(allowed());
    }
    items.iter().map(|item| number(item, USD)).collect()
}

fn excluded(item: &Item, names: &Names) -> Result<Vec<AssetId>, String> {
    let items = list(item).map_err(|_| "a list of assets".to_owned())?;
    items.iter().map(|item| names.resolve(item)).collect()
}

fn asset_limits(section: &Section<'_>, names: &Names) -> Vec<(AssetId, f64)> {
    let Some(limits) = section.section_if("asset_max_usd") else {
        return Vec::new();
    };
    let mut read = Vec::new();
    for (symbol, item) in limits.entries() {
        match (names.find(symbol), number(item, USD)) {
            (Ok(asset), Ok(max)) => read.push((asset, max)),
            (Err(allowed), _) => limits.refuse(symbol, format!("unknown key; allowed: {allowed}")),
            (Ok(_), Err(allowed)) => {
                limits.refuse(symbol, format!("found {}; allowed: {allowed}", item.raw));
            }
        }
    }
    read
}
