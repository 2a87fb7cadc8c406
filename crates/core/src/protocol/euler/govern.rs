//! Settings of a vault, changed by its governor.

use super::action::Setting;
use super::cluster::VaultId;
use super::draft::Draft;
use super::event::Event;
use super::math::{AMOUNT_MAX, Ruled};
use super::rejection::Rejection;
use super::vault::{AmountCap, LinearKink, Ltv, SecondRate};
use crate::units::{Bps, Timestamp, U256};

/// All bits of operations that a vault knows.
const OPERATIONS_END: u32 = 1 << 15;
/// All flags that a vault knows.
const FLAGS_END: u32 = 1 << 2;
const ALL: Bps = Bps(10_000);

fn require(holds: bool, rejection: Rejection) -> Ruled<()> {
    holds.then_some(()).ok_or(rejection)
}

fn require_share(bps: Bps) -> Ruled<()> {
    require(bps <= ALL, Rejection::ConfigAmountTooLargeToEncode)
}

impl Draft<'_> {
    pub(super) fn govern(&mut self, vault: VaultId, setting: Setting) -> Ruled<()> {
        match setting {
            Setting::Ltv {
                collateral,
                borrow,
                liquidation,
                ramp,
            } => return self.set_ltv(vault, collateral, (borrow, liquidation), ramp),
            Setting::MaxLiquidationDiscount(discount) => {
                require(discount != ALL, Rejection::BadMaxLiquidationDiscount)?;
                require_share(discount)?;
                self.config_mut(vault)?.max_liquidation_discount = discount;
            }
            Setting::LiquidationCoolOff(seconds) => {
                self.config_mut(vault)?.liquidation_cool_off = seconds;
            }
            Setting::InterestRateModel(model) => self.set_model(vault, model)?,
            Setting::Disabled(bits) => {
                require(bits < OPERATIONS_END, Rejection::NotSupported)?;
                self.config_mut(vault)?.disabled = bits;
            }
            Setting::Flags(bits) => {
                require(bits < FLAGS_END, Rejection::NotSupported)?;
                self.config_mut(vault)?.flags = bits;
            }
            Setting::Caps { supply, borrow } => self.set_caps(vault, supply, borrow)?,
            Setting::InterestFee(fee) => self.set_interest_fee(vault, fee)?,
            Setting::FeeReceiver(receiver) => {
                receiver.map_or(Ok(()), |id| self.account(id).map(drop))?;
                self.config_mut(vault)?.fee_receiver = receiver;
            }
        }
        self.events.push(Event::SettingChanged { vault });
        Ok(())
    }

    /// A loan-to-value of liquidation that falls may fall slowly; one that rises rises at once.
    fn set_ltv(
        &mut self,
        vault: VaultId,
        collateral: VaultId,
        (borrow, liquidation): (Bps, Bps),
        ramp: u32,
    ) -> Ruled<()> {
        self.config(collateral)?;
        require(collateral != vault, Rejection::InvalidLtvAsset)?;
        require_share(borrow)?;
        require_share(liquidation)?;
        require(borrow <= liquidation, Rejection::LtvBorrow)?;
        let now = self.cluster.now;
        let present = self.config(vault)?.ltv(collateral).liquidation_at(now)?;
        require(
            ramp == 0 || liquidation < present,
            Rejection::LtvLiquidation,
        )?;
        let ltv = Ltv {
            borrow,
            liquidation,
            initial_liquidation: present,
            target: Timestamp(now.0.saturating_add(u64::from(ramp))),
            ramp,
        };
        self.config_mut(vault)?.ltv.insert(collateral, ltv);
        self.events.push(Event::LtvSet {
            vault,
            collateral,
            ltv,
        });
        Ok(())
    }

    fn set_model(&mut self, vault: VaultId, model: Option<LinearKink>) -> Ruled<()> {
        self.update(vault)?;
        self.config_mut(vault)?.interest_rate_model = model;
        self.change(vault, |state| {
            state.interest_rate = SecondRate::default();
            Ok(())
        })?;
        self.retarget_rate(vault)
    }

    fn set_caps(&mut self, vault: VaultId, supply: AmountCap, borrow: AmountCap) -> Ruled<()> {
        let twice = AMOUNT_MAX.saturating_add(AMOUNT_MAX);
        let fits = |cap: AmountCap, most: U256| cap.0 == 0 || cap.amount().0 <= most;
        require(fits(supply, twice), Rejection::BadSupplyCap)?;
        require(fits(borrow, AMOUNT_MAX), Rejection::BadBorrowCap)?;
        let config = self.config_mut(vault)?;
        (config.supply_cap, config.borrow_cap) = (supply, borrow);
        Ok(())
    }

    /// The fee on interest so far stays what it was.
    fn set_interest_fee(&mut self, vault: VaultId, fee: Bps) -> Ruled<()> {
        self.update(vault)?;
        self.tell_vault(vault)?;
        let (own, least) = (&self.cluster.fees, self.cluster.rules.interest_fee_min);
        let free = least <= fee && fee <= ALL;
        let allowed = own.interest_fee_min <= fee && fee <= own.interest_fee_max;
        require(free || allowed, Rejection::BadFee)?;
        require_share(fee)?;
        self.config_mut(vault)?.interest_fee = fee;
        // What is still to be added of a vault in which time stands still bears the new fee.
        self.change(vault, |_| Ok(()))
    }
}
