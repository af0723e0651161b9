//! From a command's flags to somebody who answers: a server, the process that has the store open, or this one.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::client::types::Info;
use crate::fault::Fault;
use crate::owner::{Claim, Owner, Pages, reachable};
use crate::project::Project;

/// How long another process may take to open or close the store.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often something is done again because the process that worked for this one ended.
pub(crate) const TRIES: u32 = 5;

/// Where a command works, and as whom.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Where {
    /// Work on this store [default: `.hitl/state.db` beside `hitl.toml`]
    #[arg(long, env = "HITL_STORE", value_name = "URL", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// Work on a server instead
    #[arg(long, env = "HITL_SERVER", value_name = "URL", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// The token that says who you are
    #[arg(long, env = "HITL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Who you are, on a store that no server ever owned [default: your user at localhost]
    #[arg(long = "as", value_name = "EMAIL")]
    pub(crate) person: Option<String>,
}

/// Somebody who answers.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    /// This process, when it owns the store.
    pub(crate) owner: Option<Owner>,
    /// Keeps the way to the socket open.
    _folder: Option<File>,
}

impl Where {
    /// Acts, and gives the session back; work that was left is taken up where this process becomes the owner.
    ///
    /// When the process that worked for this one ends meanwhile, it is done again with the next: `act` must be able to bear that.
    pub(crate) async fn act<T>(&self, act: impl AsyncFn(&Session) -> Result<T, Fault>) -> Result<(Session, T), Fault> {
        again(self.tries(), async || self.acting().await.map(Some), act).await?.ok_or_else(|| Fault::new("there is no store"))
    }

    /// Reads, and ends the session; `None` when there is no store yet.
    pub(crate) async fn read<T>(&self, read: impl AsyncFn(&Session) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        let Some((session, read)) = again(self.tries(), async || self.reading().await, read).await? else { return Ok(None) };
        session.close().await;
        Ok(Some(read))
    }

    const fn tries(&self) -> u32 {
        if self.server.is_some() { 1 } else { TRIES }
    }

    async fn acting(&self) -> Result<Session, Fault> {
        if let Some(session) = self.remote()? {
            return Ok(session);
        }
        let project = Project::find(None, self.store.as_deref())?;
        let session = connect(&project, Pages::None, self.token.clone(), Some(self.name())).await?;
        if let Some(owner) = &session.owner {
            owner.work().await?;
        }
        Ok(session)
    }

    async fn reading(&self) -> Result<Option<Session>, Fault> {
        if let Some(session) = self.remote()? {
            return Ok(Some(session));
        }
        let project = Project::find(None, self.store.as_deref())?;
        if !project.store.exists() {
            return Ok(None);
        }
        connect(&project, Pages::None, self.token.clone(), self.person.clone()).await.map(Some)
    }

    /// Whether there is a server or a store to work on.
    pub(crate) fn exists(&self) -> Result<bool, Fault> {
        Ok(self.server.is_some() || Project::find(None, self.store.as_deref())?.store.exists())
    }

    fn remote(&self) -> Result<Option<Session>, Fault> {
        let Some(server) = &self.server else { return Ok(None) };
        if self.person.is_some() {
            return Err(Fault::usage("`--as` never travels to a server").help("say who you are with `--token`"));
        }
        Ok(Some(Session { client: Client::server(server, self.token.clone())?, owner: None, _folder: None }))
    }

    /// Who acts.
    pub(crate) fn name(&self) -> String {
        self.person.clone().unwrap_or_else(os_person)
    }
}

impl Session {
    /// Ends: an owner lets what is under way come to its end first, unless it is interrupted.
    pub(crate) async fn close(self) {
        let Some(owner) = self.owner else { return };
        tokio::select! {
            () = owner.engine.idle() => {}
            () = crate::owner::interrupted() => {}
        }
        owner.close().await;
    }
}

/// Works with a session, and with another one where it ends meanwhile.
pub(crate) async fn again<T>(
    mut tries: u32,
    open: impl AsyncFn() -> Result<Option<Session>, Fault>,
    work: impl AsyncFn(&Session) -> Result<T, Fault>,
) -> Result<Option<(Session, T)>, Fault> {
    loop {
        let Some(session) = open().await? else { return Ok(None) };
        tries = tries.saturating_sub(1);
        match work(&session).await {
            Ok(done) => return Ok(Some((session, done))),
            Err(fault) => {
                let lost = fault.is_lost() && session.owner.is_none() && tries > 0;
                session.close().await;
                if !lost {
                    return Err(fault);
                }
            }
        }
    }
}

/// Becomes the owner of the store, or finds the one it has.
pub(crate) async fn connect(project: &Project, pages: Pages, token: Option<String>, person: Option<String>) -> Result<Session, Fault> {
    let begun = Instant::now();
    loop {
        if let Some(claim) = Claim::take(project)? {
            let owner = Owner::open(claim, project, pages, Vec::new()).await?;
            let (client, folder) = through(&project.socket(), token, person)?;
            return Ok(Session { client, owner: Some(owner), _folder: folder });
        }
        let (client, folder) = through(&project.socket(), token.clone(), person.clone())?;
        match client.info().await {
            Ok(_) => return Ok(Session { client, owner: None, _folder: folder }),
            // It is just opening or closing the store.
            Err(refused) if refused.is_lost() && begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(30)).await,
            Err(refused) => {
                let fault = Fault::from(refused);
                return Err(fault.help(format!("another process has `{}` open; wait for it, or end it", project.store.display())));
            }
        }
    }
}

/// Who owns a store, if it is another process.
pub(crate) async fn other_owner(project: &Project) -> Option<Info> {
    let (client, _folder) = through(&project.socket(), None, None).ok()?;
    client.info().await.ok()
}

fn through(socket: &Path, token: Option<String>, person: Option<String>) -> Result<(Client, Option<File>), Fault> {
    // A folder that is not there yet has no socket either: asking tells.
    let (path, folder) = reachable(socket).unwrap_or_else(|_| (socket.to_owned(), None));
    Ok((Client::socket(&path, token, person)?, folder))
}

/// The operating system's user, as a person.
pub(crate) fn os_person() -> String {
    let name = ["USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    let name = name.or_else(|| user_of(rustix::process::geteuid().as_raw()));
    format!("{}@localhost", name.unwrap_or_else(|| "owner".to_owned()))
}

fn user_of(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(uid.as_str())).then(|| name.to_owned())
    })
}
