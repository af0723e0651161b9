//! The implementations: what each takes, and what it can give.

use flow_grammar::ast;
use smol_str::SmolStr;

use super::clauses::Clauses;
use crate::check::Checker;
use crate::check::expr::Allowed;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Body, Email, Exec, Expr, Http, Implementation, Sql, Type};

/// How connections to databases begin.
const CONNECTIONS: [&str; 3] = ["sqlite:", "postgres://", "postgresql://"];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What `result` may give.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'t> {
    /// What the action declares, if it declares anything.
    Declared(Option<&'t Ty>),
    /// Anything that can be shown: nothing is declared.
    Anything,
}

/// What may be asked of the answer.
struct Answer {
    ok_when: Option<Expr>,
    not_done_when: Option<Expr>,
    result: Option<(Expr, Type)>,
}

impl<'a> Checker<'a> {
    pub(super) fn http(
        &mut self,
        action: &'a ast::Action,
        method: &ast::Ident,
        url: &'a ast::Template,
        clauses: &Clauses<'a>,
        result: Wanted<'_>,
    ) -> Option<Implementation> {
        let known = METHODS.contains(&method.name.as_str());
        if !known {
            let nearest = self
                .nearest(&method.name.to_lowercase(), METHODS)
                .or_else(|| METHODS.into_iter().find(|known| method.name.eq_ignore_ascii_case(known)));
            let site = self.site(method.span);
            self.report(faults::names::unknown_choice(site, &method.name, "way to call an address", nearest, &METHODS));
        }
        if url.parts.is_empty() {
            let site = self.site(url.span);
            self.report(faults::actions::empty_text(site, "the address"));
        }
        let url = self.parts(url, Allowed::Texts);
        let headers = clauses.headers.iter().filter_map(|(name, value)| self.header(name, value)).collect();
        let query = clauses.query.iter().filter_map(|(name, value)| self.query(name, value)).collect();
        let body = clauses.body.map(|body| self.sent(body));
        let answer = self.answer(action, &["status", "headers", "body"], clauses, result);
        known.then(|| {
            Implementation::Http(Http {
                method: SmolStr::new(method.name.to_uppercase()),
                url,
                headers,
                query,
                body,
                ok_when: answer.ok_when,
                not_done_when: answer.not_done_when,
                result: answer.result,
            })
        })
    }

    /// The name of a header or the like, which must be written out.
    fn literal(&mut self, template: &'a ast::Template, what: &str, example: &str) -> Option<SmolStr> {
        match template.literal() {
            Some("") => {
                let site = self.site(template.span);
                self.report(faults::actions::empty_text(site, what));
                None
            }
            Some(text) => Some(SmolStr::new(text)),
            None => {
                let site = self.site(template.span);
                self.report(faults::types::literal_only(site, what, example));
                None
            }
        }
    }

    fn header(&mut self, name: &'a ast::Template, value: &'a ast::Expr) -> Option<(SmolStr, Expr)> {
        let literal = self.literal(name, "the name of a header", "`\"authorization\"`");
        let expr = self.in_sink(|checker| {
            let typed = checker.solid(value, Some(&Ty::Text));
            if typed.ty != Ty::Secret {
                checker.fit(&typed.ty, &Ty::Text, value.span);
            }
            typed.expr
        });
        let literal = literal?;
        if !literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
            let site = self.site(name.span);
            self.report(faults::actions::bad_header(site, &literal));
            return None;
        }
        Some((literal, expr))
    }

    fn query(&mut self, name: &'a ast::Template, value: &'a ast::Expr) -> Option<(SmolStr, Expr, Type)> {
        let literal = self.literal(name, "the name of a query value", "`\"page\"`");
        let (expr, ty) = self.in_sink(|checker| {
            let typed = checker.expr(value, None);
            let ty = checker.has_text(typed.ty, Allowed::Parameters, value.span);
            (typed.expr, ty)
        });
        Some((literal?, expr, ty.lower()))
    }

    /// Something that is sent, where a secret may stand.
    fn in_sink<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.sink, true);
        let checked = check(self);
        self.sink = before;
        checked
    }

    /// A body or standard input: a text as it is, anything else as JSON.
    fn sent(&mut self, value: &'a ast::Expr) -> Body {
        let like = matches!(value.kind, ast::ExprKind::Record(_) | ast::ExprKind::List(_)).then_some(Ty::Json);
        let typed = self.in_sink(|checker| checker.expr(value, like.as_ref()));
        Body { value: typed.expr, ty: typed.ty.lower() }
    }

    fn answer(&mut self, action: &'a ast::Action, parts: &[&str], clauses: &Clauses<'a>, result: Wanted<'_>) -> Answer {
        self.over_answer(action, parts, |checker| Answer {
            ok_when: clauses.ok_when.map(|condition| checker.condition(condition)),
            not_done_when: clauses.not_done_when.map(|condition| checker.condition(condition)),
            result: clauses.result.and_then(|value| checker.answer_result(action, value, result)),
        })
    }

    fn answer_result(&mut self, action: &ast::Action, value: &'a ast::Expr, result: Wanted<'_>) -> Option<(Expr, Type)> {
        let Wanted::Declared(result) = result else {
            let typed = self.expr(value, None);
            return Some((typed.expr, typed.ty.lower()));
        };
        let typed = self.expr(value, result);
        let Some(result) = result else {
            let fault = faults::flow::undeclared_result(self.site(value.span), &action.name.name, "Type", action.head);
            self.report(fault);
            return None;
        };
        // Json is decoded as the declared type when it is there; anything else must fit now.
        if typed.ty != Ty::Json {
            self.fit(&typed.ty, result, value.span);
        }
        Some((typed.expr, typed.ty.lower()))
    }

    pub(super) fn exec(
        &mut self,
        action: &'a ast::Action,
        program: &'a ast::Template,
        arguments: &'a [ast::Expr],
        clauses: &Clauses<'a>,
        result: Wanted<'_>,
    ) -> Option<Implementation> {
        let program = self.literal(program, "a program", "`\"git\"`");
        let arguments = arguments.iter().map(|argument| self.exec_argument(argument)).collect();
        let stdin = clauses.stdin.map(|value| self.sent(value));
        let cwd = clauses.cwd.map(|value| self.expect(value, &Ty::Text));
        self.repeated(clauses.env);
        let env = clauses.env.iter().map(|field| (field.name.name.clone(), self.init_expect(field, &Ty::Text))).collect();
        let answer = self.answer(action, &["exit", "body"], clauses, result);
        Some(Implementation::Exec(Exec {
            program: program?,
            arguments,
            stdin,
            cwd,
            env,
            ok_when: answer.ok_when,
            not_done_when: answer.not_done_when,
            result: answer.result,
        }))
    }

    /// One argument, or a list of texts that is several.
    fn exec_argument(&mut self, argument: &'a ast::Expr) -> (Expr, Type) {
        let typed = self.solid(argument, None);
        let ty = match &typed.ty {
            Ty::List(item) if item.fits(&Ty::Text) => Ty::list(Ty::Text),
            other => self.has_text(other.clone(), Allowed::Texts, argument.span),
        };
        (typed.expr, ty.lower())
    }

    pub(super) fn sql(
        &mut self,
        action: &'a ast::Action,
        connection: &'a ast::Template,
        statement: &'a ast::Template,
        result: Option<&Ty>,
    ) -> Option<Implementation> {
        let lowered = self.sql_parts(connection, statement);
        let rows = gives_rows(statement);
        if let (Some(ty), Some(written)) = (result, &action.result) {
            let record = |item: &Ty| matches!(item, Ty::Record(_) | Ty::Broken);
            let (fits, gives) = match rows {
                true => (matches!(ty, Ty::List(item) if record(item)) || ty.is_broken(), "a list of records"),
                false => (matches!(ty, Ty::Number | Ty::Broken), "the number of rows it changed"),
            };
            if !fits {
                let kind = if rows { "an sql query" } else { "an sql change" };
                let fault = faults::actions::impossible_result(self.site(written.span), &self.show(ty), kind, gives);
                self.report(fault);
            }
        }
        Some(lowered)
    }

    /// A connection and a statement, whatever it gives.
    pub(super) fn sql_parts(&mut self, connection: &'a ast::Template, statement: &'a ast::Template) -> Implementation {
        self.connection(connection);
        let connection = self.in_sink(|checker| checker.parts(connection, Allowed::Texts));
        let parts = self.parts(statement, Allowed::Parameters);
        if statement.parts.is_empty() {
            let site = self.site(statement.span);
            self.report(faults::actions::empty_text(site, "the statement"));
        }
        Implementation::Sql(Sql { connection, statement: parts })
    }

    fn connection(&mut self, connection: &'a ast::Template) {
        let site = self.site(connection.span);
        match connection.parts.first() {
            None => self.report(faults::actions::empty_text(site, "the connection")),
            Some(ast::TemplatePart::Text(text)) if CONNECTIONS.iter().any(|known| text.starts_with(known)) => {}
            Some(ast::TemplatePart::Text(text)) => self.report(faults::actions::unknown_connection(site, text)),
            Some(ast::TemplatePart::Expr(_)) => {}
        }
    }

    pub(super) fn email(
        &mut self,
        action: &'a ast::Action,
        implementation: &ast::Implementation,
        clauses: &Clauses<'a>,
    ) -> Option<Implementation> {
        for (clause, found) in [("to", clauses.to), ("subject", clauses.subject), ("body", clauses.body)] {
            if found.is_none() {
                let site = self.site(implementation.span);
                self.report(faults::actions::clause_missing(site, "email", clause));
            }
        }
        if let Some(written) = &action.result {
            let ty = self.written(written.span);
            let site = self.site(written.span);
            self.report(faults::actions::impossible_result(site, &ty, "an email", "nothing back"));
        }
        let to = clauses.to.map(|value| {
            let typed = self.solid(value, None);
            let many = matches!(&typed.ty, Ty::List(item) if item.fits(&Ty::Text));
            let ty = if many { Ty::list(Ty::Text) } else { Ty::Text };
            self.fit(&typed.ty, &ty, value.span);
            (typed.expr, ty.lower())
        });
        let subject = clauses.subject.map(|value| self.expect(value, &Ty::Text));
        let body = clauses.body.map(|value| self.in_sink(|checker| checker.expect(value, &Ty::Text)));
        let attach = clauses.attach.iter().map(|value| self.expect(value, &Ty::Text)).collect();
        Some(Implementation::Email(Email { to: to?, subject: subject?, body: body?, attach }))
    }
}

/// Whether a statement gives rows: a query, or a change that says what it returns.
pub(super) fn gives_rows(statement: &ast::Template) -> bool {
    let mut words = statement.parts.iter().filter_map(|part| match part {
        ast::TemplatePart::Text(text) => Some(text.as_str()),
        ast::TemplatePart::Expr(_) => None,
    });
    let Some(first) = words.clone().next().and_then(|text| text.split_whitespace().next()) else { return false };
    let query = ["select", "values", "table", "show", "pragma", "explain"].iter().any(|word| first.eq_ignore_ascii_case(word));
    let changes = |word: &str| ["insert", "update", "delete", "replace"].iter().any(|known| word.eq_ignore_ascii_case(known));
    let with =
        first.eq_ignore_ascii_case("with") && !words.clone().any(|text| text.split(|letter: char| !letter.is_alphanumeric()).any(changes));
    let returning =
        words.any(|text| text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("returning")));
    query || with || returning
}
