use super::*;

#[test]
fn context_comes_from_before_and_after_and_is_bounded() {
    let text = b"one\ntwo\nHIT\nthree\nfour\n";
    assert_eq!(context_of(text, 8, &[], 9), ["one", "two", "three", "four"]);
    assert_eq!(context_of(text, 8, &["four".into()], 1), ["four"]);
    assert_eq!(context_of(text, 8, &[], 0), Vec::<String>::new());
    let long = [b"x".repeat(3 * BYTES_BACK), b"\nHIT\n".to_vec()].concat();
    assert_eq!(context_of(&long, long.len() - 4, &[], 9), Vec::<String>::new(), "half a line is none");
}
