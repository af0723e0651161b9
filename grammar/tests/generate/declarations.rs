//! Files and their declarations.

use super::Maker;

impl Maker<'_> {
    pub(super) fn file(&mut self) {
        self.part("");
        for _ in 0..=self.choose(6) {
            self.declaration();
        }
        self.part("\n");
    }

    fn declaration(&mut self) {
        match self.choose(10) {
            1 | 2 => self.action(),
            3 => self.record_declaration(),
            4 => self.enumeration(),
            5 => self.group(),
            6 => self.policy(),
            7 => {
                self.token("use");
                self.token("\"bank.flow\"");
                if self.rarely(2) {
                    self.tokens("as bank");
                }
            }
            8 => {
                self.tokens("test");
                self.token("\"large refunds wait\"");
                self.token("{");
                self.several(0, Self::test_statement);
                self.token("}");
            }
            _ => self.workflow(),
        }
    }

    fn record_declaration(&mut self) {
        self.tokens("record Line {");
        self.several(0, |maker| {
            maker.field_name();
            maker.close(":");
            maker.ty();
            if maker.rarely(3) {
                maker.token("from");
                maker.token("\"lineId\"");
            }
            if maker.rarely(2) {
                maker.close(",");
            }
        });
        self.token("}");
    }

    fn enumeration(&mut self) {
        self.tokens("enum Risk {");
        self.several(0, |maker| {
            let member = maker.pick(&["low", "medium", "high", "then", "none", "a_member_with_a_name_of_quite_some_length"]);
            maker.token(member);
            if maker.rarely(2) {
                maker.close(",");
            }
        });
        self.token("}");
    }

    fn group(&mut self) {
        self.tokens("group finance {");
        self.several(0, |maker| {
            maker.token("\"ana@acme.example\"");
            if maker.rarely(2) {
                maker.close(",");
            }
        });
        self.token("}");
    }

    fn policy(&mut self) {
        self.token("policy");
        self.token("\"Money leaves only with approval\"");
        self.token("{");
        self.several(0, |maker| {
            match maker.choose(3) {
                1 => maker.tokens("any action"),
                2 => maker.tokens("any irreversible action"),
                _ => maker.tokens("transfer"),
            }
            maker.duty();
        });
        self.token("}");
    }

    fn duty(&mut self) {
        self.tokens("only after approval");
        let by = self.rarely(2);
        if by {
            self.by();
        }
        if self.rarely(2) {
            self.token("when");
            self.expr();
        }
    }

    fn head(&mut self, word: &str) {
        self.token(word);
        self.name();
        self.close("(");
        self.commas(0, true, |maker| {
            maker.name();
            maker.close(":");
            maker.ty();
            if maker.rarely(3) {
                maker.token("=");
                maker.expr();
            }
        });
        self.close(")");
        if self.rarely(2) {
            self.token("->");
            self.ty();
        }
    }

    fn action(&mut self) {
        match self.choose(3) {
            1 => self.token("read"),
            2 => self.token("irreversible"),
            _ => {}
        }
        self.head("action");
        for _ in 0..self.choose(3) {
            self.duty();
        }
        self.token("{");
        self.implementation();
        self.several(0, Self::clause);
        if self.rarely(4) {
            self.tokens("preview {");
            self.implementation();
            self.token("}");
        }
        self.token("}");
    }

    fn implementation(&mut self) {
        match self.choose(6) {
            1 => {
                let method = self.pick(&["get", "post", "put", "patch", "delete"]);
                self.token("http");
                self.token(method);
                self.text();
            }
            2 => {
                self.token("sql");
                self.text();
                self.text();
            }
            3 => self.token("email"),
            4 => {
                self.token("model");
                self.text();
            }
            5 => {
                self.token("worker");
                self.text();
            }
            _ => {
                self.token("exec");
                self.text();
                self.token("[");
                self.commas(0, true, Self::expr);
                self.close("]");
            }
        }
    }

    fn clause(&mut self) {
        let words = [
            "timeout",
            "body",
            "stdin",
            "cwd",
            "ok when",
            "not done when",
            "result",
            "to",
            "subject",
            "attach",
            "prompt",
            "temperature",
            "header",
            "query",
            "env",
        ];
        let word = self.pick(&words);
        self.tokens(word);
        match word {
            "header" | "query" => {
                self.text();
                self.expr();
            }
            "env" => self.record(),
            _ => self.expr(),
        }
    }

    fn workflow(&mut self) {
        self.head("workflow");
        self.token("{");
        self.several(0, Self::setting);
        self.several(0, Self::statement);
        if self.rarely(3) {
            self.token("return");
        } else if self.rarely(3) {
            self.token("fail");
        }
        for _ in 0..self.choose(3) {
            let event = self.pick(&["failure", "reject", "cancel"]);
            self.token("on");
            self.token(event);
            self.block();
        }
        self.token("}");
    }

    fn setting(&mut self) {
        match self.choose(7) {
            1 => {
                self.tokens("once per");
                self.expr();
            }
            2 => {
                self.tokens("one at a time per");
                self.expr();
            }
            3 => {
                self.tokens("starts by");
                self.approvers();
            }
            4 => {
                self.tokens("seen by");
                self.approvers();
            }
            5 => {
                self.tokens("on schedule");
                self.token("\"0 9 * * *\"");
                if self.rarely(2) {
                    self.token("in");
                    self.token("\"Europe/Berlin\"");
                }
            }
            6 => {
                self.tokens("on webhook");
                self.token("\"orders\"");
            }
            _ => {
                self.token("owner");
                self.person();
            }
        }
    }
}
