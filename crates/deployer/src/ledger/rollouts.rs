//! The rows of roll-outs: one a commit.

use super::schema::{rollouts, targets};
use super::targets::set_live;
use super::{Ledger, LedgerError, instances::mark};
use crate::course::Course;
use crate::instance::{InstanceId, InstanceState};
use crate::plan::Stage;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use wire::rollout::{Mode, RolloutOutcome};
use wire::{CommitId, TargetName};

/// How many roll-outs are looked at for suspects.
const MAX_SWITCHED: i64 = 50;

#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = rollouts, treat_none_as_null = true)]
struct RolloutRow {
    target: String,
    commit: String,
    mode: &'static str,
    stage: &'static str,
    outcome: &'static str,
    attempt: i32,
    key: Option<String>,
    began_at: DateTime<Utc>,
    switched_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    course: Value,
    report: Value,
}

impl TryFrom<&Course> for RolloutRow {
    type Error = LedgerError;
    fn try_from(course: &Course) -> Result<Self, LedgerError> {
        let form = |_| LedgerError::Form { what: "a roll-out" };
        Ok(Self {
            target: course.order.target.to_string(),
            commit: course.order.commit.to_string(),
            mode: match course.order.mode {
                Mode::Plain => "plain",
                Mode::Heal { .. } => "heal",
            },
            stage: course.stage.as_str(),
            outcome: match course.report.outcome {
                RolloutOutcome::Live => "live",
                RolloutOutcome::Refused => "refused",
                RolloutOutcome::RolledBack => "rolled_back",
                RolloutOutcome::Superseded => "superseded",
                RolloutOutcome::Unknown => "unknown",
            },
            attempt: i32::try_from(course.attempt).unwrap_or(i32::MAX),
            key: course.order.asked.as_ref().map(|asked| asked.key.to_string()),
            began_at: course.began_at,
            switched_at: course.report.switched_at,
            ended_at: course.ended_at,
            course: serde_json::to_value(course).map_err(form)?,
            report: serde_json::to_value(&course.report).map_err(form)?,
        })
    }
}

/// What a step changes besides the roll-out itself.
#[derive(Debug, Default)]
pub(crate) struct Change<'a> {
    /// What runs from now on: instance (none where a pipeline runs it), commit, since when.
    pub(crate) live: Option<(Option<InstanceId>, &'a CommitId, DateTime<Utc>)>,
    /// Whether that counts as a roll-out that went live.
    pub(crate) counts: bool,
    /// New states.
    pub(crate) states: Vec<(InstanceId, InstanceState)>,
}

impl Ledger {
    /// Records a roll-out's step with what it changes, in one transaction.
    pub(crate) async fn record(
        &self,
        course: &Course,
        change: Change<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let row = RolloutRow::try_from(course)?;
        let live = change.live.map(|(instance, commit, since)| (instance, commit.clone(), since));
        let (counts, states) = (change.counts, change.states);
        self.db
            .run(|conn| {
                Box::pin(async move {
                    save(conn, &row).await?;
                    if let Some((instance, commit, since)) = live {
                        set_live(conn, &row.target, (instance, &commit, since), counts).await?;
                    }
                    for (instance, state) in states {
                        mark(conn, instance, state, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Records a live instance that took the place of one that died. No roll-out: the commit stays.
    pub(crate) async fn revived(
        &self,
        target: &TargetName,
        dead: InstanceId,
        fresh: InstanceId,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let live = (targets::instance.eq(fresh.0), targets::since.eq(now));
                    diesel::update(targets::table.find(&target)).set(live).execute(conn).await?;
                    mark(conn, fresh, InstanceState::Live, now).await?;
                    mark(conn, dead, InstanceState::Draining, now).await
                })
            })
            .await
    }

    /// The roll-out of a commit.
    pub(crate) async fn rollout(&self, target: &TargetName, commit: &CommitId) -> Result<Option<Course>, LedgerError> {
        let (target, commit) = (target.to_string(), commit.to_string());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = rollouts::table.find((&target, &commit)).select(rollouts::course);
                    read(row.first(conn).await.optional()?)
                })
            })
            .await
    }

    /// The roll-outs that switched traffic in a time, newest first.
    pub(crate) async fn switched(
        &self,
        target: &TargetName,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<Course>, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let rows = rollouts::table
                        .filter(rollouts::target.eq(&target).and(rollouts::switched_at.between(from, to)))
                        .order(rollouts::switched_at.desc())
                        .limit(MAX_SWITCHED)
                        .select(rollouts::course);
                    let courses: Vec<Value> = rows.load(conn).await?;
                    courses.into_iter().map(|course| read(Some(course))).collect::<Result<Vec<_>, _>>()
                })
            })
            .await
            .map(|courses: Vec<Option<Course>>| courses.into_iter().flatten().collect())
    }

    /// A roll-out that was cut short after its switch was intended.
    pub(crate) async fn unfinished(&self, target: &TargetName) -> Result<Option<Course>, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let open = [Stage::Switching, Stage::Baking, Stage::Reverting].map(Stage::as_str);
                    let row = rollouts::table
                        .filter(rollouts::target.eq(&target).and(rollouts::stage.eq_any(open)))
                        .order(rollouts::began_at)
                        .select(rollouts::course);
                    read(row.first(conn).await.optional()?)
                })
            })
            .await
    }
}

async fn save(conn: &mut AsyncPgConnection, row: &RolloutRow) -> Result<(), LedgerError> {
    diesel::insert_into(rollouts::table)
        .values(row)
        .on_conflict((rollouts::target, rollouts::commit))
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

fn read(course: Option<Value>) -> Result<Option<Course>, LedgerError> {
    let read = |value| serde_json::from_value(value).map_err(|_| LedgerError::Form { what: "a roll-out" });
    course.map(read).transpose()
}
