//! The arithmetic under exact all-pairs search: one fixed-order reference product that decides,
//! and one packed tile product that finds candidates fast.
//!
//! The two are used together. A [`Packed`] tile product is quick but rounds in `f32`; its error is
//! bounded by [`error_bound`], so a caller accepts or rejects outside that band and asks
//! [`reference::dot`] inside it. The answer is then the same on every machine, at any number of
//! threads and for any tile size.
//!
//! ```
//! use imgcluster_kernels::{reference, Packed};
//!
//! let rows = [1.0, 0.0, 0.6, 0.8]; // two rows of two values
//! assert!((reference::dot(&rows[..2], &rows[2..]) - 0.6).abs() < 1e-7);
//!
//! let packed = Packed::new(&rows, 2);
//! let mut products = Vec::new();
//! packed.products(0..2, 0..2, &mut products);
//! assert!((products[1] - 0.6).abs() < 1e-6);
//! ```

mod packed;
pub mod reference;

pub use packed::{Packed, error_bound};
