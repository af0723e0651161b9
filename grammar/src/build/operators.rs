//! The leaves and operators of expressions: what each token stands for.

use smol_str::SmolStr;

use super::{Builder, Node};
use crate::ast::{BinaryOperator, ExprKind};
use crate::dates::{self, Shape};
use crate::grammar::Rule;

/// A number, an amount of money, a duration, a date or a time.
pub(super) fn measure<'i>(builder: &Builder<'i>, node: Node<'i>) -> ExprKind {
    let mut amount = SmolStr::default();
    for part in node.into_inner() {
        match part.as_rule() {
            Rule::date => {
                return match dates::shape(part.as_str()) {
                    Some(Shape::Date) => ExprKind::Date(part.as_str().into()),
                    Some(Shape::Time) => ExprKind::Time(part.as_str().into()),
                    // The scan has said so.
                    None => ExprKind::Broken,
                };
            }
            Rule::number => amount = SmolStr::new(part.as_str()),
            Rule::currency => {
                return ExprKind::Money { amount, currency: builder.ident(&part) };
            }
            Rule::unit => {
                let mut business = false;
                for word in part.into_inner() {
                    if word.as_rule() == Rule::business {
                        business = true;
                    } else {
                        return ExprKind::Duration { amount, unit: builder.ident(&word), business };
                    }
                }
            }
            _ => {}
        }
    }
    ExprKind::Number(amount)
}

pub(super) fn unquoted(text: &str) -> SmolStr {
    let inner = text.strip_prefix('"').unwrap_or(text);
    SmolStr::new(inner.strip_suffix('"').unwrap_or(inner))
}

pub(super) const fn is_operator(rule: Rule) -> bool {
    !matches!(
        rule,
        Rule::name
            | Rule::text
            | Rule::measure
            | Rule::paren
            | Rule::list
            | Rule::record_value
            | Rule::bool
            | Rule::kw_none
            | Rule::regex
            | Rule::if_value
    )
}

pub(super) const fn is_comparison(operator: BinaryOperator) -> bool {
    use BinaryOperator as Is;
    matches!(
        operator,
        Is::Equal
            | Is::NotEqual
            | Is::Less
            | Is::LessOrEqual
            | Is::Greater
            | Is::GreaterOrEqual
            | Is::In
            | Is::NotIn
            | Is::Contains
            | Is::StartsWith
            | Is::EndsWith
            | Is::Matches
    )
}

pub(super) fn operator(node: &Node<'_>) -> BinaryOperator {
    use BinaryOperator as Is;
    match (node.as_rule(), node.as_str()) {
        (Rule::op_or, _) => Is::Or,
        (Rule::op_and, _) => Is::And,
        (Rule::op_otherwise, _) => Is::Otherwise,
        (Rule::op_matches, _) => Is::Matches,
        (Rule::op_compare_word, word) => match word.as_bytes().first() {
            Some(b'i') => Is::In,
            Some(b'n') => Is::NotIn,
            Some(b'c') => Is::Contains,
            Some(b's') => Is::StartsWith,
            _ => Is::EndsWith,
        },
        (_, "!=" | "!==" | "<>") => Is::NotEqual,
        (_, "<") => Is::Less,
        (_, "<=" | "=<") => Is::LessOrEqual,
        (_, ">") => Is::Greater,
        (_, ">=" | "=>") => Is::GreaterOrEqual,
        (_, "+") => Is::Add,
        (_, "-") => Is::Subtract,
        (_, "*") => Is::Multiply,
        (_, "/") => Is::Divide,
        (_, "%") => Is::Remainder,
        _ => Is::Equal,
    }
}
