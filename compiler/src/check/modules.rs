//! Files that use one another: which file a `use` means, under which name, and in which order files are checked.

use foldhash::HashMap;

use flow_grammar::{Parsed, Span, ast, is_reserved};
use smol_str::SmolStr;

use super::Checker;
use super::declare::{Declared, What};
use super::record::WishKind;
use crate::faults::{self, Site};
use crate::{BadPath, FileId, Sources, graph, used_path};

/// What checking one file leaves for those that use it.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) declared: HashMap<SmolStr, Declared>,
    /// Whether the grammar found faults in it: then nobody knows all that it declares.
    faulty: bool,
}

/// One `use` that means a file.
#[derive(Clone, Copy, Debug)]
struct Link {
    to: FileId,
    span: Span,
}

/// Which files use which.
#[derive(Debug, Default)]
pub(super) struct Uses {
    links: Vec<Vec<Link>>,
    /// For each file whether it stands in a circle, and which.
    circle_of: HashMap<usize, usize>,
    /// The links of each circle, the first of the file that comes first.
    pub(super) circles: Vec<Vec<(FileId, Span)>>,
    /// All files, each after those that it uses.
    pub(super) order: Vec<FileId>,
}

impl Uses {
    pub(super) fn of(sources: &Sources, parsed: &[&Parsed]) -> Self {
        let mut uses = Self { links: vec![Vec::new(); parsed.len()], ..Self::default() };
        for ((file, parsed), links) in sources.files().zip(parsed).zip(&mut uses.links) {
            for declaration in &parsed.module.declarations {
                if let ast::Declaration::Use(used) = declaration
                    && let Some(to) = used_path(sources.path(file), &used.path).ok().and_then(|path| sources.find(&path))
                {
                    links.push(Link { to, span: used.path_span });
                }
            }
        }
        let edges = uses.edges();
        for circle in graph::circles(parsed.len(), &edges) {
            let way = graph::around(&circle, &edges);
            let next = way.iter().cycle().skip(1);
            let links = way.iter().zip(next).filter_map(|(from, to)| uses.link(*from, *to)).collect();
            uses.circle_of.extend(circle.iter().map(|file| (*file, uses.circles.len())));
            uses.circles.push(links);
        }
        uses.order = graph::referred_first(parsed.len(), &edges).into_iter().flatten().map(id).collect();
        uses
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        let links = self.links.iter().enumerate();
        links.flat_map(|(from, links)| links.iter().map(move |link| (from, link.to.0 as usize))).collect()
    }

    fn link(&self, from: usize, to: usize) -> Option<(FileId, Span)> {
        let link = self.links.get(from)?.iter().find(|link| link.to == id(to))?;
        Some((id(from), link.span))
    }

    /// The files that a file uses.
    pub(super) fn used_by(&self, file: FileId) -> impl Iterator<Item = FileId> + '_ {
        self.links.get(file.0 as usize).into_iter().flatten().map(|link| link.to)
    }

    /// Whether a file is another, or uses it, perhaps through others.
    pub(super) fn reaches(&self, from: FileId, to: FileId) -> bool {
        let (mut open, mut seen) = (vec![from], vec![from]);
        while let Some(file) = open.pop() {
            if file == to {
                return true;
            }
            for used in self.used_by(file) {
                if !seen.contains(&used) {
                    seen.push(used);
                    open.push(used);
                }
            }
        }
        false
    }

    /// Whether a file stands in a circle.
    pub(super) fn is_circular(&self, file: FileId) -> bool {
        self.circle_of.contains_key(&(file.0 as usize))
    }

    /// Whether two files use one another in a circle, so that neither can be known to the other.
    fn in_one_circle(&self, a: FileId, b: FileId) -> bool {
        let circle = |file: FileId| self.circle_of.get(&(file.0 as usize));
        circle(a).is_some() && circle(a) == circle(b)
    }
}

fn id(file: usize) -> FileId {
    FileId(u32::try_from(file).unwrap_or(u32::MAX))
}

impl<'a> Checker<'a> {
    /// Makes a used file known under its name.
    pub(super) fn used_file(&mut self, used: &ast::Use) {
        let site = self.site(used.path_span);
        let stem = used.path.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".flow").unwrap_or(stem);
        let (name, span) =
            used.alias.as_ref().map_or_else(|| (SmolStr::new(stem), used.path_span), |alias| (alias.name.clone(), alias.span));
        let target = match used_path(self.sources.path(self.file), &used.path) {
            Ok(path) => {
                let target = self.target_file(&path, used);
                if let Some(file) = target {
                    self.refer_declared(used.path_span, What::Module(file));
                    used.alias.iter().for_each(|alias| self.refer_declared(alias.span, What::Module(file)));
                }
                target
            }
            Err(bad) => {
                let fault = match bad {
                    BadPath::Empty => faults::modules::empty_path(site),
                    BadPath::Absolute => faults::modules::absolute_path(site, &used.path),
                    BadPath::Outside => faults::modules::outside(site, &used.path),
                };
                self.report(fault);
                None
            }
        };
        let what = match target {
            Some(file) if !self.uses.in_one_circle(self.file, file) => What::Module(file),
            _ => What::Poisoned,
        };
        match (&used.alias, target) {
            (Some(alias), _) => self.snake_case(alias, "a file"),
            (None, Some(_)) => self.stem(stem, site),
            (None, None) => {}
        }
        let site = self.site(span);
        match self.declared.get(&name).copied() {
            Some(Declared { what: What::Poisoned, .. }) => {}
            Some(first) if first.span == Span::default() => self.report(faults::names::built_in(site, &name, "an action")),
            Some(first) => self.report(faults::modules::name_twice(site, &name, first.span)),
            None => {
                self.declared.insert(name, Declared { span, what });
            }
        }
    }

    /// The name of a file must be a name of the language, where no other is given.
    fn stem(&mut self, stem: &str, site: Site) {
        let sound = stem.starts_with(|first: char| first.is_ascii_lowercase())
            && stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !sound || is_reserved(stem) {
            self.report(faults::modules::no_name(site, stem));
        }
    }

    fn target_file(&mut self, path: &str, used: &ast::Use) -> Option<FileId> {
        let found = self.sources.find(path);
        if found.is_none() {
            let from = self.sources.path(self.file);
            let known: Vec<String> = self.sources.known_paths().filter(|known| *known != from).map(|known| relative(from, known)).collect();
            let nearest = match used.path.ends_with(".flow") {
                true => self.nearest(&used.path, known.iter().map(String::as_str)),
                false => {
                    let whole = format!("{}.flow", used.path);
                    known.iter().find(|known| **known == whole).map(String::as_str)
                }
            };
            // The file that is meant is known by its name, so that nothing more is said of what is taken from it.
            if let (Some(meant), None) = (nearest, &used.alias) {
                let poisoned = Declared { span: used.path_span, what: What::Poisoned };
                self.declared.entry(SmolStr::new(stem_of(meant))).or_insert(poisoned);
            }
            let fault = faults::modules::unknown_file(self.site(used.path_span), &used.path, nearest);
            self.report(fault);
        }
        found
    }

    /// What a path with a module before it names; `None` where nothing does, which is reported, or where it is broken.
    pub(super) fn in_module(&mut self, module: &ast::Ident, name: &ast::Ident, fits: fn(What) -> bool) -> Option<What> {
        let site = self.site(module.span.to(name.span));
        let file = match self.declared.get(&module.name).map(|declared| declared.what) {
            Some(What::Module(file)) => file,
            Some(What::Poisoned) => return None,
            Some(what) => {
                self.report(faults::modules::not_a_file(self.site(module.span), &module.name, what.described()));
                return None;
            }
            None => {
                let files = self.module_names();
                let nearest = self.nearest(&module.name, files.iter().map(SmolStr::as_str));
                self.report(faults::names::unknown_module(self.site(module.span), &module.name, nearest));
                return None;
            }
        };
        self.refer_declared(module.span, What::Module(file));
        self.wish(name.span, |_| WishKind::InModule { file, fits });
        if !self.used_modules.contains(&module.name) {
            self.used_modules.push(module.name.clone());
        }
        let module = self.modules.get(file.0 as usize)?.as_ref()?;
        match module
            .declared
            .get(&name.name)
            .filter(|declared| declared.is_exported() || declared.what == What::Poisoned)
            .map(|declared| declared.what)
        {
            Some(What::Poisoned) => None,
            Some(what) => {
                self.refer_declared(name.span, what);
                Some(what)
            }
            _ if module.faulty => None,
            _ => {
                let declared = module.declared.iter().filter(|(_, declared)| declared.is_exported() && fits(declared.what));
                let mut names: Vec<SmolStr> = declared.map(|(name, _)| name.clone()).collect();
                names.sort_unstable();
                let nearest = self.nearest(&name.name, names.iter().map(SmolStr::as_str));
                let shown = self.sources.shown(file);
                self.report(faults::modules::not_declared(Site { span: name.span, ..site }, shown, &name.name, nearest, &names));
                None
            }
        }
    }

    /// The names under which files are used here.
    pub(super) fn module_names(&self) -> Vec<SmolStr> {
        let modules = self.declared.iter().filter(|(_, declared)| matches!(declared.what, What::Module(_)));
        let mut names: Vec<SmolStr> = modules.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Files that are used and of which nothing is taken.
    pub(super) fn unused_modules(&mut self) {
        let unused =
            self.declared.iter().filter(|(name, declared)| matches!(declared.what, What::Module(_)) && !self.used_modules.contains(name));
        let mut unused: Vec<(Span, SmolStr)> = unused.map(|(name, declared)| (declared.span, name.clone())).collect();
        unused.sort_unstable();
        for (span, name) in unused {
            let fault = faults::lints::unused_file(self.site(span), &name);
            self.lints.push(fault);
        }
    }

    /// What is kept of a file for those that use it, and the names under which it uses others.
    pub(super) fn keep_module(&mut self) -> Vec<(FileId, SmolStr)> {
        let declared = std::mem::take(&mut self.declared);
        let mut names: Vec<(Span, FileId, SmolStr)> = Vec::new();
        for (name, declared) in &declared {
            if let What::Module(file) = declared.what {
                names.push((declared.span, file, name.clone()));
            }
        }
        names.sort_unstable_by_key(|(span, ..)| *span);
        let module = Module { declared, faulty: !self.faulty.is_empty() };
        if let Some(slot) = self.modules.get_mut(self.file.0 as usize) {
            *slot = Some(module);
        }
        names.into_iter().map(|(_, file, name)| (file, name)).collect()
    }

    /// A declared name as an author writes it in the file that is being checked.
    pub(super) fn as_written_here(&self, file: FileId, name: &str) -> String {
        if file == self.file {
            return name.to_owned();
        }
        let here = self.declared.iter().filter(|(_, declared)| matches!(declared.what, What::Module(used) if used == file));
        let module = here.min_by_key(|(_, declared)| declared.span).map(|(module, _)| module.as_str());
        format!("{}.{name}", module.unwrap_or_else(|| stem_of(self.sources.path(file))))
    }
}

/// The name of a file without its folders and ending.
pub(crate) fn stem_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".flow").unwrap_or(name)
}

/// A path as a file at `from` would write it.
fn relative(from: &str, to: &str) -> String {
    let (mut here, mut there): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    here.pop();
    let same = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let up = here.len() - same;
    there.drain(..same.min(there.len()));
    std::iter::repeat_n("..", up).chain(there).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn paths_as_they_are_written() {
        assert_eq!(relative("pay.flow", "connectors/bank.flow"), "connectors/bank.flow");
        assert_eq!(relative("flows/pay.flow", "connectors/bank.flow"), "../connectors/bank.flow");
        assert_eq!(relative("flows/pay.flow", "flows/bank.flow"), "bank.flow");
    }
}
