//! Declarations: modules, types, groups, policies, workflows.

use smol_str::SmolStr;

use super::{Builder, Items, Node, nameless};
use crate::Span;
use crate::ast::{
    Block, Declaration, Enum, Field, Group, Handler, Ident, Parameter, Policy, PolicyRule,
    PolicyTarget, Record, Setting, SettingKind, Template, Type, TypeKind, Use, Workflow,
};
use crate::diagnose::place;
use crate::grammar::Rule;

/// What a declaration's parts are gathered into while it is read.
#[derive(Default)]
pub(super) struct Head {
    pub(super) name: Option<Ident>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) result: Option<Type>,
}

impl Head {
    pub(super) fn name(&mut self, place: Span) -> Ident {
        self.name.take().unwrap_or_else(|| nameless(place))
    }
}

impl<'i> Builder<'i> {
    pub(super) fn declaration(&mut self, node: Node<'i>, items: &mut Items) -> Option<Declaration> {
        let rule = node.as_rule();
        if rule == Rule::EOI {
            return None;
        }
        if rule == Rule::junk_declaration {
            return Some(Declaration::Broken(self.junk(
                &node,
                &place::DECLARATION,
                items,
            )));
        }
        items.sound(self.span(&node));
        Some(match rule {
            Rule::use_file => Declaration::Use(self.use_file(node)),
            Rule::record => Declaration::Record(self.record(node)),
            Rule::enumeration => Declaration::Enum(self.enumeration(node)),
            Rule::group => Declaration::Group(self.group(node)),
            Rule::action => Declaration::Action(self.action(node)),
            Rule::policy => Declaration::Policy(self.policy(node)),
            Rule::workflow => Declaration::Workflow(self.workflow(node)),
            _ => Declaration::Test(self.test(node)),
        })
    }

    /// The text of a name or path, without quotes, and its place.
    pub(super) fn label(&mut self, node: Node<'i>) -> (SmolStr, Span) {
        let Template { parts: _, span } = self.template(node);
        let written = self.text.get(span.range()).unwrap_or_default();
        let inner = written.strip_prefix('"').unwrap_or(written);
        (SmolStr::new(inner.strip_suffix('"').unwrap_or(inner)), span)
    }

    fn use_file(&mut self, node: Node<'i>) -> Use {
        let span = self.span(&node);
        let mut found = Use {
            path: SmolStr::default(),
            path_span: span,
            alias: None,
            span,
        };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::text => (found.path, found.path_span) = self.label(part),
                Rule::word => found.alias = Some(self.binder(&part)),
                _ => {}
            }
        }
        found
    }

    fn record(&mut self, node: Node<'i>) -> Record {
        let span = self.span(&node);
        let mut record = Record {
            doc: self.doc(span.start),
            name: nameless(span),
            fields: Vec::new(),
            span,
        };
        let mut items = Items::default();
        let mut open = span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => record.name = self.binder(&part),
                Rule::open_brace => open = self.span(&part),
                Rule::field => {
                    let field = self.field(part);
                    items.sound(field.span);
                    record.fields.push(field);
                }
                Rule::junk_field => {
                    self.junk(&part, &place::FIELD, &mut items);
                }
                Rule::missing_member_close => {
                    let name = &record.name;
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || {
                        format!("the record `{}`", name.name)
                    });
                }
                _ => {}
            }
        }
        record
    }

    fn field(&mut self, node: Node<'i>) -> Field {
        let span = self.span(&node);
        let ty = Type {
            kind: TypeKind::Name(crate::ast::Path {
                module: None,
                name: nameless(span),
            }),
            span,
        };
        let mut field = Field {
            doc: self.doc(span.start),
            name: nameless(span),
            ty,
            from: None,
            span,
        };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => field.name = self.ident(&part),
                Rule::type_name => field.ty = self.type_name(part),
                Rule::text => field.from = Some(self.label(part)),
                _ => {}
            }
        }
        field
    }

    fn enumeration(&mut self, node: Node<'i>) -> Enum {
        let span = self.span(&node);
        let mut found = Enum {
            doc: self.doc(span.start),
            name: nameless(span),
            members: Vec::new(),
            span,
        };
        let mut items = Items::default();
        let mut open = span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => found.name = self.binder(&part),
                Rule::open_brace => open = self.span(&part),
                Rule::member => {
                    items.sound(self.span(&part));
                    found.members.push(self.ident(&part));
                }
                Rule::junk_member => {
                    self.junk(&part, &place::MEMBER, &mut items);
                }
                Rule::missing_member_close => {
                    let name = &found.name;
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || {
                        format!("the enum `{}`", name.name)
                    });
                }
                _ => {}
            }
        }
        found
    }

    fn group(&mut self, node: Node<'i>) -> Group {
        let span = self.span(&node);
        let mut group = Group {
            doc: self.doc(span.start),
            name: nameless(span),
            members: Vec::new(),
            span,
        };
        let mut items = Items::default();
        let mut open = span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => group.name = self.binder(&part),
                Rule::open_brace => open = self.span(&part),
                Rule::text => {
                    items.sound(self.span(&part));
                    let member = self.label(part);
                    group.members.push(member);
                }
                Rule::junk_member => {
                    self.junk(&part, &place::ADDRESS, &mut items);
                }
                Rule::missing_member_close => {
                    let name = &group.name;
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || {
                        format!("the group `{}`", name.name)
                    });
                }
                _ => {}
            }
        }
        group
    }

    fn policy(&mut self, node: Node<'i>) -> Policy {
        let span = self.span(&node);
        let mut policy = Policy {
            name: (SmolStr::default(), span),
            rules: Vec::new(),
            span,
        };
        let mut items = Items::default();
        let mut open = span;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::text => policy.name = self.label(part),
                Rule::open_brace => open = self.span(&part),
                Rule::policy_rule => {
                    items.sound(self.span(&part));
                    policy.rules.extend(self.policy_rule(part));
                }
                Rule::junk_statement => {
                    self.junk(&part, &place::POLICY_RULE, &mut items);
                }
                Rule::missing_close => {
                    let (name, name_span) = &policy.name;
                    self.unclosed(&part, open, Span::new(span.start, name_span.end), || {
                        format!("the policy `{name}`")
                    });
                }
                _ => {}
            }
        }
        policy
    }

    fn policy_rule(&mut self, node: Node<'i>) -> Option<PolicyRule> {
        let span = self.span(&node);
        let mut target = None;
        let mut duty = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => target = Some(PolicyTarget::Action(self.path(part))),
                Rule::any_action => {
                    let irreversible = part
                        .into_inner()
                        .any(|word| word.as_rule() == Rule::kw_irreversible);
                    target = Some(if irreversible {
                        PolicyTarget::AnyIrreversible
                    } else {
                        PolicyTarget::AnyAction
                    });
                }
                Rule::duty => duty = Some(self.duty(part)),
                _ => {}
            }
        }
        Some(PolicyRule {
            target: target?,
            duty: duty?,
            span,
        })
    }

    /// Takes a part of a workflow's or action's head, or gives it back.
    pub(super) fn head_part(&mut self, part: Node<'i>, head: &mut Head) -> Option<Node<'i>> {
        match part.as_rule() {
            Rule::word => head.name = Some(self.binder(&part)),
            Rule::parameters => {
                for parameter in part
                    .into_inner()
                    .filter(|inner| inner.as_rule() == Rule::parameter)
                {
                    let parameter = self.parameter(parameter);
                    head.parameters.push(parameter);
                }
            }
            Rule::type_name => head.result = Some(self.type_name(part)),
            _ => return Some(part),
        }
        None
    }

    fn parameter(&mut self, node: Node<'i>) -> Parameter {
        let span = self.span(&node);
        let ty = Type {
            kind: TypeKind::Name(crate::ast::Path {
                module: None,
                name: nameless(span),
            }),
            span,
        };
        let mut parameter = Parameter {
            name: nameless(span),
            ty,
            default: None,
            span,
        };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => parameter.name = self.binder(&part),
                Rule::type_name => parameter.ty = self.type_name(part),
                Rule::expr => parameter.default = Some(self.expr(part)),
                _ => {}
            }
        }
        parameter
    }

    fn workflow(&mut self, node: Node<'i>) -> Workflow {
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
            body: Block {
                statements: Vec::new(),
                span,
            },
            handlers: Vec::new(),
            head: span,
            name,
            span,
        };
        if let Some(block) = block {
            let start = block.as_span().start();
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
                    self.unclosed(&part, open, head, || {
                        format!("the workflow `{}`", workflow.name.name)
                    });
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
        Some(Handler {
            event: event?,
            body: body?,
            span,
        })
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
            Rule::on_schedule => SettingKind::OnSchedule {
                cron: texts.next()?,
                zone: texts.next(),
            },
            _ => SettingKind::OnWebhook(texts.next()?),
        };
        Some(Setting { kind, span })
    }
}
