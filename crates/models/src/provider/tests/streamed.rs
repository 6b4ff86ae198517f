use super::*;

fn streamed(pieces: &[&str]) -> Raw {
    let body: String = pieces.iter().map(|piece| format!("event: x\ndata: {piece}\n\n: ping\n\n")).collect();
    Raw {
        headers: [("content-type".to_owned(), "text/event-stream; charset=utf-8".to_owned())].into(),
        ..raw(200, &body)
    }
}

const ANTHROPIC: [&str; 8] = [
    r#"{"type":"message_start","message":{"usage":{"input_tokens":20,"cache_read_input_tokens":4,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"{\"a\":2}"}}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":":1}"}}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}"#,
    r#"{"type":"message_stop"}"#,
];
const OPENAI: [&str; 5] = [
    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
    r#"{"choices":[{"index":0,"delta":{"content":"{\"a\""},"finish_reason":null}]}"#,
    r#"{"choices":[{"index":0,"delta":{"content":":1}"},"finish_reason":null}]}"#,
    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    r#"{"choices":[],"usage":{"prompt_tokens":24,"completion_tokens":5}}"#,
];
const GEMINI: [&str; 2] = [
    r#"{"candidates":[{"content":{"parts":[{"text":"x","thought":true},{"text":"{\"a\""}]}}],"usageMetadata":{"promptTokenCount":24}}"#,
    r#"{"candidates":[{"content":{"parts":[{"text":":1}"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":24,"candidatesTokenCount":5}}"#,
];

fn each() -> [(Box<dyn Provider>, Vec<&'static str>); 3] {
    [
        (Box::new(anthropic()), ANTHROPIC.to_vec()),
        (Box::new(openai()), OPENAI.to_vec()),
        (Box::new(gemini()), GEMINI.to_vec()),
    ]
}

#[test]
fn pieces_come_to_what_they_would_have_been_at_once() {
    for (provider, pieces) in each() {
        let reply = provider.decode(&streamed(&pieces));
        assert_eq!(reply.said, Ok(json!({ "a": 1 })), "{provider:?}");
        assert_eq!((reply.usage.input, reply.usage.output), (24, 5), "{provider:?}");
    }
}

#[test]
fn a_stream_without_its_end_is_no_answer_wherever_it_was_cut() {
    for (provider, pieces) in each() {
        let end = if pieces.len() == OPENAI.len() { 3 } else { pieces.len() - 1 };
        for pieces in (0..=end).filter_map(|end| pieces.get(..end)) {
            let error = provider.decode(&streamed(pieces)).said.expect_err("no answer");
            assert!(matches!(error, ModelError::Network(_)), "{provider:?} {pieces:?}: {error}");
        }
    }
}

#[test]
fn an_error_or_a_garbled_piece_in_the_midst_is_no_answer() {
    for (provider, mut pieces) in each() {
        pieces.insert(1, "{\"half\":");
        assert!(matches!(provider.decode(&streamed(&pieces)).said, Err(ModelError::Malformed(_))), "{provider:?}");
        for (error, wanted) in [
            (r#"{"type":"error","error":{"type":"overloaded_error"}}"#, ModelError::Busy { status: 529, after: None }),
            (r#"{"error":{"code":503,"status":"UNAVAILABLE"}}"#, ModelError::Failed { status: 503, after: None }),
            (r#"{"error":{"message":"x"}}"#, ModelError::Failed { status: 500, after: None }),
        ] {
            pieces[1] = error;
            assert_eq!(provider.decode(&streamed(&pieces)).said, Err(wanted), "{provider:?}");
        }
    }
}

#[test]
fn a_stream_says_that_it_declined_or_was_cut_off_at_its_limit() {
    let refused =
        [ANTHROPIC[0], r#"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{}}"#, ANTHROPIC[7]];
    assert!(matches!(anthropic().decode(&streamed(&refused)).said, Err(ModelError::Declined(_))));
    let long = [OPENAI[1], r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#];
    assert_eq!(openai().decode(&streamed(&long)).said, Err(ModelError::Truncated));
    let blocked = [r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#];
    assert_eq!(gemini().decode(&streamed(&blocked)).said, Err(ModelError::Declined("SAFETY".into())));
}

#[test]
fn odd_pieces_are_no_answer_and_no_crash() {
    for (provider, _) in each() {
        for odd in [
            "null",
            "7",
            "[]",
            "\"x\"",
            r#"{"choices":7,"candidates":"x","content_block":"x","type":"content_block_start"}"#,
        ] {
            assert!(provider.decode(&streamed(&[odd])).said.is_err(), "{provider:?} {odd}");
        }
    }
    let odd = [
        r#"{"type":"content_block_start","index":0,"content_block":"x"}"#,
        r#"{"type":"message_delta","delta":7,"usage":"x"}"#,
        ANTHROPIC[7],
    ];
    assert!(anthropic().decode(&streamed(&odd)).said.is_err());
}
