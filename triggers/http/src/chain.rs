//! Functions that ask each other, without a connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use spindrift_runtime::{Body, Neighbour, Neighbours};

use crate::body::Asked;
use crate::service::{Asking, ServiceOptions, Shared};

/// What a function is told of where such a request came from, as by Spin.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

impl Neighbours for Shared {
    fn answer(
        self: Arc<Self>,
        neighbour: &Neighbour,
        request: Request<Body>,
    ) -> Option<BoxFuture<'static, Response<Body>>> {
        let inner = self.current();
        let routes = inner.asked(neighbour)?;
        let answer = async move {
            let asking = Asking {
                client: NOWHERE,
                options: &ServiceOptions::default(),
            };
            let request = request.map(Asked::Inside);
            let response = inner.answer(&routes, request, asking).await;
            response.map(BodyExt::boxed_unsync)
        };
        Some(answer.boxed())
    }
}
