//! The tables, as the migrations make them.

diesel::table! {
    lessons (incident, digest) {
        incident -> Uuid,
        number -> BigInt,
        digest -> Text,
        lesson -> Jsonb,
        learned_at -> Timestamptz,
    }
}

diesel::table! {
    given_documents (id) {
        id -> Text,
        number -> BigInt,
        text -> Text,
        given_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    vectors (text, model) {
        text -> Text,
        model -> Text,
        vector -> Bytea,
        used_on -> Date,
    }
}
