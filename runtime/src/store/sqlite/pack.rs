//! Bodies of transitions, packed. The runs of a plan are alike, so of each body only that is kept in which it differs from a *pattern* of the
//! plan: LZ4 with the pattern as its dictionary, behind the body's length.
//!
//! A pattern is made of bodies that were met first, without what they say of their runs: it has their structure and what is written in the
//! flow. So nobody's data is in it, and a run can be erased without it. Hashes are over bodies as they are, and know nothing of packing.

use minicbor::Encoder;
use minicbor::data::Token;
use minicbor::decode::Tokenizer;

use crate::ids::Digest;

/// A pattern grows no longer: each body is looked for in all of it.
const LONGEST: usize = 4096;
/// Bodies that are shorter are kept as they are.
const SHORTEST: usize = 32;
/// LZ4 makes no more of a byte.
const MOST_OF_A_BYTE: usize = 255;

/// A body packed against a pattern; `None` where that saves nothing.
pub(super) fn pack(body: &[u8], pattern: &[u8]) -> Option<Vec<u8>> {
    if body.len() < SHORTEST {
        return None;
    }
    let mut packed = length(body.len());
    packed.extend(lz4_flex::block::compress_with_dict(body, pattern));
    (packed.len() < body.len()).then_some(packed)
}

/// The body again; `None` when it was packed against something else, or changed.
pub(super) fn unpack(packed: &[u8], pattern: &[u8]) -> Option<Vec<u8>> {
    let mut count = 0;
    let mut bytes = packed.iter();
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *bytes.next()?;
        count |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            break;
        }
    }
    let block = bytes.as_slice();
    if count > block.len().saturating_mul(MOST_OF_A_BYTE) {
        return None;
    }
    let body = lz4_flex::block::decompress_with_dict(block, count, pattern).ok()?;
    (body.len() == count).then_some(body)
}

/// Seven bits a byte, the lowest first; all but the last have the eighth.
fn length(mut count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2);
    loop {
        let [low, ..] = count.to_le_bytes();
        count >>= 7;
        if count == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A pattern that has what this body adds to the one there is; `None` where that is little, or there is no room.
pub(super) fn grown(pattern: &[u8], body: &[u8], plan: Digest, flow: &[u8]) -> Option<Vec<u8>> {
    let blank = blank(body, plan, flow)?;
    let is_new = blank.len() >= SHORTEST && pack(&blank, pattern).is_none_or(|packed| packed.len() * 2 > blank.len());
    let grown = [pattern, &blank].concat();
    (is_new && grown.len() <= LONGEST).then_some(grown)
}

/// The structure of a body, with what the flow says too. Of all else nothing is left but whether something is so, small numbers outside of
/// values, which are structure, and of instants about the fortnight.
fn blank(body: &[u8], plan: Digest, flow: &[u8]) -> Option<Vec<u8>> {
    let mut blank = Encoder::new(Vec::with_capacity(body.len()));
    // A value is a tag and one or two numbers.
    let mut of_value = 0_u8;
    for token in Tokenizer::new(body) {
        match token.ok()? {
            Token::String(said) if is_in(said.as_bytes(), flow) => blank.str(said),
            Token::String(_) => blank.str(""),
            Token::Bytes(bytes) if bytes == plan.0 => blank.bytes(bytes),
            Token::Bytes(bytes) => blank.bytes(bytes.get(..32).map_or(&[], |_| &[0; 32])),
            Token::Tag(tag) => {
                of_value = 2;
                blank.tag(tag)
            }
            token => match whole(&token) {
                Some(_) if of_value > 0 => {
                    of_value -= 1;
                    blank.u8(0)
                }
                Some(number) if !(-24..24).contains(&number) => blank.i64(number >> 40 << 40),
                _ => blank.encode(token),
            },
        }
        .ok()?;
    }
    Some(blank.into_writer())
}

fn is_in(said: &[u8], flow: &[u8]) -> bool {
    said.is_empty() || flow.windows(said.len()).any(|window| window == said)
}

/// A whole number; what is too large for one is cut off.
fn whole(token: &Token<'_>) -> Option<i64> {
    match *token {
        Token::U8(number) => Some(number.into()),
        Token::U16(number) => Some(number.into()),
        Token::U32(number) => Some(number.into()),
        Token::U64(number) => Some(i64::try_from(number).unwrap_or(i64::MAX)),
        Token::I8(number) => Some(number.into()),
        Token::I16(number) => Some(number.into()),
        Token::I32(number) => Some(number.into()),
        Token::I64(number) => Some(number),
        Token::Int(number) => Some(i64::try_from(number).unwrap_or(i64::MAX)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> Vec<u8> {
        b"...owner: bench@acme.example, message: started...".to_vec()
    }

    /// What a transition may look like: an instant, the plan, somebody's name, an amount, and something that the flow says.
    fn body(at: u64, name: &str, amount: u32) -> Vec<u8> {
        let mut body = Encoder::new(Vec::new());
        body.array(5).unwrap().u64(at).unwrap().bytes(&plan().0).unwrap().str(name).unwrap();
        body.tag(minicbor::data::Tag::new(4)).unwrap().array(2).unwrap().i8(0).unwrap().u32(amount).unwrap();
        body.str("bench@acme.example").unwrap();
        body.into_writer()
    }

    fn plan() -> Digest {
        Digest::of(&[b"plan"])
    }

    #[test]
    fn what_is_packed_comes_back() {
        let pattern = grown(&[], &body(1_796_072_148_087_054, "ana", 1500), plan(), &flow()).unwrap();
        for (at, name, amount) in
            [(1_796_072_148_087_054, "ana", 1500), (7, "", 0), (u64::MAX, "bo, whose name is longer than others", u32::MAX)]
        {
            let body = body(at, name, amount);
            let packed = pack(&body, &pattern).unwrap();
            assert!(packed.len() + 32 < body.len(), "{} of {}", packed.len(), body.len());
            assert_eq!(unpack(&packed, &pattern), Some(body));
        }
        for body in [vec![], vec![1; 5], (0..=255).collect()] {
            assert_eq!(pack(&body, &pattern), None);
        }
        for count in [32, 127, 128, 16_383, 16_384, 100_000] {
            let body = vec![1; count];
            assert_eq!(unpack(&pack(&body, &pattern).unwrap(), &pattern), Some(body));
        }
    }

    #[test]
    fn what_was_changed_is_nothing_or_something_else() {
        let pattern = grown(&[], &body(1_796_072_148_087_054, "ana", 1500), plan(), &flow()).unwrap();
        let body = body(1_796_072_149_000_000, "bo", 20);
        let packed = pack(&body, &pattern).unwrap();
        for (at, bits) in (0..packed.len()).flat_map(|at| (1..=255).map(move |bits| (at, bits))) {
            let mut changed = packed.clone();
            changed[at] ^= bits;
            let _ = unpack(&changed, &pattern).map(|body| body.len());
        }
        for cut in 0..packed.len() {
            assert_ne!(unpack(&packed[..cut], &pattern).as_ref(), Some(&body));
        }
        assert_eq!(unpack(&[0xff; 20], &pattern), None, "a length without an end");
        assert_eq!(unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0], &pattern), None, "a length that no block has");
    }

    #[test]
    fn a_pattern_has_nothing_of_a_run() {
        let pattern = grown(&[], &body(1_796_072_148_087_054, "ana@acme.example", 1500), plan(), &flow()).unwrap();
        assert!(!is_in(b"ana", &pattern) && !is_in(&1500_u16.to_be_bytes(), &pattern));
        assert!(is_in(b"bench@acme.example", &pattern) && is_in(&plan().0, &pattern));
        assert_eq!(blank(&pattern, plan(), &flow()), Some(pattern), "what is blank stays so");
    }

    #[test]
    fn a_pattern_grows_by_what_is_new_until_it_is_full() {
        let first = body(1, "ana", 1);
        let pattern = grown(&[], &first, plan(), &flow()).unwrap();
        assert_eq!(grown(&pattern, &body(2, "bo", 7), plan(), &flow()), None, "there is nothing new");
        let other = minicbor::to_vec((0..60).map(|number| number % 23).collect::<Vec<u8>>()).unwrap();
        let longer = grown(&pattern, &other, plan(), &flow()).unwrap();
        assert!(longer.starts_with(&pattern));
        assert_eq!(grown(&vec![0; LONGEST], &other, plan(), &flow()), None, "there is no room");
        assert_eq!(grown(&[], b"\xffno CBOR, but long enough to be packed", plan(), &flow()), None);
    }
}
