//! What the rules look at: the repository in memory. Apart so that rules touch no disk and run no program.

use crate::cargo;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    /// Text files by path: what git has or would take.
    pub(crate) files: BTreeMap<String, String>,
    /// Everything in the dependency graph, all features on.
    pub(crate) packages: Vec<Package>,
}

/// A package of the dependency graph.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Folder in the repository; `None` for a package from elsewhere.
    pub(crate) folder: Option<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) links: Vec<Link>,
}

/// "depends on".
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) to: String,
    /// For tests only.
    pub(crate) dev: bool,
}

impl Tree {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let list = output(Command::new("git").current_dir(root).args(["ls-files", "-co", "--exclude-standard", "-z"]))?;
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            // Not text, or removed but not yet from the index: no rule has an opinion.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                files.insert(path.to_owned(), text);
            }
        }
        let metadata = output(cargo(root).args(["metadata", "--format-version", "1", "--locked", "--all-features"]))?;
        Ok(Self { files, packages: packages(&serde_json::from_str(&metadata)?)? })
    }

    /// Files below `folder` whose name ends in `suffix`.
    pub(crate) fn under<'a>(&'a self, folder: &'a str, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let wanted = move |path: &str| path.starts_with(folder) && path.ends_with(suffix);
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).filter(move |(path, _)| wanted(path))
    }

    /// The crates of the product, each with its folder's short name (`crates/wire` is `wire`).
    pub(crate) fn crates(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.packages.iter().filter_map(|p| Some((p.short_name()?, p)))
    }

    pub(crate) fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|p| p.id == id)
    }

    /// The packages that `roots` need to be built, themselves included; tests aside.
    pub(crate) fn reach(&self, roots: &[&Package]) -> BTreeSet<&str> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut todo: Vec<&str> =
            self.packages.iter().filter(|p| roots.iter().any(|r| r.id == p.id)).map(|p| p.id.as_str()).collect();
        while let Some(id) = todo.pop() {
            if let (true, Some(package)) = (seen.insert(id), self.package(id)) {
                todo.extend(package.links.iter().filter(|link| !link.dev).map(|link| link.to.as_str()));
            }
        }
        seen
    }
}

impl Package {
    fn short_name(&self) -> Option<&str> {
        self.folder.as_deref()?.strip_prefix("crates/")
    }
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// `cargo metadata` in our words.
fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let root = metadata["workspace_root"].as_str().context("no workspace_root")?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("no resolve")?;
    let links: BTreeMap<&str, &Value> = nodes.iter().filter_map(|n| Some((n["id"].as_str()?, &n["deps"]))).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let describe = |p: &Value| {
        let manifest = Path::new(p["manifest_path"].as_str().unwrap_or_default());
        let folder =
            if p["source"].is_null() { manifest.parent().and_then(|f| f.strip_prefix(root).ok()) } else { None };
        Package {
            id: text(&p["id"]),
            name: text(&p["name"]),
            version: text(&p["version"]),
            folder: folder.map(|f| f.to_string_lossy().replace('\\', "/")),
            rust_version: p["rust_version"].as_str().map(str::to_owned),
            links: p["id"].as_str().and_then(|id| links.get(id)).map(|deps| link_list(deps)).unwrap_or_default(),
        }
    };
    Ok(metadata["packages"].as_array().context("no packages")?.iter().map(describe).collect())
}

fn link_list(deps: &Value) -> Vec<Link> {
    let only_dev = |dep: &Value| {
        let kinds = dep["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().all(|kind| kind["kind"] == "dev"))
    };
    let deps = deps.as_array().map(Vec::as_slice).unwrap_or_default();
    deps.iter().filter_map(|d| Some(Link { to: d["pkg"].as_str()?.to_owned(), dev: only_dev(d) })).collect()
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn metadata_is_read() {
        let json = serde_json::json!({
            "workspace_root": "/r",
            "packages": [
                { "id": "a", "name": "imapkit-a", "version": "0.1.0", "source": null, "rust_version": "1.85",
                  "manifest_path": "/r/crates/a/Cargo.toml" },
                { "id": "b", "name": "b", "version": "1.2.3", "source": "registry", "manifest_path": "/c/b/Cargo.toml" },
            ],
            "resolve": { "nodes": [{ "id": "a", "deps": [
                { "pkg": "b", "dep_kinds": [{ "kind": "dev" }, { "kind": null }] },
                { "pkg": "a", "dep_kinds": [{ "kind": "dev" }] },
            ] }] },
        });
        let packages = packages(&json).unwrap();
        assert_eq!(packages[0].folder.as_deref(), Some("crates/a"));
        assert_eq!(packages[0].short_name(), Some("a"));
        assert_eq!(
            packages[0].links.iter().map(|l| (l.to.as_str(), l.dev)).collect::<Vec<_>>(),
            [("b", false), ("a", true)]
        );
        assert_eq!(packages[1].folder, None);
    }
}
