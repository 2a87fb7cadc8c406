//! Opening, feeding and repaying a vault, and the fee that its debt bears.

use super::account::Holding;
use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use crate::auction::power;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Index, RAY, Rounding, Shares, U256, Value, checked_mul_div, mul};

/// 2^255: positive signed numbers lie below it, and it is the largest magnitude of a negative one.
pub(super) const SIGNED_MAX: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

/// By how much a quantity changes, in its own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It grows.
    More(U256),
    /// It shrinks.
    Less(U256),
}

/// What becomes of a vault.
#[derive(Clone, Copy)]
pub(super) struct VaultChange {
    pub(super) vault: AccountId,
    pub(super) source: AccountId,
    pub(super) purse: AccountId,
    pub(super) collateral: Change,
    pub(super) debt: Change,
}

impl Change {
    /// Nothing.
    pub const NONE: Self = Self::More(U256::ZERO);

    /// From one number to another.
    fn between(before: U256, after: U256) -> Self {
        if after >= before {
            Self::More(after.saturating_sub(before))
        } else {
            Self::Less(before.saturating_sub(after))
        }
    }

    /// The quantity afterwards.
    pub(super) fn on(self, quantity: U256) -> Ruled<U256> {
        let changed = match self {
            Self::More(by) => quantity.checked_add(by),
            Self::Less(by) => quantity.checked_sub(by),
        };
        changed.ok_or(Rejection::NoReason)
    }

    /// The same change of what is on the other side.
    fn opposite(self) -> Self {
        match self {
            Self::More(by) => Self::Less(by),
            Self::Less(by) => Self::More(by),
        }
    }

    fn grows(self) -> bool {
        matches!(self, Self::More(by) if !by.is_zero())
    }

    fn shrinks(self) -> bool {
        matches!(self, Self::Less(by) if !by.is_zero())
    }

    /// Itself, if it fits a signed number.
    fn signed(self) -> Ruled<Self> {
        let fits = match self {
            Self::More(by) => by < SIGNED_MAX,
            Self::Less(by) => by <= SIGNED_MAX,
        };
        if fits {
            Ok(self)
        } else {
            Err(Rejection::NoReason)
        }
    }

    /// The change times a factor. The contract multiplies signed numbers.
    fn times(self, factor: U256) -> Ruled<Self> {
        if factor >= SIGNED_MAX {
            return Err(Rejection::NoReason);
        }
        let product = match self {
            Self::More(by) => Self::More(mul(by, factor)?),
            Self::Less(by) => Self::Less(mul(by, factor)?),
        };
        product.signed()
    }
}

impl Draft<'_> {
    /// Collateral comes from outside.
    pub(super) fn join(&mut self, asset: AssetId, owner: AccountId, amount: Amount) -> Ruled<()> {
        self.kind(asset)?;
        if amount.0 >= SIGNED_MAX {
            return Err(Rejection::JoinOverflow);
        }
        self.cross(owner, asset, Change::More(amount.0))
    }

    /// Collateral that is not locked goes outside.
    pub(super) fn exit(&mut self, asset: AssetId, owner: AccountId, amount: Amount) -> Ruled<()> {
        self.kind(asset)?;
        if amount.0 > SIGNED_MAX {
            return Err(Rejection::JoinOverflow);
        }
        self.cross(owner, asset, Change::Less(amount.0))
    }

    /// Locks or frees collateral, draws or pays back. Whoever makes a vault riskier must leave it
    /// safe; a debt that is left must be worth the floor.
    pub(super) fn adjust_vault(&mut self, asset: AssetId, change: &VaultChange) -> Ruled<()> {
        let kind = *self.kind(asset)?;
        let (collateral, debt) = (change.collateral.signed()?, change.debt.signed()?);
        let index = kind.debt_index.0;
        if index.is_zero() {
            return Err(Rejection::VatTypeNotStarted);
        }
        let held = self.account(change.vault)?.holding(asset);
        let locked = collateral.on(held.locked.0)?;
        let own = debt.on(held.debt.0)?;
        let all = debt.on(kind.debt.0)?;
        let money = debt.times(index)?;
        let owed = mul(index, own)?;
        let issued = money.on(self.core.issued.0)?;
        let above = mul(all, index)? > kind.lending.ceiling.0 || issued > self.core.debt_ceiling.0;
        if debt.grows() && above {
            return Err(Rejection::VatCeilingExceeded);
        }
        let supported = mul(locked, kind.safe_price.0)?;
        if (debt.grows() || collateral.shrinks()) && owed > supported {
            return Err(Rejection::VatNotSafe);
        }
        if !own.is_zero() && owed < kind.debt_floor.0 {
            return Err(Rejection::VatDust);
        }
        self.hold(change.source, asset, |held| {
            let free = Amount(collateral.opposite().on(held.free.0)?);
            Ok(Holding { free, ..held })
        })?;
        let purse = self.account_mut(change.purse)?;
        purse.coins = Value(money.on(purse.coins.0)?);
        self.hold(change.vault, asset, |held| {
            Ok(Holding {
                locked: Amount(locked),
                debt: Shares(own),
                ..held
            })
        })?;
        self.type_mut(asset)?.debt = Shares(all);
        self.core.issued = Value(issued);
        Ok(())
    }

    /// Brings the debt index up to date. The power rounds half up at each product, the index down,
    /// in favour of the vaults; the treasury receives what all of them owe more.
    pub(super) fn accrue(&mut self, asset: AssetId) -> Ruled<()> {
        let now = self.now();
        let kind = *self.kind(asset)?;
        let elapsed = now.0.checked_sub(kind.lending.accrued.0);
        let elapsed = U256::from(elapsed.ok_or(Rejection::JugInvalidNow)?);
        let growth = power(kind.lending.growth.0, elapsed, RAY)?;
        let before = kind.debt_index.0;
        let after = checked_mul_div(growth, before, RAY, Rounding::Floor)?;
        if after >= SIGNED_MAX || before >= SIGNED_MAX {
            return Err(Rejection::NoReason);
        }
        let fee = Change::between(before, after).times(kind.debt.0)?;
        let treasury = self.account_mut(self.base.roles.treasury)?;
        treasury.coins = Value(fee.on(treasury.coins.0)?);
        self.core.issued = Value(fee.on(self.core.issued.0)?);
        let kind = self.type_mut(asset)?;
        kind.debt_index = Index(after);
        kind.lending.accrued = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::Account;
    use super::super::state::Lending;
    use super::super::{Action, Core, Maker, MakerVersion, Pledge, VaultType, VaultsSetup};
    use super::*;
    use crate::auction::{DutchTerms, EnglishTerms, PriceCurve, Ray};
    use crate::protocol::{Asset, Prices};
    use crate::units::{Price, Ratio, Timestamp, WAD};
    use std::sync::Arc;

    const TYPE: AssetId = AssetId(0);
    const OWNER: AccountId = AccountId(0);
    const PURSE: AccountId = AccountId(1);

    fn n(n: u64) -> U256 {
        U256::from(n)
    }

    fn rad(whole: u64) -> Value {
        Value(n(whole) * WAD * RAY)
    }

    /// Ten of collateral at 300, a ratio of 150 %, a debt of 1,000, and five that are free.
    fn system() -> Maker {
        let asset = |symbol: &str| Asset {
            symbol: symbol.to_owned(),
            decimals: 18,
        };
        let pledge = Pledge {
            asset: TYPE,
            collateral: Amount(n(10) * WAD),
            debt: Amount(n(1_000) * WAD),
        };
        let setup = VaultsSetup {
            version: MakerVersion::V1_0,
            assets: vec![asset("ETH"), asset("DAI")],
            base_decimals: 0,
            prices: Prices(vec![Price::new(300), Price::new(1)]),
            now: Timestamp(1_000),
            debt: AssetId(1),
            limit: Value::ZERO,
            types: vec![VaultType {
                asset: TYPE,
                liquidation_ratio: Ray(RAY * n(3) / n(2)),
                penalty: Ratio(WAD),
                growth: Ray(RAY * n(2)),
                debt_floor: rad(100),
                feed_delay: None,
                lot_max: WAD,
                limit: Value::ZERO,
                english: EnglishTerms::default(),
                dutch: DutchTerms {
                    curve: PriceCurve::Linear { duration: n(1) },
                    reset_after: n(1),
                    reset_below: Ray::ONE,
                    min_rest: Value::ZERO,
                },
                start_factor: Ray::ONE,
                keeper_share: Ratio::ZERO,
                keeper_flat: Value::ZERO,
            }],
            vaults: vec![vec![pledge], Vec::new()],
        };
        let mut maker = setup.build().unwrap().system().clone();
        let free = Amount(n(5) * WAD);
        let join = Action::Join {
            asset: TYPE,
            owner: OWNER,
            amount: free,
        };
        maker.apply(&join).unwrap();
        let kind = &mut Arc::make_mut(&mut maker.kinds)[0];
        kind.lending.ceiling = rad(1_500);
        maker.core.debt_ceiling = Value(maker.core.issued.0 + rad(10_000).0);
        let mut purse = Account::default();
        purse.coins = rad(400);
        purse.bad_debt = rad(400);
        maker.core.issued = Value(maker.core.issued.0 + rad(400).0);
        maker.core.unbacked = Value(maker.core.unbacked.0 + rad(400).0);
        maker.accounts.set(PURSE, purse);
        maker
    }

    fn more(whole: u64) -> Change {
        Change::More(n(whole) * WAD)
    }

    fn less(whole: u64) -> Change {
        Change::Less(n(whole) * WAD)
    }

    fn adjust(maker: &mut Maker, collateral: Change, debt: Change) -> Ruled<()> {
        let action = Action::Adjust {
            asset: TYPE,
            vault: OWNER,
            source: OWNER,
            purse: PURSE,
            collateral,
            debt,
        };
        maker.apply(&action).map(|_| ())
    }

    type Setting = fn(&mut Core, &mut super::super::CollateralType);

    fn check(set: Setting, collateral: Change, debt: Change, want: Result<(u64, u64), Rejection>) {
        let mut maker = system();
        let mut core = maker.core;
        set(&mut core, &mut Arc::make_mut(&mut maker.kinds)[0]);
        maker.core = core;
        let before = maker.state_hash();
        let got = adjust(&mut maker, collateral, debt).map(|()| {
            let held = maker.account(OWNER).unwrap().holding(TYPE);
            let whole = |number: U256| u64::try_from(number / WAD).unwrap();
            (whole(held.locked.0), whole(held.debt.0))
        });
        assert_eq!(got, want, "{collateral:?} {debt:?}");
        assert_eq!(want.is_err(), maker.state_hash() == before);
    }

    #[test]
    fn vaults_change_as_the_ledger_allows() {
        let as_is: Setting = |_, _| {};
        let ok = |locked, debt| Ok((locked, debt));
        check(as_is, more(5), more(500), ok(15, 1_500));
        check(as_is, less(5), Change::NONE, ok(5, 1_000));
        check(as_is, less(10), less(1_000), Err(Rejection::NoReason));
        check(as_is, less(6), Change::NONE, Err(Rejection::VatNotSafe));
        check(as_is, Change::NONE, less(400), ok(10, 600));
        check(as_is, Change::NONE, less(401), Err(Rejection::NoReason));
        check(as_is, Change::NONE, less(901), Err(Rejection::VatDust));
        check(as_is, Change::NONE, less(1_001), Err(Rejection::NoReason));
        check(as_is, more(6), Change::NONE, Err(Rejection::NoReason));
        check(as_is, less(11), Change::NONE, Err(Rejection::NoReason));
        check(
            as_is,
            more(5),
            more(501),
            Err(Rejection::VatCeilingExceeded),
        );
        let tight: Setting = |core, _| core.debt_ceiling = core.issued;
        check(tight, more(5), more(1), Err(Rejection::VatCeilingExceeded));
        check(tight, more(5), Change::NONE, ok(15, 1_000));
        let fallen: Setting = |_, kind| kind.safe_price = Price(RAY * n(90));
        // An unsafe vault may become less so, but not more.
        check(fallen, more(1), less(1), ok(11, 999));
        check(fallen, more(5), more(1), ok(15, 1_001));
        check(fallen, more(1), more(1), Err(Rejection::VatNotSafe));
        check(fallen, less(1), less(1), Err(Rejection::VatNotSafe));
        let unknown: Setting = |_, kind| kind.safe_price = Price::ZERO;
        check(unknown, more(1), Change::NONE, ok(11, 1_000));
        check(unknown, less(1), Change::NONE, Err(Rejection::VatNotSafe));
        let absent: Setting = |_, kind| kind.debt_index = Index::ZERO;
        check(
            absent,
            more(1),
            Change::NONE,
            Err(Rejection::VatTypeNotStarted),
        );
        let order: Setting = |core, kind| {
            core.debt_ceiling = core.issued;
            kind.safe_price = Price::ZERO;
            kind.debt_floor = rad(9_999);
        };
        check(
            order,
            Change::NONE,
            more(1),
            Err(Rejection::VatCeilingExceeded),
        );
        check(order, less(1), Change::NONE, Err(Rejection::VatNotSafe));
        check(order, Change::NONE, Change::NONE, Err(Rejection::VatDust));
        let signed = Change::More(SIGNED_MAX);
        check(as_is, signed, Change::NONE, Err(Rejection::NoReason));
    }

    #[test]
    fn fees_go_to_the_treasury() {
        let mut maker = system();
        let treasury = maker.roles.treasury;
        // Doubles each second.
        for (now, index, coins) in [(1_000, 1, 0), (1_001, 2, 1_000), (1_003, 8, 7_000)] {
            maker.advance(Timestamp(now)).unwrap();
            maker.apply(&Action::Accrue { asset: TYPE }).unwrap();
            assert_eq!(maker.kinds[0].debt_index, Index(RAY * n(index)));
            assert_eq!(maker.account(treasury).unwrap().coins, rad(coins));
        }
        Arc::make_mut(&mut maker.kinds)[0].lending = Lending {
            accrued: Timestamp(1_004),
            ..Lending::default()
        };
        let early = maker.apply(&Action::Accrue { asset: TYPE });
        assert_eq!(early, Err(Rejection::JugInvalidNow));
    }
}
