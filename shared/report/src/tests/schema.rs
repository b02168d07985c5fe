//! The forms of both documents: a change of them is a change for whoever reads them.

use crate::{PostMortem, Why};

#[test]
fn forms_of_the_documents() {
    insta::assert_json_snapshot!("postmortem.schema", schemars::schema_for!(PostMortem));
    insta::assert_json_snapshot!("why.schema", schemars::schema_for!(Why));
}
