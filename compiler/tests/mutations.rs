//! Weakens each rule of the proof of duties by one change, and expects that a test fails for it. `oversight/mutations.txt` lists the changes.
//!
//! That takes a build for each, so it is run by hand: `cargo test -p flow-compiler --test mutations -- --ignored --nocapture`. The sources are
//! copied beside what cargo builds, and nothing is changed where they are. `HITL_MUTATIONS=silence` makes only those whose rule has the word.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// A test that takes longer has not come to an end.
const SECONDS: &str = "300";
/// Tests that may fail: cases first, then what is generated, then what is said.
const TESTS: [&[&str]; 2] = [&["--test", "oversight"], &["--test", "oracle", "--test", "compare", "--test", "ui", "--test", "codes"]];

struct Mutation {
    rule: String,
    /// Within `src/oversight`.
    file: String,
    from: String,
    to: String,
}

fn mutations() -> Vec<Mutation> {
    let text = include_str!("oversight/mutations.txt");
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>());
    paragraphs
        .filter(|lines| !lines.is_empty())
        .map(|lines| {
            let [rule, file, changed @ ..] = lines.as_slice() else { panic!("a mutation has a rule, a file and a change: {lines:?}") };
            let side = |sign: &str| changed.iter().filter_map(|line| line.strip_prefix(sign)).collect::<Vec<_>>().join("\n");
            let file = file.strip_prefix("in ").unwrap_or_else(|| panic!("`in` and a file stand after `{rule}`"));
            let mutation = Mutation { rule: (*rule).to_owned(), file: file.to_owned(), from: side("- "), to: side("+ ") };
            assert!(!mutation.from.is_empty() && mutation.from != mutation.to, "{rule}");
            mutation
        })
        .collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn place(root: &Path, mutation: &Mutation) -> PathBuf {
    root.join("compiler/src/oversight").join(&mutation.file)
}

/// What is weakened is still there.
#[test]
fn each_rule_is_where_it_is_said_to_be() {
    let mutations = mutations();
    assert!(mutations.len() >= 30, "{} rules", mutations.len());
    let mut wrong = Vec::new();
    for mutation in &mutations {
        let text = fs::read_to_string(place(&sources(), mutation)).unwrap();
        let times = text.matches(&mutation.from).count();
        if times != 1 {
            wrong.push(format!("{} ({}): its text stands there {times} times, not once:\n{}", mutation.rule, mutation.file, mutation.from));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Copies what cargo needs, but not what it builds.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
        if kind.is_dir() && name != "target" && name != "node_modules" && !name.to_string_lossy().starts_with('.') {
            copy(&entry.path(), &to.join(&name));
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}

struct Trial {
    root: PathBuf,
    target: PathBuf,
}

impl Trial {
    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        command.args([SECONDS, env!("CARGO"), "test", "--package", "flow-compiler", "--locked"]).args(arguments);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).output().unwrap()
    }

    /// The first test that fails.
    fn caught_by(&self) -> Result<Option<String>, String> {
        for tests in TESTS {
            let built = self.cargo(&[tests, &["--no-run"]].concat());
            if !built.status.success() {
                return Err(String::from_utf8_lossy(&built.stderr).into_owned());
            }
            let run = self.cargo(tests);
            if !run.status.success() {
                let said = String::from_utf8_lossy(&run.stdout).into_owned();
                let failed =
                    said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED")).collect::<Vec<_>>().join(", ");
                return Ok(Some(if failed.is_empty() { "its time".to_owned() } else { failed }));
            }
        }
        Ok(None)
    }
}

#[test]
#[ignore = "it builds the compiler once for each rule"]
fn no_weakened_rule_survives() {
    // Built apart: cargo would take what is weakened for what it is a copy of.
    let apart = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let trial = Trial { root: apart.join("weakened"), target: apart.join("weakened-target") };
    if trial.root.exists() {
        fs::remove_dir_all(&trial.root).unwrap();
    }
    copy(&sources(), &trial.root);
    let word = std::env::var("HITL_MUTATIONS").unwrap_or_default();
    assert_eq!(trial.caught_by(), Ok(None), "without any change all tests pass");
    let (mut survived, mut caught, began) = (Vec::new(), 0, Instant::now());
    for mutation in mutations().iter().filter(|mutation| mutation.rule.contains(&word)) {
        let place = place(&trial.root, mutation);
        let text = fs::read_to_string(&place).unwrap();
        fs::write(&place, text.replacen(&mutation.from, &mutation.to, 1)).unwrap();
        let found = trial.caught_by();
        fs::write(&place, text).unwrap();
        match found {
            Ok(Some(tests)) => {
                caught += 1;
                println!("caught   {} ({}): {tests}", mutation.rule, mutation.file);
            }
            Ok(None) => survived.push(format!("survived {} ({})", mutation.rule, mutation.file)),
            Err(why) => survived.push(format!("does not compile: {} ({})\n{why}", mutation.rule, mutation.file)),
        }
    }
    println!("{caught} caught, {} not, in {:.0?}", survived.len(), began.elapsed());
    assert!(survived.is_empty(), "{}", survived.join("\n"));
}
