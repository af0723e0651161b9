//! Where the commands of the page are run: a folder, a shell that remembers, and a program that may wait in another terminal.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use super::page::Kind;
use super::variables::Variables;
use crate::support::{PATIENCE, Project, hitlc, until};

/// Questions behind which something is typed.
const QUESTIONS: [&str; 2] = ["approve [a] or reject [r]: ", "comment (enter for none): "];

/// The shell goes on where it was, and what is printed is in one piece, as in a terminal.
const REMEMBER: &str = r#"
exec 2>&1
[ -f "$STATE/env" ] && . "$STATE/env"
[ -f "$STATE/folder" ] && cd "$(cat "$STATE/folder")"
eval "$COMMAND"
status=$?
export -p | grep -v ' COMMAND=\| TERM=' > "$STATE/env"
pwd > "$STATE/folder"
exit $status
"#;

pub(super) struct Shell {
    project: Project,
    variables: Variables,
    waiting: Option<Waiting>,
}

/// A program in another terminal.
struct Waiting {
    child: Child,
    out: PathBuf,
    /// So much of what it printed was looked at.
    seen: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It is gone already, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shell {
    pub(super) fn new() -> Self {
        let project = Project::with(&[]);
        for folder in ["bin", "state", "home"] {
            fs::create_dir(project.file(folder)).unwrap();
        }
        std::os::unix::fs::symlink(hitlc(), project.file("bin/hitlc")).unwrap();
        fs::write(project.file("state/folder"), project.file("home").to_str().unwrap()).unwrap();
        Self { project, variables: Variables::default(), waiting: None }
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(fs::read_to_string(self.project.file("state/folder")).unwrap().trim_end())
    }

    pub(super) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder().join(name)).ok()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    fn bash(&self, program: &str, args: &[&str], command: &str) -> Command {
        let path = format!("{}:{}", self.project.file("bin").display(), std::env::var("PATH").unwrap());
        // A port that is free, in the place of the one that everybody has.
        let command = self.variables.now(command).replace("hitlc serve ", "hitlc serve --listen 127.0.0.1:0 ");
        let mut bash = self.project.program(program);
        bash.args(args).env("PATH", path).env("STATE", self.project.file("state")).env("COMMAND", command);
        bash.env("USER", "ana").env("NO_COLOR", "1").env("REMEMBER", REMEMBER).env("TERM", "dumb");
        bash
    }

    /// Runs a command as its block says, and gives what it prints, as the page would say it.
    pub(super) fn say(&mut self, kind: Kind, command: Option<&str>, output: &str) -> String {
        let printed = match (kind, command) {
            (Kind::Plain, Some(command)) if reads(command) => return self.read_until(command, output),
            (Kind::Plain, Some(command)) => self.run(command),
            (Kind::Typed, Some(command)) => self.typed(command, output),
            (Kind::Waits, Some(command)) => return self.wait(command, output),
            (Kind::GoesOn | Kind::Interrupted, None) => self.end(kind == Kind::Interrupted),
            _ => panic!("a block of the kind {kind:?} with the command {command:?}"),
        };
        self.variables.shown(output, &printed)
    }

    fn run(&self, command: &str) -> String {
        String::from_utf8(self.bash("bash", &["-c", REMEMBER], command).output().unwrap().stdout).unwrap()
    }

    /// What only looks is done again until it sees what the page says: what was begun may be under way.
    fn read_until(&mut self, command: &str, output: &str) -> String {
        let begun = Instant::now();
        loop {
            let printed = self.run(command);
            let shown = self.variables.shown(output, &printed);
            if shown == output || begun.elapsed() > PATIENCE / 3 {
                return shown;
            }
        }
    }

    /// A command in a terminal, with what the page says behind its questions.
    fn typed(&self, command: &str, output: &str) -> String {
        let mut script = self.bash("script", &["-qec", "bash -c \"$REMEMBER\"", "/dev/null"], command);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, printed) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let typed = |line: &str| QUESTIONS.iter().find_map(|question| line.strip_prefix(question).map(|keys| (*question, keys.to_owned())));
        let mut answers = output.lines().filter_map(typed);
        let mut next = answers.next();
        let mut said = Vec::new();
        let mut from = 0;
        while let Ok(more) = printed.recv_timeout(PATIENCE) {
            said.extend(more);
            let text = String::from_utf8_lossy(&said[from..]).into_owned();
            if let Some((question, answer)) = next.take_if(|(question, _)| text.ends_with(*question)) {
                assert!(!question.is_empty());
                writeln!(keys, "{answer}").unwrap();
                from = said.len();
                next = answers.next();
            }
        }
        child.wait().unwrap();
        String::from_utf8(said).unwrap().replace("\r\n", "\n")
    }

    /// Starts a command in another terminal, and waits until it has printed what the page says.
    fn wait(&mut self, command: &str, output: &str) -> String {
        let out = self.project.file("waiting");
        let child = self.bash("bash", &["-c", "exec 2>&1; cd \"$(cat \"$STATE/folder\")\"; eval \"exec $COMMAND\""], command);
        let mut child = { child };
        let child = child.stdout(fs::File::create(&out).unwrap()).spawn().unwrap();
        self.waiting = Some(Waiting { child, out: out.clone(), seen: 0 });
        let lines = output.lines().count().max(1);
        let printed = until("what the page says", || {
            let printed = fs::read_to_string(&out).unwrap();
            (printed.lines().count() >= lines && printed.ends_with('\n')).then_some(printed)
        });
        if let Some(waiting) = &mut self.waiting {
            waiting.seen = printed.len();
        }
        self.variables.shown(output, &printed)
    }

    fn end(&mut self, interrupt: bool) -> String {
        let mut waiting = self.waiting.take().expect("something waits");
        if interrupt {
            let id = waiting.child.id().to_string();
            assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        }
        until("its end", || waiting.child.try_wait().unwrap());
        fs::read_to_string(&waiting.out).unwrap().split_off(waiting.seen)
    }

    /// What a reader does in the browser: signs in at the address, opens what waits, and presses the button.
    pub(super) fn approve(&self, address: &str) {
        let address = self.variables.now(address);
        let server = address.split("/link/").next().unwrap().to_owned();
        let jar = self.project.file("state/jar").display().to_string();
        let curl = |args: &[&str]| {
            let done =
                self.project.program("curl").args(["-sS", "--fail-with-body", "-L", "-b", &jar, "-c", &jar]).args(args).output().unwrap();
            assert!(done.status.success(), "{args:?}: {done:?}");
            String::from_utf8(done.stdout).unwrap()
        };
        curl(&["-d", "", &address]);
        let inbox = curl(&[&server]);
        let id = between(&inbox, "href=\"/approvals/", "\"").expect("something waits");
        let page = format!("{server}/approvals/{id}");
        let shown = curl(&[&page]);
        let action = format!("/approvals/{id}/decision");
        let form = between(&shown, &format!("action=\"{action}\""), "</form>").expect("it can be decided");
        let mut fields = vec!["-d".to_owned(), "decision=approve".to_owned()];
        for input in form.split("<input type=\"hidden\"").skip(1) {
            let (name, value) = (between(input, "name=\"", "\"").unwrap(), between(input, "value=\"", "\"").unwrap());
            fields.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        let action = format!("{server}{action}");
        let mut args: Vec<&str> = fields.iter().map(String::as_str).collect();
        args.extend(["-H", "Sec-Fetch-Site: same-origin", &action]);
        curl(&args);
    }
}

fn reads(command: &str) -> bool {
    command.starts_with("hitlc runs") || command.starts_with("hitlc approvals")
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(behind).map(|(found, _)| found)
}
