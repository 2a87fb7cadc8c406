//! A manipulator: moves a thin venue, so that the oracle's price falls, liquidates what that brings into
//! breach, and undoes its trades.
//!
//! It looks at each of the falls that it is told to consider, plays the whole attack through on a copy of the
//! market and the ledger, and attacks with the one that earns most, where that is more than it asks for. What
//! it plays through is exact where one sample of the feed is enough; an attack that holds the venues down
//! through several samples is reckoned at the present outside price, so that it bears the risk of a move.
//!
//! Against an oracle of several sources it tries pushes of growing depth, held for some samples, and takes the
//! least that brings the oracle's answer down so far.
//!
//! Assumptions: it borrows what it sells without a fee, up to its capital; what it seizes beyond that it sells
//! at once in markets that are not modelled, at the outside price less [`ManipulatorConfig::exit_cost`]; nobody
//! else trades between its sale and its purchase.

use crate::error::{ConfigError, require, require_not_negative, require_positive, require_share};

/// Who moves an oracle's price where that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct ManipulatorConfig {
    /// Name in results.
    pub name: String,
    /// Position of the asset whose price it moves.
    pub asset: usize,
    /// Dollars for what it sells and repays.
    pub capital_usd: f64,
    /// Least profit that it attacks for, USD.
    pub min_profit_usd: f64,
    /// What it loses when it sells what it seized outside of the venues, as a share.
    pub exit_cost: f64,
    /// Seconds from look to look.
    pub look_every_s: u64,
    /// Falls of the oracle's answer that it considers, as shares.
    pub falls: Vec<f64>,
}

impl ManipulatorConfig {
    fn check(&self, assets: usize) -> Result<(), ConfigError> {
        let at = |name: &str| format!("manipulator.{name}");
        require(
            self.asset < assets,
            || at("asset"),
            || format!("must name one of the {assets} assets, found {}", self.asset),
        )?;
        require_positive(self.capital_usd, || at("capital_usd"))?;
        require_not_negative(self.min_profit_usd, || at("min_profit_usd"))?;
        require_share(self.exit_cost, || at("exit_cost"))?;
        for (i, fall) in self.falls.iter().enumerate() {
            require(
                *fall > 0.0 && *fall < 1.0,
                || at(&format!("falls[{i}]")),
                || format!("must be above 0 and below 1, found {fall}"),
            )?;
        }
        Ok(())
    }
}

/// An attack that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attack {
    /// Where the venues' mid is held, as a share of the outside price.
    pub(crate) mid_share: f64,
    /// Samples of the feed through which it still has to be held.
    pub(crate) samples_left: u32,
    /// Until when the moved answer may arrive.
    pub(crate) until: u64,
    /// Position in the record's list.
    pub(crate) row: usize,
    /// Whole tokens sold and not bought back.
    pub(crate) short: f64,
    /// What it had earned before, USD.
    pub(crate) profit_before_usd: f64,
}

/// The manipulator on one path.
#[derive(Clone, Debug)]
pub(crate) struct Manipulator {
    pub(crate) config: ManipulatorConfig,
    /// Its place in the list of liquidators.
    pub(crate) member: usize,
    pub(crate) attack: Option<Attack>,
    pub(crate) next_look: u64,
}

impl Manipulator {
    pub(crate) fn new(
        config: ManipulatorConfig,
        member: usize,
        assets: usize,
    ) -> Result<Self, ConfigError> {
        config.check(assets)?;
        Ok(Self {
            config,
            member,
            attack: None,
            next_look: 0,
        })
    }
}
