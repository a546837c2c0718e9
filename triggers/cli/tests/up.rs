//! `spindrift up` and `serve`: starting, stopping, and being killed.

mod support;

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use support::{Application, Up, wait_for};

#[test]
fn it_serves_says_where_and_stops_its_database_when_told() {
    let application = Application::new();
    let up = application.up();
    assert!(
        up.line.starts_with(&format!(
            "Serving fixed on http://{} (ready in ",
            up.address
        )),
        "{}",
        up.line
    );
    let answer = up.get("/fixed");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"),
        "{answer}"
    );
    assert_eq!(up.stop(), Some(0));
    assert_eq!(
        application.database_pid(),
        None,
        "the database has stopped cleanly"
    );
}

#[test]
fn a_second_up_on_one_state_folder_says_so() {
    let application = Application::new();
    let up = application.up();
    let text = application
        .run(&["up", "--listen", "127.0.0.1:0"])
        .failure();
    for part in [
        ".spindrift",
        &up.child.id().to_string(),
        &format!("http://{}", up.address),
        "--state-dir",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn a_taken_port_is_named_before_a_database_is_made() {
    let application = Application::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let text = application.run(&["up", "--listen", &address]).failure();
    assert!(
        text.contains(&address) && text.contains("--listen"),
        "{text}"
    );
    assert!(!application.path(".spindrift/postgres").exists());
}

#[test]
fn killing_it_stops_its_database_and_the_next_one_starts_as_ever() {
    let application = Application::new();
    let mut up = application.up();
    let key = fs::read_to_string(application.path(".spindrift/secrets/key")).expect("a secret");
    up.signal(Signal::KILL);
    up.child.wait().expect("it ends");
    // At once, while the database may still be on its way out.
    let up = application.up();
    assert!(up.get("/fixed").starts_with("HTTP/1.1 200"));
    assert_eq!(
        fs::read_to_string(application.path(".spindrift/secrets/key")).expect("a secret"),
        key
    );
    assert!(
        application
            .run(&["migrate"])
            .success()
            .contains("Nothing to do")
    );
}

#[test]
fn a_database_that_was_killed_is_started_again() {
    let application = Application::new();
    let up = application.up();
    let pid = application.database_pid().expect("it runs");
    kill_process(Pid::from_raw(pid).expect("a process"), Signal::KILL).expect("it is there");
    wait_for("another database", || {
        application.database_pid().is_some_and(|other| other != pid)
    });
    assert!(
        application
            .run(&["migrate"])
            .success()
            .contains("Nothing to do")
    );
    assert_eq!(up.stop(), Some(0));
}

#[test]
fn a_first_start_can_be_interrupted() {
    let application = Application::new();
    let mut command =
        application.command(&["up", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_for("the database to be begun", || {
        let entries = fs::read_dir(application.path(".spindrift/postgres"));
        entries
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("data.new."))
    });
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it is there");
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, Some(130));
    application.up();
}

#[test]
fn a_variable_that_nobody_gives_is_asked_for_by_its_name() {
    let application = Application::with(
        "spin_manifest_version = 2\n[application]\nname = \"x\"\n[variables]\ntoken = { required = true }\n\
         [[trigger.http]]\nroute = \"/\"\nstatic_response = {}\n",
    );
    let text = application.run(&["up"]).failure();
    assert!(
        text.contains("token") && text.contains("SPIN_VARIABLE_TOKEN"),
        "{text}"
    );
    assert!(
        !application.path(".spindrift").exists(),
        "nothing was begun"
    );
}

#[test]
fn serve_needs_a_database_and_every_value_and_then_serves() {
    let application = Application::new();
    let text = application.run(&["serve"]).failure();
    assert!(
        text.contains("DATABASE_URL") && text.contains("SPIN_VARIABLE_APP_URL"),
        "{text}"
    );

    let _up = application.up();
    let url = application.database_url();
    let text = application
        .run(&["serve", "--database-url", &url])
        .failure();
    assert!(
        text.contains("SPIN_VARIABLE_KEY"),
        "made-up secrets are for `up` alone: {text}"
    );

    let mut command = application.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "off",
        "--migrate",
    ]);
    command
        .env("DATABASE_URL", &url)
        .env("SPIN_VARIABLE_KEY", "given");
    let serve = Up::start(command);
    assert!(serve.get("/fixed").ends_with("here"));
    assert_eq!(serve.stop(), Some(0));
}
