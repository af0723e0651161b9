//! What a server refuses, and servers that are not there.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::card::spoken;
use crate::fault::Fault;

/// Why there is no answer, or not the wanted one.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// Nobody is there, or not any more.
    Lost { base: String, why: String },
    /// The server said no.
    Problem(Box<Problem>),
    /// The answer is none of this API's.
    Strange(String),
}

/// A refusal in the server's words.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<Mismatch>,
    #[serde(default)]
    current: Json,
}

#[derive(Clone, Debug, Deserialize)]
struct Mismatch {
    #[serde(default)]
    path: String,
    problem: String,
}

impl Refused {
    pub(super) fn lost(base: &str, error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let text = cause.to_string();
        let why = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        Self::Lost { base: base.to_owned(), why }
    }

    pub(super) fn problem(status: u16, body: &[u8]) -> Self {
        let mut problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        problem.status = status;
        Self::Problem(Box::new(problem))
    }

    /// The process that told what happens is gone.
    pub(crate) fn gone() -> Self {
        Self::Lost { base: "http://localhost".to_owned(), why: "the connection was closed".to_owned() }
    }

    /// Whether the process that answered so far is gone.
    pub(crate) const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// The HTTP status of a refusal.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }
}

impl Problem {
    /// What happened, in a sentence.
    fn sentence(&self) -> String {
        match (self.title.as_str(), self.detail.as_str()) {
            ("", "") => format!("the server answered with status {}", self.status),
            (title, "") => title.to_owned(),
            // These say no more than their place does.
            (_, detail) if self.errors.is_empty() => detail.to_owned(),
            (title, _) => title.to_owned(),
        }
    }

    /// Who decided what, when somebody was faster; and what is still needed, when nothing is decided.
    fn standing(&self) -> Vec<String> {
        let Some(status) = self.current.get("status").and_then(Json::as_str) else { return Vec::new() };
        let vote = self.current.get("vote");
        let of_vote = |name: &str| vote.and_then(|vote| vote.get(name)).and_then(Json::as_str);
        let by = of_vote("by").map(|by| format!(" by {by}")).unwrap_or_default();
        let comment = of_vote("comment").map(|comment| format!(": \"{comment}\"")).unwrap_or_default();
        match (status, self.current.get("next").and_then(Json::as_str)) {
            ("pending", _) => {
                let answer = of_vote("decision").map(|decision| format!("the answer is: {}{by}{comment}", spoken(decision)));
                let needed = self.current.get("needed").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
                let needed: Vec<&str> = needed.iter().filter_map(Json::as_str).collect();
                let needed = (!needed.is_empty()).then(|| format!("still needed: {}", needed.join(", ")));
                answer.into_iter().chain(needed).collect()
            }
            // The round before held votes, and none of them ended it.
            ("superseded", Some(next)) => vec![format!("what is asked now: `hitlc show {next}`")],
            _ => vec![format!("it is {status}{by}{comment}")],
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Lost { base, why } if base == "http://localhost" => {
                Self::lost(format!("the process that has the store open does not answer: {why}")).help("try again")
            }
            Refused::Lost { base, why } => {
                Self::new(format!("cannot reach `{base}`: {why}")).help("check the address, and that `hitlc serve` is running there")
            }
            Refused::Strange(why) => Self::new(format!("the server's answer cannot be read: {why}"))
                .help("check that the address is that of `hitlc serve`, of a version like this one's"),
            Refused::Problem(problem) => {
                let mut fault = Self::new(problem.sentence());
                for error in &problem.errors {
                    let at = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
                    fault = fault.note(format!("{at}{}", error.problem));
                }
                for standing in problem.standing() {
                    fault = fault.note(standing);
                }
                match problem.status {
                    401 | 403 if problem.detail.contains("token") => {
                        fault.help("make a token with `hitlc token new EMAIL` and pass it with `--token` or in HITL_TOKEN")
                    }
                    401 => fault.help("say who you are with `--token`, or in HITL_TOKEN"),
                    _ => fault,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_is_told_as_it_stands() {
        let vote = json!({"by": "ana", "decision": "approve", "comment": "fine"});
        for (current, told) in [
            (json!(null), vec![]),
            (json!({"status": "rejected", "vote": vote}), vec!["it is rejected by ana: \"fine\""]),
            (json!({"status": "withdrawn"}), vec!["it is withdrawn"]),
            (json!({"status": "superseded", "vote": vote, "next": "r-2"}), vec!["what is asked now: `hitlc show r-2`"]),
            (
                json!({"status": "pending", "vote": vote, "needed": ["any one of board"]}),
                vec!["the answer is: approved by ana: \"fine\"", "still needed: any one of board"],
            ),
        ] {
            assert_eq!(Problem { current: current.clone(), ..Problem::default() }.standing(), told, "{current}");
        }
    }
}
