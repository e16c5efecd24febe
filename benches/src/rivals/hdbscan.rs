//! The crate `hdbscan`.

use std::rc::Rc;

use hdbscan::{Hdbscan, HdbscanHyperParams};
use imgcluster_core::{Clustering, UnitMatrix};

use crate::{Run, Task};

pub(crate) fn prepare<'a>(task: &Task, rows: &'a UnitMatrix) -> Option<Run<'a>> {
    let Task::Hdbscan {
        min_cluster_size,
        min_samples,
    } = *task
    else {
        return None;
    };
    let own: Rc<[Vec<f32>]> = rows.view().iter().map(<[f32]>::to_vec).collect();
    Some(Box::new(move || {
        let parameters = HdbscanHyperParams::builder()
            .min_cluster_size(min_cluster_size)
            .min_samples(min_samples.get())
            .build();
        let labels = Hdbscan::new(&own, parameters).cluster_par()?;
        let groups: Vec<_> = labels
            .into_iter()
            .map(|id| (id >= 0).then_some(id))
            .collect();
        Ok(Clustering::from_groups(&groups).into())
    }))
}
