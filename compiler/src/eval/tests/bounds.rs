//! No expression exhausts anything.

use super::build::{self, *};
use super::{check, shown};
use crate::eval::{check_pattern, eval, eval_each, holds};
use crate::plan::{Builtin, DEEPEST, Expr, Fold, Type};
use crate::value::{MOST_LEVELS, Value};

const MUCH: &str = "! the expression takes too much work";

fn many(count: usize) -> Expr {
    Expr::Const(Value::List((0..count).map(|item| Value::Number(item.into())).collect()))
}

#[test]
fn depth_is_an_error() {
    let deep = |levels: usize, wrap: fn(Box<Expr>) -> Expr| (0..levels).fold(b(true), |inner, _| wrap(inner.into()));
    let one = DEEPEST - 1;
    type Wrap = fn(Box<Expr>) -> Expr;
    let wraps: [(usize, Wrap); 8] = [
        (one, Expr::Not),
        (one, |inner| Expr::And(inner, b(true).into())),
        (one, |inner| Expr::Or(b(false).into(), inner)),
        (one, |inner| Expr::If(inner, b(true).into(), b(false).into())),
        (one, |inner| Expr::Otherwise(inner, b(true).into())),
        (one, |inner| Expr::Text(vec![part(*inner, Type::Bool)])),
        (one / 2, |inner| Expr::IsNone(list([*inner]).into())),
        (one, |inner| fold(Fold::Any, list([n("1")]), None, *inner)),
    ];
    for (levels, wrap) in wraps {
        let deepest = deep(levels, wrap);
        assert!(build::env(|env| eval(&deepest, env)).is_ok(), "{}", shown(&deepest, &Type::Bool));
        let deeper = deep(DEEPEST + 2, wrap);
        assert_eq!(shown(&deeper, &Type::Bool), "! the expression is nested too deep");
        assert!(build::env(|env| holds(&deeper, env)).is_err());
    }
}

#[test]
fn work_is_bounded() {
    let inner = fold(Fold::Any, many(10_000), None, compare("<", local(1), n("-1")));
    check(&[
        (fold(Fold::Any, many(10_000), None, inner), Type::Bool, MUCH),
        (fold(Fold::Count, many(10_000), Some(Expr::Matches(slot(4).into(), "b".into())), b(true)), Type::Number, MUCH),
    ]);
}

#[test]
fn what_is_too_much_as_a_whole_is_no_matter_of_one_item() {
    let each = |body: Expr| build::env(|env| eval_each(&fold(Fold::List, many(10_000), None, body), env));
    let much = fold(Fold::Any, many(10_000), None, compare("<", local(1), n("-1")));
    assert_eq!(each(much).map_err(|error| format!("! {error}")), Err(MUCH.to_owned()));
    let deeper = (0..DEEPEST + 2).fold(b(true), |inner, _| Expr::Not(inner.into()));
    assert_eq!(each(deeper).unwrap_err().to_string(), "the expression is nested too deep");
    assert_eq!(each(slot(4)).unwrap_err().to_string(), "the value is too large");
}

#[test]
fn sizes_are_bounded() {
    let long = "! the text is longer than 1 MiB";
    let large = "! the value is too large";
    let double = || arithmetic('+', slot(4), slot(4));
    let copies = |count: usize| fold(Fold::List, many(count), None, slot(4));
    let listed = Type::List(Box::new(Type::Text));
    check(&[
        (call(Builtin::Length, [double()]), Type::Number, "1048576"),
        (arithmetic('+', double(), t("x")), Type::Text, long),
        (call(Builtin::Join, [copies(3), t("")]), Type::Text, long),
        (call(Builtin::Replace, [slot(4), t("a"), t("bbb")]), Type::Text, long),
        (Expr::Text(vec![part(slot(4), Type::Text), part(double(), Type::Text)]), Type::Text, long),
        (Expr::Text(vec![part(copies(1000), listed.clone())]), Type::Text, large),
        (Expr::JsonObject(vec![("x".into(), copies(1000), listed.clone())]), Type::Json, large),
        (copies(1000), listed, large),
        (call(Builtin::Count, [copies(1000)]), Type::Number, "1000"),
    ]);
}

#[test]
fn values_that_are_kept_can_be_read_again() {
    let wrapped = |levels: usize| (0..levels).fold(Value::None, |inner, _| Value::List([inner].into()));
    let grow = |levels: usize| build::env(|env| eval(&list([Expr::Const(wrapped(levels))]), env));
    let kept = grow(MOST_LEVELS - 1).unwrap();
    let bytes = minicbor::to_vec(&kept).unwrap();
    assert_eq!(minicbor::decode::<Value>(&bytes).unwrap(), kept);
    assert!(grow(MOST_LEVELS).is_err());
    let json = |levels: usize| (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    let nest = |levels: usize| {
        let inner = Expr::Const(Value::Json(json(levels).into()));
        build::env(|env| eval(&Expr::JsonObject(vec![("x".into(), inner, Type::Json)]), env))
    };
    let kept = nest(126).unwrap();
    let bytes = minicbor::to_vec(&kept).unwrap();
    assert_eq!(minicbor::decode::<Value>(&bytes).unwrap(), kept);
    assert!(nest(127).is_err());
}

#[test]
fn patterns_are_bounded() {
    assert_eq!(check_pattern("a{1,1000}{1,1000}{1,1000}"), Err("the pattern is too large".into()));
    assert!(check_pattern(&"(".repeat(10_000)).is_err());
    assert_eq!(check_pattern("a.*b"), Ok(()));
}
