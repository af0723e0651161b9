//! Plays a plan on the machine: in memory, with a clock wound by hand, and with people and calls that answer at once.

use std::collections::{HashMap, VecDeque};

use flow_compiler::eval::Names;
use flow_compiler::plan::{Gate, HandlerEvent, Lapse, NodeKind, Plan};
use flow_compiler::value::Value;
use flow_runtime::ids::{At, Digest, Path, RunId};
use flow_runtime::machine::event::{About, Channel, Closing, End, Event, Outcome, Principal, Started};
use flow_runtime::machine::{Answer, Asked, Calendar, Command, Decision, Facts, Membership, Request, RunState, place, principal, turn};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

/// Requests and timers of one run: more than any flow here needs.
const MOST_MOVES: u32 = 500;
/// When every run begins: a Monday morning.
const BEGINNING: At = At(1_767_603_600_000_000);

/// How people and calls answer.
pub(crate) struct Script<'s> {
    pub requester: &'s str,
    /// Those who may be asked; the first who is entitled answers.
    pub people: &'s [String],
    /// Whether questions are left until those answer to whom they are escalated, or until they open by themselves.
    pub late: bool,
    /// Whether groups have become smaller since the flow was checked, but for moments in which a question needs somebody who was in one.
    pub few: bool,
    /// How the call at a path ends.
    pub outcome: &'s mut dyn FnMut(&Plan, &Path) -> Outcome,
    /// What is entered at a gate that asks for it.
    pub entered: &'s mut dyn FnMut(&Plan, &Gate, &Path) -> Map<String, Json>,
    /// What people do when something is asked.
    pub says: &'s mut dyn FnMut() -> Says,
    /// How often a run that failed is taken up again.
    pub retries: u32,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Yes,
    No,
    /// That the whole run is to end.
    Cancel,
}

/// A first attempt at a call.
#[derive(Debug, PartialEq)]
pub(crate) struct Made {
    pub path: Path,
    pub arguments: Vec<Value>,
    /// Whether anybody had approved anything before it; what is approved outside of a handler is nothing to its calls.
    pub approved: bool,
}

/// A run as far as it came.
#[derive(Default)]
pub(crate) struct Played {
    pub calls: Vec<Made>,
    /// Why it ended; `None` where it waits for somebody.
    pub end: Option<End>,
    /// Where the engine first found a call outside of handlers that nobody approved as its duty demands: what it said.
    pub stopped: Option<String>,
    /// Whether a handler began, and whether one did not come to its end: why is recorded nowhere.
    pub handled: bool,
    pub broke_off: bool,
}

/// Groups with all their members, or only the first of each.
struct Groups {
    all: HashMap<String, Vec<String>>,
    few: bool,
}

impl Membership for Groups {
    fn members(&self, group: &str) -> Vec<String> {
        let most = if self.few { 1 } else { usize::MAX };
        self.all.get(group).into_iter().flatten().take(most).cloned().collect()
    }
}

/// Every variable of the environment is set, as examples take it to be.
struct AnyName;

impl Names for AnyName {
    fn env(&self, _: &str) -> Option<SmolStr> {
        Some(SmolStr::new_static("text"))
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}

struct Host<'h> {
    plan: &'h Plan,
    state: RunState,
    now: At,
    groups: Groups,
    zone: TimeZone,
    calendar: Calendar,
    played: Played,
}

/// Starts a run and plays it until it has ended, or waits for somebody who does not answer.
pub(crate) fn play(plan: &Plan, input: &[Value], script: &mut Script<'_>) -> Played {
    let member = |group: &flow_compiler::plan::Group| (group.name.to_string(), group.members.iter().map(ToString::to_string).collect());
    let mut host = Host {
        plan,
        state: RunState::new(RunId(1)),
        now: BEGINNING,
        groups: Groups { all: plan.groups.iter().map(member).collect(), few: script.few },
        zone: TimeZone::UTC,
        calendar: Calendar::default(),
        played: Played::default(),
    };
    let Some(started) = host.started(input, script.requester) else { return host.played };
    host.request(Some(Request::Start(started)), script);
    for _ in 0..MOST_MOVES {
        let goes_on = if host.state.ended.is_some() { host.again(script) } else { host.moves(script) };
        if !goes_on {
            break;
        }
    }
    host.look_at_handler();
    host.played.end = host.state.ended.map(|(end, _)| end);
    host.played
}

impl Host<'_> {
    /// `None` where the owner's address cannot be computed: then nothing begins.
    fn started(&mut self, input: &[Value], requester: &str) -> Option<Started> {
        self.state.body.slots = input.to_vec();
        requester.clone_into(&mut self.state.requester);
        let owner = match &self.plan.workflow.owner {
            Some(who) => self.with_facts(|plan, state, facts| facts.with_env(plan, state, &[], |env| principal(who, state, env))).ok()?,
            None => Principal::Person(requester.to_owned()),
        };
        let size = |length: usize| u32::try_from(length).unwrap();
        Some(Started {
            plan: Digest::default(),
            requester: std::mem::take(&mut self.state.requester),
            channel: Channel::Local,
            owner,
            input: std::mem::take(&mut self.state.body.slots),
            nodes: size(self.plan.workflow.body.nodes.len()),
            slots: size(self.plan.workflow.body.slots.len()),
            on_behalf_by: None,
            callback: None,
            held: false,
            called_by: None,
        })
    }

    fn with_facts<T>(&mut self, f: impl FnOnce(&Plan, &mut RunState, &Facts<'_>) -> T) -> T {
        let facts = Facts { now: self.now, zone: &self.zone, names: &AnyName, people: &self.groups, calendar: &self.calendar };
        f(self.plan, &mut self.state, &facts)
    }

    /// Makes a turn, and further ones for what the calls of it answer. Whether the request was accepted.
    fn request(&mut self, request: Option<Request>, script: &mut Script<'_>) -> bool {
        let mut commands = VecDeque::new();
        let accepted = self.turn(request, &mut commands);
        while let Some(command) = commands.pop_front() {
            let request = match command {
                Command::Attempt { node, attempt } => {
                    let outcome = (script.outcome)(self.plan, &node);
                    Request::Ended { node, attempt, outcome }
                }
                Command::Preview { node, guard } => Request::Previewed { node, guard, outcome: Outcome::NotDone("nothing".to_owned()) },
            };
            self.turn(Some(request), &mut commands);
        }
        accepted
    }

    fn turn(&mut self, request: Option<Request>, commands: &mut VecDeque<Command>) -> bool {
        let turn = self.with_facts(|plan, state, facts| turn(plan, state, request, facts));
        for event in turn.events {
            match event {
                Event::AttemptStarted { node: path, arguments: Some(arguments), .. } => {
                    let approved = self.is_anything_approved(&path);
                    self.played.calls.push(Made { path, arguments, approved });
                }
                Event::Ending { why: End::Failed { error, .. } }
                | Event::Ended { why: End::Failed { error, .. } }
                | Event::AttemptEnded { outcome: Outcome::NotDone(error), .. }
                    if error.contains("and no such approval of this call is recorded") =>
                {
                    self.played.stopped.get_or_insert(error);
                }
                _ => {}
            }
        }
        commands.extend(turn.commands);
        turn.refusal.is_none()
    }

    /// Whether anybody has approved anything where a call stands: in the same handler, or outside of all.
    fn is_anything_approved(&self, call: &Path) -> bool {
        let handler = |path: &Path| Path::handler_of(path.frame()).map(|(number, _)| number);
        let gates = self.state.questions.iter().filter(|asked| asked.question.about == About::Gate);
        let mut approved = gates.filter(|asked| asked.closed.is_some_and(|closed| closed.how == Closing::Approved));
        approved.any(|asked| handler(&asked.question.node) == handler(call))
    }

    /// Takes a run that failed up again; whether that was wanted and is possible.
    fn again(&mut self, script: &mut Script<'_>) -> bool {
        let Some((End::Failed { .. }, _)) = &self.state.ended else { return false };
        self.look_at_handler();
        let Some(left) = script.retries.checked_sub(1) else { return false };
        script.retries = left;
        self.request(Some(Request::Retry { by: "boss@acme.example".to_owned(), channel: Channel::Local }), script)
    }

    fn look_at_handler(&mut self) {
        if let Some(handling) = &self.state.handler {
            self.played.handled = true;
            self.played.broke_off |= self.state.ended.is_some() && !handling.frame.done();
        }
    }

    /// Answers a question or winds the clock; whether there was anything to do.
    fn moves(&mut self, script: &mut Script<'_>) -> bool {
        let Some(asked) = self.state.open().next().cloned() else { return self.wait(script) };
        if asked.question.about != About::Gate {
            return false;
        }
        let Some(gate) = place::gate_at(self.plan, &asked.question.node) else { return false };
        let waits = script.late && asked.escalations.len() < lapses(gate);
        if waits && self.wait(script) {
            return true;
        }
        let answer = match (script.says)() {
            Says::Cancel if self.request(Some(Request::Cancel { by: "boss@acme.example".to_owned() }), script) => return true,
            Says::No => Answer::Reject,
            Says::Yes | Says::Cancel => Answer::Approve,
        };
        if self.answer(&asked, gate, answer, script) {
            return true;
        }
        self.groups.few = false;
        let answered = script.few && self.answer(&asked, gate, answer, script);
        self.groups.few = script.few;
        answered
    }

    fn wait(&mut self, script: &mut Script<'_>) -> bool {
        let Some(due) = self.state.due() else { return false };
        self.now = self.now.max(due);
        self.request(None, script)
    }

    fn answer(&mut self, asked: &Asked, gate: &Gate, answer: Answer, script: &mut Script<'_>) -> bool {
        let question = &asked.question;
        let fresh = answer == Answer::Approve && question.round == 1 && asked.votes.is_empty() && !gate.asks.is_empty();
        let mut entered = if fresh { (script.entered)(self.plan, gate, &question.node) } else { Map::new() };
        for values in [std::mem::take(&mut entered), Map::new()] {
            for by in script.people.iter().filter(|person| asked.votes.iter().all(|vote| vote.by != **person)) {
                let decision = Decision {
                    n: question.n,
                    by: by.clone(),
                    channel: Channel::Page,
                    os_user: None,
                    answer,
                    comment: None,
                    values: values.clone(),
                    digest: question.digest,
                };
                if self.request(Some(Request::Decide(decision)), script) {
                    return true;
                }
            }
        }
        false
    }
}

/// How often a gate's deadline passes before it is rejected for that.
fn lapses(gate: &Gate) -> usize {
    let mut due = gate.deadline.as_ref();
    let mut count = 0;
    while let Some(lapse) = due.map(|due| &due.then) {
        due = None;
        match lapse {
            Lapse::Escalate { deadline, .. } => due = Some(deadline),
            Lapse::Approve => {}
            Lapse::Reject | Lapse::Fail(_) => break,
        }
        count += 1;
    }
    count
}

/// The region of a frame, by the number that the proof gives it: 0 is the body, then come the bodies of loops, and then the handlers.
pub(crate) fn region(plan: &Plan, frame: &[u32]) -> Option<u32> {
    let (mut number, rest) = match Path::handler_of(frame) {
        Some((event, rest)) => {
            let on = HandlerEvent::ALL.get(event as usize)?;
            let place = plan.workflow.handlers.iter().position(|handler| handler.on == *on)?;
            (u32::try_from(1 + plan.workflow.loops.len() + place).ok()?, rest)
        }
        None => (0, frame),
    };
    for step in rest.chunks(2) {
        let region = plan.workflow.regions().nth(number as usize)?;
        let NodeKind::ForEach(each) = &region.nodes.get(*step.first()? as usize)?.kind else { return None };
        number = each.body + 1;
    }
    Some(number)
}

/// Addresses that a plan or its author names.
pub(crate) fn addresses(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text.split('"').filter(|part| part.contains('@')).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}
