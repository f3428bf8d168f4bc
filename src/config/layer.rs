//! What each source says: the settings file, the environment, the flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::Flags;

/// What every variable of ours begins with.
const PREFIX: &str = "PORTCULLIS_";

/// Variables of ours that are no settings of a server: where its settings are, and what the commands that talk to a
/// running server need.
const OTHER_VARIABLES: [&str; 5] = [
    "config",
    "url",
    "client_id",
    "client_secret",
    "client_secret_file",
];

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The settings file.
    File(PathBuf),
    /// This environment variable.
    Environment(String),
    /// This flag.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// Where each setting that somebody set came from.
pub(super) type Sources = BTreeMap<String, Source>;

/// What one source says.
pub(super) struct Layer {
    dict: Dict,
    pub sources: Sources,
}

impl Layer {
    fn new(dict: Dict, source: impl Fn(&str) -> Source) -> Self {
        let sources = dict.keys().map(|key| (key.clone(), source(key))).collect();
        Self { dict, sources }
    }

    /// Reads what only names a file, and says one sentence for each key that is no setting.
    pub fn settle(&mut self, keys: &[&'static str]) -> Vec<String> {
        let file = self.read_database_file().err();
        file.into_iter().chain(self.unknown(keys)).collect()
    }

    /// Replaces `database_file` by the address that is in that file.
    fn read_database_file(&mut self) -> Result<(), String> {
        const KEY: &str = "database_file";
        let (Some(path), Some(source)) = (self.dict.remove(KEY), self.sources.remove(KEY)) else {
            return Ok(());
        };
        if self.dict.contains_key("database") {
            return Err(format!(
                "`database` and `{KEY}` must not both be set; see {source}."
            ));
        }
        let path = path.as_str().ok_or_else(|| {
            format!("The setting `{KEY}` must be the path of a file. It is set by {source}.")
        })?;
        let address = std::fs::read_to_string(path).map_err(|error| {
            format!("The file that `{KEY}` names cannot be read: {error}. It is set by {source}.")
        })?;
        self.dict
            .insert("database".into(), Value::from(address.trim()));
        self.sources.insert("database".into(), source);
        Ok(())
    }

    fn unknown(&self, keys: &[&'static str]) -> Vec<String> {
        let strangers = self.dict.keys().filter(|key| !keys.contains(&key.as_str()));
        strangers
            .map(|key| {
                let candidates = keys.iter().chain(&["database_file"]);
                let near = candidates
                    .map(|known| (strsim::jaro_winkler(key, known), *known))
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .filter(|(likeness, _)| *likeness > 0.75);
                let source = source_of(&self.sources, key);
                let spelt = |key: &str| match source {
                    Source::Environment(_) => variable(key),
                    _ => key.to_owned(),
                };
                let place = match &source {
                    Source::Environment(_) => "the environment".to_owned(),
                    other => other.to_string(),
                };
                let hint = match near {
                    Some((_, near)) => format!("did you mean `{}`?", spelt(near)),
                    None => "see `portcullis config show` for those there are.".into(),
                };
                format!("`{}` in {place} is not a setting; {hint}", spelt(key))
            })
            .collect()
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named("settings")
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// The settings file.
pub(super) fn of_file(path: PathBuf) -> Result<Layer, String> {
    Ok(Layer::new(read_file(&path)?, |_| {
        Source::File(path.clone())
    }))
}

/// The settings in the environment, and the settings file that it names.
pub(super) fn of_environment(
    environment: impl IntoIterator<Item = (String, String)>,
) -> (Option<PathBuf>, Layer) {
    let ours = environment.into_iter().filter_map(|(name, value)| {
        Some((
            name.strip_prefix(PREFIX)?.to_ascii_lowercase(),
            Value::from(value),
        ))
    });
    let mut variables: Dict = ours.collect();
    let path = variables
        .get("config")
        .and_then(Value::as_str)
        .map(PathBuf::from);
    variables.retain(|key, _| is_setting(key));
    let layer = Layer::new(variables, |key| Source::Environment(variable(key)));
    (path, layer)
}

/// The settings among the flags.
pub(super) fn of_flags(flags: &Flags) -> Layer {
    let given = Value::serialize(flags).ok().and_then(Value::into_dict);
    Layer::new(given.unwrap_or_default(), |key| Source::Flag(flag(key)))
}

fn read_file(path: &Path) -> Result<Dict, String> {
    use figment::providers::{Format, Toml};
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("The settings file {shown} cannot be read: {error}."))?;
    let table = Toml::from_str::<Dict>(&text);
    // The message of the parser shows the line, which can be the one with a password; its first line says where.
    table.map_err(|error| {
        let text = error.to_string();
        let place = text.lines().next().unwrap_or_default().to_owned();
        format!("The settings file {shown} is not TOML: {place}.")
    })
}

/// Whether a variable of ours is meant for a server. Not those that the scripts of the tests hand to each other, and not
/// those that a Kubernetes cluster sets in every pod beside a service named `portcullis`: nobody could mend them.
fn is_setting(key: &str) -> bool {
    let by_cluster = key == "port" || key.starts_with("port_") || key.starts_with("service_");
    !by_cluster && !key.starts_with("test_") && !OTHER_VARIABLES.contains(&key)
}

pub(super) fn source_of(sources: &Sources, key: &str) -> Source {
    sources.get(key).cloned().unwrap_or(Source::Default)
}

pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}
