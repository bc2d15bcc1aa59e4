//! BODY and BODYSTRUCTURE.
//!
//! RFC 3501 §7.4.2: a basic, text or message part, or a multipart; BODYSTRUCTURE adds disposition, language and
//! location. Sizes and line counts are those of the encoded bytes as stored.

use imap_types::{
    body::{
        BasicFields, Body, BodyStructure, Disposition, Language, Location, MultiPartExtensionData,
        SinglePartExtensionData, SpecificFields,
    },
    core::{IString, NString, Vec1},
};

use super::{Kind, Mime, Part, content_type, header, header::Structured};

/// A string as the client reads it: quoted where possible, else a literal. Stored messages hold no NUL, the one byte
/// that neither can carry.
pub(super) fn istring(text: Vec<u8>) -> IString<'static> {
    IString::try_from(text).unwrap_or_else(|_| IString::Literal(imap_types::core::Literal::unvalidated(Vec::new())))
}

pub(super) fn nstring(text: Vec<u8>) -> NString<'static> {
    NString(Some(istring(text)))
}

type Parameters = Vec<(IString<'static>, IString<'static>)>;

fn parameters(parameters: Vec<(Vec<u8>, Vec<u8>)>) -> Parameters {
    parameters.into_iter().map(|(name, value)| (istring(name), istring(value))).collect()
}

impl Mime {
    /// BODYSTRUCTURE, or BODY where `extended` is false.
    pub(crate) fn structure(&self, extended: bool) -> BodyStructure<'static> {
        self.structure_of(&self.root, b"text/plain", extended)
    }

    fn structure_of(&self, part: &Part, default: &[u8], extended: bool) -> BodyStructure<'static> {
        let block = &self.bytes()[part.header.clone()];
        let content = content_type(block, default);
        let slash = content.main.iter().position(|&byte| byte == b'/').unwrap_or(content.main.len());
        let (main, subtype) =
            (content.main[..slash].to_vec(), content.main.get(slash + 1..).unwrap_or_default().to_vec());
        match &part.kind {
            Kind::Multipart(parts) => {
                let default: &[u8] =
                    if subtype.eq_ignore_ascii_case(b"digest") { b"message/rfc822" } else { b"text/plain" };
                let bodies = parts.iter().map(|part| self.structure_of(part, default, extended)).collect::<Vec<_>>();
                BodyStructure::Multi {
                    // The parser never leaves a multipart without parts.
                    bodies: Vec1::unvalidated(bodies),
                    subtype: istring(subtype),
                    extension_data: extended.then(|| MultiPartExtensionData {
                        parameter_list: parameters(content.parameters),
                        tail: Some(disposition(block)),
                    }),
                }
            }
            Kind::Leaf | Kind::Message(_) => {
                let specific = self.specific(part, &main, subtype, extended);
                BodyStructure::Single {
                    body: Body { basic: basic(part, block, &main, content), specific },
                    extension_data: extended.then(|| SinglePartExtensionData {
                        md5: header::value(block, b"Content-MD5").map_or(NString(None), nstring),
                        tail: Some(disposition(block)),
                    }),
                }
            }
        }
    }

    fn specific(&self, part: &Part, main: &[u8], subtype: Vec<u8>, extended: bool) -> SpecificFields<'static> {
        let number_of_lines = self.lines(part);
        match &part.kind {
            Kind::Message(inner) => SpecificFields::Message {
                envelope: Box::new(self.envelope_of(inner)),
                body_structure: Box::new(self.structure_of(inner, b"text/plain", extended)),
                number_of_lines,
            },
            _ if main.eq_ignore_ascii_case(b"text") => {
                SpecificFields::Text { subtype: istring(subtype), number_of_lines }
            }
            // Nested too deep to be parsed: the grammar would demand what is within, so call it what it is to us.
            _ if is_composite(main, &subtype) => SpecificFields::Basic {
                r#type: istring(b"application".to_vec()),
                subtype: istring(b"octet-stream".to_vec()),
            },
            _ => SpecificFields::Basic { r#type: istring(main.to_vec()), subtype: istring(subtype) },
        }
    }

    fn lines(&self, part: &Part) -> u32 {
        let lines = self.bytes()[part.body.clone()].split(|&byte| byte == b'\n').count() - 1;
        u32::try_from(lines).unwrap_or(u32::MAX)
    }
}

fn basic(part: &Part, block: &[u8], main: &[u8], content: Structured) -> BasicFields<'static> {
    let mut parameter_list = parameters(content.parameters);
    let has_charset = parameter_list.iter().any(|(name, _)| name.as_ref().eq_ignore_ascii_case(b"charset"));
    if main.eq_ignore_ascii_case(b"text") && !has_charset {
        // RFC 2046 §4.1.2: the default is US-ASCII, and RFC 3501's own examples spell it out.
        parameter_list.push((istring(b"charset".to_vec()), istring(b"us-ascii".to_vec())));
    }
    let text = |name: &[u8]| header::value(block, name);
    BasicFields {
        parameter_list,
        id: text(b"Content-ID").map_or(NString(None), nstring),
        description: text(b"Content-Description").map_or(NString(None), nstring),
        content_transfer_encoding: istring(text(b"Content-Transfer-Encoding").unwrap_or_else(|| b"7bit".to_vec())),
        size: u32::try_from(part.body.len()).unwrap_or(u32::MAX),
    }
}

fn is_composite(main: &[u8], subtype: &[u8]) -> bool {
    main.eq_ignore_ascii_case(b"multipart")
        || (main.eq_ignore_ascii_case(b"message") && subtype.eq_ignore_ascii_case(b"rfc822"))
}

fn disposition(block: &[u8]) -> Disposition<'static> {
    let disposition = header::value(block, b"Content-Disposition").map(|value| Structured::parse(&value));
    let language = header::value(block, b"Content-Language").unwrap_or_default();
    Disposition {
        disposition: disposition
            .filter(|disposition| !disposition.main.is_empty())
            .map(|disposition| (istring(disposition.main), parameters(disposition.parameters))),
        tail: Some(Language {
            language: language
                .split(|&byte| byte == b',')
                .map(<[u8]>::trim_ascii)
                .filter(|tag| !tag.is_empty())
                .map(|tag| istring(tag.to_vec()))
                .collect(),
            tail: Some(Location {
                location: header::value(block, b"Content-Location").map_or(NString(None), nstring),
                extensions: Vec::new(),
            }),
        }),
    }
}
