//! Files and folders of the command line.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use flow_grammar::MAX_BYTES;

use crate::fault::Fault;
use crate::texts::count;

/// Folders within folders beyond this are not looked into.
const MAX_DEPTH: usize = 64;

/// All flow files of the paths: a folder means every `.flow` below it; no path, the current folder.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                below(path, 0, &mut files)?;
                if files.len() == before {
                    return Err(Fault::usage(format!("there is no `.flow` file in `{}`", path.display()))
                        .help("name a file or another folder, or make a project with `hitlc new DIR`"));
                }
            }
            Ok(_) => files.push(path.clone()),
            Err(error) => return Err(missing(path, &error)),
        }
    }
    Ok(files)
}

/// Makes sure that a path is one file.
pub(crate) fn one_file(path: &Path) -> Result<(), Fault> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Fault::usage(format!("`{}` is a folder", path.display())).help("name one flow file of it")),
        Ok(_) => Ok(()),
        Err(error) => Err(missing(path, &error)),
    }
}

/// All flow files below a folder, by name; hidden folders are left alone, and links to folders are not followed.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Fault> {
    let unreadable = |error: std::io::Error| Fault::new(format!("cannot read the folder `{}`: {}", folder.display(), reason(&error)));
    let mut entries = fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if depth < MAX_DEPTH {
                below(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "flow") {
            files.push(path);
        }
    }
    Ok(())
}

/// The bytes of a file, and no more of a huge one than shows that it is too large.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_mul(2);
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| {
        Fault::new(format!("cannot read `{}`: {}", path.display(), reason(&error))).help("check that the file may be read by you")
    })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length == limit) {
        // Cut between two characters, so that its size is all that is reported.
        bytes.truncate(bytes.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or_default());
    }
    Ok(bytes)
}

/// A path as it is named in messages and plans.
pub(crate) fn name(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.to_string_lossy().into_owned()
}

fn missing(path: &Path, error: &std::io::Error) -> Fault {
    if error.kind() != ErrorKind::NotFound {
        return Fault::new(format!("cannot read `{}`: {}", path.display(), reason(error)));
    }
    let fault = Fault::usage(format!("there is no `{}`", path.display()));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut near = Vec::new();
    if !folder.is_dir() || below(folder, MAX_DEPTH, &mut near).is_err() || near.is_empty() {
        return fault.help("check the path; a folder means every `.flow` file below it");
    }
    let names: Vec<String> = near.iter().map(|path| name(path)).collect();
    match crate::texts::nearest(&name(path), names.iter().map(String::as_str)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None if names.len() <= 5 => fault.help(format!("there is {}", crate::texts::list(names.iter().map(String::as_str)))),
        None => fault.help(format!("there are {} in `{}`", count(names.len(), "flow file"), folder.display())),
    }
}

/// An input or output error without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}
