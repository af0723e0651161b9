//! What editors are given besides the server: the words that they colour are the words of the language, and their settings can be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words between quotes, or between whatever else is no letter.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_ascii_lowercase()).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// All words that the grammar knows by a rule: those that are reserved, and those that mean something in their place.
fn of_the_grammar() -> BTreeSet<String> {
    let grammar = read("grammar/src/flow.pest");
    let mut found = BTreeSet::new();
    for line in grammar.lines() {
        let (name, rule) = line.split_once('=').unwrap_or_default();
        if name.starts_with("kw_") || name.starts_with("op_") {
            found.extend(rule.split('"').skip(1).step_by(2).flat_map(words));
        }
    }
    found
}

/// All words that are coloured as words of the language.
fn of_the_colours() -> BTreeSet<String> {
    fn collect(value: &Json, found: &mut BTreeSet<String>) {
        match value {
            Json::Object(fields) => {
                let name = fields.get("name").and_then(Json::as_str).unwrap_or_default();
                if ["keyword.control", "keyword.other", "keyword.operator.word", "constant.language"]
                    .iter()
                    .any(|scope| name.starts_with(scope))
                    && let Some(pattern) = fields.get("match").and_then(Json::as_str)
                {
                    // `\b` and `\s` are no words.
                    found.extend(words(&pattern.replace("\\b", " ").replace("\\s", " ")));
                }
                fields.values().for_each(|value| collect(value, found));
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::from_str(&read("editors/vscode/syntaxes/flow.tmLanguage.json")).unwrap(), &mut found);
    found
}

#[test]
fn the_words_that_are_coloured_are_those_of_the_grammar() {
    let (grammar, mut colours) = (of_the_grammar(), of_the_colours());
    assert!(grammar.len() > 100, "the rules were not understood");
    // Literals, which the grammar does not write as such a rule.
    let literals = ["true", "false"].map(str::to_owned);
    assert!(literals.iter().all(|word| colours.remove(word)));
    let missing: Vec<_> = grammar.difference(&colours).collect();
    let strange: Vec<_> = colours.difference(&grammar).collect();
    assert!(missing.is_empty() && strange.is_empty(), "not coloured: {missing:?}; no words: {strange:?}");
}

#[test]
fn the_settings_can_be_read() {
    let package: Json = serde_json::from_str(&read("editors/vscode/package.json")).unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    let language = &package["contributes"]["languages"][0];
    let configuration: Json =
        serde_json::from_str(&read(&format!("editors/vscode/{}", language["configuration"].as_str().unwrap()))).unwrap();
    assert_eq!(configuration["comments"]["lineComment"], "#");
    let grammar = &package["contributes"]["grammars"][0];
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode").join(grammar["path"].as_str().unwrap()).is_file());
    let helix: toml::Table = read("editors/helix/languages.toml").parse().unwrap();
    assert_eq!(helix["language-server"]["hitlc"]["args"][0].as_str(), Some("lsp"));
    assert_eq!(helix["language"][0]["language-servers"][0].as_str(), Some("hitlc"));
}
