resource "digitalocean_database_cluster" "main" {
  name                 = "${var.name}-pg"
  engine               = "pg"
  version              = var.postgres_version
  size                 = var.size
  region               = var.region
  node_count           = var.node_count
  private_network_uuid = var.vpc_id
  tags                 = [var.name]

  maintenance_window {
    day  = var.maintenance.day
    hour = var.maintenance.start_time
  }

  dynamic "storage_autoscale" {
    for_each = var.storage_autoscale ? [true] : []

    content {
      enabled           = true
      threshold_percent = 80
      increment_gib     = 10
    }
  }

  # A plan that would destroy the data fails. See "Leaving" in the README.
  lifecycle {
    prevent_destroy = true
  }
}

resource "digitalocean_database_db" "application" {
  cluster_id = digitalocean_database_cluster.main.id
  name       = var.database

  # Destroying it is DROP DATABASE.
  lifecycle {
    prevent_destroy = true
  }
}

# The provider has the server make the password and keeps it in the state; nothing can
# be done about that here, see "What is secret in the state" in the README.
resource "digitalocean_database_user" "application" {
  for_each = var.users

  cluster_id = digitalocean_database_cluster.main.id
  name       = each.value
}

resource "digitalocean_database_connection_pool" "application" {
  for_each = var.pools

  cluster_id = digitalocean_database_cluster.main.id
  name       = each.key
  mode       = "transaction"
  size       = each.value.size
  db_name    = digitalocean_database_db.application.name
  user       = digitalocean_database_user.application[each.value.user].name
}

# Without a rule the server answers the whole internet.
resource "digitalocean_database_firewall" "main" {
  cluster_id = digitalocean_database_cluster.main.id

  rule {
    type  = "k8s"
    value = var.kubernetes_cluster_id
  }

  dynamic "rule" {
    for_each = var.trusted_addresses

    content {
      type  = "ip_addr"
      value = rule.value
    }
  }
}
