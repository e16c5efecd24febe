//! What is asked of the hub, and what it answers.

use imgcluster_core::Job;
use serde_json::Value;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION, RANGE,
};
use ureq::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use ureq::{Agent, Body, Proxy};

use crate::hub::request::is_plain;
use crate::hub::wait::{Chunks, wait};
use crate::hub::{HubError, HubOptions};

/// More redirects than this are a circle.
const MOST_REDIRECTS: usize = 8;
/// More bytes than this are no list of files.
const LONGEST_LISTING: u64 = 16 << 20;

/// Speaks with one hub.
pub(super) struct Client<'a> {
    agent: Agent,
    endpoint: Uri,
    options: &'a HubOptions,
    /// What stops all waiting.
    job: &'a Job<'a>,
}

/// The files of a repository at one commit.
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) files: Vec<String>,
}

/// What the hub says of a file.
pub(super) struct Metadata {
    /// The name of its bytes: their SHA-256 for large files, a Git hash for small ones.
    pub(super) etag: String,
    /// How many bytes it has.
    pub(super) size: u64,
}

/// The rest of a file, from some byte on.
pub(super) struct Rest {
    pub(super) from: u64,
    pub(super) chunks: Chunks,
}

/// A file of a repository at a commit or another revision.
#[derive(Clone, Copy)]
pub(super) struct Remote<'a> {
    pub(super) repository: &'a str,
    pub(super) revision: &'a str,
    pub(super) file: &'a str,
}

impl<'a> Client<'a> {
    pub(super) fn new(options: &'a HubOptions, job: &'a Job<'a>) -> Result<Self, HubError> {
        let wrong = |address: &str| HubError::Address {
            address: address.to_owned(),
        };
        let endpoint: Uri = options
            .endpoint
            .trim_end_matches('/')
            .parse()
            .map_err(|_| wrong(&options.endpoint))?;
        if endpoint.host().is_none() || !is_http(&endpoint) {
            return Err(wrong(&options.endpoint));
        }
        if options
            .token
            .as_deref()
            .is_some_and(|token| bearer(token).is_none())
        {
            return Err(HubError::Token);
        }
        let proxy = options.proxy.as_deref().map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| HubError::Proxy)?;
        let patience = Some(options.patience);
        let config = Agent::config_builder()
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_resolve(patience)
            .timeout_connect(patience)
            .timeout_recv_response(patience)
            .timeout_per_read(patience)
            .user_agent(concat!("imgcluster/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            endpoint,
            options,
            job,
        })
    }

    /// Lists the files of a repository.
    pub(super) fn listing(&self, repository: &str, revision: &str) -> Result<Listing, HubError> {
        let path = format!("/api/models/{repository}/revision/{revision}");
        let asked = Asked {
            method: Method::GET,
            from: 0,
            brief: true,
        };
        let (mut response, _) = self.send(&asked, self.address(&path)?)?;
        let remote = Remote {
            repository,
            revision,
            file: "",
        };
        self.refuse_failure(&response, remote)?;
        let text = wait(self.job, move || {
            let body = response.body_mut().with_config();
            body.limit(LONGEST_LISTING).read_to_vec()
        })?;
        let text = text.map_err(|error| self.unreachable(error))?;
        let answer: Value = serde_json::from_slice(&text).unwrap_or_default();
        let commit = answer["sha"].as_str().filter(|commit| is_commit(commit));
        let files = answer["siblings"].as_array();
        let (Some(commit), Some(files)) = (commit, files) else {
            return Err(self.protocol("its list of files cannot be read"));
        };
        let names = files.iter().filter_map(|file| file["rfilename"].as_str());
        Ok(Listing {
            commit: commit.to_owned(),
            files: names.map(str::to_owned).collect(),
        })
    }

    /// Asks what a file is, without fetching it.
    pub(super) fn metadata(&self, remote: Remote<'_>) -> Result<Metadata, HubError> {
        let asked = Asked {
            method: Method::HEAD,
            from: 0,
            brief: true,
        };
        let (response, _) = self.send(&asked, self.file_address(remote)?)?;
        if !response.status().is_redirection() {
            self.refuse_failure(&response, remote)?;
        }
        let headers = response.headers();
        let etag = text(headers, "x-linked-etag").or_else(|| text(headers, ETAG.as_str()));
        let size = text(headers, "x-linked-size").or_else(|| {
            let whole = !response.status().is_redirection();
            text(headers, CONTENT_LENGTH.as_str()).filter(|_| whole)
        });
        // The commit is part of the protocol; something that sends none is a proxy's login page.
        if !text(headers, "x-repo-commit").is_some_and(is_commit) {
            return Err(self.protocol("it names no commit"));
        }
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
        let Some(etag) = etag.filter(|etag| is_plain(etag)) else {
            return Err(self.protocol("it names no checksum of a file"));
        };
        let Some(size) = size.and_then(|size| size.parse().ok()) else {
            return Err(self.protocol("it does not say how large a file is"));
        };
        Ok(Metadata {
            etag: etag.to_owned(),
            size,
        })
    }

    /// Opens a file from some byte on; the server may begin at the first byte all the same.
    pub(super) fn open(&self, remote: Remote<'_>, from: u64) -> Result<Rest, HubError> {
        let asked = Asked {
            method: Method::GET,
            from,
            brief: false,
        };
        let (response, server) = self.send(&asked, self.file_address(remote)?)?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && from > 0 {
            return self.open(remote, 0);
        }
        if self.is_own(&server) {
            self.refuse_failure(&response, remote)?;
        } else if !response.status().is_success() {
            return Err(HubError::Status {
                address: origin(&server),
                status: response.status().as_u16(),
                repository: remote.repository.to_owned(),
            });
        }
        let start = if response.status() == StatusCode::PARTIAL_CONTENT {
            let range = text(response.headers(), CONTENT_RANGE.as_str()).and_then(range_start);
            range.ok_or_else(|| self.protocol("it sends a part of a file and not which"))?
        } else {
            0
        };
        if start != 0 && start != from {
            return Err(self.protocol("it sends another part of a file than was asked for"));
        }
        Ok(Rest {
            from: start,
            chunks: Chunks::of(response.into_body().into_reader()),
        })
    }

    /// Sends a request and follows redirects; gives the answer and who gave it. The token goes to
    /// the hub only, never on to the servers it redirects to.
    ///
    /// A brief request is not followed beyond the hub: what it wants to know stands in the
    /// redirect.
    fn send(&self, asked: &Asked, start: Uri) -> Result<(Response<Body>, Uri), HubError> {
        let mut address = start;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send_once(asked, &address)?;
            if !response.status().is_redirection() {
                return Ok((response, address));
            }
            let target = text(response.headers(), LOCATION.as_str());
            let Some(next) = target.and_then(|target| follow(&address, target)) else {
                return Err(self.protocol("it redirects to nowhere"));
            };
            let told = response.headers().contains_key("x-linked-etag");
            if asked.brief && asked.method == Method::HEAD && (told || !self.is_own(&next)) {
                return Ok((response, address));
            }
            if address.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(self.protocol("it redirects to an address that is not encrypted"));
            }
            address = next;
        }
        Err(self.protocol("it redirects in circles"))
    }

    fn send_once(&self, asked: &Asked, address: &Uri) -> Result<Response<Body>, HubError> {
        let mut request = Request::builder()
            .method(asked.method.clone())
            .uri(address)
            .header(ACCEPT_ENCODING, "identity");
        if asked.from > 0 {
            request = request.header(RANGE, format!("bytes={}-", asked.from));
        }
        let token = self.options.token.as_deref();
        if let Some(bearer) = token.filter(|_| self.is_own(address)).and_then(bearer) {
            request = request.header(AUTHORIZATION, bearer);
        }
        let request = request.body(()).map_err(|_| HubError::Address {
            address: origin(address),
        })?;
        let mut configured = self.agent.configure_request(request);
        if asked.brief {
            configured = configured.timeout_global(Some(self.options.patience));
        }
        let (agent, request) = (self.agent.clone(), configured.build());
        wait(self.job, move || agent.run(request))?.map_err(|error| HubError::Unreachable {
            address: origin(address),
            source: Box::new(error),
        })
    }

    fn file_address(&self, remote: Remote<'_>) -> Result<Uri, HubError> {
        let Remote {
            repository,
            revision,
            file,
        } = remote;
        self.address(&format!("/{repository}/resolve/{revision}/{file}"))
    }

    fn address(&self, path: &str) -> Result<Uri, HubError> {
        let base = self.options.endpoint.trim_end_matches('/');
        let address = format!("{base}{path}");
        address.parse().map_err(|_| HubError::Address { address })
    }

    /// Whether an address is the hub's own.
    fn is_own(&self, address: &Uri) -> bool {
        origin(address) == origin(&self.endpoint)
    }

    /// Turns an answer of the hub that is no success into the reason.
    fn refuse_failure(
        &self,
        response: &Response<Body>,
        remote: Remote<'_>,
    ) -> Result<(), HubError> {
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let (repository, revision) = (remote.repository.to_owned(), remote.revision.to_owned());
        let code = text(response.headers(), "x-error-code").unwrap_or_default();
        // `RepoNotFound` and `RevisionNotFound`, as against `EntryNotFound`.
        let of_repository = remote.file.is_empty() || code.starts_with("Re");
        Err(match status.as_u16() {
            404 if !of_repository => HubError::NoFile {
                repository,
                revision,
                file: remote.file.to_owned(),
            },
            // The hub does not tell a missing repository from one that it would not show.
            401 | 403 | 404 => HubError::NoRepository {
                repository,
                revision,
            },
            status => HubError::Status {
                address: origin(&self.endpoint),
                status,
                repository,
            },
        })
    }

    fn unreachable(&self, error: ureq::Error) -> HubError {
        HubError::Unreachable {
            address: origin(&self.endpoint),
            source: Box::new(error),
        }
    }

    fn protocol(&self, what: &'static str) -> HubError {
        HubError::Protocol {
            address: origin(&self.endpoint),
            what,
        }
    }
}

/// A request to come.
struct Asked {
    method: Method,
    /// The first byte wanted.
    from: u64,
    /// Whether the whole answer is short, so that its time is limited too.
    brief: bool,
}

/// How a token is shown; `None` if it cannot be one.
fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Protocol, host and port; what must be equal for a token to be sent.
fn origin(address: &Uri) -> String {
    let scheme = address.scheme_str().unwrap_or_default();
    let host = address.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    match address.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

fn is_http(address: &Uri) -> bool {
    matches!(address.scheme_str(), Some("http" | "https"))
}

/// Where a redirect leads: another address, or another path on the same server.
fn follow(from: &Uri, target: &str) -> Option<Uri> {
    let uri: Uri = if target.starts_with('/') && !target.starts_with("//") {
        format!("{}{target}", origin(from)).parse().ok()?
    } else {
        target.parse().ok()?
    };
    (is_http(&uri) && uri.host().is_some()).then_some(uri)
}

/// The first byte of `bytes 10-99/100`.
fn range_start(range: &str) -> Option<u64> {
    let (start, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    start.parse().ok()
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn an_origin_is_protocol_host_and_port() {
        let hub = origin(&uri("https://Hub.example/x/y?z"));
        assert_eq!(hub, "https://hub.example");
        assert_eq!(hub, origin(&uri("https://hub.example:443")));
        for other in [
            "http://hub.example",
            "https://hub.example:444",
            "https://hub.example.org",
            "https://cdn.hub.example",
        ] {
            assert_ne!(hub, origin(&uri(other)), "{other}");
        }
    }

    #[test]
    fn a_redirect_leads_to_a_path_or_to_another_server_by_http_only() {
        let from = uri("https://hub.example/a/b");
        let led = |target: &str| follow(&from, target).map(|uri| uri.to_string());
        assert_eq!(led("/c/d").as_deref(), Some("https://hub.example/c/d"));
        assert_eq!(
            led("https://cdn.example/e").as_deref(),
            Some("https://cdn.example/e")
        );
        for nowhere in [
            "",
            "//cdn.example/e",
            "file:///etc/passwd",
            "c/d",
            "https://",
        ] {
            assert_eq!(led(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn the_start_of_a_range_is_read_and_nonsense_is_not() {
        assert_eq!(range_start("bytes 10-99/100"), Some(10));
        for nonsense in ["", "bytes", "bytes */100", "bytes -5/9", "items 1-2/3"] {
            assert_eq!(range_start(nonsense), None, "{nonsense}");
        }
    }
}
