//! Our algorithms and those of other crates behind one question: what do these rows say to this
//! task?
//!
//! * The rows: [`embedding_like`] makes some, [`npy`] reads those of others.
//! * The question: a [`Task`]; who is asked: a [`Contender`]; what comes back: an [`Answer`].
//!
//! ```
//! use std::num::NonZeroUsize;
//! use imgcluster_benches::{AnyResult, Contender, How, Task, embedding_like};
//! use imgcluster_core::{Matrix, UnitMatrix};
//!
//! let rows = UnitMatrix::normalize(Matrix::new(embedding_like(200, 16, 7), 16)?)?;
//! let min_samples = NonZeroUsize::new(2).ok_or("two is not zero")?;
//! let task = Task::Dbscan { eps: 0.3, min_samples };
//! let ask = |contender: Contender| -> AnyResult<_> {
//!     let run = contender.prepare(&task, &rows, &How::default())?;
//!     Ok(run.ok_or("it knows no DBSCAN")?()?)
//! };
//! assert_eq!(ask(Contender::Imgcluster)?, ask(Contender::Petal)?);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod contender;
pub mod npy;
mod ours;
mod rivals;
mod rows;
mod task;

pub use contender::{Answer, Contender, Run};
pub use ours::How;
pub use rows::embedding_like;
pub use task::Task;

/// A result whose error only has to be told.
pub type AnyResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
