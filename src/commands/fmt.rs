//! `hitlc fmt`

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flow_compiler::Sources;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::texts::count;
use crate::{input, render};

/// Codes of syntax begin so; only what they are about keeps a file from being formatted.
const SYNTAX: &str = "F00";

/// Standard input, as it is named in messages.
const STDIN: &str = "standard input";

/// Put flow files into the one layout
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders, a folder means every `.flow` file below it; `-` reads standard input and prints the result [default: the current
    /// folder]
    paths: Vec<PathBuf>,
    /// Change nothing: print the files that are laid out otherwise, and fail where there are any
    #[arg(long)]
    check: bool,
}

/// What became of one text.
enum Layout {
    /// It was as it should be.
    Same,
    /// It is to be this.
    Other(String),
    /// It has faults, which were said.
    Refused,
}

/// Formats files, or says which are to be formatted.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return match args.paths.as_slice() {
            [_] => piped(args.check),
            _ => Err(Fault::usage("`-` is standard input, and stands alone").help("name either `-` or files and folders")),
        };
    }
    let files = input::files(&args.paths)?;
    let mut other = Vec::new();
    let mut refused = 0;
    for file in &files {
        match layout(&input::name(file), input::bytes(file)?) {
            Layout::Same => {}
            Layout::Refused => refused += 1,
            Layout::Other(text) => {
                if !args.check {
                    replace(file, &text)?;
                }
                other.push(input::name(file));
            }
        }
    }
    summary(args.check, &other, files.len(), refused)?;
    Ok(if refused > 0 || args.check && !other.is_empty() { Exit::Failed } else { Exit::Done })
}

fn summary(check: bool, other: &[String], files: usize, refused: usize) -> Result<(), Fault> {
    let of = count(files, "file");
    if check {
        let lines: Vec<String> = other.iter().map(|name| format!("{name}\n")).collect();
        print(&lines.concat())?;
        if other.is_empty() && refused == 0 {
            anstream::eprintln!("{of} laid out as it should be");
        } else if !other.is_empty() {
            anstream::eprintln!("{} of {of} laid out otherwise; `hitlc fmt` changes that", other.len());
        }
    } else {
        anstream::eprintln!("{} of {of} changed", other.len());
    }
    if refused > 0 {
        anstream::eprintln!("{} with errors left alone", count(refused, "file"));
    }
    Ok(())
}

/// Standard input to standard output.
fn piped(check: bool) -> Result<Exit, Fault> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::new(format!("cannot read {STDIN}: {}", input::reason(&error))))?;
    let same = if check { String::new() } else { String::from_utf8_lossy(&bytes).into_owned() };
    match (layout(STDIN, bytes), check) {
        (Layout::Refused, _) => Ok(Exit::Failed),
        (Layout::Same, _) => print(&same).map(|()| Exit::Done),
        (Layout::Other(_), true) => print("-\n").map(|()| Exit::Failed),
        (Layout::Other(text), false) => print(&text).map(|()| Exit::Done),
    }
}

/// How a text is to be laid out; its faults are said.
fn layout(name: &str, bytes: Vec<u8>) -> Layout {
    if let Ok(text) = std::str::from_utf8(&bytes) {
        match flow_grammar::format(text) {
            Ok(formatted) if formatted == text => return Layout::Same,
            Ok(formatted) => return Layout::Other(formatted),
            Err(_) => {}
        }
    }
    let mut sources = Sources::new();
    sources.add_bytes(name, bytes);
    let mut diagnostics = flow_compiler::check(&sources).diagnostics;
    diagnostics.retain(|found| found.code.as_str().starts_with(SYNTAX));
    render::to_stderr(&sources, &diagnostics);
    Layout::Refused
}

/// Puts a text in the place of a file, whole or not at all, with the rights that the file has.
fn replace(file: &Path, text: &str) -> Result<(), Fault> {
    let failed = |error: std::io::Error| {
        Fault::new(format!("cannot write `{}`: {}", file.display(), input::reason(&error)))
            .help("check that the file and its folder may be changed by you")
    };
    // A link stays one, and who may not write the file may not replace it either.
    let place = fs::canonicalize(file).map_err(failed)?;
    let rights = OpenOptions::new().write(true).open(&place).and_then(|file| file.metadata()).map_err(failed)?.permissions();
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = place.with_file_name(name);
    let written = File::create_new(&beside)
        .and_then(|mut new| new.write_all(text.as_bytes()).and_then(|()| new.set_permissions(rights)).and_then(|()| new.sync_all()))
        .and_then(|()| fs::rename(&beside, &place));
    written.map_err(|error| {
        // It is of no use half-written; the file itself is as it was.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
