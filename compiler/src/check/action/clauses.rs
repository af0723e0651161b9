//! Which clauses an implementation has, each where it belongs and as often as it may.

use flow_grammar::{Span, ast};

use crate::check::Checker;
use crate::faults;

/// Implementations by their words.
const IMPLEMENTATIONS: [&str; 5] = ["http", "exec", "sql", "email", "model"];

/// The clauses of one implementation.
#[derive(Debug, Default)]
pub(super) struct Clauses<'a> {
    pub(super) timeout: Option<&'a ast::Expr>,
    pub(super) headers: Vec<(&'a ast::Template, &'a ast::Expr)>,
    pub(super) query: Vec<(&'a ast::Template, &'a ast::Expr)>,
    pub(super) body: Option<&'a ast::Expr>,
    pub(super) stdin: Option<&'a ast::Expr>,
    pub(super) cwd: Option<&'a ast::Expr>,
    pub(super) env: &'a [ast::FieldInit],
    pub(super) ok_when: Option<&'a ast::Expr>,
    pub(super) not_done_when: Option<&'a ast::Expr>,
    pub(super) result: Option<&'a ast::Expr>,
    pub(super) to: Option<&'a ast::Expr>,
    pub(super) subject: Option<&'a ast::Expr>,
    pub(super) attach: Vec<&'a ast::Expr>,
    pub(super) prompt: Option<&'a ast::Expr>,
    pub(super) temperature: Option<&'a ast::Expr>,
}

impl<'a> Clauses<'a> {
    /// Sorts the clauses, and reports those that do not belong. `None` for an implementation that is not known.
    pub(super) fn collect(checker: &mut Checker<'a>, implementation: &'a ast::Implementation) -> Option<Self> {
        use ast::ImplementationKind as Kind;
        let (kind, allowed): (&str, &[&str]) = match &implementation.kind {
            Kind::Http { .. } => ("http", &["header", "query", "body", "ok when", "not done when", "result", "timeout"]),
            Kind::Exec { .. } => ("exec", &["stdin", "cwd", "env", "ok when", "not done when", "result", "timeout"]),
            Kind::Sql { .. } => ("sql", &["timeout"]),
            Kind::Email => ("email", &["to", "subject", "body", "attach", "timeout"]),
            Kind::Model { .. } => ("model", &["prompt", "temperature", "timeout"]),
            Kind::Unknown(word) => {
                if matches!(word.name.as_str(), "mcp" | "worker") {
                    checker.not_yet(word.span, &word.name);
                } else {
                    let nearest = checker.nearest(&word.name, IMPLEMENTATIONS);
                    let site = checker.site(word.span);
                    checker.report(faults::actions::unknown_implementation(site, &word.name, nearest, &IMPLEMENTATIONS));
                }
                return None;
            }
        };
        let mut clauses = Self::default();
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for clause in &implementation.clauses {
            let site = checker.site(clause.keyword);
            let Some(word) = word(&clause.kind) else {
                if let ast::ClauseKind::Unknown(word) = &clause.kind {
                    let nearest = checker.nearest(&word.name, allowed.iter().copied());
                    let site = checker.site(word.span);
                    checker.report(faults::actions::unknown_clause(site, &word.name, kind, nearest, allowed));
                }
                continue;
            };
            if !allowed.contains(&word) {
                checker.report(faults::actions::wrong_clause(site, word, kind, allowed));
                continue;
            }
            let repeats = matches!(word, "header" | "query" | "attach");
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word && !repeats) {
                checker.report(faults::actions::clause_twice(site, word, *first));
                continue;
            }
            seen.push((word, clause.keyword));
            clauses.take(&clause.kind);
        }
        Some(clauses)
    }

    fn take(&mut self, kind: &'a ast::ClauseKind) {
        use ast::ClauseKind as Clause;
        match kind {
            Clause::Timeout(value) => self.timeout = Some(value),
            Clause::Header(name, value) => self.headers.push((name, value)),
            Clause::Query(name, value) => self.query.push((name, value)),
            Clause::Body(value) => self.body = Some(value),
            Clause::Stdin(value) => self.stdin = Some(value),
            Clause::Cwd(value) => self.cwd = Some(value),
            Clause::Env(values) => self.env = values,
            Clause::OkWhen(value) => self.ok_when = Some(value),
            Clause::NotDoneWhen(value) => self.not_done_when = Some(value),
            Clause::Result(value) => self.result = Some(value),
            Clause::To(value) => self.to = Some(value),
            Clause::Subject(value) => self.subject = Some(value),
            Clause::Attach(value) => self.attach.push(value),
            Clause::Prompt(value) => self.prompt = Some(value),
            Clause::Temperature(value) => self.temperature = Some(value),
            Clause::Unknown(_) => {}
        }
    }
}

fn word(kind: &ast::ClauseKind) -> Option<&'static str> {
    use ast::ClauseKind as Clause;
    Some(match kind {
        Clause::Timeout(_) => "timeout",
        Clause::Header(..) => "header",
        Clause::Query(..) => "query",
        Clause::Body(_) => "body",
        Clause::Stdin(_) => "stdin",
        Clause::Cwd(_) => "cwd",
        Clause::Env(_) => "env",
        Clause::OkWhen(_) => "ok when",
        Clause::NotDoneWhen(_) => "not done when",
        Clause::Result(_) => "result",
        Clause::To(_) => "to",
        Clause::Subject(_) => "subject",
        Clause::Attach(_) => "attach",
        Clause::Prompt(_) => "prompt",
        Clause::Temperature(_) => "temperature",
        Clause::Unknown(_) => return None,
    })
}
