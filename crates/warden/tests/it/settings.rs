use warden::Settings;

fn load(text: &str) -> Result<Settings, String> {
    let source = config::File::from_str(text, config::FileFormat::Toml);
    let loaded = config::Config::builder().add_source(source).build().and_then(config::Config::try_deserialize);
    loaded.map_err(|error| error.to_string())
}

#[test]
fn the_sample_file_loads_and_says_what_the_defaults_are() {
    let sample = load(include_str!("../../../../deploy/warden.toml")).unwrap();
    assert_eq!(sample, Settings::default());
    sample.check().unwrap();
}

#[test]
fn unknown_keys_and_values_that_cannot_be_meant_are_refused() {
    assert!(load("folder = 1").unwrap_err().contains("folder"));
    for text in ["settle_ms = 0", "settle_ms = 60001", "remind_s = 0"] {
        let error = load(text).unwrap().check().unwrap_err();
        assert!(error.to_string().contains(text.split(' ').next().unwrap()), "{text}: {error}");
    }
}

#[test]
fn a_workload_is_looked_after_only_in_a_namespace_that_the_operator_named() {
    let workload = |namespace: &str| -> wire::target::Workload {
        let text = format!("namespace = \"{namespace}\"\ndeployment = \"orders\"");
        config::Config::builder()
            .add_source(config::File::from_str(&text, config::FileFormat::Toml))
            .build()
            .and_then(config::Config::try_deserialize)
            .unwrap()
    };
    let none = Settings::default().kubernetes.admit(&workload("shop")).unwrap_err();
    assert!(none.to_string().contains("kubernetes.kubeconfig"), "{none}");
    let some = load("[kubernetes]\nkubeconfig = \"/k\"\nnamespaces = [\"shop\"]").unwrap().kubernetes;
    some.admit(&workload("shop")).unwrap();
    let other = some.admit(&workload("kube-system")).unwrap_err();
    assert!(
        other.to_string().contains("kube-system") && other.to_string().contains("kubernetes.namespaces"),
        "{other}"
    );
}
