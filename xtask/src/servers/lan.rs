//! [`Lan`]: a page on this machine, for a server that fetches pages.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// Serves one page until this process ends.
pub(super) struct Lan {
    pub(super) address: String,
}

const PATH: &str = "/opening-hours";
const PAGE: &str = "<!doctype html><html lang=\"en\"><head><title>The shop</title></head><body>\
    <article><h1>Opening hours</h1><p>The shop is open from nine to five on every day but Sunday, \
    when it is closed, and on the day before a holiday it closes at noon.</p></article></body></html>";

impl Lan {
    /// # Errors
    ///
    /// When there is no port for it.
    pub(super) fn serve() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = format!("http://{}", listener.local_addr()?);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who hangs up early wants no answer.
                let _ = answer(stream);
            }
        });
        Ok(Self { address })
    }
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let (status, body) = match request.split(' ').nth(1) {
        Some(PATH) => ("200 OK", PAGE),
        _ => ("404 Not Found", ""),
    };
    let length = body.len();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
