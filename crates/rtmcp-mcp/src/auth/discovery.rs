//! From an MCP server to its authorization server: protected-resource metadata (RFC 9728), then
//! authorization-server metadata (RFC 8414, OpenID Connect Discovery).

use url::Url;

use super::{
    challenge::Challenge,
    metadata::{ResourceMetadata, ServerMetadata},
    problem::Problem,
    web::Web,
};

/// What is known of who protects a server.
#[derive(Clone, Debug)]
pub(super) struct Discovered {
    /// What tokens are asked for (RFC 8707).
    pub(super) resource: String,
    /// What the server says that it takes.
    pub(super) scopes: Vec<String>,
    pub(super) metadata: ServerMetadata,
}

/// Finds out who protects the server at `url`, starting from what it answered.
pub(super) async fn discover(
    web: &Web,
    url: &Url,
    challenge: &Challenge,
) -> Result<Discovered, Problem> {
    let Some(about) = resource_metadata(web, url, challenge).await? else {
        return before_2025_06(web, url).await;
    };
    about.check(url)?;
    let mut problem = Problem::NoMetadata;
    for issuer in about.authorization_servers.iter().take(MOST_SERVERS) {
        match server_metadata(web, issuer).await {
            Ok(Some(metadata)) => {
                return Ok(Discovered {
                    resource: about.resource.unwrap_or_else(|| canonical(url)),
                    scopes: about.scopes_supported,
                    metadata,
                });
            }
            Ok(None) => {}
            Err(other) => problem = other,
        }
    }
    Err(problem)
}

/// The metadata of the server: where it says, or where such things are.
async fn resource_metadata(
    web: &Web,
    url: &Url,
    challenge: &Challenge,
) -> Result<Option<ResourceMetadata>, Problem> {
    let named = challenge.metadata.as_deref();
    if let Some(named) = named.and_then(|named| url.join(named).ok()) {
        let document = web.document(&named).await?;
        return Ok(document.and_then(ResourceMetadata::read));
    }
    for place in well_known(url, "oauth-protected-resource") {
        let document = web.document(&place).await?;
        if let Some(about) = document.and_then(ResourceMetadata::read) {
            return Ok(Some(about));
        }
    }
    Ok(None)
}

/// The metadata of an authorization server.
async fn server_metadata(web: &Web, issuer: &Url) -> Result<Option<ServerMetadata>, Problem> {
    web.check(issuer)?;
    for place in server_places(issuer) {
        if let Some(document) = web.document(&place).await? {
            return ServerMetadata::read(document, issuer).map(Some);
        }
    }
    Ok(None)
}

/// Revision 2025-03-26: the server's own origin is its authorization server, with or without
/// metadata.
async fn before_2025_06(web: &Web, url: &Url) -> Result<Discovered, Problem> {
    let origin = at(url, "/");
    let metadata = match server_metadata(web, &origin).await? {
        Some(metadata) => metadata,
        None => ServerMetadata::without(&origin)?,
    };
    Ok(Discovered {
        resource: canonical(url),
        scopes: Vec::new(),
        metadata,
    })
}

/// The places of a server's own metadata: for its path, then for the whole origin.
fn well_known(url: &Url, document: &str) -> Vec<Url> {
    let path = url.path().trim_end_matches('/');
    let mut places = vec![at(url, &format!("/.well-known/{document}{path}"))];
    if !path.is_empty() {
        places.push(at(url, &format!("/.well-known/{document}")));
    }
    places
}

/// The places of an authorization server's metadata, in the order that MCP says.
fn server_places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        at(
            issuer,
            &format!("/.well-known/oauth-authorization-server{path}"),
        ),
        at(issuer, &format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        places.push(at(
            issuer,
            &format!("{path}/.well-known/openid-configuration"),
        ));
    }
    places
}

fn at(url: &Url, path: &str) -> Url {
    let mut place = url.clone();
    place.set_path(path);
    place.set_query(None);
    place.set_fragment(None);
    place
}

/// The server's own identifier, where it names none: its URL without a fragment.
fn canonical(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.set_query(None);
    match url.path() {
        // Without the slash is how the specification wants it.
        "/" => url.as_str().trim_end_matches('/').to_owned(),
        _ => url.into(),
    }
}

/// A server that names more than a few authorization servers means something else.
const MOST_SERVERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(places: &[Url]) -> Vec<&str> {
        places.iter().map(Url::as_str).collect()
    }

    #[test]
    fn places_are_those_of_the_specification() {
        let issuer = "https://as.example/tenant1".parse().unwrap();
        assert_eq!(
            texts(&server_places(&issuer)),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant1",
                "https://as.example/.well-known/openid-configuration/tenant1",
                "https://as.example/tenant1/.well-known/openid-configuration",
            ]
        );
        let issuer = "https://as.example/".parse().unwrap();
        assert_eq!(server_places(&issuer).len(), 2);
        let server = "https://mcp.example/public/mcp?key=1".parse().unwrap();
        assert_eq!(
            texts(&well_known(&server, "oauth-protected-resource")),
            [
                "https://mcp.example/.well-known/oauth-protected-resource/public/mcp",
                "https://mcp.example/.well-known/oauth-protected-resource",
            ]
        );
        assert_eq!(canonical(&server), "https://mcp.example/public/mcp");
        assert_eq!(
            canonical(&"https://mcp.example/".parse().unwrap()),
            "https://mcp.example"
        );
    }
}
