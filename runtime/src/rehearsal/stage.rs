//! The host of a test's runs: it makes their turns, answers their attempts from stubs, and winds the clock.

use std::collections::{HashMap, VecDeque};

use flow_compiler::Span;
use flow_compiler::eval::{Env, EvalError, Names, Outside, eval};
use flow_compiler::plan::test::{StubAnswer, TestPlan, TestStep, TestStepKind, TestTarget};
use flow_compiler::plan::{Action, Expr, Implementation, Plan, TypeDef, Who};
use flow_compiler::value::Value;
use smol_str::SmolStr;

use super::called::Work;
use super::coverage::Coverage;
use super::live::Live;
use super::{Problem, REQUESTER, World};
use crate::ids::{At, Digest, Path};
use crate::machine::event::{CalledBy, Channel, Event, Outcome, Principal, Started, Transition};
use crate::machine::refusal::Refusal;
use crate::machine::{Command, Facts, Request, RunState, called, follows, place, principal, turn};

/// So many timers may fire in one `advance`.
const MOST_TIMERS: u32 = 1_000_000;

/// Nothing of the outside.
pub(super) struct Nothing;

impl Names for Nothing {
    fn env(&self, _: &str) -> Option<SmolStr> {
        None
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

/// A test as far as it got.
pub(super) struct Stage<'a> {
    tests: &'a TestPlan,
    pub(super) world: &'a World,
    pub(super) now: At,
    /// What calls of a name answer, and where that is said.
    stubs: HashMap<u32, (&'a StubAnswer, Span)>,
    /// The runs that the test started, and those that they called, in the order in which they began.
    pub(super) runs: Vec<Live<'a>>,
    /// The place of the run that the test started last.
    root: usize,
    /// The statement that is being carried out.
    at: (u32, Span),
}

impl<'a> Stage<'a> {
    pub(super) fn new(tests: &'a TestPlan, world: &'a World, now: At) -> Self {
        Self { tests, world, now, stubs: HashMap::new(), runs: Vec::new(), root: 0, at: (1, Span::new(0, 0)) }
    }

    /// Carries out a statement.
    pub(super) fn step(&mut self, step: &'a TestStep) -> Result<(), Box<Problem>> {
        self.at = (step.line, step.span);
        match &step.kind {
            TestStepKind::Stub { target, answer } => {
                self.stubs.insert(*target, (answer, step.span));
                Ok(())
            }
            TestStepKind::Run { plan, arguments, by } => self.run(*plan, arguments, by.as_ref()),
            TestStepKind::Decide { answer, by, comment, values } => self.decide(*answer, by.as_ref(), comment.as_ref(), values),
            TestStepKind::Advance(time) => self.advance(time),
            TestStepKind::ExpectStatus(expected) => self.expect_status(expected),
            TestStepKind::ExpectShows(values) => self.expect_shows(values),
            TestStepKind::ExpectCalled { target, times, with } => self.expect_called(*target, *times, with),
        }
    }

    /// Notes what the gates did.
    pub(super) fn cover(&self, coverage: &mut Coverage) {
        for live in &self.runs {
            debug_assert!(live.is_its_journal(), "the journal leads elsewhere: {:?}", live.events);
            coverage.note(live.plan, &live.events);
        }
    }

    /// What a target of the tests is.
    pub(super) fn target(&self, target: u32) -> Result<&'a TestTarget, Box<Problem>> {
        self.tests.targets.get(target as usize).ok_or_else(|| self.problem("there is no such action"))
    }

    /// The types that the test's values have.
    pub(super) fn types(&self) -> &'a [TypeDef] {
        &self.tests.types
    }

    /// What is not as expected, at the statement.
    pub(super) fn problem(&self, message: impl Into<String>) -> Box<Problem> {
        let (line, span) = self.at;
        let message = message.into();
        Box::new(Problem { message, line, span, label: String::new(), because: Vec::new(), notes: Vec::new(), help: None })
    }

    /// The file of the tests.
    pub(super) fn file(&self) -> &'a str {
        &self.tests.file
    }

    /// The place of the run that expectations are about: the one that the test started last.
    pub(super) const fn root(&self) -> usize {
        self.root
    }

    /// The run that expectations are about.
    pub(super) fn current(&self) -> Result<&Live<'a>, Box<Problem>> {
        self.runs.get(self.root).ok_or_else(|| self.problem("nothing runs yet"))
    }

    /// The value of an expression of the test.
    pub(super) fn value(&self, expr: &Expr) -> Result<Value, Box<Problem>> {
        let (owner, requester) =
            self.runs.get(self.root).map_or(("", REQUESTER), |live| (live.state.owner.name(), live.state.requester.as_str()));
        let outside = Outside { now: self.now.timestamp(), zone: &self.world.zone, names: &Nothing, owner, requester };
        let env = Env { frames: &[&[]], types: &self.tests.types, outside: &outside };
        eval(expr, &env).map_err(|EvalError(why)| self.problem(format!("a value of the test cannot be computed: {why}")))
    }

    /// The text of an expression of the test.
    pub(super) fn text(&self, expr: &Expr) -> Result<String, Box<Problem>> {
        Ok(match self.value(expr)? {
            Value::Text(text) => text.to_string(),
            _ => String::new(),
        })
    }

    /// Hands the facts of a run to `f`, with its state.
    pub(super) fn with_facts<T>(&mut self, run: usize, f: impl FnOnce(&Plan, &mut RunState, &Facts<'_>) -> T) -> Option<T> {
        let Live { plan, state, groups, .. } = self.runs.get_mut(run)?;
        let facts = Facts { now: self.now, zone: &self.world.zone, names: &Nothing, people: &*groups, calendar: &self.world.calendar };
        Some(f(plan, state, &facts))
    }

    /// Who is meant, for a run.
    pub(super) fn principal(&mut self, run: usize, who: &Who) -> Result<Principal, Box<Problem>> {
        if let Who::Address(address) = who {
            // The address is the test's, not the workflow's.
            let address = Expr::Const(self.value(address)?);
            return self.principal_of(run, &Who::Address(address));
        }
        self.principal_of(run, who)
    }

    fn principal_of(&mut self, run: usize, who: &Who) -> Result<Principal, Box<Problem>> {
        let found = self.with_facts(run, |plan, state, facts| facts.with_env(plan, state, &[], |env| principal(who, state, env)));
        found.unwrap_or_else(|| Err("nothing runs yet".to_owned())).map_err(|why| self.problem(why))
    }

    fn run(&mut self, plan: u32, arguments: &[Expr], by: Option<&Who>) -> Result<(), Box<Problem>> {
        let Some(plan) = self.tests.plans.get(plan as usize) else { return Err(self.problem("there is no such workflow")) };
        let input = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
        let run = self.enter(plan, input, REQUESTER.to_owned());
        self.root = run;
        if let Some(by) = by {
            let by = self.principal(run, by)?;
            let person = self.people(run, &by).into_iter().next();
            let person = person.ok_or_else(|| self.problem(format!("nobody is in {}", super::words::principal(&by))))?;
            if let Some(live) = self.runs.get_mut(run) {
                live.state.requester = person;
            }
        }
        let requester = Principal::Person(self.current()?.state.requester.clone());
        let started = self.started(run, requester, Channel::Local, None)?;
        self.turns(run, Some(Request::Start(started))).map(drop)
    }

    /// Gives a run that has not begun its place.
    pub(super) fn enter(&mut self, plan: &'a Plan, input: Vec<Value>, requester: String) -> usize {
        let run = self.runs.len();
        let mut live = Live::new(plan, run + 1, self.world.groups.with(&self.tests.groups));
        live.state.body.slots = input;
        live.state.requester = requester;
        self.runs.push(live);
        run
    }

    /// How a run that has its place begins; `owner` owns it where its workflow names nobody.
    pub(super) fn started(
        &mut self,
        run: usize,
        owner: Principal,
        channel: Channel,
        called_by: Option<CalledBy>,
    ) -> Result<Started, Box<Problem>> {
        let named = self.runs.get(run).and_then(|live| live.plan.workflow.owner.as_ref());
        let owner = named.map_or(Ok(owner), |who| self.principal_of(run, who))?;
        let Some(Live { plan, state, .. }) = self.runs.get_mut(run) else { return Err(self.problem("nothing runs yet")) };
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Ok(Started {
            plan: Digest(Plan::hash(&plan.encode())),
            requester: std::mem::take(&mut state.requester),
            channel,
            owner,
            input: std::mem::take(&mut state.body.slots),
            nodes: size(plan.workflow.body.nodes.len()),
            slots: size(plan.workflow.body.slots.len()),
            on_behalf_by: None,
            callback: None,
            // Runs of a test do not wait for one another.
            held: false,
            called_by,
        })
    }

    /// The people behind a principal, for a run.
    pub(super) fn people(&self, run: usize, principal: &Principal) -> Vec<String> {
        use crate::machine::Membership as _;
        match principal {
            Principal::Person(address) => vec![address.clone()],
            Principal::Group(group) => self.runs.get(run).map(|live| live.groups.members(group)).unwrap_or_default(),
        }
    }

    /// Makes turns of a run until it and all runs around it wait, answering attempts. Gives why the request was refused, if it was.
    pub(super) fn turns(&mut self, run: usize, request: Option<Request>) -> Result<Option<Refusal>, Box<Problem>> {
        let mut work = VecDeque::new();
        let refusal = self.turn(run, request, &mut work);
        while let Some(item) = work.pop_front() {
            match item {
                Work::Command(run, Command::Attempt { node, attempt }) => self.attempt(run, node, attempt, &mut work)?,
                Work::Command(run, Command::Preview { node, guard }) => {
                    let outcome = Outcome::NotDone("a test does not look at the world".to_owned());
                    self.turn(run, Some(Request::Previewed { node, guard, outcome }), &mut work);
                }
                Work::Tell(child) => self.tell(child, &mut work),
                Work::Cancel(child, by) => drop(self.turn(child, Some(Request::Cancel { by }), &mut work)),
            }
        }
        Ok(refusal)
    }

    /// Makes an attempt at a call: its stub answers, or the workflow that it calls is run.
    fn attempt(&mut self, run: usize, node: Path, attempt: u32, work: &mut VecDeque<Work>) -> Result<(), Box<Problem>> {
        let Some((plan, action)) = self.runs.get(run).and_then(|live| Some((live.plan, place::action_at(live.plan, &node)?.1))) else {
            return Err(self.problem("the plan has no such call"));
        };
        let outcome = match (self.stub(plan, action), called::workflow(action)) {
            (Some((answer, said)), _) => self.stubbed(action, answer, said)?,
            (None, Some(child)) => {
                self.call(run, child, node, attempt, work);
                return Ok(());
            }
            (None, None) if matches!(action.implementation, Implementation::Log | Implementation::Notify) => Outcome::Done(Value::None),
            (None, None) => return Err(self.no_stub(run, node, action)),
        };
        self.turn(run, Some(Request::Ended { node, attempt, outcome }), work);
        Ok(())
    }

    /// Makes a turn of a run, and puts what follows from it behind what is to be done. Gives why the request was refused, if it was.
    pub(super) fn turn(&mut self, run: usize, request: Option<Request>, work: &mut VecDeque<Work>) -> Option<Refusal> {
        let (turn, sound) = self.with_facts(run, |plan, state, facts| {
            let before = cfg!(debug_assertions).then(|| state.clone());
            let turn = turn(plan, state, request, facts);
            let transition = before.map(|before| (before, Transition { at: turn.at, events: turn.events.clone(), snapshot: None }));
            let sound =
                transition.filter(|(_, made)| !made.events.is_empty()).map(|(before, made)| (follows(plan, &before, &made, facts), made));
            (turn, sound)
        })?;
        let live = self.runs.get_mut(run)?;
        if let Some((follows, transition)) = sound {
            live.keep(&transition);
            debug_assert!(follows == Ok(()), "{follows:?}: {transition:?}");
        }
        let ended = turn.events.iter().any(|event| matches!(event, Event::Ended { .. }));
        live.note(turn.events);
        work.extend(turn.commands.into_iter().map(|command| Work::Command(run, command)));
        self.around(run, ended, work);
        turn.refusal
    }

    /// What stands for an action of a plan, and where that is said.
    fn stub(&self, plan: &Plan, action: &Action) -> Option<(&'a StubAnswer, Span)> {
        let targets = (0..).zip(&self.tests.targets).filter(|(_, target)| target.is(plan, &action.name));
        targets.filter_map(|(at, _)| self.stubs.get(&at)).next().copied()
    }

    /// How an attempt ends, as its stub says.
    fn stubbed(&self, action: &Action, answer: &StubAnswer, said: Span) -> Result<Outcome, Box<Problem>> {
        let outcome = match answer {
            StubAnswer::Returns(value) => self.value(value).map(Outcome::Done),
            StubAnswer::Fails(None) => Ok(Outcome::NotDone(format!("the stub of `{}` fails", action.name))),
            StubAnswer::Fails(Some(why)) => self.text(why).map(Outcome::NotDone),
            StubAnswer::Unknown => Ok(Outcome::Unknown(format!("the stub of `{}` leaves it open", action.name))),
        };
        outcome.map_err(|mut problem| {
            problem.because.push((said, "this stub answers".to_owned()));
            problem
        })
    }

    fn no_stub(&self, run: usize, node: Path, action: &Action) -> Box<Problem> {
        let live = self.runs.get(run).filter(|live| live.state.called_by.is_some());
        let whole = live.map(|live| live.plan.workflow.name.as_str());
        let which = whole.map_or_else(String::new, |whole| format!(", which `{whole}` calls"));
        let mut problem = self.problem(format!("no stub for `{}`{which}", action.name));
        "the call is made while this goes on".clone_into(&mut problem.label);
        let here = self.called_here(run, node);
        problem.because.extend(here.iter().map(|(span, name)| (*span, format!("`{name}` is called here"))));
        let value = if action.result.is_some() { "..." } else { "none" };
        let elsewhere = live.map(|live| live.plan.file.as_str()).filter(|file| *file != self.file());
        let mut help = match elsewhere {
            None => format!("say what it answers with `stub {} returns {value}` before", action.name),
            Some(file) => format!("stub it before, by the name that this file has for `{}` of `{file}`", action.name),
        };
        let whole = if elsewhere.is_none() { whole } else { here.as_ref().map(|(_, name)| name.as_str()) };
        if let Some(whole) = whole {
            help.push_str(&format!(", or say what all of `{whole}` answers"));
        }
        problem.help = Some(help);
        problem
    }

    /// Winds the clock: whatever is due on the way happens when it is due.
    fn advance(&mut self, time: &Expr) -> Result<(), Box<Problem>> {
        let Value::Duration(time) = self.value(time)? else { return Err(self.problem("`advance` takes a duration")) };
        if time.is_negative() {
            return Err(self.problem("time does not go back"));
        }
        let until = self.now.plus(time);
        for _ in 0..MOST_TIMERS {
            let due = |live: &Live<'_>| live.state.due().filter(|due| *due <= until);
            let next = (0..self.runs.len()).filter_map(|run| Some((due(self.runs.get(run)?)?, run))).min();
            let Some((due, run)) = next else {
                self.now = until;
                return Ok(());
            };
            let before = self.now;
            self.now = self.now.max(due);
            let happened = self.runs.get(run).map_or(0, |live| live.events.len());
            self.turns(run, None)?;
            let quiet = self.runs.get(run).map_or(0, |live| live.events.len()) == happened;
            if quiet && before == self.now {
                return Err(self.problem("a timer is due, and nothing follows from it"));
            }
        }
        Err(self.problem("too many timers fire in this time"))
    }
}
