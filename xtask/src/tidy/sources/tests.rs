//! Each rule on a file that keeps it and on one that breaks it.

use super::super::tree::Tree;
use super::{
    Finding, LONGEST, header, length, mod_rs, put_off, rmcp_behind_its_wall, top_folder,
    trailing_space,
};

/// Where a rule finds something in a single file.
fn places(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<String> {
    let findings = rule(&Tree::of_files(&[(path, text)]));
    findings.into_iter().map(|finding| finding.place).collect()
}

const NOWHERE: [&str; 0] = [];

#[test]
fn a_source_file_opens_with_its_purpose() {
    assert_eq!(places(header, "a.rs", "//! Says it.\n"), NOWHERE);
    assert_eq!(places(header, "a.rs", "use std::fs;\n"), ["a.rs:1"]);
    assert_eq!(places(header, "a.md", "Hello\n"), NOWHERE);
}

#[test]
fn a_file_ends_at_the_limit() {
    assert_eq!(places(length, "a.rs", &"\n".repeat(LONGEST)), NOWHERE);
    assert_eq!(places(length, "a.rs", &"\n".repeat(LONGEST + 1)), ["a.rs"]);
}

#[test]
fn spaces_at_the_end_are_found_with_their_line() {
    assert_eq!(places(trailing_space, "a.md", "a\nb\n"), NOWHERE);
    assert_eq!(
        places(trailing_space, "a.md", "a\nb \nc\t"),
        ["a.md:2", "a.md:3"]
    );
    assert_eq!(places(trailing_space, "a.wav", "b \n"), NOWHERE);
}

#[test]
fn mod_rs_is_named_after_its_folder() {
    assert_eq!(places(mod_rs, "src/a.rs", ""), NOWHERE);
    assert_eq!(places(mod_rs, "src/a/mod.rs", ""), ["src/a/mod.rs"]);
}

#[test]
fn what_is_put_off_is_found() {
    for (word, _) in super::PUT_OFF {
        let text = format!("//! Fine.\n// {word} later\n");
        assert_eq!(places(put_off, "a.rs", &text), ["a.rs:2"], "{word}");
    }
    assert_eq!(
        places(
            put_off,
            "a.rs",
            "//! Nothing left to do, nothing ignored.\n"
        ),
        NOWHERE
    );
}

#[test]
fn rmcp_stays_out_of_public_items() {
    let inside = "crates/rtmcp-mcp/src/pool.rs";
    let check = |path, text| places(rmcp_behind_its_wall, path, text);
    assert_eq!(
        check(inside, "use rmcp::model;\npub(crate) fn a(b: rmcp::B) {}\n"),
        NOWHERE
    );
    assert_eq!(check(inside, "pub use rtmcp_core::Tool;\n"), NOWHERE);
    assert_eq!(
        check(inside, "    pub fn a(b: rmcp::B) {}\n"),
        [format!("{inside}:1")]
    );
    assert_eq!(
        check("crates/rtmcp-mock/src/lib.rs", "pub use rmcp::B;\n"),
        NOWHERE
    );
}

#[test]
fn the_top_folder_takes_only_what_is_listed() {
    assert_eq!(places(top_folder, "docs/new.md", ""), NOWHERE);
    assert_eq!(places(top_folder, "notes.txt", ""), ["notes.txt"]);
    assert_eq!(places(top_folder, "scripts/run.sh", ""), ["scripts"]);
}
