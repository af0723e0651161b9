//! Handlers, and what makes runs come to them.

use super::{Cond, Kind, Maker, Scope, Term};

impl Maker<'_> {
    /// The end of the body, where many runs fail, and handlers after it: each sees the parameters and why it runs, and no gate before it.
    pub(super) fn handlers(&mut self) {
        if self.choices.often(60) {
            let condition = self.condition(&Scope::default());
            let why = self.choices.one(&["fail", "fail \"{country}\"", "fail \"DE\"", "fail \"{country}{note otherwise country}\""]);
            self.line(format_args!("if {condition} {{ {why} }}"));
        }
        for (event, often) in [("failure", 75), ("reject", 40), ("cancel", 30)] {
            if self.choices.often(often) {
                self.line(format_args!("on {event} {{"));
                self.handling();
                self.line("}");
            }
        }
    }

    fn handling(&mut self) {
        let mut scope = Scope { in_handler: true, ..Scope::default() };
        if self.choices.often(50) {
            scope.is("country", Term::Name(Kind::Text, "error"));
        }
        if self.choices.often(20) {
            scope.known.conditions.push(("urgent", Cond::Name("error starts with \"DE\"")));
        }
        self.filler(&mut scope, 1);
        match self.choices.below(8) {
            // Whoever was asked in the body was asked for nothing here.
            0 => {
                let (call, _) = self.call(&scope);
                self.line(format_args!("step {call}"));
            }
            1 => {
                let condition = self.condition(&scope);
                self.line(format_args!("if {condition} {{"));
                self.guarded(scope.clone(), 1);
                self.line("} else {");
                self.guarded(scope, 0);
                self.line("}");
            }
            2 => {
                self.guarded(scope.clone(), 1);
                self.guarded(scope, 0);
            }
            _ => self.guarded(scope, 1),
        }
    }
}
