//! Why a request is refused.

use flow_compiler::value::Mismatch;

use super::event::{Closing, Term, Vote};
use crate::ids::Digest;
use crate::store::Status;

/// Why the machine does not do what it was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// There is no such question.
    #[error("there is no such approval")]
    NoSuchQuestion,
    /// The caller is not among those who are asked.
    #[error("{0}")]
    NotEntitled(String),
    /// Somebody decided already, or it is closed for another reason.
    #[error("{}", if *.how == Closing::Superseded { "another round has taken the place of this one" } else { "this was already decided" })]
    AlreadyClosed {
        /// How it was closed.
        how: Closing,
        /// The vote that closed it.
        vote: Option<Vote>,
    },
    /// The caller voted already, differently, or somebody did in their part: nothing is decided yet.
    #[error("{who} answered already, and an answer cannot be changed")]
    AlreadyVoted {
        /// Who did, as the caller is told.
        who: String,
        /// The vote.
        vote: Vote,
        /// Whose answer is still needed.
        needed: Vec<Term>,
    },
    /// What the caller saw is not what stands there now.
    #[error("what you saw has changed")]
    Stale {
        /// What stands there now.
        current: Digest,
    },
    /// A comment must be given.
    #[error("a comment is required")]
    CommentRequired,
    /// This question cannot be answered so.
    #[error("{0}")]
    WrongAnswer(String),
    /// It cannot be handed on to this person.
    #[error("{0}")]
    CannotHandOn(String),
    /// Values do not fit.
    #[error("the values do not fit")]
    Invalid(Vec<Mismatch>),
    /// The run cannot be taken up again.
    #[error("{0}")]
    NotRetryable(String),
    /// The run has ended, as it says.
    #[error("the run has ended: it is {}", .0.name())]
    RunEnded(Status),
    /// The run comes to its end by itself.
    #[error("the run is ending already")]
    RunEnding,
}
