//! Several files in one text: a line such as `# connectors/bank.flow` begins a file of that path.

use flow_compiler::Sources;

/// The path that a line begins a file of.
pub(crate) fn path(line: &str) -> Option<&str> {
    line.trim_end().strip_prefix("# ").filter(|path| path.ends_with(".flow") && !path.contains(' '))
}

/// The files of a text. What stands before the first such line is the file `name`.
pub(crate) fn sources(name: &str, text: &str) -> Sources {
    let mut files: Vec<(String, String)> = vec![(name.to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match path(line) {
            Some(path) => files.push((path.to_owned(), String::new())),
            None => files.last_mut().unwrap().1.push_str(line),
        }
    }
    if files.len() > 1 && files[0].1.trim().is_empty() {
        files.remove(0);
    }
    let mut sources = Sources::new();
    for (path, text) in files {
        sources.add(path, text);
    }
    sources
}
