//! Expressions, people and stretches of time in an author's words.
//!
//! A plan holds no source text, so a name bound by a comprehension is written `item`; everything else comes out as it was meant.

use std::cell::RefCell;
use std::fmt::Write as _;

use jiff::SignedDuration;

use super::signs::{arithmetic, builtin_name, comparison_sign, text_test};
use crate::plan::{
    Approvers, Arithmetic, Builtin, Comparison, Deadline, Expr, Fold, Lapse, Period, Plan, Region, Repeat, Retry, Term, TextPart, Type,
    TypeKind, Wait, Who,
};
use crate::value::Value;

/// How tightly an operator binds, as in section 4 of the language.
type Level = u8;

/// Writes the parts of one region of a plan.
pub(crate) struct Words<'a> {
    pub(super) plan: &'a Plan,
    /// The regions whose slots are seen, outermost first; the last is the region itself.
    frames: Vec<&'a Region>,
    /// Types of the names that comprehensions around the place bind, outermost first.
    locals: RefCell<Vec<Option<Type>>>,
}

impl<'a> Words<'a> {
    /// Of the workflow's body.
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self::over(plan, &plan.workflow.body)
    }

    /// Of a region that sees no other: the workflow's body, or a handler's.
    pub(crate) fn over(plan: &'a Plan, region: &'a Region) -> Self {
        Self { plan, frames: vec![region], locals: RefCell::new(Vec::new()) }
    }

    /// Of the last of these regions, each inside the one before. `None` where there is none, or it lies deeper than an expression can see.
    pub(crate) fn seeing(plan: &'a Plan, regions: &[&'a Region]) -> Option<Self> {
        let (first, inner) = regions.split_first()?;
        inner.iter().try_fold(Self::over(plan, first), |words, region| words.inside(region))
    }

    /// Of a loop's body inside this region. `None` where it lies deeper than an expression can see.
    pub(crate) fn inside(&self, region: &'a Region) -> Option<Self> {
        let frames: Vec<_> = self.frames.iter().copied().chain([region]).collect();
        (frames.len() <= usize::from(u8::MAX)).then(|| Self { plan: self.plan, frames, locals: RefCell::new(Vec::new()) })
    }

    /// An expression.
    pub(crate) fn expr(&self, expr: &Expr) -> String {
        self.write(expr, None, 0)
    }

    /// An expression of a known type, which names the members of an enum and the fields of a record.
    pub(crate) fn of_type(&self, expr: &Expr, ty: &Type) -> String {
        self.write(expr, Some(ty), 0)
    }

    /// The name of a slot of the region itself.
    pub(super) fn slot(&self, index: u32) -> Option<&'a str> {
        Some(self.frames.last()?.slots.get(index as usize)?.name.as_str())
    }

    /// The type of a slot of the region itself.
    pub(super) fn slot_type(&self, index: u32) -> Option<&'a Type> {
        Some(&self.frames.last()?.slots.get(index as usize)?.ty)
    }

    fn seen(&self, frame: u8, index: u32) -> Option<&'a crate::plan::Slot> {
        self.frames.get(usize::from(frame))?.slots.get(index as usize)
    }

    fn write(&self, expr: &Expr, hint: Option<&Type>, outer: Level) -> String {
        let (level, text) = self.with_level(expr, hint);
        if level < outer { format!("({text})") } else { text }
    }

    fn with_level(&self, expr: &Expr, hint: Option<&Type>) -> (Level, String) {
        match expr {
            Expr::If(condition, then, otherwise) => (
                0,
                format!("if {} then {} else {}", self.write(condition, None, 1), self.write(then, hint, 1), self.write(otherwise, hint, 0)),
            ),
            // As it stands: what groups otherwise is another condition to the proof where it takes much work.
            Expr::Or(a, b) => (1, format!("{} or {}", self.write(a, None, 1), self.write(b, None, 2))),
            Expr::And(a, b) => (2, format!("{} and {}", self.write(a, None, 2), self.write(b, None, 3))),
            Expr::Not(inner) => match inner.as_ref() {
                Expr::IsNone(value) => (4, format!("{} is present", self.write(value, None, 5))),
                Expr::In(item, list) => (4, self.within(item, "not in", list)),
                other => (3, format!("not {}", self.write(other, None, 3))),
            },
            Expr::Compare(comparison, a, b) => (4, self.compare(*comparison, a, b)),
            Expr::In(item, list) => (4, self.within(item, "in", list)),
            Expr::TextTest(test, a, b) => (4, self.infix(a, text_test(*test), b, 5)),
            Expr::Matches(text, pattern) => (4, format!("{} matches \"{pattern}\"", self.write(text, None, 5))),
            Expr::IsNone(value) => (4, format!("{} is none", self.write(value, None, 5))),
            Expr::Otherwise(a, b) => {
                let hint = hint.cloned().or_else(|| self.type_of(a));
                (5, format!("{} otherwise {}", self.write(a, hint.as_ref(), 5), self.write(b, hint.as_ref(), 5)))
            }
            Expr::Arithmetic(operator, a, b) => {
                let level = if matches!(operator, Arithmetic::Add | Arithmetic::Subtract) { 6 } else { 7 };
                (level, format!("{} {} {}", self.write(a, hint, level), arithmetic(*operator), self.write(b, hint, level + 1)))
            }
            Expr::Negate(inner) => (8, format!("-{}", self.write(inner, hint, 8))),
            Expr::Decode(value, ty) => (9, format!("{} as {}", self.write(value, None, 9), self.ty(ty))),
            _ => (10, self.primary(expr, hint)),
        }
    }

    fn infix(&self, a: &Expr, operator: &str, b: &Expr, level: Level) -> String {
        format!("{} {operator} {}", self.write(a, None, level), self.write(b, None, level))
    }

    /// Members of an enum in a list have their names from the item's type, and the other way round.
    fn within(&self, item: &Expr, operator: &str, list: &Expr) -> String {
        let of_item = self.type_of(item).map(|item| Type::List(Box::new(item)));
        let of_list = self.type_of(list).and_then(item_of);
        format!("{} {operator} {}", self.write(item, of_list.as_ref(), 5), self.write(list, of_item.as_ref(), 5))
    }

    fn compare(&self, comparison: Comparison, a: &Expr, b: &Expr) -> String {
        // A member of an enum is an index: its name comes from the other side's type.
        let (of_a, of_b) = (self.type_of(a), self.type_of(b));
        format!("{} {} {}", self.write(a, of_b.as_ref(), 5), comparison_sign(comparison), self.write(b, of_a.as_ref(), 5))
    }

    fn primary(&self, expr: &Expr, hint: Option<&Type>) -> String {
        match expr {
            Expr::Const(value) => self.value(value, hint),
            Expr::Slot { frame, index } => self.seen(*frame, *index).map_or("value", |slot| slot.name.as_str()).to_owned(),
            Expr::Local(0) => "item".to_owned(),
            Expr::Local(depth) => format!("item{}", depth.saturating_add(1)),
            Expr::Field(of, index) => {
                let field = self.field(of, *index).map_or_else(|| format!("#{index}"), |field| field.0.to_owned());
                format!("{}.{field}", self.write(of, None, 10))
            }
            Expr::JsonField(of, name) => format!("{}.{name}", self.write(of, None, 10)),
            Expr::Amount(of) => format!("{}.amount", self.write(of, None, 10)),
            Expr::CurrencyOf(of) => format!("{}.currency", self.write(of, None, 10)),
            Expr::Index(of, index) => format!("{}[{}]", self.write(of, None, 10), self.expr(index)),
            Expr::List(items) => {
                let of = hint.cloned().and_then(item_of);
                format!("[{}]", items.iter().map(|item| self.write(item, of.as_ref(), 0)).collect::<Vec<_>>().join(", "))
            }
            Expr::Record(fields) => self.record(fields, hint),
            Expr::JsonObject(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, value, _)| named(name, &self.expr(value))).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Expr::Text(parts) => self.text(parts),
            Expr::Builtin(builtin, arguments) => format!("{}({})", builtin_name(*builtin), self.list(arguments)),
            Expr::For { fold, list, filter, body } => self.comprehension(*fold, list, filter.as_deref(), body),
            Expr::Now => "now".to_owned(),
            Expr::Today => "today".to_owned(),
            Expr::Env(name) => format!("env.{name}"),
            Expr::Secret(name) => format!("secret.{name}"),
            Expr::Owner => "owner".to_owned(),
            Expr::Requester => "requester".to_owned(),
            // The rest binds less tightly and is written by `with_level`.
            other => format!("({})", self.with_level(other, hint).1),
        }
    }

    fn list(&self, items: &[Expr]) -> String {
        items.iter().map(|item| self.expr(item)).collect::<Vec<_>>().join(", ")
    }

    fn record(&self, fields: &[Expr], hint: Option<&Type>) -> String {
        let names = hint.and_then(|ty| self.record_fields(ty)).unwrap_or_default();
        let fields: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(at, value)| match names.get(at) {
                Some((name, ty)) => named(name, &self.write(value, Some(ty), 0)),
                None => self.expr(value),
            })
            .collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn comprehension(&self, fold: Fold, list: &Expr, filter: Option<&Expr>, body: &Expr) -> String {
        let item = self.type_of(list).and_then(item_of);
        let list = self.expr(list);
        let text = self.with_item(item, || {
            let by = if fold == Fold::Sort { "item by " } else { "" };
            let filter = filter.map_or_else(String::new, |filter| format!(" if {}", self.expr(filter)));
            format!("{by}{} for item in {list}{filter}", self.expr(body))
        });
        let name = match fold {
            Fold::List => return format!("[{text}]"),
            Fold::Sum => "sum",
            Fold::Any => "any",
            Fold::All => "all",
            Fold::Min => "min",
            Fold::Max => "max",
            Fold::Count => "count",
            Fold::Sort => "sort",
        };
        format!("{name}({text})")
    }

    fn text(&self, parts: &[TextPart]) -> String {
        let mut text = String::from("\"");
        for part in parts {
            match part {
                TextPart::Text(literal) => escape(literal, &mut text),
                TextPart::Value(value, _) => {
                    let _ = write!(text, "{{{}}}", self.expr(value));
                }
            }
        }
        text.push('"');
        text
    }

    fn value(&self, value: &Value, hint: Option<&Type>) -> String {
        match value {
            Value::None => "none".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.normalize().to_string(),
            Value::Money(money) => format!("{} {}", money.amount.normalize(), money.currency.code()),
            Value::Text(text) => quoted(text),
            Value::Date(date) => date.to_string(),
            Value::Time(time) => time.to_string(),
            Value::Duration(duration) => span(*duration),
            Value::List(items) => {
                let of = match hint {
                    Some(Type::List(of)) => Some(of.as_ref()),
                    _ => None,
                };
                format!("[{}]", items.iter().map(|item| self.value(item, of)).collect::<Vec<_>>().join(", "))
            }
            Value::Record(_) => "{ ... }".to_owned(),
            Value::Enum(index) => self.member(hint, *index).unwrap_or_else(|| format!("member {index}")),
            Value::Json(json) => json.to_string(),
        }
    }

    fn member(&self, hint: Option<&Type>, index: u32) -> Option<String> {
        let Type::Enum(of) = bare(hint?) else { return None };
        match &self.plan.types.get(*of as usize)?.kind {
            TypeKind::Enum(members) => members.get(index as usize).map(ToString::to_string),
            TypeKind::Record(_) => None,
        }
    }

    /// The type of a path and of what is taken out of lists; other expressions have none here, and need none.
    pub(crate) fn type_of(&self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Slot { frame, index } => self.seen(*frame, *index).map(|slot| slot.ty.clone()),
            Expr::Local(depth) => self.locals.borrow().get(*depth as usize).cloned().flatten(),
            Expr::Field(of, index) => self.field(of, *index).map(|(_, ty)| ty.clone()),
            Expr::Index(of, _) => item_of(self.type_of(of)?),
            Expr::Otherwise(first, default) => self.type_of(default).or_else(|| self.type_of(first).map(|ty| bare(&ty).clone())),
            Expr::If(_, then, otherwise) => self.type_of(then).or_else(|| self.type_of(otherwise)),
            Expr::Builtin(Builtin::First | Builtin::Last | Builtin::Min | Builtin::Max, of) => {
                Some(Type::Optional(Box::new(item_of(self.type_of(of.first()?)?)?)))
            }
            Expr::Builtin(Builtin::Sort, of) => self.type_of(of.first()?),
            Expr::For { fold: Fold::Sort, list, .. } => self.type_of(list),
            Expr::For { fold: Fold::List, list, body, .. } => {
                let of = self.with_item(self.type_of(list).and_then(item_of), || self.type_of(body));
                of.map(|of| Type::List(Box::new(of)))
            }
            Expr::Decode(_, ty) => Some(ty.clone()),
            Expr::List(items) => items.iter().find_map(|item| self.type_of(item)).map(|item| Type::List(Box::new(item))),
            _ => None,
        }
    }

    /// Inside of a comprehension, the name that it binds.
    pub(crate) fn with_item<T>(&self, item: Option<Type>, inside: impl FnOnce() -> T) -> T {
        self.locals.borrow_mut().push(item);
        let found = inside();
        self.locals.borrow_mut().pop();
        found
    }

    fn field(&self, of: &Expr, index: u32) -> Option<(&'a str, &'a Type)> {
        self.record_fields(&self.type_of(of)?)?.get(index as usize).copied()
    }

    fn record_fields(&self, ty: &Type) -> Option<Vec<(&'a str, &'a Type)>> {
        let Type::Record(index) = bare(ty) else { return None };
        match &self.plan.types.get(*index as usize)?.kind {
            TypeKind::Record(fields) => Some(fields.iter().map(|field| (field.name.as_str(), &field.ty)).collect()),
            TypeKind::Enum(_) => None,
        }
    }

    /// A type as an author writes it.
    pub(crate) fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Text => "text".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Money => "money".to_owned(),
            Type::Date => "date".to_owned(),
            Type::Time => "time".to_owned(),
            Type::Duration => "duration".to_owned(),
            Type::Json => "json".to_owned(),
            Type::Secret => "secret".to_owned(),
            Type::List(of) => format!("[{}]", self.ty(of)),
            Type::Optional(of) => format!("{}?", self.ty(of)),
            Type::Record(index) | Type::Enum(index) => {
                self.plan.types.get(*index as usize).map_or_else(|| "value".to_owned(), |def| def.name.to_string())
            }
        }
    }

    /// Who decides: `finance and "ana@acme.example" except requester`.
    pub(crate) fn approvers(&self, approvers: &Approvers) -> String {
        let stages: Vec<_> =
            approvers.stages.iter().map(|terms| terms.iter().map(|term| self.term(term)).collect::<Vec<_>>().join(" and ")).collect();
        let mut text = stages.join(", then ");
        for who in &approvers.except {
            let _ = write!(text, " except {}", self.who(who));
        }
        text
    }

    fn term(&self, term: &Term) -> String {
        match term {
            Term::Any(who) => self.who(who),
            Term::Some(count, who) => format!("{count} of {}", self.who(who)),
            Term::All(who) => format!("all of {}", self.who(who)),
        }
    }

    pub(crate) fn who(&self, who: &Who) -> String {
        match who {
            Who::Owner => "owner".to_owned(),
            Who::Requester => "requester".to_owned(),
            Who::Group(name) => self.group(name).to_owned(),
            Who::Address(Expr::Const(Value::Text(address))) => address.to_string(),
            Who::Address(expr) => self.expr(expr),
        }
    }

    /// A group as it is called in its file, unless two files have one of that name.
    fn group<'n>(&self, name: &'n str) -> &'n str {
        let own = |name: &'n str| name.rsplit_once('#').map_or(name, |(_, own)| own);
        let called = own(name);
        let same = self.plan.groups.iter().filter(|group| group.name.rsplit('#').next() == Some(called)).count();
        if same > 1 { name } else { called }
    }

    /// `within 2 days, then reject`
    pub(super) fn deadline(&self, deadline: &Deadline) -> String {
        let then = match &deadline.then {
            Lapse::Reject => "reject".to_owned(),
            Lapse::Fail(_) => "fail".to_owned(),
            Lapse::Approve => "approve".to_owned(),
            Lapse::Escalate { to, deadline } => format!("escalate to {} {}", self.approvers(to), self.deadline(deadline)),
        };
        format!("within {}, then {then}", period(deadline.after))
    }

    /// `wait 2 hours`
    pub(super) fn wait(&self, wait: &Wait) -> String {
        match wait {
            Wait::Period(after) => format!("wait {}", period(*after)),
            Wait::Span(span) => format!("wait {}", self.expr(span)),
            Wait::Until(time) => format!("wait until {}", self.expr(time)),
        }
    }

    /// `repeat every 10 seconds until c within 1 hour`
    pub(super) fn repeat(&self, repeat: &Repeat) -> String {
        format!("repeat every {} until {} within {}", span(repeat.every), self.expr(&repeat.until), span(repeat.within))
    }
}

/// `name: value`, or the name alone where they are the same.
pub(super) fn named(name: &str, value: &str) -> String {
    if name == value { name.to_owned() } else { format!("{name}: {value}") }
}

/// The type of a list's items.
pub(crate) fn item_of(ty: Type) -> Option<Type> {
    match ty {
        Type::List(item) => Some(*item),
        Type::Optional(of) => item_of(*of),
        _ => None,
    }
}

/// A text as it is written in a file.
fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    escape(text, &mut written);
    written.push('"');
    written
}

fn escape(text: &str, written: &mut String) {
    for character in text.chars() {
        match character {
            '"' | '\\' | '{' => written.extend(['\\', character]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            character if character.is_control() => {
                let _ = write!(written, "\\u{{{:x}}}", u32::from(character));
            }
            character => written.push(character),
        }
    }
}

/// The type of a value that is there.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Optional(of) => bare(of),
        other => other,
    }
}

/// `retry 3 times every 5 minutes doubling`
pub(super) fn retry(retry: Retry) -> String {
    let doubling = if retry.doubling { " doubling" } else { "" };
    format!("retry {} every {}{doubling}", plural(i64::from(retry.times), "time"), span(retry.every))
}

/// `2 business days`
pub(crate) fn period(period: Period) -> String {
    match period {
        Period::Exact(duration) => span(duration),
        Period::BusinessDays(days) => plural(i64::from(days), "business day"),
    }
}

/// A duration in its largest whole unit.
pub(super) fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_nanos() != 0 {
        return duration.to_string();
    }
    let units = [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
    match units.iter().find(|(size, _)| seconds != 0 && seconds % size == 0) {
        Some((size, unit)) => plural(seconds / size, unit),
        None => plural(seconds, "second"),
    }
}

fn plural(count: i64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
