//! The front's word on who answered: what it covers, and that nothing else passes for it.

use crate::sample::commit;
use wire::rollout::{Answerer, Colour, label, upstream};
use wire::vouch::{Exchange, Key};
use wire::{Digest, ReplayId};

fn replay(text: &str) -> ReplayId {
    text.parse().unwrap()
}

fn live() -> Answerer {
    Answerer { upstream: upstream(34_001), label: label(&"app".parse().unwrap(), Colour::Green, &commit('a')) }
}

#[test]
fn the_word_is_heard_by_whoever_asked_and_covers_the_request_and_the_whole_answer() {
    let (asker, front) = (Key::of_token("a token"), Key::of_digest(&Digest::of("a token")));
    let (one, two) = (replay("kr-1"), replay("kr-2"));
    let right = Exchange { replay: &one, method: "POST", path: "/a?b=c", status: 503, body: b"{}" };
    let word = front.vouch(&right, &live());
    assert_eq!(asker.heard(&right, &word), Some(live()));
    for (what, wrong) in [
        ("replay", Exchange { replay: &two, ..right }),
        ("method", Exchange { method: "GET", ..right }),
        ("path", Exchange { path: "/a", ..right }),
        ("status", Exchange { status: 200, ..right }),
        ("body", Exchange { body: b"{} ", ..right }),
    ] {
        assert_eq!(asker.heard(&wrong, &word), None, "of another {what}");
    }
    assert_eq!(Key::of_token("another").heard(&right, &word), None);
    for made_up in [
        word.replace("34001", "34002"),
        word.replace("green", "blue"),
        format!(" {} {}", live().upstream, live().label),
        format!("{} {} {}", asker.ask(&one), live().upstream, live().label),
        String::new(),
    ] {
        assert_ne!(made_up, word);
        assert_eq!(asker.heard(&right, &made_up), None, "{made_up}");
    }
}

#[test]
fn only_who_has_the_key_asks_and_only_for_its_own_replay() {
    let (asker, front) = (Key::of_token("a token"), Key::of_digest(&Digest::of("a token")));
    let asked = asker.ask(&replay("kr-1"));
    assert!(front.is_asked(&replay("kr-1"), &asked));
    assert!(!front.is_asked(&replay("kr-2"), &asked));
    assert!(!Key::of_token("another").is_asked(&replay("kr-1"), &asked));
    for made_up in ["", "kr-1", &asked[1..]] {
        assert!(!front.is_asked(&replay("kr-1"), made_up), "{made_up}");
    }
}
