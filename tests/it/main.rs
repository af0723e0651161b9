//! Tests of the whole: one binary, so that it is linked once.

mod docs;
mod edges;
