//! Who may know whom: the edges between the crates, and inside them what a module must not name.
//!
//! The table is the one of `ARCHITECTURE.md`. What a compiler's lint can hold better stands in the `clippy.toml` of each crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate and all crates of this workspace that it may use.
const OURS: [(&str, &[&str]); 5] = [
    ("flow-grammar", &[]),
    ("flow-compiler", &["flow-grammar"]),
    ("flow-runtime", &["flow-compiler"]),
    ("flow-lsp", &["flow-compiler", "flow-grammar"]),
    ("hitlc", &["flow-compiler", "flow-grammar", "flow-lsp", "flow-runtime"]),
];

/// A library and the only crate that may use it.
const ONLY: [(&str, &str); 19] = [
    ("pest", "flow-grammar"),
    ("pest_derive", "flow-grammar"),
    ("petgraph", "flow-compiler"),
    ("croner", "flow-compiler"),
    ("iso_currency", "flow-compiler"),
    ("regex", "flow-compiler"),
    ("axum", "flow-runtime"),
    ("rusqlite", "flow-runtime"),
    ("tokio-postgres", "flow-runtime"),
    ("lettre", "flow-runtime"),
    ("askama", "flow-runtime"),
    ("utoipa", "flow-runtime"),
    ("secrecy", "flow-runtime"),
    ("lsp-server", "flow-lsp"),
    ("gen-lsp-types", "flow-lsp"),
    ("clap", "hitlc"),
    ("anstream", "hitlc"),
    ("codespan-reporting", "hitlc"),
    ("comfy-table", "hitlc"),
];

/// A crate and what it must not even reach through others.
const NEVER: [(&str, &[&str]); 4] = [
    ("flow-grammar", &["tokio", "rusqlite", "axum", "clap", "reqwest", "rustix"]),
    ("flow-compiler", &["tokio", "rusqlite", "axum", "clap", "reqwest", "lettre", "anstream", "codespan-reporting"]),
    ("flow-runtime", &["clap", "codespan-reporting", "comfy-table", "gen-lsp-types", "lsp-server", "openssl-sys", "native-tls"]),
    ("flow-lsp", &["tokio", "rusqlite", "axum", "clap", "reqwest"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What each crate of the workspace names as its dependencies; what only its tests need is left out.
fn direct() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: serde_json::Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"])).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let of = |package: &serde_json::Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|found| found["kind"] != "dev").map(|found| text(&found["name"])).collect()
    };
    metadata["packages"].as_array().unwrap().iter().map(|package| (text(&package["name"]), of(package))).collect()
}

/// Everything that ends up in a crate.
fn reached(package: &str) -> BTreeSet<String> {
    let tree = cargo(&["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}", "--offline"]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn crates_know_only_whom_they_may() {
    let direct = direct();
    let known: BTreeSet<&str> = OURS.iter().map(|(name, _)| *name).collect();
    assert_eq!(direct.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "every crate has a line in the table");
    for (name, allowed) in OURS {
        let ours: Vec<&String> = direct[name].iter().filter(|used| known.contains(used.as_str())).collect();
        assert!(ours.iter().all(|used| allowed.contains(&used.as_str())), "`{name}` uses {ours:?}, and may use {allowed:?}");
    }
}

#[test]
fn libraries_have_one_home() {
    for (library, home) in ONLY {
        for (name, used) in direct() {
            assert!(name == home || !used.contains(library), "`{name}` uses `{library}`, which is `{home}`'s");
        }
    }
}

#[test]
fn nothing_comes_in_through_the_back_door() {
    for (name, never) in NEVER {
        let reached = reached(name);
        assert!(reached.contains(name), "the tree of `{name}` was not understood");
        let found: Vec<&&str> = never.iter().filter(|library| reached.contains(**library)).collect();
        assert!(found.is_empty(), "`{name}` reaches {found:?}");
    }
}

/// All source files below a folder but those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let tests = path.file_stem().is_some_and(|name| name == "tests" || name == "testing");
        if path.is_dir() && !tests {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !tests {
            found.push(path);
        }
    }
    found.sort();
}

/// The code of a file, without comments and without the tests at its end.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether a word stands in a text, not as a part of another.
fn names(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The files of a folder that name one of the words, apart from those in `homes`.
fn offenders(folder: &str, words: &[&str], homes: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    sources(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "`{folder}` has no sources");
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        if homes.iter().any(|home| name.starts_with(home)) {
            continue;
        }
        let code = code(&file);
        found.extend(words.iter().filter(|word| names(&code, word)).map(|word| format!("{name} names `{word}`")));
    }
    found
}

/// The machine does no input or output, reads no clock, draws no random number and spawns nothing.
#[test]
fn the_machine_is_pure() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io",
        "std::time",
        "tokio",
        "rusqlite",
        "reqwest",
        "axum",
        "getrandom",
        "rand",
        "tracing",
        "println",
        "eprintln",
        "Timestamp::now",
        "ZonedDateTime::now",
        "SystemTime",
        "Instant",
        "crate::engine",
        "crate::actions",
        "crate::notify",
        "crate::http",
        "crate::config",
    ];
    assert_eq!(offenders("runtime/src/machine", &outside, &[]), Vec::<String>::new());
}

/// Only these modules know these libraries.
#[test]
fn libraries_stay_in_their_modules() {
    assert_eq!(offenders("runtime/src", &["axum", "utoipa_axum"], &["runtime/src/http"]), Vec::<String>::new());
    let sqlite = ["runtime/src/store/sqlite", "runtime/src/actions/sql"];
    assert_eq!(offenders("runtime/src", &["rusqlite"], &sqlite), Vec::<String>::new());
    assert_eq!(offenders("runtime/src", &["tokio_postgres"], &["runtime/src/actions/sql/postgres"]), Vec::<String>::new());
    assert_eq!(offenders("runtime/src", &["lettre"], &["runtime/src/notify", "runtime/src/config/words.rs"]), Vec::<String>::new());
    assert_eq!(offenders("compiler/src", &["petgraph"], &["compiler/src/graph"]), Vec::<String>::new());
    assert_eq!(offenders("grammar/src", &["std::fs", "std::io", "std::env", "std::net"], &[]), Vec::<String>::new());
}

#[test]
fn words_are_told_from_parts_of_words() {
    assert!(names("use rand::Rng;", "rand"));
    assert!(!names("let operand = 1;", "rand"));
    assert!(names("Timestamp::now()", "Timestamp::now"));
    assert!(!names("Timestamp::nowhere()", "Timestamp::now"));
}
