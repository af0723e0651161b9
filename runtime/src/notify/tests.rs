//! The outbox against a real mail server and a real receiver of webhooks.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use parking_lot::Mutex;

use super::{Asked, Ended, Notice, Notices, Outbox};
use crate::actions::Settings;
use crate::config::{Config, Secrets};
use crate::ids::{At, Digest, RunId};
use crate::store::memory::MemoryStore;
use crate::store::{Channel, Commit, Delivery, Letter, NewLetter, NewRun, Status, Store as _, chain};
use crate::testing::{Script, SmtpSink};

const NOW: At = At(1_764_000_000_000_000);

fn outbox(config: &str) -> (tempfile::TempDir, Outbox) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::parse(config, std::path::Path::new("hitl.toml")).unwrap();
    let mut settings = Settings::new(Arc::new(config), folder.path(), &folder.path().join(".hitl"));
    let key = format!("whsec_{}", BASE64.encode(b"0123456789abcdef01234567"));
    settings.secrets = Secrets::Fixed([("HOOK".to_owned(), key.into())].into());
    let outbox = Outbox::new(&settings).unwrap();
    (folder, outbox)
}

fn mailing(sink: &SmtpSink) -> (tempfile::TempDir, Outbox) {
    let port = sink.port();
    outbox(&format!("[notify.email]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"flow@acme.example\"\ntls = \"none\""))
}

fn letter(channel: Channel, to: &str, tries: u32) -> Letter {
    let letter = NewLetter { channel, to: to.into(), n: 1, due: NOW, url: None };
    Letter { id: 7, run: RunId(3), letter, tries, error: None }
}

fn asked() -> Notice {
    Notice::Asked(Asked {
        id: "ap-9".into(),
        run: "run-3".into(),
        title: "Pay 1500.00 EUR to <b>Acme</b>\r\nBcc: x@evil.example".into(),
        shown: vec![("Account".into(), "DE\u{202e}12 <script>".into()), ("Amount".into(), "1500.00 EUR".into())],
        requester: "bo@acme.example".into(),
        of: vec!["ana@acme.example".into()],
        due: Some(NOW.plus(SignedDuration::from_hours(1))),
        url: "https://flow.acme.example/approvals/ap-9".into(),
        workflow: "pay_invoice".into(),
    })
}

#[tokio::test]
async fn a_question_is_mailed_whole_and_harmless() {
    let sink = SmtpSink::start().await;
    let (_folder, outbox) = mailing(&sink);
    let delivery = outbox.deliver(&letter(Channel::Mail, "ana@acme.example", 0), &asked(), NOW).await;
    assert_eq!(delivery, Delivery::Done);
    let received = sink.received();
    assert_eq!((received.len(), received[0].to.as_slice()), (1, ["ana@acme.example".to_owned()].as_slice()));
    let mail = received[0].message.replace("=\r\n", "");
    for part in [
        "Subject: Pay 1500.00 EUR to <b>Acme</b> Bcc: x@evil.example",
        "multipart/alternative",
        "bo@acme.example asked for this in the workflow pay_invoice.",
        "https://flow.acme.example/approvals/ap-9",
        "Account: DE\\u{202e}12 <script>",
        "Amount: 1500.00 EUR",
        "It lapses at 2025-11-24 17:00 UTC.",
    ] {
        assert!(mail.contains(part), "`{part}` is not in {mail}");
    }
    assert!(!mail.contains("\r\nBcc:"), "{mail}");
    let html = mail.split("text/html").nth(1).unwrap();
    assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_and_given_up_in_the_end() {
    let sink = SmtpSink::start().await;
    let (_folder, outbox) = mailing(&sink);
    sink.script([
        Script::Recipient("450 later"),
        Script::Recipient("550 nobody here"),
        Script::Recipient("450 later"),
        Script::Recipient("450 later"),
    ]);
    let deliver = async |tries| outbox.deliver(&letter(Channel::Mail, "ana@acme.example", tries), &asked(), NOW).await;
    let first = deliver(0).await;
    assert!(
        matches!(&first, Delivery::Again { due, error } if *due == NOW.plus(SignedDuration::from_secs(10)) && error.contains("later")),
        "{first:?}"
    );
    assert!(matches!(deliver(1).await, Delivery::Dead { error } if error.contains("nobody here")));
    assert!(matches!(deliver(4).await, Delivery::Again { due, .. } if due == NOW.plus(SignedDuration::from_hours(2))));
    assert!(matches!(deliver(10).await, Delivery::Dead { .. }));
    assert_eq!(deliver(1).await, Delivery::Done);
    assert_eq!(sink.received().len(), 1);
    let nobody = outbox.deliver(&letter(Channel::Mail, "nobody", 0), &asked(), NOW).await;
    assert!(matches!(nobody, Delivery::Dead { error } if error.contains("`nobody`")));
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (_folder, outbox) =
        outbox(&format!("[notify.email]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"flow@acme.example\"\ntls = \"none\""));
    let delivery = outbox.deliver(&letter(Channel::Mail, "ana@acme.example", 0), &asked(), NOW).await;
    assert!(matches!(delivery, Delivery::Again { .. }), "{delivery:?}");
}

type Posts = Arc<Mutex<Vec<(HeaderMap, String)>>>;

async fn receiver(status: StatusCode) -> (String, Posts) {
    let posts = Posts::default();
    let kept = Arc::clone(&posts);
    let handler = move |headers: HeaderMap, body: String| {
        kept.lock().push((headers, body));
        async move { status }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(handler))).await });
    (format!("http://{address}/hook"), posts)
}

fn hook(url: &str, allow: &str) -> String {
    format!("[notify.webhook]\nurl = \"{url}\"\nsecret = \"HOOK\"\n[http]\nallow = [{allow}]")
}

#[tokio::test]
async fn webhooks_are_signed() {
    let (url, posts) = receiver(StatusCode::NO_CONTENT).await;
    let (_folder, outbox) = outbox(&hook(&url, ""));
    for tries in [0, 1] {
        let delivery = outbox.deliver(&letter(Channel::Webhook, "webhook", tries), &asked(), NOW).await;
        assert_eq!(delivery, Delivery::Done);
    }
    let posts = posts.lock();
    let (headers, body) = &posts[0];
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("webhook-timestamp"), "1764000000");
    assert_eq!(header("webhook-id"), posts[1].0["webhook-id"].to_str().unwrap(), "the same for every try");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"0123456789abcdef01234567").unwrap();
    mac.update(format!("{}.1764000000.{body}", header("webhook-id")).as_bytes());
    assert_eq!(header("webhook-signature"), format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["type"], "approval.asked");
    assert_eq!(body["data"]["id"], "ap-9");
    assert_eq!(body["data"]["shown"][1]["text"], "1500.00 EUR");
}

/// The example of the standard itself.
#[tokio::test]
async fn the_signature_is_the_standards() {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()).unwrap();
    mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
    assert_eq!(BASE64.encode(&mac.finalize().into_bytes()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn receivers_that_fail_are_tried_again_unless_gone() {
    let (url, posts) = receiver(StatusCode::INTERNAL_SERVER_ERROR).await;
    let (_folder, failing) = outbox(&hook(&url, ""));
    let delivery = failing.deliver(&letter(Channel::Webhook, "webhook", 1), &asked(), NOW).await;
    assert!(matches!(&delivery, Delivery::Again { error, .. } if error.contains("500")), "{delivery:?}");
    let (gone, _) = receiver(StatusCode::GONE).await;
    let (_folder, gone) = outbox(&hook(&gone, ""));
    assert!(matches!(gone.deliver(&letter(Channel::Webhook, "webhook", 1), &asked(), NOW).await, Delivery::Dead { .. }));
    assert_eq!(posts.lock().len(), 1);
}

#[tokio::test]
async fn a_callback_goes_only_where_it_may() {
    let (url, posts) = receiver(StatusCode::OK).await;
    let ended = Notice::Ended(Ended {
        run: "run-3".into(),
        status: "completed".into(),
        data: serde_json::json!({ "id": "run-3", "status": "completed" }),
        ..Ended::default()
    });
    let mut callback = letter(Channel::Callback, "", 0);
    callback.letter.url = Some(url.clone());
    let (_folder, closed) = outbox(&hook("https://hooks.acme.example/", ""));
    let delivery = closed.deliver(&callback, &ended, NOW).await;
    assert!(matches!(&delivery, Delivery::Dead { error } if error.contains("allow")), "{delivery:?}");
    let (_folder, open) = outbox(&hook("https://hooks.acme.example/", "\"127.0.0.1\""));
    assert_eq!(open.deliver(&callback, &ended, NOW).await, Delivery::Done);
    let posts = posts.lock();
    assert_eq!(posts.len(), 1);
    let body: serde_json::Value = serde_json::from_str(&posts[0].1).unwrap();
    assert_eq!((&body["type"], &body["data"]["status"]), (&"run.ended".into(), &"completed".into()));
}

/// Knows the first question only; the others are closed by now.
#[derive(Debug)]
struct FirstOnly;

#[async_trait]
impl Notices for FirstOnly {
    async fn notice(&self, letter: &Letter) -> Option<Notice> {
        (letter.letter.n == 1).then(asked)
    }
}

/// A store with letters that are due now.
async fn store_with(letters: Vec<NewLetter>) -> MemoryStore {
    let store = MemoryStore::new();
    let plan = Digest::of(&[b"plan"]);
    store.put_plan(plan, b"plan".to_vec()).await.unwrap();
    let run = RunId(1);
    let commit = Commit {
        run,
        seq: 1,
        previous: Digest::default(),
        salt: [7; 16],
        body: b"first".to_vec(),
        hash: chain(Digest::default(), run, 1, &[7; 16], b"first"),
        new: Some(NewRun { plan, workflow: "pay".into(), requester: "bo@acme.example".into(), ..NewRun::default() }),
        status: Status::Running,
        live: true,
        due: None,
        at: NOW,
        asked: Vec::new(),
        closed: Vec::new(),
        snapshot: None,
        letters,
        answer: None,
        blobs: Vec::new(),
        gives_turn: false,
    };
    store.commit(commit).await.unwrap();
    store
}

#[tokio::test]
async fn what_is_due_is_delivered_once_and_what_nobody_needs_is_not() {
    let sink = SmtpSink::start().await;
    let (_folder, outbox) = mailing(&sink);
    let mail = |to: &str, n: u32, due: At| NewLetter { channel: Channel::Mail, to: to.into(), n, due, url: None };
    let later = NOW.plus(SignedDuration::from_hours(1));
    let mut letters: Vec<NewLetter> = (0..70).map(|count| mail(&format!("p{count}@acme.example"), 1, NOW)).collect();
    letters.push(mail("closed@acme.example", 2, NOW));
    letters.push(mail("later@acme.example", 1, later));
    let store = store_with(letters).await;
    assert_eq!(outbox.run_due(&store, &FirstOnly, NOW).await.unwrap(), Some(later));
    assert_eq!(outbox.run_due(&store, &FirstOnly, NOW).await.unwrap(), Some(later));
    let mut to: Vec<String> = sink.received().into_iter().flat_map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!((sink.received().len(), to.len()), (70, 70));
    assert_eq!(outbox.run_due(&store, &FirstOnly, later).await.unwrap(), None);
    assert_eq!(sink.received().len(), 71);
}

#[tokio::test]
async fn a_refused_letter_is_dead_and_a_late_one_waits() {
    let sink = SmtpSink::start().await;
    sink.script([Script::Recipient("550 nobody here")]);
    let (_folder, outbox) = mailing(&sink);
    let mail = NewLetter { channel: Channel::Mail, to: "ana@acme.example".into(), n: 1, due: NOW, url: None };
    let store = store_with(vec![mail.clone()]).await;
    assert_eq!(outbox.run_due(&store, &FirstOnly, NOW).await.unwrap(), None);
    assert_eq!(store.dead_letters().await.unwrap().len(), 1);

    sink.script([Script::Recipient("450 later"), Script::HangUp]);
    let store = store_with(vec![mail]).await;
    let second = NOW.plus(SignedDuration::from_secs(10));
    let third = second.plus(SignedDuration::from_mins(1));
    assert_eq!(outbox.run_due(&store, &FirstOnly, NOW).await.unwrap(), Some(second));
    assert_eq!(outbox.run_due(&store, &FirstOnly, second).await.unwrap(), Some(third));
    assert_eq!(outbox.run_due(&store, &FirstOnly, third).await.unwrap(), None);
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn chats_are_told_what_is_asked_and_where_to_decide() {
    let seen: Arc<Mutex<Vec<(String, String, serde_json::Value)>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let take = move |uri: axum::http::Uri, headers: HeaderMap, body: String| {
        let token = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        sink.lock().push((uri.path().to_owned(), token, serde_json::from_str(&body).unwrap()));
        async { StatusCode::OK }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(post(take))).await });
    let text = format!(
        "[people.ana]\nemail = \"ana@acme.example\"\nslack = \"U1\"\nntfy = \"anas\"\n[notify.slack]\nwebhook = \"SLACK\"\n\
         [notify.ntfy]\nurl = \"http://{address}\"\ntopic = \"all\"\ntoken = \"NTFY\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let config = Config::parse(&text, std::path::Path::new("hitl.toml")).unwrap();
    let mut settings = Settings::new(Arc::new(config), folder.path(), &folder.path().join(".hitl"));
    let secrets =
        [("SLACK".to_owned(), format!("http://{address}/services/T/B/x\n").into()), ("NTFY".to_owned(), "tk_1".to_owned().into())];
    settings.secrets = Secrets::Fixed(secrets.into());
    let outbox = Outbox::new(&settings).unwrap();
    for name in ["slack", "ntfy"] {
        assert_eq!(outbox.deliver(&letter(Channel::Webhook, name, 0), &asked(), NOW).await, Delivery::Done);
    }
    let seen = std::mem::take(&mut *seen.lock());
    let slack = seen[0].2["text"].as_str().unwrap();
    assert_eq!((seen[0].0.as_str(), seen[0].1.as_str()), ("/services/T/B/x", ""));
    assert!(slack.starts_with("*Pay 1500.00 EUR to &lt;b&gt;Acme&lt;/b&gt; Bcc: x@evil.example*\n"), "{slack}");
    assert!(slack.contains("<@U1>") && slack.ends_with("<https://flow.acme.example/approvals/ap-9|Look at it and decide>"), "{slack}");
    let topics: Vec<_> =
        seen[1..].iter().map(|(path, token, body)| (path.as_str(), token.as_str(), body["topic"].as_str().unwrap())).collect();
    assert_eq!(topics, [("/", "Bearer tk_1", "all"), ("/", "Bearer tk_1", "anas")]);
    assert_eq!(seen[1].2["click"], "https://flow.acme.example/approvals/ap-9");
    assert!(seen[1].2["message"].as_str().unwrap().contains("Amount: 1500.00 EUR"));

    // A receiver that is gone is tried again, and its address, which is a secret, is not told.
    let config = Config::parse(&text, std::path::Path::new("hitl.toml")).unwrap();
    let mut settings = Settings::new(Arc::new(config), folder.path(), &folder.path().join(".hitl"));
    settings.secrets = Secrets::Fixed([("SLACK".to_owned(), "http://127.0.0.1:9/services/hidden".to_owned().into())].into());
    let failed = Outbox::new(&settings).unwrap().deliver(&letter(Channel::Webhook, "slack", 0), &asked(), NOW).await;
    assert!(matches!(&failed, Delivery::Again { error, .. } if !error.contains("hidden")), "{failed:?}");
}
