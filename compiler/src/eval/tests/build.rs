//! Expressions by hand, and a run for them to look at.

use jiff::{Timestamp, tz::TimeZone};
use smol_str::SmolStr;

use crate::eval::{Env, Names, Outside};
use crate::plan::{Arithmetic, Builtin, Comparison, Expr, Field, Fold, TextPart, Type, TypeDef, TypeKind};
use crate::value::{Money, Value, from_argument};

struct Named;

impl Names for Named {
    fn env(&self, name: &str) -> Option<SmolStr> {
        (name == "BANK_URL").then(|| "http://bank".into())
    }

    fn secret(&self, name: &str) -> Option<SmolStr> {
        (name == "TOKEN").then(|| "t0k3n".into())
    }
}

/// Looks at a run in which slot 0 is an invoice, 1 nothing, 2 some JSON, 3 lines with quantity and price, 4 a large text.
pub(super) fn env<T>(look: impl FnOnce(&Env<'_>) -> T) -> T {
    let json = serde_json::json!({ "data": { "items": [1, 2, "x"], "risk": "high" }, "n": null });
    let line = |quantity: i64, price: &str| Value::Record([Value::Number(quantity.into()), number_value(price)].into());
    let slots = [
        Value::Record([Value::Text("i-7".into()), money_value("1500.5 EUR"), Value::Enum(1), Value::None].into()),
        Value::None,
        Value::Json(json.into()),
        Value::List([line(3, "10"), line(1, "2.5"), line(2, "2.5")].into()),
        Value::Text("a".repeat(1 << 19).into()),
    ];
    let field = |name: &str, ty| Field { name: name.into(), json: name.into(), ty, doc: None };
    let record = vec![
        field("id", Type::Text),
        field("amount", Type::Money),
        field("risk", Type::Enum(0)),
        field("note", Type::Optional(Box::new(Type::Text))),
    ];
    let types = [
        TypeDef { name: "Risk".into(), doc: None, kind: TypeKind::Enum(vec!["low".into(), "high".into()]) },
        TypeDef { name: "Invoice".into(), doc: None, kind: TypeKind::Record(record) },
    ];
    let now: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let outside = Outside { now, zone: &zone, names: &Named, owner: "owner@acme.example", requester: "ana@acme.example" };
    look(&Env { frames: &[&slots], types: &types, outside: &outside })
}

fn number_value(text: &str) -> Value {
    from_argument(text, &Type::Number, &[], "").unwrap()
}

fn money_value(text: &str) -> Value {
    Value::Money(money(text))
}

fn money(text: &str) -> Money {
    match from_argument(text, &Type::Money, &[], "") {
        Ok(Value::Money(money)) => money,
        other => unreachable!("{other:?}"),
    }
}

pub(super) fn n(text: &str) -> Expr {
    Expr::Const(number_value(text))
}

pub(super) fn m(text: &str) -> Expr {
    Expr::Const(money_value(text))
}

pub(super) fn t(text: &str) -> Expr {
    Expr::Const(Value::Text(text.into()))
}

pub(super) fn b(value: bool) -> Expr {
    Expr::Const(Value::Bool(value))
}

pub(super) fn literal(text: &str, ty: &Type) -> Expr {
    Expr::Const(from_argument(text, ty, &[], "").unwrap())
}

pub(super) fn slot(index: u32) -> Expr {
    Expr::Slot { frame: 0, index }
}

pub(super) fn local(index: u32) -> Expr {
    Expr::Local(index)
}

pub(super) fn field(of: Expr, index: u32) -> Expr {
    Expr::Field(of.into(), index)
}

pub(super) fn json_field(of: Expr, name: &str) -> Expr {
    Expr::JsonField(of.into(), name.into())
}

pub(super) fn arithmetic(sign: char, left: Expr, right: Expr) -> Expr {
    let operation = match sign {
        '+' => Arithmetic::Add,
        '-' => Arithmetic::Subtract,
        '*' => Arithmetic::Multiply,
        '/' => Arithmetic::Divide,
        _ => Arithmetic::Remainder,
    };
    Expr::Arithmetic(operation, left.into(), right.into())
}

pub(super) fn compare(sign: &str, left: Expr, right: Expr) -> Expr {
    let comparison = match sign {
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        _ => Comparison::GreaterOrEqual,
    };
    Expr::Compare(comparison, left.into(), right.into())
}

pub(super) fn and(left: Expr, right: Expr) -> Expr {
    Expr::And(left.into(), right.into())
}

pub(super) fn or(left: Expr, right: Expr) -> Expr {
    Expr::Or(left.into(), right.into())
}

pub(super) fn call(function: Builtin, arguments: impl Into<Vec<Expr>>) -> Expr {
    Expr::Builtin(function, arguments.into())
}

pub(super) fn list(items: impl Into<Vec<Expr>>) -> Expr {
    Expr::List(items.into())
}

pub(super) fn fold(fold: Fold, list: Expr, filter: Option<Expr>, body: Expr) -> Expr {
    Expr::For { fold, list: list.into(), filter: filter.map(Box::new), body: body.into() }
}

pub(super) fn part(value: Expr, ty: Type) -> TextPart {
    TextPart::Value(value, ty)
}

/// An expression that is an error wherever it is reached.
pub(super) fn error() -> Expr {
    compare(">", arithmetic('/', n("1"), n("0")), n("0"))
}
