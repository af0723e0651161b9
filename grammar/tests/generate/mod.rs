//! Programs of every form that the grammar has, with comments, blanks and line ends anywhere.
//!
//! A program is made from bytes: each is one choice, and where they are used up the simplest thing is chosen. So a shorter or smaller row of
//! bytes makes a simpler program, and whoever shrinks the bytes shrinks the program. What is made has no syntax faults; what its names mean
//! is left to chance.

mod declarations;
mod expressions;
mod gates;
mod statements;

/// The program that the bytes make.
pub(crate) fn program(bytes: &[u8]) -> String {
    let mut maker = Maker { bytes, at: 0, out: String::new(), depth: 0, comments: 0 };
    maker.file();
    maker.out
}

/// What a program is made with.
struct Maker<'b> {
    bytes: &'b [u8],
    at: usize,
    out: String,
    /// How deep expressions and blocks nest where it is.
    depth: usize,
    comments: usize,
}

/// Names of values: among them words that mean something elsewhere.
const NAMES: &[&str] = &[
    "a",
    "amount",
    "to",
    "owner",
    "first",
    "read",
    "irreversible",
    "days",
    "result",
    "body",
    "all",
    "any",
    "only",
    "approval",
    "Vendor",
    "_x1",
    "each",
    "within",
    "status",
    "title",
    "every",
    "times",
    "the_name_of_a_value_that_is_rather_long",
];

/// Names of fields and arguments may be any word.
const FIELDS: &[&str] = &["id", "amount", "if", "step", "then", "record", "none", "is_new", "to", "a_field_with_a_name_of_some_length"];

const TEXTS: &[&str] = &[
    r#""""#,
    r#""x""#,
    r#""Pay {amount} to {vendor.name}""#,
    r#""a \"quoted\" \\ \n \t \{ \u{1F44D} # no comment""#,
    r#""ünïcödé {join(["x", "y {to}"], ", ")} and some more words to make it long""#,
    "\"\"\"\n    two\n      lines {a}\n    \"\"\"",
    "\"\"\"one \"line\" only\"\"\"",
    "\"\"\"\n\n  with # no comment\n\n\n  and a gap   \n\"\"\"",
];

impl Maker<'_> {
    /// A number below `below`; 0 is the simplest.
    fn choose(&mut self, below: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % below
    }

    /// Yes with a chance of one in `of`.
    fn rarely(&mut self, of: usize) -> bool {
        self.choose(of) == of - 1
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.choose(from.len())]
    }

    /// A token, parted from the one before it.
    fn token(&mut self, token: &str) {
        self.part(" ");
        self.out.push_str(token);
    }

    /// Several tokens.
    fn tokens(&mut self, tokens: &str) {
        tokens.split(' ').for_each(|token| self.token(token));
    }

    /// A token that may stand directly behind the one before it.
    fn close(&mut self, token: &str) {
        self.part("");
        self.out.push_str(token);
    }

    /// What parts two tokens.
    fn part(&mut self, usual: &str) {
        let kind = self.choose(64);
        match kind {
            48..=50 => self.out.push('\n'),
            51 => self.out.push_str("\n\n"),
            52 => self.out.push_str("   \n \t\n\n  "),
            53 => self.out.push_str("\t "),
            54 => self.out.push_str("\r\n"),
            55 => self.out.push(' '),
            56 => self.comment("\n", "\n"),
            57 => self.comment("\n\n", "\n\n"),
            58 => self.comment("\n  ", "\n\n   "),
            59 => self.comment(" ", "\n"),
            60 => self.comment("", "\n\n"),
            61 => self.comment("\r\n", "\r\n"),
            62 => {
                self.comment("", "\n");
                self.comment("", "\n");
            }
            _ => self.out.push_str(usual),
        }
    }

    fn comment(&mut self, before: &str, behind: &str) {
        self.comments += 1;
        let kind = self.choose(4);
        let text = ["", " ", "# ", "!"][kind];
        self.out.push_str(&format!("{before}#{text}{}{}{behind}", self.comments, ["", "  ", " \"{", "\t"][kind]));
    }

    fn name(&mut self) {
        let name = self.pick(NAMES);
        self.token(name);
    }

    fn field_name(&mut self) {
        let name = self.pick(FIELDS);
        self.token(name);
    }

    fn text(&mut self) {
        let text = self.pick(TEXTS);
        self.token(text);
    }

    /// `a`, `module.name`
    fn path(&mut self) {
        self.name();
        if self.rarely(3) {
            self.close(".");
            let field = self.pick(FIELDS);
            self.close(field);
        }
    }

    fn ty(&mut self) {
        self.depth += 1;
        if self.depth < 8 && self.rarely(4) {
            self.token("[");
            self.ty();
            self.close("]");
        } else {
            self.path();
        }
        if self.rarely(4) {
            self.close("?");
        }
        self.depth -= 1;
    }

    /// `one, two`: from `least` to three more, perhaps with a comma behind the last.
    fn commas(&mut self, least: usize, trailing: bool, mut one: impl FnMut(&mut Self)) {
        let count = least + self.choose(4);
        for index in 0..count {
            one(self);
            if index + 1 < count || trailing && self.rarely(3) {
                self.close(",");
            }
        }
    }

    /// From `least` to three more of something.
    fn several(&mut self, least: usize, mut one: impl FnMut(&mut Self)) {
        for _ in 0..least + self.choose(4) {
            one(self);
        }
    }
}
