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
    site.error(Code::F0220, format!("`return` needs a value of type {ty}")).because(declared, "declared here")
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

/// `return` where only a part of the run would end.
pub(crate) fn return_inside(site: Site, place: &str) -> Diagnostic {
    let place = if place.starts_with("a ") { place.to_owned() } else { format!("`{place}`") };
    site.error(Code::F0407, format!("`return` cannot stand inside {place}"))
        .help("end the run after it; to end it with an error from here, write `fail \"why\"`")
}

/// `give` that is not the last statement of a loop.
pub(crate) fn misplaced_give(site: Site) -> Diagnostic {
    site.error(Code::F0407, "`give` is the last statement of a `for each`, and stands nowhere else")
        .help("move it to the end of the loop, outside of `if` and `match`")
}

/// `let rs = for each` whose body gives nothing.
pub(crate) fn gives_no_item(site: Site, name: &str, item: Span) -> Diagnostic {
    site.error(Code::F0220, format!("the loop gives nothing that `{name}` could hold"))
        .because(item, "the body of this loop ends without `give`")
        .help("end the body with `give ...`, or leave the name away")
}

/// Loops in loops in loops.
pub(crate) fn loops_too_deep(site: Site, most: usize) -> Diagnostic {
    site.error(Code::F0010, format!("loops stand in each other more than {most} deep")).help("split the workflow")
}

/// A `match` without `else` that leaves members out.
pub(crate) fn not_exhaustive(site: Site, name: &str, missing: &[&smol_str::SmolStr]) -> Diagnostic {
    let all: Vec<String> = missing.iter().take(5).map(|member| format!("`{member}`")).collect();
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    site.error(Code::F0224, format!("not every `{name}` is dealt with: {}{more}", all.join(", ")))
        .help("add an arm for each of them, or `else { }`")
}

/// A member that an earlier arm names.
pub(crate) fn member_twice(site: Site, member: &str, first: Span) -> Diagnostic {
    site.error(Code::F0225, format!("`{member}` is dealt with twice")).because(first, "here it is dealt with first")
}

/// `repeat` on a call that changes something.
pub(crate) fn repeats_a_change(site: Site, action: &str, declared: Option<Site>) -> Diagnostic {
    let diagnostic = site
        .error(Code::F0406, format!("`repeat` asks again and again, and `{action}` changes something each time"))
        .help("repeat a `read` action that looks whether it is done");
    match declared {
        Some(declared) => diagnostic.because_in(declared.file, declared.span, "it is not declared `read`"),
        None => diagnostic,
    }
}

/// `undo` by a workflow.
pub(crate) fn undone_by_workflow(site: Site, workflow: &str) -> Diagnostic {
    site.error(Code::F0406, format!("`undo` calls an action, and `{workflow}` is a workflow"))
}

/// `repeat` on a step without a name.
pub(crate) fn repeat_without_name(site: Site) -> Diagnostic {
    site.error(Code::F0406, "the condition of `repeat` has nothing to look at").help("give the step a name: `step status = ...`")
}

/// `undo` of a call that changes nothing.
pub(crate) fn undoes_a_read(site: Site, action: &str) -> Diagnostic {
    site.error(Code::F0406, format!("`{action}` only reads, so there is nothing to undo"))
}

/// `undo` in a handler.
pub(crate) fn undo_in_handler(site: Site) -> Diagnostic {
    site.error(Code::F0406, "what a handler has done is not undone")
        .help("when a handler runs, the undoing is over: call what puts it right as a step of the handler, or leave `undo` out")
}
