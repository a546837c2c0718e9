output "name" {
  description = "The registry's name, for the cluster's integration and `doctl registry login`."
  value       = var.create ? digitalocean_container_registry.main[0].name : data.digitalocean_container_registry.existing[0].name
}

output "endpoint" {
  description = "Where images are pushed: registry.digitalocean.com/<name>."
  value       = var.create ? digitalocean_container_registry.main[0].endpoint : data.digitalocean_container_registry.existing[0].endpoint
}

output "made" {
  description = "Whether this environment made the registry."
  value       = length(digitalocean_container_registry.main) == 1
}
