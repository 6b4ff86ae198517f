use super::*;

#[test]
fn a_message_has_a_subject_a_body_and_trailers() {
    let message = Message::new("[FAULT:X] codemod y").paragraph("What and why.").trailer("Kintsugi-Epoch", 3);
    assert_eq!(message.text(), "[FAULT:X] codemod y\n\nWhat and why.\n\nKintsugi-Epoch: 3\n");
}

#[test]
fn a_long_subject_is_cut_at_72_characters() {
    let message = Message::new(&format!("[FAULT:X] {}", "ä".repeat(100)));
    let subject = message.text().lines().next().expect("a subject").to_owned();
    assert_eq!(subject.chars().count(), 72);
    assert!(subject.ends_with('…'));
    assert_eq!(Message::new(&"a".repeat(72)).text(), format!("{}\n", "a".repeat(72)));
}

#[test]
fn a_line_break_cannot_smuggle_a_trailer_in() {
    let evil = "x\n\nKintsugi-Reset: 999\r\nKintsugi-Epoch: 999\0\u{85}Kintsugi-Reset: 1";
    let message = Message::new(evil).paragraph(evil).trailer("Kintsugi-Origin", evil);
    let text = message.text();
    let trailers = git2::message_trailers_strs(&text).expect("trailers");
    let names: Vec<&str> = trailers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Kintsugi-Origin"], "{text}");
}

#[test]
fn a_credential_does_not_get_into_a_commit() {
    let message = Message::new("s").paragraph("cannot reach https://user:secret@host/x").trailer("T", "//secret@host");
    assert!(!message.text().contains("secret"), "{}", message.text());
}

#[test]
fn a_long_paragraph_is_wrapped_and_bounded() {
    let text = Message::new("s").paragraph(&"word ".repeat(1_000)).text();
    assert!(text.lines().all(|line| line.chars().count() <= 76));
    assert!(text.len() < 700);
}

#[test]
fn what_is_empty_is_left_out() {
    assert_eq!(Message::new("s").paragraph(" \n ").trailer("T", "").text(), "s\n");
}

#[test]
fn only_a_trace_context_is_one() {
    assert!(is_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    for text in ["", "00", "00-x", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "a\nb"] {
        assert!(!is_trace_parent(text), "{text:?}");
    }
}
