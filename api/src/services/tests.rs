use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::binaries::major_version;
use super::leftover::parent_of;
use super::{Kind, Options, Services, ServicesError, start};

/// A folder of this test alone, gone with it. It lies where every user may go, as the servers' user must reach it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tamaru-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn start_in(folder: &Folder) -> Services {
    start(&folder.0, &Options::default()).unwrap()
}

/// Ended ones that nobody has waited for yet count as gone.
fn connects(url: &str) -> bool {
    connect(url).is_ok()
}

fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, state)| !state.trim_start().starts_with('Z'))
}

fn pids(services: &Services) -> [i32; 2] {
    [Kind::Postgres, Kind::Redis].map(|kind| services.process_id(kind).unwrap())
}

/// Sends `SET` or `GET` the way a person would type it.
fn ask_redis(url: &str, command: &str) -> String {
    let (secret, address) = url
        .strip_prefix("redis://:")
        .unwrap()
        .trim_end_matches('/')
        .split_once('@')
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("AUTH {secret}\r\n{command}\r\nQUIT\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn connect(url: &str) -> Result<(), tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute("").await
    })
}

#[test]
fn both_servers_answer_only_with_their_password_and_stop_without_a_trace() {
    let folder = Folder::new("stop");
    let services = start_in(&folder);
    let (postgres_url, redis_url) = (
        services.postgres_url().to_owned(),
        services.redis_url().to_owned(),
    );
    let pids = pids(&services);
    assert!(connects(&postgres_url));
    assert!(!connects(&postgres_url.replacen(
        "postgres:",
        "postgres:wrong",
        2
    )));
    assert!(ask_redis(&redis_url, "SET a 1").contains("+OK\r\n+OK"));
    assert!(ask_redis(&redis_url.replace("redis://:", "redis://:x"), "GET a").contains("NOAUTH"));

    services.stop().unwrap();
    assert_eq!(pids.map(is_alive), [false, false]);
    assert!(!connects(&postgres_url));
}

#[test]
fn a_second_holder_of_the_same_folder_is_refused_and_two_folders_live_side_by_side() {
    let (here, there) = (Folder::new("here"), Folder::new("there"));
    let first = start_in(&here);
    let second = start_in(&there);
    assert!(matches!(
        start(&here.0, &Options::default()),
        Err(ServicesError::Busy { .. })
    ));
    assert_ne!(first.postgres_url(), second.postgres_url());

    drop(second);
    assert!(connects(first.postgres_url()));
}

#[test]
fn a_killed_server_stays_down_until_restarted_on_the_same_port() {
    let folder = Folder::new("kill");
    let services = start_in(&folder);
    let before = pids(&services);

    services.kill_postgres().unwrap();
    services.kill_redis().unwrap();
    assert!(!connects(services.postgres_url()));
    assert_eq!(before.map(is_alive), [false, false]);

    services.restart_postgres().unwrap();
    services.restart_redis().unwrap();
    connect(services.postgres_url()).unwrap();
    assert!(ask_redis(services.redis_url(), "PING").contains("+PONG"));
    assert_eq!(services.restart_dead().unwrap(), []);

    services.kill_redis().unwrap();
    assert_eq!(services.restart_dead().unwrap(), [Kind::Redis]);
}

#[test]
fn servers_end_by_themselves_when_their_process_is_killed() {
    let folder = Folder::new("killed");
    let mut process = HolderProcess::start(&folder);
    process.kill();
    wait_until(|| process.servers.map(is_alive) == [false, false]);
}

#[test]
fn the_next_start_ends_what_a_killed_process_left_in_its_folder() {
    let folder = Folder::new("leftover");
    let mut process = HolderProcess::start(&folder);
    // The shells that hold the servers die too, so that nobody is left to stop them.
    for server in process.servers {
        kill_now(parent_of(server).unwrap());
    }
    process.kill();
    assert_eq!(process.servers.map(is_alive), [true, true]);

    let next = start_in(&folder);
    assert_eq!(process.servers.map(is_alive), [false, false]);
    assert!(connects(next.postgres_url()));
}

/// This test program, run once more to hold servers until it is killed.
struct HolderProcess {
    process: Child,
    servers: [i32; 2],
}

const HOLD_IN: &str = "TAMARU_TEST_HOLD_IN";

impl HolderProcess {
    fn start(folder: &Folder) -> Self {
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "services::tests::hold_until_killed"])
            .env(HOLD_IN, &folder.0)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let note = folder.0.join("pids");
        wait_until(|| note.exists());
        let text = fs::read_to_string(note).unwrap();
        let servers: Vec<i32> = text.split(' ').map(|pid| pid.parse().unwrap()).collect();
        Self {
            process,
            servers: servers.try_into().unwrap(),
        }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn hold_until_killed() {
    let Some(folder) = std::env::var_os(HOLD_IN) else {
        return;
    };
    let services = start(Path::new(&folder), &Options::default()).unwrap();
    let [postgres, redis] = pids(&services);
    let note = Path::new(&folder).join("pids");
    fs::write(note.with_extension("new"), format!("{postgres} {redis}")).unwrap();
    fs::rename(note.with_extension("new"), note).unwrap();
    thread::sleep(Duration::from_secs(600));
}

fn wait_until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(90), "waited too long");
        thread::sleep(Duration::from_millis(20));
    }
}

fn kill_now(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[test]
fn a_frozen_server_goes_on_where_it_stood_and_can_also_be_stopped() {
    let folder = Folder::new("freeze");
    let services = start_in(&folder);
    let pids = pids(&services);
    services.pause(Kind::Redis).unwrap();
    services.resume(Kind::Redis).unwrap();
    assert!(ask_redis(services.redis_url(), "PING").contains("+PONG"));

    services.pause(Kind::Postgres).unwrap();
    services.kill_postgres().unwrap();
    services.stop().unwrap();
    assert_eq!(pids.map(is_alive), [false, false]);
}

#[test]
fn given_servers_are_used_and_never_touched() {
    let folder = Folder::new("given");
    let given = Options {
        postgres_url: Some("postgres://given/".to_owned()),
        redis_url: Some("redis://given/".to_owned()),
    };
    let services = start(&folder.0, &given).unwrap();
    assert_eq!(services.postgres_url(), "postgres://given/");
    assert_eq!(services.redis_url(), "redis://given/");
    assert!(matches!(
        services.kill_postgres(),
        Err(ServicesError::NotPrivate)
    ));
    assert_eq!(services.restart_dead().unwrap(), []);
}

#[test]
fn the_major_version_is_read_from_what_the_program_says() {
    let check = |answer, expected| assert_eq!(major_version(answer), expected, "{answer}");
    check(
        "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n",
        Some(15),
    );
    check("postgres (PostgreSQL) 18.6\n", Some(18));
    check("postgres (PostgreSQL) 19beta1\n", Some(19));
    check("redis-server 7", None);
}
