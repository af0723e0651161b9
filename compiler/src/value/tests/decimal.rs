//! Decimals against arithmetic by hand, one digit after the other.

use std::cmp::Ordering;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::strategy::number;
use crate::value::decimal::{Fault, add, compare, divide, multiply, parse, remainder, round, subtract, text};

/// A number in long hand: sign, digits from the least, and how many of them are behind the point.
#[derive(Clone, Debug)]
struct Long {
    negative: bool,
    digits: Vec<u8>,
    scale: i32,
}

impl Long {
    fn new(number: Decimal) -> Self {
        let digits = number.mantissa().unsigned_abs().to_string().bytes().rev().map(|digit| digit - b'0').collect();
        Self { negative: number.is_sign_negative(), digits, scale: i32::try_from(number.scale()).unwrap() }
    }

    fn at_scale(&self, scale: i32) -> Vec<u8> {
        let zeros = vec![0; usize::try_from(scale - self.scale).unwrap()];
        [zeros, self.digits.clone()].concat()
    }

    fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.at_scale(scale), other.at_scale(scale));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, sum(&a, &b))
        } else if order(&a, &b).is_ge() {
            (self.negative, difference(&a, &b))
        } else {
            (other.negative, difference(&b, &a))
        };
        Self { negative, digits, scale }
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { negative: !other.negative, ..other.clone() })
    }

    fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0_u32; self.digits.len() + other.digits.len() + 1];
        for (i, a) in self.digits.iter().enumerate() {
            for (j, b) in other.digits.iter().enumerate() {
                digits[i + j] += u32::from(*a) * u32::from(*b);
            }
        }
        for index in 0..digits.len() - 1 {
            digits[index + 1] += digits[index] / 10;
            digits[index] %= 10;
        }
        let digits = digits.into_iter().map(|digit| u8::try_from(digit).unwrap()).collect();
        Self { negative: self.negative != other.negative, digits, scale: self.scale + other.scale }
    }

    /// The decimal that it is, if it has at most 28 significant digits and is not too large.
    fn exact(&self) -> Option<Decimal> {
        let (mut digits, mut scale) = (self.digits.clone(), self.scale);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Decimal::ZERO);
        }
        while digits[0] == 0 {
            digits.remove(0);
            scale -= 1;
        }
        if digits.len() > 28 || scale > 28 {
            return None;
        }
        let zeros = usize::try_from(-scale.min(0)).unwrap();
        let mantissa: String = digits.iter().rev().map(|digit| char::from(digit + b'0')).chain("0".repeat(zeros).chars()).collect();
        let mantissa = mantissa.parse::<i128>().ok().filter(|mantissa| *mantissa < 1 << 96)?;
        Some(Decimal::from_i128_with_scale(if self.negative { -mantissa } else { mantissa }, scale.max(0).unsigned_abs()))
    }
}

fn digit(digits: &[u8], index: usize) -> u8 {
    digits.get(index).copied().unwrap_or(0)
}

fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    (0..=a.len().max(b.len()))
        .map(|index| {
            let total = digit(a, index) + digit(b, index) + carry;
            carry = total / 10;
            total % 10
        })
        .collect()
}

fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    (0..a.len().max(b.len()))
        .map(|index| {
            let (from, taken) = (digit(a, index), digit(b, index) + borrow);
            borrow = u8::from(from < taken);
            from + 10 * borrow - taken
        })
        .collect()
}

fn order(a: &[u8], b: &[u8]) -> Ordering {
    (0..a.len().max(b.len()))
        .rev()
        .map(|index| digit(a, index).cmp(&digit(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn signed_order(a: &Long, b: &Long) -> Ordering {
    let rest = a.minus(b);
    match rest.digits.iter().all(|digit| *digit == 0) {
        true => Ordering::Equal,
        false if rest.negative => Ordering::Less,
        false => Ordering::Greater,
    }
}

fn absolute(long: Long) -> Long {
    Long { negative: false, ..long }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn sums_are_exact_or_errors(a in number(), b in number()) {
        let (left, right) = (Long::new(a), Long::new(b));
        prop_assert_eq!(add(a, b).ok(), left.plus(&right).exact());
        prop_assert_eq!(subtract(a, b).ok(), left.minus(&right).exact());
    }

    #[test]
    fn products_are_exact_or_errors(a in number(), b in number()) {
        prop_assert_eq!(multiply(a, b).ok(), Long::new(a).times(&Long::new(b)).exact());
    }

    #[test]
    fn comparisons_are_exact(a in number(), b in number()) {
        prop_assert_eq!(compare(a, b), signed_order(&Long::new(a), &Long::new(b)));
        prop_assert_eq!(compare(a, a), Ordering::Equal);
    }

    #[test]
    fn quotients_are_the_nearest_of_28_digits(a in number(), b in number()) {
        prop_assume!(!b.is_zero());
        match divide(a, b) {
            Ok(quotient) => {
                let plain = quotient.normalize();
                let digits = i32::try_from(plain.mantissa().unsigned_abs().to_string().len()).unwrap();
                let scale = i32::try_from(plain.scale()).unwrap();
                // The place of the last of 28 digits.
                let last = if plain.is_zero() { 28 } else { (scale + 28 - digits).min(28) };
                let off = absolute(Long::new(a).minus(&Long::new(quotient).times(&Long::new(b))));
                let twice = off.plus(&off);
                let mut unit = absolute(Long::new(b));
                unit.scale += last;
                prop_assert!(signed_order(&twice, &unit).is_le(), "{} / {} = {}", a, b, quotient);
            }
            Err(fault) => prop_assert_eq!(fault, Fault::Large),
        }
    }

    #[test]
    fn remainders_are_exact(a in any::<i32>(), b in any::<i32>(), scales in (0_u32..9, 0_u32..9)) {
        prop_assume!(b != 0);
        let (left, right) = (Decimal::new(a.into(), scales.0), Decimal::new(b.into(), scales.1));
        let scale = scales.0.max(scales.1);
        let whole = i128::from(a) * 10_i128.pow(scale - scales.0) % (i128::from(b) * 10_i128.pow(scale - scales.1));
        prop_assert_eq!(remainder(left, right), Ok(Decimal::from_i128_with_scale(whole, scale)));
    }

    #[test]
    fn remainders_are_smaller_than_the_divisor(a in number(), b in number()) {
        prop_assume!(!b.is_zero());
        if let Ok(rest) = remainder(a, b) {
            prop_assert!(rest.abs() < b.abs());
            prop_assert!(rest.is_zero() || rest.is_sign_negative() == a.is_sign_negative());
        }
    }

    #[test]
    fn text_comes_back(a in number()) {
        let written = text(a);
        prop_assert_eq!(parse(&written), Ok(a));
        prop_assert!(!written.contains('.') || !written.ends_with('0'));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "-?[0-9]{0,31}(\\.[0-9]{0,31})?([eE][+-]?[0-9]{1,3})?") {
        // What is read is what was written, as far as the other reader goes.
        if let (Ok(ours), Ok(theirs)) = (parse(&text), Decimal::from_scientific(&text).or_else(|_| text.parse())) {
            prop_assert!((ours - theirs).abs() <= Decimal::new(1, 28), "{} as {}", text, ours);
        }
    }
}

#[test]
fn numbers_are_read_exactly_or_not_at_all() {
    let longest = "1234567890123456789012345678";
    let ok = |text: &str, mantissa: i128, scale: u32| assert_eq!(parse(text), Ok(Decimal::from_i128_with_scale(mantissa, scale)), "{text}");
    ok("0", 0, 0);
    ok("-0.000", 0, 0);
    ok("12.50", 125, 1);
    ok("1e3", 1000, 0);
    ok("1.25E+2", 125, 0);
    ok("5e-28", 5, 28);
    ok("1.00000000000000000000000000000000000000", 1, 0);
    ok(longest, longest.parse().unwrap(), 0);
    ok(&format!("0.{longest}"), longest.parse().unwrap(), 28);
    for (text, fault) in [
        (format!("{longest}.1"), Fault::Digits),
        ("0.12345678901234567890123456789".into(), Fault::Digits),
        ("1e-29".into(), Fault::Digits),
        ("1e29".into(), Fault::Large),
        ("9e28".into(), Fault::Large),
        ("1e999999999999".into(), Fault::Large),
        ("".into(), Fault::Text),
        ("-".into(), Fault::Text),
        ("1.".into(), Fault::Text),
        (".5".into(), Fault::Text),
        ("1e".into(), Fault::Text),
        ("+1".into(), Fault::Text),
        ("1_000".into(), Fault::Text),
        ("12345678901234567890123456789x".into(), Fault::Text),
        ("NaN".into(), Fault::Text),
    ] {
        assert_eq!(parse(&text), Err(fault), "{text}");
    }
}

#[test]
fn a_third_is_rounded_and_three_of_them_are_no_number() {
    let number = |text: &str| parse(text).unwrap();
    let thirds = divide(number("2"), number("3")).unwrap();
    assert_eq!(text(thirds), "0.6666666666666666666666666667");
    assert_eq!(multiply(thirds, number("3")), Err(Fault::Digits));
    assert_eq!(text(divide(number("20"), number("3")).unwrap()), "6.666666666666666666666666667");
    assert_eq!(text(divide(number("-1"), number("8")).unwrap()), "-0.125");
    assert_eq!(divide(number("1"), number("0")), Err(Fault::Zero));
    assert_eq!(remainder(number("1"), number("0")), Err(Fault::Zero));
}

#[test]
fn a_half_is_rounded_away_from_zero() {
    for (number, places, rounded) in [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("1.005", 2, "1.01"), ("1.004", 2, "1"), ("-0.4", 0, "0")] {
        assert_eq!(text(round(parse(number).unwrap(), places)), rounded);
    }
}
