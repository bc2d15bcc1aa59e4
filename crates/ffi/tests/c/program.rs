//! A C program: compiled once, run as often as wanted, with or without valgrind, never for ever.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The longest a program may take; valgrind makes it fifty times as slow.
const PATIENCE: Duration = Duration::from_mins(4);
/// What valgrind ends with when it found something.
const FOUND: &str = "99";

/// What a program runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    Nothing,
    /// All that valgrind finds. Not for TLS: it takes what ring's assembly computes for undefined.
    Valgrind,
    /// Leaks and wrong accesses, but not the use of undefined values.
    ValgrindWithTls,
}

pub(crate) struct Program(PathBuf);

impl Program {
    /// One of `examples/c`.
    pub(crate) fn example(name: &str) -> Self {
        Self::compile(&here().join("../../examples/c").join(name).with_extension("c"), "cc", "-std=c11")
    }

    /// One of the programs beside this file.
    pub(crate) fn test(name: &str) -> Self {
        Self::compile(&here().join("tests/c").join(name).with_extension("c"), "cc", "-std=c11")
    }

    /// One with this text.
    pub(crate) fn source(name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name).with_extension("c");
        fs::write(&file, text).expect("a file");
        Self::compile(&file, "cc", "-std=c11")
    }

    /// Compiles, with every warning an error.
    pub(crate) fn compile_cpp(source: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("program.cpp");
        fs::write(&file, source).expect("a file");
        Self::compile(&file, "c++", "-std=c++17");
    }

    fn compile(source: &Path, compiler: &str, standard: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let stem = source.file_stem().and_then(OsStr::to_str).expect("a name");
        let program = library().join(format!("c-{stem}-{}-{number}", std::process::id()));
        let libraries = library();
        let output = Command::new(compiler)
            .args([standard, "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g", "-D_POSIX_C_SOURCE=200809L"])
            .arg("-I")
            .arg(here().join("include"))
            .arg(source)
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(libraries)
            .args(["-limapkit", "-lpthread"])
            .arg(format!("-Wl,-rpath,{}", libraries.display()))
            .output()
            .expect("a C compiler");
        assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
        Self(program)
    }

    /// The command that runs it; `None` when valgrind is asked for and is not there.
    pub(crate) fn command(&self, under: Under, arguments: &[String], password: &str) -> Option<Command> {
        let mut command = match under {
            Under::Nothing => Command::new(&self.0),
            Under::Valgrind | Under::ValgrindWithTls => {
                let mut command = Command::new(valgrind()?);
                if under == Under::ValgrindWithTls {
                    command.arg("--undef-value-errors=no");
                }
                command.args(["--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
                command.args(["--show-leak-kinds=definite,indirect", "--num-callers=40"]);
                command.arg(format!("--error-exitcode={FOUND}")).arg(&self.0);
                command
            }
        };
        command.args(arguments).env("IMAPKIT_PASSWORD", password);
        Some(command)
    }

    pub(crate) fn run(&self, under: Under, arguments: &[String], password: &str) -> Option<Output> {
        let mut command = self.command(under, arguments, password)?;
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        Some(collect(child))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Valgrind, if it is installed; otherwise says so, once for each test.
pub(crate) fn valgrind() -> Option<&'static str> {
    const NAME: &str = "valgrind";
    let there = Command::new(NAME).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok_and(|status| status.success()) {
        return Some(NAME);
    }
    #[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
    {
        eprintln!("SKIPPED: valgrind is not installed");
    }
    None
}

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with the library this test was built with, by the names that compilers and loaders look for.
fn library() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Cargo has put it beside the test.
        let test = std::env::current_exe().expect("a path");
        let built = test.with_file_name("libimapkit_ffi.so");
        let folder = test.with_file_name("c-library");
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["libimapkit.so", concat!("libimapkit.so.", env!("CARGO_PKG_VERSION_MAJOR"))] {
            let at = folder.join(name);
            let _ = fs::remove_file(&at);
            std::os::unix::fs::symlink(&built, at).expect("a link");
        }
        folder
    })
}

/// Waits for the end, and reads what is said meanwhile.
fn collect(child: Child) -> Output {
    let id = child.id();
    let (done, waiting) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let output = child.wait_with_output();
        let _ = done.send(());
        output
    });
    if waiting.recv_timeout(PATIENCE).is_err() {
        let _ = Command::new("kill").arg("-9").arg(id.to_string()).status();
    }
    reader.join().expect("no panic").expect("it can be waited for")
}

/// Waits for the end, but not for ever.
pub(crate) fn finish(mut child: Child, patience: Duration) -> ExitStatus {
    let until = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        if Instant::now() > until {
            let _ = child.kill();
            panic!("the program does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
