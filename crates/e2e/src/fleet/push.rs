//! What a developer pushes, and what the route table says.

use super::{Fleet, RECOVERY};
use git2::{Oid, Repository, Signature};
use testkit::{eventually, repository};
use wire::CommitId;
use wire::rollout::RouteTable;

impl Fleet {
    /// A developer's commit with another text as a file, on the branch.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn push(&self, file: &str, text: &str) -> CommitId {
        let repository = Repository::open_bare(&self.tiny.remote).expect("the remote");
        let head = Oid::from_str(self.tiny.head().as_str()).expect("an id");
        let parent = repository.find_commit(head).expect("the head");
        let blob = repository.blob(text.as_bytes()).expect("a blob");
        let mut update = git2::build::TreeUpdateBuilder::new();
        let update = update.upsert(file, blob, git2::FileMode::Blob);
        let tree = update.create_updated(&repository, &parent.tree().expect("a tree")).expect("a tree");
        let tree = repository.find_tree(tree).expect("a tree");
        let who = Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
        let id = repository.commit(Some("refs/heads/main"), &who, &who, "Write it otherwise", &tree, &[&parent]);
        id.expect("a commit").to_string().parse().expect("an id")
    }

    /// A developer mends the greeting; waits until that is what runs and is seen to be well.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn push_well(&self) {
        let faulty = repository::read(&self.tiny.remote, "faults/greet.py");
        self.push("faults/greet.py", &faulty.replace("\"value \" + value", "\"value \" + str(value)"));
        self.until_live_is_head().await;
        eventually("the greeting is well", RECOVERY, async || (self.greet().await == 200).then_some(())).await;
    }

    /// A developer breaks it again.
    pub fn push_broken(&self) -> CommitId {
        let well = repository::read(&self.tiny.remote, "faults/greet.py");
        self.push("faults/greet.py", &well.replace("\"value \" + str(value)", "\"value \" + value"))
    }

    /// The route table's file.
    ///
    /// # Panics
    /// When there is none.
    pub fn route_table(&self) -> RouteTable {
        let text = std::fs::read(self.stack.layout.at("routes/routes.json")).expect("the route table");
        serde_json::from_slice(&text).expect("a route table")
    }
}
