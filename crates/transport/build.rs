//! Nothing to do. Cargo drops the build-dependencies of a package without a build script, and with them `openssl-src`'s feature
//! `weak-crypto`, which openssl-sys needs for RC4 and 3DES under our feature `legacy-tls`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
