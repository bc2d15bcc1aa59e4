//! The capability words we know (the IANA registry through 2026, and what large providers announce beside it).
//!
//! Separate from the set because this is a table. A vendor's word stands here so that a log or a rule can name it; most are
//! known only to be ignored. Capabilities with open-ended values of their own (`AUTH=`, `QUOTA=RES-`) are questions of
//! [`Capabilities`](super::Capabilities) instead.

use alloc::boxed::Box;
use core::fmt;

macro_rules! capabilities {
    ($($text:literal $Variant:ident $doc:literal)+) => {
        /// One capability. Compare values of this type, never strings: servers differ in case.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Capability {
            $(#[doc = concat!("`", $text, "`: ", $doc, ".")] $Variant,)+
            /// Any other, as the server spelled it.
            Other(Box<str>),
        }

        impl Capability {
            /// The word in its registered spelling and without its value, or as the server spelled it when it is unknown.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$Variant => $text,)+
                    Self::Other(word) => word,
                }
            }

            /// A word without a value of its own.
            fn known(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($text) {
                    return Some(Self::$Variant);
                })+
                None
            }

            /// One bit for each known word, none for others.
            #[allow(clippy::as_conversions, reason = "a position below 128, checked here")]
            pub(super) const fn bit(&self) -> u128 {
                /// The position of each word; stops compiling before it could overflow the bits.
                #[repr(u8)]
                enum Position { $($Variant,)+ Count }
                const { assert!(Position::Count as u32 <= u128::BITS) };
                match self {
                    $(Self::$Variant => 1 << Position::$Variant as u32,)+
                    Self::Other(_) => 0,
                }
            }

            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$Variant,)+];
        }
    };
}

capabilities! {
    "IMAP4" Imap4 "the version before IMAP4rev1; alone it is too old for us"
    "IMAP4rev1" Imap4Rev1 "RFC 3501"
    "IMAP4rev2" Imap4Rev2 "RFC 9051; in force only after ENABLE when rev1 is offered too"
    "STARTTLS" StartTls "RFC 9051 §6.2.1"
    "LOGINDISABLED" LoginDisabled "LOGIN would be refused (RFC 9051 §6.2.3)"
    "SASL-IR" SaslIr "AUTHENTICATE with an initial response (RFC 4959)"
    "LITERAL+" LiteralPlus "literals without waiting (RFC 7888)"
    "LITERAL-" LiteralMinus "the same up to 4096 octets (RFC 7888)"
    "ENABLE" Enable "RFC 5161"
    "ID" Id "RFC 2971"
    "NAMESPACE" Namespace "RFC 2342"
    "IDLE" Idle "RFC 2177"
    "UIDPLUS" UidPlus "RFC 4315"
    "UNSELECT" Unselect "RFC 3691"
    "MOVE" Move "RFC 6851"
    "CHILDREN" Children "RFC 3348"
    "SPECIAL-USE" SpecialUse "RFC 6154"
    "CREATE-SPECIAL-USE" CreateSpecialUse "RFC 6154"
    "LIST-EXTENDED" ListExtended "RFC 5258"
    "LIST-STATUS" ListStatus "RFC 5819"
    "LIST-METADATA" ListMetadata "RFC 9590"
    "LIST-MYRIGHTS" ListMyRights "RFC 8440"
    "CONDSTORE" CondStore "RFC 7162"
    "QRESYNC" Qresync "RFC 7162"
    "ESEARCH" Esearch "RFC 4731"
    "SEARCHRES" SearchRes "RFC 5182"
    "WITHIN" Within "RFC 5032"
    "SORT" Sort "RFC 5256"
    "SORT=DISPLAY" SortDisplay "RFC 5957"
    "ESORT" Esort "RFC 5267"
    "CONTEXT=SEARCH" ContextSearch "RFC 5267"
    "CONTEXT=SORT" ContextSort "RFC 5267"
    "THREAD=REFERENCES" ThreadReferences "RFC 5256"
    "THREAD=ORDEREDSUBJECT" ThreadOrderedSubject "RFC 5256"
    "THREAD=REFS" ThreadRefs "Cyrus and Dovecot, unregistered"
    "SEARCH=FUZZY" SearchFuzzy "RFC 6203"
    "MULTISEARCH" MultiSearch "RFC 7377"
    "PARTIAL" Partial "RFC 9394"
    "MESSAGELIMIT" MessageLimit "with a value (RFC 9738)"
    "SAVELIMIT" SaveLimit "with a value (RFC 9738)"
    "UIDONLY" UidOnly "RFC 9586"
    "UIDBATCHES" UidBatches "RFC 10022"
    "BINARY" Binary "RFC 3516"
    "MULTIAPPEND" MultiAppend "RFC 3502"
    "CATENATE" Catenate "RFC 4469"
    "REPLACE" Replace "RFC 8508"
    "APPENDLIMIT" AppendLimit "with or without a value (RFC 7889)"
    "COMPRESS=DEFLATE" CompressDeflate "RFC 4978"
    "STATUS=SIZE" StatusSize "RFC 8438"
    "QUOTA" Quota "RFC 9208, RFC 2087"
    "QUOTASET" QuotaSet "RFC 9208"
    "OBJECTID" ObjectId "RFC 8474"
    "OBJECTID+" ObjectIdPlus "draft-ietf-mailmaint-imap-objectid-bis"
    "SAVEDATE" SaveDate "RFC 8514"
    "PREVIEW" Preview "RFC 8970"
    "PREVIEW=FUZZY" PreviewFuzzy "Dovecot, before RFC 8970"
    "SNIPPET=FUZZY" SnippetFuzzy "Dovecot, before RFC 8970"
    "UTF8=ACCEPT" Utf8Accept "RFC 9755"
    "UTF8=ONLY" Utf8Only "RFC 9755"
    "NOTIFY" Notify "RFC 5465"
    "METADATA" Metadata "RFC 5464"
    "METADATA-SERVER" MetadataServer "RFC 5464"
    "ACL" Acl "RFC 4314"
    "RIGHTS" Rights "with a value (RFC 4314)"
    "INPROGRESS" InProgress "RFC 9585"
    "UNAUTHENTICATE" Unauthenticate "RFC 8437"
    "JMAPACCESS" JmapAccess "RFC 9698"
    "I18NLEVEL=1" I18nLevel1 "RFC 5255"
    "I18NLEVEL=2" I18nLevel2 "RFC 5255"
    "LANGUAGE" Language "RFC 5255"
    "URLAUTH" UrlAuth "RFC 4467"
    "URLAUTH=BINARY" UrlAuthBinary "RFC 5524"
    "URL-PARTIAL" UrlPartial "RFC 5550"
    "CONVERT" Convert "RFC 5259"
    "ANNOTATE-EXPERIMENT-1" AnnotateExperiment1 "RFC 5257; iCloud offers it and refuses it"
    "FILTERS" Filters "RFC 5466"
    "LOGIN-REFERRALS" LoginReferrals "RFC 2221"
    "MAILBOX-REFERRALS" MailboxReferrals "RFC 2193"
    "IMAPSIEVE" ImapSieve "with a value (RFC 6785)"
    "X-GM-EXT-1" GmExt1 "Gmail: labels, ids, raw search"
    "XLIST" Xlist "special use before RFC 6154"
    "XYZZY" Xyzzy "Gmail: does nothing"
    "XYMHIGHESTMODSEQ" XymHighestModSeq "Yahoo: HIGHESTMODSEQ without CONDSTORE"
    "X-MSG-EXT" XMsgExt "Yahoo"
    "X-ALL-MAIL" XAllMail "Yahoo"
    "X-UIDONLY" XUidOnly "Yahoo"
    "XAPPLEPUSHSERVICE" XApplePushService "Apple: not for third parties"
    "XAPPLELITERAL" XAppleLiteral "Apple"
    "X-APPLE-REMOTE-LINKS" XAppleRemoteLinks "Apple"
    "XMSEARCH" XmSearch "Apple"
    "X-SUN-IMAP" XSunImap "Apple"
    "X-SUN-SORT" XSunSort "Apple"
    "X-UNAUTHENTICATE" XUnauthenticate "Apple"
    "XUM1" Xum1 "Apple"
    "CLIENTACCESSRULES" ClientAccessRules "Exchange"
    "CLIENTNETWORKPRESENCELOCATION" ClientNetworkPresenceLocation "Exchange"
    "BACKENDAUTHENTICATE" BackendAuthenticate "Exchange"
    "BACKENDAUTHENTICATE-IR" BackendAuthenticateIr "Exchange"
    "SORT=MODSEQ" SortModSeq "Cyrus"
    "SORT=UID" SortUid "Cyrus"
    "DIGEST=SHA1" DigestSha1 "Cyrus"
    "X-CREATEDMODSEQ" XCreatedModSeq "Cyrus"
    "X-REPLICATION" XReplication "Cyrus"
    "X-SIEVE-MAILBOX" XSieveMailbox "Cyrus"
    "XUSERGROUPS" XUserGroups "Cyrus"
    "XCONVERSATIONS" XConversations "Cyrus"
    "NO_ATOMIC_RENAME" NoAtomicRename "Cyrus"
    "MUPDATE" Mupdate "Cyrus, with a value"
    "ANNOTATEMORE" AnnotateMore "Cyrus, before METADATA"
    "SCAN" Scan "Cyrus"
    "XMOVE" XMove "Cyrus, before MOVE"
    "ACL2=UNION" Acl2Union "Courier"
    "XCOURIEROUTBOX" XCourierOutbox "Courier, with a value"
    "LISTEXT" ListExt "old Cyrus; not LIST-EXTENDED"
    "LIST-SUBSCRIBED" ListSubscribed "old Cyrus"
    "X-NETSCAPE" XNetscape "old Netscape servers"
    "XSTOP" XStop "Proton Mail Bridge"
    "X-ID-ACLID" XIdAclId "Yahoo"
    "XAOL-OPTION" XAolOption "AOL"
    "CLIENTID" ClientId "draft-yu-imap-client-id"
}

/// Words that are the same capability whatever follows the `=`.
const VALUED: [Capability; 7] = [
    Capability::AppendLimit,
    Capability::MessageLimit,
    Capability::SaveLimit,
    Capability::Rights,
    Capability::ImapSieve,
    Capability::Mupdate,
    Capability::XCourierOutbox,
];

impl Capability {
    /// Recognises a word, ignoring ASCII case; what is unknown is kept verbatim in `Other`.
    pub fn parse(word: &str) -> Self {
        Self::known(word).or_else(|| Self::valued(word)).unwrap_or_else(|| Self::Other(word.into()))
    }

    fn valued(word: &str) -> Option<Self> {
        let (name, _) = word.split_once('=')?;
        VALUED.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_own_bit_and_reads_back() {
        let mut bits = 0_u128;
        for capability in Capability::ALL {
            assert_eq!(bits & capability.bit(), 0, "{capability}");
            bits |= capability.bit();
            assert_eq!(Capability::parse(&capability.as_str().to_ascii_lowercase()), *capability);
        }
        assert_eq!(usize::try_from(bits.count_ones()), Ok(Capability::ALL.len()));
    }

    #[test]
    fn values_do_not_change_the_capability() {
        assert_eq!(Capability::parse("appendlimit=41697280"), Capability::AppendLimit);
        assert_eq!(Capability::parse("IMAPSIEVE=sieve.example.org"), Capability::ImapSieve);
        assert_eq!(Capability::parse("AUTH=PLAIN"), Capability::Other("AUTH=PLAIN".into()));
        assert_eq!(Capability::parse("IDLE=1"), Capability::Other("IDLE=1".into()));
    }
}
