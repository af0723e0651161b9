//! People as the engine knows them: groups of the project, and who stands in for whom.
//!
//! Stand-ins are kept in the store, each with who said so and when; nothing is taken out, so that a vote in somebody's stead can be
//! understood later.

use minicbor::{Decode, Encode};
use parking_lot::RwLock;

use super::groups::Groups;
use super::{Engine, EngineError, host};
use crate::ids::{ApprovalId, At};
use crate::machine::event::Principal;
use crate::machine::refusal::Refusal;
use crate::machine::{Asked, HandOn, Membership, Request, exclusions};
use crate::people::{Caller, Person};
use crate::store::Store;
use crate::view;

/// Under which name the store keeps them.
const KEY: &str = "stand-ins";
/// Nobody is out of office for longer, in days.
const LONGEST: i64 = 366;

/// Somebody is out of office, and somebody else decides for them.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(super) struct StandIn {
    /// Who is out.
    #[n(0)]
    person: String,
    /// Who decides; `None`: they are back.
    #[n(1)]
    to: Option<String>,
    /// When that was said, and begins.
    #[n(2)]
    from: At,
    /// When it ends.
    #[n(3)]
    until: At,
    /// Who said so.
    #[n(4)]
    by: String,
}

/// Groups and stand-ins.
#[derive(Debug)]
pub(super) struct People {
    pub(super) groups: Groups,
    stand_ins: RwLock<Vec<StandIn>>,
    /// Held while they are changed.
    changing: tokio::sync::Mutex<()>,
}

impl People {
    /// The groups, and the stand-ins that a store keeps.
    pub(super) async fn open(groups: Groups, store: &dyn Store) -> Result<Self, EngineError> {
        let stand_ins = store.meta(KEY).await?.map(|bytes| host::decode(&bytes)).transpose()?.unwrap_or_default();
        Ok(Self { groups, stand_ins: RwLock::new(stand_ins), changing: tokio::sync::Mutex::default() })
    }

    /// Who stands in for the person at this time.
    fn stand_in_of(&self, person: &str, now: At) -> Option<StandIn> {
        let all = self.stand_ins.read();
        let last = all.iter().rev().find(|stand_in| stand_in.person == person)?;
        (last.to.is_some() && last.from <= now && now < last.until).then(|| last.clone())
    }
}

impl Membership for People {
    fn members(&self, group: &str) -> Vec<String> {
        self.groups.members(group)
    }

    fn stands_in_for(&self, person: &str, now: At) -> Vec<String> {
        let mut out: Vec<String> = {
            let all = self.stand_ins.read();
            all.iter().filter(|stand_in| stand_in.to.as_deref() == Some(person)).map(|stand_in| stand_in.person.clone()).collect()
        };
        out.sort_unstable();
        out.dedup();
        out.retain(|who| self.stand_in_of(who, now).is_some_and(|stand_in| stand_in.to.as_deref() == Some(person)));
        out
    }
}

impl Engine {
    /// Somebody is out of office until then, and somebody else decides for them; nobody: they are back.
    ///
    /// # Errors
    /// [`EngineError::Forbidden`] for programs and tokens that may not decide, [`EngineError::Refused`] for somebody who cannot stand in.
    pub async fn stand_in(&self, caller: &Caller, to: Option<&Person>, until: At) -> Result<view::StandIn, EngineError> {
        self.takes(caller.scopes.decide && !caller.agent, "say who stands in for you")?;
        let now = self.clock.now();
        let person = caller.person.to_string();
        let refused = |why: &str| Err(EngineError::Refused(Refusal::CannotHandOn(why.to_owned())));
        if let Some(to) = to {
            if *to == caller.person {
                return refused("nobody stands in for themselves");
            }
            if !flow_compiler::is_address(to.as_str()) {
                return refused("that is nobody's address");
            }
            if until <= now || until > now.plus(jiff::SignedDuration::from_hours(24 * LONGEST)) {
                return refused("say until when: a time from now to a year from now");
            }
        }
        let _changing = self.people.changing.lock().await;
        let mut all = self.people.stand_ins.read().clone();
        let stand_in = StandIn { person: person.clone(), to: to.map(Person::to_string), from: now, until, by: person };
        all.push(stand_in);
        self.store.set_meta(KEY, host::encode(&all)?).await?;
        *self.people.stand_ins.write() = all;
        Ok(self.stand_in_of(&caller.person))
    }

    /// Who stands in for the person now.
    #[must_use]
    pub fn stand_in_of(&self, person: &Person) -> view::StandIn {
        let found = self.people.stand_in_of(person.as_str(), self.clock.now());
        view::StandIn {
            person: person.to_string(),
            to: found.as_ref().and_then(|stand_in| stand_in.to.clone()),
            until: found.map(|stand_in| stand_in.until.to_string()),
        }
    }

    /// Hands the caller's part of a gate on, durably before it answers.
    ///
    /// # Errors
    /// What [`EngineError`] says of deciding.
    pub async fn hand_on(
        self: &std::sync::Arc<Self>,
        approval: ApprovalId,
        caller: &Caller,
        to: &Person,
    ) -> Result<view::Approval, EngineError> {
        self.takes(true, "")?;
        if !caller.scopes.decide || caller.agent {
            self.approval(approval, None).await?;
            return Err(EngineError::Forbidden("this token may not decide".to_owned()));
        }
        let request = HandOn { n: approval.n, by: caller.person.to_string(), to: to.to_string(), channel: caller.channel };
        let person = caller.person.clone();
        let engine = std::sync::Arc::clone(self);
        super::using::spawned(async move {
            let make = |live: &super::cache::Live| {
                let asked = live.state.question(approval.n);
                (asked.map(|asked| engine.show_question(live, asked, Some(&person))), None)
            };
            let request = Request::HandOn(request);
            let stepped = match engine.step(approval.run, Some(request.clone()), make).await {
                // Closed with the item of the loop that it was asked in: the refusal says so.
                Err(EngineError::Refused(Refusal::NoSuchQuestion)) => {
                    engine.ask_of_the_past(approval, request).await?;
                    return engine.approval(approval, None).await;
                }
                stepped => stepped?,
            };
            engine.dispatch(approval.run, stepped.work);
            stepped.made.ok_or_else(|| EngineError::Corrupt("the question is missing".to_owned()))
        })
        .await
    }

    /// Under which names open questions to the person are found: theirs, their groups', and those of people for whom they stand in.
    pub(super) fn names_of(&self, person: &Person) -> Vec<String> {
        let mut people = self.people.stands_in_for(person.as_str(), self.clock.now());
        people.push(person.to_string());
        let groups = self.people.groups.names().into_iter().filter(|group| {
            let members = self.people.groups.members(group);
            people.iter().any(|person| members.contains(person))
        });
        let groups: Vec<String> = groups.map(|name| host::principal_key(&Principal::Group(name))).collect();
        people.extend(groups);
        people
    }
}

/// Who may decide, in words: each stage, those to whom it was escalated, and those who are left out.
pub(super) fn approvers(asked: &Asked) -> Vec<String> {
    let many = asked.question.of.stages.len() > 1;
    let mut shown = Vec::new();
    for (index, stage) in asked.question.of.stages.iter().enumerate() {
        let after = if many && index > 0 { "then " } else { "" };
        shown.extend(stage.iter().map(|term| format!("{after}{term}")));
    }
    let escalated = asked.escalations.iter().flat_map(|to| to.stages.iter().flatten());
    shown.extend(escalated.map(|term| format!("or {term}")));
    shown.extend(left_out(exclusions(asked)));
    shown
}

/// Those who are left out, in words, each once.
pub(super) fn left_out<'a>(except: impl Iterator<Item = &'a Principal>) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for left_out in except.map(|principal| format!("except {}", principal.name())) {
        if !shown.contains(&left_out) {
            shown.push(left_out);
        }
    }
    shown
}
