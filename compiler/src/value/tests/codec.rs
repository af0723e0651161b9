//! The codec: the same value, the same bytes, and no harm from any others.

use iso_currency::Currency;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::strategy::typed;
use crate::value::{MOST_LEVELS, Money, Value};

fn bytes(value: &Value) -> Vec<u8> {
    minicbor::to_vec(value).unwrap()
}

proptest! {
    #[test]
    fn values_come_back((_, value) in typed()) {
        let encoded = bytes(&value);
        let decoded: Value = minicbor::decode(&encoded).unwrap();
        prop_assert_eq!(&decoded, &value);
        prop_assert_eq!(bytes(&decoded), encoded);
    }

    #[test]
    fn foreign_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = minicbor::decode::<Value>(&bytes);
    }

    #[test]
    fn spoiled_bytes_do_no_harm((_, value) in typed(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut encoded = bytes(&value);
        let place = place.index(encoded.len());
        encoded[place] = byte;
        let _ = minicbor::decode::<Value>(&encoded);
        let _ = minicbor::decode::<Value>(&encoded[..place]);
    }
}

#[test]
fn equal_amounts_have_the_same_bytes() {
    let amount = |text: &str| Value::Money(Money { amount: text.parse().unwrap(), currency: Currency::EUR });
    assert_eq!(bytes(&amount("1.0")), bytes(&amount("1.00")));
    assert_eq!(bytes(&Value::Number(-Decimal::ZERO)), bytes(&Value::Number(Decimal::ZERO)));
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| (0..levels).fold(Value::None, |inner, _| Value::List([inner].into()));
    assert!(minicbor::decode::<Value>(&bytes(&nested(MOST_LEVELS))).is_ok());
    assert!(minicbor::decode::<Value>(&bytes(&nested(MOST_LEVELS + 1))).is_err());
    assert!(minicbor::decode::<Value>(&vec![0x81; 1_000_000]).is_err());
    assert!(minicbor::decode::<Value>(&vec![0xc1; 1_000_000]).is_err());
}

#[test]
fn what_no_value_has_is_refused() {
    let duration: [u8; 17] = [0xd9, 0x03, 0xea, 0x82, 0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1a, 0x7f, 0xff, 0xff];
    assert!(minicbor::decode::<Value>(&duration).is_err(), "cut short");
    assert!(minicbor::decode::<Value>(&[duration.as_slice(), &[0xff]].concat()).is_err(), "too many nanoseconds");
}

/// An approved `none` is told from an argument that is not known.
#[test]
fn a_value_that_is_none_is_there() {
    for value in [None, Some(Value::None), Some(Value::Bool(true))] {
        let read: Option<Value> = minicbor::decode(&minicbor::to_vec(&value).unwrap()).unwrap();
        assert_eq!(read, value);
    }
}
