//! What "alike" means.

use clap::Args;

use super::WholeNumberOrAuto;

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArguments {
    /// What "alike" means; see `imgcluster models list`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        env = "IMGCLUSTER_MODEL"
    )]
    pub(crate) model: String,
    /// Pictures in a batch; a killed run loses at most two of them
    #[arg(long, value_name = "N", default_value_t = WholeNumberOrAuto::Auto)]
    pub(crate) batch_size: WholeNumberOrAuto,
    /// Keep vectors as the model gives them, without scaling them to length one
    #[arg(long)]
    pub(crate) raw: bool,
}
