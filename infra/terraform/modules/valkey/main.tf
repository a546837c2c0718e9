resource "digitalocean_database_cluster" "main" {
  name                 = "${var.name}-valkey"
  engine               = "valkey"
  version              = "8"
  size                 = var.size
  region               = var.region
  node_count           = var.node_count
  private_network_uuid = var.vpc_id
  tags                 = [var.name]

  # A state store that drops keys when it is full has lost data: writes fail instead.
  eviction_policy = "noeviction"
}

resource "digitalocean_database_firewall" "main" {
  cluster_id = digitalocean_database_cluster.main.id

  rule {
    type  = "k8s"
    value = var.kubernetes_cluster_id
  }
}
