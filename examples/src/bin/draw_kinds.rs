//! Draws small square pictures of six kinds by formula, a folder for each kind: something to learn
//! from, and to see what was learnt.
//!
//! ```text
//! cargo run --release -p imgcluster-examples --bin draw_kinds -- kinds 100
//! ```

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use imgcluster_examples::{KINDS, Random, draw};

/// Pixels a side.
const SIDE: u32 = 64;

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let folder = words.next().map_or_else(|| "kinds".into(), PathBuf::from);
    let count = words.next().map_or(Ok(100), |word| {
        let word = word.to_string_lossy();
        let wrong = || format!("`{word}` is no number of pictures");
        word.parse::<u64>().with_context(wrong)
    })?;
    for (kind, (name, scene)) in (0..).zip(&KINDS[..6]) {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        for number in 0..count {
            // Other numbers than the gallery's, so that none of its pictures comes again.
            let mut random = Random::new(10_000_000 + kind * 1_000_000 + number);
            let path = folder.join(format!("{name}-{:04}.png", number + 1));
            draw(SIDE, SIDE, &scene(&mut random))
                .save(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
