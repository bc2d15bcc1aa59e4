//! Where the password or the token comes from: a command, the environment, what `login` keeps, or a person at a terminal. Never a flag,
//! which every process could read.
//!
//! Separate so that there is one place where a secret enters; from here it travels as [`Secret`], which cannot be printed and is wiped.
//! The order: `--token-command`, `--password-command`, `IMAPKIT_TOKEN`, `IMAPKIT_PASSWORD`, the account's `token-command`, its
//! `password-command`, its kept login, a prompt. protocol.md §4.6.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};

use imapkit::types::Secret;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use zeroize::Zeroizing;

use crate::args::way::Way;
use crate::config::Account;
use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;
use crate::oauth::keeper::{Keeper, nothing_kept};
use crate::vault::{Login, Vault};

/// The variable that may hold the password.
const VARIABLE: &str = "IMAPKIT_PASSWORD";
/// The variable that may hold an access token.
const TOKEN_VARIABLE: &str = "IMAPKIT_TOKEN";
/// The variable that may hold the password of a client certificate.
const CERTIFICATE_VARIABLE: &str = "IMAPKIT_CLIENT_CERT_PASSWORD";
/// No password is longer than this.
const MAX: u64 = 64 << 10;

/// Where to ask for the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The first line of what this prints.
    Command(String),
    /// This variable of the environment.
    Environment(&'static str),
    /// What `login` keeps.
    Kept(Box<Vault>),
    /// Whoever sits there.
    Prompt,
    /// No secret: the password of the demo, which everybody knows.
    Given(&'static str),
}

/// Where to ask for access tokens.
#[derive(Clone, Debug)]
pub(crate) enum Tokens {
    /// The first line of what this prints, each time.
    Command(String),
    /// This variable of the environment.
    Environment(&'static str),
    /// What `login` keeps, refreshed.
    Kept(Box<Keeper>),
}

/// The file of a client certificate. Its password is asked for once, by whichever connection needs it first.
#[derive(Clone, Debug)]
pub(crate) struct ClientCert {
    pub(crate) path: PathBuf,
    source: Source,
    asked: Arc<OnceLock<Outcome<Secret>>>,
}

impl ClientCert {
    pub(crate) fn new(path: PathBuf, source: Source) -> Self {
        Self { path, source, asked: Arc::default() }
    }

    /// Asks, unless that was done. Blocks.
    pub(crate) fn password(&self) -> Outcome<Secret> {
        self.asked.get_or_init(|| self.source.read(&self.path.display().to_string())).clone()
    }
}

/// Decides, by the order above: where a password comes from, and tokens if those are to be used.
pub(crate) fn choose(
    token: Option<&str>,
    password: Option<&str>,
    account: &Account,
    way: &Way,
) -> Outcome<(Source, Option<Tokens>)> {
    let is_set = |variable: &str| std::env::var_os(variable).is_some();
    let plain = Source::choose(password, account.password_command.as_deref());
    if let Some(command) = token {
        return Ok((plain, Some(Tokens::Command(command.to_owned()))));
    }
    if password.is_some() {
        return Ok((plain, None));
    }
    if is_set(TOKEN_VARIABLE) {
        return Ok((plain, Some(Tokens::Environment(TOKEN_VARIABLE))));
    }
    if is_set(VARIABLE) {
        return Ok((plain, None));
    }
    if let Some(command) = &account.token_command {
        return Ok((plain, Some(Tokens::Command(command.clone()))));
    }
    if account.password_command.is_some() {
        return Ok((plain, None));
    }
    if let Some(keeper) = Keeper::of(account, way)? {
        return Ok((plain, Some(Tokens::Kept(Box::new(keeper)))));
    }
    Ok((Vault::of(account)?.map_or(plain, |vault| Source::Kept(Box::new(vault))), None))
}

impl Tokens {
    /// Where they come from, for people.
    pub(crate) fn origin(&self) -> &'static str {
        match self {
            Self::Command(_) => "the token command",
            Self::Environment(variable) => variable,
            Self::Kept(_) => "the login that is kept",
        }
    }

    /// Asks; after `refused`, for another than the last one. Dropped, it ends the command; a token that is being renewed is still kept.
    pub(crate) async fn ask(self, refused: bool) -> Outcome<Secret> {
        match self {
            Self::Command(command) => {
                let mut shell = tokio::process::Command::from(shell(&command));
                let child = shell.stdin(Stdio::inherit()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
                let mut child = child.map_err(|error| failed("token", &unrunnable(&error)))?;
                let mut text = Zeroizing::new(Vec::new());
                if let Some(out) = child.stdout.take() {
                    let _ = BufReader::new(out.take(MAX)).read_until(b'\n', &mut text).await;
                }
                secret_line("token", child.wait().await, &text)
            }
            Self::Environment(variable) => std::env::var(variable)
                .map(Secret::new)
                .map_err(|_| Problem::new(Exit::Auth, "no-password", format!("{variable} is not UTF-8"))),
            Self::Kept(keeper) => {
                let asked = tokio::task::spawn_blocking(move || keeper.token(refused)).await;
                let cut = |_| Problem::new(Exit::Failed, "bug", "asking for a token was cut off");
                asked.map_err(cut)?.map(|grant| grant.access_token)
            }
        }
    }
}

impl Source {
    /// Decides about a password, as if nothing were kept.
    pub(crate) fn choose(flag: Option<&str>, account: Option<&str>) -> Self {
        Self::choose_by(VARIABLE, flag, account)
    }

    /// The same for the password of a client certificate.
    pub(crate) fn of_certificate(flag: Option<&str>, account: Option<&str>) -> Self {
        Self::choose_by(CERTIFICATE_VARIABLE, flag, account)
    }

    fn choose_by(variable: &'static str, flag: Option<&str>, account: Option<&str>) -> Self {
        let in_environment = std::env::var_os(variable).is_some();
        match flag.or_else(|| account.filter(|_| !in_environment)) {
            Some(command) => Self::Command(command.to_owned()),
            None if in_environment => Self::Environment(variable),
            None => Self::Prompt,
        }
    }

    /// Asks. `who` is shown in the prompt and in errors. Blocks.
    pub(crate) fn read(&self, who: &str) -> Outcome<Secret> {
        match self {
            Self::Command(command) => from_command("password", command),
            Self::Kept(vault) => match vault.load()? {
                Some(Login::Password { password }) => Ok(password),
                _ => Err(nothing_kept(vault)),
            },
            Self::Given(text) => Ok(Secret::new(*text)),
            Self::Environment(variable) => match std::env::var(variable) {
                Ok(text) => Ok(Secret::new(text)),
                Err(_) => Err(missing(format!("{variable} is not UTF-8"))),
            },
            Self::Prompt if io::stderr().is_terminal() => {
                match rpassword::prompt_password(format!("Password for {who}: ")) {
                    Ok(text) => Ok(Secret::new(text)),
                    Err(error) => Err(missing(format!("cannot ask for the password: {}", plain(&error)))),
                }
            }
            Self::Prompt => Err(missing(format!("no password for {who}, and no terminal to ask at"))),
        }
    }
}

fn missing(what: String) -> Problem {
    Problem::new(Exit::Auth, "no-password", what)
        .next(format!("give --password-command COMMAND, or set {VARIABLE} in the environment"))
}

/// The first line that a command prints. Blocks.
pub(crate) fn from_command(what: &str, command: &str) -> Outcome<Secret> {
    let mut child = shell(command).stdout(Stdio::piped()).spawn().map_err(|error| failed(what, &unrunnable(&error)))?;
    let mut text = Zeroizing::new(Vec::new());
    if let Some(out) = child.stdout.take() {
        let _ = io::BufReader::new(out.take(MAX)).read_until(b'\n', &mut text);
    }
    secret_line(what, child.wait(), &text)
}

/// The line of a command that ended so.
fn secret_line(what: &str, ended: io::Result<ExitStatus>, line: &[u8]) -> Outcome<Secret> {
    let status = ended.map_err(|error| failed(what, &format!("cannot be waited for: {}", plain(&error))))?;
    if !status.success() {
        return Err(failed(what, &format!("failed ({status})")));
    }
    let line = std::str::from_utf8(line).map_err(|_| failed(what, "printed something that is not UTF-8"))?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() { Err(failed(what, "printed nothing")) } else { Ok(Secret::new(line)) }
}

fn unrunnable(error: &io::Error) -> String {
    format!("cannot be run: {}", plain(error))
}

fn failed(what: &str, why: &str) -> Problem {
    let problem = missing(format!("the {what} command {why}"));
    if what == "password" { problem } else { Problem::new(Exit::Auth, "no-password", problem.what()) }
}

/// The user's own command in the user's own shell.
pub(crate) fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command);
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gives_its_first_line() {
        let secret = Source::Command("printf 'first word\\nsecond\\n'".into()).read("ann").unwrap();
        assert_eq!(secret.expose(), "first word");
    }

    #[test]
    fn a_command_that_fails_says_so_without_what_it_printed() {
        for command in ["printf hunter2; exit 3", "true"] {
            let problem = Source::Command(command.into()).read("ann").unwrap_err();
            assert_eq!(problem.exit(), Exit::Auth);
            assert!(!format!("{problem:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_password_of_a_certificate_is_asked_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let command = format!("echo asked >> '{}'; echo open sesame", count.display());
        let certificate = ClientCert::new("mine.p12".into(), Source::Command(command));
        for asked in [certificate.clone(), certificate] {
            assert_eq!(asked.password().unwrap().expose(), "open sesame");
        }
        assert_eq!(std::fs::read_to_string(count).unwrap(), "asked\n");
    }

    #[test]
    fn the_flag_comes_before_the_account() {
        assert_eq!(Source::choose(Some("a"), Some("b")), Source::Command("a".into()));
    }
}
