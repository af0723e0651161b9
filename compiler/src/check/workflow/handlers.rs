//! Handlers: `on failure`, `on reject`, `on cancel`.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::super::declare::ParameterInfo;
use super::super::scope::{Home, Kind};
use super::Flow;
use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Handler, HandlerEvent, Region};

/// The words after `on`.
const EVENTS: [(&str, HandlerEvent); 3] =
    [("failure", HandlerEvent::Failure), ("reject", HandlerEvent::Reject), ("cancel", HandlerEvent::Cancel)];

impl<'a> Checker<'a> {
    /// The handlers of a workflow, each with slots of its own: the parameters, and the error as a text.
    pub(super) fn handlers(
        &mut self,
        workflow: &'a ast::Workflow,
        parameters: &[ParameterInfo],
        loops: &mut Vec<Region>,
    ) -> Option<Vec<Handler>> {
        let mut found = Vec::new();
        let mut seen: Vec<(HandlerEvent, Span)> = Vec::new();
        let mut sound = true;
        for handler in &workflow.handlers {
            let event = &handler.event;
            let Some((word, on)) = EVENTS.into_iter().find(|(word, _)| *word == event.name) else {
                let words = EVENTS.map(|(word, _)| word);
                let fault =
                    faults::names::unknown_choice(self.site(event.span), &event.name, "handler", self.nearest(&event.name, words), &words);
                self.report(fault);
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == on) {
                let fault = faults::actions::clause_twice(self.site(event.span), &format!("on {word}"), *first);
                self.report(fault);
            }
            seen.push((on, event.span));
            let (name, head) = (workflow.name.name.clone(), workflow.head);
            self.flow = Flow { name, head, no_return: Some("a handler"), handler: true, ..Flow::default() };
            self.parameter_slots(parameters);
            let mark = self.scope.mark();
            let slot = self.add_slot(SmolStr::new_static("error"), &Ty::Text);
            self.scope.declare(SmolStr::new_static("error"), event.span, Ty::Text, Home::Slot(slot), Kind::Answer);
            self.statements(&handler.body, mark);
            self.close_block(mark, &workflow.name.name);
            match self.region(workflow, loops) {
                Some(body) => found.push(Handler { on, body }),
                None => sound = false,
            }
        }
        sound.then_some(found)
    }
}
