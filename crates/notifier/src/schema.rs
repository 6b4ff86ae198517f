//! The tables, as the migrations make them.

diesel::table! {
    sinks (name) {
        name -> Text,
        since -> Timestamptz,
        txid -> BigInt,
        event -> BigInt,
        delivered -> BigInt,
        holder -> Text,
        held_until -> Timestamptz,
    }
}

diesel::table! {
    dead_letters (sink, message) {
        sink -> Text,
        message -> Text,
        body -> Jsonb,
        problem -> Text,
        at -> Timestamptz,
    }
}
