//! A staked safety module: stakes that are slashed up to a cap, and leave only after a wait.

use super::gate::{Refusal, WithdrawalGate};
use super::insurance_fund::part;
use super::waterfall::Deficit;
use super::{Layer, Loss, Payer, Rule};
use crate::protocol::AccountId;
use crate::units::{Bps, Overflow, Rounding, Shares, Timestamp, U256, Value, mul_div};
use std::collections::BTreeMap;

/// The rules of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staking {
    /// Most that one deficit slashes, of what is staked then; more than 10 000 is all.
    pub slash_max: Bps,
    /// Seconds between the wish to leave and the window.
    pub cooldown_s: u64,
    /// Seconds that the window stays open.
    pub window_s: u64,
    /// Seconds after a deficit in which nobody leaves, whatever the window.
    pub hold_s: u64,
}

/// A wish to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    /// Shares at the time of the wish, less those redeemed.
    shares: Shares,
    opens: Timestamp,
    closes: Timestamp,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stake {
    shares: Shares,
    wish: Option<Wish>,
}

/// Stakes in the base currency, as shares of one pot: a slashing takes the same part of every
/// share, in cooldown or not.
///
/// Leaving takes a wish, a wait, and a window, and is refused while a deficit is pending
/// ([`WithdrawalGate`]), so that nobody leaves between a deficit and its slashing. The exact
/// machine of one such module is [`umbrella`](super::umbrella).
#[derive(Clone, Debug)]
pub struct SafetyModule {
    rules: Staking,
    staked: Value,
    shares: Shares,
    stakes: BTreeMap<AccountId, Stake>,
    gate: WithdrawalGate,
}

impl SafetyModule {
    /// A module with these stakes in the base currency, one share each unit; a second stake of an
    /// account adds to its first.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the stakes sum to 2^256 or more.
    pub fn new(rules: Staking, stakes: &[(AccountId, Value)]) -> Result<Self, Overflow> {
        let mut held = BTreeMap::<AccountId, Stake>::new();
        let mut staked = Value::ZERO;
        for (account, value) in stakes {
            staked = staked.plus(*value)?;
            let stake = held.entry(*account).or_default();
            stake.shares = stake.shares.plus(Shares(value.0))?;
        }
        Ok(Self {
            rules,
            staked,
            shares: Shares(staked.0),
            stakes: held,
            gate: WithdrawalGate::new(rules.hold_s),
        })
    }

    /// Shares of an account.
    pub fn shares_of(&self, account: AccountId) -> Shares {
        self.stakes
            .get(&account)
            .copied()
            .unwrap_or_default()
            .shares
    }

    /// What shares are worth, rounded down: the other stakers keep the remainder.
    pub fn worth(&self, shares: Shares) -> Value {
        // Shares never exceed all shares, so the worth fits; without shares there is none.
        let worth = mul_div(shares.0, self.staked.0, self.shares.0, Rounding::Floor);
        Value(worth.unwrap_or(U256::ZERO))
    }

    /// What an account may redeem now at most.
    fn redeemable(&self, holder: AccountId, now: Timestamp) -> Result<Wish, Refusal> {
        if self.shares_of(holder).is_zero() {
            return Err(Refusal::NotStaked);
        }
        self.gate.check(now)?;
        let stake = self.stakes.get(&holder).copied().unwrap_or_default();
        let open = stake.wish.filter(|wish| now >= wish.opens);
        let wish = open.ok_or(Refusal::CoolingDown)?;
        if now > wish.closes {
            return Err(Refusal::WindowClosed);
        }
        Ok(wish)
    }
}

impl Layer for SafetyModule {
    fn name(&self) -> &'static str {
        "safety module"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "stakers by their shares",
            unit: "base currency",
            rounding: Rounding::Ceil,
            owner: "stakers; of who leaves, the others keep the remainder",
        }
    }

    fn left(&self) -> Option<Value> {
        Some(self.staked)
    }

    fn payable(&self) -> Option<Value> {
        Some(part(self.staked, self.rules.slash_max))
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let loss = Loss::of(Payer::Stakers, self.staked, value);
        self.staked = self.staked.minus_or_zero(value);
        vec![loss]
    }

    fn announce(&mut self, deficit: &Deficit) {
        self.gate.announce(deficit);
    }

    fn settle(&mut self, deficit: &Deficit) {
        self.gate.settle(deficit);
    }

    fn start_exit(&mut self, holder: AccountId, now: Timestamp) -> Result<(), Refusal> {
        let rules = self.rules;
        let stake = self.stakes.get_mut(&holder);
        let stake = stake.filter(|stake| !stake.shares.is_zero());
        let stake = stake.ok_or(Refusal::NotStaked)?;
        let opens = now.0.checked_add(rules.cooldown_s);
        let closes = opens.and_then(|opens| opens.checked_add(rules.window_s));
        let (Some(opens), Some(closes)) = (opens, closes) else {
            return Err(Refusal::Overflow);
        };
        stake.wish = Some(Wish {
            shares: stake.shares,
            opens: Timestamp(opens),
            closes: Timestamp(closes),
        });
        Ok(())
    }

    fn exit(
        &mut self,
        holder: AccountId,
        shares: Shares,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let wish = self.redeemable(holder, now)?;
        let rest = wish.shares.minus(shares);
        let rest = rest.map_err(|_| Refusal::MoreThanStaked)?;
        let worth = self.worth(shares);
        // Must succeed from here on.
        self.staked = self.staked.minus_or_zero(worth);
        self.shares = self.shares.minus_or_zero(shares);
        if let Some(stake) = self.stakes.get_mut(&holder) {
            stake.shares = stake.shares.minus_or_zero(shares);
            let kept = Wish {
                shares: rest,
                ..wish
            };
            stake.wish = Some(kept).filter(|kept| !kept.shares.is_zero());
        }
        Ok(worth)
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Waterfall;
    use crate::units::Amount;
    use proptest::prelude::*;

    const ONE: AccountId = AccountId(1);
    const TWO: AccountId = AccountId(2);

    const RULES: Staking = Staking {
        slash_max: Bps(3_000),
        cooldown_s: 100,
        window_s: 20,
        hold_s: 30,
    };

    fn module() -> SafetyModule {
        let stakes = [(ONE, Value::new(600)), (TWO, Value::new(400))];
        SafetyModule::new(RULES, &stakes).unwrap()
    }

    fn deficit(amount: u128, now: u64) -> Deficit {
        Deficit {
            amount: Amount::new(amount),
            now: Timestamp(now),
            ..Deficit::default()
        }
    }

    #[test]
    fn leaves_after_the_wait_and_in_the_window() {
        // (who, shares, at) → what is paid out; the wish is of 1000, the window from 1100 to 1120.
        let cases = [
            (ONE, 600, 1_099, Err(Refusal::CoolingDown)),
            (ONE, 600, 1_100, Ok(600)),
            (ONE, 10, 1_120, Ok(10)),
            (ONE, 600, 1_121, Err(Refusal::WindowClosed)),
            (ONE, 601, 1_110, Err(Refusal::MoreThanStaked)),
            (TWO, 1, 1_110, Err(Refusal::CoolingDown)),
            (AccountId(3), 0, 1_110, Err(Refusal::NotStaked)),
        ];
        for (who, shares, at, want) in cases {
            let mut module = module();
            module.start_exit(ONE, Timestamp(1_000)).unwrap();
            let got = module.exit(who, Shares::new(shares), Timestamp(at));
            assert_eq!(got, want.map(Value::new), "{who:?} {shares} {at}");
            let gone = got.unwrap_or_default();
            assert_eq!(module.left(), Some(Value::new(1_000).minus(gone).unwrap()));
        }
    }

    #[test]
    fn a_wish_is_for_what_was_staked_and_used_up() {
        let mut module = module();
        let at = Timestamp(1_110);
        module.start_exit(ONE, Timestamp(1_000)).unwrap();
        assert_eq!(module.exit(ONE, Shares::new(500), at), Ok(Value::new(500)));
        let more = module.exit(ONE, Shares::new(101), at);
        assert_eq!(more, Err(Refusal::MoreThanStaked));
        assert_eq!(module.exit(ONE, Shares::new(100), at), Ok(Value::new(100)));
        assert_eq!(
            module.exit(ONE, Shares::new(0), at),
            Err(Refusal::NotStaked)
        );
        let again = module.start_exit(ONE, at);
        assert_eq!(again, Err(Refusal::NotStaked));
        let far = Timestamp(u64::MAX);
        assert_eq!(module.start_exit(TWO, far), Err(Refusal::Overflow));
        assert_eq!(module.worth(module.shares_of(TWO)), Value::new(400));
    }

    #[test]
    fn nobody_leaves_between_a_deficit_and_its_slashing() {
        let layers: Vec<(Box<dyn Layer>, _)> = vec![(Box::new(module()), Default::default())];
        let mut waterfall = Waterfall::with_terms(layers, WithdrawalGate::new(50));
        let exit = |waterfall: &mut Waterfall, at| {
            let module = waterfall.layer_mut(0).unwrap();
            module.exit(ONE, Shares::new(600), Timestamp(at))
        };
        let module = waterfall.layer_mut(0).unwrap();
        module.start_exit(ONE, Timestamp(1_000)).unwrap();
        let announced = deficit(500, 1_040);
        waterfall.announce(&announced);
        let pending = Err(Refusal::DeficitPending);
        assert_eq!(exit(&mut waterfall, 1_110), pending);
        assert_eq!(
            waterfall.gate().check(Timestamp(1_110)).err(),
            pending.err()
        );
        // Covered at a price of 1 with no decimals: 30 % of 1000 are slashed, suppliers bear 200.
        let covered = Deficit {
            price: crate::units::Price::new(1),
            now: Timestamp(1_080),
            ..announced
        };
        let paid = waterfall.cover(&covered).unwrap();
        let paid: Vec<_> = paid.iter().map(|p| (p.layer, p.value)).collect();
        let want = [("safety module", 300), ("socialised", 200)];
        assert_eq!(paid, want.map(|(layer, value)| (layer, Value::new(value))));
        assert_eq!(exit(&mut waterfall, 1_109), Err(Refusal::GateClosed));
        assert_eq!(
            waterfall.gate().check(Timestamp(1_129)),
            Err(Refusal::GateClosed)
        );
        assert_eq!(waterfall.gate().check(Timestamp(1_130)), Ok(()));
        // The wish does not spare its shares: 600 are worth 600 · 700 ÷ 1000.
        assert_eq!(exit(&mut waterfall, 1_110), Ok(Value::new(420)));
    }

    #[test]
    fn a_deficit_covered_in_part_stays_pending_for_its_asset() {
        let mut gate = WithdrawalGate::new(0);
        gate.announce(&deficit(5, 10));
        gate.announce(&deficit(3, 10));
        gate.settle(&deficit(6, 11));
        assert_eq!(gate.pending(Default::default()), Amount::new(2));
        let other = Deficit {
            asset: crate::protocol::AssetId(1),
            ..deficit(9, 11)
        };
        gate.settle(&other);
        assert_eq!(gate.check(Timestamp(99)), Err(Refusal::DeficitPending));
        gate.settle(&deficit(2, 12));
        assert_eq!(gate.check(Timestamp(12)), Ok(()));
    }

    #[test]
    fn refuses_stakes_that_do_not_fit() {
        let stakes = [(ONE, Value::MAX), (ONE, Value::new(1))];
        let refused = SafetyModule::new(RULES, &stakes);
        assert_eq!(refused.err(), Some(Overflow::Arithmetic));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wish(u32),
        Exit(u32, u128),
        Slash(u128),
        Announce(u128),
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1u32..3).prop_map(Step::Wish),
            (1u32..3, 0u128..700).prop_map(|(who, shares)| Step::Exit(who, shares)),
            (0u128..400).prop_map(Step::Slash),
            (1u128..9).prop_map(Step::Announce),
            (1u64..70).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// INV-38: nobody leaves while a deficit is pending or the gate is held; a slashing takes
        /// the same part of every share and at most its cap; what came in is what is staked, was
        /// slashed and was paid out.
        #[test]
        fn stakes_bear_what_they_are_there_for(steps in prop::collection::vec(step(), 1..60)) {
            let (mut module, mut now) = (module(), 1_000u64);
            let (mut pending, mut held, mut out) = (0u128, 0u64, Value::ZERO);
            for step in steps {
                match step {
                    Step::Wish(who) => {
                        let staked = !module.shares_of(AccountId(who)).is_zero();
                        prop_assert_eq!(module.start_exit(AccountId(who), Timestamp(now)).is_ok(), staked);
                    }
                    Step::Exit(who, shares) => {
                        let before = module.clone();
                        let got = module.exit(AccountId(who), Shares::new(shares), Timestamp(now));
                        match got {
                            Ok(worth) => {
                                prop_assert!(pending == 0 && now >= held, "INV-38");
                                out = out.plus(worth).unwrap();
                            }
                            Err(_) => {
                                prop_assert_eq!(before.left(), module.left());
                                prop_assert_eq!(&before.stakes, &module.stakes);
                            }
                        }
                    }
                    Step::Slash(most) => {
                        let before = [ONE, TWO].map(|id| module.worth(module.shares_of(id)));
                        let cap = module.payable().unwrap();
                        prop_assert!(cap.0 * U256::from(10) <= module.staked.0 * U256::from(3));
                        let (taken, had) = (cap.min(Value::new(most)), module.staked);
                        module.pay(taken);
                        module.settle(&deficit(pending, now));
                        (pending, held) = (0, now + 30);
                        out = out.plus(taken).unwrap();
                        for (before, id) in before.into_iter().zip([ONE, TWO]) {
                            // before · left ÷ had, but for the unit of each rounding.
                            let after = module.worth(module.shares_of(id)).0;
                            let want = if had.is_zero() { U256::ZERO } else {
                                before.0 * module.staked.0 / had.0
                            };
                            prop_assert!(after.abs_diff(want) <= U256::ONE, "INV-38");
                        }
                    }
                    Step::Announce(amount) => {
                        module.announce(&deficit(amount, now));
                        pending += amount;
                        held = now + 30;
                    }
                    Step::Wait(seconds) => now += seconds,
                }
                prop_assert_eq!(module.staked.plus(out), Ok(Value::new(1_000)));
            }
        }
    }
}
