//! The contracts' arithmetic: checked sums and products, divisions with and without a check for
//! zero, square root, exponential and logarithm to the unit.

use super::rejection::Rejection;
use super::signed::Signed;
use crate::units::{Overflow, Rounding, U256, WAD, checked_mul_div, div};
use ruint::uint;

/// A result, or why the contract refuses.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// 10^36.
pub(super) const WAD_SQUARED: U256 = uint!(1_000_000_000_000_000_000_000_000_000_000_000_000_U256);

pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::NoReason)
}

pub(super) fn diff(a: U256, b: U256) -> Ruled<U256> {
    a.checked_sub(b).ok_or(Rejection::NoReason)
}

pub(super) fn product(a: U256, b: U256) -> Ruled<U256> {
    Ok(crate::units::mul(a, b)?)
}

/// `a · b ÷ d` down, with a product of 256 bits; refuses a divisor of zero.
pub(super) fn scaled(a: U256, b: U256, d: U256) -> Ruled<U256> {
    Ok(checked_mul_div(a, b, d, Rounding::Floor)?)
}

/// As [`scaled`], but zero where the divisor is: the source divides without a check.
pub(super) fn scaled_or_zero(a: U256, b: U256, d: U256) -> Ruled<U256> {
    match checked_mul_div(a, b, d, Rounding::Floor) {
        // The product is checked before the division comes.
        Err(Overflow::DivisionByZero) => product(a, b).map(|_| U256::ZERO),
        other => Ok(other?),
    }
}

/// `a ÷ d` down; refuses a divisor of zero.
pub(super) fn quotient(a: U256, d: U256) -> Ruled<U256> {
    Ok(div(a, d)?)
}

/// `a ÷ d` down; zero where the divisor is.
pub(super) fn quotient_or_zero(a: U256, d: U256) -> U256 {
    div(a, d).unwrap_or_default()
}

/// `a · b ÷ 10^18` down.
pub(super) fn wad_product(a: U256, b: U256) -> Ruled<U256> {
    scaled(a, b, WAD)
}

/// `a − b`, or nothing where that is below zero.
pub(super) fn excess(a: U256, b: U256) -> U256 {
    a.saturating_sub(b)
}

/// The square root, down.
pub(super) fn sqrt(n: U256) -> U256 {
    if let Ok(narrow) = u128::try_from(n) {
        return U256::from(narrow.isqrt());
    }
    // The upper 126 or 127 bits give 63 bits of the root; two steps of Newton's give the rest
    // but for one unit.
    let shift = n.bit_len().saturating_sub(126) & !1;
    let top = u128::try_from(n.wrapping_shr(shift)).unwrap_or(u128::MAX);
    let mut root = U256::from(top.isqrt()).wrapping_shl(shift.wrapping_shr(1));
    for _ in 0..2 {
        root = root.wrapping_add(quotient_or_zero(n, root)).wrapping_shr(1);
    }
    match root.checked_mul(root) {
        Some(square) if square <= n => root,
        _ => root.wrapping_sub(U256::ONE),
    }
}

/// ln 2 in units of 2^−96.
const LN_2_Q96: Signed = Signed::small(54_916_777_467_707_473_351_141_471_128);
/// Scale of the exponential's rational function, times 10^18, in units of 2^−195.
const EXP_SCALE: U256 =
    uint!(3_822_833_074_963_236_453_042_738_258_902_158_003_155_416_615_667_U256);

/// 2^96 as a factor.
const Q96: Signed = Signed::small(1 << 96);

/// e^`power`, both in wad, as the AMM computes it: every step divides toward zero.
///
/// # Errors
/// `power` of −41.4… and below or of 135.3… and above.
pub(super) fn exp(power: i128) -> Ruled<U256> {
    if power <= -41_446_531_673_892_821_376 || power >= 135_305_999_368_893_231_589 {
        return Err(Rejection::NoReason);
    }
    let x = Signed::small(power).times(Q96);
    let x = x.over(Signed::small(1_000_000_000_000_000_000));
    // Whole powers of two apart, the rest lies from −½ ln 2 to ½ ln 2.
    let twos = x.times(Q96).over(LN_2_Q96);
    let twos = twos.add(Signed::small(1 << 95)).over_q96();
    let x = x.sub(twos.times(LN_2_Q96));
    let rational = exp_numerator(x).over(exp_denominator(x));
    let rational = rational.unsigned().ok_or(Rejection::NoReason)?;
    let twos = twos.narrow().ok_or(Rejection::NoReason)?;
    let shift = 195i64
        .checked_sub(twos)
        .and_then(|by| usize::try_from(by).ok());
    let shift = shift.ok_or(Rejection::NoReason)?;
    Ok(rational.wrapping_mul(EXP_SCALE).wrapping_shr(shift))
}

fn exp_numerator(x: Signed) -> Signed {
    let y = x.add(Signed::small(1_346_386_616_545_796_478_920_950_773_328));
    let y = y.times(x).over_q96();
    let y = y.add(Signed::small(57_155_421_227_552_351_082_224_309_758_442));
    let p = y
        .add(x)
        .sub(Signed::small(94_201_549_194_550_492_254_356_042_504_812));
    let p = p.times(y).over_q96();
    let p = p.add(Signed::small(
        28_719_021_644_029_726_153_956_944_680_412_240,
    ));
    let last = Signed::small(4_385_272_521_454_847_904_659_076_985_693_276);
    p.times(x).add(last.times(Q96))
}

fn exp_denominator(x: Signed) -> Signed {
    let step = |q: Signed, n: i128| q.times(x).over_q96().add(Signed::small(n));
    let q = x.sub(Signed::small(2_855_989_394_907_223_263_936_484_059_900));
    let q = step(q, 50_020_603_652_535_783_019_961_831_881_945);
    let q = step(q, -533_845_033_583_426_703_283_633_433_725_380);
    let q = step(q, 3_604_857_256_930_695_427_073_651_918_091_429);
    let q = step(q, -14_423_608_567_350_463_180_887_372_962_807_573);
    step(q, 26_449_188_498_355_588_339_934_803_723_976_023)
}

/// The natural logarithm of `x`, both in wad, as the controller computes it: every step but the
/// last quotient divides downward.
///
/// # Errors
/// `x` of zero, or from 2^255 on.
pub(super) fn ln(x: U256) -> Ruled<Signed> {
    if x.is_zero() || x.bit(255) {
        return Err(Rejection::NoReason);
    }
    let highest = x.bit_len().saturating_sub(1);
    // The number as a mantissa from 1 to 2, in units of 2^−96.
    let mantissa = x
        .wrapping_shl(255usize.saturating_sub(highest))
        .wrapping_shr(159);
    let mantissa = Signed::of(mantissa).ok_or(Rejection::NoReason)?;
    let rational = ln_numerator(mantissa).over(ln_denominator(mantissa));
    let twos = i128::try_from(highest).map_err(|_| Rejection::NoReason)?;
    let twos = Signed::small(twos).sub(Signed::small(96));
    let scale = uint!(1_677_202_110_996_718_588_342_820_967_067_443_963_516_166_U256);
    let ln_2 = uint!(16_597_577_552_685_614_221_487_285_958_193_947_469_193_820_559_219_878_177_908_093_499_208_371_U256);
    let offset = uint!(600_920_179_829_731_861_736_702_779_321_621_459_595_472_258_049_074_101_567_377_883_020_018_308_U256);
    let factor = |n: U256| Signed::of(n).ok_or(Rejection::NoReason);
    let total = rational.times(factor(scale)?);
    let total = total.add(twos.times(factor(ln_2)?)).add(factor(offset)?);
    Ok(total.shift_down(174))
}

fn ln_numerator(x: Signed) -> Signed {
    let step = |p: Signed, n: i128| p.times(x).shift_down(96).add(Signed::small(n));
    let p = x.add(Signed::small(3_273_285_459_638_523_848_632_254_066_296));
    let p = step(p, 24_828_157_081_833_163_892_658_089_445_524);
    let p = step(p, 43_456_485_725_739_037_958_740_375_743_393);
    let p = step(p, -11_111_509_109_440_967_052_023_855_526_967);
    let p = step(p, -45_023_709_667_254_063_763_336_534_515_857);
    let p = step(p, -14_706_773_417_378_608_786_704_636_184_526);
    let last = Signed::small(795_164_235_651_350_426_258_249_787_498);
    p.times(x).sub(last.times(Q96))
}

fn ln_denominator(x: Signed) -> Signed {
    let step = |q: Signed, n: i128| q.times(x).shift_down(96).add(Signed::small(n));
    let q = x.add(Signed::small(5_573_035_233_440_673_466_300_451_813_936));
    let q = step(q, 71_694_874_799_317_883_764_090_561_454_958);
    let q = step(q, 283_447_036_172_924_575_727_196_451_306_956);
    let q = step(q, 401_686_690_394_027_663_651_624_208_769_553);
    let q = step(q, 204_048_457_590_392_012_362_485_061_816_622);
    let q = step(q, 31_853_899_698_501_571_402_653_359_427_138);
    step(q, 909_429_971_244_387_300_277_376_558_375)
}

/// The natural logarithm of `x` from 1 on, both in wad, as the factory computes it: bit by bit
/// over the logarithm to base 2.
///
/// # Errors
/// Where a product overflows.
pub(super) fn factory_ln(x: U256) -> Ruled<U256> {
    let (mut x, mut log) = (x, U256::ZERO);
    let two = WAD.wrapping_shl(1);
    for bits in [128usize, 64, 32, 16, 8, 4, 2, 1] {
        let whole = x.wrapping_shr(bits);
        if whole >= WAD {
            x = whole;
            log = sum(log, product(U256::from(bits), WAD)?)?;
        }
    }
    let mut part = WAD;
    for _ in 0..59 {
        if x >= two {
            log = sum(log, part)?;
            x = x.wrapping_shr(1);
        }
        x = wad_product(x, x)?;
        part = part.wrapping_shr(1);
    }
    scaled(log, WAD, U256::from(1_442_695_040_888_963_328u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_exact() {
        let mut n = U256::ONE;
        let mut odd = U256::from(0x9e37_79b9_7f4a_7c15u64);
        for bit in 0..256usize {
            odd = odd.wrapping_mul(odd).wrapping_add(U256::from(bit));
            for near in [
                n.wrapping_sub(U256::ONE),
                n,
                n.wrapping_add(U256::ONE),
                odd.wrapping_shr(bit),
            ] {
                assert_eq!(sqrt(near), near.root(2), "{near}");
                let square = sqrt(near).wrapping_mul(sqrt(near));
                assert_eq!(sqrt(square), sqrt(near), "{near}");
            }
            n = n.wrapping_shl(1);
        }
        assert_eq!(sqrt(U256::MAX), U256::MAX.wrapping_shr(128));
    }

    /// Known values; −0.5 is where division toward zero and downward part.
    #[test]
    fn exponential_and_logarithm_invert() {
        assert_eq!(exp(0), Ok(WAD));
        assert_eq!(exp(-41_446_531_673_892_821_376), Err(Rejection::NoReason));
        assert_eq!(exp(135_305_999_368_893_231_589), Err(Rejection::NoReason));
        assert_eq!(ln(U256::ZERO), Err(Rejection::NoReason));
        assert_eq!(ln(U256::MAX), Err(Rejection::NoReason));
        assert_eq!(ln(WAD), Ok(Signed::ZERO));
        for hundredths in -2_000i128..6_000 {
            let power = hundredths * 10i128.pow(16);
            let back = ln(exp(power).unwrap()).unwrap();
            let off = back.sub(Signed::small(power)).magnitude();
            // A result of few digits has few digits to invert.
            assert!(off < U256::from(2_000_000_000u64), "{power}: {back}");
        }
    }

    /// The constants of the two contracts differ by a few units for the same band width.
    #[test]
    fn logarithms_of_factory_and_controller() {
        for (a, factory, controller) in [
            (30u64, 33_901_551_675_681_339u64, 33_901_551_675_681_348u64),
            (50, 20_202_707_317_519_439, 20_202_707_317_519_447),
            (100, 10_050_335_853_501_431, 10_050_335_853_501_441),
            (200, 5_012_541_823_544_273, 5_012_541_823_544_281),
        ] {
            let ratio = scaled(WAD, U256::from(a), U256::from(a - 1)).unwrap();
            assert_eq!(factory_ln(ratio), Ok(U256::from(factory)), "A = {a}");
            let own = ln(ratio).unwrap();
            assert_eq!(own.narrow(), i64::try_from(controller).ok(), "A = {a}");
        }
    }

    #[test]
    fn division_by_zero_as_in_the_source() {
        let two = U256::from(2u64);
        assert_eq!(scaled(two, two, U256::ZERO), Err(Rejection::NoReason));
        assert_eq!(scaled_or_zero(two, two, U256::ZERO), Ok(U256::ZERO));
        let over = scaled_or_zero(U256::MAX, two, U256::ZERO);
        assert_eq!(over, Err(Rejection::NoReason));
        assert_eq!(quotient_or_zero(two, U256::ZERO), U256::ZERO);
        assert_eq!(quotient(two, U256::ZERO), Err(Rejection::NoReason));
    }
}
