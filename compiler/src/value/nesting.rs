//! How deep bytes are nested: asked before anything that recurses reads them.

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;

/// Checks that `bytes` are one item of CBOR and nothing after it, of at most `limit` levels. Needs no stack of its own.
///
/// # Errors
/// Says what is wrong with the bytes.
pub(crate) fn check(bytes: &[u8], limit: usize) -> Result<(), Error> {
    let mut decoder = Decoder::new(bytes);
    // How many items each open level still holds.
    let mut open: Vec<u64> = vec![1];
    while let Some(rest) = open.last_mut() {
        if *rest == 0 {
            open.pop();
            continue;
        }
        *rest -= 1;
        if let Some(inside) = step(&mut decoder)? {
            open.push(inside);
            if open.len() > limit {
                return Err(Error::message("nested too deep"));
            }
        }
    }
    if decoder.position() == bytes.len() { Ok(()) } else { Err(Error::message("more bytes than one value has")) }
}

/// Passes one head, and tells how many items stand inside.
fn step(decoder: &mut Decoder<'_>) -> Result<Option<u64>, Error> {
    let endless = || Error::message("no length");
    match decoder.datatype()? {
        Type::Array => decoder.array()?.ok_or_else(endless).map(Some),
        Type::Map => {
            let entries = decoder.map()?.ok_or_else(endless)?;
            entries.checked_mul(2).map(Some).ok_or_else(|| Error::message("no such length"))
        }
        Type::Tag => decoder.tag().map(|_| Some(1)),
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef | Type::Break => Err(endless()),
        _ => decoder.skip().map(|()| None),
    }
}
