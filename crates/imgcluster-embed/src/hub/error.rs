//! Why weights could not be had.

use std::io;
use std::path::PathBuf;

use imgcluster_core::Cancelled;

use crate::hub::checksum::is_sha256;
use crate::zoo::ZooError;

/// Why the files of a model could not be found or fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The zoo has no such entry.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// The text names neither a model of the zoo, nor a repository, nor a folder.
    #[error("`{0}` is neither a model, nor a repository `ORG/NAME`, nor a folder")]
    Name(String),
    /// Weights of the zoo are named for something that is not in it.
    #[error(
        "`{model}` is not in the zoo and has no weights to choose from, such as `{pretrained}`"
    )]
    Pretrained {
        /// The model as given.
        model: String,
        /// The weights as given.
        pretrained: String,
    },
    /// The model is not on this machine, or a part of it is missing, and the network must not be
    /// touched.
    #[error("`{repository}` is not on this machine, or not all of it")]
    Offline {
        /// The repository.
        repository: String,
    },
    /// The address of the hub is not well formed.
    #[error("`{address}` is not the address of a hub")]
    Address {
        /// The address as given.
        address: String,
    },
    /// The token has a line break or another character that no token has; it is not shown.
    #[error("the token of the hub has characters that no token has")]
    Token,
    /// The address of the proxy is not well formed; it is not shown, as it may hold a password.
    #[error("the address of the proxy is not well formed")]
    Proxy,
    /// The hub, or the server it sends files from, does not answer.
    #[error("cannot reach the model hub at `{address}`")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        source: Box<ureq::Error>,
    },
    /// There is no such repository, or the token does not open it.
    #[error("the hub has no repository `{repository}` at revision `{revision}` that it would show")]
    NoRepository {
        /// The repository.
        repository: String,
        /// The branch, tag or commit.
        revision: String,
    },
    /// The repository has no such file.
    #[error("`{repository}` has no file `{file}` at revision `{revision}`")]
    NoFile {
        /// The repository.
        repository: String,
        /// The branch, tag or commit.
        revision: String,
        /// The file.
        file: String,
    },
    /// The server answered something else than it should.
    #[error("`{address}` answered {status} to a request for `{repository}`")]
    Status {
        /// The server.
        address: String,
        /// The status it answered with.
        status: u16,
        /// The repository.
        repository: String,
    },
    /// Something answers, but not as a hub does.
    #[error("`{address}` does not answer as a model hub does: {what}")]
    Protocol {
        /// The server.
        address: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A transfer broke, again and again; what arrived is kept for the next try.
    #[error("the transfer of `{file}` broke after {have} of {size} bytes")]
    Broken {
        /// The file.
        file: String,
        /// Bytes that arrived.
        have: u64,
        /// Bytes of the whole file.
        size: u64,
        /// What went wrong last, if anything but silence did.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A file is not the one it should be; it was not kept.
    #[error(
        "`{file}` of `{repository}` has the {} {found} and not {expected}",
        kind(expected)
    )]
    Checksum {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
        /// What the table or the hub says.
        expected: String,
        /// What arrived, or what the hub announces.
        found: String,
    },
    /// There are weights, but pickled ones.
    #[error(
        "`{place}` has its weights only as `{file}`, a pickle, which can run any program when it \
         is read; only safetensors files are read"
    )]
    Pickle {
        /// A repository, a folder, or where the file lies.
        place: String,
        /// The pickled file.
        file: String,
    },
    /// The weights are split over several files.
    #[error("the weights of `{place}` are split over several files, which cannot be read")]
    Split {
        /// A repository or folder.
        place: String,
    },
    /// There is no file of weights at all.
    #[error("`{place}` has no `model.safetensors`")]
    NoWeights {
        /// A repository or folder.
        place: String,
    },
    /// Nothing says what model the weights are of.
    #[error("`{place}` has no `{file}`, which says what model the weights are of")]
    NoConfiguration {
        /// A repository or folder.
        place: String,
        /// The file that is missing.
        file: &'static str,
    },
    /// Nothing says what is done to pictures before the model sees them.
    #[error("`{place}` has no `preprocessor_config.json`, which says how pictures are prepared")]
    NoPreprocessor {
        /// A repository or folder.
        place: String,
    },
    /// A file or folder that was given cannot be read.
    #[error("cannot read `{}`", path.display())]
    Given {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder of the cache cannot be used.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The job was cancelled; what arrived is kept for the next try.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl HubError {
    /// For `map_err` on what is done to a file that was given.
    pub(super) fn given(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Given { path, source }
    }

    /// For `map_err` on what is done to a file of the cache.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// Whether the network, the hub or the missing right to use them is the cause, so that the
    /// files could still come from another machine.
    pub fn is_about_the_network(&self) -> bool {
        matches!(
            self,
            Self::Offline { .. }
                | Self::Unreachable { .. }
                | Self::NoRepository { .. }
                | Self::NoFile { .. }
                | Self::Status { .. }
                | Self::Protocol { .. }
                | Self::Broken { .. }
                | Self::Checksum { .. }
        )
    }
}

/// What kind of sum this is.
fn kind(sum: &str) -> &'static str {
    if is_sha256(sum) {
        "SHA-256"
    } else {
        "Git hash"
    }
}
