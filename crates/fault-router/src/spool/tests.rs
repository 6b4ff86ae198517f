use super::*;
use crate::ledger::Ledger;

fn desk() -> Arc<Desk> {
    let since = "2026-11-22T10:00:00Z".parse().unwrap();
    Arc::new(Desk::new("tiny".parse().unwrap(), "/nowhere".into(), Ledger { since, places: Default::default() }, None))
}

fn detection() -> Detection {
    let at = "2026-11-22T10:00:00Z";
    let json = format!(r#"{{"target":"tiny","code":"BOOM","event_id":"e","source":"router","at":"{at}"}}"#);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn a_batch_is_there_as_a_whole_or_not_at_all_and_survives_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Spool::open(folder.path().join("tiny"), 1 << 20, desk()).unwrap();
    let spool = open();
    let mut dropped = spool.begin().unwrap();
    dropped.add(&detection()).unwrap();
    drop(dropped);
    assert!(spool.batches().unwrap().is_empty());
    for _ in 0..3 {
        let mut batch = spool.begin().unwrap();
        batch.add(&detection()).unwrap();
        batch.commit().unwrap();
    }
    let waiting = spool.waiting();
    let again = open();
    let batches = again.batches().unwrap();
    assert_eq!((batches.len(), again.waiting()), (3, waiting));
    again.remove(&batches[0]).unwrap();
    spool.remove(&batches[0]).unwrap();
    assert_eq!(spool.batches().unwrap(), batches[1..]);
}

#[test]
fn a_full_spool_takes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().into(), 300, desk()).unwrap();
    let mut batch = spool.begin().unwrap();
    batch.add(&detection()).unwrap();
    assert!(matches!((0..10).try_for_each(|_| batch.add(&detection())), Err(SpoolError::Full)));
    drop(batch);
    let mut batch = spool.begin().unwrap();
    batch.add(&detection()).unwrap();
    batch.add(&detection()).unwrap();
    batch.commit().unwrap();
    assert!(spool.waiting() > 150, "{}", spool.waiting());
    let filled = (0..10).try_for_each(|_| {
        let mut batch = spool.begin()?;
        batch.add(&detection())?;
        batch.commit()
    });
    assert!(matches!(filled, Err(SpoolError::Full)));
}
