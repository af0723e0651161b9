//! Warnings: the flow works, and probably not as meant.

use flow_grammar::Span;

use super::Site;
use crate::{Code, Diagnostic};

/// Something irreversible with no gate before it.
pub(crate) fn unguarded(site: Site, action: &str) -> Diagnostic {
    site.warning(Code::F0501, format!("`{action}` cannot be taken back, and nobody is asked before it"))
        .help("put `require approval` before it, or say why not: `without approval because \"...\"`")
}

/// A value that nobody uses.
pub(crate) fn unused_value(site: Site, name: &str, step: bool) -> Diagnostic {
    let diagnostic = site.warning(Code::F0502, format!("`{name}` is never used"));
    if step { diagnostic.help("leave the name out: `step action(...)`") } else { diagnostic.help("remove it") }
}

/// A parameter that nobody uses.
pub(crate) fn unused_parameter(site: Site, name: &str, of: &str) -> Diagnostic {
    site.warning(Code::F0503, format!("`{of}` never uses its parameter `{name}`"))
}

/// An action that nobody calls.
pub(crate) fn unused_action(site: Site, name: &str) -> Diagnostic {
    site.warning(Code::F0504, format!("no workflow of this file calls `{name}`"))
}

/// A name that hides one from outside.
pub(crate) fn shadows(site: Site, name: &str, outer: Span) -> Diagnostic {
    site.warning(Code::F0505, format!("this `{name}` hides another one")).because(outer, "the other one").help("give it another name")
}

/// A statement after the end.
pub(crate) fn never_runs(site: Site, end: Span) -> Diagnostic {
    site.warning(Code::F0506, "this never runs").because(end, "the run has ended here").help("remove it, or move it up")
}

/// A file of which nothing is taken.
pub(crate) fn unused_file(site: Site, name: &str) -> Diagnostic {
    site.warning(Code::F0508, format!("nothing of `{name}` is used here")).help("remove the `use`")
}

/// A question whose answer is always the same.
pub(crate) fn never_none(site: Site, text: &str) -> Diagnostic {
    site.warning(Code::F0507, format!("`{text}` is never none"))
}
