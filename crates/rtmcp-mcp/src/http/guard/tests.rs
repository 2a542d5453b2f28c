//! What a guard lets through, at the URL and where its name leads.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::net::TcpListener;

use super::*;

fn guard(allow: &[&str]) -> Guard {
    Guard::strangers(AllowList::new(allow).unwrap())
}

fn verdict(guard: &Guard, url: &str) -> Option<String> {
    let checked = guard.check(&url.parse().unwrap());
    checked.err().map(|it| it.to_string())
}

#[test]
fn a_stranger_may_name_the_public_web_and_nothing_else() {
    let strict = guard(&[]);
    for url in [
        "https://mcp.example.com/mcp",
        "https://mcp.example.com:8443/mcp",
        "https://8.8.8.8/mcp",
    ] {
        assert_eq!(verdict(&strict, url), None, "{url}");
    }
    for (url, words) in [
        ("http://mcp.example.com/mcp", "must begin with https://"),
        ("ftp://mcp.example.com/mcp", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        (
            "https://me:secret@mcp.example.com/",
            "send them as a header",
        ),
        (
            "https://mcp.example.com:22/mcp",
            "port 22 isn't one of the web",
        ),
        ("https://mcp.example.com:6379/", "port 6379 isn't"),
        (
            "https://127.0.0.1/mcp",
            "`127.0.0.1` is this machine itself",
        ),
        // The ways of writing an address that browsers know.
        ("https://2130706433/", "this machine itself"),
        ("https://0x7f.1/", "this machine itself"),
        ("https://0177.0.0.1/", "this machine itself"),
        ("https://[::ffff:7f00:1]/", "this machine itself"),
        ("https://10.0.0.1/mcp", "a private network"),
        ("https://169.254.169.254/latest/", "clouds keep secrets"),
        ("https://[64:ff9b::a9fe:a9fe]/", "clouds keep secrets"),
        ("https://[fd00:ec2::254]/", "a private network"),
    ] {
        let said = verdict(&strict, url).unwrap_or_else(|| panic!("{url} is let through"));
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("secret@"), "{said}");
    }
}

#[test]
fn the_owner_trusts_what_he_wrote_and_not_what_is_named_there() {
    let owner = Guard::owner(AllowList::new(["10.9.0.0/16"]).unwrap());
    let far: Url = "http://10.0.0.1:8091/mcp".parse().unwrap();
    assert!(owner.check(&far).is_ok());
    let named = owner.named_by(&far);
    assert!(verdict(&named, "http://10.0.0.1:9000/").is_some());
    assert_eq!(verdict(&named, "http://10.9.0.1:9000/"), None);
    assert!(verdict(&named, "http://127.0.0.1:9000/").is_some());
    assert_eq!(verdict(&named, "https://login.example.com/"), None);
    // Who tries things on one machine has all of them there.
    let near = owner.named_by(&"http://127.0.0.1:8091/mcp".parse().unwrap());
    assert_eq!(verdict(&near, "http://localhost:9000/"), None);
    // A stranger's server on this machine is none of the owner's.
    let page = guard(&["127.0.0.1:8091"]).named_by(&"http://127.0.0.1:8091/".parse().unwrap());
    assert!(verdict(&page, "http://127.0.0.1:9000/").is_some());
}

#[test]
fn the_list_lets_hosts_networks_and_ports_through() {
    let listed = guard(&[
        "mcp.example.com",
        "*.corp.example",
        "shop.example:8091",
        "10.0.0.0/8",
        "192.168.1.9:8091",
        "fd00::/8",
        "localhost",
    ]);
    for url in [
        "http://mcp.example.com:22/mcp",
        "http://MCP.example.com./mcp",
        "http://a.b.corp.example/",
        "http://shop.example:8091/",
        "http://10.255.0.1:8091/mcp",
        "http://[::ffff:10.0.0.1]/",
        "http://192.168.1.9:8091/",
        "http://[fd00::1]:80/",
        "http://localhost:8091/mcp",
        "http://127.0.0.1:8091/mcp",
        "http://[::1]:8091/mcp",
    ] {
        assert_eq!(verdict(&listed, url), None, "{url}");
    }
    for url in [
        "http://evil-mcp.example.com/",
        "http://corp.example/",
        "http://evilcorp.example/",
        "http://shop.example:8092/",
        "http://11.0.0.1/",
        "http://192.168.1.9:22/",
        "http://169.254.169.254/",
        "http://localhost.evil.example/",
    ] {
        assert!(verdict(&listed, url).is_some(), "{url}");
    }
}

#[test]
fn a_port_on_the_list_opens_no_other_port() {
    let listed = guard(&["shop.example:8091", "*.corp.example:8091", "localhost:8091"]);
    // Each may lead into a private network.
    for (url, expected) in [
        ("https://shop.example:8091/", true),
        ("https://shop.example/", false),
        ("https://shop.example:9443/", false),
        ("https://wiki.corp.example/", false),
        ("https://localhost:9443/", false),
        ("https://other.example/", true),
    ] {
        let said = verdict(&listed, url);
        assert_eq!(said.is_none(), expected, "{url}: {said:?}");
        let words = said.unwrap_or_else(|| "at another port".to_owned());
        assert!(words.contains("at another port"), "{words}");
    }
    let list = AllowList::new(["10.1.2.3:8091"]).unwrap();
    assert!(!list.admits("evil.example", "10.1.2.3".parse().unwrap()));
}

#[test]
fn a_name_leads_only_where_it_may() {
    let list = AllowList::new(["wiki.corp.example", "10.0.0.0/8", "localhost"]).unwrap();
    for (name, address, expected) in [
        ("evil.example", "8.8.8.8", true),
        ("evil.example", "127.0.0.1", false),
        ("evil.example", "192.168.0.1", false),
        ("evil.example", "10.1.1.1", true),
        ("wiki.corp.example", "192.168.0.1", true),
        ("wiki.corp.example", "169.254.169.254", false),
        ("wiki.corp.example", "168.63.129.16", false),
        ("localhost", "127.0.0.1", true),
        ("localhost", "::1", true),
        ("localhost", "192.168.0.1", false),
    ] {
        let admitted = list.admits(name, address.parse().unwrap());
        assert_eq!(admitted, expected, "{name} at {address}");
    }
}

/// A client whose names are looked up by a name server of an attacker's.
fn client(allow: &[&str], lookup: resolver::Lookup) -> reqwest::Client {
    let allow = Arc::new(AllowList::new(allow).unwrap());
    let resolver = Resolver::with(allow, lookup);
    let builder = reqwest::Client::builder().no_proxy();
    builder.dns_resolver(Arc::new(resolver)).build().unwrap()
}

fn answers(all: Vec<&'static str>) -> (resolver::Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lookup = move |_| {
        let time = counter.fetch_add(1, Ordering::Relaxed);
        let found = all.get(time).or(all.last()).copied().unwrap_or_default();
        let found = found.split(' ').map(|it| it.parse().unwrap());
        let found: io::Result<Vec<IpAddr>> = Ok(found.collect());
        Box::pin(std::future::ready(found)) as futures_util::future::BoxFuture<'_, _>
    };
    (Arc::new(lookup), asked)
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://rebind.example:{port}/");
    // Public when it is checked, this machine when it is connected to, if it were asked again.
    let (lookup, asked) = answers(vec!["127.0.0.1"]);
    let error = client(&[], lookup).get(&url).send().await.unwrap_err();
    let said = forbidden(&error).unwrap().to_string();
    assert!(
        said.contains("`rebind.example` leads to this machine"),
        "{said}"
    );
    assert!(!said.contains("127.0.0.1"), "{said}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // Nobody knocked.
    let knock = std::future::poll_fn(|cx| std::task::Poll::Ready(listener.poll_accept(cx)));
    assert!(knock.await.is_pending());
}

#[tokio::test]
async fn what_is_checked_is_what_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // Of two addresses only the allowed one is tried, and the name is asked for once.
    let (lookup, asked) = answers(vec!["192.168.255.255 127.0.0.1", "169.254.169.254"]);
    let client = client(&["127.0.0.0/8"], lookup);
    let request = client.get(format!("http://two.example:{port}/")).send();
    let accepted = async {
        let (stream, _) = listener.accept().await.unwrap();
        stream.peer_addr().unwrap().ip()
    };
    let peer = tokio::select! {
        peer = accepted => peer,
        end = request => panic!("{end:?}"),
    };
    assert!(peer.is_loopback());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
