//! The start of many paths of one scenario.

use super::draws::falling;
use super::{Loaded, draws};
use crate::failure::Failure;
use crate::progress;
use backstop_core::protocol::{AssetId, Protocol};
use backstop_io::inputs::AssetPrice;
use backstop_io::scenario::{BookSpec, GasPriceSpec, LiquiditySpec, PriceSpec, Scenario};
use backstop_lab::ensemble::{Draws, Ensemble, PathValues, Totals};
use backstop_lab::random::path_seed;
use backstop_lab::record::AccountsTold;
use backstop_lab::world::{CollateralAtRisk, Recording, World, WorldConfig};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;

/// What costs nothing where nothing happens.
pub(super) const RECORDING: Recording = Recording {
    traces: false,
    events: false,
    accounts: AccountsTold::Touched,
    calls: false,
};

/// Sets the seed of a pilot apart from that of the ensemble.
const PILOT: u64 = 0x7069_6c6f_7400;

/// A design at its first moment with the market around it.
pub(crate) trait Stage: Send + Sync {
    /// Totals of no path.
    fn empty(&self) -> Totals;

    /// Runs some paths of another seed under the tilt of a fall by so many standard deviations: to find
    /// a good one.
    ///
    /// # Errors
    /// When prices cannot be tilted so.
    fn pilot(&self, deviations: f64, paths: u64) -> Result<Option<Totals>, Failure>;

    /// Runs paths by number, side by side. `on_path` hears of each; nothing where it breaks.
    ///
    /// # Errors
    /// When a price cannot be drawn.
    fn run(
        &self,
        paths: Range<u64>,
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Totals>, Failure>;

    /// What falls of the lead asset's price at the start would bring into breach.
    ///
    /// # Errors
    /// When the ledger does not take a fallen price.
    fn at_risk(&self, falls: &[f64]) -> Result<Vec<CollateralAtRisk>, Failure>;

    /// Figures of paths by number, in their order; paths run side by side. `metrics` names the figures. `on_path`
    /// hears of each; nothing where it breaks.
    ///
    /// # Errors
    /// When a price cannot be drawn, or paths do not count alike and apart: their figures alone would
    /// not tell what they count.
    fn values(
        &self,
        paths: Range<u64>,
        metrics: &[&str],
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Vec<PathValues>>, Failure>;
}

struct Started<P> {
    world: World<P>,
    seed: u64,
    lead: usize,
    draws: Draws,
    /// Assets of a tilt.
    falling: Vec<usize>,
}

/// The stage of a protocol.
pub(super) fn open<P: Protocol + Send + Sync + 'static>(
    protocol: P,
    config: WorldConfig,
    loaded: &Loaded,
) -> Result<Box<dyn Stage>, Failure> {
    let seed = loaded.scenario.seed;
    let world = World::new(protocol, config, seed)?;
    let draws = draws(loaded, world.prices())?;
    let falling = falling(loaded, world.prices());
    Ok(Box::new(Started {
        world,
        seed,
        lead: lead(loaded),
        draws,
        falling,
    }))
}

/// Position of the asset whose price a report shows: the first collateral whose price moves, else
/// the first asset.
pub(crate) fn lead(loaded: &Loaded) -> usize {
    let prices = loaded.inputs.prices.iter();
    let assets = loaded.scenario.assets.iter().zip(prices);
    let moves = |price: &AssetPrice| !matches!(price, AssetPrice::Constant(_));
    let mut collateral =
        assets.map(|(asset, price)| asset.liquidation_threshold_bps > 0 && moves(price));
    collateral.position(|found| found).unwrap_or(0)
}

impl<P> Started<P> {
    fn ensemble(&self) -> Ensemble<'_, P> {
        Ensemble {
            start: &self.world,
            seed: self.seed,
            lead: self.lead,
            draws: self.draws.clone(),
        }
    }
}

impl<P: Protocol + Send + Sync> Stage for Started<P> {
    fn empty(&self) -> Totals {
        self.ensemble().empty()
    }

    fn pilot(&self, deviations: f64, paths: u64) -> Result<Option<Totals>, Failure> {
        let ensemble = Ensemble {
            seed: path_seed(self.seed ^ PILOT, 0),
            draws: Draws::falling(self.world.prices(), &self.falling, deviations)?,
            ..self.ensemble()
        };
        let on_path = || match progress::interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        Ok(ensemble.run(0..paths, &on_path)?)
    }

    fn run(
        &self,
        paths: Range<u64>,
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Totals>, Failure> {
        Ok(self.ensemble().run(paths, on_path)?)
    }

    fn at_risk(&self, falls: &[f64]) -> Result<Vec<CollateralAtRisk>, Failure> {
        let asset = u16::try_from(self.lead).unwrap_or(u16::MAX);
        let found = self.world.collateral_at_risk(AssetId(asset), falls);
        found.map_err(|rejection| Failure::new(rejection.to_string()))
    }

    fn values(
        &self,
        paths: Range<u64>,
        metrics: &[&str],
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Vec<PathValues>>, Failure> {
        if self.draws != Draws::Plain {
            return Err(Failure::new(
                "ensemble: found draws that are not plain, allowed for this command: draws = \"plain\" without a tilt",
            ));
        }
        Ok(self.ensemble().values(paths, metrics, on_path)?)
    }
}

/// A hash of all that decides a path but its number: the scenario with its overrides, and what its
/// files hold. Where the files lie does not count.
pub(crate) fn digest(loaded: &Loaded) -> String {
    struct Sink(Sha256);
    impl Write for Sink {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let (scenario, inputs) = (placeless(&loaded.scenario), &loaded.inputs);
    let mut sink = Sink(Sha256::new());
    // What is made of the scenario alone needs no reading.
    let accounts = match scenario.book {
        BookSpec::Synthetic(_) => &[],
        _ => inputs.book.accounts.as_slice(),
    };
    let parts: [&dyn std::fmt::Debug; 6] = [
        &scenario,
        &inputs.prices,
        &inputs.gas,
        &inputs.reserves,
        &inputs.shapes,
        &accounts,
    ];
    let depths = inputs.depths.iter().any(Option::is_some);
    let depths = depths.then_some(&inputs.depths as &dyn std::fmt::Debug);
    for part in parts.into_iter().chain(depths) {
        // Writing to a hash cannot fail.
        let _ = writeln!(sink, "{part:?}");
    }
    let hash = sink.0.finalize();
    let hex = |text: String, byte: &u8| format!("{text}{byte:02x}");
    hash.iter().fold(String::new(), hex)
}

/// A scenario without its texts and without the places of its files.
fn placeless(scenario: &Scenario) -> Scenario {
    let mut scenario = Scenario {
        path: PathBuf::new(),
        title: String::new(),
        question: String::new(),
        description: String::new(),
        notes: Vec::new(),
        ..scenario.clone()
    };
    if !matches!(scenario.book, BookSpec::Synthetic(_)) {
        scenario.book = BookSpec::File(PathBuf::new());
    }
    for asset in &mut scenario.assets {
        without_files(&mut asset.price);
    }
    for venue in &mut scenario.venues {
        match &mut venue.liquidity {
            LiquiditySpec::RecordedReserves { file } | LiquiditySpec::BookFile { file } => {
                *file = PathBuf::new();
            }
            LiquiditySpec::Ticks(ticks) => ticks.file = PathBuf::new(),
            _ => {}
        }
        if let Some(recorded) = venue
            .depth
            .as_mut()
            .and_then(|depth| depth.recorded.as_mut())
        {
            recorded.files.clear();
        }
    }
    if let GasPriceSpec::Files(files) = &mut scenario.gas.price {
        files.clear();
    }
    scenario
}

fn without_files(price: &mut PriceSpec) {
    match price {
        PriceSpec::Files { candles, .. } | PriceSpec::Bootstrap { candles, .. } => {
            candles.files.clear();
        }
        PriceSpec::Shocks { on, .. } => without_files(on),
        PriceSpec::Constant(_)
        | PriceSpec::Points { .. }
        | PriceSpec::Follows { .. }
        | PriceSpec::Random(_) => {}
    }
}
