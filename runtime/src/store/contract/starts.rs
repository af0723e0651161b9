//! Which starts are one run, and whose turn it is.

use std::sync::Arc;

use super::{Author, plan, with_plan};
use crate::ids::{At, Digest, RunId};
use crate::store::{Commit, NewRun, Status, Store, StoreError, Turn};

fn key(name: &str) -> Digest {
    Digest::of(&[name.as_bytes()])
}

fn begun(author: &mut Author, once: &[Digest], turn: Option<Turn>) -> Commit {
    let mut commit = author.next(b"started");
    commit.new = Some(NewRun { plan: plan(), workflow: "pay".into(), requester: String::new(), once: once.to_vec(), turn, child_of: None });
    commit
}

fn ended(author: &mut Author) -> Commit {
    Commit { status: Status::Completed, live: false, gives_turn: true, at: At(5000), ..author.next(b"ended") }
}

pub(super) async fn there_is_one_run_of_a_key(store: Arc<dyn Store>) {
    with_plan(&*store).await;
    let (mut first, mut second, mut third) = (Author::new(1), Author::new(2), Author::new(3));
    assert_eq!(store.once(key("a")).await.unwrap(), None);
    store.commit(begun(&mut first, &[key("a"), key("b")], None)).await.unwrap();
    let refused = store.commit(begun(&mut second, &[key("c"), key("b")], None)).await;
    assert!(matches!(refused, Err(StoreError::Once(RunId(1)))), "{refused:?}");
    assert_eq!(store.run(RunId(2)).await.unwrap(), None);
    assert_eq!(store.once(key("c")).await.unwrap(), None);
    store.commit(ended(&mut first)).await.unwrap();
    assert_eq!(store.once(key("b")).await.unwrap(), Some(RunId(1)));
    store.commit(begun(&mut third, &[key("c")], None)).await.unwrap();
    assert_eq!(store.once(key("c")).await.unwrap(), Some(RunId(3)));
}

pub(super) async fn turns_go_round_in_order(store: Arc<dyn Store>) {
    with_plan(&*store).await;
    let mut authors: Vec<Author> = [9, 4, 7, 8].into_iter().map(Author::new).collect();
    let turn = |waits: bool| Some(Turn { key: key("eu"), waits });
    assert!(!store.turn_taken(key("eu")).await.unwrap());
    for (place, author) in authors.iter_mut().enumerate() {
        let mut wrong = *author;
        let refused = store.commit(begun(&mut wrong, &[], turn(place == 0))).await;
        assert!(matches!(refused, Err(StoreError::Turn)), "{refused:?}");
        store.commit(begun(author, &[], turn(place > 0))).await.unwrap();
    }
    let holds = async |run: u64| store.has_turn(RunId(run)).await.unwrap();
    assert!(holds(9).await && !holds(4).await && !holds(7).await && !holds(8).await && holds(99).await);
    assert!(store.turn_taken(key("eu")).await.unwrap() && !store.turn_taken(key("us")).await.unwrap());

    // One that waits goes: nobody else's turn comes because of it.
    store.commit(ended(&mut authors[1])).await.unwrap();
    assert!(store.due(At(i64::MAX), 9).await.unwrap().is_empty());
    // The holder goes: the next one has its turn, and is due.
    store.commit(ended(&mut authors[0])).await.unwrap();
    assert!(holds(7).await && !holds(8).await);
    assert_eq!(store.due(At(5000), 9).await.unwrap(), [RunId(7)]);
    store.commit(authors[2].next(b"admitted")).await.unwrap();
    assert!(store.due(At(i64::MAX), 9).await.unwrap().is_empty());
    store.commit(ended(&mut authors[2])).await.unwrap();
    assert_eq!(store.due(At(5000), 9).await.unwrap(), [RunId(8)]);
    store.commit(ended(&mut authors[3])).await.unwrap();
    assert!(!store.turn_taken(key("eu")).await.unwrap());
}
