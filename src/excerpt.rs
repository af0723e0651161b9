//! Files as they are drawn under a diagnostic: lines that are too long for any screen are cut around what the diagnostic points at.
//!
//! Places keep their line and column: only what is drawn is shorter.

use std::ops::Range;

use codespan_reporting::files::{Error, Files};

/// A line of more characters than this is cut.
const LONG: usize = 300;

/// So many characters are left on both sides of what is pointed at, and of that at most `MOST`.
const AROUND: usize = 60;
const MOST: usize = 120;

/// What stands for what was cut.
const GAP: &str = "…";

/// Files with their long lines cut.
pub(crate) struct Excerpts<'a>(Vec<Excerpt<'a>>);

struct Excerpt<'a> {
    name: &'a str,
    /// The text before anything was cut.
    whole: &'a str,
    text: String,
    starts: Vec<usize>,
    cuts: Vec<Cut>,
}

/// A part that was cut: where it was, and where its gap is.
struct Cut {
    was: Range<usize>,
    gap: usize,
}

/// Whether a place touches a line that is too long, or spans so many lines that one of them is.
pub(crate) fn is_long(text: &str, place: &Range<usize>) -> bool {
    let end = place.end.max(place.start).min(text.len());
    let (Some(before), Some(within), Some(after)) = (text.get(..place.start), text.get(place.start..end), text.get(end..)) else {
        return false;
    };
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let stop = end + after.find('\n').unwrap_or(after.len());
    let longest =
        if within.contains('\n') { text.get(start..stop).and_then(|lines| lines.lines().map(str::len).max()) } else { Some(stop - start) };
    // Bytes first: most lines are short.
    longest.is_some_and(|bytes| bytes > LONG)
}

impl<'a> Excerpts<'a> {
    /// Cuts the files, each given by name and text, around places in them.
    pub(crate) fn new(files: impl Iterator<Item = (&'a str, &'a str)>, places: &[(usize, Range<usize>)]) -> Self {
        let cut = |(file, (name, whole)): (usize, (&'a str, &'a str))| {
            let here: Vec<&Range<usize>> = places.iter().filter(|(of, _)| *of == file).map(|(_, place)| place).collect();
            // Nothing is drawn of the others.
            if here.is_empty() { Excerpt::of(name, "", &[]) } else { Excerpt::of(name, whole, &here) }
        };
        Self(files.enumerate().map(cut).collect())
    }

    /// Where a place is in what is drawn.
    pub(crate) fn drawn(&self, file: usize, place: &Range<usize>) -> Range<usize> {
        self.0.get(file).map_or(0..0, |excerpt| excerpt.drawn(place.start)..excerpt.drawn(place.end))
    }

    fn excerpt(&self, file: usize) -> Result<&Excerpt<'a>, Error> {
        self.0.get(file).ok_or(Error::FileMissing)
    }
}

impl<'a> Excerpt<'a> {
    fn of(name: &'a str, whole: &'a str, places: &[&Range<usize>]) -> Self {
        let mut excerpt = Self { name, whole, text: String::with_capacity(whole.len()), starts: vec![0], cuts: Vec::new() };
        let mut start = 0;
        for line in whole.split_inclusive('\n') {
            excerpt.line(start, line, places);
            start += line.len();
            if line.ends_with('\n') {
                excerpt.starts.push(excerpt.text.len());
            }
        }
        excerpt
    }

    fn line(&mut self, start: usize, line: &str, places: &[&Range<usize>]) {
        if line.len() <= LONG || line.chars().count() <= LONG {
            self.text.push_str(line);
            return;
        }
        let body = line.trim_end_matches('\n');
        let mut kept = start;
        for part in parts(start, body, places) {
            self.cut(kept..part.start);
            self.text.push_str(self.whole.get(part.clone()).unwrap_or_default());
            kept = part.end;
        }
        self.cut(kept..start + body.len());
        self.text.push_str(line.get(body.len()..).unwrap_or_default());
    }

    fn cut(&mut self, was: Range<usize>) {
        if !was.is_empty() {
            self.cuts.push(Cut { was, gap: self.text.len() });
            self.text.push_str(GAP);
        }
    }

    fn drawn(&self, offset: usize) -> usize {
        let before = self.cuts.partition_point(|cut| cut.was.start <= offset);
        match before.checked_sub(1).and_then(|last| self.cuts.get(last)) {
            Some(cut) if offset < cut.was.end => cut.gap,
            Some(cut) => cut.gap + GAP.len() + (offset - cut.was.end),
            None => offset,
        }
    }

    fn was(&self, drawn: usize) -> usize {
        let before = self.cuts.partition_point(|cut| cut.gap <= drawn);
        match before.checked_sub(1).and_then(|last| self.cuts.get(last)) {
            Some(cut) if drawn < cut.gap + GAP.len() => cut.was.start,
            Some(cut) => cut.was.end + (drawn - cut.gap - GAP.len()),
            None => drawn,
        }
    }
}

/// The parts of a line that are kept, in order: those around places in it, or else its beginning.
fn parts(start: usize, line: &str, places: &[&Range<usize>]) -> Vec<Range<usize>> {
    let end = start + line.len();
    let mut kept: Vec<Range<usize>> = Vec::new();
    for place in places.iter().filter(|place| place.start <= end && place.end >= start) {
        let first = place.start.clamp(start, end);
        let last = place.end.clamp(first, end);
        let from = back(line, first - start, AROUND);
        let to = on(line, (last - start).min(on(line, first - start, MOST)), AROUND);
        kept.push(start + from..start + to);
    }
    if kept.is_empty() {
        kept.push(start..start + on(line, 0, MOST + AROUND));
    }
    kept.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in kept {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined
}

/// So many characters before a place.
fn back(line: &str, at: usize, characters: usize) -> usize {
    let before = line.get(..at).unwrap_or_default();
    before.char_indices().rev().take(characters).last().map_or(at, |(index, _)| index)
}

/// So many characters after a place.
fn on(line: &str, at: usize, characters: usize) -> usize {
    let after = line.get(at..).unwrap_or_default();
    after.char_indices().nth(characters).map_or(line.len(), |(index, _)| at + index)
}

impl<'f> Files<'f> for Excerpts<'f> {
    type FileId = usize;
    type Name = &'f str;
    type Source = &'f str;

    fn name(&'f self, file: usize) -> Result<&'f str, Error> {
        Ok(self.excerpt(file)?.name)
    }

    fn source(&'f self, file: usize) -> Result<&'f str, Error> {
        Ok(&self.excerpt(file)?.text)
    }

    fn line_index(&'f self, file: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.excerpt(file)?.starts.partition_point(|start| *start <= byte).saturating_sub(1))
    }

    fn line_range(&'f self, file: usize, line: usize) -> Result<Range<usize>, Error> {
        let excerpt = self.excerpt(file)?;
        let max = excerpt.starts.len();
        let start = *excerpt.starts.get(line).ok_or(Error::LineTooLarge { given: line, max })?;
        Ok(start..excerpt.starts.get(line + 1).copied().unwrap_or(excerpt.text.len()))
    }

    fn column_number(&'f self, file: usize, line: usize, byte: usize) -> Result<usize, Error> {
        let excerpt = self.excerpt(file)?;
        let start = excerpt.was(self.line_range(file, line)?.start);
        let before = excerpt.whole.get(start..excerpt.was(byte)).unwrap_or_default();
        Ok(before.chars().count() + 1)
    }
}
