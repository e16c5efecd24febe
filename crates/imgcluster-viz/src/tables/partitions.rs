//! Tables of a part of the pictures: `partitions/…/clusters.csv` and `similarities.csv`.

use std::io::Write;

use imgcluster_core::{Clustering, Image};

use super::path_bytes;
use crate::VizError;

/// Writes the clusters of some of the pictures, in columns as those of `clusters.csv`:
/// `path,cluster,strength`. `members` are the rows of the pictures, one for each label.
///
/// # Errors
/// If it cannot be written.
///
/// # Panics
/// Panics if a member is no row of `images`.
pub fn write_partition_csv(
    images: &[Image],
    members: &[u32],
    clustering: &Clustering,
    writer: impl Write,
) -> Result<(), VizError> {
    let mut table = csv::Writer::from_writer(writer);
    let mut fill = || -> csv::Result<()> {
        table.write_record(["path", "cluster", "strength"])?;
        let labels = clustering.labels();
        for (row, (member, label)) in members.iter().zip(labels).enumerate() {
            let cluster = label.map_or_else(|| "-1".to_owned(), |id| id.0.to_string());
            let strength = clustering.strengths();
            let strength = strength.map_or_else(String::new, |all| all[row].to_string());
            let path = path_bytes(&images[*member as usize].path);
            table.write_record([path, cluster.as_bytes(), strength.as_bytes()])?;
        }
        Ok(table.flush()?)
    };
    fill().map_err(|error| VizError::write("clusters.csv")(error.into()))
}

/// Writes the heading of `similarities.csv`.
///
/// # Errors
/// If it cannot be written.
pub fn write_similarities_heading(mut writer: impl Write) -> Result<(), VizError> {
    let written = writer.write_all(b"a,b,similarity\n");
    written.map_err(VizError::write("similarities.csv"))
}

/// Writes lines of `similarities.csv`: two pictures, by their rows and their distance, as their paths and
/// their similarity.
///
/// # Errors
/// If they cannot be written.
///
/// # Panics
/// Panics if a pair names no row of `images`.
pub fn write_similarities(
    images: &[Image],
    pairs: &[(u32, u32, f32)],
    writer: impl Write,
) -> Result<(), VizError> {
    let mut table = csv::Writer::from_writer(writer);
    let mut fill = || -> csv::Result<()> {
        for &(a, b, distance) in pairs {
            let [a, b] = [a, b].map(|row| path_bytes(&images[row as usize].path));
            let similarity = (1.0 - distance).to_string();
            table.write_record([a, b, similarity.as_bytes()])?;
        }
        Ok(table.flush()?)
    };
    fill().map_err(|error| VizError::write("similarities.csv")(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::ContentHash;

    fn images() -> Vec<Image> {
        let image = |path: &str| Image {
            path: path.into(),
            content: ContentHash([0; 32]),
            width: 1,
            height: 1,
        };
        ["a, b.jpg", "c.jpg", "d.jpg"].map(image).into()
    }

    #[test]
    fn a_part_names_its_own_pictures_and_noise() {
        let mut text = Vec::new();
        let clustering = Clustering::from_groups(&[None, Some(7)]);
        write_partition_csv(&images(), &[0, 2], &clustering, &mut text).unwrap();
        let wanted = "path,cluster,strength\n\"a, b.jpg\",-1,\nd.jpg,0,\n";
        assert_eq!(String::from_utf8(text).unwrap(), wanted);
    }

    #[test]
    fn pairs_are_told_by_paths_and_similarity() {
        let mut text = Vec::new();
        write_similarities_heading(&mut text).unwrap();
        for pairs in [&[(0, 2, 0.25)][..], &[(1, 2, 0.0)]] {
            write_similarities(&images(), pairs, &mut text).unwrap();
        }
        let wanted = "a,b,similarity\n\"a, b.jpg\",d.jpg,0.75\nc.jpg,d.jpg,1\n";
        assert_eq!(String::from_utf8(text).unwrap(), wanted);
    }
}
