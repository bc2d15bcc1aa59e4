//! Every function of the header that takes a handle, with handles that are none and with nothing for everything else.
//!
//! The calls are made from the header, so that a function that is added is called too. `careless.c` is about mistakes of one function; this
//! is about those that every function must bear.

use std::fmt::Write as _;

use super::{PASSWORD, There};
use crate::program::{Program, Under};

/// A function, and how many arguments come after the handle.
struct Function {
    name: String,
    more: usize,
}

/// What the header declares: `int32_t imapkit_control_NAME(struct imapkit_control *control, ...);`.
fn functions() -> Vec<Function> {
    let header = include_str!("../../include/imapkit.h");
    let (_, header) = header.split_once("extern \"C\" {").expect("declarations");
    let code: Vec<&str> = header.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join(" ");
    let declared = code.split(';').filter_map(|declaration| {
        let (name, arguments) = declaration.trim().strip_prefix("int32_t ")?.split_once('(')?;
        arguments
            .starts_with("struct imapkit_control *control")
            .then(|| Function { name: name.to_owned(), more: arguments.matches(',').count() })
    });
    declared.collect()
}

/// A program that makes all the calls: with no handle, with one that is not connected, with one that is.
fn program(functions: &[Function]) -> String {
    let mut calls = String::new();
    for Function { name, more } in functions {
        let nothing = ", 0".repeat(*more);
        if name == "imapkit_control_free" {
            let _ = writeln!(calls, "    if (valid == 0) CALL({name}(h{nothing}));");
            continue;
        }
        // These wait for a server, or end what the others are tried on.
        let ends = ["connect", "connect_ex", "disconnect", "login", "uninitialize"]
            .iter()
            .any(|verb| name == &format!("imapkit_control_{verb}"));
        let only = if ends { "if (valid < 2) " } else { "" };
        let _ = writeln!(calls, "    {only}CALL({name}(h{nothing}));");
    }
    format!(
        r#"
#include <imapkit.h>
#include <stdio.h>
#include <stdlib.h>

static int wrong, made;

#define CALL(call)                                                                                 \
    do {{                                                                                           \
        int32_t got = (call);                                                                      \
        made++;                                                                                    \
        if (valid == 0 && got != IMAPKIT_E_INVALID_ARGUMENT) {{                                     \
            fprintf(stderr, "%s gave 0x%08x\n", #call, (unsigned)got);                             \
            wrong = 1;                                                                             \
        }}                                                                                          \
        if (got != 0 && !*imapkit_error_meaning(got)) {{                                            \
            fprintf(stderr, "%s gave 0x%08x, which means nothing\n", #call, (unsigned)got);        \
            wrong = 1;                                                                             \
        }}                                                                                          \
        bool connected = false; \
        if (valid == 2 && (imapkit_control_is_connected(h, &connected) || !connected)) {{ \
            fprintf(stderr, "%s ended the connection\n", #call); \
            exit(4); \
        }} \
    }} while (0)

/* valid: 0 for a handle that is none, 1 for one that is not connected, 2 for one that is. */
static void call_all(imapkit_control *h, int valid) {{
{calls}}}

int main(int argc, char **argv) {{
    if (argc < 5) return 64;
    call_all(NULL, 0);
    call_all((imapkit_control *)(void *)8, 0);
    imapkit_control *gone = imapkit_control_new();
    imapkit_control_free(gone);
    call_all(gone, 0);

    imapkit_control *imap = imapkit_control_new();
    call_all(imap, 1);
    uint32_t seconds = 0;
    if (imapkit_control_timeout(imap, &seconds)) return 1;
    imapkit_control_free(imap);

    imap = imapkit_control_new();
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    imapkit_control_set_certificate_authorities(imap, argv[4]);
    if (imapkit_control_connect_ex(imap, argv[1], atoi(argv[2]), argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                   IMAPKIT_OPTION_SECURE_IMPLICIT))
        return 2;
    if (imapkit_control_select_mailbox(imap, "INBOX")) return 3;
    call_all(imap, 2);
    if (imapkit_control_select_mailbox(imap, "INBOX")) return 5;
    imapkit_control_free(imap);
    printf("%d calls\n", made);
    return wrong;
}}
"#
    )
}

#[test]
fn every_function_bears_a_handle_that_is_none_and_nothing_for_the_rest() {
    let functions = functions();
    assert!(functions.len() > 150, "the header is read: {}", functions.len());
    let there = There::new();
    let program = Program::source("every", &program(&functions));
    for under in [Under::Nothing, Under::ValgrindWithTls] {
        let Some(run) = program.run(under, &there.arguments(&[]), PASSWORD) else { continue };
        assert!(run.status.success(), "{run:?}");
        let made = String::from_utf8_lossy(&run.stdout);
        let made: usize = made.trim().strip_suffix(" calls").and_then(|made| made.parse().ok()).expect("a number");
        assert!(made > 4 * functions.len(), "{made} calls of {} functions", functions.len());
    }
}
