//! The table of the neural models.
//!
//! Only repositories with a safetensors file are listed. Which repository holds which weights, and
//! what is done to pictures, is as in `open_clip` 3.3.0 (`pretrained.py`), `timm` 1.0.31
//! (`resnet.py`, `vgg.py`, `efficientnet.py`) and the `preprocessor_config.json` of the others. A revision
//! is the commit that public code pins or that the hub's pages show with that file; a SHA-256 is
//! the one that those name for the file. Where none was found it is left out: the hub's own
//! checksum is verified after every download in any case.

use crate::zoo::ZooModel;
use crate::zoo::preprocess::{
    BICUBIC_256, CLIP, CLIP_336, CLIP_HALVES, DINO, SIGLIP, TORCHVISION, TORCHVISION_2,
};

/// Every neural model with every set of weights; of one model the usual weights come first.
pub const ZOO: &[ZooModel] = &[
    ZooModel {
        name: "clip-vit-b-32",
        pretrained: "openai",
        repository: "timm/vit_base_patch32_clip_224.openai",
        revision: "a6f597a30f7b82c51704746581f9a4e41421e878",
        weights: "open_clip_model.safetensors",
        sha256: Some("e6d1bd7789aa45192b3bf90570a789b478bae1b74ebcce7eddd908e83a2b7c31"),
        size: 605_143_284,
        licence: "Apache-2.0",
        dim: 512,
        preprocess: CLIP,
    },
    ZooModel {
        name: "clip-vit-b-32",
        pretrained: "laion2b_s34b_b79k",
        repository: "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        revision: "1a25a446712ba5ee05982a381eed697ef9b435cf",
        weights: "open_clip_model.safetensors",
        sha256: Some("ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6"),
        size: 605_143_316,
        licence: "MIT",
        dim: 512,
        preprocess: CLIP,
    },
    ZooModel {
        name: "clip-vit-b-16",
        pretrained: "openai",
        repository: "timm/vit_base_patch16_clip_224.openai",
        revision: "977e3dd0ec55ab8da155f2fbeb6b5f54948b6e3d",
        weights: "open_clip_model.safetensors",
        sha256: Some("4b8699299b1e8997753c64b052ba32031449d5d853f55a039148560ee02b820f"),
        size: 598_516_980,
        licence: "Apache-2.0",
        dim: 512,
        preprocess: CLIP,
    },
    ZooModel {
        name: "clip-vit-b-16",
        pretrained: "laion2b_s34b_b88k",
        repository: "laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
        revision: "7288da5a0d6f0b51c4a2b27c624837a9236d0112",
        weights: "open_clip_model.safetensors",
        sha256: None,
        size: 599_000_000,
        licence: "MIT",
        dim: 512,
        preprocess: CLIP,
    },
    ZooModel {
        name: "clip-vit-l-14",
        pretrained: "openai",
        repository: "timm/vit_large_patch14_clip_224.openai",
        revision: "18d0535469bb561bf468d76c1d73aa35156c922b",
        weights: "open_clip_model.safetensors",
        sha256: Some("9ce2e8a8ebfff3793d7d375ad6d3c35cb9aebf3de7ace0fc7308accab7cd207e"),
        size: 1_710_517_724,
        licence: "Apache-2.0",
        dim: 768,
        preprocess: CLIP,
    },
    ZooModel {
        name: "clip-vit-l-14",
        pretrained: "laion2b_s32b_b82k",
        repository: "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
        revision: "1627032197142fbe2a7cfec626f4ced3ae60d07a",
        weights: "open_clip_pytorch_model.safetensors",
        sha256: Some("7d129ed747e0ed53e82dfcc140382b51be66b56e6a9bdc3258afd2846e3bb019"),
        size: 1_710_517_748,
        licence: "MIT",
        dim: 768,
        preprocess: CLIP_HALVES,
    },
    ZooModel {
        name: "clip-vit-l-14-336",
        pretrained: "openai",
        repository: "timm/vit_large_patch14_clip_336.openai",
        revision: "81e38efc4637de5023b10e75a7f9bd1c6fa6b010",
        weights: "open_clip_model.safetensors",
        sha256: Some("fbc415c3d0d7b79faed8f5ccfb740c32b7c4f5ffe7283b851f89c6231c01a8e0"),
        size: 1_711_828_444,
        licence: "Apache-2.0",
        dim: 768,
        preprocess: CLIP_336,
    },
    ZooModel {
        name: "clip-vit-h-14",
        pretrained: "laion2b_s32b_b79k",
        repository: "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
        revision: "1c2b8495b28150b8a4922ee1c8edee224c284c0c",
        weights: "open_clip_model.safetensors",
        sha256: Some("0084e75319a50ad85ef45377bad5bc38f2f58824459eb690048d51c9f8863be5"),
        size: 3_944_517_836,
        licence: "MIT",
        dim: 1024,
        preprocess: CLIP,
    },
    ZooModel {
        name: "resnet18",
        pretrained: "tv_in1k",
        repository: "timm/resnet18.tv_in1k",
        revision: "590dfdd48494d2316a8385e1ca7fbec3b9359b35",
        weights: "model.safetensors",
        sha256: Some("694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81"),
        size: 46_800_000,
        licence: "BSD-3-Clause",
        dim: 512,
        preprocess: TORCHVISION,
    },
    ZooModel {
        name: "resnet34",
        pretrained: "tv_in1k",
        repository: "timm/resnet34.tv_in1k",
        revision: "c983eba7f5e69bc3548a626d1b0b0b914e5de3a6",
        weights: "model.safetensors",
        sha256: None,
        size: 87_300_000,
        licence: "BSD-3-Clause",
        dim: 512,
        preprocess: TORCHVISION,
    },
    ZooModel {
        name: "resnet50",
        pretrained: "tv2_in1k",
        repository: "timm/resnet50.tv2_in1k",
        revision: "f2a8587ea6b4a3a1d84450bcc2561b07952daae2",
        weights: "model.safetensors",
        sha256: None,
        size: 102_000_000,
        licence: "BSD-3-Clause",
        dim: 2048,
        preprocess: TORCHVISION_2,
    },
    ZooModel {
        name: "resnet50",
        pretrained: "tv_in1k",
        repository: "timm/resnet50.tv_in1k",
        revision: "aa6c2d36d56bc0209040c02b5a7b7d7bf11d57b8",
        weights: "model.safetensors",
        sha256: Some("5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888"),
        size: 102_000_000,
        licence: "BSD-3-Clause",
        dim: 2048,
        preprocess: TORCHVISION,
    },
    ZooModel {
        name: "resnet101",
        pretrained: "tv2_in1k",
        repository: "timm/resnet101.tv2_in1k",
        revision: "accffaa2c7d1b805854bfb078d90f9ad061e0974",
        weights: "model.safetensors",
        sha256: None,
        size: 179_000_000,
        licence: "BSD-3-Clause",
        dim: 2048,
        preprocess: TORCHVISION_2,
    },
    ZooModel {
        name: "resnet152",
        pretrained: "tv2_in1k",
        repository: "timm/resnet152.tv2_in1k",
        revision: "6c03aba8c980980031f286eec039dc10543e01a4",
        weights: "model.safetensors",
        sha256: None,
        size: 241_000_000,
        licence: "BSD-3-Clause",
        dim: 2048,
        preprocess: TORCHVISION_2,
    },
    ZooModel {
        name: "resnet152",
        pretrained: "tv_in1k",
        repository: "timm/resnet152.tv_in1k",
        revision: "1f8fa579af406a6f10e457a6dce6909c9157a70f",
        weights: "model.safetensors",
        sha256: Some("15897077afdf4d6334dc0c3f8e6fb483afb3faa9298c139f3c6eb29bca6ae5b2"),
        size: 241_000_000,
        licence: "BSD-3-Clause",
        dim: 2048,
        preprocess: TORCHVISION,
    },
    ZooModel {
        name: "vgg19",
        pretrained: "tv_in1k",
        repository: "timm/vgg19.tv_in1k",
        revision: "128d4708565b3a414bcbb9bbad440b2fe37b9f18",
        weights: "model.safetensors",
        sha256: Some("11aea017b543ff59233749d8f1cf544cda749378f5790d2fedab841fb86b7669"),
        size: 575_000_000,
        licence: "BSD-3-Clause",
        dim: 512,
        preprocess: TORCHVISION,
    },
    ZooModel {
        name: "mobilenet-v2",
        pretrained: "ra_in1k",
        repository: "timm/mobilenetv2_100.ra_in1k",
        revision: "f3ff81ba89de0bc46b546568ebeab2edef6b9d49",
        weights: "model.safetensors",
        sha256: Some("55ea4fb3a96010b933710ebf44fc965b070d5cd054d3f35e44f2d1320b4a714e"),
        size: 14_200_000,
        licence: "Apache-2.0",
        dim: 1280,
        preprocess: BICUBIC_256,
    },
    ZooModel {
        name: "dinov2-small",
        pretrained: "lvd142m",
        repository: "facebook/dinov2-small",
        revision: "ed25f3a31f01632728cabb09d1542f84ab7b0056",
        weights: "model.safetensors",
        sha256: Some("ae1e99fcefd534ed978cdeb8326f08030c96e28b7a81ffcbc98a857c84d14be1"),
        size: 88_249_960,
        licence: "Apache-2.0",
        dim: 384,
        preprocess: DINO,
    },
    ZooModel {
        name: "dinov2-base",
        pretrained: "lvd142m",
        repository: "facebook/dinov2-base",
        revision: "f9e44c814b77203eaa57a6bdbbd535f21ede1415",
        weights: "model.safetensors",
        sha256: Some("d73036b56966966d07975d696bde331762f37297e2f095de8cea0040c3aa0841"),
        size: 346_345_912,
        licence: "Apache-2.0",
        dim: 768,
        preprocess: DINO,
    },
    ZooModel {
        name: "siglip-base",
        pretrained: "webli",
        repository: "google/siglip-base-patch16-224",
        revision: "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed",
        weights: "model.safetensors",
        sha256: Some("2c63cb7d1f2e95ba501893cbb8faeb4ea9a3af295498d35097126228659c2af8"),
        size: 812_672_320,
        licence: "Apache-2.0",
        dim: 768,
        preprocess: SIGLIP,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::hub::ModelRequest;
    use crate::zoo::BUILT_IN;

    fn is_hex(text: &str, digits: usize) -> bool {
        text.len() == digits && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
    }

    #[test]
    fn every_entry_is_whole_and_can_be_asked_for() {
        for model in ZOO {
            let name = format!("{} {}", model.name, model.pretrained);
            assert!(is_hex(model.revision, 40), "{name}");
            assert!(model.sha256.is_none_or(|sum| is_hex(sum, 64)), "{name}");
            assert!(model.weights.ends_with(".safetensors"), "{name}");
            assert!(model.size > 10_000_000 && model.dim > 0, "{name}");
            assert!(model.preprocess.std.iter().all(|value| *value > 0.0));
            ModelRequest::repository(model.repository).unwrap();
        }
    }

    #[test]
    fn no_pair_is_listed_twice_and_no_name_is_also_built_in() {
        let pairs: HashSet<_> = ZOO.iter().map(|one| (one.name, one.pretrained)).collect();
        assert_eq!(pairs.len(), ZOO.len());
        assert!(
            BUILT_IN
                .iter()
                .all(|one| ZOO.iter().all(|zoo| zoo.name != one.name))
        );
    }

    #[test]
    fn the_weights_of_one_model_lie_together_and_agree_on_the_dimension() {
        let mut names: Vec<_> = ZOO.iter().map(|model| model.name).collect();
        names.dedup();
        assert_eq!(names.len(), names.iter().collect::<HashSet<_>>().len());
        for name in names {
            let dims: HashSet<_> = crate::zoo::variants(name).map(|model| model.dim).collect();
            assert_eq!(dims.len(), 1, "{name}");
        }
    }
}
