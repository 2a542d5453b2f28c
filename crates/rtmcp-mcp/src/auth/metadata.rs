//! [`ServerMetadata`] and [`ResourceMetadata`]: what servers publish of themselves.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::problem::Problem;

/// What an MCP server says of who protects it (RFC 9728).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct ResourceMetadata {
    pub(super) resource: Option<String>,
    #[serde(default)]
    pub(super) authorization_servers: Vec<Url>,
    #[serde(default)]
    pub(super) scopes_supported: Vec<String>,
}

impl ResourceMetadata {
    pub(super) fn read(document: Value) -> Option<Self> {
        serde_json::from_value(document).ok()
    }

    /// Checks that it speaks of the server at `url`: it may name all of an origin, or the part of it
    /// that the server is in.
    pub(super) fn check(&self, url: &Url) -> Result<(), Problem> {
        let Some(resource) = &self.resource else {
            return Ok(());
        };
        let named: Url = resource.parse().map_err(|_| Problem::OtherResource)?;
        let path = named.path().trim_end_matches('/');
        let inside = url.path().strip_prefix(path);
        let inside = inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if named.origin() == url.origin() && inside {
            Ok(())
        } else {
            Err(Problem::OtherResource)
        }
    }
}

/// What an authorization server says of itself (RFC 8414, OpenID Connect Discovery).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerMetadata {
    /// None only where it publishes nothing at all, as revision 2025-03-26 allows.
    pub(super) issuer: Option<String>,
    pub(super) authorization_endpoint: Option<Url>,
    pub(super) token_endpoint: Url,
    pub(super) registration_endpoint: Option<Url>,
    pub(super) scopes: Vec<String>,
    /// How clients may prove who they are; none where it doesn't say.
    pub(super) auth_methods: Option<Vec<String>>,
    pub(super) takes_client_documents: bool,
    /// It says who it is when the person comes back (RFC 9207).
    pub(super) names_itself: bool,
    pub(super) does_s256: bool,
}

#[derive(Deserialize)]
struct Raw {
    issuer: String,
    authorization_endpoint: Option<Url>,
    token_endpoint: Url,
    registration_endpoint: Option<Url>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    client_id_metadata_document_supported: bool,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl ServerMetadata {
    /// Reads a document that was found for `issuer`.
    pub(super) fn read(document: Value, issuer: &Url) -> Result<Self, Problem> {
        let raw: Raw = serde_json::from_value(document)
            .map_err(|_| Problem::Malformed("its metadata can't be read"))?;
        // The only liberty: `https://a` and `https://a/` are one URL, and both are written.
        if raw.issuer.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
            return Err(Problem::OtherIssuer);
        }
        let methods = raw.code_challenge_methods_supported.unwrap_or_default();
        Ok(Self {
            issuer: Some(raw.issuer),
            authorization_endpoint: raw.authorization_endpoint,
            token_endpoint: raw.token_endpoint,
            registration_endpoint: raw.registration_endpoint,
            scopes: raw.scopes_supported,
            auth_methods: raw.token_endpoint_auth_methods_supported,
            takes_client_documents: raw.client_id_metadata_document_supported,
            names_itself: raw.authorization_response_iss_parameter_supported,
            does_s256: methods.iter().any(|method| method == "S256"),
        })
    }

    /// What holds for a server of revision 2025-03-26 that publishes nothing.
    pub(super) fn without(server: &Url) -> Result<Self, Problem> {
        let at = |path: &str| server.join(path).map_err(|_| Problem::NoMetadata);
        Ok(Self {
            issuer: None,
            authorization_endpoint: Some(at("/authorize")?),
            token_endpoint: at("/token")?,
            registration_endpoint: Some(at("/register")?),
            scopes: Vec::new(),
            auth_methods: None,
            takes_client_documents: false,
            names_itself: false,
            does_s256: true,
        })
    }

    /// Whom a client is registered with.
    pub(super) fn identity(&self) -> &str {
        self.issuer
            .as_deref()
            .unwrap_or(self.token_endpoint.as_str())
    }

    /// Tells whether clients may prove who they are in this way.
    pub(super) fn takes(&self, method: &str) -> bool {
        match &self.auth_methods {
            Some(methods) => methods.iter().any(|it| it == method),
            // RFC 8414: this one, where nothing is said.
            None => method == "client_secret_basic",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_speaks_of_the_server_or_of_what_it_is_in() {
        let url: Url = "https://mcp.example/crm/mcp".parse().unwrap();
        let check = |resource: &str| {
            let document = json!({"resource": resource, "authorization_servers": []});
            ResourceMetadata::read(document).unwrap().check(&url)
        };
        for resource in [
            "https://mcp.example/crm/mcp",
            "https://mcp.example/crm/mcp/",
            "https://mcp.example/crm",
            "https://mcp.example",
            "https://MCP.example:443/",
        ] {
            assert_eq!(check(resource), Ok(()), "{resource}");
        }
        for resource in [
            "https://mcp.example/cr",
            "https://mcp.example/crm/mcp/other",
            "http://mcp.example/crm/mcp",
            "https://mcp.example:444/crm/mcp",
            "https://evil.example/crm/mcp",
            "crm",
        ] {
            assert_eq!(check(resource), Err(Problem::OtherResource), "{resource}");
        }
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        let issuer: Url = "https://as.example/tenant".parse().unwrap();
        let read = |named: &str| {
            let document = json!({"issuer": named, "token_endpoint": "https://as.example/t"});
            ServerMetadata::read(document, &issuer).map(|it| it.issuer)
        };
        let named = "https://as.example/tenant/".to_owned();
        assert_eq!(read(&named), Ok(Some(named.clone())));
        assert_eq!(read("https://as.example"), Err(Problem::OtherIssuer));
        assert_eq!(read("https://as.example/Tenant"), Err(Problem::OtherIssuer));
    }
}
