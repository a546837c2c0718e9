//! Images and real registries.

mod support;

use std::fs;

use anyhow::Result;
use spindrift_image::{
    Access, Credentials, Error, Image, Pushed, Reference, by_digest, package_name, pull, push,
    reference,
};
use spindrift_test_registry::{Registry, skipped};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use support::Shop;

/// "ada" and "correct horse".
const HTPASSWD: &str = "ada:$2a$05$pcR4ah3bfFz7jMXjdNHR6O0.cZmSxiyLflJubZEB0roQCGj.GLqoW\n";

async fn send(image: &Image, name: &Reference, credentials: Credentials) -> Result<Pushed, Error> {
    let access = Access {
        credentials,
        insecure: false,
    };
    push(image, name, &access, &|_| {}).await
}

/// Fails to compile when a push cannot go to another thread.
fn _is_send(image: Image, name: Reference, credentials: Credentials) -> impl Send {
    async move { send(&image, &name, credentials).await }
}

async fn nobody() -> Result<Credentials> {
    Ok(Credentials::find("127.0.0.1", &[]).await?)
}

#[tokio::test]
async fn a_second_push_sends_nothing() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (shop, registry) = (Shop::new()?, Registry::start()?);
    let (image, name) = (
        shop.image()?,
        reference(&format!("{}/team/shop:1", registry.address))?,
    );
    let first = send(&image, &name, nobody().await?).await?;
    assert!(first.sent > image.blobs.len(), "{first:?}");
    let second = send(&image, &name, nobody().await?).await?;
    assert_eq!((second.sent, &second.digest), (0, image.root.digest()));

    // What changed is sent alone: a layer, a configuration, and the documents.
    fs::write(shop.path("shop/texts/a.txt"), "C")?;
    let third = send(&shop.image()?, &name, nobody().await?).await?;
    assert!(
        third.sent < first.sent && third.digest != first.digest,
        "{third:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_refers_to_an_image_is_found_with_the_api_and_without() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let image = Shop::new()?.image()?;
    for registry in [Registry::start()?, Registry::with_referrers()?] {
        let name = reference(&format!("{}/shop", registry.address))?;
        let pushed = send(&image, &name, nobody().await?).await?;
        let about: Reference = by_digest(&name, &pushed.digest).parse()?;
        let client = oci_client::Client::new(oci_client::client::ClientConfig {
            protocol: oci_client::client::ClientProtocol::Http,
            ..Default::default()
        });
        let found = client.pull_referrers(&about, None).await?;
        let mut found: Vec<_> = found.manifests.into_iter().map(|m| m.digest).collect();
        let wanted = image.referrers.iter().map(|blob| blob.digest().to_string());
        let mut wanted: Vec<_> = wanted.collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
    Ok(())
}

#[tokio::test]
async fn who_may_not_push_is_told_which_credentials_were_used() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (shop, registry) = closed()?;
    let image = shop.image()?;
    let name = reference(&format!("{}/shop:1", registry.address))?;

    let files = [shop.path("config.json")];
    let nobody = Credentials::find(&registry.address, &files).await?;
    let error = send(&image, &name, nobody).await.unwrap_err().to_string();
    assert!(
        error.contains("no credentials") && error.contains("config.json"),
        "{error}"
    );

    let wrong = Credentials::basic("ada", "guessed", "a test");
    let error = send(&image, &name, wrong).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("\"ada\"") && error.contains("docker login"),
        "{error}"
    );
    assert!(!error.contains("guessed"), "{error}");
    Ok(())
}

#[tokio::test]
async fn credentials_come_from_a_file_of_docker() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (shop, registry) = closed()?;
    let image = shop.image()?;
    let name = reference(&format!("{}/shop:1", registry.address))?;
    let file = shop.path("config.json");
    // base64 of ada:correct horse
    let auth = "YWRhOmNvcnJlY3QgaG9yc2U=";
    let auths = format!(
        r#"{{"auths":{{"http://{}/v1/":{{"auth":"{auth}"}}}}}}"#,
        registry.address
    );
    fs::write(&file, auths)?;
    let found = Credentials::find(&registry.address, std::slice::from_ref(&file)).await?;
    assert!(!format!("{found:?}").contains("correct horse"));
    send(&image, &name, found).await?;
    Ok(())
}

#[tokio::test]
async fn a_malformed_file_of_credentials_is_named() -> Result<()> {
    let shop = Shop::new()?;
    let file = shop.path("config.json");
    for text in [
        "{",
        r#"{"auths":{"a.example":{"auth":"%%%"}}}"#,
        r#"{"credsStore":"that-is-not-there"}"#,
    ] {
        fs::write(&file, text)?;
        let error = Credentials::find("a.example", std::slice::from_ref(&file)).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("a.example"), "{error}");
        assert!(
            error.contains("config.json") || error.contains("docker-credential-that-is-not-there"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_registry_that_is_away_is_named() -> Result<()> {
    let image = Shop::new()?.image()?;
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let name = reference(&format!("{free}/shop"))?;
    let error = send(&image, &name, nobody().await?)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("cannot reach") && error.contains(&free.to_string()),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn an_upload_that_is_cut_is_sent_again() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (image, registry) = (Shop::new()?.image()?, Registry::start()?);
    let cut = cutting(registry.address.clone(), 2).await?;
    let name = reference(&format!("{cut}/shop:1"))?;
    let pushed = send(&image, &name, nobody().await?).await?;
    assert_eq!(&pushed.digest, image.root.digest());
    let again = send(&image, &name, nobody().await?).await?;
    assert_eq!(again.sent, 0, "all of it is there");
    Ok(())
}

#[tokio::test]
async fn who_may_not_see_a_package_is_told_which_credentials_were_used() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (shop, registry) = closed()?;
    let name = package_name(&registry.address, "team", "words", "1.0.0");
    let files = [shop.path("config.json")];
    let access = Access {
        credentials: Credentials::find(&registry.address, &files).await?,
        insecure: false,
    };
    let pulled = pull(&name, &access, 1 << 20, &mut |_, _| {}).await;
    let error = pulled.unwrap_err();
    assert!(matches!(error, Error::Withheld { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("team/words") && error.contains("config.json"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn an_image_of_something_else_is_no_package() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let (image, registry) = (Shop::new()?.image()?, Registry::start()?);
    let name = package_name(&registry.address, "team", "shop", "1.0.0");
    send(&image, &name, nobody().await?).await?;
    let access = Access {
        credentials: nobody().await?,
        insecure: false,
    };
    let pulled = pull(&name, &access, 1 << 20, &mut |_, _| {}).await;
    let error = pulled.unwrap_err();
    assert!(matches!(error, Error::NoPackage { .. }), "{error}");
    assert!(error.to_string().contains("application/wasm"), "{error}");
    Ok(())
}

/// A registry that asks for a password, and a folder.
fn closed() -> Result<(Shop, Registry)> {
    let shop = Shop::new()?;
    fs::write(shop.path("htpasswd"), HTPASSWD)?;
    let registry = Registry::closed(&shop.path("htpasswd"))?;
    Ok((shop, registry))
}

/// The address of a link to the registry that breaks in the middle of the first
/// `times` uploads.
async fn cutting(registry: String, mut times: u32) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let Ok(mut server) = TcpStream::connect(&registry).await else {
                return;
            };
            if times == 0 {
                tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
                continue;
            }
            // Lets through less than the program's layer, and all that comes back.
            let (mut from, mut to) = client.split();
            let (mut back, mut answers) = server.split();
            let mut passed = 0;
            let mut buffer = vec![0; 16 << 10];
            let up = async {
                while passed < 40_000 {
                    match from.read(&mut buffer).await {
                        Ok(0) | Err(_) => return false,
                        Ok(read) => {
                            passed += read;
                            if answers.write_all(&buffer[..read]).await.is_err() {
                                return false;
                            }
                        }
                    }
                }
                true
            };
            let down = async {
                _ = tokio::io::copy(&mut back, &mut to).await;
                false
            };
            let broken = tokio::select! {
                broken = up => broken,
                broken = down => broken,
            };
            times -= u32::from(broken);
        }
    });
    Ok(address)
}
