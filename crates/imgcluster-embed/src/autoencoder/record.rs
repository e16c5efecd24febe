//! How an autoencoder was trained: what its checkpoint tells beside the weights.

use imgcluster_core::{ContentHash, EpochLoss};
use serde::{Deserialize, Serialize};

/// How an autoencoder was trained. No times of day: the same training gives the same record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecord {
    /// The version of imgcluster that trained it.
    pub program: String,
    /// What was made small.
    pub loss: TrainingLoss,
    /// The hash of the weights that the perceptual loss compares features by; none for other losses.
    pub perceptual_weights: Option<ContentHash>,
    /// Where all chance came from: the first weights, the order of the pictures, the augmentation,
    /// and which pictures were held out.
    pub seed: u64,
    /// Pictures a step.
    pub batch_size: u32,
    /// How far the first steps went.
    pub learning_rate: f64,
    /// How many epochs were asked for.
    pub epochs: u32,
    /// After how many epochs without a better one training was to end; none where it was to go on.
    pub patience: Option<u32>,
    /// Whether pictures were changed a little each time they were learnt from.
    pub augmentation: bool,
    /// Which share of the pictures was to be held out, in [0, 1).
    pub validation_share: f64,
    /// How many pictures were learnt from.
    pub learnt: u64,
    /// How many pictures were held out.
    pub held_out: u64,
    /// The hash of the content hashes of all these pictures, in order.
    pub pictures: ContentHash,
    /// Which epoch the weights are of: the best one, from 1; 0 is before the first.
    pub epoch: u32,
    /// Why training ended.
    pub ending: TrainingEnd,
    /// The losses of all epochs so far, in order.
    pub curve: Vec<CurvePoint>,
}

impl TrainingRecord {
    /// Whether all numbers are finite, as they must be to stand in a file.
    pub(super) fn is_finite(&self) -> bool {
        let losses = self.curve.iter().flat_map(|point| {
            let validation = point.validation.into_iter();
            validation.chain([point.train])
        });
        let mut numbers = losses.chain([self.learning_rate, self.validation_share]);
        numbers.all(f64::is_finite)
    }
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainingLoss {
    /// The mean of the squared differences of the pixels.
    #[default]
    Mse,
    /// The mean of the absolute differences of the pixels.
    L1,
    /// The mean absolute differences of the features that VGG19 sees in the pictures.
    Perceptual,
}

impl TrainingLoss {
    /// All of them, in the order they are listed.
    pub const ALL: [Self; 3] = [Self::Mse, Self::L1, Self::Perceptual];

    /// Its name, as given to `--loss` and as it stands in a checkpoint.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::L1 => "l1",
            Self::Perceptual => "perceptual",
        }
    }
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainingEnd {
    /// All epochs that were asked for are done.
    Epochs,
    /// No epoch was better than the best for as long as patience lasted.
    Patience,
    /// It did not end: it goes on, or was interrupted.
    Unfinished,
}

/// The mean losses of one epoch, as [`EpochLoss`] says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// Which epoch, from 1; 0 is before the first.
    pub epoch: u32,
    /// Over the pictures that are learnt from.
    pub train: f64,
    /// Over the pictures that are held out; none where there are none.
    pub validation: Option<f64>,
}

impl From<EpochLoss> for CurvePoint {
    fn from(loss: EpochLoss) -> Self {
        let EpochLoss {
            epoch,
            train,
            validation,
        } = loss;
        Self {
            epoch,
            train,
            validation,
        }
    }
}

impl From<CurvePoint> for EpochLoss {
    fn from(point: CurvePoint) -> Self {
        let CurvePoint {
            epoch,
            train,
            validation,
        } = point;
        Self {
            epoch,
            train,
            validation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::record;
    use super::*;

    #[test]
    fn a_record_comes_back_from_its_json_with_every_bit() {
        let json = serde_json::to_string(&record()).unwrap();
        assert_eq!(
            serde_json::from_str::<TrainingRecord>(&json).unwrap(),
            record()
        );
        // Numbers whose last bit is lost by a parser that is quick rather than exact.
        for step in 0_u32..10_000 {
            let train = f64::from_bits(0x3fb9_9999_9999_999a + u64::from(step) * 0x1234_5678_9abc);
            let point = CurvePoint {
                epoch: step,
                train,
                validation: Some(train / 3.0),
            };
            let json = serde_json::to_string(&point).unwrap();
            assert_eq!(serde_json::from_str::<CurvePoint>(&json).unwrap(), point);
        }
    }

    #[test]
    fn losses_have_in_the_file_the_names_they_have_in_the_program() {
        for loss in TrainingLoss::ALL {
            let json = serde_json::to_string(&loss).unwrap();
            assert_eq!(json, format!("\"{}\"", loss.name()));
        }
    }

    #[test]
    fn a_field_more_a_field_less_and_an_unknown_word_are_refused() {
        let whole = serde_json::to_value(record()).unwrap();
        let refused = |change: fn(&mut serde_json::Map<String, serde_json::Value>)| {
            let mut other = whole.clone();
            change(other.as_object_mut().unwrap());
            let error = serde_json::from_value::<TrainingRecord>(other).unwrap_err();
            error.to_string()
        };
        let more = refused(|record| drop(record.insert("time".to_owned(), 1.into())));
        assert!(more.contains("`time`"), "{more}");
        assert!(refused(|record| drop(record.remove("seed"))).contains("`seed`"));
        let loss = refused(|record| drop(record.insert("loss".to_owned(), "huber".into())));
        assert!(loss.contains("huber"), "{loss}");
        assert!(
            refused(|record| record["curve"][0]["train"] = serde_json::Value::Null).contains("f64")
        );
    }

    #[test]
    fn points_of_the_curve_are_losses_of_epochs() {
        for point in record().curve {
            assert_eq!(CurvePoint::from(EpochLoss::from(point)), point);
        }
    }
}
