//! What differs from one time to the next: ids, addresses, digests, tokens, times.

use std::sync::LazyLock;

use regex::Regex;

/// Shapes of what differs, as they are in the page: a run, a token, a link, a digest, a port, a time, how long ago.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b[0-9a-f]{64}\b|\b[a-z2-7]{52,56}\b|\bt[a-z2-7]{16}\b|\b[0-9a-z]{8}\b|127\.0\.0\.1:\d+",
        r"|\d{4}-\d\d-\d\dT[\d:.]+Z|just now|\d+ seconds? ago",
    ))
    .unwrap()
});

/// What of the page stands for what of now.
#[derive(Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    /// What the page says, as it is now.
    pub(super) fn now(&self, shown: &str) -> String {
        self.0.iter().fold(shown.to_owned(), |text, (page, now)| text.replace(page, now))
    }

    /// What was printed, as the page says it: line by line, where a line fits but for what differs, it is the line of the page.
    pub(super) fn shown(&mut self, page: &str, printed: &str) -> String {
        let shown: Vec<&str> = page.lines().collect();
        let line = |(index, line): (usize, &str)| {
            let line = line.trim_end();
            match shown.get(index) {
                Some(page) if self.fits(page, line) => (*page).to_owned(),
                _ => self.0.iter().fold(line.to_owned(), |text, (page, now)| text.replace(now, page)),
            }
        };
        printed.lines().enumerate().map(line).map(|line| line + "\n").collect()
    }

    /// Whether a line is that of the page; what is new in it is known from here on.
    fn fits(&mut self, page: &str, line: &str) -> bool {
        let mut pattern = String::from("^");
        let mut names = Vec::new();
        let mut at = 0;
        for found in VARIABLE.find_iter(page).filter(|found| varies(found.as_str())) {
            pattern.push_str(&literal(&page[at..found.start()]));
            pattern.push_str(&format!("({})", shape(found.as_str())));
            names.push(found.as_str());
            at = found.end();
        }
        pattern.push_str(&literal(&page[at..]));
        pattern.push('$');
        let Some(found) = Regex::new(&pattern).unwrap().captures(line) else { return false };
        let values = names.iter().zip(found.iter().skip(1).flatten());
        let bound: Vec<(String, String)> = values.map(|(name, value)| ((*name).to_owned(), value.as_str().to_owned())).collect();
        let other = |name: &str, value: &str| self.0.iter().any(|(page, now)| page == name && now != value);
        if bound.iter().any(|(name, value)| !is_time(name) && other(name, value)) {
            return false;
        }
        for (name, value) in bound {
            if !is_time(&name) && !self.0.iter().any(|(page, _)| *page == name) {
                self.0.push((name, value));
            }
        }
        true
    }
}

/// What is there as it is; how wide the columns of a table are depends on what differs.
fn literal(text: &str) -> String {
    static COLUMNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(" {2,}").unwrap());
    COLUMNS.replace_all(&regex::escape(text), " {2,}").into_owned()
}

/// A word of eight letters is no id.
fn varies(found: &str) -> bool {
    is_time(found)
        || found.starts_with("127.")
        || found.bytes().any(|byte| byte.is_ascii_digit()) && !found.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_time(found: &str) -> bool {
    found == "just now" || found.ends_with(" ago") || found.contains('T') && found.ends_with('Z')
}

/// What stands in the place of a variable.
fn shape(found: &str) -> &'static str {
    match found.len() {
        _ if found == "just now" || found.ends_with(" ago") => r"just now|\d+ seconds? ago",
        _ if is_time(found) => r"\d{4}-\d\d-\d\dT[\d:.]+Z",
        _ if found.starts_with("127.") => r"127\.0\.0\.1:\d+",
        64 => "[0-9a-f]{64}",
        8 => "[0-9a-z]{8}",
        17 => "t[a-z2-7]{16}",
        _ => "[a-z2-7]{52,56}",
    }
}
