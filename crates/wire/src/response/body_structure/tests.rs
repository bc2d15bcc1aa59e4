//! Body structures as servers send them; the oddities are those of MailKit's, himalaya's and imapflow's issue trackers.

use crate::decoder::tests::row;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use imapkit_types::{BodyKind, BodyPart, BodyStructure};

/// The tree of a row, and the hazards met.
#[track_caller]
fn tree(text: &str) -> (BodyStructure, Vec<&'static str>) {
    let (fetch, hazards) = row(format!("* 1 FETCH (BODYSTRUCTURE {text} UID 3)\r\n"));
    assert!(fetch.damage().is_empty(), "{:?}", fetch.damage());
    assert_eq!(fetch.uid.map(imapkit_types::Uid::get), Some(3), "{text}");
    (fetch.body_structure().expect("a body structure").clone(), hazards)
}

/// Each part on a line: number, kind, type, and what else it says, without quotes.
fn lines(tree: &BodyStructure) -> Vec<String> {
    tree.parts().map(|part| format!("{:?} {part:?}", part.kind()).replace('"', "")).collect()
}

#[track_caller]
fn reads(text: &str, expected: &[&str], hazards: &[&str]) {
    let (tree, found) = tree(text);
    assert_eq!(lines(&tree), expected, "{text}");
    assert_eq!(found, hazards, "{text}");
}

#[test]
fn the_examples_of_rfc_9051_7_5_2() {
    reads(
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)",
        &["Text [1] TEXT/PLAIN CHARSET=US-ASCII encoding:7BIT 2279 octets 48 lines"],
        &[],
    );
    reads(
        "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23)(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \
         \"NAME\" \"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 4554 73) \"MIXED\")",
        &[
            "Multipart [] multipart/MIXED 0 octets 0 lines",
            "Text [1] TEXT/PLAIN CHARSET=US-ASCII encoding:7BIT 1152 octets 23 lines",
            "Text [2] TEXT/PLAIN CHARSET=US-ASCII NAME=cc.diff id:<960723163407.20117h@cac.washington.edu> \
             description:Compiler diff encoding:BASE64 4554 octets 73 lines",
        ],
        &[],
    );
}

#[test]
fn extension_fields_of_single_and_multiple_parts() {
    reads(
        "((\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 10 2 \"md5=\" (\"inline\" NIL) (\"en\" \"de\") \"http://x/\" 1 (2 \"3\"))\
         (\"application\" \"pdf\" NIL NIL NIL \"base64\" 99 NIL (\"attachment\" (\"filename\" \"a\\\"b.pdf\" \"size\" \"9\")) \"fr\" NIL) \
         \"mixed\" (\"boundary\" \"=_b\") (\"x\" NIL) NIL NIL)",
        &[
            "Multipart [] multipart/mixed boundary==_b disposition:x 0 octets 0 lines",
            "Text [1] text/html charset=utf-8 encoding:quoted-printable md5:md5= disposition:inline location:http://x/ language:en language:de 10 octets 2 lines",
            "Basic [2] application/pdf encoding:base64 disposition:attachment filename=a\\b.pdf size=9 language:fr 99 octets 0 lines",
        ],
        &[],
    );
}

#[test]
fn nested_messages_have_envelopes_and_children() {
    let message = "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 300 (\"d\" \"inner\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<i>\") \
                   ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 1)(\"image\" \"png\" NIL NIL NIL \"base64\" 7) \"mixed\") 12 NIL (\"inline\" NIL) NIL NIL)";
    let (tree, hazards) = tree(&format!(
        "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1){message}(\"a\" \"b\" NIL NIL NIL \"7bit\" 2) \"mixed\")"
    ));
    assert!(hazards.is_empty() && !tree.is_damaged());
    let parts: Vec<_> = tree.parts().map(|p| format!("{} {:?}", p.part(), p.kind())).collect();
    assert_eq!(parts, [" Multipart", "1 Text", "2 Message", "2 Multipart", "2.1 Text", "2.2 Basic", "3 Basic"]);
    let message = tree.find(&"2".parse().unwrap()).unwrap();
    assert_eq!(message.envelope().unwrap().subject().as_deref(), Some(&b"inner"[..]));
    assert_eq!((message.lines(), message.octets(), message.disposition().as_deref()), (12, 300, Some(&b"inline"[..])));
    assert_eq!(tree.root().children().count(), 3);
}

#[test]
fn h071_multiparts_without_children() {
    for text in [
        "(\"ALTERNATIVE\")",
        "(\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL)",
        "(NIL \"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL NIL)",
        "(\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL NIL)",
    ] {
        let (tree, hazards) = tree(text);
        assert!(hazards.contains(&"H71"), "{text}: {hazards:?}");
        let root = tree.root();
        assert!(root.is("multipart", "alternative") && root.kind() == BodyKind::Multipart, "{text}");
        assert_eq!(tree.parts().count(), 1);
    }
    let (tree, _) =
        tree("((\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) \"MIXED\")");
    let kinds: Vec<_> = tree.root().children().map(|part| part.kind()).collect();
    assert_eq!(kinds, [BodyKind::Multipart, BodyKind::Text]);
    reads("(() \"MIXED\")", &["Multipart [] multipart/MIXED 0 octets 0 lines"], &["H77"]);
}

#[test]
fn h072_h073_parts_without_type_or_subtype() {
    reads(
        "(NIL NIL NIL NIL NIL \"7BIT\" 563 NIL NIL NIL NIL)",
        &["Basic [1] application/octet-stream encoding:7BIT 563 octets 0 lines"],
        &["H72"],
    );
    reads(
        "(\"TEXT\" (\"CHARSET\" \"x\") NIL NIL \"base64\" 356 5)",
        &["Text [1] TEXT/plain CHARSET=x encoding:base64 356 octets 5 lines"],
        &["H73"],
    );
    reads("(\"TEXT\" NIL NIL NIL \"7BIT\" 356 5)", &["Text [1] TEXT/plain encoding:7BIT 356 octets 5 lines"], &["H73"]);
    reads(
        "( \"X-ZIP\" (\"BOUNDARY\" \"\") NIL NIL \"base64\" 77 NIL)",
        &["Basic [1] X-ZIP/octet-stream BOUNDARY= encoding:base64 77 octets 0 lines"],
        &["H73"],
    );
    reads("(TEXT PLAIN NIL NIL NIL 7BIT 5 1)", &["Text [1] TEXT/PLAIN encoding:7BIT 5 octets 1 lines"], &["H45"]);
}

#[test]
fn h074_a_multipart_sent_as_a_single_part() {
    reads(
        "((\"text\" \"plain\" NIL NIL NIL \"7BIT\" 1 1)(\"multipart\" \"related\" (\"boundary\" \"b\") NIL NIL \"7BIT\" 400 (\"boundary\" \"b\") NIL NIL NIL) \"mixed\")",
        &[
            "Multipart [] multipart/mixed 0 octets 0 lines",
            "Text [1] text/plain encoding:7BIT 1 octets 1 lines",
            "Multipart [2] multipart/related boundary=b encoding:7BIT 400 octets 0 lines",
        ],
        &["H74", "H76"],
    );
}

#[test]
fn h075_to_h079_fields_of_other_shapes_and_in_other_order() {
    let part = |rest: &str| {
        let (tree, hazards) = tree(&format!("(\"a\" \"b\" NIL NIL NIL NIL 5{rest})"));
        (
            lines(&tree)[0].trim_start_matches("Basic [1] a/b").trim_end_matches("5 octets 0 lines").trim().to_string(),
            hazards,
        )
    };
    for (rest, expected, hazards) in [
        (" NIL \"inline\" NIL NIL", "disposition:inline", &["H75", "H79"][..]),
        (" NIL inline NIL NIL", "disposition:inline", &["H45", "H75", "H79"]),
        (" NIL (NIL NIL) NIL NIL", "", &["H75", "H79"]),
        (" NIL (\"inline\") NIL", "disposition:inline", &["H75", "H79"]),
        (" NIL () () ()", "", &["H77", "H79"]),
        (" () NIL (NIL \"en\") \"loc\"", "location:loc language:en", &["H77", "H78", "H79"]),
        (" NIL NIL (\"attachment\" (\"filename\" \"x\")) NIL", "disposition:attachment filename=x", &["H76", "H79"]),
        (" NIL (\"en\" NIL) (\"inline\" NIL) NIL", "disposition:inline language:en", &["H76", "H79"]),
        (" NIL \"en\" (\"inline\" NIL) NIL", "disposition:inline language:en", &["H76", "H79"]),
        (" NIL \"a note\"", "description:a note", &["H76", "H79"]),
        (" NIL \"a note\" NIL NIL", "description:a note", &["H76", "H79"]),
        (" NIL NIL \"en\" \"loc\" 123 {3}\r\nabc (\"a\" (\"b\"))", "location:loc language:en", &["H79"]),
    ] {
        assert_eq!(part(rest), (expected.into(), hazards.into()), "{rest}");
    }
    reads(
        "((\"A\" \"B\" NIL NIL NIL \"7BIT\" 1) \"mixed\" (\"boundary\" NIL) \"Multipart message\" NIL)",
        &[
            "Multipart [] multipart/mixed boundary=NIL description:Multipart message 0 octets 0 lines",
            "Basic [1] A/B encoding:7BIT 1 octets 0 lines",
        ],
        &["H76", "H79"],
    );
}

#[test]
fn h047_a_parameter_with_unescaped_quotes() {
    let (tree, hazards) = tree(
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"3D\"Windows-1252\"\" \"MOUNDARY=\"_006_\"\" \"x\") NIL NIL \"7BIT\" 3 1 NIL NIL NIL NIL)",
    );
    assert_eq!(tree.root().param("charset").as_deref(), Some(&b"3D\"Windows-1252\""[..]));
    assert_eq!(tree.root().param("moundary=\"_006_\"").as_deref(), Some(&b"x"[..]));
    assert!(hazards == ["H47"] && tree.is_damaged());
}

#[test]
fn h055_h056_counts_of_other_forms() {
    reads(
        "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" -1 -1)",
        &["Text [1] TEXT/PLAIN encoding:7BIT 0 octets 0 lines"],
        &["H55"],
    );
    reads(
        "(\"A\" \"B\" NIL NIL NIL \"7BIT\" 9.3736e+06)",
        &["Basic [1] A/B encoding:7BIT 9373600 octets 0 lines"],
        &["H56"],
    );
    reads("(\"A\" \"B\" NIL NIL NIL \"7BIT\" NIL NIL)", &["Basic [1] A/B encoding:7BIT 0 octets 0 lines"], &["H44"]);
}

#[test]
fn h081_messages_without_their_structure_and_reports_with_one() {
    reads(
        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 344)",
        &["Basic [1] MESSAGE/RFC822 encoding:7BIT 344 octets 0 lines"],
        &["H81"],
    );
    let (tree, hazards) =
        tree("(\"message\" \"delivery-status\" NIL NIL NIL \"7BIT\" 480 NIL (\"attachment\" NIL) NIL)");
    assert!(tree.root().kind() == BodyKind::Basic && hazards.is_empty());
    for body in ["NIL", "()"] {
        let (tree, _) = self::tree(&format!(
            "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 344 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) {body} 7 NIL)"
        ));
        assert_eq!((tree.parts().count(), tree.root().lines()), (1, 7));
        assert!(tree.root().envelope().is_some());
    }
    let (tree, hazards) =
        self::tree("(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 344 () (\"A\" \"B\" NIL NIL NIL \"7BIT\" 3) 7)");
    assert_eq!((tree.parts().count(), hazards), (2, ["H77"].into()));
}

#[test]
fn spaces_inside_lists_are_passed() {
    reads(
        "( (\"A\" \"B\" (\"x\" \"y\" ) NIL NIL \"7BIT\" 1 ) (\"A\" \"B\" NIL NIL NIL \"7BIT\" 1) \"mixed\" )",
        &[
            "Multipart [] multipart/mixed 0 octets 0 lines",
            "Basic [1] A/B x=y encoding:7BIT 1 octets 0 lines",
            "Basic [2] A/B encoding:7BIT 1 octets 0 lines",
        ],
        &[],
    );
}

#[test]
fn nil_is_no_tree_and_what_is_none_is_damage() {
    let (fetch, _) = row("* 1 FETCH (BODY NIL UID 3)\r\n");
    assert!(fetch.body_structure().is_none() && fetch.damage().is_empty() && fetch.uid.is_some());
    for odd in ["\"x\"", "()", "(\"a\" 5)", "((((", "(\"a\" \"b\" \"c\" 1)"] {
        let (fetch, _) = row(format!("* 1 FETCH (UID 3 BODYSTRUCTURE {odd} FLAGS ())\r\n"));
        assert!(fetch.body_structure().is_none() && fetch.uid.is_some(), "{odd}");
        assert_eq!(&*fetch.damage()[0].item, "BODYSTRUCTURE", "{odd}");
    }
}

fn depth(part: BodyPart<'_>) -> usize {
    core::iter::successors(Some(part), BodyPart::parent).count()
}

#[test]
fn h082_t086_deep_trees_are_cut_off_and_the_message_is_kept() {
    let leaf = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)";
    for levels in [20, 60, 99] {
        let (tree, _) = tree(&format!("{}{leaf}{}", "(".repeat(levels), " \"mixed\")".repeat(levels)));
        let last = tree.parts().last().unwrap();
        assert!(!tree.is_damaged() && depth(last) == levels + 1 && last.kind() == BodyKind::Text);
    }
    for levels in [101, 1000, 100_000] {
        let (tree, hazards) = tree(&format!("{}{leaf}{}", "(".repeat(levels), " \"mixed\")".repeat(levels)));
        assert!(tree.is_damaged() && hazards == ["H82"]);
        assert_eq!(depth(tree.parts().last().unwrap()), 100);
    }
    let message = "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 3 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ";
    let (tree, _) = tree(&format!("{}{leaf}{}", message.repeat(60), " 1)".repeat(60)));
    assert_eq!((depth(tree.parts().last().unwrap()), tree.is_damaged()), (61, false));
    let (fetch, _) = row(format!("* 1 FETCH (UID 3 BODYSTRUCTURE {}\r\n", "(".repeat(1_000_000)));
    assert!(fetch.uid.is_some() && fetch.damage().len() == 1);
}

#[test]
fn parts_beyond_the_limit_are_cut_off() {
    let leaf = "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)";
    let (tree, hazards) = tree(&format!("({} \"mixed\")", leaf.repeat(10_500)));
    assert_eq!((tree.parts().count(), hazards), (10_000, ["H82"].into()));
    assert!(tree.root().is("multipart", "mixed"));
}
