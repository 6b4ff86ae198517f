use crate::stand::{Stand, check, cut};
use chassis::clock::system;
use playbooks::{DatabasePlaybook, Levers, Playbook};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::time::Duration;
use testkit::failure::database::{Damage, User, damage};
use wire::Digest;
use wire::runtime::{ActOutcome, ActReport, Remedy};
use wire::target::{DatabaseFile, Lever, LeverBy};

/// A database with a backup of a while ago, which lacks the newest rows.
struct Shop {
    stand: Stand,
    with_lever: bool,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { stand: Stand::new(), with_lever: false };
        shop.fill("shop.db", 1000);
        shop.fill("backups/old.db", 800);
        shop.fill("backups/new.db", 900);
        let times = [("shop.db", 0), ("backups/new.db", 60), ("backups/old.db", 3600)];
        for (name, seconds) in times {
            let file = std::fs::File::options().write(true).open(shop.stand.path(name)).expect("a file");
            let now: std::time::SystemTime = system().now().into();
            file.set_modified(now - Duration::from_secs(seconds)).expect("a time");
        }
        shop
    }

    fn fill(&self, name: &str, rows: u32) {
        self.stand.write(name, "");
        let database = Connection::open(self.stand.path(name)).expect("a database");
        database
            .execute_batch("CREATE TABLE \"an order\" (id INTEGER PRIMARY KEY, item TEXT); BEGIN")
            .expect("a table");
        for row in 0..rows {
            let item = format!("item {row} {}", "x".repeat(80));
            database.execute("INSERT INTO \"an order\" VALUES (?1, ?2)", (row, item)).expect("a row");
        }
        database.execute_batch("COMMIT").expect("committed");
    }

    fn playbook(&self) -> DatabasePlaybook {
        let name: wire::runtime::ResourceName = "reopen".to_owned().try_into().expect("a name");
        let lever = Lever {
            name: name.clone(),
            title: "close the database".into(),
            by: LeverBy::File(self.stand.text("closed")),
        };
        let file = DatabaseFile {
            path: self.stand.text("shop.db"),
            backups: self.stand.text("backups"),
            copies: self.stand.text("copies"),
            reopen: self.with_lever.then_some(name),
            busy_ms: 50,
        };
        DatabasePlaybook::new(file, Levers::new(&[lever], reqwest::Client::new()))
    }

    async fn heal(&self) -> ActReport {
        self.stand.heal(&self.playbook(), "a").await
    }

    fn rows(&self) -> u32 {
        let database = Connection::open(self.stand.path("shop.db")).expect("a database");
        database.query_row("SELECT count(*) FROM \"an order\"", [], |row| row.get(0)).expect("rows")
    }

    /// The database and its journals, but for the index into one, which every reader makes anew.
    fn bytes(&self) -> BTreeMap<&'static str, (usize, Digest)> {
        let names = ["shop.db", "shop.db-wal", "shop.db-journal"];
        let read = |name| std::fs::read(self.stand.path(name)).ok();
        names.into_iter().filter_map(|name| read(name).map(|it| (name, (it.len(), Digest::of(it))))).collect()
    }

    /// A process was killed in the middle of a transaction that no longer fitted into memory.
    fn with_journal(self) -> Self {
        let update = "UPDATE \"an order\" SET item = 'half'";
        User::killed_after(&self.stand.path("shop.db"), &["PRAGMA cache_size = 2", "BEGIN", update]);
        assert!(self.bytes().get("shop.db-journal").is_some_and(|(length, _)| *length > 512));
        self
    }
}

#[tokio::test]
async fn a_damaged_database_is_restored_and_what_may_be_lost_is_told() {
    for how in [Damage::Middle, Damage::Half, Damage::Header, Damage::Empty, Damage::Gone] {
        let shop = Shop::new();
        damage(&shop.stand.path("shop.db"), how);
        let damaged = std::fs::read(shop.stand.path("shop.db")).ok();
        let report = shop.heal().await;
        check(&report, ActOutcome::Healed);
        assert_eq!(shop.rows(), 900, "{how:?}");
        let what = &report.tried[0].what;
        assert!(what.contains("new.db is in place") && what.contains("it has 900 rows"), "{what}");
        let kept = std::fs::read_dir(shop.stand.path("copies")).expect("copies").next().expect("one").expect("read");
        assert_eq!(std::fs::read(kept.path().join("shop.db")).ok(), damaged, "{how:?}");
        if how == Damage::Middle {
            assert!(what.contains("after it was made may be lost"), "{what}");
        }
    }
}

#[tokio::test]
async fn a_backup_that_is_damaged_itself_is_passed_over() {
    let shop = Shop::new();
    damage(&shop.stand.path("shop.db"), Damage::Middle);
    let times =
        std::fs::metadata(shop.stand.path("backups/new.db")).and_then(|about| about.modified()).expect("a time");
    damage(&shop.stand.path("backups/new.db"), Damage::Middle);
    let file = std::fs::File::options().write(true).open(shop.stand.path("backups/new.db")).expect("the backup");
    file.set_modified(times).expect("a time");
    check(&shop.heal().await, ActOutcome::Healed);
    assert_eq!(shop.rows(), 800);
}

#[tokio::test]
async fn without_a_whole_backup_nothing_is_changed() {
    let shop = Shop::new();
    for name in ["shop.db", "backups/new.db", "backups/old.db"] {
        damage(&shop.stand.path(name), Damage::Middle);
    }
    let before = shop.bytes();
    let report = shop.heal().await;
    check(&report, ActOutcome::Unhealed);
    assert_eq!(shop.bytes(), before);
    assert!(report.advice.iter().any(|line| line.starts_with("No backup in")), "{:?}", report.advice);
}

#[tokio::test]
async fn the_journal_of_a_damaged_database_is_not_written_into_its_backup() {
    let shop = Shop::new();
    let path = shop.stand.path("shop.db");
    User::killed_after(&path, &["PRAGMA journal_mode = WAL", "DELETE FROM \"an order\" WHERE id < 500"]);
    damage(&path, Damage::Middle);
    let report = shop.heal().await;
    check(&report, ActOutcome::Healed);
    assert_eq!(shop.rows(), 900);
    assert_eq!(report.tried.iter().map(|tried| tried.kept).collect::<Vec<_>>(), [false, true], "{report:#?}");
}

#[tokio::test]
async fn a_write_that_was_cut_short_is_ended_without_a_backup() {
    let shop = Shop::new().with_journal();
    let report = shop.heal().await;
    check(&report, ActOutcome::Healed);
    assert!(report.tried[0].remedy.title.starts_with("Close the connections"), "{report:#?}");
    assert_eq!(shop.rows(), 1000);
    let database = Connection::open(shop.stand.path("shop.db")).expect("a database");
    let half = "SELECT count(*) FROM \"an order\" WHERE item = 'half'";
    assert_eq!(database.query_row(half, [], |row| row.get::<_, u32>(0)).expect("rows"), 0);
}

#[tokio::test]
async fn looking_changes_nothing_also_where_a_journal_was_left() {
    let shop = Shop::new();
    let path = shop.stand.path("shop.db");
    User::killed_after(&path, &["PRAGMA journal_mode = WAL", "DELETE FROM \"an order\" WHERE id < 500"]);
    let before = shop.bytes();
    assert!(before["shop.db-wal"].0 > 0);
    assert!(shop.stand.is_well(&shop.playbook()).await);
    assert_eq!(shop.bytes(), before);
    assert_eq!(shop.rows(), 500);
    let shop = Shop::new().with_journal();
    let before = shop.bytes();
    assert!(!shop.stand.is_well(&shop.playbook()).await);
    assert_eq!(shop.bytes(), before);
}

#[tokio::test]
async fn who_holds_a_lock_is_named_and_never_ended() {
    let shop = Shop::new();
    let mut other = User::locking(&shop.stand.path("shop.db"), None);
    let before = shop.bytes();
    let report = shop.heal().await;
    check(&report, ActOutcome::Unhealed);
    let pid = format!("process {}", other.pid());
    assert!(report.advice.iter().any(|line| line.contains(&pid)), "{report:#?}");
    assert!(other.is_alive());
    assert_eq!(shop.bytes(), before);
    drop(other);
    assert!(shop.stand.is_well(&shop.playbook()).await);
}

#[tokio::test]
async fn a_lock_of_the_targets_own_goes_when_it_opens_the_database_anew() {
    let mut shop = Shop::new();
    shop.with_lever = true;
    let mut target = User::locking(&shop.stand.path("shop.db"), Some(shop.stand.path("closed")));
    check(&shop.heal().await, ActOutcome::Healed);
    assert!(target.is_alive());
    assert!(!shop.stand.path("closed").exists(), "it is to be opened again");
}

#[tokio::test]
async fn a_lock_of_a_stranger_is_waited_for_and_the_target_opens_again() {
    let mut shop = Shop::new();
    shop.with_lever = true;
    let mut other = User::locking(&shop.stand.path("shop.db"), None);
    let report = shop.heal().await;
    check(&report, ActOutcome::Unhealed);
    assert!(other.is_alive() && !shop.stand.path("closed").exists());
    assert!(!shop.stand.path("copies").exists(), "nothing was to be taken back: {report:#?}");
}

#[tokio::test]
async fn who_works_on_the_replaced_file_is_named() {
    let shop = Shop::new();
    let mut other = User::open(&shop.stand.path("shop.db"), None);
    damage(&shop.stand.path("shop.db"), Damage::Middle);
    let report = shop.heal().await;
    check(&report, ActOutcome::Better);
    let told = format!("process {} (python3) works on a file that was replaced", other.pid());
    assert!(report.advice.iter().any(|line| line.starts_with(&told)), "{report:#?}");
    assert!(other.is_alive());
    let mut shop = Shop::new();
    shop.with_lever = true;
    let _target = User::open(&shop.stand.path("shop.db"), Some(shop.stand.path("closed")));
    damage(&shop.stand.path("shop.db"), Damage::Middle);
    check(&shop.heal().await, ActOutcome::Healed);
}

async fn remedies(shop: &Shop) -> Vec<Remedy> {
    let playbook = shop.playbook();
    playbook.remedies(&playbook.look().await)
}

/// A database in need of each remedy.
fn ill() -> [Shop; 2] {
    let damaged = Shop::new();
    damage(&damaged.stand.path("shop.db"), Damage::Middle);
    [Shop::new().with_journal(), damaged]
}

#[tokio::test]
async fn each_undo_puts_the_database_back_and_keeps_what_was_written_meanwhile() {
    for shop in ill() {
        let (before, playbook) = (shop.bytes(), shop.playbook());
        let remedy = remedies(&shop).await.remove(0);
        playbook.act(&remedy.action).await.expect("done");
        playbook.act(&remedy.action).await.expect("done twice");
        assert!(shop.stand.is_well(&playbook).await, "{}", remedy.title);
        let database = Connection::open(shop.stand.path("shop.db")).expect("a database");
        database.execute("INSERT INTO \"an order\" VALUES (4711, 'late')", []).expect("a row");
        drop(database);
        let undo = remedy.undo.action().expect("an undo");
        playbook.act(undo).await.expect("undone");
        assert_eq!(shop.bytes(), before, "{}", remedy.title);
        playbook.act(undo).await.expect("undone twice");
        assert_eq!(shop.bytes(), before);
        let copies = std::fs::read_dir(shop.stand.path("copies")).expect("copies").flatten();
        let undone = copies.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with("-undone"));
        let kept = Connection::open(undone.expect("a copy").join("shop.db")).expect("a database");
        let late = "SELECT item FROM \"an order\" WHERE id = 4711";
        assert_eq!(kept.query_row(late, [], |row| row.get::<_, String>(0)).expect("the row"), "late");
    }
}

#[tokio::test]
async fn wherever_it_is_cut_off_the_database_as_it_was_can_be_put_back() {
    for which in 0..2 {
        for polls in 1..40 {
            let [journal, damaged] = ill();
            let shop = if which == 0 { journal } else { damaged };
            let (before, playbook) = (shop.bytes(), shop.playbook());
            let remedy = remedies(&shop).await.remove(0);
            let whole = cut(playbook.act(&remedy.action), polls).await;
            if polls % 2 == 0 {
                playbook.act(&remedy.action).await.expect("ended");
                assert!(shop.stand.is_well(&playbook).await, "{}, cut off after {polls}", remedy.title);
            }
            playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
            assert_eq!(shop.bytes(), before, "{}, cut off after {polls}", remedy.title);
            if whole {
                break;
            }
            assert!(polls < 39, "{} never ended", remedy.title);
        }
    }
}
