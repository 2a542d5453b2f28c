//! [`OwnServer`]: the form for an MCP server of the person's own.

use rtmcp_api::Server;
use rtmcp_core::Private;

/// The form as it is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnServer {
    /// The address.
    pub url: String,
    /// `http`, `sse`, or empty where it is to be found out.
    pub transport: String,
    /// What is sent with each request.
    pub headers: Vec<Header>,
    /// What is wrong with it.
    pub trouble: Option<String>,
    /// How many rows there were; names the next one.
    rows: u64,
}

/// A row of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Names the row.
    pub row: u64,
    /// The header's name.
    pub name: String,
    /// The header's value.
    pub value: Private<String>,
}

/// A change of the form.
#[derive(Clone, Debug)]
pub enum Form {
    /// The address.
    Url(String),
    /// The transport.
    Transport(String),
    /// One more header.
    AddHeader,
    /// The name of the header in a row.
    HeaderName(u64, String),
    /// The value of the header in a row.
    HeaderValue(u64, Private<String>),
    /// One header less.
    RemoveHeader(u64),
}

impl OwnServer {
    pub(in crate::model) fn fill(&mut self, form: Form) {
        self.trouble = None;
        match form {
            Form::Url(url) => self.url = url,
            Form::Transport(transport) => self.transport = transport,
            Form::AddHeader => {
                self.rows += 1;
                self.headers.push(Header {
                    row: self.rows,
                    ..Header::default()
                });
            }
            Form::HeaderName(row, name) => {
                if let Some(header) = self.row_mut(row) {
                    header.name = name;
                }
            }
            Form::HeaderValue(row, value) => {
                if let Some(header) = self.row_mut(row) {
                    header.value = value;
                }
            }
            Form::RemoveHeader(row) => self.headers.retain(|header| header.row != row),
        }
    }

    fn row_mut(&mut self, row: u64) -> Option<&mut Header> {
        self.headers.iter_mut().find(|header| header.row == row)
    }

    /// Returns the server that the form describes, or what is wrong with it.
    pub(super) fn server(&self, taken: &[String]) -> Result<Server, String> {
        let url = self.url.trim();
        if url.is_empty() {
            return Err("Type the address of an MCP server first.".to_owned());
        }
        let Some(host) = host(url) else {
            return Err(
                "An address begins with http:// or https://, such as http://127.0.0.1:8000/mcp."
                    .to_owned(),
            );
        };
        let mut server = Server {
            name: name(host, taken),
            url: Some(url.to_owned()),
            transport: Some(self.transport.clone()).filter(|it| !it.is_empty()),
            ..Server::default()
        };
        for header in &self.headers {
            let (name, value) = (header.name.trim(), header.value.expose().trim());
            if name.is_empty() && value.is_empty() {
                continue;
            }
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(
                    "A header needs a name of letters, digits and dashes, such as Authorization."
                        .to_owned(),
                );
            }
            server.headers.insert(name.to_owned(), Private::from(value));
        }
        Ok(server)
    }
}

/// Returns the host of an address of the web.
fn host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty() && !host.contains(char::is_whitespace)).then_some(host)
}

/// Makes a name of a host that functions can begin with, and that nobody has.
fn name(host: &str, taken: &[String]) -> String {
    let host = host.split(':').next().unwrap_or(host);
    let plain = |letter: char| letter.is_ascii_alphanumeric();
    let own = if host.starts_with(|it: char| it.is_ascii_digit()) || !host.contains(plain) {
        // The digits of an address say nothing to a model.
        "own".to_owned()
    } else {
        let host = host.strip_prefix("www.").unwrap_or(host);
        let letters = host.chars().take(24);
        let letters = letters.map(|it| if plain(it) { it } else { '_' });
        letters.collect::<String>().to_ascii_lowercase()
    };
    let mut name = own.clone();
    let mut count = 1;
    while taken.contains(&name) {
        count += 1;
        name = format!("{own}_{count}");
    }
    name
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*')
}
