//! The private Redis: a memory that may be lost at any time, so nothing is ever saved to disk.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::ServicesError;
use super::binaries;
use super::leftover::Footprint;
use super::place::Place;
use super::server::{Recipe, Server};

/// How long one look whether it answers may take.
const LOOK_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts Redis and returns it with its URL.
pub(super) fn start(place: &Place, secret: &str) -> Result<(Server, String), ServicesError> {
    let home = place.base().join("redis");
    place.make_private_folder(&home)?;
    let program = binaries::redis(place)?;
    let settings_file = place.base().join("redis.conf");
    let pid_file = home.join("redis.pid");
    // In a file of its own, because arguments can be read by every user of the machine.
    let settings = format!(
        "bind 127.0.0.1\nsave \"\"\nappendonly no\ndir \"{}\"\npidfile \"{}\"\nrequirepass {secret}\n\
         maxmemory 256mb\nmaxmemory-policy allkeys-lru\ndaemonize no\n",
        home.display(),
        pid_file.display(),
    );
    place.write_private(&settings_file, &settings)?;
    let (server, port) = super::server::on_free_port(secret, |port| Recipe {
        name: "Redis",
        command: vec![
            program.clone().into(),
            settings_file.clone().into(),
            "--port".into(),
            port.to_string().into(),
        ],
        stop_signal: "TERM",
        base: place.base().to_path_buf(),
        footprint: Footprint {
            home: home.clone(),
            pid_file: pid_file.clone(),
            programs: &["redis-server", "valkey-server"],
            owner: place.owner(),
            endings: [Signal::SIGTERM, Signal::SIGKILL],
        },
        log: place.base().join("redis.log"),
        libraries: None,
        answers: Box::new({
            let secret = secret.to_owned();
            move || answers(port, &secret)
        }),
    })?;
    Ok((server, format!("redis://:{secret}@127.0.0.1:{port}/")))
}

fn answers(port: u16, secret: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream =
            TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), LOOK_TIMEOUT)?;
        stream.set_read_timeout(Some(LOOK_TIMEOUT))?;
        stream.write_all(format!("AUTH {secret}\r\nPING\r\nQUIT\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.take(1024).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains("+PONG"))
}
