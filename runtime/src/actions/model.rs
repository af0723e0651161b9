//! `model`: one question to an OpenAI-compatible chat endpoint, whose answer has the shape that the action declares.
//!
//! A model changes nothing in the world: an answer that is of no use is *not done*, and may be asked for again. Only an answer that
//! never came leaves open what became of the call.

mod schema;

use flow_compiler::plan::{Model, Type};
use flow_compiler::value::{Value, to_text};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Value as Json, json};
use tokio::time::timeout_at;

use super::Outcome;
use super::answer::Answer;
use super::call::{Call, plain, shorten};
use super::http::{Request, exchange, header, place};
use super::reach::Clients;

/// The member of a wrapped answer: the endpoint wants an object around every answer.
const WRAP: &str = "answer";

/// Asks.
pub(super) async fn run(call: &Call<'_>, model: &Model, clients: &Clients) -> Outcome {
    let request = match prepare(call, model, clients) {
        Ok(request) => request,
        Err(why) => return Outcome::NotDone(why),
    };
    match timeout_at(call.deadline, exchange(request)).await {
        Ok(Ok(answer)) => match read(call, &answer) {
            Ok(value) => Outcome::Done(value),
            Err(why) => Outcome::NotDone(why),
        },
        Ok(Err(outcome)) => outcome,
        Err(_) => Outcome::Unknown(format!("no answer within {:#}", call.attempt.timeout)),
    }
}

fn prepare(call: &Call<'_>, model: &Model, clients: &Clients) -> Result<Request, String> {
    let Some(endpoint) = &call.settings.config.model else {
        return Err("no endpoint for models is set up: add `[model]` with its `url` to `hitl.toml`".into());
    };
    let address = format!("{}/chat/completions", endpoint.url);
    let url = Url::parse(&address).map_err(|error| format!("`{address}` is no web address: {error}"))?;
    let client = clients.to(&url)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("idempotency-key", header(&call.attempt.key, "Idempotency-Key")?);
    if let Some(name) = &endpoint.key {
        let key = call.named_secret(name)?;
        headers.insert(AUTHORIZATION, header(&format!("Bearer {key}"), "Authorization")?);
    }
    let body = question(call, model)?.to_string();
    let place = place(&url);
    Ok(Request { builder: client.request(Method::POST, url).headers(headers).body(body), place })
}

/// What is sent.
fn question(call: &Call<'_>, model: &Model) -> Result<Json, String> {
    let mut question = json!({
        "model": call.parts(&model.name)?,
        "messages": [{ "role": "user", "content": call.text(&model.prompt)? }],
    });
    let Some(members) = question.as_object_mut() else { return Ok(question) };
    if let Some(temperature) = &model.temperature
        && let Value::Number(number) = call.eval(temperature)?
    {
        let text = to_text(&Value::Number(number), &Type::Number, call.types());
        members.insert("temperature".into(), serde_json::from_str(&text).map_err(|_| format!("`{text}` is no temperature"))?);
    }
    if let Some(ty) = call.action.result.as_ref().filter(|ty| !is_text(ty)) {
        let (name, schema) = schema::of(ty, call.types());
        let format = json!({ "type": "json_schema", "json_schema": { "name": name, "strict": true, "schema": schema } });
        members.insert("response_format".into(), format);
    }
    Ok(question)
}

/// Whether the answer is taken as it is.
fn is_text(ty: &Type) -> bool {
    *plain(ty) == Type::Text
}

/// The value that was answered.
fn read(call: &Call<'_>, answer: &Answer) -> Result<Value, String> {
    let text = std::str::from_utf8(&answer.body).map_err(|_| "the answer is not UTF-8 text".to_owned())?;
    let json = serde_json::from_str::<Json>(text).unwrap_or_default();
    if !answer.good {
        let said = json.pointer("/error/message").and_then(Json::as_str).unwrap_or(text);
        let status = answer.status.unwrap_or_default();
        return Err(format!("the endpoint answered with status {status}: {}", shorten(said, false)));
    }
    let Some(choice) = json.pointer("/choices/0") else {
        return Err(format!("the endpoint answered with something else than a chat completion: {}", shorten(text, false)));
    };
    if let Some(refusal) = choice.pointer("/message/refusal").and_then(Json::as_str).filter(|refusal| !refusal.is_empty()) {
        return Err(format!("the model refused: {}", shorten(refusal, false)));
    }
    match choice.get("finish_reason").and_then(Json::as_str) {
        Some("length") => return Err("the answer was cut off: it is longer than the model may write".into()),
        Some("content_filter") => return Err("the endpoint's filter held the answer back".into()),
        _ => {}
    }
    let Some(content) = choice.pointer("/message/content").and_then(Json::as_str) else {
        return Err("the model answered with no text".into());
    };
    let Some(ty) = &call.action.result else { return Ok(Value::None) };
    value(call, content, ty)
}

/// The answer as a value of the declared type.
fn value(call: &Call<'_>, content: &str, ty: &Type) -> Result<Value, String> {
    if is_text(ty) {
        let content = content.trim();
        let nothing = content.is_empty() && matches!(ty, Type::Optional(_));
        return Ok(if nothing { Value::None } else { Value::Text(content.into()) });
    }
    let wrong = |why: String| format!("what the model wrote does not fit the result: {why}");
    let json =
        serde_json::from_str::<Json>(content).map_err(|error| wrong(format!("it is not JSON ({error}): {}", shorten(content, false))))?;
    let json = match json {
        Json::Object(mut members) if schema::is_wrapped(ty) => members.remove(WRAP).ok_or_else(|| wrong(format!("`{WRAP}` is missing")))?,
        json => json,
    };
    call.decode(&call.scrub_json(json), ty).map_err(wrong)
}
