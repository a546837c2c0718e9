output "cluster_name" {
  description = "For `doctl kubernetes cluster kubeconfig save`."
  value       = local.cluster_name
}

output "registry" {
  description = "Where `spindrift build --image` pushes: this, a slash and the repository."
  value       = module.registry.endpoint
}

output "buckets" {
  description = "Names of the buckets."
  value       = module.spaces.buckets
}

output "spaces_endpoint" {
  description = "Where S3's clients reach the buckets."
  value       = module.spaces.endpoint
}

output "hosts" {
  description = "The site's full names; empty when another provider has the DNS."
  value       = flatten(module.dns[*].names)
}

output "database_cluster_id" {
  description = "For `doctl databases connection`, which prints URLs, and `doctl databases user get`; null when the database is elsewhere."
  value       = one(module.database[*].id)
}

output "database_host" {
  description = "Host and port of the database inside of the VPC: the variable `database_host` of a profile; null when it is elsewhere."
  value       = one(module.database[*].address)
}
