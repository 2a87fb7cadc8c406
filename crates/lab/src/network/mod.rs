//! Blocks: when they come, what they cost, and what of a bid list fits.
//!
//! Blocks come at fixed intervals from the start of the path; randomness of block times is not
//! modelled. Liquidations may use a share of each block; the rest goes to everyone else.

mod base_fee;
mod block;
mod series;

pub use base_fee::BaseFee;
pub use block::{Bid, Block, Lane};
pub use series::GasSeries;

use crate::error::{ConfigError, require, require_positive, require_share};
use crate::random::{Purpose, stream};
use base_fee::BaseFeeState;
use chacha20::ChaCha8Rng;

/// Where the price of gas comes from.
#[derive(Clone, Debug)]
pub enum GasModel {
    /// Recorded prices.
    Series(GasSeries),
    /// A base fee that background demand moves.
    BaseFee(BaseFee),
}

/// What gas is paid in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GasToken {
    /// An asset of the protocol, by position; gas gets cheaper in dollars as it falls.
    Asset(usize),
    /// A token outside of the protocol at a fixed price, USD.
    Usd(f64),
}

/// The chain.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// Seconds from block to block.
    pub block_time_s: f64,
    /// Gas that fits into a block.
    pub block_gas_limit: u64,
    /// Share of a block that liquidations can win from other traffic, 0 to 1.
    pub liquidation_share: f64,
    /// Gas of one liquidation with its sale.
    pub liquidation_gas: u64,
    /// Share of that gas that a failed attempt still pays, 0 to 1.
    pub failed_gas_share: f64,
    /// What gas is paid in.
    pub gas_token: GasToken,
    /// Price of gas.
    pub gas: GasModel,
}

impl NetworkConfig {
    fn check(&self, assets: usize) -> Result<(), ConfigError> {
        let at = |name: &str| format!("network.{name}");
        require_positive(self.block_time_s, || at("block_time_s"))?;
        require(
            self.block_gas_limit > 0,
            || at("block_gas_limit"),
            || "must be above 0".to_owned(),
        )?;
        require_share(self.liquidation_share, || at("liquidation_share"))?;
        require_share(self.failed_gas_share, || at("failed_gas_share"))?;
        match self.gas_token {
            GasToken::Usd(usd) => require_positive(usd, || at("gas_token"))?,
            GasToken::Asset(asset) => require(
                asset < assets,
                || at("gas_token"),
                || format!("must name one of the {assets} assets, found {asset}"),
            )?,
        }
        match &self.gas {
            GasModel::Series(series) => series.check(&at("gas")),
            GasModel::BaseFee(fee) => fee.check(assets, &at("gas")),
        }
    }
}

/// State of the chain.
#[derive(Debug)]
pub struct Network {
    config: NetworkConfig,
    gas_gwei: f64,
    base_fee: BaseFeeState,
    rng: ChaCha8Rng,
    /// Blocks so far.
    height: u64,
}

impl Network {
    /// A chain at its start.
    ///
    /// # Errors
    /// When a field of the configuration is out of range.
    pub fn new(config: NetworkConfig, assets: usize, seed: u64) -> Result<Self, ConfigError> {
        config.check(assets)?;
        let base_fee = match &config.gas {
            GasModel::BaseFee(fee) => BaseFeeState::new(fee),
            GasModel::Series(_) => BaseFeeState::default(),
        };
        Ok(Self {
            gas_gwei: 0.0,
            base_fee,
            rng: stream(seed, Purpose::Gas),
            height: 0,
            config,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Takes the time and the price of the stress asset (USD) at the beginning of a step.
    pub fn begin_step(&mut self, time: u64, stress_usd: f64) {
        self.gas_gwei = match &self.config.gas {
            GasModel::Series(series) => series.gwei(time),
            GasModel::BaseFee(fee) => {
                self.base_fee.observe(fee, time, stress_usd);
                self.base_fee.gwei(fee)
            }
        };
    }

    /// Seconds after the path's start of the next block.
    pub fn next_block_s(&self) -> f64 {
        self.height as f64 * self.config.block_time_s
    }

    /// Opens the next block.
    pub fn open_block(&self) -> Block {
        let gas = self.config.block_gas_limit as f64 * self.config.liquidation_share;
        Block::new(gas as u64)
    }

    /// Closes the block in which liquidations used some gas; the base fee reacts.
    pub fn close_block(&mut self, gas_used: u64) {
        self.height += 1;
        if let GasModel::BaseFee(fee) = &self.config.gas {
            let share = gas_used as f64 / self.config.block_gas_limit as f64;
            self.base_fee.close_block(fee, share, &mut self.rng);
            self.gas_gwei = self.base_fee.gwei(fee);
        }
    }

    /// Lets all blocks before a time after the path's start pass without liquidations; how many.
    pub fn pass_blocks(&mut self, end_s: f64) -> u64 {
        let first = self.height;
        while self.next_block_s() < end_s {
            self.height += 1;
        }
        let passed = self.height - first;
        if let GasModel::BaseFee(fee) = &self.config.gas {
            for _ in 0..passed {
                self.base_fee.close_block(fee, 0.0, &mut self.rng);
            }
            self.gas_gwei = self.base_fee.gwei(fee);
        }
        passed
    }

    /// Price of gas now, gwei.
    pub fn gas_gwei(&self) -> f64 {
        self.gas_gwei
    }

    /// Dollars for an amount of gas at a price of the gas token in USD.
    pub fn gas_usd(&self, gas: f64, gwei: f64, token_usd: f64) -> f64 {
        gas * gwei * 1e-9 * token_usd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn config(gas: GasModel) -> NetworkConfig {
        NetworkConfig {
            block_time_s: 13.0,
            block_gas_limit: 10_000_000,
            liquidation_share: 0.5,
            liquidation_gas: 400_000,
            failed_gas_share: 0.3,
            gas_token: GasToken::Asset(0),
            gas,
        }
    }

    fn fixed() -> GasModel {
        GasModel::Series(GasSeries {
            points: vec![(0, 20.0)],
        })
    }

    #[test]
    fn blocks_have_times_and_room() {
        let mut network = Network::new(config(fixed()), 1, 1).unwrap();
        assert_eq!(network.next_block_s(), 0.0);
        assert_eq!(network.open_block().gas_left(), 5_000_000);
        network.close_block(0);
        assert_eq!(network.next_block_s(), 13.0);
        network.begin_step(60, 200.0);
        assert_eq!(network.gas_gwei(), 20.0);
        assert!((network.gas_usd(400_000.0, 20.0, 200.0) - 1.6).abs() < 1e-12);
    }

    #[test]
    fn refuses_bad_settings() {
        let check = |change: &dyn Fn(&mut NetworkConfig), want: Expect| {
            let mut config = config(fixed());
            change(&mut config);
            let got = Network::new(config, 1, 1).unwrap_err().to_string();
            want.assert_eq(&got);
        };
        check(
            &|c| c.block_time_s = 0.0,
            expect!["network.block_time_s: must be a number above 0, found 0"],
        );
        check(
            &|c| c.block_gas_limit = 0,
            expect!["network.block_gas_limit: must be above 0"],
        );
        check(
            &|c| c.failed_gas_share = 1.5,
            expect!["network.failed_gas_share: must lie between 0 and 1, found 1.5"],
        );
        check(
            &|c| c.gas_token = GasToken::Asset(4),
            expect!["network.gas_token: must name one of the 1 assets, found 4"],
        );
        check(
            &|c| c.gas = GasModel::Series(GasSeries { points: vec![] }),
            expect!["network.gas.points: must not be empty"],
        );
    }
}
