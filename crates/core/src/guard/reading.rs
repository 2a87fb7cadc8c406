//! What a guard makes of one tick.

use super::level::Level;
use crate::protocol::AssetId;
use crate::units::{Price, Value};
use std::fmt;

/// Why a guard holds something back, or lets it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The price fell within the window.
    Fell {
        /// Highest price of the window.
        from: Price,
        /// Price now.
        to: Price,
    },
    /// The market pays another price than the protocol works with.
    Deviates {
        /// What the protocol works with.
        price: Price,
        /// What the market pays.
        mark: Price,
    },
    /// Liquidations took much within the window.
    Taken {
        /// What they took, at the present price.
        value: Value,
        /// What the guard allows.
        limit: Value,
    },
    /// Deficits of the window.
    Deficit {
        /// What was written off.
        value: Value,
        /// What the guard allows.
        limit: Value,
    },
    /// Nothing was heard for some time.
    Silent {
        /// Seconds without a tick.
        seconds: u64,
    },
    /// The price was not confirmed for some time.
    Stale {
        /// Seconds since it was.
        seconds: u64,
    },
    /// Little can be sold.
    Thin {
        /// What can be sold at once, at the present price.
        depth: Value,
        /// Least that the guard asks for.
        least: Value,
    },
    /// What liquidations may begin with is used up.
    Spent {
        /// What may be begun with now.
        left: Value,
        /// What was asked for.
        asked: Value,
    },
    /// The danger has passed.
    Calm {
        /// Seconds for which the level held.
        seconds: u64,
    },
}

impl Reason {
    /// Its name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fell { .. } => "price fell",
            Self::Deviates { .. } => "price deviates",
            Self::Taken { .. } => "liquidation volume",
            Self::Deficit { .. } => "deficit",
            Self::Silent { .. } => "downtime",
            Self::Stale { .. } => "stale price",
            Self::Thin { .. } => "thin market",
            Self::Spent { .. } => "limit spent",
            Self::Calm { .. } => "calm",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fell { from, to } => write!(f, "the price fell from {from} to {to}"),
            Self::Deviates { price, mark } => {
                write!(f, "the price is {price} where the market pays {mark}")
            }
            Self::Taken { value, limit } => {
                write!(f, "liquidations took {value}, allowed {limit}")
            }
            Self::Deficit { value, limit } => {
                write!(f, "{value} were written off, allowed {limit}")
            }
            Self::Silent { seconds } => write!(f, "nothing was heard for {seconds} s"),
            Self::Stale { seconds } => write!(f, "the price is {seconds} s old"),
            Self::Thin { depth, least } => {
                write!(f, "{depth} can be sold at once, asked for {least}")
            }
            Self::Spent { left, asked } => {
                write!(f, "{left} of the limit are left, asked for {asked}")
            }
            Self::Calm { seconds } => write!(f, "the danger has passed after {seconds} s"),
        }
    }
}

/// What a guard says of one asset, or of all, at one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// On the safe side of the release threshold.
    #[default]
    Calm,
    /// Between the release and the trip threshold: what is shut stays shut, what is open stays open.
    Between,
    /// At or beyond the trip threshold.
    Tripped(Level, Reason),
}

impl Reading {
    /// The more alarming of two.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Tripped(one, _), Self::Tripped(two, _)) if two > one => other,
            (Self::Tripped(..), _) | (Self::Between, Self::Calm) => self,
            (Self::Between | Self::Calm, _) => other,
        }
    }
}

/// A guard's readings of one tick, calm where nothing was said.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    overall: Reading,
    assets: Vec<Reading>,
    told: bool,
}

impl Readings {
    pub(super) fn new(assets: usize) -> Self {
        Self {
            assets: vec![Reading::Calm; assets],
            ..Self::default()
        }
    }

    /// Tells of the whole protocol.
    pub fn tell_all(&mut self, reading: Reading) {
        if !matches!(reading, Reading::Calm) {
            self.told = true;
            self.overall = self.overall.or(reading);
        }
    }

    /// Tells of one asset; one that is not listed is left out.
    pub fn tell(&mut self, asset: AssetId, reading: Reading) {
        self.tell_at(usize::from(asset.0), reading);
    }

    /// The same by the asset's place in the list.
    pub(super) fn tell_at(&mut self, at: usize, reading: Reading) {
        if !matches!(reading, Reading::Calm)
            && let Some(place) = self.assets.get_mut(at)
        {
            self.told = true;
            *place = place.or(reading);
        }
    }

    /// Forgets what was told.
    pub(super) fn clear(&mut self) {
        if self.told {
            self.overall = Reading::Calm;
            self.assets.fill(Reading::Calm);
            self.told = false;
        }
    }

    /// Whether anything but calm was told.
    pub(super) fn told(&self) -> bool {
        self.told
    }

    /// What was told of the protocol.
    pub(super) fn overall(&self) -> Reading {
        self.overall
    }

    /// What was told of each asset.
    pub(super) fn assets(&self) -> &[Reading] {
        &self.assets
    }
}
