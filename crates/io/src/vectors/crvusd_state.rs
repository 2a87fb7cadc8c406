//! A crvUSD market as the cases tell it: read from `given`, told as leaves by dotted path.

use super::fields::{FieldError, Fields, text};
use super::leaves::Leaves;
use backstop_core::protocol::AccountId;
use backstop_core::protocol::crvusd::{
    Account, AmmState, Band, ControllerState, Loan, Market, MarketSetup, Measure, Params, Position,
    Rejection, Version, Wallet,
};
use backstop_core::units::{Amount, Price, Timestamp, U256};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Holders of tokens that are no accounts.
const CONTRACTS: [&str; 2] = ["amm", "controller"];

/// The accounts of a case; their ids run from 0 in the order of the balances.
#[derive(Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Everybody who has a balance of stablecoin, be it zero.
    pub(super) fn read(given: &Fields<'_>) -> Result<Self, FieldError> {
        let stable = given.object("balances")?.object("stable")?;
        let holders = stable.members().map(|(name, _)| name.to_owned());
        let accounts = holders.filter(|name| !CONTRACTS.contains(&name.as_str()));
        Ok(Self(accounts.collect()))
    }

    /// The account of a name that stands at `key`.
    pub(super) fn find(
        &self,
        fields: &Fields<'_>,
        key: &str,
        name: &str,
    ) -> Result<AccountId, FieldError> {
        let place = self.0.iter().position(|held| held == name);
        let id = place.and_then(|place| u32::try_from(place).ok());
        let unknown = || fields.wrong(key, &format!("{name:?}"), &self.0.join(", "));
        id.map(AccountId).ok_or_else(unknown)
    }

    fn iter(&self) -> impl Iterator<Item = (AccountId, &str)> {
        (0..).map(AccountId).zip(self.0.iter().map(String::as_str))
    }
}

/// A number of up to 64 bits, a decimal string.
fn small(fields: &Fields<'_>, key: &str) -> Result<u64, FieldError> {
    let wide = fields.wide(key)?;
    let allowed = "a decimal string from \"0\" to 2^64 − 1";
    u64::try_from(wide).map_err(|_| fields.wrong(key, &wide.to_string(), allowed))
}

/// A number of a band; Rust's form of integers is the one of the files but for a plus sign.
fn number(fields: &Fields<'_>, key: &str, found: &str) -> Result<i64, FieldError> {
    let plain = found.parse().ok().filter(|_| !found.starts_with('+'));
    let allowed = "a decimal string from −2^63 to 2^63 − 1";
    plain.ok_or_else(|| fields.wrong(key, &format!("{found:?}"), allowed))
}

fn band_number(fields: &Fields<'_>, key: &str) -> Result<i64, FieldError> {
    number(fields, key, fields.text(key)?)
}

fn amount(fields: &Fields<'_>, key: &str) -> Result<Amount, FieldError> {
    fields.wide(key).map(Amount)
}

fn read_params(given: &Fields<'_>) -> Result<Params, FieldError> {
    let params = given.object("params")?;
    let a = small(&params, "A")?;
    let amplification = u16::try_from(a).ok().filter(|a| (2..=10_000).contains(a));
    let wrong = || params.wrong("A", &a.to_string(), "2 to 10000");
    Ok(Params {
        amplification: amplification.ok_or_else(wrong)?,
        base_price: Price(params.wide("base_price")?),
        log_ratio: small(&params, "log_A_ratio")?,
        sqrt_ratio: params.wide("sqrt_band_ratio")?,
        stable_precision: amount(&params, "borrowed_precision")?,
        collateral_precision: amount(&params, "collateral_precision")?,
    })
}

fn read_amm(amm: &Fields<'_>) -> Result<AmmState, FieldError> {
    Ok(AmmState {
        fee: amm.wide("fee")?,
        admin_fee: amm.wide("admin_fee")?,
        rate: amm.wide("rate")?,
        rate_time: Timestamp(small(amm, "rate_time")?),
        rate_mul: amm.wide("rate_mul")?,
        active_band: band_number(amm, "active_band")?,
        min_band: band_number(amm, "min_band")?,
        max_band: band_number(amm, "max_band")?,
        admin_fees: Wallet {
            stable: amount(amm, "admin_fees_x")?,
            collateral: amount(amm, "admin_fees_y")?,
        },
        old_price: amm.wide("old_p_o")?,
        old_fee: amm.wide("old_dfee")?,
        old_time: Timestamp(small(amm, "prev_p_o_time")?),
    })
}

fn read_bands(amm: &Fields<'_>) -> Result<BTreeMap<i64, Band>, FieldError> {
    let mut bands = BTreeMap::new();
    let told = amm.object("bands")?;
    for (key, _) in told.members() {
        let band = told.object(key)?;
        let band = Band {
            stable: band.wide("x")?,
            collateral: band.wide("y")?,
            shares: band.wide("shares")?,
        };
        bands.insert(number(&told, key, key)?, band);
    }
    Ok(bands)
}

fn read_loan(fields: &Fields<'_>) -> Result<Loan, FieldError> {
    Ok(Loan {
        initial_debt: amount(fields, "initial_debt")?,
        rate_mul: fields.wide("rate_mul")?,
    })
}

fn read_controller(controller: &Fields<'_>) -> Result<ControllerState, FieldError> {
    let loans = small(controller, "n_loans")?;
    let too_many = |_| controller.wrong("n_loans", &loans.to_string(), "0 to 2^32 − 1");
    Ok(ControllerState {
        loan_discount: controller.wide("loan_discount")?,
        liquidation_discount: controller.wide("liquidation_discount")?,
        n_loans: u32::try_from(loans).map_err(too_many)?,
        minted: amount(controller, "minted")?,
        redeemed: amount(controller, "redeemed")?,
        total_debt: read_loan(&controller.object("total_debt")?)?,
    })
}

fn read_position(user: &Fields<'_>) -> Result<Position, FieldError> {
    let (first, last) = (band_number(user, "n1")?, band_number(user, "n2")?);
    let mut shares: Vec<u128> = Vec::new();
    for told in user.texts("shares")? {
        let digits = told.bytes().all(|b| b.is_ascii_digit());
        let part = told.parse().ok().filter(|_| digits);
        let allowed = "decimal strings from \"0\" to 2^128 − 1";
        shares.push(part.ok_or_else(|| user.wrong("shares", &format!("{told:?}"), allowed))?);
    }
    let span = last.checked_sub(first).and_then(|span| span.checked_add(1));
    let span = span.and_then(|span| usize::try_from(span).ok());
    let span = span.filter(|span| *span > 0);
    if span.is_none_or(|span| !shares.is_empty() && shares.len() != span) {
        let found = format!("{} from {first} to {last}", shares.len());
        return Err(user.wrong("shares", &found, "one a band from n1 to n2, or none"));
    }
    Ok(Position {
        first,
        last,
        shares: shares.into(),
    })
}

fn read_accounts(given: &Fields<'_>, names: &Names) -> Result<Vec<Account>, FieldError> {
    let (users, loans) = (given.object("users")?, given.object("loans")?);
    for (told, key) in [(&users, "users"), (&loans, "loans")] {
        for (name, _) in told.members() {
            names.find(given, key, name)?;
        }
    }
    let mut accounts = Vec::new();
    for (_, name) in names.iter() {
        let mut account = Account {
            wallet: read_wallet(given, name)?,
            ..Account::default()
        };
        if users.has(name) {
            account.position = read_position(&users.object(name)?)?;
        }
        if loans.has(name) {
            let loan = loans.object(name)?;
            account.loan = read_loan(&loan)?;
            account.liquidation_discount = loan.wide("liquidation_discount")?;
        }
        accounts.push(account);
    }
    Ok(accounts)
}

fn read_wallet(given: &Fields<'_>, holder: &str) -> Result<Wallet, FieldError> {
    let balances = given.object("balances")?;
    Ok(Wallet {
        stable: amount(&balances.object("stable")?, holder)?,
        collateral: amount(&balances.object("coll")?, holder)?,
    })
}

/// The market that `given` tells.
pub(super) fn read_market(given: &Fields<'_>, names: &Names) -> Result<Market, FieldError> {
    let amm = given.object("amm")?;
    let [amm_wallet, controller_wallet] = CONTRACTS.map(|holder| read_wallet(given, holder));
    let setup = MarketSetup {
        version: Version::V1,
        params: read_params(given)?,
        now: Timestamp(small(given, "now")?),
        oracle_price: Price(given.wide("oracle_price")?),
        policy_rate: given.wide("policy_rate")?,
        amm: read_amm(&amm)?,
        bands: read_bands(&amm)?,
        controller: read_controller(&given.object("controller")?)?,
        accounts: read_accounts(given, names)?,
        approvals: BTreeSet::new(),
        amm_wallet: amm_wallet?,
        controller_wallet: controller_wallet?,
    };
    let built = setup.build();
    built.map_err(|_| given.wrong("params", "constants out of range", "those of a market"))
}

/// A state as leaves by dotted path; a list is one leaf.
#[derive(Clone, Debug)]
pub(super) struct State(pub(super) Leaves);

impl State {
    /// The leaves as one object.
    pub(super) fn value(&self) -> Value {
        let leaves = self.0.iter();
        leaves
            .map(|(path, leaf)| (path.clone(), leaf.clone()))
            .collect()
    }

    /// A market's.
    pub(super) fn of(market: &Market, names: &Names) -> Self {
        let mut state = Self(Leaves::new());
        state.deployment(market);
        state.amm(market);
        state.controller(market);
        state.views(market);
        for (id, name) in names.iter() {
            if let Some(account) = market.account(id) {
                state.account(name, account);
                state.wallet(name, account.wallet);
                state.views_of(market, id, name);
            }
        }
        let [amm, controller] = CONTRACTS;
        state.wallet(amm, market.amm_wallet());
        state.wallet(controller, market.controller_wallet());
        state
    }

    fn wide(&mut self, path: &str, members: &[(&str, U256)]) {
        for (key, n) in members {
            self.0.insert(format!("{path}{key}"), text(*n));
        }
    }

    /// Numbers of at most 64 bits, signed or not.
    fn small(&mut self, path: &str, members: &[(&str, i128)]) {
        for (key, n) in members {
            self.0
                .insert(format!("{path}{key}"), Value::from(n.to_string()));
        }
    }

    fn deployment(&mut self, market: &Market) {
        let (params, constants) = (market.params(), market.constants());
        let wide = [
            ("base_price", params.base_price.0),
            ("sqrt_band_ratio", params.sqrt_ratio),
            ("max_oracle_dn_pow", constants.max_oracle_down),
            (
                "sqrt_band_ratio_controller",
                constants.controller_sqrt_ratio,
            ),
            ("borrowed_precision", params.stable_precision.0),
            ("collateral_precision", params.collateral_precision.0),
        ];
        self.wide("params.", &wide);
        let small = [
            ("A", params.amplification.into()),
            ("log_A_ratio", params.log_ratio.into()),
            (
                "logn_A_ratio_controller",
                constants.controller_log_ratio.into(),
            ),
        ];
        self.small("params.", &small);
        self.small("", &[("now", market.now().0.into())]);
        let feeds = [
            ("oracle_price", market.oracle_price().0),
            ("policy_rate", market.policy_rate()),
        ];
        self.wide("", &feeds);
    }

    fn amm(&mut self, market: &Market) {
        let amm = market.amm();
        let wide = [
            ("fee", amm.fee),
            ("admin_fee", amm.admin_fee),
            ("rate", amm.rate),
            ("rate_mul", amm.rate_mul),
            ("admin_fees_x", amm.admin_fees.stable.0),
            ("admin_fees_y", amm.admin_fees.collateral.0),
            ("old_p_o", amm.old_price),
            ("old_dfee", amm.old_fee),
        ];
        self.wide("amm.", &wide);
        let small = [
            ("rate_time", amm.rate_time.0.into()),
            ("prev_p_o_time", amm.old_time.0.into()),
            ("active_band", amm.active_band.into()),
            ("min_band", amm.min_band.into()),
            ("max_band", amm.max_band.into()),
        ];
        self.small("amm.", &small);
        for (number, band) in market.bands() {
            let members = [
                ("x", band.stable),
                ("y", band.collateral),
                ("shares", band.shares),
            ];
            self.wide(&format!("amm.bands.{number}."), &members);
        }
    }

    fn controller(&mut self, market: &Market) {
        let controller = market.controller();
        let wide = [
            ("loan_discount", controller.loan_discount),
            ("liquidation_discount", controller.liquidation_discount),
            ("minted", controller.minted.0),
            ("redeemed", controller.redeemed.0),
        ];
        self.wide("controller.", &wide);
        self.small("controller.", &[("n_loans", controller.n_loans.into())]);
        self.loan("controller.total_debt.", &controller.total_debt);
    }

    fn loan(&mut self, path: &str, loan: &Loan) {
        let members = [
            ("initial_debt", loan.initial_debt.0),
            ("rate_mul", loan.rate_mul),
        ];
        self.wide(path, &members);
    }

    fn wallet(&mut self, holder: &str, wallet: Wallet) {
        self.wide("balances.stable.", &[(holder, wallet.stable.0)]);
        self.wide("balances.coll.", &[(holder, wallet.collateral.0)]);
    }

    /// Bands and loan stay told after the loan is closed.
    fn account(&mut self, name: &str, account: &Account) {
        let position = &account.position;
        if *position != Position::default() {
            let path = format!("users.{name}.");
            let bands = [("n1", position.first.into()), ("n2", position.last.into())];
            self.small(&path, &bands);
            let shares = position.shares.iter().map(ToString::to_string);
            self.0.insert(format!("{path}shares"), shares.collect());
        }
        if account.loan != Loan::default() {
            let path = format!("loans.{name}.");
            self.loan(&path, &account.loan);
            let discount = account.liquidation_discount;
            self.wide(&path, &[("liquidation_discount", discount)]);
        }
    }

    fn view(&mut self, path: &str, answer: Result<String, Rejection>) {
        let answer = answer.unwrap_or_else(|_| "REVERT".to_owned());
        self.0.insert(format!("view.{path}"), Value::from(answer));
    }

    fn views(&mut self, market: &Market) {
        for (key, answer) in [
            ("price_oracle", market.price_oracle().map(|price| price.0)),
            ("dynamic_fee", market.dynamic_fee()),
            ("amm_price", market.amm_price().map(|price| price.0)),
            ("rate_mul", market.rate_mul()),
            ("total_debt", market.total_debt().map(|debt| debt.0)),
        ] {
            self.view(key, answer.map(|n| n.to_string()));
        }
    }

    /// Of an account with a loan.
    fn views_of(&mut self, market: &Market, id: AccountId, name: &str) {
        let owes = market.account(id).map(|account| account.loan.initial_debt);
        if owes.is_none_or(Amount::is_zero) {
            return;
        }
        let held = market.holdings(id);
        for (key, answer) in [
            ("debt", market.debt(id)),
            ("x", held.map(|wallet| wallet.stable)),
            ("y", held.map(|wallet| wallet.collateral)),
            ("x_down", market.stable_down(id)),
            ("y_up", market.collateral_up(id)),
        ] {
            let answer = answer.map(|amount| amount.0.to_string());
            self.view(&format!("users.{name}.{key}"), answer);
        }
        for (key, measure) in [("health", Measure::InBands), ("health_full", Measure::Full)] {
            let health = market.health(id, measure).map(|health| health.to_string());
            self.view(&format!("users.{name}.{key}"), health);
        }
    }
}
