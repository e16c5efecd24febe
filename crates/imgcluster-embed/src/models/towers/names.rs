//! What the convolutions of the CNNs and the batch norms after them are called.

use super::Loader;

/// A convolution and its batch norm.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) convolution: String,
    pub(super) norm: String,
}

fn names(convolution: impl Into<String>, norm: impl Into<String>) -> Names {
    Names {
        convolution: convolution.into(),
        norm: norm.into(),
    }
}

/// Whose names a checkpoint of `MobileNetV2` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MobileNetNames {
    Torchvision,
    Timm,
}

/// Where a block of `MobileNetV2` stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct MobileNetPlace {
    pub(super) stage: usize,
    /// Its number within the stage.
    pub(super) index: usize,
    /// Its number within the model.
    pub(super) of_all: usize,
    /// Whether it has a convolution that widens.
    pub(super) widens: bool,
}

impl MobileNetNames {
    /// Tells them by which tensors there are.
    pub(crate) fn of(has: impl Fn(&str) -> bool) -> Self {
        if has("conv_stem.weight") {
            Self::Timm
        } else {
            Self::Torchvision
        }
    }

    pub(super) fn stem(self) -> Names {
        match self {
            Self::Torchvision => names("features.0.0", "features.0.1"),
            Self::Timm => names("conv_stem", "bn1"),
        }
    }

    pub(super) fn last(self) -> Names {
        match self {
            Self::Torchvision => names("features.18.0", "features.18.1"),
            Self::Timm => names("conv_head", "bn2"),
        }
    }

    /// The layer of a block that widens.
    pub(super) fn widen(self, place: MobileNetPlace) -> Names {
        let prefix = self.block(place);
        match self {
            Self::Torchvision => names(format!("{prefix}.0.0"), format!("{prefix}.0.1")),
            Self::Timm => names(format!("{prefix}.conv_pw"), format!("{prefix}.bn1")),
        }
    }

    /// The layer that filters each channel. Where nothing is widened it and the next move up by one.
    pub(super) fn filter(self, place: MobileNetPlace) -> Names {
        let (prefix, at) = (self.block(place), usize::from(place.widens));
        match self {
            Self::Torchvision => names(format!("{prefix}.{at}.0"), format!("{prefix}.{at}.1")),
            Self::Timm => names(
                format!("{prefix}.conv_dw"),
                format!("{prefix}.bn{}", at + 1),
            ),
        }
    }

    /// The layer that narrows.
    pub(super) fn narrow(self, place: MobileNetPlace) -> Names {
        let (prefix, at) = (self.block(place), usize::from(place.widens));
        match self {
            Self::Torchvision => names(
                format!("{prefix}.{}", at + 1),
                format!("{prefix}.{}", at + 2),
            ),
            Self::Timm => {
                // In a block that does not widen the only linear layer has the plain name.
                let linear = if place.widens { "conv_pwl" } else { "conv_pw" };
                names(
                    format!("{prefix}.{linear}"),
                    format!("{prefix}.bn{}", at + 2),
                )
            }
        }
    }

    fn block(self, place: MobileNetPlace) -> String {
        match self {
            Self::Torchvision => format!("features.{}.conv", place.of_all + 1),
            Self::Timm => format!("blocks.{}.{}", place.stage, place.index),
        }
    }
}

/// Whose names a checkpoint of a `ResNet` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResNetNames {
    /// Torchvision's, which are also those of timm.
    Torchvision,
    /// Those of transformers, after what comes before all names where the tower is part of a
    /// classifier.
    Transformers(&'static str),
}

impl ResNetNames {
    pub(super) fn of(loader: &Loader<'_>) -> Self {
        let stem = "embedder.embedder.convolution.weight";
        let root = ["", "resnet."].into_iter();
        let mut root = root.filter(|root| loader.weights.has(&format!("{root}{stem}")));
        root.next().map_or(Self::Torchvision, Self::Transformers)
    }

    pub(super) fn stem(self) -> Names {
        match self {
            Self::Torchvision => names("conv1", "bn1"),
            Self::Transformers(root) => in_transformers(&format!("{root}embedder.embedder")),
        }
    }

    /// Convolution `at` of block `index` of a stage, all counted from 0.
    pub(super) fn convolution(self, (stage, index): (usize, usize), at: usize) -> Names {
        let prefix = self.block(stage, index);
        match self {
            Self::Torchvision => names(
                format!("{prefix}.conv{}", at + 1),
                format!("{prefix}.bn{}", at + 1),
            ),
            Self::Transformers(_) => in_transformers(&format!("{prefix}.layer.{at}")),
        }
    }

    /// The convolution that the shortcut of a block goes through.
    pub(super) fn shortcut(self, (stage, index): (usize, usize)) -> Names {
        let prefix = self.block(stage, index);
        match self {
            Self::Torchvision => names(
                format!("{prefix}.downsample.0"),
                format!("{prefix}.downsample.1"),
            ),
            Self::Transformers(_) => in_transformers(&format!("{prefix}.shortcut")),
        }
    }

    fn block(self, stage: usize, index: usize) -> String {
        match self {
            Self::Torchvision => format!("layer{}.{index}", stage + 1),
            Self::Transformers(root) => format!("{root}encoder.stages.{stage}.layers.{index}"),
        }
    }
}

fn in_transformers(prefix: &str) -> Names {
    names(
        format!("{prefix}.convolution"),
        format!("{prefix}.normalization"),
    )
}
