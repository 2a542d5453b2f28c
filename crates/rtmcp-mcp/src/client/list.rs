//! Listing what a server has, page by page.

use std::collections::HashSet;

use rmcp::model::{
    ClientRequest, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest,
    ListToolsRequest, PaginatedRequestParams, Prompt, Resource, ResourceTemplate, ServerResult,
};
use rtmcp_core::{ToolSpec, limits};

use super::Client;
use crate::{convert, failure::Failure, offer::Offer};

impl Client {
    /// Lists all that the model is offered: the tools, and the functions for resources and prompts
    /// that were asked for.
    pub(crate) async fn offer(&self) -> Result<Offer, Failure> {
        let capabilities = self.capabilities();
        let tools = match self.tools().await {
            // A server that has resources alone needn't know of tools.
            Err(Failure::Rpc(error)) if error.code == -32601 && capabilities.tools.is_none() => {
                Vec::new()
            }
            tools => tools?,
        };
        let has_resources = self.config.resources && capabilities.resources.is_some();
        let prompts = match self.config.prompts && capabilities.prompts.is_some() {
            true => self.prompts().await.or_else(|failure| match failure {
                failure if failure.is_loss() => Err(failure),
                failure => {
                    tracing::debug!(?failure, "the prompts can't be listed: not offered");
                    Ok(Vec::new())
                }
            })?,
            false => Vec::new(),
        };
        Ok(Offer::new(tools, has_resources, &prompts))
    }

    async fn tools(&self) -> Result<Vec<ToolSpec>, Failure> {
        let request = |params| {
            let request = ListToolsRequest {
                params,
                ..ListToolsRequest::default()
            };
            ClientRequest::ListToolsRequest(request)
        };
        self.pages("tools", request, |result| {
            let page = convert::page(result)?;
            Ok((page.tools, page.next))
        })
        .await
    }

    pub(crate) async fn prompts(&self) -> Result<Vec<Prompt>, Failure> {
        let request = |params| {
            let request = ListPromptsRequest {
                params,
                ..ListPromptsRequest::default()
            };
            ClientRequest::ListPromptsRequest(request)
        };
        self.pages("prompts", request, |result| match result {
            ServerResult::ListPromptsResult(list) => Ok((list.prompts, list.next_cursor)),
            _ => Err(Failure::NotMcp("its answer to prompts/list is no list")),
        })
        .await
    }

    pub(crate) async fn resources(&self) -> Result<Vec<Resource>, Failure> {
        let request = |params| {
            let request = ListResourcesRequest {
                params,
                ..ListResourcesRequest::default()
            };
            ClientRequest::ListResourcesRequest(request)
        };
        self.pages("resources", request, |result| match result {
            ServerResult::ListResourcesResult(list) => Ok((list.resources, list.next_cursor)),
            _ => Err(Failure::NotMcp("its answer to resources/list is no list")),
        })
        .await
    }

    pub(crate) async fn templates(&self) -> Result<Vec<ResourceTemplate>, Failure> {
        let request = |params| {
            let request = ListResourceTemplatesRequest {
                params,
                ..ListResourceTemplatesRequest::default()
            };
            ClientRequest::ListResourceTemplatesRequest(request)
        };
        self.pages("resource templates", request, |result| match result {
            ServerResult::ListResourceTemplatesResult(list) => {
                Ok((list.resource_templates, list.next_cursor))
            }
            _ => Err(Failure::NotMcp(
                "its answer to resources/templates/list is no list",
            )),
        })
        .await
    }

    /// Asks for page after page, within limits.
    async fn pages<T>(
        &self,
        what: &'static str,
        request: impl Fn(Option<PaginatedRequestParams>) -> ClientRequest,
        read: impl Fn(ServerResult) -> Result<(Vec<T>, Option<String>), Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for _ in 0..limits::MCP_LIST_PAGES {
            let params = cursor
                .take()
                .map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
            let result = self.request(request(params)).await?;
            bytes += size(&result);
            if bytes > limits::MCP_LIST_BYTES {
                return Err(Failure::EndlessList(what, "more than 32 MiB"));
            }
            let (page, next) = read(result)?;
            all.extend(page);
            if all.len() > limits::MCP_TOOLS {
                return Err(Failure::EndlessList(what, "more than 10,000"));
            }
            let Some(next) = next else {
                return Ok(all);
            };
            if !seen.insert(next.clone()) {
                return Err(Failure::EndlessList(what, "a cursor came twice"));
            }
            cursor = Some(next);
        }
        Err(Failure::EndlessList(what, "more than 100 pages"))
    }
}

/// How much a page holds: it may come over any transport.
fn size(page: &ServerResult) -> usize {
    struct Counter(usize);

    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // What was just read can be written, and counting doesn't fail.
    let _ = serde_json::to_writer(&mut counter, page);
    counter.0
}
