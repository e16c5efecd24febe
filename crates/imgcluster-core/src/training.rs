//! How training went.

/// The mean losses of one epoch. In the units of the loss that is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochLoss {
    /// Which epoch, from 1; 0 is the network before it was trained.
    pub epoch: u32,
    /// The mean over the pictures that are learnt from, as they were seen during the epoch.
    pub train: f64,
    /// The mean over the pictures that are held out, after the epoch; nothing where none are.
    pub validation: Option<f64>,
}

impl EpochLoss {
    /// The loss that decides which epoch is the best: on held-out pictures where there are any.
    pub fn decisive(&self) -> f64 {
        self.validation.unwrap_or(self.train)
    }
}
