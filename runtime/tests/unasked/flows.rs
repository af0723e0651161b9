//! Makes whole flows: gates, branches, loops, steps and values before calls with a duty. The condition of a gate is mostly the duty's with
//! the call's arguments put in, changed a little, so that many calls are truly covered and others miss it narrowly.

mod handlers;

use std::fmt::{Display, Write as _};

use super::make::Choices;
use super::mix::Mix;
use super::terms::{Arguments, Cond, Kind, Term};

const PARAMETERS: &str = "amount: number, fee: number, price: money, tax: money, due: date, start: date, opened: time, closed: time, \
                          patience: duration, grace: duration, risk: Risk, country: text, note: text?, limit: number?, is_new: bool, \
                          urgent: bool, lines: [Line]";

const HEADER: &str = "enum Risk { low medium high }
record Line { amount: number, price: money, country: text, risk: Risk, urgent: bool, limit: number? }
group finance { \"ana@acme.example\" \"bo@acme.example\" \"cy@acme.example\" }
group legal { \"lee@acme.example\" }

read action look(id: text) -> number { exec \"look\" [\"{id}\"] }
read action find(id: text) -> money { exec \"find\" [\"{id}\"] }
action book(id: text) -> number { exec \"book\" [\"{id}\"] }
";

/// A flow, as its author would write it.
pub(crate) fn flow(choices: &mut Choices) -> String {
    let (duty, follows) = if choices.often(15) {
        let (duty, follows) = choices.linked();
        (Mix::Plain(duty), Some(Mix::Plain(follows)))
    } else {
        (Mix::made(choices, 1), None)
    };
    let by =
        choices.one(&["", "", "", "", "by finance", "by 2 of finance", "by owner", "by finance except requester", "by finance and legal"]);
    let when = if choices.often(10) { String::new() } else { format!("when {duty}") };
    let result = if choices.often(20) { "-> number " } else { "" };
    let mut maker =
        Maker { choices, duty, follows, always: when.is_empty(), by, body: String::new(), names: 0, named: false, child: false };
    let scope = Scope::default();
    let pairs = 1 + maker.choices.below(2);
    for _ in 0..pairs {
        maker.filler(&mut scope.clone(), 1);
        maker.guarded(scope.clone(), 1);
    }
    if maker.choices.often(60) {
        maker.handlers();
    }
    let Maker { body, child, .. } = maker;
    let child = if child {
        "\nworkflow child(id: text) -> number {\n  owner \"boss@acme.example\"\n  step found = look(id)\n  return found\n}\n"
    } else {
        ""
    };
    format!(
        "{HEADER}irreversible action act({PARAMETERS}) {result}only after approval {by} {when} {{ exec \"act\" [] }}\n{child}\nworkflow \
         w({PARAMETERS}) {{\n  owner \"boss@acme.example\"\n{body}}}\n"
    )
}

/// What the names of the parameters stand for where one stands.
#[derive(Clone, Default)]
struct Scope {
    known: Arguments,
    in_loop: bool,
    in_parallel: bool,
    in_handler: bool,
}

impl Scope {
    /// Whether `return` may stand here.
    const fn may_return(&self) -> bool {
        !self.in_loop && !self.in_parallel && !self.in_handler
    }

    fn is(&mut self, name: &'static str, term: Term) {
        self.known.terms.retain(|(own, _)| *own != name);
        self.known.terms.push((name, term));
    }

    /// In a loop the call is about the line.
    fn of_line(&self, line: &'static str, choices: &mut Choices) -> Self {
        let mut scope = self.clone();
        let fields = [(Kind::Number, "amount"), (Kind::Money, "price"), (Kind::Text, "country"), (Kind::Risk, "risk")];
        for (kind, name) in fields {
            if choices.often(60) {
                scope.is(name, Term::Name(kind, leaked(format!("{line}.{name}"))));
            }
        }
        if choices.often(50) {
            scope.known.conditions.push(("is_new", Cond::Name(leaked(format!("{line}.urgent")))));
        }
        scope
    }
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

struct Maker<'c> {
    choices: &'c mut Choices,
    duty: Mix,
    /// What mostly follows from it.
    follows: Option<Mix>,
    /// Whether the duty has no condition.
    always: bool,
    by: &'static str,
    body: String,
    names: u32,
    /// Whether parts of a condition were named.
    named: bool,
    child: bool,
}

impl Maker<'_> {
    fn name(&mut self, of: &str) -> &'static str {
        self.names += 1;
        leaked(format!("{of}{}", self.names))
    }

    fn line(&mut self, text: impl Display) {
        writeln!(self.body, "  {text}").unwrap();
    }

    fn condition(&mut self, scope: &Scope) -> Mix {
        Mix::made(self.choices, 0).with(&scope.known)
    }

    /// Statements that do something else.
    fn filler(&mut self, scope: &mut Scope, deep: u32) {
        for _ in 0..self.choices.below(3) {
            match self.choices.below(10) {
                0 | 1 => {
                    let name = self.name("value");
                    let (own, kind) = self.choices.one(&[("fee", Kind::Number), ("amount", Kind::Number), ("tax", Kind::Money)]);
                    let term = self.choices.term(kind, 2).with(&scope.known);
                    self.line(format_args!("let {name} = {term}"));
                    scope.is(own, Term::Name(kind, name));
                }
                2 => {
                    let name = self.name("found");
                    self.line(format_args!("step {name} = look(id: country)"));
                    scope.is("fee", Term::Name(Kind::Number, name));
                }
                3 => {
                    let (name, value) = (self.name("maybe"), self.name("value"));
                    self.line(format_args!("try step {name} = find(id: country)"));
                    self.line(format_args!("let {value} = {name} otherwise price"));
                    scope.is("tax", Term::Name(Kind::Money, value));
                }
                4 => {
                    let condition = self.condition(scope);
                    let end = if scope.may_return() && self.choices.often(50) { "return" } else { "fail \"no\"" };
                    self.line(format_args!("if {condition} {{ {end} }}"));
                }
                5 => self.gate_of_any(scope),
                6 if deep > 0 => {
                    let condition = self.condition(scope);
                    self.line(format_args!("if {condition} {{"));
                    self.filler(&mut scope.clone(), deep - 1);
                    self.line("} else {");
                    self.filler(&mut scope.clone(), deep - 1);
                    self.line("}");
                }
                7 => {
                    self.child = true;
                    let name = self.name("of_child");
                    self.line(format_args!("step {name} = child(id: country)"));
                    scope.is("amount", Term::Name(Kind::Number, name));
                }
                8 => {
                    let name = self.name("one_of");
                    let which = self.choices.one(&[
                        "min(line.amount for line in lines)",
                        "max(line.amount for line in lines if line.urgent)",
                        "first([line.amount for line in lines])",
                        "limit otherwise last([line.amount for line in lines])",
                    ]);
                    self.line(format_args!("let {name} = {which}"));
                    scope.is("limit", Term::Name(Kind::Number, name));
                }
                _ => self.line("step book(id: country)"),
            }
        }
    }

    /// A gate about something else, which may ask for a value.
    fn gate_of_any(&mut self, scope: &mut Scope) {
        let (name, by) = (self.name("gate"), self.by);
        if self.choices.often(50) {
            let condition = self.condition(scope);
            self.line(format_args!("require approval as {name} {by} when {condition} within 2 days"));
            return;
        }
        self.line(format_args!("require approval as {name} {by} within 2 days {{ ask entered: number = fee }}"));
        scope.is(self.choices_number(), Term::Name(Kind::Number, leaked(format!("{name}.entered"))));
    }

    fn choices_number(&mut self) -> &'static str {
        self.choices.one(&["fee", "amount"])
    }

    fn who(&mut self) -> &'static str {
        if self.choices.often(80) {
            return self.by;
        }
        // Of two one is not the requester, which the proof does not see: its example then shows nothing.
        let two = if self.by.contains("except") { "by finance" } else { "by 2 of finance" };
        self.choices.one(&["", "by finance", two, "by all of finance", "by finance except requester", "by legal", "by finance and legal"])
    }

    fn due(&mut self) -> &'static str {
        if self.choices.often(88) {
            return "within 2 days";
        }
        self.choices.one(&[
            "within 1 day, then escalate to \"cfo@acme.example\" within 1 day",
            "within 1 day, then escalate to finance within 1 day, then reject",
            "within 1 day, then fail",
        ])
    }

    fn gate(&mut self, when: Option<&Mix>) -> String {
        let (who, due) = (self.who(), self.due());
        match when {
            Some(when) if self.choices.often(15) => {
                let other = self.condition(&Scope::default());
                let by = if who.is_empty() { "by owner" } else { who };
                let last = self.choices.one(&["nobody", "by owner", "by legal"]);
                if self.choices.often(50) {
                    format!("require approval {due} {{ when {} nobody otherwise {by} }}", when.clone().negated())
                } else {
                    format!("require approval {due} {{ when {when} {by} when {other} by legal otherwise {last} }}")
                }
            }
            Some(when) => format!("require approval {who} when {when} {due}"),
            None => format!("require approval {who} {due}"),
        }
    }

    /// What the call is given, and where somebody should be asked then.
    fn call(&mut self, scope: &Scope) -> (String, Option<Mix>) {
        let own = self.choices.arguments();
        let mut given = Arguments::default();
        given.terms.extend(own.terms.iter().map(|(name, term)| (*name, term.with(&scope.known))));
        given.conditions.extend(own.conditions.iter().map(|(name, condition)| (*name, condition.with(&scope.known))));
        let is_own = |name: &str| own.terms.iter().any(|(own, _)| *own == name) || own.conditions.iter().any(|(own, _)| *own == name);
        given.terms.extend(scope.known.terms.iter().filter(|(name, _)| !is_own(name)).cloned());
        given.conditions.extend(scope.known.conditions.iter().filter(|(name, _)| !is_own(name)).cloned());
        let written: Vec<String> = PARAMETERS
            .split(", ")
            .map(|parameter| {
                let (name, _) = parameter.split_once(": ").unwrap();
                let term = given.terms.iter().find(|(own, _)| *own == name).map(|(_, term)| term.to_string());
                let condition = given.conditions.iter().find(|(own, _)| *own == name).map(|(_, condition)| condition.to_string());
                term.or(condition).map_or_else(|| name.to_owned(), |value| format!("{name}: {value}"))
            })
            .collect();
        let applies = match &self.follows {
            Some(follows) if self.choices.often(80) => follows.with(&given),
            _ => self.duty.with(&given).near(self.choices),
        };
        (format!("act({})", written.join(", ")), (!self.always).then_some(applies))
    }

    /// The same with parts of it named by `let`.
    fn with_names(&mut self, when: Mix) -> Mix {
        let Mix::Plain(condition) = when else { return when };
        if std::mem::replace(&mut self.named, true) {
            return Mix::Plain(condition);
        }
        let mut lets = Vec::new();
        let condition = self.choices.named(condition, &mut lets);
        for named in &lets {
            match named {
                Cond::Let(name, value) => self.line(format_args!("let {name} = {value}")),
                Cond::Compare(_, Term::Let(name, value), _) => self.line(format_args!("let {name} = {value}")),
                other => unreachable!("{other} names nothing"),
            }
        }
        Mix::Plain(condition)
    }

    /// A call with a duty and what is before it.
    fn guarded(&mut self, mut scope: Scope, deep: u32) {
        let (call, when) = self.call(&scope);
        let step = format!("step {call}");
        match (self.choices.below(13), when.clone()) {
            (0, Some(when)) => {
                let split = self.condition(&scope);
                let other = split.changed(self.choices, false).negated();
                let (one, other) = (self.gate(Some(&when.clone().and(split))), self.gate(Some(&when.and(other))));
                self.line(one);
                self.line(other);
                self.line(step);
            }
            (1, Some(when)) => {
                let end = if scope.may_return() { self.choices.one(&["return", "fail"]) } else { "fail" };
                self.line(format_args!("if {when} {{ {end} }}"));
                self.line(step);
            }
            (2, Some(when)) => {
                let around = self.condition(&scope);
                let gate = self.gate(Some(&when));
                let rest = self.gate(None);
                self.line(format_args!("if {around} {{ {gate} }} else {{ {rest} }}"));
                self.line(step);
            }
            (3, Some(when)) => {
                let gate = self.gate(None);
                self.line(format_args!("if {when} {{ {gate} }}"));
                self.filler(&mut scope, 0);
                self.line(step);
            }
            (4, Some(when)) => {
                let around = self.condition(&scope);
                let gate = self.gate(Some(&when.and(around.clone())));
                self.line(gate);
                self.line(format_args!("if {around} {{ {step} }}"));
            }
            (5 | 6, _) if !scope.in_loop && !scope.in_parallel => self.of_lines(scope, deep),
            (7, when) => {
                let gate = self.gate(when.as_ref());
                let high = self.gate(None);
                self.line(gate);
                self.line(format_args!("match risk {{ high {{ {high} {step} }} low, medium {{ {step} }} }}"));
            }
            (8, when) if !scope.in_parallel => {
                let gate = self.gate(when.as_ref());
                if self.choices.often(60) {
                    self.line(gate);
                    self.line(format_args!("parallel {{ branch {{ {step} }} branch {{ step book(id: country) }} }}"));
                } else {
                    self.line(format_args!("parallel {{ branch {{ {gate} }} branch {{ step book(id: country) }} }}"));
                    self.line(step);
                }
            }
            // Nothing that a handler does is undone.
            (9, when) if !scope.in_handler => {
                let gate = self.gate(when.as_ref());
                self.line(gate);
                self.line(format_args!("step book(id: country) {{ undo {call} }}"));
                self.line("fail \"late\"");
            }
            (_, when) => {
                let when = when.map(|when| self.with_names(when));
                let gate = self.gate(when.as_ref());
                self.line(gate);
                self.filler(&mut scope, deep);
                self.line(step);
            }
        }
    }

    /// The call for each line, and a gate before all of them or one for each.
    fn of_lines(&mut self, scope: Scope, deep: u32) {
        if self.choices.often(40) {
            let mut inside = scope.of_line("line", self.choices);
            inside.in_loop = true;
            self.line("for each line in lines {");
            self.filler(&mut inside.clone(), 0);
            self.guarded(inside, deep.saturating_sub(1));
            self.line("}");
            return;
        }
        // The same choices for both names of a line.
        let seed = self.choices.next();
        let [line, item] = ["line", "item"].map(|name| scope.of_line(name, &mut Choices::new(seed)));
        let own = self.choices.next();
        let mut made = [line, item].map(|mut scope| {
            scope.in_loop = true;
            let mut choices = Choices::new(own);
            let mut maker = Maker {
                choices: &mut choices,
                duty: self.duty.clone(),
                follows: self.follows.clone(),
                always: self.always,
                by: self.by,
                body: String::new(),
                names: 0,
                named: true,
                child: false,
            };
            maker.call(&scope)
        });
        let (call, _) = std::mem::take(&mut made[0]);
        let (_, near) = std::mem::take(&mut made[1]);
        let when = near.map(|near| {
            if self.choices.often(85) { Mix::Lines(true, Box::new(near)) } else { Mix::Lines(false, Box::new(near.negated())).negated() }
        });
        let gate = self.gate(when.as_ref());
        self.line(gate);
        self.line(format_args!("for each line in lines {{ step {call} }}"));
    }
}
