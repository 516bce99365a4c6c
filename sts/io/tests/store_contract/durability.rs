//! What PostgreSQL confirmed must stay; with a standby that never answers nothing is confirmed.

use super::database::{Database, until_it_waits};
use super::rows::plain;
use sts_core::intent::Verdict;
use sts_core::ports::{Store as _, Unavailable};
use sts_io::store::{PostgresFault, PostgresSettings, PostgresStore};
use tokio_postgres::Client;

/// How the database of this connection waits for its standby from the next session on.
async fn commits(operator: &Client, how: &str) {
    let alter = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {how}', current_database()); END $$"
    );
    // This session's own commits wait for nobody.
    operator.batch_execute("SET synchronous_commit = local").await.unwrap();
    operator.batch_execute(&alter).await.unwrap();
}

fn in_production(database: &Database) -> PostgresSettings {
    PostgresSettings { development: false, ..database.settings.clone() }
}

#[tokio::test]
async fn a_database_that_may_lose_what_it_confirmed_is_refused_outside_development() {
    for (database, said) in [
        (Database::create().await, "fsync is off"),
        (Database::create_durable().await, "synchronous_commit is local"),
    ] {
        let refused = PostgresStore::open(in_production(&database)).await.map(drop).unwrap_err();
        assert!(matches!(refused.cause, PostgresFault::NotDurable(_)), "{refused}");
        let text = refused.to_string();
        assert!(text.contains(said) && text.contains("set synchronous_standby_names"), "{text}");
        drop(database.open().await);
    }
}

#[tokio::test]
async fn a_database_with_a_synchronous_standby_is_taken_and_each_write_waits_for_it() {
    let database = Database::create_durable().await;
    drop(database.open().await);
    let operator = database.connect().await;
    commits(&operator, "on").await;
    let store = PostgresStore::open(in_production(&database)).await.unwrap();
    let waiting = store.record(plain("not on two disks"));
    assert!(matches!(waiting.await, Err(Unavailable(_))), "what no standby has is not confirmed");
}

/// PostgreSQL calls that a success, with a warning.
#[tokio::test]
async fn a_commit_whose_wait_for_the_standby_is_cancelled_is_not_confirmed() {
    let database = Database::create_durable().await;
    drop(database.open().await);
    let operator = database.connect().await;
    commits(&operator, "on").await;
    let store = PostgresStore::open(in_production(&database)).await.unwrap();
    let cancelling = async {
        until_it_waits(&operator, "wait_event = 'SyncRep'").await;
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'sts'";
        operator.batch_execute(cancel).await.unwrap();
    };
    let (verdict, ()) = tokio::join!(store.record(plain("on one disk")), cancelling);
    let Err(Unavailable(said)) = verdict else { panic!("{verdict:?}") };
    assert!(said.contains("was not confirmed by the standby"), "{said}");
    commits(&operator, "local").await;
    drop(store);
    let store = database.open().await;
    assert_eq!(store.record(plain("next")).await.unwrap(), Verdict::Kept { index: 1 });
}
