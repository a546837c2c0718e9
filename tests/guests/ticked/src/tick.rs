//! The export.

wit_bindgen::generate!({
    inline: "
        package tests:ticked;

        world ticked {
            use fermyon:spin-cron/cron-types@2.0.0.{metadata, error};
            export handle-cron-event: func(metadata: metadata) -> result<_, error>;
        }
    ",
    path: "../../../triggers/runtime/wit/deps/fermyon-spin-cron",
    world: "tests:ticked/ticked",
    generate_all,
});

struct Ticked;

impl Guest for Ticked {
    fn handle_cron_event(metadata: Metadata) -> Result<(), Error> {
        if std::env::var_os("FAIL").is_some() {
            return Err(Error::Other("as asked".to_owned()));
        }
        println!("ticked at {}", metadata.timestamp);
        Ok(())
    }
}

export!(Ticked);
