//! What expressions give.

use super::build::*;
use super::{check, value};
use crate::plan::{Builtin, Expr, Fold, TextPart, TextTest, Type};
use crate::value::Value;

fn numbers(items: &[&str]) -> Expr {
    list(items.iter().map(|item| n(item)).collect::<Vec<_>>())
}

fn of(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

#[test]
fn numbers_are_exact_or_an_error() {
    let long = "1234567890123456789012345678";
    check(&[
        (arithmetic('+', n("0.1"), n("0.2")), Type::Number, "0.3"),
        (
            arithmetic('*', arithmetic('/', n("2"), n("3")), n("3")),
            Type::Number,
            "! the exact result needs more than 28 digits: `0.6666666666666666666666666667 * 3`",
        ),
        (arithmetic('/', n("2"), n("3")), Type::Number, "0.6666666666666666666666666667"),
        (arithmetic('+', n(long), n("1")), Type::Number, "1234567890123456789012345679"),
        (
            arithmetic('+', n(long), n("0.1")),
            Type::Number,
            "! the exact result needs more than 28 digits: `1234567890123456789012345678 + 0.1`",
        ),
        (arithmetic('*', n("1e20"), n("1e20")), Type::Number, "! the result is too large: `100000000000000000000 * 100000000000000000000`"),
        (arithmetic('%', n("-7.5"), n("2")), Type::Number, "-1.5"),
        (arithmetic('/', n("1"), n("0")), Type::Number, "! division by zero"),
        (arithmetic('%', n("1"), n("0")), Type::Number, "! division by zero"),
        (Expr::Negate(n("0").into()), Type::Number, "0"),
        (call(Builtin::Round, [n("2.345"), n("2")]), Type::Number, "2.35"),
        (call(Builtin::Round, [n("-2.5")]), Type::Number, "-3"),
        (call(Builtin::Round, [n("1"), n("29")]), Type::Number, "! expected 0 to 28 places, found `29`"),
        (call(Builtin::Floor, [n("-2.5")]), Type::Number, "-3"),
        (call(Builtin::Ceil, [n("-0.5")]), Type::Number, "0"),
        (call(Builtin::Abs, [n("-2.5")]), Type::Number, "2.5"),
        (compare("==", n("1.0"), n("1.00")), Type::Bool, "true"),
        (compare("<", n("0.1"), n("0.10000000001")), Type::Bool, "true"),
    ]);
}

#[test]
fn money_keeps_its_currency() {
    check(&[
        (arithmetic('+', m("1 EUR"), m("0.5 EUR")), Type::Money, "1.50 EUR"),
        (arithmetic('+', m("1 EUR"), m("1 USD")), Type::Money, "! cannot add `1.00 EUR` with `1.00 USD`: two currencies"),
        (compare("<", m("1 EUR"), m("1 USD")), Type::Bool, "! cannot compare `1.00 EUR` with `1.00 USD`: two currencies"),
        (compare("==", m("1 EUR"), m("1 USD")), Type::Bool, "! cannot compare `1.00 EUR` with `1.00 USD`: two currencies"),
        (compare("!=", m("1 EUR"), m("2 USD")), Type::Bool, "! cannot compare `1.00 EUR` with `2.00 USD`: two currencies"),
        (compare("==", list([m("1 EUR")]), list([m("1 USD")])), Type::Bool, "! cannot compare `1.00 EUR` with `1.00 USD`: two currencies"),
        (compare("==", m("1.0 EUR"), m("1.00 EUR")), Type::Bool, "true"),
        (arithmetic('*', m("10 EUR"), n("1.19")), Type::Money, "11.90 EUR"),
        (arithmetic('*', n("3"), m("500 JPY")), Type::Money, "1500 JPY"),
        (arithmetic('/', m("10 EUR"), n("4")), Type::Money, "2.50 EUR"),
        (arithmetic('/', m("10 EUR"), m("4 EUR")), Type::Number, "2.5"),
        (arithmetic('/', m("10 EUR"), m("0 EUR")), Type::Number, "! division by zero"),
        (call(Builtin::Money, [n("7"), t("KWD")]), Type::Money, "7.000 KWD"),
        (call(Builtin::Money, [n("7"), t("EURO")]), Type::Money, "! no currency has the code \"EURO\""),
        (call(Builtin::Minor, [n("1250"), t("EUR")]), Type::Money, "12.50 EUR"),
        (call(Builtin::Minor, [n("1250"), t("JPY")]), Type::Money, "1250 JPY"),
        (call(Builtin::Minor, [n("1.5"), t("EUR")]), Type::Money, "! `1.5` is no whole number of smallest units"),
        (Expr::Amount(field(slot(0), 1).into()), Type::Number, "1500.5"),
        (Expr::CurrencyOf(field(slot(0), 1).into()), Type::Text, "EUR"),
        (call(Builtin::Round, [m("1.005 EUR"), n("2")]), Type::Money, "1.01 EUR"),
        (call(Builtin::Sum, [list([m("1 EUR"), m("2 EUR")])]), Type::Money, "3.00 EUR"),
        (call(Builtin::Sum, [list([m("1 EUR"), m("2 USD")])]), Type::Money, "! cannot add `1.00 EUR` with `2.00 USD`: two currencies"),
        (compare("<", call(Builtin::Sum, [list([])]), m("1 USD")), Type::Bool, "true"),
        (arithmetic('-', call(Builtin::Sum, [list([])]), m("1 USD")), Type::Money, "-1.00 USD"),
        (Expr::Negate(m("1 EUR").into()), Type::Money, "-1.00 EUR"),
    ]);
}

#[test]
fn dates_times_and_durations() {
    let date = |text| literal(text, &Type::Date);
    let time = |text| literal(text, &Type::Time);
    let span = |text| literal(text, &Type::Duration);
    check(&[
        (arithmetic('+', date("2026-12-31"), span("1 day")), Type::Date, "2027-01-01"),
        (arithmetic('-', date("2026-03-01"), span("P1W")), Type::Date, "2026-02-22"),
        (arithmetic('+', date("2026-12-31"), span("36 hours")), Type::Date, "! a date moves by whole days, `1 day 12 hours` is none"),
        (arithmetic('-', date("2026-12-31"), date("2026-12-24")), Type::Duration, "7 days"),
        (arithmetic('+', date("9999-12-31"), span("1 day")), Type::Date, "! the result is beyond the years that a calendar has"),
        (arithmetic('+', time("2026-11-22T09:00:00Z"), span("90 minutes")), Type::Time, "2026-11-22T10:30:00Z"),
        (arithmetic('-', time("2026-11-22T09:00:00Z"), time("2026-11-22T08:00:00Z")), Type::Duration, "1 hour"),
        (arithmetic('+', span("2 hours"), span("30 minutes")), Type::Duration, "2 hours 30 minutes"),
        (arithmetic('/', span("3 hours"), span("2 hours")), Type::Number, "1.5"),
        (call(Builtin::Days, [n("1.5")]), Type::Duration, "1 day 12 hours"),
        (call(Builtin::Hours, [n("-2")]), Type::Duration, "-2 hours"),
        (call(Builtin::Days, [n("1e27")]), Type::Duration, "! no duration is `1000000000000000000000000000` times as long"),
        (call(Builtin::Sum, [list([span("2 hours"), span("3 hours")])]), Type::Duration, "5 hours"),
        (call(Builtin::Sum, [list([])]), Type::Duration, "0 seconds"),
        (compare("<", call(Builtin::Sum, [list([])]), span("1 hour")), Type::Bool, "true"),
        (arithmetic('-', call(Builtin::Sum, [list([])]), span("1 hour")), Type::Duration, "-1 hour"),
        (arithmetic('-', date("2026-01-02"), call(Builtin::Sum, [list([])])), Type::Date, "2026-01-02"),
        (Expr::Now, Type::Time, "2026-11-22T23:30:00Z"),
        (Expr::Today, Type::Date, "2026-11-23"),
        (call(Builtin::Date, [Expr::Now]), Type::Date, "2026-11-23"),
        (compare("<", date("2026-11-22"), Expr::Today), Type::Bool, "true"),
        (compare("<", Expr::Today, n("1")), Type::Bool, "! cannot compare `2026-11-23` with `1`"),
    ]);
}

#[test]
fn conditions_stop_as_soon_as_they_are_decided() {
    let zero = "! division by zero";
    check(&[
        (and(b(false), error()), Type::Bool, "false"),
        (and(b(true), error()), Type::Bool, zero),
        (and(error(), b(false)), Type::Bool, zero),
        (or(b(true), error()), Type::Bool, "true"),
        (or(b(false), error()), Type::Bool, zero),
        (or(error(), b(true)), Type::Bool, zero),
        (Expr::Not(b(false).into()), Type::Bool, "true"),
        (Expr::Not(t("x").into()), Type::Bool, "! expected true or false, found text \"x\""),
        (Expr::If(b(true).into(), n("1").into(), error().into()), Type::Number, "1"),
        (Expr::Otherwise(n("1").into(), error().into()), Type::Number, "1"),
        (Expr::Otherwise(slot(1).into(), n("2").into()), Type::Number, "2"),
        (Expr::IsNone(slot(1).into()), Type::Bool, "true"),
        (Expr::IsNone(slot(0).into()), Type::Bool, "false"),
        (compare("==", field(slot(0), 3), t("x")), Type::Bool, "false"),
        (Expr::In(n("2").into(), numbers(&["1", "2"]).into()), Type::Bool, "true"),
        (Expr::In(n("1").into(), list([n("1"), error()]).into()), Type::Bool, "true"),
        (
            Expr::In(m("1 EUR").into(), list([m("2 EUR"), m("1 USD")]).into()),
            Type::Bool,
            "! cannot compare `1.00 EUR` with `1.00 USD`: two currencies",
        ),
        (Expr::In(t("x").into(), Expr::Const(Value::List([Value::Text("x".into())].into())).into()), Type::Bool, "true"),
    ]);
}

#[test]
fn comprehensions() {
    let quantity = || field(local(0), 0);
    let price = || field(local(0), 1);
    let large = |limit: &str| compare(">", arithmetic('*', quantity(), price()), n(limit));
    let fails = |at: &str| compare("==", n("1"), arithmetic('/', n("1"), arithmetic('-', local(0), n(at))));
    let nested = fold(Fold::List, numbers(&["10", "20"]), None, arithmetic('+', local(0), local(1)));
    check(&[
        (fold(Fold::Any, slot(3), None, large("29")), Type::Bool, "true"),
        (fold(Fold::All, slot(3), None, large("2")), Type::Bool, "true"),
        (fold(Fold::All, slot(3), None, large("3")), Type::Bool, "false"),
        (fold(Fold::Any, list([]), None, error()), Type::Bool, "false"),
        (fold(Fold::All, list([]), None, error()), Type::Bool, "true"),
        (fold(Fold::Any, numbers(&["2", "3"]), None, fails("3")), Type::Bool, "! division by zero"),
        (fold(Fold::Any, numbers(&["4", "3"]), None, fails("3")), Type::Bool, "true"),
        (fold(Fold::Count, slot(3), Some(compare("==", price(), n("2.5"))), b(true)), Type::Number, "2"),
        (fold(Fold::Sum, slot(3), None, arithmetic('*', quantity(), price())), Type::Number, "37.5"),
        (fold(Fold::Sum, slot(3), Some(b(false)), price()), Type::Number, "0"),
        (fold(Fold::Min, slot(3), None, price()), Type::Number, "2.5"),
        (fold(Fold::Max, slot(3), None, price()), Type::Number, "10"),
        (fold(Fold::Max, list([]), None, n("1")), Type::Number, ""),
        (fold(Fold::List, slot(3), Some(large("3")), quantity()), of(Type::Number), "[3,2]"),
        (fold(Fold::List, fold(Fold::Sort, slot(3), None, price()), None, quantity()), of(Type::Number), "[1,2,3]"),
        (fold(Fold::List, numbers(&["1", "2"]), None, nested), of(of(Type::Number)), "[[11,21],[12,22]]"),
        (call(Builtin::Any, [list([b(false), b(true)])]), Type::Bool, "true"),
        (call(Builtin::All, [list([b(false), b(true)])]), Type::Bool, "false"),
        (
            fold(Fold::Sort, list([m("1 EUR"), m("2 USD")]), None, local(0)),
            of(Type::Money),
            "! cannot compare `1.00 EUR` with `2.00 USD`: two currencies",
        ),
    ]);
}

#[test]
fn lists() {
    check(&[
        (call(Builtin::Count, [slot(3)]), Type::Number, "3"),
        (call(Builtin::Sum, [numbers(&["1", "2.5"])]), Type::Number, "3.5"),
        (call(Builtin::Min, [numbers(&["2", "1"])]), Type::Number, "1"),
        (call(Builtin::Max, [n("2"), n("1")]), Type::Number, "2"),
        (call(Builtin::First, [numbers(&["2", "1"])]), Type::Number, "2"),
        (call(Builtin::Last, [numbers(&["2", "1"])]), Type::Number, "1"),
        (call(Builtin::First, [list([])]), Type::Number, ""),
        (call(Builtin::Sort, [numbers(&["2", "1.5", "-1"])]), of(Type::Number), "[-1,1.5,2]"),
        (Expr::Index(numbers(&["7", "8"]).into(), n("1").into()), Type::Number, "8"),
        (Expr::Index(numbers(&["7", "8"]).into(), n("2").into()), Type::Number, "! no item `2` in a list of 2 items, the first is `0`"),
        (Expr::Index(numbers(&["7", "8"]).into(), n("-1").into()), Type::Number, "! no item `-1` in a list of 2 items, the first is `0`"),
        (Expr::Index(numbers(&["7", "8"]).into(), n("0.5").into()), Type::Number, "! no item `0.5` in a list of 2 items, the first is `0`"),
        (field(Expr::Index(slot(3).into(), n("0").into()), 1), Type::Number, "10"),
        (arithmetic('+', numbers(&["1"]), numbers(&["2"])), of(Type::Number), "[1,2]"),
    ]);
}

#[test]
fn texts() {
    let test = |test, left: &str, right: &str| Expr::TextTest(test, t(left).into(), t(right).into());
    let parts = vec![
        TextPart::Text("Pay ".into()),
        part(field(slot(0), 1), Type::Money),
        TextPart::Text(" ".into()),
        part(field(slot(0), 2), Type::Enum(0)),
    ];
    check(&[
        (Expr::Text(parts), Type::Text, "Pay 1500.50 EUR high"),
        (Expr::Text(vec![part(field(slot(0), 3), Type::Optional(Box::new(Type::Text)))]), Type::Text, ""),
        (call(Builtin::Length, [t("naïve 🚀")]), Type::Number, "7"),
        (call(Builtin::Upper, [t("straße")]), Type::Text, "STRASSE"),
        (call(Builtin::Lower, [t("ÄB")]), Type::Text, "äb"),
        (call(Builtin::Trim, [t(" a\t")]), Type::Text, "a"),
        (call(Builtin::Split, [t("a,b,"), t(",")]), of(Type::Text), r#"["a","b",""]"#),
        (call(Builtin::Split, [t("äb"), t("")]), of(Type::Text), r#"["ä","b"]"#),
        (call(Builtin::Join, [list([t("a"), t("b")]), t(", ")]), Type::Text, "a, b"),
        (call(Builtin::Replace, [t("aXbX"), t("X"), t("--")]), Type::Text, "a--b--"),
        (call(Builtin::Replace, [t("ab"), t(""), t("-")]), Type::Text, "! `replace` needs a text to look for"),
        (arithmetic('+', t("a"), t("b")), Type::Text, "ab"),
        (test(TextTest::Contains, "abc", "b"), Type::Bool, "true"),
        (test(TextTest::StartsWith, "abc", "b"), Type::Bool, "false"),
        (test(TextTest::EndsWith, "abc", "bc"), Type::Bool, "true"),
        (Expr::Matches(t("DE12").into(), "^[A-Z]{2}\\d+$".into()), Type::Bool, "true"),
        (Expr::Matches(t("x").into(), "(".into()), Type::Bool, "! the pattern is wrong: unclosed group"),
        (compare("<", t("a"), t("ä")), Type::Bool, "true"),
        (arithmetic('-', t("a"), n("1")), Type::Text, "! `-` has no meaning for text \"a\" and `1`"),
    ]);
}

#[test]
fn json_is_opaque_until_decoded() {
    let items = || json_field(json_field(slot(2), "data"), "items");
    let decode = |json: Expr, ty: Type| Expr::Decode(json.into(), ty);
    let optional = Type::Optional(Box::new(Type::Text));
    check(&[
        (items(), Type::Json, r#"[1,2,"x"]"#),
        (json_field(items(), "nothing"), Type::Json, "null"),
        (Expr::IsNone(json_field(slot(2), "n").into()), Type::Bool, "true"),
        (decode(json_field(slot(2), "n"), optional), Type::Text, ""),
        (decode(Expr::Index(items().into(), n("1").into()), Type::Number), Type::Number, "2"),
        (decode(json_field(json_field(slot(2), "data"), "risk"), Type::Enum(0)), Type::Enum(0), "high"),
        (decode(items(), of(Type::Number)), of(Type::Number), "! [2]: expected a number, found text \"x\""),
        (decode(slot(0), Type::Record(1)), Type::Record(1), r#"{"id":"i-7","amount":"1500.50 EUR","risk":"high","note":null}"#),
        (compare("==", items(), items()), Type::Bool, "! cannot compare `json` that is not decoded with `json` that is not decoded"),
        (
            Expr::JsonObject(vec![("to".into(), t("x"), Type::Text), ("amount".into(), field(slot(0), 1), Type::Money)]),
            Type::Json,
            r#"{"to":"x","amount":"1500.50 EUR"}"#,
        ),
    ]);
}

#[test]
fn what_comes_from_outside() {
    check(&[
        (Expr::Env("BANK_URL".into()), Type::Text, "http://bank"),
        (Expr::Env("BANK_ULR".into()), Type::Text, "! the environment variable `BANK_ULR` is not set"),
        (Expr::Secret("TOKEN".into()), Type::Text, "t0k3n"),
        (Expr::Secret("X".into()), Type::Text, "! the secret `X` is not set"),
        (Expr::Owner, Type::Text, "owner@acme.example"),
        (Expr::Requester, Type::Text, "ana@acme.example"),
        (slot(99), Type::Text, "! there is no such value yet"),
        (local(0), Type::Text, "! there is no such value yet"),
        (field(slot(0), 99), Type::Text, "! there is no such value yet"),
    ]);
}

#[test]
fn records() {
    let made = Expr::Record(vec![t("i-8"), m("1 EUR"), Expr::Const(Value::Enum(0)), Expr::Const(Value::None)]);
    assert_eq!(value(&field(made.clone(), 0)), Value::Text("i-8".into()));
    check(&[
        (made.clone(), Type::Record(1), r#"{"id":"i-8","amount":"1.00 EUR","risk":"low","note":null}"#),
        (compare("==", made.clone(), made), Type::Bool, "true"),
    ]);
}
