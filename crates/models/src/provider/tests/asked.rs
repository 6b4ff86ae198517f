use super::*;
use secrecy::ExposeSecret;

#[test]
fn the_key_is_in_its_header_and_nowhere_else() {
    let headers = all().map(|provider| {
        let parts = provider.encode(&question());
        let shown = format!("{parts:?}{provider:?}");
        assert!(!shown.contains("hunter2") && !parts.body.to_string().contains("hunter2"), "{shown}");
        parts.key.map(|(name, key)| (name, key.expose_secret().to_owned()))
    });
    let header = |name, value: &str| Some((name, value.to_owned()));
    assert_eq!(
        headers,
        [
            header("x-api-key", "hunter2"),
            header("x-goog-api-key", "hunter2"),
            header("authorization", "Bearer hunter2"),
            None
        ]
    );
}

#[test]
fn each_is_asked_on_its_path_for_an_answer_of_the_form_in_its_own_way() {
    let (question, schema) = (question(), question().schema);
    let parts = anthropic().encode(&question);
    assert_eq!(parts.path, "/v1/messages");
    assert_eq!(parts.headers, [("anthropic-version", "2023-06-01".to_owned())]);
    assert_eq!(parts.body["tools"][0]["input_schema"], schema);
    assert_eq!(parts.body["tool_choice"]["name"], "propose_patch");
    assert_eq!((&parts.body["max_tokens"], &parts.body["model"]), (&json!(900), &json!("claude-x")));
    assert!(parts.body.get("temperature").is_none(), "newer models refuse it");

    let parts = gemini().encode(&question);
    assert_eq!(parts.path, "/v1beta/models/gemini-x:streamGenerateContent?alt=sse");
    assert_eq!(parts.body["generationConfig"]["responseJsonSchema"], schema);
    assert_eq!(parts.body["generationConfig"]["responseMimeType"], "application/json");
    assert_eq!(parts.body["generationConfig"]["maxOutputTokens"], 900);

    let parts = openai().encode(&question);
    assert_eq!(parts.path, "/chat/completions");
    assert_eq!(parts.body["response_format"]["json_schema"]["schema"], schema);
    assert_eq!(parts.body["response_format"]["json_schema"]["strict"], true);
    assert_eq!(parts.body["max_completion_tokens"], 900);
    assert_eq!((&parts.body["stream"], &parts.body["stream_options"]["include_usage"]), (&json!(true), &json!(true)));

    let parts = ollama().encode(&question);
    assert_eq!(parts.path, "/api/chat");
    assert_eq!((&parts.body["format"], &parts.body["stream"]), (&schema, &json!(false)));
    assert_eq!(parts.body["options"]["num_ctx"], 8_192);
}

#[test]
fn the_task_and_what_it_is_about_are_kept_apart() {
    let [anthropic, gemini, openai, ollama] = all().map(|provider| provider.encode(&question()).body);
    assert_eq!(anthropic["system"][0]["text"], "SYSTEM");
    assert_eq!(anthropic["messages"][0]["content"][0]["text"], "PROMPT");
    assert_eq!(gemini["systemInstruction"]["parts"][0]["text"], "SYSTEM");
    assert_eq!(gemini["contents"][0]["parts"][0]["text"], "PROMPT");
    for body in [openai, ollama] {
        assert!(body["messages"][0]["content"].as_str().unwrap().starts_with("SYSTEM"));
        assert_eq!(body["messages"][0]["role"], "system");
        assert_eq!(body["messages"][1], json!({ "role": "user", "content": "PROMPT" }));
    }
}
