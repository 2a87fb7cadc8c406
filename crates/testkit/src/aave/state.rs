//! What the world is made of.

use super::number::sub;
use super::{Outcome, Version};
use num_bigint::BigUint;
use std::collections::{BTreeMap, BTreeSet};

/// The interest-rate curve: flat up to the optimum, steep beyond. All in ray.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateStrategy {
    /// Usage at the kink.
    pub optimal_usage: BigUint,
    /// Yearly rate at no usage.
    pub base: BigUint,
    /// Added up to the kink.
    pub slope1: BigUint,
    /// Added from the kink to full usage.
    pub slope2: BigUint,
}

/// One listed asset: its parameters, its price and its ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// Place in the reserve list, which is the order of loops.
    pub id: u32,
    /// Decimals of the token.
    pub decimals: u32,
    /// Base currency per whole token.
    pub price: BigUint,
    /// Loan-to-value, bps.
    pub ltv: u32,
    /// Liquidation threshold, bps.
    pub liquidation_threshold: u32,
    /// 10 000 plus the bonus, bps.
    pub liquidation_bonus: u32,
    /// The treasury's share of interest, bps.
    pub reserve_factor: u32,
    /// The treasury's share of the liquidation bonus, bps.
    pub protocol_fee: u32,
    /// Whether the reserve works at all.
    pub active: bool,
    /// Whether new supplies and borrows are refused.
    pub frozen: bool,
    /// Whether everything is refused.
    pub paused: bool,
    /// Whether it can be borrowed.
    pub borrowing_enabled: bool,
    /// Whether it can be borrowed against an isolated collateral.
    pub borrowable_in_isolation: bool,
    /// Whether it can only be a borrower's single debt.
    pub siloed: bool,
    /// Ceiling of the debt against it, in hundredths; 0 means not isolated.
    pub debt_ceiling: BigUint,
    /// Whole tokens; 0 means no cap.
    pub supply_cap: BigUint,
    /// Whole tokens; 0 means no cap.
    pub borrow_cap: BigUint,
    /// Category of the asset; 3.0.2 only, 0 is none.
    pub emode_category: u8,
    /// Liquidations need a later time than this; 3.3 and later.
    pub grace_until: u64,
    /// The curve.
    pub strategy: RateStrategy,
    /// Growth of a supply, ray.
    pub liquidity_index: BigUint,
    /// Growth of a debt, ray.
    pub borrow_index: BigUint,
    /// Yearly rate paid to suppliers, ray.
    pub liquidity_rate: BigUint,
    /// Yearly rate paid by borrowers, ray.
    pub borrow_rate: BigUint,
    /// When the indexes were last moved.
    pub last_update: u64,
    /// Scaled supply that the treasury has yet to receive.
    pub accrued_to_treasury: BigUint,
    /// Scaled.
    pub total_supply: BigUint,
    /// Scaled.
    pub total_debt: BigUint,
    /// The pool's own count of its tokens; 3.3 and later.
    pub virtual_balance: BigUint,
    /// Tokens that the pool really holds.
    pub available: BigUint,
    /// Debt that was written off and not yet covered.
    pub deficit: BigUint,
    /// Debt against this isolated collateral, in hundredths.
    pub isolated_debt: BigUint,
}

/// What one user has in one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Scaled supply.
    pub supply: BigUint,
    /// Scaled debt.
    pub debt: BigUint,
    /// Whether the supply counts as collateral.
    pub is_collateral: bool,
    /// Whether the debt is marked.
    pub is_borrowing: bool,
    /// Tokens outside the pool.
    pub wallet: BigUint,
}

/// One user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Category; 0 is none.
    pub emode: u8,
    /// By symbol.
    pub positions: BTreeMap<String, Position>,
}

/// An efficiency mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EMode {
    /// Loan-to-value, bps.
    pub ltv: u32,
    /// Liquidation threshold, bps.
    pub liquidation_threshold: u32,
    /// 10 000 plus the bonus, bps.
    pub liquidation_bonus: u32,
    /// Price of the category's own source; 3.0.2 only.
    pub price: Option<BigUint>,
    /// Collateral of the category; 3.3 and later.
    pub collateral: BTreeSet<String>,
    /// What members may borrow; 3.3 and later.
    pub borrowable: BTreeSet<String>,
    /// Collateral of the category without borrowing power; 3.6 and later.
    pub ltv_zero: BTreeSet<String>,
    /// Whether other collateral has no borrowing power; 3.7.
    pub isolated: bool,
}

/// The check on the sequencer of a rollup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentinel {
    /// 0 means that the sequencer is up.
    pub answer: u64,
    /// When the answer last changed.
    pub last_update: u64,
    /// Seconds after a restart in which nothing is allowed.
    pub grace_period: u64,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Which rules hold.
    pub version: Version,
    /// The present, seconds.
    pub now: u64,
    /// By symbol.
    pub reserves: BTreeMap<String, Reserve>,
    /// By category.
    pub emodes: BTreeMap<u8, EMode>,
    /// By name.
    pub users: BTreeMap<String, User>,
    /// Present on rollups; not asked in 3.7.
    pub sentinel: Option<Sentinel>,
    /// Who receives the protocol's fees.
    pub treasury: String,
    /// Who may cover deficits.
    pub coverage: String,
}

impl World {
    /// An empty world under the given rules.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            now: 0,
            reserves: BTreeMap::new(),
            emodes: BTreeMap::new(),
            users: BTreeMap::new(),
            sentinel: None,
            treasury: "treasury".to_owned(),
            coverage: "umbrella".to_owned(),
        }
    }

    /// Runs an operation on a copy and keeps the copy only if nothing was refused.
    pub(super) fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        let mut next = self.clone();
        let told = operation(&mut next)?;
        *self = next;
        Ok(told)
    }

    /// Tokens reach a wallet from outside.
    pub fn fund(&mut self, user: &str, asset: &str, amount: &BigUint) {
        self.position_mut(user, asset).wallet += amount;
    }

    /// A user's position, empty where there is none.
    pub fn position(&self, user: &str, asset: &str) -> Position {
        self.users
            .get(user)
            .and_then(|user| user.positions.get(asset))
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn position_mut(&mut self, user: &str, asset: &str) -> &mut Position {
        self.users
            .entry(user.to_owned())
            .or_default()
            .positions
            .entry(asset.to_owned())
            .or_default()
    }

    pub(super) fn reserve(&self, asset: &str) -> Outcome<&Reserve> {
        self.reserves.get(asset).ok_or("ASSET_NOT_LISTED")
    }

    pub(super) fn reserve_mut(&mut self, asset: &str) -> Outcome<&mut Reserve> {
        self.reserves.get_mut(asset).ok_or("ASSET_NOT_LISTED")
    }

    /// Symbols in the order of the reserve list.
    pub(super) fn reserve_list(&self) -> Vec<String> {
        let mut list: Vec<_> = self.reserves.iter().collect();
        list.sort_by_key(|(_, reserve)| reserve.id);
        list.into_iter().map(|(symbol, _)| symbol.clone()).collect()
    }

    /// Symbols that a user has marked as collateral, in order.
    pub(super) fn collateral_of(&self, user: &str) -> Vec<String> {
        let mut list = self.reserve_list();
        list.retain(|asset| self.position(user, asset).is_collateral);
        list
    }

    /// Symbols that a user has marked as borrowed, in order.
    pub(super) fn borrowed_by(&self, user: &str) -> Vec<String> {
        let mut list = self.reserve_list();
        list.retain(|asset| self.position(user, asset).is_borrowing);
        list
    }

    /// The user's category; 0 is none.
    pub(super) fn emode_of(&self, user: &str) -> u8 {
        self.users.get(user).map_or(0, |user| user.emode)
    }

    /// The category's parameters; all zero where it does not exist, as an empty slot of storage.
    pub(super) fn emode(&self, category: u8) -> EMode {
        self.emodes.get(&category).cloned().unwrap_or_default()
    }

    /// Whether the asset is collateral of the category.
    pub(super) fn is_emode_collateral(&self, category: u8, asset: &str) -> Outcome<bool> {
        if category == 0 {
            return Ok(false);
        }
        if self.version == Version::V302 {
            return Ok(self.reserve(asset)?.emode_category == category);
        }
        Ok(self.emode(category).collateral.contains(asset))
    }

    /// Whether members of the category may borrow the asset.
    pub(super) fn is_emode_borrowable(&self, category: u8, asset: &str) -> Outcome<bool> {
        if self.version == Version::V302 {
            return Ok(self.reserve(asset)?.emode_category == category);
        }
        Ok(self.emode(category).borrowable.contains(asset))
    }

    /// The collateral that puts a user in isolation mode.
    pub(super) fn isolated_collateral(&self, user: &str) -> Outcome<Option<String>> {
        if self.version >= Version::V37 {
            return Ok(None);
        }
        let collateral = self.collateral_of(user);
        let [only] = collateral.as_slice() else {
            return Ok(None);
        };
        if self.reserve(only)?.debt_ceiling == BigUint::ZERO {
            return Ok(None);
        }
        Ok(Some(only.clone()))
    }

    /// Whether the sequencer has been up for long enough.
    pub(super) fn sentinel_allows(&self) -> bool {
        match &self.sentinel {
            None => true,
            Some(_) if self.version >= Version::V37 => true,
            Some(sentinel) => {
                sentinel.answer == 0
                    && self.now.saturating_sub(sentinel.last_update) > sentinel.grace_period
            }
        }
    }

    /// Tokens go from a wallet into the pool.
    pub(super) fn pull(&mut self, user: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        let position = self.position_mut(user, asset);
        position.wallet =
            sub(&position.wallet, amount).map_err(|_| "ERC20_INSUFFICIENT_BALANCE")?;
        self.reserve_mut(asset)?.available += amount;
        Ok(())
    }

    /// Tokens go from the pool into a wallet.
    pub(super) fn push(&mut self, user: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        let reserve = self.reserve_mut(asset)?;
        reserve.available =
            sub(&reserve.available, amount).map_err(|_| "ERC20_INSUFFICIENT_BALANCE")?;
        self.position_mut(user, asset).wallet += amount;
        Ok(())
    }

    /// Destroys scaled supply.
    pub(super) fn burn_supply(&mut self, user: &str, asset: &str, scaled: &BigUint) -> Outcome<()> {
        if *scaled == BigUint::ZERO {
            return Err("INVALID_BURN_AMOUNT");
        }
        let position = self.position_mut(user, asset);
        position.supply = sub(&position.supply, scaled)?;
        let reserve = self.reserve_mut(asset)?;
        reserve.total_supply = sub(&reserve.total_supply, scaled)?;
        Ok(())
    }

    /// Destroys scaled debt.
    pub(super) fn burn_debt(&mut self, user: &str, asset: &str, scaled: &BigUint) -> Outcome<()> {
        if *scaled == BigUint::ZERO {
            return Err("INVALID_BURN_AMOUNT");
        }
        let position = self.position_mut(user, asset);
        position.debt = sub(&position.debt, scaled)?;
        let reserve = self.reserve_mut(asset)?;
        reserve.total_debt = sub(&reserve.total_debt, scaled)?;
        Ok(())
    }

    /// Moves scaled supply from one user to another.
    pub(super) fn move_supply(
        &mut self,
        from: &str,
        to: &str,
        asset: &str,
        scaled: &BigUint,
    ) -> Outcome<()> {
        let giver = self.position_mut(from, asset);
        giver.supply = sub(&giver.supply, scaled)?;
        self.position_mut(to, asset).supply += scaled;
        Ok(())
    }
}
