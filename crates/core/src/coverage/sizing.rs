//! How large a fund should be.

use crate::units::{BPS, Bps, Overflow, Rounding, U256, Value, mul_div};

/// Scale of the multiple that [`fund_for_pareto`] looks for.
const MULTIPLE: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

/// The smallest fund that at most `exceed` of these losses exceed: the value at risk of a sample.
/// The number of losses that may exceed it is rounded down, so the fund errs on the large side;
/// without losses nothing is needed.
///
/// With a yearly cost of capital r and a cost κ of an unpaid unit of loss, the best fund is
/// exceeded with probability r/κ (Chitra, arXiv 2512.01112).
///
/// ```
/// use backstop_core::coverage::fund_for_sample;
/// use backstop_core::units::{Bps, Value};
///
/// let losses = [5, 1, 9, 3].map(Value::new);
/// assert_eq!(fund_for_sample(&losses, Bps(2_500)), Value::new(5));
/// assert_eq!(fund_for_sample(&losses, Bps(0)), Value::new(9));
/// ```
pub fn fund_for_sample(losses: &[Value], exceed: Bps) -> Value {
    let mut descending = losses.to_vec();
    descending.sort_unstable_by(|one, other| other.cmp(one));
    let all = U256::from(descending.len());
    let above = mul_div(all, exceed.wide(), BPS, Rounding::Floor);
    let place = above.ok().and_then(|place| usize::try_from(place).ok());
    let fund = place.and_then(|place| descending.get(place));
    fund.copied().unwrap_or_default()
}

/// The fund that losses with a Pareto tail exceed with probability `exceed`:
/// x_min · (1/exceed)^(1/α), with α = `alpha.0` ÷ `alpha.1`. Rounded up at the ninth digit of the
/// multiple, then to the unit.
///
/// # Errors
/// [`Overflow::DivisionByZero`] where `exceed` or a part of `alpha` is zero;
/// [`Overflow::Arithmetic`] where a power or the result needs more than 256 bits.
pub fn fund_for_pareto(x_min: Value, exceed: Bps, alpha: (u8, u8)) -> Result<Value, Overflow> {
    let (power, root) = alpha;
    if exceed.0 == 0 || power == 0 || root == 0 {
        return Err(Overflow::DivisionByZero);
    }
    let raise = |base: U256, power: u8| {
        let power = base.checked_pow(U256::from(power));
        power.ok_or(Overflow::Arithmetic)
    };
    // multiple^power = (BPS ÷ exceed)^root · MULTIPLE^power, and the root is rounded up.
    let (above, below) = (raise(BPS, root)?, raise(exceed.wide(), root)?);
    let radicand = mul_div(above, raise(MULTIPLE, power)?, below, Rounding::Ceil)?;
    let floor = radicand.root(usize::from(power));
    let exact = raise(floor, power)? == radicand;
    let multiple = if exact {
        floor
    } else {
        floor.saturating_add(U256::ONE)
    };
    mul_div(x_min.0, multiple, MULTIPLE, Rounding::Ceil).map(Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pareto_tails_of_the_table() {
        // (exceed, α) → hundredths of x_min, to the nearest.
        let cases = [
            (500, (3, 2), 737),
            (500, (2, 1), 447),
            (500, (3, 1), 271),
            (100, (3, 2), 2154),
            (100, (2, 1), 1000),
            (100, (3, 1), 464),
        ];
        for (exceed, alpha, want) in cases {
            let fund = fund_for_pareto(Value::new(1_000_000), Bps(exceed), alpha).unwrap();
            let hundredths = (fund.0 + U256::from(5_000)) / U256::from(10_000);
            assert_eq!(hundredths, U256::from(want), "{exceed} {alpha:?}");
        }
    }

    #[test]
    fn pareto_refuses_what_has_no_answer() {
        let one = Value::new(1);
        let zero = Err(Overflow::DivisionByZero);
        assert_eq!(fund_for_pareto(one, Bps(0), (2, 1)), zero);
        assert_eq!(fund_for_pareto(one, Bps(1), (0, 1)), zero);
        assert_eq!(fund_for_pareto(one, Bps(1), (1, 0)), zero);
        let wide = Err(Overflow::Arithmetic);
        assert_eq!(fund_for_pareto(one, Bps(1), (9, 1)), wide);
        assert_eq!(fund_for_pareto(Value::MAX, Bps(1), (2, 1)), wide);
        // Everything exceeds x_min.
        assert_eq!(
            fund_for_pareto(Value::MAX, Bps(10_000), (2, 1)),
            Ok(Value::MAX)
        );
    }

    #[test]
    fn the_fund_of_a_sample_is_exceeded_as_often_as_told() {
        let losses: Vec<Value> = (1..=200u128).map(Value::new).collect();
        for (exceed, want) in [(0, 200), (50, 199), (500, 190), (10_000, 0)] {
            let fund = fund_for_sample(&losses, Bps(exceed));
            assert_eq!(fund, Value::new(want), "{exceed}");
        }
        assert_eq!(fund_for_sample(&[], Bps(100)), Value::ZERO);
    }
}
