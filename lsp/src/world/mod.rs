//! All that the server knows: documents as the editor has them, over files as they are on disk, in their projects.

mod document;
mod project;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flow_compiler::{Diagnostic, FileId, Sources, Span};
use gen_lsp_types as lsp;

use crate::convert::{self, Encoding, Lines};
use crate::{Host, uri};
pub(crate) use document::Document;
use project::Project;

/// What a client can do, as far as answers depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Client {
    pub(crate) encoding: Encoding,
    pub(crate) snippets: bool,
    pub(crate) markdown: bool,
}

/// See the module.
pub(crate) struct World<'h, H: Host> {
    host: &'h H,
    pub(crate) client: Client,
    /// The folders that are open in the editor.
    folders: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    /// By their folders.
    projects: BTreeMap<PathBuf, Project>,
    /// What was last said of each file, if it was anything.
    published: BTreeMap<PathBuf, Published>,
    /// Whether there may be something new to be said.
    changed: bool,
}

#[derive(PartialEq)]
struct Published {
    version: Option<i32>,
    diagnostics: Vec<lsp::Diagnostic>,
}

/// Files that use one another, checked together.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// For each file where it is on disk.
    places: Vec<PathBuf>,
    /// Those of them that belong to the project, and not to one within its folder.
    own: Vec<bool>,
}

impl Checked {
    /// Where a file is.
    pub(crate) fn path(&self, file: FileId) -> Option<&Path> {
        self.places.get(file.0 as usize).map(PathBuf::as_path)
    }
}

/// A document that a request is about, with all that is known of it.
pub(crate) struct Asked {
    pub(crate) file: FileId,
    pub(crate) checked: Rc<Checked>,
}

impl<'h, H: Host> World<'h, H> {
    pub(crate) fn new(host: &'h H, client: Client, folders: Vec<PathBuf>) -> Self {
        Self { host, client, folders, documents: BTreeMap::new(), projects: BTreeMap::new(), published: BTreeMap::new(), changed: false }
    }

    /// Opens a document; what the editor has of it counts from here on.
    pub(crate) fn open(&mut self, item: lsp::TextDocumentItem) {
        let path = key(&item.uri);
        self.documents.insert(path.clone(), Document::new(item.uri, item.version, item.text));
        self.touch(&path);
    }

    /// Changes a document; one that is not open is left alone.
    pub(crate) fn change(&mut self, params: lsp::DidChangeTextDocumentParams) {
        let path = key(&params.text_document.text_document_identifier.uri);
        let encoding = self.client.encoding;
        if let Some(document) = self.documents.get_mut(&path) {
            document.change(params.text_document.version, params.content_changes, encoding);
            self.touch(&path);
        }
    }

    /// Closes a document: what is on disk counts again.
    pub(crate) fn close(&mut self, uri: &lsp::Uri) {
        let path = key(uri);
        if self.documents.remove(&path).is_some() {
            self.disk(&path);
        }
    }

    /// Looks at a file on disk again: at one, or at the settings of a project.
    pub(crate) fn disk(&mut self, path: &Path) {
        let settings = path.file_name().is_some_and(|name| name == H::SETTINGS);
        if settings {
            // Files may belong to another project now.
            self.projects.clear();
            self.changed = true;
            return;
        }
        self.projects.values_mut().for_each(|project| project.reread(path));
        self.changed = true;
    }

    fn touch(&mut self, path: &Path) {
        self.projects.values_mut().for_each(|project| project.changed(path));
        self.changed = true;
    }

    /// The document of an address, checked with all that belongs to it; `None` where it is not open.
    pub(crate) fn asked(&mut self, uri: &lsp::Uri) -> Option<Asked> {
        let path = key(uri);
        self.documents.contains_key(&path).then(|| self.checked(&path))?
    }

    /// The text of a document that is open.
    pub(crate) fn document(&self, uri: &lsp::Uri) -> Option<&Document> {
        self.documents.get(&key(uri))
    }

    /// The address of a file, as the editor wrote it if it has it open.
    pub(crate) fn uri(&self, path: &Path) -> lsp::Uri {
        self.documents.get(path).map_or_else(|| uri::of_path(path), |document| document.uri.clone())
    }

    /// Where something stands.
    pub(crate) fn location(&self, checked: &Checked, file: FileId, span: Span) -> Option<lsp::Location> {
        let uri = self.uri(checked.path(file)?);
        let range = Lines::of(checked.sources.text(file), self.client.encoding).range(span);
        Some(lsp::Location { uri, range })
    }

    fn checked(&mut self, path: &Path) -> Option<Asked> {
        let folder = self.folder_of(path);
        if !self.projects.contains_key(&folder) {
            let project = Project::read(self.host, &folder);
            self.projects.insert(folder.clone(), project);
        }
        let project = self.projects.get_mut(&folder)?;
        let checked = project.checked(path, &self.documents)?;
        let file = checked.places.iter().position(|place| place == path)?;
        Some(Asked { file: FileId(u32::try_from(file).ok()?), checked })
    }

    /// The folder of a file's project: the nearest upwards with settings, else the folder that is open in the editor, else its own.
    fn folder_of(&self, path: &Path) -> PathBuf {
        let above = || path.ancestors().skip(1);
        let settled = above().find(|folder| folder.join(H::SETTINGS).is_file());
        let opened = || above().find(|folder| self.folders.iter().any(|open| open == folder));
        settled.or_else(opened).or_else(|| path.parent()).unwrap_or(path).to_owned()
    }

    /// Faults of projects' settings that nobody has been told of.
    pub(crate) fn faults(&mut self) -> Vec<String> {
        self.projects.values_mut().filter_map(|project| project.fault.take()).collect()
    }

    /// What is to be said of files since it was last asked: of those that changed, and of those that have to do with them.
    pub(crate) fn news(&mut self) -> Vec<lsp::PublishDiagnosticsParams> {
        if !std::mem::take(&mut self.changed) {
            return Vec::new();
        }
        let mut said: BTreeMap<PathBuf, Published> = BTreeMap::new();
        // One check for all that belong together.
        let open: Vec<PathBuf> = self.documents.keys().cloned().collect();
        for path in open {
            if said.contains_key(&path) {
                continue;
            }
            if let Some(asked) = self.checked(&path) {
                self.say(&asked.checked, &mut said);
            }
        }
        self.differences(said)
    }

    /// All diagnostics of files that were checked together, by file. Documents that are open have their version.
    fn say(&self, checked: &Checked, said: &mut BTreeMap<PathBuf, Published>) {
        let lines: Vec<OnceCell<Lines<'_>>> = checked.sources.files().map(|_| OnceCell::new()).collect();
        let lines_of = |file: FileId| {
            let cell = lines.get(file.0 as usize)?;
            Some(cell.get_or_init(|| Lines::of(checked.sources.text(file), self.client.encoding)))
        };
        let place =
            |file: FileId, span: Span| Some(lsp::Location { uri: self.uri(checked.path(file)?), range: lines_of(file)?.range(span) });
        for (file, own) in checked.sources.files().zip(&checked.own) {
            let Some(path) = checked.path(file).filter(|path| *own || self.documents.contains_key(*path)) else { continue };
            let mut found = checked.diagnostics.iter().filter(|diagnostic| diagnostic.file == file).peekable();
            let version = self.documents.get(path).map(|document| document.version);
            if found.peek().is_none() {
                said.insert(path.to_owned(), Published { version, diagnostics: Vec::new() });
                continue;
            }
            let Some(lines) = lines_of(file) else { continue };
            let diagnostics = found.map(|found| convert::diagnostic(found, lines, &place)).collect();
            said.insert(path.to_owned(), Published { version, diagnostics });
        }
    }

    /// What differs from what was said before. A file of which nothing is said any more is said to be well.
    fn differences(&mut self, mut said: BTreeMap<PathBuf, Published>) -> Vec<lsp::PublishDiagnosticsParams> {
        let over: Vec<PathBuf> = self.published.keys().filter(|path| !said.contains_key(*path)).cloned().collect();
        said.extend(over.into_iter().map(|path| (path, Published { version: None, diagnostics: Vec::new() })));
        let mut news = Vec::new();
        for (path, now) in said {
            let silent = now.version.is_none() && now.diagnostics.is_empty();
            let before = self.published.get(&path);
            if before == Some(&now) || (before.is_none() && silent) {
                continue;
            }
            let (version, diagnostics) = (now.version, now.diagnostics.clone());
            news.push(lsp::PublishDiagnosticsParams { uri: self.uri(&path), version, diagnostics });
            if silent {
                self.published.remove(&path);
            } else {
                self.published.insert(path, now);
            }
        }
        news
    }
}

/// What a document is known by: its path, or its address where it has none.
fn key(uri: &lsp::Uri) -> PathBuf {
    uri::to_path(uri).unwrap_or_else(|| PathBuf::from(&uri.0))
}
