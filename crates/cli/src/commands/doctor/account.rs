//! What only a login shows: who the server says it is, where folders are and what for, how full the account is, what is limited.
//!
//! Separate from [`super::look`], which makes the connections: this is one conversation, one command after another, so that its record
//! can be played again (`--transcript`). Nothing is changed. RFC 2971, 2342, 6154, 9208, 7889, 9738.

use imapkit::commands::{List, ListReturn};
use imapkit::types::{Capability, ListEntry, Quota as Root, SpecialUse};
use imapkit::wire::Untagged;
use imapkit::{CapabilityBook, Client, Error};
use serde::{Deserialize, Serialize};

use super::report::Report;
use crate::mailboxes::use_name;
use crate::output::text::clean;

/// How the login went.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Login {
    pub(super) mechanism: String,
    pub(super) why: String,
}

/// Where mailboxes are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Namespace {
    /// `personal`, `others`, `shared`.
    pub(super) of: String,
    pub(super) prefix: String,
    pub(super) delimiter: Option<char>,
}

/// How full the account is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Quota {
    pub(super) resource: String,
    pub(super) usage: u64,
    pub(super) limit: u64,
}

/// What is limited.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Limits {
    /// The largest message that can be put there, in bytes.
    pub(super) append: Option<u64>,
    /// Messages one command may handle.
    pub(super) messages: Option<u64>,
    /// Messages `SEARCH RETURN (SAVE)` may save.
    pub(super) saved: Option<u64>,
    /// The longest line imapkit sends, in bytes.
    pub(super) line: usize,
}

/// The longest line of a client that nobody told otherwise (RFC 7162 §4).
const LINE: usize = 8192;

/// What folders for a purpose are called where the server does not say what they are for; lower case.
const NAMES: &[(SpecialUse, &[&str])] = &[
    (
        SpecialUse::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "gesendet",
            "gesendete objekte",
            "gesendete elemente",
            "envoyés",
            "éléments envoyés",
            "enviados",
            "elementos enviados",
            "posta inviata",
            "inviati",
            "verzonden",
            "отправленные",
            "wysłane",
            "已发送",
        ],
    ),
    (
        SpecialUse::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "bozze",
            "concepten",
            "rascunhos",
            "черновики",
            "wersje robocze",
            "草稿箱",
        ],
    ),
    (
        SpecialUse::Trash,
        &[
            "trash",
            "deleted items",
            "deleted messages",
            "papierkorb",
            "gelöschte objekte",
            "gelöschte elemente",
            "corbeille",
            "papelera",
            "cestino",
            "prullenbak",
            "lixeira",
            "корзина",
            "kosz",
            "已删除",
        ],
    ),
    (
        SpecialUse::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "junk email",
            "bulk mail",
            "junk-e-mail",
            "indésirables",
            "correo no deseado",
            "posta indesiderata",
            "ongewenste e-mail",
            "спам",
            "垃圾邮件",
        ],
    ),
    (SpecialUse::Archive, &["archive", "archives", "archiv", "archivo", "archivio", "archief", "архив", "archiwum"]),
];

/// Looks at the account.
///
/// # Errors
/// What the server refuses that every server has to grant; the report holds what was seen before.
pub(super) async fn look(client: &Client, report: &mut Report) -> Result<(), Error> {
    let opened = &client.opened().opened;
    let after = client.capabilities().await?;
    report.capabilities.after_login = offered(&after);
    let mechanism = opened.mechanism.as_deref().unwrap_or("nothing").to_owned();
    let why = why(&mechanism, &report.security);
    report.login = Some(Login { mechanism, why });
    if let Some(id) = &opened.server_id {
        report.server_id = id.iter().filter_map(|(name, value)| Some((clean(name), clean(value?)))).collect();
    }
    if after.has(&Capability::Id) {
        let ours = [("name", "imapkit"), ("version", env!("CARGO_PKG_VERSION"))];
        report.client_id = ours.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    }
    if let Some(namespaces) = &opened.namespaces {
        let all = [("personal", &namespaces.personal), ("others", &namespaces.others), ("shared", &namespaces.shared)];
        let each = all.into_iter().flat_map(|(of, list)| list.iter().map(move |one| (of, one)));
        report.namespaces = each
            .map(|(of, one)| Namespace {
                of: of.to_owned(),
                prefix: clean(one.prefix.name()),
                delimiter: one.delimiter,
            })
            .collect();
    }
    limits(&after, report);
    folders(client, &after, report).await?;
    if after.has(&Capability::Quota) {
        // A server that offers QUOTA and refuses it costs only the numbers.
        let answer = client.raw("GETQUOTAROOT INBOX").await.map(|answer| answer.untagged).unwrap_or_default();
        for response in answer {
            if let Untagged::Quota(root) = response {
                report.quota.extend(resources(&root));
            }
        }
    }
    Ok(())
}

/// The words a server offers, in its order.
pub(super) fn offered(book: &CapabilityBook) -> Option<Vec<String>> {
    book.offered().map(|offered| offered.iter().map(clean).collect())
}

fn limits(book: &CapabilityBook, report: &mut Report) {
    let Some(offered) = book.offered() else { return };
    let (append, messages, saved) = (offered.append_limit(), offered.message_limit(), offered.save_limit());
    report.limits = Limits { append, messages, saved, line: LINE };
}

fn resources(root: &Root) -> impl Iterator<Item = Quota> {
    root.resources.iter().map(|resource| Quota {
        resource: clean(&resource.name),
        usage: resource.usage,
        limit: resource.limit,
    })
}

async fn folders(client: &Client, has: &CapabilityBook, report: &mut Report) -> Result<(), Error> {
    let mut list = List::new("*");
    if has.has(&Capability::ListExtended) && has.has(&Capability::SpecialUse) {
        list = list.returning(ListReturn::SpecialUse);
    }
    let entries = client.run(list).await?;
    report.folders = Some(entries.len());
    let said = |entry: &ListEntry| Some((use_name(entry.special_use()?).to_owned(), clean(entry.mailbox.name())));
    report.special_use = entries.iter().filter_map(said).collect();
    report.leftovers = entries
        .iter()
        .map(|entry| clean(entry.mailbox.name()))
        .filter(|name| name.contains(super::write_test::NAME))
        .collect();
    for (used_for, names) in NAMES {
        let word = use_name(*used_for);
        if report.special_use.iter().any(|(known, _)| known == word) {
            continue;
        }
        let named = entries.iter().filter(|entry| entry.is_selectable()).find(|entry| {
            let name = entry.mailbox.name();
            let last = entry.delimiter.and_then(|delimiter| name.rsplit(delimiter).next()).unwrap_or(name);
            names.contains(&last.to_lowercase().as_str())
        });
        report.special_use_guessed.extend(named.map(|entry| (word.to_owned(), clean(entry.mailbox.name()))));
    }
    Ok(())
}

/// Why this way to log in: the order of preference in words.
pub(super) fn why(mechanism: &str, security: &str) -> String {
    let upper = mechanism.to_ascii_uppercase();
    match upper.as_str() {
        "PLAIN" | "LOGIN" if security == "none" => "told in clear text: whoever is on the way can read it",
        name if name.ends_with("-PLUS") => "proves the password without telling it, and is tied to this TLS connection",
        name if name.starts_with("SCRAM") => "proves the password without telling it",
        "PLAIN" if security == "tunnel" => "the best offered for a password; nobody else can listen on this way",
        "LOGIN" if security == "tunnel" => "the server offers nothing better; nobody else can listen on this way",
        "PLAIN" => "the best offered for a password; safe within TLS",
        "LOGIN" => "the server offers nothing better; safe within TLS",
        "PREAUTH" => "the server knew who we are",
        "XOAUTH2" | "OAUTHBEARER" => "takes a token instead of a password",
        _ => "asked for",
    }
    .to_owned()
}
