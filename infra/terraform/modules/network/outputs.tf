output "vpc_id" {
  description = "The VPC, for clusters and databases."
  value       = digitalocean_vpc.main.id
}

output "ip_range" {
  description = "The VPC's private range: where databases are, for `database.addresses` of a profile."
  value       = digitalocean_vpc.main.ip_range
}

output "node_tag" {
  description = "The tag by which the firewall and alerts find nodes."
  value       = digitalocean_tag.nodes.name
}

output "public_ports" {
  description = "The ports that the internet reaches."
  value       = toset([for rule in flatten(digitalocean_firewall.public[*].inbound_rule[*]) : tonumber(rule.port_range)])
}
