//! Gates of a plan: who is asked what, when, and what happens if nobody answers.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, Type};

/// `require approval`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `as name`, else `approval` (`approval 2` for the second without a name, and so on).
    pub name: SmolStr,
    /// The documentation comment above it.
    pub doc: Option<String>,
    /// Tried in order: the first whose condition holds decides who is asked; none: nobody is. A plain gate has one.
    pub bands: Vec<Band>,
    /// `title`, a text; the compiler always gives one.
    pub title: Expr,
    /// What is shown, in order.
    pub shows: Vec<Show>,
    /// `within`
    pub deadline: Option<Deadline>,
    /// `remind every`
    pub remind: Option<Period>,
    /// `ask`, in order.
    pub asks: Vec<Ask>,
    /// Whether an approver may `send back to requester`.
    pub send_back: bool,
    /// `reason required`
    pub reason: ReasonRequired,
    /// The calls that can be reached after it.
    pub guards: Vec<Guard>,
    /// Where its values go.
    pub slots: GateSlots,
}

/// One band of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The condition; `None` always holds.
    pub when: Option<Expr>,
    /// Its text as the author wrote it, for the page and the journal.
    pub when_text: Option<String>,
    /// Values that the condition uses, with their names, for the journal.
    pub sees: Vec<Show>,
    /// Who is asked; `None` for nobody.
    pub by: Option<Approvers>,
}

/// A value that approvers enter: `ask field: Type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Its name.
    pub name: SmolStr,
    /// How it is called on the page.
    pub label: SmolStr,
    /// Its type.
    pub ty: Type,
    /// What is proposed.
    pub default: Option<Expr>,
    /// Where the value goes; there it is optional where nobody may be asked.
    pub slot: u32,
}

/// Who decides: stages in order, in each all terms must be met, exclusions cover all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approvers {
    /// Stages.
    pub stages: Vec<Vec<Term>>,
    /// `except`
    pub except: Vec<Who>,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// Any one of them.
    Any(Who),
    /// So many of them.
    Some(u32, Who),
    /// All of them.
    All(Who),
}

impl Term {
    /// Who is meant.
    #[must_use]
    pub const fn who(&self) -> &Who {
        match self {
            Self::Any(who) | Self::Some(_, who) | Self::All(who) => who,
        }
    }
}

/// People.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Who {
    /// The run's owner.
    Owner,
    /// Who asked for the run.
    Requester,
    /// A group by its name.
    Group(SmolStr),
    /// An address, a text.
    Address(Expr),
}

/// A value that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Show {
    /// Its label.
    pub label: SmolStr,
    /// The value.
    pub value: Expr,
    /// Its type.
    pub ty: Type,
    /// How it is drawn.
    pub style: Style,
}

/// How a value is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// By its type.
    Plain,
    /// `as table`
    Table,
    /// `as diff`
    Diff,
    /// `as markdown`
    Markdown,
    /// `as code`
    Code,
}

/// `within D, then ...`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    /// How long after the gate opened (after the escalation, for an escalation's own).
    pub after: Period,
    /// What then.
    pub then: Lapse,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// So long by the clock.
    Exact(#[serde(with = "crate::value::serde_duration")] SignedDuration),
    /// So many business days of the calendar.
    BusinessDays(u32),
}

/// What happens when a deadline passes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Lapse {
    /// As if rejected.
    Reject,
    /// The run fails, perhaps with a text.
    Fail(Option<Expr>),
    /// As if approved.
    Approve,
    /// Others are asked too.
    Escalate {
        /// Who.
        to: Approvers,
        /// Until when.
        deadline: Box<Deadline>,
    },
}

/// `reason required`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRequired {
    /// A comment must be given to approve.
    pub on_approve: bool,
    /// A comment must be given to reject.
    pub on_reject: bool,
}

/// A call that can be reached after a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// The call: its node in the gate's region, or a loop's node there, then the call's in the loop's body, and so on.
    pub at: Vec<u32>,
    /// One for each parameter of the action.
    pub arguments: Vec<GuardArgument>,
    /// One for each parameter of the action that undoes it; empty where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<GuardArgument>,
    /// Whether a further gate stands between.
    pub behind_gate: bool,
    /// Whether all arguments are known at the gate, or entered at it: then what is approved binds the call.
    pub bound: bool,
    /// Whether it stands in an arm of a branch that is not decided at the gate.
    pub conditional: bool,
}

impl Guard {
    /// Whether what is approved binds the call that undoes this one, too: all that it is given is known at the gate, or entered at it.
    #[must_use]
    pub fn binds_undo(&self) -> bool {
        self.undo.iter().all(|argument| !matches!(argument, GuardArgument::Later))
    }
}

/// An argument of a guarded call as seen from the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum GuardArgument {
    /// Computable at the gate.
    Known(Expr),
    /// Computable once the gate's own fields are entered, which it uses.
    Asked(Expr),
    /// Of a call in a loop over a list that is known at the gate: computable for each of its items. A list of the values, one for each
    /// item, `none` for an item for which it cannot be computed (its call cannot either); in a loop within a loop a list of such lists.
    Each(Expr),
    /// Decided later.
    Later,
}

/// How many calls the title of a gate names.
const MOST_NAMED: usize = 3;

/// The title of a gate that has none of its own: made of the actions that it lets run, each once, and of the workflow where there is none.
pub fn default_title<'n>(workflow: &str, actions: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in actions {
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > MOST_NAMED {
            break;
        }
    }
    let shown = names.iter().take(MOST_NAMED).map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => format!("Go on with {}", workflow.replace('_', " ")),
        1..=MOST_NAMED => format!("Approve {shown}"),
        _ => format!("Approve {shown} and more"),
    }
}

impl Gate {
    /// Whether nobody may be asked at all.
    #[must_use]
    pub fn is_skippable(&self) -> bool {
        let always = self.bands.last().is_some_and(|band| band.when.is_none());
        !always || self.bands.iter().any(|band| band.by.is_none())
    }

    /// Slots for all that it gives: who, when and why, and what is entered.
    pub fn given(&self) -> impl Iterator<Item = u32> + '_ {
        let who = [self.slots.by, self.slots.at, self.slots.comment].into_iter().flatten();
        who.chain(self.asks.iter().map(|ask| ask.slot))
    }

    /// The deadline after so many escalations.
    #[must_use]
    pub fn deadline_after(&self, escalations: usize) -> Option<&Deadline> {
        let mut at = self.deadline.as_ref()?;
        for _ in 0..escalations {
            let Lapse::Escalate { deadline, .. } = &at.then else { return None };
            at = deadline;
        }
        Some(at)
    }
}

/// Slots for the values that a gate gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GateSlots {
    /// `name.by`, a text.
    pub by: Option<u32>,
    /// `name.at`, a time.
    pub at: Option<u32>,
    /// `name.comment`, a text.
    pub comment: Option<u32>,
}
