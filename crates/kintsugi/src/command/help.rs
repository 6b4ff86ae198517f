//! What `--help` teaches beyond the options.

pub(super) const ALL: &str = "\
Begin with:
  kintsugi doctor                      what this machine lacks, and how to get it
  kintsugi demo                        faults, healed end to end, twice in a row
  kintsugi up                          the stack alone; in another terminal:
  curl -X POST http://127.0.0.1:8000/test-fault/run
  kintsugi incidents list

Exit codes:
  0  done, and every check held
  1  not done, or a check failed
  2  the command line is wrong
  3  the stack does not run, or a service does not answer
  4  the operator's token is missing or not accepted
  5  there is no such incident, document or hand-over
  130  interrupted

Files, below --home:
  stack.json                           where the services of the running stack answer
  secrets/operator-token               the token that the commands use, readable by you only
  logs/services/NAME.log               a service's log;  logs/TARGET/live: a target's own
  remotes/TARGET.git                   the git remote that cures are pushed to
  demo/report.json                     the last demo's figures";

pub(super) const UP: &str = "\
It starts a private PostgreSQL and Redis, every service, the processes beside the targets, and the first version of each
target, all on loopback. A service that dies is started again. Documented ports that are taken are replaced by free ones.

What is watched stands in deploy/local-stack.toml. What it writes is below --home; nothing else on the machine changes.
From the environment: OTEL_EXPORTER_OTLP_ENDPOINT, RUST_LOG, FAULT_MARKER, KINTSUGI_MODEL, and what local-stack.toml names
(API_FAULT_MODE, …).

Examples:
  kintsugi up
  kintsugi --home /var/tmp/other up    a second stack beside the first
  API_FAULT_MODE=none kintsugi up      with a healthy upstream";

pub(super) const DEMO: &str = "\
It ends with a reset and can be run again at once; what an interrupted run left is reset first. It needs the services'
programs (`make demo-cycle` builds them). While it runs, a client asks at a constant rate and no request may fail.

It exits 0 only when every fault failed, was healed with proof and answered well, every reset worked, and no other request
failed. The figures are in HOME/demo/report.json; `cargo xtask check-report FILE` recomputes them from the journals, the git
log and the targets' own log lines.

Examples:
  kintsugi demo                        every fault of deploy/demo.toml but those that are `only_named`, twice
  kintsugi demo --fault sql --cycles 1
  kintsugi demo --fault memory --fault session --fault retry-storm --fault queue --cycles 1
  kintsugi demo --output json > report.json";

pub(super) const DOCTOR: &str = "\
It changes nothing. It exits 1 when something is missing without which the stack does not run; warnings and optional things
do not count.

Examples:
  kintsugi doctor
  kintsugi doctor --output json | jq -r '.findings[] | select(.state == \"missing\") | .mend'";

pub(super) const STATUS: &str = "\
It exits 1 when a part is not ready, 3 when no stack runs.

Example:
  kintsugi status --output json | jq .targets";

pub(super) const RESOURCES: &str = "\
A resource is well when its last look, at most two minutes old, found that everything holds. It exits 1 when one is not, or
when nobody can tell, 3 when no stack runs.

Examples:
  kintsugi resources --target fault-app
  kintsugi resources --output json | jq '.resources[] | select(.held != [])'";

pub(super) const RESET: &str = "\
It pushes a commit that restores the original files (what was learned stays), archives all incidents, clears cooldowns,
and refuses work of the epoch before. It exits 1 when a target's files could not be restored.

Examples:
  kintsugi reset && kintsugi resume
  curl -X POST -H \"authorization: Bearer $(cat .kintsugi/secrets/operator-token)\" \\
    http://127.0.0.1:8000/developer/incidents/reset";

pub(super) const LIST: &str = "\
Examples:
  kintsugi incidents list
  kintsugi incidents list --status escalated --target fault-app
  kintsugi incidents list --archived --limit 500 --output json | jq -r '.incidents[].id'";

pub(super) const SHOW: &str = "\
Examples:
  kintsugi incidents show ID
  kintsugi incidents show ID --diff
  kintsugi incidents show ID --journal";

pub(super) const VERIFY: &str = "\
It reads the journal and the row that is kept of it, computes every hash and the row anew, and compares the certificate's
digests (plan, change, build, commit, replay) with what the journal says. Nothing is written.

Example:
  kintsugi incidents verify ID && echo untouched";

pub(super) const APPROVE: &str = "\
Examples:
  kintsugi incidents list --status awaiting_approval
  kintsugi incidents show ID --diff    read it first
  kintsugi incidents approve ID --note 'reads well'";

pub(super) const HAND_OVER: &str = "\
The target file says in `[handover]` what may be handed over and where it is repeated. Progress is told as it comes; the answer
is there within two minutes, and with `--output json` the one document. It exits 0 when the repeated call was answered well, 1
when it was not: then the answer is a diagnosis.

GET and HEAD are repeated, at most twice. Other calls only with --repeatable, and then with `idempotency-key`. Headers that hold
a secret are refused, and so is a path with one. A call that failed a while ago is handed over with --at, the time when it failed.

Examples:
  kintsugi operations hand-over --target orders --path /orders/7 --status 500
  kintsugi operations hand-over --target orders --method POST --path /orders --header 'content-type: application/json' \\
    --body '{\"item\":7}' --repeatable --key order-7 --error 'connection refused'";

pub(super) const SEARCH: &str = "\
Examples:
  kintsugi kb search a select without columns and without a table
  kintsugi kb search --fault FAULT_DB_TIMEOUT 'canceling statement due to statement timeout'";

pub(super) const SEED: &str = "\
Examples:
  kintsugi kb seed                     the service's own folder again
  kintsugi kb seed ./cures             documents of your own: all or none";

pub(super) const RETRY: &str = "\
A cure was given, a service is back, a disk is free again: the incident begins anew with a new plan. It is refused while a
change of it stands on the branch that was neither proved nor taken back, and after ten times.

Examples:
  kintsugi incidents list --status escalated
  kintsugi kb seed ./cures             the cure that was missing
  kintsugi incidents retry ID --note 'a cure for the new statement'";

pub(super) const REMOVE: &str = "\
What is in the service's own folder is taken out there: remove the file, then `kintsugi kb seed`. A document whose cure
others use is refused until they are removed. Incidents that it healed keep their journals.

Examples:
  kintsugi kb list
  kintsugi kb remove my-cure
  kintsugi kb remove lesson-01932c07-209c-7e2f-a1c4-6f3c5d8e9b10";
