//! Texts: escapes, interpolations, and the indentation of texts over several lines.

use super::{Builder, Node};
use crate::ast::{Expr, ExprKind, Template, TemplatePart};
use crate::diagnose;
use crate::grammar::Rule;

/// A part of a text before it is put together.
enum Piece<'i> {
    /// As written; in a long text its lines still have their indentation.
    Raw(&'i str),
    /// What an escape stands for.
    Escaped(char),
    Hole(Expr),
}

impl<'i> Builder<'i> {
    pub(super) fn template(&mut self, node: Node<'i>) -> Template {
        let span = self.span(&node);
        let mut pieces = Vec::new();
        let mut long = false;
        let mut inner = node.into_inner();
        if inner.peek().is_some_and(|first| first.as_rule() == Rule::long_text) {
            long = true;
            inner = inner.next().map(Node::into_inner).unwrap_or(inner);
        }
        for part in inner {
            match part.as_rule() {
                Rule::chars | Rule::long_chars | Rule::lone_quote => pieces.push(Piece::Raw(part.as_str())),
                Rule::escape => pieces.extend(escaped(part.as_str()).map(Piece::Escaped)),
                Rule::hole => pieces.push(Piece::Hole(self.hole(part))),
                _ => {}
            }
        }
        let parts = if long { joined(strip_indentation(pieces)) } else { joined(pieces.into_iter().map(owned).collect()) };
        Template { parts, span }
    }

    fn hole(&mut self, node: Node<'i>) -> Expr {
        let span = self.span(&node);
        let inner = node.into_inner().next();
        if let Some(inner) = inner
            && inner.as_rule() == Rule::interpolation
            && let Some(expr) = inner.into_inner().find(|part| part.as_rule() == Rule::expr)
        {
            return self.expr(expr);
        }
        if !diagnose::explained(self.scan, span) {
            let fault = diagnose::hole(self.text, span);
            self.fault(fault.kind, fault.span);
        }
        Expr { kind: ExprKind::Broken, span }
    }
}

/// What an escape stands for; the scan has reported those that stand for nothing.
fn escaped(text: &str) -> Option<char> {
    let rest = text.strip_prefix('\\')?;
    match rest.chars().next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'u' if rest.len() > 1 => {
            let code = rest.strip_prefix("u{")?.strip_suffix('}')?;
            u32::from_str_radix(code, 16).ok().and_then(char::from_u32)
        }
        other => Some(other),
    }
}

fn owned(piece: Piece<'_>) -> TemplatePart {
    match piece {
        Piece::Raw(text) => TemplatePart::Text(text.to_owned()),
        Piece::Escaped(character) => TemplatePart::Text(character.to_string()),
        Piece::Hole(expr) => TemplatePart::Expr(expr),
    }
}

/// Joins neighbouring texts and drops empty ones.
fn joined(parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
    let mut joined: Vec<TemplatePart> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (_, TemplatePart::Text(text)) if text.is_empty() => {}
            (Some(TemplatePart::Text(before)), TemplatePart::Text(text)) => before.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// The indentation that all lines share is not part of a long text, nor are its first newline and a last line of blanks.
fn strip_indentation(pieces: Vec<Piece<'_>>) -> Vec<TemplatePart> {
    let indentation = shared_indentation(&pieces);
    let count = pieces.len();
    let mut parts = Vec::with_capacity(count);
    let mut first = true;
    for (index, piece) in pieces.into_iter().enumerate() {
        let Piece::Raw(raw) = piece else {
            first = false;
            parts.push(owned(piece));
            continue;
        };
        let raw = raw.replace("\r\n", "\n");
        let last = index + 1 == count;
        let mut text = String::with_capacity(raw.len());
        let mut lines = raw.split('\n').peekable();
        if let Some(head) = lines.next() {
            let opening = first && head.trim().is_empty() && lines.peek().is_some();
            if !opening {
                text.push_str(head);
            }
            let mut newline = !opening;
            while let Some(line) = lines.next() {
                let closing = last && lines.peek().is_none() && line.trim().is_empty();
                if closing {
                    break;
                }
                if newline {
                    text.push('\n');
                }
                newline = true;
                let blank = line.trim().is_empty() && lines.peek().is_some();
                if !blank {
                    text.push_str(line.get(indentation.min(leading(line))..).unwrap_or_default());
                }
            }
        }
        first = false;
        parts.push(TemplatePart::Text(text));
    }
    parts
}

fn leading(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Of all lines but the first that hold more than blanks, and of the line of the closing quotes.
fn shared_indentation(pieces: &[Piece<'_>]) -> usize {
    let mut least = usize::MAX;
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Raw(raw) = piece else { continue };
        let mut lines = raw.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            let ends_here = lines.peek().is_some();
            let blank = line.trim().is_empty();
            let closing = !ends_here && index + 1 == pieces.len();
            // A line that stops here goes on with an escape, an interpolation or the closing quotes.
            if !blank || !ends_here || closing {
                least = least.min(leading(line));
            }
        }
    }
    if least == usize::MAX { 0 } else { least }
}
