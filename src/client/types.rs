//! What the API answers, as far as commands look at it.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// A run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) input: Json,
    #[serde(default)]
    pub(crate) output: Json,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) rejection: Option<Rejection>,
    #[serde(default)]
    pub(crate) requester: Option<String>,
    #[serde(default)]
    pub(crate) waits_for_turn: bool,
    /// Whether a start found it instead of making it.
    #[serde(default)]
    existing: bool,
    pub(crate) started_at: String,
    #[serde(default)]
    pub(crate) ended_at: Option<String>,
    #[serde(default)]
    pub(crate) approvals: Vec<ApprovalRef>,
    #[serde(default)]
    pub(crate) children: Vec<ChildRef>,
}

/// A run that a run called.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChildRef {
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) status: String,
}

impl ChildRef {
    /// Whether nothing more happens to it.
    pub(crate) fn ended(&self) -> bool {
        ended(&self.status)
    }
}

fn ended(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "rejected" | "cancelled")
}

impl Run {
    /// Says that there was such a run already, where a start has found one.
    pub(crate) fn told(self) -> Self {
        if self.existing {
            anstream::eprintln!("there is a run of this already: {}", self.id);
        }
        self
    }

    /// Whether nothing more happens to it.
    pub(crate) fn ended(&self) -> bool {
        ended(&self.status)
    }

    /// Whether it waits for somebody.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.status.as_str(), "paused" | "in_doubt")
    }
}

/// Who said no to a run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rejection {
    pub(crate) gate: String,
    pub(crate) by: Option<String>,
    pub(crate) comment: Option<String>,
}

/// An approval in a run.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub(crate) struct ApprovalRef {
    pub(crate) id: String,
    pub(crate) gate: String,
    pub(crate) status: String,
    pub(crate) url: String,
}

/// An approval.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Approval {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) shown: Vec<Shown>,
    #[serde(default)]
    pub(crate) will_run: Vec<WillRun>,
    #[serde(default)]
    pub(crate) approvers: Vec<String>,
    #[serde(default)]
    pub(crate) needed: Vec<String>,
    #[serde(default)]
    pub(crate) why_nobody: Option<String>,
    #[serde(default)]
    pub(crate) answers: Vec<String>,
    #[serde(default)]
    pub(crate) handed_on: Vec<HandedOn>,
    #[serde(default)]
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) sent_back: Option<SentBack>,
    #[serde(default)]
    pub(crate) why_you: Option<String>,
    #[serde(default)]
    pub(crate) why_asked: Option<String>,
    #[serde(default)]
    pub(crate) votes: Vec<Vote>,
    #[serde(default)]
    pub(crate) requester: Option<String>,
    pub(crate) asked_at: String,
    #[serde(default)]
    pub(crate) due_at: Option<String>,
    #[serde(default)]
    pub(crate) then: Option<String>,
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
    #[serde(default)]
    pub(crate) comment_required: Vec<String>,
    #[serde(default)]
    pub(crate) decision: Option<Decision>,
    pub(crate) url: String,
}

impl Approval {
    /// Whether it asks what became of a call.
    pub(crate) fn in_doubt(&self) -> bool {
        !matches!(self.kind.as_str(), "gate" | "sent_back")
    }

    /// Whether an approver may send it back to who asked for the run.
    pub(crate) fn can_be_sent_back(&self) -> bool {
        self.answers.iter().any(|answer| answer == "send_back")
    }
}

/// A shown value.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) value: Json,
    pub(crate) text: String,
    #[serde(rename = "as", default)]
    pub(crate) style: String,
    #[serde(default)]
    pub(crate) by_model: bool,
}

/// A call that will run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WillRun {
    pub(crate) action: String,
    pub(crate) effect: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Json>,
    /// Of a call in a loop: for each item the arguments that differ from item to item.
    #[serde(default)]
    pub(crate) items: Option<Vec<Map<String, Json>>>,
    #[serde(default)]
    pub(crate) later: Vec<String>,
    #[serde(default)]
    pub(crate) by_model: Vec<String>,
    #[serde(default)]
    pub(crate) entered: Vec<String>,
    #[serde(default)]
    pub(crate) behind_gate: bool,
    #[serde(default)]
    pub(crate) conditional: bool,
    #[serde(default)]
    pub(crate) preview: Option<Preview>,
}

/// What a call would touch.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Preview {
    pub(crate) text: String,
}

/// Somebody decides in somebody's stead.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct HandedOn {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Why a gate came back to who asked for the run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SentBack {
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) comment: Option<String>,
}

/// Who decides for somebody who is out of office.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StandIn {
    #[serde(default)]
    pub(crate) to: Option<String>,
    #[serde(default)]
    pub(crate) until: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Vote {
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) stead: Option<String>,
    #[serde(default)]
    pub(crate) values: Map<String, Json>,
    pub(crate) decision: String,
    #[serde(default)]
    pub(crate) comment: Option<String>,
    #[serde(default)]
    pub(crate) channel: String,
}

/// What was decided.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) by: Option<String>,
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) comment: Option<String>,
}

/// A parameter, or something that the approver fills in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    #[serde(default)]
    pub(crate) optional: bool,
    #[serde(default)]
    pub(crate) default: Json,
    #[serde(default)]
    pub(crate) value: Json,
    #[serde(default)]
    pub(crate) by_model: bool,
    #[serde(default)]
    pub(crate) choices: Vec<String>,
}

/// A workflow that can be started.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) name: String,
    pub(crate) parameters: Vec<Field>,
}

/// The answer to a decision.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decided {
    #[serde(default)]
    pub(crate) approval: String,
    pub(crate) standing: String,
    pub(crate) status: String,
    pub(crate) run: String,
}

/// Which process owns a store.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Info {
    pub(crate) pid: u32,
}

/// A token, without its secret.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) scopes: String,
    #[serde(default)]
    pub(crate) agent: bool,
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
    #[serde(default)]
    pub(crate) revoked_at: Option<String>,
}

/// A new token.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Issued {
    pub(crate) id: String,
    pub(crate) token: String,
}
