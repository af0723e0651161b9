//! Exact arithmetic on decimals of 28 significant digits.
//!
//! `rust_decimal` holds the digits, and rounds silently where they do not fit. Here a sum, difference, product or remainder is exact or an
//! error, and only a quotient is rounded.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

/// How many significant digits a number has at most.
const DIGITS: u32 = 28;
/// How many digits it has at most behind the point.
const SCALE: i32 = 28;
/// The first mantissa that has too many digits.
const TOO_LONG: u128 = 10_u128.pow(DIGITS);
/// Beyond the bits that a decimal has.
const TOO_LARGE: u128 = 1 << 96;

/// Why there is no exact number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It would need more digits.
    Digits,
    /// It is too large.
    Large,
    /// Nothing is divided by zero.
    Zero,
    /// A text is not a number at all.
    Text,
}

impl Fault {
    /// In an author's words.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Digits => "the exact result needs more than 28 digits",
            Self::Large => "the result is too large",
            Self::Zero => "division by zero",
            Self::Text => "not a number",
        }
    }
}

/// Makes `mantissa * 10^-scale`.
fn build(mantissa: i128, scale: i32) -> Result<Decimal, Fault> {
    let size = mantissa.unsigned_abs();
    if size < TOO_LONG && (0..=SCALE).contains(&scale) {
        return Ok(parts(size, mantissa < 0, scale.unsigned_abs()));
    }
    let (mantissa, scale) = strip(mantissa, scale);
    if mantissa.unsigned_abs() >= TOO_LONG || scale > SCALE {
        return Err(Fault::Digits);
    }
    let zeros = power(scale.min(0).unsigned_abs()).ok_or(Fault::Large)?;
    let size = mantissa.unsigned_abs().checked_mul(zeros.unsigned_abs()).filter(|size| *size < TOO_LARGE).ok_or(Fault::Large)?;
    Ok(parts(size, mantissa < 0, scale.max(0).unsigned_abs()))
}

#[expect(clippy::cast_possible_truncation, reason = "the words of a mantissa are cut out of it")]
fn parts(size: u128, negative: bool, scale: u32) -> Decimal {
    Decimal::from_parts(size as u32, (size >> 32) as u32, (size >> 64) as u32, negative, scale)
}

fn signed_scale(number: Decimal) -> i32 {
    number.scale().try_into().unwrap_or(SCALE)
}

/// Powers of ten.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < 39 {
        #[expect(clippy::indexing_slicing, reason = "a wrong index is an error of the compiler here")]
        {
            powers[exponent] = powers[exponent - 1] * 10;
        }
        exponent += 1;
    }
    powers
};

fn power(exponent: u32) -> Option<i128> {
    POWERS.get(exponent as usize).copied()
}

/// Without zeros at the end; zero itself has scale 0.
fn strip(mut mantissa: i128, mut scale: i32) -> (i128, i32) {
    if mantissa == 0 {
        return (0, 0);
    }
    while mantissa % 10 == 0 {
        mantissa /= 10;
        scale = scale.saturating_sub(1);
    }
    (mantissa, scale)
}

fn stripped(number: Decimal) -> (i128, i32) {
    strip(number.mantissa(), signed_scale(number))
}

/// How many zeros a small mantissa can take.
const SMALL_SCALE: u32 = 18;

/// Whether multiplying by `10^18`, or by another such number, stays far from overflow.
fn is_small(mantissa: i128) -> bool {
    i64::try_from(mantissa).is_ok()
}

/// The sum.
pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    let (left, right) = (a.mantissa(), b.mantissa());
    if a.scale() == b.scale() {
        // Two mantissas of 96 bits.
        return build(left + right, signed_scale(a));
    }
    if let Some(zeros) = power(a.scale().abs_diff(b.scale())).filter(|zeros| is_small(left) && is_small(right) && is_small(*zeros)) {
        let (scale, sum) = if a.scale() < b.scale() { (b, left * zeros + right) } else { (a, left + right * zeros) };
        return build(sum, signed_scale(scale));
    }
    aligned_sum((left, signed_scale(a)), (right, signed_scale(b)))
        .or_else(|| aligned_sum(stripped(a), stripped(b)))
        // Without zeros at the end both have all digits that they need, so what does not fit here has no exact sum.
        .map_or(Err(Fault::Digits), |(mantissa, scale)| build(mantissa, scale))
}

fn aligned_sum(a: (i128, i32), b: (i128, i32)) -> Option<(i128, i32)> {
    let scale = a.1.max(b.1);
    let left = a.0.checked_mul(power(scale.abs_diff(a.1))?)?;
    let right = b.0.checked_mul(power(scale.abs_diff(b.1))?)?;
    Some((left.checked_add(right)?, scale))
}

/// The difference.
pub(crate) fn subtract(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    add(a, negate(b))
}

/// The number with the other sign; zero has none.
pub(crate) fn negate(number: Decimal) -> Decimal {
    if number.is_zero() { number } else { -number }
}

/// The product.
pub(crate) fn multiply(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    let (left, right) = (a.mantissa(), b.mantissa());
    if is_small(left) && is_small(right) {
        return build(left * right, signed_scale(a) + signed_scale(b));
    }
    let ((mut left, left_scale), (mut right, right_scale)) = (stripped(a), stripped(b));
    if left == 0 || right == 0 {
        return Ok(Decimal::ZERO);
    }
    // Neither ends in zero, so the zeros at the product's end come from twos of one and fives of the other. Without them what does not
    // fit has no exact product.
    let zeros = cancel(&mut left, &mut right) + cancel(&mut right, &mut left);
    let mantissa = left.checked_mul(right).ok_or(Fault::Digits)?;
    build(mantissa, left_scale + right_scale - zeros)
}

/// Takes as many twos out of one as fives out of the other, and tells how many.
fn cancel(twos: &mut i128, fives: &mut i128) -> i32 {
    let mut count = 0;
    while *twos % 2 == 0 && *fives % 5 == 0 {
        *twos /= 2;
        *fives /= 5;
        count += 1;
    }
    count
}

/// The quotient, rounded to 28 digits, a half away from zero.
pub(crate) fn divide(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    let ((left, left_scale), (right, right_scale)) = (stripped(a), stripped(b));
    if right == 0 {
        return Err(Fault::Zero);
    }
    let negative = (left < 0) != (right < 0);
    // Both have less than 97 bits.
    let (mut rest, divisor) = (left.unsigned_abs(), right.unsigned_abs());
    let mut scale = left_scale - right_scale;
    let mut quotient = rest / divisor;
    rest %= divisor;
    while rest != 0 && quotient < TOO_LONG / 10 && scale < SCALE {
        let step = if quotient < TOO_LONG / 10_u128.pow(9) && scale <= SCALE - 9 { 9 } else { 1 };
        let zeros = 10_u128.pow(step);
        rest *= zeros;
        quotient = quotient * zeros + rest / divisor;
        rest %= divisor;
        scale += step.cast_signed();
    }
    let rounded = if scale > SCALE {
        // Places that are rounded away below decide it.
        quotient
    } else if quotient >= TOO_LONG {
        // A dividend of 29 digits, the last of which the quotient has no room for.
        scale -= 1;
        (quotient + 5) / 10
    } else {
        quotient + u128::from(rest >= divisor - rest)
    };
    let mantissa = i128::try_from(rounded).map_err(|_| Fault::Large)?;
    round_build(if negative { -mantissa } else { mantissa }, scale)
}

/// As [`build`], but what is behind the last place is rounded away.
fn round_build(mantissa: i128, scale: i32) -> Result<Decimal, Fault> {
    let (mut mantissa, mut scale) = strip(mantissa, scale);
    if scale > SCALE {
        let Some(unit) = power(scale.abs_diff(SCALE)) else { return Ok(Decimal::ZERO) };
        let (whole, rest) = (mantissa / unit, mantissa % unit);
        mantissa = whole + if rest.unsigned_abs() * 2 >= unit.unsigned_abs() { rest.signum() } else { 0 };
        scale = SCALE;
    }
    build(mantissa, scale)
}

/// What is left of a division with a whole quotient; it has the sign of what is divided.
pub(crate) fn remainder(a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    let ((left, left_scale), (right, right_scale)) = (stripped(a), stripped(b));
    if right == 0 {
        return Err(Fault::Zero);
    }
    if left_scale >= right_scale {
        let divisor = power(left_scale.abs_diff(right_scale)).and_then(|zeros| right.checked_mul(zeros));
        // A divisor with more digits than that is larger than what is divided.
        return divisor.map_or(Ok(a), |divisor| build(left % divisor, left_scale));
    }
    let mut rest = left % right;
    for _ in 0..left_scale.abs_diff(right_scale) {
        // 97 bits, and four more.
        rest = rest * 10 % right;
    }
    build(rest, right_scale)
}

/// Which is greater.
#[inline]
pub(crate) fn compare(a: Decimal, b: Decimal) -> Ordering {
    if a.scale() == b.scale() { a.mantissa().cmp(&b.mantissa()) } else { compare_scaled(a, b) }
}

/// Out of line, so that the comparison above stays small wherever it is made.
#[inline(never)]
fn compare_scaled(a: Decimal, b: Decimal) -> Ordering {
    let (left, right) = (a.mantissa(), b.mantissa());
    let (left_scale, right_scale) = (a.scale(), b.scale());
    // What overflows is further from zero than any mantissa.
    let grown = |mantissa: i128, by: u32| match power(by) {
        Some(zeros) if by <= SMALL_SCALE && is_small(mantissa) => Some(mantissa * zeros),
        zeros => zeros.and_then(|zeros| mantissa.checked_mul(zeros)),
    };
    if left_scale < right_scale {
        grown(left, right_scale - left_scale).map_or(left.cmp(&0), |left| left.cmp(&right))
    } else {
        grown(right, left_scale - right_scale).map_or(0.cmp(&right), |right| left.cmp(&right))
    }
}

/// Rounded to so many places behind the point, a half away from zero.
pub(crate) fn round(number: Decimal, places: u32) -> Decimal {
    plain(number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
}

/// Zero without a sign.
pub(crate) fn plain(number: Decimal) -> Decimal {
    if number.is_zero() { Decimal::ZERO } else { number }
}

/// The shortest text, `1500.5`: a number keeps no zeros at its end.
pub(crate) fn text(number: Decimal) -> String {
    plain(number).normalize().to_string()
}

/// Reads `-12.50` or `1.25e3`, exactly or not at all.
pub(crate) fn parse(text: &str) -> Result<Decimal, Fault> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, read_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(Fault::Text),
        Some(parts) => parts,
        None => (digits, ""),
    };
    if whole.is_empty() {
        return Err(Fault::Text);
    }
    let (mut mantissa, mut length, mut zeros) = (0_i128, 0_u32, 0_u32);
    for digit in whole.bytes().chain(fraction.bytes()) {
        match digit {
            b'0' if mantissa == 0 => {}
            b'0' => zeros = zeros.saturating_add(1),
            b'1'..=b'9' => {
                length = length.saturating_add(zeros).saturating_add(1);
                if length > DIGITS {
                    return if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
                        Err(Fault::Digits)
                    } else {
                        Err(Fault::Text)
                    };
                }
                mantissa = mantissa * 10_i128.pow(zeros + 1) + i128::from(digit - b'0');
                zeros = 0;
            }
            _ => return Err(Fault::Text),
        }
    }
    let places = i32::try_from(fraction.len()).map_err(|_| Fault::Digits)?;
    let zeros = i32::try_from(zeros).map_err(|_| Fault::Large)?;
    build(if negative { -mantissa } else { mantissa }, places.saturating_sub(zeros).saturating_sub(exponent))
}

fn read_exponent(text: &str) -> Result<i32, Fault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Text);
    }
    let size = digits.parse::<i32>().unwrap_or(i32::MAX).min(1_000_000);
    Ok(if text.starts_with('-') { -size } else { size })
}
