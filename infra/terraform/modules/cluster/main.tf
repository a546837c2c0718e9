data "digitalocean_kubernetes_versions" "minor" {
  version_prefix = "${var.kubernetes_minor}."

  lifecycle {
    postcondition {
      condition     = try(length(self.latest_version) > 0, false)
      error_message = "DigitalOcean has no Kubernetes ${var.kubernetes_minor} any more. 'doctl kubernetes options versions' prints what it has: set kubernetes_minor to one that Spindrift is tested with."
    }
  }
}

locals {
  autoscaled = var.node_pool.max > var.node_pool.min
}

resource "digitalocean_kubernetes_cluster" "main" {
  name     = var.name
  region   = var.region
  version  = data.digitalocean_kubernetes_versions.minor.latest_version
  vpc_uuid = var.vpc_id
  tags     = [var.name]

  ha                   = var.high_availability
  auto_upgrade         = true
  surge_upgrade        = true
  registry_integration = var.registry != null

  # Load balancers and volumes outlive the cluster: a volume may be the only copy of
  # something.
  destroy_all_associated_resources = false

  # The provider keeps a kubeconfig in the state. Ten minutes later it opens nothing:
  # people and workflows get their own by doctl.
  kubeconfig_expire_seconds = 600

  maintenance_policy {
    day        = var.maintenance.day
    start_time = var.maintenance.start_time
  }

  node_pool {
    name       = "default"
    size       = var.node_pool.size
    auto_scale = local.autoscaled
    node_count = local.autoscaled ? null : var.node_pool.min
    min_nodes  = local.autoscaled ? var.node_pool.min : null
    max_nodes  = local.autoscaled ? var.node_pool.max : null
    tags       = [var.node_tag]
  }

  dynamic "control_plane_firewall" {
    for_each = length(var.control_plane_addresses) > 0 ? [var.control_plane_addresses] : []

    content {
      enabled           = true
      allowed_addresses = control_plane_firewall.value
    }
  }
}

# A broker that shares a node with functions is slow when they are busy, and a node that
# the autoscaler takes away moves a broker's disk. These stay, and nothing else runs there.
resource "digitalocean_kubernetes_node_pool" "kafka" {
  count = var.kafka_pool == null ? 0 : 1

  cluster_id = digitalocean_kubernetes_cluster.main.id
  name       = "kafka"
  size       = var.kafka_pool.size
  node_count = var.kafka_pool.nodes
  tags       = [var.node_tag]
  labels     = { dedicated = "kafka" }

  taint {
    key    = "dedicated"
    value  = "kafka"
    effect = "NoSchedule"
  }
}
