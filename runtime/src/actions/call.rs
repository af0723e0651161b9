//! One attempt with what its expressions see.

use std::path::PathBuf;

use flow_compiler::eval::{self, Env, Names, Outside};
use flow_compiler::plan::{Action, Body, Expr, TextPart, Type, TypeDef};
use flow_compiler::value::{self, Mismatch, Value};
use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use smol_str::SmolStr;
use tokio::time::Instant;

use super::scrub::Scrub;
use super::{Attempt, Outcome, Settings};

/// An attempt under way.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) attempt: &'a Attempt,
    pub(super) action: &'a Action,
    /// When its time is up.
    pub(super) deadline: Instant,
    now: Timestamp,
    secrets: Mutex<Seen>,
}

/// What was looked up so far.
#[derive(Default)]
struct Seen {
    scrub: Scrub,
    /// Why a secret could not be looked up: says more than the evaluator can.
    failed: Option<String>,
}

impl Names for Call<'_> {
    fn env(&self, name: &str) -> Option<SmolStr> {
        std::env::var(name).ok().map(SmolStr::from)
    }

    fn secret(&self, name: &str) -> Option<SmolStr> {
        let mut seen = self.secrets.lock();
        match self.settings.secrets.lookup(name) {
            Ok(secret) => {
                seen.scrub.learn(secret.expose_secret());
                Some(SmolStr::new(secret.expose_secret()))
            }
            Err(error) => {
                seen.failed = Some(error.to_string());
                None
            }
        }
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(settings: &'a Settings, attempt: &'a Attempt, action: &'a Action) -> Self {
        let deadline = Instant::now() + attempt.patience();
        Self { settings, attempt, action, deadline, now: (settings.clock)(), secrets: Mutex::default() }
    }

    pub(super) fn types(&self) -> &'a [TypeDef] {
        &self.attempt.plan.types
    }

    /// The value of an expression over the parameters.
    pub(super) fn eval(&self, expr: &Expr) -> Result<Value, String> {
        self.eval_over(expr, &self.attempt.arguments)
    }

    /// The value of an expression over a frame: the parameters, perhaps with the answer after them.
    pub(super) fn eval_over(&self, expr: &Expr, frame: &[Value]) -> Result<Value, String> {
        let found = self.with_env(frame, |env| eval::eval(expr, env));
        found.map_err(|error| self.secrets.lock().failed.take().unwrap_or(error.0))
    }

    /// The value of a secret that the project file names.
    pub(super) fn named_secret(&self, name: &str) -> Result<SmolStr, String> {
        let found = self.secret(name);
        found.ok_or_else(|| self.secrets.lock().failed.take().unwrap_or_else(|| format!("there is no secret `{name}`")))
    }

    /// Notes a part of a secret, which the other side might repeat without the rest.
    pub(super) fn learn(&self, secret: &str) {
        self.secrets.lock().scrub.learn(secret);
    }

    /// What is known of secrets so far.
    pub(super) fn known_secrets(&self) -> Scrub {
        self.secrets.lock().scrub.clone()
    }

    /// Whether a condition over a frame holds.
    pub(super) fn holds(&self, condition: &Expr, frame: &[Value]) -> Result<bool, String> {
        self.with_env(frame, |env| eval::holds(condition, env)).map_err(|error| error.0)
    }

    fn with_env<T>(&self, frame: &[Value], then: impl FnOnce(&Env<'_>) -> T) -> T {
        let outside = Outside {
            now: self.now,
            zone: &self.settings.zone,
            names: self,
            owner: &self.attempt.owner,
            requester: &self.attempt.requester,
        };
        then(&Env { frames: &[frame], types: self.types(), outside: &outside })
    }

    /// An expression that is a text; other values are written as a text is.
    pub(super) fn text(&self, expr: &Expr) -> Result<String, String> {
        match self.eval(expr)? {
            Value::Text(text) => Ok(text.into()),
            Value::None => Ok(String::new()),
            Value::Number(number) => Ok(number.normalize().to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            other => Err(format!("expected a text, found `{}`", value::to_text(&other, &Type::Json, self.types()))),
        }
    }

    /// As [`Call::text`]; nothing where the value is `none`.
    pub(super) fn optional_text(&self, expr: &Expr) -> Result<Option<String>, String> {
        match self.eval(expr)? {
            Value::None => Ok(None),
            _ => self.text(expr).map(Some),
        }
    }

    /// An expression that is a text or a list of texts, by its type.
    pub(super) fn texts(&self, expr: &Expr, ty: &Type) -> Result<Vec<String>, String> {
        match (self.eval(expr)?, ty) {
            (Value::None, _) => Ok(Vec::new()),
            (Value::List(items), Type::List(item)) => Ok(items.iter().map(|value| self.write(value, item)).collect()),
            (value, ty) => Ok(vec![self.write(&value, ty)]),
        }
    }

    /// The text of a value.
    pub(super) fn write(&self, value: &Value, ty: &Type) -> String {
        match value {
            // Also the text of a secret, which nothing else may write.
            Value::Text(text) => text.to_string(),
            value => value::to_text(value, ty, self.types()),
        }
    }

    /// A text with interpolations, each as it is.
    pub(super) fn parts(&self, parts: &[TextPart]) -> Result<String, String> {
        let mut text = String::new();
        for part in parts {
            match part {
                TextPart::Text(part) => text.push_str(part),
                TextPart::Value(expr, ty) => text.push_str(&self.write(&self.eval(expr)?, ty)),
            }
        }
        Ok(text)
    }

    /// What is sent: a text as it is, anything else as JSON; and whether it is JSON.
    pub(super) fn body(&self, body: &Body) -> Result<(Vec<u8>, bool), String> {
        let value = self.eval(&body.value)?;
        Ok(match (&value, plain(&body.ty)) {
            (Value::Text(text), Type::Text | Type::Secret) => (text.as_bytes().to_vec(), false),
            (Value::None, Type::Text) => (Vec::new(), false),
            (value, _) => (value::to_json(value, &body.ty, self.types()).to_string().into_bytes(), true),
        })
    }

    /// A path, relative ones in the project's folder.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.settings.project.join(path)
    }

    /// JSON as a value of the action's result.
    pub(super) fn decode(&self, json: &serde_json::Value, ty: &Type) -> Result<Value, String> {
        value::from_json(json, ty, self.types(), "").map_err(|mismatches| describe(&mismatches))
    }

    /// JSON without the secrets that this attempt has used.
    pub(super) fn scrub_json(&self, json: serde_json::Value) -> serde_json::Value {
        self.secrets.lock().scrub.json(json)
    }

    /// An outcome without the secrets that this attempt has used.
    pub(super) fn scrub(&self, outcome: Outcome) -> Outcome {
        let secrets = self.secrets.lock();
        let clean = |text: String| secrets.scrub.text(&text).unwrap_or(text);
        match outcome {
            Outcome::Done(value) => Outcome::Done(secrets.scrub.value(value)),
            Outcome::NotDone(why) => Outcome::NotDone(clean(why)),
            Outcome::Unknown(why) => Outcome::Unknown(clean(why)),
            other @ (Outcome::Lost | Outcome::Kept(_) | Outcome::Rejected { .. } | Outcome::Cancelled { .. }) => other,
        }
    }
}

/// The type without its `?`.
pub(super) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => plain(inner),
        other => other,
    }
}

fn describe(mismatches: &[Mismatch]) -> String {
    let one = |mismatch: &Mismatch| match mismatch.path.as_str() {
        "" => mismatch.problem.clone(),
        path => format!("{path}: {}", mismatch.problem),
    };
    mismatches.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The end of a long text, or its beginning, in one line.
pub(super) fn shorten(text: &str, from_end: bool) -> String {
    const MOST: usize = 500;
    let text = text.trim();
    let count = text.chars().count();
    match (count > MOST, from_end) {
        (false, _) => text.to_owned(),
        (true, true) => format!("...{}", text.chars().skip(count - MOST).collect::<String>()),
        (true, false) => format!("{}...", text.chars().take(MOST).collect::<String>()),
    }
}
