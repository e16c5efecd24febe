//! What "alike" means.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use imgcluster_embed::DeviceChoice;

use super::WholeNumberOrAuto;

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArguments {
    /// What "alike" means: a name of `imgcluster models list`, a repository ORG/NAME of the hub,
    /// a folder with the files of one, or `autoencoder:FILE` with a checkpoint of `imgcluster train`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        env = "IMGCLUSTER_MODEL"
    )]
    pub(crate) model: String,
    /// Which weights of the model; `imgcluster models show NAME` lists them
    #[arg(long, value_name = "NAME")]
    pub(crate) pretrained: Option<String>,
    /// Weights from this safetensors file, without the network; with a name of the list, activation
    /// and preprocessing are still those of `--pretrained`, or of the usual weights
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Never use the network (as with `HF_HUB_OFFLINE=1`)
    #[arg(long)]
    pub(crate) offline: bool,
    /// Where the model runs: auto, cpu, cuda, cuda:N or metal
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceArgument(DeviceChoice::Auto))]
    pub(crate) device: DeviceArgument,
    /// The numbers a neural model computes in
    #[arg(long, value_name = "KIND", default_value = "auto")]
    pub(crate) precision: PrecisionArgument,
    /// How a picture gets the size of a neural model, or of the canvas
    #[arg(long, value_name = "HOW", default_value = "model")]
    pub(crate) preprocess: PreprocessArgument,
    /// ssim, minhash, orb, template: pixels a side of the square on which pictures are compared, from
    /// 32 to 1024 [default: 256]
    #[arg(long, value_name = "N")]
    pub(crate) canvas: Option<u32>,
    /// Pictures in a batch; a killed run loses at most two of them
    #[arg(long, value_name = "N", default_value_t = WholeNumberOrAuto::Auto)]
    pub(crate) batch_size: WholeNumberOrAuto,
    /// Keep vectors as the model gives them, without scaling them to length one
    #[arg(long)]
    pub(crate) raw: bool,
}

/// A device as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeviceArgument(pub(crate) DeviceChoice);

impl FromStr for DeviceArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let choice = match text {
            "auto" => Some(DeviceChoice::Auto),
            "cpu" => Some(DeviceChoice::Cpu),
            "cuda" => Some(DeviceChoice::Cuda(0)),
            "metal" => Some(DeviceChoice::Metal),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(DeviceChoice::Cuda),
        };
        choice
            .map(Self)
            .ok_or_else(|| "a device is auto, cpu, cuda, cuda:N or metal".to_owned())
    }
}

impl fmt::Display for DeviceArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(number) => write!(f, "cuda:{number}"),
            DeviceChoice::Metal => f.write_str("metal"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrecisionArgument {
    /// f32 on the CPU, f16 on a GPU
    Auto,
    /// 32-bit numbers
    F32,
    /// 16-bit numbers, on a GPU
    F16,
    /// 16-bit numbers with the range of 32-bit ones, on a GPU
    Bf16,
    /// Whole numbers of 8 bits in the large layers, on the CPU; experimental
    Int8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreprocessArgument {
    /// As the model was trained; letterbox on a canvas
    Model,
    /// Straight to the size; proportions are lost
    Squash,
    /// The shorter side to the size, then the middle
    Crop,
    /// The longer side to the size, the rest black
    Letterbox,
}
