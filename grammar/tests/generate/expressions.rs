//! Expressions of every form.

use super::Maker;

const OPERATORS: &[&str] = &[
    "and",
    "or",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "contains",
    "starts with",
    "ends with",
    "is none",
    "is present",
    "otherwise",
];

impl Maker<'_> {
    pub(super) fn expr(&mut self) {
        if self.depth > 5 {
            return self.name();
        }
        self.depth += 1;
        if self.rarely(12) {
            self.choice();
        } else {
            self.row();
        }
        self.depth -= 1;
    }

    fn choice(&mut self) {
        self.token("if");
        self.expr();
        self.token("then");
        self.expr();
        self.token("else");
        self.expr();
    }

    /// Operands and operators; comparisons do not chain, so each is alone in its brackets.
    fn row(&mut self) {
        self.operand();
        let mut compared = false;
        for _ in 0..self.choose(5) {
            let operator = self.pick(OPERATORS);
            match operator {
                "and" | "or" => compared = false,
                "+" | "-" | "*" | "/" | "%" | "otherwise" => {}
                _ if compared => continue,
                _ => compared = true,
            }
            self.tokens(operator);
            if !operator.starts_with("is ") {
                self.operand();
            }
        }
        if !compared && self.rarely(16) {
            self.tokens("and a matches");
            if self.rarely(2) { self.name() } else { self.token(r##""^[a-z]{2}\d+\"#$""##) }
        }
    }

    fn operand(&mut self) {
        match self.choose(12) {
            9 => {
                self.token("-");
                self.part("");
            }
            10 => self.token("not"),
            _ => {}
        }
        self.primary();
        for _ in 0..self.choose(3) {
            self.postfix();
        }
    }

    fn primary(&mut self) {
        match self.choose(16) {
            1 => self.token("1_000.50"),
            2 => self.tokens("12.50 EUR"),
            3 => self.tokens("2 business days"),
            4 => self.tokens("30 seconds"),
            5 => self.token("2026-11-22"),
            6 => self.token("2026-11-22T09:00:00+01:00"),
            7 => self.text(),
            8 => self.token("true"),
            9 => self.token("none"),
            10 => self.bracket(),
            11 => self.list(),
            12 => self.record(),
            13 => self.function(),
            _ => self.name(),
        }
    }

    fn postfix(&mut self) {
        match self.choose(6) {
            1 => {
                self.close("[");
                self.expr();
                self.close("]");
            }
            2 => {
                self.token("as");
                self.ty();
            }
            3 => {
                // Directly behind a date it would be part of it.
                if self.out.ends_with("22") || self.out.ends_with("01:00") {
                    self.token(".")
                } else {
                    self.close(".")
                }
                let field = self.pick(super::FIELDS);
                self.close(field);
            }
            _ => {}
        }
    }

    fn bracket(&mut self) {
        self.token("(");
        self.expr();
        self.close(")");
    }

    fn list(&mut self) {
        self.token("[");
        self.depth += 1;
        if self.rarely(4) {
            self.expr();
            self.for_tail();
        } else {
            self.commas(0, true, Self::expr);
        }
        self.depth -= 1;
        self.close("]");
    }

    pub(super) fn record(&mut self) {
        self.token("{");
        self.inits();
        self.close("}");
    }

    pub(super) fn inits(&mut self) {
        self.depth += 1;
        self.commas(0, true, |maker| {
            if maker.rarely(3) {
                maker.name();
            } else {
                maker.field_name();
                maker.close(":");
                maker.expr();
            }
        });
        self.depth -= 1;
    }

    fn function(&mut self) {
        self.name();
        self.close("(");
        self.depth += 1;
        match self.choose(5) {
            3 => {
                self.expr();
                self.for_tail();
            }
            4 => {
                self.expr();
                self.token("by");
                self.expr();
                self.for_tail();
            }
            _ => self.commas(0, true, Self::expr),
        }
        self.depth -= 1;
        self.close(")");
    }

    fn for_tail(&mut self) {
        self.tokens("for i in");
        self.expr();
        if self.rarely(2) {
            self.token("if");
            self.expr();
        }
    }
}
