//! People's answers in a test.

use flow_compiler::plan::test::{Named, TestAnswer};
use flow_compiler::plan::{Expr, Who};
use flow_compiler::value::to_json;
use serde_json::{Map, Value as Json};

use super::stage::Stage;
use super::{Problem, words};
use crate::machine::event::{Channel, Principal, Question};
use crate::machine::refusal::Refusal;
use crate::machine::{Answer, Decision, Request};

impl Stage<'_> {
    /// Somebody answers the question that is open, or cancels the run. Of several questions it is the first that the person may answer,
    /// and of a group the first member who may.
    pub(super) fn decide(
        &mut self,
        answer: TestAnswer,
        by: Option<&Who>,
        comment: Option<&Expr>,
        values: &[Named],
    ) -> Result<(), Box<Problem>> {
        let comment = comment.map(|comment| self.text(comment)).transpose()?;
        let values = self.entered(values)?;
        let answer = match answer {
            TestAnswer::Cancel => return self.cancel(by),
            TestAnswer::Approve => Answer::Approve,
            TestAnswer::Reject => Answer::Reject,
            TestAnswer::Done => Answer::Done,
            TestAnswer::NotDone => Answer::NotDone,
            TestAnswer::GiveUp => Answer::GiveUp,
            TestAnswer::SendBack => Answer::SendBack,
        };
        let gate = matches!(answer, Answer::Approve | Answer::Reject | Answer::SendBack);
        self.current()?;
        let open: Vec<(usize, Question)> = match gate {
            true => self.gates().map(|(run, _, question, _)| (run, question.clone())).collect(),
            false => self.doubts().map(|(run, question)| (run, question.clone())).collect(),
        };
        if open.is_empty() {
            let nothing = if gate { "there is nothing to decide" } else { "no call is in doubt" };
            return Err(self.problem(format!("{nothing}: the run {}", self.standing()?)));
        }
        let mut refused = None;
        for (run, question) in &open {
            let by = by.map(|by| self.principal(*run, by)).transpose()?;
            for person in self.candidates(*run, question, by.as_ref()) {
                let decision = Decision {
                    n: question.n,
                    by: person.clone(),
                    channel: Channel::Page,
                    os_user: None,
                    answer,
                    comment: comment.clone(),
                    values: values.clone(),
                    digest: question.digest,
                };
                match self.turns(*run, Some(Request::Decide(decision)))? {
                    None => return Ok(()),
                    Some(refusal) => refused.get_or_insert((person, refusal)),
                };
            }
        }
        let by = by.map(|by| self.principal(self.root(), by)).transpose()?;
        Err(self.refused(refused, by.as_ref()))
    }

    fn entered(&self, values: &[Named]) -> Result<Map<String, Json>, Box<Problem>> {
        let one = |named: &Named| Ok((named.name.to_string(), to_json(&self.value(&named.value)?, &named.ty, self.types())));
        values.iter().map(one).collect()
    }

    /// Those who might answer, in the order in which they are tried; of a group nobody who has answered already.
    fn candidates(&self, run: usize, question: &Question, by: Option<&Principal>) -> Vec<String> {
        let voted = self.runs.get(run).and_then(|live| live.state.question(question.n));
        let voted: Vec<&str> = voted.map(|asked| asked.votes.iter().map(|vote| vote.by.as_str()).collect()).unwrap_or_default();
        let fresh = |people: Vec<String>| people.into_iter().filter(|person| !voted.contains(&person.as_str())).collect::<Vec<_>>();
        match by {
            Some(Principal::Person(address)) => vec![address.clone()],
            Some(group) => fresh(self.people(run, group)),
            None => {
                let state = self.runs.get(run).and_then(|live| live.state.question(question.n));
                let escalated = state.map(|asked| asked.escalations.as_slice()).unwrap_or_default();
                let terms = [&question.of].into_iter().chain(escalated).flat_map(|of| of.stages.iter().flatten());
                let asked = terms.flat_map(|term| self.people(run, &term.of));
                fresh(asked.collect())
            }
        }
    }

    fn refused(&self, refused: Option<(String, Refusal)>, by: Option<&Principal>) -> Box<Problem> {
        let Some((person, refusal)) = refused else {
            let who = by.map_or_else(|| "those who are asked".to_owned(), words::principal);
            return self.problem(format!("nobody of {who} is left to answer"));
        };
        let mut problem = self.problem(format!("the answer of `{person}` is refused: {refusal}"));
        if let Refusal::Invalid(mismatches) = &refusal {
            problem.notes.extend(mismatches.iter().map(|mismatch| format!("{}: {}", mismatch.path, mismatch.problem)));
        }
        problem
    }

    fn cancel(&mut self, by: Option<&Who>) -> Result<(), Box<Problem>> {
        let (run, standing) = (self.root(), self.standing()?);
        let by = match by {
            Some(by) => self.principal(run, by)?,
            None => self.current()?.state.owner.clone(),
        };
        let Some(by) = self.people(run, &by).into_iter().next() else {
            return Err(self.problem(format!("nobody is in {}", words::principal(&by))));
        };
        match self.turns(run, Some(Request::Cancel { by }))? {
            None => Ok(()),
            Some(_) => Err(self.problem(format!("there is nothing to cancel: the run {standing}"))),
        }
    }
}
