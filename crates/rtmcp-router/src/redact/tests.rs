//! What each kind of rule finds, and what it leaves.

use serde_json::json;

use super::*;

fn rules(kinds: &[RedactKind]) -> Redaction {
    let rules: Vec<RedactRule> = kinds.iter().cloned().map(RedactRule::new).collect();
    Redaction::new(&rules).unwrap()
}

fn check(kind: RedactKind, table: &[(&str, &str)]) {
    let redaction = rules(&[kind]);
    for (text, expected) in table {
        assert_eq!(redaction.text(Reader::Model, text), *expected, "{text}");
        assert_eq!(redaction.text(Reader::Logs, text), *expected);
    }
}

#[test]
fn cards_are_found_in_one_piece_and_in_groups() {
    check(
        RedactKind::Card,
        &[
            ("4242424242424242", "[card ending 4242]"),
            ("card 4242 4242 4242 4242.", "card [card ending 4242]."),
            ("4242-4242-4242-4242", "[card ending 4242]"),
            ("4242 - 4242 - 4242 - 4242", "[card ending 4242]"),
            ("4242\u{a0}4242\u{2011}4242\n4242", "[card ending 4242]"),
            ("4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "[card ending 4242]"),
            ("42 42 42 42 42 42 42 42", "[card ending 4242]"),
            ("4242.4242.4242.4242", "[card ending 4242]"),
            ("4242\u{200b}4242\u{ad}42424242", "[card ending 4242]"),
            ("４２４２４２４２４２４２４２４２", "[card ending ４２４２]"),
            ("378282246310005", "[card ending 0005]"),
            ("3782 822463 10005", "[card ending 0005]"),
            ("6011 1111 1111 1117", "[card ending 1117]"),
            ("5555555555554444", "[card ending 4444]"),
            ("30569309025904", "[card ending 5904]"),
            ("x4242424242424242x", "x[card ending 4242]x"),
            ("1 4242 4242 4242 4242 7", "1 [card ending 4242] 7"),
            (
                "at 12:30 4242424242424242, 3 times",
                "at 12:30 [card ending 4242], 3 times",
            ),
        ],
    );
}

#[test]
fn what_is_no_card_stays() {
    let stays = [
        // A wrong check digit, a part of a longer row, no network, a fraction.
        "4242424242424241",
        "42424242424242424242",
        "94242424242424242",
        "1234567812345670",
        "0.4242424242424242",
        "4242 4242",
        "2026-11-21 14:05:36",
        "call 555-0100 or 555-0199",
    ];
    let redaction = rules(&[RedactKind::Card]);
    for text in stays {
        assert_eq!(redaction.text(Reader::Model, text), text);
    }
}

#[test]
fn accounts_are_found_by_their_check_digits() {
    check(
        RedactKind::Account,
        &[
            ("DE89370400440532013000", "[account ending 3000]"),
            (
                "to DE89 3704 0044 0532 0130 00 today",
                "to [account ending 3000] today",
            ),
            ("gb82 west 1234 5698 7654 32", "[account ending 5432]"),
            ("NO93 8601 1117 947", "[account ending 7947]"),
            ("(GB82WEST12345698765432)", "([account ending 5432])"),
            ("DE89370400440532013001", "DE89370400440532013001"),
            ("XDE89370400440532013000", "XDE89370400440532013000"),
        ],
    );
}

#[test]
fn addresses_numbers_and_keys_are_found_by_their_form() {
    check(
        RedactKind::Email,
        &[
            (
                "write to jane.doe+x@mail.example.com.",
                "write to [e-mail].",
            ),
            ("<jörg@bücher.example>", "<[e-mail]>"),
            ("a@b and @home", "a@b and @home"),
        ],
    );
    check(
        RedactKind::Phone,
        &[
            ("+49 170 123 45 67", "[phone number]"),
            ("call (555) 123-4567 now", "call [phone number] now"),
            ("555-123-4567", "[phone number]"),
            ("0170 1234567", "[phone number]"),
            (
                "order 1042 of 2026-11-21 at 14:05",
                "order 1042 of 2026-11-21 at 14:05",
            ),
        ],
    );
    check(
        RedactKind::Key,
        &[
            ("key sk-proj-abcdefgh12345678XYZ end", "key [key] end"),
            ("xsk_live_abcdefgh12345678", "x[key]"),
            (
                "risk-adjusted-return-of-the-funds",
                "risk-adjusted-return-of-the-funds",
            ),
            ("ghp_abcdefghij0123456789", "[key]"),
            ("AKIAIOSFODNN7EXAMPLE", "[key]"),
            (
                "Authorization: Bearer abcdefgh.12345678",
                "Authorization: [key]",
            ),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-_x", "[key]"),
            ("postgres://bob:s3cret@db.example/x", "[key]db.example/x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nok",
                "[key]\nok",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMIIE, cut off", "[key]"),
        ],
    );
}

#[test]
fn a_pattern_has_its_own_replacement() {
    let rule = RedactRule {
        replacement: Some("<patient …{last4}>".to_owned()),
        ..RedactRule::new(RedactKind::Pattern(r"\bMRN-\d{8}\b".to_owned()))
    };
    let redaction = Redaction::new(&[rule]).unwrap();
    assert_eq!(
        redaction.text(Reader::Model, "MRN-12345678 is in"),
        "<patient …678> is in"
    );
    let slow = RedactRule::new(RedactKind::Pattern("(a+)+$".to_owned()));
    let long = "a".repeat(200_000) + "b";
    assert_eq!(
        Redaction::new(&[slow]).unwrap().text(Reader::Model, &long),
        long.as_str()
    );
}

#[test]
fn rules_that_can_not_be_used_are_refused_with_a_reason() {
    let pattern = |it: &str| Redaction::new(&[RedactRule::new(RedactKind::Pattern(it.to_owned()))]);
    assert!(matches!(
        pattern("(?=a)"),
        Err(RedactError::BadPattern { .. })
    ));
    assert!(matches!(
        pattern("\\w{1000}{1000}"),
        Err(RedactError::BadPattern { .. })
    ));
    assert!(matches!(
        pattern("x*"),
        Err(RedactError::EmptyPattern { .. })
    ));
    let empty = RedactRule {
        replacement: Some(" ".to_owned()),
        ..RedactRule::new(RedactKind::Card)
    };
    assert_eq!(Redaction::new(&[empty]), Err(RedactError::EmptyReplacement));
    let many = vec![RedactRule::new(RedactKind::Card); 65];
    assert_eq!(
        Redaction::new(&many),
        Err(RedactError::TooMany { rules: 65 })
    );
}

#[test]
fn json_stays_json_and_is_looked_through_to_its_names_and_numbers() {
    let redaction = rules(&[RedactKind::Card, RedactKind::Email]);
    let inner = json!({ "to": "jane@example.com" }).to_string();
    let value = json!({
        "number": 4_242_424_242_424_242_u64,
        "text": "4242 4242 4242 4242",
        "jane@example.com": [1, 2, { "deep": "x@example.com" }],
        "john@example.com": true,
        "json": inner,
        "id": 1042,
    });
    let clean = json!({
        "number": "[card ending 4242]",
        "text": "[card ending 4242]",
        "[e-mail]": [1, 2, { "deep": "[e-mail]" }],
        "[e-mail] (2)": true,
        "json": "{\"to\":\"[e-mail]\"}",
        "id": 1042,
    });
    let mut own = value.clone();
    assert!(redaction.value(Reader::Model, &mut own));
    assert_eq!(own, clean);
    assert!(!redaction.value(Reader::Model, &mut own));
    assert_eq!(
        redaction.text(Reader::Logs, &value.to_string()),
        clean.to_string()
    );
    // An escape doesn't hide a digit.
    assert_eq!(
        redaction.text(Reader::Model, r#"["\u0034242424242424242"]"#),
        r#"["[card ending 4242]"]"#
    );
}

#[test]
fn a_secret_that_is_spread_over_parts_is_found() {
    let redaction = rules(&[RedactKind::Card, RedactKind::Key]);
    let mut parts = [
        "Pay with 4242 4242".to_owned(),
        "4242 4242 today".to_owned(),
        "ghp_abcdefghij01".to_owned(),
        "23456789xyz!".to_owned(),
    ];
    let mut row: Vec<&mut String> = parts.iter_mut().collect();
    redaction.row(Reader::Model, &mut row);
    assert_eq!(
        parts,
        [
            "Pay with [card ending 4242]",
            "[card ending 4242] today",
            "[key]",
            "[key]!"
        ]
    );
}

#[test]
fn a_rule_holds_for_its_readers_servers_and_tools() {
    let rule = RedactRule {
        hide_from: RedactFor::Logs,
        servers: vec!["crm".into()],
        tools: vec!["find".to_owned()],
        ..RedactRule::new(RedactKind::Email)
    };
    let all = Redaction::new(&[rule]).unwrap();
    let text = "jane@example.com";
    assert_eq!(all.text(Reader::Model, text), text);
    assert_eq!(all.text(Reader::Logs, text), "[e-mail]");
    let hides = |server: &str, tool| all.of_tool(&server.into(), tool).hides_from(Reader::Logs);
    assert!(hides("crm", "find") && !hides("crm", "list") && !hides("shop", "find"));
}

#[test]
fn what_two_rules_find_in_one_place_is_replaced_once() {
    let pattern = RedactKind::Pattern(r"user=\S+;pass=\S+".to_owned());
    let redaction = rules(&[RedactKind::Email, pattern]);
    let clean = redaction.text(Reader::Model, "x user=jane@example.com;pass=hunter2 y");
    assert_eq!(clean, "x [redacted] y");
}

#[test]
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what is tried is also that it takes a bounded time"
)]
fn very_many_secrets_in_very_many_places_take_no_longer_than_they_are_long() {
    let redaction = rules(&[RedactKind::Email]);
    let begun = std::time::Instant::now();
    let mut parts = vec!["jane@example.com".to_owned(); 100_000];
    let mut row: Vec<&mut String> = parts.iter_mut().collect();
    redaction.row(Reader::Model, &mut row);
    assert!(parts.iter().all(|it| it.starts_with("[e-mail]")));
    let fields = (0..100_000).map(|at| (format!("jane{at}@example.com"), json!(at)));
    let mut value = serde_json::Value::Object(fields.collect());
    assert!(redaction.value(Reader::Model, &mut value));
    assert_eq!(value["[e-mail]"], 0);
    assert_eq!(value["[e-mail] (100000)"], 99_999);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}
