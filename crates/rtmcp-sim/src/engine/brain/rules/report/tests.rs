//! Answers of every shape, as they are said.

use super::spoken;
use crate::engine::brain::conversation::Output;

fn said(texts: &[&str]) -> String {
    let outputs = texts.iter().map(|text| Output {
        function: None,
        text,
    });
    spoken(&outputs.collect::<Vec<_>>())
}

#[test]
fn prose_is_said_as_it_is_and_made_a_sentence() {
    assert_eq!(
        said(&["18 degrees and sunny in Paris."]),
        "18 degrees and sunny in Paris."
    );
    assert_eq!(said(&["echo: hello"]), "Echo: hello.");
    assert_eq!(
        said(&["## Result\n- **two** lamps\n- one desk"]),
        "Result. two lamps. one desk."
    );
    assert_eq!(said(&["", " "]), "That is done.");
}

#[test]
fn json_is_said_in_phrases() {
    for (json, wanted) in [
        (
            r#"{"temperature":36,"conditions":"Light rain","humidity":82}"#,
            "Temperature is 36, conditions are Light rain, humidity is 82.",
        ),
        (
            r#"{"customerId":"C-101","open":true,"note":null}"#,
            "Customer id is C-101, open is yes.",
        ),
        (r#"["a","b","c"]"#, "A, b and c."),
        (r#"[{"id":1},{"id":2}]"#, "2: id is 1; id is 2."),
        (r#"{"at":{"city":"Rome"}}"#, "At is this: city is Rome."),
        ("[]", "None."),
        ("12", "12."),
    ] {
        assert_eq!(said(&[json]), wanted, "{json}");
    }
}

#[test]
fn prose_stands_for_the_json_that_repeats_it() {
    let text = "22 degrees in Rome.\n{\"city\":\"Rome\",\"temperature\":22}";
    assert_eq!(said(&[text]), "22 degrees in Rome.");
    let image = "[image, image/png, 4 KiB, not readable here]";
    assert_eq!(
        said(&[image]),
        "There is an image, image/png, 4 KiB, not readable here."
    );
}

#[test]
fn failures_are_told_honestly() {
    for (text, wanted) in [
        (
            "`issue_refund` was not run: the request was declined. Respect that; don't call it again.",
            "That wasn't approved, so I didn't do it.",
        ),
        (
            "`issue_refund` was not run: nobody approved it within 30 s. Nothing was done. Tell the user.",
            "Nobody approved that in time, so I didn't do it.",
        ),
        (
            r#"{"error":{"message":"no such order"}}"#,
            "That didn't work: no such order.",
        ),
        (
            "`get_weather` did not answer within 20 s and was stopped. It only reads. Tell the user; x.",
            "Get weather did not answer within 20 s and was stopped. It only reads.",
        ),
    ] {
        assert_eq!(said(&[text]), wanted);
    }
}

#[test]
fn several_answers_are_joined_and_none_is_said_twice() {
    assert_eq!(said(&["One.", "Two.", "One."]), "One. Two.");
}

#[test]
fn a_long_answer_is_cut_at_a_sentence() {
    let long = "This is a sentence of forty characters. ".repeat(30);
    let said = said(&[&long]);
    assert!(said.ends_with("characters. There is more."), "{said}");
    assert!(said.len() < 450, "{}", said.len());
    let endless = "word ".repeat(500);
    assert!(
        spoken(&[Output {
            function: None,
            text: &endless
        }])
        .len()
            < 450
    );
}
