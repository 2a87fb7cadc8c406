//! Liquity: a branch for each collateral asset, one stablecoin, a pool of deposits.

use super::parameters::{self, Parameter};
use super::scales::{ALL_BPS, one_over, part, percent, rate_at, usage};
use super::split::{OneDebt, answers, listed, spec, start_prices};
use super::{Design, Opened, Payer};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::AssetId;
use backstop_core::protocol::liquity::{
    BranchSetup, LiquityVersion, Parameters, Peg, Stake, TrovesSetup,
};
use backstop_core::units::{Amount, Ratio, Timestamp, U256, WAD};
use backstop_lab::door;

/// Decimals of a coin.
const COIN_DECIMALS: u8 = 18;
/// Lowest and highest rate of a trove of v2, bps.
const RATES: (u32, u32) = (50, 25_000);
/// A token whose price at the start is this near to a dollar is held to be one.
const NEAR_DOLLAR: f64 = 0.1;

/// The family's own parameters.
#[derive(Clone, Copy, Debug)]
struct Own {
    pool_share_bps: f64,
    critical_ratio_bps: f64,
    pool_penalty_bps: f64,
    redistribution_penalty_bps: f64,
}

impl Own {
    fn of(loaded: &Loaded) -> Result<Self, Failure> {
        let mut own = Self {
            pool_share_bps: 5_000.0,
            critical_ratio_bps: 15_000.0,
            pool_penalty_bps: 500.0,
            redistribution_penalty_bps: 1_000.0,
        };
        let mut known = [
            Parameter::new("pool_share_bps", &mut own.pool_share_bps, 0.0, 10_000.0),
            Parameter::new(
                "critical_ratio_bps",
                &mut own.critical_ratio_bps,
                10_000.0,
                100_000.0,
            ),
            Parameter::new("pool_penalty_bps", &mut own.pool_penalty_bps, 0.0, 10_000.0),
            Parameter::new(
                "redistribution_penalty_bps",
                &mut own.redistribution_penalty_bps,
                0.0,
                10_000.0,
            ),
        ];
        parameters::read(loaded, "liquity", &mut known)?;
        Ok(own)
    }

    /// The ratios of a branch: the minimum ratio is one over the liquidation threshold.
    fn ratios(&self, version: LiquityVersion, threshold_bps: u16) -> Parameters {
        let minimum = one_over(threshold_bps, WAD);
        let critical = part(WAD, self.critical_ratio_bps).max(minimum);
        let ratios = Parameters {
            minimum_ratio: Ratio(minimum),
            critical_ratio: Ratio(critical),
            ..Parameters::v1()
        };
        match version {
            LiquityVersion::V1 => ratios,
            LiquityVersion::V2 => Parameters {
                shutdown_ratio: Parameters::v1().minimum_ratio,
                pool_penalty: Ratio(part(WAD, self.pool_penalty_bps)),
                redistribution_penalty: Ratio(part(WAD, self.redistribution_penalty_bps)),
                ..ratios
            },
        }
    }
}

impl Own {
    fn mapping(&self, version: LiquityVersion, rate_bps: u32, small: usize) -> Vec<String> {
        let mut told = vec![format!(
            "At the start {} % of the debt of each collateral lies in its pool; the share is an assumption. The depositors are one account that never withdraws and sells the collateral that it receives.",
            percent(self.pool_share_bps)
        )];
        told.push(match version {
            LiquityVersion::V1 => format!(
                "v1 knows ether only and is taken as if deployed once for each collateral; recovery mode begins where all troves together are below {} %. There is no interest, and the fee at opening is not charged; the 200 coins that are set aside for the liquidator are part of the debt.",
                percent(self.critical_ratio_bps)
            ),
            LiquityVersion::V2 => format!(
                "Every trove pays {} % a year, the scenario's rate at the usage of the start; the pool's depositors gain {} % on a debt, other troves {} %, as in the branch of ether. 0.0375 ether for the liquidator are set aside besides the collateral. Nobody shuts a branch down.",
                percent(rate_bps.into()),
                percent(self.pool_penalty_bps),
                percent(self.redistribution_penalty_bps)
            ),
        });
        told.push(format!(
            "{small} troves are smaller than the contract lets one be opened. Nobody redeems."
        ));
        told.push("No debt is written off: what a trove owes above its collateral's worth is borne by the pool's depositors, or by the troves that take it over. The scenario's waterfall is not asked.".to_owned());
        told
    }
}

/// Fewest coins that the contract lets a trove be opened with.
fn coins_min(version: LiquityVersion) -> f64 {
    let rules = version.rules();
    let least = [rules.debt_min, rules.stable_reserve];
    let coins = least.map(|coins| door::amount_to_tokens(coins, COIN_DECIMALS));
    coins.iter().sum()
}

/// A token near a dollar is one; of another, a coin is about a dollar's share.
fn peg(usd: &[f64], token: AssetId) -> Peg {
    let price = usd.get(usize::from(token.0)).copied().unwrap_or(1.0);
    if (price - 1.0).abs() <= NEAR_DOLLAR {
        Peg::Dollar
    } else {
        let coins = price.round().clamp(1.0, f64::from(u32::MAX)) as u32;
        Peg::Share { coins }
    }
}

fn coin(peg: Peg) -> String {
    match peg {
        Peg::Dollar => "A coin is a dollar to the contracts whatever it trades at.".to_owned(),
        Peg::Share { coins } => format!(
            "No such deployment exists: the contracts see prices in the debt token, of which {coins} coins are one, so that their fixed sums are worth what they were meant to be."
        ),
    }
}

/// The scenario's rate for the token at the usage of the start, within what v2 allows.
fn rate_bps(loaded: &Loaded, token: AssetId) -> u32 {
    let Some(spec) = spec(&loaded.scenario, token) else {
        return RATES.0;
    };
    rate_at(spec, usage(loaded, token).min(1.0)).clamp(RATES.0, RATES.1)
}

/// Troves with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or a parameter is not allowed.
pub(super) fn open(loaded: &Loaded, version: LiquityVersion) -> Result<Box<dyn Design>, Failure> {
    let own = Own::of(loaded)?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = OneDebt::of(loaded, &usd);
    let borrowers = loaded.inputs.book.accounts.len();
    let rate_bps = rate_bps(loaded, book.token);
    let peg = peg(&usd, book.token);
    let per_token = match peg {
        Peg::Dollar => 1.0,
        Peg::Share { coins } => f64::from(coins),
    };
    let decimals = spec(scenario, book.token).map_or(COIN_DECIMALS, |spec| spec.decimals);
    let (mut branches, mut small) = (Vec::new(), 0);
    for collateral in book.collaterals() {
        let Some(spec) = spec(scenario, collateral) else {
            continue;
        };
        let mut troves = vec![Stake::default(); borrowers];
        let mut owed = U256::ZERO;
        for pledge in book.pledges.iter().filter(|p| p.collateral == collateral) {
            if let Some(stake) = troves.get_mut(pledge.account) {
                let coins = door::amount_to_tokens(pledge.debt, decimals) * per_token;
                small += usize::from(coins < coins_min(version));
                owed = owed.saturating_add(pledge.debt.0);
                *stake = Stake {
                    collateral: pledge.amount,
                    debt: pledge.debt,
                };
            }
        }
        branches.push(BranchSetup {
            collateral,
            parameters: own.ratios(version, spec.liquidation_threshold_bps),
            rate: match version {
                LiquityVersion::V1 => Ratio::ZERO,
                LiquityVersion::V2 => Ratio(part(WAD, rate_bps.into())),
            },
            troves,
            deposits: door::share_of(Amount(owed), own.pool_share_bps / ALL_BPS),
        });
    }
    let setup = TrovesSetup {
        version,
        assets: listed(scenario),
        base_decimals: scenario.protocol.base_decimals,
        prices: answers(loaded, &usd),
        now: Timestamp(scenario.time.start),
        debt: book.token,
        peg,
        native: scenario.gas.native,
        borrowers: u32::try_from(borrowers).unwrap_or(u32::MAX),
        branches,
    };
    let mut mapping = vec![
        book.mapping(scenario),
        coin(peg),
        "The minimum ratio is one over the scenario's liquidation threshold, so that health is the same; the contract's is 110 % for ether. The scenario's bonus and close factor are not used: a trove is liquidated whole.".to_owned(),
    ];
    mapping.extend(own.mapping(version, rate_bps, small));
    Ok(Box::new(Opened {
        protocol: setup.build()?,
        payer: Payer::AtOnce("pool depositors and other troves"),
        mapping,
    }))
}
