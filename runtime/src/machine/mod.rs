//! The machine: what a run does next, decided without looking at anything but the plan, the run and the facts that it is handed.
//!
//! INVARIANT: no input or output, no clock, no random number, no task.

pub mod event;
pub mod refusal;
