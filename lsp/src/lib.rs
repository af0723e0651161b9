//! The language server of Flow: what the compiler says of files that are open in an editor, in the words of the Language Server Protocol.
//!
//! One loop takes message after message, in order; all that it knows is in one `World`. Each request has a file of its own
//! in `requests`, and only `convert` knows how the protocol counts letters and names kinds. What a project's settings say is its host's to
//! read: the server knows neither their file nor their words.
//!
//! INVARIANT: whatever a client sends, the server goes on: a request ends with an answer or an error, and a panic is an error like another.
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

mod convert;
mod requests;
mod server;
mod uri;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use flow_compiler::Levels;

pub use server::{End, serve};
pub use wire::stdio;

/// What the server cannot read by itself.
pub trait Host {
    /// The file of a project's settings: where it is, a project begins.
    const SETTINGS: &'static str;

    /// What the settings in a folder say; where there are none, what holds without.
    ///
    /// # Errors
    /// In words for the author, where they cannot be read.
    fn settings(&self, folder: &Path) -> Result<Settings, String>;
}

/// What a project's settings say about its files.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Groups, with the addresses of their members.
    pub groups: BTreeMap<String, Vec<String>>,
    /// How much warnings weigh.
    pub levels: Levels,
    /// Files whose policies hold for every file, from the project's folder on.
    pub policies: Vec<String>,
}
