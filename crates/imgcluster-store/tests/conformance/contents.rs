use imgcluster_core::{Content, Store};

use crate::fixtures::{Batch, feature, hash, hashes, space, vector};

fn content(number: u32, thumbnail: Option<&[u8]>) -> Content {
    Content {
        width: number + 10,
        height: number + 20,
        thumbnail: thumbnail.map(<[u8]>::to_vec),
    }
}

pub(crate) async fn sizes_are_answered_in_the_order_asked(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3)));
    batch.picture(1).picture(2).put(store).await;
    let answer = store.contents(&hashes(&[2, 5, 1, 2]), false).await.unwrap();
    let (one, two) = (Some(content(1, None)), Some(content(2, None)));
    assert_eq!(answer, [two.clone(), None, one, two]);
}

pub(crate) async fn thumbnails_come_only_where_asked_for(store: &impl Store) {
    let own = || feature(vector(3), 1);
    let large = vec![0; 30_000];
    let batch = Batch::new(&space("m", vector(3)))
        .picture_with(1, Some(vec![1, 2, 3]), own())
        .picture_with(2, None, own())
        .picture_with(3, Some(vec![]), own())
        .picture_with(4, Some(large.clone()), own());
    batch.put(store).await;
    let asked = hashes(&[1, 2, 3, 4]);
    let thumbnails: [Option<&[u8]>; 4] = [Some(&[1, 2, 3]), None, Some(&[]), Some(&large)];
    let with: Vec<_> = (1..)
        .zip(thumbnails)
        .map(|(n, t)| Some(content(n, t)))
        .collect();
    let without: Vec<_> = (1..5).map(|number| Some(content(number, None))).collect();
    assert_eq!(store.contents(&asked, true).await.unwrap(), with);
    assert_eq!(store.contents(&asked, false).await.unwrap(), without);
}

pub(crate) async fn a_thumbnail_made_later_fills_the_gap_and_replaces_nothing(store: &impl Store) {
    let (first, second) = (space("first", vector(3)), space("second", vector(3)));
    let own = || feature(vector(3), 1);
    Batch::new(&first).picture(1).put(store).await;
    for thumbnail in [b"early".to_vec(), b"late".to_vec()] {
        let mut batch = Batch::new(&second).picture_with(1, Some(thumbnail), own());
        batch.contents[0].content.width = 9999;
        batch.put(store).await;
        let kept = store.contents(&[hash(1)], true).await.unwrap();
        assert_eq!(kept, [Some(content(1, Some(b"early")))]);
    }
}
