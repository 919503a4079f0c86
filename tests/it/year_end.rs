//! The books of everything that the tests did: the last module by name, so that it runs when the others are done or
//! nearly so. One snapshot of a database on which others still write must be clean as well.

use api::verify::{is_clean, verify};

use crate::harness::block_on;
use crate::harness::node::node;

#[test]
fn the_books_of_the_whole_run_close() {
    block_on(async {
        let cluster = node().cluster;
        let findings = verify(&cluster.administrator_url.clone().into())
            .await
            .unwrap();
        assert!(is_clean(&findings), "{findings:#?}");
    });
}
