//! What a call of `connect` comes to: its six arguments, the properties, and which of them counts.
//!
//! Separate from connecting so that every sentence of the rules can be tested without a network. Nothing here does I/O.
//!
//! ```text
//! argument ─▶ property ─▶ default          port 993 ─▶ TLS, unless Tunnel or SecureExplicit says otherwise
//! ```

use std::time::Duration;

use imapkit_blocking::dial::Route;
use imapkit_blocking::sasl::{Accept, Credentials, Method, Policy, Proof};
use imapkit_blocking::types::Secret;

use crate::code::ErrorCode;
use crate::constants::{AuthType, Options};
use crate::control::Result;
use crate::error::ControlError;
use crate::settings::{Settings, check_host, check_options, check_proxy, check_timeout};

/// The port of IMAP, and that of IMAP over TLS.
const PORT: u16 = 143;
const SECURE_PORT: u16 = 993;

/// The arguments of a call, those that were given.
#[derive(Default)]
pub(crate) struct Arguments<'a> {
    pub(crate) remote_host: Option<&'a str>,
    pub(crate) remote_port: Option<u16>,
    pub(crate) user_name: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) timeout: Option<u32>,
    pub(crate) options: Option<Options>,
}

/// How the link is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Clear,
    Tls,
    StartTls,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Whom to call.
    pub(crate) host: String,
    /// The name in its certificate.
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) link: Link,
    pub(crate) options: Options,
    /// The same, if they were an argument and not a property.
    pub(crate) given: Option<Options>,
    pub(crate) route: Route,
    pub(crate) timeout: Duration,
    /// Who logs in; nobody if no user is named.
    pub(crate) login: Option<LoginPlan>,
}

/// Who logs in, and how.
#[derive(Clone, Debug)]
pub(crate) struct LoginPlan {
    pub(crate) user: String,
    pub(crate) secret: Secret,
    pub(crate) auth_type: AuthType,
}

impl Plan {
    pub(crate) fn new(settings: &Settings, arguments: &Arguments<'_>) -> Result<Self> {
        let options = arguments.options.unwrap_or(settings.options);
        check_options(options)?;
        let timeout = match arguments.timeout {
            None | Some(0) => settings.timeout,
            Some(seconds) => check_timeout(seconds)?,
        };
        let route = check_proxy(settings.proxy.expose())?;
        let (host, name) = whom(settings, arguments.remote_host, options, &route)?;
        let secure = settings.secure && !options.contains(Options::SecureExplicit);
        let implicit = secure || options.contains(Options::SecureImplicit);
        let port = match arguments.remote_port.unwrap_or(settings.remote_port) {
            0 if implicit => SECURE_PORT,
            0 => PORT,
            port => port,
        };
        let by_port = port == SECURE_PORT && !options.contains(Options::Tunnel);
        let link = if options.contains(Options::SecureExplicit) {
            Link::StartTls
        } else if implicit || by_port {
            Link::Tls
        } else {
            Link::Clear
        };
        let login = LoginPlan::new(settings, arguments.user_name, arguments.password, None)?;
        Ok(Self {
            host,
            name,
            port,
            link,
            options,
            given: arguments.options,
            route,
            timeout: Duration::from_secs(timeout.into()),
            login,
        })
    }

    pub(crate) fn is_tunnel(&self) -> bool {
        self.options.contains(Options::Tunnel)
    }

    /// Through a command or a local socket: we do not call anybody over the network ourselves.
    pub(crate) fn is_piped(&self) -> bool {
        matches!(self.route, Route::Unix(_) | Route::Command(_))
    }
}

/// Whom to call, and the name in the certificate.
fn whom(settings: &Settings, given: Option<&str>, options: Options, route: &Route) -> Result<(String, String)> {
    let (name, address) = (settings.host_name.as_str(), settings.host_address.as_str());
    let host = match given.filter(|host| !host.is_empty()) {
        Some(host) => host,
        None if !address.is_empty() => address,
        None if !name.is_empty() => name,
        None if needs_no_host(route) => "localhost",
        None => {
            let text = "no host: give one to connect, or set host_name or host_address";
            return Err(ControlError::invalid(text));
        }
    };
    check_host(host)?;
    // Given by its name, a server has to prove that name. Behind a tunnel, and for an address, the name is what host_name says.
    let named_otherwise = options.contains(Options::Tunnel) || given.is_none_or(str::is_empty);
    let certified = if named_otherwise && !name.is_empty() { name } else { host };
    Ok((host.to_owned(), certified.to_owned()))
}

/// A socket needs no name, nor does a command without a place for one.
fn needs_no_host(route: &Route) -> bool {
    match route {
        Route::Unix(_) => true,
        Route::Command(template) => !template.takes_host(),
        _ => false,
    }
}

impl LoginPlan {
    /// Who logs in with these arguments; `None` when no user is named.
    pub(crate) fn new(
        settings: &Settings,
        user: Option<&str>,
        password: Option<&str>,
        auth_type: Option<AuthType>,
    ) -> Result<Option<Self>> {
        let user = user.filter(|user| !user.is_empty()).unwrap_or(&settings.user_name);
        if user.is_empty() {
            return Ok(None);
        }
        let auth_type = auth_type.unwrap_or(settings.auth_type);
        let secret = match password.filter(|password| !password.is_empty()) {
            Some(password) => Secret::new(password),
            None => settings.secret(auth_type).clone(),
        };
        if secret.is_empty() && !matches!(auth_type, AuthType::External | AuthType::Anonymous) {
            let what = if auth_type.is_oauth() { "access token" } else { "password" };
            return Err(ControlError::invalid(format!("there is a user name but no {what}")));
        }
        let control = |text: &str| text.contains(['\r', '\n', '\0', '\u{1}']);
        for (what, text) in [("user name", user), ("password", secret.expose())] {
            if control(text) {
                return Err(ControlError::invalid(format!("the {what} contains a control character")));
            }
        }
        Ok(Some(Self { user: user.to_owned(), secret, auth_type }))
    }

    /// The same for the library. `clear` permits to tell the secret in clear text.
    pub(crate) fn credentials(&self, clear: bool) -> Credentials {
        let method = match self.auth_type {
            AuthType::Login => Some(Method::Login),
            AuthType::Plain => Some(Method::Plain),
            AuthType::CramMd5 => Some(Method::CramMd5),
            AuthType::ScramSha1 => Some(Method::ScramSha1),
            AuthType::XOAuth2 => Some(Method::XOAuth2),
            AuthType::OAuthBearer => Some(Method::OAuthBearer),
            AuthType::ScramSha256 => Some(Method::ScramSha256),
            AuthType::External => Some(Method::External),
            AuthType::Anonymous => Some(Method::Anonymous),
            AuthType::Auto => None,
        };
        let proof = match self.auth_type {
            AuthType::XOAuth2 | AuthType::OAuthBearer => Proof::Token(self.secret.clone()),
            AuthType::External => Proof::External,
            AuthType::Anonymous => Proof::Anonymous,
            _ => Proof::Password(self.secret.clone()),
        };
        let accept = method.map_or(Accept::Best, Accept::Only);
        Credentials::new(&*self.user, proof).policy(Policy { accept, danger_clear: clear, ..Policy::default() })
    }

    /// The same error in terms of what was tried: a token that is refused is not a password.
    pub(crate) fn judge(&self, error: ControlError) -> ControlError {
        let explained = error.cause().is_some_and(|cause| cause.token_refusal().is_some());
        match error.code() {
            _ if explained => error.with_code(ErrorCode::TokenRejected),
            ErrorCode::LoginRejected if self.auth_type.is_oauth() => error.with_code(ErrorCode::TokenRejected),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests;
