//! `model`, against a real endpoint on loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use flow_compiler::plan::{Expr, Field, Implementation, Model, Type, TypeDef, TypeKind};
use flow_compiler::value::{Value, from_argument};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use super::{Case, Project, hole, literal, not_done, number, slot, text, unknown};
use crate::actions::Outcome;

/// What the endpoint was asked, and what it says next.
#[derive(Default)]
struct Endpoint {
    seen: Vec<(String, HeaderMap, Json)>,
    answer: Option<(StatusCode, String)>,
}

type Shared = Arc<Mutex<Endpoint>>;

async fn answer(State(endpoint): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let next = {
        let mut endpoint = endpoint.lock();
        endpoint.seen.push((uri.to_string(), headers, serde_json::from_slice(&body).unwrap()));
        endpoint.answer.clone()
    };
    match next {
        Some(answer) => answer.into_response(),
        None => std::future::pending().await,
    }
}

/// An endpoint, and a project that may ask it.
async fn endpoint() -> (Project, Shared) {
    let shared = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (project(address, &format!("[http]\nallow = [\"{address}\"]")), shared)
}

fn project(address: SocketAddr, more: &str) -> Project {
    Project::with(&format!("[model]\nurl = \"http://{address}/v1/\"\nkey = \"TOKEN\"\n{more}"))
}

fn says(endpoint: &Shared, content: &str) {
    let choice = json!({ "finish_reason": "stop", "message": { "role": "assistant", "content": content, "refusal": null } });
    endpoint.lock().answer = Some((StatusCode::OK, json!({ "choices": [choice] }).to_string()));
}

fn ends(endpoint: &Shared, choice: &Json) {
    endpoint.lock().answer = Some((StatusCode::OK, json!({ "choices": [choice] }).to_string()));
}

fn model() -> Case {
    let prompt = Expr::Text(vec![literal("Answer: "), hole(slot(0), Type::Text)]);
    let temperature = Some(Expr::Const(number("0.20")));
    let model = Model { name: vec![literal("small")], prompt, temperature };
    Case::new(Implementation::Model(model)).given("complaint", Type::Text, text("late \"again\"")).reads()
}

fn field(name: &str, json: &str, doc: Option<&str>, ty: Type) -> Field {
    Field { name: name.into(), json: json.into(), ty, doc: doc.map(str::to_owned) }
}

/// A letter that holds an enum, a list of records, and something that may be none.
fn letter() -> Case {
    let optional = Type::Optional(Box::new(Type::Money));
    let list = Type::List(Box::new(Type::Record(2)));
    let fields = vec![
        field("subject", "subject", Some("One line."), Type::Text),
        field("tone", "tone", None, Type::Enum(1)),
        field("refund", "refundAmount", Some("What they get."), optional),
        field("due", "due", None, Type::Date),
        field("parts", "parts", None, list),
        field("first", "first", Some("The first."), Type::Record(2)),
    ];
    let part = vec![field("of", "of", None, Type::Number)];
    let def = |name: &str, doc: Option<&str>, kind| TypeDef { name: name.into(), doc: doc.map(str::to_owned), kind };
    let mut case = model().gives(Type::Record(0));
    case.types = vec![
        def("mail.Letter", Some("A letter."), TypeKind::Record(fields)),
        def("Tone", None, TypeKind::Enum(vec!["friendly".into(), "strict".into()])),
        def("Part", None, TypeKind::Record(part)),
    ];
    case
}

#[tokio::test]
async fn a_text_is_what_it_wrote() {
    let (project, endpoint) = endpoint().await;
    says(&endpoint, "We are sorry.\n");
    assert_eq!(project.run(model().gives(Type::Text)).await, Outcome::Done(text("We are sorry.")));
    let endpoint = endpoint.lock();
    let (uri, headers, asked) = &endpoint.seen[0];
    assert_eq!(uri, "/v1/chat/completions");
    assert_eq!(headers["authorization"], "Bearer s3cr3t \"value\"");
    assert_eq!(headers["idempotency-key"], "run-1/3/key");
    let expected = r#"{"model":"small","messages":[{"role":"user","content":"Answer: late \"again\""}],"temperature":0.2}"#;
    assert_eq!(asked.to_string(), expected);
}

#[tokio::test]
async fn the_declared_type_is_the_schema_of_the_answer() {
    let (project, endpoint) = endpoint().await;
    let written = r#"{"subject": "Sorry", "tone": "strict", "refundAmount": "12.50 EUR", "due": "2026-11-24", "parts": [{"of": 1.10}],
        "first": {"of": 90071992547409931}}"#;
    says(&endpoint, written);
    let Outcome::Done(Value::Record(fields)) = project.run(letter()).await else { panic!("a record") };
    let first = Value::Record([number("90071992547409931")].into());
    assert_eq!(fields[2], from_argument("12.50 EUR", &Type::Money, &[], "").unwrap());
    assert_eq!(fields[4..], [Value::List([Value::Record([number("1.10")].into())].into()), first]);
    let endpoint = endpoint.lock();
    let format = &endpoint.seen[0].2["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!((&format["json_schema"]["name"], &format["json_schema"]["strict"]), (&json!("mail_Letter"), &json!(true)));
    let money = "What they get.";
    let expected = json!({
        "type": "object",
        "properties": {
            "subject": { "type": "string", "description": "One line." },
            "tone": { "type": "string", "enum": ["friendly", "strict"] },
            "refundAmount": {
                "anyOf": [{ "type": "string", "description": "an amount and its currency, such as \"1500.00 EUR\"" }, { "type": "null" }],
                "description": money,
            },
            "due": { "type": "string", "format": "date" },
            "parts": { "type": "array", "items": { "$ref": "#/$defs/type2" } },
            "first": { "anyOf": [{ "$ref": "#/$defs/type2" }], "description": "The first." },
        },
        "required": ["subject", "tone", "refundAmount", "due", "parts", "first"],
        "additionalProperties": false,
        "description": "A letter.",
        "$defs": {
            "type2": { "type": "object", "properties": { "of": { "type": "number" } }, "required": ["of"], "additionalProperties": false },
        },
    });
    assert_eq!(format["json_schema"]["schema"], expected);
}

#[tokio::test]
async fn what_is_no_record_is_wrapped_into_one() {
    let (project, endpoint) = endpoint().await;
    says(&endpoint, r#"{"answer": [1, 2.5]}"#);
    let numbers = model().gives(Type::List(Box::new(Type::Number)));
    assert_eq!(project.run(numbers).await, Outcome::Done(Value::List([number("1"), number("2.5")].into())));
    let schema = endpoint.lock().seen[0].2["response_format"]["json_schema"]["schema"].clone();
    assert_eq!(schema["properties"]["answer"], json!({ "type": "array", "items": { "type": "number" } }));
    says(&endpoint, r#"{"answer": null}"#);
    assert_eq!(project.run(model().gives(Type::Optional(Box::new(Type::Bool)))).await, Outcome::Done(Value::None));
    says(&endpoint, "{}");
    not_done(&project.run(model().gives(Type::Bool)).await, "`answer` is missing");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_says_all_that_is_wrong() {
    let (project, endpoint) = endpoint().await;
    says(&endpoint, r#"{"subject": 5, "tone": "rude", "due": "soon", "parts": [{"of": "x"}], "first": {}}"#);
    let outcome = project.run(letter()).await;
    for part in ["what the model wrote does not fit the result", "subject:", "tone:", "due:", "parts[0].of:", "first.of:"] {
        not_done(&outcome, part);
    }
    says(&endpoint, "Here you are: {}");
    not_done(&project.run(letter()).await, "it is not JSON");
}

#[tokio::test]
async fn what_is_no_answer_is_not_done() {
    let (project, endpoint) = endpoint().await;
    let said = |content: Json, refusal: Json| json!({ "role": "assistant", "content": content, "refusal": refusal });
    ends(&endpoint, &json!({ "finish_reason": "length", "message": said(json!("We are so"), Json::Null) }));
    not_done(&project.run(model().gives(Type::Text)).await, "cut off");
    ends(&endpoint, &json!({ "finish_reason": "content_filter", "message": said(json!(""), Json::Null) }));
    not_done(&project.run(model().gives(Type::Text)).await, "filter");
    ends(&endpoint, &json!({ "finish_reason": "stop", "message": said(Json::Null, json!("I cannot help with that.")) }));
    not_done(&project.run(model().gives(Type::Text)).await, "refused: I cannot help");
    ends(&endpoint, &json!({ "finish_reason": "stop", "message": said(Json::Null, Json::Null) }));
    not_done(&project.run(model().gives(Type::Text)).await, "no text");
    endpoint.lock().answer = Some((StatusCode::UNAUTHORIZED, json!({ "error": { "message": "no such key" } }).to_string()));
    not_done(&project.run(model().gives(Type::Text)).await, "status 401: no such key");
    endpoint.lock().answer = Some((StatusCode::OK, "hello".into()));
    not_done(&project.run(model().gives(Type::Text)).await, "something else than a chat completion: hello");
}

#[tokio::test]
async fn an_answer_that_never_came_is_unknown() {
    let (project, endpoint) = endpoint().await;
    unknown(&project.run(model().gives(Type::Text).within(200)).await, "no answer within");
    endpoint.lock().answer = Some((StatusCode::OK, "x".repeat(1024 * 1024 + 1)));
    unknown(&project.run(model().gives(Type::Text)).await, "more than 1 MiB");
}

#[tokio::test]
async fn only_an_endpoint_that_is_set_up_and_may_be_reached_is_asked() {
    not_done(&Project::new().run(model().gives(Type::Text)).await, "add `[model]`");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    not_done(&project(closed, "").run(model().gives(Type::Text)).await, "not a public address");
    not_done(&project(closed, "[http]\nallow = [\"127.0.0.1\"]").run(model().gives(Type::Text)).await, "cannot connect");
    let keyless = Project::with(&format!("[model]\nurl = \"http://{closed}\"\nkey = \"OTHER\"\n[http]\nallow = [\"127.0.0.1\"]"));
    not_done(&keyless.run(model().gives(Type::Text)).await, "OTHER");
}

#[tokio::test]
async fn the_key_is_scrubbed_from_answers() {
    let (project, endpoint) = endpoint().await;
    says(&endpoint, "it is s3cr3t \"value\"");
    assert_eq!(project.run(model().gives(Type::Text)).await, Outcome::Done(text("it is ***")));
}
