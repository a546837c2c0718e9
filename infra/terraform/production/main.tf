module "network" {
  source = "../modules/network"

  name     = var.name
  region   = var.region
  ip_range = var.ip_range

  # The load balancer is in the VPC, and DOKS opens its way to the nodes.
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

  name                    = var.name
  region                  = var.region
  kubernetes_minor        = var.kubernetes_minor
  vpc_id                  = module.network.vpc_id
  node_tag                = module.network.node_tag
  high_availability       = var.high_availability
  registry                = module.registry.name
  maintenance             = var.maintenance
  node_pool               = { size = var.node_size, min = var.node_min, max = var.node_max }
  kafka_pool              = var.kafka_node_size == null ? null : { size = var.kafka_node_size, nodes = var.kafka_nodes }
  control_plane_addresses = var.control_plane_addresses
}

module "database" {
  source = "../modules/database"

  name                  = var.name
  region                = var.region
  postgres_version      = var.postgres_version
  size                  = var.database_size
  node_count            = var.high_availability ? 2 : 1
  storage_autoscale     = true
  vpc_id                = module.network.vpc_id
  kubernetes_cluster_id = module.cluster.id
  trusted_addresses     = var.database_trusted_addresses
  database              = "todo"
  users                 = ["spindrift_app", "spindrift_worker"]
  maintenance           = var.maintenance
  alert_emails          = var.alert_emails

  pools = var.database_pool_size == 0 ? {} : {
    app    = { user = "spindrift_app", size = var.database_pool_size }
    worker = { user = "spindrift_worker", size = var.database_pool_size }
  }
}

module "valkey" {
  source = "../modules/valkey"
  count  = var.valkey_size == null ? 0 : 1

  name                  = var.name
  region                = var.region
  size                  = var.valkey_size
  node_count            = var.high_availability && var.valkey_size != "db-s-1vcpu-1gb" ? 2 : 1
  vpc_id                = module.network.vpc_id
  kubernetes_cluster_id = module.cluster.id
}

module "spaces" {
  source = "../modules/spaces"

  prefix = var.bucket_prefix
  region = var.region

  buckets = {
    backups   = { expire_days = 30, noncurrent_days = 7 }
    artifacts = { noncurrent_days = 30 }
    # Loki and Tempo delete by themselves, sooner: this is for what they forget.
    logs = { expire_days = 30, noncurrent_days = 1 }
  }
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
