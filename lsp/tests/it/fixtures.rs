//! Files with places and requests, and the answers: `fixtures/*.flow` and, beside each, `.out`. `UPDATE=1` writes the answers.
//!
//! A line `# path.flow` begins a file; `‸` is a place in it, counted from 1 over all files; behind `# ask` stands a request on each line.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

use crate::client::Client;

const MARK: char = '‸';

/// More of a list than this is only counted.
const SHOWN: usize = 5;

/// A place: its file, line and character.
type Place = (String, usize, usize);

/// The files of a fixture without marks, the places of these, and the requests.
fn read(text: &str) -> (Vec<(String, String)>, Vec<Place>, Vec<String>) {
    let (text, asks) = text.split_once("\n# ask\n").expect("a fixture asks");
    let mut files: Vec<(String, String)> = Vec::new();
    let mut places = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# ").filter(|path| path.ends_with(".flow") || path.ends_with(".txt")) {
            Some(path) => files.push((path.to_owned(), String::new())),
            None => {
                let (path, text) = files.last_mut().expect("a file begins");
                let row = text.lines().count();
                for (count, (at, _)) in line.match_indices(MARK).enumerate() {
                    places.push((path.clone(), row, line[..at].encode_utf16().count() - count));
                }
                text.push_str(&line.replace(MARK, ""));
                text.push('\n');
            }
        }
    }
    (files, places, asks.lines().map(str::to_owned).collect())
}

/// The line of a place with the place under it.
fn shown(files: &[(String, String)], (path, line, character): &Place) -> String {
    let text = &files.iter().find(|(name, _)| name == path).unwrap().1;
    let head = format!("{path}:{} | ", line + 1);
    let line = text.lines().nth(*line).unwrap();
    let column = line.chars().take(*character).count();
    format!("{head}{line}\n{}^\n", " ".repeat(head.chars().count() + column))
}

/// An answer without what differs from one run to the next, and without the end of long lists.
fn written(mut answer: Value, root: &str) -> String {
    if let Some(items) = answer.as_array_mut().filter(|items| items.len() > SHOWN) {
        let left = items.split_off(SHOWN).len();
        items.push(format!("and {left} more").into());
    }
    shorten(&mut answer);
    serde_json::to_string_pretty(&answer).unwrap().replace(root, "$")
}

/// Writes ranges as `6:0-8:0`, lines and characters from 0 as the protocol counts them.
fn shorten(answer: &mut Value) {
    let place = |place: &Value| format!("{}:{}", place["line"], place["character"]);
    match answer {
        Value::Object(fields) if fields.contains_key("start") && fields.contains_key("end") => {
            *answer = format!("{}-{}", place(&fields["start"]), place(&fields["end"])).into();
        }
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Array(items) => items.iter_mut().for_each(shorten),
        _ => {}
    }
}

fn answers(text: &str) -> String {
    let (files, places, asks) = read(text);
    let on_disk: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut client = Client::able(&on_disk, serde_json::json!({ "textDocument": { "hover": { "contentFormat": ["markdown"] } } }));
    files.iter().filter(|(path, _)| path.ends_with(".flow")).for_each(|(path, text)| client.open(path, text));
    let root = client.uri("");
    let mut out = String::new();
    for ask in asks.iter().filter(|ask| !ask.trim().is_empty()) {
        let (what, of) = ask.split_once(' ').unwrap();
        let method = match what {
            "hover" | "definition" | "completion" | "codeAction" => what,
            "symbols" => "documentSymbol",
            "format" => "formatting",
            "diagnostics" => {
                let found = client.looked_at(of, 1);
                writeln!(out, "diagnostics of {of}\n{}\n", written(found.into(), &root)).unwrap();
                continue;
            }
            other => panic!("`{other}` is no question"),
        };
        let place = match of.parse::<usize>() {
            Ok(number) => places[number - 1].clone(),
            Err(_) => (of.to_owned(), 0, 0),
        };
        let answer = client.at(&format!("textDocument/{method}"), &place.0, place.1, place.2).unwrap();
        writeln!(out, "{what}\n{}{}\n", shown(&files, &place), written(answer, &root)).unwrap();
    }
    client.end();
    out
}

#[test]
fn each_question_has_its_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    let mut fixtures: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    fixtures.retain(|path| path.extension().is_some_and(|extension| extension == "flow"));
    fixtures.sort();
    assert!(!fixtures.is_empty());
    let mut wrong = Vec::new();
    for fixture in fixtures {
        let answer = answers(&fs::read_to_string(&fixture).unwrap());
        let out = fixture.with_extension("out");
        if env::var_os("UPDATE").is_some() {
            fs::write(&out, &answer).unwrap();
        } else if fs::read_to_string(&out).unwrap_or_default() != answer {
            wrong.push(format!("{} answers\n{answer}", fixture.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n(`UPDATE=1` writes the answers)", wrong.join("\n"));
}
