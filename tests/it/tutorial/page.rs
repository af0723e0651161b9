//! The page, cut into what is read and what is done.

/// How the command of a block of a terminal is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Typed,
    Waits,
    GoesOn,
    Interrupted,
}

/// A command and what it prints; without a command, what one that is there already goes on to print.
#[derive(Debug)]
pub(super) struct Said<'p> {
    pub(super) command: Option<&'p str>,
    pub(super) output: &'p str,
}

#[derive(Debug)]
pub(super) enum Piece<'p> {
    Prose(&'p str),
    Approve { line: &'p str, address: &'p str },
    File { name: &'p str, text: &'p str, written: &'p str },
    More { name: &'p str, text: &'p str, written: &'p str },
    Diff { name: &'p str, text: &'p str, written: &'p str },
    Console { kind: Kind, said: Vec<Said<'p>>, fence: &'p str },
}

impl Piece<'_> {
    /// The piece as it stands in the page, but for those that are made anew.
    pub(super) fn written(&self) -> &str {
        match self {
            Self::File { written, .. } | Self::More { written, .. } | Self::Diff { written, .. } => written,
            _ => "",
        }
    }
}

pub(super) fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = page;
    while !rest.is_empty() {
        let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
        if let Some(address) = line.trim().strip_prefix("<!-- approve: ").and_then(|rest| rest.strip_suffix(" -->")) {
            pieces.push(Piece::Approve { line, address });
            rest = &rest[line.len()..];
        } else if let Some(marks) = line.trim_end().strip_prefix("```") {
            let length = rest[line.len() - 1..].find("\n```\n").expect("a block ends") + line.len() + 4;
            let written = &rest[..length];
            let text = written[line.len()..].strip_suffix("```\n").expect("it ends so");
            pieces.push(block(marks, line, text, written));
            rest = &rest[length..];
        } else {
            pieces.push(Piece::Prose(line));
            rest = &rest[line.len()..];
        }
    }
    pieces
}

fn block<'p>(marks: &'p str, fence: &'p str, text: &'p str, written: &'p str) -> Piece<'p> {
    let kind = match marks {
        "console" => Kind::Plain,
        "console typed" => Kind::Typed,
        "console waits" => Kind::Waits,
        "console goes on" => Kind::GoesOn,
        "console interrupted" => Kind::Interrupted,
        _ => {
            let words: Vec<&str> = marks.split(' ').collect();
            return match words.as_slice() {
                ["flow", name] | ["flow", "wrong", name] => Piece::File { name, text, written },
                ["flow", "more", name] => Piece::More { name, text, written },
                ["diff", name] => Piece::Diff { name, text, written },
                _ => Piece::Prose(written),
            };
        }
    };
    Piece::Console { kind, said: said(text), fence }
}

/// The commands of a block, each with what stands below it. A command goes on behind a `\` at the end of its line.
fn said(text: &str) -> Vec<Said<'_>> {
    let mut said: Vec<Said<'_>> = Vec::new();
    let (mut at, mut begin, mut goes_on) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let begins = line.starts_with("$ ");
        if begins {
            said.push(Said { command: None, output: "" });
            begin = start + 2;
        }
        let Some(last) = said.last_mut() else { continue };
        if begins || goes_on {
            goes_on = line.ends_with("\\\n");
            last.command = Some(text[begin..at].trim_end());
            if !goes_on {
                begin = at;
            }
        } else {
            last.output = &text[begin..at];
        }
    }
    if said.is_empty() {
        // What goes on has no command: all of it is output.
        said.push(Said { command: None, output: text });
    }
    said
}
