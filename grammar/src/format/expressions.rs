//! Expressions, lists and all that stands in one line where it fits.

use super::print::Op;
use super::writer::{Writer, start};
use crate::build::Node;
use crate::grammar::Rule;

type Nodes<'i> = Vec<Node<'i>>;

impl Writer<'_> {
    /// A row of operands and operators.
    pub(super) fn expression(&mut self, node: Node<'_>) {
        self.row(node.into_inner().collect());
    }

    /// Where a row does not fit, it is broken before its loosest operators.
    fn row(&mut self, nodes: Nodes<'_>) {
        let Some(loosest) = nodes.iter().filter_map(|node| level(node.as_rule())).min() else {
            self.plain(nodes);
            return;
        };
        if let Some(first) = nodes.first() {
            self.open(first);
        }
        let mut segment = Vec::new();
        let mut first = true;
        for node in nodes {
            if level(node.as_rule()) == Some(loosest) {
                self.row(std::mem::take(&mut segment));
                if std::mem::take(&mut first) {
                    self.push(Op::Indent);
                }
                self.push(Op::Line);
                self.token(&node);
                self.push(Op::Space);
            } else {
                segment.push(node);
            }
        }
        self.row(segment);
        self.push(Op::Close);
        self.push(Op::Dedent);
    }

    /// `if c then a else b`, and so on where `b` is one, too.
    pub(super) fn choice(&mut self, node: Node<'_>) {
        self.open(&node);
        let mut rest: Nodes<'_> = node.into_inner().collect();
        let mut indented = false;
        loop {
            let other = rest.pop();
            let word = rest.pop();
            if let Some(first) = rest.first() {
                self.open(first);
            }
            self.push(Op::Indent);
            let mut first = true;
            for part in rest {
                if !first {
                    self.push(if part.as_rule() == Rule::kw_then { Op::Line } else { Op::Space });
                }
                first = false;
                self.node(part);
            }
            self.push(Op::Close);
            self.push(Op::Dedent);
            if !std::mem::replace(&mut indented, true) {
                self.push(Op::Indent);
            }
            if let Some(word) = &word {
                self.push(Op::Line);
                self.token(word);
                self.push(Op::Space);
            }
            let Some(other) = other else { break };
            match chained(&other) {
                Some(next) => rest = next.into_inner().collect(),
                None => {
                    self.node(other);
                    break;
                }
            }
        }
        self.push(Op::Close);
        self.push(Op::Dedent);
    }

    /// `(a + b)`
    pub(super) fn bracketed(&mut self, nodes: Nodes<'_>) {
        self.enclosed(nodes, false, &[]);
    }

    /// What a bracket holds, with commas between; what stands before the bracket; `show` and its like have no bracket.
    pub(super) fn listed(&mut self, mut nodes: Nodes<'_>) {
        let open = nodes
            .iter()
            .position(|node| matches!(node.as_rule(), Rule::open_paren | Rule::open_bracket | Rule::open_brace))
            .unwrap_or(nodes.len());
        let rest = nodes.split_off(open);
        let bracket = rest.first().map(Node::as_rule);
        if !nodes.is_empty() {
            self.plain(nodes);
            if bracket != Some(Rule::open_paren) {
                self.push(Op::Space);
            }
        }
        self.enclosed(rest, bracket == Some(Rule::open_brace), &[Rule::for_tail]);
    }

    /// A bracket, its contents and its partner: on one line where that fits, otherwise a line for each element.
    fn enclosed(&mut self, mut nodes: Nodes<'_>, spaced: bool, own_line: &[Rule]) {
        let line = || if spaced { Op::Line } else { Op::SoftLine };
        let Some(close) = nodes.pop() else { return };
        if nodes.is_empty() {
            return self.token(&close);
        }
        let inner = nodes.split_off(1);
        let Some(open) = nodes.first() else { return };
        if !spaced && self.hugs(&inner, start(&close)) {
            self.token(open);
            for node in inner {
                if node.as_rule() == Rule::comma { self.leave_out(&node) } else { self.node(node) }
            }
            return self.token(&close);
        }
        self.open(open);
        self.token(open);
        self.push(Op::Indent);
        let empty = !inner.iter().any(|node| node.as_rule() != Rule::comma);
        if !empty {
            self.push(line());
        }
        let last = inner.iter().rposition(|node| node.as_rule() != Rule::comma);
        let mut before = None;
        for (index, node) in inner.into_iter().enumerate() {
            let rule = node.as_rule();
            if rule == Rule::comma {
                if Some(index) > last { self.leave_out(&node) } else { self.comma(&node) }
            } else {
                if let Some(before) = before {
                    let ends = before == Rule::comma || own_line.contains(&rule);
                    self.push(if ends { Op::Line } else { Op::Space });
                }
                self.node(node);
            }
            before = Some(rule);
        }
        let comments = self.comments_above(start(&close), false);
        self.push(Op::Dedent);
        if comments || !empty {
            self.push(line());
        }
        self.token(&close);
        self.push(Op::Close);
    }

    /// Whether a bracket stands directly around another: one element, which is a list or a record, and no comment beside it.
    fn hugs(&self, inner: &Nodes<'_>, close: usize) -> bool {
        let mut elements = inner.iter().filter(|node| node.as_rule() != Rule::comma);
        let (Some(element), None) = (elements.next(), elements.next()) else { return false };
        let Some(bracketed) = only_bracket(element) else { return false };
        let end = bracketed.as_span().start() + bracketed.as_str().trim_end().len();
        !self.has_comment(start(&bracketed)) && !self.has_comment_between(end, close)
    }

    /// Words, and values with commas between: a line for each value where they do not fit.
    pub(super) fn shown(&mut self, nodes: Nodes<'_>) {
        if !nodes.iter().any(|node| node.as_rule() == Rule::comma) {
            return self.plain(nodes);
        }
        self.broken_row(nodes, |before, after| before == Rule::comma || !is_value(before) && is_value(after));
    }

    /// Stages with commas between: a line for each where they do not fit.
    pub(super) fn stages(&mut self, nodes: Nodes<'_>) {
        self.broken_row(nodes, |before, _| before == Rule::comma);
    }

    fn broken_row(&mut self, nodes: Nodes<'_>, ends: impl Fn(Rule, Rule) -> bool) {
        if let Some(first) = nodes.first() {
            self.open(first);
        }
        self.push(Op::Indent);
        let mut before = None;
        for node in nodes {
            let rule = node.as_rule();
            if rule == Rule::comma {
                self.comma(&node);
            } else {
                if let Some(before) = before {
                    self.push(if ends(before, rule) { Op::Line } else { Op::Space });
                }
                self.node(node);
            }
            before = Some(rule);
        }
        self.push(Op::Close);
        self.push(Op::Dedent);
    }
}

const fn is_value(rule: Rule) -> bool {
    matches!(rule, Rule::show_item | Rule::pinned)
}

/// How loosely an operator between two operands binds: the least binds loosest.
const fn level(rule: Rule) -> Option<u8> {
    Some(match rule {
        Rule::op_or => 1,
        Rule::op_and => 2,
        Rule::op_compare | Rule::op_compare_word | Rule::op_matches => 4,
        Rule::op_otherwise => 5,
        Rule::op_add => 6,
        Rule::op_multiply => 7,
        _ => return None,
    })
}

/// The `if` that an `else` goes on with.
fn chained<'i>(other: &Node<'i>) -> Option<Node<'i>> {
    only(other).filter(|inner| inner.as_rule() == Rule::if_value)
}

/// The list or record that is all of an element, or all but its name.
fn only_bracket<'i>(element: &Node<'i>) -> Option<Node<'i>> {
    let value = match element.as_rule() {
        Rule::init => element.clone().into_inner().nth(2)?,
        _ => element.clone(),
    };
    only(&value).filter(|inner| matches!(inner.as_rule(), Rule::list | Rule::record_value))
}

fn only<'i>(node: &Node<'i>) -> Option<Node<'i>> {
    let mut parts = node.clone().into_inner();
    parts.next().filter(|_| parts.next().is_none())
}
