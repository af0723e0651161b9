//! Declarations, blocks and statements: what stands on lines of its own.

use super::print::Op;
use super::writer::{Writer, start};
use crate::build::Node;
use crate::grammar::Rule;

type Nodes<'i> = Vec<Node<'i>>;

impl Writer<'_> {
    /// A file: one empty line between declarations, but `use` may follow `use`.
    pub(super) fn file(&mut self, file: Node<'_>) {
        let mut before: Option<Rule> = None;
        for node in file.into_inner() {
            let (rule, start) = (node.as_rule(), start(&node));
            if rule == Rule::EOI {
                let blank = before.is_some();
                self.comments_above(start, blank);
                return;
            }
            self.behind();
            let follows = rule == Rule::use_file && before == Some(Rule::use_file);
            let blank = before.is_some() && (!follows || self.is_parted(start));
            self.item_after(start, blank);
            self.node(node);
            before = Some(rule);
        }
    }

    pub(super) fn node(&mut self, node: Node<'_>) {
        match node.as_rule() {
            Rule::text | Rule::regex => self.token(&node),
            Rule::expr => self.expression(node),
            Rule::if_value => self.choice(node),
            Rule::paren => self.bracketed(node.into_inner().collect()),
            Rule::parameters | Rule::call | Rule::arguments | Rule::list | Rule::exec | Rule::record_value | Rule::env => {
                self.listed(node.into_inner().collect());
            }
            Rule::g_show | Rule::with_values | Rule::expect_shows => self.shown(node.into_inner().collect()),
            Rule::g_within => self.stages(node.into_inner().flat_map(escalation).collect()),
            Rule::approvers => self.stages(node.into_inner().collect()),
            Rule::record | Rule::enumeration | Rule::group => self.members(node.into_inner().collect()),
            Rule::policy
            | Rule::test
            | Rule::parallel
            | Rule::block
            | Rule::action_block
            | Rule::preview_block
            | Rule::workflow_block
            | Rule::step_block => self.braced(node.into_inner().collect()),
            Rule::action => self.action(node.into_inner().collect()),
            Rule::gate => self.gate(node.into_inner().collect()),
            Rule::if_else => self.branches(node),
            Rule::match_on | Rule::for_each => self.head_and_block(node.into_inner().collect()),
            _ if node.clone().into_inner().next().is_none() => self.token(&node),
            _ => self.plain(node.into_inner().collect()),
        }
    }

    /// Nodes in a row, with a blank between them where one belongs.
    pub(super) fn plain(&mut self, nodes: Nodes<'_>) {
        let mut before = None;
        for node in nodes {
            if let Some(gap) = before.and_then(|before| gap(before, node.as_rule())) {
                self.push(gap);
            }
            before = Some(sort(&node));
            if node.as_rule() == Rule::comma { self.comma(&node) } else { self.node(node) }
        }
    }

    /// What stands before a block of items, and the block.
    fn braced(&mut self, mut nodes: Nodes<'_>) {
        let rest = behind_brace(&mut nodes);
        let head = nodes.len() > 1;
        if head {
            let brace = nodes.pop();
            self.plain(nodes);
            self.push(Op::Join);
            nodes = brace.into_iter().collect();
        }
        self.plain(nodes);
        self.body(items(rest));
    }

    /// The items of a block, one a line, and its `}`.
    fn body(&mut self, items: Vec<Nodes<'_>>) {
        self.push(Op::Indent);
        let mut first = true;
        let mut closing = Vec::new();
        for item in items {
            let Some(node) = item.first() else { continue };
            match node.as_rule() {
                Rule::close_brace => closing = item,
                Rule::comma => self.drop_comma(node),
                _ => {
                    self.item(start(node), first);
                    first = false;
                    self.plain(item);
                }
            }
        }
        let Some(brace) = closing.first() else { return };
        let blank = !first && self.is_parted(start(brace));
        let empty = !self.has_comment(start(brace)) && first;
        self.comments_above(start(brace), blank);
        self.push(Op::Dedent);
        if !empty {
            self.push(Op::Break { blank: false });
        }
        self.token(brace);
    }

    /// `record`, `enum` and `group`: on one line where they were written so and fit, otherwise a line each.
    fn members(&mut self, mut nodes: Nodes<'_>) {
        let mut rest = behind_brace(&mut nodes);
        let bounds = nodes.last().map(start).zip(rest.last().map(start));
        let filled = rest.iter().any(|node| !matches!(node.as_rule(), Rule::comma | Rule::close_brace));
        if !filled || !bounds.is_some_and(|(open, close)| self.is_one_line(open, close)) {
            nodes.extend(rest);
            self.braced(nodes);
            return;
        }
        let brace = nodes.pop();
        let close = rest.pop();
        self.plain(nodes);
        self.push(Op::Join);
        if let Some(brace) = &brace {
            self.open(brace);
            self.token(brace);
        }
        self.push(Op::Indent);
        self.push(Op::Line);
        let mut first = true;
        for node in rest {
            if node.as_rule() == Rule::comma {
                self.drop_comma(&node);
                continue;
            }
            if !first {
                self.push(Op::FlatComma);
                self.push(Op::Line);
            }
            first = false;
            self.node(node);
        }
        self.push(Op::Dedent);
        self.push(Op::Line);
        if let Some(close) = &close {
            self.token(close);
        }
        self.push(Op::Close);
    }

    /// An action: duties in the line of its head where they fit, otherwise a line each, and `{` as well.
    fn action(&mut self, mut nodes: Nodes<'_>) {
        let Some(first) = nodes.iter().position(|node| node.as_rule() == Rule::duty) else {
            self.plain(nodes);
            return;
        };
        let mut clauses = nodes.split_off(first);
        let block = clauses.pop_if(|last| last.as_rule() == Rule::action_block);
        self.clauses(nodes, clauses.into_iter().map(|clause| vec![clause]).collect(), block);
    }

    /// A gate: its clauses as the duties of an action.
    fn gate(&mut self, mut nodes: Nodes<'_>) {
        let block = nodes.pop_if(|last| last.as_rule() == Rule::gate_block);
        let head = nodes.iter().position(|node| !matches!(node.as_rule(), Rule::kw_require | Rule::kw_approval | Rule::kw_as | Rule::word));
        let clauses = nodes.split_off(head.unwrap_or(nodes.len()));
        self.clauses(nodes, items(clauses), block);
    }

    fn clauses(&mut self, head: Nodes<'_>, clauses: Vec<Nodes<'_>>, block: Option<Node<'_>>) {
        if let Some(first) = head.first() {
            self.open(first);
        }
        self.plain(head);
        self.push(Op::Indent);
        let any = !clauses.is_empty();
        for clause in clauses {
            self.push(Op::Line);
            self.plain(clause);
        }
        match block {
            Some(block) => {
                self.push(Op::Dedent);
                self.push(if any { Op::Line } else { Op::Join });
                self.opened(block);
            }
            None => {
                self.push(Op::Close);
                self.push(Op::Dedent);
            }
        }
    }

    /// A block at the end of a group that its head began: the group ends with the `{`.
    fn opened(&mut self, block: Node<'_>) {
        let mut nodes: Nodes<'_> = block.into_inner().collect();
        let rest = behind_brace(&mut nodes);
        self.plain(nodes);
        self.push(Op::Close);
        self.body(items(rest));
    }

    /// `for each`, `match`: where the head does not fit on its line, `{` stands on one of its own.
    fn head_and_block(&mut self, mut nodes: Nodes<'_>) {
        let block = nodes.pop_if(|last| last.as_rule() == Rule::block);
        let rest = behind_brace(&mut nodes);
        let brace = if block.is_none() { nodes.pop() } else { None };
        if let Some(first) = nodes.first() {
            self.open(first);
        }
        self.plain(nodes);
        self.push(Op::Line);
        match (block, brace) {
            (Some(block), _) => self.opened(block),
            (None, brace) => {
                self.plain(brace.into_iter().collect());
                self.push(Op::Close);
                self.body(items(rest));
            }
        }
    }

    /// `if ... else if ... else`
    fn branches(&mut self, node: Node<'_>) {
        let mut head = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_else => {
                    self.push(Op::Join);
                    self.token(&part);
                    self.push(Op::Space);
                }
                Rule::else_block => {
                    self.push(Op::Join);
                    self.plain(part.into_inner().collect());
                }
                Rule::block => {
                    head.push(part);
                    self.head_and_block(std::mem::take(&mut head));
                }
                _ => head.push(part),
            }
        }
    }
}

/// What stands behind the first `{`, taken off.
fn behind_brace<'i>(nodes: &mut Nodes<'i>) -> Nodes<'i> {
    let open = nodes.iter().position(|node| node.as_rule() == Rule::open_brace);
    nodes.split_off(open.map_or(nodes.len(), |open| open + 1))
}

/// The parts of an escalation beside those of the deadline that it belongs to.
fn escalation(node: Node<'_>) -> Nodes<'_> {
    if node.as_rule() == Rule::escalation { node.into_inner().collect() } else { vec![node] }
}

/// The parts of a block by the items that they make up: a branch is a word and a block, a band is a `when` and who is asked then.
fn items(nodes: Nodes<'_>) -> Vec<Nodes<'_>> {
    let banded = nodes.iter().any(|node| matches!(node.as_rule(), Rule::g_nobody | Rule::g_otherwise));
    let mut items: Vec<Nodes<'_>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let open = items.last_mut().filter(|item| {
            item.last().is_some_and(|before| match before.as_rule() {
                Rule::kw_branch => true,
                Rule::g_when => banded && matches!(node.as_rule(), Rule::g_by | Rule::g_nobody),
                _ => false,
            })
        });
        match open {
            Some(item) => item.push(node),
            None => items.push(vec![node]),
        }
    }
    items
}

/// What a node is to its neighbour.
fn sort(node: &Node<'_>) -> Rule {
    match node.as_rule() {
        Rule::measure => node.clone().into_inner().next().map_or(Rule::measure, |first| first.as_rule()),
        rule => rule,
    }
}

/// What stands between two neighbours.
const fn gap(before: Rule, after: Rule) -> Option<Op<'static>> {
    match (before, after) {
        // `2026-11-22.year` is one word, and no date.
        (Rule::date, Rule::access) => Some(Op::Space),
        (Rule::open_paren | Rule::open_bracket | Rule::dot | Rule::op_minus, _)
        | (
            _,
            Rule::comma
            | Rule::colon
            | Rule::dot
            | Rule::optional_mark
            | Rule::access
            | Rule::arguments
            | Rule::index
            | Rule::parameters
            | Rule::close_paren
            | Rule::close_bracket,
        ) => None,
        (_, Rule::block | Rule::action_block | Rule::preview_block | Rule::workflow_block | Rule::step_block | Rule::gate_block) => {
            Some(Op::Join)
        }
        _ => Some(Op::Space),
    }
}
