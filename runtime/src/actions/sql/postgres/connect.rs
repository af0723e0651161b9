//! Where the database is, how to get there, and how the way is protected.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::{TextPart, Type};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{CancelToken, Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::stream::Stream;
use crate::actions::call::Call;
use crate::actions::causes;
use crate::actions::reach::Reach;

/// How long one address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a connection without a port goes.
const PORT: u16 = 5432;

/// Where the database is.
pub(super) struct Place {
    config: Config,
    target: Target,
}

#[derive(Clone)]
enum Target {
    /// A host, by TLS or in the clear.
    Host { name: String, port: u16, protected: bool },
    /// A socket of this machine.
    Socket(PathBuf),
}

impl Place {
    /// Reads a connection's text; `parts` says which of it are secrets.
    pub(super) fn read(call: &Call<'_>, text: &str, parts: &[TextPart]) -> Result<Self, String> {
        let (rest, sslmode) = take_sslmode(text)?;
        let mut config = Config::from_str(&rest).map_err(|error| format!("the connection cannot be read: {}", causes(&error)))?;
        let secret = parts.iter().any(|part| matches!(part, TextPart::Value(_, Type::Secret)));
        if let Some(password) = config.get_password().filter(|_| secret) {
            call.learn(&String::from_utf8_lossy(password));
        }
        if !config.get_hostaddrs().is_empty() || config.get_target_session_attrs() != TargetSessionAttrs::Any {
            return Err("`hostaddr` and `target_session_attrs` are not supported in a connection".into());
        }
        let ([host], ports) = (config.get_hosts(), config.get_ports()) else {
            return Err("a connection names one host: `postgres://user@host/database`".into());
        };
        let port = ports.first().copied().unwrap_or(PORT);
        let target = match host {
            Host::Tcp(name) => Target::Host { name: name.clone(), port, protected: sslmode.unwrap_or_else(|| !is_here(name)) },
            Host::Unix(folder) => Target::Socket(folder.join(format!(".s.PGSQL.{port}"))),
        };
        let protected = matches!(target, Target::Host { protected: true, .. });
        config.ssl_mode(if protected { SslMode::Require } else { SslMode::Disable });
        if config.get_application_name().is_none() {
            config.application_name("hitlc");
        }
        Ok(Self { config, target })
    }

    /// Connects and signs in.
    pub(super) async fn connect(&self, reach: &Reach) -> Result<Session, String> {
        let (stream, way) = self.target.open(reach).await?;
        let fault = |error: Error| match error.as_db_error() {
            Some(said) => format!("the database does not let us in: {}", said.message()),
            None => format!("cannot connect to the database: {}", causes(&error)),
        };
        // The task ends with the client, or when the connection is lost; then the client's own call says so.
        let client = match way.tls()? {
            None => {
                let (client, connection) = self.config.connect_raw(stream, NoTls).await.map_err(fault)?;
                tokio::spawn(connection);
                client
            }
            Some((mut tls, name)) => {
                let tls = <MakeRustlsConnect as MakeTlsConnect<Stream>>::make_tls_connect(&mut tls, &name)
                    .map_err(|error| format!("TLS cannot be set up: {error}"))?;
                let (client, connection) = self.config.connect_raw(stream, tls).await.map_err(fault)?;
                tokio::spawn(connection);
                client
            }
        };
        Ok(Session { client, way })
    }
}

/// A connection.
pub(super) struct Session {
    pub(super) client: Client,
    way: Way,
}

impl Session {
    /// What stops its statement from outside.
    pub(super) fn canceller(&self) -> Canceller {
        Canceller { token: self.client.cancel_token(), way: self.way.clone() }
    }
}

/// Stops a statement.
pub(super) struct Canceller {
    token: CancelToken,
    way: Way,
}

impl Canceller {
    /// Asks the server to stop; whether it did, the statement's own answer says.
    pub(super) async fn stop(self) {
        let Ok(stream) = self.way.open().await else { return };
        let asked = match self.way.tls() {
            Ok(None) => self.token.cancel_query_raw(stream, NoTls).await,
            Ok(Some((mut tls, name))) => match <MakeRustlsConnect as MakeTlsConnect<Stream>>::make_tls_connect(&mut tls, &name) {
                Ok(tls) => self.token.cancel_query_raw(stream, tls).await,
                Err(_) => return,
            },
            Err(_) => return,
        };
        if let Err(error) = asked {
            tracing::warn!("a statement that took too long could not be stopped: {}", causes(&error));
        }
    }
}

/// The way that was taken, so that it can be taken once more.
#[derive(Clone)]
enum Way {
    Address { address: std::net::SocketAddr, protects: Option<String> },
    Socket(PathBuf),
}

impl Way {
    async fn open(&self) -> std::io::Result<Stream> {
        Ok(match self {
            Self::Address { address, .. } => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Stream::Tcp(stream)
            }
            Self::Socket(path) => Stream::Unix(UnixStream::connect(path).await?),
        })
    }

    fn tls(&self) -> Result<Option<(MakeRustlsConnect, String)>, String> {
        match self {
            Self::Address { protects: Some(name), .. } => Ok(Some((tls()?, name.clone()))),
            _ => Ok(None),
        }
    }
}

impl Target {
    async fn open(&self, reach: &Reach) -> Result<(Stream, Way), String> {
        let ways: Vec<Way> = match self {
            Self::Host { name, port, protected } => {
                let protects = protected.then(|| name.clone());
                let addresses = reach.resolve(name, *port).await?;
                addresses.into_iter().map(|address| Way::Address { address, protects: protects.clone() }).collect()
            }
            Self::Socket(path) if reach.lists("localhost", PORT) => vec![Way::Socket(path.clone())],
            Self::Socket(_) => {
                let why =
                    "a socket of this machine is reached as `localhost`; if it is meant, add that to `allow` of `[http]` in `hitl.toml`";
                return Err(why.into());
            }
        };
        let mut why = "no address was found".to_owned();
        for way in ways {
            match timeout(PATIENCE, way.open()).await {
                Ok(Ok(stream)) => return Ok((stream, way)),
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => why = format!("no answer within {} seconds", PATIENCE.as_secs()),
            }
        }
        Err(format!("cannot connect to the database at `{}`: {why}", self.name()))
    }

    fn name(&self) -> String {
        match self {
            Self::Host { name, port, .. } => format!("{name}:{port}"),
            Self::Socket(path) => path.display().to_string(),
        }
    }
}

/// Whether a host is this machine, where nobody listens on the way.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A connection's text without its `sslmode`, and whether that asks for TLS. Certificates are looked at in any case; what goes on in the
/// clear where TLS fails is refused.
fn take_sslmode(text: &str) -> Result<(String, Option<bool>), String> {
    let Some((place, query)) = text.split_once('?') else { return Ok((text.to_owned(), None)) };
    let mut asked = None;
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("sslmode=") {
            Some("disable") => asked = Some(false),
            Some("require" | "verify-ca" | "verify-full") => asked = Some(true),
            Some(other) => {
                return Err(format!("`sslmode={other}` may go on in the clear; write `require`, or `disable` where that is meant"));
            }
            None => rest.push(pair),
        }
    }
    let rest = rest.join("&");
    Ok((if rest.is_empty() { place.to_owned() } else { format!("{place}?{rest}") }, asked))
}

fn tls() -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read vouches for nobody.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}
