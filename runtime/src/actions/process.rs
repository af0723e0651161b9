//! A program in a process group of its own, that is ended whole.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_millis(500);

/// How much of what a program complains is kept, in bytes.
const COMPLAINT: usize = 4096;

/// A file that holds what a program will read, complete before the program starts, and that no name leads to.
pub(super) fn input(bytes: &[u8]) -> io::Result<File> {
    let mut file = nameless()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

#[cfg(target_os = "linux")]
fn nameless() -> io::Result<File> {
    // In memory, since it may hold a secret.
    let file = rustix::fs::memfd_create("stdin", rustix::fs::MemfdFlags::CLOEXEC)?;
    Ok(File::from(file))
}

#[cfg(not(target_os = "linux"))]
fn nameless() -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut noise = [0_u8; 16];
    getrandom::fill(&mut noise).map_err(io::Error::other)?;
    let path = std::env::temp_dir().join(format!("hitlc-{}", data_encoding::HEXLOWER.encode(&noise)));
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// A lock on a file that a program inherits: it is held as long as the program, or anything that it started, lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock; `None` when somebody holds it.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            // What an earlier attempt noted is nobody's any more.
            Ok(()) => file.set_len(0).map(|()| Some(Self { file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Starts a program that holds the lock too, and notes its group in the file.
    pub(super) fn spawn(&mut self, command: &mut Command) -> io::Result<Program> {
        /// While a descriptor can be inherited, no other program may start.
        static STARTING: Mutex<()> = Mutex::new(());
        command.process_group(0).kill_on_drop(true);
        let child = {
            let _alone = STARTING.lock();
            rustix::io::fcntl_setfd(&self.file, rustix::io::FdFlags::empty())?;
            let child = command.spawn();
            // From here on the program runs: a failure must not be told as one to start it.
            let _ = rustix::io::fcntl_setfd(&self.file, rustix::io::FdFlags::CLOEXEC);
            child?
        };
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // Where it cannot be noted, an orphan is still found by its lock.
            let _ = self.file.write_all(group.as_raw_nonzero().to_string().as_bytes());
        }
        Ok(Program { child, group: Group(group) })
    }
}

/// A process group; it is ended when this is dropped.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It may be gone already.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Group {
    /// Ends the group, and waits until nothing of it runs: a signal that is sent is not yet one that has arrived.
    async fn end(&self) {
        let Some(group) = self.0 else { return };
        let end = Instant::now() + GRACE;
        while kill_process_group(group, Signal::KILL).is_ok() && Instant::now() < end {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// A program that runs.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    group: Group,
}

/// What became of a program.
pub(super) struct Ran {
    pub(super) end: End,
    pub(super) output: Vec<u8>,
    /// The end of what it wrote to standard error.
    pub(super) complaint: String,
}

/// How a program ended.
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// Its time was up.
    TimedOut,
    /// It wrote too much.
    TooMuch,
    /// It cannot be told.
    Lost(io::Error),
}

impl Program {
    /// Waits for the program, until the deadline, and keeps what it writes, up to `limit` bytes.
    ///
    /// When this returns nothing of its group runs any more: what it left running in the background is ended with it.
    pub(super) async fn finish(mut self, deadline: Instant, limit: usize) -> Ran {
        let stdout = self.child.stdout.take();
        let stderr = self.child.stderr.take();
        let mut output = Vec::new();
        let mut complaint = Vec::new();
        let mut end = {
            let writing = read_output(stdout, &mut output, limit);
            let complaining = keep_end(stderr, &mut complaint);
            tokio::pin!(writing, complaining);
            let (mut written, mut complained, mut overflowed) = (false, false, false);
            let waited = timeout_at(deadline, async {
                loop {
                    tokio::select! {
                        status = self.child.wait() => return Some(status),
                        whole = &mut writing, if !written => {
                            written = true;
                            overflowed = !whole;
                            if overflowed {
                                return None;
                            }
                        }
                        () = &mut complaining, if !complained => complained = true,
                    }
                }
            })
            .await;
            let end = match waited {
                Ok(Some(Ok(status))) => End::Exited(status),
                Ok(Some(Err(error))) => End::Lost(error),
                Ok(None) => End::TooMuch,
                Err(_) => End::TimedOut,
            };
            if !matches!(end, End::Exited(_)) {
                self.group.signal(Signal::TERM);
                let _ = timeout(GRACE, self.child.wait()).await;
            }
            self.group.signal(Signal::KILL);
            let _ = timeout(GRACE, self.child.wait()).await;
            self.group.end().await;
            // What is in the pipes is still read; a process that left the group may hold them open.
            let rest = async {
                if !written && !overflowed {
                    overflowed = !(&mut writing).await;
                }
                if !complained {
                    (&mut complaining).await;
                }
            };
            let _ = timeout(GRACE, rest).await;
            if overflowed && matches!(end, End::Exited(_)) { End::TooMuch } else { end }
        };
        if let End::Exited(status) = &end
            && status.code().is_none()
            && Instant::now() >= deadline
        {
            end = End::TimedOut;
        }
        // Its number may be somebody else's from now on.
        self.group.0 = None;
        Ran { end, output, complaint: String::from_utf8_lossy(&complaint).into_owned() }
    }
}

/// Reads to the end; `false` when there was more than the limit.
async fn read_output(stream: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>, limit: usize) -> bool {
    let Some(stream) = stream else { return true };
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // A pipe that breaks ends what was written.
    let _ = stream.take(most).read_to_end(output).await;
    output.len() <= limit
}

/// Reads to the end and keeps the last bytes.
async fn keep_end(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; COMPLAINT];
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        kept.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let surplus = kept.len().saturating_sub(COMPLAINT);
        kept.drain(..surplus);
    }
}
