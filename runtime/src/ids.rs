//! Identifiers and instants, each a type of its own.

use std::fmt;

use jiff::Timestamp;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A run, by its number in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct RunId(#[n(0)] pub u64);

/// An approval: the `n`th question of a run, from 1. Each round of a gate is a question of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApprovalId {
    /// The run.
    pub run: RunId,
    /// Which question of it.
    pub n: u32,
}

/// Where a node of a run stands: its index in the workflow's region; in the body of a loop the loop's index, the item's, and its own.
///
/// All but the last index name the *frame* that the node belongs to: an empty one is the workflow's, `[loop, item]` an item's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Path(#[n(0)] pub Vec<u32>);

impl Path {
    /// Behind a call's own path: the call that undoes it.
    const UNDO: u32 = u32::MAX;
    /// In front of the paths of a handler, plus its number: as if it were an item of a loop.
    const HANDLERS: u32 = u32::MAX - 16;

    /// A node of the workflow's own region.
    #[must_use]
    pub fn top(node: u32) -> Self {
        Self(vec![node])
    }

    /// A node of a frame.
    #[must_use]
    pub fn within(frame: &[u32], node: u32) -> Self {
        Self(frame.iter().copied().chain([node]).collect())
    }

    /// The frame of the handler with this number.
    #[must_use]
    pub fn handler(number: u32) -> Vec<u32> {
        vec![Self::HANDLERS.saturating_add(number), 0]
    }

    /// The call that undoes the call here.
    #[must_use]
    pub fn undo(&self) -> Self {
        Self(self.0.iter().copied().chain([Self::UNDO]).collect())
    }

    /// Whether it is a call that undoes another.
    #[must_use]
    pub fn is_undo(&self) -> bool {
        self.0.last() == Some(&Self::UNDO)
    }

    /// The call that an undo undoes; a call itself.
    #[must_use]
    pub fn undone(&self) -> Self {
        let end = self.0.len() - usize::from(self.is_undo());
        Self(self.0.iter().take(end).copied().collect())
    }

    /// The node's index in its region; for an undo that of the call that it undoes.
    #[must_use]
    pub fn node(&self) -> u32 {
        self.split().1
    }

    /// The frame of the node.
    #[must_use]
    pub fn frame(&self) -> &[u32] {
        self.split().0
    }

    fn split(&self) -> (&[u32], u32) {
        let call = if self.is_undo() { self.0.split_last().map_or(&[][..], |(_, call)| call) } else { &self.0 };
        call.split_last().map_or((&[], 0), |(node, frame)| (frame, *node))
    }

    /// The number of the handler whose frame this is, or is inside of, and the rest of the frame.
    #[must_use]
    pub fn handler_of(frame: &[u32]) -> Option<(u32, &[u32])> {
        let (first, rest) = frame.split_first()?;
        let number = first.checked_sub(Self::HANDLERS)?;
        Some((number, rest.get(1..).unwrap_or_default()))
    }
}

/// Microseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct At(#[n(0)] pub i64);

impl At {
    /// The instant as a timestamp; instants beyond jiff's range are its ends.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// So much later, at most the end of time.
    #[must_use]
    pub fn plus(self, span: jiff::SignedDuration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl From<Timestamp> for At {
    fn from(time: Timestamp) -> Self {
        Self(time.as_microsecond())
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

/// A SHA-256 digest, written in hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of all parts, one after the other.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Self(hasher.finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<C> Encode<C> for Digest {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Digest {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(decode::Error::custom)
    }
}
