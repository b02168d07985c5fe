//! What has been delivered.

use jiff::{SignedDuration, Timestamp};
use settings::Channel;

use super::faults::Operation;
use super::store::MemoryStore;
use crate::error::StoreError;
use crate::port::{Claim, StreamLog};
use crate::prepared::{delivery_partition, lease_end};

/// What is known about a stream on a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    delivered: Option<u64>,
    lease: Option<Lease>,
    reference: Option<String>,
}

#[derive(Clone, Debug)]
struct Lease {
    version: u64,
    owner: u64,
    until: Timestamp,
}

impl StreamLog for MemoryStore {
    async fn claim_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Claim, StoreError> {
        delivery_partition(stream)?;
        self.perform(Operation::Claim, |data| {
            let delivery = data
                .deliveries
                .entry((stream.to_owned(), channel))
                .or_default();
            if let Some(delivered) = delivery.delivered.filter(|d| *d >= version) {
                return Ok(if delivered == version {
                    Claim::AlreadyDelivered
                } else {
                    Claim::Superseded { by: delivered }
                });
            }
            if let Some(other) = delivery.lease.as_ref().filter(|other| other.until > now) {
                return Ok(Claim::InProgress { until: other.until });
            }
            delivery.lease = Some(Lease {
                version,
                owner: self.owner,
                until: lease_end(now, lease),
            });
            Ok(Claim::Granted {
                reference: delivery.reference.clone(),
            })
        })
    }

    async fn complete_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        delivery_partition(stream)?;
        self.perform(Operation::Complete, |data| {
            let delivery = data
                .deliveries
                .entry((stream.to_owned(), channel))
                .or_default();
            if delivery
                .delivered
                .is_none_or(|delivered| delivered < version)
            {
                delivery.delivered = Some(version);
                if let Some(reference) = reference {
                    delivery.reference = Some(reference.to_owned());
                }
            }
            delivery.give_back(version, self.owner);
            Ok(())
        })
    }

    async fn release_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> Result<(), StoreError> {
        delivery_partition(stream)?;
        self.perform(Operation::Release, |data| {
            if let Some(delivery) = data.deliveries.get_mut(&(stream.to_owned(), channel)) {
                delivery.give_back(version, self.owner);
            }
            Ok(())
        })
    }
}

impl Delivery {
    fn give_back(&mut self, version: u64, owner: u64) {
        let ours = |lease: &mut Lease| lease.version == version && lease.owner == owner;
        self.lease.take_if(ours);
    }
}
