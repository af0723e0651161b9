//! Actions: effects, duties, implementations and their clauses.

use super::declarations::Head;
use super::{Builder, Items, Node};
use crate::ast::{Action, Clause, ClauseKind, Duty, Effect, Expr, FieldInit, Implementation, ImplementationKind, Template};
use crate::diagnose::place;
use crate::grammar::Rule;
use crate::{FaultKind, Span};

impl<'i> Builder<'i> {
    pub(super) fn action(&mut self, node: Node<'i>) -> Action {
        let span = self.span(&node);
        let doc = self.doc(span.start);
        let mut head = Head::default();
        let mut action_effect = Effect::Plain;
        let mut duties = Vec::new();
        let mut block = None;
        for part in node.into_inner() {
            let Some(part) = self.head_part(part, &mut head) else {
                continue;
            };
            match part.as_rule() {
                Rule::kw_read => action_effect = Effect::Read,
                Rule::kw_irreversible => action_effect = Effect::Irreversible,
                Rule::duty => duties.push(self.duty(part)),
                Rule::action_block => block = Some(part),
                _ => {}
            }
        }
        let name = head.name(span);
        let mut action = Action {
            doc,
            effect: action_effect,
            parameters: head.parameters,
            result: head.result,
            duties,
            implementation: None,
            preview: None,
            head: span,
            name,
            span,
        };
        if let Some(block) = block {
            let end = self.trim(span.start as usize, self.start(&block));
            action.head = crate::scan::span(span.start as usize, end);
            let whose = (Span::new(span.start, action.name.span.end), format!("the action `{}`", action.name.name));
            (action.implementation, action.preview) = self.action_block(block, &whose);
        }
        action
    }

    pub(super) fn duty(&mut self, node: Node<'i>) -> Duty {
        let span = self.span(&node);
        let mut duty = Duty { by: None, when: None, span };
        for part in node.into_inner() {
            let place = self.span(&part);
            let twice = match part.as_rule() {
                Rule::approvers => duty.by.replace(self.approvers(part)).is_some(),
                Rule::expr => duty.when.replace(self.expr(part)).is_some(),
                _ => false,
            };
            if twice {
                let found = self.text.get(place.range()).map(crate::diagnose::shorten);
                self.fault(FaultKind::Expected { expected: vec!["`{`".to_owned()], found, reading: "a duty" }, place);
            }
        }
        duty
    }

    /// The implementation and the preview between an action's braces.
    fn action_block(&mut self, node: Node<'i>, whose: &(Span, String)) -> (Option<Implementation>, Option<Implementation>) {
        let mut items = Items::default();
        let mut open = self.span(&node);
        let mut found: Option<Implementation> = None;
        let mut clauses = Vec::new();
        let mut preview = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::close_brace => {}
                Rule::missing_close => self.unclosed(&part, open, whose.0, || whose.1.clone()),
                Rule::preview => {
                    let place = self.span(&part);
                    items.sound(place);
                    let head = (Span::new(place.start, place.start + 7), "the preview".to_owned());
                    let block = part.into_inner().find(|inner| inner.as_rule() == Rule::preview_block);
                    let known = self.faults.len() + self.missing.len();
                    preview = block.and_then(|block| self.action_block(block, &head).0);
                    let silent = self.faults.len() + self.missing.len() == known
                        && !self.scan.faults.iter().any(|fault| place.range().contains(&(fault.span.start as usize)));
                    if preview.is_none() && silent {
                        let expected = vec!["an implementation".to_owned()];
                        self.fault(FaultKind::Expected { expected, found: Some("}".into()), reading: "a preview" }, place);
                    }
                }
                Rule::http | Rule::exec | Rule::sql | Rule::email | Rule::model | Rule::later => {
                    let place = self.span(&part);
                    items.sound(place);
                    let first = part.as_str();
                    if found.is_some() {
                        let found = Some(crate::diagnose::shorten(first));
                        let expected = vec!["a clause".to_owned(), "`}`".to_owned()];
                        self.fault(FaultKind::Expected { expected, found, reading: "an action, which does one thing" }, place);
                        continue;
                    }
                    found = self.implementation(part);
                }
                Rule::junk_statement => {
                    self.junk(&part, &place::ACTION_ITEM, &mut items);
                }
                _ => {
                    items.sound(self.span(&part));
                    clauses.extend(self.clause(part));
                }
            }
        }
        if let Some(implementation) = &mut found {
            if let Some(last) = clauses.last() {
                implementation.span = implementation.span.to(last.span);
            }
            implementation.clauses = clauses;
        }
        (found, preview)
    }

    fn implementation(&mut self, node: Node<'i>) -> Option<Implementation> {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut word = None;
        let mut texts = Vec::new();
        let mut arguments = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::http_method | Rule::later_word => word = Some(self.ident(&part)),
                Rule::text => texts.push(self.template(part)),
                Rule::expr => arguments.push(self.expr(part)),
                _ => {}
            }
        }
        let mut texts = texts.into_iter();
        let kind = match rule {
            Rule::http => ImplementationKind::Http { method: word?, url: texts.next()? },
            Rule::exec => ImplementationKind::Exec { program: texts.next()?, arguments },
            Rule::sql => ImplementationKind::Sql { connection: texts.next()?, statement: texts.next()? },
            Rule::email => ImplementationKind::Email,
            Rule::model => ImplementationKind::Model { name: texts.next()? },
            _ => ImplementationKind::Unknown(word?),
        };
        Some(Implementation { kind, clauses: Vec::new(), span })
    }

    fn clause(&mut self, node: Node<'i>) -> Option<Clause> {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut keyword: Option<Span> = None;
        let mut name: Option<Template> = None;
        let mut value: Option<Expr> = None;
        let mut fields: Vec<FieldInit> = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::text => name = Some(self.template(part)),
                Rule::expr => value = Some(self.expr(part)),
                Rule::init => fields.push(self.init(part)),
                Rule::open_brace | Rule::close_brace | Rule::comma => {}
                _ => {
                    let word = self.span(&part);
                    keyword = Some(keyword.map_or(word, |first| first.to(word)));
                }
            }
        }
        let kind = match rule {
            Rule::timeout => ClauseKind::Timeout(value?),
            Rule::header => ClauseKind::Header(name?, value?),
            Rule::query => ClauseKind::Query(name?, value?),
            Rule::body => ClauseKind::Body(value?),
            Rule::stdin => ClauseKind::Stdin(value?),
            Rule::cwd => ClauseKind::Cwd(value?),
            Rule::env => ClauseKind::Env(fields),
            Rule::ok_when => ClauseKind::OkWhen(value?),
            Rule::not_done_when => ClauseKind::NotDoneWhen(value?),
            Rule::result => ClauseKind::Result(value?),
            Rule::to => ClauseKind::To(value?),
            Rule::subject => ClauseKind::Subject(value?),
            Rule::attach => ClauseKind::Attach(value?),
            Rule::prompt => ClauseKind::Prompt(value?),
            _ => ClauseKind::Temperature(value?),
        };
        Some(Clause { kind, keyword: keyword.unwrap_or(span), span })
    }
}
