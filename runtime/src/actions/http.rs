//! `http`: one request, one answer, nothing followed and nothing sent twice.

use flow_compiler::plan::Http;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, Url};
use serde_json::Value as Json;
use tokio::time::timeout_at;

use super::answer::{Answer, Judgement, judge};
use super::call::Call;
use super::reach::Clients;
use super::{LIMIT, Outcome, causes, url};

/// Makes the call.
pub(super) async fn run(call: &Call<'_>, http: &Http, clients: &Clients) -> Outcome {
    let request = match prepare(call, http, clients) {
        Ok(request) => request,
        Err(why) => return Outcome::NotDone(why),
    };
    match timeout_at(call.deadline, exchange(request)).await {
        Ok(Ok(answer)) => judge(
            call,
            answer,
            &Judgement { ok_when: http.ok_when.as_ref(), not_done_when: http.not_done_when.as_ref(), result: http.result.as_ref() },
        ),
        Ok(Err(outcome)) => outcome,
        Err(_) => Outcome::Unknown(format!("no answer within {:#}", call.attempt.timeout)),
    }
}

/// A request that is ready to be sent.
pub(super) struct Request {
    pub(super) builder: reqwest::RequestBuilder,
    pub(super) place: String,
}

fn prepare(call: &Call<'_>, http: &Http, clients: &Clients) -> Result<Request, String> {
    let url = url::render(call, http)?;
    let client = clients.to(&url)?;
    let method = Method::from_bytes(http.method.as_bytes()).map_err(|_| format!("`{}` is no method", http.method))?;
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", header(&call.attempt.key, "Idempotency-Key")?);
    let body = http.body.as_ref().map(|body| call.body(body)).transpose()?;
    if let Some((_, json)) = &body {
        let kind = if *json { "application/json" } else { "text/plain; charset=utf-8" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in &http.headers {
        let Some(value) = call.optional_text(value)? else { continue };
        let value = header(&value, name)?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header's name"))?;
        headers.insert(name, value);
    }
    let place = place(&url);
    let builder = client.request(method, url).headers(headers);
    let builder = body.into_iter().fold(builder, |builder, (bytes, _)| builder.body(bytes));
    Ok(Request { builder, place })
}

/// The value of a header. A line break would begin a header of the value's own.
pub(super) fn header(value: &str, name: &str) -> Result<HeaderValue, String> {
    let fault = || format!("the value of the header `{name}` holds a line break or a control character");
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(fault());
    }
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| fault())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The part of an address that may be named in a message: no query, no sign-in.
pub(super) fn place(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// Sends a request and reads the whole answer.
pub(super) async fn exchange(request: Request) -> Result<Answer, Outcome> {
    let Request { builder, place } = request;
    let response = builder.send().await.map_err(|error| failure(error, &place))?;
    let status = response.status();
    let headers = headers(&response);
    let says_json = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("json")));
    let body = read(response, status.as_u16(), &place).await?;
    Ok(Answer { status: Some(status.as_u16()), good: status.is_success(), headers, body, says_json, ..Answer::default() })
}

/// What a failed request means. Until the connection stands nothing was sent.
fn failure(error: reqwest::Error, place: &str) -> Outcome {
    // The address may hold a secret.
    let error = error.without_url();
    if error.is_builder() {
        return Outcome::NotDone(format!("the request cannot be made: {}", causes(&error)));
    }
    if error.is_connect() {
        return Outcome::NotDone(format!("cannot connect to `{place}`: {}", cause(&error)));
    }
    Outcome::Unknown(format!("the connection to `{place}` was lost: {}", causes(&error)))
}

/// The last cause of a failed connection, which alone says something; the layers above it name themselves.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    // The number that an operating system has for it helps nobody.
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut rest = text.chars();
    rest.next().map(|first| first.to_lowercase().chain(rest).collect()).unwrap_or_default()
}

fn headers(response: &Response) -> serde_json::Map<String, Json> {
    let mut all = serde_json::Map::new();
    for (name, value) in response.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = match all.get(name.as_str()).and_then(Json::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.into_owned(),
        };
        all.insert(name.as_str().to_owned(), Json::String(joined));
    }
    all
}

async fn read(mut response: Response, status: u16, place: &str) -> Result<Vec<u8>, Outcome> {
    let too_much = || Outcome::Unknown(format!("answered with status {status} and more than 1 MiB"));
    if response.content_length().is_some_and(|length| usize::try_from(length).unwrap_or(usize::MAX) > LIMIT) {
        return Err(too_much());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(error, place))? {
        body.extend_from_slice(&chunk);
        if body.len() > LIMIT {
            return Err(too_much());
        }
    }
    Ok(body)
}
