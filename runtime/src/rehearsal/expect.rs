//! What a test expects of its run.

use flow_compiler::plan::test::{ExpectedStatus, Named, means};
use flow_compiler::plan::{Action, Gate, Plan, Type, Who};
use flow_compiler::value::Value;

use super::live::{Called, Live};
use super::stage::Stage;
use super::{Problem, words};
use crate::machine::event::{End, Principal, Question, Shown};

/// No more calls than these are listed in a failure.
const MOST_LISTED: usize = 5;

impl Stage<'_> {
    pub(super) fn expect_status(&mut self, expected: &ExpectedStatus) -> Result<(), Box<Problem>> {
        match expected {
            ExpectedStatus::Waiting(who) => self.waiting(who.as_ref()),
            ExpectedStatus::InDoubt if self.doubts().next().is_some() => Ok(()),
            ExpectedStatus::InDoubt => Err(self.other("to be in doubt")?),
            ExpectedStatus::Completed(with) => {
                let Some(End::Completed(result)) = self.end()? else {
                    let wanted = match with {
                        None => "to complete".to_owned(),
                        Some((value, ty)) => format!("to complete with {}", words::value(&self.value(value)?, ty, self.types())),
                    };
                    return Err(self.other(&wanted)?);
                };
                let result = result.clone();
                let Some((value, ty)) = with else { return Ok(()) };
                let wanted = self.value(value)?;
                if wanted == result {
                    return Ok(());
                }
                Err(self.other(&format!("to complete with {}", words::value(&wanted, ty, self.types())))?)
            }
            ExpectedStatus::Failed(why) => {
                let why = why.as_ref().map(|why| self.text(why)).transpose()?;
                match (self.end()?, &why) {
                    (Some(End::Failed { .. }), None) => Ok(()),
                    (Some(End::Failed { error, .. }), Some(why)) if error.contains(why.as_str()) => Ok(()),
                    _ => Err(self.other(&reasoned("to fail", why.as_deref()))?),
                }
            }
            ExpectedStatus::Rejected(why) => {
                let why = why.as_ref().map(|why| self.text(why)).transpose()?;
                match (self.end()?, &why) {
                    (Some(End::Rejected { .. }), None) => Ok(()),
                    (Some(End::Rejected { comment: Some(comment), .. }), Some(why)) if comment.contains(why.as_str()) => Ok(()),
                    _ => Err(self.other(&reasoned("to be rejected", why.as_deref()))?),
                }
            }
            ExpectedStatus::Cancelled if matches!(self.end()?, Some(End::Cancelled { .. })) => Ok(()),
            ExpectedStatus::Cancelled => Err(self.other("to be cancelled")?),
        }
    }

    /// How the run ended, if it has.
    fn end(&self) -> Result<Option<&End>, Box<Problem>> {
        Ok(self.current()?.state.ended.as_ref().map(|(end, _)| end))
    }

    /// The run is otherwise than expected.
    fn other(&self, wanted: &str) -> Result<Box<Problem>, Box<Problem>> {
        let mut problem = self.problem(format!("expected the run {wanted}; it {}", self.standing()?));
        let idle = self.gates().next().is_none() && self.doubts().next().is_none();
        let due = self.family().filter_map(|(_, live)| live.state.due()).min();
        if let (true, Some(due)) = (idle, due) {
            let left = due.timestamp().duration_since(self.now.timestamp());
            let left = words::value(&Value::Duration(left), &Type::Duration, &[]);
            problem.help = Some(format!("let time pass with `advance {left}`"));
        }
        Ok(problem)
    }

    /// A run waits for a gate's answer, or for time to pass; an attempt that will be made again is not waiting.
    fn waiting(&mut self, who: Option<&Who>) -> Result<(), Box<Problem>> {
        let open = self.current()?.state.ended.is_none() && self.doubts().next().is_none();
        let Some(who) = who else {
            let waits = || self.gates().next().is_some() || self.family().all(|(_, live)| live.state.retries == 0);
            return if open && waits() { Ok(()) } else { Err(self.other("to wait")?) };
        };
        let runs: Vec<usize> = self.family().map(|(run, _)| run).collect();
        for run in runs {
            let who = self.principal(run, who)?;
            if open && self.runs.get(run).is_some_and(|live| live.gates().any(|(question, _)| self.asks(run, question, &who))) {
                return Ok(());
            }
        }
        let who = self.principal(self.root(), who)?;
        Err(self.other(&format!("to wait for {}", words::principal(&who)))?)
    }

    fn asks(&self, run: usize, question: &Question, who: &Principal) -> bool {
        let excluded = question.of.except.iter().any(|except| self.belongs(run, who, except));
        let asked = self.runs.get(run).and_then(|live| live.state.question(question.n));
        let stage = asked.map_or(0, |asked| asked.stage as usize);
        let escalated = asked.map(|asked| asked.escalations.as_slice()).unwrap_or_default();
        // Those of the stage that is asked, and those to whom it was escalated.
        let mut terms = question.of.stages.iter().skip(stage).take(1).chain(escalated.iter().flat_map(|of| &of.stages)).flatten();
        !excluded && terms.any(|term| self.belongs(run, who, &term.of))
    }

    fn belongs(&self, run: usize, who: &Principal, to: &Principal) -> bool {
        who == to || matches!(who, Principal::Person(person) if self.people(run, to).contains(person))
    }

    pub(super) fn expect_shows(&mut self, values: &[Named]) -> Result<(), Box<Problem>> {
        let wanted = self.values(values)?;
        self.current()?;
        let mut open = self.gates().peekable();
        if open.peek().is_none() {
            return Err(self.other("to wait for an approval")?);
        }
        let mut first = None;
        for (_, live, question, gate) in open {
            match wanted.iter().find_map(|(named, value)| not_shown(live, question, gate, named, value)) {
                None => return Ok(()),
                Some(shown) => first.get_or_insert((gate, shown)),
            };
        }
        let Some((gate, (name, shown))) = first else { return Ok(()) };
        let value = wanted.iter().find(|(named, _)| named.name == name).map(|(named, value)| self.written(named, value));
        Err(self.problem(format!("expected `{}` to show `{name}` as {}; {shown}", gate.name, value.unwrap_or_default())))
    }

    fn values<'v>(&self, values: &'v [Named]) -> Result<Vec<(&'v Named, Value)>, Box<Problem>> {
        values.iter().map(|named| Ok((named, self.value(&named.value)?))).collect()
    }

    fn written(&self, named: &Named, value: &Value) -> String {
        words::value(value, &named.ty, self.types())
    }

    pub(super) fn expect_called(&mut self, target: u32, times: Option<u32>, with: &[Named]) -> Result<(), Box<Problem>> {
        let wanted = self.values(with)?;
        let target = self.target(target)?;
        self.current()?;
        let calls: Vec<(&Plan, &Called, &Action)> = self
            .family()
            .flat_map(|(_, live)| live.calls.iter().map(move |called| (live.plan, called)))
            .filter_map(|(plan, called)| plan.actions.get(called.action as usize).map(|action| (plan, called, action)))
            .filter(|(plan, _, action)| target.is(plan, &action.name))
            .collect();
        let fits = |(_, called, action): &&(&Plan, &Called, &Action)| {
            wanted.iter().all(|(named, value)| given(called, action, &named.name) == Some(value))
        };
        let found = calls.iter().filter(fits).count();
        let met = times.map_or(found > 0, |times| found == times as usize);
        if met {
            return Ok(());
        }
        let arguments: Vec<String> =
            wanted.iter().map(|(named, value)| format!("{}: {}", named.name, self.written(named, value))).collect();
        let with = if arguments.is_empty() { String::new() } else { format!(" with {}", arguments.join(", ")) };
        let often = match times {
            None => "called".to_owned(),
            Some(0) => "not called".to_owned(),
            Some(times) => format!("called {}", often(times as usize)),
        };
        let was = match (found, calls.len()) {
            (_, 0) => "it was not called".to_owned(),
            (0, all) => format!("it was called {}, but with other arguments", self::often(all)),
            (found, all) if found < all => format!("it was called {}, and {} of these with such arguments", self::often(all), found),
            (found, _) => format!("it was called {}", self::often(found)),
        };
        let mut problem = self.problem(format!("expected `{}` to be {often}{with}; {was}", target.name));
        problem.notes.extend(calls.iter().take(MOST_LISTED).map(|(plan, called, action)| call(plan, called, action)));
        if calls.len() > MOST_LISTED {
            problem.notes.push(format!("and {} more", calls.len() - MOST_LISTED));
        }
        Err(problem)
    }
}

fn reasoned(what: &str, why: Option<&str>) -> String {
    why.map_or_else(|| what.to_owned(), |why| format!("{what} with \"{why}\""))
}

/// `once`, `3 times`
fn often(times: usize) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

/// The name of a wanted value that a question does not show, and what it shows instead.
fn not_shown(live: &Live<'_>, question: &Question, gate: &Gate, named: &Named, wanted: &Value) -> Option<(smol_str::SmolStr, String)> {
    let shown = gate.shows.iter().zip(&question.shown).find(|(show, _)| means(&named.name, &show.label));
    let was = match shown {
        Some((_, Shown::Value(value))) if value == wanted => return None,
        Some((show, Shown::Value(value))) => format!("it shows {}", words::value(value, &show.ty, &live.plan.types)),
        Some((_, Shown::Error(why))) => format!("it cannot be computed: {why}"),
        None => "it does not show it".to_owned(),
    };
    Some((named.name.clone(), was))
}

fn given<'c>(called: &'c Called, action: &Action, name: &str) -> Option<&'c Value> {
    let at = action.parameters.iter().position(|parameter| parameter.name == name)?;
    called.arguments.get(at)
}

/// `refund(customer: "Ada", amount: 20)`
fn call(plan: &Plan, called: &Called, action: &Action) -> String {
    let one = |(parameter, value): (&flow_compiler::plan::Parameter, &Value)| {
        let ty: &Type = &parameter.ty;
        format!("{}: {}", parameter.name, words::value(value, ty, &plan.types))
    };
    let arguments: Vec<String> = action.parameters.iter().zip(&called.arguments).map(one).collect();
    format!("called: {}({})", action.name, arguments.join(", "))
}
