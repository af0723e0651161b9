//! `hitlc new`

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::input::reason;
use crate::terminal::{GOOD, STRONG};

/// Make a small project that checks and runs at once
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to make, or an empty one
    dir: PathBuf,
}

/// What is in it.
const FILES: [(&str, &str); 4] = [
    ("refund.flow", include_str!("../../templates/refund.flow")),
    ("hitl.toml", include_str!("../../templates/hitl.toml")),
    ("README.md", include_str!("../../templates/README.md")),
    (".gitignore", include_str!("../../templates/gitignore")),
];

/// Makes the project; nothing that exists is changed.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let shown = args.dir.display();
    let failed = |what: &Path, error: &std::io::Error| Fault::new(format!("cannot make `{}`: {}", what.display(), reason(error)));
    if args.dir.is_file() {
        return Err(Fault::usage(format!("`{shown}` is a file")).help("name a folder that does not exist yet"));
    }
    fs::create_dir_all(&args.dir).map_err(|error| failed(&args.dir, &error))?;
    let mut entries = fs::read_dir(&args.dir).map_err(|error| failed(&args.dir, &error))?;
    if entries.next().is_some() {
        return Err(Fault::usage(format!("`{shown}` is not empty")).help("name a folder that does not exist yet, or an empty one"));
    }
    for (name, text) in FILES {
        let path = args.dir.join(name);
        let made = fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        made.map_err(|error| failed(&path, &error))?;
    }
    anstream::eprintln!("{GOOD}made{GOOD:#} `{shown}` with `refund.flow`");
    anstream::eprintln!("\nTry it:\n\n  cd {shown}");
    anstream::eprintln!("  {STRONG}hitlc run refund.flow customer=ada amount=20{STRONG:#}      goes through");
    anstream::eprintln!("  {STRONG}hitlc run refund.flow customer=ada amount=1500{STRONG:#}    waits for you");
    Ok(Exit::Done)
}
