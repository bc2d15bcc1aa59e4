//! What a program has set, whether or not there is a connection, and the rules about what goes together.
//!
//! Separate from the control so that the rules can be tested without one. Nothing here does I/O.
//!
//! Invariants: secrets are kept as [`Secret`]s and never shown; a value that makes no sense is refused when it is set, and what was set before
//! stays.

use std::path::PathBuf;

use imapkit_blocking::dial::{Host, Route, RouteError};
use imapkit_blocking::types::Secret;

use crate::constants::{AuthType, Options, TlsVersions, TraceFlags};
use crate::error::ControlError;

/// Seconds a call may take.
pub(crate) const DEFAULT_TIMEOUT: u32 = 20;
/// The longest time that can be set, a day.
const MAX_TIMEOUT: u32 = 86_400;

/// All properties that can be written.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "properties that programs set by name")]
pub(crate) struct Settings {
    pub(crate) auth_type: AuthType,
    pub(crate) auto_resolve: bool,
    pub(crate) blocking: bool,
    pub(crate) host_address: String,
    pub(crate) host_name: String,
    pub(crate) options: Options,
    pub(crate) password: Secret,
    pub(crate) token: Secret,
    pub(crate) proxy: Secret,
    pub(crate) remote_port: u16,
    pub(crate) secure: bool,
    pub(crate) timeout: u32,
    pub(crate) user_name: String,
    pub(crate) throw_error: bool,
    pub(crate) certificate_name: String,
    pub(crate) certificate_password: Secret,
    pub(crate) certificate_store: PathBuf,
    pub(crate) certificate_authorities: PathBuf,
    pub(crate) versions: TlsVersions,
    pub(crate) mailbox_path: String,
    pub(crate) mailbox_mask: String,
    pub(crate) header_field: String,
    pub(crate) trace: bool,
    pub(crate) trace_file: PathBuf,
    pub(crate) trace_flags: TraceFlags,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth_type: AuthType::Login,
            auto_resolve: false,
            blocking: true,
            host_address: String::new(),
            host_name: String::new(),
            options: Options::None,
            password: Secret::new(""),
            token: Secret::new(""),
            proxy: Secret::new(""),
            remote_port: 0,
            secure: false,
            timeout: DEFAULT_TIMEOUT,
            user_name: String::new(),
            throw_error: false,
            certificate_name: String::new(),
            certificate_password: Secret::new(""),
            certificate_store: PathBuf::new(),
            certificate_authorities: PathBuf::new(),
            versions: TlsVersions::Default,
            mailbox_path: String::new(),
            mailbox_mask: String::from("*"),
            header_field: String::new(),
            trace: false,
            trace_file: PathBuf::new(),
            trace_flags: TraceFlags::Info,
        }
    }
}

impl Settings {
    /// The password, or the token where the way to log in takes one.
    pub(crate) fn secret(&self, auth_type: AuthType) -> &Secret {
        if auth_type.is_oauth() { &self.token } else { &self.password }
    }

    pub(crate) fn set_password(&mut self, password: &str) {
        let secret = Secret::new(password);
        if self.auth_type.is_oauth() {
            self.token = secret;
        } else {
            self.password = secret;
        }
    }

    /// A token makes no sense without a way to log in that takes one.
    pub(crate) fn set_token(&mut self, token: &str) {
        self.token = Secret::new(token);
        if !token.is_empty() && !self.auth_type.is_oauth() {
            self.auth_type = AuthType::XOAuth2;
        }
    }

    pub(crate) fn set_options(&mut self, options: Options) -> Result<(), ControlError> {
        check_options(options)?;
        self.options = options;
        Ok(())
    }

    pub(crate) fn set_timeout(&mut self, seconds: u32) -> Result<(), ControlError> {
        self.timeout = check_timeout(seconds)?;
        Ok(())
    }

    pub(crate) fn set_versions(&mut self, versions: TlsVersions) -> Result<(), ControlError> {
        if versions.unknown() != 0 {
            return Err(ControlError::invalid(format!("secure_protocol has unknown bits: {:#x}", versions.unknown())));
        }
        self.versions = versions;
        Ok(())
    }

    pub(crate) fn set_trace_flags(&mut self, flags: TraceFlags) -> Result<(), ControlError> {
        if flags.unknown() != 0 {
            return Err(ControlError::invalid(format!("trace_flags has unknown bits: {:#x}", flags.unknown())));
        }
        self.trace_flags = flags;
        Ok(())
    }

    pub(crate) fn set_proxy(&mut self, url: &str) -> Result<(), ControlError> {
        check_proxy(url)?;
        self.proxy = Secret::new(url);
        Ok(())
    }

    pub(crate) fn set_host_name(&mut self, name: &str) -> Result<(), ControlError> {
        if !name.is_empty() {
            check_host(name)?;
        }
        name.clone_into(&mut self.host_name);
        Ok(())
    }

    pub(crate) fn set_host_address(&mut self, address: &str) -> Result<(), ControlError> {
        if !address.is_empty() && check_host(address)?.ip().is_none() {
            return Err(ControlError::invalid(format!(
                "host_address: `{}` is a name, not an address",
                address.escape_debug()
            )));
        }
        address.clone_into(&mut self.host_address);
        Ok(())
    }

    /// The port by its name, as in /etc/services.
    pub(crate) fn set_service(&mut self, service: &str) -> Result<(), ControlError> {
        self.remote_port = match service.to_ascii_lowercase().as_str() {
            "" => 0,
            "imap" | "imap2" => 143,
            "imaps" => 993,
            number => number.parse().map_err(|_| {
                ControlError::invalid(format!(
                    "remote_service: `{}` is none of imap, imaps, a port",
                    service.escape_debug()
                ))
            })?,
        };
        Ok(())
    }

    pub(crate) fn service(&self) -> String {
        match self.remote_port {
            0 | 143 => String::from("imap"),
            993 => String::from("imaps"),
            port => port.to_string(),
        }
    }
}

/// Bits that mean something, and do not contradict each other.
pub(crate) fn check_options(options: Options) -> Result<(), ControlError> {
    if options.unknown() != 0 {
        return Err(ControlError::invalid(format!("options has unknown bits: {:#x}", options.unknown())));
    }
    if options.contains(Options::SecureExplicit | Options::SecureImplicit) {
        return Err(ControlError::invalid("SecureExplicit and SecureImplicit exclude each other"));
    }
    Ok(())
}

pub(crate) fn check_timeout(seconds: u32) -> Result<u32, ControlError> {
    if seconds == 0 || seconds > MAX_TIMEOUT {
        return Err(ControlError::invalid(format!("timeout: {seconds} is not between 1 and {MAX_TIMEOUT} seconds")));
    }
    Ok(seconds)
}

pub(crate) fn check_proxy(url: &str) -> Result<Route, ControlError> {
    Route::parse(url).map_err(|error| {
        ControlError::invalid(match error {
            // It names the proxy itself.
            RouteError::Proxy(_) => error.to_string(),
            _ => format!("proxy: {error}"),
        })
    })
}

pub(crate) fn check_host(host: &str) -> Result<Host, ControlError> {
    Host::parse(host).map_err(|error| ControlError::invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ErrorCode;

    #[test]
    fn a_token_switches_to_a_way_that_takes_it() {
        let mut settings = Settings::default();
        settings.set_password("pass");
        settings.set_token("token");
        assert_eq!(settings.auth_type, AuthType::XOAuth2);
        assert_eq!(settings.secret(settings.auth_type).expose(), "token");
        settings.auth_type = AuthType::OAuthBearer;
        settings.set_token("other");
        assert_eq!(settings.auth_type, AuthType::OAuthBearer, "it was one already");
        settings.auth_type = AuthType::Plain;
        assert_eq!(settings.secret(settings.auth_type).expose(), "pass");
        settings.set_token("");
        assert_eq!(settings.auth_type, AuthType::Plain, "no token is no reason");
    }

    #[test]
    fn nonsense_is_refused_and_changes_nothing() {
        let mut settings = Settings::default();
        settings.set_options(Options::Identify).unwrap();
        let unknown = settings.set_options(Options::from_value(0x2)).unwrap_err();
        assert_eq!((unknown.code(), unknown.text()), (ErrorCode::InvalidArgument, "options has unknown bits: 0x2"));
        assert!(settings.set_options(Options::SecureExplicit | Options::SecureImplicit).is_err());
        assert_eq!(settings.options, Options::Identify);
        assert!(settings.set_timeout(0).is_err() && settings.set_timeout(86_401).is_err());
        assert!(settings.set_host_name("no name").is_err() && settings.set_host_address("imap.example.org").is_err());
        assert!(settings.set_proxy("gopher://x").is_err() && settings.set_service("pop3").is_err());
        assert_eq!((settings.timeout, settings.host_name.as_str(), settings.remote_port), (20, "", 0));
    }

    #[test]
    fn what_is_wrong_with_a_proxy_is_told_behind_its_name_once() {
        for url in ["gopher://x", "command:", "unix:x"] {
            let error = Settings::default().set_proxy(url).unwrap_err();
            assert_eq!(error.text().matches("proxy: ").count(), 1, "{error}");
        }
    }

    #[test]
    fn services_are_ports_by_name() {
        let mut settings = Settings::default();
        assert_eq!(settings.service(), "imap");
        for (service, port) in [("imaps", 993), ("IMAP", 143), ("1143", 1143), ("", 0)] {
            settings.set_service(service).unwrap();
            assert_eq!(settings.remote_port, port);
        }
    }
}
