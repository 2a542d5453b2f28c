//! The parts of rules, each by itself.
#![cfg(test)]

use serde_json::json;

use super::{
    condition::{Compiled, Condition, Test},
    rule::glob,
};

#[test]
fn a_pattern_fits_whole_names() {
    let fits = [
        ("*", ""),
        ("*", "anything"),
        ("issue_*", "issue_refund"),
        ("*refund*", "issue_refund_now"),
        ("get_?", "get_a"),
        ("a*b*c", "aXbYbZc"),
        ("é?", "éü"),
    ];
    for (pattern, name) in fits {
        assert!(glob(pattern, name), "{pattern} {name}");
    }
    let misses = [
        ("", "a"),
        ("issue", "issue_refund"),
        ("get_?", "get_"),
        ("a*b*c", "aXbYbZ"),
        ("*.read", "files/read"),
    ];
    for (pattern, name) in misses {
        assert!(!glob(pattern, name), "{pattern} {name}");
    }
    // Not in a time that grows with the stars.
    assert!(!glob(&"a*".repeat(200), &"a".repeat(199)));
}

#[test]
fn a_condition_holds_for_what_it_names_and_nothing_else() {
    let number = |it: serde_json::Value| match it {
        serde_json::Value::Number(it) => it,
        other => panic!("{other}"),
    };
    let arguments = json!({
        "cents": 10_001, "rate": 0.5, "order": { "id": "A-7", "lines": [{ "sku": "x" }] },
        "note": null, "a.b": true, "big": 9_007_199_254_740_993_u64,
    });
    let serde_json::Value::Object(arguments) = arguments else {
        unreachable!()
    };
    let table = [
        ("cents", Test::Above(10_000.into()), true),
        ("cents", Test::Above(10_001.into()), false),
        (
            "cents",
            Test::Below(10_001.5_f64.to_string().parse().unwrap()),
            true,
        ),
        ("cents", Test::Equals(json!(10_001.0)), true),
        ("big", Test::Above(9_007_199_254_740_992_u64.into()), true),
        ("rate", Test::Above(number(json!(0.4))), true),
        ("order", Test::Above(1.into()), false),
        ("order.id", Test::Equals(json!("A-7")), true),
        ("order.id", Test::Matches("^A-".into()), true),
        ("order.id", Test::Matches("^B-".into()), false),
        ("cents", Test::Matches("1".into()), false),
        ("order.lines.0.sku", Test::Equals(json!("x")), true),
        ("order.lines.1.sku", Test::Missing, true),
        ("note", Test::Missing, true),
        ("note", Test::Equals(json!(null)), true),
        ("a.b", Test::Equals(json!(true)), true),
        ("nowhere", Test::Above(0.into()), false),
        ("", Test::Missing, false),
    ];
    for (path, test, holds) in table {
        let condition = Condition {
            path: path.to_owned(),
            test,
        };
        let compiled = Compiled::new(&condition, 1).unwrap();
        assert_eq!(compiled.holds(&arguments), holds, "{condition}");
    }
}
