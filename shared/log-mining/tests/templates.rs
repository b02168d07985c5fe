//! What is taken for a value at once, what later, and what never.

use jiff::Timestamp;
use log_mining::{Configuration, Miner};
use test_case::test_case;

/// The templates of lines, sorted.
fn templates(lines: &[&str]) -> Vec<String> {
    let mut miner = Miner::new(Configuration::default());
    for line in lines {
        miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH);
    }
    let mut found: Vec<String> = miner
        .patterns()
        .into_iter()
        .map(|pattern| pattern.template)
        .collect();
    found.sort();
    found
}

#[test_case("took 35 ms", "took <*>"; "a quantity with its unit")]
#[test_case("took <1 sec", "took <*>"; "less than a quantity")]
#[test_case("sent 1327 bytes (1.29 KB), done", "sent <*>, done"; "a quantity said twice")]
#[test_case("from 192.0.2.7:443 to 2001:db8::1", "from <*> to <*>"; "addresses")]
#[test_case("peer ::1 left", "peer <*> left"; "the loopback address")]
#[test_case("db.example.com:5432 refused", "<*> refused"; "a host and its port")]
#[test_case("reader DE:AD:BE:EF:00:1F seen", "reader <*> seen"; "a hardware address")]
#[test_case("reader de:ad:be:ef:fa:ce seen", "reader <*> seen"; "a hardware address without digits")]
#[test_case("job 0673dd71-34c5-4fbb-86c4-40623fbe45b4 ended", "job <*> ended"; "a UUID")]
#[test_case("hash deadbeefcafe differs", "hash <*> differs"; "a long hexadecimal number without digits")]
#[test_case("cannot open /etc/hosts: denied", "cannot open <*>: denied"; "a path")]
#[test_case("loaded C:\\Windows\\System.dll twice", "loaded <*> twice"; "a Windows path")]
#[test_case("GET https://example.com/a?b=c&d=e, then more", "GET <*>, then more"; "a URL")]
#[test_case("mail to meera@example.com queued", "mail to <*> queued"; "a mail address")]
#[test_case("at Tue Mar 3 07:08:09 UTC 2026 it began", "at <*> it began"; "a date in words")]
#[test_case("slots [1, 2, 3] and [] free", "slots [<*>] and [<*>] free"; "lists of every length")]
#[test_case("invalid user  from 192.0.2.1", "invalid user <*> from <*>"; "a name that is empty")]
#[test_case("a= b=x c=1 end", "a=<*> b=x c=<*> end"; "a value that is empty")]
#[test_case("\u{1b}[31merror\u{1b}[0m: disk \u{7}full", "error: disk full"; "colours and control characters")]
#[test_case("12:03:44 2026-03-03", "#:#:# #-#-#"; "a line without a word keeps its signs")]
#[test_case("", ""; "nothing")]
#[test_case("threshold..........42", "threshold..........<*>"; "leaders")]
#[test_case("can't stop, won't stop", "can't stop, won't stop"; "apostrophes")]
fn a_line_is_masked(line: &str, template: &str) {
    assert_eq!(templates(&[line]), [template]);
}

#[test]
fn a_word_is_text_until_it_varies() {
    let lines = ["oven", "fridge", "mixer", "scale", "printer"]
        .map(|device| format!("the device {device} is offline"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(templates(&lines[..4]).len(), 4);
    assert_eq!(templates(&lines), ["the device <*> is offline"]);
}

#[test]
fn two_words_may_vary() {
    let devices = ["oven", "fridge", "mixer", "scale", "printer", "kettle"];
    let states = ["busy", "idle", "lost", "cold", "warm", "dirty"];
    let lines: Vec<String> = devices
        .iter()
        .flat_map(|device| {
            states
                .iter()
                .map(move |state| format!("the device {device} is now {state} again"))
        })
        .collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // A pair of which neither word has been seen.
    lines.push("the device radio is now loud again");
    assert_eq!(templates(&lines), ["the device <*> is now <*> again"]);
}

#[test]
fn few_states_stay_apart() {
    let lines = ["PAUSED", "RESUMED", "STARTED", "STOPPED"]
        .map(|state| format!("[instance: 7] machine {state} (lifecycle event)"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(templates(&lines).len(), 4);
}

#[test]
fn booleans_and_constants_of_the_program_stay_apart() {
    let found = templates(&[
        "panel changed, force=true",
        "panel changed, force=false",
        "got action android.intent.action.SCREEN_ON",
        "got action android.intent.action.SCREEN_OFF",
    ]);
    assert_eq!(found.len(), 4);
}

#[test]
fn what_looks_like_a_value_varies_at_the_second_sight() {
    let found = templates(&[
        "resolving cache.example.net failed",
        "resolving queue.example.org failed",
        "session of user meera ended",
        "session of user arjun ended",
        "lock tag=\"Audio Mix\" taken by ws=null",
        "lock tag=\"Launcher\" taken by ws=WorkSource{10113}",
    ]);
    assert_eq!(
        found,
        [
            "lock tag=\"<*>\" taken by ws=<*>",
            "resolving <*> failed",
            "session of user <*> ended",
        ]
    );
}

#[test]
fn the_prefix_of_an_identifier_says_what_it_names() {
    let found = templates(&[
        "dropping rdd_2 from memory",
        "dropping rdd_17_4 from memory",
        "dropping broadcast_-9 from memory",
    ]);
    assert_eq!(
        found,
        [
            "dropping broadcast_<*> from memory",
            "dropping rdd_<*> from memory"
        ]
    );
}

#[test]
fn a_list_of_entries_is_one_entry() {
    let found = templates(&[
        "bad nodes node-1 0x1f <ok> node-2 0x2f <ok> node-3 0x3f <ok>",
        "bad nodes node-7 0x1f <ok>",
        "bad nodes node-[1-4,7] 0x1f <ok>",
    ]);
    assert_eq!(found, ["bad nodes <*> <ok>"]);
}

#[test]
fn the_first_word_says_what_happened() {
    let services = [
        "cupsd", "httpd", "sshd", "crond", "ntpd", "named", "rpcd", "lpd",
    ];
    let lines = services.map(|service| format!("{service} startup succeeded"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(templates(&lines).len(), services.len());
}

#[test]
fn the_same_template_has_the_same_identity_everywhere() {
    let mut here = Miner::new(Configuration::default());
    let mut there = Miner::new(Configuration::default());
    there.observe(b"something else came first", Timestamp::UNIX_EPOCH);
    let ours = here.observe(b"order 17 is late", Timestamp::UNIX_EPOCH);
    let theirs = there.observe(b"order 4711 is late", Timestamp::UNIX_EPOCH);
    assert_eq!(ours.id, theirs.id);
    assert_eq!(ours.id.to_string(), "a49ab124c6de57d3");
}
