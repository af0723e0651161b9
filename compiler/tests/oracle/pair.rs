//! A duty and the gates before its call: as a flow, and as a question to Z3.

use std::fmt::Write as _;

use super::make::Choices;
use super::smt::Query;
use super::terms::{Arguments, Cond, Term};

const PARAMETERS: &str = "amount: number, fee: number, price: money, tax: money, due: date, start: date, opened: time, closed: time, \
                          patience: duration, grace: duration, risk: Risk, country: text, note: text?, limit: number?, is_new: bool, \
                          urgent: bool";

/// A gate.
enum Gate {
    When(Cond),
    /// Conditions and whether somebody is asked, and whether otherwise somebody is.
    Bands(Vec<(Cond, bool)>, bool),
}

/// One flow.
pub(crate) struct Pair {
    duty: Cond,
    arguments: Arguments,
    lets: Vec<Cond>,
    /// Where it ends before the gates.
    ends: Option<Cond>,
    /// Around the first gate.
    around_gate: Option<Cond>,
    gates: Vec<Gate>,
    around_call: Option<Cond>,
}

impl Pair {
    pub(crate) fn made(choices: &mut Choices) -> Self {
        let depth = u32::try_from(choices.below(4)).unwrap();
        let (duty, follows) = if choices.often(25) {
            let (duty, follows) = choices.linked();
            (duty, Some(follows))
        } else {
            (choices.condition(depth), None)
        };
        let arguments = choices.arguments();
        let applies = duty.with(&arguments);
        let mut pair = Self { duty, arguments, lets: Vec::new(), ends: None, around_gate: None, gates: Vec::new(), around_call: None };
        let gate = match follows {
            Some(follows) if choices.often(60) => follows.with(&pair.arguments),
            Some(follows) => choices.rewritten(&follows.with(&pair.arguments)),
            None => Self::asked(choices, &applies),
        };
        match choices.below(10) {
            0 => {
                let around = choices.condition(1);
                pair.gates.push(Gate::When(gate.and(choices.changed(&around, true))));
                pair.around_call = Some(around);
            }
            1 => {
                let ends = choices.condition(1);
                pair.gates.push(Gate::When(gate.and(choices.changed(&ends, false).negated())));
                pair.ends = Some(ends);
            }
            2 => {
                pair.around_gate = Some(choices.changed(&applies, true));
                pair.gates.push(Gate::When(gate));
            }
            3 => {
                let split = choices.small();
                pair.gates.push(Gate::When(gate.clone().and(split.clone())));
                pair.gates.push(Gate::When(gate.and(choices.changed(&split, false).negated())));
            }
            4 => {
                let nobody = choices.changed(&gate, true).negated();
                pair.gates.push(Gate::Bands(vec![(nobody, false)], true));
            }
            5 => {
                let (further, asks, otherwise) = (choices.condition(1), choices.often(60), choices.often(60));
                pair.gates.push(Gate::Bands(vec![(gate, true), (further, asks)], otherwise));
            }
            _ => pair.gates.push(Gate::When(gate)),
        }
        if choices.often(20) {
            let mut lets = Vec::new();
            for gate in &mut pair.gates {
                if let Gate::When(when) = gate {
                    *when = choices.named(when.clone(), &mut lets);
                }
            }
            pair.lets = lets;
        }
        pair
    }

    /// A condition near the duty's.
    fn asked(choices: &mut Choices, applies: &Cond) -> Cond {
        let mut asked = applies.clone();
        for _ in 0..=choices.below(4) {
            asked = match choices.below(10) {
                0..=4 => choices.changed(&asked, false),
                5..=7 => choices.rewritten(&asked),
                _ => choices.changed(&asked, true),
            };
        }
        asked
    }

    pub(crate) fn flow(&self) -> String {
        let mut flow = format!(
            "enum Risk {{ low medium high }}\nirreversible action act({PARAMETERS})\n  only after approval when {}\n{{\n  exec \"act\" []\n}}\n\n\
             workflow w({PARAMETERS}) {{\n  owner \"ana@acme.example\"\n",
            self.duty
        );
        for named in &self.lets {
            let (name, value) = match named {
                Cond::Let(name, value) => (name, value.to_string()),
                Cond::Compare(_, Term::Let(name, value), _) => (name, value.to_string()),
                other => unreachable!("{other} names nothing"),
            };
            writeln!(flow, "  let {name} = {value}").unwrap();
        }
        if let Some(ends) = &self.ends {
            writeln!(flow, "  if {ends} {{ return }}").unwrap();
        }
        for (number, gate) in self.gates.iter().enumerate() {
            let around = self.around_gate.as_ref().filter(|_| number == 0);
            let text = match gate {
                Gate::When(when) => format!("require approval when {when} within 2 days"),
                Gate::Bands(bands, otherwise) => {
                    let who = |asks: bool| if asks { "by owner" } else { "nobody" };
                    let bands = bands.iter().fold(String::new(), |text, (when, asks)| format!("{text} when {when} {}", who(*asks)));
                    format!("require approval within 2 days {{ {bands} otherwise {} }}", who(*otherwise))
                }
            };
            match around {
                Some(around) => writeln!(flow, "  if {around} {{ {text} }}").unwrap(),
                None => writeln!(flow, "  {text}").unwrap(),
            }
        }
        let call = format!("step act({})", self.given());
        match &self.around_call {
            Some(around) => writeln!(flow, "  if {around} {{ {call} }}\n}}").unwrap(),
            None => writeln!(flow, "  {call}\n}}").unwrap(),
        }
        flow
    }

    fn given(&self) -> String {
        let mut given = Vec::new();
        for parameter in PARAMETERS.split(", ") {
            let (name, _) = parameter.split_once(": ").unwrap();
            let term = self.arguments.terms.iter().find(|(own, _)| *own == name).map(|(_, term)| term.to_string());
            let condition = self.arguments.conditions.iter().find(|(own, _)| *own == name).map(|(_, condition)| condition.to_string());
            given.push(term.or(condition).map_or_else(|| name.to_owned(), |value| format!("{name}: {value}")));
        }
        given.join(", ")
    }

    /// Declarations and assertions: satisfiable where the call can run with the duty applying and nobody asked.
    pub(crate) fn question(&self) -> String {
        let mut query = Query::default();
        let mut facts = Vec::new();
        for (_, argument) in &self.arguments.terms {
            let own = query.truth(&Cond::Compare(super::terms::Order::Same, argument.clone(), argument.clone()));
            facts.push(own.can);
        }
        for (_, argument) in &self.arguments.conditions {
            facts.push(query.truth(argument).can);
        }
        let applies = query.truth(&self.duty.with(&self.arguments));
        facts.push(format!("(not {})", applies.fails()));
        if let Some(ends) = &self.ends {
            facts.push(query.truth(ends).fails());
        }
        if let Some(around) = &self.around_call {
            facts.push(query.truth(around).holds());
        }
        for (number, gate) in self.gates.iter().enumerate() {
            let unasked = unasked(&mut query, gate);
            match self.around_gate.as_ref().filter(|_| number == 0) {
                Some(around) => {
                    let around = query.truth(around);
                    facts.push(format!("(or {} (and {} {unasked}))", around.fails(), around.holds()));
                }
                None => facts.push(unasked),
            }
        }
        let mut text = query.declarations();
        for fact in facts {
            write!(text, "(assert {fact})").unwrap();
        }
        text
    }
}

fn unasked(query: &mut Query, gate: &Gate) -> String {
    match gate {
        Gate::When(when) => query.truth(when).fails(),
        Gate::Bands(bands, otherwise) => {
            // From the last to the first. A band that cannot be told asks everybody.
            let mut unasked = if *otherwise { "false".to_owned() } else { "true".to_owned() };
            for (when, asks) in bands.iter().rev() {
                let truth = query.truth(when);
                let here = if *asks { "false".to_owned() } else { truth.holds() };
                unasked = format!("(or {here} (and {} {unasked}))", truth.fails());
            }
            unasked
        }
    }
}
