//! Where the password comes from: a command, the environment, or a person at a terminal. Never a flag, which every process could read.
//!
//! Separate so that there is one place where a secret enters; from here it travels as [`Secret`], which cannot be printed and is wiped.
//! The order: `--password-command`, `IMAPKIT_PASSWORD`, the account's `password-command`, a prompt. protocol.md §4.6.

use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::process::{Command, Stdio};

use imapkit::types::Secret;

use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;

/// The variable that may hold the password.
const VARIABLE: &str = "IMAPKIT_PASSWORD";
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
    /// Whoever sits there.
    Prompt,
    /// No secret: the password of the demo, which everybody knows.
    Given(&'static str),
}

impl Source {
    /// Decides, by the order above.
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
            Self::Command(command) => from_command(command),
            Self::Given(text) => Ok(Secret::new(*text)),
            Self::Environment(variable) => match std::env::var(variable) {
                Ok(text) => Ok(Secret::new(text)),
                Err(_) => Err(missing(format!("{variable} is not UTF-8"))),
            },
            Self::Prompt if std::io::stderr().is_terminal() => {
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

fn from_command(command: &str) -> Outcome<Secret> {
    let failed = |why: &str| missing(format!("the password command {why}"));
    let mut child = shell(command)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&format!("cannot be run: {}", plain(&error))))?;
    let mut line = String::new();
    let read = child.stdout.take().map(|out| BufReader::new(out.take(MAX)).read_line(&mut line));
    let secret = Secret::new(line);
    let status = child.wait().map_err(|error| failed(&format!("cannot be waited for: {}", plain(&error))))?;
    if !status.success() {
        return Err(failed(&format!("failed ({status})")));
    }
    if !matches!(read, Some(Ok(_))) {
        return Err(failed("printed something that is not UTF-8"));
    }
    let line = secret.expose().trim_end_matches(['\r', '\n']);
    if line.is_empty() { Err(failed("printed nothing")) } else { Ok(Secret::new(line)) }
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
    fn the_flag_comes_before_the_account() {
        assert_eq!(Source::choose(Some("a"), Some("b")), Source::Command("a".into()));
    }
}
