//! `classic` behind the [`Embedder`] interface.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Mutex;

use imgcluster_core::{
    BoxError, ContentHash, Embedder, EmbeddingSpace, FeatureShape, Filter, InputSpec, Job, Matrix,
    PixelBatch, Resize, for_each_block,
};

use super::{DIM, SIDE, VERSION, describe};

/// What is done to a picture before it is described; part of the cache key.
const PREPROCESS: &str = "classic-1: squash to 128 x 128, bilinear with antialias";

/// The built-in embedder: one descriptor of shapes and colours for every picture of a batch, on
/// all threads of the job. Nothing in it is learnt from photographs.
///
/// Five-nearest-neighbour accuracy by cosine, leave one out: 0.74 on 800 photos of 20 kinds of
/// objects (Caltech-101), 0.61 on 300 of 5 kinds of flowers, 0.45 on 500 of CIFAR-10; a plain
/// orientation histogram with colour has 0.45, 0.49 and 0.26. Unrelated photos lie at a cosine of
/// about 0.2, copies that were re-encoded or resized above 0.94; 0.85 tells them apart.
#[derive(Debug, Clone)]
pub struct Classic {
    space: EmbeddingSpace,
}

impl Default for Classic {
    fn default() -> Self {
        let hash = |text: &str| ContentHash(*blake3::hash(text.as_bytes()).as_bytes());
        let dim = NonZeroUsize::new(DIM).expect("the descriptor has values");
        let space = EmbeddingSpace {
            model: "classic".to_owned(),
            weights: hash(VERSION),
            preprocess: hash(PREPROCESS),
            shape: FeatureShape::Vector(dim),
        };
        Self { space }
    }
}

impl Embedder for Classic {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input(&self) -> InputSpec {
        let side = NonZeroU32::new(SIDE as u32).expect("the side is not zero");
        InputSpec {
            width: side,
            height: side,
            resize: Resize::Squash,
            filter: Filter::Bilinear,
        }
    }

    fn embed(&self, batch: &PixelBatch, job: &Job<'_>) -> Result<Matrix, BoxError> {
        let pictures: Vec<&[u8]> = batch.iter().collect();
        let rows = Mutex::new(vec![0.0; pictures.len() * DIM]);
        for_each_block(
            job,
            pictures.len(),
            NonZeroUsize::MIN,
            || (),
            |(), range| {
                for picture in range {
                    let row = describe(pictures[picture]);
                    let mut rows = rows
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    rows[picture * DIM..][..DIM].copy_from_slice(&row);
                }
            },
        )?;
        let rows = rows
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Matrix::new(rows, DIM)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::Pixels;

    #[test]
    fn a_row_depends_on_its_picture_alone() {
        let classic = Classic::default();
        let side = classic.input().width;
        let picture = |shade: u8| {
            let ramp = (0..SIDE * SIDE * 3).map(|i| (i % (usize::from(shade) + 2)) as u8 * 3);
            Pixels::new(side.get(), side.get(), ramp.collect()).unwrap()
        };
        let mut batch = PixelBatch::new(side, side);
        for shade in [3, 60] {
            batch.push(&picture(shade)).unwrap();
        }
        let rows = classic.embed(&batch, &Job::quiet()).unwrap();
        assert_eq!(rows.row(0), describe(picture(3).rgb()));
        assert_eq!(rows.row(1), describe(picture(60).rgb()));
        let none = classic
            .embed(&PixelBatch::new(side, side), &Job::quiet())
            .unwrap();
        assert_eq!(none.rows(), 0);
    }
}
