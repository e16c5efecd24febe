//! Our encoder, as the pipeline calls it.

use std::num::NonZeroUsize;

use imgcluster_core::{CancelToken, Embedder, Event, Job, PixelBatch, Pixels, Reporter};
use imgcluster_embed::zoo::find;
use imgcluster_embed::{
    Architecture, Checkpoint, DeviceChoice, ModelOptions, ModelSpec, NeuralEmbedder, Precision,
};

use super::{AnyResult, Arguments, Encode};

struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: &Event<'_>) {}
}

pub(crate) fn encoder(arguments: &Arguments, precision: Option<Precision>) -> AnyResult<Encode> {
    let name = arguments.model.name();
    let spec = ModelSpec {
        name: name.to_owned(),
        architecture: Architecture::named(name).ok_or("no such architecture")?,
        preprocess: find(name, None)?.preprocess,
    };
    let options = ModelOptions {
        device: DeviceChoice::Cpu,
        precision,
    };
    let mut checkpoint = Checkpoint::open(&arguments.weights)?;
    let embedder = NeuralEmbedder::load(&spec, &mut checkpoint, &options)?;
    let threads = NonZeroUsize::new(arguments.threads).ok_or("at least one thread")?;
    Ok(Box::new(move |pictures| {
        let input = embedder.input();
        let mut batch = PixelBatch::new(input.width, input.height);
        for rgb in pictures {
            let (width, height) = (input.width.get(), input.height.get());
            batch.push(&Pixels::new(width, height, rgb.clone())?)?;
        }
        let job = Job::new(&Silent, CancelToken::default(), threads);
        let rows = embedder
            .embed(&batch, &job)
            .map_err(|error| error.to_string())?;
        Ok(rows.into_values())
    }))
}
