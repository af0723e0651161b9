//! Faults of a workflow's settings.

use flow_grammar::Span;

use super::Site;
use crate::{Code, Diagnostic};

/// `once per` a value that cannot be compared.
pub(crate) fn not_comparable(site: Site, setting: &str, ty: &str) -> Diagnostic {
    site.error(Code::F0232, format!("runs cannot be told apart by {ty}, so `{setting}` needs another value"))
        .help("name a part of it with a type of its own, such as an id")
}

/// `once per` a value that is more than the parameters say.
pub(crate) fn beyond_parameters(site: Site, setting: &str, other: &str) -> Diagnostic {
    site.error(Code::F0232, format!("`{setting}` tells runs apart by their parameters only, and this uses `{other}`"))
        .help("make it a parameter, so that whoever starts a run says which one it is")
}

/// A quorum or stages where any one person is enough.
pub(crate) fn no_quorum(site: Site, setting: &str) -> Diagnostic {
    site.error(Code::F0321, format!("`{setting}` names people of whom each one may, so there are no numbers and no stages"))
        .help(format!("write people and groups joined with `and`, such as `{setting} finance and audit`"))
}

/// People who are known only when the run is there.
pub(crate) fn too_early(site: Site, word: &str) -> Diagnostic {
    let message = match word {
        "requester" => "`starts by requester` lets everybody start a run, since whoever starts it is the requester".to_owned(),
        "owner" => "who may start a run is asked before there is one, and its owner is not known yet".to_owned(),
        _ => "who may start a run is asked before there is one, and this value is not known yet".to_owned(),
    };
    site.error(Code::F0321, message).help("name a group, or people by their addresses")
}

/// A cron expression that cannot be read.
pub(crate) fn bad_cron(site: Site, text: &str, problem: &str) -> Diagnostic {
    site.error(Code::F0230, format!("`{text}` is no schedule"))
        .here(problem)
        .help("write minute, hour, day of the month, month and day of the week, such as `\"0 9 * * MON-FRI\"`")
}

/// A time zone that does not exist.
pub(crate) fn bad_zone(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0230, format!("there is no time zone `{name}`")).help("write a name such as `\"Europe/Berlin\"` or `\"UTC\"`")
}

/// A path that no webhook can have.
pub(crate) fn bad_path(site: Site, path: &str) -> Diagnostic {
    site.error(Code::F0231, format!("`{path}` cannot be the path of a webhook"))
        .help("write words of letters, digits, `-` and `_` with `/` between them, such as `\"orders/new\"`")
}

/// A parameter that a schedule cannot give.
pub(crate) fn needs_default(site: Site, parameter: &str, schedule: Span) -> Diagnostic {
    site.error(Code::F0204, format!("`{parameter}` has no default, and a schedule gives no values"))
        .because(schedule, "this starts runs with nothing but defaults")
        .help(format!("write a default: `{parameter}: ... = ...`"))
}

/// A run that is nobody's.
pub(crate) fn nobody_owns(site: Site, workflow: &str) -> Diagnostic {
    site.error(Code::F0320, format!("nobody asks for these runs of `{workflow}`, so nobody owns them"))
        .help("say who answers for them: `owner \"finance@acme.example\"`")
}

/// `requester` where there may be none.
pub(crate) fn no_requester(site: Site, trigger: Span) -> Diagnostic {
    site.error(Code::F0320, "a run of this workflow may have no requester")
        .because(trigger, "it is started by itself here")
        .help("name the owner, a group or an address instead")
}
