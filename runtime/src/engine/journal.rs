//! The journal in words and in JSON.

use flow_compiler::plan::{Plan, Type};
use flow_compiler::value::{Value, to_json, to_text};
use serde_json::{Value as Json, json};

use super::{Engine, EngineError};
use super::{people, show};
use crate::ids::{ApprovalId, Path, RunId};
use crate::machine::event::{Approvers, Channel, End, Event, Outcome, Shown, Started};
use crate::machine::place::{action_at, gate_at, line_at, name_at, result_at, slot_at};
use crate::store;
use crate::view::{Entry, EventView};

impl Engine {
    /// A stored transition as it is shown.
    pub(super) async fn show_entry(&self, plan: &Plan, entry: &store::Entry) -> Result<Entry, EngineError> {
        let transition = super::host::transition(&*self.store, &entry.body).await?;
        Ok(Entry {
            id: entry.seq,
            at: transition.at.to_string(),
            events: transition.events.iter().map(|event| self.show_event(plan, entry.run, event)).collect(),
            hash: entry.hash.to_string(),
        })
    }

    fn show_event(&self, plan: &Plan, run: RunId, event: &Event) -> EventView {
        let id = |n: u32| self.approval_id(ApprovalId { run, n });
        match event {
            Event::Started(started) => begun(plan, started),
            Event::Computed { node, slot, value } => computed(plan, node, *slot, value),
            Event::Branched { node, arm, .. } => branched(plan, node, *arm),
            Event::Joined { .. } => view("branch.joined", "the branch ended".to_owned(), json!({})),
            Event::AttemptStarted { node, attempt, arguments } => attempt_started(plan, node, *attempt, arguments.as_deref()),
            Event::AttemptEnded { node, attempt, outcome, .. } => attempt_ended(plan, node, *attempt, outcome),
            Event::ChildStarted { node, child, .. } => {
                let (name, id) = (name_at(plan, node), self.run_id(*child));
                view("step.called", format!("`{name}` is run `{id}`"), json!({"step": name, "run": id}))
            }
            Event::RetryPlanned { node, due } => {
                let name = step_name(plan, node);
                view("step.retry", format!("`{name}` will be tried again at {due}"), json!({"step": name, "due_at": due.to_string()}))
            }
            Event::NotAsked { node, saw, band } => not_asked(plan, node, *band, saw),
            Event::Asked(question) => {
                let of: Vec<String> = question.of.stages.iter().flatten().map(|term| show::name(&term.of)).collect();
                let (first, stages) = stages(&question.of);
                let data = json!({"approval": id(question.n), "gate": name_at(plan, &question.node), "title": question.title, "of": of,
                    "stages": stages, "except": question.of.except.iter().map(show::name).collect::<Vec<_>>(), "digest": question.digest.to_string(), "due_at": question.due.map(|due| due.to_string())});
                let text = format!("asked {first}: {}", question.title);
                view("approval.asked", text, data)
            }
            Event::Voted { n, vote } => {
                let shown = show::vote(vote);
                let stead = vote.stead.as_ref().map(|stead| format!(" in the stead of `{stead}`")).unwrap_or_default();
                let text = format!("`{}` answered {}{stead}", vote.by, shown.decision.replace('_', " "));
                view("approval.voted", text, json!({"approval": id(*n), "vote": shown, "os_user": vote.os_user}))
            }
            Event::Closed { n, how, .. } => {
                let how = show::closing(*how);
                view("approval.closed", format!("the approval is {how}"), json!({"approval": id(*n), "outcome": how}))
            }
            Event::Admitted => view("run.admitted", "the run's turn has come".to_owned(), Json::Null),
            Event::StageMet { n, stage } => {
                let text = format!("stage {stage} is met, and the next is asked");
                view("approval.stage", text, json!({"approval": id(*n), "stage": stage + 1}))
            }
            Event::Escalated { n, to, due, .. } => {
                let of: Vec<String> = to.stages.iter().flatten().map(|term| show::name(&term.of)).collect();
                let text = format!("nobody answered in time: {} asked too", is_or_are(&of));
                view("approval.escalated", text, json!({"approval": id(*n), "of": of, "due_at": due.to_string()}))
            }
            Event::Reminded { n, next } => {
                let text = "those who have not answered are reminded".to_owned();
                view("approval.reminded", text, json!({"approval": id(*n), "next_at": next.to_string()}))
            }
            Event::HandedOn { n, from, by, to, channel } => {
                let text = if from == to { format!("`{from}` took it back") } else { format!("`{by}` handed it on to `{to}`") };
                let data = json!({"approval": id(*n), "from": from, "by": by, "to": to, "channel": show::channel(*channel)});
                view("approval.handed_on", text, data)
            }
            Event::LoopStarted { .. }
            | Event::ItemStarted { .. }
            | Event::ItemEnded { .. }
            | Event::LoopEnded { .. }
            | Event::Slept { .. }
            | Event::Woke { .. }
            | Event::Caught { .. }
            | Event::Undoable { .. }
            | Event::Accepted { .. }
            | Event::HandlerStarted { .. }
            | Event::Retried { .. }
            | Event::Previewing { .. }
            | Event::Previewed { .. }
            | Event::Changed { .. } => flow_event(plan, event),
            Event::Ending { why } => ending("run.ending", "ending", plan, why),
            Event::Ended { why } => ending("run.ended", "ended", plan, why),
        }
    }
}

/// Who is asked: in words, and each stage as a list.
fn stages(of: &Approvers) -> (String, Vec<Vec<String>>) {
    let stages: Vec<Vec<String>> = of.stages.iter().map(|stage| stage.iter().map(ToString::to_string).collect()).collect();
    let then = stages.iter().map(|stage| stage.join(" and ")).collect::<Vec<_>>().join(", then ");
    let except = people::left_out(of.except.iter());
    (std::iter::once(then).chain(except).collect::<Vec<_>>().join(", "), stages)
}

fn is_or_are(of: &[String]) -> String {
    format!("{} {}", of.join(", "), if of.len() == 1 { "is" } else { "are" })
}

fn view(kind: &'static str, text: String, data: Json) -> EventView {
    EventView { kind, text, data }
}

fn begun(plan: &Plan, started: &Started) -> EventView {
    let pairs = plan.workflow.parameters.iter().zip(&started.input);
    let input: serde_json::Map<String, Json> = pairs.map(|(p, value)| (p.name.to_string(), to_json(value, &p.ty, &plan.types))).collect();
    let who = match started.channel {
        Channel::Timer => "a schedule".to_owned(),
        Channel::Webhook => "a webhook".to_owned(),
        Channel::Local | Channel::Api | Channel::Page => format!("`{}`", started.requester),
    };
    let waits = if started.held { ", which waits for its turn" } else { "" };
    let text = format!("{who} started `{}`{waits}", plan.workflow.name);
    let requester = show::somebody(&started.requester);
    let data = json!({"workflow": plan.workflow.name, "requester": requester, "on_behalf_by": started.on_behalf_by, "owner": show::name(&started.owner),
        "channel": show::channel(started.channel), "input": input, "plan": started.plan.to_string()});
    view("run.started", text, data)
}

fn computed(plan: &Plan, node: &Path, slot: u32, value: &Value) -> EventView {
    let name = name_at(plan, node);
    let ty = slot_at(plan, node, slot).map_or(&Type::Json, |slot| &slot.ty);
    let text = format!("`{name}` is {}", to_text(value, ty, &plan.types));
    view("value.computed", text, json!({"name": name, "value": to_json(value, ty, &plan.types)}))
}

fn branched(plan: &Plan, node: &Path, arm: Option<u32>) -> EventView {
    let line = line_at(plan, node);
    let text = arm.map_or_else(|| format!("line {line}: no branch was taken"), |arm| format!("line {line}: branch {} was taken", arm + 1));
    view("branch.taken", text, json!({"line": line, "arm": arm}))
}

/// A step's name; a call that undoes one is called after it.
fn step_name(plan: &Plan, node: &Path) -> String {
    let name = name_at(plan, node);
    if node.is_undo() { format!("undo of {name}") } else { name.to_owned() }
}

fn attempt_started(plan: &Plan, node: &Path, attempt: u32, arguments: Option<&[Value]>) -> EventView {
    let name = step_name(plan, node);
    let parameters = action_at(plan, node).map(|(_, action)| action.parameters.as_slice()).unwrap_or_default();
    let shown: Option<serde_json::Map<String, Json>> = arguments.map(|arguments| {
        parameters.iter().zip(arguments).map(|(p, value)| (p.name.to_string(), to_json(value, &p.ty, &plan.types))).collect()
    });
    let text = if attempt == 1 { format!("`{name}` started") } else { format!("`{name}` started again (attempt {attempt})") };
    view("step.started", text, json!({"step": name, "attempt": attempt, "arguments": shown}))
}

fn attempt_ended(plan: &Plan, node: &Path, attempt: u32, outcome: &Outcome) -> EventView {
    let name = step_name(plan, node);
    let data = |outcome: &str, more: Json| json!({"step": name, "attempt": attempt, "outcome": outcome, "detail": more});
    match outcome {
        Outcome::Done(value) => {
            let result = result_at(plan, node).map_or(Json::Null, |ty| to_json(value, ty, &plan.types));
            let mut data = data("done", result);
            if !action_at(plan, node).is_some_and(|(action, _)| plan.asks_a_model(action)) {
                return view("step.done", format!("`{name}` is done"), data);
            }
            if let Some(members) = data.as_object_mut() {
                members.insert("by_model".into(), Json::Bool(true));
            }
            view("step.done", format!("`{name}` is done: written by a model"), data)
        }
        Outcome::NotDone(why) => view("step.not_done", format!("`{name}` was not done: {why}"), data("not_done", json!(why))),
        Outcome::Unknown(why) => view("step.unknown", format!("whether `{name}` was done is unknown: {why}"), data("unknown", json!(why))),
        // INVARIANT: results are put back before a transition is shown.
        Outcome::Kept(digest) => view("step.done", format!("`{name}` is done"), data("done", json!(digest.to_string()))),
        Outcome::Rejected { by, comment } => {
            let who = by.as_ref().map_or_else(String::new, |by| format!(" by `{by}`"));
            view("step.rejected", format!("`{name}` was rejected{who}"), data("rejected", json!({"by": by, "comment": comment})))
        }
        Outcome::Cancelled { by } => {
            view("step.cancelled", format!("`{name}` was cancelled by `{by}`"), data("cancelled", json!({"by": by})))
        }
        Outcome::Lost => {
            let why = "the server stopped while it was under way";
            view("step.unknown", format!("whether `{name}` was done is unknown: {why}"), data("unknown", json!(why)))
        }
    }
}

fn not_asked(plan: &Plan, node: &Path, band: Option<u32>, saw: &[Value]) -> EventView {
    let gate = gate_at(plan, node);
    let band = gate.and_then(|gate| gate.bands.get(band.unwrap_or_default() as usize));
    let condition = band.and_then(|band| band.when_text.clone());
    let pairs = band.map(|band| band.sees.as_slice()).unwrap_or_default().iter().zip(saw);
    let seen: serde_json::Map<String, Json> =
        pairs.map(|(show, value)| (show.label.to_string(), to_json(value, &show.ty, &plan.types))).collect();
    let name = name_at(plan, node);
    let text = format!("`{name}` was passed with nobody asked");
    view("approval.not_asked", text, json!({"gate": name, "condition": condition, "saw": seen}))
}

fn ending(kind: &'static str, word: &str, plan: &Plan, why: &End) -> EventView {
    let (status, detail) = match why {
        End::Completed(value) => {
            let output = plan.workflow.result.as_ref().map_or(Json::Null, |ty| to_json(value, ty, &plan.types));
            ("completed", json!({"output": output}))
        }
        End::Failed { error, .. } => ("failed", json!({"error": error})),
        End::Rejected { by, comment, .. } => ("rejected", json!({"by": by, "comment": comment})),
        End::Cancelled { by } => ("cancelled", json!({"by": by})),
    };
    view(kind, format!("the run {word}: {status}"), json!({"status": status, "detail": detail}))
}

/// What happens to a run beside its calls and questions.
fn flow_event(plan: &Plan, event: &Event) -> EventView {
    match event {
        Event::LoopStarted { node, list } => {
            let items = if let Value::List(items) = list { items.len() } else { 0 };
            let line = line_at(plan, node);
            view("loop.started", format!("line {line}: a loop over {items} items"), json!({"line": line, "items": items}))
        }
        Event::ItemStarted { node, item, .. } => item_event(plan, "item.started", "began", node, *item),
        Event::ItemEnded { node, item, .. } => item_event(plan, "item.ended", "ended", node, *item),
        Event::LoopEnded { node, .. } => {
            let line = line_at(plan, node);
            view("loop.ended", format!("line {line}: the loop ended"), json!({"line": line}))
        }
        Event::Slept { node, due } => {
            let line = line_at(plan, node);
            view("wait.started", format!("line {line}: waits until {due}"), json!({"line": line, "due_at": due.to_string()}))
        }
        Event::Woke { node } => {
            let line = line_at(plan, node);
            view("wait.ended", format!("line {line}: the wait is over"), json!({"line": line}))
        }
        Event::Caught { node, error, .. } => {
            let name = name_at(plan, node);
            view("step.given_up", format!("`{name}` was tried, and failed: {error}"), json!({"step": name, "error": error}))
        }
        Event::Undoable { node, .. } => {
            let name = name_at(plan, node);
            view("step.undoable", format!("`{name}` can be undone"), json!({"step": name}))
        }
        Event::Accepted { node } => {
            let name = name_at(plan, node);
            view("step.accepted", format!("`{name}` gave what was waited for"), json!({"step": name}))
        }
        Event::HandlerStarted { number, .. } => {
            let word = ["failure", "reject", "cancel"].get(*number as usize).copied().unwrap_or_default();
            view("handler.started", format!("`on {word}` began"), json!({"event": word}))
        }
        Event::Retried { by, channel, gates } => {
            let again: Vec<&str> = gates.iter().map(|gate| name_at(plan, gate)).collect();
            let data = json!({"by": by, "channel": show::channel(*channel), "asks_again": again});
            view("run.retried", format!("`{by}` took the run up again"), data)
        }
        Event::Previewing { node, .. } => {
            let gate = name_at(plan, node);
            view("preview.started", format!("what follows `{gate}` is looked at"), json!({"gate": gate}))
        }
        Event::Previewed { node, found, .. } => {
            let gate = name_at(plan, node);
            let error = match found {
                Shown::Value(_) => None,
                Shown::Error(why) => Some(why),
            };
            let how = error.map_or_else(|| "was looked at".to_owned(), |why| format!("cannot be looked at: {why}"));
            view("preview.ended", format!("what follows `{gate}` {how}"), json!({"gate": gate, "error": error}))
        }
        Event::Changed { node, attempt, gates } => {
            let name = name_at(plan, node);
            let again: Vec<&str> = gates.iter().map(|gate| name_at(plan, gate)).collect();
            let text = format!("`{name}` would touch something else than was approved, and was not called");
            view("attempt.changed", text, json!({"step": name, "attempt": attempt, "asks_again": again}))
        }
        _ => view("event", String::new(), Json::Null),
    }
}

fn item_event(plan: &Plan, kind: &'static str, word: &str, node: &Path, item: u32) -> EventView {
    let line = line_at(plan, node);
    view(kind, format!("line {line}: item {} {word}", item.saturating_add(1)), json!({"line": line, "item": item}))
}
