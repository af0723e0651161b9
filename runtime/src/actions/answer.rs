//! What an answer means: the same for a program and for an HTTP call.
//!
//! Whoever calls this knows that the action has run: from here on a failure is *not done* only where the author lists it as such.

use std::sync::Arc;

use flow_compiler::plan::{Expr, Type};
use flow_compiler::value::Value;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Outcome;
use super::call::{Call, plain, shorten};

/// An answer.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) exit: Option<i32>,
    /// Lower-case names.
    pub(super) headers: serde_json::Map<String, Json>,
    pub(super) body: Vec<u8>,
    /// Whether the answer says that its body is JSON, so that a text in it stands in quotes.
    pub(super) says_json: bool,
    /// What it says about a failure, beside its body.
    pub(super) complaint: String,
    /// Whether it is good where the author does not say what is.
    pub(super) good: bool,
}

/// What the author says about answers.
pub(super) struct Judgement<'a> {
    pub(super) ok_when: Option<&'a Expr>,
    pub(super) not_done_when: Option<&'a Expr>,
    pub(super) result: Option<&'a (Expr, Type)>,
}

/// The outcome of an attempt that was answered.
pub(super) fn judge(call: &Call<'_>, answer: Answer, judgement: &Judgement<'_>) -> Outcome {
    let text = match std::str::from_utf8(&answer.body) {
        Ok(text) => text,
        Err(_) if call.action.result.is_none() => "",
        Err(_) => return Outcome::Unknown("the answer is not UTF-8 text".into()),
    };
    let json = serde_json::from_str::<Json>(text).map(|json| call.scrub_json(json));
    let frame = frame(call, &answer, json.as_ref().ok(), text);
    let what = describe(&answer, text);
    match judgement.not_done_when.map(|condition| call.holds(condition, &frame)) {
        Some(Ok(true)) => return Outcome::NotDone(what),
        Some(Err(why)) => return Outcome::Unknown(format!("{what}; `not done when` cannot be told: {why}")),
        Some(Ok(false)) | None => {}
    }
    match judgement.ok_when.map_or(Ok(answer.good), |condition| call.holds(condition, &frame)) {
        Ok(true) => {}
        Ok(false) => return Outcome::Unknown(what),
        Err(why) => return Outcome::Unknown(format!("{what}; `ok when` cannot be told: {why}")),
    }
    let Some(ty) = &call.action.result else { return Outcome::Done(Value::None) };
    let result = match judgement.result {
        Some((expr, found)) => part(call, expr, found, ty, &frame),
        None => whole(call, text, json, ty, answer.says_json),
    };
    match result {
        Ok(value) => Outcome::Done(value),
        Err(why) => Outcome::Unknown(format!("the answer does not fit the result: {why}")),
    }
}

/// The parameters, and after them `status`, `exit`, `headers` and `body`.
fn frame(call: &Call<'_>, answer: &Answer, json: Option<&Json>, text: &str) -> Vec<Value> {
    let number = |number: Option<i64>| number.map_or(Value::None, |number| Value::Number(Decimal::from(number)));
    let body = json.cloned().unwrap_or_else(|| call.scrub_json(Json::String(text.to_owned())));
    let mut frame = call.attempt.arguments.clone();
    frame.push(number(answer.status.map(i64::from)));
    frame.push(number(answer.exit.map(i64::from)));
    frame.push(Value::Json(Arc::new(call.scrub_json(Json::Object(answer.headers.clone())))));
    frame.push(Value::Json(Arc::new(body)));
    frame
}

/// The answer in a line, for people.
fn describe(answer: &Answer, text: &str) -> String {
    let mut what = match (answer.status, answer.exit) {
        (Some(status), _) => format!("answered with status {status}"),
        (_, Some(exit)) => format!("exited with {exit}"),
        (None, None) => "answered".to_owned(),
    };
    let said = if answer.complaint.trim().is_empty() { shorten(text, false) } else { shorten(&answer.complaint, true) };
    if !said.is_empty() {
        what.push_str(": ");
        what.push_str(&said);
    }
    what
}

/// The part of the answer that `result` names.
fn part(call: &Call<'_>, expr: &Expr, found: &Type, ty: &Type, frame: &[Value]) -> Result<Value, String> {
    let value = call.eval_over(expr, frame)?;
    match (&value, plain(found), plain(ty)) {
        (_, Type::Json, Type::Json) => Ok(value),
        (Value::Json(json), Type::Json, _) => call.decode(json, ty),
        _ => Ok(value),
    }
}

/// The whole answer.
fn whole(call: &Call<'_>, text: &str, json: Result<Json, serde_json::Error>, ty: &Type, says_json: bool) -> Result<Value, String> {
    if text.trim().is_empty() && matches!(ty, Type::Optional(_)) {
        return Ok(Value::None);
    }
    match (plain(ty), json) {
        (Type::Text, Ok(json)) if says_json => call.decode(&json, ty),
        (Type::Text, _) => {
            let text = text.strip_suffix('\n').unwrap_or(text);
            Ok(Value::Text(text.strip_suffix('\r').unwrap_or(text).into()))
        }
        (_, Ok(json)) => call.decode(&json, ty),
        (_, Err(_)) if text.trim().is_empty() => Err("it is empty".into()),
        (_, Err(error)) => Err(format!("it is not JSON ({error}): {}", shorten(text, false))),
    }
}
