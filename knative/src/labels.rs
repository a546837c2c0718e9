//! The labels by which objects are found again.

/// Who made an object: [`MANAGER`] on everything that is ours.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Which application an object belongs to.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// Which Knative service, relay or job of the application it is.
pub const NAME: &str = "app.kubernetes.io/name";
/// The application's version.
pub const VERSION: &str = "app.kubernetes.io/version";
/// The release that an object belongs to, on pod templates, and so on Knative
/// revisions and pods. Never on objects that outlive releases.
pub const RELEASE: &str = "spindrift.dev/release";
/// The value of [`MANAGED_BY`], and the field manager of server-side apply.
pub const MANAGER: &str = "spindrift";
/// When a migration runs: [`EXPAND`] or [`CONTRACT`].
pub const PHASE: &str = "spindrift.dev/phase";
/// Before traffic moves: what is added to the schema.
pub const EXPAND: &str = "expand";
/// When a release has all the traffic: what is taken away from the schema.
pub const CONTRACT: &str = "contract";
