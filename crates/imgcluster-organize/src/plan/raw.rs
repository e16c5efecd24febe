//! The words of a plan as they stand in JSON.

use std::fmt;
use std::marker::PhantomData;

use imgcluster_core::ContentHash;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// An object with names, never a list in their order.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Named(PhantomData))
    }
}

/// A path by its text, and its bytes where the text cannot say it all.
pub(super) struct PathText {
    pub(super) path: String,
    pub(super) path_base64: Option<String>,
}

impl<'de> Deserialize<'de> for PathText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Both {
            path: String,
            path_base64: Option<String>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = PathText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or an object of `path` and `path_base64`")
            }

            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<PathText, E> {
                Ok(PathText {
                    path: path.to_owned(),
                    path_base64: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PathText, A::Error> {
                let both = Both::deserialize(MapAccessDeserializer::new(map))?;
                Ok(PathText {
                    path: both.path,
                    path_base64: both.path_base64,
                })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Only the version, of a plan of any version.
#[derive(serde::Deserialize)]
pub(super) struct Version {
    pub(super) version: u64,
}

/// The fields of both kinds of plan.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Top {
    #[serde(rename = "version")]
    pub(super) _version: u64,
    pub(super) machine: Option<String>,
    pub(super) roots: Vec<PathText>,
    pub(super) references: Option<Vec<PathText>>,
    pub(super) groups: Option<Vec<Object<Group>>>,
    pub(super) not_duplicates: Option<Vec<Vec<Object<File>>>>,
    pub(super) target: Option<PathText>,
    pub(super) action: Option<Action>,
    pub(super) follow_symlinks: Option<bool>,
    pub(super) files: Option<Vec<Object<Placement>>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) keep: Object<Keep>,
    pub(super) remove: Vec<Object<Remove>>,
    pub(super) worst_similarity: Option<f64>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) path_base64: Option<String>,
    pub(super) hash: ContentHash,
    pub(super) size: Option<u64>,
    pub(super) modified_ns: Option<i64>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    path: String,
    path_base64: Option<String>,
    hash: ContentHash,
    size: Option<u64>,
    modified_ns: Option<i64>,
    pub(super) reason: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remove {
    path: String,
    path_base64: Option<String>,
    hash: ContentHash,
    size: Option<u64>,
    modified_ns: Option<i64>,
    /// Wider than what it becomes: whether text is in the range of an `f32` is judged in one way,
    /// whichever features of the parser other crates have asked for.
    pub(super) similarity: Option<f64>,
    #[serde(default)]
    pub(super) sidecars: Vec<Object<File>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placement {
    path: String,
    path_base64: Option<String>,
    hash: ContentHash,
    size: Option<u64>,
    modified_ns: Option<i64>,
    pub(super) to: PathText,
    #[serde(default)]
    pub(super) sidecars: Vec<Object<PlacedSidecar>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacedSidecar {
    path: String,
    path_base64: Option<String>,
    hash: ContentHash,
    size: Option<u64>,
    modified_ns: Option<i64>,
    pub(super) to: PathText,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Copy,
    Move,
    Hardlink,
    Symlink,
}

// `flatten` would say this once, but switches off that unknown fields are refused.
macro_rules! file_of {
    ($($entry:ty => ($($rest:ident: $kind:ty),+);)+) => {$(
        impl $entry {
            /// Parts the fields of the file from the others.
            pub(super) fn split(self) -> (File, $($kind),+) {
                let file = File {
                    path: self.path,
                    path_base64: self.path_base64,
                    hash: self.hash,
                    size: self.size,
                    modified_ns: self.modified_ns,
                };
                (file, $(self.$rest),+)
            }
        }
    )+};
}

file_of! {
    Keep => (reason: String);
    Remove => (similarity: Option<f64>, sidecars: Vec<Object<File>>);
    Placement => (to: PathText, sidecars: Vec<Object<PlacedSidecar>>);
    PlacedSidecar => (to: PathText);
}
