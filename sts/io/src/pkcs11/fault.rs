//! Why a token cannot be used.

use crate::files::FileFault;
use cryptoki::error::{Error, RvError};

/// A token cannot be used: what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The library of its maker.
    #[error(
        "the PKCS #11 module {module} cannot be loaded: {cause}\n    help: module names the library of the token's maker, such as /usr/lib/softhsm/libsofthsm2.so"
    )]
    Module {
        /// Its path.
        module: String,
        /// Why.
        cause: String,
    },
    /// The file of the PIN.
    #[error(transparent)]
    File(#[from] FileFault),
    /// It does not let us in: nothing changes by waiting.
    #[error("the token {token} cannot be used: {cause}\n    help: {help}")]
    Refused {
        /// Its label.
        token: String,
        /// Why.
        cause: String,
        /// What to do.
        help: &'static str,
    },
    /// It is away, or does not answer.
    #[error("the token {token} does not answer: {cause}")]
    Unavailable {
        /// Its label.
        token: String,
        /// Why.
        cause: String,
    },
    /// What it said of what it was asked to do.
    #[error("{0}")]
    Work(Error),
}

/// Whether an error may lie in the session or the device rather than in what was asked.
pub(super) const fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::SessionCount
                | RvError::DeviceError
                | RvError::DeviceMemory
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::TokenNotRecognized
                | RvError::SlotIdInvalid
                | RvError::UserNotLoggedIn
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::HostMemory
                | RvError::OperationActive
                | RvError::CryptokiNotInitialized,
            _,
        )
    )
}
