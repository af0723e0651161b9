//! What the machine may know of the world: handed in by the host, once a turn.

use flow_compiler::eval::{Env, Names, Outside};
use flow_compiler::plan::Plan;
use flow_compiler::value::Value;
use jiff::tz::TimeZone;

use super::event::Principal;
use super::{Calendar, RunState};
use crate::ids::At;

/// What is so while a turn is made.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The time. The machine never lets a run's time go back.
    pub now: At,
    /// The zone of `today` and of business days.
    pub zone: &'a TimeZone,
    /// Environment values. Secrets are never asked for here.
    pub names: &'a dyn Names,
    /// Who belongs to which group.
    pub people: &'a dyn Membership,
    /// Which days are business days.
    pub calendar: &'a Calendar,
}

/// Who belongs to which group, now.
pub trait Membership: Sync {
    /// The members of a group, each in their one spelling; empty where there is no such group.
    fn members(&self, group: &str) -> Vec<String>;

    /// Those who are out of office now and for whom the person decides, each in their one spelling.
    fn stands_in_for(&self, person: &str, now: At) -> Vec<String> {
        let _ = (person, now);
        Vec::new()
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Facts<'_> {
    /// The run's time: the clock's, but never before what was last recorded.
    #[must_use]
    pub fn time(&self, state: &RunState) -> At {
        self.now.max(state.at)
    }

    /// Whether the person is the principal or belongs to it.
    #[must_use]
    pub fn is_among(&self, person: &str, principal: &Principal) -> bool {
        match principal {
            Principal::Person(address) => address == person,
            Principal::Group(group) => self.people.members(group).iter().any(|member| member == person),
        }
    }

    /// Hands an environment for the expressions of a frame to `f`.
    pub fn with_env<T>(&self, plan: &Plan, state: &RunState, frame: &[u32], f: impl FnOnce(&Env<'_>) -> T) -> T {
        self.with_frames(plan, state, &state.frames(frame), f)
    }

    /// The same, with values in slots of the frame that are not there yet.
    pub fn with_values<T>(
        &self,
        plan: &Plan,
        state: &RunState,
        frame: &[u32],
        values: &[(u32, Value)],
        f: impl FnOnce(&Env<'_>) -> T,
    ) -> T {
        let mut frames = state.frames(frame);
        let mut own = frames.pop().map(<[Value]>::to_vec).unwrap_or_default();
        for (slot, value) in values {
            if let Some(place) = own.get_mut(*slot as usize) {
                place.clone_from(value);
            }
        }
        frames.push(&own);
        self.with_frames(plan, state, &frames, f)
    }

    /// The same over values of one's own.
    pub(super) fn with_frames<T>(&self, plan: &Plan, state: &RunState, frames: &[&[Value]], f: impl FnOnce(&Env<'_>) -> T) -> T {
        let owner = state.owner.name();
        let outside = Outside { now: self.time(state).timestamp(), zone: self.zone, names: self.names, owner, requester: &state.requester };
        f(&Env { frames, types: &plan.types, outside: &outside })
    }
}
