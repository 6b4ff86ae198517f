//! Cures by the same way as in a recovery: the knowledge base's plan for the fault's code, and the patcher's engine.

use crate::fault::Fault;
use crate::tree::is_sound;
use anyhow::Context;
use camino::Utf8Path;
use codemod::Codemod;
use rag_gateway::gateway::Gateway;
use std::collections::BTreeMap;
use wire::IncidentId;
use wire::plan::{PlanRequest, Remedy};

/// The language of the fault files.
const LANGUAGE: &str = "rust";
/// Nobody listens there: plans come from the folder alone, and nothing that was learned elsewhere helps.
const NO_DATABASE: &str = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1";

/// The options of the plan for each fault, in the order in which they are tried.
#[derive(Debug)]
pub struct Cures {
    by_fault: BTreeMap<Fault, Vec<(String, Codemod)>>,
}

/// What the options did to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cure {
    /// The document whose rule matched.
    pub document: String,
    /// The file after it.
    pub text: String,
}

impl Cures {
    /// Asks the knowledge base of a folder for the plan of each fault.
    ///
    /// # Errors
    /// When the folder cannot be read, a plan has no option, or a rule is not one.
    pub async fn of(knowledge: &Utf8Path) -> anyhow::Result<Self> {
        let settings = rag_gateway::Settings { knowledge: knowledge.to_owned(), ..Default::default() };
        let gateway = Gateway::open(&settings, NO_DATABASE, chassis::clock::system())?;
        let mut by_fault = BTreeMap::new();
        for fault in Fault::ALL {
            let plan = gateway.plan(&request(fault)?).await;
            let options: anyhow::Result<Vec<(String, Codemod)>> = (plan.options.into_iter())
                .filter_map(|option| match option.remedy {
                    Remedy::Codemod { document, rule, .. } => Some((document, rule)),
                    _ => None,
                })
                .map(|(document, rule)| {
                    let codemod = Codemod::new(&rule, LANGUAGE).with_context(|| format!("the rule of {document}"))?;
                    Ok((document, codemod))
                })
                .collect();
            let options = options?;
            anyhow::ensure!(!options.is_empty(), "the plan for the fault {} has no option", fault.name());
            by_fault.insert(fault, options);
        }
        Ok(Self { by_fault })
    }

    /// The documents of a fault's options, in their order.
    pub fn documents(&self, fault: Fault) -> Vec<&str> {
        self.by_fault.get(&fault).into_iter().flatten().map(|(document, _)| document.as_str()).collect()
    }

    /// What each option that matches makes of a file, in the order in which they are tried.
    ///
    /// # Errors
    /// When the engine fails, or a result does not parse.
    pub fn all(&self, fault: Fault, source: &str) -> anyhow::Result<Vec<Cure>> {
        let mut cures = Vec::new();
        for (document, codemod) in self.by_fault.get(&fault).into_iter().flatten() {
            if let Some(text) = codemod.rewrite(source).with_context(|| document.clone())? {
                cures.push(Cure { document: document.clone(), text });
            }
        }
        Ok(cures)
    }

    /// The first of them after which the file is sound and the fault is gone.
    ///
    /// # Errors
    /// See [`Cures::all`].
    pub fn first(&self, fault: Fault, source: &str) -> anyhow::Result<Option<Cure>> {
        let healed = |cure: &Cure| is_sound(&cure.text) && !fault.is_in(&cure.text);
        Ok(self.all(fault, source)?.into_iter().find(healed))
    }
}

/// What the healer asks when the application has logged the fault.
fn request(fault: Fault) -> anyhow::Result<PlanRequest> {
    let (reason, message) = fault.symptom();
    let code = fault.code()?;
    let line = format!(r#"{{"level":"error","message":"{message}","marker":"{code}","reason":"{reason}"}}"#);
    Ok(PlanRequest {
        incident: IncidentId::fresh(),
        target: "fault-app".parse().map_err(|error| anyhow::anyhow!("no name: {error}"))?,
        language: LANGUAGE.to_owned(),
        code,
        message: message.to_owned(),
        reason: Some(reason.to_owned()),
        context: vec![line],
        tried: Vec::new(),
        suspects: Vec::new(),
        declared: None,
        playbook: None,
        models: false,
    })
}
