//! Declarations: modules, types, groups, policies, and the heads of actions and workflows.

use smol_str::SmolStr;

use super::{Builder, Items, Node, nameless};
use crate::Span;
use crate::ast::{Declaration, Enum, Field, Group, Ident, Parameter, Policy, PolicyRule, PolicyTarget, Record, Type, TypeKind, Use};
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
            return Some(Declaration::Broken(self.junk(&node, &place::DECLARATION, items)));
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

    /// The text of a name or path, without quotes, and its place. Where something is interpolated it is as written: nothing fills it in.
    pub(super) fn label(&mut self, node: Node<'i>) -> (SmolStr, Span) {
        let template = self.template(node);
        let span = template.span;
        if let Some(text) = template.literal() {
            return (SmolStr::new(text), span);
        }
        let written = self.text.get(span.range()).unwrap_or_default();
        let inner = written.strip_prefix('"').unwrap_or(written);
        (SmolStr::new(inner.strip_suffix('"').unwrap_or(inner)), span)
    }

    fn use_file(&mut self, node: Node<'i>) -> Use {
        let span = self.span(&node);
        let mut found = Use { path: SmolStr::default(), path_span: span, alias: None, span };
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
        let mut record = Record { doc: self.doc(span.start), name: nameless(span), fields: Vec::new(), span };
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
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || format!("the record `{}`", name.name));
                }
                _ => {}
            }
        }
        record
    }

    fn field(&mut self, node: Node<'i>) -> Field {
        let span = self.span(&node);
        let ty = Type { kind: TypeKind::Name(crate::ast::Path { module: None, name: nameless(span) }), span };
        let mut field = Field { doc: self.doc(span.start), name: nameless(span), ty, from: None, span };
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
        let mut found = Enum { doc: self.doc(span.start), name: nameless(span), members: Vec::new(), span };
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
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || format!("the enum `{}`", name.name));
                }
                _ => {}
            }
        }
        found
    }

    fn group(&mut self, node: Node<'i>) -> Group {
        let span = self.span(&node);
        let mut group = Group { doc: self.doc(span.start), name: nameless(span), members: Vec::new(), span };
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
                    self.unclosed(&part, open, Span::new(span.start, name.span.end), || format!("the group `{}`", name.name));
                }
                _ => {}
            }
        }
        group
    }

    fn policy(&mut self, node: Node<'i>) -> Policy {
        let span = self.span(&node);
        let mut policy = Policy { name: (SmolStr::default(), span), rules: Vec::new(), span };
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
                    self.unclosed(&part, open, Span::new(span.start, name_span.end), || format!("the policy `{name}`"));
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
                    let irreversible = part.into_inner().any(|word| word.as_rule() == Rule::kw_irreversible);
                    target = Some(if irreversible { PolicyTarget::AnyIrreversible } else { PolicyTarget::AnyAction });
                }
                Rule::duty => duty = Some(self.duty(part)),
                _ => {}
            }
        }
        Some(PolicyRule { target: target?, duty: duty?, span })
    }

    /// Takes a part of a workflow's or action's head, or gives it back.
    pub(super) fn head_part(&mut self, part: Node<'i>, head: &mut Head) -> Option<Node<'i>> {
        match part.as_rule() {
            Rule::word => head.name = Some(self.binder(&part)),
            Rule::parameters => {
                for parameter in part.into_inner().filter(|inner| inner.as_rule() == Rule::parameter) {
                    let parameter = self.parameter(parameter);
                    head.parameters.push(parameter);
                }
            }
            Rule::type_name => head.result = Some(self.type_name(part)),
            Rule::arrow if part.as_str() == "=>" => {
                self.fault(crate::FaultKind::WrongOperator { written: "=>".into(), meant: "->" }, self.span(&part));
            }
            _ => return Some(part),
        }
        None
    }

    fn parameter(&mut self, node: Node<'i>) -> Parameter {
        let span = self.span(&node);
        let ty = Type { kind: TypeKind::Name(crate::ast::Path { module: None, name: nameless(span) }), span };
        let mut parameter = Parameter { name: nameless(span), ty, default: None, span };
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
}
