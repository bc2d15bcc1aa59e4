//! Commands to connect through, such as `ssh -T {user}@{host} /usr/lib/dovecot/imap`.
//!
//! A description only: the front end starts the process. No shell is involved; each word of the template becomes exactly one
//! argument, whatever is put into its placeholders. Values that begin with `-` are refused, so that a host cannot turn into an
//! option (`-oProxyCommand=…`, CVE-2018-19518; T076, C29).
//!
//! Words are parted by spaces; `'…'` and `"…"` keep spaces, and there is no other escape. Placeholders: `{host}`, `{port}`,
//! `{user}`.

use core::fmt;

use crate::address::Host;

/// A command with places for host, port and user.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandTemplate {
    words: Vec<Vec<Part>>,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Host,
    Port,
    User,
}

impl CommandTemplate {
    /// Reads a command line.
    ///
    /// # Errors
    /// [`TunnelError`] if there is no command, a quote or brace is open, a placeholder unknown, or the program itself one.
    pub fn parse(text: &str) -> Result<Self, TunnelError> {
        let words = split(text)?.iter().map(|word| parts(word)).collect::<Result<Vec<_>, _>>()?;
        match words.first().map(Vec::as_slice) {
            Some([Part::Text(program)]) if !program.is_empty() => Ok(Self { words }),
            Some(_) => Err(TunnelError("the program of a tunnel command is a fixed name")),
            None => Err(TunnelError("the tunnel command is empty")),
        }
    }

    /// Whether there is a place for the host.
    pub fn takes_host(&self) -> bool {
        self.words.iter().flatten().any(|part| *part == Part::Host)
    }

    /// The program and its arguments, placeholders filled.
    ///
    /// # Errors
    /// [`TunnelError`] if a value is missing, begins with `-` or holds a control character.
    pub fn fill(&self, host: &Host, port: u16, user: Option<&str>) -> Result<Vec<String>, TunnelError> {
        let (host, port) = (host.to_string(), port.to_string());
        let value = |part: &Part| match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Host => checked(&host),
            Part::Port => checked(&port),
            Part::User => checked(user.unwrap_or_default()),
        };
        self.words.iter().map(|word| word.iter().map(value).collect()).collect()
    }
}

fn checked(value: &str) -> Result<String, TunnelError> {
    if value.is_empty() {
        return Err(TunnelError("the tunnel command needs a value that is not known"));
    }
    if value.starts_with('-') {
        return Err(TunnelError("a value for the tunnel command begins with `-`"));
    }
    if value.chars().any(char::is_control) {
        return Err(TunnelError("a value for the tunnel command holds a control character"));
    }
    Ok(value.to_owned())
}

fn split(text: &str) -> Result<Vec<String>, TunnelError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (_, '\0') => return Err(TunnelError("the tunnel command holds a zero byte")),
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err(TunnelError("a quote in the tunnel command is not closed")) } else { Ok(words) }
}

fn parts(word: &str) -> Result<Vec<Part>, TunnelError> {
    const UNKNOWN: TunnelError = TunnelError("a placeholder is none of {host}, {port}, {user}");
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some((text, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}').ok_or(UNKNOWN)?;
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        parts.push(match name {
            "host" => Part::Host,
            "port" => Part::Port,
            "user" => Part::User,
            _ => return Err(UNKNOWN),
        });
        rest = behind;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

/// The program alone: arguments may hold secrets.
impl fmt::Debug for CommandTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words.first().and_then(|word| word.first()) {
            Some(Part::Text(program)) => write!(f, "command {program:?}"),
            _ => f.write_str("command"),
        }
    }
}

/// Why a command cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunnelError(&'static str);

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for TunnelError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, host: &str, user: Option<&str>) -> Result<Vec<String>, TunnelError> {
        CommandTemplate::parse(template).unwrap().fill(&Host::parse(host).unwrap(), 143, user)
    }

    #[test]
    fn each_word_is_one_argument_whatever_is_put_in() {
        let cases: [(&str, Option<&str>, &[&str]); 5] = [
            ("ssh {host} imapd", None, &["ssh", "imap.example.org", "imapd"]),
            ("  ssh\t-T  -p {port} {user}@{host} ", Some("ann"), &["ssh", "-T", "-p", "143", "ann@imap.example.org"]),
            ("run {user}", Some("$(x) `y`; rm *"), &["run", "$(x) `y`; rm *"]),
            ("'my prog' \"a 'b'\" '' x\"y z\"", None, &["my prog", "a 'b'", "", "xy z"]),
            ("run --host={host}:{port}", None, &["run", "--host=imap.example.org:143"]),
        ];
        for (template, user, argv) in cases {
            assert_eq!(fill(template, "imap.example.org", user).unwrap(), argv, "{template}");
        }
        assert_eq!(fill("run {host}", "fe80::1%eth0", None).unwrap()[1], "fe80::1%eth0");
    }

    #[test]
    fn t076_values_that_look_like_options_are_refused() {
        assert!(Host::parse("-oProxyCommand=x").is_err());
        let hostile = Host::Name(String::from("-oProxyCommand=x"));
        let template = CommandTemplate::parse("ssh {user}@{host}").unwrap();
        for (host, user) in [(&hostile, "ann"), (&Host::parse("h").unwrap(), "-l")] {
            assert!(template.fill(host, 143, Some(user)).is_err());
        }
        for user in [None, Some(""), Some("a\nb"), Some("a\0b"), Some("-")] {
            assert!(fill("ssh {user}@{host}", "h", user).is_err(), "{user:?}");
        }
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        for template in [
            "",
            "  ",
            "''",
            "{host}",
            "{host} x",
            "ssh{port} x",
            "ssh 'x",
            "ssh \"x'",
            "ssh {pass}",
            "ssh {host",
            "a\0b",
        ] {
            assert!(CommandTemplate::parse(template).is_err(), "{template:?}");
        }
    }

    #[test]
    fn debug_shows_the_program_alone() {
        assert_eq!(format!("{:?}", CommandTemplate::parse("ssh -o canary {host}").unwrap()), "command \"ssh\"");
    }
}
