//! What programs and pages are shown of runs and approvals: the JSON of the interfaces.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next begins; `null` on the last.
    pub next: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// Its public id.
    pub id: String,
    /// Its workflow.
    pub workflow: String,
    /// `running | paused | in_doubt | ending | completed | failed | rejected | cancelled`
    pub status: &'static str,
    /// What it was started with.
    pub input: Json,
    /// What it returned.
    pub output: Json,
    /// Whether a model wrote that, or what it was made of.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub output_by_model: bool,
    /// What went wrong.
    pub error: Option<String>,
    /// Who said no.
    pub rejection: Option<Rejection>,
    /// Who asked for it; `null` when a schedule or a webhook started it.
    pub requester: Option<String>,
    /// The service that asked on the requester's behalf.
    pub on_behalf_by: Option<String>,
    /// Whether it is paused because another run of its kind has its turn.
    pub waits_for_turn: bool,
    /// Whose it is.
    pub owner: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub ended_at: Option<String>,
    /// Its questions, in order.
    pub approvals: Vec<ApprovalRef>,
    /// The run that called it, by its public id.
    pub called_by: Option<String>,
    /// Runs that it called, in order.
    pub children: Vec<ChildRef>,
}

/// A run that a run called.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChildRef {
    /// Its public id.
    pub id: String,
    /// Its workflow.
    pub workflow: String,
    /// See [`Run::status`].
    pub status: &'static str,
    /// Its page.
    pub url: String,
}

/// Who said no to a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Rejection {
    /// The gate's name.
    pub gate: String,
    /// Who; `null` when the deadline passed.
    pub by: Option<String>,
    /// What they said.
    pub comment: Option<String>,
}

/// An approval in a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ApprovalRef {
    /// Its public id.
    pub id: String,
    /// The gate's (or for a call in doubt the step's) name.
    pub gate: String,
    /// See [`Approval::status`].
    pub status: &'static str,
    /// Its page.
    pub url: String,
}

/// An approval: everything that the approver needs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Approval {
    /// Its public id.
    pub id: String,
    /// `gate | sent_back | in_doubt | undo_failed`
    pub kind: &'static str,
    /// The run's public id.
    pub run: String,
    /// The run's workflow.
    pub workflow: String,
    /// The gate's (or for a call in doubt the step's) name.
    pub gate: String,
    /// Which round.
    pub round: u32,
    /// `pending | approved | rejected | expired | superseded | withdrawn`
    pub status: &'static str,
    /// What is about to happen, in a line.
    pub title: String,
    /// The documentation comment above the gate.
    pub description: Option<String>,
    /// Values, in order.
    pub shown: Vec<Shown>,
    /// Calls that can be reached once approved; for a call in doubt the call itself.
    pub will_run: Vec<WillRun>,
    /// Who may decide, in words.
    pub approvers: Vec<String>,
    /// Whose answer is still needed, in words.
    pub needed: Vec<String>,
    /// Why nobody can decide it as things stand; `null` where somebody can.
    pub why_nobody: Option<String>,
    /// Who decides in whose stead.
    pub handed_on: Vec<HandedOn>,
    /// The answers that can be given: `approve`, `reject`, `send_back`; for a call in doubt `done`, `not_done`, `give_up`.
    pub answers: Vec<&'static str>,
    /// The approval that took its place.
    pub next: Option<String>,
    /// For a gate that was sent back: who did, and what they said.
    pub sent_back: Option<SentBack>,
    /// Why the caller is asked; `null` when they are not.
    pub why_you: Option<String>,
    /// Why anybody is asked: the condition and the values that it saw.
    pub why_asked: Option<String>,
    /// Answers so far.
    pub votes: Vec<Vote>,
    /// Who asked for the run; `null` when a schedule or a webhook started it.
    pub requester: Option<String>,
    /// RFC 3339, UTC.
    pub asked_at: String,
    /// RFC 3339, UTC.
    pub due_at: Option<String>,
    /// What happens when nobody answers in time.
    pub then: Option<String>,
    /// The subject digest.
    pub digest: String,
    /// What the approver can fill in; for a call in doubt `result`. The `value` is what is proposed.
    pub fields: Vec<FieldView>,
    /// Whether a comment must be given: `approve`, `reject`.
    pub comment_required: Vec<&'static str>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// Its page.
    pub url: String,
}

/// A shown value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Shown {
    /// Its label.
    pub label: String,
    /// The value as JSON.
    pub value: Json,
    /// The value as text.
    pub text: String,
    /// `plain | table | diff | markdown | code | error`
    #[serde(rename = "as")]
    pub style: &'static str,
    /// Whether a model wrote it, or what it was made of.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_model: bool,
}

/// A call that will run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WillRun {
    /// The action.
    pub action: String,
    /// `read | write | irreversible`
    pub effect: &'static str,
    /// Arguments by name; what is decided later is missing here and named in `later`, what differs from item to item stands in `items`.
    pub arguments: serde_json::Map<String, Json>,
    /// The same as texts, in order; `None` for what is decided later.
    #[serde(skip)]
    pub texts: Vec<(String, Option<String>)>,
    /// Of a call in a loop: for each item the arguments that differ from item to item, by name. What cannot be computed is missing, and
    /// the call of that item will fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<serde_json::Map<String, Json>>>,
    /// Arguments that are decided later.
    pub later: Vec<String>,
    /// Arguments that a model wrote, or that were made of what one wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_model: Vec<String>,
    /// Arguments that come of what the approver enters.
    pub entered: Vec<String>,
    /// Whether another gate stands before it.
    pub behind_gate: bool,
    /// Whether it runs only in one arm of a branch.
    pub conditional: bool,
    /// What it would touch, where its action has a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
}

/// What a call would touch.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    /// The value as JSON; `null` where it was not looked at.
    pub value: Json,
    /// The value as text, or why it was not looked at.
    pub text: String,
    /// Whether a look at it failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Arguments that looking needs and that are not known when this is asked: nobody looked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// Somebody decides in somebody's stead.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandedOn {
    /// In whose stead.
    pub from: String,
    /// Who decides.
    pub to: String,
}

/// Why a gate came back to who asked for the run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SentBack {
    /// Who sent it back.
    pub by: String,
    /// What they said.
    pub comment: Option<String>,
}

/// Who decides for somebody who is out of office.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StandIn {
    /// Whose stand-in it is.
    pub person: String,
    /// Who decides for them; `null` when they are not out of office.
    pub to: Option<String>,
    /// RFC 3339, UTC.
    pub until: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Vote {
    /// Who.
    pub by: String,
    /// In whose stead, where it was handed on or they are out of office.
    pub stead: Option<String>,
    /// What was entered, by the names of the fields.
    pub values: serde_json::Map<String, Json>,
    /// `approve | reject | send_back | done | not_done | give_up`
    pub decision: &'static str,
    /// What they said.
    pub comment: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    /// `local | api | page | timer`
    pub channel: &'static str,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    /// `approved | rejected | expired | withdrawn | superseded`
    pub outcome: &'static str,
    /// Who; `null` for a clock.
    pub by: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    /// What they said.
    pub comment: Option<String>,
}

/// Something that the approver can fill in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Its type, as an author writes it.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it is when nothing is entered.
    pub default: Json,
    /// What is proposed; `null` where nothing is.
    pub value: Json,
    /// Whether a model wrote what is proposed, or what it was made of.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_model: bool,
    /// The members of an enum; empty for other types.
    pub choices: Vec<String>,
}

/// The answer to a decision.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Decided {
    /// The approval that the vote is in: another than was answered, where it said other values and so opened a round of its own.
    pub approval: String,
    /// The caller's vote as recorded.
    pub vote: Vote,
    /// Whether the vote decided it: `decided` or `counted`.
    pub standing: &'static str,
    /// The approval's status now.
    pub status: &'static str,
    /// The run's public id.
    pub run: String,
    /// The run's status now.
    pub run_status: &'static str,
}

/// A served workflow.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// Its documentation comment.
    pub description: Option<String>,
    /// Its file, as the compiler was told it.
    pub file: String,
    /// Its parameters.
    pub parameters: Vec<FieldView>,
    /// The digest of its plan.
    pub plan: String,
}

/// One transition of a run's journal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Entry {
    /// Its sequence number.
    pub id: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// What happened, in order.
    pub events: Vec<EventView>,
    /// Its hash.
    pub hash: String,
}

/// One event of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventView {
    /// `run.started`, `step.started`, `approval.asked`, ...
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// In a sentence.
    pub text: String,
    /// The parts.
    pub data: Json,
}

/// Who asked for a run, in words.
#[must_use]
pub fn requester(person: Option<&str>) -> &str {
    person.unwrap_or("a schedule or a webhook")
}
