//! Judges chains that webpki cannot, because a signature or a key in them is too weak for ring: by OpenSSL.
//!
//! Separate because it is a second opinion, asked only under the fallback and only about the strength of signatures and keys. It
//! starts from the same authorities and checks the rest of the chain as strictly; the name is left to the caller, who asks
//! webpki's matcher, so that names are compared by one piece of code (CVE-2026-46428 was a backend without it). RFC 5280 §6.

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext, X509VerifyResult};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError as Reason, Error};

/// The authorities that a weak chain may end at.
#[derive(Debug, Clone)]
pub(crate) struct WeakJudge {
    pub(crate) anchors: Vec<CertificateDer<'static>>,
    /// The system's authorities count too.
    pub(crate) platform: bool,
}

impl WeakJudge {
    /// Is this something that webpki may have refused for its strength alone?
    pub(crate) fn is_asked(error: &Error) -> bool {
        matches!(
            error,
            Error::InvalidCertificate(
                Reason::BadSignature
                    | Reason::UnsupportedSignatureAlgorithmContext { .. }
                    | Reason::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
            )
        )
    }

    /// The chain and its dates.
    pub(crate) fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        match self.verify(leaf, others, now) {
            Ok(None) => Ok(()),
            Ok(Some(fault)) => Err(reason(fault).into()),
            Err(_) => Err(Reason::BadEncoding.into()),
        }
    }

    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Option<X509VerifyResult>, ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        for anchor in &self.anchors {
            store.add_cert(X509::from_der(anchor)?)?;
        }
        let platform = if self.platform { rustls_native_certs::load_native_certs().certs } else { Vec::new() };
        for anchor in platform.iter().filter_map(|der| X509::from_der(der).ok()) {
            store.add_cert(anchor)?;
        }
        let mut param = X509VerifyParam::new()?;
        param.set_purpose(X509PurposeId::SSL_SERVER)?;
        // As webpki: whatever is trusted ends a chain, self-signed or not.
        param.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        param.set_auth_level(0);
        param.set_time(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        store.set_param(&param)?;
        let mut chain = Stack::new()?;
        for other in others {
            chain.push(X509::from_der(other)?)?;
        }
        X509StoreContext::new()?.init(&store.build(), &*X509::from_der(leaf)?, &chain, |context| {
            Ok(if context.verify_cert()? { None } else { Some(context.error()) })
        })
    }
}

/// By the numbers of `X509_V_ERR_…`.
fn reason(fault: X509VerifyResult) -> Reason {
    match fault.as_raw() {
        2 | 18..=21 => Reason::UnknownIssuer,
        9 => Reason::NotValidYet,
        10 => Reason::Expired,
        23 => Reason::Revoked,
        26 => Reason::InvalidPurpose,
        _ => Reason::BadSignature,
    }
}

#[cfg(test)]
mod tests;
