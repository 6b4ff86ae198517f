//! The tables, as the migrations make them.

diesel::table! {
    lessons (incident) {
        incident -> Uuid,
        number -> BigInt,
        digest -> Text,
        lesson -> Jsonb,
        learned_at -> Timestamptz,
    }
}
