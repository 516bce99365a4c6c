//! Logging in. A token locks after a few wrong PINs, so that one is tried once
//! by a process, and never when it would be the last that the token takes.

use super::{TokenFault, TokenSettings};
use crate::files;
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use sts_jose::sha256;
use zeroize::Zeroizing;

/// The hash of a PIN that the token refused; in memory only.
pub(super) type RefusedPin = Option<[u8; 32]>;

/// Logs the process in, unless it is.
pub(super) fn log_in(
    module: &Pkcs11,
    settings: &TokenSettings,
    session: &Session,
    refused: &mut RefusedPin,
) -> Result<(), TokenFault> {
    let TokenSettings { token, pin_file, .. } = settings;
    let unavailable =
        |error: Error| TokenFault::Unavailable { token: token.clone(), cause: error.to_string() };
    let fault = |cause: &str, help: &'static str| TokenFault::Refused {
        token: token.clone(),
        cause: cause.to_owned(),
        help,
    };
    let slot = session.get_session_info().map_err(unavailable)?.slot_id();
    let info = module.get_token_info(slot).map_err(unavailable)?;
    if !info.login_required() {
        return Ok(());
    }
    if info.user_pin_locked() {
        return Err(fault("its PIN is locked", "unlock it as its security officer"));
    }
    if info.user_pin_final_try() {
        let help = "log in once by hand with the right PIN, and put it into pin_file; it is not tried before";
        return Err(fault("one more wrong PIN would lock it", help));
    }
    if files::mode(pin_file)? & 0o077 != 0 {
        let cause = format!("its PIN in {} can be read by others", pin_file.display());
        return Err(fault(&cause, "chmod 600 that file"));
    }
    let text = Zeroizing::new(files::read_text(pin_file)?);
    let pin = text.trim_end_matches(['\r', '\n']);
    let hash = sha256(pin.as_bytes());
    let wrong = |again: bool| {
        let again = if again { ", and is not tried again" } else { "" };
        let cause = format!("the PIN in {} is wrong{again}", pin_file.display());
        fault(&cause, "write the right PIN into that file; a token locks after a few wrong ones")
    };
    if *refused == Some(hash) {
        return Err(wrong(true));
    }
    match session.login(UserType::User, Some(&AuthPin::new(pin.to_owned().into_boxed_str()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
            _,
        )) => {
            *refused = Some(hash);
            Err(wrong(false))
        }
        Err(Error::Pkcs11(RvError::PinLocked, _)) => {
            Err(fault("its PIN is locked", "unlock it as its security officer"))
        }
        Err(error) => Err(unavailable(error)),
    }
}
