use super::*;

fn wanted(learn_s: u64, new_per_minute: u32) -> Wanted {
    let unknown = Unknown { learn_s, new_per_minute, groups: 64, ..Unknown::default() };
    Wanted { unknown: Some(unknown), burst: None }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// What a line at a time brings, by code and message.
fn see(noticer: &mut Noticer, wanted: &Wanted, text: &str, seconds: i64) -> Vec<(String, String)> {
    let news = noticer.see(wanted, Some(text), at(seconds), at(seconds));
    news.into_iter().map(|news| (news.code.to_string(), news.message)).collect()
}

fn settle(noticer: &mut Noticer, news: &[(String, String)], told: bool) {
    news.iter().for_each(|(code, _)| noticer.settle(&code.parse().unwrap(), told));
}

fn restarted(noticer: &Noticer, wanted: &Wanted, seconds: i64) -> Noticer {
    let text = serde_json::to_string(&noticer.certain()).unwrap();
    serde_json::from_str::<Noticer>(&text).unwrap().resumed(wanted, at(seconds))
}

#[test]
fn a_new_kind_of_error_is_news_once_also_over_a_restart() {
    let wanted = wanted(0, 10);
    let mut noticer = Noticer::new(&wanted, at(0));
    let news = see(&mut noticer, &wanted, "disk 7 is full", 1);
    let [(code, message)] = news.as_slice() else { panic!("{news:?}") };
    assert!(code.starts_with("UNKNOWN_") && code.len() == 16 && message == "disk <*> is full", "{news:?}");
    assert_eq!(see(&mut noticer, &wanted, "disk 8 is full", 1), [], "it is on its way");
    settle(&mut noticer, &news, true);
    assert_eq!(see(&mut noticer, &wanted, "disk 9 is full", 2), []);
    let mut noticer = restarted(&noticer, &wanted, 3);
    assert_eq!(see(&mut noticer, &wanted, "disk 1 is full", 3), []);
    assert_ne!(see(&mut noticer, &wanted, "disk 1 is empty", 3), []);
}

#[test]
fn what_nobody_took_is_found_again() {
    let wanted = wanted(0, 10);
    let mut noticer = Noticer::new(&wanted, at(0));
    let news = see(&mut noticer, &wanted, "disk 7 is full", 1);
    let mut killed = restarted(&noticer, &wanted, 2);
    assert_eq!(see(&mut killed, &wanted, "disk 7 is full", 2), news, "killed before it was acknowledged");
    settle(&mut noticer, &news, false);
    assert_eq!(see(&mut noticer, &wanted, "disk 7 is full", 2), news, "the spool was full");
}

#[test]
fn what_was_there_while_it_learned_is_no_news() {
    let wanted = wanted(60, 10);
    let mut noticer = Noticer::new(&wanted, at(0));
    for second in 0..60 {
        assert_eq!(see(&mut noticer, &wanted, &format!("cache miss of shard {second}"), second), []);
    }
    // The learning time is not begun anew by a restart.
    let mut noticer = restarted(&noticer, &wanted, 61);
    assert_eq!(see(&mut noticer, &wanted, "cache miss of shard 99", 61), []);
    assert_eq!(see(&mut noticer, &wanted, "cache is gone", 61).len(), 1);
}

#[test]
fn a_known_kind_is_news_when_it_comes_far_more_often() {
    let wanted = wanted(100, 10);
    let mut noticer = Noticer::new(&wanted, at(0));
    for second in 0..300 {
        assert_eq!(see(&mut noticer, &wanted, "cache miss of shard 7", second), []);
    }
    let flood: Vec<_> = (0..200).flat_map(|_| see(&mut noticer, &wanted, "cache miss of shard 7", 301)).collect();
    let [(code, message)] = flood.as_slice() else { panic!("{flood:?}") };
    assert!(code.starts_with("UNKNOWN_") && message.contains("usual: cache miss of shard <*>"), "{message}");
    let mut killed = restarted(&noticer, &wanted, 301);
    assert_eq!(see(&mut killed, &wanted, "cache miss of shard 7", 301).len(), 1, "it was not acknowledged");
    settle(&mut noticer, &flood, true);
    let mut noticer = restarted(&noticer, &wanted, 301);
    assert_eq!(see(&mut noticer, &wanted, "cache miss of shard 7", 301), []);
}

#[test]
fn a_flood_of_new_kinds_is_one_incident_of_its_own() {
    let wanted = wanted(0, 3);
    let mut noticer = Noticer::new(&wanted, at(0));
    let mut codes = Vec::new();
    for n in 0..40 {
        let news = see(&mut noticer, &wanted, &format!("{} broke", "x".repeat(n + 1)), 120);
        settle(&mut noticer, &news, true);
        codes.extend(news.into_iter().map(|(code, _)| code));
    }
    assert_eq!(codes.len(), 4, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == UNKNOWN_MANY).count(), 1, "{codes:?}");
    // What was one of many is known, and the next minute has room again.
    let mut noticer = restarted(&noticer, &wanted, 180);
    assert_eq!(see(&mut noticer, &wanted, &format!("{} broke", "x".repeat(30)), 180), []);
    assert!(see(&mut noticer, &wanted, "another one came", 180)[0].0.starts_with("UNKNOWN_"));
}

#[test]
fn a_flood_that_nobody_took_is_told_of_again() {
    let wanted = wanted(0, 1);
    let mut noticer = Noticer::new(&wanted, at(0));
    see(&mut noticer, &wanted, "a broke", 0);
    let many = see(&mut noticer, &wanted, "b broke", 0);
    assert_eq!(many[0].0, UNKNOWN_MANY);
    settle(&mut noticer, &many, false);
    assert_eq!(see(&mut noticer, &wanted, "b broke", 0)[0].0, UNKNOWN_MANY);
}

#[test]
fn kinds_that_turn_out_to_be_one_are_no_news_again() {
    let wanted = wanted(0, 10);
    let mut noticer = Noticer::new(&wanted, at(0));
    let mut told = 0;
    for who in ["ann", "bob", "eve", "joe", "zoe", "max"] {
        let news = see(&mut noticer, &wanted, &format!("no session for user {who}"), 1);
        settle(&mut noticer, &news, true);
        told += news.len();
    }
    assert_eq!(told, 3, "the fourth tells that the name is a variable");
    assert_eq!(noticer.kinds.len(), 1);
}

#[test]
fn a_burst_needs_no_text_and_is_told_once() {
    let wanted = Wanted { unknown: None, burst: Some(Burst::default()) };
    let mut noticer = Noticer::new(&wanted, at(0));
    let mut told = Vec::new();
    for n in 0..100 {
        told.extend(noticer.see(&wanted, None, at(100 + n / 50), at(100)));
    }
    let [News { code, message }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((code.as_str(), message.as_str()), (ERROR_BURST, "20 error lines within 10 s, where 0.0 are usual"));
    assert_eq!(restarted(&noticer, &wanted, 101).see(&wanted, None, at(102), at(102)).len(), 1, "not acknowledged");
    noticer.settle(code, true);
    assert_eq!(restarted(&noticer, &wanted, 101).see(&wanted, None, at(102), at(102)), []);
}

#[test]
fn other_slices_and_fewer_groups_begin_anew_what_they_cannot_go_on_with() {
    let before = wanted(0, 100);
    let mut noticer = Noticer::new(&before, at(0));
    for n in 0..40 {
        see(&mut noticer, &before, &format!("{} broke", "x".repeat(n + 1)), 1);
    }
    let unknown = Unknown { groups: 16, ..before.unknown.unwrap() };
    let after = Wanted { unknown: Some(unknown), burst: Some(Burst { slice_s: 60, ..Burst::default() }) };
    let mut noticer = restarted(&noticer, &after, 1_000);
    assert_eq!((noticer.kinds.len(), noticer.miner.len()), (16, 16));
    assert_eq!(noticer.burst, Rate::since(at(1_000), &Burst { slice_s: 60, ..Burst::default() }));
    assert_eq!(see(&mut noticer, &after, &format!("{} broke", "x".repeat(40)), 1_001).len(), 1, "it was never told");
}
