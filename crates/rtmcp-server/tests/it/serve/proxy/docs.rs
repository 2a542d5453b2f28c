//! `docs/proxy.md` names the routes that there are, and its example configuration can be read.

use std::{fs, path::Path};

use rtmcp_server::serve::{Limits, PROXY_ROUTES};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxy.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_route_is_documented_and_no_other() {
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented = rows
        .filter_map(|row| row.split_once("` |"))
        .map(|(route, _)| route);
    let documented: Vec<_> = documented.filter(|it| it.contains(" /v1/")).collect();
    let routes = PROXY_ROUTES.iter();
    let routes: Vec<_> = routes
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    assert_eq!(documented, routes);
}

#[test]
fn the_limits_are_those_that_hold() {
    let limits = Limits::default();
    let said = format!(
        "{} sessions and calls from one address, {} in all",
        limits.proxied_per_peer, limits.proxied
    );
    let words: Vec<_> = page().split_whitespace().map(str::to_owned).collect();
    assert!(words.join(" ").contains(&said), "{said}");
}

#[test]
fn the_configurations_of_the_page_can_be_read() {
    let page = page();
    let blocks = page.split("```toml\n").skip(1);
    let blocks: Vec<_> = blocks.map(|it| it.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        // The environment of a test has no such keys.
        let block = block
            .replace("RTMCP_PROXY_KEY", "PATH")
            .replace("OPENAI_API_KEY", "PATH");
        let config = rtmcp::Config::from_toml(&block).unwrap();
        assert!(config.proxy.is_some(), "{block}");
    }
}
