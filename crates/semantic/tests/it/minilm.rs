//! The model: a tiny one against a reference, broken ones, and the real one where its weights are.

use camino::Utf8Path;
use semantic::MiniLm;
use testkit::model::{Synthetic, WIDE, folder, real};

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn a_tiny_model_computes_what_the_plain_reference_computes() {
    for seed in [7, 8, 9] {
        let (_guard, path) = folder();
        let synthetic = Synthetic::new(seed);
        synthetic.write(&path);
        let model = MiniLm::open(&path).expect("a model");
        assert_eq!(model.dimensions(), WIDE);
        let (begin, end) = (2, 3);
        for (text, inner) in [
            ("", vec![]),
            ("pool", vec![4]),
            ("Database timeouts", vec![5, 6, 7, 8, 9]),
            ("the database pool is empty", vec![1, 5, 6, 4, 10, 11]),
            ("pool pool pool pool pool pool pool", vec![4; 7]),
        ] {
            let tokens: Vec<usize> = [begin].into_iter().chain(inner).chain([end]).collect();
            let (got, wanted) = (model.embed(text).expect("a vector"), synthetic.vector(&tokens));
            let furthest = got.iter().zip(&wanted).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(furthest < 2e-5, "{text:?} is {furthest} off: {got:?} {wanted:?}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_model_is_said() {
    let refused = |change: &dyn Fn(&Utf8Path), wanted: &str| {
        let (_guard, path) = folder();
        change(&path);
        let error = MiniLm::open(&path).expect_err("no model").to_string();
        assert!(error.contains(wanted), "{error:?} does not say {wanted:?}");
    };
    let put = |name: &'static str, text: &'static str| {
        move |path: &Utf8Path| {
            std::fs::write(path.join(name), text).expect("written");
        }
    };
    let replace = |name: &'static str, from: &'static str, to: &'static str| {
        move |path: &Utf8Path| {
            let bytes = std::fs::read(path.join(name)).expect("a file");
            let text = bytes.iter().map(|byte| char::from(*byte)).collect::<String>().replacen(from, to, 1);
            std::fs::write(path.join(name), text.chars().map(|c| c as u8).collect::<Vec<u8>>()).expect("written");
        }
    };
    let gone = |name: &'static str| move |path: &Utf8Path| std::fs::remove_file(path.join(name)).expect("removed");
    refused(&gone("config.json"), "cannot read");
    refused(&gone("vocab.txt"), "vocab.txt");
    refused(&gone("model.safetensors"), "model.safetensors");
    refused(&put("config.json", "{}"), "missing field");
    refused(&replace("config.json", "\"gelu\"", "\"relu\""), "expected \"gelu\"");
    refused(&replace("config.json", "\"num_attention_heads\":3", "\"num_attention_heads\":5"), "a multiple of");
    refused(&replace("config.json", "\"hidden_size\":24", "\"hidden_size\":0"), "not between");
    refused(&replace("config.json", "\"hidden_size\":24", "\"hidden_size\":48"), "expected F32 [12, 48]");
    refused(&put("vocab.txt", "one\n"), "it has 1 pieces");
    refused(&replace("vocab.txt", "[UNK]", "[unk]"), "no piece [UNK]");
    refused(&put("model.safetensors", "this is not what it should be"), "does not begin with the header");
    refused(
        &replace("model.safetensors", "encoder.layer.1.output.dense.bias", "encoder.layer.9.output.dense.bias"),
        "no tensor",
    );
    refused(&replace("model.safetensors", "\"F32\"", "\"F16\""), "expected F32");
}

#[test]
fn the_real_model_gives_the_known_cosines() {
    let Some(folder) = real() else { return };
    let model = MiniLm::open(&folder).expect("a model");
    let texts = [
        "the database connection pool is exhausted",
        "no free postgres connections are left",
        "the cat sat on the warm windowsill",
    ];
    let [a, b, c] = texts.map(|text| model.embed(text).expect("a vector"));
    // As the reference implementation computes them at full width; eight bits move them by less than a hundredth.
    for (got, wanted) in [(cosine(&a, &b), 0.4509), (cosine(&a, &c), 0.0856), (cosine(&b, &c), 0.0151)] {
        assert!((got - wanted).abs() < 0.01, "{got:.4} is not {wanted}");
    }
    println!("cosines {:.4} {:.4} {:.4}", cosine(&a, &b), cosine(&a, &c), cosine(&b, &c));
    assert_eq!(a.len(), 384);
    assert!((cosine(&a, &a) - 1.0).abs() < 1e-5);
}
