//! Decides whether a server's certificate is accepted, and remembers what was wrong with it either way.
//!
//! One [`Verifier`] per connection, because pins belong to a host *and* port and because the verdict must outlive the handshake
//! (`certificate_status` is reported also when a trusted site was let pass). Chains, dates and names are judged by the platform
//! or by webpki, never here; the signature of the handshake itself is always checked, whatever the policy.
//!
//! Policy, first match wins:
//! 1. pins exist for this host and port: the key must be one of them, and then nothing else counts. As with DANE-EE
//!    (RFC 7671 §5.1) the key *is* the identity: chain, names and dates are reported, not enforced. Another key is refused even
//!    when its chain is valid, and even for a trusted site (T047).
//! 2. trusted site: accepted.
//! 3. the leaf is, byte for byte, a certificate the user gave as a trusted authority: name and dates are enforced. (webpki
//!    refuses an authority's certificate as a server's; self-signed ones made by `openssl req -x509` are exactly that.)
//! 4. chain, dates and name are enforced. Names are those of subjectAltName only (RFC 9525 §6.3, T045).

#[cfg(feature = "legacy-tls")]
mod weak;

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError as Reason, DigitallySignedStruct, Error, SignatureScheme};

use crate::certificate::{Certificate, Digest, printable, public_key};
use crate::error::{CertificateError, CertificateProblem};
use crate::server_id::ServerId;
use crate::weakness::{self, Weakness};

#[cfg(feature = "legacy-tls")]
pub(crate) use weak::WeakJudge;

/// Whom to trust, for all connections of one configuration.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Judges chain, dates and name; none if there are no roots at all.
    pub(crate) chain: Option<Arc<dyn ServerCertVerifier>>,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
    /// Authorities the user added.
    pub(crate) anchors: Vec<CertificateDer<'static>>,
    pub(crate) pins: Vec<(ServerId, Digest)>,
    pub(crate) trusted_site: bool,
    /// Judges what is too weak for the other; only under the fallback.
    #[cfg(feature = "legacy-tls")]
    pub(crate) weak: Option<WeakJudge>,
}

/// What one connection's certificate turned out to be.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// What is wrong with it, whether or not it was let pass.
    pub(crate) problem: Option<Box<CertificateError>>,
    /// It was let pass.
    pub(crate) accepted: bool,
    /// It was accepted for its key.
    pub(crate) pinned: bool,
    /// What to say if the library cannot use its key.
    weak_key: Option<Box<CertificateError>>,
}

/// Judges one connection.
#[derive(Debug)]
pub(crate) struct Verifier {
    trust: Arc<Trust>,
    pins: Vec<Digest>,
    verdict: OnceLock<Verdict>,
}

impl Verifier {
    pub(crate) fn new(trust: Arc<Trust>, server: &ServerId) -> Self {
        let pins = trust.pins.iter().filter(|(of, _)| of == server).map(|(_, pin)| *pin).collect();
        Self { trust, pins, verdict: OnceLock::new() }
    }

    /// Stands in until a connection brings its own: with no roots and no pins it refuses everything.
    pub(crate) fn refusing(algorithms: WebPkiSupportedAlgorithms) -> Result<Self, crate::Error> {
        let trust = Trust {
            chain: None,
            algorithms,
            anchors: Vec::new(),
            pins: Vec::new(),
            trusted_site: false,
            #[cfg(feature = "legacy-tls")]
            weak: None,
        };
        Ok(Self::new(Arc::new(trust), &ServerId::new("invalid", 0)?))
    }

    /// The verdict; none before the server showed a certificate.
    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.get()
    }

    /// The certificate's key as a reason to refuse it, if the handshake failed for it after the chain was accepted.
    pub(crate) fn weak_key(&self) -> Option<Box<CertificateError>> {
        self.verdict().filter(|verdict| verdict.accepted)?.weak_key.clone()
    }

    fn decide(
        &self,
        name: &ServerName<'_>,
        chain: &[CertificateDer<'_>],
        judged: Result<(), Error>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let host = name.to_str().into_owned();
        let leaf = chain.first().and_then(|leaf| Certificate::read(leaf));
        let key = leaf.as_ref().map(|leaf| leaf.key);
        let known = key.is_some_and(|key| self.pins.contains(&key));
        let mut refusal = judged.err();
        // Under the fallback weakness is no reason to refuse, so it is no explanation either.
        let weak = if self.permits_weakness() { Vec::new() } else { weakness::of_chain(chain) };
        let mut problem = refusal.as_ref().map(|error| problem_of(error, leaf.as_ref(), weak.first(), now));
        if known || (self.trust.trusted_site && self.pins.is_empty()) {
            refusal = None;
        } else if !self.pins.is_empty() {
            let found = key.unwrap_or(Digest([0; 32]));
            problem = Some(CertificateProblem::PinMismatch { expected: self.pins.clone(), found });
            refusal = Some(Reason::ApplicationVerificationFailure.into());
        }
        let leaf = leaf.map(Box::new);
        let error = |problem| Box::new(CertificateError { host: host.clone(), problem, leaf: leaf.clone() });
        let problem = problem.map(error);
        let weak_key = weak.iter().find(|weakness| matches!(weakness, Weakness::Key(_)));
        let weak_key = weak_key.map(|weakness| error(CertificateProblem::Weak(weakness.clone())));
        // A second call could only come from a renegotiation, which neither library does; the first verdict would stand.
        let _ = self.verdict.set(Verdict { problem, accepted: refusal.is_none(), pinned: known, weak_key });
        refusal.map_or(Ok(()), Err)
    }

    #[cfg(feature = "legacy-tls")]
    fn permits_weakness(&self) -> bool {
        self.trust.weak.is_some()
    }

    #[cfg(not(feature = "legacy-tls"))]
    #[allow(clippy::unused_self, reason = "shaped like the other")]
    fn permits_weakness(&self) -> bool {
        false
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.trust.anchors.iter().any(|anchor| anchor == leaf) {
            return judge_anchor(leaf, name, now);
        }
        let judged = match &self.trust.chain {
            Some(chain) => chain.verify_server_cert(leaf, others, name, ocsp, now).map(drop),
            None => Err(Reason::UnknownIssuer.into()),
        };
        #[cfg(feature = "legacy-tls")]
        if let (Err(error), Some(weak)) = (&judged, &self.trust.weak) {
            if WeakJudge::is_asked(error) {
                weak.judge(leaf, others, now)?;
                return verify_server_name(&ParsedCertificate::try_from(leaf)?, name);
            }
        }
        judged
    }

    /// webpki reads version 3 certificates only, but home-made ones are often version 1 (`openssl x509 -req` wrote them for
    /// decades). Where such a one was accepted, as a trusted site or for its key, its key still has to sign the handshake.
    fn verify_with_key(
        &self,
        error: Error,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match public_key(cert) {
            Some(key) if ParsedCertificate::try_from(cert).is_err() => {
                verify_tls13_signature_with_raw_key(message, &key, dss, &self.trust.algorithms)
            }
            _ => Err(error),
        }
    }
}

/// A certificate that is trusted by itself: only its dates and names are left to check.
fn judge_anchor(leaf: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let read = Certificate::read(leaf).ok_or(Reason::BadEncoding)?;
    if now.as_secs() < read.not_before {
        return Err(Reason::NotValidYet.into());
    }
    if now.as_secs() > read.not_after {
        return Err(Reason::Expired.into());
    }
    verify_server_name(&ParsedCertificate::try_from(leaf)?, name)
}

fn problem_of(
    error: &Error,
    leaf: Option<&Certificate>,
    weakness: Option<&Weakness>,
    now: UnixTime,
) -> CertificateProblem {
    let Error::InvalidCertificate(reason) = error else {
        return CertificateProblem::Invalid(printable(&error.to_string()));
    };
    let leaf_end = leaf.map_or(now.as_secs(), |leaf| leaf.not_after);
    let leaf_start = leaf.map_or(now.as_secs(), |leaf| leaf.not_before);
    let self_issued = leaf.is_some_and(|leaf| leaf.self_issued);
    match reason {
        // The dates of the certificate at fault, which may be an intermediate.
        Reason::ExpiredContext { not_after, .. } => CertificateProblem::Expired { not_after: not_after.as_secs() },
        Reason::Expired => CertificateProblem::Expired { not_after: leaf_end },
        Reason::NotValidYetContext { not_before, .. } => {
            CertificateProblem::NotYetValid { not_before: not_before.as_secs() }
        }
        Reason::NotValidYet => CertificateProblem::NotYetValid { not_before: leaf_start },
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => {
            CertificateProblem::WrongHost { found: leaf.map_or_else(Vec::new, |leaf| leaf.names.clone()) }
        }
        Reason::Revoked => CertificateProblem::Revoked,
        Reason::BadSignature
        | Reason::UnsupportedSignatureAlgorithmContext { .. }
        | Reason::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            let invalid = || CertificateProblem::Invalid(printable(&reason.to_string()));
            weakness.cloned().map_or_else(invalid, CertificateProblem::Weak)
        }
        // webpki reports a self-signed authority's certificate as "CA used as end entity", in `Other`.
        Reason::UnknownIssuer | Reason::Other(_) if self_issued => CertificateProblem::SelfSigned,
        Reason::UnknownIssuer => CertificateProblem::UnknownIssuer {
            issuer: leaf.map_or_else(|| String::from("unreadable"), |leaf| leaf.issuer.clone()),
        },
        other => CertificateProblem::Invalid(printable(&other.to_string())),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge(end_entity, intermediates, server_name, ocsp_response, now);
        let chain: Vec<CertificateDer<'_>> = core::iter::once(end_entity).chain(intermediates).cloned().collect();
        self.decide(server_name, &chain, judged, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.trust.algorithms)
            .or_else(|error| self.verify_with_key(error, message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.trust.algorithms)
            .or_else(|error| self.verify_with_key(error, message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
