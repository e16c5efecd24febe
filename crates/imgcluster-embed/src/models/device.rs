//! Where a model is to run.

use candle_core::{DType, Device};

use super::ModelError;
use super::layers::{Arithmetic, Placement};

/// Where a model is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceChoice {
    /// The first GPU that is built in and there, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The NVIDIA GPU of this number (crate feature `cuda`).
    Cuda(usize),
    /// The Apple GPU (crate feature `metal`).
    Metal,
}

impl DeviceChoice {
    /// Whether this build has a GPU for `Auto` to choose.
    pub const HAS_A_CHOICE: bool = cfg!(any(feature = "cuda", feature = "metal"));

    /// Names the device that this means on this machine, as
    /// [`NeuralEmbedder::device`](crate::NeuralEmbedder::device) does: `cpu`, `cuda:0`, `metal`.
    ///
    /// # Errors
    /// If the device is not built in, or this machine does not have it; never for `Auto` and `Cpu`.
    pub fn find(self) -> Result<String, ModelError> {
        Chosen::new(self, None).map(|chosen| chosen.name)
    }
}

/// In what numbers a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 32-bit numbers; on any device.
    F32,
    /// 16-bit numbers with 11 bits of precision; on a GPU.
    F16,
    /// 16-bit numbers with the range of 32-bit ones and 8 bits of precision; on a GPU.
    Bf16,
    /// 8-bit whole numbers in the linear layers and convolutions; on the CPU.
    Int8,
}

impl Precision {
    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

/// A device that is there, and the precision for it.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) device: Device,
    pub(crate) precision: Precision,
    /// Whether `auto` chose it.
    pub(crate) is_free: bool,
    /// The device in words.
    pub(crate) name: String,
}

impl Chosen {
    /// Finds the device and the precision; without a wish for one it is f32 on the CPU and f16 on
    /// a GPU.
    pub(crate) fn new(
        choice: DeviceChoice,
        precision: Option<Precision>,
    ) -> Result<Self, ModelError> {
        let (device, name) = match choice {
            DeviceChoice::Auto if precision == Some(Precision::Int8) => cpu(),
            DeviceChoice::Auto => automatic(),
            DeviceChoice::Cpu => cpu(),
            DeviceChoice::Cuda(number) => (cuda(number)?, format!("cuda:{number}")),
            DeviceChoice::Metal => (metal()?, "metal".to_owned()),
        };
        let usual = if device.is_cpu() {
            Precision::F32
        } else {
            Precision::F16
        };
        let precision = precision.unwrap_or(usual);
        let suits = match precision {
            Precision::F32 => None,
            Precision::F16 | Precision::Bf16 => device.is_cpu().then_some("a GPU"),
            Precision::Int8 => (!device.is_cpu()).then_some("the CPU"),
        };
        if let Some(suits) = suits {
            return Err(ModelError::Precision {
                precision: precision.name(),
                suits,
                device: name,
            });
        }
        Ok(Self {
            device,
            precision,
            is_free: choice == DeviceChoice::Auto,
            name,
        })
    }

    /// The CPU in the only precision that is left there.
    pub(crate) fn fallback() -> Self {
        let (device, name) = cpu();
        Self {
            device,
            precision: Precision::F32,
            is_free: false,
            name,
        }
    }

    pub(crate) fn placement(&self) -> Placement {
        Placement {
            device: self.device.clone(),
            dtype: match self.precision {
                Precision::F32 | Precision::Int8 => DType::F32,
                Precision::F16 => DType::F16,
                Precision::Bf16 => DType::BF16,
            },
            arithmetic: match self.precision {
                Precision::Int8 => Arithmetic::Int8,
                _ if self.device.is_cpu() => Arithmetic::Kernels,
                _ => Arithmetic::Stock,
            },
        }
    }
}

fn cpu() -> (Device, String) {
    (Device::Cpu, "cpu".to_owned())
}

/// The first GPU that answers.
fn automatic() -> (Device, String) {
    if let Ok(device) = cuda(0) {
        return (device, "cuda:0".to_owned());
    }
    if let Ok(device) = metal() {
        return (device, "metal".to_owned());
    }
    cpu()
}

fn cuda(number: usize) -> Result<Device, ModelError> {
    if !cfg!(feature = "cuda") {
        return Err(ModelError::DeviceNotBuilt {
            device: "CUDA",
            feature: "cuda",
        });
    }
    opened(format!("cuda:{number}"), "cuda", || {
        Device::new_cuda(number)
    })
}

fn metal() -> Result<Device, ModelError> {
    if !cfg!(feature = "metal") {
        return Err(ModelError::DeviceNotBuilt {
            device: "Metal",
            feature: "metal",
        });
    }
    opened("metal".to_owned(), "metal", || Device::new_metal(0))
}

/// Opens a device. A build that looks for the driver's library at run time panics where there is
/// none; that too means that the device is not there.
fn opened(
    device: String,
    feature: &'static str,
    open: impl FnOnce() -> candle_core::Result<Device> + std::panic::UnwindSafe,
) -> Result<Device, ModelError> {
    let reason = match std::panic::catch_unwind(open) {
        Ok(Ok(device)) => return Ok(device),
        Ok(Err(error)) => crate::text::one_line(&error.to_string()),
        Err(_) => "its driver is not installed".to_owned(),
    };
    Err(ModelError::DeviceMissing {
        device,
        reason,
        feature,
    })
}

/// Tells whether a device failed for want of memory.
pub(crate) fn is_out_of_memory(error: &candle_core::Error) -> bool {
    // Candle boxes the errors of the drivers, whose types this crate cannot name in every build.
    let text = format!("{error:?} {error}").to_lowercase();
    ["out_of_memory", "out of memory", "alloc_failed"]
        .iter()
        .any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_that_is_found_is_the_one_that_models_run_on() {
        assert_eq!(DeviceChoice::Cpu.find().unwrap(), "cpu");
        let chosen = Chosen::new(DeviceChoice::Auto, None).unwrap();
        let found = DeviceChoice::Auto.find().unwrap();
        assert_eq!(found, chosen.name);
        assert!(found == "cpu" || DeviceChoice::HAS_A_CHOICE);
        for (choice, built) in [
            (DeviceChoice::Cuda(0), cfg!(feature = "cuda")),
            (DeviceChoice::Metal, cfg!(feature = "metal")),
        ] {
            let is_not_built = matches!(choice.find(), Err(ModelError::DeviceNotBuilt { .. }));
            assert_eq!(is_not_built, !built);
        }
    }
}
