//! Staying with a run until it ends: cards at its questions, answers from the terminal, and another owner when the first one ends.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;

use crate::card;
use crate::client::types::{Approval, Run};
use crate::client::{Events, News, Refused};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::owner::{Pages, interrupted};
use crate::project::Project;
use crate::prompt::{Ended, Terminal};
use crate::session::{Session, connect};
use crate::terminal::{FAINT, GOOD, STRONG, visible};

/// How often a server that does not answer is asked again.
const TRIES: u32 = 20;

/// How long what has happened already takes to arrive.
const CATCH_UP: Duration = Duration::from_millis(30);

/// How long the page on which a run was decided has to show what became of it, before its server ends with the run.
const FAREWELL: Duration = Duration::from_secs(1);

/// How often a run that waits for runs that it called is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The pause between such tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Where the run is, should its process end.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// In a store: this process may become its owner.
    Store { project: Project, token: Option<String>, person: Option<String> },
    /// On a server.
    Server,
}

/// How a run is followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Leave it where it waits for somebody.
    pub(crate) detach: bool,
    /// Say nothing but what is needed to decide.
    pub(crate) quiet: bool,
}

/// Somebody who stays with a run.
#[derive(Debug)]
pub(crate) struct Follower {
    session: Session,
    home: Home,
    manner: Manner,
    /// Who follows.
    person: String,
    terminal: Option<Terminal>,
    /// The approvals whose cards were shown.
    shown: BTreeSet<String>,
    /// The last transition that was told.
    after: u64,
    progress: bool,
}

/// Why following ends.
enum Stop {
    Ended,
    Left,
}

impl Follower {
    /// Follows runs of a session. With `ask`, questions are asked in the terminal, too.
    pub(crate) fn new(session: Session, home: Home, manner: Manner, person: String, ask: bool) -> Self {
        let terminal = if ask && !manner.detach { Terminal::open() } else { None };
        let progress = !manner.quiet && std::io::stderr().is_terminal();
        Self { session, home, manner, person, terminal, shown: BTreeSet::new(), after: 0, progress }
    }

    /// Stays with a run until it ends or is left; then ends the session.
    pub(crate) async fn stay(mut self, id: &str) -> Result<Run, Fault> {
        let mut interrupt: Interrupt = Box::pin(interrupted());
        // From here on an interrupt is heard, also while a card is drawn.
        if std::future::poll_fn(|context| Poll::Ready(interrupt.as_mut().poll(context))).await.is_ready() {
            interrupt = Box::pin(std::future::ready(()));
        }
        let run = loop {
            match self.follow(id, &mut interrupt).await {
                Ok(Stop::Ended | Stop::Left) => break self.run(id).await?,
                Err(refused) if refused.is_lost() => self.reconnect(refused).await?,
                Err(refused) => return Err(refused.into()),
            }
        };
        if self.session.owner.is_some() && run.ended() && self.decided_on_a_page(&run).await {
            tokio::time::sleep(FAREWELL).await;
        }
        if run.ended() || run.waits() {
            self.session.close().await;
        } else if let Some(owner) = self.session.owner {
            // It was interrupted: what is under way has a while to end.
            owner.close().await;
        }
        Ok(run)
    }

    /// The run, with the open questions of runs that it called and that are under way.
    async fn run(&self, id: &str) -> Result<Run, Refused> {
        let mut run = self.session.client.run(id).await?;
        let mut open: Vec<String> = run.children.iter().filter(|child| !child.ended()).map(|child| child.id.clone()).collect();
        while let Some(id) = open.pop() {
            let called = self.session.client.run(&id).await?;
            run.approvals.extend(called.approvals.into_iter().filter(|approval| approval.status == "pending"));
            open.extend(called.children.iter().filter(|child| !child.ended()).map(|child| child.id.clone()));
        }
        Ok(run)
    }

    /// Whether somebody answered the last question of a run on its page, and is looking at it.
    async fn decided_on_a_page(&self, run: &Run) -> bool {
        let Some(last) = run.approvals.last() else { return false };
        let approval = self.session.client.approval(&last.id).await;
        approval.is_ok_and(|approval| approval.votes.last().is_some_and(|vote| vote.channel == "page"))
    }

    async fn follow(&mut self, id: &str, interrupt: &mut Interrupt) -> Result<Stop, Refused> {
        let mut events = self.session.client.events(id, self.after).await?;
        loop {
            let run = self.run(id).await?;
            let looks = run.children.iter().any(|child| !child.ended()).then_some(LOOK);
            if run.ended() {
                // What happened last is told before the result is.
                while let News::Transition { id, texts } = events.next().await {
                    self.tell(id, &texts);
                }
                return Ok(Stop::Ended);
            }
            let told = self.after;
            let question = self.show_questions(&run, &mut events).await?;
            if self.after > told {
                // What was told meanwhile happened after the run was looked at.
                continue;
            }
            if self.manner.detach && run.waits() {
                return Ok(Stop::Left);
            }
            let stop = match question {
                Some(approval) if self.terminal.is_some() => self.ask(&approval, &mut events, looks, interrupt).await?,
                _ => self.wait(&mut events, looks, interrupt).await?,
            };
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    /// Shows the cards of open questions that were not shown yet; answers the first one that the follower may decide.
    async fn show_questions(&mut self, run: &Run, events: &mut Events) -> Result<Option<Approval>, Refused> {
        let mut first = None;
        for open in run.approvals.iter().filter(|approval| approval.status == "pending") {
            self.catch_up(events).await;
            let is_new = !self.shown.contains(&open.id);
            if !is_new && (first.is_some() || self.terminal.is_none()) {
                continue;
            }
            let approval = self.session.client.approval(&open.id).await?;
            if approval.status != "pending" {
                continue;
            }
            if is_new {
                self.shown.insert(open.id.clone());
                self.show(&approval);
            }
            if first.is_none() && approval.why_you.is_some() {
                first = Some(approval);
            }
        }
        Ok(first)
    }

    /// Tells what has happened already, so that it stands before the question.
    async fn catch_up(&mut self, events: &mut Events) {
        while let Ok(News::Transition { id, texts }) = tokio::time::timeout(CATCH_UP, events.next()).await {
            self.tell(id, &texts);
        }
    }

    /// The address of an approval's page: one that signs in where this process serves it, none where it will not be served.
    fn url(&self, approval: &Approval) -> Option<String> {
        match &self.session.owner {
            Some(_) if self.manner.detach => None,
            Some(owner) => owner.link(&self.person, &format!("/approvals/{}", approval.id)),
            None => Some(approval.url.clone()),
        }
    }

    fn show(&self, approval: &Approval) {
        let url = self.url(approval);
        if self.manner.quiet {
            anstream::eprintln!("approval needed: {}", visible(&approval.title));
            if let Some(url) = url {
                anstream::eprintln!("{url}");
            }
            return;
        }
        anstream::eprint!("{}", card::draw(approval, url.as_deref(), Timestamp::now()));
        self.tell_of_mail();
        if self.manner.detach {
            return;
        }
        if approval.why_you.is_none() {
            anstream::eprintln!(
                "{FAINT}You are {}, who is not asked. Who is: hitlc approve {} --as EMAIL{FAINT:#}",
                self.person,
                approval.id
            );
        } else if self.terminal.is_none() {
            anstream::eprintln!(
                "{FAINT}Waiting: answer on the page, or with `hitlc approve {0}` or `hitlc reject {0}`.{FAINT:#}",
                approval.id
            );
        }
    }

    /// Without a mail server letters are files, and somebody must know.
    fn tell_of_mail(&self) {
        let Home::Store { project, .. } = &self.home else { return };
        if self.shown.len() == 1 && self.session.owner.is_some() && project.config.notify.email.is_none() {
            anstream::eprintln!("{FAINT}{}{FAINT:#}", project.no_mail());
        }
    }

    /// Waits until something happens. What called runs do stands in journals of their own: `looks` says how often to look for it.
    async fn wait(&mut self, events: &mut Events, looks: Option<Duration>, interrupt: &mut Interrupt) -> Result<Option<Stop>, Refused> {
        tokio::select! {
            news = events.next() => self.hear(news),
            () = tokio::time::sleep(looks.unwrap_or(Duration::MAX)), if looks.is_some() => Ok(None),
            () = interrupt => Ok(Some(Stop::Left)),
        }
    }

    /// Asks in the terminal until there is an answer, or somebody else was faster.
    async fn ask(
        &mut self,
        approval: &Approval,
        events: &mut Events,
        looks: Option<Duration>,
        interrupt: &mut Interrupt,
    ) -> Result<Option<Stop>, Refused> {
        let Some(mut terminal) = self.terminal.take() else { return Ok(None) };
        let stop = self.ask_at(&mut terminal, approval, events, looks, interrupt).await;
        self.terminal = Some(terminal);
        stop
    }

    async fn ask_at(
        &mut self,
        terminal: &mut Terminal,
        approval: &Approval,
        events: &mut Events,
        looks: Option<Duration>,
        interrupt: &mut Interrupt,
    ) -> Result<Option<Stop>, Refused> {
        let mut typed = Box::pin(terminal.answer(approval));
        let answer = loop {
            let news = tokio::select! {
                answer = &mut typed => break answer,
                news = events.next() => Some(news),
                () = tokio::time::sleep(looks.unwrap_or(Duration::MAX)), if looks.is_some() => None,
                () = &mut *interrupt => return Ok(Some(Stop::Left)),
            };
            if let Some(stop) = news.map(|news| self.hear(news)).transpose()?.flatten() {
                return Ok(Some(stop));
            }
            if self.session.client.approval(&approval.id).await?.status != "pending" {
                anstream::eprintln!("\n{FAINT}It was answered elsewhere.{FAINT:#}");
                return Ok(None);
            }
        };
        let Ok(answer) = answer.map_err(|Ended| ()) else {
            anstream::eprintln!();
            return Ok(Some(Stop::Left));
        };
        match self.session.client.decide(approval, &answer).await {
            Ok(decided) => anstream::eprintln!("{GOOD}{}{GOOD:#}\n", card::spoken(&decided.status)),
            // What was typed does not fit, or somebody was faster: said, and asked again if it is still open.
            Err(refused) if matches!(refused.status(), Some(409 | 412 | 422)) => {
                if refused.status() == Some(412) {
                    self.shown.remove(&approval.id);
                }
                Fault::from(refused).report();
            }
            Err(refused) => return Err(refused),
        }
        Ok(None)
    }

    fn hear(&mut self, news: News) -> Result<Option<Stop>, Refused> {
        match news {
            News::Transition { id, texts } => {
                self.tell(id, &texts);
                Ok(None)
            }
            News::End => Ok(None),
            News::Lost => Err(Refused::gone()),
        }
    }

    /// Tells what happened, on a terminal.
    fn tell(&mut self, id: u64, texts: &[String]) {
        self.after = self.after.max(id);
        if self.progress {
            for text in texts.iter().filter(|text| !text.is_empty()) {
                anstream::eprintln!("{FAINT}· {}{FAINT:#}", visible(text));
            }
        }
    }

    /// Tells where the pages of open questions are now.
    async fn tell_addresses(&mut self) {
        for id in self.shown.clone() {
            let Ok(approval) = self.session.client.approval(&id).await else { continue };
            if let Some(url) = self.url(&approval).filter(|_| approval.status == "pending") {
                anstream::eprintln!("{}: {url}", visible(&approval.title));
            }
        }
    }

    /// Finds the run's new process, or becomes it.
    async fn reconnect(&mut self, refused: Refused) -> Result<(), Fault> {
        match &self.home {
            Home::Store { project, token, person } => {
                self.session = connect(project, Pages::Somewhere, token.clone(), person.clone()).await?;
                if let Some(owner) = &self.session.owner {
                    owner.work().await?;
                    anstream::eprintln!("{FAINT}The process that had the store open has ended; this one goes on.{FAINT:#}");
                }
                // Addresses of the process that ended are worth nothing.
                self.tell_addresses().await;
                Ok(())
            }
            Home::Server => {
                for _ in 0..TRIES {
                    tokio::time::sleep(PAUSE).await;
                    if self.session.client.workflows().await.is_ok() {
                        return Ok(());
                    }
                }
                Err(refused.into())
            }
        }
    }
}

type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a run ended, as an exit code.
pub(crate) fn exit(run: &Run) -> Exit {
    match run.status.as_str() {
        "completed" => Exit::Done,
        "failed" => Exit::Failed,
        "rejected" => Exit::Rejected,
        "cancelled" => Exit::Cancelled,
        _ => Exit::Paused,
    }
}

/// Says how a run ended, and prints its result.
pub(crate) fn conclude(run: &Run, json: bool) -> Result<Exit, Fault> {
    if json {
        crate::commands::check::print(&crate::run_report::report(run))?;
        return Ok(exit(run));
    }
    let exit = exit(run);
    match exit {
        Exit::Done => {
            anstream::eprintln!("{GOOD}completed{GOOD:#} {FAINT}{} {}{FAINT:#}", run.workflow, run.id);
            if !run.output.is_null() {
                crate::commands::check::print(&format!("{}\n", card::plain(&run.output)))?;
            }
        }
        Exit::Rejected => {
            let rejection = run.rejection.as_ref();
            let by = rejection
                .and_then(|rejection| rejection.by.as_deref())
                .map_or(" because nobody answered in time".to_owned(), |by| format!(" by {by}"));
            let why = rejection.and_then(|rejection| rejection.comment.as_deref()).map(|why| format!(": {why}")).unwrap_or_default();
            anstream::eprintln!("{STRONG}rejected{STRONG:#} {FAINT}{} {}{FAINT:#}{}", run.workflow, run.id, visible(&format!("{by}{why}")));
        }
        Exit::Cancelled => anstream::eprintln!("{STRONG}cancelled{STRONG:#} {FAINT}{} {}{FAINT:#}", run.workflow, run.id),
        Exit::Failed => {
            let why = run.error.clone().unwrap_or_else(|| "the run failed".to_owned());
            Fault::new(why)
                .note(format!("{} {} failed", run.workflow, run.id))
                .help(format!("see what happened with `hitlc runs show {}`", run.id))
                .report();
        }
        Exit::Paused | Exit::Usage => {
            anstream::eprintln!("{STRONG}paused{STRONG:#} and left so {FAINT}{} {}{FAINT:#}", run.workflow, run.id);
            for approval in run.approvals.iter().filter(|approval| approval.status == "pending") {
                anstream::eprintln!("  decide it with `hitlc approve {0}` or `hitlc reject {0}`", approval.id);
            }
        }
    }
    Ok(exit)
}
