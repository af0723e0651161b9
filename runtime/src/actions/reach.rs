//! Where a call over the network may go: public addresses, and what the project file lists.
//!
//! The address is judged after its name was resolved, by the resolver that the connection itself uses, so that a name cannot answer
//! one address to the check and another to the call.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::Deserialize;

/// The list of hosts and networks that may be reached though they are not public.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Reach {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// A host on every port.
    Host(String),
    /// A host on one port.
    Port(String, u16),
    /// A network.
    Network(IpAddr, u8),
}

impl TryFrom<Vec<String>> for Reach {
    type Error = String;

    fn try_from(list: Vec<String>) -> Result<Self, String> {
        let entries = list.iter().map(|text| entry(text)).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }
}

fn entry(text: &str) -> Result<Entry, String> {
    let fault = || format!("`{text}` is neither a host, nor `host:port`, nor a network such as `10.1.0.0/16`");
    if let Some((address, bits)) = text.split_once('/') {
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(fault)?;
        return Ok(Entry::Network(address, bits));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(Entry::Port(address.ip().to_string(), address.port()));
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(Entry::Host(address.to_string()));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().map_err(|_| fault())?)),
        None => (text, None),
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || !host.chars().all(sound) {
        return Err(fault());
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    Ok(port.map_or_else(|| Entry::Host(host.clone()), |port| Entry::Port(host.clone(), port)))
}

impl Reach {
    /// Whether a host is listed by its name, whatever its addresses are.
    #[must_use]
    pub fn lists(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        self.entries.iter().any(|entry| match entry {
            Entry::Host(listed) => *listed == host,
            Entry::Port(listed, on) => *listed == host && *on == port,
            Entry::Network(..) => false,
        })
    }

    /// Whether an address may be reached: it is public, or in a listed network.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let listed = |entry: &Entry| match entry {
            Entry::Network(network, bits) => within(address, *network, *bits),
            _ => false,
        };
        public(address) || self.entries.iter().any(listed)
    }

    /// Whether a call of this address needs no check of what its name resolves to.
    ///
    /// # Errors
    /// It has no host, or one that is an address which may not be reached.
    pub fn judge(&self, url: &reqwest::Url) -> Result<Standing, String> {
        let host = url.host_str().ok_or_else(|| "the address has no host".to_owned())?;
        let port = url.port_or_known_default().unwrap_or(80);
        if self.lists(host, port) {
            return Ok(Standing::Listed);
        }
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) if !self.admits(address) => Err(refusal(host)),
            _ => Ok(Standing::Checked),
        }
    }
}

impl Reach {
    /// The addresses of a host that may be reached, for what is no call over HTTP.
    ///
    /// # Errors
    /// It has none, or none that may be reached.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let name = host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((name, port)).await.map_err(|error| format!("`{host}` was not found: {error}"))?;
        let listed = self.lists(host, port);
        let admitted: Vec<SocketAddr> = found.filter(|address| listed || self.admits(address.ip())).collect();
        if admitted.is_empty() { Err(refusal(host)) } else { Ok(admitted) }
    }
}

/// See [`Reach::judge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The project file lists the host.
    Listed,
    /// Its addresses must be looked at.
    Checked,
}

fn refusal(host: &str) -> String {
    format!("`{host}` is not a public address; if it is meant, add it to `allow` of `[http]` in `hitl.toml`")
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let shift = width.saturating_sub(u32::from(bits));
        a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
    };
    match (address.to_canonical(), network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

/// Whether anybody on the internet could be behind an address.
fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    const NOT_PUBLIC: [(Ipv4Addr, u8); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    !NOT_PUBLIC.iter().any(|(network, bits)| within(address.into(), (*network).into(), *bits))
}

fn public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, _, _, _, g, h] = address.segments();
    let embedded = |high: u16, low: u16| public_v4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    match (a, b) {
        (0, 0) => address.to_ipv4_mapped().is_some_and(public_v4),
        (0x64, 0xff9b) => embedded(g, h),
        (0x2002, _) => embedded(b, c),
        // Teredo, documentation and the like.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        _ => (0x2000..=0x3fff).contains(&a),
    }
}

/// A resolver that leaves out what may not be reached.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    /// `None`: every address may be reached.
    pub(crate) reach: Option<Arc<Reach>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted: Vec<SocketAddr> = match &reach {
                Some(reach) => found.into_iter().filter(|address| reach.admits(address.ip())).collect(),
                None => found,
            };
            if admitted.is_empty() {
                return Err(refusal(name.as_str()).into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// Two HTTP clients: one for hosts that are listed, one that looks at every address. Each is made when it is first needed, since reading
/// the system's certificates takes longer than all else at the start of a small flow.
#[derive(Clone, Debug)]
pub struct Clients {
    reach: Arc<Reach>,
    listed: OnceLock<reqwest::Client>,
    checked: OnceLock<reqwest::Client>,
}

impl Clients {
    /// Clients that follow no redirect, use no proxy and try nothing twice.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self { reach: Arc::new(reach), listed: OnceLock::new(), checked: OnceLock::new() }
    }

    /// The client for an address.
    ///
    /// # Errors
    /// It may not be reached, or TLS cannot be set up.
    pub fn to(&self, url: &reqwest::Url) -> Result<&reqwest::Client, String> {
        match self.reach.judge(url)? {
            Standing::Listed => self.trusted(),
            Standing::Checked => ready(&self.checked, Some(&self.reach)),
        }
    }

    /// The client for an address that the owner of the project configured.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn trusted(&self) -> Result<&reqwest::Client, String> {
        ready(&self.listed, None)
    }

    /// The client for an address that must be listed by name.
    ///
    /// # Errors
    /// It is not, or TLS cannot be set up.
    pub fn only_listed(&self, url: &reqwest::Url) -> Result<&reqwest::Client, String> {
        match self.reach.judge(url) {
            Ok(Standing::Listed) => self.trusted(),
            _ => Err(format!("the host of `{url}` is not in `allow` of `[http]` in `hitl.toml`")),
        }
    }
}

fn ready<'a>(cell: &'a OnceLock<reqwest::Client>, reach: Option<&Arc<Reach>>) -> Result<&'a reqwest::Client, String> {
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    let client = client(Resolver { reach: reach.cloned() })?;
    Ok(cell.get_or_init(|| client))
}

fn client(resolver: Resolver) -> Result<reqwest::Client, String> {
    // The provider is the process's; whoever set one before is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(std::time::Duration::from_secs(10))
        // A kept connection that the server has just closed would make the outcome of a call unknown without need.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("hitlc/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("TLS cannot be set up: {}", super::causes(&error)))
}
