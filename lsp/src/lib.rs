//! The language server of Flow: the place for it. The editor's server, and `hitlc lsp`, come with a later version; until then `hitlc check` says what is wrong.
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]
