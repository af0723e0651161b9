//! Runs that the runs of a test call: a step that calls a workflow is a run of its own here too, unless a stub stands for the whole of it.

use std::collections::VecDeque;

use flow_compiler::Span;
use flow_compiler::plan::Gate;

use super::live::Live;
use super::stage::Stage;
use super::{Problem, words};
use crate::ids::Path;
use crate::machine::event::{Channel, Outcome, Question, Started};
use crate::machine::{Command, NodeState, Request, called, place};

/// What follows the turns of a test's runs, each with the run's place among them.
pub(super) enum Work {
    /// A run gave a command.
    Command(usize, Command),
    /// A called run has ended, and its caller is to know.
    Tell(usize),
    /// A called run is to be cancelled, for this person.
    Cancel(usize, String),
}

impl Live<'_> {
    /// Whether the run is this one, or was called by it, however deep.
    fn belongs_to(&self, root: &Self) -> bool {
        let by = self.state.called_by.as_ref();
        self.state.run == root.state.run || by.is_some_and(|by| by.run == root.state.run || by.above.contains(&root.state.run))
    }
}

impl<'a> Stage<'a> {
    /// The run that expectations are about and those that it called, however deep, in the order in which they began.
    pub(super) fn family(&self) -> impl Iterator<Item = (usize, &Live<'a>)> {
        let root = self.current().ok();
        self.runs.iter().enumerate().filter(move |(_, live)| root.is_some_and(|root| live.belongs_to(root)))
    }

    /// Open questions of gates, each with its run.
    pub(super) fn gates(&self) -> impl Iterator<Item = (usize, &Live<'a>, &Question, &'a Gate)> {
        self.family().flat_map(|(run, live)| live.gates().map(move |(question, gate)| (run, live, question, gate)))
    }

    /// Open questions about calls, each with its run.
    pub(super) fn doubts(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.family().flat_map(|(run, live)| live.doubts().map(move |question| (run, question)))
    }

    /// Where the run that expectations are about stands, after "the run".
    pub(super) fn standing(&self) -> Result<String, Box<Problem>> {
        let family: Vec<&Live<'_>> = self.family().map(|(_, live)| live).collect();
        Ok(words::standing(self.current()?, &family))
    }

    /// What a turn of a run means for runs around it.
    pub(super) fn around(&self, run: usize, ended: bool, work: &mut VecDeque<Work>) {
        let Some(live) = self.runs.get(run) else { return };
        if ended && live.state.called_by.is_some() {
            work.push_back(Work::Tell(run));
        }
        let Some(by) = called::cancels(&live.state) else { return };
        let places = live.state.children.iter().filter_map(|child| self.runs.iter().position(|live| live.state.run == child.run));
        work.extend(places.map(|child| Work::Cancel(child, by.to_owned())));
    }

    /// Starts the run that a call stands for, and lets its caller know of it.
    pub(super) fn call(&mut self, caller: usize, child: u32, node: Path, attempt: u32, work: &mut VecDeque<Work>) {
        let begun = self.called(caller, child, &node, attempt).map(|(run, started)| {
            self.turn(run, Some(Request::Start(started)), work);
            run
        });
        let request = match begun.map(|run| self.runs.get(run).map(|live| live.state.run)) {
            Ok(Some(child)) => Request::ChildStarted { node, attempt, child },
            Ok(None) => return,
            Err(why) => Request::Ended { node, attempt, outcome: Outcome::NotDone(why) },
        };
        self.turn(caller, Some(request), work);
    }

    /// Lets the caller of a run that has ended know how.
    pub(super) fn tell(&mut self, child: usize, work: &mut VecDeque<Work>) {
        let told = self.runs.get(child).and_then(|live| Some((live.state.called_by.clone()?, live.state.ended.clone()?.0)));
        let Some((by, end)) = told else { return };
        let Some(caller) = self.runs.iter().position(|live| live.state.run == by.run) else { return };
        let request = Request::Ended { node: by.node, attempt: by.attempt, outcome: called::outcome(end) };
        self.turn(caller, Some(request), work);
    }

    /// The run that a call stands for, which has not begun.
    fn called(&mut self, caller: usize, child: u32, node: &Path, attempt: u32) -> Result<(usize, Started), String> {
        let missing = || "the plan lacks a workflow that it calls".to_owned();
        let live = self.runs.get(caller).ok_or_else(missing)?;
        let plan = live.plan.children.get(child as usize).ok_or_else(missing)?;
        let NodeState::Calling(calling) = live.state.node(node) else { return Err(missing()) };
        let (arguments, owner, requester) = (calling.arguments.clone(), live.state.owner.clone(), live.state.requester.clone());
        let by = called::by(&live.state, node.clone(), attempt);
        let run = self.enter(plan, arguments, requester);
        match self.started(run, owner, Channel::Timer, Some(by)) {
            Ok(started) => Ok((run, started)),
            Err(why) => {
                self.runs.truncate(run);
                Err(why.message)
            }
        }
    }

    /// Where the file of the test shows that a call is made: the call itself, or the one from which it follows; with the name of what it calls.
    pub(super) fn called_here(&self, mut run: usize, mut node: Path) -> Option<(Span, String)> {
        loop {
            let live = self.runs.get(run)?;
            if live.plan.file == self.file() {
                let name = place::action_at(live.plan, &node)?.1.name.to_string();
                return Some((place::node_at(live.plan, &node)?.span, name));
            }
            let by = live.state.called_by.as_ref()?;
            run = self.runs.iter().position(|live| live.state.run == by.run)?;
            node = by.node.clone();
        }
    }
}
