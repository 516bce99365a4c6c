//! The library of a token's maker: loaded once a process, with the sessions
//! that wait for their next use.

use super::login::RefusedPin;
use super::{TokenFault, TokenSettings, login};
use crate::clock;
use crate::limits::TOKEN_RENEW_PAUSE;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Modules that were loaded. One a process and not one a user of it: a second
/// `C_Initialize` fails, and a `C_Finalize` ends the sessions of all (PKCS #11 §5.4).
static LOADED: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

/// A module, and what all its users share.
pub(super) struct Module {
    path: PathBuf,
    context: Pkcs11,
    /// Locked while one logs in, so that a wrong PIN is tried once.
    shared: Mutex<Shared>,
    /// Told when a session comes back.
    returned: Condvar,
}

#[derive(Default)]
struct Shared {
    idle: BTreeMap<String, Vec<Session>>,
    refused: BTreeMap<String, RefusedPin>,
    in_use: usize,
    /// Something was lost: many modules find a token again only when they begin anew.
    stale: bool,
    /// When it last began anew.
    begun: Option<Instant>,
    /// The process ends: nobody may enter any more.
    ended: bool,
}

/// Loads and initializes a module.
pub(super) fn load(path: &Path) -> Result<Arc<Module>, TokenFault> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = loaded.get(path) {
        return Ok(Arc::clone(module));
    }
    let context = Pkcs11::new(path).map_err(|error| load_fault(path, &error))?;
    let (shared, returned) = (Mutex::default(), Condvar::new());
    let module = Module { path: path.to_owned(), context, shared, returned };
    module.initialize()?;
    let module = Arc::new(module);
    loaded.insert(path.to_owned(), Arc::clone(&module));
    Ok(module)
}

/// Waits until no module has a call inside, and lets no other one in; says whether there is any.
pub(super) fn end_all() -> bool {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    for module in loaded.values() {
        let mut shared = module.shared();
        shared.ended = true;
        while shared.in_use > 0 {
            shared = module.returned.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }
    !loaded.is_empty()
}

fn load_fault(path: &Path, error: &Error) -> TokenFault {
    TokenFault::Module { module: path.display().to_string(), cause: error.to_string() }
}

impl Module {
    fn initialize(&self) -> Result<(), TokenFault> {
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match self.context.initialize(arguments) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            Err(error) => Err(load_fault(&self.path, &error)),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Each member is changed by one call: a panic elsewhere leaves it whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that is logged in. After a loss the module begins anew first,
    /// once nobody uses it: a session of before would be another's afterwards.
    pub(super) fn session(&self, settings: &TokenSettings) -> Result<Lent<'_>, TokenFault> {
        let mut shared = self.shared();
        if shared.ended {
            let cause = "the process ends".to_owned();
            return Err(TokenFault::Unavailable { token: settings.token.clone(), cause });
        }
        if shared.stale && shared.in_use == 0 {
            let now = clock::monotonic();
            let begun = shared.begun.replace(now);
            if begun.is_some_and(|begun| now.saturating_duration_since(begun) < TOKEN_RENEW_PAUSE) {
                shared.begun = begun;
                let cause = "it was away a moment ago".to_owned();
                return Err(TokenFault::Unavailable { token: settings.token.clone(), cause });
            }
            shared.idle.clear();
            // Not initialized is as good: that is what comes next.
            let _ended = self.context.clone().finalize();
            self.initialize()?;
            shared.stale = false;
        }
        let idle = shared.idle.get_mut(&settings.token).and_then(Vec::pop);
        let session = match idle {
            Some(session) => session,
            None => {
                let opened = self.log_in(settings, &mut shared);
                // Whatever it was, the next one begins anew; a wrong PIN is remembered all the same.
                opened.inspect_err(|_| shared.stale = true)?
            }
        };
        shared.in_use = shared.in_use.saturating_add(1);
        drop(shared);
        Ok(Lent { module: self, token: settings.token.clone(), session: Some(session) })
    }

    fn log_in(&self, settings: &TokenSettings, shared: &mut Shared) -> Result<Session, TokenFault> {
        let slot = self.slot(settings)?;
        let session = self.context.open_rw_session(slot).map_err(|error| {
            TokenFault::Unavailable { token: settings.token.clone(), cause: error.to_string() }
        })?;
        let refused = shared.refused.entry(settings.token.clone()).or_default();
        login::log_in(&self.context, settings, &session, refused)?;
        Ok(session)
    }

    /// What comes next begins anew.
    pub(super) fn distrust(&self) {
        self.shared().stale = true;
    }

    /// The slot that holds the token.
    fn slot(&self, settings: &TokenSettings) -> Result<Slot, TokenFault> {
        let token = &settings.token;
        let unavailable = |cause: String| TokenFault::Unavailable { token: token.clone(), cause };
        let slots = self.context.get_slots_with_initialized_token();
        let slots = slots.map_err(|error| unavailable(error.to_string()))?;
        let mut labels = Vec::new();
        let mut found = None;
        for slot in slots {
            let Ok(info) = self.context.get_token_info(slot) else { continue };
            if info.label() == token && found.replace(slot).is_some() {
                let cause = "two tokens have this label".to_owned();
                let help = "give each token of the module a label of its own";
                return Err(TokenFault::Refused { token: token.clone(), cause, help });
            }
            labels.push(info.label().to_owned());
        }
        found.ok_or_else(|| {
            let there = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
            let path = self.path.display();
            unavailable(format!("it is not there; the tokens of {path} are: {there}"))
        })
    }
}

/// A session in use; it is closed unless it is given back.
pub(super) struct Lent<'a> {
    module: &'a Module,
    token: String,
    session: Option<Session>,
}

impl Lent<'_> {
    /// The session.
    pub(super) const fn get(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Keeps it for its next use.
    pub(super) fn give_back(mut self) {
        if let Some(session) = self.session.take() {
            self.module.shared().idle.entry(self.token.clone()).or_default().push(session);
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        drop(self.session.take());
        let mut shared = self.module.shared();
        shared.in_use = shared.in_use.saturating_sub(1);
        self.module.returned.notify_all();
    }
}
