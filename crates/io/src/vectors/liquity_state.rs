//! Liquity states as the cases tell them: which leaf is which field, for reading and for comparing.

use super::fields::{FieldError, Fields, text};
use super::leaves::{Leaves, leaves};
use backstop_core::coverage::stability_pool::{StabilityPool, Sums};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Account, Branch, LiquityVersion, Parameters, Rejection, System, SystemSetup, Trove, TroveStatus,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A number of a record.
enum Slot<'a> {
    /// Up to 2^256 − 1.
    Wide(&'a mut U256),
    /// Up to 2^64 − 1.
    Count(&'a mut u64),
}

use Slot::{Count, Wide};

/// Keys of an object and the numbers that they stand for.
type Table<T> = &'static [(&'static str, fn(&mut T) -> Slot<'_>)];

/// How a version's states are told.
struct Layout {
    branch: &'static [(&'static str, Table<Branch>)],
    pool: Table<StabilityPool>,
    trove: Table<Trove>,
    deposit: Table<Account>,
    /// Which wallets hold the stablecoin, which the collateral.
    stable: &'static str,
    collateral: &'static str,
    /// Who receives what depositors do not; v1 does not tell.
    fees: Option<&'static str>,
    /// The pool's sums are told by scale alone.
    has_epochs: bool,
    statuses: &'static [(&'static str, TroveStatus)],
}

const V1: Layout = Layout {
    branch: &[(
        "sys",
        &[
            ("activeColl", |b| Wide(&mut b.active.collateral.0)),
            ("activeDebt", |b| Wide(&mut b.active.debt.0)),
            ("defaultColl", |b| Wide(&mut b.default.collateral.0)),
            ("defaultDebt", |b| Wide(&mut b.default.debt.0)),
            ("totalStakes", |b| Wide(&mut b.stakes.0)),
            ("totalStakesSnapshot", |b| Wide(&mut b.stakes_snapshot.0)),
            ("totalCollateralSnapshot", |b| {
                Wide(&mut b.collateral_snapshot.0)
            }),
            ("L_ETH", |b| Wide(&mut b.reward.collateral)),
            ("L_LUSD", |b| Wide(&mut b.reward.debt)),
            ("lastETHErrorRedistribution", |b| {
                Wide(&mut b.reward_error.collateral)
            }),
            ("lastLUSDErrorRedistribution", |b| {
                Wide(&mut b.reward_error.debt)
            }),
            ("troveCount", |b| Count(&mut b.troves)),
        ],
    )],
    pool: &[
        ("D", |p| Wide(&mut p.deposits.0)),
        ("ETH", |p| Wide(&mut p.collateral.0)),
        ("P", |p| Wide(&mut p.product)),
        ("epoch", |p| Count(&mut p.epoch)),
        ("scale", |p| Count(&mut p.scale)),
        ("lastETHError", |p| Wide(&mut p.collateral_error)),
        ("lastLUSDLossError", |p| Wide(&mut p.loss_error)),
    ],
    trove: &[
        ("coll", |t| Wide(&mut t.collateral.0)),
        ("debt", |t| Wide(&mut t.debt.0)),
        ("stake", |t| Wide(&mut t.stake.0)),
        ("snapETH", |t| Wide(&mut t.snapshot.collateral)),
        ("snapLUSD", |t| Wide(&mut t.snapshot.debt)),
    ],
    deposit: &[
        ("initial", |a| Wide(&mut a.deposit.amount.0)),
        ("P", |a| Wide(&mut a.deposit.product)),
        ("S", |a| Wide(&mut a.deposit.collateral_sum)),
        ("scale", |a| Count(&mut a.deposit.scale)),
        ("epoch", |a| Count(&mut a.deposit.epoch)),
    ],
    stable: "lusd",
    collateral: "eth",
    fees: None,
    has_epochs: true,
    statuses: &[
        ("1", TroveStatus::Active),
        ("2", TroveStatus::ClosedByOwner),
        ("3", TroveStatus::ClosedByLiquidation),
        ("4", TroveStatus::ClosedByRedemption),
    ],
};

const V2: Layout = Layout {
    branch: &[
        (
            "sys",
            &[
                ("totalStakes", |b| Wide(&mut b.stakes.0)),
                ("totalStakesSnapshot", |b| Wide(&mut b.stakes_snapshot.0)),
                ("totalCollateralSnapshot", |b| {
                    Wide(&mut b.collateral_snapshot.0)
                }),
                ("L_coll", |b| Wide(&mut b.reward.collateral)),
                ("L_bold", |b| Wide(&mut b.reward.debt)),
                ("lastCollError", |b| Wide(&mut b.reward_error.collateral)),
                ("lastBoldError", |b| Wide(&mut b.reward_error.debt)),
                ("troveCount", |b| Count(&mut b.troves)),
            ],
        ),
        (
            "active",
            &[
                ("coll", |b| Wide(&mut b.active.collateral.0)),
                ("aggRecordedDebt", |b| Wide(&mut b.active.debt.0)),
                ("aggWeightedDebtSum", |b| Wide(&mut b.weighted_debt)),
                ("lastAggUpdate", |b| Count(&mut b.interest_updated.0)),
            ],
        ),
        (
            "default",
            &[
                ("coll", |b| Wide(&mut b.default.collateral.0)),
                ("debt", |b| Wide(&mut b.default.debt.0)),
            ],
        ),
    ],
    pool: &[
        ("D", |p| Wide(&mut p.deposits.0)),
        ("coll", |p| Wide(&mut p.collateral.0)),
        ("P", |p| Wide(&mut p.product)),
        ("scale", |p| Count(&mut p.scale)),
        ("yieldOwed", |p| Wide(&mut p.yield_owed.0)),
        ("yieldPending", |p| Wide(&mut p.yield_pending.0)),
    ],
    trove: &[
        ("coll", |t| Wide(&mut t.collateral.0)),
        ("debt", |t| Wide(&mut t.debt.0)),
        ("stake", |t| Wide(&mut t.stake.0)),
        ("rate", |t| Wide(&mut t.rate.0)),
        ("lastDebtUpdate", |t| Count(&mut t.updated.0)),
        ("snapColl", |t| Wide(&mut t.snapshot.collateral)),
        ("snapDebt", |t| Wide(&mut t.snapshot.debt)),
    ],
    deposit: &[
        ("initial", |a| Wide(&mut a.deposit.amount.0)),
        ("P", |a| Wide(&mut a.deposit.product)),
        ("S", |a| Wide(&mut a.deposit.collateral_sum)),
        ("B", |a| Wide(&mut a.deposit.yield_sum)),
        ("scale", |a| Count(&mut a.deposit.scale)),
        ("stashed", |a| Wide(&mut a.stashed.0)),
    ],
    stable: "bold",
    collateral: "weth",
    fees: Some("router"),
    has_epochs: false,
    statuses: &[
        ("1", TroveStatus::Active),
        ("2", TroveStatus::ClosedByOwner),
        ("3", TroveStatus::ClosedByLiquidation),
        ("4", TroveStatus::Zombie),
    ],
};

fn layout(version: LiquityVersion) -> &'static Layout {
    match version {
        LiquityVersion::V1 => &V1,
        LiquityVersion::V2 => &V2,
    }
}

/// A whole number of at most 64 bits, told as a decimal string.
pub(super) fn count(fields: &Fields<'_>, key: &str) -> Result<u64, FieldError> {
    let told = fields.wide(key)?;
    u64::try_from(told).map_err(|_| fields.wrong(key, &told.to_string(), "0 to 2^64 − 1"))
}

fn read<T>(fields: &Fields<'_>, table: Table<T>, record: &mut T) -> Result<(), FieldError> {
    for (key, slot) in table {
        match slot(record) {
            Wide(wide) => *wide = fields.wide(key)?,
            Count(number) => *number = count(fields, key)?,
        }
    }
    Ok(())
}

fn told<T: Clone>(table: Table<T>, record: &T) -> Map<String, Value> {
    let mut record = record.clone();
    let member = |(key, slot): &(&str, fn(&mut T) -> Slot<'_>)| {
        let value = match slot(&mut record) {
            Wide(wide) => text(*wide),
            Count(number) => Value::String(number.to_string()),
        };
        ((*key).to_owned(), value)
    };
    table.iter().map(member).collect()
}

/// Names and what the case tells of each.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By account.
    all: Vec<String>,
    /// Whose deposits, stablecoin and collateral are told even if they have none.
    deposits: BTreeSet<AccountId>,
    stable: BTreeSet<AccountId>,
    collateral: BTreeSet<AccountId>,
}

impl Names {
    /// The account of a name.
    pub(super) fn find(&self, name: &str) -> Option<AccountId> {
        let at = self.all.iter().position(|known| known == name)?;
        u32::try_from(at).ok().map(AccountId)
    }

    /// All names.
    pub(super) fn listed(&self) -> String {
        self.all.join(", ")
    }

    fn of(&self, id: AccountId) -> &str {
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.all.get(at).map_or("", String::as_str)
    }
}

/// Accounts as they are read.
#[derive(Default)]
struct Reader {
    names: Names,
    accounts: Vec<Account>,
}

impl Reader {
    fn at(&mut self, name: &str) -> (AccountId, &mut Account) {
        let at = match self.names.all.iter().position(|known| known == name) {
            Some(at) => at,
            None => {
                self.names.all.push(name.to_owned());
                self.accounts.push(Account::default());
                self.accounts.len() - 1
            }
        };
        let id = AccountId(u32::try_from(at).unwrap_or(u32::MAX));
        (id, &mut self.accounts[at])
    }

    fn troves(&mut self, given: &Fields<'_>, layout: &Layout) -> Result<(), FieldError> {
        for (name, fields) in given.object("troves")?.members() {
            let trove = &mut self.at(name).1.trove;
            read(&fields, layout.trove, trove)?;
            let status = fields.text("status")?;
            let known = layout.statuses.iter().find(|(number, _)| *number == status);
            let allowed = "1 to 4 as a text";
            let known = known.ok_or_else(|| fields.wrong("status", status, allowed))?;
            trove.status = known.1;
        }
        Ok(())
    }

    /// Deposits, surplus and wallets; returns what stakers or the router have.
    fn claims(&mut self, given: &Fields<'_>, layout: &Layout) -> Result<Amount, FieldError> {
        for (name, fields) in given.object("deposits")?.members() {
            let (id, account) = self.at(name);
            read(&fields, layout.deposit, account)?;
            self.names.deposits.insert(id);
        }
        let surplus = given.object("surplus")?;
        for (name, _) in surplus.members() {
            self.at(name).1.surplus = Amount(surplus.wide(name)?);
        }
        let mut fees = Amount::ZERO;
        let wallets = given.object(layout.stable)?;
        for (name, _) in wallets.members() {
            let amount = Amount(wallets.wide(name)?);
            if layout.fees == Some(name) {
                fees = amount;
                continue;
            }
            let (id, account) = self.at(name);
            account.stable = amount;
            self.names.stable.insert(id);
        }
        let wallets = given.object(layout.collateral)?;
        for (name, _) in wallets.members() {
            let (id, account) = self.at(name);
            account.collateral = Amount(wallets.wide(name)?);
            self.names.collateral.insert(id);
        }
        Ok(fees)
    }

    fn sorted(&mut self, given: &Fields<'_>) -> Result<Vec<AccountId>, FieldError> {
        let names = given.texts("sorted")?;
        Ok(names.into_iter().map(|name| self.at(name).0).collect())
    }
}

fn sums(pool: &Fields<'_>, key: &str, layout: &Layout) -> Result<Sums, FieldError> {
    let fields = pool.object(key)?;
    let mut sums = Vec::new();
    for (at, _) in fields.members() {
        let (epoch, scale) = match at.split_once('/') {
            Some((epoch, scale)) if layout.has_epochs => (epoch.parse(), scale.parse()),
            _ => (Ok(0), at.parse()),
        };
        let (Ok(epoch), Ok(scale)) = (epoch, scale) else {
            return Err(fields.wrong(at, at, "\"scale\", in v1 \"epoch/scale\""));
        };
        sums.push(((epoch, scale), fields.wide(at)?));
    }
    Ok(sums.into_iter().collect())
}

fn parameters(version: LiquityVersion, given: &Fields<'_>) -> Result<Parameters, FieldError> {
    if version == LiquityVersion::V1 {
        return Ok(Parameters::v1());
    }
    let fields = given.object("params")?;
    let ratio = |key| Ok(Ratio(fields.wide(key)?));
    Ok(Parameters {
        critical_ratio: ratio("CCR")?,
        minimum_ratio: ratio("MCR")?,
        shutdown_ratio: ratio("SCR")?,
        pool_penalty: ratio("penaltySP")?,
        redistribution_penalty: ratio("penaltyRedist")?,
    })
}

/// The system of a case.
pub(super) fn system(
    version: LiquityVersion,
    given: &Fields<'_>,
) -> Result<(System, Names), FieldError> {
    let layout = layout(version);
    let mut reader = Reader::default();
    reader.troves(given, layout)?;
    let fees = reader.claims(given, layout)?;
    let mut branch = Branch::default();
    for (section, table) in layout.branch {
        read(&given.object(section)?, table, &mut branch)?;
    }
    branch.fees = fees;
    let surplus = reader.accounts.iter().map(|account| account.surplus.0);
    branch.surplus = Amount(surplus.fold(U256::ZERO, U256::saturating_add));
    let fields = given.object("sp")?;
    let mut pool = StabilityPool::new(version.rules().pool);
    read(&fields, layout.pool, &mut pool)?;
    pool.collateral_sums = sums(&fields, "S", layout)?;
    let (mut now, mut sorted) = (Timestamp(0), Vec::new());
    match version {
        LiquityVersion::V1 => sorted = reader.sorted(given)?,
        LiquityVersion::V2 => {
            pool.yield_sums = sums(&fields, "B", layout)?;
            now = Timestamp(count(given, "now")?);
        }
    }
    let setup = SystemSetup {
        version,
        parameters: parameters(version, given)?,
        now,
        price: Price(given.wide("price")?),
        branch,
        pool,
        accounts: reader.accounts,
        sorted,
    };
    let system = setup.build().map_err(|error| FieldError {
        field: format!("given ({})", error.field),
        problem: error.problem,
    })?;
    Ok((system, reader.names))
}

/// The state as leaves, views included.
pub(super) fn state_leaves(system: &System, names: &Names) -> Leaves {
    let layout = layout(system.version());
    let mut state = Map::new();
    let mut put = |key: &str, members: Map<String, Value>| {
        state.insert(key.to_owned(), Value::Object(members));
    };
    for (section, table) in layout.branch {
        put(section, told(table, system.branch()));
    }
    put("sp", pool_members(system.pool(), layout));
    put(
        "troves",
        each(system, names, |_, account| trove(account, layout)),
    );
    put(
        "deposits",
        each(system, names, |id, account| {
            let shown = names.deposits.contains(&id) || !account.deposit.amount.is_zero();
            shown.then(|| Value::Object(told(layout.deposit, account)))
        }),
    );
    put(
        "surplus",
        each(system, names, |_, account| {
            let surplus = account.surplus;
            (!surplus.is_zero()).then(|| text(surplus.0))
        }),
    );
    let wallet = |amount: Amount, told: bool| (told || !amount.is_zero()).then(|| text(amount.0));
    let mut stable = each(system, names, |id, account| {
        wallet(account.stable, names.stable.contains(&id))
    });
    if let Some(fees) = layout.fees {
        stable.insert(fees.to_owned(), text(system.branch().fees.0));
    }
    put(layout.stable, stable);
    put(
        layout.collateral,
        each(system, names, |id, account| {
            wallet(account.collateral, names.collateral.contains(&id))
        }),
    );
    put("view", view(system, names));
    state.insert("price".to_owned(), text(system.price().0));
    let mut leaves = leaves(&Value::Object(state));
    match system.version() {
        LiquityVersion::V1 => {
            let sorted: Vec<_> = system.sorted().map(|id| names.of(id)).collect();
            leaves.insert("sorted".to_owned(), json!(sorted));
        }
        LiquityVersion::V2 => {
            let now = Value::String(system.now().0.to_string());
            leaves.insert("now".to_owned(), now);
        }
    }
    leaves
}

fn each(
    system: &System,
    names: &Names,
    mut member: impl FnMut(AccountId, &Account) -> Option<Value>,
) -> Map<String, Value> {
    (0..system.accounts())
        .map(AccountId)
        .filter_map(|id| Some((id, system.account(id)?)))
        .filter_map(|(id, account)| Some((names.of(id).to_owned(), member(id, account)?)))
        .collect()
}

fn trove(account: &Account, layout: &Layout) -> Option<Value> {
    let trove = &account.trove;
    let (number, _) = layout
        .statuses
        .iter()
        .find(|(_, status)| *status == trove.status)?;
    let mut members = told(layout.trove, trove);
    members.insert("status".to_owned(), json!(number));
    Some(Value::Object(members))
}

fn pool_members(pool: &StabilityPool, layout: &Layout) -> Map<String, Value> {
    let mut members = told(layout.pool, pool);
    let by_stage = |sums: &Sums| {
        let member = |((epoch, scale), sum): ((u64, u64), U256)| {
            let at = if layout.has_epochs {
                format!("{epoch}/{scale}")
            } else {
                scale.to_string()
            };
            (at, text(sum))
        };
        Value::Object(sums.iter().map(member).collect())
    };
    members.insert("S".to_owned(), by_stage(&pool.collateral_sums));
    if !layout.has_epochs {
        members.insert("B".to_owned(), by_stage(&pool.yield_sums));
    }
    members
}

/// What the contracts' getters answer.
pub(super) fn view(system: &System, names: &Names) -> Map<String, Value> {
    let troves = each(system, names, |id, account| {
        account
            .trove
            .status
            .is_open()
            .then(|| trove_view(system, id))
    });
    let deposits = each(system, names, |id, account| {
        let shown = names.deposits.contains(&id) || !account.deposit.amount.is_zero();
        shown.then(|| deposit_view(system, account))
    });
    let mut members = Map::new();
    let mut put = |key: &str, value: Value| members.insert(key.to_owned(), value);
    put("TCR", answer(system.total_ratio().map(|ratio| ratio.0)));
    match system.version() {
        LiquityVersion::V1 => {
            let critical = system.is_critical();
            put(
                "recovery",
                critical.map_or_else(|r| json!(r.name()), |c| json!(c)),
            );
        }
        LiquityVersion::V2 => {
            put("branchDebt", answer(system.total_debt().map(|debt| debt.0)));
        }
    }
    put("troves", Value::Object(troves));
    put("deposits", Value::Object(deposits));
    members
}

/// A getter's answer; its rejection where it reverts.
fn answer(got: Result<U256, Rejection>) -> Value {
    got.map_or_else(|rejection| json!(rejection.name()), text)
}

fn trove_view(system: &System, id: AccountId) -> Value {
    let latest = system.latest(id);
    let ratio = answer(system.ratio(id).map(|ratio| ratio.0));
    match system.version() {
        LiquityVersion::V1 => json!({
            "ICR": ratio,
            "pendingColl": answer(latest.map(|l| l.pending.collateral.0)),
            "pendingDebt": answer(latest.map(|l| l.pending.debt.0)),
        }),
        LiquityVersion::V2 => json!({
            "ICR": ratio,
            "entireColl": answer(latest.map(|l| l.collateral.0)),
            "entireDebt": answer(latest.map(|l| l.debt.0)),
        }),
    }
}

fn deposit_view(system: &System, account: &Account) -> Value {
    let (pool, deposit) = (system.pool(), &account.deposit);
    let answer =
        |got: Result<Amount, _>| answer(got.map(|amount| amount.0).map_err(Rejection::from));
    let compounded = answer(pool.compounded(deposit));
    let gain = answer(pool.collateral_gain(deposit));
    match system.version() {
        LiquityVersion::V1 => json!({ "compounded": compounded, "ethGain": gain }),
        LiquityVersion::V2 => json!({
            "compounded": compounded,
            "collGain": gain,
            "yieldGain": answer(pool.yield_gain(deposit)),
        }),
    }
}
