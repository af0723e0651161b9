//! Programs that outlive their server: a second process of this test plays the server and is killed.

use std::process::{Command, Stdio};
use std::time::Duration;

use flow_compiler::plan::{Exec, Implementation, Type};

use super::{Case, Project, constant};
use crate::actions::{Executor, Orphan};

const FOLDER: &str = "HITLC_TEST_FOLDER";
const SCRIPT: &str = "HITLC_TEST_SCRIPT";

/// Not a test of its own: the server that is killed, when the tests below start it.
#[tokio::test]
async fn a_server_that_will_be_killed() {
    let (Ok(folder), Ok(script)) = (std::env::var(FOLDER), std::env::var(SCRIPT)) else { return };
    let mut project = Project::new();
    project.settings.project = folder.clone().into();
    project.settings.state = std::path::Path::new(&folder).join(".hitl");
    let exec = Exec {
        program: "sh".into(),
        arguments: vec![(constant("-c"), Type::Text), (constant(&script), Type::Text)],
        stdin: None,
        cwd: None,
        env: Vec::new(),
        ok_when: None,
        not_done_when: None,
        result: None,
    };
    project.run(Case::new(Implementation::Exec(exec))).await;
}

/// Starts a server that runs a script, and kills the server once the script says that it runs.
fn orphaned(script: &str) -> (Project, Executor) {
    let project = Project::new();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "actions::tests::orphan::a_server_that_will_be_killed", "--nocapture"])
        .env(FOLDER, project.path())
        .env(SCRIPT, script)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while project.read("started").is_empty() {
        assert!(server.try_wait().unwrap().is_none(), "the server ended early");
        std::thread::yield_now();
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let executor = project.executor();
    (project, executor)
}

#[tokio::test]
async fn nothing_to_wait_for() {
    let project = Project::new();
    assert_eq!(project.executor().settle_orphan("run-1-3", Duration::from_secs(5)).await, Orphan::None);
}

#[tokio::test]
async fn one_that_ends_is_awaited() {
    let (project, executor) = orphaned("mkfifo go; echo yes > started; read line < go; echo paid > effect");
    let file = project.path().join("go");
    let release = std::thread::spawn(move || std::fs::write(file, "now\n").unwrap());
    let found = executor.settle_orphan("run-1-3", Duration::from_secs(20)).await;
    release.join().unwrap();
    // It may have ended before anybody looked.
    assert!(matches!(found, Orphan::Ended(_) | Orphan::None), "{found:?}");
    assert_eq!(project.read("effect"), "paid\n");
    assert!(!project.path().join(".hitl/locks/run-1-3").exists());
}

#[tokio::test]
async fn one_that_does_not_end_is_ended_with_its_group() {
    let (project, executor) = orphaned("sleep 600 & echo $! > child; echo $$ > parent; echo yes > started; wait; echo paid > effect");
    let found = executor.settle_orphan("run-1-3", Duration::from_millis(100)).await;
    assert_eq!(found, Orphan::Killed);
    assert_eq!(project.read("effect"), "");
    assert_eq!(executor.settle_orphan("run-1-3", Duration::ZERO).await, Orphan::None);
}

#[tokio::test]
async fn one_that_left_its_group_is_found_by_its_lock() {
    let (_project, executor) = orphaned("setsid sleep 600 & sleep 0; echo yes > started; wait");
    assert_eq!(executor.settle_orphan("run-1-3", Duration::from_millis(100)).await, Orphan::Killed);
    assert_eq!(executor.settle_orphan("run-1-3", Duration::ZERO).await, Orphan::None);
}
