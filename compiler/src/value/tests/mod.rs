//! Values: arithmetic against long-hand digits, the codec, JSON and text there and back.

mod boundary;
mod codec;
mod decimal;
mod strategy;
