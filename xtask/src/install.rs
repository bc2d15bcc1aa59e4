//! `cargo xtask install --prefix DIR`: the program and the library where Unix expects them.
//!
//! ```text
//! bin/imapkit                      include/imapkit.h              share/man/man1/imapkit*.1
//! lib/libimapkit.so.VERSION, .so.MAJOR, .so, .a                   share/doc/imapkit/LICENSE-*
//! lib/pkgconfig/imapkit.pc                                        share/man/man3/imapkit.3
//! ```
//!
//! Separate from `cargo install`, which knows programs only. What is installed is built with legacy TLS (ADR 0014).

use crate::test::LEGACY_TLS;
use crate::{cargo, header};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the static library needs besides itself on Linux.
const PRIVATE_LIBS: &str = "-lpthread -ldl -lm -lrt -lgcc_s -lc";

#[derive(Debug, PartialEq, Eq)]
struct Options {
    prefix: PathBuf,
    /// Unoptimised, and what the tests have built already: for tests of the installation itself.
    debug: bool,
    legacy_tls: bool,
}

pub(crate) fn run(root: &Path, words: &[&str]) -> Result<bool> {
    let options = parse(words)?;
    let built = build(root, &options)?;
    let version = version(root)?;
    let prefix = &options.prefix;
    let (lib, doc, man) = (prefix.join("lib"), prefix.join("share/doc/imapkit"), prefix.join("share/man/man1"));
    let functions = prefix.join("share/man/man3");
    for folder in [&prefix.join("bin"), &lib, &lib.join("pkgconfig"), &prefix.join("include"), &doc, &man, &functions] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    place(&built.join("imapkit"), &prefix.join("bin/imapkit"))?;
    place(&root.join(header::HEADER), &prefix.join("include/imapkit.h"))?;
    let full = format!("libimapkit.so.{version}");
    let major = version.split('.').next().unwrap_or_default();
    place(&built.join("libimapkit_ffi.so"), &lib.join(&full))?;
    link(&full, &lib.join(format!("libimapkit.so.{major}")))?;
    link(&full, &lib.join("libimapkit.so"))?;
    place(&built.join("libimapkit_ffi.a"), &lib.join("libimapkit.a"))?;
    place(&root.join("crates/ffi/imapkit.3"), &functions.join("imapkit.3"))?;
    fs::write(lib.join("pkgconfig/imapkit.pc"), pkg_config(&fs::canonicalize(prefix)?, &version))?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        place(&root.join(licence), &doc.join(licence))?;
    }
    let mut pages = Command::new(prefix.join("bin/imapkit"));
    if !pages.args(["generate", "man", "--to"]).arg(&man).status()?.success() {
        bail!("the manual pages could not be made");
    }
    println!("imapkit {version} is in {}", prefix.display());
    Ok(true)
}

/// Installs into a folder of its own, and has a C program find, build against and run with what is there, as any C project would.
pub(crate) fn check(root: &Path, legacy_tls: bool) -> Result<bool> {
    let folder = std::env::temp_dir().join(format!("imapkit-install-{}", std::process::id()));
    let prefix = folder.display().to_string();
    let mut words = vec!["--prefix", &prefix, "--debug"];
    if !legacy_tls {
        words.push("--no-legacy-tls");
    }
    let outcome = run(root, &words).and_then(|_| builds_and_runs(root, &folder));
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn builds_and_runs(root: &Path, prefix: &Path) -> Result<bool> {
    let (lib, program) = (prefix.join("lib"), prefix.join("list"));
    let source = root.join("examples/c/list.c");
    for (how, archive) in [("", ""), ("--static", "-Wl,-Bstatic -limapkit -Wl,-Bdynamic")] {
        // Exactly what a Makefile would say; the archive is named first where the shared library must not be taken.
        let line = format!(
            "cc -Wall -Wextra -Werror -o \"$0\" \"$1\" -L\"$2\" {archive} $(pkg-config --cflags --libs {how} imapkit)"
        );
        let mut compile = Command::new("sh");
        compile.arg("-c").arg(&line).arg(&program).arg(&source).arg(&lib);
        if !compile.env("PKG_CONFIG_PATH", lib.join("pkgconfig")).status()?.success() {
            bail!("a C program could not be built: {line}");
        }
        let mut run = Command::new(&program);
        if how.is_empty() {
            run.env("LD_LIBRARY_PATH", &lib);
        }
        // Without arguments it says how it is used; that it can say so means that it was linked and loaded.
        if run.stderr(std::process::Stdio::null()).status()?.code() != Some(64) {
            bail!("the program built with `{line}` does not run");
        }
    }
    for page in [
        "share/man/man1/imapkit.1",
        "share/man/man1/imapkit-doctor.1",
        "share/man/man3/imapkit.3",
        "share/doc/imapkit/LICENSE-MIT",
        "share/doc/imapkit/LICENSE-APACHE",
        "include/imapkit.h",
        "bin/imapkit",
    ] {
        if !prefix.join(page).is_file() {
            bail!("{page} was not installed");
        }
    }
    Ok(true)
}

fn parse(words: &[&str]) -> Result<Options> {
    let mut options = Options { prefix: PathBuf::new(), debug: false, legacy_tls: true };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--prefix" => options.prefix = words.next().context("--prefix wants a folder")?.into(),
            "--debug" => options.debug = true,
            "--no-legacy-tls" => options.legacy_tls = false,
            other => bail!("unknown option {other}"),
        }
    }
    if options.prefix.as_os_str().is_empty() {
        bail!("--prefix DIR is missing: /usr/local, for example");
    }
    Ok(options)
}

/// Builds what is to be installed; the folder it is in.
fn build(root: &Path, options: &Options) -> Result<PathBuf> {
    let mut build = cargo(root);
    build.args(["build", "--locked"]);
    if options.debug {
        build.args(["--workspace", "--lib", "--bins", "--tests"]);
    } else {
        build.args(["--package", "imapkit-ffi", "--package", "imapkit-cli", "--profile", "dist"]);
    }
    match (options.legacy_tls, options.debug) {
        (true, true) => build.args(LEGACY_TLS),
        (true, false) => build.args(["--features", "imapkit-ffi/legacy-tls,imapkit-cli/legacy-tls"]),
        (false, _) => &mut build,
    };
    if !build.status()?.success() {
        bail!("the build failed");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(if options.debug { "debug" } else { "dist" }))
}

fn version(root: &Path) -> Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    Ok(line.context("Cargo.toml has no version")?.to_owned())
}

/// A new file in place of the one there: programs that run it keep theirs.
fn place(from: &Path, to: &Path) -> Result<()> {
    let _ = fs::remove_file(to);
    fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, at: &Path) -> Result<()> {
    let _ = fs::remove_file(at);
    std::os::unix::fs::symlink(target, at).with_context(|| at.display().to_string())
}

#[cfg(not(unix))]
fn link(target: &str, at: &Path) -> Result<()> {
    place(&at.with_file_name(target), at)
}

fn pkg_config(prefix: &Path, version: &str) -> String {
    format!(
        "prefix={}\nlibdir=${{prefix}}/lib\nincludedir=${{prefix}}/include\n\nName: imapkit\nDescription: IMAP as an object with \
         properties, methods and events\nVersion: {version}\nLibs: -L${{libdir}} -limapkit\nLibs.private: \
         {PRIVATE_LIBS}\nCflags: -I${{includedir}}\n",
        prefix.display()
    )
}

#[cfg(test)]
mod tests {
    use super::{parse, pkg_config};
    use std::path::Path;

    #[test]
    fn a_prefix_has_to_be_given() {
        assert!(parse(&[]).is_err() && parse(&["--prefix"]).is_err() && parse(&["--here"]).is_err());
        let options = parse(&["--prefix", "/opt/x", "--debug"]).unwrap();
        assert!(options.prefix == Path::new("/opt/x") && options.debug && options.legacy_tls);
    }

    #[test]
    fn pkg_config_names_the_folders() {
        let text = pkg_config(Path::new("/opt/x"), "1.2.3");
        assert!(text.starts_with("prefix=/opt/x\nlibdir=${prefix}/lib\n"));
        assert!(text.contains("\nVersion: 1.2.3\n") && text.contains("-L${libdir} -limapkit\n"));
    }
}
