//! Actions of a plan: the only place where the outside world is touched.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Approvers, Expr, Parameter, TextPart, Type};

/// An action.
///
/// Its expressions see one frame: the parameters in order, and after them, in `ok_when`, `not_done_when` and `result`, four more
/// slots with the answer: `status` (number), `exit` (number), `headers` (json object, lower-case names), `body` (json).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Its name, with its module's name where it has one (`bank.transfer`).
    pub name: SmolStr,
    /// Its documentation comment.
    pub doc: Option<String>,
    /// What it does to the world.
    pub effect: Effect,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it gives; `None` for nothing.
    pub result: Option<Type>,
    /// How long an attempt may take.
    #[serde(with = "crate::value::serde_duration")]
    pub timeout: SignedDuration,
    /// What it does.
    pub implementation: Implementation,
    /// `preview`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Box<Preview>>,
    /// Secrets that it uses, for scrubbing what it answers.
    pub secrets: Vec<SecretUse>,
    /// What is demanded of every call of it, by itself and by policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
}

/// `only after approval by ... when ...`: a call runs only if people who suffice have approved it, where the condition does not fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    /// Who suffices, over the action's parameters; `None`: anybody who was asked.
    pub by: Option<Approvers>,
    /// When it applies, over the action's parameters; `None`: always.
    pub when: Option<Expr>,
    /// As the author wrote it.
    pub text: String,
    /// The policy that says so; `None`: the action itself.
    pub policy: Option<SmolStr>,
}

impl Action {
    /// The slot of `status` in the frame of the answer; `exit`, `headers` and `body` follow it.
    #[must_use]
    pub fn answer_slot(&self) -> usize {
        self.parameters.len()
    }
}

/// What a call would touch: looked at when a gate that guards the call asks, part of what is approved, and looked at again just before
/// the call. Its expressions see what the action's see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// How it looks: `http get`, an `sql` query, or `exec`.
    pub implementation: Implementation,
    /// What it gives: `json` (of a query, a list of its rows), `text` of a program, or what its `result` says.
    pub result: Type,
    /// How long looking may take.
    #[serde(with = "crate::value::serde_duration")]
    pub timeout: SignedDuration,
}

/// The name of a secret.
pub type SecretUse = SmolStr;

/// What an action does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something that can be put right.
    Plain,
    /// Cannot be taken back.
    Irreversible,
}

/// How an action does it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Implementation {
    /// The built-in `log(message)`.
    Log,
    /// The built-in `notify(to, message)`.
    Notify,
    /// `http`
    Http(Http),
    /// `exec`
    Exec(Exec),
    /// `sql`
    Sql(Sql),
    /// `email`
    Email(Email),
    /// `model`
    Model(Model),
    /// A workflow that is called as a step: its index in [`Plan::children`](super::Plan::children). It is a run of its own.
    Workflow(u32),
}

/// `http post "url"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Http {
    /// In capitals.
    pub method: SmolStr,
    /// Values are percent-encoded, except one that stands alone at the front, which is a base address.
    pub url: Vec<TextPart>,
    /// Names and values.
    pub headers: Vec<(SmolStr, Expr)>,
    /// Names and values with their types; a list repeats the name, `none` leaves it out.
    pub query: Vec<(SmolStr, Expr, Type)>,
    /// The body.
    pub body: Option<Body>,
    /// `ok when`; default: status 200 to 299.
    pub ok_when: Option<Expr>,
    /// `not done when`
    pub not_done_when: Option<Expr>,
    /// `result`, a `json` or typed expression over the answer; default: the whole body.
    pub result: Option<(Expr, Type)>,
}

/// What is sent: a text as it is (`text/plain`), anything else as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// The value.
    pub value: Expr,
    /// Its type.
    pub ty: Type,
}

/// `exec "program" ["arg"]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    /// The program.
    pub program: SmolStr,
    /// Its arguments, texts; one that is a list (of texts) is several arguments.
    pub arguments: Vec<(Expr, Type)>,
    /// Standard input: a text as it is, anything else as JSON.
    pub stdin: Option<Body>,
    /// The working directory, a text; default: the project's.
    pub cwd: Option<Expr>,
    /// Names and values, texts.
    pub env: Vec<(SmolStr, Expr)>,
    /// `ok when`; default: exit 0.
    pub ok_when: Option<Expr>,
    /// `not done when`
    pub not_done_when: Option<Expr>,
    /// `result`, over the answer; default: standard output.
    pub result: Option<(Expr, Type)>,
}

/// `sql "connection" "statement"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sql {
    /// `sqlite:PATH` or `postgres://...`
    pub connection: Vec<TextPart>,
    /// Texts are SQL, values are bound parameters; a list is as many as it has items.
    pub statement: Vec<TextPart>,
}

/// `email`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Email {
    /// A text or a list of texts.
    pub to: (Expr, Type),
    /// A text.
    pub subject: Expr,
    /// A text.
    pub body: Expr,
    /// Texts: paths of files.
    pub attach: Vec<Expr>,
}

/// `model "name"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// A text.
    pub name: Vec<TextPart>,
    /// A text.
    pub prompt: Expr,
    /// A number.
    pub temperature: Option<Expr>,
}
