//! Rows turned and stretched so that they vary alike in every direction.
//!
//! One step a file: [`spread`] measures how the columns vary together → [`components`] finds the
//! directions of most variance → [`project`] sees the rows along these.

mod components;
mod project;
mod spread;

use imgcluster_core::{Cancelled, Job, Matrix, MatrixError, MatrixRef, UnitMatrix};

use spread::Centered;

/// Sees rows along their principal components, scaled to unit variance, at length one.
///
/// The mean of the rows is taken away, they are projected on the fewest components that explain
/// [`Whitening::variance`], each component is divided by its standard deviation, and each row scaled to
/// length one. What many rows have in common then no longer makes all of them alike, and what varies
/// together is not counted several times (Jégou, Chum, *Negative evidences and co-occurences in image
/// retrieval: the benefit of PCA and whitening*, ECCV 2012, §3 and 4). Components of little
/// variance count as much as any other, so those that are noise are better left out.
///
/// A row at the mean has no direction. Such rows get one column more, in which they are 1 and all others
/// 0: they are alike to each other and to nothing else. So is a row nearer to the mean, along what is
/// kept, than a millionth of what is usual.
///
/// Sums are in `f64` and in an order that depends on the values alone, so the same rows give the same
/// bits on every machine, at any number of threads and in any order. Of each component the entry of
/// largest magnitude is positive (ties: the first), as in scikit-learn.
///
/// With `d` columns and `n` rows, whichever of the two is less is `m`. Time: `n·d·m` products on all
/// threads, and some `9·m³` steps on one, which cannot be cancelled: 0.03 s for 256, 2 s for 1024, 17 s
/// for 2048. Memory: `32·m²` bytes, 8 bytes a value of the kept components, 4 a value of the
/// answer; with more columns than rows 8 a value of the rows.
///
/// ```
/// use imgcluster_cluster::Whitening;
/// use imgcluster_core::{Job, Matrix};
///
/// // All are much alike by cosine; what tells them apart is small.
/// let rows = Matrix::new(vec![9.0, 1.0, 9.0, -1.0, 8.0, 1.0, 8.0, -1.0], 2)?;
/// let whitened = Whitening { variance: 1.0 }.whiten(rows.view(), &Job::quiet())?;
/// assert_eq!(whitened.components, 2);
/// let (first, last) = (whitened.rows.view().row(0), whitened.rows.view().row(3));
/// assert!((first[0] + last[0]).abs() < 1e-6 && (first[1] + last[1]).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whitening {
    /// The share of the variance that the kept components explain at least; above 0 and at most 1.
    /// Default: 0.9.
    pub variance: f64,
}

impl Default for Whitening {
    fn default() -> Self {
        Self { variance: 0.9 }
    }
}

/// Rows that were whitened.
#[derive(Debug, Clone, PartialEq)]
pub struct Whitened {
    /// The rows, in their order: a column for each component, that of most variance first, and one more
    /// if a row lies at the mean.
    pub rows: UnitMatrix,
    /// How many components were kept; 0 where nothing varies, and the rows are what they were, scaled to
    /// length one.
    pub components: usize,
    /// The share of the variance that these explain, in [0, 1]; 0 where nothing varies.
    pub explained: f64,
}

/// Why rows could not be whitened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WhitenError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Not above zero, above one, or NaN.
    #[error("`variance` is {0}; it is a number above 0 and at most 1")]
    Variance(f64),
    /// Nothing varies, and a row cannot be scaled.
    #[error("rows that are all equal could not be scaled to length one")]
    Rows(#[source] MatrixError),
}

impl Whitening {
    /// Whitens rows.
    ///
    /// # Errors
    /// A [`WhitenError`]; of the rows only if all are zeros.
    pub fn whiten(&self, rows: MatrixRef<'_>, job: &Job<'_>) -> Result<Whitened, WhitenError> {
        if !(self.variance > 0.0 && self.variance <= 1.0) {
            return Err(WhitenError::Variance(self.variance));
        }
        job.check()?;
        let centered = Centered::new(rows);
        let kept = components::find(&centered, self.variance, job)?;
        if kept.scales.is_empty() {
            let same = Matrix::new(rows.values().to_vec(), rows.dim());
            let same = same.and_then(UnitMatrix::normalize);
            return Ok(Whitened {
                rows: same.map_err(WhitenError::Rows)?,
                components: 0,
                explained: 0.0,
            });
        }
        Ok(Whitened {
            rows: project::project(&centered, &kept, job)?,
            components: kept.scales.len(),
            explained: kept.explained,
        })
    }
}
