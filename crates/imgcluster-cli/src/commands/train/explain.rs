//! The way out of what went wrong in a training.

use anyhow::Error;
use imgcluster_embed::{AutoencoderFileError, ModelError, TrainError, resume_file};

use crate::arguments::TrainArguments;
use crate::failure::Refusal;

pub(super) fn explain(error: TrainError, arguments: &TrainArguments) -> Error {
    let rate = arguments.training.learning_rate;
    let lower = if rate > 0.001 {
        "0.001 is usual".to_owned()
    } else {
        format!("try `--learning-rate {}`", rate / 10.0)
    };
    let hint = match &error {
        TrainError::Cancelled(_) => return Error::new(error),
        TrainError::Diverged { kept, .. } => match kept {
            Some(epoch) => format!(
                "`{}` has the network of epoch {epoch}, the best until then; steps were too large: \
                 {lower}",
                arguments.output.display()
            ),
            None => format!("steps were too large: {lower}; nothing was written"),
        },
        TrainError::NoBetter { .. } => {
            format!(
                "steps were too large, epochs or pictures too few: {lower}, or learn from all pictures \
                 with `--validation 0`; nothing was written"
            )
        }
        TrainError::OtherTraining { .. } => {
            "begin anew with `--restart`, give the same pictures and options again to go on with it, \
             or write elsewhere with `--output FILE`"
                .to_owned()
        }
        TrainError::Memory { .. } => {
            "learn from fewer with `--sample N`, or from smaller ones with `--size N`".to_owned()
        }
        TrainError::Option { .. } | TrainError::Configuration(_) => {
            return Refusal::wrong_usage(error, "see `imgcluster train --help`").into();
        }
        TrainError::File(ModelError::AutoencoderFile(AutoencoderFileError::Write { .. })) => {
            let kept = if resume_file(&arguments.output).exists() {
                "; the same command goes on where this one stopped"
            } else {
                ""
            };
            format!(
                "make room, or write elsewhere with `--output FILE`{kept}; a checkpoint that was there is \
                 as it was"
            )
        }
        TrainError::File(ModelError::DeviceNotBuilt { feature, .. }) => {
            format!("build with `--features {feature}`, or use `--device cpu`")
        }
        TrainError::File(ModelError::DeviceMissing { .. }) | TrainError::Run(_) => {
            "use `--device cpu`, a smaller `--size`, or a smaller `--batch-size`".to_owned()
        }
        TrainError::File(
            ModelError::MissingTensor { .. }
            | ModelError::Shape { .. }
            | ModelError::LeftOver { .. },
        ) => "are these the weights of a VGG19, as `imgcluster models show vgg19` names them?".to_owned(),
        TrainError::File(_) => {
            "begin anew with `--restart`, or write elsewhere with `--output FILE`".to_owned()
        }
        _ => "see `imgcluster train --help`".to_owned(),
    };
    Refusal::because(error, hint).into()
}
