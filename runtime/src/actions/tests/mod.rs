//! Every outcome of every implementation, for real: real programs, real servers on loopback, real databases.

mod email;
mod exec;
mod http;
mod model;
mod orphan;
mod postgres;
mod preview;
mod reach;
mod sql;

use std::path::Path;
use std::sync::Arc;

use flow_compiler::plan::{
    Action, Comparison, Effect, Expr, Field, Implementation, Parameter, Plan, Preview, Region, TextPart, Type, TypeDef, TypeKind, Workflow,
};
use flow_compiler::value::Value;
use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::{Attempt, Executor, Outcome, Settings, Sink};
use crate::config::{Config, Secrets};

/// A project in a folder of its own.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) settings: Settings,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// A project with a project file.
    pub(crate) fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::parse(config, Path::new("hitl.toml")).unwrap();
        let state = folder.path().join(".hitl");
        let mut settings = Settings::new(Arc::new(config), folder.path(), &state);
        let secrets = [("TOKEN".to_owned(), "s3cr3t \"value\"".to_owned().into())];
        settings.secrets = Secrets::Fixed(secrets.into());
        Self { folder, settings }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn executor(&self) -> Executor {
        Executor::new(self.settings.clone()).unwrap()
    }

    pub(crate) async fn run(&self, case: Case) -> Outcome {
        self.executor().run(&case.attempt()).await
    }
}

/// An action to be tried.
pub(crate) struct Case {
    pub(crate) implementation: Implementation,
    pub(crate) effect: Effect,
    pub(crate) parameters: Vec<(&'static str, Type, Value)>,
    pub(crate) result: Option<Type>,
    pub(crate) types: Vec<TypeDef>,
    pub(crate) timeout: SignedDuration,
    pub(crate) preview: Option<Preview>,
}

impl Case {
    pub(crate) fn new(implementation: Implementation) -> Self {
        Self {
            implementation,
            effect: Effect::Irreversible,
            parameters: Vec::new(),
            result: None,
            types: Vec::new(),
            timeout: SignedDuration::from_secs(20),
            preview: None,
        }
    }

    pub(crate) fn given(mut self, name: &'static str, ty: Type, value: Value) -> Self {
        self.parameters.push((name, ty, value));
        self
    }

    pub(crate) fn gives(mut self, ty: Type) -> Self {
        self.result = Some(ty);
        self
    }

    pub(crate) fn reads(mut self) -> Self {
        self.effect = Effect::Read;
        self
    }

    pub(crate) fn within(mut self, millis: i64) -> Self {
        self.timeout = SignedDuration::from_millis(millis);
        self
    }

    pub(crate) fn record(mut self, fields: &[(&str, Type)]) -> Self {
        let field = |(name, ty): &(&str, Type)| Field { name: (*name).into(), json: (*name).into(), ty: ty.clone(), doc: None };
        let kind = TypeKind::Record(fields.iter().map(field).collect());
        self.types.push(TypeDef { name: "Row".into(), doc: None, kind });
        self
    }

    pub(crate) fn attempt(self) -> Attempt {
        let parameter = |(name, ty, _): &(&str, Type, Value)| Parameter { name: (*name).into(), ty: ty.clone(), default: None };
        let action = Action {
            name: "act".into(),
            doc: None,
            effect: self.effect,
            parameters: self.parameters.iter().map(parameter).collect(),
            result: self.result,
            timeout: self.timeout,
            implementation: self.implementation,
            preview: self.preview.map(Box::new),
            secrets: vec!["TOKEN".into()],
            duties: Vec::new(),
        };
        let workflow = Workflow {
            name: "w".into(),
            doc: None,
            parameters: Vec::new(),
            result: None,
            owner: None,
            settings: flow_compiler::plan::Settings::default(),
            body: Region::default(),
            loops: Vec::new(),
            handlers: Vec::new(),
        };
        let plan = Plan {
            format: flow_compiler::plan::FORMAT,
            semantics: flow_compiler::plan::SEMANTICS,
            file: "test.flow".into(),
            types: self.types,
            groups: Vec::new(),
            children: Vec::new(),
            actions: vec![action],
            workflow,
        };
        Attempt {
            plan: Arc::new(plan),
            action: 0,
            arguments: self.parameters.into_iter().map(|(_, _, value)| value).collect(),
            key: "run-1/3/key".into(),
            lock: "run-1-3".into(),
            timeout: self.timeout,
            owner: "owner@acme.example".into(),
            requester: "ana@acme.example".into(),
        }
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn number(number: &str) -> Value {
    Value::Number(number.parse().unwrap())
}

pub(crate) fn constant(value: &str) -> Expr {
    Expr::Const(text(value))
}

pub(crate) fn slot(index: u32) -> Expr {
    Expr::Slot { frame: 0, index }
}

pub(crate) fn literal(text: &str) -> TextPart {
    TextPart::Text(text.into())
}

pub(crate) fn hole(expr: Expr, ty: Type) -> TextPart {
    TextPart::Value(expr, ty)
}

pub(crate) fn secret() -> Expr {
    Expr::Secret("TOKEN".into())
}

/// `slot in [numbers]`
pub(crate) fn among(index: u32, numbers: &[i64]) -> Expr {
    let item = |number: &i64| Expr::Const(Value::Number(Decimal::from(*number)));
    Expr::In(Box::new(slot(index)), Box::new(Expr::List(numbers.iter().map(item).collect())))
}

/// `left == right`
pub(crate) fn same(left: Expr, right: Expr) -> Expr {
    Expr::Compare(Comparison::Equal, Box::new(left), Box::new(right))
}

#[track_caller]
pub(crate) fn not_done(outcome: &Outcome, says: &str) {
    assert!(matches!(outcome, Outcome::NotDone(why) if why.contains(says)), "expected `not done: {says}`, found {outcome:?}");
}

#[track_caller]
pub(crate) fn unknown(outcome: &Outcome, says: &str) {
    assert!(matches!(outcome, Outcome::Unknown(why) if why.contains(says)), "expected `unknown: {says}`, found {outcome:?}");
}

#[tokio::test]
async fn log_is_done_at_once() {
    let lines = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let mut project = Project::new();
    let kept = Arc::clone(&lines);
    project.settings.sink = Sink(Arc::new(move |line| kept.lock().push(line.to_owned())));
    let attempt = Case::new(Implementation::Log).given("message", Type::Text, text("paid")).attempt();
    let executor = project.executor();
    assert_eq!(executor.run_inline(&attempt), Some(Outcome::Done(Value::None)));
    assert_eq!(executor.run(&attempt).await, Outcome::Done(Value::None));
    assert_eq!(*lines.lock(), ["paid", "paid"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_done() {
    let project = Project::new();
    let sql = flow_compiler::plan::Sql { connection: vec![literal("db2://x")], statement: vec![literal("select 1")] };
    let attempt = Case::new(Implementation::Sql(sql)).attempt();
    assert_eq!(project.executor().run_inline(&attempt), None);
    not_done(&project.executor().run(&attempt).await, "not supported");
    let missing = Attempt { action: 7, ..attempt };
    not_done(&project.executor().run(&missing).await, "no action 7");
}
