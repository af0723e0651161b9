//! JSON and text: there and back, and every mismatch by its path.

use iso_currency::Currency;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::strategy::{money, typed, types};
use crate::plan::Type;
use crate::value::{Mismatch, Money, Value, from_argument, from_input, from_json, to_json, to_text};

fn told(result: Result<Value, Vec<Mismatch>>) -> Vec<String> {
    result.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn optional(ty: Type) -> Type {
    Type::Optional(Box::new(ty))
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn eur(text: &str) -> Value {
    Value::Money(Money { amount: text.parse().unwrap(), currency: Currency::EUR })
}

proptest! {
    #[test]
    fn json_comes_back((ty, value) in typed()) {
        let json = to_json(&value, &ty, &types());
        prop_assert_eq!(from_input(&json, &ty, &types(), ""), Ok(value.clone()));
        let reread: Json = serde_json::from_str(&json.to_string()).unwrap();
        prop_assert_eq!(from_json(&reread, &ty, &types(), "x"), Ok(value));
    }

    #[test]
    fn text_comes_back((ty, value) in typed()) {
        let text = to_text(&value, &ty, &types());
        // A text of an optional text cannot say `none`.
        let tells = !matches!((&ty, &value), (Type::Optional(inner), Value::None) if **inner == Type::Text)
            && !matches!(&value, Value::Json(json) if json.is_string());
        if tells {
            prop_assert_eq!(from_argument(&text, &ty, &types(), ""), Ok(value), "{}", text);
        }
    }

    #[test]
    fn money_has_at_least_its_currencys_digits(money in money()) {
        let text = to_text(&Value::Money(money), &Type::Money, &[]);
        let (amount, code) = text.split_once(' ').unwrap();
        let digits = amount.split_once('.').map_or(0, |(_, digits)| digits.len());
        prop_assert!(digits >= usize::from(money.currency.exponent().unwrap()), "{}", text);
        prop_assert_eq!(code, money.currency.code());
    }
}

#[test]
fn every_mismatch_is_told_with_its_path() {
    let json = json!({
        "id": 7, "vendorId": "x", "amount": 1500, "due": "22.11.2026",
        "parent": { "id": "a", "vendorId": 1e40, "amount": "1500 EURO", "note": 1 },
    });
    assert_eq!(
        told(from_json(&json, &Type::Record(1), &types(), "invoice")),
        [
            "invoice.id: expected text, found number 7",
            "invoice.vendorId: expected a number, found text \"x\"",
            "invoice.amount: expected money such as \"1500.00 EUR\", found number 1500",
            "invoice.due: expected a date such as \"2026-11-22\", found text \"22.11.2026\"",
            "invoice.parent.vendorId: the number 1e+40 is too large",
            "invoice.parent.amount: no currency has the code \"EURO\"",
        ]
    );
    assert_eq!(
        told(from_json(&json!([1, true, [], {}, null]), &list(Type::Enum(0)), &types(), "xs")),
        [
            "xs[0]: expected one of \"low\", \"medium\", \"high\", found number 1",
            "xs[1]: expected one of \"low\", \"medium\", \"high\", found true",
            "xs[2]: expected one of \"low\", \"medium\", \"high\", found a list",
            "xs[3]: expected one of \"low\", \"medium\", \"high\", found an object",
            "xs[4]: expected one of \"low\", \"medium\", \"high\", found null",
        ]
    );
    assert_eq!(
        told(from_json(&json!({}), &Type::Record(1), &types(), "")),
        [
            "id: expected text, found nothing",
            "vendorId: expected a number, found nothing",
            "amount: expected money such as \"1500.00 EUR\", found nothing",
        ]
    );
    let many: Vec<u32> = (0..1000).collect();
    assert_eq!(told(from_json(&json!(many), &list(Type::Text), &[], "")).len(), 100);
}

#[test]
fn unknown_fields_are_passed_over_in_answers_and_refused_in_inputs() {
    let json = json!({ "id": "a", "vendor_Id": 1, "vendorId": 1, "amount": "1 EUR", "extra": 1 });
    assert!(from_json(&json, &Type::Record(1), &types(), "i").is_ok());
    assert_eq!(
        told(from_input(&json, &Type::Record(1), &types(), "i")),
        ["i.vendor_Id: no such field, perhaps `vendorId` is meant", "i.extra: no such field",]
    );
}

#[test]
fn money_is_read_in_two_ways_and_written_in_one() {
    let read = |json: Json| from_input(&json, &Type::Money, &[], "");
    assert_eq!(read(json!("1500.00 EUR")), Ok(eur("1500")));
    assert_eq!(read(json!({ "amount": "1500.00", "currency": "EUR" })), Ok(eur("1500")));
    assert!(read(json!({ "amount": "1500.00", "currency": "EUR", "tax": 1 })).is_err());
    assert!(read(json!({ "amount": "1500.00" })).is_err());
    assert!(read(json!("1500")).is_err());
    assert!(read(json!("EUR 1500")).is_err());
    assert!(read(json!("12345678901234567890123456789 EUR")).is_err());
    for (amount, currency, text) in [
        ("1500", Currency::EUR, "1500.00 EUR"),
        ("1500", Currency::JPY, "1500 JPY"),
        ("1500.50", Currency::JPY, "1500.5 JPY"),
        ("0.125", Currency::EUR, "0.125 EUR"),
        ("-7.1", Currency::KWD, "-7.100 KWD"),
        ("1234567890123456789012345678", Currency::EUR, "1234567890123456789012345678.00 EUR"),
        ("12345678901234567890123456.78", Currency::EUR, "12345678901234567890123456.78 EUR"),
    ] {
        let money = Value::Money(Money { amount: amount.parse().unwrap(), currency });
        assert_eq!(to_text(&money, &Type::Money, &[]), text);
        assert_eq!(to_json(&money, &Type::Money, &[]), json!(text));
        assert_eq!(read(json!(text)), Ok(money));
    }
}

#[test]
fn numbers_pass_without_a_float() {
    let text = "0.1234567890123456789012345678";
    let json: Json = serde_json::from_str(text).unwrap();
    let value = from_json(&json, &Type::Number, &[], "").unwrap();
    assert_eq!(to_json(&value, &Type::Number, &[]).to_string(), text);
    let json: Json = serde_json::from_str("0.12345678901234567890123456789").unwrap();
    assert_eq!(told(from_json(&json, &Type::Number, &[], "n")), ["n: the number 0.12345678901234567890123456789 has more than 28 digits"]);
}

#[test]
fn times_and_durations_are_read_strictly() {
    let fits = |text: &str, ty: &Type| from_json(&json!(text), ty, &[], "").is_ok();
    for text in ["2026-11-22T09:00:00Z", "2026-11-22T09:00:00.5+02:00"] {
        assert!(fits(text, &Type::Time), "{text}");
    }
    for text in ["2026-11-22", "2026-11-22 09:00:00Z", "2026-11-22T09:00:00", "2026-11-22T09:00:00+01:00[Europe/Berlin]"] {
        assert!(!fits(text, &Type::Time), "{text}");
    }
    for text in ["P2D", "PT4H", "P1W", "PT0.5S", "-PT1M", "P1DT2H"] {
        assert!(fits(text, &Type::Duration), "{text}");
    }
    for text in ["P1M", "P1Y", "4 hours", "", "P"] {
        assert!(!fits(text, &Type::Duration), "{text}");
    }
    for text in ["20261122", "2026-11-31", "2026-11-22T09:00:00"] {
        assert!(!fits(text, &Type::Date), "{text}");
    }
}

#[test]
fn arguments_are_read_by_their_type() {
    let number = |value: i64| Value::Number(value.into());
    for (text, ty, value) in [
        ("1500", Type::Number, number(1500)),
        ("1500", Type::Text, Value::Text("1500".into())),
        ("1500 EUR", Type::Money, eur("1500")),
        ("[1, 2]", list(Type::Number), Value::List([number(1), number(2)].into())),
        ("true", Type::Bool, Value::Bool(true)),
        ("high", Type::Enum(0), Value::Enum(2)),
        ("2 days", Type::Duration, Value::Duration(jiff::SignedDuration::from_hours(48))),
        ("P2D", Type::Duration, Value::Duration(jiff::SignedDuration::from_hours(48))),
        ("none", optional(Type::Number), Value::None),
        ("none", optional(Type::Text), Value::Text("none".into())),
        ("", Type::Text, Value::Text("".into())),
    ] {
        assert_eq!(from_argument(text, &ty, &types(), "x"), Ok(value), "{text}");
    }
    for (text, ty, problem) in [
        ("1500", Type::Money, "x: expected money such as \"1500.00 EUR\", found number 1500"),
        ("much", Type::Number, "x: expected a number, found text \"much\""),
        ("[1, true]", list(Type::Number), "x[1]: expected a number, found true"),
        ("[1", list(Type::Number), "x: expected a list, each item a number, found text \"[1\""),
        ("yes", Type::Bool, "x: expected true or false, found text \"yes\""),
        ("hgih", Type::Enum(0), "x: expected one of \"low\", \"medium\", \"high\", found text \"hgih\""),
    ] {
        assert_eq!(told(from_argument(text, &ty, &types(), "x")), [problem]);
    }
}

#[test]
fn text_is_for_people() {
    let text = |value: Value, ty: Type| to_text(&value, &ty, &types());
    assert_eq!(text(Value::Number(Decimal::new(150_000, 2)), Type::Number), "1500");
    assert_eq!(text(Value::Enum(2), Type::Enum(0)), "high");
    assert_eq!(text(Value::None, optional(Type::Text)), "");
    assert_eq!(text(Value::List([eur("1"), eur("2.5")].into()), list(Type::Money)), r#"["1.00 EUR","2.50 EUR"]"#);
    for (seconds, written) in [(172_800, "2 days"), (90_061, "1 day 1 hour 1 minute 1 second"), (0, "0 seconds"), (-60, "-1 minute")] {
        assert_eq!(text(Value::Duration(jiff::SignedDuration::from_secs(seconds)), Type::Duration), written);
    }
}
