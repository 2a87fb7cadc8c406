//! Prices as ticks: powers of 1.0001, as Uniswap v3 counts them.
//!
//! A tick is ⌊log₁.₀₀₀₁ of the price⌋, so it rounds toward negative infinity, and the price of a tick is
//! at most 1 bp below the price that it was made from. The square root of the price at a tick, with 96
//! bits after the point, agrees with Uniswap v3's `TickMath` to the last bit. [`Tick::MIN`] and
//! [`Tick::MAX`] are the ticks of 2^−128 and 2^128; prices of the ledger are whole numbers, so theirs
//! are never negative.

use crate::units::{Price, Rounding, U256, div, mul_div};

/// A power of 1.0001.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tick(i32);

/// 2^128 · 1.0001^(−2^i ÷ 2) for i from 0 on, to the nearest.
static ROOTS: [u128; 20] = [
    0xfffc_b933_bd6f_ad37_aa2d_162d_1a59_4001,
    0xfff9_7272_373d_4132_59a4_6990_580e_213a,
    0xfff2_e50f_5f65_6932_ef12_357c_f3c7_fdcc,
    0xffe5_caca_7e10_e4e6_1c36_24ea_a094_1cd0,
    0xffcb_9843_d60f_6159_c9db_5883_5c92_6644,
    0xff97_3b41_fa98_c081_472e_6896_dfb2_54c0,
    0xff2e_a164_66c9_6a38_43ec_78b3_26b5_2861,
    0xfe5d_ee04_6a99_a2a8_11c4_61f1_969c_3053,
    0xfcbe_86c7_900a_88ae_dcff_c83b_479a_a3a4,
    0xf987_a725_3ac4_1317_6f2b_074c_f781_5e54,
    0xf339_2b08_22b7_0005_940c_7a39_8e4b_70f3,
    0xe715_9475_a2c2_9b74_43b2_9c7f_a6e8_89d9,
    0xd097_f3bd_fd20_22b8_845a_d8f7_92aa_5825,
    0xa9f7_4646_2d87_0fdf_8a65_dc1f_90e0_61e5,
    0x70d8_69a1_56d2_a1b8_90bb_3df6_2baf_32f7,
    0x31be_135f_97d0_8fd9_8123_1505_542f_cfa6,
    0x09aa_508b_5b7a_84e1_c677_de54_f3e9_9bc9,
    0x005d_6af8_dedb_8119_6699_c329_225e_e604,
    0x0000_2216_e584_f5fa_1ea9_2604_1bed_fe98,
    0x0000_0000_048a_1703_91f7_dc42_444e_8fa2,
];

/// 2^128, the one of [`ROOTS`].
const ONE: U256 = U256::from_limbs([0, 0, 1, 0]);
/// 2^192, the one of squares of [`Tick::sqrt_price`].
const SQUARED: U256 = U256::from_limbs([0, 0, 0, 1]);
/// 2^32, between 128 and 96 bits after the point.
const DROPPED: U256 = U256::from_limbs([1 << 32, 0, 0, 0]);
/// 1 ÷ log₂ 1.0001 with 32 bits after the point, rounded down.
const TICKS_PER_DOUBLING: u128 = 29_771_933_215_624;
/// Bits after the point of the first guess at a logarithm.
const GUESSED_BITS: u32 = 20;

impl Tick {
    /// The lowest, of the price 2^−128.
    pub const MIN: Self = Self(-887_272);
    /// The highest, of the price 2^128.
    pub const MAX: Self = Self(887_272);

    /// A tick; nothing beyond [`Tick::MIN`] and [`Tick::MAX`].
    pub fn new(tick: i32) -> Option<Self> {
        let tick = Self(tick);
        (Self::MIN..=Self::MAX).contains(&tick).then_some(tick)
    }

    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }

    /// The greatest tick whose price is not above a price; nothing for 0 and from 2^128 on.
    pub fn at(price: Price) -> Option<Self> {
        let units = u128::try_from(price.0).ok().filter(|units| *units > 0)?;
        let guess = guess(units);
        // The guess is at most one too low, and the roots are right to the last bit or one above.
        let near = [1, 0, -1].map(|more| guess.saturating_add(more));
        let mut near = near.into_iter().filter_map(Self::new);
        near.find(|tick| tick.squared(Rounding::Ceil) <= price.0)
    }

    /// The square root of the price at the tick, with 96 bits after the point, rounded up.
    pub fn sqrt_price(self) -> U256 {
        let distance = self.0.unsigned_abs();
        let set = (0u32..).zip(ROOTS);
        let roots = set.filter(|(bit, _)| distance.wrapping_shr(*bit) & 1 == 1);
        let down = roots.fold(ONE, |product, (_, root)| {
            mul_div(product, U256::from(root), ONE, Rounding::Floor).unwrap_or_default()
        });
        // The inverse is within 256 bits: no root of a tick in bounds is 0.
        let root = if self.0 > 0 {
            div(U256::MAX, down).unwrap_or_default()
        } else {
            down
        };
        mul_div(root, U256::ONE, DROPPED, Rounding::Ceil).unwrap_or_default()
    }

    /// The price at the tick, rounded down to a whole unit.
    pub fn price(self) -> Price {
        Price(self.squared(Rounding::Floor))
    }

    fn squared(self, rounding: Rounding) -> U256 {
        let root = self.sqrt_price();
        mul_div(root, root, SQUARED, rounding).unwrap_or(U256::MAX)
    }
}

/// The logarithm to the base 1.0001, at most one too low.
fn guess(units: u128) -> i32 {
    let zeros = units.leading_zeros();
    let whole = u128::from(127u32.saturating_sub(zeros));
    // The leading 64 bits, a number from 1 to 2 with 63 bits after the point.
    let mut mantissa = units.wrapping_shl(zeros).wrapping_shr(64);
    let mut log = whole;
    for _ in 0..GUESSED_BITS {
        let square = mantissa.wrapping_mul(mantissa).wrapping_shr(63);
        let carry = square.wrapping_shr(64);
        mantissa = if carry == 1 {
            square.wrapping_shr(1)
        } else {
            square
        };
        log = log.wrapping_shl(1) | carry;
    }
    let ticks = log.wrapping_mul(TICKS_PER_DOUBLING);
    let ticks = ticks.wrapping_shr(GUESSED_BITS.wrapping_add(32));
    i32::try_from(ticks).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Figures of Uniswap v3's own test of `getSqrtRatioAtTick`, and its bounds.
    #[test]
    fn roots_are_those_of_the_contract() {
        for (tick, want) in [
            (-887_272, "4295128739"),
            (887_272, "1461446703485210103287273052203988822378723970342"),
            (0, "79228162514264337593543950336"),
            (50, "79426470787362580746886972461"),
            (100, "79625275426524748796330556128"),
            (250, "80224679980005306637834519095"),
            (500, "81233731461783161732293370115"),
            (150_000, "143194173941309278083010301478497"),
            (738_203, "847134979253254120489401328389043031315994541"),
            (-738_203, "7409801140451"),
        ] {
            let got = Tick::new(tick).unwrap().sqrt_price();
            assert_eq!(got.to_string(), want, "{tick}");
        }
        assert_eq!(Tick::new(887_273), None);
        assert_eq!(Tick::new(-887_273), None);
        assert_eq!(Tick::new(i32::MIN), None);
    }

    #[test]
    fn ticks_of_prices() {
        for (price, want) in [
            (0, None),
            (1, Some(0)),
            (2, Some(6_931)),
            (10_000, Some(92_108)),
            (100_000_000, Some(184_216)),
            // 1.0001^887271 < 2^128 − 1 < 1.0001^887273.
            (u128::MAX, Some(887_272)),
        ] {
            let got = Tick::at(Price::new(price)).map(Tick::get);
            assert_eq!(got, want, "{price}");
        }
        assert_eq!(Tick::at(Price::MAX), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        /// 1.0001^tick ≤ price < 1.0001^(tick + 1), at the ticks' edges too.
        #[test]
        fn a_tick_rounds_toward_negative_infinity(bits in 0u32..128, any: u128, edge in 0i32..887_272) {
            let at_edge = Tick::new(edge).unwrap().squared(Rounding::Ceil);
            for price in [(any >> bits).max(1), u128::try_from(at_edge).unwrap()] {
                let price = Price::new(price);
                let tick = Tick::at(price).unwrap();
                prop_assert!(tick.squared(Rounding::Ceil) <= price.0);
                prop_assert!(tick.price() <= price);
                if let Some(above) = Tick::new(tick.get() + 1) {
                    prop_assert!(above.squared(Rounding::Ceil) > price.0);
                }
            }
        }
    }
}
