//! Questions as a journal tells them: those of loop items that have ended too, which the state has let go of.

use super::RunState;
use super::event::{Event, Transition};
use super::state::Asked;
use crate::ids::RunId;

/// All that a run has asked, as far as its journal was read.
#[derive(Debug)]
pub struct Recalled(RunState);

impl Recalled {
    /// Nothing yet.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self(RunState::new(run))
    }

    /// One question as it stood once; what follows is taken in.
    #[must_use]
    pub fn from(run: RunId, asked: Asked) -> Self {
        let mut recalled = Self::new(run);
        recalled.0.asked = asked.question.n;
        recalled.0.questions.push(asked);
        recalled
    }

    /// Takes in what the next transition says of questions. The nodes that it names are not there, so nothing else changes.
    pub fn take(&mut self, transition: &Transition) {
        self.0.at = transition.at;
        transition.events.iter().filter(|event| is_of_a_question(event)).for_each(|event| self.0.apply(event));
    }

    /// The questions, by their numbers.
    #[must_use]
    pub fn questions(self) -> Vec<Asked> {
        self.0.questions
    }
}

const fn is_of_a_question(event: &Event) -> bool {
    matches!(
        event,
        Event::Asked(_)
            | Event::Voted { .. }
            | Event::Closed { .. }
            | Event::StageMet { .. }
            | Event::Escalated { .. }
            | Event::Reminded { .. }
            | Event::HandedOn { .. }
    )
}
