//! Gates and those who decide.

use super::Maker;

impl Maker<'_> {
    pub(super) fn gate(&mut self) {
        self.tokens("require approval");
        if self.rarely(3) {
            self.tokens("as review");
        }
        let banded = self.rarely(3);
        self.several(0, |maker| maker.gate_clause(banded));
        if self.rarely(2) {
            self.token("{");
            self.several(0, |maker| maker.gate_clause(banded));
            self.token("}");
        }
    }

    fn gate_clause(&mut self, banded: bool) {
        match self.choose(14) {
            0 => {
                self.token("when");
                self.expr();
            }
            1 => self.by(),
            2 if banded => {
                self.token("otherwise");
                if self.rarely(2) { self.token("nobody") } else { self.by() }
            }
            2 | 3 if banded => {
                self.token("when");
                self.expr();
                if self.rarely(2) { self.token("nobody") } else { self.by() }
            }
            4 => {
                self.token("title");
                self.text();
            }
            5 | 6 => self.show(),
            7 | 8 => self.within(),
            9 => {
                self.tokens("remind every");
                self.expr();
            }
            10 => self.ask(),
            11 => {
                self.tokens("reason required");
                match self.choose(3) {
                    1 => self.tokens("on reject"),
                    2 => self.tokens("on approve"),
                    _ => {}
                }
            }
            _ => self.tokens("send back to requester"),
        }
    }

    fn show(&mut self) {
        self.token("show");
        self.commas(1, false, |maker| {
            maker.expr();
            match maker.choose(4) {
                1 => {
                    maker.token("as");
                    maker.text();
                }
                2 => maker.tokens("as table"),
                3 => maker.tokens("as diff \"Change\""),
                _ => {}
            }
        });
    }

    fn within(&mut self) {
        self.token("within");
        self.expr();
        for _ in 0..self.choose(3) {
            self.close(",");
            self.tokens("then escalate to");
            self.stage();
            self.except();
            if self.rarely(2) {
                self.token("within");
                self.expr();
            }
        }
        match self.choose(5) {
            1 => self.then("reject"),
            2 => self.then("approve"),
            3 => self.then("fail"),
            4 => {
                self.then("fail");
                self.text();
            }
            _ => {}
        }
    }

    fn then(&mut self, what: &str) {
        self.close(",");
        self.token("then");
        self.token(what);
    }

    fn ask(&mut self) {
        self.token("ask");
        self.field_name();
        self.close(":");
        self.ty();
        if self.rarely(2) {
            self.token("=");
            self.expr();
        }
        if self.rarely(2) {
            self.token("as");
            self.text();
        }
    }

    pub(super) fn by(&mut self) {
        self.token("by");
        self.approvers();
    }

    pub(super) fn approvers(&mut self) {
        self.stage();
        for _ in 0..self.choose(3) {
            self.close(",");
            self.token("then");
            self.stage();
        }
        self.except();
    }

    fn except(&mut self) {
        for _ in 0..self.choose(3) {
            self.token("except");
            self.person();
        }
    }

    fn stage(&mut self) {
        self.term();
        for _ in 0..self.choose(3) {
            self.token("and");
            self.term();
        }
    }

    fn term(&mut self) {
        match self.choose(4) {
            1 => self.tokens("all of"),
            2 => self.tokens("2 of"),
            _ => {}
        }
        self.person();
    }

    pub(super) fn person(&mut self) {
        match self.choose(4) {
            1 => self.token("\"ana@acme.example\""),
            2 => {
                self.token("invoice");
                self.close(".");
                self.close("approver");
            }
            _ => self.token("finance"),
        }
    }
}
