//! What a loop goes through: a list, and what holds of those of its items that are left.

use crate::oversight::terms::{Id, Op, Terms};
use crate::plan::Fold;

/// A list without what leaves out items of it or sorts them, and what holds of an item that is left.
pub(super) fn filtered(terms: &mut Terms<'_>, list: Id, item: Id) -> (Id, Vec<Id>) {
    let (mut list, mut filters) = (list, Vec::new());
    while let Some(of) = terms.comprehensions.get(&list).cloned() {
        let (filter, body) = terms.of_item(&of, item);
        let keeps = match terms.get(list).op {
            Op::For(Fold::Sort, _) => true,
            Op::For(Fold::List, _) => body == item,
            _ => false,
        };
        if !keeps {
            break;
        }
        filters.extend(filter);
        list = of.list;
    }
    (list, filters)
}
