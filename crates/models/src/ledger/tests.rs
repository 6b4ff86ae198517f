use super::*;

const LIMITS: Limits = Limits {
    incident: Amount { calls: 3, tokens: 1_000, micro_usd: 1_000 },
    day: Amount { calls: 5, tokens: 1_000, micro_usd: 1_000 },
};

fn at(day: i64, second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + day * 86_400 + second, 0).unwrap()
}

fn booking(incident: IncidentId, epoch: i64, at: DateTime<Utc>, tokens: u64) -> Booking {
    let most = Amount { calls: 1, tokens, micro_usd: 0 };
    Booking { at, epoch: Epoch(epoch), incident, asked: "double/model".into(), most }
}

fn book(ledger: &Ledger, booking: Booking) -> Result<Entry, OverBudget> {
    ledger.book(booking, LIMITS).unwrap()
}

#[test]
fn what_was_not_corrected_counts_in_full_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let incident = IncidentId::fresh();
    let ledger = Ledger::open(folder.path(), at(0, 0)).unwrap();
    let first = book(&ledger, booking(incident, 1, at(0, 0), 600)).unwrap();
    ledger.settle(first, Amount { calls: 1, tokens: 100, micro_usd: 7 }).unwrap();
    book(&ledger, booking(incident, 1, at(0, 1), 700)).unwrap();
    drop(ledger);
    let ledger = Ledger::open(folder.path(), at(0, 2)).unwrap();
    let over = book(&ledger, booking(incident, 1, at(0, 2), 201)).unwrap_err();
    assert_eq!((over.span, over.what, over.used), ("incident", "tokens", 800));
    book(&ledger, booking(incident, 1, at(0, 2), 200)).unwrap();
    let over = book(&ledger, booking(incident, 1, at(0, 3), 0)).unwrap_err();
    assert_eq!((over.span, over.what, over.used), ("incident", "calls", 3));
}

#[test]
fn a_day_counts_for_all_incidents_and_the_next_day_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), at(0, 0)).unwrap();
    for second in 0..5 {
        book(&ledger, booking(IncidentId::fresh(), 1, at(0, second), 1)).unwrap();
    }
    let over = book(&ledger, booking(IncidentId::fresh(), 1, at(0, 9), 1)).unwrap_err();
    assert_eq!((over.span, over.what), ("day", "calls"));
    book(&ledger, booking(IncidentId::fresh(), 1, at(1, 9), 1)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a file a day");
}

#[test]
fn an_incident_counts_over_all_its_days() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, incident) = (Ledger::open(folder.path(), at(0, 0)).unwrap(), IncidentId::fresh());
    for day in 0..3 {
        book(&ledger, booking(incident, 1, at(day, 0), 1)).unwrap();
    }
    let over = book(&ledger, booking(incident, 1, at(4, 0), 1)).unwrap_err();
    assert_eq!((over.span, over.what), ("incident", "calls"));
}

#[test]
fn a_reset_clears_what_was_taken_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), at(0, 0)).unwrap();
    for _ in 0..5 {
        book(&ledger, booking(IncidentId::fresh(), 1, at(0, 0), 100)).unwrap();
    }
    book(&ledger, booking(IncidentId::fresh(), 1, at(0, 0), 100)).unwrap_err();
    book(&ledger, booking(IncidentId::fresh(), 2, at(0, 0), 100)).unwrap();
}

#[test]
fn a_line_that_a_crash_tore_is_no_entry_and_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let incident = IncidentId::fresh();
    book(&Ledger::open(folder.path(), at(0, 0)).unwrap(), booking(incident, 1, at(0, 0), 400)).unwrap();
    let path = folder.path().join(format!("{}.jsonl", at(0, 0).date_naive()));
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"number\":2,\"at\":\"20").unwrap();
    book(&Ledger::open(folder.path(), at(0, 0)).unwrap(), booking(incident, 1, at(0, 1), 500)).unwrap();
    let ledger = Ledger::open(folder.path(), at(0, 0)).unwrap();
    let over = book(&ledger, booking(incident, 1, at(0, 2), 101)).unwrap_err();
    assert_eq!(over.used, 900);
}

#[test]
fn old_files_go_and_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let incident = IncidentId::fresh();
    book(&Ledger::open(folder.path(), at(0, 0)).unwrap(), booking(incident, 1, at(0, 0), 1)).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    Ledger::open(folder.path(), at(30, 0)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    Ledger::open(folder.path(), at(31, 0)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_entered_may_not_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger"), at(0, 0)).unwrap();
    std::fs::remove_dir(folder.path().join("ledger")).unwrap();
    let error = ledger.book(booking(IncidentId::fresh(), 1, at(0, 0), 1), LIMITS).unwrap_err();
    assert!(error.to_string().contains("written"), "{error}");
}
