//! Any type, and any value of it.

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp, civil::Date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::plan::{Field, Type, TypeDef, TypeKind};
use crate::value::{Money, Value};

/// An enum and a record that holds all kinds of things, itself included.
pub(super) fn types() -> Vec<TypeDef> {
    let field = |name: &str, json: &str, ty| Field { name: name.into(), json: json.into(), ty, doc: None };
    let optional = |ty| Type::Optional(Box::new(ty));
    vec![
        TypeDef { name: "Risk".into(), doc: None, kind: TypeKind::Enum(vec!["low".into(), "medium".into(), "high".into()]) },
        TypeDef {
            name: "Invoice".into(),
            doc: None,
            kind: TypeKind::Record(vec![
                field("id", "id", Type::Text),
                field("vendor_id", "vendorId", Type::Number),
                field("amount", "amount", Type::Money),
                field("due", "due", optional(Type::Date)),
                field("parent", "parent", optional(Type::Record(1))),
            ]),
        },
    ]
}

pub(super) fn number() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        4 => -1000_i128..1000,
        2 => any::<i64>().prop_map(i128::from),
        2 => -(10_i128.pow(28) - 1)..10_i128.pow(28),
        // Many factors two or five, the only way to zeros at the end of a product.
        1 => (0_u32..93, 1_i128..4).prop_map(|(power, times)| 2_i128.pow(power) * times),
        1 => (0_u32..40, -1_i128..4).prop_map(|(power, times)| 5_i128.pow(power) * times),
    ];
    (mantissa, 0_u32..=28).prop_map(|(mantissa, scale)| {
        let mantissa = if mantissa.abs() < 10_i128.pow(28) { mantissa } else { mantissa % 10_i128.pow(28) };
        Decimal::from_i128_with_scale(mantissa, scale)
    })
}

fn json() -> impl Strategy<Value = Json> {
    let leaf =
        prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), any::<i64>().prop_map(Json::from), ".{0,6}".prop_map(Json::from)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// A type with one of its values.
pub(super) fn typed() -> impl Strategy<Value = (Type, Value)> {
    ty().prop_flat_map(|ty| value(&ty).prop_map(move |value| (ty.clone(), value)))
}

fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop::sample::select(vec![
        Type::Text,
        Type::Number,
        Type::Bool,
        Type::Money,
        Type::Date,
        Type::Time,
        Type::Duration,
        Type::Enum(0),
        Type::Record(1),
        Type::Json,
    ]);
    leaf.prop_recursive(2, 4, 1, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Type::List(Box::new(inner))),
            // `json?` and `T??` cannot tell their two nothings apart.
            inner
                .prop_filter("one nothing", |inner| !matches!(inner, Type::Json | Type::Optional(_)))
                .prop_map(|inner| Type::Optional(Box::new(inner))),
        ]
    })
}

pub(super) fn money() -> impl Strategy<Value = Money> {
    (number(), prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD, Currency::CLF]))
        .prop_map(|(amount, currency)| Money { amount, currency })
}

fn value(ty: &Type) -> BoxedStrategy<Value> {
    let nanos = 0_i32..1_000_000_000;
    match ty {
        Type::Text | Type::Secret => ".{0,12}".prop_map(|text| Value::Text(text.into())).boxed(),
        Type::Number => number().prop_map(Value::Number).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Money => money().prop_map(Value::Money).boxed(),
        Type::Date => (-719_000_i64..2_900_000)
            .prop_map(|days| Value::Date(Date::constant(1970, 1, 1).checked_add(SignedDuration::from_hours(days * 24)).unwrap()))
            .boxed(),
        Type::Time => (-62_000_000_000_i64..250_000_000_000, nanos)
            .prop_map(|(seconds, nanos)| Value::Time(Timestamp::new(seconds, if seconds < 0 { -nanos } else { nanos }).unwrap()))
            .boxed(),
        Type::Duration => (-1_000_000_000_i64..1_000_000_000, nanos)
            .prop_map(|(seconds, nanos)| Value::Duration(SignedDuration::new(seconds, if seconds < 0 { -nanos } else { nanos })))
            .boxed(),
        Type::Json => json().prop_map(|json| Value::Json(json.into())).boxed(),
        Type::List(inner) => prop::collection::vec(value(inner), 0..4).prop_map(|items| Value::List(items.into())).boxed(),
        Type::Optional(inner) => prop_oneof![Just(Value::None), value(inner)].boxed(),
        Type::Enum(_) => (0_u32..3).prop_map(Value::Enum).boxed(),
        Type::Record(_) => {
            let due = prop_oneof![Just(Value::None), value(&Type::Date)];
            let own = (value(&Type::Text), value(&Type::Number), value(&Type::Money), due);
            let make = |(id, vendor, amount, due), parent| Value::Record([id, vendor, amount, due, parent].into());
            let leaf = own.prop_map(move |own| make(own, Value::None)).boxed();
            (leaf.clone(), prop_oneof![Just(Value::None), leaf])
                .prop_map(|(record, parent)| match record {
                    Value::Record(fields) => Value::Record(fields[..4].iter().cloned().chain([parent]).collect()),
                    other => other,
                })
                .boxed()
        }
    }
}
