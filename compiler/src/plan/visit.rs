//! Going through what a node or an implementation holds: its expressions and the slots that it fills. The one list of both.

use std::collections::BTreeSet;

use super::{Approvers, Call, Deadline, Duty, Expr, Gate, GuardArgument, Implementation, Lapse, NodeKind, Show, Term, TextPart, Wait, Who};

impl NodeKind {
    /// Calls `f` with each expression of the node; not with what is in them.
    pub fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        match self {
            Self::Let { value, .. } => f(value),
            Self::Call(call) => call.for_each_expr_mut(f),
            Self::Gate(gate) => gate.for_each_expr_mut(f),
            Self::Branch { conditions, .. } => conditions.iter_mut().for_each(f),
            Self::Parallel { .. } | Self::Join { .. } => {}
            Self::ForEach(each) => {
                f(&mut each.list);
                each.give.iter_mut().for_each(f);
            }
            Self::Wait(Wait::Span(value) | Wait::Until(value)) => f(value),
            Self::Wait(Wait::Period(_)) => {}
            Self::Return(value) | Self::Fail(value) => value.iter_mut().for_each(f),
        }
    }

    /// Calls `f` with everybody that the node names.
    pub fn for_each_who(&self, f: &mut dyn FnMut(&Who)) {
        let Self::Gate(gate) = self else { return };
        let mut of = |approvers: &Approvers| {
            let terms = approvers.stages.iter().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who);
            terms.chain(&approvers.except).for_each(&mut *f);
        };
        gate.bands.iter().filter_map(|band| band.by.as_ref()).for_each(&mut of);
        let mut due = gate.deadline.as_ref();
        while let Some(Deadline { then: Lapse::Escalate { to, deadline }, .. }) = due {
            of(to);
            due = Some(deadline);
        }
    }

    /// Calls `f` with each slot that the node fills.
    pub fn for_each_slot_mut(&mut self, f: &mut dyn FnMut(&mut u32)) {
        match self {
            Self::Let { slot, .. } => f(slot),
            Self::Call(call) => call.slot.iter_mut().for_each(f),
            Self::Gate(gate) => {
                let slots = &mut gate.slots;
                [&mut slots.by, &mut slots.at, &mut slots.comment].into_iter().flatten().for_each(&mut *f);
                gate.asks.iter_mut().for_each(|ask| f(&mut ask.slot));
            }
            Self::ForEach(each) => each.slot.iter_mut().for_each(f),
            Self::Branch { .. } | Self::Parallel { .. } | Self::Join { .. } | Self::Wait(_) | Self::Return(_) | Self::Fail(_) => {}
        }
    }
}

impl Call {
    fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.arguments.iter_mut().for_each(&mut *f);
        self.repeat.iter_mut().for_each(|repeat| f(&mut repeat.until));
        self.undo.iter_mut().flat_map(|undo| &mut undo.arguments).for_each(f);
    }
}

impl Gate {
    fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        for band in &mut self.bands {
            band.when.iter_mut().for_each(&mut *f);
            shows(&mut band.sees, f);
            band.by.iter_mut().for_each(|by| approvers(by, f));
        }
        f(&mut self.title);
        shows(&mut self.shows, f);
        self.deadline.iter_mut().for_each(|due| deadline(due, f));
        self.asks.iter_mut().flat_map(|ask| &mut ask.default).for_each(&mut *f);
        for argument in self.guards.iter_mut().flat_map(|guard| guard.arguments.iter_mut().chain(&mut guard.undo)) {
            if let GuardArgument::Known(value) | GuardArgument::Asked(value) | GuardArgument::Each(value) = argument {
                f(value);
            }
        }
    }
}

impl Duty {
    /// Calls `f` with each expression of the duty; not with what is in them.
    pub fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.by.iter_mut().for_each(|by| approvers(by, f));
        self.when.iter_mut().for_each(f);
    }

    /// Calls `f` with everybody that the duty names.
    pub fn for_each_who(&self, f: &mut dyn FnMut(&Who)) {
        let Some(by) = &self.by else { return };
        let terms = by.stages.iter().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who);
        terms.chain(&by.except).for_each(f);
    }
}

impl Implementation {
    /// Calls `f` with each expression of it; not with what is in them.
    pub fn for_each_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Log | Self::Notify | Self::Workflow(_) => {}
            Self::Http(http) => {
                values(&http.url).chain(http.headers.iter().map(|(_, value)| value)).for_each(&mut *f);
                http.query.iter().map(|(_, value, _)| value).chain(http.body.iter().map(|body| &body.value)).for_each(&mut *f);
                http.ok_when.iter().chain(&http.not_done_when).chain(http.result.iter().map(|(value, _)| value)).for_each(f);
            }
            Self::Exec(exec) => {
                exec.arguments.iter().map(|(value, _)| value).chain(exec.stdin.iter().map(|body| &body.value)).for_each(&mut *f);
                exec.cwd.iter().chain(exec.env.iter().map(|(_, value)| value)).for_each(&mut *f);
                exec.ok_when.iter().chain(&exec.not_done_when).chain(exec.result.iter().map(|(value, _)| value)).for_each(f);
            }
            Self::Sql(sql) => values(&sql.connection).chain(values(&sql.statement)).for_each(f),
            Self::Email(email) => [&email.to.0, &email.subject, &email.body].into_iter().chain(&email.attach).for_each(f),
            Self::Model(model) => values(&model.name).chain([&model.prompt]).chain(&model.temperature).for_each(f),
        }
    }

    /// The slots of the action's frame that it uses, in their order: its parameters, and parts of the answer.
    #[must_use]
    pub fn slots(&self) -> BTreeSet<u32> {
        let (mut open, mut found) = (Vec::new(), BTreeSet::new());
        self.for_each_expr(&mut |expr| open.push(expr));
        while let Some(expr) = open.pop() {
            if let Expr::Slot { index, .. } = expr {
                found.insert(*index);
            }
            expr.for_each_child(&mut |child| open.push(child));
        }
        found
    }
}

fn values(parts: &[TextPart]) -> impl Iterator<Item = &Expr> {
    parts.iter().filter_map(|part| match part {
        TextPart::Value(value, _) => Some(value),
        TextPart::Text(_) => None,
    })
}

fn shows(shows: &mut [Show], f: &mut dyn FnMut(&mut Expr)) {
    shows.iter_mut().for_each(|show| f(&mut show.value));
}

fn approvers(of: &mut Approvers, f: &mut dyn FnMut(&mut Expr)) {
    let terms = of.stages.iter_mut().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who);
    terms.chain(&mut of.except).for_each(|who| {
        if let Who::Address(address) = who {
            f(address);
        }
    });
}

fn deadline(due: &mut Deadline, f: &mut dyn FnMut(&mut Expr)) {
    match &mut due.then {
        Lapse::Reject | Lapse::Approve => {}
        Lapse::Fail(why) => why.iter_mut().for_each(f),
        Lapse::Escalate { to, deadline: next } => {
            approvers(to, f);
            deadline(next, f);
        }
    }
}
