//! From a request to files.

use std::fs;
use std::path::{Path, PathBuf};

use imgcluster_core::Job;

use crate::hub::cache::Shelf;
use crate::hub::choice::{self, PREPROCESSOR, TOKENIZER};
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
    /// `preprocessor_config.json`.
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

/// Finds the files of a model if all that it needs is on this machine. Never touches the network.
pub fn cached(request: &ModelRequest, options: &HubOptions) -> Option<ModelFiles> {
    local(request, options).ok().flatten()
}

/// Finds the files of a model, and downloads what is missing, which is reported as
/// [`Stage::Download`](imgcluster_core::Stage::Download) in bytes.
///
/// What was found once is found again without a request to the hub. Broken transfers are resumed,
/// also by a later call; checksums are verified before a file gets its name; two processes that
/// want the same file wait for each other.
///
/// # Errors
/// If the request names something that is not there or cannot be used, the hub is out of reach or
/// [`offline`](HubOptions::offline) is set, a transfer keeps breaking, or the job is cancelled.
/// Nothing is then in the cache but what was whole, and the beginnings of files for the next try.
#[expect(
    clippy::missing_panics_doc,
    reason = "a folder has its files or has been refused when the hub is thought of"
)]
pub fn locate(
    request: &ModelRequest,
    options: &HubOptions,
    job: &Job<'_>,
) -> Result<ModelFiles, HubError> {
    if let Some(files) = local(request, options)? {
        return Ok(files);
    }
    let (repository, revision) = request
        .remote()
        .expect("a folder has its files or has been refused above");
    if options.offline {
        return Err(HubError::Offline {
            repository: repository.to_owned(),
        });
    }
    fetch(request, repository, revision, options, job)?;
    local(request, options)?.ok_or_else(|| unfit(request, repository, revision))
}

/// Why nothing was found after everything there is was fetched.
fn unfit(request: &ModelRequest, repository: &str, revision: &str) -> HubError {
    let repository = repository.to_owned();
    match &request.source {
        ModelSource::Zoo(model) => HubError::NoFile {
            repository,
            revision: revision.to_owned(),
            file: model.weights.to_owned(),
        },
        _ => HubError::NoConfiguration {
            place: repository,
            file: choice::DESCRIPTIONS[0],
        },
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
    fs::metadata(weights).map_err(HubError::file(weights))?;
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
    let entries = fs::read_dir(folder).map_err(HubError::file(folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(HubError::file(folder))?;
        names.extend(entry.file_name().to_str().map(str::to_owned));
    }
    let there = |name: &str| {
        let path = folder.join(name);
        path.is_file().then_some(path)
    };
    let place = folder.display().to_string();
    let (weights, configuration) = if let Some(given) = given {
        let mut known = choice::WEIGHTS.iter();
        let configuration = known.find_map(|(_, configuration)| there(configuration));
        let missing = || HubError::NoConfiguration {
            place,
            file: choice::DESCRIPTIONS[0],
        };
        (given.to_owned(), configuration.ok_or_else(missing)?)
    } else {
        let weights = choice::weights(&place, &names)?;
        let configuration = choice::configuration(weights);
        (folder.join(weights), folder.join(configuration))
    };
    Ok(ModelFiles {
        weights,
        configuration: Some(configuration),
        preprocessor: there(PREPROCESSOR),
        tokenizer: there(TOKENIZER),
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
    let mut pairs = choice::WEIGHTS.iter();
    let (weights, configuration) = if let Some(given) = given {
        let configuration = pairs.find_map(|(_, configuration)| shelf.find(configuration))?;
        (given.to_owned(), configuration)
    } else {
        pairs.find_map(|(weights, configuration)| {
            Some((shelf.find(weights)?, shelf.find(configuration)?))
        })?
    };
    Some(ModelFiles {
        weights,
        configuration: Some(configuration),
        preprocessor: shelf.find(PREPROCESSOR),
        tokenizer: shelf.find(TOKENIZER),
        zoo: None,
    })
}
