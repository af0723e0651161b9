//! Secrets: looked up when they are needed, kept by nobody.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

/// Where secrets come from. Each look-up reads anew, so that a changed secret is seen at once.
#[derive(Clone, Debug, Default)]
pub enum Secrets {
    /// `secret.NAME` is the environment variable `HITL_SECRET_NAME`.
    #[default]
    Environment,
    /// `secret.NAME` is the line `NAME = "..."` of this file; where this is a folder, the whole of its file `NAME`.
    File(PathBuf),
    /// These.
    Fixed(BTreeMap<String, SecretString>),
}

/// Why a secret could not be looked up. Never says anything of any secret's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none of this name.
    #[error("there is no secret `{0}`: {1}")]
    Missing(String, String),
    /// The file of secrets cannot be read.
    #[error("the file of secrets `{0}` cannot be read: {1}")]
    File(String, String),
}

impl Secrets {
    /// A secret by its name.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn lookup(&self, name: &str) -> Result<SecretString, SecretError> {
        let missing = |how: String| SecretError::Missing(name.to_owned(), how);
        match self {
            Self::Environment => {
                let variable = format!("HITL_SECRET_{name}");
                let value = std::env::var(&variable).ok().filter(|value| !value.is_empty());
                value.map(SecretString::from).ok_or_else(|| missing(format!("set `{variable}` in the environment")))
            }
            Self::File(path) if path.is_dir() => {
                let file = path.join(name);
                let shown = file.display().to_string();
                // A name that is a path of its own would leave the folder.
                let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                if !plain {
                    return Err(missing("a secret's name has letters, digits and `_`".into()));
                }
                match std::fs::read_to_string(&file) {
                    Ok(text) => Ok(SecretString::from(text.strip_suffix('\n').unwrap_or(&text).trim_end_matches('\r'))),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing(format!("write it into `{shown}`"))),
                    Err(error) => Err(SecretError::File(shown, error.to_string())),
                }
            }
            Self::File(path) => {
                let shown = path.display().to_string();
                let fault = |why: String| SecretError::File(shown.clone(), why);
                let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
                // The reader's own message could quote a line, and with it a secret.
                let mut all: BTreeMap<String, String> =
                    toml::from_str(&text).map_err(|_| fault("it must hold lines like `NAME = \"value\"`".into()))?;
                all.remove(name).map(SecretString::from).ok_or_else(|| missing(format!("add it to `{shown}`")))
            }
            Self::Fixed(all) => all.get(name).cloned().ok_or_else(|| missing("none was given".into())),
        }
    }
}
