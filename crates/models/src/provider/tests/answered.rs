use super::*;
use wire::model::ModelOutcome;

fn said() -> Value {
    json!({ "a": 1 })
}

#[track_caller]
fn answers(provider: &dyn Provider, body: &Value, usage: (u64, u64)) {
    let reply = provider.decode(&raw(200, &body.to_string()));
    assert_eq!(reply.said, Ok(said()), "{body}");
    assert_eq!((reply.usage.input, reply.usage.output), usage, "{body}");
}

#[track_caller]
fn brings_none(provider: &dyn Provider, body: &Value, wanted: ModelOutcome) {
    let reply = provider.decode(&raw(200, &body.to_string()));
    let error = reply.said.expect_err("no answer");
    assert_eq!(error.outcome(), wanted, "{body}: {error}");
}

#[test]
fn of_anthropic_a_tool_call_or_a_text() {
    let message = |content: Value, reason: &str| {
        json!({ "type": "message", "content": content, "stop_reason": reason, "stop_details": null,
            "usage": { "input_tokens": 20, "output_tokens": 5, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 1 } })
    };
    let tool = json!({ "type": "tool_use", "id": "toolu_1", "name": "propose_patch", "input": { "a": 1 } });
    let thought = json!({ "type": "thinking", "thinking": "{\"a\":2}", "signature": "x" });
    answers(&anthropic(), &message(json!([thought, tool]), "tool_use"), (24, 5));
    answers(
        &anthropic(),
        &message(json!([{ "type": "text", "text": "Here:\n```json\n{\"a\":1}\n```" }]), "end_turn"),
        (24, 5),
    );
    brings_none(&anthropic(), &message(json!([]), "refusal"), ModelOutcome::Declined);
    brings_none(&anthropic(), &message(json!([tool]), "max_tokens"), ModelOutcome::Truncated);
    brings_none(&anthropic(), &message(json!([tool]), "model_context_window_exceeded"), ModelOutcome::Truncated);
    brings_none(&anthropic(), &message(json!([tool]), "something_new"), ModelOutcome::Malformed);
    brings_none(&anthropic(), &message(json!([]), "end_turn"), ModelOutcome::Malformed);
    brings_none(
        &anthropic(),
        &message(json!([{ "type": "tool_use", "input": "x" }]), "tool_use"),
        ModelOutcome::Malformed,
    );
    brings_none(&anthropic(), &json!({}), ModelOutcome::Malformed);
}

#[test]
fn of_gemini_the_text_without_the_thoughts() {
    let usage =
        json!({ "promptTokenCount": 20, "candidatesTokenCount": 5, "thoughtsTokenCount": 2, "totalTokenCount": 27 });
    let answer = |candidate: Value| json!({ "candidates": [candidate], "usageMetadata": usage, "responseId": "abc" });
    let parts = json!({ "parts": [{ "text": "{\"a\":2}", "thought": true }, { "text": "{\"a\":" }, { "text": "1}" }] });
    answers(&gemini(), &answer(json!({ "content": parts, "finishReason": "STOP" })), (20, 7));
    for reason in ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "MODEL_ARMOR"] {
        brings_none(&gemini(), &answer(json!({ "content": parts, "finishReason": reason })), ModelOutcome::Declined);
    }
    brings_none(&gemini(), &answer(json!({ "finishReason": "MAX_TOKENS" })), ModelOutcome::Truncated);
    brings_none(&gemini(), &answer(json!({ "finishReason": "STOP" })), ModelOutcome::Malformed);
    brings_none(&gemini(), &answer(json!({ "finishReason": "MALFORMED_RESPONSE" })), ModelOutcome::Malformed);
    brings_none(&gemini(), &json!({ "promptFeedback": { "blockReason": "SAFETY" } }), ModelOutcome::Declined);
    brings_none(&gemini(), &json!({ "candidates": [] }), ModelOutcome::Malformed);
    assert_eq!(gemini().decode(&raw(200, &answer(json!({})).to_string())).request_id.as_deref(), Some("abc"));
}

#[test]
fn of_chat_completions_the_content_or_a_tools_arguments() {
    let answer = |message: Value, reason: &str| {
        json!({ "id": "chatcmpl-1", "choices": [{ "index": 0, "finish_reason": reason, "message": message }],
            "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 } })
    };
    let content = |text: &str| json!({ "role": "assistant", "content": text, "refusal": null });
    let called = |arguments: Value| json!({ "content": null, "tool_calls": [{ "function": { "name": "f", "arguments": arguments } }] });
    answers(&openai(), &answer(content("{\"a\":1}"), "stop"), (20, 5));
    answers(&openai(), &answer(content("Sure.\n```json\n{\"a\":1}\n```\nDone."), "stop"), (20, 5));
    answers(&openai(), &answer(called(json!("{\"a\":1}")), "tool_calls"), (20, 5));
    answers(&openai(), &answer(called(json!({ "a": 1 })), "tool_calls"), (20, 5));
    answers(&openai(), &json!({ "choices": [{ "finish_reason": "stop", "message": content("{\"a\":1}") }] }), (0, 0));
    brings_none(&openai(), &answer(content("{\"a\":"), "length"), ModelOutcome::Truncated);
    brings_none(&openai(), &answer(content("{\"a\":"), "stop"), ModelOutcome::Malformed);
    brings_none(&openai(), &answer(content("[1]"), "stop"), ModelOutcome::Malformed);
    brings_none(&openai(), &answer(content(""), "stop"), ModelOutcome::Malformed);
    brings_none(&openai(), &answer(json!({ "content": null, "refusal": "I cannot" }), "stop"), ModelOutcome::Declined);
    brings_none(&openai(), &answer(content(""), "content_filter"), ModelOutcome::Declined);
    brings_none(&openai(), &answer(called(json!("{")), "tool_calls"), ModelOutcome::Malformed);
    brings_none(&openai(), &json!({ "choices": [] }), ModelOutcome::Malformed);
    brings_none(&openai(), &json!({ "error": { "message": "upstream", "code": 502 } }), ModelOutcome::Malformed);
}

#[test]
fn of_ollama_the_content_unless_it_did_not_read_the_whole_question() {
    let answer = |content: &str, reason: &str, read: u64| {
        json!({ "message": { "role": "assistant", "content": content, "thinking": "" }, "done": true, "done_reason": reason,
            "prompt_eval_count": read, "eval_count": 5 })
    };
    answers(&ollama(), &answer("{\"a\":1}", "stop", 20), (20, 5));
    brings_none(&ollama(), &answer("{\"a\":1}", "stop", 8_192), ModelOutcome::Truncated);
    brings_none(&ollama(), &answer("{\"a\"", "length", 20), ModelOutcome::Truncated);
    brings_none(&ollama(), &answer("    ", "stop", 20), ModelOutcome::Malformed);
    brings_none(&ollama(), &answer("", "load", 0), ModelOutcome::Malformed);
    brings_none(&ollama(), &json!({ "error": "it broke" }), ModelOutcome::Malformed);
}

#[test]
fn a_body_that_is_none_is_malformed_and_never_an_answer() {
    for provider in all() {
        for body in ["", " \n", "{", "<html>502</html>", "null", "[]", "\u{0}", "{\"choices\":"] {
            let error = provider.decode(&raw(200, body)).said.expect_err("no answer");
            assert_eq!(error.outcome(), ModelOutcome::Malformed, "{provider:?} {body:?}");
        }
        let error = provider.decode(&Raw { body: vec![0xff, 0xfe, b'{'], ..raw(200, "") }).said.expect_err("no answer");
        assert_eq!(error.outcome(), ModelOutcome::Malformed);
    }
}
