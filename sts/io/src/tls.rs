//! TLS: one provider, public roots or the certificates that were given.

use crate::files::{self, FileFault};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::Path;
use std::sync::Arc;

/// Certificates or keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileFault),
    /// A file holds no usable PEM.
    #[error("{path} holds no usable {what}")]
    Pem {
        /// The file.
        path: String,
        /// Certificate or private key.
        what: &'static str,
    },
    /// The library refuses them together.
    #[error("the certificate and key are not usable: {0}")]
    Rustls(#[from] rustls::Error),
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Verifies servers with the public roots, or only with those of `ca_file`.
///
/// # Errors
/// [`TlsFault`].
pub fn client(ca_file: Option<&Path>) -> Result<ClientConfig, TlsFault> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate)?;
            }
        }
    }
    let config =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Serves with a certificate chain and its key, read from files.
///
/// # Errors
/// [`TlsFault`].
pub fn server(cert_file: &Path, key_file: &Path) -> Result<Arc<ServerConfig>, TlsFault> {
    let chain = certificates(cert_file)?;
    let key = files::read(key_file)?;
    let key =
        PrivateKeyDer::from_pem_slice(&key).map_err(|_| pem_fault(key_file, "private key"))?;
    let config =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let pem = files::read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(pem_fault(path, "certificate")),
    }
}

fn pem_fault(path: &Path, what: &'static str) -> TlsFault {
    TlsFault::Pem { path: path.display().to_string(), what }
}
