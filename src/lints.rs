//! Where the levels of warnings come from: `hitl.toml`, and then the command line. How they weigh is the compiler's matter.

use flow_compiler::{Level, Levels, levels};

use crate::fault::Fault;
use crate::project::Project;

/// Everything that is probably not as meant, as `--deny` names it.
const WARNINGS: &str = "warnings";

/// How much warnings weigh
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Say nothing of this warning, such as `unused-value`
    #[arg(long, value_name = "LINT")]
    allow: Vec<String>,
    /// Say this warning, and let it stop nothing
    #[arg(long, value_name = "LINT")]
    warn: Vec<String>,
    /// Make an error of this warning; `warnings` fails on all that are left
    #[arg(long, value_name = "LINT")]
    deny: Vec<String>,
    /// Make an error of this warning, also where a comment allows it
    #[arg(long, value_name = "LINT")]
    forbid: Vec<String>,
}

impl Args {
    /// Whether any warning fails the check.
    pub(crate) fn deny_warnings(&self) -> bool {
        self.deny.iter().any(|name| name == WARNINGS)
    }

    /// The levels of a project with those of the command line over them; of one that is named twice, the stricter.
    pub(crate) fn levels(&self, project: &Project) -> Result<Levels, Fault> {
        let mut levels = of(project);
        let named = [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny), (&self.forbid, Level::Forbid)];
        for (names, level) in named {
            for name in names.iter().filter(|name| level != Level::Deny || *name != WARNINGS) {
                levels.set(name, level).map_err(|unknown| {
                    let fault = Fault::usage(unknown.to_string());
                    match unknown.nearest {
                        Some(near) => fault.help(format!("did you mean `{near}`?")),
                        None => fault.help(format!("there are {}", crate::texts::list(levels::names()))),
                    }
                })?;
            }
        }
        Ok(levels)
    }
}

/// The levels of a project.
pub(crate) fn of(project: &Project) -> Levels {
    let mut levels = Levels::default();
    for (name, level) in &project.config.lints {
        // Names were looked at when the settings were read.
        let _ = levels.set(name, *level);
    }
    levels
}
