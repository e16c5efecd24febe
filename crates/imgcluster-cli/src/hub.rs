//! Where models come from. The environment variables of Hugging Face's own tools are read here and
//! nowhere else.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};
use imgcluster_embed::hub::{HubError, HubOptions, ModelRequest, ModelSource};
use imgcluster_embed::zoo::ZooError;

use crate::failure::Refusal;

/// How a variable of the environment is looked up.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The options that the environment gives; `offline` is what was typed.
pub(crate) fn options(offline: bool) -> Result<HubOptions> {
    let home = etcetera::home_dir()
        .context("cannot tell where your home folder is; name a folder for models with HF_HOME");
    let mut options = from(&|name| env::var_os(name), home)?;
    options.offline |= offline;
    Ok(options)
}

/// The options for looking at what is on this machine; `None` where nobody can tell in which folder,
/// so that no model is there.
pub(crate) fn on_this_machine() -> Option<HubOptions> {
    options(true).ok()
}

/// The options for a request; `offline` is what was typed. A folder needs no cache.
pub(crate) fn options_for(request: &ModelRequest, offline: bool) -> Result<HubOptions> {
    match request.source {
        ModelSource::Folder(_) => Ok(HubOptions::new(PathBuf::new())),
        _ => options(offline),
    }
}

/// Whether the environment forbids the network.
pub(crate) fn forbidden() -> bool {
    is_true(&|name| env::var_os(name), "HF_HUB_OFFLINE")
}

fn from(variables: Variables<'_>, home: Result<PathBuf>) -> Result<HubOptions> {
    let path = |name| given(variables, name).map(PathBuf::from);
    let text = |name| given(variables, name).and_then(|value| value.into_string().ok());
    let folder = match (path("HF_HOME"), path("XDG_CACHE_HOME")) {
        (Some(folder), _) => folder,
        (None, Some(caches)) => caches.join("huggingface"),
        (None, None) => home?.join(".cache").join("huggingface"),
    };
    let cache = path("HF_HUB_CACHE")
        .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
        .unwrap_or_else(|| folder.join("hub"));
    let mut options = HubOptions::new(cache);
    if let Some(endpoint) = text("HF_ENDPOINT") {
        options.endpoint = endpoint;
    }
    let token = |name| text(name).and_then(|text| trimmed(&text));
    options.token = token("HF_TOKEN")
        .or_else(|| token("HUGGING_FACE_HUB_TOKEN"))
        .or_else(|| saved_token(&path("HF_TOKEN_PATH").unwrap_or_else(|| folder.join("token"))))
        .filter(|_| !is_true(variables, "HF_HUB_DISABLE_IMPLICIT_TOKEN"));
    options.proxy = proxy(variables, &options.endpoint);
    options.offline = is_true(variables, "HF_HUB_OFFLINE");
    Ok(options)
}

/// A variable that is set to something.
fn given(variables: Variables<'_>, name: &str) -> Option<OsString> {
    variables(name).filter(|value| !value.is_empty())
}

fn is_true(variables: Variables<'_>, name: &str) -> bool {
    let value = given(variables, name).unwrap_or_default();
    let yes = ["1", "on", "yes", "true"];
    yes.iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

/// The token that `hf auth login` saved.
fn saved_token(path: &Path) -> Option<String> {
    trimmed(&fs::read_to_string(path).ok()?)
}

/// A token without the line break that a file or a shell may leave at its end.
fn trimmed(text: &str) -> Option<String> {
    let token = text.trim();
    (!token.is_empty()).then(|| token.to_owned())
}

/// The proxy for this address, by the variables that curl and others read.
fn proxy(variables: Variables<'_>, endpoint: &str) -> Option<String> {
    let either = |name: &str| {
        given(variables, name).or_else(|| given(variables, &name.to_ascii_uppercase()))
    };
    let (scheme, rest) = endpoint.split_once("://")?;
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let exempt = either("no_proxy").and_then(|list| list.into_string().ok());
    let is_exempt = |pattern: &str| {
        let domain = pattern
            .trim()
            .trim_start_matches('*')
            .trim_start_matches('.');
        let below = || {
            host.strip_suffix(domain)
                .is_some_and(|left| left.ends_with('.'))
        };
        pattern.trim() == "*" || (!domain.is_empty() && (host == domain || below()))
    };
    if exempt.is_some_and(|list| list.split(',').any(is_exempt)) {
        return None;
    }
    either(&format!("{scheme}_proxy"))
        .or_else(|| either("all_proxy"))?
        .into_string()
        .ok()
}

/// Adds the way out to an error; `folder` is where the repository would lie on this machine.
pub(crate) fn explain(error: HubError, folder: Option<&Path>) -> Error {
    let typed = matches!(
        error,
        HubError::Name(_) | HubError::Pretrained { .. } | HubError::Zoo(_)
    );
    let hint = hint(&error, folder);
    if typed {
        Refusal::wrong_usage(error, hint).into()
    } else {
        Refusal::because(error, hint).into()
    }
}

fn hint(error: &HubError, folder: Option<&Path>) -> String {
    let list = "see `imgcluster models list`";
    match error {
        HubError::Zoo(ZooError::Pair { name, .. }) => {
            format!("leave `--pretrained` out, or see `imgcluster models show {name}`")
        }
        HubError::Name(_) | HubError::Zoo(_) => {
            format!("{list}; `--model classic` needs nothing")
        }
        HubError::Pretrained { .. } => format!("leave `--pretrained` out, or {list}"),
        HubError::Address { .. } => "HF_ENDPOINT must be like `https://huggingface.co`".to_owned(),
        HubError::Proxy => "HTTPS_PROXY must be like `http://proxy:8080`".to_owned(),
        HubError::Token => {
            "set HF_TOKEN to the token alone, as the hub shows it, or unset it".to_owned()
        }
        HubError::Given { .. } => {
            "name a file or folder that is there and that you can read".to_owned()
        }
        HubError::File { source, .. } => match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "make room there, or set HF_HOME to a folder on another disk".to_owned()
            }
            _ => "set HF_HOME to a folder that you can write to".to_owned(),
        },
        HubError::NoPreprocessor { .. } => {
            format!("add the file that the model was published with, or {list}")
        }
        HubError::Pickle { .. } => {
            "convert it with the Python package `safetensors`, then add `--weights FILE.safetensors`"
                .to_owned()
        }
        error if error.is_about_the_network() => {
            let copy = folder.map_or_else(
                || "copy its folder to this machine".to_owned(),
                |folder| format!("copy its folder to `{}`", folder.display()),
            );
            let private = match error {
                HubError::NoRepository { .. } => "; a private one needs HF_TOKEN",
                _ => "",
            };
            let again = match error {
                HubError::Broken { .. } => "run it again to go on from there, ",
                _ => "",
            };
            format!(
                "{again}run `imgcluster models pull` on a machine that can and {copy}, or go on \
                 with `--model classic`{private}"
            )
        }
        _ => list.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> HubOptions {
        let map: HashMap<_, _> = variables.iter().copied().collect();
        let lookup = |name: &str| map.get(name).map(OsString::from);
        from(&lookup, Ok(PathBuf::from("/home/me"))).unwrap()
    }

    #[test]
    fn nothing_set_is_the_cache_and_the_hub_of_everybody() {
        for variables in [
            &[][..],
            &[("HF_HOME", ""), ("HF_ENDPOINT", ""), ("HF_TOKEN", "")],
        ] {
            let options = read(variables);
            assert_eq!(options.cache, Path::new("/home/me/.cache/huggingface/hub"));
            assert_eq!(options.endpoint, "https://huggingface.co");
            assert_eq!((options.token, options.proxy), (None, None));
            assert!(!options.offline);
        }
    }

    #[test]
    fn without_a_home_a_cache_must_be_named() {
        let lost = || Err(anyhow::anyhow!("no home"));
        assert!(from(&|_| None, lost()).is_err());
        let named = from(
            &|name| (name == "HF_HOME").then(|| "/models".into()),
            lost(),
        );
        assert_eq!(named.unwrap().cache, Path::new("/models/hub"));
    }

    #[test]
    fn the_more_particular_variable_wins() {
        let caches = ("XDG_CACHE_HOME", "/caches");
        let home = ("HF_HOME", "/models");
        let old = ("HUGGINGFACE_HUB_CACHE", "/old");
        let new = ("HF_HUB_CACHE", "/new");
        assert_eq!(read(&[caches]).cache, Path::new("/caches/huggingface/hub"));
        assert_eq!(read(&[caches, home]).cache, Path::new("/models/hub"));
        assert_eq!(read(&[caches, home, old]).cache, Path::new("/old"));
        assert_eq!(read(&[caches, home, old, new]).cache, Path::new("/new"));
    }

    #[test]
    fn a_saved_token_is_used_unless_another_is_given_or_it_is_forbidden() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "hf_saved\n").unwrap();
        let home = ("HF_HOME", folder.path().to_str().unwrap());
        assert_eq!(read(&[home]).token.as_deref(), Some("hf_saved"));
        let given = ("HF_TOKEN", "hf_given");
        assert_eq!(read(&[home, given]).token.as_deref(), Some("hf_given"));
        let forbidden = ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        assert_eq!(read(&[home, forbidden]).token, None);
    }

    #[test]
    fn a_line_break_at_the_end_of_a_token_is_no_part_of_it() {
        assert_eq!(
            read(&[("HF_TOKEN", " hf_abc\n")]).token.as_deref(),
            Some("hf_abc")
        );
        let old = ("HUGGING_FACE_HUB_TOKEN", "hf_old\r\n");
        assert_eq!(
            read(&[("HF_TOKEN", "\n"), old]).token.as_deref(),
            Some("hf_old")
        );
    }

    #[test]
    fn only_what_cannot_be_written_is_to_lie_elsewhere() {
        let cache = |kind: ErrorKind| HubError::File {
            path: "cache".into(),
            source: kind.into(),
        };
        let given = HubError::Given {
            path: "weights".into(),
            source: ErrorKind::NotFound.into(),
        };
        assert!(!hint(&given, None).contains("HF_HOME"));
        assert!(hint(&cache(ErrorKind::PermissionDenied), None).contains("can write to"));
        assert!(hint(&cache(ErrorKind::StorageFull), None).contains("make room"));
    }

    #[test]
    fn a_proxy_is_used_unless_the_hub_is_exempt() {
        let proxy = ("HTTPS_PROXY", "http://proxy:8080");
        assert_eq!(read(&[proxy]).proxy.as_deref(), Some("http://proxy:8080"));
        assert_eq!(read(&[proxy, ("HF_ENDPOINT", "http://mirror")]).proxy, None);
        for exempt in ["*", "huggingface.co", "a, .huggingface.co", "*.co"] {
            assert_eq!(read(&[proxy, ("NO_PROXY", exempt)]).proxy, None, "{exempt}");
        }
        for other in ["face.co", "huggingface.com", "hub.huggingface.co", ","] {
            assert!(
                read(&[proxy, ("no_proxy", other)]).proxy.is_some(),
                "{other}"
            );
        }
    }

    #[test]
    fn offline_is_what_the_python_tools_take_for_yes() {
        for yes in ["1", "ON", "true", "Yes"] {
            assert!(read(&[("HF_HUB_OFFLINE", yes)]).offline, "{yes}");
        }
        for no in ["0", "no", "false", ""] {
            assert!(!read(&[("HF_HUB_OFFLINE", no)]).offline, "{no}");
        }
    }
}
