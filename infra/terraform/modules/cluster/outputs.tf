output "id" {
  description = "The cluster, for `doctl kubernetes cluster kubeconfig save` and databases' trusted sources."
  value       = digitalocean_kubernetes_cluster.main.id
}

output "name" {
  description = "The cluster's name."
  value       = digitalocean_kubernetes_cluster.main.name
}

output "high_availability" {
  description = "Whether the control plane has copies."
  value       = digitalocean_kubernetes_cluster.main.ha
}

output "node_pools" {
  description = "What nodes there are, for a look at the bill."
  value = merge(
    { default = { size = digitalocean_kubernetes_cluster.main.node_pool[0].size, min = var.node_pool.min, max = var.node_pool.max } },
    { for pool in digitalocean_kubernetes_node_pool.kafka : pool.name => { size = pool.size, min = pool.node_count, max = pool.node_count } },
  )
}
