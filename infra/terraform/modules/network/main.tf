resource "digitalocean_vpc" "main" {
  name        = var.name
  region      = var.region
  ip_range    = var.ip_range
  description = "Nodes and databases of ${var.name}"
}

# The firewall finds nodes by this tag, so that one that is added later is covered
# from its first second.
resource "digitalocean_tag" "nodes" {
  name = "${var.name}-node"
}

# Rules of several firewalls add up. DOKS keeps two of its own for each cluster: they let
# everything out, let the VPC in, and open the port of every NodePort service. What is
# missing there is a hostPort.
resource "digitalocean_firewall" "public" {
  count = length(var.public_ports) > 0 ? 1 : 0

  name = "${var.name}-public"
  tags = [digitalocean_tag.nodes.name]

  dynamic "inbound_rule" {
    for_each = var.public_ports

    content {
      protocol         = "tcp"
      port_range       = tostring(inbound_rule.value)
      source_addresses = ["0.0.0.0/0", "::/0"]
    }
  }
}
