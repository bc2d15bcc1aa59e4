//! Writing accounts into the configuration file without disturbing what people wrote there: comments, order, spaces.
//!
//! Separate because everything else only reads it. A file that is a link stays one. Invariant: the file is replaced whole, and only if what
//! it will be can be read back.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::{Endpoints, find, path_or_problem};
use crate::errors::{Outcome, Problem};
use crate::files;

/// Keys and what they become; `None` removes one.
pub(crate) type Changes = Vec<(&'static str, Option<Value>)>;

/// Changes these keys of an account, which is made if there is none, and the endpoints of its provider.
pub(crate) fn account(name: &str, changes: Changes, provider: Option<(&str, &Endpoints)>) -> Outcome<()> {
    change(|document| {
        let table = table(document, "accounts", name)?;
        set(table, changes);
        if let Some((provider, endpoints)) = provider {
            set(self::table(document, "providers", provider)?, rows(endpoints));
        }
        Some(())
    })?;
    // A slip of ours must not lock people out of all their accounts.
    let path = path_or_problem()?;
    find(&String::from_utf8_lossy(&files::read(&path)?), name, &path).map(drop)
}

/// Removes an account.
pub(crate) fn forget(name: &str) -> Outcome<()> {
    change(|document| {
        document.get_mut("accounts")?.as_table_like_mut()?.remove(name);
        Some(())
    })
}

fn change(edit: impl FnOnce(&mut DocumentMut) -> Option<()>) -> Outcome<()> {
    let path = path_or_problem()?;
    let text = files::read_if_there(&path)?.unwrap_or_default();
    let wrong = |why: &str| Problem::usage(format!("{}: {why}", path.display()));
    let mut document: DocumentMut =
        String::from_utf8_lossy(&text).parse().map_err(|error: toml_edit::TomlError| wrong(error.message()))?;
    edit(&mut document).ok_or_else(|| wrong("`accounts` and `providers` have to be tables"))?;
    let target = real(&path);
    files::make_folder(files::above(&target))?;
    files::write(&target, document.to_string().as_bytes())
}

/// Where a link leads, so that it is not replaced: configurations are often kept elsewhere.
fn real(path: &Path) -> std::path::PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

fn table<'a>(document: &'a mut DocumentMut, of: &str, name: &str) -> Option<&'a mut dyn toml_edit::TableLike> {
    let outer = document.entry(of).or_insert_with(|| {
        let mut table = Table::new();
        // `[accounts.work]` alone, without a line `[accounts]` above it.
        table.set_implicit(true);
        Item::Table(table)
    });
    outer.as_table_like_mut()?.entry(name).or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()
}

fn set(table: &mut dyn toml_edit::TableLike, changes: Changes) {
    for (key, new) in changes {
        match (new, table.get_mut(key).and_then(Item::as_value_mut)) {
            (None, _) => drop(table.remove(key)),
            (Some(new), Some(old)) => {
                // The comment behind it stays.
                let decor = old.decor().clone();
                *old = new;
                *old.decor_mut() = decor;
            }
            (Some(new), None) => drop(table.insert(key, value(new))),
        }
    }
}

fn rows(endpoints: &Endpoints) -> Changes {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let scope = Some(Value::Array(endpoints.scope.iter().map(String::as_str).collect()));
    vec![
        ("auth-url", text(&endpoints.auth_url)),
        ("token-url", text(&endpoints.token_url)),
        ("device-url", text(&endpoints.device_url)),
        ("revoke-url", text(&endpoints.revoke_url)),
        ("scope", scope),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let text = "# mine\n[accounts.work]   # the office\nwhere = \"a@b.example\" # here\nsecret=\"file\"   # for now\n\n[accounts.home]\nwhere = \"c@d.example\"\n";
        let mut document: DocumentMut = text.parse().unwrap();
        let changes: Changes =
            vec![("secret", Some("keyring".into())), ("client-id", Some("id".into())), ("pin", None)];
        set(table(&mut document, "accounts", "work").unwrap(), changes);
        let expected =
            text.replace("secret=\"file\"   # for now\n", "secret=\"keyring\"   # for now\nclient-id = \"id\"\n");
        assert_eq!(document.to_string(), expected);
        set(table(&mut document, "accounts", "new@x.example").unwrap(), vec![("where", Some("new@x.example".into()))]);
        assert_eq!(document.to_string(), expected + "\n[accounts.\"new@x.example\"]\nwhere = \"new@x.example\"\n");
    }
}
