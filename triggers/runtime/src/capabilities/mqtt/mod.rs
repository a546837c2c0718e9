//! `spin:mqtt` and `fermyon:spin/mqtt`: messages to MQTT brokers.
//!
//! A connection is the function's own, and ends with its handle: a broker knows one by its
//! client's name, so none can be lent to another. What is published is answered when the
//! broker has it, as its quality of service says.

mod address;
mod session;

use std::sync::Arc;

use rumqttc::QoS;
use tokio::sync::Semaphore;
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

use self::address::Address;
use self::session::{Login, Session};
use super::outbound_http;
use crate::bindings::fermyon::spin::mqtt as older;
use crate::bindings::spin::mqtt::mqtt as wit;
use crate::bindings::spin::mqtt::mqtt::Error;
use crate::state::State;

/// Connections that one component may have at once, all its instances together.
const CONNECTIONS: usize = 64;

/// A connection, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection(Arc<Session>);

/// The brokers that a component may reach.
#[derive(Clone)]
pub(crate) struct Grant {
    hosts: Arc<outbound_http::Grant>,
    /// A permit for each connection that there may be.
    places: Arc<Semaphore>,
}

impl Grant {
    pub(crate) fn new(hosts: Arc<outbound_http::Grant>) -> Self {
        Self {
            hosts,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    async fn connect(&self, address: &str, login: Login) -> Result<Session, Error> {
        let Some(address) = Address::parse(address) else {
            // The error has no room for words, and the address may hold a password.
            let function = &self.hosts.component().id;
            tracing::warn!(
                function,
                "component \"{function}\" gave no address of an MQTT broker: write mqtt://host:port?client_id=name, or mqtts:// for TLS"
            );
            return Err(Error::InvalidAddress);
        };
        self.hosts
            .check(address.scheme(), &address.host, Some(address.port))
            .map_err(Error::ConnectionFailed)?;
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Err(Error::TooManyConnections);
        };
        Session::open(address, login, place, self.hosts.blocked())
            .await
            .map_err(Error::ConnectionFailed)
    }
}

/// An instance's table and its component's grant.
pub(crate) struct View<'a> {
    table: &'a mut ResourceTable,
    grant: &'a Grant,
}

impl View<'_> {
    fn session(&self, connection: &Resource<Connection>) -> wasmtime::Result<Arc<Session>> {
        Ok(self.table.get(connection)?.0.clone())
    }

    fn hand_out(&mut self, session: Result<Session, Error>) -> Opened<Error> {
        Ok(match session {
            Ok(session) => Ok(self.table.push(Connection(Arc::new(session)))?),
            Err(error) => Err(error),
        })
    }

    fn drop_connection(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

/// The interfaces' place in the linker.
pub(crate) struct Mqtt;

impl HasData for Mqtt {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.mqtt,
        }
    }
    wit::add_to_linker::<_, Mqtt>(linker, view)?;
    older::add_to_linker::<_, Mqtt>(linker, view)
}

type Opened<E> = wasmtime::Result<Result<Resource<Connection>, E>>;

impl wit::Host for View<'_> {}

impl wit::HostConnection for View<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

impl<T: Send> wit::HostConnectionWithStore<T> for Mqtt {
    async fn open(
        access: &Accessor<T, Self>,
        address: String,
        username: String,
        password: String,
        keep_alive: u64,
    ) -> Opened<Error> {
        let grant = access.with(|mut access| access.get().grant.clone());
        let login = Login::new(username, password, keep_alive);
        let session = grant.connect(&address, login).await;
        access.with(|mut access| access.get().hand_out(session))
    }

    async fn publish(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        topic: String,
        payload: Vec<u8>,
        qos: wit::Qos,
    ) -> wasmtime::Result<Result<(), Error>> {
        let session = access.with(|mut access| access.get().session(&connection))?;
        let qos = match qos {
            wit::Qos::AtMostOnce => QoS::AtMostOnce,
            wit::Qos::AtLeastOnce => QoS::AtLeastOnce,
            wit::Qos::ExactlyOnce => QoS::ExactlyOnce,
        };
        let published = session.publish(topic, payload, qos).await;
        Ok(published.map_err(Error::Other))
    }
}

impl older::Host for View<'_> {}

impl older::HostConnection for View<'_> {
    async fn open(
        &mut self,
        address: String,
        username: String,
        password: String,
        keep_alive: u64,
    ) -> Opened<older::Error> {
        let login = Login::new(username, password, keep_alive);
        let session = self.grant.connect(&address, login).await;
        Ok(self.hand_out(session)?.map_err(|error| match error {
            Error::InvalidAddress => older::Error::InvalidAddress,
            Error::TooManyConnections => older::Error::TooManyConnections,
            Error::ConnectionFailed(text) => older::Error::ConnectionFailed(text),
            Error::Other(text) => older::Error::Other(text),
        }))
    }

    async fn publish(
        &mut self,
        connection: Resource<Connection>,
        topic: String,
        payload: Vec<u8>,
        qos: older::Qos,
    ) -> wasmtime::Result<Result<(), older::Error>> {
        let session = self.session(&connection)?;
        let qos = match qos {
            older::Qos::AtMostOnce => QoS::AtMostOnce,
            older::Qos::AtLeastOnce => QoS::AtLeastOnce,
            older::Qos::ExactlyOnce => QoS::ExactlyOnce,
        };
        let published = session.publish(topic, payload, qos).await;
        Ok(published.map_err(older::Error::Other))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}
