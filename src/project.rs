//! The project around a file or folder: where `hitl.toml` is, and where its state is kept.

use std::path::{Path, PathBuf};

/// The project file's name.
pub(crate) const FILE: &str = "hitl.toml";

/// Finds the folder of the project that holds `from`: the nearest one upwards with a `hitl.toml`, else the current one.
pub(crate) fn folder(from: Option<&Path>) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let start = match from {
        Some(path) => {
            let path = here.join(path);
            if path.is_dir() { path } else { path.parent().map_or_else(|| here.clone(), Path::to_owned) }
        }
        None => here.clone(),
    };
    start.ancestors().find(|folder| folder.join(FILE).is_file()).map_or(here, Path::to_owned)
}
