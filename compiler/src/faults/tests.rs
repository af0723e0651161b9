//! Faults of tests.

use flow_grammar::Span;

use super::Site;
use crate::{Code, Diagnostic};

/// A test in which nothing runs.
pub(crate) fn runs_nothing(site: Site, test: &str) -> Diagnostic {
    site.error(Code::F0420, format!("the test `{test}` runs no workflow")).help("start one with `run workflow(...)`")
}

/// A statement that looks at a run before there is one.
pub(crate) fn before_run(site: Site, statement: &str) -> Diagnostic {
    site.error(Code::F0420, format!("`{statement}` stands before anything runs")).help("put it after `run`")
}

/// A second stub before the first could answer anything.
pub(crate) fn stubbed_twice(site: Site, target: &str, first: Span) -> Diagnostic {
    site.error(Code::F0420, format!("`{target}` is stubbed twice, and nothing runs in between"))
        .because(first, "this stub never answers")
        .help("keep one of them; a stub after `run` takes the place of the one before it")
}

/// A result for something that gives none.
pub(crate) fn stub_gives_nothing(site: Site, target: &str, declared: Option<Site>) -> Diagnostic {
    let fault = site.error(Code::F0420, format!("`{target}` gives no result")).help(format!("write `stub {target} returns none`"));
    match declared {
        Some(at) => fault.because_in(at.file, at.span, "it declares no result"),
        None => fault,
    }
}

/// A result where the run's workflow gives none.
pub(crate) fn completes_with_nothing(site: Site, workflow: &str) -> Diagnostic {
    site.error(Code::F0420, format!("`{workflow}` gives no result")).help("write `expect completed` alone")
}

/// A word that this status does not take.
pub(crate) fn status_takes_no(site: Site, status: &str, word: &str, help: &str) -> Diagnostic {
    site.error(Code::F0420, format!("`expect {status}` takes no `{word}`")).help(help)
}

/// Values where nobody asks for any.
pub(crate) fn takes_no_values(site: Site, answer: &str) -> Diagnostic {
    site.error(Code::F0420, format!("`{answer}` takes no values"))
}

/// `done with` something else than a result.
pub(crate) fn only_result(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0420, format!("nothing called `{name}` is asked for when a call is in doubt"))
        .help("say what the call gave with `done by owner with result: ...`")
}

/// `done` where no call can be in doubt.
pub(crate) fn nothing_in_doubt(site: Site) -> Diagnostic {
    site.error(Code::F0420, "no call can be in doubt here").help("a call is in doubt after `stub action unknown`")
}

/// A value that no gate shows.
pub(crate) fn nothing_shown(site: Site, name: &str, workflow: &str, nearest: Option<&str>) -> Diagnostic {
    site.suggest(site.error(Code::F0420, format!("no gate of `{workflow}` shows `{name}`")), nearest)
}

/// A value that no gate asks for.
pub(crate) fn nothing_asked(site: Site, name: &str, workflow: &str) -> Diagnostic {
    site.error(Code::F0420, format!("no gate of `{workflow}` asks for `{name}`"))
}

/// `env.NAME` in a test.
pub(crate) fn no_environment(site: Site) -> Diagnostic {
    site.error(Code::F0420, "a test has no environment").help("write the value itself")
}

/// `run ... by requester`
pub(crate) fn bad_requester(site: Site) -> Diagnostic {
    site.error(Code::F0420, "whoever runs it is the requester").help("name a person: `by \"ana@acme.example\"`")
}
