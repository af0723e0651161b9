//! From what the checker would like somewhere to what can be written there.

use smol_str::SmolStr;

use super::{Item, ItemKind};
use crate::FileId;
use crate::check::declare::{ActionInfo, What};
use crate::check::record::{Visible, Wish, WishKind};
use crate::check::scope::Kind;
use crate::check::ty::{Ty, TypeInfoKind};
use crate::ide::index::Index;
use crate::ide::{describe, words};

/// What was found, each label once.
#[derive(Debug, Default)]
pub(super) struct Found {
    items: Vec<Item>,
}

impl Found {
    pub(super) fn add(&mut self, item: Item) {
        if self.items.iter().all(|known| known.label != item.label) {
            self.items.push(item);
        }
    }

    fn plain(&mut self, label: &str, kind: ItemKind, detail: impl Into<String>, doc: impl Into<String>, rank: u8) {
        let (label, detail, doc) = (label.to_owned(), detail.into(), doc.into());
        self.add(Item { insert: label.clone(), label, kind, detail, doc, snippet: None, rank });
    }

    /// The likeliest first, and those that are alike by name.
    pub(super) fn sorted(mut self) -> Vec<Item> {
        self.items.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
        self.items
    }
}

/// Adds all that fits a wish. `called` says that a `(` stands behind the place.
pub(super) fn wished(index: &Index<'_>, file: FileId, called: bool, found: &mut Found) {
    let Some(wish) = &index.wish else { return };
    let writer = Writer { index, file, called };
    match &wish.kind {
        WishKind::Value(wanted) => writer.values(wish, wanted.as_ref(), found),
        WishKind::FieldOf(ty) => writer.fields_of(ty, found),
        WishKind::GateValue(values) => {
            values.iter().for_each(|(name, ty)| found.plain(name, ItemKind::Field, index.shown(ty, file), "", 0));
        }
        WishKind::FieldName { of, given } => writer.field_names(*of, given, wish, found),
        WishKind::Argument { of, given } => writer.arguments(*of, given, wish, found),
        WishKind::Callee => writer.declared(&|what| matches!(what, What::Action(_) | What::Workflow(_)), found),
        WishKind::Type => {
            words::TYPES.iter().for_each(|word| found.plain(word.name, ItemKind::Type, "", word.about, 1));
            writer.declared(&|what| matches!(what, What::Record(_) | What::Enum(_)), found);
        }
        WishKind::InModule { file: module, fits } => {
            for (name, what) in index.declared(*module) {
                if fits(what) && !matches!(what, What::Module(_)) {
                    writer.declaration(name, what, 0, found);
                }
            }
        }
        WishKind::Member(of) => writer.members(*of, 0, found),
        WishKind::Person => writer.people(wish, found),
    }
}

/// What is written, and where.
struct Writer<'i> {
    index: &'i Index<'i>,
    file: FileId,
    called: bool,
}

impl Writer<'_> {
    /// What the file declares and uses, as far as it fits; of files that it uses by their names.
    fn declared(&self, fits: &dyn Fn(What) -> bool, found: &mut Found) {
        for (name, what) in self.index.declared(self.file) {
            match what {
                What::Module(used) => {
                    let inside = self.index.declared(used).into_iter().filter(|(_, what)| !matches!(what, What::Module(_)) && fits(*what));
                    for (inner, what) in inside {
                        self.declaration(&format!("{name}.{inner}"), what, 1, found);
                    }
                }
                what if fits(what) => self.declaration(name, what, 0, found),
                _ => {}
            }
        }
        if fits(What::Action(0)) {
            // What is built in comes first among the actions and stands nowhere.
            let built_in = self.index.world.actions.iter().filter(|info| info.site.is_none());
            built_in.for_each(|info| self.callee(&info.name, info, 2, found));
        }
    }

    fn declaration(&self, name: &str, what: What, rank: u8, found: &mut Found) {
        match what {
            What::Record(of) | What::Enum(of) => {
                let Some(info) = self.index.info(of) else { return };
                let kind = if matches!(what, What::Record(_)) { ItemKind::Record } else { ItemKind::Enum };
                found.plain(name, kind, "", info.doc.clone().unwrap_or_default(), rank);
            }
            What::Action(of) | What::Workflow(of) => {
                if let Some(info) = self.index.callee(of) {
                    self.callee(name, info, rank, found);
                }
            }
            What::Group(of) => {
                let members = self.index.world.groups.get(of as usize).map(|info| info.members.join(", "));
                found.plain(name, ItemKind::Group, members.unwrap_or_default(), "", rank);
            }
            What::Module(_) | What::Poisoned => {}
        }
    }

    /// A call; its snippet asks for the arguments that it needs.
    fn callee(&self, name: &str, info: &ActionInfo, rank: u8, found: &mut Found) {
        let needed: Vec<String> = (1..).zip(needed(info)).map(|(at, name)| format!("{name}: ${{{at}}}")).collect();
        let paragraphs = self.index.doc_of(info).into_iter().chain(describe::effect(info).map(str::to_owned));
        found.add(Item {
            label: name.to_owned(),
            kind: if info.workflow { ItemKind::Workflow } else { ItemKind::Action },
            detail: self.index.signature(info, self.file),
            doc: paragraphs.collect::<Vec<_>>().join("\n\n"),
            insert: name.to_owned(),
            snippet: (!self.called).then(|| format!("{name}({})", needed.join(", "))),
            rank,
        });
    }

    fn values(&self, wish: &Wish, wanted: Option<&Ty>, found: &mut Found) {
        let fits = |ty: &Ty| wanted.is_none_or(|wanted| wanted.is_broken() || ty.present().fits(wanted.present()));
        for value in &wish.values {
            // A record may have a field that fits.
            let rank = if value.kind != Kind::Gate && fits(&value.ty) { 0 } else { 1 };
            self.value(value, rank, found);
        }
        match wanted.map(Ty::present) {
            Some(Ty::Enum(of)) => self.members(*of, 0, found),
            Some(Ty::Bool) => ["true", "false"].iter().for_each(|word| found.plain(word, ItemKind::Keyword, "bool", "", 1)),
            _ => {}
        }
        for word in words::VALUES {
            found.plain(word.name, ItemKind::Value, word.signature, word.about, 2);
        }
        for word in words::FUNCTIONS {
            let snippet = (!self.called).then(|| format!("{}(${{1}})", word.name));
            let (label, insert) = (word.name.to_owned(), word.name.to_owned());
            let (detail, doc) = (word.signature.to_owned(), word.about.to_owned());
            found.add(Item { label, kind: ItemKind::Function, detail, doc, insert, snippet, rank: 3 });
        }
        for (name, what) in self.index.declared(self.file) {
            match what {
                What::Enum(_) => self.declaration(name, what, 3, found),
                What::Module(used) => found.plain(name, ItemKind::Module, self.index.sources.path(used), "", 4),
                _ => {}
            }
        }
        for word in ["true", "false", "none", "not", "if"] {
            found.plain(word, ItemKind::Keyword, "", "", 4);
        }
    }

    fn value(&self, value: &Visible, rank: u8, found: &mut Found) {
        let detail = match value.kind {
            Kind::Gate => "require approval".to_owned(),
            _ => self.index.shown(&value.ty, self.file),
        };
        found.plain(&value.name, ItemKind::Value, detail, describe::kind(value.kind), rank);
    }

    fn fields_of(&self, ty: &Ty, found: &mut Found) {
        match ty.present() {
            Ty::Record(of) => {
                for field in self.index.fields(*of) {
                    let detail = self.index.shown(&field.ty, self.file);
                    found.plain(&field.name, ItemKind::Field, detail, field.doc.clone().unwrap_or_default(), 0);
                }
            }
            Ty::Money => {
                found.plain("amount", ItemKind::Field, "number", "", 0);
                found.plain("currency", ItemKind::Field, "text", "", 0);
            }
            _ => {}
        }
    }

    /// Fields of a record literal that are not there yet.
    fn field_names(&self, of: u32, given: &[SmolStr], wish: &Wish, found: &mut Found) {
        let missing = self.index.fields(of).iter().filter(|field| !given.contains(&field.name));
        let missing: Vec<Named<'_>> = missing
            .map(|field| Named {
                name: &field.name,
                ty: &field.ty,
                needed: !matches!(field.ty, Ty::Optional(_)),
                detail: self.index.shown(&field.ty, self.file),
                doc: field.doc.clone().unwrap_or_default(),
            })
            .collect();
        named(&missing, ItemKind::Field, wish, found);
    }

    /// Arguments that are not there yet, and all of them at once.
    fn arguments(&self, of: u32, given: &[SmolStr], wish: &Wish, found: &mut Found) {
        let Some(info) = self.index.callee(of) else { return };
        let missing = info.parameters.iter().enumerate().filter(|(_, parameter)| !given.contains(&parameter.name));
        let missing: Vec<Named<'_>> = missing
            .map(|(at, parameter)| Named {
                name: &parameter.name,
                ty: &parameter.ty,
                needed: is_needed(info, at),
                detail: self.index.parameter(info, at, self.file),
                doc: String::new(),
            })
            .collect();
        named(&missing, ItemKind::Argument, wish, found);
    }

    fn members(&self, of: u32, rank: u8, found: &mut Found) {
        let Some(info) = self.index.info(of) else { return };
        if let TypeInfoKind::Enum(members) = &info.kind {
            let of = self.index.written_in(self.file, info.site.file, &info.name);
            members.iter().for_each(|member| found.plain(member, ItemKind::Member, of.clone(), "", rank));
        }
    }

    fn people(&self, wish: &Wish, found: &mut Found) {
        self.declared(&|what| matches!(what, What::Group(_)), found);
        for (group, members) in self.index.sources.groups() {
            found.plain(group, ItemKind::Group, members.join(", "), "In `hitl.toml`.", 0);
        }
        for word in words::VALUES.iter().filter(|word| matches!(word.name, "owner" | "requester")) {
            found.plain(word.name, ItemKind::Value, word.signature, word.about, 0);
        }
        for value in wish.values.iter().filter(|value| matches!(value.ty.present(), Ty::Text | Ty::Record(_))) {
            self.value(value, 1, found);
        }
        found.plain("all of", ItemKind::Keyword, "", "Everybody of a group.", 2);
    }
}

/// A field or an argument that can be given by its name.
struct Named<'i> {
    name: &'i str,
    ty: &'i Ty,
    needed: bool,
    detail: String,
    doc: String,
}

/// Adds names that are followed by `:` and a value, or stand alone where a value has the name.
fn named(missing: &[Named<'_>], kind: ItemKind, wish: &Wish, found: &mut Found) {
    let alone = |one: &Named<'_>| wish.values.iter().any(|value| value.name == one.name && value.ty.fits(one.ty) && !value.ty.is_broken());
    let needed: Vec<&Named<'_>> = missing.iter().filter(|one| one.needed).collect();
    if needed.len() > 1 {
        let write = |hole: &dyn Fn(usize) -> String| {
            let each = needed.iter().enumerate().map(|(at, one)| match alone(one) {
                true => one.name.to_owned(),
                false => format!("{}: {}", one.name, hole(at + 1)),
            });
            each.collect::<Vec<_>>().join(", ")
        };
        let label = needed.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
        let (insert, snippet) = (write(&|_| String::new()), Some(write(&|at| format!("${{{at}}}"))));
        found.add(Item { label, kind, detail: "all that is missing".to_owned(), doc: String::new(), insert, snippet, rank: 0 });
    }
    for one in missing {
        let insert = if alone(one) { one.name.to_owned() } else { format!("{}: ", one.name) };
        let rank = if one.needed { 1 } else { 2 };
        let (label, detail, doc) = (one.name.to_owned(), one.detail.clone(), one.doc.clone());
        found.add(Item { label, kind, detail, doc, insert, snippet: None, rank });
    }
}

/// The parameters that a call cannot leave out.
fn needed(info: &ActionInfo) -> impl Iterator<Item = &SmolStr> {
    info.parameters.iter().enumerate().filter(|(at, _)| is_needed(info, *at)).map(|(_, parameter)| &parameter.name)
}

fn is_needed(info: &ActionInfo, at: usize) -> bool {
    info.parameters.get(at).is_some_and(|parameter| parameter.default.is_none() && !matches!(parameter.ty, Ty::Optional(_)))
}
