//! The stable codes of diagnostics.

/// A code such as `F0101`. Each has a page in `codes/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// Something else was expected here.
    F0001,
}
