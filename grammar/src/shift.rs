//! A tree, or a part of one, at another place of its text: what stands before it grew or shrank.
//!
//! Each node says of which parts it is made, so that none can be forgotten: the compiler misses it.

use smol_str::SmolStr;

use crate::Span;
use crate::ast::*;

/// What has places.
pub(crate) trait Shift {
    /// Moves all places by so many bytes; back by as many less than 2^32.
    fn shift(&mut self, by: u32);
}

impl Shift for Span {
    fn shift(&mut self, by: u32) {
        self.start = self.start.wrapping_add(by);
        self.end = self.end.wrapping_add(by);
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: u32) {
        (**self).shift(by);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: u32) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

/// Without places.
macro_rules! placeless {
    ($($ty:ident)*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, _: u32) {}
        })*
    };
}

/// All fields of a struct.
macro_rules! fields {
    ($($ty:ident { $($field:ident),* })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: u32) {
                let Self { $($field),* } = self;
                $($field.shift(by);)*
            }
        })*
    };
}

/// All parts of each variant of an enum.
macro_rules! variants {
    ($($ty:ident { $($variant:ident $(($($part:ident),*))? $({ $($field:ident),* })?;)* })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: u32) {
                match self {
                    $(Self::$variant $(($($part),*))? $({ $($field),* })? => {
                        $($($part.shift(by);)*)?
                        $($($field.shift(by);)*)?
                    })*
                }
            }
        })*
    };
}

placeless! { SmolStr String bool u32 Effect UnaryOperator BinaryOperator ReasonWhen }

fields! {
    Ident { name, span }
    Path { module, name }
    Broken { names, span }
    Use { path, path_span, alias, span }
    Record { doc, name, fields, span }
    Field { doc, name, ty, from, span }
    Enum { doc, name, members, span }
    Group { doc, name, members, span }
    Type { kind, span }
    Parameter { name, ty, default, span }
    Action { doc, effect, name, parameters, result, duties, implementation, preview, head, span }
    Duty { by, when, span }
    Implementation { kind, clauses, span }
    Clause { kind, keyword, span }
    Policy { name, rules, span }
    PolicyRule { target, duty, span }
    Workflow { doc, name, parameters, result, settings, body, handlers, head, span }
    Setting { kind, span }
    Handler { event, body, span }
    Block { statements, span }
    Statement { doc, kind, span }
    ForEach { item, list, at_most, body }
    Step { attempt, name, call, clauses }
    Call { target, arguments, span }
    StepClause { kind, span }
    Gate { name, clauses, head }
    GateClause { kind, span }
    Show { value, style, label, span }
    Deadline { after, then, span }
    Approvers { stages, except, span }
    Expr { kind, span }
    For { body, item, list, filter }
    FieldInit { name, value }
    Template { parts, span }
    Test { name, statements, span }
    TestStatement { kind, span }
}

variants! {
    Declaration { Use(a); Record(a); Enum(a); Group(a); Action(a); Policy(a); Workflow(a); Test(a); Broken(a); }
    TypeKind { Name(a); List(a); Optional(a); }
    ImplementationKind {
        Http { method, url }; Exec { program, arguments }; Sql { connection, statement }; Email; Model { name };
        Unknown(a);
    }
    ClauseKind {
        Timeout(a); Header(a, b); Query(a, b); Body(a); Stdin(a); Cwd(a); Env(a); OkWhen(a); NotDoneWhen(a); Result(a);
        To(a); Subject(a); Attach(a); Prompt(a); Temperature(a); Unknown(a);
    }
    PolicyTarget { Action(a); AnyAction; AnyIrreversible; }
    SettingKind { Owner(a); OncePer(a); OneAtATimePer(a); StartsBy(a); SeenBy(a); OnSchedule { cron, zone }; OnWebhook(a); }
    StatementKind {
        Step(a); Let { name, value }; Gate(a); If { arms, otherwise }; Match { subject, arms, otherwise }; ForEach(a);
        Parallel(a); WaitFor(a); WaitUntil(a); Return(a); Fail(a); Give(a); Broken(a);
    }
    LetValue { Expr(a); ForEach(a); }
    StepClauseKind {
        Retry { times, every, doubling }; Timeout(a); Repeat { every, until, within }; Undo(a); WithoutApproval(a);
    }
    GateClauseKind {
        By(a); When(a); Band { when, by }; Within(a); Title(a); Show(a); Remind(a); Ask { name, ty, default, label };
        ReasonRequired(a); SendBack;
    }
    Lapse { Reject(a); Fail(a, b); Approve(a); Escalate { to, within, span }; }
    ApproverTerm { AnyOf(a); Some { count, of }; All(a); }
    ExprKind {
        Number(a); Money { amount, currency }; Duration { amount, unit, business }; Date(a); Time(a); Text(a); Regex(a);
        Bool(a); None; List(a); Record(a); ListFor(a); Name(a); Field { of, name }; Index { of, index };
        Call { function, arguments }; CallFor { function, subject, body }; Unary { operator, operator_span, operand };
        Binary { operator, operator_span, left, right }; Is { operand, present }; As { operand, ty };
        If { condition, then, otherwise }; Broken;
    }
    TemplatePart { Text(a); Expr(a); }
    TestStatementKind {
        Stub { target, answer }; Run { call, by }; Decide { answer, by, comment, values }; Advance(a);
        ExpectStatus { status, waiting_for, with }; ExpectShows(a); ExpectCalled { target, times, with }; Broken(a);
    }
    StubAnswer { Returns(a); Fails(a); Unknown; }
}
