//! `hitlc explain`

use flow_compiler::Code;

use super::check::print;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::texts::nearest;

/// Explain a diagnostic, with a wrong and a right example
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its code, such as F0101; without one, all codes are listed
    code: Option<String>,
}

/// Prints a code's page.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    let Some(written) = &args.code else {
        let lines: Vec<String> = Code::ALL.iter().map(|code| format!("{code}  {}\n", code.title())).collect();
        print(&lines.concat())?;
        return Ok(Exit::Done);
    };
    let Ok(code) = written.parse::<Code>() else {
        let fault = Fault::usage(format!("there is no code `{written}`"));
        let near = nearest(&written.to_uppercase(), Code::ALL.iter().map(|code| code.as_str()));
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
