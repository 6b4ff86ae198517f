use crate::stand::{Stand, check, cut};
use playbooks::{DiskPlaybook, Playbook, withdraw};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::failure::disk::SmallDisk;
use wire::runtime::{ActOutcome, Remedy};
use wire::target::Disk;

const KIB: u64 = 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a file is: content, mode, owner, and when it was written, to the nanosecond.
type Tree = BTreeMap<String, (Vec<u8>, u32, u32, i64, i64)>;

struct Full {
    stand: Stand,
    small: SmallDisk,
    disk: Disk,
}

impl Full {
    /// A disk of 4 MiB with folders for each remedy, and a secondary store on another one.
    fn new() -> Self {
        let (stand, small) = (Stand::new(), SmallDisk::of(4096 * KIB));
        let on = |name: &str| {
            let folder = small.path().join(name);
            std::fs::create_dir(&folder).expect("a folder");
            Some(folder.display().to_string())
        };
        let (logs, snapshots, temporary) = (on("logs"), on("snapshots"), on("tmp"));
        std::fs::create_dir(stand.path("store")).expect("a store");
        let disk = Disk {
            path: small.path().display().to_string(),
            min_free_bytes: 512 * KIB,
            logs,
            log_days: 7,
            snapshots,
            keep: 2,
            temporary,
            secondary: Some(stand.text("store")),
        };
        Self { stand, small, disk }
    }

    fn playbook(&self) -> DiskPlaybook {
        DiskPlaybook::new(self.disk.clone(), self.stand.site.clock.clone())
    }

    /// Writes a file that was last written so many days ago.
    fn aged(&self, name: &str, content: &[u8], days: u32) {
        let path = self.small.path().join(name);
        std::fs::write(&path, content).expect("written");
        let now = std::fs::metadata(&path).and_then(|about| about.modified()).expect("a time");
        let file = std::fs::File::options().write(true).open(&path).expect("the file");
        file.set_modified(now - DAY * days).expect("a time");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).expect("a mode");
    }

    /// Two old logs and a new one, five snapshots, one disposable file.
    fn with_all(self) -> Self {
        self.aged("logs/a.log", &text(300 * KIB), 9);
        self.aged("logs/b.log", &text(700 * KIB), 8);
        self.aged("logs/new.log", &text(20 * KIB), 1);
        for (at, days) in [50, 40, 30, 20, 10].into_iter().enumerate() {
            self.aged(&format!("snapshots/{at}"), &noise(200 * KIB, days), days);
        }
        self.aged("tmp/scratch", &noise(100 * KIB, 1), 0);
        self
    }

    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        for folder in ["logs", "snapshots", "tmp"] {
            for (name, what) in read(&self.small.path().join(folder)) {
                tree.insert(format!("{folder}/{name}"), what);
            }
        }
        tree
    }

    async fn remedy(&self, title: &str) -> Remedy {
        let (playbook, wanted) = (self.playbook(), title);
        let remedies = playbook.remedies(&playbook.look().await);
        let found = remedies.into_iter().find(|remedy| remedy.title.starts_with(wanted));
        found.expect("a remedy with this title")
    }
}

fn read(folder: &Path) -> Tree {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let what = |path: &Path| {
        let about = std::fs::metadata(path).expect("about a file");
        (std::fs::read(path).expect("read"), about.mode(), about.uid(), about.mtime(), about.mtime_nsec())
    };
    files.map(|entry| (entry.file_name().to_string_lossy().into_owned(), what(&entry.path()))).collect()
}

/// What compresses well.
fn text(bytes: u64) -> Vec<u8> {
    let line = b"2026-11-22T10:00:00Z INFO request served in 12 ms\n".iter().copied().cycle();
    line.take(usize::try_from(bytes).expect("a length")).collect()
}

/// What does not.
fn noise(bytes: u64, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(usize::try_from(bytes).expect("a length")).collect()
}

#[tokio::test]
async fn a_full_disk_is_healed_by_compressing_its_old_logs() {
    let full = Full::new().with_all();
    let before = full.tree();
    full.small.fill("hog");
    let report = full.stand.heal(&full.playbook(), "a").await;
    check(&report, ActOutcome::Healed);
    assert_eq!(report.tried.len(), 1, "{report:#?}");
    assert!(report.first.iter().all(|invariant| invariant.holds == Some(false)), "{report:#?}");
    assert!(full.small.free() >= full.disk.min_free_bytes);
    let after = full.tree();
    for name in ["logs/new.log", "snapshots/0", "tmp/scratch"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert!(!after.contains_key("logs/a.log") && !after.contains_key("logs/b.log"), "{:?}", after.keys());
    // What another program makes of it.
    let beside = full.small.path().join("logs/b.log.gz");
    let out = Command::new("gzip").arg("-dc").arg(beside).output().expect("gzip");
    assert_eq!(out.stdout, before["logs/b.log"].0);
}

#[tokio::test]
async fn what_moved_to_the_secondary_store_comes_back_when_there_is_room() {
    let mut full = Full::new().with_all();
    full.disk.logs = None;
    let before = full.tree();
    full.small.fill("hog");
    let report = full.stand.heal(&full.playbook(), "a").await;
    check(&report, ActOutcome::Relieved);
    assert_eq!(full.tree().keys().filter(|name| name.starts_with("snapshots")).count(), 2);
    assert!(full.tree().contains_key("snapshots/4") && full.tree().contains_key("snapshots/3"));
    assert!(report.advice.iter().any(|line| line.contains("come back")), "{:?}", report.advice);
    let (mut diary, playbook) = (full.stand.diary(), full.playbook());
    assert!(!withdraw(&playbook, &full.stand.site, &mut diary).await.expect("a diary"), "the hog is still there");
    std::fs::remove_file(full.small.path().join("hog")).expect("removed");
    assert!(withdraw(&playbook, &full.stand.site, &mut diary).await.expect("a diary"));
    assert_eq!(full.tree(), before);
    // A folder may stay; nothing is in it.
    let batches = std::fs::read_dir(full.stand.path("store")).expect("the store").flatten();
    assert!(batches.map(|batch| read(&batch.path())).all(|left| left.is_empty()));
}

#[tokio::test]
async fn what_is_disposable_goes_but_not_what_is_in_use_or_where_a_link_leads() {
    let mut full = Full::new().with_all();
    (full.disk.logs, full.disk.snapshots) = (None, None);
    full.aged("tmp/big", &noise(600 * KIB, 3), 0);
    std::fs::create_dir(full.small.path().join("tmp/deep")).expect("a folder");
    full.aged("tmp/deep/inner", &noise(10 * KIB, 3), 0);
    full.aged("tmp/used", &noise(10 * KIB, 3), 0);
    std::os::unix::fs::symlink(full.small.path().join("snapshots"), full.small.path().join("tmp/link"))
        .expect("a link");
    let used = std::fs::File::open(full.small.path().join("tmp/used")).expect("open");
    full.small.fill("hog");
    check(&full.stand.heal(&full.playbook(), "a").await, ActOutcome::Healed);
    let tree = full.tree();
    assert_eq!(tree.keys().filter(|name| name.starts_with("tmp")).collect::<Vec<_>>(), ["tmp/used"]);
    assert_eq!(tree.keys().filter(|name| name.starts_with("snapshots")).count(), 5);
    assert!(!full.small.path().join("tmp/deep/inner").exists());
    drop(used);
}

#[tokio::test]
async fn each_undo_brings_everything_back_byte_for_byte_also_on_a_full_disk() {
    for title in ["Compress", "Move"] {
        let full = Full::new().with_all();
        let before = full.tree();
        full.small.fill("hog");
        let (remedy, playbook) = (full.remedy(title).await, full.playbook());
        let did = playbook.act(&remedy.action).await.expect("done");
        let again = playbook.act(&remedy.action).await.expect("done twice");
        assert_ne!(full.tree(), before, "{did}; {again}");
        let undo = remedy.undo.action().expect("an undo");
        let undone = playbook.act(undo).await.unwrap_or_else(|error| panic!("{title}: {did}; {}", error.whole()));
        assert_eq!(full.tree(), before, "{title}: {did}; {undone}");
        playbook.act(undo).await.expect("undone twice");
        assert_eq!(full.tree(), before);
    }
}

#[tokio::test]
async fn a_log_is_expanded_also_where_both_its_forms_do_not_fit() {
    let full = Full::new();
    full.aged("logs/one.log", &text(700 * KIB), 9);
    let before = full.tree();
    full.small.fill("hog");
    let remedy = full.remedy("Compress").await;
    std::fs::remove_file(full.small.path().join("hog")).expect("removed");
    full.playbook().act(&remedy.action).await.expect("done");
    let beside = std::fs::metadata(full.small.path().join("logs/one.log.gz")).expect("compressed").blocks() * 512;
    let hog = full.small.fill("hog");
    let file = std::fs::File::options().write(true).open(full.small.path().join("hog")).expect("the hog");
    file.set_len(hog - (700 * KIB - beside)).expect("a little room");
    full.playbook().act(remedy.undo.action().expect("an undo")).await.expect("undone");
    assert_eq!(full.tree(), before);
    assert_eq!(full.small.free(), 0);
}

#[tokio::test]
async fn a_log_that_somebody_may_write_stays_as_it_is() {
    let full = Full::new().with_all();
    let path = full.small.path().join("logs/b.log");
    let script = "exec 3>>\"$1\"; echo open; read -r _";
    let mut writer = Command::new("sh");
    writer.args(["-c", script, "sh"]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut writer = writer.spawn().expect("a writer");
    let mut said = [0; 5];
    std::io::Read::read_exact(writer.stdout.as_mut().expect("its output"), &mut said).expect("it is open");
    let before = full.tree();
    full.small.fill("hog");
    let remedy = full.remedy("Compress").await;
    let did = full.playbook().act(&remedy.action).await.expect("done");
    writer.kill().and_then(|()| writer.wait()).expect("ended");
    assert!(did.contains("b.log is being written"), "{did}");
    assert_eq!(full.tree()["logs/b.log"], before["logs/b.log"]);
    assert!(!full.tree().contains_key("logs/a.log"), "{did}");
}

#[tokio::test]
async fn without_a_secondary_store_a_full_disk_first_deletes_and_then_compresses() {
    let mut full = Full::new().with_all();
    full.disk.secondary = None;
    full.aged("tmp/room", &noise(300 * KIB, 5), 0);
    full.small.fill("hog");
    let report = full.stand.heal(&full.playbook(), "a").await;
    check(&report, ActOutcome::Healed);
    let titles: Vec<_> = report.tried.iter().map(|tried| tried.remedy.title.as_str()).collect();
    assert_eq!(titles, ["Delete what is disposable and not in use", "Compress logs older than 7 days"]);
}

#[tokio::test]
async fn when_it_is_not_enough_the_largest_files_are_named_also_those_without_a_name() {
    let mut full = Full::new();
    full.disk.min_free_bytes = 3900 * KIB;
    full.disk.secondary = full.disk.temporary.clone();
    full.aged("snapshots/1", &noise(KIB, 1), 3);
    full.aged("deleted", &noise(600 * KIB, 1), 0);
    let deleted = std::fs::File::open(full.small.path().join("deleted")).expect("open");
    std::fs::remove_file(full.small.path().join("deleted")).expect("removed");
    full.small.fill("hog");
    let report = full.stand.heal(&full.playbook(), "a").await;
    check(&report, ActOutcome::Unhealed);
    let advice = report.advice.join("\n");
    for part in ["hog takes", "614400 bytes of a deleted file", "is on the same disk"] {
        assert!(advice.contains(part), "{advice}");
    }
    drop(deleted);
}

#[tokio::test]
async fn wherever_it_is_cut_off_nothing_is_lost_and_it_can_be_ended_or_taken_back() {
    for title in ["Compress", "Move"] {
        for polls in 1..60 {
            let full = Full::new().with_all();
            let before = full.tree();
            full.small.fill("hog");
            let (remedy, playbook) = (full.remedy(title).await, full.playbook());
            let whole = cut(playbook.act(&remedy.action), polls).await;
            if polls % 2 == 0 {
                playbook.act(&remedy.action).await.expect("ended");
            }
            let undo = remedy.undo.action().expect("an undo");
            playbook.act(undo).await.unwrap_or_else(|error| panic!("{title}, {polls}: {}", error.whole()));
            assert_eq!(full.tree(), before, "{title}, cut off after {polls}");
            if whole {
                break;
            }
            assert!(polls < 59, "{title} never ended");
        }
    }
}
