//! What the documentation says compiles: every block of Flow in README and `docs/`, and every example.

use std::fs;
use std::path::{Path, PathBuf};

use flow_compiler::{Severity, Sources, check};

#[path = "../../compiler/tests/several/mod.rs"]
mod several;

/// A block of Flow in a page.
pub(crate) struct Block {
    /// The page and the line of the first line of code.
    pub(crate) place: String,
    pub(crate) code: String,
    /// What its fence says after `flow`: `wrong` for one that must not pass, `part` for a part of an example, and the file that it is in the tutorial.
    pub(crate) marks: String,
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder with an extension; hidden folders are left alone.
pub(crate) fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !path.is_symlink() && !hidden {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

pub(crate) fn pages() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("ARCHITECTURE.md"), root().join("CONTRIBUTING.md")];
    files(&root().join("docs"), "md", &mut found);
    found
}

pub(crate) fn blocks(page: &Path) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in fs::read_to_string(page).unwrap().lines().enumerate() {
        match &mut open {
            Some(_) if line.trim() == "```" => found.extend(open.take()),
            Some(block) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            None => {
                let Some(marks) = line.trim().strip_prefix("```flow") else { continue };
                let place = format!("{}:{}", name(page), number + 2);
                open = Some(Block { place, code: String::new(), marks: marks.trim().to_owned() });
            }
        }
    }
    assert!(open.is_none(), "{}: a block does not end", name(page));
    found
}

/// What is said about a text, a line each.
fn said(place: &str, code: &str) -> Vec<String> {
    told(&several::sources(place, code))
}

fn told(sources: &Sources) -> Vec<String> {
    let one = |found: &flow_compiler::Diagnostic| {
        let before = &sources.text(found.file)[..found.span.start as usize];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("{}, line {line}: {} {}", sources.path(found.file), found.code, found.message)
    };
    check(sources).diagnostics.iter().map(one).collect()
}

#[test]
fn blocks_of_the_pages_compile() {
    let blocks: Vec<Block> = pages().iter().flat_map(|page| blocks(page)).collect();
    assert!(blocks.len() >= 20, "only {} blocks were found", blocks.len());
    let mut faults = Vec::new();
    for block in &blocks {
        // In the tutorial a block names its file; one that adds to a file is checked with it.
        let marks: Vec<&str> = block.marks.split(' ').filter(|mark| !mark.ends_with(".flow")).collect();
        match (marks.join(" ").as_str(), said(&block.place, &block.code)) {
            ("", said) => faults.extend(said),
            ("wrong", said) if said.is_empty() => faults.push(format!("{}: it is marked as wrong, and passes", block.place)),
            ("wrong" | "part" | "more", _) => {}
            (marks, _) => faults.push(format!("{}: nobody knows what `{marks}` means", block.place)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn examples_compile() {
    let mut found = Vec::new();
    files(&root().join("examples"), "flow", &mut found);
    assert!(found.len() >= 5, "only {} examples were found", found.len());
    let mut sources = Sources::new();
    for file in &found {
        sources.add(name(file), fs::read_to_string(file).unwrap());
    }
    let said = told(&sources);
    assert!(said.is_empty(), "{}", said.join("\n"));
}

/// A page that shows an example, or a part of it, shows it as it is.
#[test]
fn pages_show_the_examples_as_they_are() {
    let mut sources = Vec::new();
    files(&root().join("examples"), "flow", &mut sources);
    let sources: Vec<String> = sources.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut walkthroughs = Vec::new();
    files(&root().join("docs/examples"), "md", &mut walkthroughs);
    assert_eq!(walkthroughs.len(), 9);
    for page in pages() {
        let walkthrough = walkthroughs.contains(&page);
        for block in blocks(&page).iter().filter(|block| walkthrough || block.marks == "part") {
            let shown = sources.iter().any(|source| source.contains(block.code.trim_end()));
            assert!(shown, "{}: no example says this", block.place);
        }
    }
}

/// Links between the pages lead somewhere.
#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            if !page.parent().unwrap().join(target).exists() {
                faults.push(format!("{}: `{link}` leads nowhere", name(&page)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_warning_counts() {
    let code = "irreversible action pay() {\n  exec \"true\" []\n}\n\nworkflow w() {\n  step pay()\n}\n";
    assert_eq!(said("a page", code).len(), 1);
    let mut sources = Sources::new();
    sources.add("a page", code);
    assert!(check(&sources).diagnostics.iter().all(|found| found.severity == Severity::Warning));
}
