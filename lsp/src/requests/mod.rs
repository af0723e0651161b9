//! What a client can ask: each request is a file, which says how it is offered and how it is answered.

mod completion;
mod definition;
mod fixes;
mod formatting;
mod hover;
mod symbols;

use gen_lsp_types::{LspRequestMethod, Request, ServerCapabilities};
use serde_json::Value;

use crate::Host;
use crate::world::World;

/// A request that is answered.
trait Answered {
    type Request: Request;

    /// Says that it can be asked.
    fn offer(capabilities: &mut ServerCapabilities);

    /// Answers it.
    fn answer<H: Host>(world: &mut World<'_, H>, params: <Self::Request as Request>::Params) -> <Self::Request as Request>::Result;
}

/// A request of the list.
struct Entry<H: Host> {
    method: LspRequestMethod<'static>,
    offer: fn(&mut ServerCapabilities),
    answer: fn(&mut World<'_, H>, Value) -> Result<Value, Refusal>,
}

/// Why a request has no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody knows it.
    Unknown,
    /// It does not say what it must.
    Unreadable(String),
}

/// All requests.
const fn all<H: Host>() -> [Entry<H>; 6] {
    [
        entry::<completion::Completion, H>(),
        entry::<definition::Definition, H>(),
        entry::<fixes::Fixes, H>(),
        entry::<formatting::Formatting, H>(),
        entry::<hover::Hover, H>(),
        entry::<symbols::Symbols, H>(),
    ]
}

const fn entry<A: Answered, H: Host>() -> Entry<H> {
    Entry { method: <A::Request as Request>::METHOD, offer: A::offer, answer: read_and_answer::<A, H> }
}

fn read_and_answer<A: Answered, H: Host>(world: &mut World<'_, H>, params: Value) -> Result<Value, Refusal> {
    let unreadable = |error: serde_json::Error| Refusal::Unreadable(error.to_string());
    let params = serde_json::from_value(params).map_err(unreadable)?;
    serde_json::to_value(A::answer(world, params)).map_err(unreadable)
}

/// What can be asked.
pub(crate) fn offer<H: Host>(capabilities: &mut ServerCapabilities) {
    all::<H>().iter().for_each(|entry| (entry.offer)(capabilities));
}

/// The answer to a request.
pub(crate) fn answer<H: Host>(world: &mut World<'_, H>, method: &str, params: Value) -> Result<Value, Refusal> {
    let entry = all::<H>().into_iter().find(|entry| entry.method.as_str() == method).ok_or(Refusal::Unknown)?;
    (entry.answer)(world, params)
}
