//! The tables, as the migrations make them.

diesel::table! {
    targets (target) {
        target -> Text,
        fence -> BigInt,
        epoch -> BigInt,
        commit -> Nullable<Text>,
        instance -> Nullable<Uuid>,
        since -> Nullable<Timestamptz>,
        generation -> BigInt,
        rollouts -> BigInt,
    }
}

diesel::table! {
    instances (id) {
        id -> Uuid,
        target -> Text,
        colour -> Text,
        commit -> Text,
        tree -> Text,
        artefact -> Text,
        port -> Integer,
        pid -> Nullable<Integer>,
        started -> Nullable<BigInt>,
        state -> Text,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    rollouts (target, commit) {
        target -> Text,
        commit -> Text,
        mode -> Text,
        stage -> Text,
        outcome -> Text,
        attempt -> Integer,
        key -> Nullable<Text>,
        began_at -> Timestamptz,
        switched_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        course -> Jsonb,
        report -> Jsonb,
    }
}

diesel::table! {
    callbacks (target, id) {
        target -> Text,
        id -> Text,
        digest -> Text,
        commit -> Text,
        sent_at -> Timestamptz,
        received_at -> Timestamptz,
        taken -> Bool,
        callback -> Jsonb,
    }
}
