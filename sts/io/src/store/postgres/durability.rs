//! Whether what the database confirms stays, also when a machine is lost.

use super::fault::PostgresFault;
use tokio_postgres::Client;

/// Whether it takes writes, and keeps what it confirms on two machines.
///
/// # Errors
/// [`PostgresFault::Standby`]; [`PostgresFault::NotDurable`], which is only
/// warned of in development.
pub(super) async fn check(client: &Client, development: bool) -> Result<(), PostgresFault> {
    let row = client
        .query_one(
            "SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names'),
                    current_setting('synchronous_commit'), current_setting('fsync')",
            &[],
        )
        .await?;
    if row.try_get(0)? {
        return Err(PostgresFault::Standby);
    }
    let (standbys, commit, fsync) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let Some(weakness) = weakness(standbys, commit, fsync) else {
        return Ok(());
    };
    if !development {
        return Err(PostgresFault::NotDurable(weakness));
    }
    tracing::warn!(
        weakness,
        "the database may lose what it confirmed: refused outside development"
    );
    Ok(())
}

fn weakness(standbys: &str, commit: &str, fsync: &str) -> Option<String> {
    // `local` and `remote_write` answer before a second disk has it.
    if !matches!(commit, "on" | "remote_apply") {
        return Some(format!("synchronous_commit is {commit}"));
    }
    if fsync != "on" {
        return Some(format!("fsync is {fsync}"));
    }
    standbys.trim().is_empty().then(|| "synchronous_standby_names is empty".to_owned())
}

#[cfg(test)]
mod tests {
    use super::weakness;

    #[test]
    fn a_commit_counts_when_it_is_on_two_disks_and_not_before() {
        assert_eq!(weakness("standby", "on", "on"), None);
        assert_eq!(weakness("ANY 1 (a, b)", "remote_apply", "on"), None);
        for (standbys, commit, fsync) in [
            ("", "on", "on"),
            (" ", "on", "on"),
            ("standby", "off", "on"),
            ("standby", "local", "on"),
            ("standby", "remote_write", "on"),
            ("standby", "on", "off"),
        ] {
            assert!(weakness(standbys, commit, fsync).is_some(), "{standbys} {commit} {fsync}");
        }
    }
}
