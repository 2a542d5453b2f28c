//! Resources and prompts, as functions.

use rtmcp_core::{ResourceBody, ToolContent};
use rtmcp_mcp::{Pool, ServerState};
use rtmcp_mock::talker::Talker;
use serde_json::json;

use crate::{
    front::Front,
    support::{call, http, ready, serve, soon, text},
};

async fn names(pool: &Pool) -> Vec<String> {
    match soon(pool.changes().next()).await.unwrap().what {
        ServerState::Ready { tools } => tools.into_iter().map(|tool| tool.name).collect(),
        other => panic!("ready instead of {other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_offered_to_read_unless_it_is_switched_on() {
    let server = serve(Talker::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    let names = names(&pool).await;
    for own in ["list_resources", "read_resource", "get_prompt"] {
        assert!(!names.contains(&own.to_owned()), "{own}");
    }
}

#[tokio::test]
async fn resources_and_prompts_are_read_through_functions_in_every_revision() {
    let server = serve(Talker::new()).await;
    let front = Front::stateful(server.addr()).await;
    for url in [front.url("/mcp"), server.url_mcp(), server.url_sse()] {
        let mut config = http(&url);
        (config.resources, config.prompts) = (true, true);
        let pool = ready(config).await;

        let found = call(&pool, "list_resources", json!({"search": "shop open"})).await;
        let found = found.unwrap().structured.unwrap().into_exposed();
        let expected = json!({"resources": [{
            "uri": "note://hours",
            "name": "hours",
            "description": "When the shop is open",
            "type": "text/plain",
        }]});
        assert_eq!(found, expected, "{url}");
        let all = call(&pool, "list_resources", json!({})).await.unwrap();
        let all = all.structured.unwrap().into_exposed();
        assert_eq!(all["resources"].as_array().unwrap().len(), 2);
        assert_eq!(all["templates"][0]["uri_template"], "note://order/{id}");

        let order = call(&pool, "read_resource", json!({"uri": "note://order/7"})).await;
        let ToolContent::Resource { body, .. } = &order.unwrap().content[0] else {
            panic!("a resource");
        };
        assert_eq!(*body, ResourceBody::Text("Order 7.".to_owned().into()));
        let unknown = call(&pool, "read_resource", json!({"uri": "note://no"})).await;
        assert!(unknown.unwrap_err().is_protocol());

        let arguments = json!({"name": "greet", "arguments": {"name": "Ada"}});
        let prompt = call(&pool, "get_prompt", arguments).await.unwrap();
        assert_eq!(text(&prompt), "Greet Ada.");
        let ToolContent::Text(second) = &prompt.content[1] else {
            panic!("a text");
        };
        assert_eq!(second.expose(), "[example answer] Good morning, Ada!");
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn a_tool_of_the_servers_own_keeps_its_name() {
    let talker = Talker::new();
    talker.learn("read_resource");
    let server = serve(talker).await;
    let mut config = http(server.url_mcp());
    config.resources = true;
    let pool = ready(config).await;
    assert!(names(&pool).await.contains(&"read_resource_2".to_owned()));
    let outcome = call(&pool, "read_resource", json!({})).await.unwrap();
    assert_eq!(text(&outcome), "read_resource");
    let read = json!({"uri": "note://hours"});
    let outcome = call(&pool, "read_resource_2", read).await.unwrap();
    assert!(matches!(outcome.content[0], ToolContent::Resource { .. }));
}
