//! See the tests of the proof.
