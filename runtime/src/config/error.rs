//! Faults of the project file, each with its place and, for a key that does not exist, the nearest one that does.

use std::fmt;
use std::path::{Path, PathBuf};

/// Keys of the design that this version does not have: they are named as such, since "unknown" would send an author looking for a typo.
const LATER: [&str; 4] = ["sms", "teams", "passkey", "oidc"];

/// What is wrong with a project file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Line and column, from 1, where there is a place.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl ConfigError {
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self { file: file.to_owned(), place: None, message: format!("cannot be read: {error}"), help: None }
    }

    /// A fault that the reader of the file found.
    pub(super) fn syntax(text: &str, file: &Path, error: &toml::de::Error) -> Self {
        let place = error.span().map(|span| place(text, span.start));
        let (message, help) = plain(error.message());
        Self { file: file.to_owned(), place, message, help }
    }

    /// A fault at the first place where a name stands in the file.
    pub(super) fn at_key(text: &str, file: &Path, key: &str, message: String) -> Self {
        let place = text.find(key).map(|offset| place(text, offset));
        Self { file: file.to_owned(), place, message, help: None }
    }
}

/// The sentence for a group's member whom nobody knows.
pub(super) fn unknown_person<'a>(name: &str, group: &str, known: impl Iterator<Item = &'a String>) -> String {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let hint = nearest(name, &known).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    format!("group `{group}` names `{name}`, who is neither in `[people]` nor an address{hint}")
}

/// Says in an author's words what the reader of the file said, and what to do.
fn plain(message: &str) -> (String, Option<String>) {
    let message = message.trim().trim_end_matches('.');
    let named = |start: &str| message.strip_prefix(start).map(|rest| rest.split_once('`').unwrap_or((rest, "")));
    let quoted = |expected: &str| expected.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    if let Some((key, _)) = named("unknown field `").filter(|(key, _)| LATER.contains(key)) {
        return (format!("`{key}` is not supported by this version"), Some("remove it".into()));
    }
    if let Some((key, expected)) = named("unknown field `") {
        return (format!("there is no key `{key}`"), Some(near_or_all(key, &quoted(expected))));
    }
    if let Some((word, expected)) = named("unknown variant `") {
        return (format!("`{word}` is no value that this may have"), Some(near_or_all(word, &quoted(expected))));
    }
    if let Some((key, _)) = named("missing field `") {
        return (format!("`{key}` is missing here"), None);
    }
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match found.and_then(|found| found.split_once(", expected ")) {
        Some((found, expected)) => (format!("expected {}, found {}", in_words(expected), in_words(found)), None),
        None => (message.replace('\n', ", "), None),
    }
}

/// What the reader of the file calls a kind of value, in an author's words.
fn in_words(kind: &str) -> String {
    let kind = match kind {
        "a sequence" | "sequence" => "a list in brackets",
        "a map" | "map" => "a table of keys and values",
        "a string" => "a text in quotes",
        "a boolean" => "`true` or `false`",
        "socket address" => "an address and a port, such as `\"127.0.0.1:7171\"`",
        "u16" => "a number from 0 to 65535",
        kind if kind.starts_with("struct ") => "a table of keys and values",
        kind => {
            let of = ["integer ", "floating point ", "boolean ", "string "].iter().find_map(|of| kind.strip_prefix(of));
            return of.unwrap_or(kind).to_owned();
        }
    };
    kind.to_owned()
}

fn near_or_all(word: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match nearest(word, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", list(&known)),
    }
}

pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), *known));
    scored.min().filter(|(distance, _)| *distance <= name.len().div_ceil(3)).map(|(_, known)| known)
}

/// Line and column of an offset, from 1, columns in characters.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
