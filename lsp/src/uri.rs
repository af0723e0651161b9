//! Addresses of files: `file:///home/ana/pay.flow`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The path of an address; `None` for one that is no file's, such as a document that was never saved.
pub(crate) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    // A host before the path is this one.
    let path = rest.get(rest.find('/')?..)?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.as_bytes();
    while let Some((byte, rest)) = left.split_first() {
        left = rest;
        if *byte == b'%'
            && let Some((digits, behind)) = rest.split_at_checked(2)
            && let Some(decoded) = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            bytes.push(decoded);
            left = behind;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The address of a path.
pub(crate) fn of_path(path: &Path) -> Uri {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    Uri(uri)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use gen_lsp_types::Uri;

    use super::{of_path, to_path};

    #[test]
    fn paths_go_there_and_back() {
        for path in ["/a/b.flow", "/with blank/ü%20.flow", "/a+b/[x]#?.flow"] {
            assert_eq!(to_path(&of_path(Path::new(path))), Some(PathBuf::from(path)));
        }
        assert_eq!(to_path(&Uri("file://localhost/a%2fb.flow".into())), Some(PathBuf::from("/a/b.flow")));
        assert_eq!(to_path(&Uri("file:///100%.flow".into())), Some(PathBuf::from("/100%.flow")));
        assert_eq!(to_path(&Uri("untitled:Untitled-1".into())), None);
        assert_eq!(to_path(&Uri("file:///%ff".into())), None);
    }
}
