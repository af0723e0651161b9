//! Tokens of the text, with the comments between them.
//!
//! A comment behind a token stays behind it, and behind the comma that follows; one on a line of its own stays above what it stood above,
//! with the empty line that parted them. Documentation is what stands directly above, so it stays documentation.

use super::print::Op;
use crate::Span;
use crate::build::Node;
use crate::grammar::Rule;

pub(super) struct Writer<'t> {
    text: &'t str,
    comments: &'t [Span],
    /// How many comments are written.
    written: usize,
    /// The end of what is written or left out.
    at: usize,
    /// The last comment was not directly above what follows, and now it would be: an empty line has to part them.
    apart: bool,
    /// A comment may stand behind the last token: none does yet.
    open_end: bool,
    ops: Vec<Op<'t>>,
}

impl<'t> Writer<'t> {
    pub(super) const fn new(text: &'t str, comments: &'t [Span]) -> Self {
        Self { text, comments, written: 0, at: 0, apart: false, open_end: false, ops: Vec::new() }
    }

    /// All steps.
    pub(super) fn finish(self) -> Vec<Op<'t>> {
        self.ops
    }

    /// A step that is no token. A comment that stands behind the last token comes before it, but for the bounds of groups.
    pub(super) fn push(&mut self, op: Op<'t>) {
        if !matches!(op, Op::Open | Op::Close | Op::Indent | Op::Dedent) {
            self.behind();
        }
        self.ops.push(op);
    }

    /// Begins a group. Comments above it stay outside, so that they do not break it.
    pub(super) fn open(&mut self, first: &Node<'_>) {
        self.above(start(first));
        self.push(Op::Open);
    }

    /// A node without parts: a word, or several of one meaning (`starts with`).
    pub(super) fn token(&mut self, node: &Node<'_>) {
        if matches!(node.as_rule(), Rule::text | Rule::regex) {
            let end = start(node) + node.as_str().trim_end_matches(|letter| letter <= ' ').len();
            self.word(start(node), end);
            return;
        }
        let words = node.as_str();
        let mut rest = words;
        let mut first = true;
        while let Some(begin) = rest.find(|letter| letter > ' ') {
            let word = rest.get(begin..).unwrap_or_default();
            let length = word.find(|letter| letter <= ' ').unwrap_or(word.len());
            let place = start(node) + (words.len() - word.len());
            if !first {
                self.push(Op::Space);
            }
            first = false;
            self.word(place, place + length);
            rest = word.get(length..).unwrap_or_default();
        }
    }

    fn word(&mut self, start: usize, end: usize) {
        self.above(start);
        self.ops.push(Op::Token(self.text.get(start..end).unwrap_or_default()));
        self.open_end = true;
        self.at = end;
        self.apart = false;
    }

    /// A comma; comments before it come after it.
    pub(super) fn comma(&mut self, node: &Node<'_>) {
        self.ops.push(Op::Token(","));
        self.leave_out(node);
    }

    /// A comma that the layout has no place for. Comments above it are not above what follows it.
    pub(super) fn drop_comma(&mut self, node: &Node<'_>) {
        let blank = self.is_parted(start(node));
        self.apart |= self.comments_above(start(node), blank);
        self.leave_out(node);
    }

    /// A comma that is not written.
    pub(super) fn leave_out(&mut self, node: &Node<'_>) {
        self.behind();
        self.at = self.at.max(start(node) + 1);
    }

    /// Begins a line for what starts at `start`, with the comments above it on lines of their own. Of empty lines one is kept, but none
    /// above the first of a block.
    pub(super) fn item(&mut self, start: usize, first: bool) {
        self.behind();
        let blank = !first && self.is_parted(start);
        self.item_after(start, blank);
    }

    /// The same, with an empty line before it or its comments, or not.
    pub(super) fn item_after(&mut self, start: usize, blank: bool) {
        let above = self.comments_above(start, blank);
        let blank = if above { self.is_parted(start) } else { blank };
        let blank = std::mem::take(&mut self.apart) || blank;
        self.push(Op::Break { blank });
    }

    /// Comments before `end`, on lines of their own: whether there are any.
    pub(super) fn comments_above(&mut self, end: usize, mut blank: bool) -> bool {
        self.behind();
        let mut any = false;
        while let Some(comment) = self.next_before(end) {
            if any {
                blank = self.is_parted(end);
            }
            let blank = std::mem::take(&mut self.apart) || blank;
            self.push(Op::Break { blank });
            self.comment(comment, true);
            self.apart = !self.is_alone(comment);
            any = true;
        }
        any
    }

    /// Whether nothing stands before a comment on its line.
    fn is_alone(&self, comment: Span) -> bool {
        let before = self.text.get(..comment.start as usize).unwrap_or_default();
        before.bytes().rev().take_while(|byte| *byte != b'\n').all(|byte| byte <= b' ')
    }

    /// Whether a comment that is not yet written stands before `end`.
    pub(super) fn has_comment(&self, end: usize) -> bool {
        self.next_before(end).is_some()
    }

    /// Whether a comment stands between two places.
    pub(super) fn has_comment_between(&self, start: usize, end: usize) -> bool {
        let first = self.comments.partition_point(|comment| (comment.start as usize) < start);
        self.comments.get(first).is_some_and(|comment| (comment.start as usize) < end)
    }

    /// Whether an empty line stands before the next comment, or before what starts at `start` where there is none before it.
    pub(super) fn is_parted(&self, start: usize) -> bool {
        let end = self.next_before(start).map_or(start, |comment| comment.start as usize);
        self.text.get(self.at..end).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').nth(1).is_some()
    }

    /// Whether a text stands on one line.
    pub(super) fn is_one_line(&self, start: usize, end: usize) -> bool {
        !self.text.get(start..end).unwrap_or_default().contains('\n')
    }

    fn next_before(&self, end: usize) -> Option<Span> {
        self.comments.get(self.written).copied().filter(|comment| (comment.start as usize) < end)
    }

    fn comment(&mut self, comment: Span, own_line: bool) {
        let text = self.text.get(comment.range()).unwrap_or_default().trim_end();
        self.ops.push(Op::Comment { text, own_line });
        self.open_end = false;
        self.written += 1;
        self.at = self.at.max(comment.end as usize);
    }

    /// Comments before a token in the middle of something.
    fn above(&mut self, start: usize) {
        self.behind();
        while let Some(comment) = self.next_before(start) {
            self.comment(comment, true);
        }
    }

    /// The comment behind the last token, on its line. A second one, behind a comma that is left out, gets a line of its own.
    pub(super) fn behind(&mut self) {
        if !self.open_end {
            return;
        }
        let Some(comment) = self.comments.get(self.written) else { return };
        // A comment before a comma is above what follows.
        let Some(between) = self.text.get(self.at..comment.start as usize) else { return };
        if between.bytes().all(|byte| byte <= b' ' && byte != b'\n') {
            self.comment(*comment, false);
        }
    }
}

/// Where a node begins.
pub(super) fn start(node: &Node<'_>) -> usize {
    node.as_span().start()
}
