//! The story as commands to be copied into another shell. No line is longer than 80 columns unless a path makes it so.

use std::fmt::Write;
use std::path::Path;

use super::cases::Cast;
use super::plan::{MEMBERS, NORTH_SEA_PORT};
use super::story::{Deed, REASON, SIGHTINGS, Stage, Step, Told};

/// Where the secrets of those lie who act in the story, without the ending of the file's name.
pub struct Files<'a> {
    /// The gate's.
    pub gate: &'a Path,
    /// The issuer's.
    pub officer: &'a Path,
}

/// The steps as commands of this program, and the same with curl.
pub fn guide(stage: &Stage, steps: &[Step], program: &Path, files: &Files<'_>) -> String {
    let mut text = String::new();
    for (nth, step) in steps.iter().enumerate() {
        let command = command(stage, step, program, files);
        let exit = step.told.exit_code();
        let told = told(step.told);
        let exit = exit.map_or(String::new(), |code| format!(", exit code {code}"));
        let _ = writeln!(
            text,
            "{}. {}\n{command}\n   -> {told}{exit}\n",
            nth + 1,
            step.says
        );
    }
    let _ = writeln!(
        text,
        "Or all of it with curl (7.82 or newer):\n   api={}",
        stage.url
    );
    for (variable, file) in [("gate", files.gate), ("officer", files.officer)] {
        let file = ending(file, "curl");
        let _ = writeln!(
            text,
            "   {variable}=$(curl -sK {file} \\\n     -d grant_type=client_credentials $api/oauth/token | cut -d'\"' -f4)"
        );
    }
    for step in steps {
        let _ = writeln!(text, "{}", curl(stage, &step.deed));
    }
    text
}

/// How to see what people have in hand: of which of them there are secrets, and what waits for one.
pub fn work(url: &str, folder: &Path, cast: &Cast) -> String {
    let first = cast.iter().map(|(who, _)| who.as_str());
    let of_port = |who: &&str| who.starts_with(MEMBERS[NORTH_SEA_PORT].short);
    let names: Vec<&str> = first.filter(of_port).collect();
    let officer = format!("{}-screening-approver", MEMBERS[NORTH_SEA_PORT].short);
    let file = ending(&folder.join(officer), "curl");
    format!(
        "People have cases in every state in hand. What waits for one of them, and\n\
         likewise with the files {}:\n   \
         who=$(curl -sK {file} \\\n     \
         -d grant_type=client_credentials {url}/oauth/token | cut -d'\"' -f4)\n   \
         curl -s --oauth2-bearer $who {url}/v1/work-items\n",
        names.join(", "),
    )
}

fn command(stage: &Stage, step: &Step, program: &Path, files: &Files<'_>) -> String {
    let program = quoted(program);
    let (verb, file, about) = match &step.deed {
        Deed::Check(number) => {
            let about = format!(
                "--gate {} --card {}:{}",
                stage.gate, number.format, number.value
            );
            ("check", files.gate, about)
        }
        Deed::Revoke => {
            let about = format!("--credential {} --reason {REASON}", stage.credential);
            ("revoke", files.officer, about)
        }
        // There is no command for this; whoever wants to see sightings has a console or asks the API.
        Deed::LookAtSightings => return "   (with curl, below)".into(),
    };
    format!(
        "   {program} {verb} --url {} \\\n     --client-secret-file {} \\\n     {about}",
        stage.url,
        ending(file, "json"),
    )
}

fn told(told: Told) -> &'static str {
    match told {
        Told::Permit => "PERMIT: open",
        Told::Revoked => "revoked, for good",
        Told::Deny => "DENY: keep shut",
        Told::Sighted => "one sighting of this credential, at the gate above",
        Told::Unknown => "UNKNOWN: call the desk",
    }
}

fn curl(stage: &Stage, deed: &Deed) -> String {
    let credential = stage.credential;
    match deed {
        Deed::Check(number) => format!(
            "   curl -s --oauth2-bearer $gate $api/v1/gate-checks \\\n     --json '{{\"gate\":\"{}\",\n       \"card\":{{\"format\":\"{}\",\"value\":\"{}\"}}}}'",
            stage.gate, number.format, number.value
        ),
        Deed::Revoke => format!(
            "   curl -s --oauth2-bearer $officer -H \"Idempotency-Key: $(date +%s)\" \\\n     --json '{{\"reason\":\"{REASON}\"}}' \\\n     $api/v1/credentials/{credential}/revocations"
        ),
        Deed::LookAtSightings => format!(
            "   sleep 1 # sightings are written a moment behind the answers\n   curl -s --oauth2-bearer $officer \"$api{SIGHTINGS}\" |\n     tr '{{' '\\n' | grep {credential}"
        ),
    }
}

fn ending(file: &Path, ending: &str) -> String {
    quoted(&file.with_extension(ending))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_spaces_or_quotes_is_one_word() {
        assert_eq!(
            quoted(Path::new("/opt/port-1/x.json")),
            "/opt/port-1/x.json"
        );
        assert_eq!(quoted(Path::new("/my ports/it's")), r"'/my ports/it'\''s'");
    }
}
