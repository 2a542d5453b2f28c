//! The sealed files.

use std::time::Duration;

use super::*;

fn key(person: Option<&str>) -> TokenKey {
    TokenKey {
        server: "https://crm.example/mcp".to_owned(),
        person: person.map(str::to_owned),
    }
}

fn store(folder: &Path) -> FileStore {
    let seal = StoreKey::file(&folder.join("key")).unwrap();
    FileStore::new(folder.join("tokens"), seal).unwrap()
}

#[tokio::test]
async fn what_is_kept_comes_back_and_nobody_else_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    assert_eq!(first.load(&key(None)).await.unwrap(), None);
    let secret = Private::from("the-refresh-token");
    first.save(&key(None), secret.clone()).await.unwrap();
    first
        .save(&key(Some("ann")), Private::from("ann's"))
        .await
        .unwrap();

    let second = store(folder.path());
    assert_eq!(second.load(&key(None)).await.unwrap(), Some(secret));
    assert_eq!(second.load(&key(Some(""))).await.unwrap(), None);
    for entry in fs::read_dir(folder.path().join("tokens")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read(&path).unwrap();
        assert!(
            !String::from_utf8_lossy(&text).contains("token"),
            "{path:?}"
        );
        #[cfg(unix)]
        assert_eq!(check_private(&path), Ok(()));
    }
    assert!(
        !format!("{second:?} {:?}", second.0.key)
            .contains(&fs::read_to_string(folder.path().join("key")).unwrap())
    );
}

#[tokio::test]
async fn another_key_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    first.save(&key(None), Private::from("x")).await.unwrap();
    let other = StoreKey::parse(&Private::new("ab".repeat(32))).unwrap();
    let other = FileStore::new(folder.path().join("tokens"), other).unwrap();
    let error = other.load(&key(None)).await.unwrap_err().to_string();
    assert!(error.contains("sign in again"), "{error}");
}

#[tokio::test]
async fn one_at_a_time_refreshes_also_over_two_stores_of_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (store(folder.path()), store(folder.path()));
    let lease = first.lease(&key(None)).await.unwrap();
    let other = first.lease(&key(Some("ann"))).await.unwrap();
    let (mine, wanted) = (key(None), second.clone());
    let waiting = tokio::spawn(async move { wanted.lease(&mine).await.unwrap() });
    let early = tokio::time::timeout(Duration::from_millis(50), async {
        while !waiting.is_finished() {
            tokio::task::yield_now().await;
        }
    });
    assert!(early.await.is_err());
    drop((lease, other));
    drop(waiting.await.unwrap());
}

#[test]
fn a_key_is_32_bytes() {
    let parse = |text: &str| StoreKey::parse(&Private::from(text));
    assert!(parse(&"0f".repeat(32)).is_ok());
    assert!(parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").is_ok());
    for wrong in ["", "secret", &"0g".repeat(32), "AAAA", &"é".repeat(32)] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    StoreKey::file(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = StoreKey::file(&path).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}
