//! GEB: safes in one coin, auctions whose discount grows.

use super::parameters::{self, Parameter};
use super::scales::{ALL_BPS, coins, one_over, part, percent};
use super::split::{OneDebt, answers, listed, spec, start_prices};
use super::{Design, Opened, Payer};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::auction::Ray;
use backstop_core::protocol::AssetId;
use backstop_core::protocol::geb::{
    Core, Feed, Feeds, House, Line, LiquidationEngine, Relayer, SafeEngine, Safes,
};
use backstop_core::units::{
    Amount, Index, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256, Value, WAD, mul_div, pow10,
};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use std::num::NonZeroU16;

/// The family's own parameters; the defaults are RAI's on Ethereum (community.reflexer.finance, topic
/// 286), the delay that of its feed.
#[derive(Clone, Copy, Debug)]
struct Own {
    penalty_bps: f64,
    first_discount_bps: f64,
    last_discount_bps: f64,
    discount_duration_s: f64,
    lot_max: f64,
    feed_delay_s: f64,
}

impl Own {
    fn of(loaded: &Loaded) -> Result<Self, Failure> {
        let mut own = Self {
            penalty_bps: 1_000.0,
            first_discount_bps: 800.0,
            last_discount_bps: 1_000.0,
            discount_duration_s: 2_700.0,
            lot_max: 90_000.0,
            feed_delay_s: 3_600.0,
        };
        let mut known = [
            Parameter::new("penalty_bps", &mut own.penalty_bps, 0.0, 10_000.0),
            Parameter::new(
                "first_discount_bps",
                &mut own.first_discount_bps,
                0.0,
                9_999.0,
            ),
            Parameter::new(
                "last_discount_bps",
                &mut own.last_discount_bps,
                0.0,
                9_999.0,
            ),
            Parameter::new(
                "discount_duration_s",
                &mut own.discount_duration_s,
                1.0,
                1e7,
            ),
            Parameter::new("lot_max", &mut own.lot_max, 1.0, 1e12),
            Parameter::new("feed_delay_s", &mut own.feed_delay_s, 0.0, 65_535.0),
        ];
        parameters::read(loaded, "geb", &mut known)?;
        if own.last_discount_bps < own.first_discount_bps {
            let file = loaded.scenario.path.display();
            let (found, least) = (own.last_discount_bps, own.first_discount_bps);
            return Err(Failure::new(format!(
                "{file}: protocol.parameters.last_discount_bps: found {found}; allowed: at least first_discount_bps, {least}"
            )));
        }
        Ok(own)
    }
}

/// Safes with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or a parameter is not allowed.
pub(super) fn open(loaded: &Loaded) -> Result<Box<dyn Design>, Failure> {
    let own = Own::of(loaded)?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = OneDebt::of(loaded, &usd);
    let accounts = loaded.inputs.book.accounts.len();
    let to_wad = |id: AssetId, amount: Amount| -> U256 {
        let decimals = spec(scenario, id).map_or(18, |spec| spec.decimals);
        let up = pow10(18u8.saturating_sub(decimals));
        amount.0.saturating_mul(up.unwrap_or(U256::ONE))
    };
    let mut lines = Vec::new();
    for collateral in book.collaterals() {
        let price = usd.get(usize::from(collateral.0));
        let Some((spec, usd)) = spec(scenario, collateral).zip(price) else {
            continue;
        };
        let mut safes = vec![(Amount::ZERO, Shares::ZERO); accounts];
        let pledges = book.pledges.iter().filter(|p| p.collateral == collateral);
        for pledge in pledges {
            if let Some(safe) = safes.get_mut(pledge.account) {
                let locked = Amount(to_wad(collateral, pledge.amount));
                *safe = (locked, Shares(to_wad(book.token, pledge.debt)));
            }
        }
        lines.push(Line {
            collateral,
            core: core(scenario, spec, *usd, &own),
            safes,
            feed_delay: NonZeroU16::new(own.feed_delay_s as u16),
        });
    }
    let prices = answers(loaded, &usd);
    let base_decimals = scenario.protocol.base_decimals;
    Ok(Box::new(Opened {
        protocol: Safes::new(listed(scenario), base_decimals, prices, book.token, lines)?,
        payer: Payer::WaterfallThen("debt auctions"),
        mapping: mapping(&book, scenario, &own),
    }))
}

fn mapping(book: &OneDebt, scenario: &Scenario, own: &Own) -> Vec<String> {
    vec![
        book.mapping(scenario),
        "The coin's redemption price is one dollar and stays there: the controller that moves it is not modelled. Each collateral asset has a system of its own; one on a chain has ETH only.".to_owned(),
        "The liquidation ratio is one over the scenario's liquidation threshold, so that health is the same; there are no stability fees and no saviours.".to_owned(),
        format!(
            "Penalty {} %, lots of at most {} coins, discount from {} % to {} % within {} minutes; unless the scenario says otherwise these are RAI's on Ethereum (community.reflexer.finance, topic 286). The other parameters of the house are the contract's defaults.",
            percent(own.penalty_bps),
            own.lot_max,
            percent(own.first_discount_bps),
            percent(own.last_discount_bps),
            own.discount_duration_s / 60.0
        ),
        format!(
            "What is safe follows a feed that holds each answer back for {} minutes; auctions also see the present price, within 10 % below and 5 % above the delayed one.",
            own.feed_delay_s / 60.0
        ),
        "A deficit is what an auction leaves unpaid of the debt; the scenario's waterfall stands for the treasury and its debt auctions.".to_owned(),
    ]
}

fn core(scenario: &Scenario, spec: &AssetSpec, usd: f64, own: &Own) -> Core {
    let now = Timestamp(scenario.time.start);
    let price = door::price_to_oracle(usd, 18).0;
    let feed = Feed {
        value: price,
        valid: true,
        connected: true,
    };
    let ratio = one_over(spec.liquidation_threshold_bps, RAY);
    let in_coins = price.saturating_mul(U256::from(1_000_000_000));
    let (first, last) = (
        ALL_BPS - own.first_discount_bps,
        ALL_BPS - own.last_discount_bps,
    );
    // Rounded to the nearest: after the duration the last discount holds in any case.
    let a_second = (last / first).powf(1.0 / own.discount_duration_s);
    Core {
        now,
        safes: SafeEngine {
            debt_index: Index(RAY),
            liquidation_price: Price(
                mul_div(in_coins, RAY, ratio, Rounding::Floor).unwrap_or(U256::ZERO),
            ),
            debt_floor: Value::ZERO,
        },
        engine: LiquidationEngine {
            enabled: true,
            limit: Value(U256::MAX),
            in_auction: Value::ZERO,
            penalty: Ratio(part(WAD, ALL_BPS + own.penalty_bps)),
            lot_max: coins(own.lot_max),
        },
        relayer: Relayer {
            price: Price(RAY),
            rate: Ray(RAY),
            rate_min: Ray(RAY),
            rate_max: Ray(RAY),
            updated: now,
            liquidation_ratio: Ray(ratio),
        },
        feeds: Feeds {
            delayed: feed,
            median: feed,
            coin: Feed::default(),
        },
        house: House {
            bid_min: Amount::ZERO,
            first_discount: Ratio(part(WAD, first)),
            last_discount: Ratio(part(WAD, last)),
            discount_rate: Ray(door::tokens_to_amount(a_second, 27).0),
            discount_duration: U256::from(own.discount_duration_s as u64),
            collateral_lower: Ratio(part(WAD, 9_000.0)),
            collateral_upper: Ratio(part(WAD, 9_500.0)),
            coin_lower: Ratio(WAD),
            coin_upper: Ratio(WAD),
            coin_min: Ratio(part(WAD, 9_990.0)),
            last_redemption_price: Price::ZERO,
            started: U256::ZERO,
        },
        queued: Value::ZERO,
    }
}
