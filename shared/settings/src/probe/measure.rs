//! What a probe can measure: the names that thresholds compare, and that metrics have.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ProbeKind;

macro_rules! measured {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal, $metric:literal, $unit:literal, [$($kind:ident),+];)+) => {
        /// A number that a probe measures.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        pub enum Measured {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl Measured {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that thresholds compare, such as `total_ms`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The name of its metric.
            #[must_use]
            pub const fn metric(self) -> &'static str {
                match self { $(Self::$variant => $metric),+ }
            }

            /// CloudWatch's unit of its metric.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit),+ }
            }

            /// The kinds of probes that measure it.
            #[must_use]
            pub const fn kinds(self) -> &'static [ProbeKind] {
                match self { $(Self::$variant => &[$(ProbeKind::$kind),+]),+ }
            }
        }
    };
}

measured! {
    /// Milliseconds from the beginning to the end of the last answer.
    TotalMs, "total_ms", "ProbeLatency", "Milliseconds", [Http, Tcp, WebSocket, Postgres, Redis, Lambda, Sqs];
    /// Milliseconds until the name was resolved.
    DnsMs, "dns_ms", "ProbeDns", "Milliseconds", [Http, Tcp, WebSocket, Postgres, Redis];
    /// Milliseconds until the connection stood.
    ConnectMs, "connect_ms", "ProbeConnect", "Milliseconds", [Http, Tcp, WebSocket, Postgres, Redis];
    /// Milliseconds until it was encrypted.
    TlsMs, "tls_ms", "ProbeTls", "Milliseconds", [Http, WebSocket, Postgres, Redis];
    /// Milliseconds from the request to the first byte of the answer.
    FirstByteMs, "first_byte_ms", "ProbeFirstByte", "Milliseconds", [Http, WebSocket, Postgres, Redis];
    /// Days until the certificate expires; negative when it has.
    CertificateDays, "certificate_days", "ProbeCertificateDays", "None", [Http, WebSocket, Postgres, Redis];
    /// Connections in use, in percent of what the server takes.
    ConnectionsUsedPercent, "connections_used_percent", "DatabaseConnectionsUsed", "Percent", [Postgres];
    /// Connections in use.
    Connections, "connections", "DatabaseConnectionsOpen", "Count", [Postgres];
    /// Sessions that hold a transaction open and do nothing.
    IdleInTransaction, "idle_in_transaction", "DatabaseIdleInTransaction", "Count", [Postgres];
    /// Sessions that wait for a lock.
    LockWaits, "lock_waits", "DatabaseLockWaits", "Count", [Postgres];
    /// Seconds that the longest statement has been running.
    LongestQuerySeconds, "longest_query_seconds", "DatabaseLongestQuery", "Seconds", [Postgres];
    /// Seconds that a replica is behind: the server itself if it is one, else the last of its own.
    ReplicationLagSeconds, "replication_lag_seconds", "DatabaseReplicationLag", "Seconds", [Postgres];
    /// Bytes of the database.
    SizeBytes, "size_bytes", "DatabaseSize", "Bytes", [Postgres];
    /// Blocks that were found in the server's memory, in percent.
    CacheHitPercent, "cache_hit_percent", "DatabaseCacheHits", "Percent", [Postgres];
    /// Keys that were found, in percent of those that were asked for.
    HitPercent, "hit_percent", "CacheHits", "Percent", [Redis];
    /// Memory in use, in percent of its limit.
    MemoryUsedPercent, "memory_used_percent", "CacheMemoryUsed", "Percent", [Redis];
    /// Bytes of memory in use.
    MemoryBytes, "memory_bytes", "CacheMemory", "Bytes", [Redis];
    /// Keys that were thrown out for want of memory since the server began.
    EvictedKeys, "evicted_keys", "CacheEvictions", "Count", [Redis];
    /// Clients that are connected.
    Clients, "clients", "CacheClients", "Count", [Redis];
    /// Whether a replica hears its primary: 1 or 0.
    ReplicationUp, "replication_up", "CacheReplicationUp", "None", [Redis];
    /// Concurrent executions that the account has left.
    ConcurrencyLeft, "concurrency_left", "LambdaConcurrencyLeft", "Count", [Lambda];
    /// Messages that wait.
    Depth, "depth", "QueueDepth", "Count", [Sqs];
    /// Messages that are being worked on.
    InFlight, "in_flight", "QueueInFlight", "Count", [Sqs];
    /// Seconds that the oldest message has waited.
    AgeSeconds, "age_seconds", "QueueAge", "Seconds", [Sqs];
    /// Messages in the dead-letter queue.
    DeadLetters, "dead_letters", "QueueDeadLetters", "Count", [Sqs];
}

impl Measured {
    /// Whether a probe of that kind measures it.
    #[must_use]
    pub fn is_of(self, kind: ProbeKind) -> bool {
        self.kinds().contains(&kind)
    }

    /// By the name that thresholds use.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|one| one.as_str() == name).copied()
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
