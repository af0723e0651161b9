//! Types while they are checked: those of the plan, and two more for what has none.

use foldhash::HashMap;
use std::rc::Rc;

use flow_grammar::Span;
use smol_str::SmolStr;

use crate::faults::Site;
use crate::plan;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    /// Of something that is wrong and reported: fits everywhere, so that nothing follows from it.
    Broken,
    /// Of nothing: `none` is a `Never?`, `[]` a `[Never]`; fits everywhere.
    Never,
    Text,
    Number,
    Bool,
    Money,
    Date,
    Time,
    Duration,
    Json,
    Secret,
    List(Rc<Ty>),
    Optional(Rc<Ty>),
    Record(u32),
    Enum(u32),
}

impl Ty {
    pub(crate) fn list(item: Self) -> Self {
        Self::List(Rc::new(item))
    }

    /// `T?`; a `T??` is a `T?`.
    pub(crate) fn optional(inner: Self) -> Self {
        match inner {
            Self::Optional(_) | Self::Broken => inner,
            inner => Self::Optional(Rc::new(inner)),
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        *self == Self::Broken
    }

    /// The type without its `?`.
    pub(crate) fn present(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether a value of this type may stand where one of `wanted` is.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Broken | Self::Never, _) | (_, Self::Broken) => true,
            (Self::List(a), Self::List(b)) | (Self::Optional(a), Self::Optional(b)) => a.fits(b),
            (found, Self::Optional(wanted)) => found.fits(wanted),
            (found, wanted) => found == wanted,
        }
    }

    /// The type that holds both.
    pub(crate) fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Broken, _) | (_, Self::Broken) => Some(Self::Broken),
            (Self::Never, ty) | (ty, Self::Never) => Some(ty.clone()),
            (Self::List(a), Self::List(b)) => a.join(b).map(Self::list),
            (Self::Optional(a), b) | (b, Self::Optional(a)) => a.join(b.present()).map(Self::optional),
            (a, b) => (a == b).then(|| a.clone()),
        }
    }

    /// Whether `Never` stands somewhere in it, so that nobody could tell what it holds.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Never => true,
            Self::List(inner) | Self::Optional(inner) => inner.is_open(),
            _ => false,
        }
    }

    /// The same with texts where nothing says what it holds: an example of what an author may have meant.
    pub(crate) fn for_example(&self) -> Self {
        match self {
            Self::Never => Self::Text,
            Self::List(inner) => Self::list(inner.for_example()),
            Self::Optional(inner) => Self::optional(inner.for_example()),
            other => other.clone(),
        }
    }

    /// The same in a plan.
    pub(crate) fn lower(&self) -> plan::Type {
        match self {
            Self::Text => plan::Type::Text,
            Self::Number => plan::Type::Number,
            Self::Bool => plan::Type::Bool,
            Self::Money => plan::Type::Money,
            Self::Date => plan::Type::Date,
            Self::Time => plan::Type::Time,
            Self::Duration => plan::Type::Duration,
            // A broken type never reaches a plan; nothing is ever held by a `Never`.
            Self::Json | Self::Broken | Self::Never => plan::Type::Json,
            Self::Secret => plan::Type::Secret,
            Self::List(inner) => plan::Type::List(Box::new(inner.lower())),
            Self::Optional(inner) => plan::Type::Optional(Box::new(inner.lower())),
            Self::Record(index) => plan::Type::Record(*index),
            Self::Enum(index) => plan::Type::Enum(*index),
        }
    }
}

impl Ty {
    /// The type of what a plan of the same file has.
    pub(crate) fn raise(ty: &plan::Type) -> Self {
        match ty {
            plan::Type::Text => Self::Text,
            plan::Type::Number => Self::Number,
            plan::Type::Bool => Self::Bool,
            plan::Type::Money => Self::Money,
            plan::Type::Date => Self::Date,
            plan::Type::Time => Self::Time,
            plan::Type::Duration => Self::Duration,
            plan::Type::Json => Self::Json,
            plan::Type::Secret => Self::Secret,
            plan::Type::List(inner) => Self::list(Self::raise(inner)),
            plan::Type::Optional(inner) => Self::optional(Self::raise(inner)),
            plan::Type::Record(index) => Self::Record(*index),
            plan::Type::Enum(index) => Self::Enum(*index),
        }
    }
}

impl Ty {
    /// The type as an author writes it, declared ones as `named` says.
    pub(crate) fn shown(&self, types: &[TypeInfo], named: &dyn Fn(&TypeInfo) -> String) -> String {
        match self {
            Self::Broken => "something".to_owned(),
            Self::Never => "nothing".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Money => "money".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Secret => "secret".to_owned(),
            Self::List(item) if **item == Self::Never => "an empty list".to_owned(),
            Self::List(item) => format!("[{}]", item.shown(types, named)),
            Self::Optional(inner) if **inner == Self::Never => "none".to_owned(),
            Self::Optional(inner) => format!("{}?", inner.shown(types, named)),
            Self::Record(index) | Self::Enum(index) => types.get(*index as usize).map_or_else(String::new, named),
        }
    }
}

/// A declared type.
#[derive(Debug)]
pub(crate) struct TypeInfo {
    pub(crate) name: SmolStr,
    pub(crate) site: Site,
    pub(crate) doc: Option<String>,
    pub(crate) kind: TypeInfoKind,
    /// Whether something in it is broken: then nobody knows all that it has.
    pub(crate) faulty: bool,
}

#[derive(Debug)]
pub(crate) enum TypeInfoKind {
    Record(Fields),
    Enum(Vec<SmolStr>),
}

/// The fields of a record.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) list: Vec<FieldInfo>,
    by_name: HashMap<SmolStr, u32>,
}

/// A field of a record.
#[derive(Debug)]
pub(crate) struct FieldInfo {
    pub(crate) name: SmolStr,
    pub(crate) json: SmolStr,
    pub(crate) ty: Ty,
    pub(crate) doc: Option<String>,
    pub(crate) span: Span,
}

impl Fields {
    /// Adds a field; gives the one of that name that is already there.
    pub(crate) fn add(&mut self, field: FieldInfo) -> Result<(), Span> {
        let index = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        if let Some(first) = self.by_name.get(&field.name).and_then(|index| self.list.get(*index as usize)) {
            return Err(first.span);
        }
        self.by_name.insert(field.name.clone(), index);
        self.list.push(field);
        Ok(())
    }

    pub(crate) fn find(&self, name: &str) -> Option<(u32, &FieldInfo)> {
        let index = *self.by_name.get(name)?;
        self.list.get(index as usize).map(|field| (index, field))
    }
}

impl TypeInfo {
    /// The same in a plan.
    pub(crate) fn lower(&self) -> plan::TypeDef {
        let kind = match &self.kind {
            TypeInfoKind::Record(fields) => plan::TypeKind::Record(
                fields
                    .list
                    .iter()
                    .map(|field| plan::Field {
                        name: field.name.clone(),
                        json: field.json.clone(),
                        ty: field.ty.lower(),
                        doc: field.doc.clone(),
                    })
                    .collect(),
            ),
            TypeInfoKind::Enum(members) => plan::TypeKind::Enum(members.clone()),
        };
        plan::TypeDef { name: self.name.clone(), doc: self.doc.clone(), kind }
    }
}
