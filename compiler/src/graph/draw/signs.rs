//! How operators and built-in functions are written.

use crate::plan::{Arithmetic, Builtin, Comparison, TextTest};

pub(super) const fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

pub(super) const fn arithmetic(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
    }
}

pub(super) const fn text_test(test: TextTest) -> &'static str {
    match test {
        TextTest::Contains => "contains",
        TextTest::StartsWith => "starts with",
        TextTest::EndsWith => "ends with",
    }
}

pub(super) const fn builtin_name(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Count => "count",
        Builtin::Sum => "sum",
        Builtin::Min => "min",
        Builtin::Max => "max",
        Builtin::First => "first",
        Builtin::Last => "last",
        Builtin::Any => "any",
        Builtin::All => "all",
        Builtin::Sort => "sort",
        Builtin::Length => "length",
        Builtin::Lower => "lower",
        Builtin::Upper => "upper",
        Builtin::Trim => "trim",
        Builtin::Split => "split",
        Builtin::Join => "join",
        Builtin::Replace => "replace",
        Builtin::Round => "round",
        Builtin::Abs => "abs",
        Builtin::Floor => "floor",
        Builtin::Ceil => "ceil",
        Builtin::Date => "date",
        Builtin::Days => "days",
        Builtin::Hours => "hours",
        Builtin::Money => "money",
        Builtin::Minor => "minor",
    }
}
