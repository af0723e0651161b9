//! Faults of workflows, their statements and gates.

use flow_grammar::Span;

use super::Site;
use crate::{Code, Diagnostic};

/// A workflow that can end without the result it declares.
pub(crate) fn no_result(site: Site, workflow: &str, declared: Span, ty: &str) -> Diagnostic {
    site.error(Code::F0219, format!("`{workflow}` can end without a result"))
        .because(declared, format!("it promises {ty}"))
        .help("end every path with `return ...` or `fail \"why\"`")
}

/// A bare `return` where a result is declared.
pub(crate) fn bare_return(site: Site, ty: &str, declared: Span) -> Diagnostic {
    site.error(Code::F0220, format!("`return` needs {ty}")).because(declared, "declared here")
}

/// `return value` where none is declared.
pub(crate) fn undeclared_result(site: Site, workflow: &str, ty: &str, head: Span) -> Diagnostic {
    site.error(Code::F0220, format!("`{workflow}` declares no result"))
        .because(head, format!("add `-> {ty}` here"))
        .help("declare the result, or write `return` alone")
}

/// A name for the result of an action that gives none.
pub(crate) fn gives_nothing(site: Site, name: &str, action: &str, declared: Option<Site>) -> Diagnostic {
    let diagnostic =
        site.error(Code::F0220, format!("`{action}` gives no result that `{name}` could name")).help(format!("write `step {action}(...)`"));
    match declared {
        Some(at) => diagnostic.because_in(at.file, at.span, "it declares no result"),
        None => diagnostic,
    }
}

/// Approvers that are no name, field or text.
pub(crate) fn bad_approver(site: Site) -> Diagnostic {
    site.error(Code::F0302, "who decides is named by `owner`, `requester`, a name, a field or a text, nothing longer")
        .help("compute the address with `let` before, and put its name here")
}

/// A literal that is nobody's address.
pub(crate) fn no_address(site: Site, text: &str) -> Diagnostic {
    site.error(Code::F0302, format!("`{text}` is nobody's address"))
        .help("people are named by their mail address, such as `\"ana@acme.example\"`")
}

/// More guarded calls than can be shown to anybody.
pub(crate) fn too_many_guards(site: Site, most: usize) -> Diagnostic {
    site.error(Code::F0402, format!("the gates of this workflow guard more than {most} calls together")).help("split the workflow")
}
