//! Configurations: what is taken, and what is answered with what to do.

use std::{net::IpAddr, time::Duration};

use rtmcp::{
    Auth, Config, Gateway, Transport,
    core::{Dialect, Nullable},
    mcp::Endpoint,
    router::{Approve, RedactFor, RedactKind, RedactRule},
};

const FULL: &str = r#"
[realtime]
url = "http://127.0.0.1:8090/v1"
model = "some-model"
transport = "websocket"
auth = "subprotocol"
reconnect = false
instructions = "You help the customers of a small shop."
voice = "marin"
transcription = "off"
connect_timeout = "2s"
wait_for_tools = "500ms"

[[mcp]]
name = "shop"
url = "http://127.0.0.1:8091/mcp"
transport = "streamable-http"
headers = { "X-Tenant" = "acme" }
allow = ["get_weather", "lookup_customer"]
approve = "writes"
timeout = "20s"

[mcp.tools.lookup_customer]
approve = "always"

[[mcp]]
name = "files"
command = ["npx", "-y", "some-server", "/data"]
env = { LANG = "C" }

[[route]]
function = "find_client"
mcp = "shop"
tool = "lookup_customer"
"#;

#[test]
fn everything_that_can_be_written_is_taken() {
    let config = Config::from_toml(FULL).unwrap();
    assert_eq!(config.realtime.model, "some-model");
    assert_eq!(config.realtime.auth, Auth::Subprotocol);
    assert!(!config.realtime.reconnect);
    assert_eq!(config.wait_for_tools, Duration::from_millis(500));
    let input = config.realtime.session.audio_input().unwrap();
    assert_eq!(input.transcription, Nullable::Absent);
    let [shop, files] = &config.router.servers[..] else {
        panic!("two servers")
    };
    assert_eq!(
        (shop.approve, shop.timeout),
        (Some(Approve::Writes), Duration::from_secs(20))
    );
    assert_eq!(shop.tools["lookup_customer"].approve, Some(Approve::Always));
    assert_eq!(files.allow, None);
    assert!(matches!(&config.servers[1].endpoint, Endpoint::Stdio { args, .. } if args.len() == 3));
    assert_eq!(config.router.routes[0].function.as_str(), "find_client");
}

#[test]
fn calls_go_over_what_is_named() {
    for (text, transport) in [
        ("", Transport::WebSocket),
        (
            "[realtime]\ntransport = \"websocket\"",
            Transport::WebSocket,
        ),
        ("[realtime]\ntransport = \"webrtc\"", Transport::WebRtc),
    ] {
        let config = Config::from_toml(text).unwrap();
        assert_eq!(config.realtime.transport, transport);
    }
}

#[test]
fn an_endpoint_speaks_what_is_named() {
    let config = Config::from_toml("").unwrap();
    assert_eq!(config.realtime.dialect, Dialect::Openai);
    for dialect in Dialect::ALL {
        let config = Config::from_toml(&format!("[realtime]\ndialect = \"{dialect}\"")).unwrap();
        assert_eq!(config.realtime.dialect, dialect);
    }
}

#[test]
fn calls_of_pages_are_answered_where_that_is_said() {
    let gateway = |text: &str| Config::from_toml(text).unwrap().realtime.gateway;
    assert_eq!(gateway(""), None);
    assert_eq!(gateway("[realtime]\ngateway = false"), None);
    let anywhere = Some(Gateway::default());
    assert_eq!(gateway("[realtime]\ngateway = true"), anywhere);
    let addresses: [IpAddr; 2] = ["203.0.113.7", "198.51.100.7"].map(|it| it.parse().unwrap());
    let named = "[realtime]\ngateway = { addresses = [\"203.0.113.7\", \"198.51.100.7\"] }";
    let named = gateway(named).unwrap();
    assert_eq!(named.addresses, addresses);
}

#[test]
fn a_gateway_is_where_pages_can_reach_it() {
    for (text, words) in [
        (
            "[realtime]\ngateway = { addresses = [\"home\"] }",
            "`home` is no address of a host",
        ),
        (
            "[realtime]\ngateway = { addresses = [\"0.0.0.0\"] }",
            "`0.0.0.0` is no address of a host",
        ),
        (
            "[realtime]\ngateway = { addresses = [\"203.0.113.7\", \"2001:db8::7\"] }",
            "all IPv4, or all IPv6",
        ),
        ("[realtime]\ngateway = 7", "line 2: "),
        (
            "[realtime]\ngateway = \"yes\"",
            "expected `true`, `false` or `{ addresses = [\"203.0.113.7\"] }`",
        ),
        (
            "[realtime]\ngateway = { adresses = [\"203.0.113.7\"] }",
            "unknown field `adresses`, expected `addresses`",
        ),
    ] {
        let error = Config::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}\n{error}");
    }
}

#[test]
fn an_empty_configuration_is_openai_without_tools() {
    let config = Config::from_toml("").unwrap();
    assert_eq!(config.realtime.url.as_str(), rtmcp::OPENAI_URL);
    assert_eq!(config.servers.len(), 0);
}

#[test]
fn secrets_come_from_files_and_never_show() {
    let folder = std::env::temp_dir().join(format!("rtmcp-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("key"), "sk-4242\n").unwrap();
    let path = folder.join("rtmcp.toml");
    std::fs::write(&path, "[realtime]\napi_key = { file = \"key\" }\n").unwrap();
    let config = Config::from_file(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        config.realtime.api_key.as_ref().unwrap().expose(),
        "sk-4242"
    );
    assert!(!format!("{config:?}").contains("4242"));
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    for (text, words) in [
        ("\n[realtime", "line 2: "),
        ("[realtime]\nurl = \"ftp://x\"", "must begin with `http://`"),
        ("[realtime]\nurl = \"nowhere\"", "is no URL"),
        ("[realtime]\nmodle = \"x\"", "unknown field `modle`"),
        (
            "[realtime]\napi_key = \"sk-4242\"",
            "doesn't stand in the file itself",
        ),
        (
            "[realtime]\napi_key = { env = \"RTMCP_NO_SUCH_KEY\" }",
            "the environment has no `RTMCP_NO_SUCH_KEY`",
        ),
        ("[realtime]\ndialect = \"beta\"", "`beta` is no dialect"),
        (
            "[realtime]\ntransport = \"pigeon\"",
            "`pigeon` is no transport",
        ),
        (
            "[realtime]\nauth = \"whisper\"",
            "`whisper` is no way to show a key",
        ),
        ("[[mcp]]\nname = \"a\"", "has neither `url` nor `command`"),
        (
            "[[mcp]]\nname = \"a\"\nurl = \"http://x/mcp\"\ncommand = [\"x\"]",
            "has both `url` and `command`",
        ),
        (
            "[[mcp]]\nname = \"a\"\nurl = \"http://x/mcp\"\ntransport = \"stdio\"",
            "doesn't go with a `url`",
        ),
        (
            "[[mcp]]\nname = \"a\"\nurl = \"http://x/mcp\"\ntimeout = \"soon\"",
            "write it like `20s`",
        ),
        (
            "[[mcp]]\nname = \"a\"\nurl = \"http://x/mcp\"\n[[mcp]]\nname = \"a\"\nurl = \"http://y/mcp\"",
            "two servers are named `a`",
        ),
        (
            "[[route]]\nfunction = \"a.b\"\nmcp = \"a\"\ntool = \"t\"",
            "can't be a function name",
        ),
        (
            "[[route]]\nfunction = \"f\"\nmcp = \"a\"\ntool = \"t\"",
            "`a`",
        ),
    ] {
        refused(text, words);
    }
}

#[test]
fn values_of_the_wrong_kind_are_answered_with_the_right_one() {
    for (text, words) in [
        (
            "[[mcp]]\nname = \"a\"\ntimeout = 20",
            "line 3: invalid type: integer `20`, expected a duration in quotes, such as `\"20s\"`",
        ),
        (
            "[[mcp]]\nname = \"a\"\nbearer = { evn = \"X4242\" }",
            "line 3: expected text in quotes, `{ env = \"NAME\" }` or `{ file = \"path\" }`",
        ),
        (
            "[mcp]\nname = \"a\"",
            "line 1: there can be several of these: write it with two brackets, `[[mcp]]`",
        ),
        (
            "[proxy]\nkeys = \"sk-4242\"",
            "line 2: invalid type: text in quotes, expected a list, such as `[\"…\"]`",
        ),
        (
            "[[mcp]]\nname = \"a\"\n[mcp.oauth]\nstore = { folder = \"t\", key = \"4242\" }",
            "expected `{ env = \"NAME\" }` or `{ file = \"path\" }`",
        ),
        ("[tools]\nbudget = -1", "expected a whole number"),
        ("[tools]\ndiscover = true", "expected a word in quotes"),
    ] {
        refused(text, words);
    }
}

/// The error says this, and nothing that is secret.
fn refused(text: &str, words: &str) {
    let error = Config::from_toml(text).unwrap_err().to_string();
    assert!(error.contains(words), "{text}\n{error}");
    assert!(!error.contains("4242"), "{error}");
}

#[test]
fn rules_for_redaction_and_results_are_taken_as_they_are_written() {
    let config = Config::from_toml(
        r#"
        [[mcp]]
        name = "crm"
        url = "http://127.0.0.1:1/mcp"
        output_tokens = 900
        image_bytes = 0
        trusted = true
        [mcp.tools.find]
        output_tokens = 300

        [[redact]]
        kind = "card"

        [[redact]]
        pattern = 'MRN-\d{8}'
        where = "logs"
        servers = ["crm"]
        tools = ["find"]
        replacement = "[patient]"
        "#,
    )
    .unwrap();
    let rules = &config.router.servers[0];
    assert_eq!(
        (rules.output_tokens, rules.image_bytes, rules.trusted),
        (900, 0, true)
    );
    assert_eq!(rules.tools["find"].output_tokens, Some(300));
    let expected = [
        RedactRule::new(RedactKind::Card),
        RedactRule {
            hide_from: RedactFor::Logs,
            servers: vec!["crm".into()],
            tools: vec!["find".to_owned()],
            replacement: Some("[patient]".to_owned()),
            ..RedactRule::new(RedactKind::Pattern(r"MRN-\d{8}".to_owned()))
        },
    ];
    assert_eq!(config.router.redact, expected);
}

#[test]
fn rules_for_redaction_that_mean_nothing_are_refused() {
    for (rule, expected) in [
        ("", "has neither `kind` nor `pattern`"),
        (
            "kind = \"card\"\npattern = \"x\"",
            "has both `kind` and `pattern`",
        ),
        (
            "kind = \"card\"\nservers = [\"crm\"]",
            "`crm` is no server of this configuration",
        ),
        ("kind = \"cart\"", "unknown variant `cart`"),
        ("pattern = \"(?=a)\"", "can't be used"),
        (
            "kind = \"card\"\nreplacement = \"\"",
            "a replacement is empty",
        ),
    ] {
        let error = Config::from_toml(&format!("[[redact]]\n{rule}\n")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
