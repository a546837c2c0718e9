# One node and no load balancer. The database is PostgreSQL by a URL, at Neon or anywhere
# else: Terraform knows nothing of it, so neither does the state.
module "network" {
  source = "../modules/network"

  name         = var.name
  region       = var.region
  ip_range     = var.ip_range
  public_ports = var.public_ports
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

  name                    = var.name
  region                  = var.region
  kubernetes_minor        = var.kubernetes_minor
  vpc_id                  = module.network.vpc_id
  node_tag                = module.network.node_tag
  high_availability       = false
  registry                = module.registry.name
  maintenance             = var.maintenance
  node_pool               = { size = var.node_size, min = var.node_count, max = var.node_count }
  control_plane_addresses = var.control_plane_addresses
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
  node_tag     = module.network.node_tag
  alert_emails = var.alert_emails
}
