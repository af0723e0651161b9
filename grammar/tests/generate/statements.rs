//! Statements of workflows and of tests.

use super::Maker;

impl Maker<'_> {
    pub(super) fn block(&mut self) {
        self.token("{");
        self.depth += 1;
        self.several(0, Self::statement);
        self.depth -= 1;
        self.close("}");
    }

    pub(super) fn statement(&mut self) {
        let kinds = if self.depth > 3 { 8 } else { 12 };
        match self.choose(kinds) {
            1 => {
                self.tokens("let total =");
                self.expr();
            }
            2 | 3 => self.gate(),
            4 => {
                self.token("wait");
                if self.rarely(2) {
                    self.token("until");
                }
                self.expr();
            }
            5 => {
                self.token("give");
                self.expr();
            }
            6 => {
                self.token("return");
                self.expr();
            }
            7 => {
                self.token("fail");
                self.text();
            }
            8 => self.if_else(),
            9 => self.match_on(),
            10 => {
                if self.rarely(2) {
                    self.tokens("let results =");
                }
                self.for_each();
            }
            11 => {
                self.tokens("parallel {");
                self.several(0, |maker| {
                    maker.token("branch");
                    maker.block();
                });
                self.token("}");
            }
            _ => self.step(),
        }
    }

    fn step(&mut self) {
        if self.rarely(3) {
            self.token("try");
        }
        self.token("step");
        if self.rarely(2) {
            self.tokens("done =");
        }
        self.call();
        if self.rarely(3) {
            self.token("{");
            self.several(0, Self::step_clause);
            self.token("}");
        }
    }

    fn step_clause(&mut self) {
        match self.choose(5) {
            1 => {
                self.token("timeout");
                self.expr();
            }
            2 => {
                self.tokens("repeat every");
                self.expr();
                self.token("until");
                self.expr();
                self.token("within");
                self.expr();
            }
            3 => {
                self.token("undo");
                self.call();
            }
            4 => {
                self.tokens("without approval because");
                self.text();
            }
            _ => {
                self.tokens("retry 3 times");
                if self.rarely(2) {
                    self.tokens("every 10 seconds");
                    if self.rarely(2) {
                        self.token("doubling");
                    }
                }
            }
        }
    }

    pub(super) fn call(&mut self) {
        self.path();
        self.close("(");
        self.inits();
        self.close(")");
    }

    fn if_else(&mut self) {
        self.token("if");
        self.expr();
        self.block();
        for _ in 0..self.choose(3) {
            self.tokens("else if");
            self.expr();
            self.block();
        }
        if self.rarely(2) {
            self.token("else");
            self.block();
        }
    }

    fn match_on(&mut self) {
        self.token("match");
        self.expr();
        self.token("{");
        self.several(0, |maker| {
            maker.commas(1, false, |maker| {
                let member = maker.pick(&["low", "medium", "high", "none", "a_member_with_a_name_of_some_length"]);
                maker.token(member);
            });
            maker.block();
        });
        if self.rarely(2) {
            self.token("else");
            self.block();
        }
        self.token("}");
    }

    fn for_each(&mut self) {
        self.tokens("for each line in");
        self.expr();
        if self.rarely(2) {
            self.tokens("at most");
            self.expr();
            self.tokens("at once");
        }
        self.block();
    }

    pub(super) fn test_statement(&mut self) {
        match self.choose(8) {
            1 => {
                self.token("run");
                self.call();
                if self.rarely(2) {
                    self.token("by");
                    self.person();
                }
            }
            2 => self.decide(),
            3 => {
                self.token("advance");
                self.expr();
            }
            4 => {
                self.tokens("expect approval shows");
                self.pinned();
            }
            5 => self.expect_called(),
            6 => {
                let status = self.pick(&["waiting", "completed", "failed", "rejected", "cancelled", "in doubt"]);
                self.token("expect");
                self.tokens(status);
                if self.rarely(3) {
                    self.token("for");
                    self.person();
                }
                if self.rarely(3) {
                    self.token("with");
                    self.expr();
                }
            }
            7 => {
                self.tokens("stub refund");
                match self.choose(3) {
                    1 => self.token("unknown"),
                    2 => {
                        self.token("fails");
                        self.text();
                    }
                    _ => self.token("fails"),
                }
            }
            _ => {
                self.token("stub");
                self.path();
                self.token("returns");
                self.expr();
            }
        }
    }

    fn decide(&mut self) {
        let answer = self.pick(&["approve", "reject", "send back", "done", "not done", "give up", "cancel"]);
        self.tokens(answer);
        self.several(0, |maker| match maker.choose(3) {
            1 => {
                maker.token("comment");
                maker.expr();
            }
            2 => {
                maker.token("with");
                maker.pinned();
            }
            _ => {
                maker.token("by");
                maker.person();
            }
        });
    }

    fn expect_called(&mut self) {
        self.token("expect");
        self.path();
        match self.choose(4) {
            1 => self.tokens("not called"),
            2 => self.tokens("called once"),
            3 => self.tokens("called 2 times"),
            _ => self.token("called"),
        }
        if self.rarely(2) {
            self.token("with");
            self.pinned();
        }
    }

    fn pinned(&mut self) {
        self.commas(1, false, |maker| {
            maker.field_name();
            maker.close(":");
            maker.expr();
        });
    }
}
