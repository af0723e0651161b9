//! From tokens and places where a line may end to lines.
//!
//! A group stands on one line where it fits, up to the next place behind it where a line may end; otherwise every such place of its own
//! ends the line. One walk backwards measures all groups, one forwards prints them, so the time goes with the length of the text.

use super::WIDTH;

/// One step of printing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op<'t> {
    /// A token as it is; only a text in `"""` has line ends in it.
    Token(&'t str),
    /// A comma that is written only where its group stands on one line.
    FlatComma,
    /// A blank. Where a comment made the line end, what follows is indented as the rest of a statement.
    Space,
    /// The same before what begins no deeper than its statement does: `{`, `else`.
    Join,
    /// A line end where the group is broken, otherwise a blank.
    Line,
    /// A line end where the group is broken, otherwise nothing.
    SoftLine,
    /// A line end.
    Break {
        /// And an empty line.
        blank: bool,
    },
    /// A comment, behind the last token, or on a line of its own.
    Comment {
        text: &'t str,
        own_line: bool,
    },
    Open,
    Close,
    Indent,
    Dedent,
}

/// What stands between the last token and the next.
#[derive(Clone, Copy)]
enum Gap {
    Nothing,
    Space,
    Join,
    Newline { level: usize, blank: bool },
}

struct Printer {
    out: String,
    /// Characters on the line so far.
    column: usize,
    level: usize,
    gap: Gap,
    /// The level on which the text goes on after a comment, unless the gap says another.
    after_comment: Option<usize>,
    /// The groups around, the innermost last: whether their lines end.
    broken: Vec<bool>,
}

/// The lines of all steps.
pub(super) fn print(ops: &[Op<'_>]) -> String {
    let mut widths = measure(ops).into_iter();
    let mut printer = Printer { out: String::new(), column: 0, level: 0, gap: Gap::Nothing, after_comment: None, broken: vec![true] };
    for op in ops {
        let width = if matches!(op, Op::Open) { widths.next_back().flatten() } else { None };
        printer.step(*op, width);
    }
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

/// What is known of a group from behind.
struct Measured {
    /// The width of all that stands behind it.
    behind: usize,
    /// The width of what stands behind it up to the next place where the line may end.
    tail: usize,
    /// It holds a comment or a line end.
    forced: bool,
}

/// How wide each group is on one line, with what must stand behind it there; `None` where it cannot. The last group comes first.
fn measure(ops: &[Op<'_>]) -> Vec<Option<usize>> {
    let mut widths = Vec::new();
    let mut open: Vec<Measured> = Vec::new();
    let mut total = 0;
    let mut ahead = 0;
    for op in ops.iter().rev() {
        match op {
            Op::Token(text) => {
                let mut lines = text.split('\n');
                let width = lines.next().unwrap_or_default().chars().count();
                total += width;
                ahead = if lines.next().is_some() { width } else { ahead + width };
            }
            Op::FlatComma => total += 1,
            Op::Space | Op::Join => {
                total += 1;
                ahead += 1;
            }
            Op::Line | Op::SoftLine => {
                total += usize::from(matches!(op, Op::Line));
                ahead = 0;
            }
            Op::Break { .. } | Op::Comment { .. } => {
                ahead = 0;
                if let Some(group) = open.last_mut() {
                    group.forced = true;
                }
            }
            Op::Close => open.push(Measured { behind: total, tail: ahead, forced: false }),
            Op::Open => {
                let Some(group) = open.pop() else { continue };
                if group.forced
                    && let Some(around) = open.last_mut()
                {
                    around.forced = true;
                }
                widths.push((!group.forced).then(|| total - group.behind + group.tail));
            }
            Op::Indent | Op::Dedent => {}
        }
    }
    widths
}

impl Printer {
    fn step(&mut self, op: Op<'_>, width: Option<usize>) {
        match op {
            Op::Token(text) => self.token(text),
            Op::FlatComma if !self.is_broken() => self.token(","),
            Op::FlatComma => {}
            Op::Space => self.blank(Gap::Space),
            Op::Join => self.blank(Gap::Join),
            Op::Line if !self.is_broken() => self.blank(Gap::Space),
            Op::SoftLine if !self.is_broken() => {}
            Op::Line | Op::SoftLine => self.line(false),
            Op::Break { blank } => self.line(blank),
            Op::Comment { text, own_line } => self.comment(text, own_line),
            Op::Open => {
                let fits = width.is_some_and(|width| self.begin() + width <= WIDTH);
                let broken = self.is_broken() && !fits;
                self.broken.push(broken);
            }
            Op::Close => {
                self.broken.pop();
            }
            Op::Indent => self.level += 1,
            Op::Dedent => self.level = self.level.saturating_sub(1),
        }
    }

    fn is_broken(&self) -> bool {
        self.broken.last().copied().unwrap_or(true)
    }

    /// The column where the next token would begin.
    const fn begin(&self) -> usize {
        match self.gap {
            Gap::Nothing => self.column,
            Gap::Space | Gap::Join => self.column + 1,
            Gap::Newline { level, .. } => 2 * level,
        }
    }

    fn blank(&mut self, gap: Gap) {
        if !matches!(self.gap, Gap::Newline { .. }) {
            self.gap = gap;
        }
    }

    fn line(&mut self, blank: bool) {
        self.gap = Gap::Newline { level: self.level, blank };
    }

    fn token(&mut self, text: &str) {
        match (self.gap, self.after_comment.take()) {
            (Gap::Newline { level, blank }, _) => self.newline(level, blank),
            (Gap::Join, Some(_)) => self.newline(self.level, false),
            (_, Some(level)) => self.newline(level, false),
            (Gap::Space | Gap::Join, None) => self.write(" "),
            (Gap::Nothing, None) => {}
        }
        self.gap = Gap::Nothing;
        self.write(text);
    }

    fn comment(&mut self, text: &str, own_line: bool) {
        let goes_on = if own_line {
            let (level, blank) = match (self.gap, self.after_comment) {
                (Gap::Newline { level, blank }, _) => (level, blank),
                (Gap::Join, _) => (self.level, false),
                (_, Some(level)) => (level, false),
                (_, None) => (self.level + 1, false),
            };
            self.newline(level, blank);
            level
        } else {
            self.write(" ");
            self.level + 1
        };
        self.gap = Gap::Nothing;
        self.write(text);
        self.after_comment = Some(goes_on);
    }

    fn newline(&mut self, level: usize, blank: bool) {
        if self.out.is_empty() {
            return;
        }
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        self.out.extend(std::iter::repeat_n(' ', 2 * level));
        self.column = 2 * level;
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }
}
