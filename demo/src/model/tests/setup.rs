//! What a call is made of: endpoints, keys, servers and tools.

use rtmcp_api::{ProblemCode, Server, Tool, Tools};

use super::{Act, Effect, Input, Model, News, Page, problem};
use crate::model::setup::{Form, Listing, ToolAct};

/// What the backend is asked for when a call begins.
fn request(page: &mut Page) -> rtmcp_api::Setup {
    page.act(Act::Microphone);
    let effects = page.news(News::Offer(Ok("v=0".to_owned())));
    page.act(Act::End);
    let [Effect::PostCall { request, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    request.setup.clone()
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: Some(format!("does {name}")),
        function: Some(name.to_owned()),
        read_only: true,
        ..Tool::default()
    }
}

fn listed(page: &mut Page, server: &str, tools: &[&str]) {
    let tools = tools.iter().map(|name| tool(name)).collect();
    page.input(Input::Tools {
        server: server.to_owned(),
        answer: Ok(Tools {
            tools,
            took_ms: 3,
            ..Tools::default()
        }),
    });
}

fn fill(page: &mut Page, url: &str) -> Vec<Effect> {
    page.act(Act::Form(Form::Url(url.to_owned())));
    page.act(Act::LoadTools)
}

#[test]
fn configured_servers_are_listed_at_once() {
    let mut model = Model::default();
    let effects = model.update(
        rtmcp_core::Timestamp::ZERO,
        Input::Settings(Ok(super::settings())),
    );
    let [Effect::LoadTools { server, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(server, "shop");
    assert_eq!(model.setup.endpoint, "simulator");
}

#[test]
fn what_is_not_narrowed_is_left_open() {
    let mut page = Page::open();
    listed(&mut page, "shop", &["a", "b"]);
    let servers = request(&mut page).servers.unwrap();
    assert_eq!((servers.len(), &servers[0].allow), (1, &None));
    let deny = ToolAct::Allow("a".to_owned(), false);
    page.act(Act::Tools("shop".to_owned(), deny));
    assert_eq!(page.model.setup.allowed_tools(), 1);
    let servers = request(&mut page).servers.unwrap();
    assert_eq!(servers[0].allow, Some(vec!["b".to_owned()]));
    page.act(Act::Use("shop".to_owned(), false));
    assert_eq!(request(&mut page).servers, Some(Vec::new()));
}

#[test]
fn all_and_none_are_of_what_is_shown() {
    let mut page = Page::open();
    listed(&mut page, "shop", &["weather", "refund", "ticket"]);
    let act = |act| Act::Tools("shop".to_owned(), act);
    page.act(act(ToolAct::Filter("REF".to_owned())));
    page.act(act(ToolAct::AllowShown(false)));
    let listing = &page.model.setup.servers[0].listing;
    assert_eq!(listing.shown().len(), 1);
    assert!(listing.allows("weather") && !listing.allows("refund"));
    page.act(Act::Reload("shop".to_owned()));
    listed(&mut page, "shop", &["weather", "refund"]);
    let listing = &page.model.setup.servers[0].listing;
    assert!(!listing.allows("refund"), "a choice outlives a reload");
}

#[test]
fn a_server_of_ones_own_has_a_name_headers_and_a_place_in_the_call() {
    let mut page = Page::open();
    page.act(Act::Form(Form::AddHeader));
    page.act(Act::Form(Form::HeaderName(1, "Authorization".to_owned())));
    page.act(Act::Form(Form::HeaderValue(1, "Bearer x".into())));
    page.act(Act::Form(Form::Transport("sse".to_owned())));
    let effects = fill(&mut page, "https://Docs.Example.com:8443/mcp?x=1");
    let [
        Effect::LoadTools {
            server,
            request: asked,
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(server, "docs_example_com");
    assert_eq!(asked.server.transport.as_deref(), Some("sse"));
    assert_eq!(asked.server.headers["Authorization"].expose(), "Bearer x");
    assert_eq!(
        page.model.setup.form,
        Default::default(),
        "the form is empty again"
    );
    let servers = request(&mut page).servers.unwrap();
    assert_eq!(
        servers[1].url.as_deref(),
        Some("https://Docs.Example.com:8443/mcp?x=1")
    );
    page.act(Act::Forget("docs_example_com".to_owned()));
    page.act(Act::Forget("shop".to_owned()));
    let names: Vec<_> = page.model.setup.servers.iter().map(|it| &it.name).collect();
    assert_eq!(names, ["shop"], "what is configured stays");
}

#[test]
fn names_of_servers_do_not_meet() {
    let mut page = Page::open();
    for url in [
        "http://127.0.0.1:1/mcp",
        "http://127.0.0.1:2/mcp",
        "http://127.0.0.1:1/mcp",
    ] {
        fill(&mut page, url);
    }
    let names: Vec<_> = page
        .model
        .setup
        .servers
        .iter()
        .map(|it| it.name.clone())
        .collect();
    assert_eq!(
        names,
        ["shop", "own", "own_2"],
        "the same address is the same server"
    );
}

#[test]
fn what_is_no_address_is_told_at_the_form() {
    let mut page = Page::open();
    for (url, told) in [
        ("", "Type the address"),
        ("example.com/mcp", "begins with http"),
        ("ftp://example.com", "begins with http"),
        ("http:///mcp", "begins with http"),
    ] {
        assert!(fill(&mut page, url).is_empty());
        let trouble = page.model.setup.form.trouble.clone().unwrap();
        assert!(trouble.contains(told), "{url}: {trouble}");
    }
    page.act(Act::Form(Form::AddHeader));
    page.act(Act::Form(Form::HeaderName(1, "no good".to_owned())));
    assert!(fill(&mut page, "http://example.com").is_empty());
    assert!(page.model.setup.form.trouble.is_some());
}

#[test]
fn a_server_that_cannot_be_asked_says_why_in_its_place() {
    let mut page = Page::open();
    let failure = problem(ProblemCode::McpServer, "nothing listens there");
    page.input(Input::Tools {
        server: "shop".to_owned(),
        answer: Err(failure),
    });
    let Listing::Failed { trouble, .. } = &page.model.setup.servers[0].listing else {
        panic!("it failed")
    };
    assert_eq!(trouble.what, "Nothing listens there.");
    assert!(page.model.setup.servers[0].is_settled());
}

#[test]
fn a_key_is_for_the_endpoint_that_it_was_typed_for() {
    let mut page = Page::open();
    page.act(Act::Key("sk-typed".into()));
    assert_eq!(request(&mut page).key, None, "a simulator gets no key");
    page.act(Act::Endpoint("openai".to_owned()));
    assert!(
        page.model.setup.key_missing(),
        "another endpoint, another key"
    );
    page.act(Act::Key(" sk-mine ".into()));
    assert_eq!(request(&mut page).key.unwrap().expose(), "sk-mine");
    let debug = format!("{:?}", page.model);
    assert!(!debug.contains("sk-mine"), "a key is never written down");
    let server = Server::default();
    assert_eq!(server.allow, None);
}
