//! Going through the expressions and types of a plan.

use super::{Expr, TextPart, Type};

impl Expr {
    /// Calls `f` with each direct part, in the order they stand.
    pub fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Const(_)
            | Self::Slot { .. }
            | Self::Local(_)
            | Self::Now
            | Self::Today
            | Self::Env(_)
            | Self::Secret(_)
            | Self::Owner
            | Self::Requester => {}
            Self::Field(a, _)
            | Self::JsonField(a, _)
            | Self::Amount(a)
            | Self::CurrencyOf(a)
            | Self::Not(a)
            | Self::Negate(a)
            | Self::Matches(a, _)
            | Self::IsNone(a)
            | Self::Decode(a, _) => f(a),
            Self::Index(a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::In(a, b)
            | Self::TextTest(_, a, b)
            | Self::Otherwise(a, b) => {
                f(a);
                f(b);
            }
            Self::If(a, b, c) => {
                f(a);
                f(b);
                f(c);
            }
            Self::List(items) | Self::Record(items) | Self::Builtin(_, items) => items.iter().for_each(f),
            Self::JsonObject(fields) => fields.iter().for_each(|(_, value, _)| f(value)),
            Self::Text(parts) => parts.iter().for_each(|part| {
                if let TextPart::Value(value, _) = part {
                    f(value);
                }
            }),
            Self::For { list, filter, body, .. } => {
                f(list);
                if let Some(filter) = filter {
                    f(filter);
                }
                f(body);
            }
        }
    }

    /// Calls `f` with each direct part, in the order they stand.
    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Const(_)
            | Self::Slot { .. }
            | Self::Local(_)
            | Self::Now
            | Self::Today
            | Self::Env(_)
            | Self::Secret(_)
            | Self::Owner
            | Self::Requester => {}
            Self::Field(a, _)
            | Self::JsonField(a, _)
            | Self::Amount(a)
            | Self::CurrencyOf(a)
            | Self::Not(a)
            | Self::Negate(a)
            | Self::Matches(a, _)
            | Self::IsNone(a)
            | Self::Decode(a, _) => f(a),
            Self::Index(a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::In(a, b)
            | Self::TextTest(_, a, b)
            | Self::Otherwise(a, b) => {
                f(a);
                f(b);
            }
            Self::If(a, b, c) => {
                f(a);
                f(b);
                f(c);
            }
            Self::List(items) | Self::Record(items) | Self::Builtin(_, items) => items.iter_mut().for_each(f),
            Self::JsonObject(fields) => fields.iter_mut().for_each(|(_, value, _)| f(value)),
            Self::Text(parts) => parts.iter_mut().for_each(|part| {
                if let TextPart::Value(value, _) = part {
                    f(value);
                }
            }),
            Self::For { list, filter, body, .. } => {
                f(list);
                if let Some(filter) = filter {
                    f(filter);
                }
                f(body);
            }
        }
    }

    /// Calls `f` with each type that this expression and its parts name.
    pub fn for_each_type_mut(&mut self, f: &mut dyn FnMut(&mut Type)) {
        match self {
            Self::Decode(_, ty) => f(ty),
            Self::JsonObject(fields) => fields.iter_mut().for_each(|(_, _, ty)| f(ty)),
            Self::Text(parts) => parts.iter_mut().for_each(|part| {
                if let TextPart::Value(_, ty) = part {
                    f(ty);
                }
            }),
            _ => {}
        }
        self.for_each_child_mut(&mut |child| child.for_each_type_mut(f));
    }
}
