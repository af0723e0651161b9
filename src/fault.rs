//! Why a command could not do it: what, why, and the way out.

use std::fmt;
use std::io::Write as _;

use crate::exit::Exit;
use crate::terminal::{ERROR, HELP, STRONG, visible};

/// A command's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    message: String,
    notes: Vec<String>,
    help: Option<String>,
    exit: Exit,
    reported: bool,
    /// Whether the process that worked for this one has ended meanwhile.
    lost: bool,
}

impl Fault {
    /// Something went wrong.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), notes: Vec::new(), help: None, exit: Exit::Failed, reported: false, lost: false }
    }

    /// The command was used wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// Everything has been said already.
    pub(crate) fn reported(exit: Exit) -> Self {
        Self { exit, reported: true, ..Self::new("") }
    }

    /// The process that worked for this one has ended meanwhile: with the next one it may go well.
    pub(crate) fn lost(message: impl Into<String>) -> Self {
        Self { lost: true, ..Self::new(message) }
    }

    /// See [`Fault::lost`].
    pub(crate) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// What to do.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// One of several things that are wrong.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says it on standard error.
    pub(crate) fn report(&self) -> Exit {
        if !self.reported {
            // Nothing is left to be told to whom when standard error is gone.
            let _ = write!(anstream::stderr().lock(), "{}", Styled(self));
        }
        self.exit
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

struct Styled<'a>(&'a Fault);

impl fmt::Display for Styled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = self.0;
        writeln!(f, "{ERROR}error{ERROR:#}{STRONG}: {}{STRONG:#}", visible(&fault.message))?;
        for note in &fault.notes {
            writeln!(f, "  {}", visible(note))?;
        }
        match &fault.help {
            Some(help) => writeln!(f, "  {HELP}help{HELP:#}: {}", visible(help)),
            None => Ok(()),
        }
    }
}
