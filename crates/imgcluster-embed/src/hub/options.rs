//! Where the hub and its cache are.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where models are looked for, and how.
#[derive(Clone)]
pub struct HubOptions {
    /// The folder with a `models--ORG--NAME` folder for each repository; made when it is needed.
    pub cache: PathBuf,
    /// The address of the hub. Default: `https://huggingface.co`.
    pub endpoint: String,
    /// Shown to the hub and to nobody else; private repositories need one. Default: none.
    pub token: Option<String>,
    /// The address of an HTTP proxy. Default: none.
    pub proxy: Option<String>,
    /// Whether the network must not be touched. Default: no.
    pub offline: bool,
    /// How long the hub may take to connect and answer, and how long a transfer may stand still.
    /// Default: eight seconds.
    pub patience: Duration,
}

impl HubOptions {
    /// The defaults, with the cache in this folder.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            proxy: None,
            offline: false,
            patience: Duration::from_secs(8),
        }
    }
}

impl fmt::Debug for HubOptions {
    /// Tells everything but the token, and of the proxy only whether there is one, since its
    /// address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubOptions")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("patience", &self.patience)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_shown() {
        let mut options = HubOptions::new("cache");
        options.token = Some("hf_secret".to_owned());
        options.proxy = Some("http://me:secret@proxy".to_owned());
        assert!(!format!("{options:?}").contains("secret"));
    }
}
