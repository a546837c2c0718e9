output "id" {
  description = "The Valkey cluster, for doctl."
  value       = digitalocean_database_cluster.main.id
}

output "address" {
  description = "Host and port inside of the VPC."
  value       = "${digitalocean_database_cluster.main.private_host}:${digitalocean_database_cluster.main.port}"
}
