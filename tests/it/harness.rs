//! What every test stands on: one private cluster and one node per test process, and a tenant of its own per test.
//!
//! ```text
//! #[test]
//! fn a_receipt_earns() {
//!     block_on(async {
//!         let tenant = TestTenant::new().await;
//!         let member = tenant.member().await;
//!         let answer = tenant.api.keyed("/v1/purchases", "key-1", &tenant.receipt(&member, "1", 1_000)).await;
//!         assert_eq!(answer.status, 201);
//!     });
//! }
//! ```

pub(crate) mod call;
pub(crate) mod cluster;
pub(crate) mod forge;
pub(crate) mod node;
pub(crate) mod process;
pub(crate) mod receiver;
pub(crate) mod rewriter;
pub(crate) mod sql;
pub(crate) mod tenant;

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

pub(crate) use call::Answer;
pub(crate) use node::{Node, node};
pub(crate) use tenant::TestTenant;

/// The runtime of all tests and of the node's database work; it lives as long as the process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap()
    })
}

/// Runs one test on the shared runtime.
pub(crate) fn block_on<F: Future>(test: F) -> F::Output {
    runtime().block_on(test)
}
