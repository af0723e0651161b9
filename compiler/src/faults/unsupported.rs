//! What is part of the language and not yet of this version: refused, never ignored.

use super::Site;
use crate::{Code, Diagnostic};

/// `for each` and its like, by its keyword.
pub(crate) fn not_yet(site: Site, what: &str) -> Diagnostic {
    site.error(Code::F0401, format!("`{what}` is not supported by this version yet"))
}
