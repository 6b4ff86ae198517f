#[path = "../attack.rs"]
mod attack;

fn main() {
    attack::attack();
}
