//! The tutorial is true: a reader who types what it says sees what it shows.
//!
//! `docs/tutorial.md` is gone through from top to bottom in a fresh folder:
//!
//! | block | is |
//! | --- | --- |
//! | `console` | commands behind `$ `, each with all that it prints |
//! | `console typed` | one command in a terminal; what stands behind its questions is typed |
//! | `console waits` | one command that stays; what it prints until then |
//! | `console goes on`, `console interrupted` | what it prints after that, by itself or after Ctrl-C, and then it ends |
//! | `flow FILE` | the file is this: it is written where it is not there yet, and must be so where it is |
//! | `flow wrong FILE` | the same, and it must not pass |
//! | `flow more FILE` | this is added to the file |
//! | `diff FILE` | lines of the file that are changed |
//! | `<!-- approve: ADDRESS -->` | signs in at the address, and approves what waits on its page |
//!
//! What differs from one time to the next is told by its shape (`variable`): the first time it is shown it stands for what is there now, and
//! from then on for the same. A time matches any time. `hitlc serve` listens on a free port. `UPDATE=1` writes what is printed now into the
//! page.

mod page;
mod shell;
mod variables;

use std::fs;

use page::{Piece, Said};
use shell::Shell;

#[test]
fn the_tutorial_is_true() {
    if !["bash", "script", "curl"].into_iter().all(crate::support::tool) {
        return;
    }
    let path = crate::docs::root().join("docs/tutorial.md");
    let text = fs::read_to_string(&path).unwrap();
    let mut shell = Shell::new();
    let mut now = String::new();
    for piece in page::pieces(&text) {
        now.push_str(&go_through(&mut shell, piece));
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &now).unwrap();
    } else {
        similar_asserts(&text, &now);
    }
}

/// Does what a piece of the page says, and gives the piece as it would be true.
fn go_through(shell: &mut Shell, piece: Piece<'_>) -> String {
    match piece {
        Piece::Prose(text) => return text.to_owned(),
        Piece::Approve { line, address } => {
            shell.approve(address);
            return line.to_owned();
        }
        Piece::File { name, text, .. } if shell.read(name).is_none() => shell.write(name, text),
        Piece::File { name, text, .. } => assert_eq!(shell.read(name).as_deref(), Some(text), "`{name}`"),
        Piece::More { name, text, .. } => {
            let before = shell.read(name).expect("there is something to add to");
            shell.write(name, &format!("{before}\n{text}"));
        }
        Piece::Diff { name, text, .. } => {
            let mut changed = shell.read(name).expect("there is something to change");
            let lines =
                |sign: char| text.lines().filter_map(|line| line.strip_prefix(sign)).map(|line| format!("{line}\n")).collect::<String>();
            let (old, new) = (lines('-'), lines('+'));
            assert_eq!(changed.matches(&old).count(), 1, "`{name}` has no lines\n{old}");
            changed = changed.replace(&old, &new);
            shell.write(name, &changed);
        }
        Piece::Console { kind, said, fence } => {
            let mut now = fence.to_owned();
            for Said { command, output } in said {
                if let Some(command) = command {
                    now.push_str(&format!("$ {command}\n"));
                }
                now.push_str(&shell.say(kind, command, output));
            }
            return format!("{now}```\n");
        }
    }
    piece.written().to_owned()
}

/// Fails with the first lines that differ.
fn similar_asserts(page: &str, now: &str) {
    let differ = page.lines().zip(now.lines()).enumerate().find(|(_, (shown, printed))| shown != printed);
    if let Some((index, (shown, printed))) = differ {
        let rest: Vec<&str> = now.lines().skip(index).take(20).collect();
        panic!(
            "docs/tutorial.md:{}: shown is\n{shown}\nprinted is\n{printed}\nand on it goes:\n{}\n(`UPDATE=1` writes it into the page)",
            index + 1,
            rest.join("\n")
        );
    }
    assert_eq!(page, now);
}
