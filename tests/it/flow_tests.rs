//! `hitlc test`: tests that pass, tests that fail in every way, what no test reaches, and the outputs for programs.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Project, REFUND, tool};

/// Every test fails, each in another way.
const FAILING: &str = r#"
read action vendor(id: text) -> text {
  exec "vendor" [id]
}

irreversible action pay(to: text, amount: money) -> text {
  exec "pay" [to, "{amount}"]
}

workflow pay_vendor(id: text, amount: money) -> text {
  owner "finance@acme.example"
  step name = vendor(id)
  require approval as review when amount > 100 EUR {
    show name as "Vendor name", amount
    within 1 day
    reason required on reject
  }
  step receipt = pay(to: name, amount: amount) {
    retry 1 times every 10 seconds
  }
  return receipt
}

test "no stub" {
  run pay_vendor(id: "7", amount: 20 EUR)
}

test "completed instead of waiting" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  expect waiting
}

test "another result" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  expect completed with "r-2"
}

test "waits instead of completed" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  expect completed
}

test "waits for somebody else" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  expect waiting for "bo@acme.example"
}

test "shows something else" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  expect approval shows vendor_name: "Ada", amount: 300 EUR
}

test "approved by somebody else" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  approve by "bo@acme.example"
}

test "rejected without a reason" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  reject by owner
}

test "rejected for another reason" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  reject by owner comment "too much"
  expect rejected with "too late"
}

test "nothing to approve" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  approve by owner
}

test "called otherwise" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  expect pay called once with to: "Ada", amount: 30 EUR
}

test "called at all" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  expect pay not called
}

test "too late" {
  stub vendor returns "Ada"
  run pay_vendor(id: "7", amount: 200 EUR)
  advance 2 days
  approve by owner
}

test "waits to try again" {
  stub vendor returns "Ada"
  stub pay fails "no route"
  run pay_vendor(id: "7", amount: 20 EUR)
  expect failed with "no route"
}

test "failed otherwise" {
  stub vendor returns "Ada"
  stub pay fails "no route"
  run pay_vendor(id: "7", amount: 20 EUR)
  advance 10 seconds
  expect pay called 2 times
  expect failed with "no money"
}

test "in doubt" {
  stub vendor returns "Ada"
  stub pay unknown
  run pay_vendor(id: "7", amount: 20 EUR)
  expect completed
}

test "nothing to cancel" {
  stub vendor returns "Ada"
  stub pay returns "r-1"
  run pay_vendor(id: "7", amount: 20 EUR)
  cancel by owner
}

test "a value that cannot be computed" {
  stub vendor returns "Ada"
  stub pay returns [first(split("", ",")) otherwise "a", "b"][5]
  run pay_vendor(id: "7", amount: 20 EUR)
}
"#;

/// One that passes, one that fails, and gates that they do not exhaust.
const MIXED: &str = "
test \"small refunds need <nobody> & \\\"no one\\\"\" {
  stub refund returns \"r-1\"
  run refund_customer(customer: \"c\", amount: 20)
  expect completed with \"r-1\"
}

test \"large ones too\" {
  stub refund returns \"r-2\"
  run refund_customer(customer: \"c\", amount: 2000)
  expect completed with \"<r-2>\"
}
";

fn mixed() -> Project {
    Project::with(&[("refund.flow", &format!("{REFUND}{MIXED}")), ("other.flow", REFUND)])
}

#[test]
fn every_failure_is_told_in_plain_words() {
    let project = Project::with(&[("pay.flow", FAILING)]);
    let done = project.hitlc(&["test"]);
    assert_eq!((done.code, done.err.as_str()), (1, ""), "{}", done.out);
    assert_eq!(done.out.matches("\nfailed  ").count() + 1, FAILING.matches("\ntest ").count(), "{}", done.out);
    insta::assert_snapshot!(done.out);
}

#[test]
fn what_no_test_reaches_is_told_and_fails_nothing() {
    let project = mixed();
    let done = project.hitlc(&["test"]);
    assert_eq!(done.code, 1);
    insta::assert_snapshot!(done.out);
    project.write("refund.flow", format!("{REFUND}{}", MIXED.split("test \"large").next().unwrap()));
    let done = project.hitlc(&["test", "refund.flow"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(done.out.contains("no test of the gate `approval` of `refund_customer` approves it or rejects it"), "{}", done.out);
}

#[test]
fn results_are_told_to_programs() {
    let done = mixed().hitlc(&["test", "--format", "json"]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    let json = done.json();
    assert_eq!((&json["tests"], &json["passed"], &json["failed"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(json["results"][1]["failure"]["line"], 20);
    assert_eq!(json["coverage"]["missing"][0]["file"], "other.flow");
    insta::assert_snapshot!(done.out);
}

/// Read by a parser that is not ours.
#[test]
fn results_are_told_to_build_servers() {
    let done = mixed().hitlc(&["test", "--format", "junit"]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    insta::assert_snapshot!(done.out);
    if !tool("python3") {
        return;
    }
    let read = "import sys, xml.etree.ElementTree as t\n\
                for c in t.fromstring(sys.stdin.buffer.read()).iter('testcase'):\n  \
                f = c.find('failure')\n  \
                print(c.get('name'), c.get('line'), f is not None and f.get('message'), sep='|')";
    let project = mixed();
    let mut python = project.program("python3").args(["-c", read]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(done.out.as_bytes()).unwrap();
    let out = String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(
        out,
        "small refunds need <nobody> & \"no one\"|11|False\n\
         large ones too|17|expected the run to complete with \"<r-2>\"; it waits for `approval` by `requester@test.example`\n"
    );
}

#[test]
fn a_file_with_errors_is_not_tested() {
    let project = Project::with(&[("refund.flow", &format!("{REFUND}{MIXED}")), ("broken.flow", "workflow x() { step y() }\n")]);
    let done = project.hitlc(&["test"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.contains("F0108") && done.err.contains("no test was run"), "{}", done.err);
    assert_eq!(project.hitlc(&["test", "--format", "json"]).json()["errors"], 1);
}

#[test]
fn files_without_tests_are_said_to_have_none() {
    let project = Project::with(&[("refund.flow", REFUND)]);
    let done = project.hitlc(&["test"]);
    assert_eq!(done.code, 0);
    insta::assert_snapshot!(done.out, @r"
    untested  refund.flow:6: no test reaches the gate `approval` of `refund_customer`

    there are no tests in 1 file
    ");
    assert_eq!(Project::with(&[]).hitlc(&["test"]).code, 2);
}

/// Nothing of the outside is touched, whatever the flow would do.
#[test]
fn a_test_leaves_nothing_behind() {
    let project = Project::example("payment");
    let before = names(project.path());
    assert_eq!(project.hitlc(&["test"]).code, 0);
    assert_eq!(names(project.path()), before);
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

/// The examples are tested, and their tests reach all that their gates can do; so do those of a new project.
#[test]
fn the_examples_tests_reach_everything() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let project = Project::with(&[]);
    assert_eq!(project.hitlc(&["new", "project"]).code, 0);
    let mut folders: Vec<_> = names(&examples).into_iter().map(|name| examples.join(name)).filter(|path| path.is_dir()).collect();
    folders.push(project.file("project"));
    for folder in folders {
        let done = project.hitlc(&["test", folder.to_str().unwrap(), "--format", "json"]);
        let json = done.json();
        assert_eq!(done.code, 0, "{}", done.out);
        assert_eq!(json["coverage"]["missing"], serde_json::json!([]), "{}", folder.display());
        let tested: Vec<&str> = json["results"].as_array().unwrap().iter().map(|result| result["file"].as_str().unwrap()).collect();
        for name in names(&folder).iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".flow")) {
            // A file of people or connectors has nothing to run: the files that use it test it.
            let runs = std::fs::read_to_string(folder.join(name)).unwrap().lines().any(|line| line.starts_with("workflow "));
            let found = tested.iter().any(|file| file.ends_with(&format!("/{name}")));
            assert!(found || !runs, "{name} of {} has no test", folder.display());
        }
    }
}

/// The clock of a test stands still until it is wound, and begins on the same day everywhere.
#[test]
fn time_is_the_tests_own() {
    let flow = "\
workflow when() -> time {
  require approval within 2 business days
  return now
}

test \"a weekend is no deadline\" {
  run when()
  advance 1 day
  expect waiting
  approve
  expect completed with 2026-01-06T09:00:00Z
}

test \"two business days\" {
  run when()
  advance 2 days
  expect rejected
}
";
    let done = Project::with(&[("when.flow", flow)]).hitlc(&["test"]);
    assert_eq!(done.code, 0, "{}", done.out);
}

/// Stages, a group's members one after the other, values that are entered, an escalation, and a gate that is sent back.
#[test]
fn gates_in_full_are_tested() {
    let flow = "\
group finance { \"ana@acme.example\" \"bo@acme.example\" }

workflow spend(amount: money) -> money {
  owner \"cfo@acme.example\"
  require approval as review by 2 of finance {
    show amount
    ask granted: money = amount
    send back to requester
    within 1 day, then escalate to owner within 1 day, then reject
  }
  return review.granted
}

test \"two of them\" {
  run spend(amount: 20 EUR)
  expect waiting for finance
  approve by finance
  expect waiting
  approve by finance
  expect completed with 20 EUR
}

test \"sent back\" {
  run spend(amount: 20 EUR) by \"eve@acme.example\"
  send back by finance comment \"too much\"
  expect waiting for requester
  approve by requester with granted: 10 EUR
  approve by finance
  approve by finance
  expect completed with 10 EUR
}

test \"escalated, then too late\" {
  run spend(amount: 20 EUR)
  advance 1 day
  expect waiting for owner
  advance 1 day
  expect rejected
}

test \"a no\" {
  run spend(amount: 20 EUR)
  reject by \"bo@acme.example\"
  expect rejected
}
";
    let done = Project::with(&[("spend.flow", flow)]).hitlc(&["test"]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    assert!(done.out.contains("all 4 outcomes of gates are reached"), "{}", done.out);
}

/// A workflow that others call, in a file of its own.
const CALLED: &str = "\
group finance { \"ana@acme.example\" \"bo@acme.example\" }

irreversible action pay(to: text, amount: money) -> text {
  exec \"pay\" [to, \"{amount}\"]
}

# Pays one supplier.
workflow pay_one(to: text, amount: money) -> text {
  owner \"chief@acme.example\"
  require approval as review by finance when amount > 100 EUR {
    show to, amount
    ask reference: text = \"none\"
    within 1 day, then escalate to owner within 1 day, then reject
  }
  step receipt = pay(to: to, amount: amount)
  return receipt
}
";

/// What calls it: one for each, with a retry, and from further away.
const CALLING: &str = "\
use \"pay.flow\"

workflow pay_all(names: [text], amount: money) -> [text] {
  owner \"boss@acme.example\"
  let receipts = for each name in names {
    step receipt = pay.pay_one(to: name, amount: amount)
    give receipt
  }
  return receipts
}

workflow pay_far(amount: money) -> number {
  owner \"boss@acme.example\"
  step receipts = pay_all(names: [\"Ada\"], amount: amount)
  return count(receipts)
}

workflow pay_patiently(amount: money) -> text {
  owner \"boss@acme.example\"
  try step receipt = pay.pay_one(to: \"Ada\", amount: amount) {
    retry 1 times every 1 hour
  }
  return receipt otherwise \"nothing\"
}
";

fn calling(tests: &str) -> crate::support::Done {
    Project::with(&[("pay.flow", CALLED), ("all.flow", &format!("{CALLING}{tests}"))]).hitlc(&["test"])
}

/// A workflow that is called is run, however deep: its calls are stubbed, its gates asked, its calls counted.
#[test]
fn called_workflows_are_run() {
    let done = calling(
        "\
test \"each of them is paid\" {
  stub pay.pay returns \"r-1\"
  run pay_all(names: [\"Ada\", \"Bo\"], amount: 20 EUR)
  expect completed with [\"r-1\", \"r-1\"]
  expect pay.pay_one called 2 times
  expect pay.pay called 2 times
  expect pay.pay called once with to: \"Bo\", amount: 20 EUR
}

test \"each of them is asked about\" {
  stub pay.pay returns \"r-1\"
  run pay_all(names: [\"Ada\", \"Bo\"], amount: 200 EUR)
  expect waiting for \"ana@acme.example\"
  expect approval shows to: \"Ada\", amount: 200 EUR
  expect pay.pay not called
  approve by \"ana@acme.example\" with reference: \"7\"
  expect approval shows to: \"Bo\"
  expect pay.pay called once with to: \"Ada\"
  approve by \"bo@acme.example\"
  expect completed with [\"r-1\", \"r-1\"]
}

test \"a no reaches those who called\" {
  run pay_far(amount: 200 EUR)
  reject by \"bo@acme.example\" comment \"too much\"
  expect rejected with \"too much\"
  expect pay.pay not called
}

test \"so does silence, and the owner is that of the run that asks\" {
  run pay_far(amount: 200 EUR)
  advance 1 day
  expect waiting for owner
  expect waiting for \"chief@acme.example\"
  advance 1 day
  expect rejected
}

test \"its owner answers it\" {
  stub pay.pay returns \"r-1\"
  run pay_far(amount: 200 EUR)
  advance 1 day
  approve by owner
  expect completed with 1
}

test \"all of it is stubbed\" {
  stub pay.pay_one returns \"r-9\"
  run pay_all(names: [\"Ada\"], amount: 200 EUR)
  expect completed with [\"r-9\"]
  expect pay.pay_one called once with to: \"Ada\"
  expect pay.pay not called
}

test \"a failure is tried again as a run of its own\" {
  stub pay.pay fails \"no route\"
  run pay_patiently(amount: 20 EUR)
  expect pay.pay called once
  stub pay.pay returns \"r-2\"
  advance 1 hour
  expect completed with \"r-2\"
  expect pay.pay called 2 times
  expect pay.pay_one called 2 times
}

test \"a failure is caught by who tried\" {
  stub pay.pay fails
  run pay_patiently(amount: 20 EUR)
  advance 1 hour
  expect completed with \"nothing\"
}

test \"a call in doubt\" {
  stub pay.pay unknown
  run pay_far(amount: 20 EUR)
  expect in doubt
  done by \"chief@acme.example\" with result: \"r-3\"
  expect completed with 1
}

test \"who cancels, cancels all of it\" {
  run pay_far(amount: 200 EUR)
  cancel by owner
  expect cancelled
  expect pay.pay not called
}

test \"an earlier run is not asked about\" {
  stub pay.pay returns \"r-1\"
  run pay_far(amount: 200 EUR)
  run pay_far(amount: 20 EUR)
  expect completed
  expect pay.pay called once
}
",
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    insta::assert_snapshot!(done.out);
}

#[test]
fn failures_in_called_workflows_say_where() {
    let done = calling(
        "\
test \"no stub\" {
  run pay_far(amount: 20 EUR)
}

test \"waits there\" {
  run pay_far(amount: 200 EUR)
  expect completed
}

test \"somebody else\" {
  run pay_far(amount: 200 EUR)
  expect waiting for \"boss@acme.example\"
}

test \"shows something else\" {
  run pay_far(amount: 200 EUR)
  expect approval shows amount: 300 EUR
}

test \"in doubt there\" {
  stub pay.pay unknown
  run pay_far(amount: 20 EUR)
  expect completed
}

test \"called otherwise\" {
  stub pay.pay returns \"r-1\"
  run pay_far(amount: 20 EUR)
  expect pay.pay called once with to: \"Bo\"
}
",
    );
    assert_eq!((done.code, done.err.as_str()), (1, ""), "{}", done.out);
    insta::assert_snapshot!(done.out);
}
