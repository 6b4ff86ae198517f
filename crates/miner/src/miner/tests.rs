use super::*;
use proptest::prelude::*;

fn miner() -> Miner {
    Miner::new(Limits::default())
}

fn small() -> Limits {
    Limits { groups: 8, tokens: 6, bytes: 64, ..Limits::default() }
}

fn restored(miner: &Miner) -> Miner {
    serde_json::from_str(&serde_json::to_string(miner).unwrap()).unwrap()
}

#[test]
fn lines_that_differ_in_numbers_only_are_one_group() {
    let mut miner = miner();
    let first = miner.learn("worker 7 lost its lease after 31 ms").unwrap();
    let again = miner.learn("worker 19 lost its lease after 8 ms").unwrap();
    assert!(first.new && !again.new && first.id == again.id && again.count == 2);
    assert_eq!(miner.template(first.id).unwrap(), "worker <*> lost its lease after <*> ms");
}

#[test]
fn an_ordinary_word_that_differs_makes_another_group() {
    let mut miner = miner();
    let opened = miner.learn("session 7 opened for the user").unwrap();
    let closed = miner.learn("session 7 closed for the user").unwrap();
    assert!(closed.new && opened.id != closed.id);
}

#[test]
fn a_word_that_keeps_changing_is_a_variable_and_the_oldest_group_keeps_its_name() {
    let mut miner = miner();
    let first = miner.learn("session closed for user ann").unwrap();
    let others: Vec<_> =
        ["bob", "eve"].iter().map(|who| miner.learn(&format!("session closed for user {who}"))).collect();
    assert!(others.iter().flatten().all(|other| other.new));
    let last = miner.learn("session closed for user joe").unwrap();
    assert!(!last.new && last.id == first.id && last.count == 4);
    assert_eq!(last.absorbed, others.iter().flatten().map(|other| other.id).collect::<Vec<_>>());
    assert_eq!(miner.template(first.id).unwrap(), "session closed for user <*>");
    assert_eq!(miner.len(), 1);
    assert_eq!(miner.learn("session closed for user zoe").unwrap().id, first.id);
}

#[test]
fn states_and_first_words_are_no_variables() {
    let mut miner = miner();
    for word in ["cupsd", "klogd", "hcid", "sdpd", "named", "httpd"] {
        assert!(miner.learn(&format!("{word} startup succeeded")).unwrap().new);
    }
    for state in ["RUNNING", "FAILED", "KILLED", "LOST", "NEW", "DONE"] {
        assert!(miner.learn(&format!("the task is {state} now")).unwrap().new);
    }
    assert_eq!(miner.len(), 12);
}

#[test]
fn two_miners_name_a_group_alike() {
    let (mut one, mut other) = (miner(), miner());
    other.learn("something else came first");
    let (a, b) = (one.learn("disk 1 is full").unwrap(), other.learn("disk 2 is full").unwrap());
    assert_eq!((a.id, a.id.short()), (b.id, b.id.short()));
    assert_eq!(a.id.to_string().to_uppercase().get(..8), Some(a.id.short().as_str()));
}

#[test]
fn the_group_that_was_seen_least_recently_is_forgotten_for_want_of_room() {
    let mut miner = Miner::new(small());
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let ids: Vec<GroupId> = names.iter().map(|name| miner.learn(&format!("{name} broke")).unwrap().id).collect();
    miner.learn("a broke");
    let learned = miner.learn("i broke").unwrap();
    assert_eq!(learned.forgotten, ids.get(1).copied());
    assert_eq!(miner.len(), 8);
    assert!(miner.learn("b broke").unwrap().new && !miner.learn("a broke").unwrap().new);
}

#[test]
fn a_flood_of_different_lines_does_not_drive_out_what_is_well_known() {
    let mut miner = Miner::new(small());
    for _ in 0..100 {
        miner.learn("disk sda is full");
    }
    for flood in 0..40 {
        miner.learn(&format!("{}{} came", "x".repeat(flood + 1), "y"));
    }
    assert!(!miner.learn("disk sda is full").unwrap().new);
    assert_eq!(miner.len(), 8);
}

#[test]
fn other_bounds_keep_what_they_have_room_for() {
    let mut miner = Miner::new(Limits { groups: 20, ..small() });
    for n in 0..20 {
        miner.learn(&format!("{} came", "x".repeat(n + 1)));
    }
    let mut less = miner.within(small());
    assert_eq!(less.len(), 8);
    assert!(!less.learn(&format!("{} came", "x".repeat(20))).unwrap().new);
}

#[test]
fn a_line_of_a_hundred_megabytes_costs_what_its_first_bytes_cost() {
    let mut miner = miner();
    let long = "x1 ".repeat(35_000_000);
    let first = miner.learn(&long).unwrap();
    assert!(first.new && !miner.learn(long.get(..99_000_000).unwrap()).unwrap().new);
    assert!(miner.template(first.id).unwrap().len() < 8 * 1024);
    assert!(miner.learn(&"ä".repeat(50_000_000)).unwrap().new);
    assert_eq!(miner.learn(" \t "), None);
}

#[test]
fn what_was_written_by_somebody_else_keeps_the_bounds() {
    let mut miner = Miner::new(Limits { groups: 100, tokens: 64, ..small() });
    for i in 0..50_u32 {
        miner.learn(&format!("{} a b c d e f g h", "x".repeat(usize::try_from(i).unwrap() + 1)));
    }
    let text = serde_json::to_string(&miner).unwrap().replace("\"groups\":100", "\"groups\":8");
    let mut less: Miner = serde_json::from_str(&text).unwrap();
    assert_eq!(less.len(), 8);
    assert!(less.learn("something new").unwrap().forgotten.is_some());
}

/// Lines from few words, so that groups meet, widen and unite; and lines of anything.
fn line() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "open", "close", "disk", "RUN", "x-1", "7", "ann", "bob", "eve", "joe", "zoe", "a.b", "k=v", "/a/b", "for",
        "12:00:01",
    ]);
    prop_oneof![4 => prop::collection::vec(words, 1..8).prop_map(|words| words.join(" ")), 1 => ".{0,200}"]
}

proptest! {
    #[test]
    fn a_line_that_comes_again_is_in_the_group_it_was_in(lines in prop::collection::vec(line(), 1..60)) {
        let mut miner = miner();
        for line in &lines {
            let Some(first) = miner.learn(line) else { continue };
            let again = miner.learn(line).unwrap();
            prop_assert!(!again.new && again.id == first.id && again.absorbed.is_empty(), "{line:?} {again:?}");
            prop_assert!(miner.template(first.id).is_some());
        }
    }

    #[test]
    fn a_restored_miner_raises_nothing_twice(lines in prop::collection::vec(line(), 1..60)) {
        let mut before = miner();
        let mut ids: Vec<(String, GroupId)> = Vec::new();
        for line in lines {
            let Some(learned) = before.learn(&line) else { continue };
            for (_, id) in &mut ids {
                if learned.absorbed.contains(id) {
                    *id = learned.id;
                }
            }
            ids.push((line, learned.id));
        }
        let mut after = restored(&before);
        prop_assert_eq!(serde_json::to_string(&after).unwrap(), serde_json::to_string(&before).unwrap());
        for (line, _) in ids {
            prop_assert!(!after.learn(&line).unwrap().new, "{line:?}");
        }
    }

    #[test]
    fn the_bounds_hold_and_the_counts_add_up(lines in prop::collection::vec(line(), 1..200)) {
        let mut miner = Miner::new(small());
        let (mut counted, mut lost) = (0, 0);
        for line in &lines {
            let before: HashMap<GroupId, u64> = miner.groups.values().map(|group| (group.id, group.count)).collect();
            let Some(learned) = miner.learn(line) else { continue };
            counted += 1;
            lost += learned.forgotten.and_then(|id| before.get(&id)).copied().unwrap_or(0);
            prop_assert!(miner.len() <= 8 && miner.remembered.len() <= 64);
            prop_assert!(miner.groups.values().all(|group| group.words.len() <= 6));
            prop_assert_eq!(miner.groups.get(&learned.id).map(|group| group.count), Some(learned.count));
        }
        prop_assert_eq!(miner.groups.values().map(|group| group.count).sum::<u64>() + lost, counted);
        prop_assert_eq!(miner.index.entries(), miner.groups.values().map(Index::entries_of).sum::<usize>());
    }
}
