use super::distil;

#[track_caller]
fn check(language: &str, before: &str, after: &str) -> serde_json::Value {
    let got = distil(language, before, after, &[], "test");
    let got = got.unwrap_or_else(|error| panic!("{error}"));
    println!("{:#}", got.rule);
    got.rule
}

#[test]
fn a_missing_timeout_is_learned() {
    check(
        "python",
        "import requests\n\ndef load(url):\n    answer = requests.get(url)\n    return answer.json()\n",
        "import requests\n\ndef load(url):\n    answer = requests.get(url, timeout=5)\n    return answer.json()\n",
    );
}

#[test]
fn a_missing_check_is_learned() {
    check(
        "python",
        "def name(config):\n    value = config.get(\"name\")\n    return value.strip()\n",
        "def name(config):\n    value = config.get(\"name\")\n    if value is None:\n        return \"\"\n    return value.strip()\n",
    );
}

#[test]
fn an_unwrap_is_learned() {
    check(
        "rust",
        "fn port(text: &str) -> Result<u16, E> {\n    let port = text.parse::<u16>().unwrap();\n    Ok(port)\n}\n",
        "fn port(text: &str) -> Result<u16, E> {\n    let port = text.parse::<u16>()?;\n    Ok(port)\n}\n",
    );
}
