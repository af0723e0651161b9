//! Workflows: their heads, settings and handlers.

use super::declarations::Head;
use super::{Builder, Items, Node};
use crate::Span;
use crate::ast::{Block, Handler, Setting, SettingKind, Workflow};
use crate::diagnose::place;
use crate::grammar::Rule;

impl<'i> Builder<'i> {
    pub(super) fn workflow(&mut self, node: Node<'i>) -> Workflow {
        let span = self.span(&node);
        let doc = self.doc(span.start);
        let mut head = Head::default();
        let mut block = None;
        for part in node.into_inner() {
            if let Some(rest) = self.head_part(part, &mut head)
                && rest.as_rule() == Rule::workflow_block
            {
                block = Some(rest);
            }
        }
        let name = head.name(span);
        let mut workflow = Workflow {
            doc,
            parameters: head.parameters,
            result: head.result,
            settings: Vec::new(),
            body: Block { statements: Vec::new(), span },
            handlers: Vec::new(),
            head: span,
            name,
            span,
        };
        if let Some(block) = block {
            let start = self.start(&block);
            let end = self.trim(span.start as usize, start);
            workflow.head = crate::scan::span(span.start as usize, end);
            self.workflow_block(block, &mut workflow);
        }
        workflow
    }

    fn workflow_block(&mut self, node: Node<'i>, workflow: &mut Workflow) {
        workflow.body.span = self.span(&node);
        let mut items = Items::default();
        let mut open = workflow.body.span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::close_brace => {}
                Rule::missing_close => {
                    let head = Span::new(workflow.span.start, workflow.name.span.end);
                    self.unclosed(&part, open, head, || format!("the workflow `{}`", workflow.name.name));
                }
                Rule::handler => {
                    items.sound(self.span(&part));
                    workflow.handlers.extend(self.handler(part));
                }
                Rule::owner
                | Rule::once_per
                | Rule::one_at_a_time
                | Rule::starts_by
                | Rule::seen_by
                | Rule::on_schedule
                | Rule::on_webhook => {
                    items.sound(self.span(&part));
                    workflow.settings.extend(self.setting(part));
                }
                _ => {
                    let statement = self.statement(part, &place::WORKFLOW_ITEM, &mut items);
                    workflow.body.statements.push(statement);
                }
            }
        }
    }

    fn handler(&mut self, node: Node<'i>) -> Option<Handler> {
        let span = self.span(&node);
        let mut event = None;
        let mut body = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::handler_event => event = Some(self.ident(&part)),
                Rule::block => body = Some(self.block(part, "the handler")),
                _ => {}
            }
        }
        Some(Handler { event: event?, body: body?, span })
    }

    fn setting(&mut self, node: Node<'i>) -> Option<Setting> {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut texts = Vec::new();
        let mut expr = None;
        let mut approvers = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::person => expr = Some(self.person(part)),
                Rule::expr => expr = Some(self.expr(part)),
                Rule::approvers => approvers = Some(self.approvers(part)),
                Rule::text => texts.push(self.template(part)),
                _ => {}
            }
        }
        let mut texts = texts.into_iter();
        let kind = match rule {
            Rule::owner => SettingKind::Owner(expr?),
            Rule::once_per => SettingKind::OncePer(expr?),
            Rule::one_at_a_time => SettingKind::OneAtATimePer(expr?),
            Rule::starts_by => SettingKind::StartsBy(approvers?),
            Rule::seen_by => SettingKind::SeenBy(approvers?),
            Rule::on_schedule => SettingKind::OnSchedule { cron: texts.next()?, zone: texts.next() },
            _ => SettingKind::OnWebhook(texts.next()?),
        };
        Some(Setting { kind, span })
    }
}
