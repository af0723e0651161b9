//! `hitlc explain`

use flow_compiler::Code;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::texts::nearest;

/// Explain a diagnostic, with a wrong and a right example
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its code, such as F0101, or the name of a lint, such as `unguarded`; without one, all codes are listed
    code: Option<String>,
}

/// Prints a code's page.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let Some(written) = &args.code else {
        let lines: Vec<String> = Code::ALL.iter().map(|code| line(*code)).collect();
        print(&lines.concat())?;
        return Ok(Exit::Done);
    };
    let named = Code::ALL.iter().copied().find(|code| code.lint() == Some(written.as_str()));
    let Some(code) = named.or_else(|| written.parse().ok()) else {
        let fault = Fault::usage(format!("there is no code `{written}`"));
        let near = nearest(&written.to_uppercase(), Code::ALL.iter().map(|code| code.as_str()))
            .or_else(|| nearest(written, flow_compiler::levels::names()));
        return Err(match near {
            Some(near) => fault.help(format!("did you mean `{near}`? `hitlc explain` lists all codes")),
            None => fault.help("`hitlc explain` lists all codes"),
        });
    };
    let page = code.explain();
    print(page)?;
    if !page.ends_with('\n') {
        print("\n")?;
    }
    Ok(Exit::Done)
}

/// A code, what it is about, and the name of its lint.
fn line(code: Code) -> String {
    match code.lint() {
        Some(lint) => format!("{code}  {} (`{lint}`)\n", code.title()),
        None => format!("{code}  {}\n", code.title()),
    }
}
