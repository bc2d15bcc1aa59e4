//! Autoconfig documents: `clientConfig` version 1.1, as domains and Mozilla's database (ISPDB) publish them.
//!
//! Pure, from bytes to servers. The document is hostile until read: at most 64 KiB, no DTD and so no entities, a limit on nodes, nothing in
//! it is fetched (C07). What it may not do: ask for clear text, for no authentication, or put the local part of the address into a host
//! name, where resolvers would see it (C04). Format: <https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat>.

use imapkit::dial::Host;
use roxmltree::{Document, Node, ParsingOptions};

use crate::email::Email;
use crate::report::plain;
use crate::server::{Auth, Protection, Server};

/// The longest document.
pub(crate) const MAX_DOCUMENT: usize = 64 << 10;
/// The most nodes in it.
const MAX_NODES: u32 = 4096;
/// The most servers and the most notes taken from it.
const MAX_ITEMS: usize = 8;

/// What a document says about IMAP.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// TLS before STARTTLS, otherwise in the order of the document.
    pub(crate) servers: Vec<Server>,
    /// What people should know or do, in the words of the document.
    pub(crate) notes: Vec<String>,
    /// Servers that were left out, and why.
    pub(crate) refused: Vec<String>,
}

/// Reads a document for this address.
///
/// # Errors
/// What is wrong with it, in one line.
pub(crate) fn read(document: &[u8], email: &Email) -> Result<Findings, String> {
    if document.len() > MAX_DOCUMENT {
        return Err(format!("the document has more than {MAX_DOCUMENT} bytes"));
    }
    let text = std::str::from_utf8(document).map_err(|_| "the document is not UTF-8".to_owned())?;
    // Also an empty DTD, which the parser would let pass.
    if text.contains("<!DOCTYPE") {
        return Err("the document has a DTD, which is refused".to_owned());
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options)
        .map_err(|error| format!("the document is not XML that is accepted: {}", plain(&error.to_string())))?;
    let root = tree.root_element();
    if root.tag_name().name() != "clientConfig" {
        return Err(format!("the document is no clientConfig but `{}`", plain(root.tag_name().name())));
    }
    let mut findings = Findings::default();
    let provider = children(root, "emailProvider").next().ok_or("the document names no provider")?;
    for node in children(provider, "incomingServer").filter(|node| node.attribute("type") == Some("imap")) {
        match server(node, email) {
            Ok(server) if findings.servers.len() < MAX_ITEMS => findings.servers.push(server),
            Ok(_) => {}
            Err(why) => findings.refused.push(why),
        }
    }
    findings.servers.sort_by_key(|server| std::cmp::Reverse(server.protection));
    findings.refused.truncate(MAX_ITEMS);
    findings.notes = notes(&[root, provider]);
    Ok(findings)
}

fn server(node: Node<'_, '_>, email: &Email) -> Result<Server, String> {
    let field = |name| children(node, name).next().map(text).filter(|text| !text.is_empty());
    let raw = field("hostname").ok_or("a server without a host name")?;
    let shown = plain(&raw);
    if raw.contains("%EMAILLOCALPART%") || raw.contains("%EMAILADDRESS%") {
        return Err(format!("`{shown}` would tell resolvers who asks"));
    }
    let name = raw.replace("%EMAILDOMAIN%", email.domain());
    let host = Host::parse(&name).map_err(|error| error.to_string())?;
    let protection = match field("socketType").as_deref() {
        Some("SSL") => Protection::Tls,
        Some("STARTTLS") => Protection::StartTls,
        Some("plain") => return Err(format!("{host} in clear text")),
        other => return Err(format!("{host} with the unknown socket type `{}`", plain(other.unwrap_or_default()))),
    };
    let port = match field("port") {
        Some(port) => {
            let port = port.parse().ok().filter(|port| *port != 0);
            port.ok_or_else(|| format!("{host} on something that is no port"))?
        }
        None => protection.default_port(),
    };
    let user = user(field("username"), email).ok_or_else(|| format!("{host} with a login name we cannot know"))?;
    let asked: Vec<String> = children(node, "authentication").map(text).collect();
    let auth: Vec<Auth> = asked.iter().filter_map(|name| auth(name)).collect();
    if auth.is_empty() && !asked.is_empty() {
        return Err(format!("{host} with no login that is accepted: {}", plain(&asked.join(", "))));
    }
    let mut server = Server::new(host, protection, user).port(port);
    server.auth = auth;
    Ok(server)
}

/// The login name; the whole address where the document gives none. `None` where it depends on what only the user knows.
fn user(pattern: Option<String>, email: &Email) -> Option<String> {
    let Some(pattern) = pattern else { return Some(email.to_string()) };
    let mut user = String::new();
    let mut rest = pattern.as_str();
    while let Some((before, behind)) = rest.split_once('%') {
        user.push_str(before);
        let (name, behind) = behind.split_once('%')?;
        match name {
            "EMAILADDRESS" => user.push_str(&email.to_string()),
            "EMAILLOCALPART" => user.push_str(email.local()),
            "EMAILDOMAIN" => user.push_str(email.domain()),
            _ => return None,
        }
        rest = behind;
    }
    user.push_str(rest);
    Some(user).filter(|user| !user.is_empty() && !user.chars().any(char::is_control))
}

/// What we can do and want to. A password is safe within TLS, which is required; what is meant by "encrypted" is decided with the server,
/// and never to be CRAM-MD5 for its sake.
fn auth(name: &str) -> Option<Auth> {
    match name {
        "password-cleartext" | "plain" | "password-encrypted" | "secure" => Some(Auth::Password),
        "OAuth2" => Some(Auth::OAuth2),
        "TLS-client-cert" => Some(Auth::Certificate),
        // none, client-IP-address, NTLM, GSSAPI
        _ => None,
    }
}

/// `<enable><instruction>` (what to switch on) and `<documentation><descr>`, in English where there is a choice. Documents have them inside
/// the provider or beside it.
fn notes(places: &[Node<'_, '_>]) -> Vec<String> {
    let mut notes = Vec::new();
    for (outer, inner) in [("enable", "instruction"), ("documentation", "descr")] {
        for node in places.iter().flat_map(|place| children(*place, outer)) {
            let english = |node: &Node<'_, '_>| node.attribute("lang").is_none_or(|lang| lang.starts_with("en"));
            let words = children(node, inner).find(english).or_else(|| children(node, inner).next()).map(text);
            let words = plain(&words.unwrap_or_default());
            let link = node.attribute("visiturl").or_else(|| node.attribute("url"));
            match link.filter(|link| link.starts_with("https://")) {
                _ if words.is_empty() => {}
                Some(link) => notes.push(format!("{words}: {}", plain(link))),
                None => notes.push(words),
            }
        }
    }
    notes.truncate(MAX_ITEMS);
    notes
}

fn children<'a, 'b>(node: Node<'a, 'b>, name: &'static str) -> impl Iterator<Item = Node<'a, 'b>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn text(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests;
