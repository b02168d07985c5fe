//! A small Runtime API: hands events to a function that it has started, and times it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// A function that does not come forward within this time is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A function that runs and waits for an event.
pub(super) struct Running {
    listener: TcpListener,
    connection: Option<BufReader<TcpStream>>,
    process: Child,
    /// From starting the process to its first `/next`.
    pub(super) start: Duration,
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

impl Running {
    /// Starts the program as Lambda does and waits until it asks for its first event.
    pub(super) fn start(
        program: &Path,
        environment: &[(String, String)],
        log: &Path,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", harness::aws::REGION)
            .env("AWS_ACCESS_KEY_ID", harness::aws::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", harness::aws::SECRET_KEY)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(log)?,
            )
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(log)?,
            );
        let began = Instant::now();
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut running = Self {
            listener,
            connection: None,
            process,
            start: Duration::ZERO,
        };
        let request = running.request()?;
        running.start = began.elapsed();
        ensure!(
            request.method == "GET" && request.path.ends_with("/invocation/next"),
            "the function did not ask for an event but sent {} {}: {}",
            request.method,
            request.path,
            String::from_utf8_lossy(&request.body)
        );
        Ok(running)
    }

    /// Hands over an event; gives the time until its answer came.
    pub(super) fn invoke(&mut self, event: &str) -> Result<Duration> {
        let deadline = jiff::Timestamp::now().as_millisecond() + 30_000;
        let began = Instant::now();
        self.answer(&format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nlambda-runtime-deadline-ms: {deadline}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:000000000000:function:bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{event}",
            event.len()
        ))?;
        let request = self.request()?;
        let took = began.elapsed();
        ensure!(
            request.path.ends_with("/response"),
            "the function answered {}: {}",
            request.path,
            String::from_utf8_lossy(&request.body)
        );
        let refused = String::from_utf8_lossy(&request.body).contains("itemIdentifier");
        ensure!(
            !refused,
            "the function gave the message back: {}",
            String::from_utf8_lossy(&request.body)
        );
        self.answer("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        // It asks for the next event before it is measured again.
        self.request()?;
        Ok(took)
    }

    /// Its resident memory in KiB.
    pub(super) fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .context("this machine does not tell a process's memory in /proc")?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|text| text.trim().trim_end_matches(" kB").trim().parse().ok())
            .context("there is no VmRSS in /proc")
    }

    fn answer(&mut self, text: &str) -> Result<()> {
        let connection = self.connection.as_mut().context("the function went away")?;
        connection.get_mut().write_all(text.as_bytes())?;
        Ok(connection.get_mut().flush()?)
    }

    fn request(&mut self) -> Result<Request> {
        loop {
            if self.connection.is_none() {
                self.connection = Some(BufReader::new(self.accept()?));
            }
            let connection = self.connection.as_mut().context("no connection")?;
            let mut line = String::new();
            if connection.read_line(&mut line)? == 0 {
                self.connection = None;
                continue;
            }
            let mut words = line.split_whitespace().map(str::to_owned);
            let method = words.next().context("no method")?;
            let path = words.next().context("no path")?;
            let (mut length, mut chunked) = (0, false);
            loop {
                let mut header = String::new();
                connection.read_line(&mut header)?;
                let Some((name, value)) = header.trim_end().split_once(':') else {
                    break;
                };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse()?,
                    "transfer-encoding" => chunked = value.contains("chunked"),
                    _ => {}
                }
            }
            let body = if chunked {
                read_chunks(connection)?
            } else {
                let mut body = vec![0; length];
                connection.read_exact(&mut body)?;
                body
            };
            return Ok(Request { method, path, body });
        }
    }

    /// The next connection; a function that ends without one is told apart from one that is slow.
    fn accept(&mut self) -> Result<TcpStream> {
        self.listener.set_nonblocking(true)?;
        let began = Instant::now();
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(PATIENCE))?;
                    return Ok(stream);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = self.process.try_wait()? {
                anyhow::bail!("the function ended before it asked for an event: {status}");
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "the function did not ask for an event within {PATIENCE:?}"
            );
            // Short against what is measured, long enough not to take the core from the function.
            std::thread::sleep(Duration::from_micros(20));
        }
    }
}

fn read_chunks(connection: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16)?;
        let mut chunk = vec![0; length + 2];
        connection.read_exact(&mut chunk)?;
        if length == 0 {
            return Ok(body);
        }
        chunk.truncate(length);
        body.extend(chunk);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It waits for an event for ever; nothing is lost by ending it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
