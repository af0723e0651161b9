//! What the parser promises, from outside.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod faults;
mod format;
#[path = "../generate/mod.rs"]
mod generate;
#[path = "../law/mod.rs"]
mod law;
mod next;
mod programs;
mod robust;

use std::fs;
use std::path::PathBuf;

/// The `.flow` files of a folder of the tests, by name.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "flow"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("the file can be read"))
        })
        .collect();
    files.sort();
    files
}

/// The line of an offset, from 1.
fn line(text: &str, offset: u32) -> usize {
    text[..offset as usize].matches('\n').count() + 1
}
