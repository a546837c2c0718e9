output "cluster_name" {
  description = "For `doctl kubernetes cluster kubeconfig save`."
  value       = module.cluster.name
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
