//! Networks and servers that misbehave.

use std::fs;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use imgcluster_core::{CancelToken, Job, Quiet};
use imgcluster_embed::hub::{HubError, ModelRequest, locate};

use crate::place::{CONFIGURATION, Counter, Place, REPOSITORY, bytes};
use crate::server::{Asked, Fault, git_hash, sha256};

const SIZE: usize = 3_000_000;

/// The requests for large files, by the byte they begin with.
fn starts(asked: &[Asked]) -> Vec<u64> {
    let start = |asked: &Asked| {
        let range = asked.range.as_deref().unwrap_or("bytes=0-");
        range
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()
            .unwrap()
    };
    asked.iter().filter(|asked| !asked.hub).map(start).collect()
}

#[test]
fn a_broken_transfer_goes_on_where_it_broke() {
    let place = Place::with_model(&bytes(SIZE));
    place.hub.fault(Fault::Break {
        after: 1_300_000,
        times: 2,
    });
    let files = place.locate().unwrap();
    assert_eq!(fs::read(files.weights).unwrap(), bytes(SIZE));
    assert_eq!(starts(&place.hub.asked()), [0, 1_300_000, 2_600_000]);
}

#[test]
fn a_transfer_that_keeps_breaking_is_an_error_and_the_next_call_goes_on() {
    let place = Place::with_model(&bytes(SIZE));
    place.hub.fault(Fault::Break {
        after: 100_000,
        times: usize::MAX,
    });
    let broken = place.locate().unwrap_err();
    let HubError::Broken { have, size, .. } = broken else {
        panic!("{broken}");
    };
    assert!(have >= 100_000 && size == SIZE as u64, "{have}");
    place.hub.heal();
    place.hub.asked();
    let files = place.locate().unwrap();
    assert_eq!(fs::read(files.weights).unwrap(), bytes(SIZE));
    assert_eq!(starts(&place.hub.asked()), [have]);
}

#[test]
fn a_server_that_begins_anew_is_understood() {
    let place = Place::with_model(&bytes(SIZE));
    place.hub.fault(Fault::Break {
        after: 1_300_000,
        times: 1,
    });
    place.hub.fault(Fault::IgnoreRange);
    let files = place.locate().unwrap();
    assert_eq!(fs::read(files.weights).unwrap(), bytes(SIZE));
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let place = Place::with_model(&bytes(SIZE));
    place.hub.fault(Fault::Flip);
    let refused = place.locate().unwrap_err();
    let HubError::Checksum { expected, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(expected, sha256(&bytes(SIZE)));
    let left = place.cached_files();
    assert!(
        left.iter().all(|file| !file.contains(&expected)),
        "{left:?}"
    );
    assert!(
        left.iter().all(|file| !file.ends_with("safetensors")),
        "{left:?}"
    );
    place.hub.heal();
    assert_eq!(
        fs::read(place.locate().unwrap().weights).unwrap(),
        bytes(SIZE)
    );
}

#[test]
fn the_beginning_of_another_file_is_not_built_upon() {
    let place = Place::with_model(&bytes(SIZE));
    let partial = format!("blobs/{}.incomplete", sha256(&bytes(SIZE)));
    fs::create_dir_all(place.shelf("blobs")).unwrap();
    for wrong in [vec![7; 1000], vec![7; SIZE], vec![7; SIZE + 1]] {
        fs::write(place.shelf(&partial), wrong).unwrap();
        let files = place.locate().unwrap();
        assert_eq!(fs::read(&files.weights).unwrap(), bytes(SIZE));
        fs::remove_dir_all(place.shelf("snapshots")).unwrap();
        fs::remove_file(place.shelf(&format!("blobs/{}", sha256(&bytes(SIZE))))).unwrap();
    }
}

#[test]
fn a_cancelled_download_stops_and_the_next_goes_on() {
    let place = Place::with_model(&bytes(SIZE));
    let counter = Counter {
        stop_after: Some(500_000),
        ..Counter::default()
    };
    let job = Job::new(&counter, counter.cancel.clone(), NonZeroUsize::MIN);
    let request = ModelRequest::repository(REPOSITORY).unwrap();
    let stopped = locate(&request, &place.options, &job).unwrap_err();
    assert!(matches!(stopped, HubError::Cancelled(_)), "{stopped}");
    place.hub.asked();
    assert_eq!(
        fs::read(place.locate().unwrap().weights).unwrap(),
        bytes(SIZE)
    );
    let starts = starts(&place.hub.asked());
    assert!(starts.len() == 1 && starts[0] >= 500_000 - 2, "{starts:?}");
}

#[test]
fn a_hub_that_does_not_answer_is_given_up() {
    let mut place = Place::with_model(&bytes(100));
    place.options.patience = Duration::from_millis(400);
    place.hub.fault(Fault::Hang);
    let began = Instant::now();
    let refused = place.locate().unwrap_err();
    assert!(matches!(refused, HubError::Unreachable { .. }), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_transfer_that_stands_still_is_given_up_and_kept() {
    let mut place = Place::with_model(&bytes(SIZE));
    place.options.patience = Duration::from_millis(400);
    place.hub.fault(Fault::Stall { after: 200_000 });
    let began = Instant::now();
    let refused = place.locate().unwrap_err();
    assert!(matches!(refused, HubError::Broken { .. }), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(20));
    place.hub.heal();
    place.options.patience = Duration::from_secs(5);
    assert_eq!(
        fs::read(place.locate().unwrap().weights).unwrap(),
        bytes(SIZE)
    );
}

#[test]
fn nobody_at_the_address_is_an_error_at_once() {
    let mut place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    place.options.endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = place.locate().unwrap_err();
    assert!(matches!(refused, HubError::Unreachable { .. }), "{refused}");
    assert!(refused.is_about_the_network());
    assert_eq!(place.cached_files(), [""; 0]);
}

#[test]
fn a_small_file_with_a_wrong_bit_is_not_kept() {
    let place = Place::with_model(&bytes(100));
    place.hub.fault(Fault::FlipSmall);
    let refused = place.locate().unwrap_err();
    let HubError::Checksum { expected, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*expected, git_hash(CONFIGURATION));
    assert!(refused.to_string().contains("Git hash"), "{refused}");
    assert_eq!(place.cached_files(), [""; 0]);
    place.hub.heal();
    place.locate().unwrap();
}

#[test]
fn the_beginning_of_a_small_file_is_not_built_upon() {
    let named = git_hash(CONFIGURATION);
    let nameless = "a-mirror-s-own-name";
    for (etag, fault) in [
        (named.as_str(), None),
        (nameless, Some(Fault::SmallEtag(nameless))),
    ] {
        let place = Place::with_model(&bytes(100));
        fs::create_dir_all(place.shelf("blobs")).unwrap();
        let mut left = vec![format!("{etag}.incomplete")];
        // That is what this process calls it, where no sum could tell another's bytes.
        left.push(format!("{etag}.{}.incomplete", std::process::id()));
        for name in left {
            fs::write(place.shelf(&format!("blobs/{name}")), b"wrong").unwrap();
        }
        if let Some(fault) = fault {
            place.hub.fault(fault);
        }
        let files = place.locate().unwrap();
        let told = files.configuration.unwrap();
        assert_eq!(fs::read(told).unwrap(), CONFIGURATION, "{etag}");
    }
}

#[test]
fn a_cancelled_job_does_not_wait_for_a_silent_hub() {
    for fault in [Fault::Hang, Fault::Stall { after: 200_000 }] {
        let mut place = Place::with_model(&bytes(SIZE));
        place.options.patience = Duration::from_mins(1);
        place.hub.fault(fault.clone());
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(800));
            token.cancel();
        });
        let began = Instant::now();
        let request = ModelRequest::repository(REPOSITORY).unwrap();
        let stopped = locate(&request, &place.options, &job).unwrap_err();
        assert!(
            matches!(stopped, HubError::Cancelled(_)),
            "{fault:?}: {stopped}"
        );
        assert!(began.elapsed() < Duration::from_secs(30), "{fault:?}");
    }
}

#[test]
fn circles_and_login_pages_are_seen_through() {
    for fault in [Fault::Circle, Fault::LoginPage] {
        let place = Place::with_model(&bytes(100));
        place.hub.fault(fault.clone());
        let refused = place.locate().unwrap_err();
        assert!(
            matches!(refused, HubError::Protocol { .. }),
            "{fault:?}: {refused}"
        );
        assert!(place.hub.asked().len() < 12, "{fault:?}");
    }
}

#[test]
fn names_from_the_network_do_not_lead_out_of_the_cache() {
    let evil = ["../../../escape", "..", "/tmp/escape", "a/b", "é", ""];
    let etags = evil.map(Fault::Etag);
    let commits = evil.map(Fault::Commit);
    for fault in etags.into_iter().chain(commits) {
        let place = Place::with_model(&bytes(100));
        place.hub.fault(fault.clone());
        let refused = place.locate().unwrap_err();
        assert!(
            matches!(refused, HubError::Protocol { .. }),
            "{fault:?}: {refused}"
        );
        assert_eq!(place.cached_files(), [""; 0], "{fault:?}");
        assert!(!place.path("escape").exists());
    }
}
