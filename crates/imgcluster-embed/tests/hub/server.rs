//! A hub in a few lines: the paths, headers and redirects of the real one, and faults on request.
//! Large files come from a second server, as the real hub's do.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The commit that every repository is at.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// Large files: the connection ends after so many bytes, so many times.
    Break { after: usize, times: usize },
    /// Large files: the connection stands still after so many bytes.
    Stall { after: usize },
    /// Large files: one bit is wrong.
    Flip,
    /// Small files: one bit is wrong.
    FlipSmall,
    /// Large files: the wish to begin later is not heard.
    IgnoreRange,
    /// The hub takes requests and does not answer.
    Hang,
    /// The hub sends everybody to itself.
    Circle,
    /// The hub answers with a page that asks for a password.
    LoginPage,
    /// The hub names the bytes of files like this.
    Etag(&'static str),
    /// The hub names the bytes of small files like this.
    SmallEtag(&'static str),
    /// The hub names its commit like this.
    Commit(&'static str),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
    /// Whether the hub was asked, and not the server of large files.
    pub(crate) hub: bool,
}

/// The files of a repository, by name.
type Files = Vec<(String, Vec<u8>)>;

#[derive(Default)]
struct State {
    /// By `ORG/NAME`.
    files: Mutex<HashMap<String, Files>>,
    commits: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<Asked>>,
    faults: Mutex<Vec<Fault>>,
    token: Mutex<Option<String>>,
}

/// A running hub.
pub(crate) struct Hub {
    pub(crate) endpoint: String,
    state: Arc<State>,
}

impl Hub {
    pub(crate) fn start() -> Self {
        let state = Arc::new(State::default());
        let files = serve(state.clone(), None);
        let hub = serve(state.clone(), Some(files));
        Self {
            endpoint: hub,
            state,
        }
    }

    /// Puts a repository on the hub.
    pub(crate) fn put(&self, repository: &str, files: &[(&str, &[u8])]) {
        self.put_at(repository, COMMIT, files);
    }

    /// Puts a repository on the hub at a commit of its own.
    pub(crate) fn put_at(&self, repository: &str, commit: &str, files: &[(&str, &[u8])]) {
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        let mut all = self.state.files.lock().unwrap();
        all.insert(repository.to_owned(), files.collect());
        let mut commits = self.state.commits.lock().unwrap();
        commits.insert(repository.to_owned(), commit.to_owned());
    }

    /// Lets something go wrong from now on.
    pub(crate) fn fault(&self, fault: Fault) {
        self.state.faults.lock().unwrap().push(fault);
    }

    /// Lets nothing go wrong from now on.
    pub(crate) fn heal(&self) {
        self.state.faults.lock().unwrap().clear();
    }

    /// Shows its repositories only to who has this token.
    pub(crate) fn require(&self, token: &str) {
        *self.state.token.lock().unwrap() = Some(token.to_owned());
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// The hash that Git gives a file, in hex: what the hub names small files by.
pub(crate) fn git_hash(bytes: &[u8]) -> String {
    let mut text = String::new();
    let sum = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(bytes);
    for byte in sum.finalize() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Starts a server; the hub is the one that knows another server for large files.
fn serve(state: Arc<State>, large: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (state, large) = (state.clone(), large.clone());
            // A client that goes away is no failure of the server.
            thread::spawn(move || drop(answer(&stream.unwrap(), &state, large.as_deref())));
        }
    });
    address
}

fn answer(stream: &TcpStream, state: &State, large: Option<&str>) -> std::io::Result<()> {
    let asked = read_request(stream, large.is_some())?;
    state.asked.lock().unwrap().push(asked.clone());
    match large {
        Some(large) => answer_as_hub(stream, state, &asked, large),
        None => send_large(stream, state, &asked),
    }
}

fn read_request(stream: &TcpStream, hub: bool) -> std::io::Result<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        range: None,
        authorization: None,
        hub,
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "range" => asked.range = Some(value.to_owned()),
            "authorization" => asked.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(asked)
}

fn send(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )?;
    stream.write_all(body)
}

/// Sends the head of an answer whose body is left out, as to `HEAD`.
fn send_head(
    mut stream: &TcpStream,
    status: &str,
    headers: &str,
    size: usize,
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {size}\r\n{headers}\r\n"
    )
}

fn answer_as_hub(
    stream: &TcpStream,
    state: &State,
    asked: &Asked,
    large: &str,
) -> std::io::Result<()> {
    let faults = state.faults.lock().unwrap().clone();
    if faults.contains(&Fault::Hang) {
        thread::sleep(Duration::from_mins(1));
        return Ok(());
    }
    if faults.contains(&Fault::Circle) {
        return send(
            stream,
            "302 Found",
            &format!("Location: {}\r\n", asked.path),
            b"",
        );
    }
    if faults.contains(&Fault::LoginPage) {
        return send(
            stream,
            "200 OK",
            "ETag: \"page\"\r\n",
            b"<html>password?</html>",
        );
    }
    let token = state.token.lock().unwrap().clone();
    let welcome = token.is_none_or(|token| asked.authorization == Some(format!("Bearer {token}")));
    let (repository, revision, file) = parts(&asked.path);
    let files = state.files.lock().unwrap().get(&repository).cloned();
    let Some(files) = files.filter(|_| welcome) else {
        return send(
            stream,
            "401 Unauthorized",
            "X-Error-Code: RepoNotFound\r\n",
            b"",
        );
    };
    let commit = state.commits.lock().unwrap()[&repository].clone();
    if revision != "main" && revision != commit {
        return send(
            stream,
            "404 Not Found",
            "X-Error-Code: RevisionNotFound\r\n",
            b"",
        );
    }
    let wrong = faults.iter().find_map(|fault| match fault {
        Fault::Commit(commit) => Some((*commit).to_owned()),
        _ => None,
    });
    let commit = wrong.unwrap_or(commit);
    match file {
        None => list(stream, &files, &commit),
        Some(file) => match files.iter().find(|(name, _)| *name == file) {
            Some((_, bytes)) => {
                let page = Page {
                    large: file.ends_with(".safetensors").then_some(large),
                    commit,
                    bytes,
                };
                send_page(stream, &page, &faults, asked)
            }
            None => send(
                stream,
                "404 Not Found",
                "X-Error-Code: EntryNotFound\r\n",
                b"",
            ),
        },
    }
}

fn list(stream: &TcpStream, files: &Files, commit: &str) -> std::io::Result<()> {
    let names: Vec<String> = files
        .iter()
        .map(|(name, _)| format!("{{\"rfilename\":\"{name}\"}}"))
        .collect();
    let listing = format!(
        "{{\"sha\":\"{commit}\",\"siblings\":[{}]}}",
        names.join(",")
    );
    send(stream, "200 OK", "", listing.as_bytes())
}

/// A file as the hub shows it.
struct Page<'a> {
    /// Where its bytes are, if it is large.
    large: Option<&'a str>,
    commit: String,
    bytes: &'a [u8],
}

fn send_page(
    stream: &TcpStream,
    page: &Page<'_>,
    faults: &[Fault],
    asked: &Asked,
) -> std::io::Result<()> {
    let wrong = faults.iter().find_map(|fault| match fault {
        Fault::Etag(etag) => Some((*etag).to_owned()),
        Fault::SmallEtag(etag) if page.large.is_none() => Some((*etag).to_owned()),
        _ => None,
    });
    let (sum, commit, size) = (sha256(page.bytes), &page.commit, page.bytes.len());
    if let Some(large) = page.large {
        let etag = wrong.unwrap_or_else(|| sum.clone());
        let headers = format!(
            "X-Repo-Commit: {commit}\r\nX-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {size}\r\n\
             ETag: \"of-the-redirect\"\r\nLocation: {large}/blobs/{sum}\r\n"
        );
        return send(stream, "302 Found", &headers, b"");
    }
    let etag = wrong.unwrap_or_else(|| git_hash(page.bytes));
    let headers = format!("X-Repo-Commit: {commit}\r\nETag: W/\"{etag}\"\r\n");
    if asked.method == "HEAD" {
        return send_head(stream, "200 OK", &headers, size);
    }
    let mut bytes = page.bytes.to_vec();
    if faults.contains(&Fault::FlipSmall) {
        bytes[0] ^= 1;
    }
    send(stream, "200 OK", &headers, &bytes)
}

/// Repository, revision, and file if one is meant.
fn parts(path: &str) -> (String, String, Option<String>) {
    let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match words.as_slice() {
        ["api", "models", organisation, name, "revision", revision] => (
            format!("{organisation}/{name}"),
            (*revision).to_owned(),
            None,
        ),
        [organisation, name, "resolve", revision, file @ ..] => (
            format!("{organisation}/{name}"),
            (*revision).to_owned(),
            Some(file.join("/")),
        ),
        _ => (String::new(), String::new(), None),
    }
}

fn send_large(mut stream: &TcpStream, state: &State, asked: &Asked) -> std::io::Result<()> {
    let sum = asked.path.trim_start_matches("/blobs/").to_owned();
    let found = state
        .files
        .lock()
        .unwrap()
        .values()
        .flatten()
        .find_map(|(_, bytes)| (sha256(bytes) == sum).then(|| bytes.clone()));
    let Some(mut bytes) = found else {
        return send(stream, "404 Not Found", "", b"");
    };
    let mut faults = state.faults.lock().unwrap();
    if faults.contains(&Fault::Flip) {
        bytes[0] ^= 1;
    }
    let range = asked
        .range
        .as_ref()
        .filter(|_| !faults.contains(&Fault::IgnoreRange));
    let range = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let start: usize = range.unwrap_or(0);
    let end = faults.iter_mut().find_map(|fault| match fault {
        Fault::Break { after, times } if *times > 0 => {
            *times -= 1;
            Some(*after)
        }
        Fault::Stall { after } => Some(*after),
        _ => None,
    });
    let stalls = faults
        .iter()
        .any(|fault| matches!(fault, Fault::Stall { .. }));
    drop(faults);
    if start >= bytes.len() {
        return send(stream, "416 Range Not Satisfiable", "", b"");
    }
    let (status, range) = if start > 0 {
        let size = bytes.len();
        let range = format!("Content-Range: bytes {start}-{}/{size}\r\n", size - 1);
        ("206 Partial Content", range)
    } else {
        ("200 OK", String::new())
    };
    let rest = &bytes[start..];
    send_head(stream, status, &range, rest.len())?;
    stream.write_all(&rest[..end.unwrap_or(rest.len()).min(rest.len())])?;
    if stalls {
        thread::sleep(Duration::from_mins(1));
    }
    Ok(())
}
