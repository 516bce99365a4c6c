//! A PostgreSQL of these tests, with a database for each of them.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use sts_io::store::{PostgresSettings, PostgresStore, PostgresTls};
use tokio_postgres::{Client, NoTls};

/// Where Debian has the programs, a folder a version.
const PROGRAMS: &str = "/usr/lib/postgresql";

struct Server {
    port: u16,
    /// Ends when its standard input does: with this process, however that ends.
    _running: Child,
}

/// The newest version's programs.
fn programs() -> PathBuf {
    let versions = PathBuf::from(PROGRAMS).read_dir().into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let newest = folders.filter(|bin| bin.join("initdb").exists()).max();
    newest.expect("these tests need PostgreSQL's programs, which conformance/run installs")
}

/// Fast, and forgetful.
const FAST: [&str; 1] = ["fsync=off"];

/// Durable, with a standby that never answers where a database wants its commits to wait for one.
const CAREFUL: [&str; 2] = ["synchronous_standby_names=nobody", "synchronous_commit=local"];

fn start(settings: &[&str]) -> Server {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/store_contract/database/server.sh");
    let mut running = Command::new("sh")
        .arg(script)
        .arg(programs())
        .arg(port.to_string())
        .args(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut told).unwrap();
    assert_eq!(told, "ready\n", "PostgreSQL does not start: why is said above");
    Server { port, _running: running }
}

/// A database of its own, that nobody else uses.
pub(super) struct Database {
    pub(super) settings: PostgresSettings,
}

impl Database {
    /// An empty one.
    pub(super) async fn create() -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Self::create_at(SERVER.get_or_init(|| start(&FAST)).port).await
    }

    /// An empty one on a server that loses nothing.
    pub(super) async fn create_durable() -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Self::create_at(SERVER.get_or_init(|| start(&CAREFUL)).port).await
    }

    async fn create_at(port: u16) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let database = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let settings = PostgresSettings {
            host: "127.0.0.1".to_owned(),
            port,
            user: "tester".to_owned(),
            database: "postgres".to_owned(),
            password_file: None,
            tls: PostgresTls::Off,
            development: true,
        };
        let all = Self { settings: settings.clone() };
        all.execute(&format!("CREATE DATABASE {database}")).await;
        Self { settings: PostgresSettings { database, ..settings } }
    }

    /// A store on it; any number of them, as replicas have.
    pub(super) async fn open(&self) -> PostgresStore {
        PostgresStore::open(self.settings.clone()).await.unwrap()
    }

    /// A connection beside the stores' own.
    pub(super) async fn connect(&self) -> Client {
        let mut config = tokio_postgres::Config::new();
        let PostgresSettings { host, port, user, database, .. } = &self.settings;
        config.host(host).port(*port).user(user).dbname(database);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Statements of an operator's.
    pub(super) async fn execute(&self, statements: &str) {
        self.connect().await.batch_execute(statements).await.unwrap();
    }
}

/// Returns once a session of a store's waits for this.
pub(super) async fn until_it_waits(operator: &Client, what: &str) {
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'sts' AND {what}"
    );
    let looking =
        async { while operator.query_one(&waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {} };
    tokio::time::timeout(Duration::from_secs(10), looking).await.expect("it waits");
}
