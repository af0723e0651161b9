//! What is shown of a run and of its questions.

use flow_compiler::graph::draw::type_name;
use flow_compiler::plan::{Action, Deadline, Effect, Expr, Gate, Guard, GuardArgument, Lapse, Plan, Style, Type, TypeKind};
use flow_compiler::value::{Value, to_json, to_text};
use serde_json::{Map, Value as Json};

use super::Engine;
use super::cache::Live;
use super::people;
use crate::ids::{ApprovalId, Path, RunId};
use crate::machine::event::{About, Channel, Closing, End, Outcome, Principal, Question, Shown, Verdict, Vote};
use crate::machine::place::{action_at, call_at, gate_at, name_at, result_at};
use crate::machine::preview::{call_of, unknown};
use crate::machine::{Asked, NodeState, RunState, entitled, needed};
use crate::people::Person;
use crate::view;

impl Engine {
    /// A run.
    pub(super) fn show_run(&self, live: &Live) -> view::Run {
        let Live { state, plan, .. } = live;
        let types = &plan.types;
        let parameters = plan.workflow.parameters.iter().zip(&state.body.slots);
        let input: Map<String, Json> = parameters.map(|(p, value)| (p.name.to_string(), to_json(value, &p.ty, types))).collect();
        let mut run = view::Run {
            id: self.run_id(state.run),
            workflow: plan.workflow.name.to_string(),
            status: state.status().name(),
            input: Json::Object(input),
            output: Json::Null,
            output_by_model: false,
            error: None,
            rejection: None,
            requester: somebody(&state.requester),
            on_behalf_by: state.on_behalf_by.clone(),
            waits_for_turn: state.held && state.ended.is_none(),
            owner: name(&state.owner),
            started_at: state.started.to_string(),
            ended_at: state.ended.as_ref().map(|(_, at)| at.to_string()),
            approvals: state.questions.iter().map(|asked| self.reference(state.run, plan, asked)).collect(),
            called_by: state.called_by.as_ref().map(|caller| self.run_id(caller.run)),
            children: Vec::new(),
        };
        match state.ended.as_ref().map(|(end, _)| end).or(state.ending.as_ref()) {
            Some(End::Completed(value)) => {
                run.output = plan.workflow.result.as_ref().map_or(Json::Null, |ty| to_json(value, ty, types));
                run.output_by_model = plan.authorship().returned(plan);
            }
            Some(End::Failed { error, .. }) => run.error = Some(error.clone()),
            Some(End::Rejected { n, by, comment }) => {
                let gate = state.question(*n).map_or_else(|| rejected_call(state, plan), |asked| name_at(plan, &asked.question.node));
                run.rejection = Some(view::Rejection { gate: gate.to_owned(), by: by.clone(), comment: comment.clone() });
            }
            Some(End::Cancelled { by }) => run.error = Some(format!("cancelled by `{by}`")),
            None => {}
        }
        run
    }

    fn reference(&self, run: RunId, plan: &Plan, asked: &Asked) -> view::ApprovalRef {
        let id = self.approval_id(ApprovalId { run, n: asked.question.n });
        view::ApprovalRef { gate: name_at(plan, &asked.question.node).to_owned(), status: status(asked), url: self.approval_url(&id), id }
    }

    /// The page of an approval.
    pub(super) fn approval_url(&self, id: &str) -> String {
        format!("{}/approvals/{id}", self.options.public_url)
    }

    /// A question as somebody sees it.
    pub(super) fn show_question(&self, live: &Live, asked: &Asked, caller: Option<&Person>) -> view::Approval {
        let Live { state, plan, .. } = live;
        let question = &asked.question;
        let gate = gate_at(plan, &question.node);
        let id = self.approval_id(ApprovalId { run: state.run, n: question.n });
        view::Approval {
            url: self.approval_url(&id),
            id,
            kind: kind(&question.about),
            run: self.run_id(state.run),
            workflow: plan.workflow.name.to_string(),
            gate: name_at(plan, &question.node).to_owned(),
            round: question.round,
            status: status(asked),
            title: question.title.clone(),
            description: gate.and_then(|gate| gate.doc.clone()),
            shown: gate.map(|gate| shown(plan, gate, question)).unwrap_or_default(),
            will_run: will_run(live, gate, asked),
            approvers: people::approvers(asked),
            needed: self.with_facts(|facts| needed(asked, state, facts)).iter().map(ToString::to_string).collect(),
            why_nobody: self.why_nobody(state, asked),
            handed_on: asked.handed.iter().map(|(from, to)| view::HandedOn { from: from.clone(), to: to.clone() }).collect(),
            answers: answers(question, gate),
            next: self.next_round(state, question),
            sent_back: match &question.about {
                About::SentBack { by, comment, .. } => Some(view::SentBack { by: by.clone(), comment: comment.clone() }),
                _ => None,
            },
            why_you: caller.and_then(|caller| self.why_you(state, asked, caller)),
            why_asked: why_asked(plan, gate, question),
            votes: asked.votes.iter().map(|vote| vote_with_values(plan, question, vote)).collect(),
            requester: somebody(&state.requester),
            asked_at: question.at.to_string(),
            due_at: asked.due.map(|due| due.to_string()),
            then: gate.and_then(|gate| gate.deadline_after(asked.escalations.len())).map(|deadline| then(deadline, &question.about)),
            digest: question.digest.to_string(),
            fields: gate.map_or_else(|| result_field(plan, &question.node), |gate| fields(plan, gate, question)),
            comment_required: gate.filter(|_| question.about == About::Gate).map(comment_required).unwrap_or_default(),
            decision: decision(asked),
        }
    }

    /// The public id of the question that took this one's place.
    fn next_round(&self, state: &RunState, question: &Question) -> Option<String> {
        let asked = state.question(question.n).filter(|asked| asked.closed.is_some_and(|closed| closed.how != Closing::Withdrawn))?;
        let again =
            matches!(question.about, About::SentBack { .. }) || asked.closed.is_some_and(|closed| closed.how == Closing::Superseded);
        let later = state.questions.iter().find(|later| later.question.n > question.n && later.question.node == question.node)?;
        again.then(|| self.approval_id(ApprovalId { run: state.run, n: later.question.n }))
    }

    /// Why nobody can decide an open question, which then waits for its deadline.
    fn why_nobody(&self, state: &RunState, asked: &Asked) -> Option<String> {
        let open = asked.closed.is_none() && self.needed_now(state, asked).is_empty();
        open.then(|| "everybody who could decide it is left out or not in the group any more".to_owned())
    }

    /// Why somebody is asked, in words; `None` when they are not.
    fn why_you(&self, state: &RunState, asked: &Asked, caller: &Person) -> Option<String> {
        let part = self.with_facts(|facts| entitled(asked, caller.as_str(), state, facts)).ok()?;
        if matches!(asked.question.about, About::SentBack { .. }) {
            return Some("you asked for this run, and an approver sent it back to you".to_owned());
        }
        if let Some(stead) = part.stead {
            return Some(format!("you decide in the stead of `{stead}`"));
        }
        let group = part.of.iter().find_map(|principal| match principal {
            Principal::Group(_) => Some(format!("you are in the group `{}`", principal.name())),
            Principal::Person(_) => None,
        });
        let owner = part.of.contains(&state.owner);
        Some(group.unwrap_or_else(|| if owner { "you own this workflow's runs".to_owned() } else { "the flow names you".to_owned() }))
    }
}

/// The status of a question at the HTTP boundary.
pub(super) fn status(asked: &Asked) -> &'static str {
    asked.closed.map_or("pending", |closed| closing(closed.how))
}

/// How a question was closed, at the HTTP boundary.
pub(super) const fn closing(how: Closing) -> &'static str {
    match how {
        Closing::Approved | Closing::Lapsed => "approved",
        Closing::Rejected => "rejected",
        Closing::Expired => "expired",
        Closing::Superseded => "superseded",
        Closing::Withdrawn => "withdrawn",
    }
}

/// A vote as recorded.
#[must_use]
pub fn vote(vote: &Vote) -> view::Vote {
    view::Vote {
        by: vote.by.clone(),
        stead: vote.stead.clone(),
        values: Map::new(),
        decision: match vote.answer {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
            Verdict::SendBack => "send_back",
            Verdict::Done(_) => "done",
            Verdict::NotDone => "not_done",
            Verdict::GiveUp => "give_up",
        },
        comment: vote.comment.clone(),
        at: vote.at.to_string(),
        channel: channel(vote.channel),
    }
}

/// A vote as recorded, with what was entered.
pub(super) fn vote_with_values(plan: &Plan, question: &Question, given: &Vote) -> view::Vote {
    let asks = gate_at(plan, &question.node).map(|gate| gate.asks.as_slice()).unwrap_or_default();
    let values = asks.iter().zip(&given.values).map(|(ask, value)| (ask.name.to_string(), to_json(value, &ask.ty, &plan.types)));
    view::Vote { values: values.collect(), ..vote(given) }
}

/// A channel's name.
pub(super) const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Local => "local",
        Channel::Api => "api",
        Channel::Page => "page",
        Channel::Timer => "timer",
        Channel::Webhook => "webhook",
    }
}

/// A person, where there is one.
pub(super) fn somebody(person: &str) -> Option<String> {
    Some(person.to_owned()).filter(|person| !person.is_empty())
}

/// A person's address or a group's name.
pub(super) fn name(principal: &Principal) -> String {
    principal.name().to_owned()
}

/// The step whose called run was rejected.
fn rejected_call<'a>(state: &RunState, plan: &'a Plan) -> &'a str {
    let mut rejected = None;
    state.visit(&mut |path, node| {
        if matches!(node, NodeState::Tried(_, Outcome::Rejected { .. })) {
            rejected.get_or_insert(path);
        }
    });
    rejected.map_or("", |path| name_at(plan, &path))
}

fn shown(plan: &Plan, gate: &Gate, question: &Question) -> Vec<view::Shown> {
    let authorship = plan.authorship();
    let pairs = gate.shows.iter().zip(&question.shown);
    pairs
        .map(|(show, shown)| match shown {
            Shown::Value(value) => view::Shown {
                label: show.label.to_string(),
                value: to_json(value, &show.ty, &plan.types),
                text: to_text(value, &show.ty, &plan.types),
                style: style(show.style),
                by_model: authorship.reads(&show.value),
            },
            Shown::Error(why) => view::Shown {
                label: show.label.to_string(),
                value: Json::Null,
                text: format!("cannot be shown: {why}"),
                style: "error",
                by_model: false,
            },
        })
        .collect()
}

const fn style(style: Style) -> &'static str {
    match style {
        Style::Plain => "plain",
        Style::Table => "table",
        Style::Diff => "diff",
        Style::Markdown => "markdown",
        Style::Code => "code",
    }
}

/// The calls that are asked about. While a gate waits for an answer, those that are still to come: one that asks again has let some run.
fn will_run(live: &Live, gate: Option<&Gate>, asked: &Asked) -> Vec<view::WillRun> {
    let (plan, state) = (&live.plan, &live.state);
    let known = asked.filled.as_ref().unwrap_or(&asked.question.will_run);
    let Some(gate) = gate else {
        let arguments = known.first().map(Vec::as_slice).unwrap_or_default();
        return call(plan, &asked.question.node, arguments, None).into_iter().collect();
    };
    let pairs = gate.guards.iter().zip(known).zip(&asked.question.will_run).enumerate();
    let calls = pairs.filter_map(|(number, ((guard, arguments), before))| {
        let path = call_of(&asked.question.node, guard);
        if asked.closed.is_none() && state.node(&path).settled() {
            return None;
        }
        let preview = match asked.question.previews.get(number) {
            Some(Some(found)) => preview(plan, &path, found),
            _ => no_preview(plan, &path, guard, before),
        };
        Some(view::WillRun { preview, ..call(plan, &path, arguments, Some(guard))? })
    });
    calls.collect()
}

fn preview(plan: &Plan, call: &Path, found: &Shown) -> Option<view::Preview> {
    let ty = &action_at(plan, call)?.1.preview.as_ref()?.result;
    Some(match found {
        Shown::Value(value) => {
            let (value, text) = (to_json(value, ty, &plan.types), to_text(value, ty, &plan.types));
            view::Preview { value, text, failed: false, needs: Vec::new() }
        }
        Shown::Error(why) => {
            view::Preview { value: Json::Null, text: format!("cannot be looked at: {why}"), failed: true, needs: Vec::new() }
        }
    })
}

/// Why nobody looked at what a call would touch, where its action has a preview: something that looking needs was not known.
fn no_preview(plan: &Plan, call: &Path, guard: &Guard, known: &[Option<Value>]) -> Option<view::Preview> {
    let (_, action) = action_at(plan, call)?;
    let missing = unknown(plan, call, guard, known)?;
    let needs: Vec<String> = missing.iter().filter_map(|at| action.parameters.get(*at)).map(|p| p.name.to_string()).collect();
    let of_items = |at: &usize| matches!(guard.arguments.get(*at), Some(GuardArgument::Each(_)));
    let names = needs.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
    let text = match (needs.is_empty(), missing.iter().all(of_items)) {
        (true, _) => return None,
        (false, true) => format!("cannot be looked at for all items at once: {names} differs from item to item"),
        (false, false) => format!("cannot be looked at before {names} {} known", if needs.len() == 1 { "is" } else { "are" }),
    };
    Some(view::Preview { value: Json::Null, text, failed: false, needs })
}

fn call(plan: &Plan, path: &Path, arguments: &[Option<Value>], guard: Option<&Guard>) -> Option<view::WillRun> {
    let (_, action) = action_at(plan, path)?;
    let call = call_at(plan, path)?;
    let given = call.undo.as_ref().filter(|_| path.is_undo()).map_or(&call.arguments, |undo| &undo.arguments);
    let mut shown = view::WillRun {
        action: action.name.to_string(),
        effect: match action.effect {
            Effect::Read => "read",
            Effect::Plain => "write",
            Effect::Irreversible => "irreversible",
        },
        arguments: Map::new(),
        texts: Vec::new(),
        items: None,
        later: Vec::new(),
        by_model: by_model(plan, given, action),
        entered: Vec::new(),
        behind_gate: guard.is_some_and(|guard| guard.behind_gate),
        conditional: guard.is_some_and(|guard| guard.conditional),
        preview: None,
    };
    for (index, (parameter, value)) in action.parameters.iter().zip(arguments).enumerate() {
        let name = parameter.name.to_string();
        let argument = guard.and_then(|guard| guard.arguments.get(index));
        match (argument, value) {
            (Some(GuardArgument::Each(_)), Some(values)) => {
                let loops = guard.map_or(0, |guard| guard.at.len().saturating_sub(1));
                let of_items = of_items(values, loops);
                let items = shown.items.get_or_insert_with(|| vec![Map::new(); of_items.len()]);
                for (item, value) in items.iter_mut().zip(of_items) {
                    if *value != Value::None || matches!(parameter.ty, Type::Optional(_)) {
                        item.insert(name.clone(), to_json(value, &parameter.ty, &plan.types));
                    }
                }
            }
            (_, Some(value)) => {
                shown.texts.push((name.clone(), Some(to_text(value, &parameter.ty, &plan.types))));
                shown.arguments.insert(name, to_json(value, &parameter.ty, &plan.types));
            }
            (argument, None) => {
                shown.texts.push((name.clone(), None));
                if matches!(argument, Some(GuardArgument::Asked(_))) { shown.entered.push(name) } else { shown.later.push(name) }
            }
        }
    }
    Some(shown)
}

/// The values of the items of loops, one inside the other, in the order in which they come.
fn of_items(values: &Value, loops: usize) -> Vec<&Value> {
    match (values, loops) {
        (Value::List(items), 1..) => items.iter().flat_map(|item| of_items(item, loops - 1)).collect(),
        (value, _) => vec![value],
    }
}

/// The parameters that are given something that a model wrote.
fn by_model(plan: &Plan, arguments: &[Expr], action: &Action) -> Vec<String> {
    let authorship = plan.authorship();
    let pairs = action.parameters.iter().zip(arguments);
    pairs.filter(|(_, argument)| authorship.reads(argument)).map(|(parameter, _)| parameter.name.to_string()).collect()
}

fn why_asked(plan: &Plan, gate: Option<&Gate>, question: &Question) -> Option<String> {
    if let About::InDoubt { why, .. } | About::UndoFailed { why, .. } = &question.about {
        return Some(why.clone());
    }
    let band = gate?.bands.get(question.band as usize)?;
    let condition = band.when_text.as_ref()?;
    if let Some(unsure) = &question.unsure {
        return Some(format!("it cannot be told whether `{condition}` holds: {unsure}"));
    }
    let seen = band.sees.iter().zip(&question.saw);
    let values: Vec<String> = seen.map(|(show, value)| format!("{} = {}", show.label, to_text(value, &show.ty, &plan.types))).collect();
    let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
    Some(format!("`{condition}` holds{values}"))
}

fn then(deadline: &Deadline, about: &About) -> String {
    match &deadline.then {
        Lapse::Approve | Lapse::Escalate { .. } if *about != About::Gate => "if nobody answers in time, the run is rejected",
        Lapse::Reject => "if nobody answers in time, the run is rejected",
        Lapse::Fail(_) => "if nobody answers in time, the run fails",
        Lapse::Approve => "if nobody answers in time, it goes on",
        Lapse::Escalate { .. } => "if nobody answers in time, others are asked too",
    }
    .to_owned()
}

fn comment_required(gate: &Gate) -> Vec<&'static str> {
    let rules = [(gate.reason.on_approve, "approve"), (gate.reason.on_reject, "reject")];
    rules.into_iter().filter_map(|(required, answer)| required.then_some(answer)).collect()
}

const fn kind(about: &About) -> &'static str {
    match about {
        About::Gate => "gate",
        About::SentBack { .. } => "sent_back",
        About::InDoubt { .. } => "in_doubt",
        About::UndoFailed { .. } => "undo_failed",
    }
}

/// The answers that a question takes.
fn answers(question: &Question, gate: Option<&Gate>) -> Vec<&'static str> {
    match (&question.about, gate) {
        (About::Gate, Some(gate)) if gate.send_back => vec!["approve", "reject", "send_back"],
        (About::Gate | About::SentBack { .. }, _) => vec!["approve", "reject"],
        (About::InDoubt { .. } | About::UndoFailed { .. }, _) => vec!["done", "not_done", "give_up"],
    }
}

/// What approvers enter.
fn fields(plan: &Plan, gate: &Gate, question: &Question) -> Vec<view::FieldView> {
    let authorship = plan.authorship();
    let pairs = gate.asks.iter().zip(&question.proposed);
    pairs
        .map(|(ask, proposed)| {
            let value = proposed.as_ref().map_or(Json::Null, |value| to_json(value, &ask.ty, &plan.types));
            view::FieldView {
                name: ask.name.to_string(),
                label: ask.label.to_string(),
                ty: type_name(plan, &ask.ty),
                optional: matches!(ask.ty, Type::Optional(_)),
                default: value.clone(),
                value,
                by_model: proposed.is_some() && ask.default.as_ref().is_some_and(|default| authorship.reads(default)),
                choices: choices(plan, &ask.ty),
            }
        })
        .collect()
}

/// The members of an enum.
pub(super) fn choices(plan: &Plan, ty: &Type) -> Vec<String> {
    match ty {
        Type::Optional(inner) => choices(plan, inner),
        Type::Enum(index) => match plan.types.get(*index as usize).map(|def| &def.kind) {
            Some(TypeKind::Enum(members)) => members.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The field for the result of a call in doubt.
fn result_field(plan: &Plan, node: &Path) -> Vec<view::FieldView> {
    result_at(plan, node)
        .map(|ty| view::FieldView {
            name: "result".to_owned(),
            label: format!("what `{}` gave", name_at(plan, node)),
            ty: type_name(plan, ty),
            optional: matches!(ty, Type::Optional(_)),
            default: Json::Null,
            value: Json::Null,
            by_model: false,
            choices: choices(plan, ty),
        })
        .into_iter()
        .collect()
}

fn decision(asked: &Asked) -> Option<view::Decision> {
    let closed = asked.closed?;
    let last = asked.votes.last().filter(|_| matches!(closed.how, Closing::Approved | Closing::Rejected));
    Some(view::Decision {
        outcome: closing(closed.how),
        by: last.map(|vote| vote.by.clone()),
        at: closed.at.to_string(),
        comment: last.and_then(|vote| vote.comment.clone()),
    })
}
