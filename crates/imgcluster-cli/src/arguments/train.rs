//! What can be typed after `train`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use imgcluster_embed::DeviceChoice;

use super::{DeviceArgument, InputArguments};

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
    #[command(flatten)]
    pub(crate) training: TrainingArguments,
    /// The checkpoint to write; loss curve and reconstructions go to a folder of its name and
    /// `.training`
    #[arg(
        long,
        short,
        value_name = "FILE",
        default_value = "autoencoder.safetensors",
        help_heading = "Output"
    )]
    pub(crate) output: PathBuf,
    /// Replace a checkpoint that is there
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
    /// Begin anew where a training was interrupted, instead of going on with it; what it had learnt is lost
    #[arg(long, help_heading = "Output")]
    pub(crate) restart: bool,
    /// End with exit code 3 if anything was skipped
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArguments {
    /// Pixels a side that pictures are resized to, 32 to 512
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub(crate) size: u32,
    /// How many numbers describe a picture
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) latent: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct TrainingArguments {
    /// Which difference between a picture and what comes back of it is made small
    #[arg(long, value_name = "LOSS", default_value = "mse")]
    pub(crate) loss: LossName,
    /// How often each picture is learnt from; 0 writes the untrained network
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) epochs: u32,
    /// How far a step goes at the beginning; it gets smaller after each third of the epochs
    #[arg(long, value_name = "RATE", default_value_t = 0.001)]
    pub(crate) learning_rate: f64,
    /// Pictures a step
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) batch_size: NonZeroUsize,
    /// The share of the pictures that is held out, to tell which epoch is the best
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(crate) validation: f64,
    /// End after so many epochs in a row without a better loss [default: all epochs]
    #[arg(long, value_name = "N")]
    pub(crate) patience: Option<NonZeroU32>,
    /// Learn from pictures as they are: not mirrored, shifted, in another light and with noise
    #[arg(long)]
    pub(crate) no_augmentation: bool,
    /// Learn from so many pictures, drawn at random, where there are more [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<NonZeroUsize>,
    /// Makes everything that is left to chance repeatable
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where the network runs: auto, cpu, cuda, cuda:N or metal
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceArgument(DeviceChoice::Auto))]
    pub(crate) device: DeviceArgument,
    /// For the perceptual loss: a VGG19 as a safetensors file, instead of `vgg19` of the models
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Never use the network (as with `HF_HUB_OFFLINE=1`)
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LossName {
    /// Mean squared difference of pixels
    Mse,
    /// Mean absolute difference of pixels
    L1,
    /// Mean absolute difference of what a VGG19 sees
    Perceptual,
}
