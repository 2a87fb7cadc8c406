//! crvUSD: a market for each collateral, whose bands sell it while its price falls.

use super::parameters::{self, Parameter};
use super::scales::{ALL_BPS, a_second, rate_at, usage};
use super::split::{self, OneDebt, Pledge, answers, listed, start_prices};
use super::{Design, Opened, Payer};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::crvusd::{
    Account, Action, Market, MarketSetup, Markets, Pair, Params, Rejection, Wallet,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Price, Timestamp, U256};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;

/// Fewest bands of a loan.
const BANDS_MIN: u32 = 4;
/// Bounds of the two discounts in the contract, as shares.
const DISCOUNTS: [f64; 2] = [0.01, 0.5];

/// The family's own parameters.
#[derive(Clone, Copy, Debug)]
struct Own {
    amplification: f64,
    bands: f64,
    fee_bps: f64,
    discount_gap_bps: f64,
}

impl Own {
    fn of(loaded: &Loaded) -> Result<Self, Failure> {
        let mut own = Self {
            amplification: 100.0,
            bands: 10.0,
            fee_bps: 60.0,
            discount_gap_bps: 300.0,
        };
        let mut known = [
            Parameter::new("amplification", &mut own.amplification, 2.0, 10_000.0),
            Parameter::new("bands", &mut own.bands, BANDS_MIN.into(), 50.0),
            Parameter::new("fee_bps", &mut own.fee_bps, 0.01, 1_000.0),
            Parameter::new("discount_gap_bps", &mut own.discount_gap_bps, 1.0, 4_000.0),
        ];
        parameters::read(loaded, "crvusd", &mut known)?;
        own.amplification = own.amplification.round();
        own.bands = own.bands.round();
        Ok(own)
    }

    fn gap(&self) -> f64 {
        self.discount_gap_bps / ALL_BPS
    }

    /// A band's lower edge over its upper one.
    fn ratio(&self) -> f64 {
        1.0 - 1.0 / self.amplification
    }

    /// What collateral that nobody has traded with becomes on the way down, per unit of it and per
    /// price of its first band's upper edge, at a price over that edge.
    fn on_the_way_down(&self, price: f64) -> f64 {
        let ratio = self.ratio();
        let band = |number: f64| {
            let edge = ratio.powf(number);
            let low = edge * ratio;
            if price >= edge {
                return (edge * low).sqrt();
            }
            if price <= low {
                return price.powi(3) / (low * edge);
            }
            let within = price / edge;
            let base = self.amplification * price * within;
            let left = (1.0 - ratio / within) * (ratio / within).sqrt();
            base * ((1.0 - within) + left)
        };
        let count = self.bands;
        (0..count as u32).map(|n| band(n.into())).sum::<f64>() / count
    }

    /// The price at which that has fallen to a level, over the first band's upper edge.
    fn price_of(&self, level: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle: f64 = f64::midpoint(low, high);
            if self.on_the_way_down(middle) < level {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// The liquidation discount with which a loan that is fallen into without a trade has health 0
    /// where its collateral times the threshold is its debt, if its first band lies half a band too
    /// high: it lies up to one too high.
    fn liquidation_discount(&self, threshold: f64) -> f64 {
        let full = self.on_the_way_down(1.0);
        let high = f64::midpoint(1.0, self.ratio());
        let mut kept = threshold + self.gap();
        for _ in 0..60 {
            let level = full * high * (1.0 - self.gap() / kept);
            kept = self.price_of(level) * threshold / (full * high) + self.gap();
        }
        let [least, most] = DISCOUNTS;
        (1.0 - kept).clamp(least, most - self.gap())
    }
}

/// What did not fit.
#[derive(Clone, Copy, Debug, Default)]
struct Misfits {
    /// Loans over fewer bands.
    narrower: usize,
    /// Loans with less debt.
    smaller: usize,
    /// Units of debt that these leave out.
    missing: U256,
}

/// Markets with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, nothing is borrowed, or a parameter is not allowed.
pub(super) fn open(loaded: &Loaded) -> Result<Box<dyn Design>, Failure> {
    let own = Own::of(loaded)?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = OneDebt::of(loaded, &usd);
    let prices = answers(loaded, &usd);
    let mut misfits = Misfits::default();
    let (mut discounts, mut pairs) = (Vec::new(), Vec::new());
    for collateral in book.collaterals() {
        let tokens = [spec(scenario, book.token)?, spec(scenario, collateral)?];
        let price = Market::pair_price(prices.get(collateral), prices.get(book.token));
        let price = price.ok_or_else(|| {
            Failure::new("the debt token has no price at the start, allowed: above 0")
        })?;
        let [lender, pledged] = tokens;
        let threshold = f64::from(pledged.liquidation_threshold_bps) / ALL_BPS;
        let discount = own.liquidation_discount(threshold);
        let mut setup = fresh(scenario, &own, tokens, price, discount)?;
        setup.policy_rate = a_second(rate_at(lender, usage(loaded, book.token)));
        setup.accounts = vec![Account::default(); loaded.inputs.book.accounts.len() + 1];
        let mut market = setup.build().map_err(refused)?;
        let pledges = book.pledges.iter().filter(|p| p.collateral == collateral);
        let mut whole = Vec::new();
        for pledge in pledges {
            if misfits.lend(&mut market, &own, pledge)? == Fit::Whole {
                whole.push(owner_of(pledge)?);
            }
        }
        let near = nearness(&market, tokens, threshold, &whole)?;
        discounts.push(sentence(&pledged.symbol, discount, &own, near));
        pairs.push(Pair { collateral, market });
    }
    let base = (scenario.protocol.base_decimals, prices);
    let now = Timestamp(scenario.time.start);
    Ok(Box::new(Opened {
        protocol: Markets::new(listed(scenario), base, now, book.token, pairs).map_err(refused)?,
        payer: Payer::Waterfall,
        mapping: mapping(&book, scenario, &own, discounts, &misfits),
    }))
}

fn spec(scenario: &Scenario, id: AssetId) -> Result<&AssetSpec, Failure> {
    split::spec(scenario, id)
        .ok_or_else(|| Failure::new("the book names an asset that the scenario does not list"))
}

fn refused(rejection: Rejection) -> Failure {
    Failure::new(format!(
        "crvusd: the scenario's markets are refused: {rejection}"
    ))
}

fn owner_of(pledge: &Pledge) -> Result<AccountId, Failure> {
    Ok(AccountId(u32::try_from(pledge.account)?))
}

fn wad(share: f64) -> U256 {
    door::tokens_to_amount(share, 18).0
}

/// A market without accounts.
fn fresh(
    scenario: &Scenario,
    own: &Own,
    [lender, pledged]: [&AssetSpec; 2],
    price: Price,
    discount: f64,
) -> Result<MarketSetup, Failure> {
    let amplification = own.amplification as u16;
    let params = Params::of_factory(amplification, price, lender.decimals, pledged.decimals)
        .map_err(refused)?;
    let start = (Timestamp(scenario.time.start), price);
    let mut setup = MarketSetup::fresh(params, start, Amount(U256::MAX >> 1)).map_err(refused)?;
    setup.amm.fee = wad(own.fee_bps / ALL_BPS);
    setup.controller.liquidation_discount = wad(discount);
    setup.controller.loan_discount = wad(discount + own.gap());
    Ok(setup)
}

/// How a loan was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// As asked for.
    Whole,
    /// Over fewer bands, with less debt, or not at all.
    Partly,
}

impl Misfits {
    /// Opens a loan over as many bands as the contract allows, or else with as much debt.
    fn lend(&mut self, market: &mut Market, own: &Own, pledge: &Pledge) -> Result<Fit, Failure> {
        let owner = owner_of(pledge)?;
        let most = own.bands as u32;
        for bands in (BANDS_MIN..=most).rev() {
            if create(market, owner, pledge.amount, (pledge.debt, bands)) {
                if bands == most {
                    return Ok(Fit::Whole);
                }
                self.narrower += 1;
                return Ok(Fit::Partly);
            }
        }
        let (mut debt, mut refused) = (Amount::ZERO, pledge.debt);
        // To a thousandth of the debt.
        for _ in 0..10 {
            let middle = Amount((debt.0 + refused.0) >> 1);
            if create(
                &mut market.clone(),
                owner,
                pledge.amount,
                (middle, BANDS_MIN),
            ) {
                debt = middle;
            } else {
                refused = middle;
            }
        }
        self.smaller += 1;
        self.missing = self.missing.saturating_add(pledge.debt.0 - debt.0);
        create(market, owner, pledge.amount, (debt, BANDS_MIN));
        Ok(Fit::Partly)
    }
}

/// Opens a loan, where the contract allows it.
fn create(
    market: &mut Market,
    owner: AccountId,
    collateral: Amount,
    (debt, bands): (Amount, u32),
) -> bool {
    let brought = Wallet {
        stable: Amount::ZERO,
        collateral,
    };
    let loan = Action::CreateLoan {
        caller: owner,
        owner,
        collateral,
        debt,
        bands,
    };
    market.visit(owner, brought, &loan).is_ok()
}

/// Least and largest price at which a loan that is fallen into without a trade may be liquidated,
/// over the price of the scenario's rule: of the loans whose bands cover their debts best and
/// worst.
fn nearness(
    market: &Market,
    [lender, pledged]: [&AssetSpec; 2],
    threshold: f64,
    whole: &[AccountId],
) -> Result<Option<[f64; 2]>, Failure> {
    let mut covers = Vec::with_capacity(whole.len());
    for id in whole {
        if let Some(standing) = market.standing(*id).map_err(refused)? {
            let debt = door::amount_to_tokens(standing.debt, lender.decimals);
            let down = door::amount_to_tokens(standing.stable_down, lender.decimals);
            covers.push((down / debt, *id));
        }
    }
    covers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some((_, worst)), Some((_, best))) = (covers.first(), covers.last()) else {
        return Ok(None);
    };
    let mut found = [0.0; 2];
    for (place, id) in found.iter_mut().zip([*worst, *best]) {
        let standing = market.standing(id).map_err(refused)?;
        let rule = standing.map_or(0.0, |standing| {
            let debt = door::amount_to_tokens(standing.debt, lender.decimals);
            let pledge = door::amount_to_tokens(standing.held.collateral, pledged.decimals);
            debt / (pledge * threshold)
        });
        *place = falls_at(market, id)? / rule;
    }
    found.sort_by(f64::total_cmp);
    Ok(Some(found))
}

/// The price at which a loan may be liquidated if nobody trades.
fn falls_at(market: &Market, id: AccountId) -> Result<f64, Failure> {
    // The AMM takes any price two minutes after the last trade.
    let now = Timestamp(market.now().0 + 200);
    let (mut low, mut high) = (U256::ZERO, market.oracle_price().0);
    for _ in 0..40 {
        let middle: U256 = (low + high) >> 1;
        let mut probe = market.clone();
        probe.observe(now, Price(middle)).map_err(refused)?;
        if probe.is_liquidatable(id).unwrap_or(true) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(door::price_to_usd(Price(low), 18))
}

fn sentence(symbol: &str, discount: f64, own: &Own, near: Option<[f64; 2]>) -> String {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let measured = near.map_or_else(String::new, |near| {
        let [least, most] = near.map(|price| format!("{:+.1}", (price - 1.0) * 100.0));
        format!(" (measured in this book: {least} % to {most} % off that price)")
    });
    format!(
        "{symbol}: liquidation discount {} %, so that a loan into whose bands the price falls without a trade may be liquidated where collateral times the scenario's threshold is the debt{measured}; loan discount {} %.",
        percent(discount),
        percent(discount + own.gap()),
    )
}

fn mapping(
    book: &OneDebt,
    scenario: &Scenario,
    own: &Own,
    discounts: Vec<String>,
    misfits: &Misfits,
) -> Vec<String> {
    let mut told = vec![
        book.mapping(scenario),
        format!(
            "Each collateral asset is a market with A = {}, a fee of {} % and loans over {} bands; the loan discount is {} points above the liquidation discount: assumptions of the order of the first markets of crvUSD.",
            own.amplification,
            own.fee_bps / 100.0,
            own.bands,
            own.discount_gap_bps / 100.0
        ),
    ];
    told.extend(discounts);
    if misfits.narrower > 0 {
        told.push(format!(
            "{} loans stood too near to liquidation for so many bands and lie over fewer, {BANDS_MIN} at least.",
            misfits.narrower
        ));
    }
    if misfits.smaller > 0 {
        let missing = split::spec(scenario, book.token).map_or(0.0, |spec| {
            door::amount_to_tokens(Amount(misfits.missing), spec.decimals)
        });
        told.push(format!(
            "{} loans are refused over {BANDS_MIN} bands too and owe as much as is allowed, {missing:.0} less together.",
            misfits.smaller
        ));
    }
    told.extend([
        "The AMM sees the oracle's price as it is, within its own limit of 25 % in two minutes; no moving average is modelled. The rate is fixed: the scenario's curve at the usage of the token at the start. Peg keepers are not modelled.".to_owned(),
        "Liquidators also trade with the bands wherever they gain at the oracle's price after the fee: that is soft liquidation, and the borrowers bear what it loses.".to_owned(),
        "The design has no path for bad debt: what nobody liquidates stays as an open loan, and the scenario's waterfall is not asked.".to_owned(),
    ]);
    told
}
