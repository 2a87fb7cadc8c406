//! A stack of layers and the deficits that run down it.

use super::Dice;
use backstop_core::coverage::{
    AutoDeleveraging, BackstopPool, Bearers, Cause, DebtAuction, Deficit, FirstLoss, InsuranceFund,
    Layer, Policy, Position, Redistribution, Refill, Rule, SafetyModule, Side, Staking,
    SupplierPool, SurplusBuffer, Terms, Tranches, TreasuryReserve, Trove, TwoSides, Waterfall,
    WithdrawalGate,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Bps, Price, Timestamp, Value};

/// Assets that deficits are in.
pub(super) const ASSETS: usize = 3;

/// The layers, each once in a stack so that a payment's name tells its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Treasury,
    Surplus,
    Insurance,
    FirstLoss,
    Backstop,
    Safety,
    Auction,
    Deleveraging(Policy),
    Redistribution,
    Suppliers,
    Tranches,
    Sides,
}

impl Kind {
    pub(super) const ALL: [Self; 12] = [
        Self::Treasury,
        Self::Surplus,
        Self::Insurance,
        Self::FirstLoss,
        Self::Backstop,
        Self::Safety,
        Self::Auction,
        Self::Deleveraging(Policy::LeverageDraining),
        Self::Redistribution,
        Self::Suppliers,
        Self::Tranches,
        Self::Sides,
    ];

    pub(super) fn name(self) -> &'static str {
        self.layer(1).name()
    }

    pub(super) fn rule(self) -> Rule {
        self.layer(1).rule()
    }

    /// A layer whose sizes follow from one number.
    fn layer(self, size: u128) -> Box<dyn Layer> {
        let money = Value::new(size);
        let (third, rest) = (Value::new(size / 3), Value::new(size - size / 3));
        let two = [(AccountId(0), third), (AccountId(1), rest)];
        match self {
            Self::Treasury => Box::new(TreasuryReserve::new(money)),
            Self::Surplus => Box::new(SurplusBuffer::new(money, Bps(1_500), None)),
            Self::Insurance => {
                let refill = Refill {
                    share: Bps(2_500),
                    target: money,
                };
                Box::new(InsuranceFund::with_refill(money, refill))
            }
            Self::FirstLoss => Box::new(FirstLoss::new(money)),
            Self::Backstop => Box::new(BackstopPool::new(&two).unwrap()),
            Self::Safety => {
                let rules = Staking {
                    slash_max: Bps(3_000),
                    cooldown_s: 10,
                    window_s: 10,
                    hold_s: 10,
                };
                Box::new(SafetyModule::new(rules, &two).unwrap())
            }
            Self::Auction => {
                let (supply, mint) = (Amount::new(size), Amount::new(size / 7));
                let price = Price::new(137);
                Box::new(DebtAuction::new(supply, mint, price, Bps(1_700), 2).unwrap())
            }
            Self::Deleveraging(policy) => deleveraging(policy, size),
            Self::Redistribution => Box::new(Redistribution::new(&troves(size)).unwrap()),
            Self::Suppliers => Box::new(SupplierPool::new(&two).unwrap()),
            Self::Tranches => Box::new(Tranches::new(&[third, rest]).unwrap()),
            Self::Sides => {
                let traders = [
                    (AccountId(0), Side::Long, Amount::new(7), third),
                    (AccountId(1), Side::Short, Amount::new(5), rest),
                    (AccountId(2), Side::Short, Amount::new(1), third),
                ];
                Box::new(TwoSides::new(&traders, Bearers::Both).unwrap())
            }
        }
    }
}

fn troves(size: u128) -> [Trove; 3] {
    [(3, 2), (2, 1), (9, 5)].map(|(stake, part)| Trove {
        account: AccountId(u32::try_from(stake).unwrap()),
        stake: Amount::new(stake),
        equity: Value::new(size / part),
    })
}

fn deleveraging(policy: Policy, size: u128) -> Box<dyn Layer> {
    let positions =
        [(1, 3, 900), (2, 1, 90), (3, 7, 60), (4, 2, 120)].map(|(id, part, entry)| Position {
            account: AccountId(id),
            side: Side::Long,
            quantity: Amount::new(size.saturating_mul(10) / u128::from(part + id)),
            entry: Price::new(entry),
            equity: Value::new(size / u128::from(part)),
            closable_max: Bps(if id == 2 { 4_000 } else { 10_000 }),
        });
    let prices = (Price::new(100), Price::new(23));
    Box::new(AutoDeleveraging::new(&positions, Side::Long, prices, 2, policy).unwrap())
}

/// One layer of a stack.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) kind: Kind,
    pub(super) size: u128,
    pub(super) terms: Terms,
}

/// A stack and its deficits.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seats: Vec<Seat>,
    pub(super) deficits: Vec<Deficit>,
    pub(super) announces: bool,
    /// Comes in after each deficit.
    pub(super) income: Value,
}

impl Plan {
    pub(super) fn waterfall(&self) -> Waterfall {
        let seats = self.seats.iter();
        let seats = seats.map(|seat| (seat.kind.layer(seat.size), seat.terms.clone()));
        Waterfall::with_terms(seats.collect(), WithdrawalGate::new(5))
    }

    /// Zero to six layers of sizes within some digits of the deficits'.
    pub(super) fn draw(dice: &mut Dice, deficits: usize) -> Self {
        let scale = 10u128.pow(u32::try_from(dice.below(28)).unwrap());
        let mut kinds = Kind::ALL.to_vec();
        kinds[7] = Kind::Deleveraging(policy(dice));
        let seats = (0..dice.below(7)).map(|_| {
            let place = usize::try_from(dice.below(kinds.len() as u128)).unwrap();
            Seat {
                kind: kinds.swap_remove(place),
                size: dice.below(scale.saturating_mul(100)),
                terms: draw_terms(dice, scale),
            }
        });
        let seats = seats.collect();
        let decimals = dice.pick(&[0, 2, 6, 8, 18]);
        Self {
            seats,
            deficits: (0..deficits)
                .map(|step| draw_deficit(dice, scale, decimals, step))
                .collect(),
            announces: dice.percent(30),
            income: Value::new(if dice.percent(40) {
                dice.below(scale)
            } else {
                0
            }),
        }
    }
}

fn policy(dice: &mut Dice) -> Policy {
    dice.pick(&[
        Policy::Queue,
        Policy::SeededStart(11),
        Policy::ProRata,
        Policy::LeverageDraining,
    ])
}

fn draw_terms(dice: &mut Dice, scale: u128) -> Terms {
    let mut terms = Terms::default();
    if dice.percent(25) {
        terms.event_max = Some(Value::new(dice.below(scale)));
    }
    if dice.percent(25) {
        let max = Value::new(dice.below(scale.saturating_mul(4)));
        terms.asset_max.insert(AssetId(1), max);
    }
    if dice.percent(15) {
        terms.excluded_assets.insert(AssetId(2));
    }
    if dice.percent(20) {
        let cause = dice.pick(&[Cause::OracleFault, Cause::Depeg]);
        terms.excluded_causes.insert(cause);
    }
    terms
}

fn draw_deficit(dice: &mut Dice, scale: u128, decimals: u8, step: usize) -> Deficit {
    let price = match dice.below(20) {
        0 => 0,
        1 => dice.below(u128::MAX),
        2..9 => 1 + dice.below(5),
        _ => 1 + dice.below(1_000_000_000_000),
    };
    // So that a deficit is worth up to some of the layers' sizes.
    let most = scale
        .saturating_mul(4)
        .saturating_mul(10u128.pow(decimals.into()));
    let amount = dice.below((most / price.max(1)).saturating_add(3));
    Deficit {
        asset: AssetId(u16::try_from(dice.below(ASSETS as u128)).unwrap()),
        amount: Amount::new(amount),
        price: Price::new(price),
        decimals,
        cause: dice.pick(&[
            Cause::Market,
            Cause::Market,
            Cause::OracleFault,
            Cause::Depeg,
        ]),
        now: Timestamp(1_000 + step as u64),
    }
}
