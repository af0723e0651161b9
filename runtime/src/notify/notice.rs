//! What a letter is about.

use async_trait::async_trait;
use serde_json::Value as Json;

use crate::ids::At;
use crate::store::Letter;

/// What a letter is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Somebody is asked.
    Asked(Asked),
    /// A run ended.
    Ended(Ended),
}

/// An open question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The approval's public id.
    pub id: String,
    /// The run's public id.
    pub run: String,
    /// What is about to happen, in a line.
    pub title: String,
    /// Labels and values as texts.
    pub shown: Vec<(String, String)>,
    /// Who asked for the run.
    pub requester: String,
    /// The addresses of the people who are asked.
    pub of: Vec<String>,
    /// When it lapses.
    pub due: Option<At>,
    /// The page where it is answered. Holds no token.
    pub url: String,
    /// The workflow's name.
    pub workflow: String,
}

/// The end of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ended {
    /// The run's public id.
    pub run: String,
    /// The workflow's name.
    pub workflow: String,
    /// How it ended, as the API says it.
    pub status: String,
    /// Its page. Holds no token.
    pub url: String,
    /// The run as the API shows it.
    pub data: Json,
}

/// Knows what letters are about: the engine.
#[async_trait]
pub trait Notices: Send + Sync + std::fmt::Debug {
    /// What a letter is about; `None` when nobody needs to be told any more.
    async fn notice(&self, letter: &Letter) -> Option<Notice>;
}
