//! Types of terms, as far as they are to be seen.

use super::{Id, Op, Terms};
use crate::plan::{Arithmetic, Builtin, Expr, Fold, Type, TypeKind};
use crate::value::Value;

impl Terms<'_> {
    pub(super) fn field_type(&self, record: Id, index: u32) -> Option<Type> {
        self.type_of_field(self.get(record).ty.clone()?, index)
    }

    fn type_of_field(&self, record: Type, index: u32) -> Option<Type> {
        let Type::Record(record) = bare(record) else { return None };
        match &self.declarations.type_def(record)?.kind {
            TypeKind::Record(fields) => fields.get(index as usize).map(|field| field.ty.clone()),
            TypeKind::Enum(_) => None,
        }
    }

    /// The type of an item of a list, or of a field of one. The term of an item is the same whatever the list, and so has no type.
    fn of_item_type(&self, expr: &Expr, list: Id) -> Option<Type> {
        match expr {
            Expr::Local(0) => item_type(self.get(list).ty.clone()?),
            Expr::Field(record, index) => self.type_of_field(self.of_item_type(record, list)?, *index),
            _ => None,
        }
    }

    pub(super) fn fold_type(&self, fold: Fold, list: Id, body: &Expr, term: Option<Id>) -> Option<Type> {
        let of_body = || term.and_then(|term| self.get(term).ty.clone()).or_else(|| self.of_item_type(body, list));
        match fold {
            Fold::Any | Fold::All => Some(Type::Bool),
            Fold::Count => Some(Type::Number),
            Fold::Sum => of_body(),
            Fold::List => of_body().map(|ty| Type::List(Box::new(ty))),
            Fold::Sort => self.get(list).ty.clone(),
            // Of an empty list, and of one of which the filter takes nothing, there is no least.
            Fold::Min | Fold::Max => of_body().map(optional),
        }
    }

    /// `None` where it is not to be seen: then nothing is known of the term but that it equals itself.
    pub(super) fn type_of_op(&self, op: &Op, parts: &[Id]) -> Option<Type> {
        let part = |at: usize| parts.get(at).and_then(|id| self.get(*id).ty.clone());
        match op {
            Op::Amount => Some(Type::Number),
            Op::CurrencyOf | Op::Env(..) | Op::Owner | Op::Requester => Some(Type::Text),
            Op::Not | Op::And | Op::Or | Op::Compare(_) | Op::In | Op::TextTest(_) | Op::Matches(_) | Op::IsNone => Some(Type::Bool),
            Op::Negate => part(0),
            Op::Arithmetic(operation) => self.arithmetic_type(*operation, part(0)?, part(1)?),
            Op::Otherwise => part(1).or_else(|| part(0).map(if self.has_value(*parts.get(1)?) { bare } else { optional })),
            Op::If => part(1).filter(|then| Some(then) == part(2).as_ref()),
            Op::Decode(ty) => Some(ty.clone()),
            // An item that there is not is no `none`: it cannot be computed.
            Op::Index => item_type(part(0)?),
            Op::Now(_) => Some(Type::Time),
            Op::Today(_) => Some(Type::Date),
            Op::Builtin(builtin) => match builtin {
                Builtin::Count | Builtin::Length | Builtin::Floor | Builtin::Ceil => Some(Type::Number),
                Builtin::Round | Builtin::Abs => part(0),
                Builtin::Lower | Builtin::Upper | Builtin::Trim | Builtin::Join | Builtin::Replace => Some(Type::Text),
                Builtin::Date => Some(Type::Date),
                Builtin::Days | Builtin::Hours => Some(Type::Duration),
                Builtin::Money | Builtin::Minor => Some(Type::Money),
                Builtin::Any | Builtin::All => Some(Type::Bool),
                Builtin::First | Builtin::Last | Builtin::Min | Builtin::Max => item_type(part(0)?).map(optional),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a term of which the type is not to be seen is a value and never `none`.
    fn has_value(&self, id: Id) -> bool {
        match &self.get(id).op {
            Op::Const(_) => self.constant(id).is_some_and(|value| !value.is_none()),
            Op::List | Op::Record => true,
            _ => false,
        }
    }

    /// Whether the order of the two parts is nothing to the result, nor to whether there is one.
    pub(super) fn is_either_way(&self, op: &Op, parts: &[Id]) -> bool {
        let is = |ty: &Type| parts.iter().all(|part| self.get(*part).ty.as_ref() == Some(ty));
        match op {
            Op::Arithmetic(Arithmetic::Add) => is(&Type::Number) || is(&Type::Money) || is(&Type::Duration),
            Op::Arithmetic(Arithmetic::Multiply) => is(&Type::Number),
            _ => false,
        }
    }

    fn arithmetic_type(&self, operation: Arithmetic, left: Type, right: Type) -> Option<Type> {
        use Type::{Date, Duration, Money, Number, Time};
        match (operation, left, right) {
            (_, Number, Number) | (Arithmetic::Divide, Money, Money) | (Arithmetic::Divide, Duration, Duration) => Some(Number),
            (_, Money, _) | (_, _, Money) => Some(Money),
            (Arithmetic::Subtract, Date, Date) | (Arithmetic::Subtract, Time, Time) | (_, Duration, Duration) => Some(Duration),
            (_, Date, Duration) | (_, Duration, Date) => Some(Date),
            (_, Time, Duration) | (_, Duration, Time) => Some(Time),
            (Arithmetic::Add, Type::Text, Type::Text) => Some(Type::Text),
            _ => None,
        }
    }
}

fn bare(ty: Type) -> Type {
    match ty {
        Type::Optional(inner) => *inner,
        ty => ty,
    }
}

fn optional(ty: Type) -> Type {
    Type::Optional(Box::new(bare(ty)))
}

fn item_type(list: Type) -> Option<Type> {
    match bare(list) {
        Type::List(item) => Some(*item),
        _ => None,
    }
}

/// The type of a value, where it tells it.
pub(super) fn of(value: &Value) -> Option<Type> {
    match value {
        Value::Bool(_) => Some(Type::Bool),
        Value::Number(_) => Some(Type::Number),
        Value::Money(_) => Some(Type::Money),
        Value::Text(_) => Some(Type::Text),
        Value::Date(_) => Some(Type::Date),
        Value::Time(_) => Some(Type::Time),
        Value::Duration(_) => Some(Type::Duration),
        Value::Json(_) => Some(Type::Json),
        Value::None | Value::List(_) | Value::Record(_) | Value::Enum(_) => None,
    }
}
