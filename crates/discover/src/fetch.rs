//! Documents over HTTPS: which redirects are followed, and who may see the address.
//!
//! Separate from the client that speaks HTTP, so that the rules hold for every [`Network`]: at most two redirects, `https` on its own port
//! only, no user information (C07); a redirect that leaves the mail domain loses its query, because the address stands in it (C04).
//! RFC 9110 §15.4.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use ureq::http::Uri;

use crate::autoconfig::MAX_DOCUMENT;
use crate::email::Email;
use crate::network::{Failure, Network};

/// Redirects followed.
const MAX_REDIRECTS: usize = 2;
/// What a query value keeps as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The two places where a domain publishes its document; the first is the better (C03).
pub(crate) fn autoconfig_urls(email: &Email) -> [String; 2] {
    let address = utf8_percent_encode(&email.to_string(), QUERY).to_string();
    let domain = email.domain();
    [
        format!("https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}"),
        format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
    ]
}

/// A URL as it may be shown: without its query.
pub(crate) fn shown(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(url, _)| format!("{url}?…"))
}

/// The body behind a URL, by way of redirects. All of it together takes no longer than `timeout`.
pub(crate) async fn fetch(
    network: &dyn Network,
    url: &str,
    email: &Email,
    timeout: Duration,
) -> Result<Vec<u8>, Failure> {
    let start = Instant::now();
    let mut url = url.to_owned();
    for _ in 0..=MAX_REDIRECTS {
        let left = timeout.saturating_sub(start.elapsed());
        let page = network.get(&url, MAX_DOCUMENT, left).await?;
        match (page.status, page.location) {
            (200, _) => return Ok(page.body),
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                url = target(&url, &location, email).map_err(Failure::Failed)?;
            }
            (404 | 410, _) => return Err(Failure::Nothing(format!("status {}", page.status))),
            (status, _) => return Err(Failure::Failed(format!("status {status}"))),
        }
    }
    Err(Failure::Failed(format!("more than {MAX_REDIRECTS} redirects")))
}

/// Where a redirect leads, if it may be followed.
pub(crate) fn target(base: &str, location: &str, email: &Email) -> Result<String, String> {
    let base: Uri = base.parse().map_err(|_| "the URL cannot be read".to_owned())?;
    let base_host = base.host().unwrap_or_default();
    let location = location.split('#').next().unwrap_or_default();
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("https://{rest}")
    } else if location.starts_with('/') {
        format!("https://{base_host}{location}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("https://{base_host}{folder}/{location}")
    };
    let uri: Uri = absolute.parse().map_err(|_| "redirected to something that is no URL".to_owned())?;
    if uri.scheme_str() != Some("https") {
        return Err("redirected to something other than https, which is not followed".to_owned());
    }
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    if authority.contains('@') || uri.port_u16().is_some_and(|port| port != 443) {
        return Err("redirected to another port or with user information, which is not followed".to_owned());
    }
    let host = uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return Err("redirected to no host".to_owned());
    }
    if email.owns(&host) {
        let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
        return Ok(format!("https://{host}{rest}"));
    }
    let path = uri.path();
    if path.contains('@') || path.to_ascii_lowercase().contains("%40") {
        return Err(format!(
            "redirected to {host}, which is not under {}, with an address in the path",
            email.domain()
        ));
    }
    Ok(format!("https://{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ann%40example.org";

    fn email() -> Email {
        Email::parse("ann+x@example.org").unwrap()
    }

    #[test]
    fn the_address_is_in_the_query_and_not_shown() {
        let [first, second] = autoconfig_urls(&email());
        assert_eq!(first, "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ann%2Bx%40example.org");
        assert_eq!(second, "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml");
        assert!(!shown(&first).contains("ann") && !second.contains("ann"));
    }

    #[test]
    fn c04_a_redirect_out_of_the_domain_takes_no_address_along() {
        let to = |location| target(BASE, location, &email());
        assert_eq!(
            to("https://mail.example.org/a?emailaddress=x").unwrap(),
            "https://mail.example.org/a?emailaddress=x"
        );
        assert_eq!(
            to("https://hoster.net/a.xml?emailaddress=ann%40example.org#x").unwrap(),
            "https://hoster.net/a.xml"
        );
        assert_eq!(to("//hoster.net/a.xml?u=ann").unwrap(), "https://hoster.net/a.xml");
        for path in ["https://hoster.net/ann@example.org.xml", "https://hoster.net/ann%40example.org"] {
            assert!(to(path).unwrap_err().contains("address in the path"));
        }
        assert_eq!(to("https://evilexample.org/?a=b").unwrap(), "https://evilexample.org/");
    }

    #[test]
    fn c07_redirects_stay_on_https() {
        let to = |location| target(BASE, location, &email());
        assert_eq!(to("/other.xml?a=b").unwrap(), "https://autoconfig.example.org/other.xml?a=b");
        assert_eq!(to("other.xml").unwrap(), "https://autoconfig.example.org/mail/other.xml");
        assert_eq!(to("https://EXAMPLE.org:443/x").unwrap(), "https://example.org/x");
        for location in [
            "http://autoconfig.example.org/mail/config-v1.1.xml",
            "HTTP://example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://example.org:8443/",
            "https://ann@example.org/",
            "https:///x",
            "https://exa mple.org/",
        ] {
            assert!(to(location).is_err(), "{location}");
        }
    }
}
