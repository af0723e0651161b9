//! `email` and `notify`, into files and to a real server.

use flow_compiler::plan::{Email, Implementation, Type};
use flow_compiler::value::Value;

use super::{Case, Project, constant, not_done, slot, text, unknown};
use crate::actions::Outcome;
use crate::testing::{Script, SmtpSink};

fn email(to: &str, subject: &str) -> Email {
    Email { to: (constant(to), Type::Text), subject: constant(subject), body: constant("Hello,\n.\nyours"), attach: Vec::new() }
}

fn case(email: Email) -> Case {
    Case::new(Implementation::Email(email))
}

fn outbox(project: &Project) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(project.path().join(".hitl/outbox")) else { return Vec::new() };
    let mut mails: Vec<String> = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    mails.sort();
    mails
}

fn sending(sink: &SmtpSink) -> Project {
    let port = sink.port();
    Project::with(&format!(
        "[notify.email]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"Flow <flow@acme.example>\"\ntls = \"none\"\n\
         [people.ana]\nemail = \"ana@acme.example\"\n[groups]\nfinance = [\"ana\", \"bo@acme.example\"]"
    ))
}

#[tokio::test]
async fn without_a_server_mail_is_a_file_once() {
    let project = Project::new();
    project.write("report.txt", "attached");
    let mut mail = email("Ana <ana@acme.example>", "Grüße");
    mail.attach = vec![constant("report.txt")];
    assert_eq!(project.run(case(mail.clone())).await, Outcome::Done(Value::None));
    // The same attempt again is the same mail.
    assert_eq!(project.run(case(mail)).await, Outcome::Done(Value::None));
    let mails = outbox(&project);
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    for part in ["Message-ID: <", "Date: ", "To: Ana <ana@acme.example>", "Subject: =?utf-8?", "filename=\"report.txt\"", "multipart/mixed"]
    {
        assert!(mail.contains(part), "{part} is not in {mail}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_done() {
    let project = Project::new();
    not_done(&project.run(case(email("ana@acme.example", "a\r\nBcc: x@evil.example"))).await, "line break");
    not_done(&project.run(case(email("ana@acme.example\r\nBcc: x@evil.example", "s"))).await, "line break");
    not_done(&project.run(case(email("nobody", "s"))).await, "no mail address");
    for path in ["/etc/hostname", "../../../../../../etc/hostname", "missing", "."] {
        let mut mail = email("ana@acme.example", "s");
        mail.attach = vec![constant(path)];
        not_done(&project.run(case(mail)).await, "cannot attach");
    }
    std::fs::write(project.path().join("big"), vec![0; 10 * 1024 * 1024 + 1]).unwrap();
    let mut mail = email("ana@acme.example", "s");
    mail.attach = vec![constant("big")];
    not_done(&project.run(case(mail)).await, "10 MiB");
    assert!(outbox(&project).is_empty());
}

#[tokio::test]
async fn a_server_takes_it_once() {
    let sink = SmtpSink::start().await;
    let project = sending(&sink);
    let list = Value::List([text("ana@acme.example"), text("Bo <bo@acme.example>")].into());
    let mut mail = email("", "Offer");
    mail.to = (slot(0), Type::List(Box::new(Type::Text)));
    let case = case(mail).given("to", Type::List(Box::new(Type::Text)), list);
    assert_eq!(project.run(case).await, Outcome::Done(Value::None));
    let received = sink.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "flow@acme.example");
    assert_eq!(received[0].to, ["ana@acme.example", "bo@acme.example"]);
    assert!(received[0].message.contains("Subject: Offer\r\n") && received[0].message.contains("\r\nHello,\r\n.\r\nyours"));
}

#[tokio::test]
async fn refusals_are_not_done_and_losses_unknown() {
    let sink = SmtpSink::start().await;
    let project = sending(&sink);
    sink.script([
        Script::Recipient("450 later"),
        Script::Recipient("550 no such person"),
        Script::Data("452 full"),
        Script::Message("554 looks like spam"),
        Script::HangUp,
        Script::Vanish,
        Script::Silence,
    ]);
    let send = || case(email("ana@acme.example", "s")).within(2000);
    for says in ["later", "no such person", "full", "looks like spam", ""] {
        not_done(&project.run(send()).await, says);
    }
    assert!(sink.received().is_empty());
    unknown(&project.run(send()).await, "was lost");
    assert_eq!(sink.received().len(), 1);
    unknown(&project.run(send().within(200)).await, "does not answer");
    assert_eq!(sink.connections(), 7);
}

#[tokio::test]
async fn no_server_is_not_done() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let project =
        Project::with(&format!("[notify.email]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"flow@acme.example\"\ntls = \"none\""));
    not_done(&project.run(case(email("ana@acme.example", "s"))).await, "cannot be reached");
}

#[tokio::test]
async fn a_server_without_protection_gets_nothing() {
    let sink = SmtpSink::start().await;
    let port = sink.port();
    let project = Project::with(&format!("[notify.email]\nhost = \"localhost\"\nport = {port}\nfrom = \"flow@acme.example\""));
    not_done(&project.run(case(email("ana@acme.example", "s"))).await, "no protected connection");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn notify_knows_people_and_groups() {
    let sink = SmtpSink::start().await;
    let project = sending(&sink);
    let notify = |to: &str| {
        Case::new(Implementation::Notify).given("to", Type::Text, text(to)).given("message", Type::Text, text("Paid 3 EUR\nto Bo"))
    };
    for to in ["ana", "finance", "cy@acme.example"] {
        assert_eq!(project.run(notify(to)).await, Outcome::Done(Value::None));
    }
    let to: Vec<Vec<String>> = sink.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to[0], ["ana@acme.example"]);
    assert_eq!(to[1], ["ana@acme.example", "bo@acme.example"]);
    assert_eq!(to[2], ["cy@acme.example"]);
    assert!(sink.received()[0].message.contains("Subject: Paid 3 EUR\r\n"));
    not_done(&project.run(notify("nobody")).await, "neither a mail address");
}
