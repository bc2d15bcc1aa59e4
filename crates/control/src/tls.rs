//! TLS as the properties and options want it, and what they tell about it.
//!
//! Separate because the settings of TLS are built from several properties, are costly to build (the system's authorities are read) and are
//! shared by all controls of the process that want the same.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use imapkit_blocking::transport::{self, CertificateProblem, Roots, TlsConfig, TlsConfigBuilder, TlsVersion};

use crate::code::ErrorCode;
use crate::constants::{CertificateStatus, Options, TlsVersions};
use crate::control::Result;
use crate::error::ControlError;
use crate::settings::Settings;

/// TLS settings that need no file, by what they depend on.
static SHARED: Mutex<Vec<(Key, TlsConfig)>> = Mutex::new(Vec::new());

type Key = (bool, bool, TlsVersions);

/// The settings of a connection.
pub(crate) fn config(settings: &Settings, options: Options) -> Result<TlsConfig> {
    let (trusted, fallback) = (options.contains(Options::TrustedSite), options.contains(Options::SecureFallback));
    let key = (trusted, fallback, settings.versions);
    let shared =
        settings.certificate_store.as_os_str().is_empty() && settings.certificate_authorities.as_os_str().is_empty();
    if shared {
        let known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = known.iter().find(|(known, _)| *known == key) {
            return Ok(config.clone());
        }
    }
    let builder = TlsConfig::builder().trusted_site(trusted).secure_fallback(fallback);
    let mut builder = versions(builder, settings.versions)?;
    if !settings.certificate_authorities.as_os_str().is_empty() {
        builder = builder.authorities_pem(&read(&settings.certificate_authorities, "reading the authorities in")?);
    }
    if !settings.certificate_store.as_os_str().is_empty() {
        builder = client_certificate(builder, settings)?;
    }
    let config = builder.build().map_err(|error| match error.kind() {
        transport::ErrorKind::NotSupported => ControlError::new(ErrorCode::NotSupportedInBuild, error.to_string()),
        _ => ControlError::invalid(error.to_string()),
    })?;
    if shared {
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).push((key, config.clone()));
    }
    Ok(config)
}

/// `SecureFallback` cannot be had without the old TLS library.
pub(crate) fn check_build(options: Options, versions: TlsVersions) -> Result<()> {
    let old = !(versions & (TlsVersions::Tls10 | TlsVersions::Tls11)).is_empty();
    if old && !options.contains(Options::SecureFallback) {
        return Err(ControlError::invalid("secure_protocol: TLS 1.0 and 1.1 need the option SecureFallback"));
    }
    if options.contains(Options::SecureFallback) && !has_fallback() {
        let text = "SecureFallback is not supported in this build: it needs the feature legacy-tls";
        return Err(ControlError::new(ErrorCode::NotSupportedInBuild, text));
    }
    Ok(())
}

/// Whether the TLS library for old servers is there. It is asked, since the feature may have been switched on further down.
fn has_fallback() -> bool {
    let asked = TlsConfig::builder().roots(Roots::Given).trusted_site(true).secure_fallback(true).build();
    asked.is_ok()
}

/// Those from the oldest to the newest that is asked for; what lies between is offered too, since TLS has no way to leave it out.
fn versions(builder: TlsConfigBuilder, versions: TlsVersions) -> Result<TlsConfigBuilder> {
    if versions.is_empty() {
        return Ok(builder);
    }
    let asked = || VERSIONS.iter().filter(|(bit, _)| versions.contains(*bit)).map(|(_, version)| *version);
    match (asked().next(), asked().next_back()) {
        (Some(oldest), Some(newest)) => Ok(builder.versions(oldest, newest)),
        _ => Err(ControlError::invalid("secure_protocol: no version is left to offer")),
    }
}

/// The versions and their bits, the oldest first.
const VERSIONS: [(TlsVersions, TlsVersion); 4] = [
    (TlsVersions::Tls10, TlsVersion::V1_0),
    (TlsVersions::Tls11, TlsVersion::V1_1),
    (TlsVersions::Tls12, TlsVersion::V1_2),
    (TlsVersions::Tls13, TlsVersion::V1_3),
];

/// The file itself or, in a folder, the one of that name.
fn client_certificate(builder: TlsConfigBuilder, settings: &Settings) -> Result<TlsConfigBuilder> {
    let store = &settings.certificate_store;
    let file = if store.is_dir() {
        let name = &settings.certificate_name;
        if name.is_empty() {
            return Err(ControlError::invalid("certificate_store is a folder: set certificate_name"));
        }
        let named = ["", ".pem", ".p12", ".pfx"].map(|ending| store.join(format!("{name}{ending}")));
        named.iter().find(|path| path.is_file()).unwrap_or(&named[0]).clone()
    } else {
        store.clone()
    };
    let bytes = read(&file, "reading the client certificate in")?;
    let password = settings.certificate_password.expose();
    Ok(builder.client_certificate_file(&bytes, (!password.is_empty()).then_some(password)))
}

fn read(path: &Path, doing: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| ControlError::file(path, doing, &error))
}

/// What a certificate is worth, as a property.
pub(crate) fn status(status: transport::CertificateStatus) -> CertificateStatus {
    match status {
        transport::CertificateStatus::None => CertificateStatus::None,
        transport::CertificateStatus::Valid => CertificateStatus::Valid,
        transport::CertificateStatus::NoMatch => CertificateStatus::NoMatch,
        transport::CertificateStatus::Expired => CertificateStatus::Expired,
        transport::CertificateStatus::Revoked => CertificateStatus::Revoked,
        transport::CertificateStatus::Untrusted => CertificateStatus::Untrusted,
        transport::CertificateStatus::Invalid => CertificateStatus::Invalid,
    }
}

pub(crate) fn problem_status(problem: &CertificateProblem) -> CertificateStatus {
    status(problem.status())
}

/// The bit of a version in use.
pub(crate) fn version(version: TlsVersion) -> TlsVersions {
    VERSIONS.iter().find(|(_, known)| *known == version).map_or(TlsVersions::Default, |(bit, _)| *bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_without_files_are_shared() {
        let settings = Settings { versions: TlsVersions::Tls13, ..Settings::default() };
        config(&settings, Options::TrustedSite).unwrap();
        let count =
            || SHARED.lock().unwrap().iter().filter(|(key, _)| *key == (true, false, TlsVersions::Tls13)).count();
        assert_eq!(count(), 1);
        config(&settings, Options::TrustedSite).unwrap();
        assert_eq!(count(), 1);
    }

    #[test]
    fn old_versions_need_the_option_and_the_option_needs_the_build() {
        let code = |options, versions| check_build(options, versions).unwrap_err().code();
        assert_eq!(code(Options::None, TlsVersions::Tls10), ErrorCode::InvalidArgument);
        if cfg!(feature = "legacy-tls") {
            assert!(has_fallback() && check_build(Options::SecureFallback, TlsVersions::Tls10).is_ok());
        } else if !has_fallback() {
            assert_eq!(code(Options::SecureFallback, TlsVersions::Default), ErrorCode::NotSupportedInBuild);
        }
        assert!(check_build(Options::None, TlsVersions::Tls12).is_ok());
    }

    #[test]
    fn a_file_that_is_not_there_is_a_file_error() {
        let settings = Settings { certificate_store: "/nowhere".into(), ..Settings::default() };
        assert_eq!(config(&settings, Options::None).unwrap_err().code(), ErrorCode::FileError);
    }
}
