//! Who pays a deficit.
//!
//! A [`Waterfall`] is a list of layers. Each pays what it has before the next one is asked; the
//! last, [`Socialised`], takes the rest and never runs out. Layers hold money in the base
//! currency and pay a deficit that is counted in an asset.
//!
//! A new layer is a file with a [`Layer`] and a line below.

mod insurance_fund;
mod socialised;
pub mod stability_pool;
mod treasury_reserve;
pub mod umbrella;

pub use insurance_fund::InsuranceFund;
pub use socialised::Socialised;
pub use treasury_reserve::TreasuryReserve;

use crate::protocol::AssetId;
use crate::units::{Amount, Overflow, Price, Rounding, U256, Value, mul_div, pow10};
use std::fmt::Debug;

/// One payer of deficits.
pub trait Layer: Debug + Send + Sync {
    /// Name for reports, in lower case.
    fn name(&self) -> &'static str;

    /// What it can still pay, in the base currency; `None` where it never runs out.
    fn left(&self) -> Option<Value>;

    /// Pays; `value` is at most [`Layer::left`].
    fn pay(&mut self, value: Value);

    /// A copy behind its own box.
    fn boxed(&self) -> Box<dyn Layer>;
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
}

/// Layers in the order in which they pay, closed by [`Socialised`].
///
/// ```
/// use backstop_core::coverage::{TreasuryReserve, Waterfall};
/// use backstop_core::protocol::AssetId;
/// use backstop_core::units::{Amount, Price, Value};
///
/// // A deficit of 1.00 of an asset with 2 decimals at price 300; the treasury has 200.
/// let mut waterfall = Waterfall::new(vec![Box::new(TreasuryReserve::new(Value::new(200)))]);
/// let payments = waterfall.cover(AssetId(0), Amount::new(100), Price::new(300), 2)?;
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
#[derive(Debug)]
pub struct Waterfall {
    layers: Vec<Box<dyn Layer>>,
}

impl Clone for Waterfall {
    fn clone(&self) -> Self {
        Self {
            layers: self.layers.iter().map(|layer| layer.boxed()).collect(),
        }
    }
}

impl Default for Waterfall {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Waterfall {
    /// A waterfall of these layers, and [`Socialised`] after them.
    pub fn new(mut layers: Vec<Box<dyn Layer>>) -> Self {
        layers.push(Box::new(Socialised));
        Self { layers }
    }

    /// The layers in order.
    pub fn layers(&self) -> impl Iterator<Item = &dyn Layer> {
        self.layers.iter().map(AsRef::as_ref)
    }

    /// Pays a deficit of `amount` asset units at `price` for 10^`decimals` of them. The
    /// payments' amounts add up to `amount` exactly; layers that pay nothing are left out.
    ///
    /// A finite layer covers as many asset units as its money buys, rounded down, and is charged
    /// their value, rounded up; the sub-unit rest of its money stays with it. A worthless asset
    /// costs nothing, so the first layer covers it whole.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where `decimals` exceeds 77; then nothing is paid.
    pub fn cover(
        &mut self,
        asset: AssetId,
        amount: Amount,
        price: Price,
        decimals: u8,
    ) -> Result<Vec<Payment>, Overflow> {
        let unit = pow10(decimals)?;
        // Must succeed from here on.
        let mut rest = amount;
        let mut payments = Vec::new();
        for layer in &mut self.layers {
            let amount = rest.min(affordable(layer.left(), price, unit));
            if amount.is_zero() {
                continue;
            }
            let value = mul_div(amount.0, price.0, unit, Rounding::Ceil).map_or(Value::MAX, Value);
            assert!(
                layer.left().is_none_or(|left| value <= left),
                "{layer:?} pays {value}"
            );
            layer.pay(value);
            rest = rest.minus_or_zero(amount);
            payments.push(Payment {
                layer: layer.name(),
                asset,
                amount,
                value,
                left: layer.left(),
            });
        }
        assert!(rest.is_zero(), "the last layer takes the rest");
        Ok(payments)
    }
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
    use super::*;
    use proptest::prelude::*;

    fn waterfall(treasury: u128, insurance: u128) -> Waterfall {
        Waterfall::new(vec![
            Box::new(TreasuryReserve::new(Value::new(treasury))),
            Box::new(InsuranceFund::new(Value::new(insurance))),
        ])
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
                .cover(AssetId(1), Amount::new(amount), Price::new(price), 2)
                .unwrap();
            let want: Vec<Payment> = want
                .into_iter()
                .map(
                    |(layer, amount, value, left): (_, _, _, Option<u128>)| Payment {
                        layer,
                        asset: AssetId(1),
                        amount: Amount::new(amount),
                        value: Value::new(value),
                        left: left.map(Value::new),
                    },
                )
                .collect();
            assert_eq!(payments, want, "{treasury} {insurance} {amount} {price}");
        }
    }

    #[test]
    fn refuses_absurd_decimals_and_pays_nothing() {
        let mut waterfall = waterfall(100, 100);
        let refused = waterfall.cover(AssetId(0), Amount::new(1), Price::new(1), 78);
        assert_eq!(refused, Err(Overflow::Arithmetic));
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
                    .cover(AssetId(3), Amount(amount), Price(price), decimals)
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
