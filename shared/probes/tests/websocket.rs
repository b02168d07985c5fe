//! WebSockets: opened, refused, echoing and not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod peers;

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use peers::Manner::{Closes, Hangs, Says};
use peers::{Manner, ask, name, plain};
use test_case::test_case;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// What a server does with a text that it gets.
#[derive(Clone, Copy)]
enum Habit {
    Echoes,
    Garbles,
    Leaves,
}

async fn server(habit: Habit) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        socket.send(Message::Ping(Vec::new().into())).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            let Ok(text) = message.to_text() else {
                continue;
            };
            if !message.is_text() {
                continue;
            }
            let answer = match habit {
                Habit::Echoes => Message::text(text),
                Habit::Garbles => Message::text("something else"),
                Habit::Leaves => Message::Close(None),
            };
            let _sent = socket.send(answer).await;
        }
    });
    address
}

#[test_case(Habit::Echoes, "", "well"; "the handshake is enough")]
#[test_case(Habit::Echoes, ", echo: hello", "well")]
#[test_case(Habit::Garbles, ", echo: hello", "echo_mismatch")]
#[test_case(Habit::Leaves, ", echo: hello", "half_closed")]
#[tokio::test]
async fn sockets_open_and_echo(habit: Habit, fields: &str, expected: &str) {
    let address = server(habit).await;
    let line =
        format!("name: a, service: api, kind: websocket, target: 'ws://{address}/live'{fields}");
    assert_eq!(name(&ask(&line).await), expected);
}

#[test_case(
    Says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    "bad_status"
)]
#[test_case(
    Says("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
    "auth_failed"
)]
#[test_case(Closes, "half_closed")]
#[test_case(Hangs(""), "timeout_first_byte")]
#[tokio::test]
async fn what_is_no_socket_has_a_name(manner: Manner, expected: &str) {
    let address = plain(manner).await;
    let line = format!(
        "name: a, service: api, kind: websocket, target: 'ws://{address}/', timeout: 400ms"
    );
    assert_eq!(name(&ask(&line).await), expected);
}
