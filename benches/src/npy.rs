//! Arrays as numpy saves them: format 1.0 of its `lib.format`, little-endian, in C order.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use imgcluster_core::{Clustering, KnnGraph, Matrix};

use crate::AnyResult;

/// Values that are read at a time.
const TOGETHER: usize = 1 << 14;

/// What the header, with the ten bytes before it, must be a multiple of.
const ALIGNMENT: usize = 64;

/// Reads rows of `f32`, without a second copy of them.
///
/// # Errors
/// If the file cannot be read, holds something else, or a value is not finite.
pub fn read_rows(path: &Path) -> AnyResult<Matrix> {
    let mut file = BufReader::new(File::open(path)?);
    let (kind, shape) = header(&mut file)?;
    let &[count, dim] = &shape[..] else {
        return Err(format!("rows need two dimensions, not {}", shape.len()).into());
    };
    if kind != "<f4" {
        return Err(format!("rows must be of `<f4`, not `{kind}`").into());
    }
    let total = count.checked_mul(dim).ok_or("too many values")?;
    let mut values = Vec::with_capacity(total);
    let mut bytes = vec![0; 4 * TOGETHER];
    while values.len() < total {
        let bytes = &mut bytes[..4 * TOGETHER.min(total - values.len())];
        file.read_exact(bytes)?;
        let (fours, _) = bytes.as_chunks::<4>();
        values.extend(fours.iter().copied().map(f32::from_le_bytes));
    }
    Ok(Matrix::new(values, dim)?)
}

/// Reads one label a row: integers of 32 or 64 bits; what is negative is noise.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn read_labels(path: &Path) -> AnyResult<Vec<Option<i64>>> {
    let mut file = BufReader::new(File::open(path)?);
    let (kind, shape) = header(&mut file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let labels: Vec<i64> = match kind.as_str() {
        "<i8" => {
            let (eights, _) = bytes.as_chunks::<8>();
            eights.iter().copied().map(i64::from_le_bytes).collect()
        }
        "<i4" => {
            let (fours, _) = bytes.as_chunks::<4>();
            let labels = fours.iter().copied().map(i32::from_le_bytes);
            labels.map(i64::from).collect()
        }
        _ => return Err(format!("labels must be of `<i8` or `<i4`, not `{kind}`").into()),
    };
    if shape != [labels.len()] {
        return Err("there are not as many labels as the file says".into());
    }
    let labels = labels.into_iter();
    Ok(labels.map(|label| (label >= 0).then_some(label)).collect())
}

/// Writes the cluster of each row as an integer of 64 bits; -1 is noise.
///
/// # Errors
/// If it cannot be written.
pub fn write_labels(path: &Path, clustering: &Clustering) -> io::Result<()> {
    let labels = clustering.labels();
    let values = labels.iter().map(|id| id.map_or(-1, |id| i64::from(id.0)));
    write_integers(path, &format!("({},)", labels.len()), values)
}

/// Writes the nearest others of each row, one row each, as integers of 64 bits.
///
/// # Errors
/// If it cannot be written.
pub fn write_neighbors(path: &Path, graph: &KnnGraph) -> io::Result<()> {
    let others = (0..graph.len()).flat_map(|item| graph.others(item));
    let shape = format!("({}, {})", graph.len(), graph.k());
    write_integers(path, &shape, others.map(|other| i64::from(*other)))
}

/// The kind of the values, and how many there are in each dimension.
fn header(file: &mut impl Read) -> AnyResult<(String, Vec<usize>)> {
    let mut start = [0; 10];
    file.read_exact(&mut start)?;
    let [magic @ .., low, high] = start;
    if &magic != b"\x93NUMPY\x01\x00" {
        return Err("it is no `.npy` of format 1.0".into());
    }
    let mut text = vec![0; usize::from(u16::from_le_bytes([low, high]))];
    file.read_exact(&mut text)?;
    let text = String::from_utf8(text)?;
    if !text.contains("'fortran_order': False") {
        return Err("it is not in C order".into());
    }
    let between = |start: &str, end: char| {
        let (_, rest) = text.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let kind = between("'descr': '", '\'').ok_or("its header names no kind")?;
    let shape = between("'shape': (", ')').ok_or("its header names no shape")?;
    let lengths = shape.split(',').map(str::trim);
    let lengths = lengths.filter(|length| !length.is_empty()).map(str::parse);
    Ok((kind, lengths.collect::<Result<_, _>>()?))
}

fn write_integers(path: &Path, shape: &str, values: impl Iterator<Item = i64>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut header = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}");
    // Ten bytes before it, one newline after it.
    let padding = (header.len() + 11).next_multiple_of(ALIGNMENT) - header.len() - 11;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A file in the folder for temporary ones that is gone at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let name = format!("imgcluster-benches-{}-{name}.npy", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn holding(name: &str, bytes: &[u8]) -> Self {
            let scratch = Self::new(name);
            std::fs::write(&scratch.0, bytes).unwrap();
            scratch
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            // It may never have been written.
            drop(std::fs::remove_file(&self.0));
        }
    }

    /// What `numpy.save` 2.4.6 writes for `numpy.array([[1, 2], [3, 4.5]], "f4")`.
    fn by_numpy() -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
        bytes.extend(format!("{header:<117}\n").bytes());
        bytes.extend(
            [1.0_f32, 2.0, 3.0, 4.5]
                .into_iter()
                .flat_map(f32::to_le_bytes),
        );
        bytes
    }

    #[test]
    fn rows_that_numpy_wrote_are_read() {
        let file = Scratch::holding("rows", &by_numpy());
        let rows = read_rows(&file.0).unwrap();
        assert_eq!(
            (rows.row(0), rows.row(1)),
            (&[1.0, 2.0][..], &[3.0, 4.5][..])
        );
    }

    #[test]
    fn a_file_that_ends_early_or_is_none_is_refused() {
        let bytes = by_numpy();
        for end in [0, 9, 50, bytes.len() - 1] {
            let file = Scratch::holding(&format!("short-{end}"), &bytes[..end]);
            assert!(read_rows(&file.0).is_err(), "{end} bytes");
        }
        let labels = Scratch::holding("kind", &bytes);
        assert!(read_labels(&labels.0).is_err(), "these are no integers");
    }

    #[test]
    fn labels_come_back_as_they_were_written() {
        let clustering = Clustering::from_groups(&[Some(4), None, Some(4), Some(1)]);
        let file = Scratch::new("labels");
        write_labels(&file.0, &clustering).unwrap();
        let labels = read_labels(&file.0).unwrap();
        assert_eq!(labels, [Some(0), None, Some(0), Some(1)]);
        let length = std::fs::metadata(&file.0).unwrap().len();
        assert_eq!(length, 128 + 4 * 8, "the header has a multiple of 64 bytes");
    }
}
