//! Liquidation, in the contract's order of steps.

use super::account::{Account, Position};
use super::draft::Draft;
use super::ledger::{Ledger, Listing, Source, Totals, isolated_collateral};
use super::math::Ruled;
use super::rejection::Rejection;
use super::reserve::{Flow, Reserve, to_amount, to_shares};
use super::sizing::{Pair, Sizes};
use super::version::{
    Cash, ClaimEnables, CollateralAccrual, Consumption, DebtMark, Isolation, Membership, SameAsset,
};
use crate::protocol::{AccountId, AssetId, Event, NoTrace, Receive, Settlement, TraceSink};
use crate::units::{Amount, Index, RAY, Ratio, Rounding, Shares, U256, WAD, mul};

/// What a liquidator asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) liquidator: AccountId,
    pub(super) borrower: AccountId,
    pub(super) collateral: AssetId,
    pub(super) debt: AssetId,
    pub(super) debt_to_cover: Amount,
    pub(super) receive: Receive,
}

/// Health factor above which the close factor applies: 0.95.
pub(super) const NEARLY_HEALTHY: Ratio =
    Ratio(U256::from_limbs([950_000_000_000_000_000, 0, 0, 0]));

impl<'a> Pair<'a> {
    /// The two sides of an account with these totals, once every check on it has passed.
    fn checked<S: Source>(
        source: &S,
        call: &Call,
        account: &Account,
        data: &'a Totals,
    ) -> Ruled<Self> {
        let ledger = source.ledger();
        let rules = ledger.rules;
        let listing = Listing::new(source, account.e_mode, call.collateral)?;
        let (collateral, debt) = (listing.reserve, source.reserve(call.debt)?);
        require_open(ledger, call, (collateral, debt), data.health_factor)?;
        if data.health_factor >= Ratio(WAD) {
            return Err(Rejection::HealthFactorNotBelowThreshold);
        }
        let (held, borrowed) = (
            account.position(call.collateral),
            account.position(call.debt),
        );
        if !listing.counts() || !held.is_collateral {
            return Err(Rejection::CollateralCannotBeLiquidated);
        }
        if borrowed.debt == 0 {
            return Err(Rejection::SpecifiedCurrencyNotBorrowedByUser);
        }
        // The totals of most accounts are of these two amounts and nothing else.
        let only = data.only_pair().filter(|_| borrowed.is_borrowing);
        let (supply, owed) = match only {
            Some(pair) => pair,
            None => {
                let (income, owing) = (collateral.income_index()?, debt.debt_index()?);
                (
                    to_amount(held.supply_shares(), income, rules.supply_balance)?,
                    to_amount(borrowed.debt_shares(), owing, rules.debt_balance)?,
                )
            }
        };
        if owed.is_zero() {
            return Err(Rejection::SpecifiedCurrencyNotBorrowedByUser);
        }
        let member = listing.member;
        let mode = ledger.e_modes.get(&account.e_mode);
        let source = mode
            .and_then(|mode| mode.price)
            .filter(|_| account.e_mode != 0 && rules.membership == Membership::ByReserve);
        Ok(Self {
            rules,
            data,
            is_whole: only.is_some() && account.e_mode == 0,
            supply,
            debt: owed,
            collateral_price: source.filter(|_| member).unwrap_or(collateral.price),
            debt_price: source.unwrap_or(debt.price),
            collateral_unit: collateral.unit,
            debt_unit: debt.unit,
            bonus: listing.bonus(),
            fee: collateral.config.protocol_fee,
        })
    }
}

/// Checks that come before the account's health.
fn require_open(
    ledger: &Ledger,
    call: &Call,
    (collateral, debt): (&Reserve, &Reserve),
    health: Ratio,
) -> Ruled<()> {
    let rules = ledger.rules;
    if call.borrower == call.liquidator && !rules.self_liquidation.on() {
        return Err(Rejection::SelfLiquidation);
    }
    if !collateral.config.active || !debt.config.active {
        return Err(Rejection::ReserveInactive);
    }
    if collateral.config.paused || debt.config.paused {
        return Err(Rejection::ReservePaused);
    }
    if health >= NEARLY_HEALTHY && !ledger.sentinel_allows() {
        return Err(Rejection::PriceOracleSentinelCheckFailed);
    }
    let until = collateral.config.grace_until.max(debt.config.grace_until);
    if rules.grace.on() && until >= ledger.now {
        return Err(Rejection::LiquidationGraceSentinelCheckFailed);
    }
    Ok(())
}

impl Ledger {
    /// What a liquidation of an account with these totals would repay and seize, paid from
    /// outside. Where the sizes alone settle that, nothing is computed beyond them.
    pub(super) fn quote(
        &self,
        call: &Call,
        account: &Account,
        data: &Totals,
    ) -> Ruled<(Amount, Amount)> {
        let pair = Pair::checked(self, call, account, data)?;
        let sizes = pair.sizes(call.debt_to_cover, &mut NoTrace)?;
        if self.surely_settles(call, account, &pair, &sizes)? {
            return Ok((sizes.repaid, sizes.seized));
        }
        let mut draft = Draft::new(self, Some(call.liquidator));
        let told = draft.liquidate(call, &mut NoTrace)?;
        Ok((told.repaid, told.seized))
    }

    /// Whether no step after the sizing can refuse: sums are far from overflow, no isolated debt is
    /// counted, the pool has the tokens, neither burn is of zero scaled units or of more than there
    /// is, and collateral of some worth stays, so that nothing is written off.
    fn surely_settles(
        &self,
        call: &Call,
        account: &Account,
        pair: &Pair<'_>,
        sizes: &Sizes,
    ) -> Ruled<bool> {
        let (collateral, debt) = (self.reserve(call.collateral)?, self.reserve(call.debt)?);
        let (income, owing) = (collateral.income_index()?, debt.debt_index()?);
        let enough = |amount: Amount, index: Index| {
            mul(amount.0, RAY).map_or(true, |scaled| scaled >= index.0)
        };
        let held = match pair.rules.cash {
            Cash::Real => collateral.state.available,
            Cash::Virtual => collateral
                .state
                .available
                .min(collateral.state.virtual_balance),
        };
        Ok(self.ordinary
            && collateral.config.debt_ceiling.is_zero()
            && call.receive == Receive::Tokens
            && sizes.seized <= held
            && sizes.repaid <= pair.debt
            && enough(sizes.repaid, owing)
            && enough(sizes.seized, income)
            && (Self::leaves_some(pair, sizes, income)?
                || Self::leaves_others(account.position(call.collateral), pair, sizes, income)?))
    }

    /// Whether a base unit's worth of the collateral asset stays.
    fn leaves_some(pair: &Pair<'_>, sizes: &Sizes, income: Index) -> Ruled<bool> {
        // Two scaled units more than what is taken, each rounded up to a wei, with room to spare.
        // At least the index, as 2^89 is below a ray.
        let unit = income.0.wrapping_shr(89);
        let spare = unit
            .saturating_add(U256::ONE)
            .saturating_mul(U256::from(4u8));
        let taken = sizes.seized.plus(sizes.fee)?.plus(Amount(spare))?;
        let stays = pair.supply_value(pair.supply.minus_or_zero(taken))?;
        Ok(!stays.is_zero())
    }

    /// Whether the account has collateral of some worth in other assets, and as many scaled units of
    /// this one as are burned.
    fn leaves_others(
        position: Position,
        pair: &Pair<'_>,
        sizes: &Sizes,
        income: Index,
    ) -> Ruled<bool> {
        let burned = to_shares(sizes.seized, income, pair.rules.supply_burn)?;
        Ok(burned <= position.supply_shares()
            && pair.supply_value(pair.supply)? < pair.data.collateral)
    }
}

impl Draft<'_> {
    /// Repays debt of an unhealthy account and seizes collateral. The settlement carries neither
    /// the events, which are in the draft, nor the health afterwards, which is the caller's to ask.
    pub(super) fn liquidate(
        &mut self,
        call: &Call,
        trace: &mut impl TraceSink,
    ) -> Ruled<Settlement> {
        self.accrue_both(call)?;
        let (account, mut data) = (self.account(call.borrower)?, Totals::default());
        data.read(self, account)?;
        let pair = Pair::checked(self, call, account, &data)?;
        let sizes = pair.sizes(call.debt_to_cover, trace)?;
        let taken = sizes.seized.plus(sizes.fee)?;

        let none_left = self.mark_collateral(call, &pair, &sizes)?;
        let mut told = Settlement {
            health_before: pair.data.health_factor,
            health_after: Ratio::MAX,
            ..Settlement::at_once(call.collateral, sizes.repaid, sizes.seized, Amount::ZERO)
        };
        self.settle_debt(call, &pair, &sizes, none_left, &mut told)?;
        self.settle_isolation(call, sizes.repaid)?;
        self.pay_out(call, sizes.seized, taken == pair.supply)?;
        self.pay_fee(call, sizes.fee, &mut told)?;
        told.taken = vec![(call.collateral, sizes.seized.plus(told.protocol_fee)?)];
        if none_left && self.rules().deficit.on() {
            let others: Vec<AssetId> = self.account(call.borrower)?.borrowed().collect();
            for asset in others {
                let amount = self.write_off(call.borrower, asset)?;
                if !amount.is_zero() {
                    told.deficit.push((asset, amount));
                }
            }
        }
        self.pull(call.liquidator, call.debt, sizes.repaid)?;
        self.events.push(Event::Liquidated {
            account: call.borrower,
            liquidator: call.liquidator,
            collateral: call.collateral,
            debt: call.debt,
            repaid: sizes.repaid,
            seized: sizes.seized,
            receive_claim: call.receive == Receive::Claim,
        });
        Ok(told)
    }

    /// Stores the interest that the version stores before anything else.
    fn accrue_both(&mut self, call: &Call) -> Ruled<()> {
        let rules = self.rules();
        let share = self.accrue(call.debt)?;
        if call.collateral == call.debt && rules.same_asset == SameAsset::Twice {
            self.reserve_mut(call.debt)?.accrue_to_treasury(share)?;
        }
        if rules.collateral_accrual == CollateralAccrual::Always {
            self.accrue(call.collateral)?;
        }
        Ok(())
    }

    /// Unmarks collateral that is used up; tells whether none of any worth is left.
    fn mark_collateral(&mut self, call: &Call, pair: &Pair<'_>, sizes: &Sizes) -> Ruled<bool> {
        let taken = sizes.seized.plus(sizes.fee)?;
        let (used_up, none_left) = match pair.rules.consumption {
            Consumption::Amounts => {
                let none_left = pair.supply_value(taken)? == pair.data.collateral;
                (taken == pair.supply, none_left)
            }
            Consumption::Shares => {
                let index = self.reserve(call.collateral)?.income_index()?;
                let held = self
                    .position(call.borrower, call.collateral)?
                    .supply_shares();
                let seized = to_shares(sizes.seized, index, Rounding::Ceil)?;
                let fee = to_shares(sizes.fee, index, Rounding::Ceil)?;
                let consumed = seized.plus(fee)?.min(held);
                let worth = pair.supply_value(to_amount(consumed, index, Rounding::Floor)?)?;
                let none_left = worth == pair.data.collateral;
                (consumed == held || none_left, none_left)
            }
        };
        if used_up {
            self.set_flag(call.borrower, call.collateral, false)?;
        }
        Ok(none_left)
    }

    /// Burns the debt of the pair; without collateral left, all of it.
    fn settle_debt(
        &mut self,
        call: &Call,
        pair: &Pair<'_>,
        sizes: &Sizes,
        none_left: bool,
        told: &mut Settlement,
    ) -> Ruled<()> {
        let rules = pair.rules;
        let rest = pair.debt.minus(sizes.repaid)?;
        let write_off = none_left && rules.deficit.on();
        let burned = if write_off { pair.debt } else { sizes.repaid };
        self.burn_debt_amount(call.borrower, call.debt, burned)?;
        if write_off && !rest.is_zero() {
            self.record_deficit(call.borrower, call.debt, rest)?;
            told.deficit.push((call.debt, rest));
        }
        let cleared = match rules.debt_mark {
            DebtMark::Amounts => burned == pair.debt,
            DebtMark::Shares => self.position(call.borrower, call.debt)?.debt == 0,
        };
        if cleared {
            self.edit(call.borrower, call.debt, |position| {
                position.is_borrowing = false
            })?;
        }
        self.update_rates(
            call.debt,
            Flow {
                added: sizes.repaid,
                taken: Amount::ZERO,
            },
        )
    }

    /// Counts the repayment down where the debt was against isolated collateral.
    fn settle_isolation(&mut self, call: &Call, repaid: Amount) -> Ruled<()> {
        let isolated = match self.rules().isolation {
            Isolation::ByAccount => isolated_collateral(self, self.account(call.borrower)?)?,
            Isolation::ByReserve => {
                let ceiling = self.reserve(call.collateral)?.config.debt_ceiling;
                (!ceiling.is_zero()).then_some(call.collateral)
            }
            Isolation::Absent => None,
        };
        match isolated {
            Some(collateral) => self.reduce_isolated_debt(collateral, call.debt, repaid),
            None => Ok(()),
        }
    }

    /// Hands the collateral over, as tokens or as the claim.
    fn pay_out(&mut self, call: &Call, seized: Amount, emptied: bool) -> Ruled<()> {
        let rules = self.rules();
        let asset = call.collateral;
        if call.receive == Receive::Tokens {
            self.accrue(asset)?;
            self.update_rates(
                asset,
                Flow {
                    added: Amount::ZERO,
                    taken: seized,
                },
            )?;
            let index = self.reserve(asset)?.state.liquidity_index;
            let shares = to_shares(seized, index, rules.supply_burn)?;
            self.burn_supply(call.borrower, asset, shares)?;
            return self.push(call.liquidator, asset, seized);
        }
        let index = self.reserve(asset)?.income_index()?;
        let shares = to_shares(seized, index, rules.supply_burn)?;
        let had_none = match rules.claim_enables {
            ClaimEnables::EmptyBalance => self.supply_of(call.liquidator, asset)?.is_zero(),
            ClaimEnables::EmptyShares => self.position(call.liquidator, asset)?.supply == 0,
            ClaimEnables::Never => false,
        };
        self.move_supply(call.borrower, call.liquidator, asset, shares)?;
        let itself = call.liquidator == call.borrower && emptied;
        let reenables = itself && rules.self_reenables.on();
        if (had_none || reenables) && self.becomes_collateral_by_itself(call.liquidator, asset)? {
            self.set_flag(call.liquidator, asset, true)?;
        }
        Ok(())
    }

    /// The treasury's share, at most what the borrower still has.
    fn pay_fee(&mut self, call: &Call, fee: Amount, told: &mut Settlement) -> Ruled<()> {
        if fee.is_zero() {
            return Ok(());
        }
        let (rules, asset) = (self.rules(), call.collateral);
        let index = self.reserve(asset)?.income_index()?;
        let left: Shares = self.position(call.borrower, asset)?.supply_shares();
        let mut amount = fee;
        let mut shares = to_shares(amount, index, rules.supply_burn)?;
        if shares > left {
            amount = to_amount(left, index, rules.supply_balance)?;
            shares = if rules.compares_shares.on() {
                left
            } else {
                to_shares(amount, index, rules.supply_burn)?
            };
        }
        self.move_supply(call.borrower, self.ledger().treasury, asset, shares)?;
        told.protocol_fee = amount;
        self.events.push(Event::LiquidationFee {
            account: call.borrower,
            asset,
            amount,
            shares,
        });
        Ok(())
    }
}
