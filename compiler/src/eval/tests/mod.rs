//! The evaluator: one `check` of an expression and the text of its value or error, and many callers.

mod bounds;
mod build;
mod values;

use build::env;

use super::{eval, holds};
use crate::plan::{Expr, Type};
use crate::value::{Value, to_text};

/// The value's text as its type writes it, or `! ` and the error.
fn shown(expr: &Expr, ty: &Type) -> String {
    let value = env(|env| eval(expr, env).map(|value| to_text(&value, ty, env.types)));
    value.unwrap_or_else(|error| format!("! {error}"))
}

fn check(cases: &[(Expr, Type, &str)]) {
    for (index, (expr, ty, expected)) in cases.iter().enumerate() {
        assert_eq!(shown(expr, ty), *expected, "case {index}: {expr:?}");
        if *ty == Type::Bool {
            let truth = env(|env| holds(expr, env)).map_or_else(|error| format!("! {error}"), |truth| truth.to_string());
            assert_eq!(truth, *expected, "as a condition, case {index}: {expr:?}");
        }
    }
}

fn value(expr: &Expr) -> Value {
    env(|env| eval(expr, env)).unwrap()
}
