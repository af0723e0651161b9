//! An expression as bytes: the list of its operations, operands first.
//!
//! Nothing recurses over what is read, so that deep and foreign bytes need no stack; and the bytes are fewer.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use super::bytes::DEEPEST;
use super::{Arithmetic, Builtin, Comparison, Expr, Fold, TextPart, TextTest, Type};
use crate::value::Value;

/// An expression without its operands; a number says how many there are, where that differs.
#[derive(Serialize, Deserialize)]
enum Op {
    Const(#[serde(with = "crate::value::serde_value")] Value),
    Slot(u8, u32),
    Local(u32),
    Field(u32),
    JsonField(SmolStr),
    Amount,
    CurrencyOf,
    Index,
    Not,
    Negate,
    And,
    Or,
    Compare(Comparison),
    Arithmetic(Arithmetic),
    In,
    TextTest(TextTest),
    Matches(SmolStr),
    IsNone,
    Otherwise,
    If,
    Decode(Type),
    List(u32),
    Record(u32),
    JsonObject(Vec<(SmolStr, Type)>),
    Text(Vec<Piece>),
    Builtin(Builtin, u32),
    For(Fold, bool),
    Now,
    Today,
    Env(SmolStr),
    Secret(SmolStr),
    Owner,
    Requester,
}

/// A part of a text; a value is an operand.
#[derive(Serialize, Deserialize)]
enum Piece {
    Text(SmolStr),
    Value(Type),
}

impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ops = Vec::new();
        flatten(self, &mut ops);
        ops.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        build(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Each operation before its operands, the last operand first: read backwards, that is operands first.
fn flatten(expr: &Expr, ops: &mut Vec<Op>) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        ops.push(op(expr));
        operands(expr, &mut open);
    }
    ops.reverse();
}

fn op(expr: &Expr) -> Op {
    match expr {
        Expr::Const(value) => Op::Const(value.clone()),
        Expr::Slot { frame, index } => Op::Slot(*frame, *index),
        Expr::Local(index) => Op::Local(*index),
        Expr::Field(_, index) => Op::Field(*index),
        Expr::JsonField(_, name) => Op::JsonField(name.clone()),
        Expr::Amount(_) => Op::Amount,
        Expr::CurrencyOf(_) => Op::CurrencyOf,
        Expr::Index(..) => Op::Index,
        Expr::Not(_) => Op::Not,
        Expr::Negate(_) => Op::Negate,
        Expr::And(..) => Op::And,
        Expr::Or(..) => Op::Or,
        Expr::Compare(comparison, ..) => Op::Compare(*comparison),
        Expr::Arithmetic(operation, ..) => Op::Arithmetic(*operation),
        Expr::In(..) => Op::In,
        Expr::TextTest(test, ..) => Op::TextTest(*test),
        Expr::Matches(_, pattern) => Op::Matches(pattern.clone()),
        Expr::IsNone(_) => Op::IsNone,
        Expr::Otherwise(..) => Op::Otherwise,
        Expr::If(..) => Op::If,
        Expr::Decode(_, ty) => Op::Decode(ty.clone()),
        Expr::List(items) => Op::List(length(items)),
        Expr::Record(fields) => Op::Record(length(fields)),
        Expr::Builtin(function, arguments) => Op::Builtin(*function, length(arguments)),
        Expr::JsonObject(members) => Op::JsonObject(members.iter().map(|(name, _, ty)| (name.clone(), ty.clone())).collect()),
        Expr::Text(parts) => Op::Text(parts.iter().map(piece).collect()),
        Expr::For { fold, filter, .. } => Op::For(*fold, filter.is_some()),
        Expr::Now => Op::Now,
        Expr::Today => Op::Today,
        Expr::Env(name) => Op::Env(name.clone()),
        Expr::Secret(name) => Op::Secret(name.clone()),
        Expr::Owner => Op::Owner,
        Expr::Requester => Op::Requester,
    }
}

fn operands<'e>(expr: &'e Expr, open: &mut Vec<&'e Expr>) {
    match expr {
        Expr::Const(_) | Expr::Slot { .. } | Expr::Local(_) | Expr::Now | Expr::Today => {}
        Expr::Env(_) | Expr::Secret(_) | Expr::Owner | Expr::Requester => {}
        Expr::Field(a, _) | Expr::JsonField(a, _) | Expr::Matches(a, _) | Expr::Decode(a, _) => open.push(a),
        Expr::Amount(a) | Expr::CurrencyOf(a) | Expr::Not(a) | Expr::Negate(a) | Expr::IsNone(a) => open.push(a),
        Expr::Index(a, b) | Expr::And(a, b) | Expr::Or(a, b) | Expr::In(a, b) | Expr::Otherwise(a, b) => open.extend([&**a, b]),
        Expr::Compare(_, a, b) | Expr::Arithmetic(_, a, b) | Expr::TextTest(_, a, b) => open.extend([&**a, b]),
        Expr::If(a, b, c) => open.extend([&**a, b, c]),
        Expr::List(items) | Expr::Record(items) | Expr::Builtin(_, items) => open.extend(items),
        Expr::JsonObject(members) => open.extend(members.iter().map(|(_, value, _)| value)),
        Expr::Text(parts) => open.extend(parts.iter().filter_map(|part| match part {
            TextPart::Text(_) => None,
            TextPart::Value(value, _) => Some(value),
        })),
        Expr::For { list, filter, body, .. } => open.extend([list].into_iter().chain(filter).chain([body]).map(|operand| &**operand)),
    }
}

fn length(items: &[Expr]) -> u32 {
    // More do not fit into a file.
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn piece(part: &TextPart) -> Piece {
    match part {
        TextPart::Text(text) => Piece::Text(text.clone()),
        TextPart::Value(_, ty) => Piece::Value(ty.clone()),
    }
}

/// What is built so far, each with its depth.
struct Stack(Vec<(Expr, usize)>);

impl Stack {
    fn pop(&mut self, depth: &mut usize) -> Result<Expr, &'static str> {
        let (expr, below) = self.0.pop().ok_or("an operation lacks an operand")?;
        *depth = (*depth).max(below + 1);
        Ok(expr)
    }

    fn boxed(&mut self, depth: &mut usize) -> Result<Box<Expr>, &'static str> {
        self.pop(depth).map(Box::new)
    }

    fn many(&mut self, count: u32, depth: &mut usize) -> Result<Vec<Expr>, &'static str> {
        let from = self.0.len().checked_sub(count as usize).ok_or("an operation lacks an operand")?;
        let operands = self.0.split_off(from);
        *depth = operands.iter().map(|(_, below)| below + 1).max().unwrap_or(0).max(*depth);
        Ok(operands.into_iter().map(|(operand, _)| operand).collect())
    }
}

fn build(ops: Vec<Op>) -> Result<Expr, &'static str> {
    let mut stack = Stack(Vec::new());
    for op in ops {
        let mut depth = 1;
        let expr = operation(op, &mut stack, &mut depth)?;
        if depth > DEEPEST {
            return Err("an expression is nested too deep");
        }
        stack.0.push((expr, depth));
    }
    let (expr, _) = stack.0.pop().ok_or("an expression is empty")?;
    if stack.0.is_empty() { Ok(expr) } else { Err("an expression has too many operands") }
}

fn operation(op: Op, stack: &mut Stack, depth: &mut usize) -> Result<Expr, &'static str> {
    Ok(match op {
        Op::Const(value) => Expr::Const(value),
        Op::Slot(frame, index) => Expr::Slot { frame, index },
        Op::Local(index) => Expr::Local(index),
        Op::Now => Expr::Now,
        Op::Today => Expr::Today,
        Op::Env(name) => Expr::Env(name),
        Op::Secret(name) => Expr::Secret(name),
        Op::Owner => Expr::Owner,
        Op::Requester => Expr::Requester,
        Op::Field(index) => Expr::Field(stack.boxed(depth)?, index),
        Op::JsonField(name) => Expr::JsonField(stack.boxed(depth)?, name),
        Op::Amount => Expr::Amount(stack.boxed(depth)?),
        Op::CurrencyOf => Expr::CurrencyOf(stack.boxed(depth)?),
        Op::Not => Expr::Not(stack.boxed(depth)?),
        Op::Negate => Expr::Negate(stack.boxed(depth)?),
        Op::Matches(pattern) => Expr::Matches(stack.boxed(depth)?, pattern),
        Op::IsNone => Expr::IsNone(stack.boxed(depth)?),
        Op::Decode(ty) => Expr::Decode(stack.boxed(depth)?, ty),
        Op::List(count) => Expr::List(stack.many(count, depth)?),
        Op::Record(count) => Expr::Record(stack.many(count, depth)?),
        Op::Builtin(function, count) => Expr::Builtin(function, stack.many(count, depth)?),
        Op::JsonObject(names) => {
            let values = stack.many(u32::try_from(names.len()).unwrap_or(u32::MAX), depth)?;
            Expr::JsonObject(names.into_iter().zip(values).map(|((name, ty), value)| (name, value, ty)).collect())
        }
        Op::Text(pieces) => text(pieces, stack, depth)?,
        Op::For(fold, filtered) => {
            let body = stack.boxed(depth)?;
            let filter = if filtered { Some(stack.boxed(depth)?) } else { None };
            Expr::For { fold, list: stack.boxed(depth)?, filter, body }
        }
        other => of_several(other, stack, depth)?,
    })
}

/// Operations of two and three operands, the last of which is the next.
fn of_several(op: Op, stack: &mut Stack, depth: &mut usize) -> Result<Expr, &'static str> {
    let last = stack.boxed(depth)?;
    let before = stack.boxed(depth)?;
    Ok(match op {
        Op::Index => Expr::Index(before, last),
        Op::And => Expr::And(before, last),
        Op::Or => Expr::Or(before, last),
        Op::Compare(comparison) => Expr::Compare(comparison, before, last),
        Op::Arithmetic(operation) => Expr::Arithmetic(operation, before, last),
        Op::In => Expr::In(before, last),
        Op::TextTest(test) => Expr::TextTest(test, before, last),
        Op::Otherwise => Expr::Otherwise(before, last),
        Op::If => Expr::If(stack.boxed(depth)?, before, last),
        _ => return Err("an operation is not known"),
    })
}

fn text(pieces: Vec<Piece>, stack: &mut Stack, depth: &mut usize) -> Result<Expr, &'static str> {
    let count = pieces.iter().filter(|piece| matches!(piece, Piece::Value(_))).count();
    let mut values = stack.many(u32::try_from(count).unwrap_or(u32::MAX), depth)?.into_iter();
    let parts = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => Ok(TextPart::Text(text)),
        Piece::Value(ty) => values.next().map(|value| TextPart::Value(value, ty)).ok_or("an operation lacks an operand"),
    });
    parts.collect::<Result<_, _>>().map(Expr::Text)
}
