//! Pictures that are compared in pairs.

use anyhow::Result;
use imgcluster_core::{
    Features, Image, Neighbors, RememberError, RememberedNeighbors, Similarity, Stage,
};
use imgcluster_embed::free_memory;

use crate::failure::Refusal;
use crate::session::Session;

/// Reads signatures of these pictures as the store holds them.
///
/// # Errors
/// If the store holds something else.
pub(crate) fn signatures<S: Similarity>(
    features: &Features,
    images: &[Image],
    similarity: &S,
) -> Result<Vec<S::Signature>> {
    let Features::Signatures(bytes) = features else {
        let model = &similarity.space().model;
        anyhow::bail!("the model `{model}` is stored as vectors, not signatures");
    };
    let read = |(bytes, image): (&Vec<u8>, &Image)| {
        similarity.read_signature(bytes).ok_or_else(|| {
            let (model, path) = (&similarity.space().model, image.path.display());
            let message = format!(
                "the store is damaged: what it holds of `{path}` for `{model}` cannot be read"
            );
            let hint =
                "use another store with `--store sqlite:PATH`; pictures are then looked at anew";
            Refusal::new(message, hint).into()
        })
    };
    bytes.iter().zip(images).map(read).collect()
}

/// Compares all pairs once, where that takes long and the answers have room in memory; whoever asks
/// for one again gets it at once.
///
/// # Errors
/// If the job was cancelled.
pub(crate) fn compared<'a, S: Similarity>(
    similarity: &'a S,
    signatures: &'a [S::Signature],
    session: &Session,
) -> Result<Box<dyn Neighbors + 'a>> {
    let asked = similarity.neighbors(signatures);
    let count = signatures.len();
    if !similarity.is_dear() {
        return Ok(asked);
    }
    let room = free_memory().is_none_or(|free| RememberedNeighbors::bytes(count) <= free / 2);
    let remembered = if room {
        let job = session.job();
        let _stage = job.stage(Stage::Compare, Some(RememberedNeighbors::pairs(count)));
        RememberedNeighbors::new(&*asked, &job)
    } else {
        let needed = RememberedNeighbors::bytes(count);
        Err(RememberError::NoRoom { count, needed })
    };
    match remembered {
        Ok(remembered) => Ok(Box::new(remembered)),
        Err(RememberError::Cancelled(cancelled)) => Err(cancelled.into()),
        Err(no_room) => {
            session.printer.note(&format!(
                "{no_room}: pairs are compared each time they are needed; `--partition 5000` needs fewer"
            ));
            Ok(asked)
        }
    }
}
