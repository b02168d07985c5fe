//! The suite on the twin in memory, and the twin's faults.

use incident::IncidentId;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::Retryable;
use settings::Channel;
use store::conformance::run_all;
use store::{
    Claim, DeliveryLog, Fault, MemoryStore, Operation, RecordKey, RecordStore, StoreError,
    Transaction, Version, Write,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_twin_in_memory_conforms() {
    let report = run_all(|| async { Ok(MemoryStore::new()) }).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert_eq!(report.len(), 58);
}

fn key() -> RecordKey {
    RecordKey::Incident("k".into())
}

async fn commit(store: &MemoryStore) -> Result<(), StoreError> {
    let key = key();
    let write = Write {
        key: &key,
        expected: Version::NONE,
        body: "1",
        due_at: None,
        listed: None,
        keep_until: None,
    };
    let transaction = Transaction {
        writes: &[write],
        ..Transaction::default()
    };
    store.commit(transaction).await
}

async fn version(store: &MemoryStore) -> Option<Version> {
    let loaded = store.load(&[key()]).await.ok()?;
    Some(loaded.get(&key())?.version)
}

#[tokio::test]
async fn a_fault_hits_the_next_operations_and_no_more() {
    let store = MemoryStore::new();
    store.fail_next(2);
    for _ in 0..2 {
        let error = commit(&store).await.unwrap_err();
        assert!(matches!(
            error,
            StoreError::Unavailable {
                operation: "commit",
                ..
            }
        ));
        assert!(error.is_retryable());
    }
    assert_eq!(version(&store).await, Some(Version::NONE));
    commit(&store).await.unwrap();
    assert_eq!(version(&store).await, Some(Version(1)));
}

#[tokio::test]
async fn a_fault_waits_for_its_operation() {
    let store = MemoryStore::new();
    store.inject(Fault::Throttled, Some(Operation::Claim), 1);
    assert_eq!(version(&store).await, Some(Version::NONE));
    let id = IncidentId::of("k", Timestamp::UNIX_EPOCH, 1);
    let lease = SignedDuration::from_secs(30);
    let claim = || store.claim(&id, Channel::Sms, 1, Timestamp::UNIX_EPOCH, lease);
    let error = claim().await.unwrap_err();
    assert!(matches!(
        error,
        StoreError::Throttled {
            operation: "claim",
            ..
        }
    ));
    assert_eq!(claim().await.unwrap(), Claim::Granted { reference: None });
}

#[tokio::test]
async fn a_lost_answer_leaves_the_work_done() {
    let store = MemoryStore::new();
    store.inject(Fault::AnswerLost, Some(Operation::Commit), 1);
    let error = commit(&store).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert_eq!(version(&store).await, Some(Version(1)));
    let again = commit(&store).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { .. }));
    assert!(again.is_retryable());
}
