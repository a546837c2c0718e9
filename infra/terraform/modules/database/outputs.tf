# No URL and no password: `doctl databases connection` has them for who may know them.
output "id" {
  description = "The database cluster, for doctl."
  value       = digitalocean_database_cluster.main.id
}

output "address" {
  description = "Host and port inside of the VPC: the application's variable `database_host`."
  value       = "${digitalocean_database_cluster.main.private_host}:${digitalocean_database_cluster.main.port}"
}

output "database" {
  description = "Name of the application's database."
  value       = digitalocean_database_db.application.name
}

output "node_count" {
  description = "The primary and its standbys."
  value       = digitalocean_database_cluster.main.node_count
}

output "users" {
  description = "Who functions sign in as: `doctl databases user get` has the passwords."
  value       = toset([for user in digitalocean_database_user.application : user.name])
}

output "pools" {
  description = "Pools, with the user of each: `doctl databases pool get` has the URLs."
  value       = { for name, pool in digitalocean_database_connection_pool.application : name => pool.user }
}

output "vpc_id" {
  description = "The VPC that the cluster is reached in."
  value       = digitalocean_database_cluster.main.private_network_uuid
}

output "trusted_cluster" {
  description = "The cluster whose nodes may connect."
  value       = one([for rule in digitalocean_database_firewall.main.rule : rule.value if rule.type == "k8s"])
}
