//! A cache that lacks something, or holds something damaged.

use std::fs;
use std::path::Path;

use imgcluster_core::Job;
use imgcluster_embed::hub::{HubError, ModelRequest, cached, locate, pull};
use imgcluster_embed::zoo;

use crate::place::{Place, REPOSITORY, bytes};
use crate::server::COMMIT;

const PLAIN: &[u8] = br#"{"model_type":"resnet"}"#;
const OPEN_CLIP: &[u8] = br#"{"model_cfg":{"embed_dim":8,
    "vision_cfg":{"width":64,"patch_size":32},"text_cfg":{"width":64}}}"#;
const TIMM: &[u8] = br#"{"architecture":"vit_base_patch32_clip_224","pretrained_cfg":{}}"#;

/// Puts files into the snapshot of the repository as a tool without links does.
fn leave(place: &Place, files: &[(&str, &[u8])]) {
    let snapshot = place.shelf("snapshots").join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    for (name, bytes) in files {
        fs::write(snapshot.join(name), bytes).unwrap();
    }
    fs::create_dir_all(place.shelf("refs")).unwrap();
    fs::write(place.shelf("refs/main"), COMMIT).unwrap();
}

/// Changes one byte of a file of the cache, and nothing else about it.
fn damage(path: &Path) {
    let path = path.canonicalize().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_another_tool_did_not_need_is_fetched_and_what_it_left_is_not() {
    let place = Place::new();
    let weights = bytes(5000);
    place.hub.put(
        REPOSITORY,
        &[
            ("config.json", PLAIN),
            ("model.safetensors", &weights),
            ("preprocessor_config.json", b"{}"),
        ],
    );
    leave(
        &place,
        &[("config.json", PLAIN), ("model.safetensors", &weights)],
    );
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    assert_eq!(cached(&request, &place.options), None);
    let mut offline = place.options.clone();
    offline.offline = true;
    let refused = locate(&request, &offline, &Job::quiet()).unwrap_err();
    assert!(matches!(refused, HubError::Offline { .. }), "{refused}");
    let files = place.locate().unwrap();
    assert_eq!(
        fs::read(files.preprocessor.as_ref().unwrap()).unwrap(),
        b"{}"
    );
    assert!(place.hub.asked().iter().all(|asked| asked.hub));
    assert_eq!(cached(&request, &place.options), Some(files));
}

#[test]
fn the_files_that_can_be_read_are_fetched_of_a_repository_with_those_of_two_programs() {
    let place = Place::new();
    let (timm, open_clip) = (bytes(300), bytes(700));
    place.hub.put(
        REPOSITORY,
        &[
            ("config.json", TIMM),
            ("model.safetensors", &timm),
            ("open_clip_config.json", OPEN_CLIP),
            ("open_clip_model.safetensors", &open_clip),
        ],
    );
    // As `timm` leaves them.
    leave(
        &place,
        &[("config.json", TIMM), ("model.safetensors", &timm)],
    );
    let files = place.locate().unwrap();
    assert_eq!(fs::read(&files.weights).unwrap(), open_clip);
    let told = fs::read(files.configuration.as_ref().unwrap()).unwrap();
    assert_eq!(told, OPEN_CLIP);
    place.hub.asked();
    assert_eq!(place.locate().unwrap(), files);
    assert_eq!(place.hub.asked().len(), 0);
}

#[test]
fn a_pull_asks_the_hub_and_fetches_only_what_is_not_whole() {
    let weights = bytes(300_000);
    let place = Place::with_model(&weights);
    let files = place.pull().unwrap();
    let larges = |place: &Place| place.hub.asked().iter().filter(|one| !one.hub).count();
    assert_eq!(larges(&place), 1);
    assert_eq!(place.pull().unwrap(), files);
    let asked = place.hub.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|one| one.hub),
        "{asked:?}"
    );

    damage(&files.weights);
    assert_eq!(place.pull().unwrap(), files);
    assert_eq!(fs::read(&files.weights).unwrap(), weights);
    assert_eq!(larges(&place), 1);

    let told = files.configuration.as_ref().unwrap();
    let whole = fs::read(told).unwrap();
    damage(told);
    assert_eq!(place.pull().unwrap(), files);
    assert_eq!(fs::read(told).unwrap(), whole);
    assert_eq!(larges(&place), 0);
}

#[test]
fn a_damaged_file_that_is_no_link_is_replaced_too() {
    let weights = bytes(5000);
    let place = Place::with_model(&weights);
    let mut damaged = weights.clone();
    damaged[0] ^= 1;
    leave(&place, &[("model.safetensors", &damaged)]);
    let files = place.pull().unwrap();
    assert_eq!(fs::read(&files.weights).unwrap(), weights);
}

#[test]
fn a_pull_of_the_zoo_verifies_too_and_offline_is_refused() {
    let mut place = Place::new();
    let model = zoo::find("resnet34", None).unwrap();
    let weights = bytes(5000);
    let files: [(&str, &[u8]); 1] = [(model.weights, &weights)];
    place.hub.put_at(model.repository, model.revision, &files);
    let found = pull(&model.into(), &place.options, &Job::quiet()).unwrap();
    fs::write(&found.weights, &weights[..100]).unwrap();
    assert_eq!(
        pull(&model.into(), &place.options, &Job::quiet()).unwrap(),
        found
    );
    assert_eq!(fs::read(&found.weights).unwrap(), weights);
    place.options.offline = true;
    let refused = pull(&model.into(), &place.options, &Job::quiet()).unwrap_err();
    assert!(matches!(refused, HubError::Offline { .. }), "{refused}");
}
