//! `doctor --html` in a real browser: it renders in light and dark and on a phone, loads nothing, and what a server says is inert. T031.
//!
//! Chromium is named by `IMAPKIT_CHROMIUM` (`tests/browser/chromium.sh` installs it, `cargo xtask test` sets it) or found as `chromium`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::bench::{bare, ran, scripted};

/// The browser; `None` is said aloud, and is a failure in CI.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("IMAPKIT_CHROMIUM").map(PathBuf::from);
    let found = named.or_else(|| {
        let runs = |name: &&str| {
            Command::new(name)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs).map(PathBuf::from)
    });
    if found.is_none() {
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        assert!(!ci, "there is no Chromium, and in CI no test may be skipped");
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!("\n*** SKIPPED: there is no Chromium; tests/browser/chromium.sh installs one ***\n");
        }
    }
    found
}

/// Looks into the page from a page around it, as wide as a phone, and tells what it sees as JSON.
const AROUND: &str = r#"<!doctype html><meta charset="utf-8"><title>around</title><iframe id="f" src="page.html" style="width:WIDTHpx;height:900px"></iframe><pre id="seen"></pre><script>
window.onload = () => {
  const d = document.getElementById('f').contentDocument, w = document.getElementById('f').contentWindow;
  const style = (s) => d.querySelector(s) ? w.getComputedStyle(d.querySelector(s)) : {};
  document.getElementById('seen').textContent = JSON.stringify({
    title: d.title, text: d.body.innerText, scripts: d.querySelectorAll('script,img,iframe,object,embed,link,svg,form,a').length,
    wide: d.documentElement.scrollWidth > d.documentElement.clientWidth, background: style('body').backgroundColor,
    findings: [...d.querySelectorAll('.findings li')].map((li) => [li.className, li.getBoundingClientRect().height > 10, li.innerText]),
    headings: [...d.querySelectorAll('h2')].map((h) => h.innerText), owned: typeof w.owned + typeof window.owned,
  });
};
</script>"#;

/// What the browser saw, and what it complained about.
fn look(chromium: &Path, folder: &TempDir, width: u32, dark: bool) -> (Value, String) {
    std::fs::write(folder.path().join("around.html"), AROUND.replace("WIDTH", &width.to_string())).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(chromium);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--allow-file-access-from-files",
        "--enable-logging=stderr",
        "--dump-dom",
    ]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)));
    command.arg(format!("file://{}/around.html", folder.path().display()));
    let output = command.output().unwrap();
    let (dom, log) =
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned());
    let seen = dom.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let seen = seen.unwrap_or_else(|| panic!("{dom}\n{log}")).0;
    let seen = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    (serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {seen}\n{log}")), log)
}

/// Counts who comes.
fn bait() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, count)
}

#[test]
fn t031_the_page_renders_and_what_the_server_says_is_inert() {
    let Some(chromium) = chromium() else { return };
    let (port, bitten) = bait();
    let evil = format!(
        "</dd><script>window.owned=1</script><img src=http://127.0.0.1:{port}/x onerror=owned=1><style>*{{display:none}}</style>\u{202e}<svg onload=owned=1>&lt;b&gt;"
    );
    let said = evil.clone();
    let answer = move |command: &str| match command.split(' ').next() {
        Some("AUTHENTICATE") => format!("* {said}\r\n# OK [CAPABILITY IMAP4rev1 ID <b>X</b>] in\r\n"),
        Some("ID") => format!("* ID (\"name\" \"{said}\" \"{said}\" \"x\")\r\n# OK\r\n"),
        Some("LIST") => format!("* LIST (\\Sent) \"/\" \"{said}\"\r\n# OK\r\n"),
        Some("EXAMINE") => "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n# OK [READ-ONLY]\r\n".to_owned(),
        Some("LOGOUT") => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => format!("# NO {said}\r\n"),
    };
    let greeting: &'static str =
        Box::leak(format!("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] \u{1b}[2J{evil}").into_boxed_str());
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let mut command = bare(&["doctor", &scripted(greeting, answer), "--html", page.to_str().unwrap()]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command).exits(2);
    let mut backgrounds = Vec::new();
    for (width, dark) in [(1000, false), (1000, true), (320, false)] {
        let (seen, log) = look(&chromium, &folder, width, dark);
        let text = seen["text"].as_str().unwrap();
        assert!(
            text.contains("<script>window.owned=1</script><img src=http://127.0.0.1:"),
            "it is shown as text: {text}"
        );
        assert!(text.contains("&lt;b&gt;") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert_eq!((seen["scripts"].as_u64(), seen["owned"].as_str()), (Some(0), Some("undefinedundefined")), "{seen}");
        assert_eq!(seen["wide"], false, "nothing runs out of the page at {width} px");
        let findings = seen["findings"].as_array().unwrap();
        assert!(findings.len() >= 3 && findings.iter().all(|finding| finding[1] == true), "{findings:?}");
        assert!(
            findings.iter().any(|finding| finding[0] == "warning"
                && finding[2].as_str().unwrap().contains("the server broke the rules"))
        );
        for heading in
            ["Findings", "The way there", "The server", "Login", "The account", "Tried out", "Against the rules"]
        {
            assert!(seen["headings"].as_array().unwrap().contains(&heading.into()), "{heading}: {seen}");
        }
        assert!(seen["title"].as_str().unwrap().ends_with(": it works, with warnings"));
        assert!(!log.contains("CONSOLE"), "{log}");
        backgrounds.push(seen["background"].clone());
    }
    assert_eq!(backgrounds[0], "rgb(255, 255, 255)");
    assert_eq!(backgrounds[1], "rgb(20, 23, 26)", "dark where dark is preferred");
    assert_eq!(bitten.load(Ordering::SeqCst), 0, "nothing was loaded from anywhere: {ran:?}");
}
