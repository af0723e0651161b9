//! A plan as bytes: what is stored, hashed and pinned by runs, and read back.

use sha2::{Digest, Sha256};

use super::{FORMAT, Plan, SEMANTICS, bounds};
use crate::value::nesting;

/// How deep an expression of a plan may be nested. The compiler refuses deeper ones, the evaluator and [`Plan::decode`] as well: all that
/// recurses over expressions then fits a thread's stack.
pub const DEEPEST: usize = 420;

/// How deep calls of workflows may be nested, the outermost workflow counted.
pub const DEEPEST_CALLS: usize = 16;

/// Levels of CBOR: expressions have few of their own, types and chains of escalations some, and each child is two deeper.
const LEVELS: usize = 100 + 2 * DEEPEST_CALLS;

/// Bytes that are not a plan that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Made by a version whose layout is another.
    #[error("the plan has format {found}, this version reads format {FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
    /// Made by a version in which the same plan means something else.
    #[error("the plan has semantics {found}, this version runs semantics {SEMANTICS}")]
    Semantics {
        /// What it says.
        found: u32,
    },
    /// Not the bytes of a plan.
    #[error("these bytes are no plan: {0}")]
    Bytes(String),
    /// It names something that it does not have.
    #[error("the plan is not sound: {0}")]
    Unsound(String),
}

impl Plan {
    /// Its bytes: the same for the same plan.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory fails for no plan: lengths are known, and every value has its bytes.
        minicbor_serde::to_vec(self).unwrap_or_default()
    }

    /// The name of a plan's bytes: their SHA-256.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    /// Reads bytes, trusting nothing in them.
    ///
    /// # Errors
    /// When they are not a plan, are a plan of another version, or name something that the plan does not have.
    pub fn decode(bytes: &[u8]) -> Result<Self, PlanError> {
        let broken = |error: &dyn std::fmt::Display| PlanError::Bytes(error.to_string());
        nesting::check(bytes, LEVELS).map_err(|error| broken(&error))?;
        let versions: Versions = minicbor_serde::from_slice(bytes).map_err(|error| broken(&error))?;
        if versions.format != FORMAT {
            return Err(PlanError::Format { found: versions.format });
        }
        if versions.semantics != SEMANTICS {
            return Err(PlanError::Semantics { found: versions.semantics });
        }
        let plan: Self = minicbor_serde::from_slice(bytes).map_err(|error| broken(&error))?;
        bounds::check(&plan).map_err(PlanError::Unsound)?;
        Ok(plan)
    }
}

/// The part that every format has, read before the rest is understood.
#[derive(serde::Deserialize)]
struct Versions {
    format: u32,
    semantics: u32,
}
