//! Tests of a file, ready to be run: `test "name" { ... }` with its names resolved and its values typed.
//!
//! A test has no slots: its expressions see nothing but the clock, and are evaluated when their statement is reached.

use flow_grammar::Span;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, Group, Plan, Type, TypeDef, Who, span};

/// All tests of a file with all that they use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestPlan {
    /// The file, as the compiler was told it.
    pub file: String,
    /// The records and enums that the tests' own expressions and types name; a plan has its own.
    pub types: Vec<TypeDef>,
    /// The groups of all files.
    pub groups: Vec<Group>,
    /// The actions and workflows that the tests stub or expect to be called.
    pub targets: Vec<TestTarget>,
    /// The workflows that the tests run, each once.
    pub plans: Vec<Plan>,
    /// The tests, in the order of the text.
    pub tests: Vec<Test>,
}

/// An action or a workflow that is called as a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestTarget {
    /// Its name, as the file of the tests writes it.
    pub name: SmolStr,
    /// Its name in the plans of each file.
    pub known_as: Vec<(String, SmolStr)>,
}

impl TestTarget {
    /// Whether an action of a plan is this one.
    #[must_use]
    pub fn is(&self, plan: &Plan, action: &str) -> bool {
        self.known_as.iter().any(|(file, name)| *file == plan.file && name == action)
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Its name.
    pub name: SmolStr,
    /// Its statements.
    pub steps: Vec<TestStep>,
    /// The line of its name, from 1.
    pub line: u32,
    /// The bytes of its name in [`TestPlan::file`].
    #[serde(with = "span")]
    pub span: Span,
}

/// One statement of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestStep {
    /// What it does or expects.
    pub kind: TestStepKind,
    /// Its line, from 1.
    pub line: u32,
    /// Its bytes in [`TestPlan::file`].
    #[serde(with = "span")]
    pub span: Span,
}

/// See [`TestStep`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TestStepKind {
    /// `stub`: what calls of this name answer from here on.
    Stub {
        /// Index in [`TestPlan::targets`].
        target: u32,
        /// What they answer.
        answer: StubAnswer,
    },
    /// `run`: starts a run, and goes on until it waits or has ended.
    Run {
        /// Index in [`TestPlan::plans`].
        plan: u32,
        /// One for each parameter of the workflow, defaults filled in.
        arguments: Vec<Expr>,
        /// Who asks for it.
        by: Option<Who>,
    },
    /// Somebody answers a question, or cancels.
    Decide {
        /// What they answer.
        answer: TestAnswer,
        /// Who; `None`: the first who may.
        by: Option<Who>,
        /// What they say with it, a text.
        comment: Option<Expr>,
        /// What they enter.
        values: Vec<Named>,
    },
    /// `advance`: so much time passes, a duration.
    Advance(Expr),
    /// `expect` with a status.
    ExpectStatus(ExpectedStatus),
    /// `expect approval shows`
    ExpectShows(Vec<Named>),
    /// `expect f called`
    ExpectCalled {
        /// Index in [`TestPlan::targets`].
        target: u32,
        /// How often: 0 for `not called`, `None` for at least once.
        times: Option<u32>,
        /// Arguments of the calls that count.
        with: Vec<Named>,
    },
}

/// See [`TestStepKind::Stub`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StubAnswer {
    /// It is done, with this result.
    Returns(Expr),
    /// It is not done, for this reason.
    Fails(Option<Expr>),
    /// Nobody knows whether it is done.
    Unknown,
}

/// See [`TestStepKind::Decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestAnswer {
    /// `approve`
    Approve,
    /// `reject`
    Reject,
    /// `send back`
    SendBack,
    /// `done`: a call in doubt happened.
    Done,
    /// `not done`: it did not.
    NotDone,
    /// `give up`: the step fails.
    GiveUp,
    /// `cancel`: the run.
    Cancel,
}

impl TestAnswer {
    /// The words of the statement.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::SendBack => "send back",
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::GiveUp => "give up",
            Self::Cancel => "cancel",
        }
    }
}

/// See [`TestStepKind::ExpectStatus`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExpectedStatus {
    /// It waits, perhaps for these people.
    Waiting(Option<Who>),
    /// It completed, perhaps with this result.
    Completed(Option<(Expr, Type)>),
    /// It failed, perhaps with a reason that contains this text.
    Failed(Option<Expr>),
    /// It was rejected, perhaps with a comment that contains this text.
    Rejected(Option<Expr>),
    /// It was cancelled.
    Cancelled,
    /// Nobody knows whether a call of it happened.
    InDoubt,
}

/// A value with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: SmolStr,
    /// The value.
    pub value: Expr,
    /// Its type.
    pub ty: Type,
}

/// Whether a word of a test means a shown value of this label: the label itself, the last part of a path, or the label in small letters
/// with `_` between its words (`invoice.amount` is `amount`, `Not seen since` is `not_seen_since`).
#[must_use]
pub fn means(word: &str, label: &str) -> bool {
    let last = label.rsplit('.').next().unwrap_or(label);
    let plain = || label.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    word == label || word == last || plain().eq(word.chars())
}
