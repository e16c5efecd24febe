//! From a request to files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use imgcluster_core::Job;

use crate::hub::cache::Shelf;
use crate::hub::choice::{self, CONFIGURATIONS, PREPROCESSOR, TOKENIZER, WEIGHTS};
use crate::hub::described;
use crate::hub::fetch::fetch;
use crate::hub::{HubError, HubOptions, ModelRequest, ModelSource};
use crate::zoo::ZooModel;

/// Where the files of a model are on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFiles {
    /// The safetensors file.
    pub weights: PathBuf,
    /// `config.json`, or `open_clip_config.json` if the weights are in that layout. A model of the
    /// zoo may do without; others always have one.
    pub configuration: Option<PathBuf>,
    /// `preprocessor_config.json`, or a `processor_config.json` that says the same. Some
    /// configurations do without.
    pub preprocessor: Option<PathBuf>,
    /// `tokenizer.json`.
    pub tokenizer: Option<PathBuf>,
    /// The entry of the zoo, if the model is one.
    pub zoo: Option<&'static ZooModel>,
}

/// The folder of the cache where a request's repository is or will be: what has to be copied to
/// use the model on another machine. `None` for a folder.
pub fn repository_folder(request: &ModelRequest, options: &HubOptions) -> Option<PathBuf> {
    let (repository, revision) = request.remote()?;
    let shelf = Shelf::new(&options.cache, repository, revision);
    Some(shelf.folder().to_owned())
}

/// Tells whether the weights of an entry are on this machine, without touching the network.
pub fn is_present(model: &'static ZooModel, options: &HubOptions) -> bool {
    cached(&model.into(), options).is_some()
}

/// Finds the files of a model if all that it needs is on this machine: the weights, and for a model
/// that is not in the zoo also what says of what architecture they are and how pictures are
/// prepared. Never touches the network.
pub fn cached(request: &ModelRequest, options: &HubOptions) -> Option<ModelFiles> {
    local(request, options).ok().flatten()
}

/// Finds the files of a model, and downloads what is missing, which is reported as
/// [`Stage::Download`](imgcluster_core::Stage::Download) in bytes.
///
/// What was found once is found again without a request to the hub, unless its architecture is not
/// built in: the hub may have the model in the files of another program too. Broken transfers are
/// resumed; those of a file whose sum the hub tells also by a later call. That sum, SHA-256 or Git's,
/// is verified before a file gets its name. Two processes that want the same file wait for each
/// other, where the folder has locks.
///
/// # Errors
/// If the request names something that is not there or cannot be used, the hub is out of reach or
/// [`offline`](HubOptions::offline) is set, a transfer keeps breaking, or the job is cancelled.
/// Nothing is then in the cache but what was whole, and the beginnings of files for the next try.
pub fn locate(
    request: &ModelRequest,
    options: &HubOptions,
    job: &Job<'_>,
) -> Result<ModelFiles, HubError> {
    match local(request, options)? {
        Some(files) if options.offline || is_settled(request, &files) => Ok(files),
        _ => from_hub(request, options, job, false),
    }
}

/// As [`locate`], but asks the hub even if everything is here: what belongs to the model and is
/// missing is fetched, what is here is verified, and what is damaged is fetched again. A branch is
/// followed to where it is now.
///
/// # Errors
/// As [`locate`]; also if everything is here and the hub is out of reach.
pub fn pull(
    request: &ModelRequest,
    options: &HubOptions,
    job: &Job<'_>,
) -> Result<ModelFiles, HubError> {
    from_hub(request, options, job, true)
}

/// Whether the hub could have nothing better than these files.
fn is_settled(request: &ModelRequest, files: &ModelFiles) -> bool {
    let told = files.configuration.as_deref();
    match request.source {
        ModelSource::Zoo(_) | ModelSource::Folder(_) => true,
        ModelSource::Repository { .. } => told.is_some_and(described::is_supported),
    }
}

/// Fetches what a request needs, and finds it; a folder is only looked into.
fn from_hub(
    request: &ModelRequest,
    options: &HubOptions,
    job: &Job<'_>,
    verify: bool,
) -> Result<ModelFiles, HubError> {
    if let Some(remote) = request.remote() {
        if options.offline {
            return Err(HubError::Offline {
                repository: remote.0.to_owned(),
            });
        }
        fetch(request, remote, options, job, verify)?;
    }
    local(request, options)?.ok_or_else(|| unfit(request))
}

/// Why nothing was found after everything there is was fetched.
fn unfit(request: &ModelRequest) -> HubError {
    match &request.source {
        ModelSource::Zoo(model) => HubError::NoFile {
            repository: model.repository.to_owned(),
            revision: model.revision.to_owned(),
            file: model.weights.to_owned(),
        },
        ModelSource::Repository { name: place, .. } => no_configuration(place),
        ModelSource::Folder(folder) => no_configuration(&folder.display().to_string()),
    }
}

fn no_configuration(place: &str) -> HubError {
    let [file, _] = CONFIGURATIONS;
    HubError::NoConfiguration {
        place: place.to_owned(),
        file,
    }
}

/// Looks on this machine. `None` if something is missing that the hub could give.
fn local(request: &ModelRequest, options: &HubOptions) -> Result<Option<ModelFiles>, HubError> {
    if let Some(weights) = &request.weights {
        check_given(weights)?;
    }
    match &request.source {
        ModelSource::Folder(folder) => in_folder(folder, request.weights.as_deref()).map(Some),
        ModelSource::Zoo(model) => Ok(of_zoo(model, request.weights.as_deref(), options)),
        ModelSource::Repository { name, revision } => {
            let shelf = Shelf::new(&options.cache, name, revision);
            Ok(of_repository(&shelf, request.weights.as_deref()))
        }
    }
}

/// Checks a file of weights that was given by hand.
fn check_given(weights: &Path) -> Result<(), HubError> {
    let metadata = fs::metadata(weights).map_err(HubError::given(weights))?;
    if metadata.is_dir() {
        let folder = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(HubError::given(weights)(folder));
    }
    if !choice::is_pickle(weights) {
        return Ok(());
    }
    let name = weights.file_name().unwrap_or_default().to_string_lossy();
    let folder = weights.parent().unwrap_or(Path::new("."));
    Err(HubError::Pickle {
        place: folder.display().to_string(),
        file: name.into_owned(),
    })
}

fn in_folder(folder: &Path, given: Option<&Path>) -> Result<ModelFiles, HubError> {
    let entries = fs::read_dir(folder).map_err(HubError::given(folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(HubError::given(folder))?;
        names.extend(entry.file_name().to_str().map(str::to_owned));
    }
    let find = |name: &str| {
        let path = folder.join(name);
        path.is_file().then_some(path)
    };
    let place = folder.display().to_string();
    if given.is_none() {
        choice::weights(&place, &names)?;
    }
    let Some((weights, configuration)) = weights_there(given, find) else {
        return Err(no_configuration(&place));
    };
    with_companions(weights, configuration, find).ok_or(HubError::NoPreprocessor { place })
}

/// Finds the weights, or takes those that are given, with the configuration that counts.
fn weights_there(
    given: Option<&Path>,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Option<(PathBuf, PathBuf)> {
    let pairs = match given {
        Some(given) => CONFIGURATIONS
            .iter()
            .filter_map(|told| Some((given.to_owned(), find(told)?)))
            .collect(),
        None => WEIGHTS
            .iter()
            .filter_map(|(weights, told)| Some((find(weights)?, find(told)?)))
            .collect(),
    };
    described::first_usable(pairs, find)
}

/// Everything that goes with a configuration; `None` if nothing says how pictures are prepared.
fn with_companions(
    weights: PathBuf,
    configuration: PathBuf,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Option<ModelFiles> {
    let preprocessor = described::preprocessor(&configuration, &find)?;
    Some(ModelFiles {
        weights,
        preprocessor: Some(preprocessor).filter(|path| *path != configuration),
        configuration: Some(configuration),
        tokenizer: find(TOKENIZER),
        zoo: None,
    })
}

fn of_zoo(
    model: &'static ZooModel,
    given: Option<&Path>,
    options: &HubOptions,
) -> Option<ModelFiles> {
    let shelf = Shelf::new(&options.cache, model.repository, model.revision);
    // The same bytes may have come with another commit, by another program.
    let weights = given
        .map(Path::to_owned)
        .or_else(|| shelf.find(model.weights))
        .or_else(|| shelf.find_blob(model.sha256?))?;
    Some(ModelFiles {
        weights,
        configuration: shelf.find(choice::configuration(model.weights)),
        preprocessor: shelf.find(PREPROCESSOR),
        tokenizer: shelf.find(TOKENIZER),
        zoo: Some(model),
    })
}

fn of_repository(shelf: &Shelf, given: Option<&Path>) -> Option<ModelFiles> {
    let find = |name: &str| shelf.find(name);
    let (weights, configuration) = weights_there(given, find)?;
    with_companions(weights, configuration, find)
}
