//! Prints how good the search is on labelled queries, and fits its calibration:
//! `cargo run -p rag-gateway --example quality [-- --misses] [-- --write]`.
//!
//! `QUERIES` names another file of labelled queries (one JSON object a line), `KNOWLEDGE` another folder of documents, `MODEL` the
//! folder of a model. `--misses` lists the queries that get a wrong answer; `--write` puts the fit into the crate's `calibration.toml` and the tables into `docs/results/retrieval.md`.

use anyhow::{Context, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use chassis::settings::variable;
use rag_gateway::calibration::Calibration;
use rag_gateway::index::Index;
use rag_gateway::passages::passages_of;
use rag_gateway::quality::engine::{Observed, observe};
use rag_gateway::quality::labelled::{Labelled, Split, parse};
use rag_gateway::quality::{calibration, judge, report};
use rag_gateway::retrieve::Query;
use semantic::MiniLm;

/// What stands above the tables.
const INTRODUCTION: &str = "# Retrieval\n\n\
    Written by `cargo run -p rag-gateway --example quality -- --write`. Each query names the documents that are about it, or none; a\n\
    third of them, chosen by the digest of their text, is held out: nothing was fitted to it. Every engine gets the fault code and\n\
    the marker, where a query has them; *by rank* fuses the reciprocal ranks of the first two. Confidence is a logistic regression\n\
    over the features, scaled by Platt's method to the best hits; below the threshold an engine keeps silent.\n";

fn main() -> anyhow::Result<()> {
    let home = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = variable("KNOWLEDGE").map_or_else(|| home.join("knowledge"), Utf8PathBuf::from);
    let queries = variable("QUERIES").map_or_else(|| home.join("queries/own.jsonl"), Utf8PathBuf::from);
    let weights = variable("MODEL").map_or_else(|| home.join("../../.kintsugi/model"), Utf8PathBuf::from);
    let before = Calibration::committed()?;
    let documents = rag_gateway::knowledge::load(&folder)?;
    let text = std::fs::read_to_string(&queries).with_context(|| format!("cannot read {queries}"))?;
    let known = |id: &str| documents.iter().any(|document| document.id == id);
    let queries = parse(&text, &known).map_err(|why| anyhow!("{queries}: {why}"))?;
    let model = match MiniLm::open(&weights) {
        Ok(model) => Some(model),
        Err(error) => {
            println!("Without meaning: {error}. Fetch a model with scripts/model, or name its folder in MODEL.\n");
            None
        }
    };
    let mut index = Index::new(before.clone());
    for document in &documents {
        index.insert(document.clone());
        if let Some(model) = &model {
            let vectors: Result<Vec<_>, _> = passages_of(document).iter().map(|text| model.embed(text)).collect();
            index.give_vectors(document, &vectors?);
        }
    }
    let observed: Vec<Observed> =
        queries.iter().map(|query| look(&index, model.as_ref(), query)).collect::<Result<_, _>>()?;
    let held_out = queries.iter().filter(|query| query.split() == Split::HeldOut).count();
    let unknown = queries.iter().filter(|query| query.relevant.is_empty()).count();
    let (all, n) = (queries.len(), documents.len());
    let size = format!(
        "{all} queries over {n} documents, {held_out} of them held out; nothing that is known fits {unknown} of them.\n"
    );
    let judged = judge(&observed);
    let text = format!("{INTRODUCTION}\n{size}\n{}", report::tables(&judged, &observed));
    println!("{text}");
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    if asked("--misses") {
        println!("{}", report::misses(&judged, &observed));
    }
    if asked("--write") {
        ensure!(model.is_some(), "nothing is written without meaning: the fused fit would be lost");
        let fitted = calibration(&judged, &before);
        let head = "# Fitted by `cargo run -p rag-gateway --example quality -- --write`. Weights: BM25 (log), share of the query, share of the\n\
            # document, evidence, meaning, same fault code, marker.\n\n";
        std::fs::write(home.join("calibration.toml"), format!("{head}{}", toml::to_string(&fitted)?))?;
        std::fs::write(home.join("../../docs/results/retrieval.md"), text)?;
    }
    Ok(())
}

fn look(index: &Index, model: Option<&MiniLm>, query: &Labelled) -> anyhow::Result<Observed> {
    let vector =
        model.map(|model| model.embed(&Query::new(query.code.clone(), query.query.clone()).gist())).transpose()?;
    Ok(observe(index, query, vector.as_deref()))
}
