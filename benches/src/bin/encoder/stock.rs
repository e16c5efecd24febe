//! The same models as candle-transformers has them, with candle's own operations.

use candle_core::{DType, Device, Tensor};
use candle_nn::{Module, VarBuilder};
use candle_transformers::models::clip::{ClipConfig, ClipModel};
use candle_transformers::models::resnet::resnet50_no_final_layer;
use imgcluster_embed::zoo::find;

use super::{AnyResult, Arguments, Encode, ModelName};

type Forward = Box<dyn Fn(&Tensor) -> candle_core::Result<Tensor>>;

/// Threads are those of rayon: see `RAYON_NUM_THREADS`.
pub(crate) fn encoder(arguments: &Arguments) -> AnyResult<Encode> {
    let device = Device::Cpu;
    let tensors = candle_core::safetensors::load(&arguments.weights, &device)?;
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &device);
    let preprocess = find(arguments.model.name(), None)?.preprocess;
    let forward: Forward = match arguments.model {
        ModelName::ClipVitB32 => {
            let model = ClipModel::new(weights, &ClipConfig::vit_base_patch32())?;
            Box::new(move |x| model.get_image_features(x))
        }
        ModelName::Resnet50 => {
            let model = resnet50_no_final_layer(weights)?;
            Box::new(move |x| model.forward(x))
        }
    };
    Ok(Box::new(move |pictures| {
        let rgb: Vec<u8> = pictures.concat();
        let mean = Tensor::new(&preprocess.mean, &device)?;
        let std = Tensor::new(&preprocess.std, &device)?;
        let x = Tensor::from_vec(rgb, (pictures.len(), 224, 224, 3), &device)?;
        let x = (x.to_dtype(DType::F32)? / 255.0)?;
        let x = x.broadcast_sub(&mean)?.broadcast_div(&std)?;
        let x = x.permute((0, 3, 1, 2))?.contiguous()?;
        Ok(forward(&x)?.flatten_all()?.to_vec1()?)
    }))
}
