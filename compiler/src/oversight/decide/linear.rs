//! Linear terms over exact rationals.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// An exact number.
pub(crate) type Q = BigRational;

/// An unknown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Unknown(pub(crate) u32);

/// `2 * x - y + 3`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Linear {
    /// Factors of unknowns, ordered by them, none zero.
    pub(crate) factors: Vec<(Unknown, Q)>,
    /// What is added.
    pub(crate) constant: Q,
}

impl Linear {
    /// A number.
    pub(crate) const fn constant(constant: Q) -> Self {
        Self { factors: Vec::new(), constant }
    }

    /// An unknown alone.
    pub(crate) fn unknown(unknown: Unknown) -> Self {
        Self { factors: vec![(unknown, Q::one())], constant: Q::zero() }
    }

    /// The number that it is, where it has no unknowns.
    pub(crate) fn as_constant(&self) -> Option<&Q> {
        self.factors.is_empty().then_some(&self.constant)
    }

    /// So many times it.
    pub(crate) fn times(&self, factor: &Q) -> Self {
        if factor.is_zero() {
            return Self::constant(Q::zero());
        }
        let factors = self.factors.iter().map(|(unknown, own)| (*unknown, own * factor)).collect();
        Self { factors, constant: &self.constant * factor }
    }

    /// The sum.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut factors = Vec::with_capacity(self.factors.len() + other.factors.len());
        let (mut left, mut right) = (self.factors.iter().peekable(), other.factors.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    let sum = &a.1 + &b.1;
                    if !sum.is_zero() {
                        factors.push((a.0, sum));
                    }
                    left.next();
                    right.next();
                }
                (Some(a), Some(b)) if a.0 < b.0 => factors.extend(left.next().cloned()),
                (Some(_), None) => factors.extend(left.next().cloned()),
                (_, Some(_)) => factors.extend(right.next().cloned()),
                (None, None) => break,
            }
        }
        Self { factors, constant: &self.constant + &other.constant }
    }

    /// The difference.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&-Q::one()))
    }
}

/// Factors whose first is 1, or, over integers, whole numbers that share no divisor and whose first is positive; and by what they were
/// divided to be so, which is not zero.
pub(super) fn normal(factors: &[(Unknown, Q)], integer: bool) -> Option<(Vec<(Unknown, Q)>, Q)> {
    let (_, first) = factors.first()?;
    let mut divisor = first.clone();
    if integer {
        let denominators = factors.iter().fold(BigInt::one(), |all, (_, factor)| lcm(&all, factor.denom()));
        let scaled = |factor: &Q| (factor * Q::from(denominators.clone())).to_integer();
        let shared = factors.iter().fold(BigInt::zero(), |all, (_, factor)| gcd(all, scaled(factor).abs()));
        divisor = Q::new(shared, denominators);
        if first.is_negative() {
            divisor = -divisor;
        }
    }
    let normal = factors.iter().map(|(unknown, factor)| (*unknown, factor / &divisor)).collect();
    Some((normal, divisor))
}

fn gcd(mut a: BigInt, mut b: BigInt) -> BigInt {
    while !b.is_zero() {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn lcm(a: &BigInt, b: &BigInt) -> BigInt {
    a / gcd(a.clone(), b.clone()) * b
}
