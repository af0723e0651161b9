//! What an address looks like: that of a person, of whom the mail server says whether a letter reaches them, and that of a webhook.

/// The longest address, in characters, that mail servers take (RFC 5321, 4.5.3.1.3, without the brackets).
const LONGEST: usize = 254;

/// Whether a text can be the address of one person: `somebody@somewhere`, with nothing that could end the address in a letter's head or
/// name somebody else beside it.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !",;:<>()[]\"\\@".contains(c);
    let part = |part: &str| !part.is_empty() && part.chars().all(plain);
    text.chars().count() <= LONGEST && text.split_once('@').is_some_and(|(name, place)| part(name) && part(place))
}

/// The longest path of a webhook, in bytes.
const LONGEST_PATH: usize = 200;

/// Whether a text can be the path of a webhook: words of letters, digits, `-` and `_` with `/` between them.
#[must_use]
pub fn is_webhook_path(text: &str) -> bool {
    let fit = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    text.len() <= LONGEST_PATH && text.split('/').all(fit)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_names_one_person() {
        for good in ["ana@acme.example", "ana.b+c@localhost", "jürgen@bücher.example", "o'neil@acme.example"] {
            assert!(is_address(good), "{good}");
        }
        let long = format!("{}@acme.example", "a".repeat(300));
        for bad in
            ["", "@", "ana", "ana@", "@acme.example", "a@b@c", "a b@c", "a,b@c", "a@b\r\nBcc: c@d", "a@b>", "\"a\"@b", "a@b\u{7f}", &long]
        {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
