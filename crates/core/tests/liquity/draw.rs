//! Random steps that mostly make sense in the state they meet.

use crate::dice::Dice;
use crate::starts::{ACCOUNTS, UNIT, fee_limit};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Account, Action, Change, Gains, Hints, LiquityVersion, System,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};

/// One step of a script.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time and price.
    Observe(Timestamp, Price),
    /// An operation.
    Act(Action),
}

pub(crate) fn kind(action: &Action) -> &'static str {
    match action {
        Action::Open { .. } => "open",
        Action::Adjust { .. } => "adjust",
        Action::Close { .. } => "close",
        Action::ClaimSurplus { .. } => "claim surplus",
        Action::Provide { .. } => "provide",
        Action::Withdraw { .. } => "withdraw",
        Action::GainToTrove { .. } => "gain to trove",
        Action::ClaimStashed { .. } => "claim stashed",
        Action::Liquidate { .. } => "liquidate",
        Action::LiquidateBatch { .. } => "liquidate batch",
        Action::LiquidateSmallest { .. } => "liquidate smallest",
        Action::ShutDown => "shut down",
    }
}

pub(crate) struct Draw(Dice);

fn small(amount: Amount) -> u128 {
    u128::try_from(amount.0).unwrap()
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        u64::try_from(self.0.below(u128::from(n))).unwrap()
    }

    pub(crate) fn step(&mut self, system: &System) -> Step {
        if self.0.percent(25) {
            return self.observe(system);
        }
        let action = match self.below(100) {
            0..15 => self.open(system),
            15..33 => self.adjust(system),
            33..38 => Action::Close {
                caller: self.owner(system),
            },
            38..45 => Action::ClaimSurplus {
                caller: self.like(system, 85, |account| !account.surplus.is_zero()),
            },
            45..57 => self.provide(system),
            57..68 => Action::Withdraw {
                caller: self.depositor(system),
                amount: self.withdrawal(),
                gains: self.gains(system),
            },
            68..74 => self.special(system),
            _ => self.liquidation(system),
        };
        Step::Act(action)
    }

    /// Prices mostly move by some percent, or to where one trove is about to fall.
    fn observe(&mut self, system: &System) -> Step {
        let waited = self.0.pick(&[0, 1, 12, 3_600, 2_592_000]);
        let now = Timestamp(system.now().0 + waited);
        let price = small(Amount(system.price().0));
        let percent = if self.0.percent(50) {
            let ratio = system.ratio(self.owner(system)).unwrap_or(Ratio::MAX).0;
            let aim =
                U256::from(self.0.pick(&[99u128, 104, 109, 111, 125, 145])) * U256::from(UNIT);
            u128::try_from(aim / ratio.max(U256::ONE)).unwrap_or(100)
        } else {
            85 + self.0.below(32)
        };
        let price = (price * percent.clamp(60, 150) / 100).clamp(40 * UNIT, 900 * UNIT);
        Step::Observe(now, Price::new(price))
    }

    /// Some account; now and then one that does not exist.
    fn anyone(&mut self) -> AccountId {
        if self.0.percent(1) {
            return AccountId(ACCOUNTS);
        }
        AccountId(u32::try_from(self.below(u64::from(ACCOUNTS))).unwrap())
    }

    /// So often in a hundred an account of a kind, where there is one.
    fn like(&mut self, system: &System, often: u128, is: fn(&Account) -> bool) -> AccountId {
        let such: Vec<_> = (0..ACCOUNTS)
            .map(AccountId)
            .filter(|id| is(system.account(*id).unwrap()))
            .collect();
        if such.is_empty() || !self.0.percent(often) {
            return self.anyone();
        }
        self.0.pick(&such)
    }

    fn owner(&mut self, system: &System) -> AccountId {
        self.like(system, 90, |account| account.trove.status.is_open())
    }

    fn depositor(&mut self, system: &System) -> AccountId {
        self.like(system, 90, |account| !account.deposit.amount.is_zero())
    }

    fn fee_max(&mut self, system: &System) -> U256 {
        if self.0.percent(3) {
            return self.0.pick(&[U256::ZERO, U256::from(UNIT) + U256::ONE]);
        }
        fee_limit(system.version())
    }

    fn hints(&mut self) -> Hints {
        let mut hint = || self.0.percent(20).then(|| self.anyone());
        Hints {
            larger: hint(),
            smaller: hint(),
        }
    }

    fn gains(&mut self, system: &System) -> Gains {
        let odd = match system.version() {
            LiquityVersion::V1 => 1,
            LiquityVersion::V2 => 40,
        };
        if self.0.percent(odd) {
            return Gains::Kept;
        }
        Gains::Claimed
    }

    fn open(&mut self, system: &System) -> Action {
        let stable = UNIT * (1_700 + self.0.below(4_000));
        let percent = self.0.pick(&[105u128, 112, 140, 160, 200, 300, 500]);
        let price = small(Amount(system.price().0));
        let collateral = stable / price * percent * UNIT / 100 + self.0.below(UNIT);
        let rate = self.0.pick(&[4u128, 5, 30, 100, 700, 2_500, 2_501]);
        let absent = match system.version() {
            LiquityVersion::V1 => |account: &Account| !account.trove.status.is_open(),
            LiquityVersion::V2 => |account: &Account| account.trove == Default::default(),
        };
        Action::Open {
            caller: self.like(system, 90, absent),
            stable: Amount::new(stable),
            collateral: Amount::new(collateral),
            rate: Ratio::new(rate * UNIT / 1_000),
            fee_max: self.fee_max(system),
            hints: self.hints(),
        }
    }

    fn adjust(&mut self, system: &System) -> Action {
        let caller = self.owner(system);
        let trove = system.account(caller).map(|account| account.trove);
        let trove = trove.unwrap_or_default();
        let collateral = match self.below(10) {
            0..5 => Change::Up(Amount::new(self.0.below(10 * UNIT))),
            5..8 => Change::Down(Amount::new(self.0.part(small(trove.collateral) / 4))),
            8 => Change::Down(Amount::new(small(trove.collateral) + self.0.below(2))),
            _ => Change::None,
        };
        let debt = match self.below(10) {
            0..3 => Change::Up(Amount::new(match self.below(20) {
                0 => 0,
                _ => self.0.below(1_000 * UNIT),
            })),
            3..6 => Change::Down(Amount::new(self.0.part(small(trove.debt) / 4))),
            6 => Change::Down(Amount::new(small(trove.debt) + self.0.below(2))),
            _ => Change::None,
        };
        Action::Adjust {
            caller,
            collateral,
            debt,
            fee_max: self.fee_max(system),
            hints: self.hints(),
        }
    }

    fn provide(&mut self, system: &System) -> Action {
        let caller = self.like(system, 90, |account| !account.stable.is_zero());
        let wallet = system.account(caller).map_or(UNIT, |a| small(a.stable));
        Action::Provide {
            caller,
            amount: Amount::new(match self.below(12) {
                0 => 0,
                1 => wallet + 1,
                _ => self.0.part(wallet).min(wallet),
            }),
            gains: self.gains(system),
        }
    }

    fn withdrawal(&mut self) -> Amount {
        match self.below(6) {
            0 => Amount::ZERO,
            1 | 2 => Amount::MAX,
            _ => Amount::new(self.0.below(2_000 * UNIT)),
        }
    }

    /// What only one version has; now and then the other's.
    fn special(&mut self, system: &System) -> Action {
        let other = self.0.percent(5);
        let first = (system.version() == LiquityVersion::V1) != other;
        if first {
            return Action::GainToTrove {
                caller: self.like(system, 85, |account| {
                    !account.deposit.amount.is_zero() && account.trove.status.is_open()
                }),
                hints: self.hints(),
            };
        }
        if self.0.percent(40) {
            return Action::ShutDown;
        }
        Action::ClaimStashed {
            caller: self.like(system, 90, |account| {
                !account.stashed.is_zero() && account.deposit.amount.is_zero()
            }),
        }
    }

    fn liquidation(&mut self, system: &System) -> Action {
        let liquidator = self.anyone();
        let v1 = system.version() == LiquityVersion::V1;
        let odd = self.0.percent(3);
        let weak = weak_troves(system);
        match self.below(3) {
            0 if v1 != odd => Action::Liquidate {
                liquidator,
                trove: self.weak(system, &weak),
            },
            1 if v1 != odd => Action::LiquidateSmallest {
                liquidator,
                count: self.below(5),
            },
            _ => {
                let len = self.below(5);
                Action::LiquidateBatch {
                    liquidator,
                    troves: (0..len).map(|_| self.weak(system, &weak)).collect(),
                }
            }
        }
    }

    /// Mostly one of the weak troves, where there is one.
    fn weak(&mut self, system: &System, weak: &[AccountId]) -> AccountId {
        if weak.is_empty() || self.0.percent(15) {
            return self.owner(system);
        }
        self.0.pick(weak)
    }
}

/// Troves whose ratio may allow a liquidation.
fn weak_troves(system: &System) -> Vec<AccountId> {
    let v1 = system.version() == LiquityVersion::V1;
    let limit = match v1 && system.is_critical().unwrap() {
        true => system.parameters().critical_ratio,
        false => system.parameters().minimum_ratio,
    };
    (0..ACCOUNTS)
        .map(AccountId)
        .filter(|id| system.ratio(*id).unwrap() < limit)
        .collect()
}
