//! Whether there is memory enough to group so many pictures.

use std::num::NonZeroUsize;

use anyhow::Result;
use imgcluster_core::{MatrixRef, Searched, Tiling};
use imgcluster_embed::free_memory;

use crate::failure::Refusal;

/// Refuses rows whose search and map would not fit into the memory that is free.
pub(super) fn check(rows: MatrixRef<'_>, threads: NonZeroUsize) -> Result<()> {
    let needed = needed(rows.rows(), rows.dim(), threads);
    match free_memory() {
        Some(free) if needed > free => Err(refusal(rows.rows(), needed, free).into()),
        _ => Ok(()),
    }
}

/// Bytes beside the rows: what searches pack, of which the copies may all be there at once.
fn needed(count: usize, dim: usize, threads: NonZeroUsize) -> u64 {
    let tiling = Tiling::default();
    let searched = [Searched::Radius, Searched::Others];
    let memory = searched.map(|searched| tiling.memory(searched, count, dim, threads));
    memory.into_iter().max().unwrap_or(0)
}

fn refusal(count: usize, needed: u64, free: u64) -> Refusal {
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    Refusal::new(
        format!(
            "comparing {count} pictures takes {:.1} GB of memory, and {:.1} GB are free",
            gigabytes(needed),
            gigabytes(free)
        ),
        "name fewer folders at a time, take a model with shorter vectors, or use `--model phash`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::Matrix;

    #[test]
    fn no_rows_and_some_fit_and_a_billion_do_not() {
        let threads = NonZeroUsize::MIN;
        for count in [0, 3] {
            let rows = Matrix::new(vec![1.0; count * 2], 2).unwrap();
            assert!(check(rows.view(), threads).is_ok());
        }
        // A byte a value at least.
        assert!(needed(1 << 30, 512, threads) > 1 << 39);
    }

    #[test]
    fn a_refusal_tells_what_is_needed_what_is_there_and_the_way_out() {
        let refusal = refusal(7, 3_200_000_000, 900_000_000);
        assert_eq!(
            refusal.to_string(),
            "comparing 7 pictures takes 3.2 GB of memory, and 0.9 GB are free"
        );
    }
}
