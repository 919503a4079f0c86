//! Nodes in this process.

use std::sync::OnceLock;

use api::config::Config;
use api::server::{self, RunningServer};
use api::telemetry::{LOG_VARIABLE, start_logging};

use super::call::Api;
use super::cluster::{Cluster, OPERATOR_KEY};
use super::runtime;

/// A node in this process and the cluster it stands on.
pub(crate) struct Node {
    pub(crate) cluster: &'static Cluster,
    /// `http://host:port`
    pub(crate) base: String,
    /// For what can be reached inside the process only; `server.app` is what handlers use.
    pub(crate) server: RunningServer,
}

impl Node {
    /// A further node on a cluster.
    pub(crate) async fn start(cluster: &'static Cluster) -> Self {
        Self::with(cluster, cluster.config()).await
    }

    /// A further node with settings of its own.
    pub(crate) async fn with(cluster: &'static Cluster, config: Config) -> Self {
        let handle = runtime().handle().clone();
        let server = server::run(config, handle).await.unwrap();
        Self {
            cluster,
            base: format!("http://{}", server.address),
            server,
        }
    }

    /// The operator.
    pub(crate) fn operator(&self) -> Api {
        Api::new(&self.base, OPERATOR_KEY)
    }

    /// Somebody without a key.
    pub(crate) fn nobody(&self) -> Api {
        Api::new(&self.base, "")
    }
}

/// The node that all tests share.
pub(crate) fn node() -> &'static Node {
    static NODE: OnceLock<Node> = OnceLock::new();
    NODE.get_or_init(|| {
        // On a thread of its own: a test that asks for the node may be inside the runtime already.
        let started = std::thread::spawn(|| {
            // `TAMARU_LOG=info` shows what the node says, after the usual nothing.
            if std::env::var(LOG_VARIABLE).is_ok() {
                start_logging();
            }
            let cluster = Box::leak(Box::new(Cluster::shared()));
            runtime().block_on(Node::start(cluster))
        });
        started.join().unwrap()
    })
}
