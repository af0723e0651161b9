//! Faults of files that use one another, of groups, and of workflows that call one another.

use flow_grammar::Span;
use smol_str::SmolStr;

use super::{Site, listed};
use crate::{Code, Diagnostic};

/// A `use` of a file that is not there.
pub(crate) fn unknown_file(site: Site, path: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0117, format!("there is no file `{path}`"));
    match nearest {
        Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")).replace(
            format!("change to `{nearest}`"),
            site.span,
            format!("\"{nearest}\""),
        ),
        None => diagnostic.help("paths are relative to this file"),
    }
}

/// A `use` of nothing.
pub(crate) fn empty_path(site: Site) -> Diagnostic {
    site.error(Code::F0117, "this names no file").help("name a file, relative to this one: `use \"connectors/bank.flow\"`")
}

/// A `use` that begins at the root of the disk.
pub(crate) fn absolute_path(site: Site, path: &str) -> Diagnostic {
    site.error(Code::F0118, format!("`{path}` begins at the root of the disk"))
        .help("name the file relative to this one, so that the project works wherever it stands")
}

/// A `use` of a file outside of the project.
pub(crate) fn outside(site: Site, path: &str) -> Diagnostic {
    site.error(Code::F0118, format!("`{path}` leads out of the project"))
        .help("a flow uses files of its own project only: move the file into it")
}

/// Two files, or a file and something else, under one name.
pub(crate) fn name_twice(site: Site, name: &str, first: Span) -> Diagnostic {
    site.error(Code::F0102, format!("`{name}` is declared twice"))
        .because(first, "declared here first")
        .help(format!("give the file another name: `use \"...\" as {name}_2`"))
}

/// A file whose name is no name of the language.
pub(crate) fn no_name(site: Site, stem: &str) -> Diagnostic {
    site.error(Code::F0106, format!("`{stem}` cannot be the name of a file in a flow"))
        .help("give it one in small letters with `_` between words: `use \"...\" as name`")
}

/// `bank.transfer` where `bank` is no file.
pub(crate) fn not_a_file(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is {what}, not a file that is used"))
}

/// A name that a used file does not declare.
pub(crate) fn not_declared(site: Site, file: &str, name: &str, nearest: Option<&str>, all: &[SmolStr]) -> Diagnostic {
    let diagnostic = site.error(Code::F0119, format!("`{file}` declares no `{name}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None if all.is_empty() || all.len() > 12 => diagnostic,
        None => diagnostic.help(format!("it declares {}", listed(all))),
    }
}

/// Files that use one another, each with its link to the next.
pub(crate) fn circle_of_files(links: &[(Site, String)]) -> Option<Diagnostic> {
    let ((site, _), rest) = links.split_first()?;
    let names: Vec<&str> = links.iter().map(|(_, name)| name.as_str()).collect();
    let message = match names.as_slice() {
        [only] => format!("`{only}` uses itself"),
        _ => format!("{} use one another in a circle", listed(&names)),
    };
    let mut diagnostic = site.error(Code::F0120, message).help("move what both need into a file of its own");
    for (index, (link, name)) in rest.iter().enumerate() {
        let next = names.get((index + 2) % names.len()).copied().unwrap_or_default();
        diagnostic = diagnostic.because_in(link.file, link.span, format!("`{name}` uses `{next}`"));
    }
    if let [_, next, ..] = names.as_slice() {
        diagnostic = diagnostic.here(format!("uses `{next}`"));
    }
    Some(diagnostic)
}

/// Workflows that call one another, each with its call of the next.
pub(crate) fn circle_of_calls(links: &[(Site, SmolStr)]) -> Option<Diagnostic> {
    let ((site, _), rest) = links.split_first()?;
    let names: Vec<&str> = links.iter().map(|(_, name)| name.as_str()).collect();
    let message = match names.as_slice() {
        [only] => format!("`{only}` calls itself"),
        _ => format!("{} call one another in a circle", listed(&names)),
    };
    let mut diagnostic = site.error(Code::F0403, message).help("a workflow that calls itself would never end: start it anew instead");
    for (index, (link, name)) in rest.iter().enumerate() {
        let next = names.get((index + 2) % names.len()).copied().unwrap_or_default();
        diagnostic = diagnostic.because_in(link.file, link.span, format!("`{name}` calls `{next}`"));
    }
    if let [_, next, ..] = names.as_slice() {
        diagnostic = diagnostic.here(format!("calls `{next}`"));
    }
    Some(diagnostic)
}

/// Workflows within workflows beyond what a run can hold.
pub(crate) fn calls_too_deep(site: Site, callee: &str, deepest: usize, most: usize) -> Diagnostic {
    site.error(Code::F0404, format!("`{callee}` calls too many workflows, within one another or together"))
        .help(format!("calls may be nested {deepest} deep, and a workflow may lead to {most} others"))
}

/// `timeout` on a step that is a workflow.
pub(crate) fn workflow_timeout(site: Site, callee: &str) -> Diagnostic {
    site.error(Code::F0113, format!("`{callee}` is a workflow, and a workflow takes as long as it takes"))
        .help("give its gates a deadline with `within`, or its actions a `timeout`")
}

/// A group that nobody declares.
pub(crate) fn unknown_approver(site: Site, name: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic = site.error(Code::F0121, format!("there is no person or group called `{name}`"));
    match nearest {
        Some(_) => site.suggest(diagnostic, nearest),
        None => diagnostic.help(format!("declare it: `group {name} {{ \"ana@acme.example\" }}`, or under `[groups]` in `hitl.toml`")),
    }
}

/// Something else where a group is needed.
pub(crate) fn not_a_group(site: Site, name: &str, what: &str) -> Diagnostic {
    site.error(Code::F0116, format!("`{name}` is {what}, not a group"))
}

/// A group that the project's settings declare as well.
pub(crate) fn group_in_settings(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0102, format!("`{name}` is declared twice"))
        .here("`hitl.toml` declares a group of this name too")
        .help("remove one of them, so that nobody is in doubt about who belongs to it")
}

/// Somebody who stands in a group twice.
pub(crate) fn member_twice(site: Site, member: &str, first: Span) -> Diagnostic {
    site.error(Code::F0102, format!("`{member}` stands in the group twice")).because(first, "named here first").help("remove one of them")
}

/// A value with the name of a group.
pub(crate) fn taken_by_group(site: Site, name: &str, declared: Site) -> Diagnostic {
    site.error(Code::F0111, format!("`{name}` here means the group, and a value has that name too"))
        .because_in(declared.file, declared.span, "this value")
        .help("give the value another name")
}
