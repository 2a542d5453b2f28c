//! `docs/errors.md`: written from what the command really says, and compared with it.

use std::{fs, net::SocketAddr, path::Path};

use crate::rtmcp::Ran;

/// One thing that can go wrong, and what came of it.
#[derive(Debug)]
pub(crate) struct Case {
    /// What is wrong, in words.
    what: String,
    command: String,
    message: Vec<String>,
    code: i32,
}

/// What is printed on stdout of a case, besides the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stdout {
    /// The model reads it, or it says what is wrong: it belongs to the message.
    Shown,
    /// It tells how far things went.
    Left,
}

impl Case {
    pub(crate) fn new(what: &str, args: &[&str], ran: &Ran, stdout: Stdout) -> Self {
        assert!(!ran.stderr.contains("panicked"), "{what}: {ran:?}");
        let shown = match stdout {
            Stdout::Shown => ran.stdout.lines(),
            Stdout::Left => "".lines(),
        };
        let lines = shown.chain(ran.stderr.lines());
        let lines = lines.map(str::trim_end);
        let lines = lines.filter(|it| !it.is_empty() && !it.starts_with("ok "));
        let quoted = args.iter().map(|it| quote(it));
        Self {
            what: what.to_owned(),
            command: format!("rtmcp {}", quoted.collect::<Vec<_>>().join(" ")),
            message: lines.map(str::to_owned).collect(),
            code: ran.code.unwrap(),
        }
    }

    /// Puts the addresses that people know in place of those of the test.
    pub(crate) fn at(mut self, places: &[(SocketAddr, &str)]) -> Self {
        let texts = self.message.iter_mut().chain([&mut self.command]);
        for text in texts {
            for (place, shown) in places {
                *text = text.replace(&place.to_string(), shown);
            }
            *text = without_os_error(text);
        }
        self
    }

    fn row(&self) -> String {
        let message: Vec<String> = self.message.iter().map(|it| cell(it)).collect();
        format!(
            "| {} | `{}` | {} | {} |\n",
            self.what,
            self.command.replace('|', "\\|"),
            message.join("<br>"),
            self.code
        )
    }
}

/// Compares the page with what the command says; rewrites it where `UPDATE_DOCS` is set.
pub(crate) fn compare(sections: &[(&str, Vec<Case>)]) {
    let mut page = OPENING.to_owned();
    for (title, cases) in sections {
        page.push_str(&format!("\n## {title}\n\n{HEAD}"));
        cases.iter().for_each(|case| page.push_str(&case.row()));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    for (kept, now) in kept.lines().zip(page.lines()) {
        assert_eq!(
            kept, now,
            "docs/errors.md is old: run this test with UPDATE_DOCS=1"
        );
    }
    assert_eq!(
        kept.len(),
        page.len(),
        "docs/errors.md is old: run this test with UPDATE_DOCS=1"
    );
}

/// An argument as it is typed.
fn quote(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => arg.to_owned(),
        false => format!("'{arg}'"),
    }
}

/// A line of a terminal as a cell of a table shows it.
fn cell(line: &str) -> String {
    let line = line.replace('|', "\\|");
    let mut shown = String::new();
    // Between backticks everything is shown as it is.
    for (nth, part) in line.split('`').enumerate() {
        if nth > 0 {
            shown.push('`');
        }
        match nth % 2 {
            0 => shown.push_str(&part.replace('<', "&lt;").replace('*', "\\*")),
            _ => shown.push_str(part),
        }
    }
    shown
}

/// Numbers of errors differ from system to system.
fn without_os_error(text: &str) -> String {
    match text.split_once(" (os error ") {
        Some((before, after)) => {
            let after = after.split_once(')').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => text.to_owned(),
    }
}

const OPENING: &str = "\
# What can go wrong, and what `rtmcp` says

Every row was produced by running the command: this page is compared with it, and written anew, by a test \
(`UPDATE_DOCS=1 cargo nextest run -p rtmcp-server errors`). Errors go to stderr; where a call ends without its tool, \
stdout has the words that the model would read, which stand first here.

`127.0.0.1:8090` is a Realtime endpoint, `127.0.0.1:8091` the sample shop, `127.0.0.1:8092` the misbehaving sample \
server; nobody listens at port 9.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed, as the message says |
| 2 | wrong usage of the command |
| 3 | bad configuration |
| 4 | an MCP server can't be reached or refuses; what could be done without it was done |
| 5 | the Realtime endpoint can't be reached, refuses the session, or hung up |
| 6 | a call was refused or denied, or the tool reported an error |
| 130 | stopped by Ctrl-C or SIGTERM (servers end with 0) |
";

const HEAD: &str = "| what is wrong | command | message | exit code |\n|---|---|---|---|\n";
