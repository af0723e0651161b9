//! Owning a store: one process at a time has it open, works for the others over a socket beside it, and serves pages where it is told to.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::future::Future;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::Plan;
use flow_runtime::actions::{Executor, Settings, Sink};
use flow_runtime::config::LiveConfig;
use flow_runtime::engine::{Engine, Options, SystemClock};
use flow_runtime::http::{HttpOptions, Listener, router, serve};
use flow_runtime::people::{Links, Person};
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::input::reason;
use crate::project::Project;
use crate::terminal::visible;

/// Where a server listens when nothing is said.
pub(crate) const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7171);

/// How long what is under way may take at the end.
const GRACE: Duration = Duration::from_secs(30);

/// The longest path that a socket may have everywhere.
const SOCKET_PATH: usize = 100;

/// Whether and where pages are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Not at all.
    None,
    /// Where `hitl.toml` says, else on a free port of this machine.
    Somewhere,
    /// At an address, or where `hitl.toml` says, else at the usual one.
    At(Option<SocketAddr>),
}

/// The process that has a store open: this one.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) engine: Arc<Engine>,
    links: Arc<Links>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    socket: PathBuf,
    /// Held as long as the store is open.
    _lock: File,
}

/// The lock on a store that nobody has open.
#[derive(Debug)]
pub(crate) struct Claim(File);

impl Claim {
    /// Claims a store; `None` when another process has it.
    pub(crate) fn take(project: &Project) -> Result<Option<Self>, Fault> {
        let path = project.lock();
        let failed = |error: &std::io::Error| Fault::new(format!("cannot open `{}`: {}", path.display(), reason(error)));
        let folder = project.store.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| failed(&error).help("check that you may write there, or name another place with `--store`"))?;
        }
        let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = open.map_err(|error| failed(&error).help("check that you may write there, or name another place with `--store`"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }
}

impl Owner {
    /// Opens a claimed store. Nothing is taken up before [`Owner::work`].
    ///
    /// With `served` plans the store is a server's from here on. That, and they themselves, are known before anybody is listened to.
    pub(crate) async fn open(claim: Claim, project: &Project, pages: Pages, served: Vec<Plan>) -> Result<Self, Fault> {
        let tcp = listen(project, pages).await?;
        let public_url = public_url(project, tcp.as_ref());
        let mut settings = Settings::new(Arc::clone(&project.config), &project.folder, &project.state);
        settings.live = Arc::new(LiveConfig::watching(&project.folder, Arc::clone(&project.config)));
        settings.sink = Sink(Arc::new(|line| anstream::eprintln!("{}", visible(line))));
        let executor = Executor::new(settings).map_err(|error| Fault::new(error.to_string()))?;
        let store = SqliteStore::open(&project.store, &SqliteOptions::default())
            .map_err(|error| Fault::new(error.to_string()).help("name another store with `--store`, or restore this one from a backup"))?;
        let options = options(project, public_url);
        let engine = Engine::open(Arc::new(store), Arc::new(executor), options).await.map_err(|error| Fault::new(error.to_string()))?;
        if !served.is_empty() {
            engine.store().set_meta("served", b"1".to_vec()).await.map_err(|error| Fault::new(error.to_string()))?;
        }
        for plan in served {
            engine.arm(plan).await.map_err(|error| Fault::new(error.to_string()))?;
        }

        let socket = project.socket();
        let mut listeners = vec![Listener::Unix(bind(&socket)?)];
        listeners.extend(tcp.map(Listener::Tcp));
        let http = HttpOptions::new(&engine);
        let links = Arc::clone(&http.links);
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listeners, router(Arc::clone(&engine), http), async {
            let _ = stopped.await;
        }));
        watch_over(&engine);
        Ok(Self { engine, links, stop, server, socket, _lock: claim.0 })
    }

    /// Takes up what was left, and keeps time from here on.
    pub(crate) async fn work(&self) -> Result<usize, Fault> {
        let taken = self.engine.recover().await.map_err(|error| Fault::new(error.to_string()))?;
        tokio::spawn(Arc::clone(&self.engine).keep_time());
        Ok(taken)
    }

    /// A link that signs somebody in once, for this terminal only.
    pub(crate) fn link(&self, person: &str, next: &str) -> Option<String> {
        let path = self.links.make(Person::new(person), next).ok()?;
        Some(format!("{}{path}", self.engine.options().public_url))
    }

    /// Ends in order: nothing new is taken, what is under way ends, the store is closed.
    pub(crate) async fn close(self) {
        // Who still speaks over the socket is told by its end.
        let _ = fs::remove_file(&self.socket);
        let _ = self.stop.send(());
        let _ = self.server.await;
        self.engine.shut_down(GRACE).await;
    }
}

/// When a write failed, what is on the disk is unknown: the process ends, and the next start reads what is there.
fn watch_over(engine: &Arc<Engine>) {
    let engine = Arc::clone(engine);
    tokio::spawn(async move {
        let why = engine.failure().await;
        let fault = Fault::new(format!("the store cannot be written: {why}"))
            .help("free or mend the disk, then `hitlc resume` takes up what was left");
        fault.report();
        std::process::exit(Exit::Failed as i32);
    });
}

async fn listen(project: &Project, pages: Pages) -> Result<Option<TcpListener>, Fault> {
    let free = SocketAddr::new(USUAL.ip(), 0);
    let configured = project.config.server.listen;
    let address = match pages {
        Pages::None => return Ok(None),
        Pages::Somewhere => configured.unwrap_or(free),
        Pages::At(given) => given.or(configured).unwrap_or(USUAL),
    };
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        // A run does not need the port of the server that serves this project with another store.
        Err(_) if pages == Pages::Somewhere => TcpListener::bind(free).await.map(Some).map_err(|error| no_port(free, &error)),
        Err(error) => Err(no_port(address, &error)),
    }
}

fn no_port(address: SocketAddr, error: &std::io::Error) -> Fault {
    let fault = Fault::new(format!("cannot listen on {address}: {}", reason(error)));
    fault.help("choose another address with `--listen`, such as `--listen 127.0.0.1:7172`")
}

fn public_url(project: &Project, listener: Option<&TcpListener>) -> String {
    if let Some(url) = &project.config.server.public_url {
        return url.to_string().trim_end_matches('/').to_owned();
    }
    let bound = listener.and_then(|listener| listener.local_addr().ok());
    let mut address = bound.or(project.config.server.listen).unwrap_or(USUAL);
    if address.ip().is_unspecified() {
        address.set_ip(USUAL.ip());
    }
    format!("http://{address}")
}

fn options(project: &Project, public_url: String) -> Options {
    let config = &project.config;
    Options {
        public_url,
        zone: config.calendar.timezone.0.clone(),
        mail: config.notify.mail,
        webhooks: config.notify.receivers(),
        // Those of the project file are read when they matter.
        groups: std::collections::BTreeMap::new(),
        clock: Arc::new(SystemClock),
    }
}

/// The socket beside the store. A path too long for a socket goes through its folder's own number.
fn bind(path: &Path) -> Result<UnixListener, Fault> {
    let failed = |error: std::io::Error| Fault::new(format!("cannot listen on `{}`: {}", path.display(), reason(&error)));
    // The lock is held: whoever made it is gone.
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let (short, _folder) = reachable(path).map_err(failed)?;
    let listener = UnixListener::bind(short).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// A path to a socket that is short enough, and what has to be kept open for it.
pub(crate) fn reachable(path: &Path) -> std::io::Result<(PathBuf, Option<File>)> {
    use std::os::fd::AsRawFd as _;
    if path.as_os_str().len() <= SOCKET_PATH {
        return Ok((path.to_owned(), None));
    }
    let folder = File::open(path.parent().unwrap_or(Path::new(".")))?;
    let name = path.file_name().unwrap_or_default();
    Ok((Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name), Some(folder)))
}

/// Runs a command's future; the first Ctrl-C or SIGTERM is for the command to hear.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::new(format!("cannot start: {}", reason(&error))))?;
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
