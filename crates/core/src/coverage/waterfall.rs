//! The layers in order, and how a deficit runs down them.

use super::gate::WithdrawalGate;
use super::ledger::Loss;
use super::terms::{Cause, Rule, Terms, least};
use super::{Layer, Socialised};
use crate::protocol::AssetId;
use crate::units::{Amount, Overflow, Price, Rounding, Timestamp, U256, Value, mul_div, pow10};
use std::collections::BTreeMap;

/// A debt that no collateral backs any more. One deficit is one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deficit {
    /// Of which asset.
    pub asset: AssetId,
    /// In asset units.
    pub amount: Amount,
    /// Of 10^`decimals` asset units, in the base currency.
    pub price: Price,
    /// Decimals of the asset; at most 77.
    pub decimals: u8,
    /// Why.
    pub cause: Cause,
    /// When it is reported.
    pub now: Timestamp,
}

/// What one layer paid for one deficit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Name of the layer.
    pub layer: &'static str,
    /// Which asset's deficit.
    pub asset: AssetId,
    /// Covered, in asset units.
    pub amount: Amount,
    /// What that took from the layer, in the base currency, rounded up: the layer bears the
    /// rounding. [`Value::MAX`] where the value needs more than 256 bits.
    pub value: Value,
    /// Left in the layer afterwards; `None` where it never runs out.
    pub left: Option<Value>,
    /// Who lost how much by it; sums to `value` exactly.
    pub losses: Vec<Loss>,
}

/// A layer, its limits, and what it has paid where a limit counts that.
#[derive(Debug)]
struct Seat {
    layer: Box<dyn Layer>,
    terms: Terms,
    paid: BTreeMap<AssetId, Value>,
}

impl Clone for Seat {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.boxed(),
            terms: self.terms.clone(),
            paid: self.paid.clone(),
        }
    }
}

/// Layers in the order in which they pay, closed by [`Socialised`].
///
/// ```
/// use backstop_core::coverage::{Deficit, TreasuryReserve, Waterfall};
/// use backstop_core::units::{Amount, Price, Value};
///
/// // A deficit of 1.00 of an asset with 2 decimals at price 300; the treasury has 200.
/// let mut waterfall = Waterfall::new(vec![Box::new(TreasuryReserve::new(Value::new(200)))]);
/// let deficit = Deficit {
///     amount: Amount::new(100),
///     price: Price::new(300),
///     decimals: 2,
///     ..Deficit::default()
/// };
/// let payments = waterfall.cover(&deficit)?;
/// let paid: Vec<_> = payments.iter().map(|p| (p.layer, p.amount, p.value)).collect();
/// assert_eq!(
///     paid,
///     [
///         ("treasury reserve", Amount::new(66), Value::new(198)),
///         ("socialised", Amount::new(34), Value::new(102)),
///     ]
/// );
/// # Ok::<(), backstop_core::units::Overflow>(())
/// ```
#[derive(Clone, Debug)]
pub struct Waterfall {
    seats: Vec<Seat>,
    gate: WithdrawalGate,
}

impl Default for Waterfall {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Waterfall {
    /// A waterfall of these layers without limits, and [`Socialised`] after them.
    pub fn new(layers: Vec<Box<dyn Layer>>) -> Self {
        let seats = layers.into_iter().map(|layer| (layer, Terms::default()));
        Self::with_terms(seats.collect(), WithdrawalGate::default())
    }

    /// A waterfall of layers with their limits, [`Socialised`] after them, and the gate that
    /// suppliers leave through.
    pub fn with_terms(mut layers: Vec<(Box<dyn Layer>, Terms)>, gate: WithdrawalGate) -> Self {
        layers.push((Box::new(Socialised), Terms::default()));
        let seats = layers.into_iter().map(|(layer, terms)| Seat {
            layer,
            terms,
            paid: BTreeMap::new(),
        });
        Self {
            seats: seats.collect(),
            gate,
        }
    }

    /// The layers in order.
    pub fn layers(&self) -> impl Iterator<Item = &dyn Layer> {
        self.seats.iter().map(|seat| seat.layer.as_ref())
    }

    /// The rules in order: name of the layer, its rule, its limits.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, Rule, &Terms)> {
        let seats = self.seats.iter();
        seats.map(|seat| (seat.layer.name(), seat.layer.rule(), &seat.terms))
    }

    /// A layer by its place, for those who put money in or take it out.
    pub fn layer_mut(&mut self, place: usize) -> Option<&mut Box<dyn Layer>> {
        self.seats.get_mut(place).map(|seat| &mut seat.layer)
    }

    /// The gate that suppliers leave through.
    pub fn gate(&self) -> &WithdrawalGate {
        &self.gate
    }

    /// Tells the gate and every layer of a deficit that will be covered later: until then nobody
    /// leaves who may have to pay. It is covered by [`Waterfall::cover`] with the same asset and
    /// amount, at whatever price.
    pub fn announce(&mut self, deficit: &Deficit) {
        self.gate.announce(deficit);
        for seat in &mut self.seats {
            seat.layer.announce(deficit);
        }
    }

    /// Pays a deficit. The payments' amounts add up to its amount exactly; layers that pay nothing
    /// are left out.
    ///
    /// A layer covers as many asset units as its money and its limits buy, rounded down, and is
    /// charged their value, rounded up; the sub-unit rest of its money stays with it. A worthless
    /// asset costs nothing, so the first layer that covers it takes it whole.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the deficit's `decimals` exceed 77; then nothing is paid.
    ///
    /// # Panics
    /// When a layer's losses do not sum to what it paid: a broken invariant, never a matter of
    /// input.
    pub fn cover(&mut self, deficit: &Deficit) -> Result<Vec<Payment>, Overflow> {
        let unit = pow10(deficit.decimals)?;
        // Must succeed from here on.
        let mut rest = deficit.amount;
        let mut payments = Vec::new();
        let seats = self.seats.iter_mut();
        for seat in seats.filter(|seat| seat.terms.covers(deficit)) {
            let money = seat.payable(deficit.asset);
            let amount = rest.min(affordable(money, deficit.price, unit));
            if amount.is_zero() {
                continue;
            }
            let value = worth(amount, deficit.price, unit);
            assert!(
                money.is_none_or(|money| value <= money),
                "INV-11: {:?} pays {value}",
                seat.layer
            );
            payments.push(seat.pay(deficit.asset, amount, value));
            rest = rest.minus_or_zero(amount);
        }
        assert!(rest.is_zero(), "INV-11: the last layer takes the rest");
        self.gate.settle(deficit);
        for seat in &mut self.seats {
            seat.layer.settle(deficit);
        }
        Ok(payments)
    }

    /// Offers income, such as a liquidation penalty, to the layers in order; each keeps its part of
    /// what those before it left. Tells what nobody kept.
    pub fn receive(&mut self, income: Value) -> Value {
        let mut rest = income;
        for seat in &mut self.seats {
            let kept = seat.layer.receive(rest);
            assert!(
                kept <= rest,
                "INV-37: {:?} keeps {kept} of {rest}",
                seat.layer
            );
            rest = rest.minus_or_zero(kept);
        }
        rest
    }
}

impl Seat {
    /// What the layer may pay for one deficit of an asset; `None` where there is no limit.
    fn payable(&self, asset: AssetId) -> Option<Value> {
        let so_far = self.paid.get(&asset).copied().unwrap_or_default();
        least(self.layer.payable(), self.terms.most(asset, so_far))
    }

    fn pay(&mut self, asset: AssetId, amount: Amount, value: Value) -> Payment {
        let losses = self.layer.pay(value);
        let sum = losses
            .iter()
            .try_fold(Value::ZERO, |sum, loss| sum.plus(loss.paid));
        assert!(
            sum == Ok(value),
            "INV-35: losses of {:?} sum to {sum:?}, not {value}",
            self.layer
        );
        if self.terms.asset_max.contains_key(&asset) {
            let paid = self.paid.entry(asset).or_default();
            *paid = Value(paid.0.saturating_add(value.0));
        }
        Payment {
            layer: self.layer.name(),
            asset,
            amount,
            value,
            left: self.layer.left(),
            losses,
        }
    }
}

/// The value of asset units, rounded up; all there is where it needs more than 256 bits.
fn worth(amount: Amount, price: Price, unit: U256) -> Value {
    mul_div(amount.0, price.0, unit, Rounding::Ceil).map_or(Value::MAX, Value)
}

/// The most asset units that money buys; all of them where they are worthless.
fn affordable(money: Option<Value>, price: Price, unit: U256) -> Amount {
    let Some(money) = money else {
        return Amount::MAX;
    };
    // A quotient beyond 256 bits and a price of zero both mean "all".
    mul_div(money.0, unit, price.0, Rounding::Floor).map_or(Amount::MAX, Amount)
}

#[cfg(test)]
mod tests {
    use super::super::{InsuranceFund, TreasuryReserve};
    use super::*;
    use proptest::prelude::*;

    fn waterfall(treasury: u128, insurance: u128) -> Waterfall {
        Waterfall::new(vec![
            Box::new(TreasuryReserve::new(Value::new(treasury))),
            Box::new(InsuranceFund::new(Value::new(insurance))),
        ])
    }

    fn deficit(amount: Amount, price: Price, decimals: u8) -> Deficit {
        Deficit {
            asset: AssetId(1),
            amount,
            price,
            decimals,
            ..Deficit::default()
        }
    }

    #[test]
    fn pays_in_order() {
        // (treasury, insurance, amount, price) → (layer, amount, value, left), 2 decimals.
        let cases = [
            (
                500,
                500,
                100,
                300,
                vec![("treasury reserve", 100, 300, Some(200))],
            ),
            (
                200,
                50,
                100,
                300,
                vec![
                    ("treasury reserve", 66, 198, Some(2)),
                    ("insurance fund", 16, 48, Some(2)),
                    ("socialised", 18, 54, None),
                ],
            ),
            (0, 0, 7, 300, vec![("socialised", 7, 21, None)]),
            (0, 1, 7, 0, vec![("treasury reserve", 7, 0, Some(0))]),
            (5, 5, 0, 300, vec![]),
            // One asset unit is worth a hundredth: it takes a whole base unit.
            (1, 0, 1, 1, vec![("treasury reserve", 1, 1, Some(0))]),
        ];
        for (treasury, insurance, amount, price, want) in cases {
            let payments = waterfall(treasury, insurance)
                .cover(&deficit(Amount::new(amount), Price::new(price), 2))
                .unwrap();
            let got: Vec<_> = payments
                .iter()
                .map(|p| (p.layer, p.amount, p.value, p.left))
                .collect();
            let want: Vec<_> = want
                .into_iter()
                .map(|(layer, amount, value, left): (_, _, _, Option<u128>)| {
                    let left = left.map(Value::new);
                    (layer, Amount::new(amount), Value::new(value), left)
                })
                .collect();
            assert_eq!(got, want, "{treasury} {insurance} {amount} {price}");
        }
    }

    #[test]
    fn refuses_absurd_decimals_and_pays_nothing() {
        let mut waterfall = waterfall(100, 100);
        let absurd = deficit(Amount::new(1), Price::new(1), 78);
        assert_eq!(waterfall.cover(&absurd), Err(Overflow::Arithmetic));
        let left: Vec<_> = waterfall.layers().map(Layer::left).collect();
        assert_eq!(left, [Some(Value::new(100)), Some(Value::new(100)), None]);
    }

    fn number() -> impl Strategy<Value = U256> {
        prop_oneof![
            (0u64..1000).prop_map(U256::from),
            any::<u128>().prop_map(U256::from),
            any::<[u64; 4]>().prop_map(U256::from_limbs),
        ]
    }

    proptest! {
        /// Every deficit is paid to the unit, no layer overdraws, each is drained before the
        /// next, and a copy of the waterfall is untouched.
        #[test]
        fn conserves(
            treasury in number(),
            insurance in number(),
            deficits in prop::collection::vec((number(), number(), 0u8..30), 1..6),
        ) {
            let mut waterfall = Waterfall::new(vec![
                Box::new(TreasuryReserve::new(Value(treasury))),
                Box::new(InsuranceFund::new(Value(insurance))),
            ]);
            let copy = waterfall.clone();
            let mut had = [Value(treasury), Value(insurance)];
            for (amount, price, decimals) in deficits {
                let payments = waterfall
                    .cover(&deficit(Amount(amount), Price(price), decimals))
                    .unwrap();
                let mut paid = Amount::ZERO;
                for payment in &payments {
                    paid = paid.plus(payment.amount).unwrap();
                }
                prop_assert_eq!(paid, Amount(amount));
                for (had, layer) in had.iter_mut().zip(waterfall.layers()) {
                    let payment = payments.iter().find(|payment| payment.layer == layer.name());
                    let value = payment.map_or(Value::ZERO, |payment| payment.value);
                    prop_assert_eq!(had.minus(value).ok(), layer.left());
                    *had = layer.left().unwrap();
                }
                if payments.len() > 1 {
                    let unit = pow10(decimals).unwrap();
                    let left = payments[0].left;
                    prop_assert_eq!(affordable(left, Price(price), unit), Amount::ZERO);
                }
            }
            let before: Vec<_> = copy.layers().map(Layer::left).collect();
            prop_assert_eq!(before, [Some(Value(treasury)), Some(Value(insurance)), None]);
        }
    }
}
