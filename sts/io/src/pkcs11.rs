//! A PKCS #11 token: a few sessions are kept, and every call runs on a thread
//! of its own kind within a bound of time.

mod fault;
mod login;
mod module;

pub use fault::TokenFault;

use crate::limits::{TOKEN_SESSIONS_MAX, TOKEN_TIME_MAX};
use cryptoki::error::Error;
use cryptoki::session::Session;
use fault::is_lost;
use module::Module;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Where a token is, and how to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// The library of its maker.
    pub module: PathBuf,
    /// Its label.
    pub token: String,
    /// Holds the PIN of its user; read when somebody logs in.
    pub pin_file: PathBuf,
}

/// A token that is logged in to when it is first used.
pub(crate) struct Token {
    settings: TokenSettings,
    module: Arc<Module>,
    /// Each call takes one: a token that hangs holds that many threads, and no more.
    permits: Arc<Semaphore>,
}

/// Ends the process with this code where a module was loaded, once its calls
/// are over, and returns where none was; the last thing that a process does.
/// A module that hangs is waited for within [`TOKEN_TIME_MAX`]. What modules do
/// when a process exits (in destructors of theirs) is not run: that has taken
/// processes down that had done their work.
pub fn end(code: u8) {
    let (over, ended) = std::sync::mpsc::channel();
    // Nobody waits any more when it took too long.
    let end = move || over.send(module::end_all()).ok();
    if std::thread::Builder::new().name("pkcs11".into()).spawn(end).is_ok()
        && ended.recv_timeout(TOKEN_TIME_MAX).unwrap_or(true)
    {
        signal_hook::low_level::exit(code.into());
    }
}

impl Token {
    /// Loads the module; the token may be away.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub(crate) fn open(settings: &TokenSettings) -> Result<Arc<Self>, TokenFault> {
        let module = module::load(&settings.module)?;
        let permits = Arc::new(Semaphore::new(TOKEN_SESSIONS_MAX));
        Ok(Arc::new(Self { settings: settings.clone(), module, permits }))
    }

    /// Runs work in a session that is logged in. It is not tried again; after
    /// a fault that may lie in session or token, the next call begins anew.
    ///
    /// # Errors
    /// [`TokenFault`]; within [`TOKEN_TIME_MAX`].
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, TokenFault> {
        self.run_within(TOKEN_TIME_MAX, work).await
    }

    /// The same within another time.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub(crate) async fn run_within<T: Send + 'static>(
        self: &Arc<Self>,
        time_max: Duration,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, TokenFault> {
        let token = Arc::clone(self);
        let answer = async move {
            let permit = Arc::clone(&token.permits).acquire_owned().await;
            let running = tokio::task::spawn_blocking(move || {
                let outcome = token.run_now(work);
                drop(permit);
                outcome
            });
            running.await
        };
        match tokio::time::timeout(time_max, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(self.unavailable("the call was abandoned")),
            Err(_) => Err(self.unavailable("it took too long")),
        }
    }

    fn run_now<T>(&self, work: impl FnOnce(&Session) -> Result<T, Error>) -> Result<T, TokenFault> {
        let lent = self.module.session(&self.settings)?;
        let Some(session) = lent.get() else {
            return Err(self.unavailable("its session is closed"));
        };
        match work(session) {
            Ok(value) => {
                lent.give_back();
                Ok(value)
            }
            Err(error) if is_lost(&error) => {
                self.module.distrust();
                Err(self.unavailable(&error.to_string()))
            }
            Err(error) => Err(TokenFault::Work(error)),
        }
    }

    /// The next call begins anew: what the token must hold is not there.
    pub(crate) fn distrust(&self) {
        self.module.distrust();
    }

    fn unavailable(&self, cause: &str) -> TokenFault {
        let token = self.settings.token.clone();
        TokenFault::Unavailable { token, cause: cause.to_owned() }
    }
}
