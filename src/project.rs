//! The project around a file or folder: its settings, and where its state is kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_runtime::config::{Config, FILE};

use crate::fault::Fault;

/// The folder for a project's state.
const STATE: &str = ".hitl";

/// The store's file in it.
const STORE: &str = "state.db";

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Where `hitl.toml` is, else the current folder.
    pub(crate) folder: PathBuf,
    /// What `hitl.toml` says.
    pub(crate) config: Arc<Config>,
    /// The store's file.
    pub(crate) store: PathBuf,
    /// The folder for what belongs to the store: locks, outgoing mail.
    pub(crate) state: PathBuf,
}

impl Project {
    /// Finds the project of a file or folder (of the current folder, without one). `store` stands before what `hitl.toml` says.
    pub(crate) fn find(from: Option<&Path>, store: Option<&str>) -> Result<Self, Fault> {
        let folder = folder(from);
        let config = Config::load(&folder).map_err(|error| Fault::new(error.to_string()))?;
        let usual = folder.join(STATE);
        let (store, state) = match (store, &config.store.url) {
            (Some(url), _) => beside(path_of(url, &here())?),
            (None, Some(url)) => beside(path_of(url, &folder)?),
            (None, None) => (usual.join(STORE), usual),
        };
        Ok(Self { folder, config: Arc::new(config), store, state })
    }

    /// The groups of its settings, with the addresses of their members.
    pub(crate) fn groups(&self) -> BTreeMap<String, Vec<String>> {
        self.config.groups.keys().map(|group| (group.clone(), self.config.addresses(group))).collect()
    }

    /// A path as plans name it: relative to the project, so that the same sources make the same plan wherever the command is given.
    pub(crate) fn relative(&self, path: &str) -> String {
        let full = here().join(path);
        let full = full.canonicalize().unwrap_or(full);
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        full.strip_prefix(folder).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
    }

    /// The project's folder as it is named in messages: short where it is the current one.
    pub(crate) fn shown_folder(&self) -> PathBuf {
        if self.folder == here() { PathBuf::from(".") } else { self.folder.clone() }
    }

    /// What becomes of mail where no server is set up for it.
    pub(crate) fn no_mail(&self) -> String {
        let outbox = self.state.join("outbox");
        let outbox = outbox.strip_prefix(here()).unwrap_or(&outbox);
        format!("Mail is written into `{}/`: no server for it is set up in `{FILE}`.", outbox.display())
    }

    /// The file whose lock says who owns the store.
    pub(crate) fn lock(&self) -> PathBuf {
        with_suffix(&self.store, ".lock")
    }

    /// The socket on which the owner works for others.
    pub(crate) fn socket(&self) -> PathBuf {
        with_suffix(&self.store, ".sock")
    }
}

/// The file of a store's address.
fn path_of(url: &str, base: &Path) -> Result<PathBuf, Fault> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    // One letter before the colon is a drive.
    if path.split_once(':').is_some_and(|(kind, _)| kind.len() > 1 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err(Fault::usage(format!("the store `{url}` is not supported by this version"))
            .help("name a file, such as `sqlite:.hitl/state.db`"));
    }
    if path.is_empty() {
        return Err(Fault::usage("the store has no name").help("name a file, such as `--store .hitl/state.db`"));
    }
    Ok(base.join(path))
}

/// A store that was named has its own folder for what belongs to it, unless it stands in a project's.
fn beside(store: PathBuf) -> (PathBuf, PathBuf) {
    let state = match store.parent() {
        Some(folder) if folder.file_name().is_some_and(|name| name == STATE) => folder.to_owned(),
        _ => with_suffix(&store, "-files"),
    };
    (store, state)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn here() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The nearest folder upwards with a project file, else the current one.
pub(crate) fn folder(from: Option<&Path>) -> PathBuf {
    let here = here();
    let start = match from {
        Some(path) => {
            let path = here.join(path);
            if path.is_dir() { path } else { path.parent().map_or_else(|| here.clone(), Path::to_owned) }
        }
        None => here.clone(),
    };
    start.ancestors().find(|folder| folder.join(FILE).is_file()).map_or(here, Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{beside, path_of};

    #[test]
    fn stores_are_files() {
        let base = Path::new("/p");
        assert_eq!(path_of("sqlite:.hitl/state.db", base).unwrap(), PathBuf::from("/p/.hitl/state.db"));
        assert_eq!(path_of("sqlite:///var/x.db", base).unwrap(), PathBuf::from("/var/x.db"));
        assert_eq!(path_of("x.db", base).unwrap(), PathBuf::from("/p/x.db"));
        assert!(path_of("postgres://localhost/x", base).is_err());
        assert!(path_of("", base).is_err());
    }

    #[test]
    fn what_belongs_to_a_store_stands_beside_it() {
        assert_eq!(beside(PathBuf::from("/p/.hitl/state.db")).1, PathBuf::from("/p/.hitl"));
        assert_eq!(beside(PathBuf::from("/p/x.db")).1, PathBuf::from("/p/x.db-files"));
    }
}
