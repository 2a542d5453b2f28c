//! What was seen, as Markdown and as lines for who waits.

use std::fmt::Write as _;

use super::trial::{Called, Result, Together, Tools};

const HEAD: &str = "\
# Real MCP servers

Written by `cargo xtask servers --update`, which installs these servers as they are published, lists
them with `rtmcp tools`, calls their tools, and checks what a model would read. `cargo xtask servers`
does the same and writes nothing; `xtask/servers/servers.json` has every call and what must come of
it, and nothing of it leaves the machine.

- *Start* is from the start of the server's process until its tools are there for the model.
- *Tokens* is what the functions take of the model's context in every session.
- *Asks* marks calls before which a person is asked, since the server doesn't say that the tool only
  reads. Here somebody says yes at once.
- The time of a call is from the model's call to the words for the model. rtmcp is a debug build.

";

/// The whole page.
pub(super) fn markdown(results: &[Result], all: &Together) -> String {
    let mut page = HEAD.to_owned();
    page += "| server | version | over | revision | start | tools | tokens | calls |\n";
    page += "|---|---|---|---|---|---|---|---|\n";
    for result in results {
        let Result {
            name,
            package,
            version,
            transport,
            about,
            ready,
            tools,
            calls,
            ..
        } = result;
        let revision = about["revision"].as_str().unwrap_or("?");
        // Writing to a string can't fail.
        let _ = writeln!(
            page,
            "| [{name}](#{}) | {package} {version} | {transport} | {revision} | {:.2} s | {} | {} | {} |",
            name.to_lowercase(),
            ready / 1000.0,
            verdicts(tools),
            tokens(tools),
            calls_in_brief(calls),
        );
    }
    let _ = writeln!(
        page,
        "\nAll {} in one program: {} tools ({}), of which {} got the name of their server before their \
         own because another server has the same; {} tokens.",
        all.servers,
        all.tools.len(),
        verdicts(&all.tools),
        all.tools.renamed(),
        tokens(&all.tools),
    );
    for result in results {
        section(&mut page, result);
    }
    page
}

fn section(page: &mut String, result: &Result) {
    let _ = writeln!(page, "\n## {}\n\n{}\n", result.name, result.know);
    for remark in result.tools.remarks() {
        let _ = writeln!(page, "- {remark}");
    }
    if !result.tools.remarks().is_empty() {
        page.push('\n');
    }
    *page +=
        "| call | function | asks | ended | time | the model reads |\n|---|---|---|---|---|---|\n";
    for call in &result.calls {
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} | {:.1} ms | {} |",
            call.what,
            call.function,
            if call.asked { "yes" } else { "" },
            outcome(call),
            call.milliseconds,
            quoted(&call.output),
        );
    }
}

/// One line of a server, for who waits.
pub(super) fn brief(result: &Result) -> String {
    let Result {
        name,
        ready,
        tools,
        calls,
        ..
    } = result;
    format!(
        "{name}: {} over {} after {:.2} s; tools: {}; tokens: {}; calls: {}",
        result.about["revision"].as_str().unwrap_or("?"),
        result.transport,
        ready / 1000.0,
        verdicts(tools),
        tokens(tools),
        calls_in_brief(calls),
    )
}

/// One line of all of them.
pub(super) fn brief_of_all(all: &Together) -> String {
    let (tools, tokens) = (verdicts(&all.tools), tokens(&all.tools));
    format!(
        "all {} together: tools: {tools}; tokens: {tokens}",
        all.servers
    )
}

fn verdicts(tools: &Tools) -> String {
    let kinds = [
        ("ok", "ok"),
        ("repaired", "repaired"),
        ("left_out", "left out"),
    ];
    let count = |(kind, words)| match tools.count(kind) {
        0 => None,
        count => Some(format!("{count} {words}")),
    };
    let counts: Vec<String> = kinds.into_iter().filter_map(count).collect();
    counts.join(", ")
}

fn tokens(tools: &Tools) -> String {
    tools.tokens().map_or("?".to_owned(), |it| it.to_string())
}

fn calls_in_brief(calls: &[Called]) -> String {
    let good = calls.iter().filter(|it| it.wrong.is_empty()).count();
    format!("{good} of {} right", calls.len())
}

fn outcome(call: &Called) -> String {
    match call.wrong.as_slice() {
        [] => call.kind.replace('_', " "),
        wrong => format!("**{}**", wrong.join("; ")),
    }
}

/// The most that is shown of what the model reads, in characters.
const SHOWN: usize = 110;

fn quoted(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut shown: String = words.join(" ").replace(['`', '|'], "'");
    if shown.chars().count() > SHOWN {
        shown = shown.chars().take(SHOWN).collect();
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, quoted};

    #[test]
    fn what_is_quoted_stays_in_its_cell() {
        assert_eq!(quoted("a\n| `b` |\n"), "`a ' 'b' '`");
        let long = quoted(&"é".repeat(SHOWN + 1));
        assert_eq!(long.chars().count(), SHOWN + 3);
    }
}
