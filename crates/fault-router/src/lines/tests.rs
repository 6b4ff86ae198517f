use super::*;

/// Finds too much: a line must hold the whole word.
struct Hits;

impl Sift for Hits {
    fn find(&self, block: &[u8]) -> Option<usize> {
        memchr::memmem::find(block, b"HI")
    }
    fn concerns(&self, line: &[u8]) -> bool {
        memchr::memmem::find(line, b"HIT").is_some()
    }
}

/// Goes through a text as it grows by pieces, read in blocks of `size`, and gives the lines that were split out.
fn through(text: &[u8], piece: usize, size: usize) -> Vec<(Vec<u8>, bool)> {
    let (mut at, mut skipping, mut lines) = (0, false, Vec::new());
    let mut there = 0;
    while there < text.len() {
        there = (there + piece).min(text.len());
        loop {
            let block = &text[at..there.min(at + size)];
            let step = step(block, skipping, false, &Hits);
            assert!(step.used <= block.len());
            if let Some(line) = step.line.clone() {
                lines.push((block[line].to_vec(), step.cut));
            }
            skipping = step.skipping;
            at += step.used;
            if step.used == 0 || at == there {
                break;
            }
        }
    }
    let step = step(&text[at..], skipping, true, &Hits);
    lines.extend(step.line.map(|line| (text[at..][line].to_vec(), step.cut)));
    lines
}

#[test]
fn hits_are_the_same_however_the_text_arrives() {
    let long_hit = format!("HIT{}", "y".repeat(3 * MAX_SEEN));
    let late_hit = format!("{}HIT", "n".repeat(MAX_SEEN - 2));
    let lines = ["one HIT", "two", "", "HIT", &long_hit, "five HI", &late_hit, "six HIT HIT", "seven", "end HIT"];
    let text = lines.join("\n");
    let beginning = |line: &str| (line.as_bytes()[..line.len().min(MAX_SEEN)].to_vec(), line.len() > MAX_SEEN);
    let expected = ["one HIT", "HIT", &long_hit, "six HIT HIT", "end HIT"].map(beginning);
    for piece in [1_009, 60_000, 70_000, 1 << 20] {
        for size in [2 * MAX_SEEN, 4 * MAX_SEEN] {
            let got = through(text.as_bytes(), piece, size);
            let lengths = |lines: &[(Vec<u8>, bool)]| lines.iter().map(|(l, c)| (l.len(), *c)).collect::<Vec<_>>();
            assert!(got == expected, "pieces of {piece}, blocks of {size}: {:?}", lengths(&got));
        }
    }
}

#[test]
fn a_part_of_a_line_waits_and_the_last_one_counts() {
    assert_eq!(step(b"HIT without end", false, false, &Hits), Step::pass(0, false));
    assert_eq!(step(b"HIT without end", false, true, &Hits).line, Some(0..15));
    assert_eq!(step(b"", false, true, &Hits), Step::pass(0, false));
}

#[test]
fn an_overlong_line_is_skipped_to_its_newline() {
    let block = vec![b'x'; MAX_SEEN];
    assert_eq!(step(&block, false, false, &Hits), Step::pass(MAX_SEEN, true));
    assert_eq!(step(b"HIT in the rest", true, false, &Hits), Step::pass(15, true));
    assert_eq!(step(b"rest HIT\nnext\n", true, false, &Hits), Step::pass(9, false));
}
