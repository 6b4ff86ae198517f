use super::*;

fn tried(errors: &[Option<ModelError>]) -> Result<Refusal, Failure> {
    let tried: Vec<_> = errors.iter().map(|error| ("double/m".to_owned(), error.clone())).collect();
    unanswered(&tried)
}

#[test]
fn somebody_who_may_be_back_makes_it_a_failure_and_not_a_refusal() {
    let away = ModelError::Network("cut".into());
    let declined = ModelError::Declined("refusal".into());
    for errors in
        [vec![Some(away.clone())], vec![None], vec![Some(away), Some(declined.clone())], vec![None, Some(declined)]]
    {
        assert!(matches!(tried(&errors), Err(Failure::ModelsAway(_))), "{errors:?}");
    }
}

#[test]
fn what_will_not_change_is_a_refusal_with_its_own_code() {
    for (error, code) in [
        (ModelError::Declined("x".into()), "declined"),
        (ModelError::Truncated, "truncated"),
        (ModelError::Empty, "malformed"),
        (ModelError::Malformed("x".into()), "malformed"),
        (ModelError::Oversized(9), "malformed"),
        (ModelError::Quota(429), "model_rejected"),
        (ModelError::Rejected { status: 401, why: "authentication_error".into() }, "model_rejected"),
    ] {
        let refusal = tried(&[Some(error.clone())]).expect("a refusal");
        assert_eq!(refusal.code, code, "{error:?}");
        assert!(refusal.why.starts_with("double/m: "), "{}", refusal.why);
    }
}

#[track_caller]
fn planner(keys: &Keys, change: impl FnOnce(&mut Models)) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Models::default();
    change(&mut settings);
    let now = chassis::Clock::now(&*chassis::clock::system());
    Planner::new(&settings, keys, folder.path(), now).map(|planner| planner.chain.titles())
}

fn both() -> Keys {
    Keys { anthropic: Some("hunter2".into()), gemini: Some("hunter2".into()), ..Keys::default() }
}

#[test]
fn who_has_a_key_or_is_on_this_machine_is_asked_in_the_order_of_the_settings() {
    assert!(planner(&Keys::default(), |_| {}).unwrap().is_empty(), "without a key nobody is asked");
    assert_eq!(planner(&both(), |_| {}).unwrap(), ["anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash"]);
    let local = planner(&both(), |models| {
        models.order = " ollama, gemini ".into();
        models.ollama.model = "qwen3-coder:30b".into();
    });
    assert_eq!(local.unwrap(), ["ollama/qwen3-coder:30b", "gemini/gemini-3.8-flash"]);
    assert!(planner(&Keys { offline: true, ..both() }, |models| models.ollama.model = "x".into()).unwrap().is_empty());
}

#[test]
fn settings_that_would_leak_or_not_bite_fail_the_start() {
    let bad: [fn(&mut Models); 6] = [
        |models| models.order = "anthropic,nobody".into(),
        |models| models.anthropic.base_url = "http://api.anthropic.com".into(),
        |models| models.anthropic.output_price = 0,
        |models| models.gemini.input_price = 0,
        |models| models.gemini.model = "../../x".into(),
        |models| models.anthropic.base_url = "https://user:hunter2@host".into(),
    ];
    for (index, change) in bad.into_iter().enumerate() {
        let error = format!("{:#}", planner(&both(), change).expect_err("no start"));
        assert!(error.contains("the model provider") && !error.contains("hunter2"), "{index}: {error}");
    }
}
