//! `preview`: what a call would touch, looked at before anybody approves it.

use flow_grammar::{Span, ast};

use super::TIMEOUT;
use super::clauses::Clauses;
use super::implement::{Wanted, gives_rows};
use crate::check::Checker;
use crate::faults;
use crate::plan::{Implementation, Preview, Type};

impl<'a> Checker<'a> {
    /// Checks a preview: it sees the action's parameters, and must be a read as far as that can be told.
    pub(super) fn preview(&mut self, action: &'a ast::Action, implementation: &'a ast::Implementation) -> Option<Preview> {
        use ast::ImplementationKind as Kind;
        let clauses = Clauses::collect(self, implementation)?;
        let timeout = clauses.timeout.and_then(|timeout| self.fixed_duration(timeout, "a timeout")).unwrap_or(TIMEOUT);
        let faults = self.diagnostics.len();
        if let Some((span, what)) = changes(implementation) {
            let only = match &implementation.kind {
                Kind::Http { .. } => "use `http get`",
                Kind::Sql { .. } => "write a query, such as `select`",
                _ => ONLY,
            };
            self.acts(span, &what, only);
        }
        let lowered = match &implementation.kind {
            Kind::Http { method, url } => self.http(action, method, url, &clauses, Wanted::Anything)?,
            Kind::Exec { program, arguments } => self.exec(action, program, arguments, &clauses, Wanted::Anything)?,
            Kind::Sql { connection, statement } => self.sql_parts(connection, statement),
            Kind::Model { .. } => return self.acts(implementation.span, "a model writes something else each time", ONLY),
            Kind::Email | Kind::Unknown(_) => return None,
        };
        let result = match &lowered {
            Implementation::Http(http) => http.result.as_ref().map_or(Type::Json, |(_, ty)| ty.clone()),
            Implementation::Exec(exec) => exec.result.as_ref().map_or(Type::Text, |(_, ty)| ty.clone()),
            _ => Type::Json,
        };
        (self.diagnostics.len() == faults).then_some(Preview { implementation: lowered, result, timeout })
    }

    fn acts(&mut self, span: Span, what: &str, only: &str) -> Option<Preview> {
        let site = self.site(span);
        self.report(faults::actions::preview_acts(site, what, only));
        None
    }
}

/// Where an implementation changes something as far as that can be told, and how.
pub(super) fn changes(implementation: &ast::Implementation) -> Option<(Span, String)> {
    use ast::ImplementationKind as Kind;
    match &implementation.kind {
        Kind::Http { method, .. } if method.name != "get" => Some((method.span, format!("`http {}` may change something", method.name))),
        Kind::Sql { statement, .. } if !gives_rows(statement) || gives_back(statement) => {
            Some((statement.span, "this statement changes the database".to_owned()))
        }
        Kind::Email => Some((implementation.span, "a mail cannot be taken back".to_owned())),
        _ => None,
    }
}

const ONLY: &str = "a preview is `http get`, an `sql` query, or `exec`";

/// Whether a statement is a change that gives rows.
fn gives_back(statement: &ast::Template) -> bool {
    let first = statement.parts.iter().find_map(|part| match part {
        ast::TemplatePart::Text(text) => text.split_whitespace().next(),
        ast::TemplatePart::Expr(_) => None,
    });
    first.is_some_and(|first| ["insert", "update", "delete", "replace", "merge"].iter().any(|word| first.eq_ignore_ascii_case(word)))
}
