//! How good the search is: labelled queries, what is right of what they find, and the calibration that follows from it. Pure.

pub mod engine;
pub mod fit;
pub mod labelled;
pub mod measure;
pub mod report;

use crate::calibration::{Calibration, Fit};
use engine::{ENGINES, Engine, Observed};
use labelled::Split;

/// One engine with what was measured of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Which.
    pub engine: Engine,
    /// Its fit to the queries that are for fitting.
    pub fit: Fit,
    /// What each query found, by that fit.
    pub answers: Vec<measure::Answer>,
    /// The same, each query by a fit to other folds than its own, where it is for fitting; held-out queries by [`Judged::fit`].
    pub crossed: Vec<measure::Answer>,
}

/// Fits and judges every engine that the observations allow: without meaning, those by words alone.
pub fn judge(observed: &[Observed]) -> Vec<Judged> {
    let with_meaning = observed.iter().any(|observed| observed.with_meaning.is_some());
    ENGINES
        .iter()
        .filter(|engine| with_meaning || !engine.needs_meaning)
        .map(|engine| judge_one(*engine, observed))
        .collect()
}

fn judge_one(engine: Engine, observed: &[Observed]) -> Judged {
    let chosen = |wanted: &dyn Fn(&Observed) -> bool| -> Vec<&Observed> {
        observed.iter().filter(|observed| wanted(observed)).collect()
    };
    let fit = fit::fit(engine, &chosen(&|observed| observed.query.split() == Split::Fit));
    let answers = observed.iter().map(|observed| measure::answer(engine, &fit, observed)).collect();
    let folds: Vec<Fit> = (0..labelled::FOLDS)
        .map(|fold| {
            let others = |observed: &Observed| observed.query.split() == Split::Fit && observed.query.fold() != fold;
            fit::fit(engine, &chosen(&others))
        })
        .collect();
    let crossed = observed.iter().map(|observed| {
        let other = folds.get(observed.query.fold()).filter(|_| observed.query.split() == Split::Fit);
        measure::answer(engine, other.unwrap_or(&fit), observed)
    });
    Judged { engine, crossed: crossed.collect(), fit, answers }
}

/// The calibration that follows: the engine by words alone, and the fused one where it could be judged; else as it was.
pub fn calibration(judged: &[Judged], before: &Calibration) -> Calibration {
    let of = |name: &str| judged.iter().find(|judged| judged.engine.name == name).map(|judged| judged.fit.clone());
    Calibration {
        lexical: of(engine::LEXICAL).unwrap_or_else(|| before.lexical.clone()),
        fused: of(engine::FUSED).unwrap_or_else(|| before.fused.clone()),
    }
}
