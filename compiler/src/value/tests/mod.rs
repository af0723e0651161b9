//! Values: arithmetic against long-hand digits, the codec, JSON and text there and back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod boundary;
mod codec;
mod decimal;
mod strategy;
