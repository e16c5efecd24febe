//! Reading settings out of JSON by path, with errors that name them.

use serde_json::Value;

use super::Activation;
use crate::models::ModelError;

/// An object in a configuration, and where it stands.
#[derive(Clone)]
pub(super) struct Settings<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Settings<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// The object under a key, if it is there.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| value.is_object())?;
        let path = self.at(key);
        Some(Self { value, path })
    }

    fn at(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    pub(super) fn wrong(&self, key: &str) -> ModelError {
        ModelError::Setting {
            setting: self.at(key),
        }
    }

    /// Refuses every key that is neither among these nor has the one value that is followed here,
    /// written as JSON; `null` counts as nothing.
    pub(super) fn only(&self, free: &[&str], fixed: &[(&str, &str)]) -> Result<(), ModelError> {
        for (key, value) in self.value.as_object().into_iter().flatten() {
            let text = value.to_string();
            let usual = fixed
                .iter()
                .any(|(name, usual)| name == key && *usual == text);
            if !(usual || value.is_null() || free.contains(&key.as_str())) {
                return Err(self.unsupported(key));
            }
        }
        Ok(())
    }

    /// Says that what stands under a key is not followed here.
    pub(super) fn unsupported(&self, key: &str) -> ModelError {
        let value = self.get(key).unwrap_or(&Value::Null).to_string();
        ModelError::SettingUnsupported {
            setting: self.at(key),
            value: value.chars().take(80).collect(),
        }
    }

    /// The value under a key; `null` counts as nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    /// A count that must be there.
    pub(super) fn count(&self, key: &str) -> Result<usize, ModelError> {
        self.count_or(key, None)
    }

    /// A count with a default; without one it must be there. A value that is no count is wrong,
    /// default or not.
    pub(super) fn count_or(
        &self,
        key: &str,
        default: impl Into<Option<usize>>,
    ) -> Result<usize, ModelError> {
        match self.get(key) {
            None => default.into().ok_or_else(|| self.wrong(key)),
            Some(value) => value
                .as_u64()
                .and_then(|count| usize::try_from(count).ok())
                .ok_or_else(|| self.wrong(key)),
        }
    }

    pub(super) fn number_or(&self, key: &str, default: f64) -> Result<f64, ModelError> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value.as_f64().ok_or_else(|| self.wrong(key)),
        }
    }

    pub(super) fn flag_or(&self, key: &str, default: bool) -> Result<bool, ModelError> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(key)),
        }
    }

    pub(super) fn activation_or(
        &self,
        key: &str,
        default: Activation,
    ) -> Result<Activation, ModelError> {
        let Some(value) = self.get(key) else {
            return Ok(default);
        };
        match value.as_str() {
            Some("quick_gelu") => Ok(Activation::QuickGelu),
            Some("gelu") => Ok(Activation::Gelu),
            Some("gelu_pytorch_tanh" | "gelu_new") => Ok(Activation::GeluTanh),
            _ => Err(ModelError::SettingValue {
                setting: "hidden_act",
                value: value.to_string(),
                expected: "quick_gelu, gelu and gelu_pytorch_tanh are supported".to_owned(),
            }),
        }
    }
}
