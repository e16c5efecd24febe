//! Models as the ingest pipeline sees them.

use imgcluster_core::{
    BoxError, ContentHash, Embedder, EmbeddingSpace, Extractor, Features, Job, PixelBatch, Pixels,
    Similarity,
};

use crate::fit;

/// An embedder in the pipeline: pictures are fitted to its input, batches embedded.
#[derive(Debug, Clone)]
pub struct EmbedderExtractor<E>(pub E);

impl<E: Embedder> Extractor for EmbedderExtractor<E> {
    type Prepared = Pixels;

    fn space(&self) -> &EmbeddingSpace {
        self.0.space()
    }

    fn prepare(&self, pixels: &Pixels, _content: &ContentHash) -> Result<Pixels, BoxError> {
        Ok(fit(pixels, &self.0.input())?)
    }

    fn extract(&self, pictures: Vec<Pixels>, job: &Job<'_>) -> Result<Features, BoxError> {
        let input = self.0.input();
        let mut batch = PixelBatch::new(input.width, input.height);
        for picture in &pictures {
            batch.push(picture)?;
        }
        Ok(Features::Vectors(self.0.embed(&batch, job)?))
    }
}

/// A pairwise similarity in the pipeline: each picture leaves its signature.
#[derive(Debug, Clone)]
pub struct SignatureExtractor<S>(pub S);

impl<S: Similarity> Extractor for SignatureExtractor<S> {
    type Prepared = Vec<u8>;

    fn space(&self) -> &EmbeddingSpace {
        self.0.space()
    }

    fn prepare(&self, pixels: &Pixels, content: &ContentHash) -> Result<Vec<u8>, BoxError> {
        Ok(self.0.write_signature(&self.0.signature(pixels, content)))
    }

    fn extract(&self, signatures: Vec<Vec<u8>>, _job: &Job<'_>) -> Result<Features, BoxError> {
        Ok(Features::Signatures(signatures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashKind, PerceptualHash};
    use imgcluster_core::{FeatureShape, Filter, InputSpec, Matrix, Resize};
    use std::num::{NonZeroU32, NonZeroUsize};

    /// Gives the first byte of every picture.
    #[derive(Debug)]
    struct FirstByte(EmbeddingSpace);

    impl Embedder for FirstByte {
        fn space(&self) -> &EmbeddingSpace {
            &self.0
        }

        fn input(&self) -> InputSpec {
            let side = NonZeroU32::new(4).unwrap();
            InputSpec {
                width: side,
                height: side,
                resize: Resize::Squash,
                filter: Filter::Bilinear,
            }
        }

        fn embed(&self, batch: &PixelBatch, _job: &Job<'_>) -> Result<Matrix, BoxError> {
            let values = batch.iter().map(|rgb| f32::from(rgb[0])).collect();
            Ok(Matrix::new(values, 1)?)
        }
    }

    fn picture(value: u8) -> Pixels {
        Pixels::new(7, 5, vec![value; 105]).unwrap()
    }

    #[test]
    fn pictures_of_any_size_reach_the_embedder_in_order() {
        let extractor = EmbedderExtractor(FirstByte(EmbeddingSpace {
            model: "first-byte".to_owned(),
            weights: ContentHash([0; 32]),
            preprocess: ContentHash([0; 32]),
            shape: FeatureShape::Vector(NonZeroUsize::MIN),
        }));
        let content = ContentHash([0; 32]);
        let prepared: Vec<Pixels> = [9, 3]
            .map(|value| extractor.prepare(&picture(value), &content).unwrap())
            .into();
        let features = extractor.extract(prepared, &Job::quiet()).unwrap();
        let wanted = Features::Vectors(Matrix::new(vec![9.0, 3.0], 1).unwrap());
        assert_eq!(features, wanted);
    }

    #[test]
    fn signatures_leave_as_bytes_that_can_be_read_back() {
        let extractor = SignatureExtractor(PerceptualHash::new(HashKind::Phash));
        let content = ContentHash([5; 32]);
        let bytes = extractor.prepare(&picture(1), &content).unwrap();
        let signature = extractor.0.read_signature(&bytes).unwrap();
        assert_eq!(signature.flat, Some(content));
        let features = extractor.extract(vec![bytes.clone()], &Job::quiet());
        assert_eq!(features.unwrap(), Features::Signatures(vec![bytes]));
    }
}
