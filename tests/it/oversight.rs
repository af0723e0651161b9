//! `hitlc oversight`: the report in each layout, what a change weakens, and the page about both.

use std::fs;
use std::path::{Path, PathBuf};

use super::docs::root;
use super::support::{Done, Project};

/// A flow of which everything is said that the report can say, and what would be markup.
const PAY: &str = r#"group finance { "ana@acme.example" "bo@acme.example" }

# Moves money <b>out</b> | of our *account*.
irreversible action transfer(to: text, amount: money)
  only after approval by finance when amount > 1000 EUR
{
  exec "transfer" ["{to}", "{amount}"]
  preview { exec "transfer" ["--dry-run", "{to}"] }
}

irreversible action announce(text: text) {
  exec "announce" ["{text}"]
}

policy "No <money> without approval" {
  transfer only after approval when amount > 5000 EUR
}

# Pays.
workflow pay(to: text, amount: money, urgent: bool) {
  owner "office@acme.example"
  require approval as review {
    when amount <= 1000 EUR and not urgent nobody
    when amount <= 2000 EUR by finance except requester
    otherwise by 2 of finance
    title "Pay {amount} to {to} <now>"
    show to as "Account", amount
    remind every 4 hours
    within 2 business days, then reject
    reason required on reject
  }
  step transfer(to, amount) { undo announce(text: "taken back") }
  if urgent {
    step paid_urgently = announce(text: "urgent: {to}") { without approval because "the press waits" }
  }
  on failure {
    step announce(text: "failed") { without approval because "an alarm" }
  }
}

workflow both(to: text) {
  step pay(to, amount: 10 EUR, urgent: false)
}
"#;

fn project() -> Project {
    Project::with(&[("pay.flow", &PAY.replace("paid_urgently = ", ""))])
}

/// Compares with a file beside this one; `UPDATE=1` writes it.
fn is(name: &str, found: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oversight").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == found, "{name} is not as it was; run with UPDATE=1 and look at what changed:\n{found}");
}

fn good(done: &Done) -> &str {
    assert_eq!(done.code, 0, "{done:?}");
    &done.out
}

#[test]
fn the_report_in_each_layout() {
    let project = project();
    is("pay.txt", good(&project.hitlc(&["oversight", "pay.flow"])));
    is("pay.md", good(&project.hitlc(&["oversight", "pay.flow", "--format", "md"])));
    is("pay.html", good(&project.hitlc(&["oversight", "pay.flow", "--format", "html"])));
    is("pay.json", good(&project.hitlc(&["oversight", "pay.flow", "--format", "json"])));
}

/// What an author writes is text on the page, and the page runs nothing.
#[test]
fn the_page_is_escaped() {
    let project = project();
    let page = project.hitlc(&["oversight", "pay.flow", "--format", "html"]).out;
    assert!(page.contains("&lt;b&gt;out&lt;/b&gt;") && !page.contains("<b>out"), "{page}");
    assert!(page.contains("No &lt;money&gt; without") && page.contains("&lt;now&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "{page}");
}

#[test]
fn one_workflow_of_several() {
    let project = project();
    let one = project.hitlc(&["oversight", "pay.flow", "--workflow", "pay"]);
    assert!(one.out.contains("workflow pay") && !one.out.contains("workflow both"), "{one:?}");
    let unknown = project.hitlc(&["oversight", "pay.flow", "--workflow", "pax"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("did you mean `pay`"), "{unknown:?}");
    let none = project.hitlc(&["oversight"]);
    assert_eq!(none.code, 2, "{none:?}");
}

#[test]
fn the_examples_are_reported() {
    let mut reports = String::new();
    let mut found = Vec::new();
    super::docs::files(&root().join("examples"), "flow", &mut found);
    for file in found {
        let example = file.strip_prefix(root().join("examples")).unwrap().iter().next().unwrap().to_str().unwrap();
        let project = Project::example(example);
        let file = file.strip_prefix(root().join("examples").join(example)).unwrap();
        reports.push_str(&format!("== {example}/{}\n", file.display()));
        reports.push_str(good(&project.hitlc(&["oversight", file.to_str().unwrap()])));
        reports.push('\n');
    }
    is("examples.txt", &reports);
}

/// An example does not weaken itself, whatever is in it.
#[test]
fn the_examples_are_as_strong_as_themselves() {
    let mut found = Vec::new();
    super::docs::files(&root().join("examples"), "flow", &mut found);
    for file in found {
        let example = file.strip_prefix(root().join("examples")).unwrap().iter().next().unwrap().to_str().unwrap();
        let project = Project::example(example);
        let file = file.strip_prefix(root().join("examples").join(example)).unwrap().to_str().unwrap();
        let done = project.hitlc(&["oversight", "diff", file, file]);
        assert_eq!((done.code, done.out.as_str()), (0, "nothing is weaker or stronger\n"), "{example}: {done:?}");
    }
}

const BEFORE: &str = r#"irreversible action transfer(to: text, amount: money) {
  exec "transfer" ["{to}", "{amount}"]
}

workflow pay(to: text, amount: money) {
  require approval as review when amount > 1000 EUR within 1 day
  step transfer(to, amount)
}
"#;

fn changed(from: &str, to: &str) -> Project {
    assert!(BEFORE.contains(from));
    Project::with(&[("old/pay.flow", BEFORE), ("new/pay.flow", &BEFORE.replace(from, to))])
}

#[test]
fn what_is_weaker_fails() {
    let project = changed("amount > 1000 EUR", "amount > 1000.01 EUR");
    for (format, file) in [("human", "weaker.txt"), ("md", "weaker.md"), ("json", "weaker.json"), ("github", "weaker.github")] {
        let done = project.hitlc(&["oversight", "diff", "old/pay.flow", "new/pay.flow", "--format", format]);
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.out.contains("amount = 1000.01 EUR"), "{done:?}");
        is(file, &done.out);
    }
}

#[test]
fn what_is_stronger_passes() {
    let project = changed("amount > 1000 EUR", "amount > 999.99 EUR");
    let done = project.hitlc(&["oversight", "diff", "old", "new"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.starts_with("stronger: `transfer` asks now, for example where amount = 1000.00 EUR"), "{done:?}");
    assert!(done.out.ends_with("0 weaker, 1 stronger\n"), "{done:?}");
}

/// What is only warned of is the business of `check`.
#[test]
fn warnings_are_not_told() {
    let project = changed("workflow pay(to: text,", "workflow pay(spare: text, to: text,");
    let warned = project.hitlc(&["check", "new"]);
    assert!(warned.err.contains("warning") && warned.err.contains("spare"), "{warned:?}");
    let done = project.hitlc(&["oversight", "diff", "old", "new"]);
    assert_eq!((done.code, done.err.as_str(), done.out.as_str()), (0, "", "nothing is weaker or stronger\n"), "{done:?}");
}

/// Each version is read with the settings of its own folder, and files without a workflow count.
#[test]
fn folders_are_compared_with_their_settings() {
    let groups = "[groups]\nfin = [\"ana@a.example\", \"bo@a.example\"]\n";
    let more = groups.replace("\"bo@a.example\"", "\"bo@a.example\", \"eve@a.example\"");
    let flow = BEFORE.replace("approval as review", "approval as review by fin");
    let bank = "action book(id: text) only after approval { exec \"book\" [\"{id}\"] }\n";
    let files = [("old/hitl.toml", groups), ("new/hitl.toml", &more), ("old/pay.flow", &flow), ("new/pay.flow", &flow)];
    let later = bank.replace(" only after approval", "");
    let project = Project::with(&[files.as_slice(), &[("old/bank.flow", bank), ("new/bank.flow", &later)]].concat());
    let done = project.hitlc(&["oversight", "diff", "old", "new"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("`book` has no duty any more"), "{done:?}");
    assert!(done.out.contains("at `review` `fin`, the same words with other people behind them"), "{done:?}");
    assert!(done.out.ends_with("2 weaker, 0 stronger\n"), "{done:?}");
}

#[test]
fn what_does_not_compile_is_said() {
    let project = changed("step transfer(to, amount)", "step transfer(to, amont)");
    let done = project.hitlc(&["oversight", "diff", "old", "new"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("amont") && done.out.is_empty(), "{done:?}");
    let missing = project.hitlc(&["oversight", "diff", "old", "newer"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""), "{missing:?}");
}

/// The page's commands say what it shows: for the flow at its top, a change of it, and the first of its cases. `UPDATE=1` writes what they say.
#[test]
fn the_page_shows_what_is_said() {
    let path = root().join("docs/oversight.md");
    let page = fs::read_to_string(&path).unwrap();
    let blocks = super::docs::blocks(&path);
    let pay = &blocks[0].code;
    let changed =
        pay.replace("when amount > 1000 EUR {", "when amount > 1000.50 EUR {").replace("approval by finance when", "approval when");
    let changed = changed.replace("by finance except requester", "by owner").replace("amount > 1000 EUR\n", "amount > 2000 EUR\n");
    let project = Project::with(&[("pay.flow", pay), ("changed.flow", &changed), ("too_late.flow", &blocks[1].code)]);
    let mut now = String::new();
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        now.push_str(line);
        if line != "```console\n" {
            continue;
        }
        let command = lines.next().unwrap();
        let args: Vec<&str> = command.strip_prefix("$ hitlc ").unwrap().split_whitespace().collect();
        let done = project.hitlc(&args);
        now.push_str(command);
        now.push_str(&done.err);
        now.push_str(&done.out);
        now.push_str(lines.by_ref().find(|line| *line == "```\n").unwrap());
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &now).unwrap();
    } else {
        assert!(page == now, "run with UPDATE=1 and look at what changed:\n{now}");
    }
}
