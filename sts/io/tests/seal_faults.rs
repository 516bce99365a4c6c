//! Key-encryption keys behind an API: whatever it answers, or when it does
//! not, the fault says what, where and what to do, and comes within a bound.

#[cfg(test)]
mod seal_faults {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use sts_io::entropy::SystemEntropy;
    use sts_io::files;
    use sts_io::seal::{
        AwsKmsSettings, KeySettings, Seal, SealFault, SealSettings, TransitSettings,
    };
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use url::Url;

    /// Answers every request alike, or never; counts them.
    async fn server(answer: Option<(u16, String)>) -> (Url, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = vec![0; 65_536];
                let _read = stream.read(&mut head).await;
                counted.fetch_add(1, Ordering::SeqCst);
                if let Some((status, body)) = &answer {
                    let length = body.len();
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
                    let _sent = stream.write_all((head + body).as_bytes()).await;
                } else {
                    open.push(stream);
                }
            }
        });
        (url, count)
    }

    fn transit(folder: &Path, url: Url) -> KeySettings {
        let token_file = folder.join("token");
        let settings = TransitSettings {
            url,
            mount: "transit".into(),
            key: "sts".into(),
            token_file,
            ca_file: None,
        };
        KeySettings::Transit(settings)
    }

    fn aws_kms(folder: &Path, endpoint: Url) -> KeySettings {
        KeySettings::AwsKms(AwsKmsSettings {
            key_id: "alias/sts".into(),
            region: "eu-central-1".into(),
            endpoint,
            credentials_file: Some(folder.join("credentials")),
            ca_file: None,
        })
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = B\n";
        files::write(&folder.path().join("credentials"), credentials.as_bytes(), 0o600).unwrap();
        files::write(&folder.path().join("token"), b"s.token\n", 0o600).unwrap();
        folder
    }

    async fn fault(key: KeySettings) -> SealFault {
        let settings = SealSettings { key, previous: None };
        let entropy = Arc::new(SystemEntropy::default());
        let seal = Seal::open_keys(&settings, "test", &[vec![1, 2]], entropy).await.unwrap();
        seal.seal("the signing key x", b"unsealed").await.unwrap_err()
    }

    fn assert_tells(fault: &SealFault, outage: bool, parts: &[&str]) {
        let told = fault.to_string();
        assert_eq!(fault.is_outage(), outage, "{told}");
        for part in parts.iter().chain(&["help: "]) {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("s.token") && !told.contains("unsealed"), "{told}");
    }

    #[tokio::test]
    async fn what_transit_answers_is_told_and_asked_once() {
        let folder = folder();
        let errors = |text: &str| format!(r#"{{"errors":["{text}"]}}"#);
        for (status, body, outage, told) in [
            (403, errors("permission denied"), false, "403 permission denied"),
            (404, errors("no handler for route"), false, "seal.mount and seal.key"),
            (400, errors("encryption key not found"), false, "encryption key not found"),
            (503, errors("Vault is sealed"), true, "503 Vault is sealed"),
            (429, String::new(), true, "429"),
            (500, errors("internal error"), true, "500 internal error"),
            (301, String::new(), true, "301"),
            (200, "not json".into(), true, "its answer cannot be read"),
            (200, r#"{"data":{"plaintext":"x"}}"#.into(), true, "its answer cannot be read"),
            (200, "x".repeat(200_000), true, "larger than"),
        ] {
            let (url, count) = server(Some((status, body))).await;
            let fault = fault(transit(folder.path(), url.clone())).await;
            assert_tells(&fault, outage, &["transit key transit/sts at", url.as_str(), told]);
            assert_eq!(count.load(Ordering::SeqCst), 1, "a fault is told, not tried again");
        }
    }

    #[tokio::test]
    async fn what_kms_answers_is_told_and_asked_once() {
        let folder = folder();
        let error =
            |kind: &str| format!(r#"{{"__type":"com.amazonaws.kms#{kind}","message":"m"}}"#);
        for (status, body, outage, told) in [
            (400, error("AccessDeniedException"), false, "kms:Encrypt and kms:Decrypt"),
            (400, error("UnrecognizedClientException"), false, "UnrecognizedClientException m"),
            (400, error("NotFoundException"), false, "seal.key_id and seal.region"),
            (400, error("DisabledException"), false, "enabled symmetric key"),
            (400, error("ThrottlingException"), true, "ThrottlingException m"),
            (500, error("KMSInternalException"), true, "KMSInternalException m"),
            (503, String::new(), true, "503"),
            (200, r#"{"CiphertextBlob":"%%"}"#.into(), true, "its answer cannot be read"),
        ] {
            let (url, count) = server(Some((status, body))).await;
            let fault = fault(aws_kms(folder.path(), url)).await;
            assert_tells(&fault, outage, &["AWS KMS key alias/sts in eu-central-1", told]);
            assert_eq!(count.load(Ordering::SeqCst), 1, "a fault is told, not tried again");
        }
    }

    #[tokio::test]
    async fn a_key_that_seals_and_cannot_open_is_found_out_at_once() {
        let folder = folder();
        let body = r#"{"data":{"ciphertext":"vault:v1:x","plaintext":"b3RoZXI="}}"#;
        let (url, _) = server(Some((200, body.into()))).await;
        let fault = fault(transit(folder.path(), url)).await;
        assert!(matches!(fault, SealFault::Corrupt { .. }), "{fault}");
    }

    #[tokio::test]
    async fn a_key_service_that_hangs_or_is_gone_is_an_outage_within_the_bound() {
        let folder = folder();
        let (silent, _) = server(None).await;
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let gone = Url::parse(&format!("http://{gone}/")).unwrap();
        let [one, two] = [transit, aws_kms].map(|kind| kind(folder.path(), silent.clone()));
        let (one, two) = tokio::join!(fault(one), fault(two));
        for fault in [one, two] {
            assert_tells(&fault, true, &["it took too long"]);
        }
        for kind in [transit, aws_kms] {
            assert_tells(&fault(kind(folder.path(), gone.clone())).await, true, &["refused"]);
        }
    }

    #[tokio::test]
    async fn missing_credentials_are_named() {
        let folder = folder();
        let (url, count) = server(None).await;
        let key = aws_kms(folder.path(), url.clone());
        files::write(&folder.path().join("credentials"), b"[default]\n", 0o600).unwrap();
        assert_tells(
            &fault(key).await,
            false,
            &["credentials under [default]", "seal.credentials_file"],
        );
        files::remove(&folder.path().join("token")).unwrap();
        let fault = fault(transit(folder.path(), url)).await;
        assert!(fault.to_string().contains("cannot read") && !fault.is_outage(), "{fault}");
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }
}
