//! Repositories that cannot be used.

use imgcluster_core::Job;
use imgcluster_embed::hub::{HubError, HubOptions, ModelRequest, ModelSource, locate};
use imgcluster_embed::zoo;

use crate::place::{Place, REPOSITORY, bytes};

#[test]
fn no_such_repository_revision_or_file_is_told_apart() {
    let place = Place::with_model(&bytes(100));
    let nobody = ModelRequest::repository("nobody/nothing").unwrap();
    let refused = locate(&nobody, &place.options, &Job::quiet()).unwrap_err();
    assert!(
        refused.to_string().contains("`nobody/nothing`"),
        "{refused}"
    );
    assert!(matches!(refused, HubError::NoRepository { .. }));
    let elsewhere = ModelRequest {
        source: ModelSource::Repository {
            name: REPOSITORY.to_owned(),
            revision: "v9".to_owned(),
        },
        weights: None,
    };
    let refused = locate(&elsewhere, &place.options, &Job::quiet()).unwrap_err();
    assert!(matches!(refused, HubError::NoRepository { revision, .. } if revision == "v9"));
    let model = zoo::find("resnet34", None).unwrap();
    place
        .hub
        .put_at(model.repository, model.revision, &[("config.json", b"{}")]);
    let refused = locate(&model.into(), &place.options, &Job::quiet()).unwrap_err();
    assert!(matches!(refused, HubError::NoFile { file, .. } if file == model.weights));
}

#[test]
fn a_repository_of_pickles_is_refused_with_the_reason() {
    let place = Place::new();
    place.hub.put(
        REPOSITORY,
        &[("config.json", b"{}"), ("pytorch_model.bin", b"pickle")],
    );
    let refused = place.locate().unwrap_err();
    assert!(matches!(refused, HubError::Pickle { .. }), "{refused}");
    assert!(refused.to_string().contains("safetensors"), "{refused}");
    assert!(!refused.is_about_the_network());
    assert_eq!(place.cached_files(), [""; 0]);
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    for endpoint in [
        "",
        "hub",
        "ftp://hub.example",
        "http://",
        "https://hub example",
    ] {
        let mut place = Place::new();
        place.options.endpoint = endpoint.to_owned();
        let refused = place.locate().unwrap_err();
        assert!(
            matches!(refused, HubError::Address { .. }),
            "{endpoint}: {refused}"
        );
    }
    let mut options = HubOptions::new("cache");
    options.proxy = Some("http://me:secret@ proxy".to_owned());
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    let refused = locate(&request, &options, &Job::quiet()).unwrap_err();
    assert!(matches!(refused, HubError::Proxy), "{refused}");
}

#[test]
fn a_token_that_no_header_can_hold_is_refused_without_being_shown() {
    let mut place = Place::with_model(&bytes(100));
    place.options.token = Some("hf_se\ncret".to_owned());
    let refused = place.locate().unwrap_err();
    assert!(matches!(refused, HubError::Token), "{refused}");
    assert!(!refused.to_string().contains("cret"), "{refused}");
    assert_eq!(place.hub.asked().len(), 0);
}

#[test]
fn a_repository_that_says_nothing_of_pictures_is_refused_before_its_weights_come() {
    let place = Place::new();
    let files: [(&str, &[u8]); 2] = [
        ("config.json", br#"{"model_type":"resnet"}"#),
        ("model.safetensors", &bytes(100)),
    ];
    place.hub.put(REPOSITORY, &files);
    let refused = place.locate().unwrap_err();
    assert!(
        matches!(refused, HubError::NoPreprocessor { .. }),
        "{refused}"
    );
    assert!(place.hub.asked().iter().all(|asked| asked.hub));
}

#[test]
fn a_proxy_of_any_kind_that_is_not_there_is_an_error() {
    for kind in ["http", "socks4", "socks4a", "socks5", "socks5h"] {
        let mut place = Place::with_model(&bytes(100));
        place.options.proxy = Some(format!("{kind}://127.0.0.1:1"));
        let refused = place.locate().unwrap_err();
        assert!(
            matches!(refused, HubError::Unreachable { .. }),
            "{kind}: {refused}"
        );
    }
}
