//! Who gives tokens: Google, Microsoft, or whoever the user names.
//!
//! Separate because it is data, and because here it is decided where secrets may be sent: to `https://`, or to this machine.
//! Client ids are the user's own: one built into an open program is anybody's, and gets it throttled or blocked.

use imapkit::dial::Host;
use oauth2::{AuthUrl, DeviceAuthorizationUrl, TokenUrl};

use crate::config::{Account, Endpoints};
use crate::errors::{Outcome, Problem};
use crate::output::text::clean;

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// Its name, as the configuration has it.
    pub(crate) name: String,
    pub(crate) endpoints: Endpoints,
    preset: Option<&'static Preset>,
}

/// A provider that is known.
#[derive(Debug, PartialEq, Eq)]
struct Preset {
    name: &'static str,
    /// Its IMAP servers.
    hosts: &'static [&'static str],
    auth: &'static str,
    token: &'static str,
    device: &'static str,
    revoke: Option<&'static str>,
    scopes: &'static [&'static str],
    /// What else the page of consent is told.
    extra: &'static [(&'static str, &'static str)],
    /// What the browser comes back to.
    redirect: &'static str,
    /// Why mail cannot be permitted by device code.
    no_device: Option<&'static str>,
    /// Where client ids are made.
    console: &'static str,
}

const LOOPBACK: &str = "127.0.0.1";

static PRESETS: [Preset; 2] = [
    Preset {
        name: "google",
        hosts: &["imap.gmail.com", "imap.googlemail.com"],
        auth: "https://accounts.google.com/o/oauth2/v2/auth",
        token: "https://oauth2.googleapis.com/token",
        device: "https://oauth2.googleapis.com/device/code",
        revoke: Some("https://oauth2.googleapis.com/revoke"),
        scopes: &["https://mail.google.com/"],
        // Without these a second login gets no refresh token.
        extra: &[("access_type", "offline"), ("prompt", "consent")],
        redirect: LOOPBACK,
        no_device: Some("Google does not permit access to mail by device code"),
        console: "https://console.cloud.google.com/apis/credentials (type: desktop app)",
    },
    Preset {
        name: "microsoft",
        hosts: &["outlook.office365.com", "outlook.office.com", "imap-mail.outlook.com"],
        auth: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        device: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
        revoke: None,
        scopes: &["https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"],
        extra: &[],
        // Its portal registers `http://localhost` for any port, and 127.0.0.1 only by hand.
        redirect: "localhost",
        no_device: None,
        console: "https://entra.microsoft.com, App registrations (mobile and desktop, redirect http://localhost)",
    },
];

impl Provider {
    /// The one called so, or that of this IMAP server; `own` goes before what is built in.
    pub(crate) fn new(name: Option<&str>, host: Option<&Host>, own: &Endpoints) -> Outcome<Option<Self>> {
        let host = host.map(Host::to_string).unwrap_or_default();
        let preset = PRESETS.iter().find(|preset| match name {
            Some(name) => name == preset.name,
            None => preset.hosts.contains(&host.as_str()) && *own == Endpoints::default(),
        });
        let name = match (name, preset) {
            (Some(name), _) => name,
            (None, Some(preset)) => preset.name,
            (None, None) => return Ok(None),
        };
        let text = |own: &Option<String>, known: Option<&str>| own.clone().or_else(|| known.map(str::to_owned));
        let known = preset.map(|preset| preset.scopes).unwrap_or_default();
        let endpoints = Endpoints {
            auth_url: text(&own.auth_url, preset.map(|preset| preset.auth)),
            token_url: text(&own.token_url, preset.map(|preset| preset.token)),
            device_url: text(&own.device_url, preset.map(|preset| preset.device)),
            revoke_url: text(&own.revoke_url, preset.and_then(|preset| preset.revoke)),
            scope: if own.scope.is_empty() {
                known.iter().map(|&scope| scope.to_owned()).collect()
            } else {
                own.scope.clone()
            },
        };
        let provider = Self { name: name.to_owned(), endpoints, preset };
        if provider.endpoints.token_url.is_none() {
            let known = PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(" and ");
            return Err(Problem::usage(format!("the provider {} is not known", clean(name))).next(format!(
                "built in are {known}; for another one give --token-url, and --auth-url or --device-url"
            )));
        }
        provider.check()?;
        Ok(Some(provider))
    }

    /// The one an account says.
    pub(crate) fn of(account: &Account) -> Outcome<Option<Self>> {
        let Some(name) = &account.provider else { return Ok(None) };
        Self::new(Some(name), None, &account.endpoints.clone().unwrap_or_default())
    }

    /// It is built in, and its endpoints are its own.
    pub(crate) fn is_preset(&self) -> bool {
        self.preset.is_some()
    }

    /// Where client ids are made.
    pub(crate) fn console(&self) -> &'static str {
        self.preset.map_or("the provider's page for developers", |preset| preset.console)
    }

    /// The host the browser comes back to.
    pub(super) fn redirect_host(&self) -> &'static str {
        self.preset.map_or(LOOPBACK, |preset| preset.redirect)
    }

    /// What else the page of consent is told.
    pub(super) fn extra(&self) -> &'static [(&'static str, &'static str)] {
        self.preset.map(|preset| preset.extra).unwrap_or_default()
    }

    pub(super) fn token(&self) -> Outcome<TokenUrl> {
        let url = self.endpoints.token_url.clone().unwrap_or_default();
        TokenUrl::new(url).map_err(|_| self.lacks("token-url"))
    }

    pub(super) fn auth(&self) -> Outcome<AuthUrl> {
        let url = self.endpoints.auth_url.clone().ok_or_else(|| self.lacks("auth-url").next("or use --device"))?;
        AuthUrl::new(url).map_err(|_| self.lacks("auth-url"))
    }

    pub(super) fn device(&self) -> Outcome<DeviceAuthorizationUrl> {
        if let Some(why) = self.preset.and_then(|preset| preset.no_device) {
            return Err(Problem::usage(why)
                .next("leave out --device; on a machine without a browser, --no-browser prints the page's address,")
                .next("and a forwarded port (ssh -L) brings the browser back to this machine"));
        }
        let url = self.endpoints.device_url.clone().ok_or_else(|| self.lacks("device-url"))?;
        DeviceAuthorizationUrl::new(url).map_err(|_| self.lacks("device-url"))
    }

    pub(super) fn revocation(&self) -> Option<Outcome<String>> {
        self.endpoints.revoke_url.clone().map(Ok)
    }

    fn lacks(&self, what: &str) -> Problem {
        Problem::usage(format!("the provider {} has no {what}", clean(&self.name))).next(format!("give --{what} URL"))
    }

    /// Refuses endpoints that would get secrets in clear text.
    fn check(&self) -> Outcome<()> {
        let Endpoints { auth_url, token_url, device_url, revoke_url, .. } = &self.endpoints;
        let urls =
            [("auth-url", auth_url), ("token-url", token_url), ("device-url", device_url), ("revoke-url", revoke_url)];
        for (what, url) in urls {
            let Some(url) = url else { continue };
            let uri: ureq::http::Uri =
                url.parse().map_err(|_| Problem::usage(format!("{what} {:?} is no URL", clean(url))))?;
            let host = uri.host().unwrap_or_default();
            match uri.scheme_str() {
                Some("https") if !host.is_empty() => {}
                Some("http") if is_here(host) => {}
                Some("http") => {
                    let text = format!("{what} {} is refused: secrets would be sent in clear text", clean(url));
                    return Err(Problem::guard(text).next("use https://; http:// is for this machine only"));
                }
                _ => return Err(Problem::usage(format!("{what} {:?} is no https:// URL", clean(url)))),
            }
        }
        Ok(())
    }
}

fn is_here(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Host::parse(host).is_ok_and(|host| host.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn host(name: &str) -> Host {
        Host::parse(name).unwrap()
    }

    #[test]
    fn a_provider_is_found_by_its_server_or_its_name() {
        let none = Endpoints::default();
        for (server, name) in [("imap.gmail.com", "google"), ("outlook.office365.com", "microsoft")] {
            let by_host = Provider::new(None, Some(&host(server)), &none).unwrap().unwrap();
            assert_eq!(by_host.name, name);
            assert_eq!(Provider::new(Some(name), None, &none).unwrap(), Some(by_host));
        }
        assert_eq!(Provider::new(None, Some(&host("imap.example.org")), &none).unwrap(), None);
        assert_eq!(Provider::new(Some("nobody"), None, &none).unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn what_is_said_goes_before_what_is_built_in() {
        let own = Endpoints { token_url: Some("https://login.example/tenant/token".into()), ..Endpoints::default() };
        let provider = Provider::new(Some("microsoft"), None, &own).unwrap().unwrap();
        assert_eq!(provider.endpoints.token_url, own.token_url);
        assert!(provider.endpoints.auth_url.unwrap().starts_with("https://login.microsoftonline.com/common/"));
    }

    #[test]
    fn t027_secrets_go_to_https_or_to_this_machine() {
        for (url, exit) in [
            ("http://login.example/token", Some(Exit::Guard)),
            ("ftp://login.example/token", Some(Exit::Usage)),
            ("login.example", Some(Exit::Usage)),
            ("https://login.example/token", None),
            ("http://127.0.0.1:8080/token", None),
            ("http://localhost/token", None),
            ("http://[::1]:1/token", None),
            ("http://127.0.0.1.evil.example/token", Some(Exit::Guard)),
            ("http://127.0.0.1@evil.example/token", Some(Exit::Guard)),
        ] {
            let own = Endpoints { token_url: Some(url.into()), ..Endpoints::default() };
            let outcome = Provider::new(Some("own"), None, &own);
            assert_eq!(outcome.as_ref().err().map(Problem::exit), exit, "{url}: {outcome:?}");
        }
    }

    #[test]
    fn google_takes_no_device() {
        let google = Provider::new(Some("google"), None, &Endpoints::default()).unwrap().unwrap();
        assert_eq!(google.device().unwrap_err().exit(), Exit::Usage);
    }
}
