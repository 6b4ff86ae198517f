#[path = "../attack.rs"]
mod attack;

#[test]
fn a_test_of_the_candidate_attacks() {
    attack::attack();
}
