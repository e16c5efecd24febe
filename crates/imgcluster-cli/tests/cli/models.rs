//! The zoo, what is on this machine, and getting more, from a hub on this machine.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hub_server::{Fault, Hub};
use crate::place::{Called, Place};

/// A place whose hub and cache are its own.
struct Models {
    place: Place,
    hub: Hub,
}

impl Models {
    fn new() -> Self {
        Self {
            place: Place::new(),
            hub: Hub::start(),
        }
    }

    /// With weights of ResNet-34 on the hub; the table has no checksum for them.
    fn with_resnet34() -> Self {
        let models = Self::new();
        let revision = "c983eba7f5e69bc3548a626d1b0b0b914e5de3a6";
        let files: [(&str, &[u8]); 2] = [("config.json", b"{}"), ("model.safetensors", WEIGHTS)];
        models.hub.put_at("timm/resnet34.tv_in1k", revision, &files);
        models
    }

    fn command(&self) -> Command {
        let mut command = self.place.command();
        command
            .env("HF_ENDPOINT", &self.hub.endpoint)
            .env("HF_HOME", self.place.path("models"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Called {
        Called::of(self.command().args(arguments))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let stdout = self.run(&[arguments, &["--json"]].concat()).exits(0).stdout;
        serde_json::from_str(&stdout).unwrap()
    }
}

/// A picture of the gallery.
const PICTURE: &str = "balloons-1.jpg";

const WEIGHTS: &[u8] = b"not really weights";

#[test]
fn a_pulled_model_is_listed_and_shown_as_here() {
    let models = Models::with_resnet34();
    let ready = |models: &Models| {
        let listed = models.json(&["models", "list"]);
        let found = listed["models"].as_array().unwrap().iter();
        let mut found = found.filter(|model| model["name"] == "resnet34");
        found.next().unwrap()["ready"].as_bool().unwrap()
    };
    assert!(!ready(&models));
    let path = models.run(&["models", "pull", "resnet34"]).exits(0).stdout;
    assert_eq!(fs::read(path.trim_end()).unwrap(), WEIGHTS);
    assert!(ready(&models));
    let shown = models.run(&["models", "show", "resnet34"]).exits(0).stdout;
    for part in [
        "tv_in1k",
        "timm/resnet34.tv_in1k",
        "BSD-3-Clause",
        "512 values",
        path.trim_end(),
    ] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    models.hub.asked();
    let again = models.json(&["models", "pull", "resnet34"]);
    assert_eq!(again["files"]["weights"], path.trim_end());
    let asked = models.hub.asked();
    assert!(asked.iter().all(|one| one.hub), "{asked:?}");
}

#[test]
fn a_damaged_model_is_mended_by_the_command_that_the_error_names() {
    let models = Models::with_resnet34();
    fs::create_dir(models.place.path("pictures")).unwrap();
    let pull = ["models", "pull", "resnet34"];
    let path = models.run(&pull).exits(0).stdout;
    fs::write(path.trim_end(), &WEIGHTS[..10]).unwrap();
    let hint = "imgcluster models pull resnet34 --pretrained tv_in1k";
    models
        .run(&["index", "pictures", "--model", "resnet34"])
        .exits(1)
        .says(hint);
    let words: Vec<&str> = hint.split(' ').skip(1).collect();
    models.run(&words).exits(0);
    assert_eq!(fs::read(path.trim_end()).unwrap(), WEIGHTS);
}

/// Runs as a user who is in no list of users and so has no home, which only root can do.
#[cfg(unix)]
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn without_a_home_no_weights_are_here_and_the_built_in_model_is_taken() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 54_321;

    let place = Place::new();
    if fs::metadata(place.path(".")).unwrap().uid() != 0 {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    place.copy_gallery("pictures", &[PICTURE]);
    fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o777)).unwrap();
    let homeless = |arguments: &[&str]| {
        let mut command = place.command();
        for name in ["HF_HOME", "HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        Called::of(command.uid(NOBODY).args(arguments))
    };
    homeless(&["models", "pull", "resnet34"])
        .exits(1)
        .says("home folder");
    let listed = homeless(&["models", "list"]).exits(0).stdout;
    assert!(listed.contains("`--model auto` is `classic`"), "{listed}");
    homeless(&["models", "show", "resnet34"]).exits(0);
    homeless(&["index", "pictures"])
        .exits(0)
        .says("model: classic");
    let told = homeless(&["doctor"]).exits(0).stdout;
    assert!(told.contains("HF_HOME"), "{told}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_pull_speaks_of_what_arrived_and_does_not_wait() {
    let models = Models::with_resnet34();
    models.hub.fault(Fault::Hang);
    let mut command = models.command();
    let command = command.args(["models", "pull", "resnet34"]);
    let child = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while models.hub.asked().is_empty() {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    let asked = Instant::now();
    let mut kill = Command::new("kill");
    kill.args(["-INT", &child.id().to_string()]);
    assert!(kill.status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("what arrived is kept"), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(6));
}

#[test]
fn a_proxy_and_a_token_that_cannot_be_used_are_told_as_such() {
    let models = Models::with_resnet34();
    let pull = |name: &str, value: &str| {
        let mut command = models.command();
        Called::of(
            command
                .args(["models", "pull", "resnet34"])
                .env(name, value),
        )
    };
    pull("ALL_PROXY", "socks5h://127.0.0.1:1")
        .exits(1)
        .says("cannot reach the model hub");
    pull("HF_TOKEN", "hf_a\nbc")
        .exits(1)
        .says("the token")
        .says("hint: set HF_TOKEN");
    pull("HF_TOKEN", "hf_abc\n").exits(0);
}

#[test]
fn the_list_has_the_built_in_models_and_the_zoo() {
    let models = Models::new();
    let listed = models.run(&["models", "list"]).exits(0).stdout;
    for part in [
        "classic",
        "phash",
        "clip-vit-h-14",
        "laion2b_s32b_b79k",
        "3.94 GB",
        "MIT",
    ] {
        assert!(listed.contains(part), "{part} is not in:\n{listed}");
    }
    let shown = models.json(&["models", "show", "clip-vit-b-32"]);
    let tags = shown["weights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["pretrained"]);
    assert_eq!(tags.collect::<Vec<_>>(), ["openai", "laion2b_s34b_b79k"]);
    let built_in = models.json(&["models", "show", "phash"]);
    assert_eq!(built_in["built_in"], true);
    models.run(&["models", "pull", "classic"]).exits(0);
    assert_eq!(models.hub.asked().len(), 0);
}

#[test]
fn a_repository_is_pulled_by_its_name_with_progress() {
    let models = Models::new();
    let told = br#"{"architecture":"resnet18","pretrained_cfg":{}}"#;
    models.hub.put(
        "org/model",
        &[("config.json", told), ("model.safetensors", WEIGHTS)],
    );
    let pulled = models
        .run(&["models", "pull", "org/model", "--progress", "json"])
        .exits(0);
    let events: Vec<Value> = pulled
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let bytes = (WEIGHTS.len() + told.len()) as u64;
    assert_eq!(events[0]["stage"], "download");
    let announced = events.iter().filter_map(|event| event["total"].as_u64());
    assert_eq!(announced.sum::<u64>(), bytes);
    let advanced = events.iter().filter_map(|event| event["by"].as_u64());
    assert_eq!(advanced.sum::<u64>(), bytes);
    let shown = models.json(&["models", "show", "org/model"]);
    assert_eq!(shown["files"]["weights"], pulled.stdout.trim_end());
}

#[test]
fn an_impossible_pair_lists_the_possible_ones() {
    let models = Models::new();
    models
        .run(&["models", "pull", "clip-vit-h-14", "--pretrained", "openai"])
        .exits(2)
        .says("it has `laion2b_s32b_b79k`")
        .says("hint: leave `--pretrained` out");
    models
        .run(&["models", "pull", "no-such-model"])
        .exits(2)
        .says("`no-such-model`")
        .says("models list");
    models
        .run(&["models", "show", "no-such-model"])
        .exits(2)
        .says("models list");
    let named = ["models", "pull", "org/model", "--pretrained", "openai"];
    models.run(&named).exits(2).says("leave `--pretrained` out");
    models
        .run(&["models", "pull", "resnet34", "--offline"])
        .exits(2)
        .says("--offline");
    assert_eq!(models.hub.asked().len(), 0);
}

/// Fails unless both ways out are told: copying the folder, and the built-in model.
fn tells_both_ways_out(called: Called) {
    called
        .says("hint: ")
        .says("models--timm--resnet34.tv_in1k")
        .says("--model classic");
}

#[test]
fn no_hub_is_told_with_two_ways_out() {
    let mut models = Models::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    models.hub.endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = models.run(&["models", "pull", "resnet34"]).exits(1);
    tells_both_ways_out(refused.says("cannot reach the model hub"));
    let missing = Models::new();
    tells_both_ways_out(
        missing
            .run(&["models", "pull", "resnet34"])
            .exits(1)
            .says("HF_TOKEN"),
    );
}

#[test]
fn a_hub_that_does_not_answer_is_given_up_within_ten_seconds() {
    let models = Models::with_resnet34();
    models.hub.fault(Fault::Hang);
    let began = Instant::now();
    let refused = models.run(&["models", "pull", "resnet34"]).exits(1);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    tells_both_ways_out(refused);
}

#[test]
fn a_broken_transfer_is_resumed_and_a_wrong_one_is_not_kept() {
    let models = Models::with_resnet34();
    models.hub.fault(Fault::Flip);
    let refused = models.run(&["models", "pull", "resnet34"]).exits(1);
    tells_both_ways_out(refused.says("SHA-256"));
    models.hub.heal();
    models.hub.fault(Fault::Break { after: 5, times: 1 });
    let path = models.run(&["models", "pull", "resnet34"]).exits(0).stdout;
    assert_eq!(fs::read(path.trim_end()).unwrap(), WEIGHTS);
}

#[test]
fn the_environment_of_the_python_tools_is_honoured() {
    let models = Models::with_resnet34();
    models.hub.require("hf_secret");
    let pull = ["models", "pull", "resnet34"];
    let refused = models.run(&pull).exits(1);
    assert!(!refused.stderr.contains("hf_secret"));
    let mut offline = models.command();
    models.hub.asked();
    Called::of(offline.args(pull).env("HF_HUB_OFFLINE", "1"))
        .exits(1)
        .says("HF_HUB_OFFLINE");
    assert_eq!(models.hub.asked().len(), 0);
    let mut pulled = models.command();
    let cache = models.place.path("cache");
    let pulled = pulled
        .args(pull)
        .env("HF_TOKEN", "hf_secret")
        .env("HF_HUB_CACHE", &cache);
    let path = Called::of(pulled).exits(0).stdout;
    assert!(path.starts_with(cache.to_str().unwrap()), "{path}");
}

#[test]
fn pickles_are_refused_with_the_reason() {
    let models = Models::new();
    models.hub.put(
        "org/old",
        &[("config.json", b"{}"), ("pytorch_model.bin", b"pickle")],
    );
    models
        .run(&["models", "pull", "org/old"])
        .exits(1)
        .says("pickle")
        .says("hint: convert it");
}
