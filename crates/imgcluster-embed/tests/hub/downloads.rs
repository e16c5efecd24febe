//! What is fetched, what is found, and who is asked.

use std::fs;
use std::num::NonZeroUsize;
use std::thread;

use imgcluster_core::Job;
use imgcluster_embed::hub::{
    HubError, HubOptions, ModelRequest, cached, is_present, locate, repository_folder,
};
use imgcluster_embed::zoo;

use crate::place::{CONFIGURATION, Counter, Place, REPOSITORY, bytes};
use crate::server::{COMMIT, git_hash, sha256};

#[test]
fn a_model_is_downloaded_and_then_found_without_a_request() {
    let weights = bytes(300_000);
    let place = Place::with_model(&weights);
    let files = place.locate().unwrap();
    assert_eq!(fs::read(&files.weights).unwrap(), weights);
    assert_eq!(
        fs::read(files.configuration.as_ref().unwrap()).unwrap(),
        CONFIGURATION
    );
    assert_eq!(
        (&files.preprocessor, &files.tokenizer, files.zoo),
        (&None, &None, None)
    );
    assert!(!place.hub.asked().is_empty());
    assert_eq!(place.locate().unwrap(), files);
    assert_eq!(place.hub.asked().len(), 0);
}

#[test]
fn the_cache_is_laid_out_as_other_tools_expect_it() {
    let weights = bytes(1000);
    let place = Place::with_model(&weights);
    place.locate().unwrap();
    let model = "models--org--model";
    let expected = [
        format!("{model}/blobs/{}", git_hash(CONFIGURATION)),
        format!("{model}/blobs/{}", sha256(&weights)),
        format!("{model}/refs/main"),
        format!("{model}/snapshots/{COMMIT}/config.json"),
        format!("{model}/snapshots/{COMMIT}/model.safetensors"),
    ];
    let (mut found, mut expected) = (place.cached_files(), expected.to_vec());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(
        fs::read_to_string(place.shelf("refs/main")).unwrap(),
        COMMIT
    );
    #[cfg(unix)]
    {
        let link = place.shelf(&format!("snapshots/{COMMIT}/model.safetensors"));
        let target = fs::read_link(link).unwrap();
        assert_eq!(
            target.to_str().unwrap(),
            format!("../../blobs/{}", sha256(&weights))
        );
    }
}

#[test]
fn every_byte_is_reported_once() {
    let place = Place::with_model(&bytes(300_000));
    let counter = Counter::default();
    let job = Job::new(&counter, counter.cancel.clone(), NonZeroUsize::MIN);
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    locate(&request, &place.options, &job).unwrap();
    let all = 300_000 + CONFIGURATION.len() as u64;
    assert_eq!(*counter.total.lock().unwrap(), all);
    assert_eq!(*counter.done.lock().unwrap(), all);
}

#[test]
fn what_goes_with_the_weights_comes_too_and_nothing_else() {
    let place = Place::new();
    place.hub.put(
        REPOSITORY,
        &[
            ("config.json", b"{\"timm\":1}"),
            ("open_clip_config.json", b"{\"model_cfg\":{}}"),
            ("open_clip_model.safetensors", &bytes(100)),
            ("open_clip_pytorch_model.bin", &bytes(90)),
            ("preprocessor_config.json", b"{\"size\":224}"),
            ("tokenizer.json", b"{\"tokens\":[]}"),
            ("../../escape.safetensors", b"?"),
        ],
    );
    let files = place.locate().unwrap();
    assert!(files.weights.ends_with("open_clip_model.safetensors"));
    assert!(
        files
            .configuration
            .unwrap()
            .ends_with("open_clip_config.json")
    );
    assert!(files.preprocessor.is_some() && files.tokenizer.is_some());
    let gets = place
        .hub
        .asked()
        .iter()
        .filter(|asked| asked.path.contains(".bin"))
        .count();
    assert_eq!(gets, 0);
}

#[test]
fn a_model_of_the_zoo_comes_at_its_pinned_commit() {
    let place = Place::new();
    let model = zoo::find("resnet34", None).unwrap();
    assert!(!is_present(model, &place.options));
    let weights = bytes(5000);
    let files: [(&str, &[u8]); 2] = [("config.json", b"{}"), (model.weights, &weights)];
    place.hub.put_at(model.repository, model.revision, &files);
    let found = locate(&model.into(), &place.options, &Job::quiet()).unwrap();
    assert_eq!(fs::read(&found.weights).unwrap(), weights);
    assert_eq!(found.zoo, Some(model));
    assert!(is_present(model, &place.options));
    let asked = place.hub.asked();
    assert!(asked.iter().all(|asked| !asked.path.contains("/main")));
    let folder = repository_folder(&model.into(), &place.options).unwrap();
    assert!(found.weights.starts_with(folder));
}

#[test]
fn weights_that_are_not_those_of_the_table_are_refused_before_a_byte_is_fetched() {
    let place = Place::new();
    let model = zoo::find("dinov2-small", None).unwrap();
    place.hub.put_at(
        model.repository,
        model.revision,
        &[(model.weights, &bytes(50))],
    );
    let refused = locate(&model.into(), &place.options, &Job::quiet()).unwrap_err();
    let HubError::Checksum {
        expected, found, ..
    } = refused
    else {
        panic!("{refused}");
    };
    assert_eq!(Some(expected.as_str()), model.sha256);
    assert_eq!(found, sha256(&bytes(50)));
    assert!(place.hub.asked().iter().all(|asked| asked.hub));
    assert_eq!(place.cached_files(), [""; 0]);
}

#[test]
fn weights_that_another_tool_left_at_another_commit_are_used() {
    let place = Place::new();
    let model = zoo::find("clip-vit-b-32", None).unwrap();
    let folder = repository_folder(&model.into(), &place.options).unwrap();
    fs::create_dir_all(folder.join("blobs")).unwrap();
    let blob = folder.join("blobs").join(model.sha256.unwrap());
    fs::write(&blob, b"as left by another tool").unwrap();
    assert!(is_present(model, &place.options));
    let found = locate(&model.into(), &place.options, &Job::quiet()).unwrap();
    assert_eq!((found.weights, found.configuration), (blob, None));
    assert_eq!(place.hub.asked().len(), 0);
}

#[test]
fn offline_asks_nobody_and_uses_what_is_there() {
    let mut place = Place::with_model(&bytes(100));
    place.options.offline = true;
    let refused = place.locate().unwrap_err();
    assert!(matches!(&refused, HubError::Offline { repository } if repository == REPOSITORY));
    assert_eq!(place.hub.asked().len(), 0);
    place.options.offline = false;
    let files = place.locate().unwrap();
    place.hub.asked();
    place.options.offline = true;
    assert_eq!(place.locate().unwrap(), files);
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    assert_eq!(cached(&request, &place.options), Some(files));
    assert_eq!(place.hub.asked().len(), 0);
}

#[test]
fn a_copied_cache_is_as_good_as_a_download() {
    let place = Place::with_model(&bytes(100));
    place.locate().unwrap();
    let elsewhere = HubOptions {
        offline: true,
        ..HubOptions::new(place.path("copy"))
    };
    fs::rename(&place.options.cache, &elsewhere.cache).unwrap();
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    let files = locate(&request, &elsewhere, &Job::quiet()).unwrap();
    assert_eq!(fs::read(files.weights).unwrap(), bytes(100));
}

#[test]
fn the_token_is_shown_to_the_hub_and_not_to_the_server_of_large_files() {
    let mut place = Place::with_model(&bytes(100));
    place.hub.require("hf_secret");
    assert!(matches!(place.locate(), Err(HubError::NoRepository { .. })));
    place.hub.asked();
    place.options.token = Some("hf_secret".to_owned());
    place.locate().unwrap();
    let asked = place.hub.asked();
    assert!(
        asked.iter().any(|asked| !asked.hub),
        "large files come from elsewhere"
    );
    for asked in asked {
        let shown = asked.authorization.as_deref() == Some("Bearer hf_secret");
        assert_eq!(shown, asked.hub, "{asked:?}");
    }
}

#[test]
fn two_at_once_fetch_the_weights_once() {
    let weights = bytes(3_000_000);
    let place = Place::with_model(&weights);
    let both = thread::scope(|scope| {
        let started = [
            scope.spawn(|| place.locate()),
            scope.spawn(|| place.locate()),
        ];
        started.map(|one| one.join().unwrap().unwrap())
    });
    assert_eq!(both[0], both[1]);
    assert_eq!(fs::read(&both[0].weights).unwrap(), weights);
    let asked = place.hub.asked();
    assert_eq!(
        asked.iter().filter(|asked| !asked.hub).count(),
        1,
        "{asked:?}"
    );
}

#[test]
fn weights_given_by_hand_need_only_the_configuration() {
    let place = Place::new();
    place.hub.put(
        REPOSITORY,
        &[
            ("config.json", CONFIGURATION),
            ("pytorch_model.bin", b"pickle"),
        ],
    );
    let given = place.path("given.safetensors");
    fs::write(&given, b"weights").unwrap();
    let request = ModelRequest::repository(REPOSITORY)
        .unwrap()
        .with_weights(&given);
    let files = locate(&request, &place.options, &Job::quiet()).unwrap();
    assert_eq!(files.weights, given);
    assert!(files.configuration.is_some());
    let zoo = ModelRequest::from(zoo::find("resnet50", None).unwrap()).with_weights(&given);
    place.hub.asked();
    let files = locate(&zoo, &place.options, &Job::quiet()).unwrap();
    assert_eq!((files.weights, place.hub.asked().len()), (given, 0));
}
