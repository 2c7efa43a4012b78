//! Certificates made at start, good ones and bad ones, and handshakes that go wrong.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

use base64::prelude::{Engine, BASE64_STANDARD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData};
use ring::digest;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::ServerConfig;
use time::{Duration, OffsetDateTime};

/// What is special about the TLS of a server. The certificates are for `localhost`, `127.0.0.1`,
/// `::1`, `ferry.test`, `*.ferry.test` and the samples' `example.com`, by the CA of [`crate::Server::ca_pem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsKind {
    Good,
    /// The certificate ended yesterday.
    Expired,
    NotYetValid,
    /// The certificate is for `elsewhere.test` only.
    WrongHost,
    SelfSigned,
    /// Signed by a CA that is nowhere handed out.
    UnknownCa,
    Tls12Only,
    Tls13Only,
    /// Answers the ClientHello with the alert protocol_version.
    RefusesVersion,
    /// Answers the ClientHello with a ServerHello of TLS 1.1.
    Tls11,
    /// Takes the ClientHello and says nothing.
    Silent,
}

impl TlsKind {
    pub const ALL: [TlsKind; 11] = [
        TlsKind::Good,
        TlsKind::Expired,
        TlsKind::NotYetValid,
        TlsKind::WrongHost,
        TlsKind::SelfSigned,
        TlsKind::UnknownCa,
        TlsKind::Tls12Only,
        TlsKind::Tls13Only,
        TlsKind::RefusesVersion,
        TlsKind::Tls11,
        TlsKind::Silent,
    ];
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key for the CA");
        let certificate = params.self_signed(&key).expect("a certificate for the CA");
        Authority { pem: certificate.pem(), issuer: Issuer::new(params, key) }
    }

    /// One for the whole process, so that several servers can be trusted with one PEM.
    fn trusted() -> &'static Authority {
        static AUTHORITY: OnceLock<Authority> = OnceLock::new();
        AUTHORITY.get_or_init(|| Authority::new("Ferry Test CA"))
    }
}

pub(crate) fn ca_pem() -> &'static str {
    &Authority::trusted().pem
}

/// How connections of a TLS listener are met.
#[derive(Clone)]
pub(crate) enum Greeting {
    Handshake(Arc<ServerConfig>),
    /// Bytes that answer the ClientHello; none for silence.
    Bytes(Vec<u8>),
}

pub(crate) struct Identity {
    pub greeting: Greeting,
    pub spki_sha256: String,
}

impl Identity {
    pub fn new(kind: TlsKind, http2: bool) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let spki = digest::digest(&digest::SHA256, &key.subject_public_key_info());
        let greeting = match kind {
            TlsKind::RefusesVersion => Greeting::Bytes(protocol_version_alert()),
            TlsKind::Tls11 => Greeting::Bytes(server_hello_1_1()),
            TlsKind::Silent => Greeting::Bytes(Vec::new()),
            _ => Greeting::Handshake(Arc::new(server_config(kind, http2, &key))),
        };
        Identity { greeting, spki_sha256: BASE64_STANDARD.encode(spki) }
    }
}

fn server_config(kind: TlsKind, http2: bool, key: &KeyPair) -> ServerConfig {
    let versions: &[_] = match kind {
        TlsKind::Tls12Only => &[&TLS12],
        TlsKind::Tls13Only => &[&TLS13],
        _ => &[&TLS12, &TLS13],
    };
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate(kind, key)], private)
        .expect("a certificate that fits its key");
    config.alpn_protocols = match http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    config
}

fn certificate(kind: TlsKind, key: &KeyPair) -> CertificateDer<'static> {
    let names: &[&str] = match kind {
        TlsKind::WrongHost => &["elsewhere.test"],
        _ => &[
            "localhost",
            "127.0.0.1",
            "::1",
            "ferry.test",
            "*.ferry.test",
            // The names in the samples of the API's documentation.
            "example.com",
            "example.weixin.qq.com",
        ],
    };
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut params = CertificateParams::new(names).expect("host names");
    params.distinguished_name.push(DnType::CommonName, "Ferry Test Server");
    let now = OffsetDateTime::now_utc();
    let (from, to) = match kind {
        TlsKind::Expired => (-30, -1),
        TlsKind::NotYetValid => (1, 30),
        _ => (-1, 30),
    };
    params.not_before = now + Duration::days(from);
    params.not_after = now + Duration::days(to);
    let signed = match kind {
        TlsKind::SelfSigned => params.self_signed(key),
        TlsKind::UnknownCa => params.signed_by(key, &Authority::new("Somebody").issuer),
        _ => params.signed_by(key, &Authority::trusted().issuer),
    };
    signed.expect("a certificate").der().clone()
}

fn protocol_version_alert() -> Vec<u8> {
    const FATAL: u8 = 2;
    const PROTOCOL_VERSION: u8 = 70;
    vec![21, 3, 1, 0, 2, FATAL, PROTOCOL_VERSION]
}

fn server_hello_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([0x5a; 32]);
    // No session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0xc0, 0x13, 0]);
    // renegotiation_info, without which some clients complain of that instead of the version.
    hello.extend([0, 5, 0xff, 0x01, 0, 1, 0]);
    let length = hello.len() as u8;
    let mut record = vec![22, 3, 2, 0, length + 4, 2, 0, 0, length];
    record.extend(hello);
    record
}

/// Reads the ClientHello, answers with `greeting`, and waits until the client goes.
pub(crate) fn greet(mut socket: &TcpStream, greeting: &[u8]) -> std::io::Result<()> {
    let mut header = [0; 5];
    socket.read_exact(&mut header)?;
    let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    socket.read_exact(&mut hello)?;
    socket.write_all(greeting)?;
    while socket.read(&mut hello)? > 0 {}
    Ok(())
}
