//! The certificate of the public listener, read again when its files are replaced.

use crate::config::TlsFiles;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use sts_io::files::{self, FileVersion};
use sts_io::tls::{TlsFault, server};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Pause between two looks at the files.
const LOOK_PAUSE: Duration = Duration::from_secs(10);

/// A certificate that follows its files.
pub(crate) struct ReloadingTls {
    cert_file: PathBuf,
    key_file: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
}

impl ReloadingTls {
    /// Reads the files.
    ///
    /// # Errors
    /// They cannot be used.
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, TlsFault> {
        let config = server(&files.cert_file, &files.key_file)?;
        Ok(Self {
            cert_file: files.cert_file.clone(),
            key_file: files.key_file.clone(),
            acceptor: RwLock::new(TlsAcceptor::from(config)),
        })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone();
        acceptor.accept(stream).await.ok()
    }

    /// Follows the files until the future is dropped. A pair that does not fit,
    /// as while it is being replaced, leaves the old one in force.
    pub(crate) async fn follow(&self) {
        let mut seen = self.version();
        let mut ticks = tokio::time::interval(LOOK_PAUSE);
        loop {
            ticks.tick().await;
            let found = self.version();
            if found == seen {
                continue;
            }
            match server(&self.cert_file, &self.key_file) {
                Ok(config) => {
                    *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) =
                        TlsAcceptor::from(config);
                    seen = found;
                    tracing::info!("the certificate was replaced");
                }
                Err(fault) => {
                    tracing::error!(%fault, "the new certificate cannot be used: the old one stays")
                }
            }
        }
    }

    fn version(&self) -> [Option<FileVersion>; 2] {
        [files::version(&self.cert_file), files::version(&self.key_file)]
    }
}
