//! `exec`

use std::time::{Duration, Instant};

use flow_compiler::plan::{Body, Exec, Expr, Implementation, Type};
use flow_compiler::value::Value;

use super::{Case, Project, among, constant, not_done, number, same, secret, slot, text, unknown};
use crate::actions::Outcome;

fn exec(program: &str, arguments: &[&str]) -> Exec {
    Exec {
        program: program.into(),
        arguments: arguments.iter().map(|argument| (constant(argument), Type::Text)).collect(),
        stdin: None,
        cwd: None,
        env: Vec::new(),
        ok_when: None,
        not_done_when: None,
        result: None,
    }
}

fn sh(script: &str) -> Exec {
    exec("sh", &["-c", script])
}

fn case(exec: Exec) -> Case {
    Case::new(Implementation::Exec(exec))
}

#[tokio::test]
async fn text_is_trimmed_of_one_line_end_only() {
    let outcome = Project::new().run(case(sh("printf ' refunded \\n\\n'")).gives(Type::Text)).await;
    assert_eq!(outcome, Outcome::Done(text(" refunded \n")));
}

#[tokio::test]
async fn json_is_decoded_and_all_mismatches_are_told() {
    let fields = [("id", Type::Text), ("amount", Type::Number)];
    let project = Project::new();
    let good = case(sh(r#"echo '{"id": "7", "amount": 1500.10}'"#)).record(&fields).gives(Type::Record(0));
    assert_eq!(project.run(good).await, Outcome::Done(Value::Record([text("7"), number("1500.10")].into())));
    let bad = case(sh(r#"echo '{"id": 7, "amount": "x"}'"#)).record(&fields).gives(Type::Record(0));
    let outcome = project.run(bad).await;
    unknown(&outcome, "id: ");
    unknown(&outcome, "amount: ");
    unknown(&project.run(case(sh("echo nonsense")).gives(Type::Number)).await, "not JSON");
    unknown(&project.run(case(sh("printf '\\377'")).gives(Type::Text)).await, "UTF-8");
    let none = case(sh("true")).gives(Type::Optional(Box::new(Type::Number)));
    assert_eq!(project.run(none).await, Outcome::Done(Value::None));
}

#[tokio::test]
async fn arguments_are_never_split_nor_expanded() {
    let mut exec = exec("printf", &["[%s]"]);
    exec.arguments.push((slot(0), Type::Text));
    exec.arguments.push((slot(1), Type::List(Box::new(Type::Text))));
    let list = Value::List([text("a b"), text("*")].into());
    let case = case(exec)
        .given("x", Type::Text, text("$(id); `id` 'q' \"q\" -- \n"))
        .given("xs", Type::List(Box::new(Type::Text)), list)
        .gives(Type::Text);
    let outcome = Project::new().run(case).await;
    assert_eq!(outcome, Outcome::Done(text("[$(id); `id` 'q' \"q\" -- \n][a b][*]")));
}

#[tokio::test]
async fn the_environment_is_clean_but_for_what_is_declared() {
    let mut exec = exec("env", &[]);
    exec.env.push(("DECLARED".into(), slot(0)));
    let case = case(exec).given("x", Type::Text, text("yes")).gives(Type::Text);
    let Outcome::Done(Value::Text(found)) = Project::new().run(case).await else { panic!("env runs") };
    let names: Vec<&str> = found.lines().filter_map(|line| line.split('=').next()).collect();
    let known = |name: &&str| {
        matches!(*name, "PATH" | "HOME" | "TZ" | "TMPDIR" | "LANG" | "DECLARED" | "HITL_IDEMPOTENCY_KEY") || name.starts_with("LC_")
    };
    assert!(names.iter().all(known), "{names:?}");
    assert!(found.contains("DECLARED=yes") && found.contains("HITL_IDEMPOTENCY_KEY=run-1/3/key"), "{found}");
}

#[tokio::test]
async fn standard_input_is_complete_before_the_program_starts() {
    // The program looks at the size of the file that it reads from, before it reads anything.
    let script = "stat -L -c %s /proc/self/fd/0; wc -c";
    let mut exec = sh(script);
    exec.stdin = Some(Body { value: slot(0), ty: Type::Text });
    let long = "x".repeat(500_000);
    let case = case(exec).given("x", Type::Text, text(&long)).gives(Type::Text);
    assert_eq!(Project::new().run(case).await, Outcome::Done(text("500000\n500000")));
    let mut exec = sh("cat");
    exec.stdin = Some(Body { value: slot(0), ty: Type::List(Box::new(Type::Number)) });
    let case = super::Case::new(Implementation::Exec(exec))
        .given("xs", Type::List(Box::new(Type::Number)), Value::List([number("1.50")].into()))
        .gives(Type::Text);
    let outcome = Project::new().run(case).await;
    assert!(matches!(&outcome, Outcome::Done(Value::Text(json)) if json.starts_with("[1.5")), "{outcome:?}");
}

#[tokio::test]
async fn without_input_there_is_none() {
    assert_eq!(Project::new().run(case(sh("cat; echo end")).gives(Type::Text)).await, Outcome::Done(text("end")));
}

#[tokio::test]
async fn what_cannot_start_is_not_done() {
    let project = Project::new();
    not_done(&project.run(case(exec("no-such-program-here", &[]))).await, "cannot start `no-such-program-here`");
    project.write("plain", "text");
    not_done(&project.run(case(exec("./plain", &[]))).await, "ermission denied");
    let mut elsewhere = sh("true");
    elsewhere.cwd = Some(constant("no/such/folder"));
    not_done(&project.run(case(elsewhere)).await, "does not exist");
    not_done(&project.run(case(exec("echo", &["a\0b"]))).await, "cannot start `echo`");
}

#[tokio::test]
async fn it_starts_in_the_project_or_where_it_is_told() {
    let project = Project::new();
    let here = project.path().canonicalize().unwrap();
    let case_here = case(exec("pwd", &["-P"])).gives(Type::Text);
    assert_eq!(project.run(case_here).await, Outcome::Done(text(here.to_str().unwrap())));
    std::fs::create_dir(here.join("sub")).unwrap();
    let mut below = exec("pwd", &["-P"]);
    below.cwd = Some(constant("sub"));
    let below = case(below).gives(Type::Text);
    assert_eq!(project.run(below).await, Outcome::Done(text(here.join("sub").to_str().unwrap())));
}

#[tokio::test]
async fn exits_mean_what_the_author_says() {
    let project = Project::new();
    unknown(&project.run(case(sh("echo oops >&2; exit 3"))).await, "exited with 3: oops");
    let mut listed = sh("echo busy >&2; exit 75");
    listed.not_done_when = Some(among(2, &[75]));
    let listed = case(listed).given("x", Type::Text, text(""));
    not_done(&project.run(listed).await, "exited with 75: busy");
    let mut diff = sh("echo changed; exit 1");
    diff.ok_when = Some(among(2, &[0, 1]));
    let diff = case(diff).given("x", Type::Text, text("")).gives(Type::Text);
    assert_eq!(project.run(diff).await, Outcome::Done(text("changed")));
    unknown(&project.run(case(sh("kill -9 $$"))).await, "signal");
}

#[tokio::test]
async fn a_result_is_a_part_of_the_answer() {
    let mut found = sh(r#"echo '{"data": {"id": "r-1"}}'"#);
    let part = Expr::JsonField(Box::new(Expr::JsonField(Box::new(slot(3)), "data".into())), "id".into());
    found.result = Some((part, Type::Json));
    let found = case(found).gives(Type::Text);
    assert_eq!(Project::new().run(found).await, Outcome::Done(text("r-1")));
    // The exit status itself: the frame has no parameters, so `status` is 0, `exit` 1, `headers` 2, `body` 3.
    let mut exit = sh("exit 4");
    exit.ok_when = Some(same(slot(1), Expr::Const(number("4"))));
    exit.result = Some((slot(1), Type::Number));
    assert_eq!(Project::new().run(case(exit).gives(Type::Number)).await, Outcome::Done(number("4")));
}

#[tokio::test]
async fn a_program_that_prints_for_ever_is_ended() {
    let start = Instant::now();
    unknown(&Project::new().run(case(exec("yes", &[])).gives(Type::Text)).await, "more than 1 MiB");
    // Nobody reads it: its time limit ends it.
    unknown(&Project::new().run(case(exec("yes", &[])).within(200)).await, "took longer than");
    unknown(&Project::new().run(case(sh("yes >&2")).within(200)).await, "took longer than");
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_whole_mebibyte_is_not_too_much() {
    let exact = case(sh("head -c 1048576 /dev/zero | tr '\\0' x")).gives(Type::Text);
    assert!(matches!(Project::new().run(exact).await, Outcome::Done(Value::Text(all)) if all.len() == 1_048_576));
    let above = case(sh("head -c 1048577 /dev/zero | tr '\\0' x")).gives(Type::Text);
    unknown(&Project::new().run(above).await, "more than 1 MiB");
}

/// Whether a process runs; one that is dead and not yet waited for does not.
fn runs(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn one_that_never_ends_is_ended_with_all_that_it_started() {
    let project = Project::new();
    let script = "trap '' TERM; sleep 600 & echo $! > child; echo $$ > parent; echo waiting >&2; while :; do sleep 600; done";
    let start = Instant::now();
    unknown(&project.run(case(sh(script)).within(300)).await, "took longer than");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    for name in ["child", "parent"] {
        let id = project.read(name);
        assert!(!id.is_empty() && !runs(&id), "{name} {id} still runs");
    }
    assert!(!project.path().join(".hitl/locks/run-1-3").exists());
}

#[tokio::test]
async fn what_it_leaves_in_the_background_is_ended_and_not_waited_for() {
    let project = Project::new();
    let start = Instant::now();
    let outcome = project.run(case(sh("sleep 600 & echo $! > child; echo done")).gives(Type::Text)).await;
    assert_eq!(outcome, Outcome::Done(text("done")));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(!runs(&project.read("child")));
}

#[tokio::test]
async fn secrets_reach_the_program_and_never_come_back() {
    let project = Project::new();
    let mut exec = sh("cat; echo; echo \"$T\"; echo \"$T\" >&2; exit $1");
    exec.arguments.push((constant("sh"), Type::Text));
    exec.arguments.push((slot(0), Type::Text));
    exec.stdin = Some(Body { value: secret(), ty: Type::Secret });
    exec.env.push(("T".into(), secret()));
    let good = case(exec.clone()).given("x", Type::Text, text("0")).gives(Type::Text);
    assert_eq!(project.run(good).await, Outcome::Done(text("***\n***")));
    let bad = case(exec).given("x", Type::Text, text("1")).gives(Type::Text);
    assert_eq!(project.run(bad).await, Outcome::Unknown("exited with 1: ***".into()));
    let mut missing = sh("true");
    missing.env.push(("T".into(), Expr::Secret("OTHER".into())));
    not_done(&project.run(case(missing)).await, "there is no secret `OTHER`");
}

#[tokio::test]
async fn two_attempts_at_one_call_never_run_together() {
    let project = Project::new();
    let executor = std::sync::Arc::new(project.executor());
    let attempt = case(sh("echo $$ > started; cat fifo")).within(5000).attempt();
    assert!(std::process::Command::new("mkfifo").arg(project.path().join("fifo")).status().unwrap().success());
    let first = tokio::spawn({
        let (executor, attempt) = (std::sync::Arc::clone(&executor), attempt.clone());
        async move { executor.run(&attempt).await }
    });
    while project.read("started").is_empty() {
        tokio::task::yield_now().await;
    }
    not_done(&executor.run(&attempt).await, "still running");
    project.write("fifo", "");
    assert_eq!(first.await.unwrap(), Outcome::Done(Value::None));
}
