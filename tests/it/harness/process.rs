//! The real program as a process of its own, for tests that kill it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::call::Api;
use super::cluster::{Cluster, MASTER_KEY, OPERATOR_KEY};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// `tamaru serve`; killed when dropped.
pub(crate) struct ServerProcess {
    /// `http://host:port`
    pub(crate) base: String,
    child: Child,
}

impl ServerProcess {
    /// Starts a server on a free port and waits until it is ready.
    pub(crate) async fn start(cluster: &Cluster) -> Self {
        Self::start_at(cluster, free_port()).await
    }

    /// Starts a server on a port, so that one that was killed comes back where its clients look for it.
    pub(crate) async fn start_at(cluster: &Cluster, port: u16) -> Self {
        let child = Command::new(program())
            .arg("serve")
            .env("TAMARU_LISTEN", format!("127.0.0.1:{port}"))
            .env("DATABASE_URL", &cluster.service_url)
            .env("REDIS_URL", &cluster.redis_url)
            .env("TAMARU_OPERATOR_KEY", OPERATOR_KEY)
            .env("TAMARU_MASTER_KEY", MASTER_KEY)
            .env("TAMARU_RATE_LIMIT", "0")
            .env("TAMARU_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let process = Self { base, child };
        process.wait_until_ready().await;
        process
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.base.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn wait_until_ready(&self) {
        let nobody = Api::new(&self.base, "");
        let started = Instant::now();
        loop {
            let request = nobody.request(reqwest::Method::GET, "/readyz");
            if Api::try_send(request)
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                return;
            }
            assert!(started.elapsed() < START_TIMEOUT, "the server is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The program beside this test: `target/<profile>/tamaru`, which building the workspace makes.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("tamaru");
    assert!(
        program.exists(),
        "run `cargo build --workspace` first: {program:?} is missing"
    );
    program
}
