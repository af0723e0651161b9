//! The plan: what the compiler makes of one workflow and all that it uses, and the only thing of the language that the runtime sees.
//!
//! It is serialisable, self-contained, and the same byte for byte for the same sources. A run is pinned to the plan it started with.
//! INVARIANT: indices in a plan (types, actions, slots, nodes) are within bounds; [`Plan::decode`] of foreign bytes checks them.

mod action;
mod authorship;
mod bounds;
mod bytes;
mod expr;
mod flat;
mod gate;
mod settings;
pub mod test;
#[cfg(test)]
mod tests;
mod visit;
mod walk;

pub use action::{Action, Body, Duty, Effect, Email, Exec, Http, Implementation, Model, Preview, SecretUse, Sql};
pub use authorship::Authorship;
pub use bytes::{DEEPEST, DEEPEST_CALLS, PlanError};
pub use expr::{Arithmetic, Builtin, Comparison, Expr, Fold, TextPart, TextTest};
pub use gate::{
    Approvers, Ask, Band, Deadline, Gate, GateSlots, Guard, GuardArgument, Lapse, Period, ReasonRequired, Show, Style, Term, Who,
    default_title,
};

pub use settings::{Audience, Schedule, Settings};

use flow_grammar::Span;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The version of the plan's layout. Changed when old plans cannot be read as they are.
pub const FORMAT: u32 = 1;

/// The version of what a plan means. Changed when the same plan would run differently.
pub const SEMANTICS: u32 = 1;

/// A workflow with all that it uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`] when it was made.
    pub format: u32,
    /// [`SEMANTICS`] when it was made.
    pub semantics: u32,
    /// The file it was made from, as the compiler was told it.
    pub file: String,
    /// Records and enums that are used.
    pub types: Vec<TypeDef>,
    /// Groups declared in the sources that are used.
    pub groups: Vec<Group>,
    /// Actions that are used, built-in ones included.
    pub actions: Vec<Action>,
    /// The workflow itself.
    pub workflow: Workflow,
    /// Plans of the workflows that it calls as steps, each as it is compiled to alone. Nested no deeper than [`DEEPEST_CALLS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Plan>,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// `text`
    Text,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `money`
    Money,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `duration`
    Duration,
    /// `json`
    Json,
    /// `secret`
    Secret,
    /// `[T]`
    List(Box<Type>),
    /// `T?`
    Optional(Box<Type>),
    /// A record: its index in [`Plan::types`].
    Record(u32),
    /// An enum: its index in [`Plan::types`].
    Enum(u32),
}

/// A declared type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Its name, with its module's name where it has one (`bank.Receipt`).
    pub name: SmolStr,
    /// Its documentation comment.
    pub doc: Option<String>,
    /// What it is.
    pub kind: TypeKind,
}

/// See [`TypeDef`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeKind {
    /// A record with its fields, in order.
    Record(Vec<Field>),
    /// An enum with its members, in order.
    Enum(Vec<SmolStr>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in the language.
    pub name: SmolStr,
    /// Its name in JSON.
    pub json: SmolStr,
    /// Its type.
    pub ty: Type,
    /// Its documentation comment.
    pub doc: Option<String>,
}

/// A group of people declared in the sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its file and its name: `people.flow#finance`. Two files may each declare a `finance`; a group of the project's settings has no `#`.
    pub name: SmolStr,
    /// Addresses.
    pub members: Vec<SmolStr>,
}

/// A parameter of an action or workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
    /// What it is when it is not given. Uses no slots.
    pub default: Option<Expr>,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name.
    pub name: SmolStr,
    /// Its documentation comment.
    pub doc: Option<String>,
    /// Its parameters; they are the first slots of `body`.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub result: Option<Type>,
    /// `owner ...`, evaluated when a run starts (it sees the parameters). `None`: who starts the run.
    pub owner: Option<Who>,
    /// What it says of its runs as a whole.
    #[serde(default)]
    pub settings: Settings,
    /// What it does.
    pub body: Region,
    /// The bodies of its loops, by [`Loop::body`]. INVARIANT: a loop's body stands behind the region in which the loop stands.
    pub loops: Vec<Region>,
    /// `on failure`, `on reject`, `on cancel`.
    pub handlers: Vec<Handler>,
}

impl Workflow {
    /// All its regions: its body, the bodies of its loops, and its handlers.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        let handlers = self.handlers.iter().map(|handler| &handler.body);
        std::iter::once(&self.body).chain(&self.loops).chain(handlers)
    }

    /// The nodes of all its regions.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.regions().flat_map(|region| &region.nodes)
    }
}

/// `on failure { }` and its like: what is done before a run that did not complete has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handler {
    /// When.
    pub on: HandlerEvent,
    /// What. Its first slots are the parameters and, after them, the error as a text; it sees nothing of the workflow's body.
    pub body: Region,
}

/// See [`Handler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandlerEvent {
    /// `on failure`
    Failure,
    /// `on reject`
    Reject,
    /// `on cancel`
    Cancel,
}

impl HandlerEvent {
    /// All, in the order in which paths number them.
    pub const ALL: [Self; 3] = [Self::Failure, Self::Reject, Self::Cancel];
}

/// Nodes that run over one set of slots: the body of a workflow, of a handler, or of a loop for one of its items.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Its slots.
    pub slots: Vec<Slot>,
    /// Its nodes. INVARIANT: `after` and `within` of a node name earlier nodes only, so the order of the list is an order of the graph.
    pub nodes: Vec<Node>,
}

/// A place for a value of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The name it has in the flow, `review.by` for a gate's.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
}

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Nodes that must be done or skipped before this one starts: the graph's edges, transitively reduced.
    pub after: Vec<u32>,
    /// The arm of a branch that this node stands in directly; it is skipped when another arm is taken or the branch is skipped.
    pub within: Option<Within>,
    /// What it is.
    pub kind: NodeKind,
    /// The line of its statement, from 1.
    pub line: u32,
    /// The bytes of its statement in [`Plan::file`].
    #[serde(with = "span")]
    pub span: Span,
}

/// See [`Node::within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Within {
    /// The branch's node.
    pub branch: u32,
    /// Which arm of it.
    pub arm: u32,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NodeKind {
    /// `let`: computes a value.
    Let {
        /// Where it goes.
        slot: u32,
        /// The value.
        value: Expr,
    },
    /// `step`: calls an action.
    Call(Call),
    /// `require approval`
    Gate(Box<Gate>),
    /// `if` and `match`: takes the first arm whose condition holds, else the last arm when there is one more arm than conditions, else
    /// none.
    Branch {
        /// Conditions in order.
        conditions: Vec<Expr>,
        /// Whether there is an `else` (arm number `conditions.len()`).
        otherwise: bool,
    },
    /// `parallel`: takes all its arms, one for each branch.
    Parallel {
        /// How many.
        arms: u32,
    },
    /// The end of a branch or of `parallel`: comes after the last nodes of every arm.
    Join {
        /// The branch's node.
        branch: u32,
    },
    /// `for each`
    ForEach(Box<Loop>),
    /// `wait`
    Wait(Wait),
    /// `return`
    Return(Option<Expr>),
    /// `fail`
    Fail(Option<Expr>),
}

/// `for each item in list { ... }`: the body once for each item, over a set of slots of its own whose first is the item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    /// The items.
    pub list: Expr,
    /// How many items may be under way at once, from 1.
    pub at_most: u32,
    /// The body: its index in [`Workflow::loops`].
    pub body: u32,
    /// `give`, over the slots of the body.
    pub give: Option<Expr>,
    /// Where the list of what was given goes.
    pub slot: Option<u32>,
}

/// `wait`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wait {
    /// `wait 2 business days`: so long.
    Period(Period),
    /// `wait EXPR`: a duration.
    Span(Expr),
    /// `wait until EXPR`: a time, or the beginning of a date.
    Until(Expr),
}

/// A call of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its name in the flow: the step's name, else the action's.
    pub name: SmolStr,
    /// Index in [`Plan::actions`].
    pub action: u32,
    /// One for each parameter of the action, defaults filled in.
    pub arguments: Vec<Expr>,
    /// Where the result goes.
    pub slot: Option<u32>,
    /// `retry`
    pub retry: Option<Retry>,
    /// `timeout` of the step, which stands before the action's.
    #[serde(with = "crate::value::serde_duration::option")]
    pub timeout: Option<SignedDuration>,
    /// `without approval because "why"`
    pub waiver: Option<String>,
    /// `try`: a final failure gives `none`.
    pub attempt: bool,
    /// `repeat`
    pub repeat: Option<Repeat>,
    /// `undo`
    pub undo: Option<Undo>,
}

/// `repeat every D until cond within D2`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// The pause between an answer and the next attempt.
    #[serde(with = "crate::value::serde_duration")]
    pub every: SignedDuration,
    /// The condition, which sees the result in the call's slot.
    pub until: Expr,
    /// How long after the first attempt it is given up.
    #[serde(with = "crate::value::serde_duration")]
    pub within: SignedDuration,
}

/// `undo call(args)`: how a step that is done is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// Index in [`Plan::actions`].
    pub action: u32,
    /// One for each parameter of the action; they see the step's result.
    pub arguments: Vec<Expr>,
}

/// `retry N times [every D [doubling]]`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How often it is tried again after the first attempt.
    pub times: u32,
    /// The pause before the first of them.
    #[serde(with = "crate::value::serde_duration")]
    pub every: SignedDuration,
    /// Whether each pause is twice the one before.
    pub doubling: bool,
}

mod span {
    //! A span as two numbers.

    use flow_grammar::Span;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        (span.start, span.end).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        <(u32, u32)>::deserialize(deserializer).map(|(start, end)| Span::new(start, end))
    }
}
