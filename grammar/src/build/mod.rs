//! From what pest matched to the syntax tree.
//!
//! Owns places (spans, documentation comments, closing braces) and what becomes of junk; each module below owns one kind of node. Nothing
//! here fails: where a part is missing the node is broken, and its fault is in the list.

mod actions;
mod declarations;
mod expressions;
mod gates;
mod operators;
mod statements;
mod tests;
mod text;
mod workflows;

use pest::Parser;
use pest::iterators::Pair;
use smol_str::SmolStr;

use crate::ast::{Broken, Declaration, Ident, Module, Path, Type, TypeKind};
use crate::diagnose::{self, Place};
use crate::grammar::{Grammar, Rule};
use crate::memory::{Memory, Section};
use crate::scan::{Scan, span};
use crate::{Fault, FaultKind, Span, words};

/// A node of pest's tree.
pub(crate) type Node<'i> = Pair<'i, Rule>;

/// More faults than this help nobody, and each costs a second look.
const MAX_FAULTS: usize = 500;

/// A block that nobody closed.
struct Missing {
    /// Where its `}` is missed.
    at: usize,
    /// Its `{`.
    open: Span,
    /// The declaration or statement that it belongs to.
    head: Span,
    of: String,
}

/// What became of a text.
pub(crate) struct Built {
    pub(crate) module: Module,
    /// Faults beside those that the scan found.
    pub(crate) faults: Vec<Fault>,
    pub(crate) sections: Vec<Section>,
}

/// Builds the tree of one text.
pub(crate) struct Builder<'i> {
    /// The text as the author wrote it.
    written: &'i str,
    /// The text as the grammar saw it: comments are blanks.
    text: &'i str,
    scan: &'i Scan,
    /// Where the section begins that is being built: pest counts from there.
    base: usize,
    faults: Vec<Fault>,
    missing: Vec<Missing>,
    /// Blocks that nobody closed, told or not.
    unclosed: usize,
    /// How deep the expression under construction may be already.
    level: usize,
}

impl<'i> Builder<'i> {
    pub(crate) const fn new(written: &'i str, text: &'i str, scan: &'i Scan) -> Self {
        Self { written, text, scan, base: 0, faults: Vec::new(), missing: Vec::new(), unclosed: 0, level: 0 }
    }

    /// The module. `None` where pest gave up: the stack was too small.
    pub(crate) fn module(mut self, memory: &Memory<'_>) -> Option<Built> {
        let mut declarations = Vec::new();
        let mut sections = Vec::new();
        let mut items = Items::default();
        for section in self.scan.sections(self.text.len()) {
            let place = span(section.start, section.end);
            let known = self.written.get(section.clone()).and_then(|text| memory.recall(text, place.start));
            let mut sound = known.is_some();
            if let Some(known) = known {
                items.sound(known.last().map_or(place, Declaration::span));
                declarations.extend(known);
            } else {
                let before = (self.faults.len(), self.unclosed);
                self.base = section.start;
                let text = self.text.get(section).unwrap_or_default();
                for node in Grammar::parse(Rule::file, text).ok()?.flat_map(Node::into_inner) {
                    declarations.extend(self.declaration(node, &mut items));
                }
                let own = declarations.get(sections.last().map_or(0, |section: &Section| section.end)..).unwrap_or_default();
                // Junk may be quiet, since what is wrong with it is said of the junk before.
                sound = before == (self.faults.len(), self.unclosed)
                    && before.0 < MAX_FAULTS
                    && !own.iter().any(|declaration| matches!(declaration, Declaration::Broken(_)))
                    && !self.scan.has_fault(place);
            }
            sections.push(Section { place, end: declarations.len(), sound });
        }
        self.report_missing();
        Some(Built { module: Module { declarations }, faults: self.faults, sections })
    }

    /// Of several braces missed at one place the outermost is reported, at its declaration.
    fn report_missing(&mut self) {
        let mut missing = std::mem::take(&mut self.missing);
        missing.sort_by_key(|missing| (missing.at, missing.open));
        missing.dedup_by_key(|missing| missing.at);
        for Missing { open, head, of, .. } in missing {
            self.faults.push(Fault { kind: FaultKind::Unclosed { bracket: '{', of }, span: head, cause: Some(open) });
        }
    }

    fn fault(&mut self, kind: FaultKind, span: Span) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { kind, span, cause: None });
        }
    }

    /// The node's place. Pest counts blanks and comments after an absent last part to the node; the language does not.
    fn span(&self, node: &Node<'i>) -> Span {
        let place = node.as_span();
        span(self.start(node), self.trim(self.start(node), self.base + place.end()))
    }

    fn start(&self, node: &Node<'i>) -> usize {
        self.base + node.as_span().start()
    }

    fn trim(&self, start: usize, end: usize) -> usize {
        let inside = self.text.as_bytes().get(start..end).unwrap_or_default();
        start + inside.iter().rposition(|byte| *byte > b' ').map_or(0, |last| last + 1)
    }

    fn ident(&self, node: &Node<'i>) -> Ident {
        Ident { name: SmolStr::new(node.as_str()), span: self.span(node) }
    }

    /// A name that is given here.
    fn binder(&mut self, node: &Node<'i>) -> Ident {
        let ident = self.ident(node);
        if words::is_reserved(&ident.name) {
            self.fault(FaultKind::ReservedName(ident.name.clone()), ident.span);
        }
        ident
    }

    /// The documentation comment directly above what begins at `start`.
    fn doc(&self, start: u32) -> Option<String> {
        let comments = &self.scan.comments;
        let mut index = comments.partition_point(|comment| comment.start < start);
        let mut lines = Vec::new();
        let mut below = start as usize;
        while let Some(comment) = index.checked_sub(1).and_then(|before| comments.get(before)) {
            // From below, and no further than the line end: the comment may be far above.
            let mut between =
                self.written.get(comment.end as usize..below)?.bytes().rev().skip_while(|byte| *byte <= b' ' && *byte != b'\n');
            if between.next() != Some(b'\n') || !between.all(|byte| byte == b'\r') {
                break;
            }
            let own_line = self.written.get(..comment.start as usize)?.trim_end_matches([' ', '\t', '\u{feff}']);
            if !own_line.is_empty() && !own_line.ends_with('\n') {
                break;
            }
            let line = self.written.get(comment.range())?.trim_start_matches('#');
            // What is said to the compiler is no documentation.
            if !line.trim_start().starts_with("allow:") {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
            }
            below = own_line.len();
            index -= 1;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Notes a block that ends without its brace. `head` and `of` say whose it is.
    fn unclosed(&mut self, node: &Node<'i>, open: Span, head: Span, of: impl FnOnce() -> String) {
        let at = self.start(node);
        self.unclosed += 1;
        let swallowed = self.scan.faults.iter().any(|fault| {
            let hides = matches!(fault.kind, FaultKind::TooDeep)
                || (matches!(fault.kind, FaultKind::UnclosedText) && fault.span.end as usize == self.text.len());
            hides && fault.span.start >= open.start
        });
        if !swallowed && self.missing.len() < MAX_FAULTS {
            self.missing.push(Missing { at, open, head, of: of() });
        }
    }

    fn path(&self, node: Node<'i>) -> Path {
        let place = self.span(&node);
        let mut parts = node.into_inner().filter(|part| matches!(part.as_rule(), Rule::name | Rule::word));
        let first = parts.next().map_or_else(|| nameless(place), |part| self.ident(&part));
        match parts.next() {
            Some(part) => Path { module: Some(first), name: self.ident(&part) },
            None => Path { module: None, name: first },
        }
    }

    fn type_name(&self, node: Node<'i>) -> Type {
        let place = self.span(&node);
        let mut ty = Type { kind: TypeKind::Name(Path { module: None, name: nameless(place) }), span: place };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::path => {
                    let span = self.span(&part);
                    ty = Type { kind: TypeKind::Name(self.path(part)), span };
                }
                Rule::list_type => {
                    let span = self.span(&part);
                    if let Some(item) = part.into_inner().find(|inner| inner.as_rule() == Rule::type_name) {
                        ty = Type { kind: TypeKind::List(Box::new(self.type_name(item))), span };
                    }
                }
                Rule::optional_mark => ty = Type { kind: TypeKind::Optional(Box::new(ty)), span: place },
                _ => {}
            }
        }
        ty
    }

    /// What could not be read: says why, unless the scan or the junk before it did, and which names are lost with it.
    fn junk(&mut self, node: &Node<'i>, place: &'static Place, items: &mut Items) -> Broken {
        let slice = self.span(node);
        let text = self.text.get(slice.range()).unwrap_or_default();
        let names = diagnose::declared(text, slice.start, place.allowed);
        let quiet = diagnose::explained(self.scan, slice) || items.explains(self.text, slice, place) || self.faults.len() >= MAX_FAULTS;
        if !quiet {
            let fault = diagnose::junk(self.text, self.scan, slice, place, items.sound);
            self.faults.push(fault);
        }
        items.broken(text, slice);
        Broken { names, span: slice }
    }
}

/// What stood before, while the items of a block are read.
#[derive(Default)]
struct Items {
    /// The sound item directly before.
    sound: Option<Span>,
    /// The item before was junk, and it ended in the middle of something.
    open_junk: bool,
    /// The junk before was a clause out of its block: a `{` is missing, and the clauses after it have the same cause.
    loose_clause: bool,
    /// The end of the junk directly before.
    junk_end: Option<u32>,
}

impl Items {
    const fn sound(&mut self, place: Span) {
        self.sound = Some(place);
        self.open_junk = false;
        self.junk_end = None;
    }

    fn broken(&mut self, text: &str, slice: Span) {
        self.sound = None;
        self.junk_end = Some(slice.end);
        self.open_junk = diagnose::ends_open(text);
        self.loose_clause = words::is_clause(diagnose::first_word(text));
    }

    /// Whether the junk before has said already what is wrong with this junk.
    fn explains(&self, text: &str, slice: Span, place: &Place) -> bool {
        let Some(end) = self.junk_end else {
            return false;
        };
        let word = diagnose::first_word(text.get(slice.range()).unwrap_or_default());
        let same_line = !text.get(end as usize..slice.start as usize).unwrap_or_default().contains('\n');
        let known = place.allowed.contains(&word);
        let loose = !known && self.loose_clause && words::is_clause(word);
        // One branch that is missing is missing for all statements that stand there.
        let bare = place.allowed == words::BRANCHES && words::STATEMENTS.contains(&word);
        same_line || loose || bare || word.is_empty() || (self.open_junk && !known)
    }
}

/// The name of something that has none; only broken nodes have it.
const fn nameless(span: Span) -> Ident {
    Ident { name: SmolStr::new_static(""), span }
}
