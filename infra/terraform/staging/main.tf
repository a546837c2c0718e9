# Beside production on its cluster, or on one of its own. What holds data is never shared:
# the database, whose roles have the same names in each environment, and the buckets.
data "digitalocean_kubernetes_cluster" "shared" {
  count = local.guest ? 1 : 0

  name = var.shared_cluster

  # As in the module cluster: what the provider keeps of it opens nothing for long.
  kubeconfig_expire_seconds = 600
}

module "network" {
  source = "../modules/network"
  count  = local.guest ? 0 : 1

  name         = var.name
  region       = var.region
  ip_range     = var.ip_range
  public_ports = []
}

module "registry" {
  source = "../modules/registry"

  name   = var.registry_name
  create = var.create_registry
  tier   = var.registry_tier
  region = var.region
}

module "cluster" {
  source = "../modules/cluster"
  count  = local.guest ? 0 : 1

  name                    = var.name
  region                  = var.region
  kubernetes_minor        = var.kubernetes_minor
  vpc_id                  = module.network[0].vpc_id
  node_tag                = module.network[0].node_tag
  high_availability       = false
  registry                = module.registry.name
  maintenance             = var.maintenance
  node_pool               = { size = var.node_size, min = var.node_min, max = var.node_max }
  control_plane_addresses = var.control_plane_addresses
}

# One attribute at a time: the object as a whole is secret, for its kubeconfig.
locals {
  guest = var.shared_cluster != ""

  cluster_id   = local.guest ? data.digitalocean_kubernetes_cluster.shared[0].id : module.cluster[0].id
  cluster_name = local.guest ? data.digitalocean_kubernetes_cluster.shared[0].name : module.cluster[0].name
  vpc_id       = local.guest ? data.digitalocean_kubernetes_cluster.shared[0].vpc_uuid : module.network[0].vpc_id
}

module "database" {
  source = "../modules/database"
  count  = var.database_size == null ? 0 : 1

  name                  = var.name
  region                = var.region
  postgres_version      = var.postgres_version
  size                  = var.database_size
  node_count            = 1
  storage_autoscale     = false
  vpc_id                = local.vpc_id
  kubernetes_cluster_id = local.cluster_id
  database              = "todo"
  users                 = ["spindrift_app", "spindrift_worker"]
  maintenance           = var.maintenance
  alert_emails          = var.alert_emails
}

module "spaces" {
  source = "../modules/spaces"

  prefix  = var.bucket_prefix
  region  = var.region
  buckets = { backups = { expire_days = 30, noncurrent_days = 7 } }
}

module "dns" {
  source = "../modules/dns"
  count  = var.domain == null ? 0 : 1

  domain        = var.domain
  create_domain = var.create_domain
  hosts         = [var.host]
  address       = var.address
}

module "monitoring" {
  source = "../modules/monitoring"

  name         = var.name
  url          = var.uptime_check && var.address != null && length(module.dns) > 0 ? "https://${module.dns[0].names[0]}/api/health" : null
  node_tag     = one(module.network[*].node_tag)
  alert_emails = var.alert_emails
}
