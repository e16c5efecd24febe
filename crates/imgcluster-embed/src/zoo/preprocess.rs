//! What the models of the zoo want done to a picture.

use std::num::NonZeroU32;

use imgcluster_core::{CropRounding, Filter, InputSpec, Resize};

use crate::Preprocess;

/// `CLIP` of `OpenAI` and most of LAION's: 224 × 224.
pub(super) const CLIP: Preprocess = cropped(224, 224, Filter::Bicubic, TRAINED, Preprocess::CLIP);
/// The same at 336 × 336.
pub(super) const CLIP_336: Preprocess =
    cropped(336, 336, Filter::Bicubic, TRAINED, Preprocess::CLIP);
/// LAION's L/14 was trained on values in [-1, 1].
pub(super) const CLIP_HALVES: Preprocess = cropped(224, 224, Filter::Bicubic, TRAINED, HALVES);
/// The first weights of torchvision.
pub(super) const TORCHVISION: Preprocess =
    cropped(256, 224, Filter::Bilinear, TRAINED, Preprocess::IMAGENET);
/// The second weights of torchvision.
pub(super) const TORCHVISION_2: Preprocess =
    cropped(232, 224, Filter::Bilinear, TRAINED, Preprocess::IMAGENET);
/// `timm`'s `MobileNetV2`: it keeps 0.875 of the picture.
pub(super) const BICUBIC_256: Preprocess =
    cropped(256, 224, Filter::Bicubic, TRAINED, Preprocess::IMAGENET);
/// `MobileNetV2` by hand in torchvision's names, which are all that tells how it was trained: with
/// torchvision's filter and size. Of its crop, whose longer side is cut to whole pixels, proportions
/// suffer by up to a pixel; here they are kept as well as whole pixels can. It decides over few
/// pictures, but it does: the five nearest name 753 of 800 photographs of 20 kinds of objects, and 749 with
/// torchvision's crop.
pub(crate) const BY_HAND: Preprocess = cropped(
    256,
    224,
    Filter::Bilinear,
    CropRounding::NearestSide,
    Preprocess::IMAGENET,
);
/// `DINOv2`, as its repository for transformers says.
pub(super) const DINO: Preprocess = cropped(
    256,
    224,
    Filter::Bicubic,
    CropRounding::Down,
    Preprocess::IMAGENET,
);
/// `SigLIP`: squashed, values in [-1, 1].
pub(super) const SIGLIP: Preprocess = Preprocess {
    input: InputSpec {
        width: pixels(224),
        height: pixels(224),
        resize: Resize::Squash,
        filter: Filter::Bicubic,
    },
    mean: HALVES.0,
    std: HALVES.1,
};

/// All but those of transformers were trained with torchvision's crops.
const TRAINED: CropRounding = CropRounding::HalfToEven;

const HALVES: ([f32; 3], [f32; 3]) = ([0.5; 3], [0.5; 3]);

const fn cropped(
    shorter: u32,
    side: u32,
    filter: Filter,
    rounding: CropRounding,
    (mean, std): ([f32; 3], [f32; 3]),
) -> Preprocess {
    Preprocess {
        input: InputSpec {
            width: pixels(side),
            height: pixels(side),
            resize: Resize::Crop {
                shorter: pixels(shorter),
                rounding,
            },
            filter,
        },
        mean,
        std,
    }
}

const fn pixels(length: u32) -> NonZeroU32 {
    NonZeroU32::new(length).expect("no length above is zero; this runs when it is compiled")
}
