//! The tables, as the migrations make them.

diesel::table! {
    incidents (id) {
        id -> Uuid,
        target -> Text,
        code -> Text,
        status -> Text,
        open -> Bool,
        under_way -> Bool,
        epoch -> BigInt,
        position -> BigInt,
        head -> Text,
        occurrences -> BigInt,
        detected_at -> Timestamptz,
        updated_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
        wake_at -> Nullable<Timestamptz>,
        done -> Bool,
        state -> Jsonb,
        parent -> Nullable<Uuid>,
    }
}

diesel::table! {
    incident_events (id) {
        id -> BigInt,
        txid -> BigInt,
        incident_id -> Uuid,
        position -> BigInt,
        kind -> Text,
        key -> Text,
        payload -> Jsonb,
        trace_parent -> Nullable<Text>,
        at -> Timestamptz,
        hash -> Text,
    }
}

diesel::table! {
    occurrences (target, event_id) {
        target -> Text,
        event_id -> Text,
        incident_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    healing (one) {
        one -> Bool,
        epoch -> BigInt,
        paused -> Bool,
        reset_at -> Nullable<Timestamptz>,
        reset_pending -> Array<Text>,
    }
}

diesel::table! {
    leases (incident_id) {
        incident_id -> Uuid,
        target -> Text,
        holder -> Text,
        fence -> BigInt,
        epoch -> BigInt,
        seen -> BigInt,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    cooldowns (target, code) {
        target -> Text,
        code -> Text,
        incident_id -> Uuid,
        since -> Timestamptz,
    }
}

diesel::table! {
    recovery_series (name, labels) {
        name -> Text,
        labels -> Array<Text>,
        count -> BigInt,
        sum -> Double,
        buckets -> Array<BigInt>,
    }
}

diesel::table! {
    recovery_cursor (one) {
        one -> Bool,
        txid -> BigInt,
        id -> BigInt,
    }
}

diesel::table! {
    handovers (id) {
        id -> Uuid,
        caller -> Text,
        target -> Text,
        key -> Text,
        digest -> Text,
        request -> Jsonb,
        accepted_at -> Timestamptz,
        deadline -> Timestamptz,
        due_at -> Timestamptz,
        incident_id -> Nullable<Uuid>,
        seen -> BigInt,
        attempts -> Jsonb,
        told -> Integer,
        answer -> Nullable<Jsonb>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    handover_notices (handover_id, place) {
        handover_id -> Uuid,
        place -> Integer,
        notice -> Jsonb,
    }
}

diesel::joinable!(incident_events -> incidents (incident_id));
diesel::allow_tables_to_appear_in_same_query!(incident_events, incidents);
