use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use safetensors::SafeTensors;

use super::{autoencoder, configuration, record, tensors};
use crate::autoencoder::replace::replace;
use crate::autoencoder::{
    AutoencoderFile, AutoencoderFileError, StoredTensor, Tensors, read_tensors, write_tensors,
};
use crate::models::ModelError;

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn the_same_autoencoder_gives_the_same_bytes_and_comes_back_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, third] = ["a", "b", "c"].map(|name| folder.path().join(name));
    let one = autoencoder(33, 5, 2);
    one.save(&first).unwrap();
    autoencoder(33, 5, 2).save(&second).unwrap();
    let opened = AutoencoderFile::open(&first).unwrap();
    assert_eq!(opened, one);
    assert_eq!(opened.configuration(), &configuration(33, 5, 2));
    assert_eq!(opened.record(), &record());
    opened.save(&third).unwrap();
    let bytes = fs::read(&first).unwrap();
    assert!(bytes == fs::read(&second).unwrap());
    assert!(bytes == fs::read(&third).unwrap());
    assert_eq!(names(folder.path()), ["a", "b", "c"]);
}

#[test]
fn the_file_is_safetensors_with_one_key_and_all_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    autoencoder(32, 3, 1).save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let about = header.metadata().clone().unwrap();
    assert_eq!(about.keys().collect::<Vec<_>>(), ["imgcluster"]);
    let text: serde_json::Value = serde_json::from_str(&about["imgcluster"]).unwrap();
    assert_eq!(text["format"], "imgcluster autoencoder");
    assert_eq!(text["version"], 1);
    assert_eq!(text["configuration"]["size"], 32);
    assert_eq!(text["training"]["loss"], "l1");
    assert_eq!(
        text["content_hash"],
        autoencoder(32, 3, 1).content_hash().to_string()
    );
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let wanted = configuration(32, 3, 1).tensors();
    assert_eq!(stored.len(), wanted.len());
    for tensor in wanted {
        assert_eq!(stored.tensor(&tensor.name).unwrap().shape(), tensor.shape);
    }
}

#[test]
fn the_content_hash_is_of_the_configuration_and_every_number_but_not_of_the_record() {
    let base = autoencoder(32, 3, 1);
    let hash = |change: &dyn Fn(&mut Tensors)| {
        let configuration = configuration(32, 3, 1);
        let mut tensors = tensors(&configuration);
        change(&mut tensors);
        let file = AutoencoderFile::new(configuration, record(), tensors).unwrap();
        file.content_hash()
    };
    assert_eq!(hash(&|_| ()), base.content_hash());
    for tensor in configuration(32, 3, 1).tensors() {
        let changed = hash(&|tensors| {
            let values = &mut tensors.get_mut(&tensor.name).unwrap().values;
            let last = values.last_mut().unwrap();
            *last = last.next_up();
        });
        assert_ne!(changed, base.content_hash(), "{}", tensor.name);
    }
    let mut other = configuration(32, 3, 1);
    other.std[2] = other.std[2].next_up();
    let changed = AutoencoderFile::new(other, record(), tensors(&other)).unwrap();
    assert_ne!(changed.content_hash(), base.content_hash());
    let mut other = record();
    other.seed = 1;
    let configuration = configuration(32, 3, 1);
    let recorded = AutoencoderFile::new(configuration, other, tensors(&configuration)).unwrap();
    assert_eq!(recorded.content_hash(), base.content_hash());
}

#[test]
fn any_tensors_and_any_text_come_back_with_every_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let tensor = |shape: &[usize], values: &[f32]| StoredTensor {
        shape: shape.to_vec(),
        values: values.to_vec(),
    };
    let some = BTreeMap::from([
        ("adam.first/größer \"x\"".to_owned(), tensor(&[], &[-0.0])),
        ("b".to_owned(), tensor(&[0, 3], &[])),
        (
            "a".to_owned(),
            tensor(&[2, 2], &[f32::MIN_POSITIVE, 1e-45, f32::MAX, -1.0]),
        ),
    ]);
    for (text, tensors) in [("", &Tensors::new()), ("{\"epoch\": 3}\n\u{0}ü", &some)] {
        write_tensors(&path, text, tensors).unwrap();
        let (read_text, read) = read_tensors(&path).unwrap();
        assert_eq!((read_text.as_str(), &read), (text, tensors));
        let bits = |tensors: &Tensors| -> Vec<u32> {
            let values = tensors.values().flat_map(|tensor| &tensor.values);
            values.map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&read), bits(tensors));
    }
    let wrong = BTreeMap::from([("a".to_owned(), tensor(&[3], &[1.0]))]);
    let error = write_tensors(&path, "", &wrong).unwrap_err();
    assert!(matches!(error, AutoencoderFileError::Serialize { .. }));
    assert_eq!(read_tensors(&path).unwrap().1, some);
}

#[test]
fn what_goes_wrong_while_writing_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    autoencoder(32, 3, 1).save(&path).unwrap();
    let old = fs::read(&path).unwrap();
    let full = || io::Error::from(ErrorKind::StorageFull);
    let error = replace(&path, |file| {
        file.write_all(&old[..old.len() / 2])?;
        Err(full())
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert!(fs::read(&path).unwrap() == old);
    assert_eq!(names(folder.path()), ["file"]);
    // The same where there was none.
    let new = folder.path().join("new");
    replace(&new, |_| Err(full())).unwrap_err();
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_draft_that_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    autoencoder(32, 3, 1).save(&path).unwrap();
    let old = fs::read(&path).unwrap();
    fs::create_dir(folder.path().join("file.imgcluster-part")).unwrap();
    let error = autoencoder(32, 4, 1).save(&path).unwrap_err();
    assert!(matches!(error, AutoencoderFileError::Write { .. }));
    assert!(error.to_string().contains("cannot write `"), "{error}");
    assert!(fs::read(&path).unwrap() == old);
    assert_eq!(names(folder.path()), ["file", "file.imgcluster-part"]);
}

#[test]
fn a_draft_that_a_killed_process_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(folder.path().join("file.imgcluster-part"), vec![1; 1 << 20]).unwrap();
    let one = autoencoder(32, 3, 1);
    one.save(&path).unwrap();
    assert_eq!(AutoencoderFile::open(&path).unwrap(), one);
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_folder_a_missing_folder_and_no_name_are_no_place_to_save() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let one = autoencoder(32, 3, 1);
    for (path, kind) in [
        (taken.clone(), ErrorKind::InvalidInput),
        (folder.path().join("none/file"), ErrorKind::NotFound),
        (folder.path().join(".."), ErrorKind::InvalidInput),
    ] {
        match one.save(&path).unwrap_err() {
            AutoencoderFileError::Write { source, .. } => assert_eq!(source.kind(), kind),
            other => panic!("{other}"),
        }
    }
    assert_eq!(names(folder.path()), ["taken"]);
    let error = AutoencoderFile::open(&taken).unwrap_err();
    assert!(matches!(error, ModelError::Read { .. }));
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_device_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("file"), folder.path().join("link"));
    autoencoder(32, 3, 1).save(&path).unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    let new = autoencoder(32, 4, 1);
    new.save(&link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(AutoencoderFile::open(&path).unwrap(), new);
    assert_eq!(names(folder.path()), ["file", "link"]);
    // A draft that is a link is not written through.
    fs::write(folder.path().join("precious"), "x").unwrap();
    std::os::unix::fs::symlink("precious", folder.path().join("file.imgcluster-part")).unwrap();
    new.save(&path).unwrap();
    assert_eq!(fs::read(folder.path().join("precious")).unwrap(), b"x");
    new.save(Path::new("/dev/null")).unwrap_err();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
